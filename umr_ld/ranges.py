"""Sets of versions: which versions a link or an advisory means, and the algebra of such sets.

A range is a set of versions, not the text that described it. It is held as its *cuts*: the sort keys at
which membership changes, in order, the first being where the set begins. Since every version has a next
one, one set has exactly one tuple of cuts: equal sets are equal ranges, `>1.0.0 == >=1.0.1-0`, and a
version is in a range if an odd number of cuts lies at or below it.

Prereleases are versions like any other here; `range_syntax` says what that means for what is read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.osv import read_events, write_events
from umr_ld.range_syntax import VERS, read_npm, read_vers, write_npm, write_vers
from umr_ld.versions import LEAST, MAX_LENGTH, Version, quoted, successor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from umr_ld.range_syntax import Interval

MAX_INTERVALS = 256
"""Intervals in a range that is read. What is read can be written and read again, so both are bounded."""
MAX_TEXT = MAX_INTERVALS * (2 * MAX_LENGTH + 9)
"""Characters in a range that is read: that many intervals, each with two bounds of the longest versions."""

_REMEMBERED = 256
"""Characters up to which a text that was read is remembered."""


@dataclass(frozen=True, slots=True, repr=False)
class Range:
    """A set of versions. Made by the class methods and the operations of sets; `bool` is false if it is empty.

    `a | b`, `a & b`, `a - b`, `~a` are union, intersection, difference and complement, `a <= b` says
    whether `a` is a subset of `b`, and `version in a` whether it is a member. Build metadata does not
    count (SemVer §10): `1.0.0+a` and `1.0.0+b` are the same member.
    """

    _cuts: tuple[bytes, ...]

    @classmethod
    def parse(cls, text: str) -> Range:
        """A range as a person or a document writes it: node-semver syntax, or a `vers:` string.

        Args:
            text: `1.2.0`, `^1.2`, `~1.2.3`, `1.x`, `>=1.0.0 <2.0.0`, `1.0.0 - 2.0.0`, several of them
                with `||` between, `*`, `vers:semver/>=1.0.0|<2.0.0`; at most `MAX_TEXT` characters.

        Raises:
            Malformed: if it is neither, if it or an alternative of it is empty or holds no version, or if
                the set has more than `MAX_INTERVALS` intervals; the message names the part.
        """
        return _remembered(text) if len(text) <= _REMEMBERED else _parsed(text)

    @classmethod
    def from_npm(cls, text: str) -> Range:
        """A range as node-semver reads it: nothing written is every version, contradictions are no version.

        Args:
            text: as of `parse`, without `vers:` strings; may be empty.

        Raises:
            Malformed: if it is not node-semver syntax.
        """
        return _union(interval for _, interval in read_npm(text))

    @classmethod
    def from_vers(cls, text: str) -> Range:
        """The set that a `vers:` string names.

        Args:
            text: as of `range_syntax.read_vers`.

        Raises:
            Malformed: if it is none, or holds no version.
        """
        inside, outside = read_vers(text)
        found = _union(inside) - _union(outside)
        if not found:
            raise Malformed(f"{quoted(text)} holds no version", remedy="take one constraint away")
        return found

    @classmethod
    def from_osv(cls, events: Iterable[Mapping[str, object]]) -> Range:
        """The versions that OSV events (type SEMVER) say are affected.

        Args:
            events: as of `osv.read_events`.

        Raises:
            Malformed: if they are not well-formed, or affect no version.
        """
        found = _union(read_events(events))
        if not found:
            raise Malformed(
                "the events leave no version affected", where="events", remedy="check their versions"
            )
        return found

    @classmethod
    def of(cls, *versions: Version) -> Range:
        """The set of these versions.

        Args:
            versions: any number of them, in any order.
        """
        return _union((version.sort_key, successor(version.sort_key)) for version in versions)

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """The set as half-open intervals between sort keys, in order; None is no upper bound.

        A version is in one if `low <= version.sort_key < high`, which a database can ask by itself.
        """
        return tuple(zip_longest(self._cuts[::2], self._cuts[1::2]))

    @property
    def is_empty(self) -> bool:
        """Whether no version is in it."""
        return not self._cuts

    @property
    def is_everything(self) -> bool:
        """Whether every version is in it."""
        return self._cuts == (LEAST,)

    @property
    def exact(self) -> Version | None:
        """The only version in it, without build metadata; None if there are more, or none."""
        if len(self._cuts) == 2 and self._cuts[1] == successor(self._cuts[0]):
            return Version.from_sort_key(self._cuts[0])
        return None

    def best(self, versions: Iterable[Version]) -> Version | None:
        """The newest release among these versions that is in the range, else the newest prerelease.

        Args:
            versions: those that there are.

        Returns:
            one of them, or None if none is in the range.
        """
        inside = (version for version in versions if version in self)
        return max(inside, key=lambda version: (not version.is_prerelease, version.sort_key), default=None)

    def isdisjoint(self, other: Range) -> bool:
        """Whether no version is in both.

        Args:
            other: another range.
        """
        return self._is_throughout(other, inside=False)

    def to_vers(self, kind: str = "semver") -> str:
        """The set as a `vers:` string.

        Args:
            kind: the VERS type, `semver` or `npm`.

        Raises:
            Malformed: if the set is empty, for which VERS has no form.
        """
        return write_vers(self._some(), kind)

    def to_osv(self) -> list[dict[str, str]]:
        """The set as OSV events for a range of type SEMVER, exactly.

        Raises:
            Malformed: if the set is empty, for which OSV has no form.
        """
        return write_events(self._some())

    def _some(self) -> tuple[Interval, ...]:
        if not self._cuts:
            raise Malformed("a range without any version cannot be written so", remedy="leave the range out")
        return self.intervals

    def __contains__(self, version: Version) -> bool:
        return bisect_right(self._cuts, version.sort_key) & 1 == 1

    def __bool__(self) -> bool:
        return bool(self._cuts)

    def __or__(self, other: Range) -> Range:
        return Range(_at_least(1, self._cuts, other._cuts))

    def __and__(self, other: Range) -> Range:
        return Range(_at_least(2, self._cuts, other._cuts))

    def __sub__(self, other: Range) -> Range:
        return self & ~other

    def __invert__(self) -> Range:
        return Range(self._cuts[1:] if self._cuts[:1] == (LEAST,) else (LEAST, *self._cuts))

    def __le__(self, other: Range) -> bool:
        return self._is_throughout(other, inside=True)

    def _is_throughout(self, other: Range, *, inside: bool) -> bool:
        """Whether the other range changes within no interval of this one, and is so where each begins."""
        cuts = other._cuts
        for low, high in self.intervals:
            place = bisect_right(cuts, low)
            if (place & 1 == 1) is not inside:
                return False
            if place < len(cuts) and (high is None or cuts[place] < high):
                return False
        return True

    def __str__(self) -> str:
        """The set in node-semver syntax, the same text for equal sets; `parse` reads it as the same set.

        The empty set, which `parse` refuses, is `<0.0.0-0`, as node-semver writes it.
        """
        return write_npm(self.intervals)

    def __repr__(self) -> str:
        return f"Range({str(self)!r})"


def _at_least(count: int, *sets: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The cuts of what is in at least so many of these sets: 1 is their union, all of them their intersection."""
    steps: dict[bytes, int] = {}
    for cuts in sets:
        step = 1
        for cut in cuts:
            steps[cut] = steps.get(cut, 0) + step
            step = -step
    found, depth = [], 0
    for cut in sorted(steps):
        before, depth = depth, depth + steps[cut]
        if (before >= count) != (depth >= count):
            found.append(cut)
    return tuple(found)


class Versions:
    """A list of versions, of which many ranges are asked: those that are not in a range are not looked at.

    Args:
        keys: the versions' sort keys, in the list's order.
    """

    __slots__ = ("_keys", "_places")

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._places = sorted(range(len(keys)), key=keys.__getitem__)
        self._keys = [keys[place] for place in self._places]

    def inside(self, wanted: Range) -> list[int]:
        """The places in the list of the versions that are in a range, from the first to the last.

        Args:
            wanted: the range.
        """
        found: list[int] = []
        for low, high in wanted.intervals:
            end = len(self._keys) if high is None else bisect_left(self._keys, high)
            found += self._places[bisect_left(self._keys, low) : end]
        return sorted(found)


def _union(intervals: Iterable[Interval]) -> Range:
    sets = [(low,) if high is None else (low, high) for low, high in intervals if high is None or low < high]
    return Range(sets[0] if len(sets) == 1 else _at_least(1, *sets))


def _parsed(text: str) -> Range:
    if len(text) > MAX_TEXT:
        raise Malformed(f"the range has more than {MAX_TEXT:,} characters", remedy="write it shorter")
    try:
        found = Range.from_vers(text) if text.startswith(VERS) else _union(_stated(text))
    except Malformed as error:
        raise Malformed(error.what, where=error.where or quoted(text), remedy=error.remedy) from None
    if len(found.intervals) > MAX_INTERVALS:
        raise Malformed(
            f"the range {quoted(text)} falls into more than {MAX_INTERVALS} pieces", remedy="write it coarser"
        )
    return found


_remembered = lru_cache(maxsize=4096)(_parsed)


def _stated(text: str) -> Iterable[Interval]:
    """The intervals of a node-semver range of which every alternative says something, and something possible."""
    for alternative, (low, high) in read_npm(text):
        if not alternative.strip(" \t"):
            what = "an alternative of the range is empty" if text.strip(" \t") else "the range is empty"
            raise Malformed(what, remedy="write * for every version")
        if high is not None and low >= high:
            raise Malformed(
                f"{quoted(alternative.strip())} holds no version: none lies between its bounds",
                remedy="write || between alternatives; a space means that both bounds hold",
            )
        yield low, high


EVERYTHING = Range((LEAST,))
NOTHING = Range(())
