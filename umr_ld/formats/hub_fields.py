"""The fields that cards and lists of the Hugging Face Hub share, and what they say in a record.

Which field is which key of a record is data: `ontology/crosswalk/hub-card.tsv`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed
from umr_ld.formats.loss import Loss
from umr_ld.formats.tabular import crosswalk_rows
from umr_ld.licences import SPDX, identifier
from umr_ld.names import Name
from umr_ld.tree import Path, Value, dotted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

HUB = "hf"
"""First segment of the names of what is on the hub."""

MODELS = f"{HUB}/"
DATASETS = f"{HUB}/datasets/"

NOT_TAKEN = "not taken over"
"""Why a field that no rule knows is in the loss report."""

_HOSTS = frozenset(("huggingface.co", "www.huggingface.co", "hf.co"))
_NO_DATASET = frozenset(("original", "extended"))
"""In `source_datasets`: collected anew, or made from something that is not named."""
_ODD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
_ESCAPE = "repo--"
"""Before a segment that is none in a name. The hub lets nobody write two hyphens, so that nothing else is called so."""
_LICENCE = re.compile(r"[A-Za-z0-9.+-]+\Z")
_LONGEST = 1000
"""Characters of a value: no field holds more, and loss reports repeat no more."""
_UNSAYABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """What a field of a card says in a record.

    Args:
        value: of the field that qualifies it; empty for any other.
        key: of the record; empty for none.
        namespace: what begins the names of what a link reaches; empty for what is no link.
        inherit: whether nearly everything that holds for what the link reaches holds here too.
    """

    value: str
    key: str
    namespace: str
    inherit: bool = False


@cache
def crosswalk() -> Mapping[str, Sequence[Rule]]:
    """The rules of this installation, by field."""
    rules: dict[str, list[Rule]] = {}
    for row in crosswalk_rows("hub-card"):
        rule = Rule(row["value"], row["key"], row["namespace"], row["inherit"] == "true")
        rules.setdefault(row["field"], []).append(rule)
    return rules


def name_of(repository: str, namespace: str = MODELS) -> Name:
    """The name of what the hub keeps in a repository.

    Args:
        repository: `owner/name`, or `name` alone; also as an address of the hub.
        namespace: what begins the name.

    Returns:
        the name; a segment that is none in a name, since it begins with `_` or looks like a version, stands
        behind `repo--`.

    Raises:
        Malformed: if it is no repository.
    """
    path = _path(repository)
    try:
        return Name.parse(f"{namespace}{path}")
    except Malformed:
        segments = path.split("/")
        if len(segments) > 2 or not all(map(_ODD.match, segments)):
            raise
    return Name.parse(namespace + "/".join(map(_written, segments)))


def repository_of(name: str) -> str:
    """The repository that a name was made from by `name_of`; empty if it is none of a model or dataset.

    Args:
        name: of an artifact.
    """
    for namespace in (DATASETS, MODELS):
        if name.startswith(namespace):
            path = name.removeprefix(namespace)
            return "/".join(segment.removeprefix(_ESCAPE) for segment in path.split("/"))
    return ""


def _written(segment: str) -> str:
    try:
        return str(Name.parse(segment))
    except Malformed:
        return _ESCAPE + segment


def _path(text: str) -> str:
    """`owner/name` of a repository, which some write as an address."""
    if not is_absolute(text):
        return text
    parts = urlsplit(text)
    if parts.hostname not in _HOSTS:
        return text
    segments = [segment for segment in parts.path.split("/") if segment]
    return "/".join(segments[1:3] if segments[:1] == ["datasets"] else segments[:2])


class Fields:
    """Fields of one card, one after the other made facts of a record.

    Args:
        fields: by name.
        place: of a field or of one of its values, for messages.
    """

    def __init__(self, fields: Mapping[str, Value], place: Callable[[Path], str]) -> None:
        self.facts: dict[str, Value] = {}
        self.losses: list[Loss] = []
        self.places: dict[Path, Path] = {}
        self._fields = fields
        self._place = place
        self._linked: set[tuple[str, str]] = set()

    def read(self, relations: Mapping[str, str] | None = None) -> None:
        """All fields.

        Args:
            relations: what is said elsewhere of how something was made from a base model, for where the card
                does not say it itself: values of `base_model_relation` by the base model's repository.
        """
        for name in self._fields:
            rules = crosswalk().get(name)
            if rules is None:
                self.lose((name,), "", NOT_TAKEN)
            elif name == "license":
                self._read_license()
            else:
                self._read_field(name, rules, relations or {})

    def _rule(self, rules: Sequence[Rule], said: Value) -> Rule:
        """Of several rules the one for what `base_model_relation` says; the last one for what it does not."""
        return next((rule for rule in rules if rule.value and rule.value == said), rules[-1])

    def _said(self, rules: Sequence[Rule]) -> Value:
        """What the card itself says of the relation to its base models."""
        said = self._fields.get("base_model_relation")
        if said is not None and len(rules) > 1 and not self._rule(rules, said).value:
            known = ", ".join(rule.value for rule in rules if rule.value)
            key = rules[-1].key
            self.lose(("base_model_relation",), str(said), f"not known: taken as {key}; known are {known}")
            return None
        return said

    def _read_field(self, field: str, rules: Sequence[Rule], relations: Mapping[str, str]) -> None:
        if not rules[-1].key:
            return
        said = self._said(rules) if len(rules) > 1 else None
        for path, text in self._texts(field):
            rule = self._rule(rules, said or relations.get(text))
            if rule.namespace:
                self.link(path, text, rule)
            elif rule.key != "reference" or is_absolute(text):
                self.add(rule.key, text, path)

    def _texts(self, field: str) -> Iterator[tuple[Path, str]]:
        """The texts of a field, whether it holds one or several."""
        value = self._fields[field]
        several = enumerate(value) if isinstance(value, list) else ((None, value),)
        for at, one in several:
            path: Path = (field,) if at is None else (field, at)
            text = plain(one) if isinstance(one, str) else ""
            if len(text) > _LONGEST:
                self.lose(path, text, f"not taken over: it has {len(text):,} characters")
            elif text:
                yield path, text
            elif one is not None and not isinstance(one, str):
                self.lose(path, str(one), "not read: no text")

    def link(self, path: Path, text: str, rule: Rule, **known: Value) -> None:
        """Add what a field says something was made from, once.

        Args:
            path: of the value.
            text: the repository.
            rule: its relation.
            known: how it is known; the publisher declares it unless given.
        """
        if path[0] == "source_datasets":
            kind, _, text = text.rpartition("|")
            if kind.partition("|")[0] not in {"", "extended"} or text in _NO_DATASET:
                return
        try:
            name = str(name_of(text, rule.namespace))
        except Malformed as error:
            self.lose(path, text, f"not read: {error.what}")
            return
        if (rule.key, name) in self._linked:
            return
        self._linked.add((rule.key, name))
        link: dict[str, Value] = {"relation": rule.key, "artifact": name}
        if rule.inherit:
            link["inherit"] = True
        # What the hub has need not be recorded here.
        self.add("upstream", {**link, **(known or {"evidence": "declared"}), "external": True}, path)

    def _read_license(self) -> None:
        found = [self._licence(path, text) for path, text in self._texts("license")]
        if len(found) > 1:
            self.lose(("license",), ", ".join(found), "several licences: taken as if all of them held")
        if not found:
            return
        # A single licence of SPDX's list has an address, by which all records under it are found.
        key = "license" if len(found) == 1 and identifier(found[0]) else "licenseExpression"
        self.facts[key] = f"{SPDX}{found[0]}" if key == "license" else " AND ".join(found)
        self.places[key,] = ("license",)

    def _licence(self, path: Path, text: str) -> str:
        """A licence as an expression has it (SPDX 3.0.1 Annex B), however it is spelt."""
        name = self._fields.get("license_name")
        if text == "other" and isinstance(name, str) and (ref := _licence_ref(name)):
            return ref
        if _LICENCE.match(text):
            return identifier(text) or text
        plain = re.sub(r"[\s,]+(licen[cs]e|version|v(?=\d))?[\s,]*", "-", text, flags=re.IGNORECASE).strip(
            "-"
        )
        made = identifier(plain) or _licence_ref(text) or "other"
        self.lose(path, text, f"no identifier of a licence: taken as {made}")
        return made

    def add(self, key: str, value: Value, path: Path) -> None:
        """Add a value.

        Args:
            key: of the record.
            value: to be added; of a title the last one counts.
            path: what it was made from.
        """
        if key == "title":
            self.facts[key] = value
            self.places[key,] = path
            return
        several = self.facts.setdefault(key, [])
        assert isinstance(several, list)
        self.places[key, len(several)] = path
        several.append(value)

    def lose(self, path: Path, value: str, why: str) -> None:
        """Report a value.

        Args:
            path: of it.
            value: as it was written.
            why: it did not come through as it was.
        """
        self.losses.append(Loss(dotted(path), plain(value)[:_LONGEST], why, self._place(path)))


def plain(text: str) -> str:
    """A text on one line, without what cannot be published: control characters, and halves of characters.

    Args:
        text: anything.
    """
    return _UNSAYABLE.sub(" ", text).strip()


def _licence_ref(name: str) -> str:
    """A licence that has a name but no identifier (SPDX 3.0.1 Annex B, `LicenseRef-`); empty if that leaves none."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")[:200]
    return f"LicenseRef-{plain}" if plain else ""
