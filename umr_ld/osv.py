"""OSV events: the timeline of an advisory, read as intervals of versions and written from them.

Source: OSV schema 1.7, `affected[].ranges[].events` and "Evaluation", for ranges of type SEMVER.
Intervals are half-open, between sort keys, as in `range_syntax`; every one of them can be written exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.versions import LEAST, Version, predecessor, successor, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from umr_ld.range_syntax import Interval

    Event = tuple[str, bytes | None]

_KINDS = ("introduced", "fixed", "last_affected", "limit")
_EXAMPLE = 'write e.g. [{"introduced": "0"}, {"fixed": "1.2.0"}]'


def read_events(events: Iterable[Mapping[str, object]]) -> Iterator[Interval]:
    """The intervals of versions that OSV's evaluation finds vulnerable; they are disjoint and in order.

    Events count in the order of their versions. Where two have the same version the given order counts,
    except that `last_affected` comes after `introduced`: it takes effect behind its version.

    Args:
        events: each with one of the keys `introduced`, `fixed`, `last_affected`, `limit`, and a version.

    Raises:
        Malformed: if an event has another form, none is `introduced`, or `fixed` and `last_affected` are
            mixed; `where` names the event.
    """
    read = [_event(event, f"events[{place}]") for place, event in enumerate(events)]
    kinds = {kind for kind, _ in read}
    if "introduced" not in kinds:
        raise Malformed("no event says where the range begins", where="events", remedy=_EXAMPLE)
    if {"fixed", "last_affected"} <= kinds:
        raise Malformed(
            "fixed and last_affected are mixed", where="events", remedy="write fixed in all of them"
        )
    limits = [key for kind, key in read if kind == "limit"]
    limit = None if None in limits else max(filter(None, limits), default=None)
    timeline = [(kind, key) for kind, key in read if kind != "limit" and key is not None]
    timeline.sort(key=lambda event: (event[1], event[0] == "last_affected"))
    for low, high in _vulnerable(timeline):
        if limit is None:
            yield low, high
        elif low < limit:
            yield low, limit if high is None else min(high, limit)


def _event(event: Mapping[str, object], where: str) -> Event:
    """The kind and the sort key; no key stands for the limit `*`, which is none."""
    if len(event) != 1 or not event.keys() <= set(_KINDS):
        raise Malformed(f"an event has one key of {', '.join(_KINDS)}", where=where, remedy=_EXAMPLE)
    ((kind, version),) = event.items()
    if not isinstance(version, str):
        raise Malformed(f"the version of {kind} is no text", where=where, remedy='put it in quotes: "1.2.0"')
    match kind, version:
        case "introduced", "0":
            return kind, LEAST
        case "limit", "*":
            return kind, None
    try:
        return kind, Version.parse(version).sort_key
    except Malformed as error:
        raise Malformed(f"{kind}: {error.what}", where=where, remedy=error.remedy) from None


def _vulnerable(timeline: Iterable[tuple[str, bytes]]) -> Iterator[Interval]:
    low: bytes | None = None
    for kind, key in timeline:
        if kind == "introduced":
            low = key if low is None else low
        elif low is not None:
            yield low, key if kind == "fixed" else successor(key)
            low = None
    if low is not None:
        yield low, None


def write_events(intervals: Sequence[Interval]) -> list[dict[str, str]]:
    """A set of versions as OSV events that `read_events` reads as the same set.

    Args:
        intervals: disjoint, none empty, at least one, in order.

    Returns:
        `last_affected` if every upper bound is written exactly so, as with `<=1.2.0`; `fixed` otherwise.
    """
    inclusive = all(high is None or predecessor(high) is not None for _, high in intervals)
    events = []
    for low, high in intervals:
        events.append({"introduced": "0" if low == LEAST else text_of(low)})
        last = predecessor(high) if inclusive and high is not None else None
        if last is not None:
            events.append({"last_affected": text_of(last)})
        elif high is not None:
            events.append({"fixed": text_of(high)})
    return events
