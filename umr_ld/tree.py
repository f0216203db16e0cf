"""The tree between bytes and graph: plain values, and where each of them stands in its file.

JSON and YAML are read into the same tree, so that everything after reading is written once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from umr_ld.findings import Finding, violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES = 8 * 1024 * 1024
"""What one record may weigh. The largest real ones (2,000 upstreams) are below 1 MiB."""

MAX_DEPTH = 64
"""How deep a document may nest: no real one passes 8, and parsers of RDF die of a few thousand."""

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]
"""Keys and 0-based indices from the root: `("upstream", 2, "version")`."""

Value: TypeAlias = "dict[str, Value] | list[Value] | str | Number | bool | None"


class Number(str):
    """A number as its author wrote it; never a binary float, so that nothing is rounded."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A document's values.

    Args:
        root: the outermost value.
        source: file or address, for messages.
        line_of: 1-based line of the value at a path, or None where it is not known.
    """

    root: Value
    source: str
    line_of: Callable[[Path], int | None]


def nowhere(_path: Path) -> None:
    """The line of what has no lines, for `Tree.line_of`: a value of a list, an answer of an API."""


def dotted(path: Path) -> str:
    """A path as people write it: `upstream[2].version`.

    Args:
        path: keys and indices from the root.
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def undotted(text: str) -> Path:
    """The path that `dotted` wrote; keys with dots or brackets in them do not come back.

    Args:
        text: e.g. `upstream[2].version`.
    """
    steps: list[Step] = []
    for part in text.replace("[", ".[").split("."):
        if part.startswith("[") and part[1:-1].isdigit():
            steps.append(int(part[1:-1]))
        elif part:
            steps.append(part)
    return tuple(steps)


def walk(root: Value) -> Iterator[tuple[Path, Value]]:
    """Every value below and with `root`, with its path, without recursion.

    Args:
        root: any tree, however deep.
    """
    stack: list[tuple[Path, Value]] = [((), root)]
    while stack:
        path, value = stack.pop()
        yield path, value
        if isinstance(value, dict):
            stack.extend(((*path, key), child) for key, child in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend(((*path, at), child) for at, child in reversed(list(enumerate(value))))


def text_faults(root: Value) -> list[Finding]:
    """Strings that no encoding of RDF can carry: lone surrogates and NUL.

    Args:
        root: the tree to look through.

    Returns:
        one violation for each such string or key.
    """
    faults = []
    for path, value in walk(root):
        texts = [*value] if isinstance(value, dict) else [value] if isinstance(value, str) else []
        if any("\0" in text or not _encodable(text) for text in texts):
            faults.append(
                violation(
                    "the text holds a character that is no Unicode scalar value, or NUL",
                    "text-unencodable",
                    dotted(path),
                    remedy="remove the character",
                )
            )
    return faults


def placed(findings: list[Finding], tree: Tree) -> list[Finding]:
    """The findings with file and line filled in from their paths.

    Args:
        findings: with `path` in the keys of `tree`.
        tree: the document they speak of.
    """
    return [
        finding
        if finding.source
        else replace(finding, source=tree.source, line=finding.line or tree.line_of(undotted(finding.path)))
        for finding in findings
    ]


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
