"""JSON as RFC 8259 means it: no duplicate keys, no NaN, bounded in size and depth.

Python's reader keeps the last of two equal keys and pyoxigraph keeps both; a document that two readers
understand differently is refused (I-JSON, RFC 7493 §2.3).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from umr_ld.errors import TooLarge, Unreadable
from umr_ld.findings import Finding, Report, Severity
from umr_ld.tree import MAX_BYTES, MAX_DEPTH, Number, Path, Tree, Value, dotted, placed, text_faults

if TYPE_CHECKING:
    from umr_ld.document import Document

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|\n')


def decode(document: Document, max_bytes: int = MAX_BYTES) -> str:
    """The document's text.

    Args:
        document: the bytes, claimed to be UTF-8.
        max_bytes: what is read at the most.

    Raises:
        TooLarge: beyond `max_bytes`.
        Unreadable: if the bytes are not UTF-8 (RFC 8259 §8.1).
    """
    if len(document.body) > max_bytes:
        raise TooLarge(
            f"{len(document.body):,} bytes are more than the {max_bytes:,} that a record may have",
            where=document.source,
            remedy="link to large content by its address and digest",
        )
    try:
        return document.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = document.body[: error.start].count(b"\n") + 1
        raise Unreadable(
            f"byte {error.start} (0x{document.body[error.start]:02x}) is not UTF-8",
            where=f"{document.source}:{line}",
            remedy="save the file as UTF-8",
        ) from None


def read_json(document: Document) -> Tree:
    """Read a JSON document into a tree.

    Args:
        document: the bytes.

    Returns:
        the tree; numbers are kept as written (`Number`).

    Raises:
        Unreadable: not UTF-8, not JSON, too deep.
        TooLarge: more than `MAX_BYTES`.
        Invalid: with all duplicate keys, NaN and unencodable texts.
    """
    text = decode(document)
    odd: list[str] = []
    root = _load(text, document.source, odd)
    if _depth_exceeds(text):
        raise too_deep(document.source)
    places = _Places(text)
    findings = [*places.duplicates(), *places.constants()] if odd else []
    findings += text_faults(root)
    tree = Tree(root, document.source, places.line_of)
    Report(tuple(placed(findings, tree))).require(document.source)
    return tree


def too_deep(source: str) -> Unreadable:
    """The error for a document that nests beyond `MAX_DEPTH`.

    Args:
        source: file or address.
    """
    return Unreadable(
        f"the document nests deeper than {MAX_DEPTH} levels",
        where=source,
        remedy="no record needs more than a handful",
    )


def _load(text: str, source: str, odd: list[str]) -> Value:
    def pairs(items: list[tuple[str, Value]]) -> dict[str, Value]:
        found = dict(items)
        if len(found) != len(items):
            odd.append("duplicate")
        return found

    def constant(name: str) -> Value:
        odd.append(name)
        return None

    try:
        return json.loads(  # type: ignore[no-any-return]
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=Number, parse_int=Number
        )
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"not JSON: {error.msg.lower()} at column {error.colno}", where=f"{source}:{error.lineno}"
        ) from None
    except RecursionError:
        raise too_deep(source) from None


def _depth_exceeds(text: str) -> bool:
    """Whether brackets outside of strings nest beyond MAX_DEPTH. `text` is known to be JSON."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return False
    depth = 0
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', text):
        if piece in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif piece in "}]":
            depth -= 1
    return False


@dataclass(slots=True)
class _Frame:
    """An object or array that is open while the text is walked."""

    is_object: bool
    key: str | None = None
    index: int = 0
    keys: set[str] = field(default_factory=set)
    wants_value: bool = False


class _Places:
    """Where the values of a JSON text stand. The text is walked once, on the first question."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[Path, int] | None = None
        self._twice: list[tuple[Path, int]] = []
        self._odd: list[tuple[Path, int, str]] = []

    def line_of(self, path: Path) -> int | None:
        lines = self._walked()
        for length in range(len(path), -1, -1):
            prefix = path[:length]
            # A single value may stand where a list of one is meant.
            for candidate in (prefix, tuple(step for step in prefix if step != 0)):
                if candidate in lines:
                    return lines[candidate]
        return None

    def duplicates(self) -> list[Finding]:
        self._walked()
        return [
            Finding(
                Severity.VIOLATION,
                f"the key {path[-1]!r} stands twice in the same object",
                "json-duplicate-key",
                dotted(path),
                line=line,
                remedy="keep one; readers disagree which of the two counts (RFC 7493 §2.3)",
            )
            for path, line in self._twice
        ]

    def constants(self) -> list[Finding]:
        self._walked()
        return [
            Finding(
                Severity.VIOLATION,
                f"{word} is no JSON number",
                "json-not-a-number",
                dotted(path),
                line=line,
                remedy="leave the value out, or write it as a text",
            )
            for path, line, word in self._odd
        ]

    def _walked(self) -> dict[Path, int]:
        if self._lines is None:
            self._lines = {}
            self._walk(self._lines)
        return self._lines

    def _walk(self, lines: dict[Path, int]) -> None:
        stack: list[_Frame] = []
        line = 1
        for piece in (match.group() for match in _TOKEN.finditer(self._text)):
            if piece == "\n":
                line += 1
            elif piece in {"}", "]"}:
                stack.pop()
            elif piece == ",":
                self._next(stack[-1])
            elif piece == ":":
                stack[-1].wants_value = True
            elif stack and stack[-1].is_object and not stack[-1].wants_value:
                self._name(stack, json.loads(piece), line)
            else:
                self._value(stack, piece, line, lines)

    @staticmethod
    def _next(frame: _Frame) -> None:
        frame.index += 1
        frame.wants_value = False

    def _name(self, stack: list[_Frame], key: str, line: int) -> None:
        frame = stack[-1]
        frame.key = key
        if key in frame.keys:
            self._twice.append((_path(stack), line))
        frame.keys.add(key)

    def _value(self, stack: list[_Frame], piece: str, line: int, lines: dict[Path, int]) -> None:
        path = _path(stack)
        lines.setdefault(path, line)
        if piece in {"NaN", "Infinity", "-Infinity"}:
            self._odd.append((path, line, piece))
        if piece in {"{", "["}:
            stack.append(_Frame(is_object=piece == "{"))


def _path(stack: list[_Frame]) -> Path:
    return tuple(frame.key if frame.is_object else frame.index for frame in stack)  # type: ignore[misc]
