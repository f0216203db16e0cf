"""Who is told of what: notices, and the messages that they are gathered into."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from umr_ld.alerts import rows
from umr_ld.alerts.audience import wants
from umr_ld.alerts.changes import Change, digest
from umr_ld.alerts.ignores import Ignores
from umr_ld.database import microseconds
from umr_ld.errors import UmrError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable

    from umr_ld.alerts import Event, Subscription
    from umr_ld.alerts.audience import Audience, Kept
    from umr_ld.alerts.taking import Told

    Select = Callable[[Subscription], Collection[str]]

MAX_EVENTS = 1000
"""Events in one message."""

_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_PERIODS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}

_WAITING = """
    SELECT n.event, e.key FROM notice n CROSS JOIN event e ON e.number = n.event
    WHERE n.subscription = ? AND n.message IS NULL AND n.held IS NULL AND e.time < ?
    ORDER BY n.event
"""
_OVER = """
    SELECT n.subscription, n.event, e.record, e.advisory FROM notice n CROSS JOIN event e ON e.number = n.event
    WHERE n.held <= ?
"""
_SUPERSEDED = """
    SELECT 1 FROM event e JOIN notice n ON n.event = e.number AND n.subscription = ?
    WHERE e.record = ? AND e.advisory = ? AND e.number > ? AND e.kind <> 'fix-available' LIMIT 1
"""
_SINCE = f"SELECT e.number, {rows.EVENT} FROM event e WHERE e.number > ? ORDER BY e.number"  # noqa: S608
_STANDING_NOW = f"""
    SELECT e.number, {rows.EVENT}, s.advisory, s.record, s.answer, s.severity, s.publishers, s.kind, s.path
    FROM standing s CROSS JOIN event e ON e.number = s.event ORDER BY e.number
"""  # noqa: S608


def standing_now(db: sqlite3.Connection) -> Told:
    """Where all records stand, each as the change that told of it, and the number of that.

    Args:
        db: the file.
    """
    found = []
    for number, *row in db.execute(_STANDING_NOW):
        standing = rows.standing(row[11:])
        found.append((number, Change(rows.event(row[:11]), standing, standing.publishers)))
    return found


def notify(db: sqlite3.Connection, told: Told, audience: Audience, now: datetime) -> None:
    """Note whom changes concern. What is ignored is held back until that ends.

    Args:
        db: the file, in a transaction.
        told: the changes.
        audience: the subscriptions.
        now: the time, UTC.
    """
    wanted = ((kept.number, number, change.event) for number, change in told for kept in audience.of(change))
    _note(db, wanted, now)


def ask(db: sqlite3.Connection, subscriptions: Iterable[Kept], select: Select, now: datetime) -> None:
    """Note whom events concern by what their queries select now.

    Args:
        db: the file, in a transaction.
        subscriptions: those that are on.
        select: gives the records that a subscription's query selects. If it raises an error of ours, the
            subscription is marked with it, and its query is asked about the same events again.
        now: the time, UTC.
    """
    (last,) = db.execute("SELECT ifnull(max(number), 0) FROM event").fetchone()
    for kept in subscriptions:
        if not kept.subscription.query or kept.seen == last:
            continue
        trouble, seen = "", last
        try:
            records = select(kept.subscription)
        except UmrError as error:
            trouble, seen = str(error), kept.seen
        else:
            found = db.execute(_SINCE, (kept.seen,)).fetchall()
            events = ((number, rows.event(row)) for number, *row in found)
            chosen = (
                (kept.number, number, event)
                for number, event in events
                if event.record in records and wants(kept.subscription, event)
            )
            _note(db, chosen, now)
        db.execute(
            "UPDATE subscription SET trouble = ?, seen = ? WHERE number = ?", (trouble, seen, kept.number)
        )


def _note(db: sqlite3.Connection, wanted: Iterable[tuple[int, int, Event]], now: datetime) -> None:
    ignores = Ignores(db, now)
    notices = []
    for subscription, number, event in wanted:
        ignored = ignores.of(event.record, event.advisory)
        notices.append((subscription, number, ignored and microseconds(ignored.until)))
    db.executemany("INSERT OR IGNORE INTO notice VALUES (?, ?, NULL, ?)", notices)


def gather(db: sqlite3.Connection, subscriptions: Iterable[Kept], now: datetime) -> None:
    """Put into the outbox what waits no longer.

    Args:
        db: the file, in a transaction.
        subscriptions: those that are on.
        now: the time, UTC.
    """
    _release(db, now)
    for kept in subscriptions:
        if kept.subscription.channel == "feed":
            continue
        until = _gathered_until(kept.subscription.digest, now)
        waiting = db.execute(_WAITING, (kept.number, microseconds(until))).fetchall()
        for first in range(0, len(waiting), MAX_EVENTS):
            _put(db, kept, waiting[first : first + MAX_EVENTS], now)


def period(how_often: str, now: datetime) -> datetime:
    """When the present period of a digest began: a full hour, midnight, or midnight to Monday, UTC.

    Args:
        how_often: `hourly`, `daily` or `weekly`.
        now: the time.
    """
    return now - (now - _MONDAY) % _PERIODS[how_often]


def _gathered_until(how_often: str, now: datetime) -> datetime:
    """Events from before then are sent; those of the present moment too, if there is no digest."""
    return period(how_often, now) if how_often else datetime.max.replace(tzinfo=UTC)


def _put(db: sqlite3.Connection, kept: Kept, waiting: list[tuple[int, str]], now: datetime) -> None:
    key = digest("message", kept.subscription.id, *(event for _, event in waiting))
    time = microseconds(now)
    put = db.execute(
        "INSERT INTO message (key, subscription, made, state, due) VALUES (?, ?, ?, 'pending', ?)",
        (key, kept.number, time, time),
    )
    db.executemany(
        "UPDATE notice SET message = ? WHERE subscription = ? AND event = ?",
        ((put.lastrowid, kept.number, number) for number, _ in waiting),
    )


def _release(db: sqlite3.Connection, now: datetime) -> None:
    """Of what was held back, tell what still holds: the last that was said of a record and an advisory."""
    over = db.execute(_OVER, (microseconds(now),)).fetchall()
    ignores = Ignores(db, now) if over else None
    for subscription, event, record, advisory in over:
        ignored = ignores.of(record, advisory) if ignores else None
        superseded = db.execute(_SUPERSEDED, (subscription, record, advisory, event)).fetchone()
        if superseded:
            db.execute("DELETE FROM notice WHERE subscription = ? AND event = ?", (subscription, event))
        else:
            held = ignored and microseconds(ignored.until)
            db.execute(
                "UPDATE notice SET held = ? WHERE subscription = ? AND event = ?", (held, subscription, event)
            )
