"""Versions are semantic versions 2.0.0: their grammar, their order, the keys that carry it, their steps."""

from __future__ import annotations

import copy
import pickle
import sqlite3
from contextlib import closing
from dataclasses import FrozenInstanceError
from functools import cmp_to_key
from itertools import pairwise

import pytest
import semver
from hypothesis import given, settings
from hypothesis import strategies as st
from universe import DENSE, versions

from umr_ld.errors import Malformed
from umr_ld.versions import (
    LEAST,
    MAX_LENGTH,
    Level,
    Version,
    is_version,
    predecessor,
    quoted,
    successor,
    text_of,
)

V = Version.parse

VALID = [
    "0.0.4",
    "1.2.3",
    "10.20.30",
    "1.1.2-prerelease+meta",
    "1.1.2+meta",
    "1.1.2+meta-valid",
    "1.0.0-alpha",
    "1.0.0-beta",
    "1.0.0-alpha.beta",
    "1.0.0-alpha.beta.1",
    "1.0.0-alpha.1",
    "1.0.0-alpha0.valid",
    "1.0.0-alpha.0valid",
    "1.0.0-rc.1+build.123",
    "2.0.0+build.1848",
    "1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay",
    "1.2.3----RC-SNAPSHOT.12.9.1--.12+788",
    "1.0.0-0A.is.legal",
    "1.2.3----R-S.12.9.1--.12+meta",
    "2.0.1-alpha.1227",
    "1.0.0+0.build.1-rc.10000aaa-kk-0.1",
    "1.0.0+001",
    "1.0.0-rc.json",
    "99999999999999999999999.999999999999999999.99999999999999999",
    "1.0.0-20240101123000123456",
    "0.0.0-0",
]

# What is refused, and what the remedy says to write.
REFUSED = {
    "": "MAJOR.MINOR.PATCH",
    "1": "1.0.0",
    "1.2": "1.2.0",
    "1.0-rc1": "1.0.0-rc1",
    "v1.0.0": "1.0.0",
    "V1": "1.0.0",
    "=1.0.0": "1.0.0",
    "v01.2": "1.2.0",
    "1.2.3.4": "MAJOR.MINOR.PATCH",
    "01.1.1": "1.1.1",
    "1.01.1": "1.1.1",
    "1.1.01": "1.1.1",
    "1.2.3-0123": "MAJOR.MINOR.PATCH",
    "1.2.3-0123.0123": "MAJOR.MINOR.PATCH",
    "1.0.0beta": "1.0.0-beta",
    "1.1.2+.123": "MAJOR.MINOR.PATCH",
    "1.0.0-": "1.0.0",
    "1.0.0+": "MAJOR.MINOR.PATCH",
    "1.0.0-alpha..1": "MAJOR.MINOR.PATCH",
    "1.0.0-alpha_beta": "MAJOR.MINOR.PATCH",
    "1.0.0+a+b": "MAJOR.MINOR.PATCH",
    "1.2-SNAPSHOT": "1.2.0-SNAPSHOT",
    "+invalid": "MAJOR.MINOR.PATCH",
    "-1.0.3-gamma": "MAJOR.MINOR.PATCH",
    "alpha": "MAJOR.MINOR.PATCH",
    " 1.0.0": "1.0.0",
    "1.0.0\n": "1.0.0",
    "1.0.0\x00": "MAJOR.MINOR.PATCH",
    "١.٠.٠": "MAJOR.MINOR.PATCH",
    "1.0.0-é": "MAJOR.MINOR.PATCH",
    "latest": "MAJOR.MINOR.PATCH",
}


def precedence(one, other):
    """SemVer §11, clause by clause, from the texts."""
    (core, _, rest), (other_core, _, other_rest) = (
        v.split("+")[0].partition("-") for v in (str(one), str(other))
    )
    numbers, other_numbers = ([int(n) for n in c.split(".")] for c in (core, other_core))
    if numbers != other_numbers:  # 11.2
        return -1 if numbers < other_numbers else 1
    if bool(rest) != bool(other_rest):  # 11.3
        return -1 if rest else 1
    for a, b in zip(rest.split("."), other_rest.split("."), strict=False):  # 11.4
        if a != b:
            if a.isdigit() and b.isdigit():
                return -1 if int(a) < int(b) else 1
            if a.isdigit() or b.isdigit():
                return -1 if a.isdigit() else 1
            return -1 if a < b else 1
    longer = rest.count(".") - other_rest.count(".")  # 11.4.4
    return (longer > 0) - (longer < 0)


# -- the grammar


@pytest.mark.parametrize("text", VALID)
def test_a_semantic_version_is_read_and_given_back(text):
    version = V(text)
    assert str(version) == text
    other = semver.Version.parse(text)
    assert version.numbers == (other.major, other.minor, other.patch)
    assert (version.prerelease, version.build) == (other.prerelease or "", other.build or "")
    assert version.is_prerelease is bool(other.prerelease)


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_semantic_version_is_refused_with_what_to_write(text):
    with pytest.raises(Malformed, match="no semantic version: ") as caught:
        V(text)
    assert REFUSED[text] in caught.value.remedy
    assert caught.value.what.isprintable()
    assert not is_version(text)


@pytest.mark.parametrize("text", [text for text, remedy in REFUSED.items() if not remedy.startswith("MAJOR")])
def test_what_the_remedy_says_to_write_can_be_read(text):
    assert str(V(REFUSED[text])) == REFUSED[text]


@given(st.text(max_size=12) | st.text("0123456789.-+avx ", max_size=12))
def test_any_text_is_a_version_or_malformed_as_for_the_semver_package(text):
    assert is_version(text) is semver.Version.is_valid(text)
    if is_version(text):
        V(text)
    else:
        with pytest.raises(Malformed):
            V(text)


@pytest.mark.parametrize("part", ["1.0.0-{}", "1.0.0+{}", "{}.0.0", "1.0.0-a.{}"])
def test_a_version_is_as_long_as_the_limit_and_no_longer(part):
    room = MAX_LENGTH - len(part) + 2
    assert V(part.format("1" * room)) == V(part.format("1" * room))
    with pytest.raises(Malformed, match="256"):
        V(part.format("1" * (room + 1)))


@pytest.mark.parametrize(
    "text", ["1.0.0-" + "a." * 100_000, "1.0.0-" + "0" * 100_000, "1" * 100_000, "." * 100_000]
)
def test_a_hostile_text_is_refused_at_once(text):
    with pytest.raises(Malformed) as caught:
        V(text)
    assert len(caught.value.what) < 200


def test_control_and_foreign_characters_are_shown_escaped():
    assert quoted("a\x1b[31m\u202eм") == r"'a\x1b[31m\u202e\u043c'"
    assert quoted("x" * 100) == f"'{'x' * 60}'…"


# -- the order


def test_the_example_of_the_specification_is_in_order():
    chain = ["alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1"]
    ordered = [*(f"1.0.0-{prerelease}" for prerelease in chain), "1.0.0", "2.0.0", "2.1.0", "2.1.1", "10.0.0"]
    for lower, higher in pairwise(map(V, ordered)):
        assert lower < higher
        assert higher > lower
        assert lower <= higher
        assert higher >= lower
        assert lower != higher


@given(versions(), versions())
def test_versions_compare_as_the_specification_says_and_as_the_semver_package_does(one, other):
    expected = precedence(one, other)
    assert (one > other) - (one < other) == expected
    assert (one >= other) - (one <= other) == expected
    assert (one == other) is (expected == 0)
    assert (one.sort_key > other.sort_key) - (one.sort_key < other.sort_key) == expected
    assert semver.Version.parse(str(one)).compare(str(other)) == expected


def test_build_metadata_makes_no_difference_but_is_kept():
    one, other = V("1.0.0+a"), V("1.0.0+b")
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other, V("1.0.0")}) == 1
    assert (str(one), str(other)) == ("1.0.0+a", "1.0.0+b")


def test_a_version_shows_itself():
    assert repr(V("1.0.0-a+b")) == "Version('1.0.0-a+b')"


def test_versions_do_not_compare_with_texts():
    assert V("1.0.0") != "1.0.0"
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        assert getattr(V("1.0.0"), compare)("2.0.0") is NotImplemented


def test_a_version_never_changes():
    with pytest.raises(FrozenInstanceError):
        V("1.0.0").text = "2.0.0"
    assert pickle.loads(pickle.dumps(V("1.0.0-a+b"))) == copy.deepcopy(V("1.0.0-a+b")) == V("1.0.0-a")


@given(st.lists(versions(), max_size=12))
@settings(deadline=None)
def test_a_database_orders_sort_keys_as_versions(given_versions):
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE v (place INTEGER, key BLOB)")
        database.executemany("INSERT INTO v VALUES (?, ?)", enumerate(v.sort_key for v in given_versions))
        rows = database.execute("SELECT place FROM v ORDER BY key, place").fetchall()
    assert [given_versions[place] for (place,) in rows] == sorted(given_versions, key=cmp_to_key(precedence))


# -- the next version


@given(versions())
def test_a_sort_key_gives_the_version_back(version):
    again = Version.from_sort_key(version.sort_key)
    assert again == version
    assert str(again) == str(version).partition("+")[0]


@given(versions(), versions())
def test_no_version_lies_between_a_version_and_its_successor(one, other):
    following = successor(one.sort_key)
    assert one.sort_key < following
    assert other <= one or other.sort_key >= following


def test_the_successor_is_the_next_one_of_a_dense_universe():
    for lower, higher in pairwise(DENSE):
        assert successor(lower.sort_key) <= higher.sort_key
    assert text_of(successor(V("1.2.3").sort_key)) == "1.2.4-0"
    assert text_of(successor(V("1.2.3-a").sort_key)) == "1.2.3-a.0"
    assert text_of(successor(V("9.9.9").sort_key)) == "9.9.10-0"


@given(versions())
def test_the_predecessor_undoes_the_successor_and_is_there_only_then(version):
    assert predecessor(successor(version.sort_key)) == version.sort_key
    before = predecessor(version.sort_key)
    assert before is None or successor(before) == version.sort_key


@pytest.mark.parametrize(
    "text", ["1.0.0", "1.0.0-0", "1.0.0-a", "1.0.0-1", "1.0.0-10", "1.0.0-a.10", "0.0.0-0"]
)
def test_a_version_that_is_no_successor_has_no_predecessor(text):
    assert predecessor(V(text).sort_key) is None


@given(versions())
def test_nothing_is_below_the_least_version(version):
    assert text_of(LEAST) == "0.0.0-0"
    assert version.sort_key >= LEAST


# -- steps

STEPS = {
    # version: patch, minor, major
    "1.2.3": ("1.2.4", "1.3.0", "2.0.0"),
    "1.2.3+build": ("1.2.4", "1.3.0", "2.0.0"),
    "0.0.0": ("0.0.1", "0.1.0", "1.0.0"),
    "1.2.3-rc.1": ("1.2.3", "1.3.0", "2.0.0"),
    "1.2.0-rc.1": ("1.2.0", "1.2.0", "2.0.0"),
    "2.0.0-rc.1": ("2.0.0", "2.0.0", "2.0.0"),
    "9.9.9": ("9.9.10", "9.10.0", "10.0.0"),
}


@pytest.mark.parametrize(("text", "level"), [(text, level) for text in STEPS for level in Level])
def test_a_step_leads_to_the_least_release_of_its_level(text, level):
    assert str(V(text).bump(level)) == STEPS[text][level - 1]


@given(versions(), st.sampled_from(Level))
def test_a_step_leads_up_to_a_release(version, level):
    after = version.bump(level)
    assert after > version
    assert not after.is_prerelease
    assert after == after.release
    assert not after.build


@given(versions())
def test_a_larger_step_leads_no_less_far(version):
    assert version.bump(Level.PATCH) <= version.bump(Level.MINOR) <= version.bump(Level.MAJOR)


def test_levels_are_ordered():
    assert max(Level) is Level.MAJOR
    assert min(Level) is Level.PATCH


@given(versions())
def test_the_release_of_a_version_has_its_numbers_and_nothing_else(version):
    assert version.release.numbers == version.numbers
    assert not version.release.is_prerelease
    assert version <= version.release
