"""The form in which a record is written: its inputs follow from the shapes and the ontology.

What was typed (`Given`) becomes a draft with the keys of a record; what is wrong with the draft is found at the
input that it was typed into; and a published record becomes what somebody could have typed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from umr_ld.document import Document
from umr_ld.errors import Invalid, Unreadable
from umr_ld.findings import Finding, violation
from umr_ld.render.fields import fields_of
from umr_ld.strictjson import read_json
from umr_ld.tree import undotted
from umr_ld.vocab import CONTEXT_IRI, UMR, XSD

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.render.fields import Field
    from umr_ld.vocab import Vocabulary

REST = "other-facts"
"""Name of the input for what has none of its own; no key is called so."""

Given = Mapping[str, str]
"""What was typed, by the name of the input; `upstream.0.relation` is one in the first row of `upstream`."""

_PROSE = 1000
"""A text that may be longer than this is prose."""
_ROW = re.compile(r"([A-Za-z]+)\.([0-9]{1,4})\.([A-Za-z]+)\Z")
_BETWEEN = re.compile(r"(?m)^---[ \t]*$")
_TRUTHS = (("true", "yes"), ("false", "no"))


@dataclass(frozen=True, slots=True)
class Input:
    """One input.

    Args:
        name: of the input.
        field: what it is for.
        control: `line`, `lines` (a value on each), `prose`, or `choice`.
        value: what stands in it.
        options: values of a choice with their labels.
        found: what is wrong with it.
    """

    name: str
    field: Field
    control: str
    value: str
    options: Sequence[tuple[str, str]]
    found: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Rows:
    """Inputs for objects, a row each.

    Args:
        field: what they are for.
        rows: the inputs of each.
        found: what is wrong with all of it.
    """

    field: Field
    rows: Sequence[Sequence[Input]]
    found: Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Group:
    """Inputs that belong together.

    Args:
        key: of the group.
        label: for people.
        comment: what it is about.
        open: whether it is shown at once.
        parts: inputs and rows.
    """

    key: str
    label: str
    comment: str
    open: bool
    parts: Sequence[Input | Rows]


class Form:
    """The form for one kind of record.

    Args:
        kind: key of the kind.
        vocabulary: the terms.
    """

    def __init__(self, kind: str, vocabulary: Vocabulary) -> None:
        self.kind = kind
        self._vocabulary = vocabulary
        self._fields = {field.term.key: field for field in fields_of(kind, vocabulary)}

    # -- what was typed

    def ordered(self, given: Given, added: str = "") -> dict[str, str]:
        """What was typed, without rows that are empty, so that the rows are counted from 0.

        Args:
            given: as it came.
            added: key of what is to have one more row.
        """
        found = {key: given[key] for key in (*self._fields, REST) if given.get(key, "").strip()}
        for key, field in self._fields.items():
            if field.inner:
                rows = _rows(key, field, given)
                for at, row in enumerate(rows):
                    found |= {f"{key}.{at}.{inner}": text for inner, text in row.items()}
                if key == added:
                    found[f"{key}.{len(rows)}.{field.inner[0].term.key}"] = ""
        return found

    def draft(self, given: Given) -> tuple[dict[str, Any], list[Finding]]:
        """The draft that was typed, and what is wrong with its form.

        Args:
            given: as `ordered` gave it.
        """
        draft: dict[str, Any] = {"@context": CONTEXT_IRI, "type": self.kind}
        for key, field in self._fields.items():
            values = (
                [_object(field, row) for row in _rows(key, field, given)]
                if field.inner
                else _values(field, given.get(key, ""))
            )
            if values:
                draft[key] = values if field.inner or len(values) > 1 else values[0]
        rest, wrong = _rest(given.get(REST, ""))
        return {**rest, **draft}, wrong

    # -- what is shown

    def groups(self, given: Given, findings: Sequence[Finding] = ()) -> tuple[Group, ...]:
        """The inputs with what was typed into them.

        Args:
            given: as `ordered` gave it.
            findings: of the draft.
        """
        placed = self._placed(findings)
        found: list[Group] = []
        for group in self._vocabulary.groups.values():
            fields = [field for field in self._fields.values() if field.group == group.key]
            parts = [self._part(field, given, placed) for field in fields]
            if parts:
                is_open = not found or any(_says_something(part) for part in parts)
                found.append(Group(group.key, group.label, group.comment, is_open, parts))
        return tuple(found)

    def elsewhere(self, findings: Sequence[Finding]) -> list[Finding]:
        """Findings that belong to no input.

        Args:
            findings: of the draft.
        """
        return [finding for finding in findings if not self.name_of(finding)]

    def name_of(self, finding: Finding) -> str:
        """Name of the input, or key of the rows, that a finding belongs to; empty if there is none.

        Args:
            finding: of the draft.
        """
        steps = undotted(finding.path)
        key = str(steps[0]) if steps else ""
        field = self._fields.get(key)
        if key == REST or field is None:
            return REST if key == REST else ""
        inner = {one.term.key for one in field.inner}
        words = [step for step in steps[1:] if step in inner]
        numbers = [step for step in steps[1:] if isinstance(step, int)]
        return f"{key}.{numbers[0] if numbers else 0}.{words[0]}" if words else key

    def _placed(self, findings: Sequence[Finding]) -> dict[str, list[Finding]]:
        placed: dict[str, list[Finding]] = {}
        for finding in findings:
            placed.setdefault(self.name_of(finding), []).append(finding)
        return placed

    def _part(self, field: Field, given: Given, placed: Mapping[str, list[Finding]]) -> Input | Rows:
        key = field.term.key
        if not field.inner:
            return self._input(key, field, given, placed)
        numbers = {int(match[2]) for name in given if (match := _ROW.match(name)) and match[1] == key}
        count = max(numbers, default=-1) + 1 or int(field.required or key == "upstream")
        rows = [
            [self._input(f"{key}.{at}.{inner.term.key}", inner, given, placed) for inner in field.inner]
            for at in range(count)
        ]
        return Rows(field, rows, placed.get(key, ()))

    def _input(self, name: str, field: Field, given: Given, placed: Mapping[str, list[Finding]]) -> Input:
        options = self._options(field)
        if options:
            control = "choice"
        elif field.longest > _PROSE and field.term.type is None:
            control = "prose"
        else:
            control = "lines" if field.many and not field.once else "line"
        return Input(name, field, control, given.get(name, ""), options, placed.get(name, ()))

    def _options(self, field: Field) -> Sequence[tuple[str, str]]:
        term, relations = field.term, self._vocabulary.relations
        if term.iri == f"{UMR}relation":
            return [
                (one.key, one.label)
                for one in relations.values()
                if not one.from_kinds or self.kind in one.from_kinds
            ]
        if term.type == f"{XSD}boolean":
            return _TRUTHS
        return [] if field.many else [(word, word.replace("_", " ")) for word in term.words]

    # -- a record that is published

    def typed(self, record: Mapping[str, Any], base: Base) -> dict[str, str]:
        """What somebody could have typed to publish a record; its version is left out.

        Args:
            record: the published document.
            base: the registry's.
        """
        found: dict[str, str] = {}
        rest = {}
        for key, value in record.items():
            if key in {"@context", "id", "type", "version"}:
                continue
            field = self._fields.get(key)
            texts = None if field is None else self._texts(key, field, value, base)
            if texts is None:
                rest[key] = value
            else:
                found |= texts
        if rest:
            found[REST] = json.dumps(rest, ensure_ascii=False, indent=2)
        return found

    def _texts(self, key: str, field: Field, value: Any, base: Base) -> dict[str, str] | None:
        """None where the form has no way to say a value."""
        values = value if isinstance(value, list) else [value]
        if not field.inner:
            texts = [_text(one, field, base) for one in values]
            if any(text is None or not _fits(text, field) for text in texts):
                return None
            between = "\n---\n" if field.longest > _PROSE and field.term.type is None else "\n"
            return {key: between.join(text for text in texts if text is not None)}
        found: dict[str, str] = {}
        for at, one in enumerate(values):
            row = _row(one, field, base) if isinstance(one, dict) else None
            if row is None or str(one.get("id", "")).rpartition("#")[2] != f"{key}-{at + 1}":
                return None
            found |= {f"{key}.{at}.{inner}": text for inner, text in row.items()}
        return found


def _rows(key: str, field: Field, given: Given) -> list[dict[str, str]]:
    """The rows that say something, in order."""
    rows: dict[int, dict[str, str]] = {}
    known = {inner.term.key for inner in field.inner}
    for name, text in given.items():
        match = _ROW.match(name)
        if match and match[1] == key and match[3] in known and text.strip():
            rows.setdefault(int(match[2]), {})[match[3]] = text
    return [rows[at] for at in sorted(rows)]


def _object(field: Field, row: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for inner in field.inner:
        values = _values(inner, row.get(inner.term.key, ""))
        if values:
            found[inner.term.key] = values if len(values) > 1 else values[0]
    return found


def _values(field: Field, text: str) -> list[Any]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if field.term.type == f"{XSD}boolean":
        return [text.strip() == "true"] if text.strip() else []
    if field.longest > _PROSE and field.term.type is None:
        parts = _BETWEEN.split(text) if field.many and not field.once else [text]
    else:
        parts = text.split("\n") if field.many and not field.once else [text]
    return [part.strip() for part in parts if part.strip()]


def _rest(text: str) -> tuple[dict[str, Any], list[Finding]]:
    """Facts that were typed as JSON."""
    if not text.strip():
        return {}, []
    remedy = 'write an object: {"key": "value"}'
    try:
        root = read_json(Document(text.encode("utf-8", "surrogatepass"), source="other facts")).root
    except Invalid as error:
        return {}, [violation(one.message, one.rule, REST, remedy=one.remedy) for one in error.report]
    except Unreadable as error:
        return {}, [violation(error.what, "unreadable", REST, remedy=error.remedy or remedy)]
    if not isinstance(root, dict):
        return {}, [violation("other facts are an object with keys", "unreadable", REST, remedy=remedy)]
    return dict(root), []


def _row(value: Mapping[str, Any], field: Field, base: Base) -> dict[str, str] | None:
    known = {inner.term.key: inner for inner in field.inner}
    row: dict[str, str] = {}
    for key, one in value.items():
        if key == "id":
            continue
        inner = known.get(key)
        values = one if isinstance(one, list) else [one]
        texts = [] if inner is None else [_text(each, inner, base) for each in values]
        if inner is None or any(text is None or not _fits(text, inner) for text in texts):
            return None
        row[key] = "\n".join(text for text in texts if text is not None)
    return row


def _text(value: Any, field: Field, base: Base) -> str | None:
    """A value as an author writes it; None if that is no plain text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return None
    short = field.term.short_value
    prefix = "" if short is None else short if ":" in short else base.iri + short
    if prefix and value.startswith(prefix) and field.term.type == "@id":
        return unquote(value.removeprefix(prefix))
    return value


def _fits(text: str, field: Field) -> bool:
    """Whether a value comes back as it is."""
    return _values(field, text) in ([text], [text == "true"]) and text != ""


def _says_something(part: Input | Rows) -> bool:
    if isinstance(part, Input):
        return bool(part.value or part.found or part.field.required)
    return bool(part.found or part.rows)
