"""YAML-LD's basic profile (W3C CG YAML-LD §3): the JSON tree in YAML 1.2's core schema, and no more.

Anchors, aliases and tags are refused (a few lines of them expand to gigabytes or construct objects), and
so are duplicate keys and second documents. Dates stay texts and numbers stay as written: a plain YAML
reader would turn version `1.10` into 1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Unreadable
from umr_ld.findings import Finding, Report, Severity
from umr_ld.strictjson import decode, too_deep
from umr_ld.tree import MAX_DEPTH, Number, Path, Tree, Value, dotted, placed, text_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.document import Document

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def read_yaml(document: Document) -> Tree:
    """Read a YAML document into a tree.

    Args:
        document: the bytes.

    Returns:
        the tree; plain scalars by the core schema (YAML 1.2.2 §10.3), numbers kept as written.

    Raises:
        Unreadable: not UTF-8, not YAML, too deep, or with anchors, tags, or several documents.
        TooLarge: more than `tree.MAX_BYTES`.
        Invalid: with all duplicate keys and unencodable texts.
    """
    import yaml

    text = decode(document)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder(document.source)
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _not_yaml(error, document.source) from None
    findings = [*builder.findings, *text_faults(builder.root)]
    tree = Tree(builder.root, document.source, builder.line_of)
    Report(tuple(placed(findings, tree))).require(document.source)
    return tree


def _not_yaml(error: Any, source: str) -> Unreadable:
    mark = getattr(error, "problem_mark", None)
    where = f"{source}:{mark.line + 1}" if mark else source
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    column = f" at column {mark.column + 1}" if mark else ""
    return Unreadable(f"not YAML: {problem}{column}", where=where)


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not been read."""

    value: dict[str, Value] | list[Value]
    path: Path
    key: str | None = None


@dataclass(slots=True)
class _Builder:
    """Builds the tree from parser events, on a stack of its own."""

    source: str
    root: Value = None
    findings: list[Finding] = field(default_factory=list)
    _stack: list[_Open] = field(default_factory=list)
    _lines: dict[Path, int] = field(default_factory=dict)
    _documents: int = 0

    def line_of(self, path: Path) -> int | None:
        for length in range(len(path), -1, -1):
            for candidate in _readings(path[:length]):
                if candidate in self._lines:
                    return self._lines[candidate]
        return None

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise self._refused("a second document begins", line, "write one record a file")
        elif kind == "AliasEvent" or getattr(event, "anchor", None):
            raise self._refused("anchors and aliases are not read", line, "write the value out")
        elif kind == "ScalarEvent":
            self._scalar(event, line)
        elif kind in {"MappingStartEvent", "SequenceStartEvent"}:
            self._refuse_tag(event, line)
            self._begin({} if kind == "MappingStartEvent" else [], line)
        elif kind in {"MappingEndEvent", "SequenceEndEvent"}:
            self._stack.pop()

    def _refused(self, what: str, line: int, remedy: str) -> Unreadable:
        return Unreadable(what, where=f"{self.source}:{line}", remedy=remedy)

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag and event.tag != "!":
            raise self._refused(f"the tag {event.tag[:80]!r} is not read", line, "remove the tag")

    def _scalar(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._name(top, event.value, line)
        else:
            plain = event.style in {None, ""} and not event.tag
            self._put(_plain(event.value) if plain else event.value, line)

    def _name(self, top: _Open, key: str, line: int) -> None:
        if key in top.value:
            self.findings.append(
                Finding(
                    Severity.VIOLATION,
                    f"the key {key!r} stands twice in the same mapping",
                    "yaml-duplicate-key",
                    dotted((*top.path, key)),
                    line=line,
                    source=self.source,
                    remedy="keep one (YAML 1.2.2 §3.2.1.3)",
                )
            )
        top.key = key

    def _begin(self, value: dict[str, Value] | list[Value], line: int) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise too_deep(self.source)
        if self._stack and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None:
            raise self._refused("a key must be a text", line, "write the key as a plain word")
        path = self._put(value, line)
        self._stack.append(_Open(value, path))

    def _put(self, value: Value, line: int) -> Path:
        if not self._stack:
            self.root = value
            self._lines[()] = line
            return ()
        top = self._stack[-1]
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            top.value.append(value)
        else:
            path = (*top.path, str(top.key))
            top.value[str(top.key)] = value
            top.key = None
        self._lines.setdefault(path, line)
        return path


def _readings(path: Path) -> Iterator[Path]:
    """The path, and the path where a single value stands for a list of one."""
    yield path
    yield tuple(step for step in path if step != 0)


def _plain(text: str) -> Value:
    """What a plain scalar stands for in the core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.match(text) or _DECIMAL.match(text):
        return Number(text)
    return text
