"""What is left of a foreign document when everything is read: what speaks of the document alone, and what is lost.

`ontology/crosswalk/unread.tsv` has a row for each place that says nothing of a model or a dataset, with the reason. All
else that nobody takes is reported.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

from umr_ld.formats.tabular import crosswalk_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.tree import Path, Value


@cache
def _patterns(name: str) -> tuple[str, ...]:
    return tuple(row["place"] for row in crosswalk_rows("unread") if row["format"] == name)


def is_of_the_document(name: str, place: str) -> bool:
    """Whether what stands at a place says nothing of what a document describes.

    Args:
        name: of the format, as crosswalks call it.
        place: keys joined by dots, without the numbers of elements.
    """
    return any(fnmatchcase(place, pattern) for pattern in _patterns(name))


def untaken(root: Value, taken: set[Path], name: str) -> Iterator[tuple[Path, Value]]:
    """What is left of a document, in the largest pieces of which nothing was taken.

    Args:
        root: of the document.
        taken: paths that were understood, with all below them.
        name: of the format, as crosswalks call it.
    """
    above = {path[:length] for path in taken for length in range(len(path))}
    waiting: list[tuple[Path, Value]] = [((), root)]
    while waiting:
        path, value = waiting.pop()
        if path in taken or value in (None, {}, [], "") or is_of_the_document(name, place_in(root, path)):
            continue
        inner: list[tuple[Path, Value]] = []
        if isinstance(value, dict):
            inner = [((*path, key), one) for key, one in value.items()]
        elif isinstance(value, list):
            inner = [((*path, at), one) for at, one in enumerate(value)]
        if inner and (path in above or _is_partly(name, place_in(root, path))):
            waiting += reversed(inner)
        else:
            yield path, value


def _is_partly(name: str, place: str) -> bool:
    """Whether there are places below one that say nothing."""
    return not place or any(
        fnmatchcase(place, pattern.rpartition(".")[0]) for pattern in _patterns(name) if "." in pattern
    )


def place_in(root: Value, path: Path) -> str:
    """A path as the table writes it. That of an element of a graph begins with its class or, in linked data, with its
    identifier, since its number says nothing.

    Args:
        root: of the document.
        path: keys and indices from there.
    """
    if path[:1] != ("@graph",) or len(path) < 2 or not isinstance(root, dict):
        return ".".join(step for step in path if isinstance(step, str))
    graph, at = root["@graph"], path[1]
    node = graph[at] if isinstance(graph, list) and isinstance(at, int) else graph
    kind = node.get("type", node.get("@id")) if isinstance(node, dict) else ""
    return ".".join([str(kind), *(step for step in path[2:] if isinstance(step, str))])
