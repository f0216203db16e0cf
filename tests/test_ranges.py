"""Ranges are sets of versions: the laws of sets, one form for one set, the best of some versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from universe import DENSE, near, npm_texts, ranges, versions

from umr_ld.ranges import EVERYTHING, NOTHING, Range, Versions
from umr_ld.versions import Version

V = Version.parse
R = Range.parse


def members(found):
    return frozenset(version for version in DENSE if version in found)


# -- the laws of sets


@given(ranges(), ranges())
def test_union_and_intersection_commute(a, b):
    assert a | b == b | a
    assert a & b == b & a


@given(ranges(), ranges(), ranges())
def test_union_and_intersection_associate(a, b, c):
    assert (a | b) | c == a | (b | c)
    assert (a & b) & c == a & (b & c)


@given(ranges(), ranges(), ranges())
def test_union_and_intersection_distribute_over_each_other(a, b, c):
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)


@given(ranges(), ranges())
def test_de_morgan(a, b):
    assert ~(a | b) == ~a & ~b
    assert ~(a & b) == ~a | ~b


@given(ranges())
def test_complement_and_bounds(a):
    assert ~~a == a
    assert a | ~a == EVERYTHING
    assert a & ~a == NOTHING
    assert a | a == a & a == a | NOTHING == a & EVERYTHING == a
    assert a | EVERYTHING == EVERYTHING
    assert a & NOTHING == NOTHING


@given(ranges(), ranges())
def test_absorption(a, b):
    assert a | (a & b) == a
    assert a & (a | b) == a


@given(ranges(), ranges())
def test_subset_is_what_intersection_says(a, b):
    assert (a <= b) is (a & b == a) is (a | b == b) is (not a - b)
    assert (b >= a) is (a <= b)
    assert a.isdisjoint(b) is (not a & b) is (a <= ~b)
    assert a & b <= a <= a | b


@given(ranges(), ranges(), near())
def test_operations_on_sets_are_operations_on_membership(a, b, version):
    assert (version in a | b) is (version in a or version in b)
    assert (version in a & b) is (version in a and version in b)
    assert (version in a - b) is (version in a and version not in b)
    assert (version in ~a) is (version not in a)
    assert version in EVERYTHING
    assert version not in NOTHING


@given(ranges(), ranges())
def test_subset_means_that_every_member_is_a_member(a, b):
    if a <= b:
        assert members(a) <= members(b)
    if a.isdisjoint(b):
        assert not members(a) & members(b)


@given(ranges(), near())
def test_an_interval_can_be_asked_with_sort_keys_alone(a, version):
    key = version.sort_key
    found = [low <= key and (high is None or key < high) for low, high in a.intervals]
    assert (version in a) is any(found)
    assert sum(found) <= 1


@given(ranges(), st.lists(near(), max_size=8))
def test_of_a_list_of_versions_those_in_a_range_stand_where_it_says(a, some):
    places = Versions([version.sort_key for version in some]).inside(a)
    assert places == [place for place, version in enumerate(some) if version in a]


@given(st.lists(near(), max_size=5), near())
def test_a_set_of_versions_holds_those_versions(some, version):
    assert (version in Range.of(*some)) is (version in some)


@given(versions())
def test_the_set_of_one_version_knows_it(version):
    assert Range.of(version).exact == version
    assert Range.of(version) == R(str(version)) == R(f"={version}")


@given(ranges())
def test_only_a_set_of_one_version_has_an_exact_one(a):
    if a.exact is not None:
        assert Range.of(a.exact) == a


def test_what_is_empty_and_what_is_everything_say_so():
    assert NOTHING.is_empty
    assert not NOTHING
    assert not NOTHING.is_everything
    assert EVERYTHING.is_everything
    assert EVERYTHING
    assert NOTHING.exact is EVERYTHING.exact is None
    assert R(">=0.0.0-0") == EVERYTHING
    assert not R(">=0.0.0").is_everything


# -- one form for one set


def family():
    """Every comparator on small versions, and all pairs of them."""
    signs = ["", "<", "<=", ">", ">=", "^", "~"]
    texts = [
        "0.0.0",
        "0.0.1",
        "0.0.1-0",
        "0.0.1-0.0",
        "0.0.1-a",
        "0.0.1-a.0",
        "0.0.2-0",
        "0.1.0-0",
        "1.0.0-0",
        "0.0",
        "1",
    ]
    single = [Range.from_npm(sign + text) for sign in signs for text in texts]
    return {*single, *(a & b for a in single for b in single), *(a | b for a in single for b in single)}


def test_equal_sets_are_equal_ranges_with_equal_texts():
    sets = family()
    assert len(sets) > 300
    assert len({members(each) for each in sets}) == len(sets)
    assert len({str(each) for each in sets}) == len(sets)


@pytest.mark.parametrize(
    "texts",
    [
        (">1.0.0", ">=1.0.1-0"),
        ("<=1.0.0", "<1.0.1-0"),
        (">1.0.0-a", ">=1.0.0-a.0"),
        ("<=1.0.0-a", "<1.0.0-a.0"),
        ("1.0.0", ">=1.0.0 <1.0.1-0", "=1.0.0", "v1.0.0", "1.0.0 || 1.0.0", "vers:semver/1.0.0"),
        ("*", "", "x", ">=0.0.0-0", "<=1.0.0 || >1.0.0", "<1 || >=1", "vers:all/*"),
        ("<1.0.0 || >1.0.0", "vers:semver/!=1.0.0"),
        ("^0.0.0", "0.0.0", "~0.0.0 <=0.0.0"),
        ("1.x || 2.x", ">=1.0.0-0 <3.0.0-0", "1 - 2"),
        (">2 <1", "<0.0.0-0", ">*", "<*"),
    ],
    ids=lambda texts: texts[0],
)
def test_different_words_for_one_set_are_one_range(texts):
    found = {Range.from_vers(text) if text.startswith("vers:") else Range.from_npm(text) for text in texts}
    assert len(found) == 1
    assert len({str(each) for each in found}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "1.2.0",
        "1.2.0-rc.1",
        "1.x",
        "0.x",
        "0.0.x",
        "1.2.x",
        "^1.2.3",
        "^0.2.3",
        "^1.2.3-beta",
        "~1.2.3",
        ">=1.0.0 <2.0.0",
        ">=1.0.0 <=2.0.0",
        ">1.0.0 <2.0.0",
        ">=1.0.0-beta.0",
        "<1.0.0",
        "<=1.0.0-beta",
        ">1.2.3 <2.0.0-0",
        ">=1.0.0-0 <3.0.0-0",
        "<1.0.0 || >1.0.0",
        "1.0.0 || 1.2.0 || >=2.0.0",
    ],
)
def test_a_range_is_written_as_a_person_would(text):
    assert str(R(text)) == text
    assert repr(R(text)) == f"Range({text!r})"


@given(ranges())
def test_what_is_written_is_read_as_the_same_set(a):
    assert Range.from_npm(str(a)) == a
    assert str(Range.from_npm(str(a))) == str(a)
    if a:
        assert R(str(a)) == a


@given(npm_texts())
def test_what_was_read_is_written_and_read_as_the_same_set(text):
    found = Range.from_npm(text)
    assert Range.from_npm(str(found)) == found


@given(ranges().filter(bool))
def test_a_vers_string_is_read_as_the_same_set(a):
    assert Range.from_vers(a.to_vers()) == R(a.to_vers("npm")) == a


@given(ranges())
def test_equal_ranges_have_equal_hashes(a):
    assert hash(Range.from_npm(str(a))) == hash(a)


# -- the best version


@given(ranges(), st.lists(near()))
def test_the_best_version_is_the_newest_release_else_the_newest_prerelease(a, some):
    inside = [version for version in some if version in a]
    releases = [version for version in inside if not version.is_prerelease]
    assert a.best(some) == max(releases or inside, default=None)


def test_the_best_version_is_one_of_those_given():
    assert str(R("^1").best(map(V, ["1.0.0+a", "0.9.0", "2.0.0", "1.1.0-rc.1"]))) == "1.0.0+a"
    assert str(R("^1.1.0-0").best(map(V, ["1.0.0", "1.1.0-rc.1", "1.1.0-rc.2"]))) == "1.1.0-rc.2"
