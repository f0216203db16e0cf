"""What is new: the difference between where records stood and where they stand."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.alerts import ANSWERS, CLEAR, SEVERITIES, Event, Standing
from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from umr_ld.alerts import EventKind, Happening


@dataclass(frozen=True, slots=True)
class Change:
    """An event, and what must be known to find whom it concerns.

    Args:
        event: the event.
        now: where the record stands from now on; None if it is clear, or the event is none of standing.
        publishers: labels of agents.
        concerns: further records, `name@version`, whose followers it concerns.
    """

    event: Event
    now: Standing | None = None
    publishers: tuple[str, ...] = ()
    concerns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is taken in.

    Args:
        seq: the registry's position.
        time: UTC.
    """

    seq: int
    time: datetime


def digest(*parts: str | int) -> str:
    """SHA-256, hexadecimal, over texts and numbers, such that no two different lists have the same.

    Args:
        parts: in order.
    """
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def by_record(advisory: str, standings: Iterable[Standing]) -> dict[str, Standing]:
    """Standings by record; of several of one record the strongest, then the most severe.

    Args:
        advisory: which all of them are of.
        standings: in any order.

    Raises:
        Malformed: if one is of another advisory.
    """
    found: dict[str, Standing] = {}
    for standing in standings:
        if standing.advisory != advisory:
            raise Malformed(f"a standing of {standing.advisory} is given as one of {advisory}")
        known = found.get(standing.record)
        if known is None or _weight(known) < _weight(standing):
            found[standing.record] = standing
    return found


def _weight(standing: Standing) -> tuple[int, int]:
    return ANSWERS.index(standing.answer), SEVERITIES.index(standing.severity)


def of_standings(
    before: Mapping[str, Standing], after: Mapping[str, Standing], at: Moment, *, withdrawn: bool
) -> Iterator[Change]:
    """What changed for the records of one advisory, in order of their names.

    Args:
        before: where they stood, by record.
        after: where they stand, by record.
        at: now.
        withdrawn: whether the advisory was withdrawn; what is clear then, is so for that reason.
    """
    for record in sorted(before.keys() | after.keys()):
        was, now = before.get(record), after.get(record)
        kind = _kind_of(was, now, withdrawn=withdrawn)
        if kind is None:
            continue
        known = now or was
        assert known is not None
        severity_only = kind == "severity-changed"
        event = _event(
            kind,
            known.record,
            known.advisory,
            before=_state(was, severity=severity_only),
            after=_state(now, severity=severity_only),
            answer=CLEAR if now is None else now.answer,
            severity=known.severity,
            path=known.path,
            at=at,
        )
        yield Change(event, now, known.publishers)


def _kind_of(was: Standing | None, now: Standing | None, *, withdrawn: bool) -> EventKind | None:
    if was is None:
        return "newly-affected"
    if now is None:
        return "advisory-withdrawn" if withdrawn else "cleared"
    if was.answer != now.answer:
        return "answer-changed"
    return "severity-changed" if was.severity != now.severity else None


def _state(standing: Standing | None, *, severity: bool) -> str:
    if standing is None:
        return CLEAR
    return standing.severity if severity else standing.answer


def of_fix(
    happening: Happening, before: Mapping[str, Standing], after: Mapping[str, Standing], at: Moment
) -> Iterator[Change]:
    """A fix, as news for those who stood there before and still do; others learn of it with their standing.

    Args:
        happening: `fix-available`; its sequence number makes the key, so that one fix is told once.
        before: where records stood with respect to its advisory.
        after: where they stand.
        at: now.
    """
    for record in happening.concerns:
        now = after.get(record)
        if now is not None and record in before:
            event = _event(
                "fix-available",
                record,
                happening.advisory,
                after=happening.subject,
                answer=now.answer,
                severity=now.severity,
                path=happening.detail,
                at=Moment(happening.seq, at.time),
            )
            yield Change(event, now, now.publishers)


def of_withdrawal(happening: Happening, at: Moment) -> Change:
    """That an advisory was withdrawn which touched nobody; else it is told with the standings that it ends.

    Args:
        happening: `advisory-withdrawn`.
        at: now.
    """
    event = _event(
        happening.kind, "", happening.subject, path=happening.detail, at=Moment(happening.seq, at.time)
    )
    return Change(event, publishers=happening.publishers)


def of_record(happening: Happening, at: Moment) -> Change:
    """The change that a happening to a record is.

    Args:
        happening: its subject is a record.
        at: now.
    """
    event = _event(
        happening.kind, happening.subject, "", path=happening.detail, at=Moment(happening.seq, at.time)
    )
    return Change(event, publishers=happening.publishers, concerns=happening.concerns)


def event_key(record: str, advisory: str, kind: str, before: str, after: str, seq: int) -> str:
    """The key of a change: see `Event`.

    Args:
        record: `name@version`, or empty.
        advisory: its name, or empty.
        kind: what changed.
        before: see `Event`.
        after: see `Event`.
        seq: the registry's position at which it changed.
    """
    return digest("event", record, advisory, kind, before, after, seq)


def _event(
    kind: EventKind,
    record: str,
    advisory: str,
    *,
    before: str = "",
    after: str = "",
    answer: str = "",
    severity: str = "",
    path: str = "",
    at: Moment,
) -> Event:
    key = event_key(record, advisory, kind, before, after, at.seq)
    return Event(key, kind, record, advisory, before, after, answer, severity, path, at.time, at.seq)
