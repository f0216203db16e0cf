"""How sets of versions are written: node-semver's ranges and `vers:` strings, read and written.

What is read and written here are intervals between sort keys (`versions`). Every version has a next one
(`successor`), so that every interval can be given as half-open: from a key on, up to but without another
key, or without end. `>1.0.0` is from 1.0.1-0 on, and `<=1.0.0` is up to it.

node-semver hides prereleases from most ranges unless it is told not to. That suits a package manager and
not a registry that warns: here a range holds every version that its bounds let in, as node-semver's
`includePrerelease` does, with the bounds that its documentation gives:

- `^1.2.3`, `~1.2.3`, `1.x`, `<1.3` and `1 - 2` end before the first prerelease of what comes next:
  `^1.2.3` has 1.5.0-beta and neither 2.0.0 nor 2.0.0-beta;
- a bound that is written out is taken by its word: `<2.0.0` has 2.0.0-beta, `>=1.2.3` has no 1.2.3-beta;
- where a number is left open, everything with the given numbers is meant: `1.2` has 1.2.0-beta.

Sources: node-semver, README, "Ranges"; VERS specification, clause 5 (package-url/vers-spec).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.versions import (
    BUILD,
    LEAST,
    MAX_LENGTH,
    NUMBER,
    PRERELEASE,
    Version,
    is_release,
    key_of,
    predecessor,
    quoted,
    successor,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Interval = tuple[bytes, bytes | None]

VERS = "vers:"

_OPERATORS = frozenset(("<", "<=", ">", ">=", "=", "^", "~", "~>"))
_SERIES = frozenset(("^", "~", "~>"))
_SIGNS = frozenset("<>=^~")
_LONGEST = MAX_LENGTH + len("<=v")
_PART = f"({NUMBER}|[xX*])"
_COMPARATOR = re.compile(
    rf"(<=|>=|<|>|=|\^|~>|~)?[vV]?{_PART}(?:\.{_PART}(?:\.{_PART}(?:-({PRERELEASE}))?(?:\+{BUILD})?)?)?"
)
# Only for messages, hence compiled when the first is needed.
_HINTS = (
    (r"!=.*+", "write <1.2.3 || >1.2.3 to leave 1.2.3 out"),
    (r"==.*+", "write one ="),
    (r"[^,]*+,.*+", "separate comparators by spaces"),
    (r"-", "a hyphen range stands alone, with spaces: 1.0.0 - 2.0.0"),
    (r"[^|]*+\|.*+", "separate alternatives by ||"),
    (r"[<>=^~]++[0-9][^<>=]*+[<>=].*+", "separate comparators by spaces"),
)
_HELP = (
    "write e.g. 1.2.0, ^1.2, ~1.2.3, 1.x, >=1.0.0 <2.0.0, 1.0.0 - 2.0.0, or several of them with || between"
)

_CONSTRAINT = re.compile(r"(>=|<=|!=|[<>](?!=))?((?![<>]|!=).+)", re.DOTALL)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_SEMVER_TYPES = frozenset(("semver", "npm"))


# -- node-semver


def read_npm(text: str) -> Iterator[tuple[str, Interval]]:
    """The alternatives of a node-semver range, each with its interval.

    An alternative without comparators is every version. One whose comparators contradict each other is
    an interval that ends where it begins, or before.

    Args:
        text: `*`, `1.2.0`, `^1.2`, `>=1.0.0 <2.0.0`, `1.x || 3.x`; white space is spaces and tabs.

    Raises:
        Malformed: if it is none; the message names the comparator, or the alternative, that is at fault.
    """
    for alternative in text.split("||"):
        yield alternative, _alternative(alternative)


def _alternative(text: str) -> Interval:
    words = [word for word in text.replace("\t", " ").split(" ") if word]
    if not _OPERATORS.isdisjoint(words):
        words = list(_joined(words))
    if len(words) == 3 and words[1] == "-" and not any(word[0] in _SIGNS for word in words):
        return _comparator(words[0])[0], _comparator(words[2])[1]
    comparators = [_comparator(word) for word in words]
    if len(comparators) == 1:
        return comparators[0]
    low = max((low for low, _ in comparators), default=LEAST)
    high = min((high for _, high in comparators if high is not None), default=None)
    return low, high


def _joined(words: Iterable[str]) -> Iterator[str]:
    """Comparators in one piece: an operator may stand apart from its version."""
    operator = ""
    for word in words:
        if word not in _OPERATORS:
            yield operator + word
            operator = ""
        elif operator:
            raise Malformed(f"{quoted(f'{operator} {word}')} is two operators and one version", remedy=_HELP)
        else:
            operator = word
    if operator:
        raise Malformed(f"{quoted(operator)} has no version after it", remedy=_HELP)


def _comparator(text: str) -> Interval:
    found = _COMPARATOR.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        hint = next((hint for pattern, hint in _HINTS if re.fullmatch(pattern, text)), _HELP)
        raise Malformed(f"{quoted(text)} is no comparator of versions", remedy=hint)
    operator, *parts, prerelease = found.groups("")
    numbers = [part for part in parts if part.isdecimal()]
    # What node-semver ignores silently (`1.x.3`, `1.2.x-beta`) was meant somehow.
    if numbers != parts[: len(numbers)] or (prerelease and len(numbers) < 3):
        what = f"{quoted(text)} goes on after a number that is left open"
        raise Malformed(what, remedy="write e.g. 1.x or 1.2.3")
    return _compared(operator, numbers, _first(numbers, prerelease))


def _compared(operator: str, numbers: list[str], low: bytes) -> Interval:
    """The versions that stand so to those that have these numbers, of which the first is given."""
    if numbers and operator in _SERIES:
        place = _kept(numbers) if operator == "^" else min(1, len(numbers) - 1)
        return low, _next(numbers, place)
    if operator == ">=":
        return low, None
    if operator == "<":
        return LEAST, low
    high = _behind(numbers, low)
    if operator == "<=":
        return LEAST, high
    if operator == ">":
        return (LEAST, LEAST) if high is None else (high, None)
    return low, high


def _first(numbers: list[str], prerelease: str) -> bytes:
    """The first version that has these numbers."""
    if not numbers:
        return LEAST
    if len(numbers) < 3:
        return _floor([*numbers, "0", "0"][:3])
    major, minor, patch = numbers
    return key_of(major, minor, patch, prerelease or None)


def _behind(numbers: list[str], first: bytes) -> bytes | None:
    """What comes right behind the last version that has these numbers."""
    if len(numbers) == 3:
        return successor(first)
    return _next(numbers, len(numbers) - 1) if numbers else None


def _next(numbers: list[str], place: int) -> bytes:
    """What comes right behind all versions that agree with these numbers up to a place."""
    return _floor([*numbers[:place], str(int(numbers[place]) + 1), "0", "0"][:3])


def _kept(numbers: list[str]) -> int:
    """The place of the number that a caret keeps: the first that is not 0, else the last one given."""
    for place, number in enumerate(numbers):
        if number != "0":
            return place
    return len(numbers) - 1


def _floor(numbers: list[str]) -> bytes:
    """The first of all versions with three numbers, a prerelease. It has to be short enough to be read."""
    major, minor, patch = numbers
    if len(major) + len(minor) + len(patch) + len("..-0") > MAX_LENGTH:
        raise Malformed(f"{quoted('.'.join(numbers))} is too large a version", remedy="write smaller numbers")
    return key_of(major, minor, patch, "0")


def write_npm(intervals: Iterable[Interval]) -> str:
    """A set of versions as a node-semver range that `read_npm` reads as the same set.

    Args:
        intervals: disjoint, none empty, in order.

    Returns:
        the shortest of the usual forms; `<0.0.0-0`, node-semver's own sign for it, if there are none.
    """
    return " || ".join(_written(low, high) for low, high in intervals) or "<0.0.0-0"


@lru_cache(maxsize=4096)
def _written(low: bytes, high: bytes | None) -> str:
    if high is not None:
        short = _point(low, high) or _series(low, high)
        if short:
            return short
    return " ".join(_bounds(low, high)) or "*"


def _point(low: bytes, high: bytes) -> str:
    return text_of(low) if high == successor(low) else ""


def _series(low: bytes, high: bytes) -> str:
    """`1.x`, `1.2.x`, `^1.2.3` or `~1.2.3`, if the interval is one of these."""
    begin, end = text_of(low), text_of(high)
    if len(begin) > MAX_LENGTH or len(end) > MAX_LENGTH:
        return ""
    core, _, prerelease = begin.partition("-")
    numbers = core.split(".")
    if prerelease == "0":
        for place in (1, 0):
            if end == _ceiling(numbers, place) and set(numbers[place + 1 :]) == {"0"}:
                return ".".join([*numbers[: place + 1], "x"])
        return ""
    for sign, place in (("^", _kept(numbers)), ("~", 1)):
        if end == _ceiling(numbers, place):
            return f"{sign}{begin}"
    return ""


def _ceiling(numbers: list[str], place: int) -> str:
    """As `_next`, for writing: as text, and not refused where it would be too long to be read."""
    return ".".join([*numbers[:place], str(int(numbers[place]) + 1), "0", "0"][:3]) + "-0"


def _bounds(low: bytes, high: bytes | None) -> Iterator[str]:
    if low != LEAST:
        yield _lower(low)
    if high is not None:
        last = predecessor(high)
        yield f"<{text_of(high)}" if last is None else f"<={text_of(last)}"


def _lower(low: bytes) -> str:
    """`>1.2.3` for what begins right behind a release, else `>=…`, unless that is too long to be read."""
    before, begin = predecessor(low), text_of(low)
    if before is not None and (is_release(before) or len(begin) > MAX_LENGTH):
        return f">{text_of(before)}"
    return f">={begin}"


# -- vers:


def read_vers(text: str) -> tuple[list[Interval], list[Interval]]:
    """The intervals of a `vers:` string (VERS specification, clause 5), strictly by its rules.

    Args:
        text: `vers:semver/…`, `vers:npm/…` or `vers:all/*`.

    Returns:
        what is in, and what of it is left out again (`!=`).

    Raises:
        Malformed: if it is none, is of a type whose versions order in another way, or breaks a rule of
            clause 5.4: constraints in order, no version twice, upper and lower bounds in turn.
    """
    kind, slash, constraints = text.removeprefix(VERS).partition("/")
    if not text.startswith(VERS) or not slash or not constraints:
        what = f"{quoted(text)} is no vers: string with constraints"
        raise Malformed(what, remedy="write e.g. vers:semver/>=1.0.0|<2.0.0")
    if kind not in _SEMVER_TYPES and (kind, constraints) != ("all", "*"):
        raise Malformed(
            f"{quoted(text)} is of the type {quoted(kind)}, whose versions are not known to be semantic ones",
            remedy="write vers:semver/…, or vers:all/* for every version",
        )
    if constraints == "*":
        return [(LEAST, None)], []
    read = [_constraint(constraint) for constraint in constraints.split("|")]
    _require_order(read)
    left_out: list[Interval] = [(key, successor(key)) for operator, key in read if operator == "!="]
    if len(left_out) == len(read):
        return [(LEAST, None)], left_out
    return list(_signposts([(operator, key) for operator, key in read if operator != "!="])), left_out


def _constraint(text: str) -> tuple[str, bytes]:
    found = _CONSTRAINT.fullmatch(text)
    if found is None:
        raise Malformed(f"the constraint {quoted(text)} names no version", remedy="write e.g. >=1.0.0|<2.0.0")
    operator, version = found.groups()
    if version.startswith("="):
        raise Malformed(f"{quoted(text)} has an = that VERS does not write", remedy="write the version alone")
    if any(escape.group(1) is None for escape in _ESCAPE.finditer(version)):
        raise Malformed(
            f"{quoted(text)} has a % that begins no escape", remedy="write %25 for a percent sign"
        )
    decoded = _ESCAPE.sub(lambda escape: chr(int(escape.group(1), 16)), version)
    return operator or "", Version.parse(decoded).sort_key


def _require_order(constraints: Sequence[tuple[str, bytes]]) -> None:
    for (_, key), (_, following) in pairwise(constraints):
        if key == following:
            raise Malformed(f"the version {text_of(key)} stands in it twice", remedy="keep one of the two")
        if key > following:
            raise Malformed(
                f"{text_of(following)} stands after {text_of(key)}, which is larger",
                remedy="put the constraints in the order of their versions",
            )


def _signposts(constraints: Iterable[tuple[str, bytes]]) -> Iterator[Interval]:
    """Constraints in order are signposts: each begins the set, ends it, or holds one version of it."""
    low: bytes | None = None
    before = ""
    for operator, key in constraints:
        written, ends = f"{operator}{text_of(key)}", operator.startswith("<")
        if before and ends != (low is not None):
            raise Malformed(
                f"{written} cannot stand after {before}",
                remedy="write lower and upper bounds in turn, versions outside",
            )
        bound = key if operator in {"<", ">="} else successor(key)
        if ends:
            yield LEAST if low is None else low, bound
            low = None
        elif operator:
            low = bound
        else:
            yield key, bound
        before = written
    if low is not None:
        yield low, None


def write_vers(intervals: Sequence[Interval], kind: str) -> str:
    """A set of versions as a `vers:` string that `read_vers` reads as the same set.

    Args:
        intervals: disjoint, none empty, at least one, in order.
        kind: the VERS type, `semver` or `npm`.
    """
    constraints: list[str] = []
    for low, high in intervals:
        point = _point(low, high) if high is not None else ""
        bounds = [point] if point else list(_bounds(low, high))
        # Clause 5.4 wants each version once. `!=` would say it too, but lists of it are read in two ways.
        if constraints and bounds[0] == f">{constraints[-1].removeprefix('<')}":
            bounds[0] = f">={text_of(low)}"
        constraints += bounds
    return f"{VERS}{kind}/{'|'.join(constraints) or '*'}"
