"""Profiles, read from their folders. Everything in them is data: no item has code of its own.

`shapes/profiles/<id>/` holds

- `*.ttl`: one `skos:ConceptScheme`; its items, which are `skos:Concept` and `cccev:InformationRequirement`;
  a shape for each item (`umr:item`), whose severity says how binding it is and whose path where the answer
  stands. A shape whose `umr:item` is the scheme speaks of all items without one;
- `queries/<local name of the item>.rq`: SPARQL in the place of a path; `queries/item.rq` for all items that
  have neither.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from umr_ld.audit.item import SH, Item, Obligation, Outcome
from umr_ld.audit.path import properties_of, sparql_path
from umr_ld.audit.question import asked_in
from umr_ld.errors import Malformed, Missing
from umr_ld.resources import resource
from umr_ld.scores import REQUIREMENT
from umr_ld.turtle import Statements
from umr_ld.vocab import DCT, RDF, SKOS, UMR, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from umr_ld.turtle import Subject
    from umr_ld.vocab import Property

AUDITED = f"{UMR}Audited"

_PATH_QUERY = "SELECT DISTINCT ?value ?origin WHERE {{ GRAPH ?origin {{ ?record {path} ?value }} }}"
"""The query of all items with a path; the record is bound when it is asked."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile.

    Args:
        key: its short name, that of its folder.
        iri: of the concept scheme.
        title: in words.
        label: in few words.
        source: address of the document that it follows.
        status: label of its legal status.
        since: the day or month from which it applies, or empty.
        note: what everybody should know of it, or empty.
        items: in the order of the file.
        folder: where it was read from.
    """

    key: str
    iri: str
    title: str
    label: str
    source: str
    status: str
    since: str
    note: str
    items: tuple[Item, ...] = field(repr=False)
    folder: Path = field(repr=False, compare=False)

    @property
    def audiences(self) -> tuple[str, ...]:
        """Keys of those for whom there are items."""
        return tuple(sorted({one for item in self.items for one in item.audiences}))


def profiles(*more: Path) -> Mapping[str, Profile]:
    """The profiles that there are, by key: those that come with the program, and a deployment's own.

    Args:
        more: folders of further profiles, a folder each; one of the same key takes the place of one before it.

    Raises:
        Malformed: if one of them is none.
    """
    found = dict(shipped_profiles())
    for folder in more:
        if folder.is_dir():
            found |= _in(folder)
    return dict(sorted(found.items()))


def profile_named(key: str, known: Mapping[str, Profile]) -> Profile:
    """The profile that a person means.

    Args:
        key: what somebody wrote.
        known: those that there are.

    Raises:
        Missing: if there is none.
    """
    if key not in known:
        near = difflib.get_close_matches(key, known, 1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise Missing(f"there is no profile {key!r}", remedy=f"{meant}`umr audit profiles` lists them")
    return known[key]


@cache
def shipped_profiles() -> Mapping[str, Profile]:
    """The profiles that come with the program, by key, read once."""
    return _in(resource("shapes/profiles"))


def _in(folder: Path) -> dict[str, Profile]:
    return {
        path.name: read_profile(path)
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.name.startswith(".")
    }


def read_profile(folder: Path) -> Profile:
    """Read a profile.

    Args:
        folder: holds its files; its name is the profile's key.

    Raises:
        Malformed: if it is none; says what is missing, and where.
    """
    return _Reading(folder).profile()


class _Reading:
    """One profile as it is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = Statements(sorted(folder.glob("*.ttl")))
        self.queries = {path.stem: path for path in sorted(folder.glob("queries/*.rq"))}
        schemes = list(self.said.having(f"{RDF}type", f"{SKOS}ConceptScheme"))
        if len(schemes) != 1:
            raise self._refused(
                f"{len(schemes)} concept schemes", "describe one skos:ConceptScheme in items.ttl"
            )
        (self.scheme,) = schemes
        self.shapes = self._shapes()

    def profile(self) -> Profile:
        items = [self._item(one) for one in self.said.having(f"{RDF}type", REQUIREMENT)]
        if not items:
            raise self._refused(
                "it has no items", "an item is a skos:Concept and cccev:InformationRequirement"
            )
        self._require_sense(items)
        text = self.said.text
        return Profile(
            key=self.folder.name,
            iri=self.scheme.value,
            title=text(self.scheme, f"{DCT}title", f"{SKOS}prefLabel") or self.folder.name,
            label=text(self.scheme, f"{SKOS}prefLabel", f"{DCT}title") or self.folder.name,
            source=text(self.scheme, f"{DCT}source"),
            status=_status(text(self.scheme, f"{UMR}legalStatus")),
            since=text(self.scheme, f"{DCT}valid"),
            note=text(self.scheme, f"{SKOS}note"),
            items=tuple(items),
            folder=self.folder,
        )

    def _shapes(self) -> dict[Subject, Subject]:
        """Of each item, or the scheme, the shape that speaks of it."""
        found: dict[Subject, Subject] = {}
        for shape in self.said.having(f"{UMR}item"):
            for item in self.said.all(shape, f"{UMR}item"):
                if item in found:
                    raise self._refused(f"two shapes speak of {item.value}", "give each item one shape")
                found[item] = shape  # type: ignore[index] # a text is no item, and is found below
        return found

    def _require_sense(self, items: Iterable[Item]) -> None:
        known = {one.iri for one in items} | {self.scheme.value}
        for one in self.shapes:
            if one.value not in known:
                raise self._refused(f"a shape speaks of {one.value}, which is no item", "describe the item")
        names = {one.iri.rpartition("#")[2] for one in items}
        for name in self.queries:
            if name not in names | {"item"}:
                raise self._refused(
                    f"queries/{name}.rq belongs to no item", "name it as the end of an item's IRI"
                )
        notations = [one.notation for one in items]
        for notation in notations:
            if notations.count(notation) > 1:
                raise self._refused(f"two items have the number {notation}", "give each item its own")

    def _item(self, item: Subject) -> Item:
        shape = self.shapes.get(item) or self.shapes.get(self.scheme)
        said = {name: self._required(item, name) for name in ("notation", "prefLabel", "definition")}
        targets = self._texts(shape, f"{SH}targetClass")
        audiences = self.said.texts(item, f"{DCT}audience") or self.said.texts(self.scheme, f"{DCT}audience")
        source = self._own(item, f"{DCT}source")
        if not source:
            raise self._refused(f"{item.value} has no dct:source", "say where it comes from")
        return Item(
            iri=item.value,
            notation=said["notation"],
            label=said["prefLabel"],
            definition=said["definition"],
            heading=self._heading(item),
            source=source,
            status=_status(self._own(item, f"{UMR}legalStatus")),
            since=self._own(item, f"{DCT}valid"),
            obligation=self._obligation(shape),
            remedy=self._remedy(item, shape),
            targets=frozenset(targets) or frozenset({AUDITED}),
            kinds=frozenset(one.removeprefix(UMR) for one in self._texts(shape, f"{UMR}kind")),
            query=self._query(item, shape),
            by_name="item" not in self.queries,
            is_anchor=self.said.text(item, f"{UMR}anchor") == "true",
            audiences=frozenset(one.rpartition("#")[2] for one in audiences),
            inherited=self._outcome(self._own(item, f"{UMR}inheritedOutcome")),
        )

    def _texts(self, shape: Subject | None, name: str) -> list[str]:
        return [] if shape is None else self.said.texts(shape, name)

    def _own(self, item: Subject, name: str) -> str:
        """What is said of an item; else of the scheme, which speaks for all."""
        return self.said.text(item, name) or self.said.text(self.scheme, name)

    def _required(self, item: Subject, name: str) -> str:
        found = self.said.text(item, f"{SKOS}{name}")
        if not found:
            raise self._refused(f"{item.value} has no skos:{name}", "give it one")
        return found

    def _heading(self, item: Subject) -> str:
        """The labels of the concepts above an item, the widest first."""
        above: list[str] = []
        seen: set[object] = {item}
        broader = self.said.all(item, f"{SKOS}broader")
        while broader and broader[0] not in seen:
            seen.add(broader[0])
            above.append(self.said.text(broader[0], f"{SKOS}prefLabel"))
            broader = self.said.all(broader[0], f"{SKOS}broader")
        return " / ".join(reversed([one for one in above if one]))

    def _obligation(self, shape: Subject | None) -> Obligation:
        if shape is None:
            return Obligation.OPTIONAL
        severity = self.said.text(shape, f"{SH}severity") or Obligation.MANDATORY.iri
        for one in Obligation:
            if one.iri == severity:
                return one
        raise self._refused(f"{severity} is no severity", "sh:Violation, sh:Warning or sh:Info")

    def _outcome(self, iri: str) -> Outcome:
        for one in Outcome:
            if one.iri == iri:
                return one
        if iri:
            raise self._refused(f"{iri} is no outcome of EARL", "earl:passed or earl:cantTell")
        return Outcome.PASSED

    def _query(self, item: Subject, shape: Subject | None) -> str:
        file = self.queries.get(item.value.rpartition("#")[2])
        if file is not None:
            return asked_in(file)
        paths = [] if shape is None else self.said.all(shape, f"{SH}path")
        if paths:
            try:
                return _PATH_QUERY.format(path=sparql_path(paths[0], self.said))  # type: ignore[arg-type]
            except ValueError as error:
                raise self._refused(f"{item.value}: {error}", "write a path of SHACL §2.3.1") from None
        file = self.queries.get("item")
        return "" if file is None else asked_in(file)

    def _remedy(self, item: Subject, shape: Subject | None) -> str:
        """What the shape says; else which property to fill in; else how to answer the item itself."""
        stated = self._texts(shape, f"{UMR}remedy")
        if stated:
            return stated[0]
        paths = [] if shape is None else self.said.all(shape, f"{SH}path")
        known = vocabulary().properties
        named = [one for path in paths for one in properties_of(path, self.said) if one in known]  # type: ignore[arg-type]
        if named:
            each = " or ".join(_named(known[one]) for one in dict.fromkeys(named))
            return f"Fill in {each}."
        indicator = item.value.removeprefix("https://w3id.org/umr-ld/profiles/")
        return f"Answer it: an answer with the indicator {indicator}."

    def _refused(self, what: str, remedy: str) -> Malformed:
        return Malformed(f"no profile: {what}", where=str(self.folder), remedy=f"{remedy}; see docs/audit.md")


def _named(rule: Property) -> str:
    """A property as authors write it, with its label where that says more."""
    return rule.key if rule.label == rule.key else f"{rule.key} ({rule.label})"


def _status(iri: str) -> str:
    """A status by the end of its IRI, which is its word: `binding`, `at-risk`."""
    return iri.rpartition("#")[2] if "#" in iri else iri.rpartition("/")[2]
