"""The vocabulary as people read it: its terms, made from the statements of its own files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from umr_ld.resources import resource
from umr_ld.vocab import DCT, OWL, RDF, RDFS, SKOS, UMR, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_TYPE, _LABEL, _COMMENT = f"{RDF}type", f"{RDFS}label", f"{RDFS}comment"
_LABELS = (_LABEL, f"{SKOS}prefLabel", f"{DCT}title", "http://www.w3.org/ns/shacl#name")
_COMMENTS = (_COMMENT, f"{SKOS}definition", f"{DCT}description", "http://www.w3.org/ns/shacl#description")
_APART = frozenset(
    {*_LABELS, *_COMMENTS, _TYPE, f"{RDFS}isDefinedBy", f"{UMR}order", f"{UMR}group", f"{SKOS}inScheme"}
)
"""What a term's page says in places of its own."""

_HEADINGS = {
    f"{OWL}Class": "Classes",
    f"{OWL}ObjectProperty": "Properties that lead to things",
    f"{OWL}DatatypeProperty": "Properties with values",
    f"{OWL}AnnotationProperty": "How the terms behave",
    f"{OWL}NamedIndividual": "Individuals",
    f"{SKOS}Concept": "Concepts",
    "http://www.w3.org/ns/shacl#NodeShape": "Shapes",
}
_AFTER = 1_000_000
"""Rank above those of all groups."""


class Vocabulary(NamedTuple):
    """A document of terms.

    Args:
        iri: of the document; its terms have it before a `#`.
        path: of the file.
    """

    iri: str
    path: str


_ROOT = "https://w3id.org/umr-ld"
VOCABULARIES = {
    "ns": Vocabulary(f"{_ROOT}/ns", "ontology/umr.ttl"),
    "risk": Vocabulary(f"{_ROOT}/risk", "ontology/risks.ttl"),
    "licence": Vocabulary(f"{_ROOT}/licence", "ontology/licences.ttl"),
    **{
        f"profiles/{path.parent.name}": Vocabulary(
            f"{_ROOT}/profiles/{path.parent.name}", f"shapes/profiles/{path.parent.name}/items.ttl"
        )
        for path in sorted(resource("shapes").glob("profiles/*/items.ttl"))
    },
}
"""By the path below the place where they are published."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said with one property.

    Args:
        label: of the property.
        values: as text, and where it leads or nothing.
    """

    label: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the vocabulary.

    Args:
        iri: its IRI.
        anchor: its identifier on the page.
        name: as it is written in short.
        label: for people.
        comment: its definition.
        facts: what else is said of it.
    """

    iri: str
    anchor: str
    name: str
    label: str
    comment: str
    facts: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Terms of one sort.

    Args:
        heading: of the section.
        anchor: its identifier on the page.
        terms: in order.
    """

    heading: str
    anchor: str
    terms: tuple[Term, ...]


class Statements:
    """Statements of files, by subject and property, with the labels of all that has one.

    Args:
        paths: of Turtle files.
        prefixes: by which IRIs are written in short.
    """

    def __init__(self, paths: Iterable[str], prefixes: Mapping[str, str]) -> None:
        self._prefixes = dict(prefixes)
        self._said: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
        for path in paths:
            parser = ox.parse(path=str(resource(path)), format=ox.RdfFormat.TURTLE)
            for quad in parser:
                if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.BlankNode):
                    said = self._said.setdefault(quad.subject.value, {})
                    said.setdefault(quad.predicate.value, []).append(quad.object)
            self._prefixes |= {
                key: iri for key, iri in parser.prefixes.items() if iri not in self._prefixes.values()
            }

    def subjects(self) -> Iterator[str]:
        """Everything of which something is said, in the order of the files."""
        return iter(self._said)

    def texts(self, subject: str, *names: str) -> list[str]:
        """The values of properties, as text.

        Args:
            subject: IRI.
            names: IRIs of properties.
        """
        said = self._said.get(subject, {})
        return [value.value for name in names for value in said.get(name, ())]

    def label(self, iri: str) -> str:
        """What people call something.

        Args:
            iri: of it.
        """
        return next(iter(self.texts(iri, *_LABELS)), "") or self.short(iri)

    def short(self, iri: str) -> str:
        """An IRI with a prefix, if there is one for it.

        Args:
            iri: whole.
        """
        for prefix, root in self._prefixes.items():
            if iri.startswith(root) and iri != root:
                return f"{prefix}:{iri[len(root) :]}"
        return iri

    def facts(self, subject: str) -> tuple[Said, ...]:
        """What is said of something, apart from its label and definition.

        Args:
            subject: IRI.
        """
        return tuple(
            Said(self.label(name), tuple(map(self._shown, values)))
            for name, values in self._said.get(subject, {}).items()
            if name not in _APART
        )

    def _shown(self, value: ox.NamedNode | ox.Literal) -> tuple[str, str]:
        if isinstance(value, ox.Literal):
            return value.value, ""
        known = value.value in self._said
        return (self.label(value.value) if known else self.short(value.value)), place_of(value.value)


def place_of(iri: str) -> str:
    """Where a term is read: below this server, as `ns#Term`, or at its own address; nothing if at neither.

    Args:
        iri: of the term.
    """
    for key, one in VOCABULARIES.items():
        if iri == one.iri or iri.startswith(f"{one.iri}#"):
            return f"{key}{iri[len(one.iri) :]}"
    return iri if iri.startswith(("http://", "https://")) else ""


@cache
def statements() -> Statements:
    """What the ontology, its companions and the shapes say."""
    shapes = [f"shapes/{path.name}" for path in sorted(resource("shapes").glob("*.ttl"))]
    return Statements([*(one.path for one in VOCABULARIES.values()), *shapes], vocabulary().prefixes)


@cache
def sections(key: str) -> tuple[Section, ...]:
    """The terms of a document, by what sort of thing they are.

    Args:
        key: of `VOCABULARIES`.
    """
    known = statements()
    grouped: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for iri in _subjects(key):
        order = int(next(iter(known.texts(iri, f"{UMR}order")), "0"))
        grouped.setdefault(_sort_of(iri, known), []).append((order, iri))
    return tuple(
        Section(heading, f"section-{number}", tuple(_term(iri, key, known) for _, iri in sorted(found)))
        for number, ((_, heading), found) in enumerate(sorted(grouped.items()), 1)
    )


def _subjects(key: str) -> Iterator[str]:
    """The terms below the document's own IRI, wherever they are described, and those of others that it describes."""
    known, mine = statements(), VOCABULARIES[key]
    own = frozenset(Statements([mine.path], {}).subjects())
    roots = {one.iri for one in VOCABULARIES.values()}
    for iri in known.subjects():
        root = iri.partition("#")[0]
        is_mine = root == mine.iri if root in roots else iri in own
        if is_mine and iri not in roots:
            yield iri


def _sort_of(iri: str, known: Statements) -> tuple[int, str]:
    """Rank and heading of the section that a term stands in: its group, its own class, or what OWL calls it."""
    kinds = known.texts(iri, _TYPE)
    own = [kind for kind in kinds if kind not in _HEADINGS and kind.startswith(UMR)]
    if f"{UMR}Record" in known.texts(iri, f"{RDFS}subClassOf"):
        return 0, "Kinds of records"
    if own:
        return 2, known.label(own[0]).capitalize()
    for group in known.texts(iri, f"{UMR}group"):
        order = int(next(iter(known.texts(group, f"{UMR}order")), "0"))
        return 3 + order, known.label(group)
    found = next((kind for kind in kinds if kind in _HEADINGS), "")
    if found == f"{OWL}Class":
        return 1, _HEADINGS[found]
    return _AFTER + (list(_HEADINGS).index(found) if found else len(_HEADINGS)), _HEADINGS.get(
        found, "Others"
    )


def _term(iri: str, key: str, known: Statements) -> Term:
    root = f"{VOCABULARIES[key].iri}#"
    name = known.short(iri)
    anchor = iri.removeprefix(root) if iri.startswith(root) else name.replace(":", "-").replace("/", "-")
    comment = " ".join(known.texts(iri, *_COMMENTS))
    return Term(iri, anchor, name, known.label(iri), comment, known.facts(iri))
