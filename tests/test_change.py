"""Differences between versions, and the least bump they need."""

from __future__ import annotations

import pytest
from drafts import draft
from hypothesis import given, settings
from hypothesis import strategies as st

from umr_ld.addresses import Base
from umr_ld.change import diff
from umr_ld.reading import read
from umr_ld.versions import Level, Version
from umr_ld.vocab import vocabulary


def record(*links, **facts):
    return read(draft("lab/a@1.0.0", *links, **facts), Base(), vocabulary()).record


def changes(before, after):
    return [str(change) for change in diff(before, after, vocabulary()).changes]


CASES = {
    "nothing": ({}, {}, None),
    "wording of the title": ({"title": "A"}, {"title": "B"}, Level.PATCH),
    "a description is added": ({}, {"description": "It does."}, Level.PATCH),
    "an evaluation is added": ({}, {"evaluation": {"metric": "accuracy", "value": "0.9"}}, Level.MINOR),
    "an intended use is added": ({}, {"intendedUse": "research"}, Level.MINOR),
    "a file is added": ({}, {"distribution": {"fileName": "a.bin", "sha256": "0" * 64}}, Level.MINOR),
    "a file's digest changes": (
        {"distribution": {"fileName": "a.bin", "sha256": "0" * 64}},
        {"distribution": {"fileName": "a.bin", "sha256": "1" * 64}},
        Level.MAJOR,
    ),
    "the licence changes": ({"license": "MIT"}, {"license": "Apache-2.0"}, Level.MAJOR),
    "the architecture changes": ({"architecture": "ViT"}, {"architecture": "ResNet"}, Level.MAJOR),
    "an unknown fact is added": ({}, {"https://example.org/x": "1"}, Level.MINOR),
}


@pytest.mark.parametrize(("before", "after", "level"), CASES.values(), ids=CASES)
def test_a_change_needs_the_bump_of_its_property(before, after, level):
    assert diff(record(**before), record(**after), vocabulary()).level is level


LINKS = {
    "an upstream is added": ((), ("basedOn lab/b",), Level.MAJOR),
    "an upstream is removed": (("basedOn lab/b",), (), Level.MAJOR),
    "the relation changes": (("basedOn lab/b",), ("fineTunedFrom lab/b",), Level.MAJOR),
    "the range changes": (("basedOn lab/b@^1",), ("basedOn lab/b@^2",), Level.MAJOR),
    "the order changes": (("basedOn lab/b", "basedOn lab/c"), ("basedOn lab/c", "basedOn lab/b"), None),
}


@pytest.mark.parametrize(("before", "after", "level"), LINKS.values(), ids=LINKS)
def test_a_change_of_lineage_is_major(before, after, level):
    assert diff(record(*before), record(*after), vocabulary()).level is level


def test_evidence_of_a_link_is_wording():
    links = [
        {"relation": "basedOn", "artifact": "lab/b", "evidence": word} for word in ("declared", "verified")
    ]
    before, after = (record(upstream=[link]) for link in links)
    assert diff(before, after, vocabulary()).level is Level.PATCH


def test_a_change_is_said_in_words():
    assert changes(record(license="MIT"), record(license="Apache-2.0")) == [
        "license changed from MIT to Apache-2.0"
    ]
    assert changes(record("basedOn lab/b@^1"), record("basedOn lab/b@^2")) == [
        "upstream (lab/b) › version changed from ^1 to ^2"
    ]
    assert changes(record(), record(keyword=["one", "two"])) == ["keyword added: one", "keyword added: two"]


NAMED = {
    "a publisher": ({"publisher": "Lab One"}, {"publisher": "Lab & Two"}, "publisher changed from Lab One to Lab & Two"),
    "a licence elsewhere": ({}, {"license": "https://a.example/r/terms"}, "license added: https://a.example/r/terms"),
    "a text that looks like an address": ({}, {"title": "see https://a.example/r/x"}, "title added: see https://a.example/r/x"),
    "a relation": ((), ("embeds lab/b external",), "upstream added: relation embeds; artifact lab/b; external true"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said"), NAMED.values(), ids=NAMED)
def test_a_change_says_names_where_there_are_names(before, after, said):
    if isinstance(before, tuple):
        assert changes(record(*before), record(*after)) == [said]
    else:
        assert changes(record(**before), record(**after)) == [said]


def test_names_are_those_of_the_registry_that_has_them():
    base = Base("https://lab.example/records/")
    before, after = (
        read(draft("lab/a@1.0.0", publisher=name), base, vocabulary()).record for name in ("One", "Two")
    )
    assert [str(one) for one in diff(before, after, vocabulary(), base).changes] == [
        "publisher changed from One to Two"
    ]


SUFFICIENT = {
    "a patch for wording": ("1.2.3", Level.PATCH, "1.2.4", True),
    "a patch is too small for facts": ("1.2.3", Level.MINOR, "1.2.4", False),
    "a minor for facts": ("1.2.3", Level.MINOR, "1.3.0", True),
    "a minor is too small for what it is": ("1.2.3", Level.MAJOR, "1.9.0", False),
    "a major for what it is": ("1.2.3", Level.MAJOR, "2.0.0", True),
    "more than needed": ("1.2.3", Level.PATCH, "3.0.0", True),
    "a prerelease of enough": ("1.2.3", Level.MAJOR, "2.0.0-rc.1", True),
    "between prereleases anything": ("2.0.0-rc.1", Level.MAJOR, "2.0.0-rc.2", True),
    "from a prerelease to its release": ("2.0.0-rc.1", Level.MAJOR, "2.0.0", True),
}


@pytest.mark.parametrize(("before", "level", "after", "enough"), SUFFICIENT.values(), ids=SUFFICIENT)
def test_a_step_is_large_enough_or_not(before, level, after, enough):
    facts = {Level.PATCH: {"title": "x"}, Level.MINOR: {"intendedUse": "x"}, Level.MAJOR: {"license": "MIT"}}[
        level
    ]
    found = diff(record(), record(**facts), vocabulary())
    assert found.level is level
    assert found.suffices(Version.parse(before), Version.parse(after)) is enough


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["A", "B"]),
        "license": st.sampled_from(["MIT", "Apache-2.0"]),
        "keyword": st.lists(st.sampled_from(["x", "y", "z"]), max_size=3, unique=True),
        "evaluation": st.lists(
            st.fixed_dictionaries(
                {"metric": st.sampled_from(["f1", "acc"]), "value": st.sampled_from(["0.1", "0.2"])}
            ),
            max_size=2,
        ),
    },
)


@settings(max_examples=150, deadline=None)
@given(FACTS, FACTS)
def test_a_difference_is_empty_only_between_equals_and_the_same_both_ways(one, other):
    before, after = record(**one), record(**other)
    there, back = diff(before, after, vocabulary()), diff(after, before, vocabulary())
    assert (there.level is None) == (back.level is None)
    if before.digest == after.digest:
        assert there.changes == ()
    assert there.level == back.level
    assert len(there.changes) == len(back.changes)
