"""YAML is the JSON tree in another dress: nothing is guessed, nothing is expanded."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umr_ld.document import Document
from umr_ld.errors import Invalid, Unreadable
from umr_ld.media import Media
from umr_ld.strictjson import read_json
from umr_ld.tree import MAX_DEPTH, Number
from umr_ld.yamlld import read_yaml


def read(text):
    return read_yaml(Document(text.encode(), Media.YAML, "draft.yaml"))


SCALARS = {
    "a date stays text": ("2023-08-17", "2023-08-17", str),
    "a version stays as written": ("1.10", "1.10", Number),
    "a version with three parts is text": ("1.10.0", "1.10.0", str),
    "a quoted number is text": ('"12"', "12", str),
    "an integer is a number": ("151000000", "151000000", Number),
    "an exponent is a number": ("1e3", "1e3", Number),
    "no is text": ("no", "no", str),
    "on is text": ("on", "on", str),
    "octal is text": ("0o17", "0o17", str),
    "sexagesimal is text": ("1:30", "1:30", str),
    "merge is a key like others": ("<<", "<<", str),
    "infinity is text": (".inf", ".inf", str),
}


@pytest.mark.parametrize(("text", "value", "kind"), SCALARS.values(), ids=SCALARS)
def test_a_plain_scalar_means_what_the_core_schema_says(text, value, kind):
    found = read(f"key: {text}").root["key"]
    assert found == value
    assert type(found) is kind


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("False", False), ("null", None), ("~", None), ("", None)]
)
def test_words_of_the_core_schema(text, value):
    assert read(f"key: {text}").root["key"] is value


def test_places_are_known():
    found = read(
        "type: Model\nupstream:\n  - relation: basedOn\n    version: 1.0.0\n  - {relation: uses,\n     version: 2}\n"
    )
    assert found.line_of(("upstream", 1, "version")) == 6
    assert found.line_of(("upstream", 0, "version")) == 4
    assert found.line_of(("upstream", 0, "missing")) == 3


FAULTS = {
    "an alias": "a: &x 1\nb: *x",
    "an anchor alone": "a: &x 1",
    "a tag": "a: !!set {}",
    "a python tag": "!!python/object/apply:os.system ['true']",
    "two documents": "a: 1\n---\nb: 2",
    "a list as a key": "? [a, b]\n: 1",
    "a tab for indentation": "a:\n\tb: 1",
    "an open bracket": "a: [1",
    "a merge with an alias": "a: &x {b: 1}\nc: {<<: *x}",
}


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS)
def test_what_expands_or_constructs_is_refused(text):
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert caught.value.where.startswith("draft.yaml")


def test_all_duplicate_keys_are_reported():
    with pytest.raises(Invalid) as caught:
        read("a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert [(f.path, f.line) for f in caught.value.report] == [("a", 2), ("b.c", 3)]


def test_nesting_is_allowed_up_to_the_limit_and_no_further():
    read("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(Unreadable, match="deeper"):
        read("[" * 5000 + "]" * 5000)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(st.characters(codec="ascii", min_codepoint=32), max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4)
        ),
        max_leaves=15,
    )
)
def test_json_read_as_yaml_gives_the_same_tree(value):
    body = json.dumps(value).encode()
    assert read_yaml(Document(body, Media.YAML)).root == read_json(Document(body)).root


@given(st.text(max_size=100))
def test_any_text_is_read_or_refused(text):
    try:
        read(text.encode("utf-8", "replace").decode())
    except (Unreadable, Invalid):
        pass
