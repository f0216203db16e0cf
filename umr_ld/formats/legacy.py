"""Legacy model records: YAML files `<name>/<name>-<version>.yaml` in one or several stacked repositories.

Which path in such a file is which key of a record is data: `ontology/crosswalk/legacy.tsv`. What the table
does not know is kept as a fact under `https://w3id.org/umr-ld/legacy#`, and reported.

The file's name is the record's identity: the name within differs in many files, and the version within is
missing, shorter, or another. Lineage is `mr.relations.upstream` and nothing else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from umr_ld.addresses import is_absolute
from umr_ld.errors import Invalid, Malformed, Unreadable
from umr_ld.formats import tabular
from umr_ld.formats.draft import Draft, Translation
from umr_ld.formats.loss import Loss, LossReport
from umr_ld.names import Name
from umr_ld.order import needs_first
from umr_ld.ranges import Range
from umr_ld.reading import tree_of
from umr_ld.resources import resource
from umr_ld.tree import Path, Tree, Value, dotted
from umr_ld.vocab import CONTEXT_IRI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from umr_ld.document import Document
    from umr_ld.findings import Finding
    from umr_ld.formats.draft import Stack
    from umr_ld.vocab import Vocabulary

HUB = "umr"
"""First segment of the names of legacy records."""

UNKNOWN = "https://w3id.org/umr-ld/legacy#"
"""What begins the IRI of a fact that no rule maps; its path in the file follows."""

_VERSION = r"[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?"
_STEM = re.compile(rf"(?P<name>.+?)-(?P<version>{_VERSION})\Z")
_LINK = re.compile(r"(?P<name>[^\s<>=~^!*|,@]+)\s*@?\s*(?P<versions>.*)\Z", re.DOTALL)
_MAX_LINK = 1000
"""Telling a version from a name takes time that grows with the square of the text."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a path in a legacy file says in a record.

    Args:
        when: the value that is meant; empty for any.
        key: of the record.
        value: what that key then holds: for an answer the indicator, else the value; empty for the same
            value as in the file.
    """

    when: str
    key: str
    value: str


Crosswalk: TypeAlias = "Mapping[str, Sequence[Rule]]"


@cache
def crosswalk() -> Crosswalk:
    """The rules of this installation, by dotted path."""
    return parse_crosswalk(resource("ontology/crosswalk/legacy.tsv").read_text(encoding="utf-8"))


def parse_crosswalk(text: str) -> Crosswalk:
    """The rules in a table.

    Args:
        text: tab-separated, with the columns `legacy_path`, `legacy_value`, `key`, `value` and `note`.
    """
    rules: dict[str, list[Rule]] = {}
    for row in tabular.rows(text):
        rules.setdefault(row["legacy_path"], []).append(Rule(row["legacy_value"], row["key"], row["value"]))
    return rules


def read(repositories: Stack, vocabulary: Vocabulary, rules: Crosswalk | None = None) -> Translation:
    """Read legacy records.

    Args:
        repositories: the files of each; looked through in order, so that what an earlier one has hides
            the same name and version in later ones.
        vocabulary: the terms of records.
        rules: what paths mean; those of this installation unless given.

    Returns:
        a draft for each record, upstreams first, and what did not come through as it was. A file that
        cannot be read at all is reported and left out.
    """
    files, losses = _stacked(repositories)
    names = frozenset(file.name for file in files)
    drafts: dict[str, list[_Translator]] = {}
    for file in files:
        translator = _Translator(file, vocabulary, crosswalk() if rules is None else rules, names)
        translator.run()
        losses.extend(translator.losses)
        drafts.setdefault(file.name, []).append(translator)
    return Translation(tuple(one.draft() for one in _upstreams_first(drafts)), LossReport(tuple(losses)))


# -- files and their identities


@dataclass(frozen=True, slots=True)
class _File:
    """A legacy record with its identity."""

    document: Document
    tree: Tree
    name: str
    version: str


def _stacked(repositories: Stack) -> tuple[list[_File], list[Loss]]:
    """The files that count, each name and version from the first repository that has it."""
    found: dict[tuple[str, str], _File] = {}
    losses: list[Loss] = []
    for repository in repositories:
        for document in repository:
            file = _file(document, losses)
            if file is None:
                continue
            first = found.setdefault((file.name, file.version), file)
            if first is not file:
                why = f"not read: hidden by the same name and version in {first.document.source}"
                losses.append(Loss("", f"{file.name}-{file.version}", why, document.source))
    return list(found.values()), losses


def _file(document: Document, losses: list[Loss]) -> _File | None:
    try:
        tree = tree_of(document)
    except Invalid as error:
        losses.extend(_unread(one) for one in error.report)
        return None
    except (Unreadable, Malformed) as error:
        losses.append(Loss("", "", f"not read: {error.what}", error.where or document.source))
        return None
    if not isinstance(tree.root, dict) or not isinstance(tree.root.get("mr"), dict):
        losses.append(Loss("mr", "", "not read: a legacy record stands below the key `mr`", document.source))
        return None
    name, version = _identity(PurePath(document.source))
    return _File(document, tree, name, version or _stated_version(tree.root["mr"]))


def _unread(fault: Finding) -> Loss:
    at = fault.source if fault.line is None else f"{fault.source}:{fault.line}"
    return Loss(fault.path, "", f"not read: {fault.message}", at)


def _identity(path: PurePath) -> tuple[str, str]:
    """Name and version of a file; the folder settles where a name ends that itself looks versioned."""
    folder, stem = path.parent.name, path.stem
    rest = stem.removeprefix(f"{folder}-")
    if rest != stem and re.fullmatch(_VERSION, rest):
        return folder, rest
    match = _STEM.match(stem)
    return (match["name"], match["version"]) if match else (stem, "")


def _stated_version(record: Value) -> str:
    """For a file whose name has no version: the one within, if it is a full one."""
    metadata = record.get("metadata") if isinstance(record, dict) else None
    stated = metadata.get("version") if isinstance(metadata, dict) else None
    return stated if isinstance(stated, str) and re.fullmatch(_VERSION, stated) else ""


# -- one file


@dataclass(slots=True)
class _Translator:
    """A file on its way to a draft."""

    file: _File
    vocabulary: Vocabulary
    rules: Crosswalk
    names: frozenset[str]
    needs: list[str] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    _facts: dict[str, list[Value]] = field(default_factory=dict)
    _places: dict[Path, Path] = field(default_factory=dict)

    def run(self) -> None:
        """Take everything that the file says."""
        self.take(self.file.tree.root, ())
        if not self.file.version:
            self.lose(("mr",), "", "neither the file's name nor the record has a full version")

    def draft(self) -> Draft:
        """What an author would have written."""
        root: dict[str, Value] = {"@context": CONTEXT_IRI, "name": f"{HUB}/{self.file.name}"}
        if self.file.version:
            root["version"] = self.file.version
        for key, values in self._facts.items():
            root[key] = values if len(values) > 1 or isinstance(values[0], dict) else values[0]
        return Draft(Tree(root, self.file.tree.source, self.line_of), self.file.document)

    def line_of(self, path: Path) -> int | None:
        """The line in the file from which a value of the draft came."""
        for length in range(len(path), 0, -1):
            for place in (path[:length], (*path[:length], 0)):
                if place in self._places:
                    return self.file.tree.line_of(self._places[place])
        return self.file.tree.line_of(("mr",))

    def take(self, value: Value, path: Path) -> None:
        """Take a value and all below it."""
        rules = self.rules.get(dotted(path))
        if rules is None and isinstance(value, dict):
            for key, child in value.items():
                self.take(child, (*path, key))
            return
        for at, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
            where = path if at is None else (*path, at)
            if _states_nothing(one):
                continue
            if rules is None:
                self.keep(one, where, "no rule says what this path means")
            else:
                self.apply(rules, one, where)

    def apply(self, rules: Sequence[Rule], value: Value, path: Path) -> None:
        """Put a value where the first rule that fits it says."""
        rule = next((one for one in rules if one.when in {"", _word(value)}), None)
        if rule is None:
            self.keep(value, path, "no rule says what this value means")
            return
        try:
            made = self.made(rule, value, path)
        except Malformed as error:
            self.keep(value, path, error.what)
            return
        if rule.key != "revision" or made != self.file.version:
            self.put(rule.key, made, path)
            self.remark(rule.key, str(made), path)

    def made(self, rule: Rule, value: Value, path: Path) -> Value:
        """The value that a rule makes of one in the file.

        Raises:
            Malformed: if the rule's key cannot hold it.
        """
        if isinstance(value, dict | list) or value is None:
            raise Malformed("a plain value is expected here")
        if rule.key == "upstream":
            return self.link(str(value), path)
        if rule.key == "answer":
            return {"indicator": rule.value, "value": _answer(value)}
        return rule.value or self.plain(rule.key, value)

    def plain(self, key: str, value: str | bool) -> Value:
        """A text or an IRI, as the key wants it."""
        term = self.vocabulary.term(key, None)
        if term is None:
            raise Malformed(f"records have no key {key!r}")
        if isinstance(value, bool):
            raise Malformed("true and false are no text")
        if term.type == "@id" and term.short_value is None:
            address = value.strip()
            if not is_absolute(address) or not address.startswith(("https://", "http://")):
                raise Malformed("this is no http or https address")
            return address
        return str(value)

    def link(self, text: str, path: Path) -> Value:
        """An upstream from `bloom`, `bloom>=1.0.0` or `bloom-1.0.0`."""
        name, versions = _split(text.strip(), self.names)
        artifact = str(Name.parse(f"{HUB}/{name}"))
        link: dict[str, Value] = {"relation": "basedOn", "artifact": artifact}
        if versions:
            link |= self.versions(versions, text, path)
        link |= {"inherit": True, "evidence": "declared"}
        if name not in self.names:
            link["external"] = True
            self.lose(path, text, "no repository has this record; the link is declared external")
        self.needs.append(name)
        return link

    def versions(self, versions: str, text: str, path: Path) -> dict[str, Value]:
        """The range of a link; the text where it is none."""
        try:
            Range.parse(versions)
        except Malformed as error:
            self.lose(path, text, f"{error.what}; kept as the link's note, and the link covers all versions")
            return {"note": f"versions as stated: {versions}"}
        return {"version": versions}

    def remark(self, key: str, value: str, path: Path) -> None:
        """Report what came through, but looks like a mistake."""
        if key == "revision":
            told = self.file.version or "no version"
            self.lose(path, value, f"the file's name says {told}; kept as the publisher's label (revision)")
        if key == "title" and value in self.names and value != self.file.name:
            self.lose(path, value, f"this title is the name of another record, {HUB}/{value}; it is kept")

    def put(self, key: str, value: Value, path: Path) -> None:
        """Add a value to the draft, and remember where it came from."""
        values = self._facts.setdefault(key, [])
        self._places[key, len(values)] = path
        values.append(value)

    def keep(self, value: Value, path: Path, why: str) -> None:
        """Keep a value as a fact that nothing here understands."""
        key = UNKNOWN + quote(".".join(step for step in path if isinstance(step, str)), safe=".-_~")
        plain = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
        self.put(key, plain, path)
        self.lose(path, _word(plain), f"{why}; kept as unknown")

    def lose(self, path: Path, value: str, why: str) -> None:
        """Report one value."""
        source, line = self.file.tree.source, self.file.tree.line_of(path)
        at = source if line is None else f"{source}:{line}"
        self.losses.append(Loss(dotted(path), value, why, at))


def _states_nothing(value: Value) -> bool:
    return value is None or value in ({}, []) or (isinstance(value, str) and not value.strip())


def _word(value: Value) -> str:
    """A plain value as the table writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _answer(value: str | bool) -> Value:
    """Yes is 1 and no is 0, as the surveys wrote it."""
    answer = str(int(value)) if isinstance(value, bool) else value
    if answer not in {"0", "1"}:
        raise Malformed("an answer is 0 or 1")
    return str(answer)


def _split(text: str, names: frozenset[str]) -> tuple[str, str]:
    """Name and range. `==` is what npm writes `=`; `name-1.2.3` is one version."""
    match = _LINK.match(text) if len(text) <= _MAX_LINK else None
    if match is None:
        raise Malformed("this names no artifact")
    stem = _STEM.match(match["name"])
    if not match["versions"] and stem and match["name"] not in names:
        return stem["name"], stem["version"]
    return match["name"], match["versions"].replace("==", "=").replace(",", " ").strip()


# -- order


def _upstreams_first(drafts: Mapping[str, Sequence[_Translator]]) -> Iterator[_Translator]:
    """Every record after those it names; where they name each other in a circle, as found."""
    needs = {
        name: [need for one in several for need in one.needs if need in drafts]
        for name, several in drafts.items()
    }
    for name in needs_first(needs):
        yield from drafts[name]
