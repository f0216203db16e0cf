"""Model and dataset cards of the Hugging Face Hub: Markdown with YAML front matter.

Which field is which key of a record is data: `ontology/crosswalk/hub-card.tsv`. The text below the front
matter is for people, and is not read. A card does not say what it is the card of: whoever reads it does.

Source: https://huggingface.co/docs/hub/model-cards#model-card-metadata and
https://huggingface.co/docs/hub/datasets-cards.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed, Unreadable
from umr_ld.formats.draft import Draft
from umr_ld.formats.loss import Loss, LossReport
from umr_ld.media import Media
from umr_ld.names import Name
from umr_ld.tree import Tree, dotted
from umr_ld.vocab import CONTEXT_IRI
from umr_ld.yamlld import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from umr_ld.document import Document
    from umr_ld.tree import Path, Value

VERSION = "0.0.0"
"""Of a card's draft: cards have revisions, not versions."""

NOT_TAKEN = "not taken over"
"""Why a field that no rule knows is in the loss report."""

_FENCE = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
_HUB = frozenset(("huggingface.co", "www.huggingface.co", "hf.co"))
_OF_DATASETS = frozenset(
    ("pretty_name", "source_datasets", "task_categories", "size_categories", "dataset_info")
)
_NO_DATASET = frozenset(("original", "extended"))
"""In `source_datasets`: collected anew, or made from something that is not named."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field of a card says in a record.

    Args:
        value: of the field that qualifies it; empty for any other.
        key: of the record; empty for none.
        namespace: what begins the names of what a link reaches; empty for what is no link.
    """

    value: str
    key: str
    namespace: str


@cache
def crosswalk() -> Mapping[str, Sequence[Rule]]:
    """The rules of this installation, by field."""
    from umr_ld.resources import resource

    text = resource("ontology/crosswalk/hub-card.tsv").read_text(encoding="utf-8")
    rules: dict[str, list[Rule]] = {}
    for row in csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        rules.setdefault(row["field"], []).append(Rule(row["value"], row["key"], row["namespace"]))
    return rules


def read_card(document: Document, name: str) -> tuple[Draft, LossReport]:
    """Read a card.

    Args:
        document: the card, in UTF-8, with any line ends; places in messages are lines of it.
        name: of what it is the card of.

    Returns:
        a draft, and what did not come through as it was.

    Raises:
        Unreadable: if it has no front matter, or it is no YAML.
        Malformed: if the front matter is no mapping.
        Invalid: as `yamlld.read_yaml`.
    """
    tree = read_yaml(replace(document, body=_front_matter(document), media=Media.YAML))
    if not isinstance(tree.root, dict):
        raise Malformed(
            "the front matter of the card holds no fields",
            where=document.source,
            remedy="write lines like `license: apache-2.0` between the lines of ---",
        )
    card = _Card(tree, tree.root)
    card.read()
    kind = "Model" if _OF_DATASETS.isdisjoint(tree.root) else "Dataset"
    head: dict[str, Value] = {"@context": CONTEXT_IRI, "type": kind, "name": name, "version": VERSION}
    root = {**head, "title": name, **card.facts}
    return Draft(Tree(root, tree.source, card.line_of), document), LossReport(tuple(card.losses))


def _front_matter(document: Document) -> bytes:
    """What stands between the two fences, each line where it stands in the card."""
    body = document.body.removeprefix(b"\xef\xbb\xbf")
    fences = list(_FENCE.finditer(body))[:2]
    if len(fences) < 2 or body[: fences[0].start()].strip():
        raise Unreadable(
            "the card has no front matter, so it says nothing that a program can read",
            where=document.source,
            remedy="begin it with a line ---, fields like `base_model: owner/name`, and another line ---",
        )
    before = body.count(b"\n", 0, fences[0].end())
    return b"\n" * before + body[fences[0].end() : fences[1].start()]


class _Card:
    """The front matter of one card, field by field."""

    def __init__(self, tree: Tree, fields: Mapping[str, Value]) -> None:
        self.facts: dict[str, Value] = {}
        self.losses: list[Loss] = []
        self._tree = tree
        self._fields = fields
        self._places: dict[Path, Path] = {}

    def read(self) -> None:
        """All fields."""
        for name in self._fields:
            rules = crosswalk().get(name)
            if rules is None:
                self._lose((name,), "", NOT_TAKEN)
            elif name == "license":
                self._read_license()
            else:
                self._read_field(name, self._rule(rules))

    def line_of(self, path: Path) -> int | None:
        """1-based line of what a value of the draft was made from."""
        return self._tree.line_of(self._places.get(path[:2], path))

    def _rule(self, rules: Sequence[Rule]) -> Rule:
        """Of several rules the one for what `base_model_relation` says; the last one for what it does not."""
        said = self._fields.get("base_model_relation")
        found = next((rule for rule in rules if rule.value and rule.value == said), rules[-1])
        if said is not None and len(rules) > 1 and not found.value:
            known = ", ".join(rule.value for rule in rules if rule.value)
            self._lose(
                ("base_model_relation",), str(said), f"not known: taken as {found.key}; known are {known}"
            )
        return found

    def _read_field(self, field: str, rule: Rule) -> None:
        if not rule.key:
            return
        for path, text in self._texts(field):
            if rule.namespace:
                self._link(path, text, rule)
            elif rule.key != "reference" or is_absolute(text):
                self._add(rule.key, text, path)

    def _texts(self, field: str) -> Iterator[tuple[Path, str]]:
        """The texts of a field, whether it holds one or several."""
        value = self._fields[field]
        several = enumerate(value) if isinstance(value, list) else ((None, value),)
        for at, one in several:
            path: Path = (field,) if at is None else (field, at)
            if isinstance(one, str) and one.strip():
                yield path, str(one).strip()
            elif one not in (None, ""):
                self._lose(path, str(one), "not read: no text")

    def _link(self, path: Path, text: str, rule: Rule) -> None:
        if path[0] == "source_datasets":
            kind, _, text = text.rpartition("|")
            if kind.partition("|")[0] not in {"", "extended"} or text in _NO_DATASET:
                return
        try:
            name = str(Name.parse(f"{rule.namespace}{_repository(text)}"))
        except Malformed as error:
            self._lose(path, text, f"not read: {error.what}")
            return
        link: dict[str, Value] = {"relation": rule.key, "artifact": name}
        # What the hub has need not be recorded here.
        self._add("upstream", {**link, "evidence": "declared", "external": True}, path)

    def _read_license(self) -> None:
        found = [text for _, text in self._texts("license")]
        name = self._fields.get("license_name")
        named = [_license_ref(name) if one == "other" and isinstance(name, str) else one for one in found]
        if len(named) > 1:
            self._lose(("license",), ", ".join(named), "several licences: taken as if all of them held")
        if named:
            self.facts["licenseExpression"] = " AND ".join(named)
            self._places[("licenseExpression",)] = ("license",)

    def _add(self, key: str, value: Value, path: Path) -> None:
        if key == "title":
            self.facts[key] = value
            self._places[key,] = path
            return
        several = self.facts.setdefault(key, [])
        assert isinstance(several, list)
        self._places[key, len(several)] = path
        several.append(value)

    def _lose(self, path: Path, value: str, why: str) -> None:
        line = self._tree.line_of(path)
        place = self._tree.source if line is None else f"{self._tree.source}:{line}"
        self.losses.append(Loss(dotted(path), value, why, place))


def _repository(text: str) -> str:
    """`owner/name` of a repository, which some write as an address."""
    if not is_absolute(text):
        return text
    parts = urlsplit(text)
    if parts.hostname not in _HUB:
        return text
    segments = [segment for segment in parts.path.split("/") if segment]
    return "/".join(segments[1:3] if segments[:1] == ["datasets"] else segments[:2])


def _license_ref(name: str) -> str:
    """A licence that has a name but no identifier (SPDX 3.0.1 Annex B, `LicenseRef-`)."""
    return "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")
