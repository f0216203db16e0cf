"""The outbox: messages wait until a channel has delivered them, whatever happens to the process.

A message is *claimed* before it is sent: its next attempt is put off by `LEASE`, durably. If the process dies
while sending, nobody knows whether the receiver has it, and it is sent again after that, with the same
key. So every message arrives at least once, and two processes do not send the same one at the same time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from umr_ld.alerts import Message, rows
from umr_ld.database import microseconds, moment
from umr_ld.errors import Conflict, Missing

if TYPE_CHECKING:
    import random
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from umr_ld.alerts import Outcome

LEASE = timedelta(minutes=5)
"""How long a sender has for one message before others may think that it died."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)
LONGEST_ASKED = timedelta(days=7)
"""How long a receiver may ask to wait."""
MAX_ATTEMPTS = 14
"""After which a message is given up: after two days on average, at most three and a half."""

_DETAIL = 500
"""Characters kept of what a receiver said."""
_DUE = """
    SELECT m.number, m.subscription FROM message m JOIN subscription s ON s.number = m.subscription
    WHERE m.state = 'pending' AND m.due <= ? AND s.channel IN (SELECT value FROM json_each(?))
    ORDER BY m.attempts, m.number LIMIT ?
"""
_CLAIM = """
    UPDATE message SET attempts = attempts + 1, due = ?
    WHERE number = ? AND state = 'pending' AND due <= ? RETURNING attempts
"""
_MESSAGE = f"""
    SELECT m.key, m.made, {rows.SUBSCRIPTION} FROM message m JOIN subscription s ON s.number = m.subscription
    WHERE m.number = ?
"""  # noqa: S608
_EVENTS = f"""
    SELECT {rows.EVENT} FROM notice n CROSS JOIN event e ON e.number = n.event
    WHERE n.message = ? ORDER BY n.event
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run of delivering did.

    Args:
        sent: messages that were delivered.
        retried: attempts that failed and will be repeated.
        dead: messages that were given up.
        gone: subscriptions that were switched off because their receiver is gone.
    """

    sent: int = 0
    retried: int = 0
    dead: int = 0
    gone: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.sent + other.sent,
            self.retried + other.retried,
            self.dead + other.dead,
            self.gone + other.gone,
        )


@dataclass(frozen=True, slots=True)
class Posted:
    """A message as the outbox lists it.

    Args:
        number: of the message.
        key: see `Message`.
        subscription: its id.
        state: `pending`, `sent` or `dead`.
        events: how many are in it.
        attempts: how many were made.
        made: when it was put into the outbox, UTC.
        due: when it is tried next, UTC; of no meaning if it is not pending.
        detail: what was said the last time.
    """

    number: int
    key: str
    subscription: str
    state: str
    events: int
    attempts: int
    made: datetime
    due: datetime
    detail: str


def due(db: sqlite3.Connection, now: datetime, channels: Sequence[str], limit: int) -> list[tuple[int, int]]:
    """Messages that are to be sent now, each with its subscription; those tried least first.

    Args:
        db: the file.
        now: the time, UTC.
        channels: by which they can be sent.
        limit: how many at most.
    """
    return db.execute(_DUE, (microseconds(now), json.dumps(channels), limit)).fetchall()


def next_due(db: sqlite3.Connection) -> datetime | None:
    """When the next message is to be sent; None if none waits."""
    (first,) = db.execute("SELECT min(due) FROM message WHERE state = 'pending'").fetchone()
    return None if first is None else moment(first)


def claim(db: sqlite3.Connection, number: int, now: datetime) -> tuple[int, Message] | None:
    """Take a message to send it.

    Returns:
        which attempt this is, and the message; None if somebody else took it meanwhile.
    """
    claimed = db.execute(_CLAIM, (microseconds(now + LEASE), number, microseconds(now))).fetchall()
    if not claimed:
        return None
    key, made, *subscription = db.execute(_MESSAGE, (number,)).fetchone()
    events = tuple(rows.event(row) for row in db.execute(_EVENTS, (number,)))
    message = Message(key, rows.subscription(subscription, secret=True), events, moment(made))
    return claimed[0][0], message


def settle(
    db: sqlite3.Connection,
    number: int,
    attempt: int,
    outcome: Outcome,
    now: datetime,
    chance: random.Random,
) -> Tally:
    """Write down what became of an attempt.

    Args:
        db: the file, in a transaction.
        number: of the message.
        attempt: which attempt it was, from 1.
        outcome: what became of it.
        now: the time, UTC.
        chance: for spreading the next attempts.
    """
    detail = outcome.detail[:_DETAIL]
    if outcome.verdict == "retry" and attempt < MAX_ATTEMPTS:
        wait = wait_after(attempt, outcome.after, chance)
        db.execute(
            "UPDATE message SET due = ?, detail = ? WHERE number = ? AND state = 'pending'",
            (microseconds(now + wait), detail, number),
        )
        return Tally(retried=1)
    state = "sent" if outcome.verdict == "sent" else "dead"
    db.execute(
        "UPDATE message SET state = ?, detail = ? WHERE number = ? AND state = 'pending'",
        (state, detail, number),
    )
    if outcome.verdict == "gone":
        return Tally(gone=1) + _switch_off(db, number, detail)
    return Tally(sent=1) if state == "sent" else Tally(dead=1)


def wait_after(attempt: int, asked: timedelta | None, chance: random.Random) -> timedelta:
    """How long to wait before the next attempt: a random part of a time that doubles (full jitter).

    Args:
        attempt: the one that failed, from 1.
        asked: the least that the receiver asks for; None if it does not.
        chance: which part.
    """
    longest: timedelta = min(FIRST_WAIT * 2 ** min(attempt - 1, MAX_ATTEMPTS), LONGEST_WAIT)
    own = longest * chance.random()
    return own if asked is None else max(own, min(asked, LONGEST_ASKED))


def _switch_off(db: sqlite3.Connection, number: int, detail: str) -> Tally:
    """The receiver wants nothing more: neither what comes nor what waits."""
    (subscription,) = db.execute("SELECT subscription FROM message WHERE number = ?", (number,)).fetchone()
    db.execute("UPDATE subscription SET off = ? WHERE number = ?", (detail or "gone", subscription))
    given_up = db.execute(
        "UPDATE message SET state = 'dead', detail = 'the subscription was switched off'"
        " WHERE subscription = ? AND state = 'pending'",
        (subscription,),
    )
    return Tally(dead=1 + given_up.rowcount)


def again(db: sqlite3.Connection, number: int, now: datetime) -> None:
    """Send a message once more, from the first attempt, with the same key.

    Raises:
        Missing: if there is no such message.
        Conflict: if its subscription is off.
    """
    found = db.execute(
        "SELECT s.off FROM message m JOIN subscription s ON s.number = m.subscription WHERE m.number = ?",
        (number,),
    ).fetchone()
    if found is None:
        raise Missing(f"there is no message {number}")
    if found[0]:
        raise Conflict(f"the subscription is off: {found[0]}", remedy="switch it on first")
    db.execute(
        "UPDATE message SET state = 'pending', attempts = 0, due = ? WHERE number = ?",
        (microseconds(now), number),
    )


def listing(db: sqlite3.Connection, state: str, limit: int) -> list[Posted]:
    """Messages in the outbox, the newest first.

    Args:
        db: the file.
        state: `pending`, `sent` or `dead`; empty for all.
        limit: how many at most.
    """
    asked = db.execute(
        "SELECT m.number, m.key, s.id, m.state, (SELECT count(*) FROM notice n WHERE n.message = m.number),"
        " m.attempts, m.made, m.due, m.detail FROM message m JOIN subscription s ON s.number = m.subscription"
        " WHERE ?1 = '' OR m.state = ?1 ORDER BY m.number DESC LIMIT ?2",
        (state, limit),
    )
    return [
        Posted(number, key, id_, state, events, attempts, moment(made), moment(due), detail)
        for number, key, id_, state, events, attempts, made, due, detail in asked
    ]
