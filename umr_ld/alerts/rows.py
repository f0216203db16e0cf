"""Rows of the alerts' file, and the values that they stand for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from umr_ld.alerts import Acknowledgement, Event, Ignore, Standing, Subscriber, Subscription
from umr_ld.alerts.audience import Kept
from umr_ld.database import microseconds, moment
from umr_ld.errors import Missing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    Row = Sequence[Any]

EVENT = "e.key, e.kind, e.record, e.advisory, e.before, e.after, e.answer, e.severity, e.path, e.time, e.seq"
SUBSCRIPTION = "s.id, s.who, s.channel, s.address, s.secret, s.digest, s.choice"
IGNORE = "i.number, i.target, i.advisory, i.reason, i.until, i.who"


@dataclass(frozen=True, slots=True)
class State:
    """Up to where everything was taken in.

    Args:
        position: the registry's; 0 if nothing was.
        policy: digest of the policy by which records stand as they do; empty if nothing was.
    """

    position: int = 0
    policy: str = ""


def state(db: sqlite3.Connection) -> State:
    """Up to where everything was taken in."""
    return State(*db.execute("SELECT position, policy FROM state").fetchone())


def event(row: Row) -> Event:
    """The event of a row of `EVENT`."""
    key, kind, record, advisory, before, after, answer, severity, path, time, seq = row
    return Event(key, kind, record, advisory, before, after, answer, severity, path, moment(time), seq)


def event_row(event: Event) -> tuple[str | int, ...]:
    """An event as a row of `EVENT`."""
    return (
        event.key,
        event.kind,
        event.record,
        event.advisory,
        event.before,
        event.after,
        event.answer,
        event.severity,
        event.path,
        microseconds(event.time),
        event.seq,
    )


def subscription(row: Row, *, secret: bool) -> Subscription:
    """The subscription of a row of `SUBSCRIPTION`.

    Args:
        row: the row.
        secret: whether its secret is in it.
    """
    id_, who, channel, address, key, digest, choice = row
    chosen = json.loads(choice)
    return Subscription(
        who=who,
        channel=channel,
        address=address,
        digest=digest,
        id=id_,
        secret=key if secret else "",
        names=tuple(chosen["names"]),
        namespaces=tuple(chosen["namespaces"]),
        publishers=tuple(chosen["publishers"]),
        query=chosen["query"],
        everything=chosen["everything"],
        kinds=tuple(chosen["kinds"]),
        least_severity=chosen["least_severity"],
        least_answer=chosen["least_answer"],
    )


def choice(subscription: Subscription) -> str:
    """What a subscription chooses, as JSON."""
    return json.dumps(
        {
            "names": subscription.names,
            "namespaces": subscription.namespaces,
            "publishers": subscription.publishers,
            "query": subscription.query,
            "everything": subscription.everything,
            "kinds": subscription.kinds,
            "least_severity": subscription.least_severity,
            "least_answer": subscription.least_answer,
        }
    )


def insert_subscription(db: sqlite3.Connection, made: Subscription, now: datetime) -> int:
    """Keep a subscription.

    Args:
        db: the file, in a transaction.
        made: with its id and secret.
        now: the time.

    Returns:
        its number.
    """
    row = (made.id, made.who, made.channel, made.address, made.secret, made.digest, choice(made))
    kept = db.execute(
        "INSERT INTO subscription (id, who, channel, address, secret, digest, choice, made, seen)"
        " SELECT ?, ?, ?, ?, ?, ?, ?, ?, ifnull(max(number), 0) FROM event RETURNING number",
        (*row, microseconds(now)),
    )
    return int(kept.fetchone()[0])


def number_of(db: sqlite3.Connection, id_: str) -> int:
    """The number of a subscription.

    Raises:
        Missing: if there is none with this id.
    """
    row = db.execute("SELECT number FROM subscription WHERE id = ?", (id_,)).fetchone()
    if row is None:
        raise Missing(f"there is no subscription {id_[:100]!r}")
    return int(row[0])


def subscribers(db: sqlite3.Connection) -> list[Subscriber]:
    """All subscriptions without their secrets, the oldest first."""
    asked = db.execute(
        f"SELECT {SUBSCRIPTION}, s.made, s.off, s.trouble FROM subscription s ORDER BY s.number"  # noqa: S608
    )
    return [
        Subscriber(subscription(row[:7], secret=False), moment(made), off, trouble)
        for *row, made, off, trouble in asked
    ]


def kept(db: sqlite3.Connection, *, number: int | None = None) -> list[Kept]:
    """Subscriptions that are on, without their secrets.

    Args:
        db: the file.
        number: of the only one that is asked for; None for all.
    """
    asked = db.execute(
        f"SELECT s.number, s.seen, {SUBSCRIPTION} FROM subscription s WHERE s.off = '' AND s.number = ifnull(?, s.number)",  # noqa: S608
        (number,),
    )
    return [Kept(number, subscription(row, secret=False), seen) for number, seen, *row in asked]


def standings(db: sqlite3.Connection, advisory: str) -> dict[str, Standing]:
    """Where records stand with respect to an advisory, by record."""
    asked = db.execute(
        "SELECT advisory, record, answer, severity, publishers, kind, path FROM standing WHERE advisory = ?",
        (advisory,),
    )
    return {row[1]: standing(row) for row in asked}


def standing(row: Row) -> Standing:
    """The standing of a row: its columns up to the path, in their order."""
    advisory, record, answer, severity, publishers, kind, path = row[:7]
    return Standing(advisory, record, answer, severity, tuple(json.loads(publishers)), kind, path)


def standing_row(standing: Standing) -> tuple[str, ...]:
    """A standing as a row: its columns up to the path, in their order."""
    return (
        standing.advisory,
        standing.record,
        standing.answer,
        standing.severity,
        json.dumps(standing.publishers),
        standing.kind,
        standing.path,
    )


def ignore(row: Row) -> Ignore:
    """The decision of a row of `IGNORE`."""
    number, target, advisory, reason, until, who = row
    return Ignore(number, target, advisory, reason, moment(until), who)


def acknowledgement(row: Row) -> Acknowledgement:
    """The acknowledgement of a row: who, note, time, position."""
    who, note, time, seq = row
    return Acknowledgement(who, note, moment(time), seq)
