"""JSON is read as RFC 8259 and 7493 mean it, with the place of every value."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umr_ld.document import Document
from umr_ld.errors import Invalid, Unreadable
from umr_ld.strictjson import read_json
from umr_ld.tree import MAX_DEPTH, Number, dotted, undotted, walk

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8", exclude_characters="\0"))
)
KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


def tree(value, **layout):
    return read_json(Document(json.dumps(value, **layout).encode()))


@given(VALUES)
def test_reading_gives_what_was_written_with_numbers_as_text(value):
    def plain(read):
        if isinstance(read, Number):
            return int(read)
        if isinstance(read, dict):
            return {key: plain(item) for key, item in read.items()}
        return [plain(item) for item in read] if isinstance(read, list) else read

    assert plain(tree(value).root) == value


@given(VALUES.filter(lambda value: isinstance(value, dict | list)))
def test_every_value_has_a_line_that_holds_it(value):
    text = json.dumps(value, indent=1, ensure_ascii=False)
    lines = text.split("\n")
    read = read_json(Document(text.encode()))
    for path, found in walk(read.root):
        line = read.line_of(path)
        assert line is not None
        if isinstance(found, Number):
            assert str(found) in lines[line - 1]


def test_numbers_are_kept_as_written():
    read = read_json(Document(b'{"a": 1.10, "b": 1e400, "c": 123456789012345678901234567890}'))
    assert read.root == {"a": "1.10", "b": "1e400", "c": "123456789012345678901234567890"}
    assert all(isinstance(value, Number) for value in read.root.values())


def test_nesting_is_allowed_up_to_the_limit_and_no_further():
    read_json(Document(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH))
    with pytest.raises(Unreadable, match="deeper"):
        read_json(Document(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)))


def test_brackets_in_texts_are_no_nesting():
    assert read_json(Document(json.dumps(["[{" * 200]).encode())).root == ["[{" * 200]


def test_all_duplicate_keys_are_reported_with_their_lines():
    with pytest.raises(Invalid) as caught:
        read_json(Document(b'{"a": 1,\n"b": {"c": 1,\n"c": 2},\n"a": 3}'))
    assert [(f.path, f.line) for f in caught.value.report] == [("b.c", 3), ("a", 4)]


def test_a_byte_order_mark_is_no_content():
    assert read_json(Document(b"\xef\xbb\xbf{}")).root == {}


@pytest.mark.parametrize("path", [(), ("a",), ("a", 0), ("upstream", 2, "version"), ("a", 0, 1, "b")])
def test_a_path_survives_being_written(path):
    assert undotted(dotted(path)) == path


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body):
    try:
        read_json(Document(body))
    except (Unreadable, Invalid):
        pass
