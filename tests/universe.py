"""Versions and ranges for property tests: small numbers, so that bounds meet, and every kind of prerelease."""

from __future__ import annotations

import operator
from itertools import product

from hypothesis import strategies as st

from umr_ld.ranges import Range
from umr_ld.versions import Version

PRERELEASES = ["", "-0", "-0.0", "-1", "-10", "-9", "-a", "-a.0", "-a.1", "-aa", "-B", "-rc.1", "--", "-0a"]

# Dense where it matters: every bound of the ranges below is in it, and the next version after each.
DENSE = sorted(
    Version.parse(f"{major}.{minor}.{patch}{prerelease}")
    for major, minor, patch in product(range(3), range(3), range(4))
    for prerelease in ("", "-0", "-0.0", "-0.0.0", "-a", "-a.0", "-a.0.0", "-b")
)

NUMBERS = st.integers(0, 3) | st.sampled_from([9, 10, 11, 2**53, 10**30])
IDENTIFIERS = st.from_regex(r"\A(0|[1-9][0-9]{0,20}|[0-9]{0,3}[A-Za-z-][0-9A-Za-z-]{0,4})\Z")
BUILDS = st.from_regex(r"\A[0-9A-Za-z-]{1,4}(\.[0-9A-Za-z-]{1,4}){0,2}\Z")


@st.composite
def versions(draw, build=True):
    """Any version: mostly near the others, at times far away and strange."""
    core = ".".join(str(draw(NUMBERS)) for _ in range(3))
    prerelease = draw(
        st.sampled_from(PRERELEASES)
        | st.lists(IDENTIFIERS, min_size=1, max_size=4).map(lambda parts: "-" + ".".join(parts))
    )
    metadata = "+" + draw(BUILDS) if build and draw(st.booleans()) else ""
    return Version.parse(core + prerelease + metadata)


@st.composite
def comparators(draw):
    """One comparator of node-semver, or a hyphen range."""
    kind = draw(st.sampled_from(["full", "full", "partial", "hyphen"]))
    if kind == "hyphen":
        return f"{draw(operands())} - {draw(operands())}"
    operator = draw(st.sampled_from(["", "=", "<", "<=", ">", ">=", "^", "~", "~>", "> ", "^ "]))
    return operator + draw(operands() if kind == "partial" else versions().map(str))


@st.composite
def operands(draw):
    """A version of which the last numbers may be left open."""
    known = draw(st.integers(0, 3))
    parts = [str(draw(st.integers(0, 3))) for _ in range(known)]
    opened = draw(st.sampled_from(["x", "X", "*"]))
    parts += [opened] * draw(st.integers(1 if known == 0 else 0, 3 - known))
    return draw(st.sampled_from(["", "v"])) + ".".join(parts)


@st.composite
def npm_texts(draw):
    """A range in node-semver syntax; it may hold no version."""
    alternatives = draw(st.lists(st.lists(comparators(), min_size=1, max_size=3), min_size=1, max_size=3))
    return " || ".join(
        # A hyphen range stands alone in its alternative.
        next((each for each in alternative if " - " in each), " ".join(alternative))
        for alternative in alternatives
    )


def near():
    """A version on or beside the bounds of `ranges`, quickly drawn."""
    return st.sampled_from(DENSE)


OPERATIONS = {"|": operator.or_, "&": operator.and_, "-": operator.sub, "~": lambda a, b: ~(a | b)}
SIMPLE = [
    Range.from_npm(sign + text)
    for sign in ("", "<", "<=", ">", ">=", "^", "~")
    for text in (
        "0.0.0",
        "0.0.1",
        "0.1.0",
        "1.1.2",
        "2.0.0",
        "1.0.0-0",
        "1.1.2-0.0",
        "0.1.0-a",
        "1.1.2-a.0",
        "0",
        "1.1",
        "x",
    )
]


@st.composite
def ranges(draw):
    """Any set: comparators on versions that are close to each other, put together by the operations of sets."""
    found = draw(st.sampled_from(SIMPLE))
    for sign, other in draw(
        st.lists(st.tuples(st.sampled_from("||&-~"), st.sampled_from(SIMPLE)), max_size=4)
    ):
        found = OPERATIONS[sign](found, other)
    return found
