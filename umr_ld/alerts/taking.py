"""Taking in where records stand and what happened: the difference becomes events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.alerts import rows
from umr_ld.alerts.changes import by_record, of_fix, of_record, of_standings, of_withdrawal

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from umr_ld.alerts import Happening, Standing
    from umr_ld.alerts.changes import Change, Moment

    Standings = Mapping[str, Standing]
    """By record, with respect to one advisory."""
    Told = Sequence[tuple[int, Change]]
    """Changes, each with the number of its event."""

_OF_STANDING = frozenset({"newly-affected", "answer-changed", "severity-changed"})


def take_in(
    db: sqlite3.Connection,
    at: Moment,
    standings: Mapping[str, Iterable[Standing]],
    added: Collection[Standing],
    happenings: Sequence[Happening],
    wanted: Callable[[Change], bool],
) -> Told:
    """Find what is new, and write it down.

    Args:
        db: the file, in a transaction.
        at: the registry's position, and the time.
        standings: by advisory, as of `Alerts.take`.
        added: as of `Alerts.take`.
        happenings: in order.
        wanted: whether anybody wants to know of a happening to a record. What nobody does is not kept: there
            are as many as journal entries.
    """
    after = {advisory: by_record(advisory, given) for advisory, given in standings.items()}
    before: dict[str, Standings] = {advisory: rows.standings(db, advisory) for advisory in standings}
    for advisory, given in _by_advisory(added).items():
        known = before.setdefault(advisory, rows.standings(db, advisory))
        after[advisory] = {**known, **after.get(advisory, {}), **by_record(advisory, given)}
    withdrawn = {told.subject for told in happenings if told.kind == "advisory-withdrawn"}
    changes: list[Change] = []
    for advisory, known in before.items():
        gone = advisory in withdrawn
        changes += of_standings(known, after[advisory], at, withdrawn=gone)
    for happening in happenings:
        changes += _of_happening(db, happening, before, after, at, wanted)
    told = _write_events(db, changes)
    _write_standings(db, before, after, told)
    return told


def _by_advisory(standings: Iterable[Standing]) -> dict[str, list[Standing]]:
    found: dict[str, list[Standing]] = {}
    for standing in standings:
        found.setdefault(standing.advisory, []).append(standing)
    return found


def _of_happening(
    db: sqlite3.Connection,
    happening: Happening,
    before: Mapping[str, Standings],
    after: Mapping[str, Standings],
    at: Moment,
    wanted: Callable[[Change], bool],
) -> Iterator[Change]:
    if happening.kind == "fix-available":
        advisory = happening.advisory
        known = before[advisory] if advisory in before else rows.standings(db, advisory)
        yield from of_fix(happening, known, after.get(advisory, known), at)
    elif happening.kind == "advisory-withdrawn":
        if not before.get(happening.subject):
            yield of_withdrawal(happening, at)
    elif wanted(change := of_record(happening, at)):
        yield change


def _write_events(db: sqlite3.Connection, changes: Iterable[Change]) -> Told:
    """Events whose key is known are not new: whoever says the same twice is heard once."""
    known = "SELECT 1 FROM event WHERE key = ?"
    new = {
        change.event.key: change
        for change in changes
        if db.execute(known, (change.event.key,)).fetchone() is None
    }
    (last,) = db.execute("SELECT ifnull(max(number), 0) FROM event").fetchone()
    told = list(enumerate(new.values(), last + 1))
    db.executemany(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((number, *rows.event_row(change.event)) for number, change in told),
    )
    return told


def _write_standings(
    db: sqlite3.Connection, before: Mapping[str, Standings], after: Mapping[str, Standings], told: Told
) -> None:
    db.executemany(
        "DELETE FROM standing WHERE advisory = ? AND record = ?",
        (
            (advisory, record)
            for advisory, standings in before.items()
            for record in standings
            if record not in after[advisory]
        ),
    )
    db.executemany(
        "UPDATE standing SET publishers = ?5, kind = ?6, path = ?7 WHERE advisory = ?1 AND record = ?2",
        (
            rows.standing_row(now)
            for advisory, standings in after.items()
            for record, now in standings.items()
            if before[advisory].get(record, now) != now
        ),
    )
    db.executemany(
        "INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (*rows.standing_row(change.now), number)
            for number, change in told
            if change.now is not None and change.event.kind in _OF_STANDING
        ),
    )
