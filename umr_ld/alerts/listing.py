"""What happened, as people and feeds ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.alerts import Listed, rows

if TYPE_CHECKING:
    import sqlite3

    from umr_ld.alerts import Acknowledgement, Event

_ACKNOWLEDGED = """
    SELECT who, note, time, seq FROM acknowledgement WHERE record = ? AND advisory = ? AND seq >= ?
    ORDER BY number LIMIT 1
"""


def listed(
    db: sqlite3.Connection,
    record: str,
    advisory: str,
    subscription: int | None,
    *,
    after: int,
    limit: int,
    newest: bool,
) -> list[Listed]:
    """Events with their acknowledgements; arguments as of `Alerts.events`, the subscription by number."""
    where: list[str] = ["e.number > ?"]
    given: list[str | int] = [after]
    if record:
        where.append(
            "e.record = ?"
            if "@" in record or ":" in record
            else "e.record > ? || '@' AND e.record < ? || 'A'"
        )
        given += [record] * where[-1].count("?")
    if advisory:
        where.append("e.advisory = ?")
        given.append(advisory)
    source = "event e"
    if subscription is not None:
        source = "notice n CROSS JOIN event e ON e.number = n.event"
        where.append("n.subscription = ? AND n.held IS NULL")
        given.append(subscription)
    order = "DESC" if newest else "ASC"
    asked = db.execute(
        f"SELECT e.number, {rows.EVENT} FROM {source} WHERE {' AND '.join(where)} ORDER BY e.number {order} LIMIT ?",  # noqa: S608
        (*given, limit),
    ).fetchall()
    found = ((number, rows.event(row)) for number, *row in asked)
    return [Listed(number, event, _acknowledged(db, event)) for number, event in found]


def _acknowledged(db: sqlite3.Connection, event: Event) -> Acknowledgement | None:
    row = db.execute(_ACKNOWLEDGED, (event.record, event.advisory, event.seq)).fetchone()
    return row and rows.acknowledgement(row)
