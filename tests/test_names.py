"""Names of artifacts: their form, which of them look alike, and references to their records."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from universe import npm_texts, ranges, versions

from umr_ld.errors import Malformed
from umr_ld.names import MAX_LENGTH, MAX_SEGMENTS, Name, Ref, Reference, parse_reference
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.versions import Version

NAMES = [
    "plip",
    "vinid/plip",
    "hf/openai/clip-vit-base-patch32",
    "kaggle/google/gemma/pytorch/2b",
    "lab/weights.json",
    "1/2/3",
    "lab/gpt2",
    "lab/1.0",
    "lab/v1.5",
    "lab/1.0.0.0",
    "lab/01.0.0",
    "lab/1.0.0-",
    "a._-",
    "x" * MAX_LENGTH,
    "/".join("a" * MAX_SEGMENTS),
]

# Each with what the message says and where.
REFUSED = {
    "": ("empty", ""),
    "/": ("empty segment", "segment 1"),
    "/a": ("empty segment", "segment 1"),
    "a/": ("empty segment", "segment 2"),
    "a//b": ("empty segment", "segment 2"),
    ".": ("'.'", "segment 1"),
    "a/..": ("'..'", "segment 2"),
    "../../etc/passwd": ("'..'", "segment 1"),
    "a/.hidden": ("'.hidden'", "segment 2"),
    "-a": ("'-a'", "segment 1"),
    "_a": ("'_a'", "segment 1"),
    "a b": ("'a b'", "segment 1"),
    "a\\b": ("a\\\\b", "segment 1"),
    "a/b\n": ("'b\\n'", "segment 2"),
    "a/\x1b[31m": ("'\\x1b[31m'", "segment 2"),
    "lаb/model": ("'l\\u0430b'", "segment 1"),  # a Cyrillic a
    "a/b?c": ("'b?c'", "segment 2"),
    "a@b": ("'a@b'", "segment 1"),
    "https://example.org/a": ("'https:'", "segment 1"),
    "a%2e%2e": ("'a%2e%2e'", "segment 1"),
    "lab/1.0.0": ("looks like a version", "segment 2"),
    "lab/v1.0.0": ("looks like a version", "segment 2"),
    "lab/V1.0.0-rc.1/b": ("looks like a version", "segment 2"),
    "1.2.3-a.json": ("looks like a version", "segment 1"),
    "/".join("a" * (MAX_SEGMENTS + 1)): ("7 segments", ""),
    "x" * (MAX_LENGTH + 1): ("256 characters", ""),
}

SEGMENTS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,8}\Z")


@st.composite
def names(draw):
    text = "/".join(draw(st.lists(SEGMENTS, min_size=1, max_size=MAX_SEGMENTS)))
    try:
        return Name.parse(text)
    except Malformed:
        return Name.parse("a")


@pytest.mark.parametrize("text", NAMES)
def test_a_name_is_read_and_given_back(text):
    name = Name.parse(text)
    assert str(name) == text
    assert "/".join(name.segments) == text


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_name_is_refused_with_the_segment_at_fault(text):
    says, where = REFUSED[text]
    with pytest.raises(Malformed) as caught:
        Name.parse(text)
    assert says in caught.value.what
    assert caught.value.where == where
    assert caught.value.remedy
    assert str(caught.value).isprintable()
    assert str(caught.value).isascii() or "…" in str(caught.value)


@given(st.text(max_size=20) | st.text("aZ09._-/", max_size=20))
def test_any_text_is_a_name_by_the_grammar_or_malformed(text):
    version = r"[vV]?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?"
    parts = text.split("/")
    formed = len(parts) <= 6 and all(re.fullmatch("[A-Za-z0-9][A-Za-z0-9._-]*", part) for part in parts)
    try:
        assert str(Name.parse(text)) == text
    except Malformed:
        assert not formed or any(re.fullmatch(version, part) for part in parts)
    else:
        assert formed


def test_case_tells_names_apart():
    assert Name.parse("Lab/A") != Name.parse("lab/a")
    assert len({Name.parse("a"), Name.parse("A"), Name("a")}) == 2


def test_a_name_shows_itself():
    assert str(Name.parse("lab/a")) == "lab/a"
    assert repr(Name.parse("lab/a")) == "Name('lab/a')"


def test_names_are_ordered_as_their_texts():
    texts = sorted(NAMES)
    assert [str(name) for name in sorted(map(Name.parse, NAMES))] == texts


# -- look-alikes

ALIKE = [
    ("OpenAI/CLIP", "openai/clip"),
    ("lab/bert-base", "lab/bert_base"),
    ("lab/bert.base", "lab/bertbase"),
    ("lab/gpt-0", "lab/gpt-O"),
    ("lab/llama", "lab/1lama"),
    ("lab/llama", "lab/Ilama"),
    ("lab/modern", "lab/rnodern"),
    ("lab/modern", "lab/modem"),
    ("lab/wide", "lab/vvide"),
    ("lab/wv", "lab/vw"),
    ("lab/r-n", "lab/m"),
    ("m1crosoft/Phi", "rnicrosoft/phi"),
]
APART = [
    ("lab/a", "lab/b"),
    ("lab/ab", "la/bab"),
    ("lab/a/b", "lab/ab"),
    ("lab/t5", "lab/ts"),
    ("lab/b8", "lab/bb"),
    ("lab/gpt2", "lab/gpt3"),
    ("lab/n", "lab/m"),
    ("lab/v", "lab/w"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike_have_one_skeleton(one, other):
    assert Name.parse(one).skeleton == Name.parse(other).skeleton


@pytest.mark.parametrize(("one", "other"), APART)
def test_names_that_differ_to_the_eye_have_different_skeletons(one, other):
    assert Name.parse(one).skeleton != Name.parse(other).skeleton


SWAPS = [
    ("0", "o"),
    ("1", "l"),
    ("1", "i"),
    ("l", "i"),
    ("m", "rn"),
    ("w", "vv"),
    ("-", ""),
    ("_", "-"),
    (".", ""),
]


@given(names(), st.lists(st.tuples(st.sampled_from(SWAPS), st.booleans()), max_size=6), st.booleans())
def test_no_chain_of_look_alike_changes_leaves_the_skeleton(name, changes, upper):
    text = str(name)
    for (one, other), back in changes:
        before, after = (other, one) if back and other else (one, other)
        text = text.replace(before, after)
    text = text.upper() if upper else text.lower()
    try:
        changed = Name.parse(text)
    except Malformed:
        return
    assert changed.skeleton == name.skeleton


@given(names())
def test_the_skeleton_of_a_skeleton_is_itself(name):
    assert name.skeleton.count("/") == str(name).count("/")
    try:
        again = Name.parse(name.skeleton)
    except Malformed:  # written out, a long name may be too long
        return
    assert again.skeleton == name.skeleton


# -- references


@given(names(), versions())
def test_a_ref_is_read_back_from_its_text(name, version):
    ref = Ref(name, version)
    assert Ref.parse(str(ref)) == ref
    assert str(Ref.parse(str(ref))) == str(ref)
    assert hash(Ref.parse(str(ref))) == hash(ref)


def test_refs_are_ordered_by_name_and_then_by_precedence():
    texts = ["a@1.0.0-rc.1", "a@1.0.0", "a@2.0.0", "a@10.0.0", "b@0.1.0"]
    assert [str(ref) for ref in sorted(map(Ref.parse, reversed(texts)))] == texts


@pytest.mark.parametrize(
    "text", ["a", "a@", "a@1.0", "a@^1.0.0", "@1.0.0", "a@1.0.0@2.0.0", "a b@1.0.0", "a@1.0.0 "]
)
def test_what_does_not_name_one_record_is_no_ref(text):
    with pytest.raises(Malformed) as caught:
        Ref.parse(text)
    assert caught.value.remedy


@given(names(), ranges().filter(bool))
def test_a_reference_is_read_back_from_its_text(name, allowed):
    reference = Reference(name, allowed)
    assert parse_reference(str(reference)) == reference


@given(names(), npm_texts())
def test_a_reference_means_the_versions_of_its_range(name, text):
    try:
        expected = Range.parse(text)
    except Malformed:
        with pytest.raises(Malformed):
            parse_reference(f"{name}@{text}")
    else:
        assert parse_reference(f"{name}@{text}") == Reference(name, expected)


def test_a_reference_without_versions_means_all_of_them():
    reference = parse_reference("hf/openai/clip-vit-base-patch32")
    assert reference.versions == EVERYTHING
    assert reference.exact is None
    assert str(reference) == "hf/openai/clip-vit-base-patch32"


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("a/b@1.2.0", "1.2.0"),
        ("a/b@=1.2.0", "1.2.0"),
        ("a/b@1.2.0+build", "1.2.0"),
        ("a/b@1.0.0-rc.json", "1.0.0-rc.json"),
        ("a/b.json@1.0.0", "1.0.0"),
        ("a/b@^0.0.3", "0.0.3"),
        ("a/b@vers:semver/1.2.0", "1.2.0"),
    ],
)
def test_a_reference_to_one_version_knows_it(text, exact):
    assert parse_reference(text).exact == Version.parse(exact)


@pytest.mark.parametrize("text", ["a/b@1.2", "a/b@^1.2.0", "a/b@*", "a/b@1.2.0 || 1.3.0", "a/b"])
def test_a_reference_to_more_versions_names_none(text):
    assert parse_reference(text).exact is None


@pytest.mark.parametrize(
    "text", ["", "@1.0.0", "a@", "a@ ", "a@nonsense", "a@1.0.0@2.0.0", "a@>2 <1", "a/../b@1.0.0"]
)
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(Malformed) as caught:
        parse_reference(text)
    assert caught.value.remedy
