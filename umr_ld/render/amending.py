"""A draft with one key written anew, and nothing else of it changed: comments, order and numbers stay as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from umr_ld.document import Document
from umr_ld.errors import Malformed, UmrError
from umr_ld.media import Media
from umr_ld.reading import tree_of
from umr_ld.render.yaml import as_yaml
from umr_ld.tree import Number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from umr_ld.tree import Value

_FILES = "distribution"
_NAME = "fileName"


def with_files(document: Document, files: Sequence[dict[str, Any]]) -> bytes:
    """A draft that names files. Those of the same name are described anew, what else is said of them stays.

    Args:
        document: the draft.
        files: keys and values of each.

    Raises:
        Malformed: if it is no draft, or written in a way that cannot be changed without changing more.
        Unreadable, Invalid: if it cannot be read.
    """
    root = tree_of(document).root
    if not isinstance(root, dict):
        raise Malformed("a draft is an object", where=document.source)
    before = root.get(_FILES)
    listed = before if isinstance(before, list) else [] if before is None else [before]
    new = {str(one[_NAME]): one for one in files}
    merged: list[Value] = []
    for one in listed:
        said = new.pop(str(one.get(_NAME)), None) if isinstance(one, dict) else None
        merged.append({**one, **said} if isinstance(one, dict) and said is not None else one)
    return with_key(document, root, _FILES, [*map(_plain, merged), *new.values()])


def with_key(document: Document, root: dict[str, Value], key: str, value: Any) -> bytes:
    """A draft in which a key has this value.

    Args:
        document: the draft.
        root: what stands in it.
        key: of the record.
        value: plain values.

    Raises:
        Malformed: if it is written in a way that cannot be changed without changing more.
    """
    text = document.body.decode("utf-8")
    amended = (_in_json if document.media is Media.JSONLD else _in_yaml)(text, key, value)
    made = Document(amended.encode("utf-8"), document.media, document.source)
    try:
        after = tree_of(made).root
    except UmrError:
        after = None
    wanted = {**root, key: value}
    if not isinstance(after, dict) or _texts(after) != _texts(wanted):
        raise Malformed(
            "the draft is written in a way that cannot be changed here without changing more of it",
            where=document.source,
            remedy=f"write {key} into it yourself, as it is printed without --into",
        )
    return made.body


def _plain(value: Value) -> Any:
    """A value as `json` and `as_yaml` write it."""
    if isinstance(value, Number):
        return int(value) if str(value).isdecimal() else str(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _texts(value: Any) -> Any:
    """Without the difference between a number and its digits."""
    if isinstance(value, dict):
        return {key: _texts(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else value


# -- JSON


def _in_json(text: str, key: str, value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False, indent=2).replace("\n", "\n  ")
    decoder, at = json.JSONDecoder(), _past(text, text.index("{") + 1)
    end = start = at
    while text[at] == '"':
        name, at = decoder.raw_decode(text, at)
        start = _past(text, _past(text, at) + 1)
        _, end = decoder.raw_decode(text, start)
        if name == key:
            return text[:start] + written + text[end:]
        at = _past(text, end)
        if text[at] == ",":
            at = _past(text, at + 1)
    comma = "," if end > start else ""
    return f"{text[:end]}{comma}\n  {json.dumps(key)}: {written}{text[end:]}"


def _past(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


# -- YAML


def _in_yaml(text: str, key: str, value: Any) -> str:
    ending = "\r\n" if "\r\n" in text else "\n"
    block = as_yaml({key: value}).replace("\n", ending)
    lines = text.splitlines(keepends=True)
    line = next((at for at, one in enumerate(lines) if one.startswith(f"{key}:")), None)
    if line is None:
        gap = "" if text.endswith("\n") or not text else ending
        return f"{text}{gap}{block}"
    end = line + 1
    # What belongs to the key is further in than it, or an element of its list.
    while end < len(lines) and (lines[end][:1] in " \t-" and lines[end].strip() not in {"---", ""}):
        end += 1
    return "".join([*lines[:line], block, *lines[end:]])
