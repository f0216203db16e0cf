"""A draft from what somebody has of a model: its card, its configuration, its name, what the hub says of it.

What the publisher states is declared. What follows from files, a name or a sentence is concluded here: it is marked as
inferred, with what it was concluded from, for a person to look at.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from umr_ld.errors import Invalid, Malformed, Unreadable
from umr_ld.formats.hub_card import read_card
from umr_ld.formats.hub_fields import DATASETS, crosswalk, name_of, plain
from umr_ld.formats.kaggle import DATASETS as KAGGLE_DATASETS
from umr_ld.formats.loss import Loss
from umr_ld.formats.tabular import crosswalk_rows
from umr_ld.vocab import CONTEXT_IRI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from umr_ld.document import Document
    from umr_ld.formats.hub_listing import Listed
    from umr_ld.tree import Value

CARD = "README.md"
VERSION = "1.0.0"
AGENT = "umr new"
_UNSURE = "basedOn"
_DATASETS = (DATASETS, KAGGLE_DATASETS)

_NAME, _TEXT = "name", "text"
"""Places that are no files: the name's last segment, and the text of the card."""

_ADDRESS = r"[^\n]{0,80}?https://huggingface\.co/([A-Za-z0-9_][\w.-]*/[A-Za-z0-9_][\w.-]*[A-Za-z0-9_])"
_EVIDENCE = 300


class Sign(NamedTuple):
    """A row of the table of what a relation is concluded from.

    Args:
        place: a file, `name` or `text`.
        field: of the file.
        says: `base` if it names what it was made from; else `object` or `part`, what there has to be.
        pattern: of the name or the text.
        relation: key of what is concluded.
        note: for people.
    """

    place: str
    field: str
    says: str
    pattern: str
    relation: str
    note: str


@cache
def signs() -> tuple[Sign, ...]:
    """The table `hub-conclusion.tsv`, the surest first."""
    return tuple(Sign(**row) for row in crosswalk_rows("hub-conclusion"))


def looked_at() -> tuple[str, ...]:
    """The files of a folder or repository from which something follows."""
    return tuple(dict.fromkeys([CARD, *(one.place for one in signs() if one.field)]))


@dataclass(slots=True)
class Outline:
    """A draft that somebody has to look at.

    Args:
        root: keys as in a draft.
        losses: what did not come through as it was.
        inferred: what was concluded, in words.
    """

    root: dict[str, Value]
    losses: list[Loss]
    inferred: list[str]

    @property
    def links(self) -> list[dict[str, Value]]:
        """What it is made from; the very links of the draft."""
        found = self.root.get("upstream", [])
        assert isinstance(found, list)
        return found  # type: ignore[return-value]


def outline(name: str, files: Mapping[str, Document], listed: Listed | None = None) -> Outline:
    """A draft from whatever there is.

    Args:
        name: of the artifact.
        files: those of `looked_at` that there are.
        listed: what the hub says, if it was asked.

    Returns:
        the draft, with what could not be read of the files reported.
    """
    made = _stated(name, files.get(CARD), listed)
    made.root.setdefault("upstream", [])
    for relation, text, how in _concluded(name, files):
        _conclude(made, relation, text, how)
    links = made.root.pop("upstream", [])
    if links:
        made.root["upstream"] = links
    return made


def _stated(name: str, card: Document | None, listed: Listed | None) -> Outline:
    if listed is not None:
        assert isinstance(listed.draft.tree.root, dict)
        return Outline({**listed.draft.tree.root, "name": name}, list(listed.losses), [])
    root: dict[str, Value] = {"type": "Model", "name": name, "version": VERSION}
    losses: list[Loss] = []
    if card is not None:
        try:
            draft, report = read_card(card, name)
        except (Unreadable, Malformed, Invalid) as error:
            losses.append(Loss("", "", f"the card is not read: {error.what}", error.where or card.source))
        else:
            assert isinstance(draft.tree.root, dict)
            root, losses = {**draft.tree.root, "version": VERSION}, list(report)
    if root.get("title") in {None, name}:
        root["title"] = name.rpartition("/")[2]
    return Outline({"@context": CONTEXT_IRI, **root}, losses, [])


def _concluded(name: str, files: Mapping[str, Document]) -> Iterator[tuple[str, str, str]]:
    """Relation, repository (empty for the one that is known) and what it was concluded from."""
    card = files.get(CARD)
    text = card.body.decode("utf-8", "replace") if card is not None else ""
    for sign in signs():
        if sign.place == _NAME:
            if found := re.search(sign.pattern, name.rpartition("/")[2], re.IGNORECASE):
                yield sign.relation, "", f"the name says {found[1]}"
        elif sign.place == _TEXT:
            for match in re.finditer(sign.pattern + _ADDRESS, text, re.IGNORECASE):
                yield sign.relation, match[1], f"the card says: {plain(match[0])[:_EVIDENCE]}"
        else:
            yield from _of_file(sign, _json(files.get(sign.place)).get(sign.field))


def _of_file(sign: Sign, value: object) -> Iterator[tuple[str, str, str]]:
    if sign.says == "base" and isinstance(value, str):
        yield sign.relation, plain(value), f"{sign.place} names it as {sign.field}"
    elif sign.says == "object" and isinstance(value, dict):
        yield sign.relation, "", f"{sign.place} has a {sign.field}"


def _json(document: Document | None) -> dict[str, object]:
    try:
        found = json.loads(document.body) if document is not None else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _conclude(made: Outline, relation: str, repository: str, how: str) -> None:
    """Make a link of a conclusion, or say of a link that is there how something was made."""
    try:
        target = str(name_of(repository)) if repository else ""
    except Malformed:
        made.losses.append(Loss("", repository, f"no repository of the hub, though {how}", ""))
        return
    if target == made.root["name"]:
        return
    models = [link for link in made.links if not str(link["artifact"]).startswith(_DATASETS)]
    known = [link for link in models if link["artifact"] == target] if target else models
    if any(link["relation"] != _UNSURE for link in known):
        return
    told: dict[str, Value] = {"evidence": "inferred", "evidenceAgent": AGENT, "evidenceMethod": how}
    if _inherits(relation):
        told["inherit"] = True
    if known and (target or len(known) == 1):
        if known[0].get("evidence") == "declared":
            told["evidenceMethod"] = f"the card names it as base_model, and {how}"
        known[0] |= {"relation": relation, **told}
    elif target:
        made.links.append({"relation": relation, "artifact": target, **told, "external": True})
    else:
        made.inferred.append(f"{relation}, but of what is not known: {how}")
        return
    artifact = target or str(known[0]["artifact"])
    made.inferred.append(f"{relation} {artifact}: {how}")


def _inherits(relation: str) -> bool:
    return any(rule.inherit for rules in crosswalk().values() for rule in rules if rule.key == relation)
