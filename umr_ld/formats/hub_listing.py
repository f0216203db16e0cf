"""What the API of the Hugging Face Hub says of a model or dataset: an object of `/api/models`, or a line of a list.

Such an object holds the card's fields (`cardData`), and tags that the hub makes of the card and of the files. Where
both name a base model, the card says that it is one, and the tag in which relation; what only a tag names, the hub
concluded. Which member is which key of a record is data: `ontology/crosswalk/hub-listing.tsv`.

Source: https://huggingface.co/docs/hub/api and `huggingface_hub.hf_api.ModelInfo`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Malformed
from umr_ld.formats.draft import Draft
from umr_ld.formats.hub_fields import (
    DATASETS,
    MODELS,
    NOT_TAKEN,
    Fields,
    crosswalk,
    name_of,
    plain,
    repository_of,
)
from umr_ld.formats.loss import Loss
from umr_ld.formats.tabular import crosswalk_rows
from umr_ld.tree import Number, Tree, dotted, nowhere
from umr_ld.vocab import CONTEXT_IRI

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from umr_ld.document import Document
    from umr_ld.tree import Path, Value

WEB = "https://huggingface.co/"
"""Where the hub shows its repositories to people, whatever machine is asked."""

VERSION = "0.1.0"
"""The first version of what has none at the hub."""

AGENT = "Hugging Face Hub"
"""Who concluded what only a tag says."""

_METHOD = "a tag that the hub made of the card and the files"
_NOTHING = frozenset(("none", "null", "undefined", "unknown", "n/a", "-", "..."))
"""What programs write as the base model where there is none."""
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")
_MOST_FILES = 2000
"""Files of one repository; datasets may have hundreds of thousands."""
_LONGEST_KEYWORD = 200
_LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Member:
    """What a member of an object says in a record.

    Args:
        value: of a tag, what stands before the colon; empty for other members.
        key: of the record; empty for none.
        prefix: what stands before the value there.
    """

    value: str
    key: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One object, read.

    Args:
        name: of what it describes.
        draft: the record as it would be if it were the first.
        losses: what did not come through as it was.
        removed: when it was gone from the hub, in the list's own words; empty if it is there.
        stated: how many links to models and to datasets the object names, each once.
    """

    name: str
    draft: Draft
    losses: tuple[Loss, ...] = ()
    removed: str = ""
    stated: tuple[int, int] = (0, 0)

    def asked_for(self, repository: str, *, dataset: bool = False) -> Listed:
        """The same, with the name that it was asked for by, if the hub calls it otherwise: it was renamed.

        Args:
            repository: `owner/name`.
            dataset: whether it describes a dataset; else a model.
        """
        root = self.draft.tree.root
        if (
            not isinstance(root, dict)
            or str(name_of(repository, DATASETS if dataset else MODELS)) == self.name
        ):
            return self
        address = f"{WEB}{'datasets/' if dataset else ''}{repository}"
        tree = replace(self.draft.tree, root={**root, "alsoKnownAs": [address]})
        renamed = Loss("id", repository, f"renamed: the hub calls it {self.name}", self.draft.document.source)
        return replace(self, draft=Draft(tree, self.draft.document), losses=(*self.losses, renamed))


@cache
def members() -> Mapping[str, Sequence[Member]]:
    """The rules of this installation, by member."""
    rules: dict[str, list[Member]] = {}
    for row in crosswalk_rows("hub-listing"):
        rules.setdefault(row["field"], []).append(Member(row["value"], row["key"], row["prefix"]))
    return rules


def read_listed(item: Any, document: Document, *, dataset: bool = False) -> Listed:
    """Read one object.

    Args:
        item: as JSON gives it.
        document: where it stands, for messages.
        dataset: whether it describes a dataset; else a model.

    Returns:
        the draft of its record, with what did not come through.

    Raises:
        Malformed: if it is no object, or names nothing that can be recorded.
    """
    repository = item.get("id", item.get("modelId")) if isinstance(item, dict) else None
    if not isinstance(repository, str):
        raise Malformed(
            "this describes nothing of the hub: it has no id",
            where=document.source,
            remedy="an object of the list has the members id, tags and cardData",
        )
    try:
        name = str(name_of(repository, DATASETS if dataset else MODELS))
    except Malformed as error:
        raise Malformed(error.what, where=document.source, remedy=error.remedy) from None
    return _Object(item, repository, name, document, dataset).read()


@dataclass(slots=True)
class _Tags:
    """The tags of an object, by what they are about.

    Args:
        parents: base models, with the relation where one is said.
        datasets: names of datasets.
        facts: key and value of what else the crosswalk knows.
        words: what has no prefix that is known.
        licence: as the hub writes it.
    """

    parents: dict[str, str] = field(default_factory=dict)
    datasets: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    licence: str = ""


def _tags(given: object) -> _Tags:
    found = _Tags()
    known = {rule.value: rule for rule in members()["tags"]}
    for tag in given if isinstance(given, list) else ():
        head, colon, rest = tag.partition(":") if isinstance(tag, str) else ("", "", "")
        rule = known.get(head) if colon else None
        if rule is None:
            found.words.append(plain(str(tag))[:_LONGEST_KEYWORD])
        elif head == "base_model":
            relation, colon, typed = rest.partition(":")
            parent, relation = (typed, relation) if colon else (rest, "")
            found.parents[parent] = relation or found.parents.get(parent, "")
        elif head == "dataset":
            found.datasets.append(rest)
        elif head == "license":
            found.licence = rest
        elif rule.key and plain(rest):
            found.facts.append((rule.key, rule.prefix + plain(rest)))
    return found


class _Object:
    """One object on its way to a draft."""

    def __init__(
        self, item: dict[str, Any], repository: str, name: str, document: Document, dataset: bool
    ) -> None:
        self._item = item
        self._repository = repository
        self._name = name
        self._document = document
        self._kind = "Dataset" if dataset else "Model"
        self._tags = _tags(item.get("tags"))
        self._lost: list[Loss] = []
        self._noted: list[str] = []
        self._stated: dict[str, set[str]] = {"base_model": set(), "datasets": set()}

    def read(self) -> Listed:
        card = self._item.get("cardData")
        if card is not None and not isinstance(card, dict):
            self._lose(("cardData",), str(card), "not read: no fields")
        said: dict[str, Value] = dict(card) if isinstance(card, dict) else {}
        for key in ("base_model", "datasets"):
            said[key] = self._repositories(key, said.get(key))
        said |= {key: self._item[key] for key in ("pipeline_tag", "library_name") if self._item.get(key)}
        said["tags"] = self._words(said)
        said.setdefault("license", self._tags.licence)
        fields = Fields(said, lambda _: self._document.source)
        # Where the list says nothing, there is nothing to say of a field that a card may have.
        fields.read(self._tags.parents)
        self._concluded(fields)
        return self._listed(fields)

    def _listed(self, fields: Fields) -> Listed:
        root: dict[str, Value] = {
            "@context": CONTEXT_IRI,
            "type": self._kind,
            "name": self._name,
            "version": VERSION,
            "title": self._repository.rpartition("/")[2],
            "repository": self._address(),
            "source": self._address(),
            **self._plain(),
        }
        root |= {key: value for key, value in fields.facts.items() if value}
        if self._noted:
            root["note"] = "The card names as base model, which is no repository of the hub: " + "; ".join(
                self._noted
            )
        self._unknown()
        source = self._document.source
        draft = Draft(Tree(root, source, nowhere), self._document)
        removed = self._item.get("x_removed_at")
        counts = len(self._stated["base_model"]), len(self._stated["datasets"])
        losses = (*self._lost, *fields.losses)
        return Listed(self._name, draft, losses, plain(str(removed)) if removed else "", counts)

    def _address(self) -> str:
        return WEB + ("datasets/" if self._kind == "Dataset" else "") + self._repository

    def _plain(self) -> dict[str, Value]:
        """What members say by themselves."""
        found: dict[str, Value] = {}
        for member, (rule, *_) in members().items():
            value = self._item.get(member)
            if rule.key and not rule.value and isinstance(value, str) and plain(value):
                found[rule.key] = rule.prefix + plain(value)[:_LONGEST_TEXT]
        modified = self._item.get("lastModified")
        if "revision" not in found and isinstance(modified, str) and plain(modified):
            found["revision"] = plain(modified)[:_LONGEST_TEXT]
        for key, text in self._tags.facts:
            several = found.setdefault(key, [])
            assert isinstance(several, list)
            several.append(text)
        if files := self._files():
            found["distribution"] = files
        weights = self._item.get("safetensors")
        total = weights.get("total") if isinstance(weights, dict) else None
        if self._kind == "Model" and isinstance(total, int) and not isinstance(total, bool) and total > 0:
            found["parameterCount"] = Number(total)
        return found

    def _files(self) -> list[Value]:
        """The files whose digests the hub tells: those that it keeps as large ones (Git LFS)."""
        told = self._item.get("siblings")
        found: list[Value] = []
        for one in told if isinstance(told, list) else ():
            large = one.get("lfs") if isinstance(one, dict) else None
            digest = large.get("sha256") if isinstance(large, dict) else None
            name = one.get("rfilename") if isinstance(one, dict) else None
            if not isinstance(digest, str):
                continue
            if not _DIGEST.match(digest) or not isinstance(name, str) or not 0 < len(name) <= _LONGEST_TEXT:
                self._lose(("siblings",), f"{name} {digest}", "left out: this is no name with a SHA-256")
                continue
            size = large.get("size") if isinstance(large, dict) else None
            stated = {"byteSize": Number(size)} if isinstance(size, int) and size >= 0 else {}
            found.append({"fileName": plain(name), **stated, "sha256": digest})
        if len(found) > _MOST_FILES:
            self._lose(("siblings",), str(len(found)), f"the first {_MOST_FILES:,} files are taken")
        return found[:_MOST_FILES]

    def _repositories(self, key: str, value: Value) -> Value:
        """The repositories that a field of the card names, each once; what is none is reported."""
        several = value if isinstance(value, list) else [value]
        kept: list[Value] = []
        for one in several:
            if not isinstance(one, str) or not one.strip():
                kept.append(one)
            elif one.strip() not in self._stated[key]:
                self._stated[key].add(one.strip())
                kept += [one.strip()] if self._is_repository(key, one.strip()) else []
        return kept

    def _is_repository(self, key: str, text: str) -> bool:
        """Whether a text names something else of the hub; if not, that is reported."""
        if key == "base_model" and text == self._repository:
            self._lose((key,), text, "left out: the model names itself as its base model")
            return False
        try:
            path = repository_of(str(name_of(text, MODELS if key == "base_model" else DATASETS)))
        except Malformed:
            path = ""
        slashes = {1} if key == "base_model" else {0, 1}
        if not path or path.lower() in _NOTHING or path.count("/") not in slashes:
            self._lose((key,), text, "left out: this is no owner/name at the hub")
            if key == "base_model" and text.lower() not in _NOTHING:
                self._noted.append(repr(plain(text)[:500]))
            return False
        return True

    def _concluded(self, fields: Fields) -> None:
        """The links that only tags name."""
        known: dict[str, Value] = {
            "evidence": "inferred",
            "evidenceAgent": AGENT,
            "evidenceMethod": _METHOD,
        }
        for key, named in (("base_model", self._tags.parents), ("datasets", self._tags.datasets)):
            rules = crosswalk()[key]
            for text in named:
                if text in self._stated[key]:
                    continue
                self._stated[key].add(text)
                if self._is_repository(key, text):
                    said = self._tags.parents.get(text) if key == "base_model" else ""
                    rule = next((one for one in rules if one.value and one.value == said), rules[-1])
                    fields.link((key,), text, rule, **known)

    def _words(self, said: Mapping[str, Value]) -> list[Value]:
        """The tags that say what no field does."""
        languages = said.get("language")
        told = {said.get("pipeline_tag"), said.get("library_name"), ""}
        told |= (
            {one for one in languages if isinstance(one, str)} if isinstance(languages, list) else {languages}
        )
        return list(dict.fromkeys(word for word in self._tags.words if word not in told))

    def _unknown(self) -> None:
        for member in self._item.keys() - members().keys():
            self._lose((str(member),), "", NOT_TAKEN)

    def _lose(self, path: Path, value: str, why: str) -> None:
        self._lost.append(Loss(dotted(path), plain(value)[:_LONGEST_TEXT], why, self._document.source))
