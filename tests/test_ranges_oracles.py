"""Ranges against what others publish: node-semver's tables, `semantic_version` and `univers`.

node-semver hides prereleases unless it is told not to, and reads versions loosely if it is told so. Rows
in which it is told to read loosely are left out. Every other row that we answer differently stands in
`DIFFERENCES` with its reason: the run fails when there are more, and when there are fewer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from universe import DENSE, ranges

from umr_ld.errors import Malformed
from umr_ld.ranges import Range
from umr_ld.versions import Level, Version

if TYPE_CHECKING:
    from collections.abc import Callable

npm = Range.from_npm
RELEASES = [version for version in DENSE if not version.is_prerelease]

HIDDEN = "node hides the prerelease, as no comparator names one of its release; the bounds let it in"
BETWEEN = "there are prereleases before the release that the bound names, and both sides hold them"
LOOSER = "a version is written without a leading v and without spaces around it"
NO_VERSION = "what is no version is refused, not answered"

DIFFERENCES = {
    "range-exclude": {
        '["1.2.3+asdf - 2.4.3+asdf", "2.4.3-alpha"]': HIDDEN,
        '["^1.2", "1.2.0-pre"]': HIDDEN,
        '[">1.2", "1.3.0-beta"]': HIDDEN,
        '["<=1.2.3", "1.2.3-beta"]': HIDDEN,
        '["=0.7.x", "0.7.0-asdf"]': HIDDEN,
        '[">=0.7.x", "0.7.0-asdf"]': HIDDEN,
        '["<=0.7.x", "0.7.0-asdf"]': HIDDEN,
        '["<1.2.3", "1.2.3-beta"]': HIDDEN,
        '["1 - 2", "2.0.0-pre"]': HIDDEN,
        '["1 - 2", "1.0.0-pre"]': HIDDEN,
        '["1.0 - 2", "1.0.0-pre"]': HIDDEN,
        '["1.1.x", "1.1.0-a"]': HIDDEN,
        '["1.x", "1.0.0-a"]': HIDDEN,
        '["1.x", "1.1.0-a"]': HIDDEN,
        '["1.x", "1.2.0-a"]': HIDDEN,
        '[">=1.0.0 <1.1.0", "1.1.0-pre"]': HIDDEN,
        '["*", "not a version"]': NO_VERSION,
        '[">=2", "glorp"]': NO_VERSION,
    },
    "comparator-intersection": {
        '["<0.0.0", "<0.1.0", false]': BETWEEN,
        '["<0.1.0", "<0.0.0", false]': BETWEEN,
    },
    "range-intersection": {
        '["1.5.x", "<1.5.0 || >=1.6.0", false]': BETWEEN,
        '["<1.5.0 || >=1.6.0", "1.5.x", false]': BETWEEN,
    },
    "version-gt-range": {'["0.7.x", "0.7.2-beta"]': HIDDEN},
    "version-lt-range": {
        '["=0.7.x", "0.7.0-asdf"]': HIDDEN,
        '["^1", "1.0.0-0"]': HIDDEN,
        '[">=0.7.x", "0.7.0-asdf"]': HIDDEN,
        '[">1.2.3", "1.3.0-alpha"]': HIDDEN,
    },
    "equality": {'["  v1.2.3+build", "1.2.3+otherbuild"]': LOOSER},
    "valid-versions": {'["v1.2.3", 1, 2, 3, [], []]': LOOSER},
    "increments": {
        '["fake", "major", null]': NO_VERSION,
        '["fake", "major", null, false, "dev"]': NO_VERSION,
    },
}


@dataclass(frozen=True)
class Table:
    """A table of node-semver: how many rows are put to us, and whether we answer a row as node does."""

    cases: int
    agrees: Callable[..., bool]
    asked: Callable[[list], bool] = field(default=lambda row: True)
    """Which rows are questions that have an answer here."""
    options: int = 2
    """Where in a row node's options stand."""


def above(text, version):
    """Whether a version is above all of a range."""
    return npm(text).isdisjoint(npm(f">={version}"))


def below(text, version):
    """Whether a version is below all of a range."""
    return npm(text).isdisjoint(npm(f"<={version}"))


def overlap(one, other, expected, *_):
    return npm(one).isdisjoint(npm(other)) is not expected


def parts(text, major, minor, patch, prerelease, build):
    version = Version.parse(text)
    identifiers = (".".join(map(str, prerelease)), ".".join(build))
    return version.numbers == (major, minor, patch) and (version.prerelease, version.build) == identifiers


TABLES = {
    "range-include": Table(119, lambda text, version, *_: Version.parse(version) in npm(text)),
    "range-exclude": Table(
        90,
        lambda text, version, *_: Version.parse(version) not in npm(text),
        lambda row: isinstance(row[1], str),
    ),
    "comparator-intersection": Table(34, overlap, options=4),
    "range-intersection": Table(54, overlap, options=4),
    "version-gt-range": Table(53, above),
    "version-not-gt-range": Table(76, lambda text, version, *_: not above(text, version)),
    "version-lt-range": Table(53, below),
    "version-not-lt-range": Table(76, lambda text, version, *_: not below(text, version)),
    "comparisons": Table(19, lambda high, low, *_: Version.parse(high) > Version.parse(low)),
    "equality": Table(3, lambda one, other: Version.parse(one) == Version.parse(other)),
    "valid-versions": Table(22, parts, options=6),
    "increments": Table(
        27,
        lambda text, level, expected, *_: str(Version.parse(text).bump(Level[level.upper()])) == expected,
        lambda row: row[1] in {"major", "minor", "patch"},  # the other steps are not ours to take
        options=3,
    ),
    "truncations": Table(
        5,
        lambda text, _, expected: str(Version.parse(text).release) == expected,
        lambda row: row[1] == "patch",
        options=3,
    ),
}


def is_loose(row, place):
    """node takes options that are no object for the old way of saying "loose"."""
    options = row[place] if len(row) > place else {}
    return bool(options.get("loose")) if isinstance(options, dict) else bool(options)


def test_every_table_is_put_to_us(shared_data):
    files = (shared_data / "vectors" / "node-semver").glob("*.json")
    assert sorted(path.stem for path in files) == sorted(TABLES)
    assert DIFFERENCES.keys() <= TABLES.keys()


@pytest.mark.parametrize("name", TABLES)
def test_we_answer_as_node_does_but_for_the_differences_listed(name, shared_data):
    table = TABLES[name]
    rows = json.loads((shared_data / "vectors" / "node-semver" / f"{name}.json").read_text(encoding="utf-8"))
    asked = [row for row in rows if not is_loose(row, table.options) and table.asked(row)]
    assert len(asked) == table.cases

    def differs(row):
        try:
            return not table.agrees(*row)
        except Malformed:
            return True

    found = {json.dumps(row) for row in asked if differs(row)}
    assert found == DIFFERENCES.get(name, {}).keys()


@pytest.mark.parametrize(
    "row", [row for row, reason in DIFFERENCES["range-exclude"].items() if reason == HIDDEN]
)
def test_what_node_hides_is_a_prerelease_within_the_bounds(row):
    text, version = json.loads(row)
    assert Version.parse(version).is_prerelease
    assert Version.parse(version) in npm(text)


# -- other libraries


@st.composite
def release_ranges(draw):
    """node-semver syntax in which no prerelease is named, less what `semantic_version` cannot read: `^x`, `v1`."""
    number = st.integers(0, 3).map(str)
    operand = st.one_of(
        st.tuples(number, number, number),
        st.tuples(number, number),
        st.tuples(number),
        st.tuples(number, st.sampled_from("xX*")),
        st.tuples(number, number, st.sampled_from("xX*")),
    ).map(".".join)
    sign = st.sampled_from(["", "=", "<", "<=", ">", ">=", "^", "~"])
    alternative = st.one_of(
        st.lists(st.tuples(sign, operand).map("".join), min_size=1, max_size=2).map(" ".join),
        st.tuples(operand, operand).map(" - ".join),
        st.just("*"),
    )
    return " || ".join(draw(st.lists(alternative, min_size=1, max_size=2)))


@given(release_ranges())
@settings(deadline=None)
def test_semantic_version_finds_the_same_releases(text):
    library = pytest.importorskip("semantic_version")
    spec = library.NpmSpec(text)
    expected = [version for version in RELEASES if spec.match(library.Version(str(version)))]
    assert [version for version in RELEASES if version in npm(text)] == expected


@pytest.mark.parametrize("sign", ["", "=", "<", "<=", ">", ">=", "^", "~"])
@pytest.mark.parametrize("text", ["0.0.0", "0.0.2", "0.1.1", "1.0.0", "1.1.2", "2.0.3"])
def test_univers_finds_the_same_releases_of_a_comparator(sign, text):
    library, theirs = pytest.importorskip("univers.version_range"), pytest.importorskip("univers.versions")
    found = library.NpmVersionRange.from_native(sign + text)
    expected = [version for version in RELEASES if theirs.SemverVersion(str(version)) in found]
    assert [version for version in RELEASES if version in npm(sign + text)] == expected


@given(ranges().filter(bool))
@settings(deadline=None)
def test_univers_finds_the_same_versions_in_the_vers_string_that_we_write(versions):
    library, theirs = pytest.importorskip("univers.version_range"), pytest.importorskip("univers.versions")
    found = library.VersionRange.from_string(versions.to_vers("npm"), validate=True)
    some = DENSE[::7]
    assert [each for each in some if theirs.SemverVersion(str(each)) in found] == [
        each for each in some if each in versions
    ]
