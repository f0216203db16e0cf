"""Ranges of versions: a million membership tests, reading, and set operations, beside two libraries.

Figures are nanoseconds an operation. A rival that does not offer an operation is absent from its row.

    python -m bench.ranges
"""

from __future__ import annotations

import json
import random
import sys
from itertools import count, cycle, islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import semantic_version
from univers.version_range import NpmVersionRange, VersionRange
from univers.versions import SemverVersion

from bench.measure import alternating, compared
from umr_ld.ranges import Range
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Row = dict[str, object]
    Timed = tuple[Callable[[], None], int]

OURS = "umr_ld"
ROUNDS = 5
TESTS = 1_000_000 // ROUNDS
"""Membership tests a round. The rivals, being slower, do fewer of the same; figures are for one test."""
FEWER = 50

read_vers: Any = VersionRange.from_string

VERSIONS = [
    f"{major}.{minor}.{patch}{prerelease}"
    for major, minor, patch, prerelease in product(
        range(4), (0, 1, 7, 12), (0, 3, 10), ("", "-alpha.1", "-rc.2")
    )
]
RANGES = [
    template.format(major=major, minor=minor)
    for major, minor in product(range(3), (0, 1, 7))
    for template in (
        "{major}.{minor}.3",
        "^{major}.{minor}.3",
        "~{major}.{minor}.0",
        ">={major}.{minor}.0",
        "<{major}.{minor}.10",
        ">={major}.{minor}.0 <3.1.0",
        "<=0.1.0 || >={major}.{minor}.0 <4.0.0",
    )
]
VERS = [Range.parse(text).to_vers("npm") for text in RANGES]


def run() -> list[Row]:
    """Rows: membership, first of ranges that are read already, then from text; reading; set operations."""
    return [
        membership(),
        from_text(),
        reading_ranges(),
        reading_versions(),
        complement(),
        intersection(),
        inclusion(),
    ]


def membership() -> Row:
    """Is this version in this range, both read before."""

    def test(allowed: Any, version: Any) -> bool:
        return version in allowed

    specs = [semantic_version.NpmSpec(text) for text in RANGES]
    return row(
        "range membership",
        {
            OURS: each(pairs(map(Range.parse, RANGES), map(Version.parse, VERSIONS), TESTS), test),
            "semantic_version": each(
                pairs(specs, map(semantic_version.Version, VERSIONS), TESTS // FEWER), test
            ),
            "univers": each(pairs(map(read_vers, VERS), map(SemverVersion, VERSIONS), TESTS // FEWER), test),
        },
    )


def from_text() -> Row:
    """Is this version in this range, given as texts that come again, as in a query over many links."""

    def ours(allowed: str, version: str) -> bool:
        return Version.parse(version) in Range.parse(allowed)

    def semantic(allowed: str, version: str) -> bool:
        return semantic_version.Version(version) in semantic_version.NpmSpec(allowed)

    def universal(allowed: str, version: str) -> bool:
        return SemverVersion(version) in read_vers(allowed)

    return row(
        "range membership from text",
        {
            OURS: each(pairs(RANGES, VERSIONS, TESTS // 4), ours),
            "semantic_version": each(pairs(RANGES, VERSIONS, TESTS // FEWER // 2), semantic),
            "univers": each(pairs(VERS, VERSIONS, TESTS // FEWER // 2), universal),
        },
    )


def reading_ranges() -> Row:
    """Read a range that was never seen before."""
    fresh = (f"^{number}.{number % 7}.3" for number in count(1000))
    return row(
        "reading a new range",
        {
            OURS: over(fresh, 2000, Range.parse),
            "semantic_version": over(fresh, 2000, semantic_version.NpmSpec),
            "univers": over(fresh, 2000, NpmVersionRange.from_native),
        },
    )


def reading_versions() -> Row:
    """Read a version that was never seen before."""
    fresh = (f"{number}.{number % 7}.3-rc.{number % 5}" for number in count(1000))
    return row(
        "reading a new version",
        {
            OURS: over(fresh, 4000, Version.parse),
            "semantic_version": over(fresh, 4000, semantic_version.Version),
            "univers": over(fresh, 4000, SemverVersion),
        },
    )


def complement() -> Row:
    """What is not in a range; `univers` turns each comparator round, which is the complement of single ones only."""
    return row(
        "complement",
        {
            OURS: over(cycle([Range.parse(text) for text in RANGES]), 20_000, lambda allowed: ~allowed),
            "univers": over(
                cycle([read_vers(text) for text in VERS]), 4_000, lambda allowed: allowed.invert()
            ),
        },
    )


def intersection() -> Row:
    """What is in both ranges; `semantic_version` notes that both must hold, not which versions that leaves."""
    ours = [Range.parse(text) for text in RANGES]
    clauses = [semantic_version.NpmSpec(text).clause for text in RANGES]
    return row(
        "intersection",
        {
            OURS: each(pairs(ours, ours, 20_000), lambda one, other: one & other),
            "semantic_version": each(
                pairs(clauses, clauses, 4_000), lambda one, other: (one & other).simplify()
            ),
        },
    )


def inclusion() -> Row:
    """Whether a range is a subset of another or has nothing in common with it, which no rival answers."""
    ours = [Range.parse(text) for text in RANGES]
    return row(
        "subset or disjoint",
        {OURS: each(pairs(ours, ours, 20_000), lambda one, other: one <= other or one.isdisjoint(other))},
    )


def pairs(ranges: Iterable[Any], versions: Iterable[Any], many: int) -> list[tuple[Any, Any]]:
    """So many pairs drawn from both, the same places for lists of the same lengths."""
    left, right, draw = list(ranges), list(versions), random.Random(7)
    return [(draw.choice(left), draw.choice(right)) for _ in range(many)]


def each(some: list[tuple[Any, Any]], act: Callable[[Any, Any], object]) -> Timed:
    """An act on each of these pairs."""

    def timed() -> None:
        for one, other in some:
            act(one, other)

    return timed, len(some)


def over(items: Iterable[Any], many: int, act: Callable[[Any], object]) -> Timed:
    """An act on each of the next so many items."""

    def timed() -> None:
        for item in islice(items, many):
            act(item)

    return timed, many


def row(name: str, contenders: dict[str, Timed]) -> Row:
    """The contenders in turn: median nanoseconds of one operation, and how many times ours the rivals take."""
    medians = alternating({contender: timed for contender, (timed, _) in contenders.items()}, ROUNDS)
    figures = {contender: medians[contender] * 1e9 / many for contender, (_, many) in contenders.items()}
    return compared(name, "ns", figures, OURS)


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
