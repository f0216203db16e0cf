"""Which hits somebody decided not to be told of, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.alerts import Ignore, rows
from umr_ld.alerts.audience import name_of
from umr_ld.database import microseconds
from umr_ld.errors import Malformed, Missing

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime


class Ignores:
    """The decisions that hold at a moment.

    Args:
        db: the file.
        now: the moment, UTC.
    """

    def __init__(self, db: sqlite3.Connection, now: datetime) -> None:
        asked = db.execute(
            f"SELECT {rows.IGNORE} FROM ignore i WHERE i.until > ? ORDER BY i.until",  # noqa: S608
            (microseconds(now),),
        )
        found = (rows.ignore(row) for row in asked)
        self._by: dict[tuple[str, str], Ignore] = {(one.target, one.advisory): one for one in found}

    def of(self, record: str, advisory: str) -> Ignore | None:
        """The decision for a record and an advisory that holds longest; None if there is none.

        Args:
            record: `name@version`.
            advisory: its name or identifier.
        """
        if not self._by:
            return None
        own = self._by.get((record, advisory))
        whole = self._by.get((name_of(record), advisory))
        if own is None or whole is None:
            return own or whole
        return max(own, whole, key=lambda one: one.until)


def every(db: sqlite3.Connection) -> list[Ignore]:
    """All decisions, in the order in which they end."""
    return [rows.ignore(row) for row in db.execute(f"SELECT {rows.IGNORE} FROM ignore i ORDER BY i.until")]  # noqa: S608


def add(
    db: sqlite3.Connection,
    target: str,
    advisory: str,
    *,
    reason: str,
    until: datetime,
    who: str,
    now: datetime,
) -> Ignore:
    """Keep a decision, and hold back what waits and falls under it; arguments as of `Alerts.ignore`.

    Raises:
        Malformed: as of `Alerts.ignore`.
    """
    if not reason.strip() or not target or not advisory:
        raise Malformed("an ignore says what it ignores, and why", remedy="give a reason")
    if until <= now:
        raise Malformed("an ignore ends later than it begins", remedy="give a day that is to come")
    end = microseconds(until)
    row = db.execute(
        "INSERT INTO ignore (target, advisory, reason, until, who) VALUES (?, ?, ?, ?, ?) RETURNING number",
        (target, advisory, reason, end, who),
    ).fetchone()
    waiting = db.execute(
        "SELECT n.subscription, n.event, e.record FROM event e CROSS JOIN notice n"
        " ON n.event = e.number AND n.message IS NULL WHERE e.advisory = ?",
        (advisory,),
    ).fetchall()
    db.executemany(
        "UPDATE notice SET held = max(ifnull(held, 0), ?) WHERE subscription = ? AND event = ?",
        (
            (end, subscription, event)
            for subscription, event, record in waiting
            if target in {record, name_of(record)}
        ),
    )
    return Ignore(row[0], target, advisory, reason, until, who)


def remove(db: sqlite3.Connection, number: int, now: datetime) -> None:
    """Forget a decision; all that is held back is looked at again with the next gathering.

    Raises:
        Missing: if there is none with this number.
    """
    if db.execute("DELETE FROM ignore WHERE number = ?", (number,)).rowcount == 0:
        raise Missing(f"there is no ignore {number}")
    db.execute("UPDATE notice SET held = ?1 WHERE held > ?1", (microseconds(now),))
