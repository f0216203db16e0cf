"""What a format has no words for is kept in it as pairs of a name and a value, and read back from there.

A pair stands in the place of what the format itself says of the same key. Where somebody has changed that since, the
change counts, and the pair does not.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from umr_ld.document import Document
from umr_ld.errors import UmrError
from umr_ld.formats.loss import Loss, short
from umr_ld.strictjson import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from umr_ld.formats.crosswalk import Facts
    from umr_ld.tree import Path, Value

PREFIX = "umr-ld:"
"""What begins the names of the pairs."""

_HEAD = frozenset(("@context", "type", "name", "version"))


def missing(root: Mapping[str, Value], back: Mapping[str, Value]) -> dict[str, Value]:
    """The keys of a record that are read back otherwise than they are.

    Args:
        root: the record.
        back: what a reader makes of what was written.
    """
    return {
        key: value
        for key, value in root.items()
        if key not in {"@context", "type"} and _plain(back.get(key)) != _plain(value)
    }


def _plain(value: Value) -> Value:
    """One value is a list of one; an empty list is nothing."""
    several = value if isinstance(value, list) else [] if value is None else [value]
    return [
        {key: _plain(inner) for key, inner in one.items()} if isinstance(one, dict) else one
        for one in several
    ]


def pairs(root: Mapping[str, Value], back: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """The pairs that a document has to keep.

    Args:
        root: the record.
        back: what a reader makes of the document without them.
    """
    for key, value in missing(root, back).items():
        yield (
            f"{PREFIX}{key}",
            json.dumps({"is": value, "insteadOf": _digest(back.get(key))}, ensure_ascii=False),
        )
    for key in back.keys() - root.keys() - _HEAD:
        yield f"{PREFIX}{key}", json.dumps({"is": None, "insteadOf": _digest(back.get(key))})


def _digest(value: Value) -> str:
    text = json.dumps(_plain(value), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def restore(facts: Facts, found: Iterable[tuple[Path, str, str]]) -> None:
    """Put what was kept in its place.

    Args:
        facts: what was read of the rest of the document.
        found: path, name and value of each pair; others than ours are left alone.
    """
    for path, name, text in found:
        if not name.startswith(PREFIX):
            continue
        key = name.removeprefix(PREFIX)
        kept = _kept(text, facts.tree.source)
        if kept is None:
            facts.lose(path, text, "not read: this is nothing that was kept here, or it was changed since")
        elif kept["insteadOf"] != _digest(facts.values.get(key)):
            facts.lose(path, text, "not taken over: what stands in its place was changed since")
        else:
            facts.replace(key, kept["is"], path)


def _kept(text: str, source: str) -> dict[str, Value] | None:
    try:
        root = read_json(Document(text.encode("utf-8", "surrogatepass"), source=source)).root
    except UmrError:
        return None
    return root if isinstance(root, dict) and root.keys() == {"is", "insteadOf"} else None


def kept_rows(keys: Iterable[str], root: Mapping[str, Value], where: str, source: str) -> Iterator[Loss]:
    """What a loss report says of them.

    Args:
        keys: of the record.
        root: the record.
        where: they are kept, in words; empty for nowhere.
        source: of the record.
    """
    why = f"no exact place for it; kept in {where}" if where else "no place for it; left out"
    for key in keys:
        yield Loss(key, short(root[key]), why, source)
