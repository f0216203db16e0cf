"""The vocabulary: what the ontology and the context say, as values that the rest of the code asks.

Everything here is read from `ontology/`. Adding a property, a relation or a kind changes no code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from umr_ld.resources import resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UMR = "https://w3id.org/umr-ld/ns#"
RISK = "https://w3id.org/umr-ld/risk#"
PROV = "http://www.w3.org/ns/prov#"
DCAT = "http://www.w3.org/ns/dcat#"
DCT = "http://purl.org/dc/terms/"
SKOS = "http://www.w3.org/2004/02/skos/core#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"

CONTEXT_IRI = "https://w3id.org/umr-ld/context/v1"
"""The pinned context: the only one that published documents use."""

ANYWHERE = "*"
"""In place of the key of an object: wherever it may be."""


@dataclass(frozen=True, slots=True)
class Term:
    """A key of documents.

    Args:
        key: as authors write it.
        iri: of the property it stands for.
        type: `@id`, `@vocab`, a datatype IRI, or None for text.
        short_value: prefix that makes a short text an IRI, or None.
        is_node: whether its value may be an object with keys of its own.
        words: the keys that may stand as its value, where the type is `@vocab`.
    """

    key: str
    iri: str
    type: str | None
    short_value: str | None
    is_node: bool
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Property:
    """A property of records, and how it behaves.

    Args:
        iri: of the property.
        key: as authors write it.
        label: for people.
        comment: its definition.
        inheritance: `nearest`, `union` or `never`.
        inheritance_key: IRI of the nested property by which values are handed down; empty if they are not.
        change: `major`, `minor` or `patch`.
        group: key of its group, e.g. `identity`.
        order: where it stands; smaller first.
        kinds: keys of the kinds it is meant for; empty for all.
        is_facet: whether listings are counted and chosen by its values.
        is_fingerprint: whether a value stands for the bytes of a file.
        identifies: key of the reason why artifacts with the same value may be one; empty if they need not be.
    """

    iri: str
    key: str
    label: str
    comment: str
    inheritance: str
    inheritance_key: str
    change: str
    group: str
    order: int
    kinds: frozenset[str]
    is_facet: bool = False
    is_fingerprint: bool = False
    identifies: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """A way in which one thing is made from another.

    Args:
        iri: of the property.
        key: as authors write it.
        label: for people.
        comment: its definition.
        from_kinds: kinds it may start from; empty for any.
        to_kinds: kinds it may lead to; empty for any.
        order: where it stands; smaller first.
    """

    iri: str
    key: str
    label: str
    comment: str
    from_kinds: frozenset[str]
    to_kinds: frozenset[str]
    order: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record, or a group of properties.

    Args:
        iri: of the class or group.
        key: as authors write it.
        label: for people.
        comment: its definition.
        order: where it stands; smaller first.
    """

    iri: str
    key: str
    label: str
    comment: str
    order: int


class _Graph:
    """The ontology's statements by subject and property."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._said: dict[str, dict[str, list[str]]] = {}
        for path in paths:
            for quad in ox.parse(path=str(resource(path)), format=ox.RdfFormat.TURTLE):
                said = self._said.setdefault(quad.subject.value, {})
                said.setdefault(quad.predicate.value, []).append(quad.object.value)

    def all(self, subject: str, name: str) -> list[str]:
        return self._said.get(subject, {}).get(name, [])

    def one(self, subject: str, name: str, otherwise: str = "") -> str:
        return next(iter(self.all(subject, name)), otherwise)

    def having(self, name: str, value: str | None = None) -> list[str]:
        return [
            s for s, said in self._said.items() if name in said and (value is None or value in said[name])
        ]

    def pairs(self, name: str) -> list[tuple[str, str]]:
        return [(subject, value) for subject, said in self._said.items() for value in said.get(name, ())]


def _local(iri: str) -> str:
    return iri.removeprefix(UMR)


@dataclass(frozen=True, slots=True)
class Follows:
    """What follows from a statement.

    Args:
        above: properties that hold of the same.
        domains: classes that its subject is in.
        ranges: classes that its value is in.
        inverses: properties that hold the other way round.
    """

    above: tuple[ox.NamedNode, ...]
    domains: tuple[ox.NamedNode, ...]
    ranges: tuple[ox.NamedNode, ...]
    inverses: tuple[ox.NamedNode, ...]


class Vocabulary:
    """What keys, kinds, relations and properties there are, and what follows from them.

    Args:
        context: the JSON-LD context object.
        graph: statements of the ontology.
    """

    def __init__(self, context: Mapping[str, Any], graph: _Graph) -> None:
        self.context: Mapping[str, Any] = dict(context)
        self._graph = graph
        self.kinds: Mapping[str, Kind] = _by_order(
            self._kind(iri) for iri in graph.having(f"{RDFS}subClassOf", f"{UMR}Record")
        )
        self.groups: Mapping[str, Kind] = _by_order(
            self._group(iri) for iri in graph.having(f"{RDF}type", f"{UMR}Group")
        )
        self.relations: Mapping[str, Relation] = _by_order(
            self._relation(iri) for iri in graph.having(f"{RDF}type", f"{UMR}Relation")
        )
        self.terms: Mapping[tuple[str | None, str], Term] = MappingProxyType(self._read_terms())
        self._keys = {(parent, term.iri): term.key for (parent, _), term in self.terms.items()}
        self.properties: Mapping[str, Property] = MappingProxyType(
            {term.iri: self._property(term) for term in self.terms.values()}
        )
        ordered = sorted(self.properties.values(), key=lambda rule: rule.order)
        self.order_of_keys: Mapping[str, int] = {rule.key: rule.order for rule in reversed(ordered)}

    @cached_property
    def prefixes(self) -> Mapping[str, str]:
        """Prefix to namespace IRI: what the context declares."""
        return {key: iri for key, iri in self.context.items() if isinstance(iri, str) and iri[-1] in "#/"}

    @cached_property
    def facets(self) -> Mapping[str, Property]:
        """The properties by whose values listings are counted and chosen, by key."""
        return {rule.key: rule for rule in self.properties.values() if rule.is_facet}

    @cached_property
    def fingerprints(self) -> Mapping[str, Property]:
        """The properties whose values stand for the bytes of files, by IRI."""
        return {iri: rule for iri, rule in self.properties.items() if rule.is_fingerprint}

    @cached_property
    def identifying(self) -> Mapping[str, Property]:
        """The properties whose values tell what artifact a record is of, by the key of that reason."""
        return {rule.identifies: rule for rule in self.properties.values() if rule.identifies}

    # -- keys

    def term(self, key: str, parent: str | None = None) -> Term | None:
        """What a key means.

        Args:
            key: as authors write it.
            parent: key of the object it stands in; None at the record itself.

        Returns:
            None if the key has no meaning in that place: `metric` has one in an evaluation only.
        """
        return self.terms.get((parent, key)) or self.terms.get((None, key))

    def keys(self, parent: str | None = None) -> tuple[str, ...]:
        """The keys that may stand in an object.

        Args:
            parent: key of the object; None for the record itself.
        """
        return tuple({key: None for at, key in self.terms if at in {None, parent}})

    def key_of(self, iri: str, parent: str | None = ANYWHERE) -> str | None:
        """The key that stands for a property, or None.

        Args:
            iri: of the property; where no place is named, also of a relation, kind or word.
            parent: key of the object it stands in; None for the record itself.
        """
        if parent != ANYWHERE:
            return self._keys.get((parent, iri)) or self._keys.get((None, iri))
        if iri in self.properties:
            return self.properties[iri].key
        return _local(iri) if iri.startswith(UMR) and _local(iri) in self.context else None

    def iri_of(self, key: str) -> str:
        """What a key stands for.

        Args:
            key: a key or word of the context.

        Raises:
            KeyError: if the context does not have it.
        """
        said = self.context[key]
        return self._full(said["@id"] if isinstance(said, dict) else said)

    def order_of(self, iri: str) -> int:
        """Where a property stands among others; unknown ones come last.

        Args:
            iri: of the property.
        """
        rule = self.properties.get(iri)
        return rule.order if rule is not None else 1_000_000

    def is_class(self, key: str) -> bool:
        """Whether a key stands for a class.

        Args:
            key: as authors write it.
        """
        return isinstance(self.context.get(key), str) and f"{OWL}Class" in self._graph.all(
            self.iri_of(key), f"{RDF}type"
        )

    # -- what follows

    @cached_property
    def classes_above(self) -> Mapping[str, frozenset[str]]:
        """Class IRI to the classes that its members are also in."""
        return _closed(self._graph.pairs(f"{RDFS}subClassOf"))

    @cached_property
    def disjoint(self) -> tuple[tuple[str, str], ...]:
        """Pairs of classes that have no member in common."""
        return tuple(self._graph.pairs(f"{OWL}disjointWith"))

    @cached_property
    def properties_above(self) -> Mapping[str, frozenset[str]]:
        """Property IRI to the properties that follow from it."""
        return _closed(self._graph.pairs(f"{RDFS}subPropertyOf"))

    @cached_property
    def domains(self) -> Mapping[str, frozenset[str]]:
        """Property IRI to classes that its subjects are in."""
        return _gathered(self._graph.pairs(f"{RDFS}domain"))

    @cached_property
    def ranges(self) -> Mapping[str, frozenset[str]]:
        """Property IRI to classes that its values are in."""
        return _gathered(self._graph.pairs(f"{RDFS}range"))

    @cached_property
    def inverses(self) -> Mapping[str, frozenset[str]]:
        """Property IRI to its inverses."""
        pairs = self._graph.pairs(f"{OWL}inverseOf")
        return _gathered([*pairs, *((value, subject) for subject, value in pairs)])

    @cached_property
    def follows(self) -> Mapping[str, Follows]:
        """Property IRI to what follows from a statement with it; those from which nothing does are left out."""
        parts = (self.properties_above, self.domains, self.ranges, self.inverses)
        names = set().union(*parts)
        return {
            name: Follows(*(tuple(map(ox.NamedNode, part.get(name, ()))) for part in parts)) for name in names
        }

    # -- reading

    def _full(self, compact: str) -> str:
        prefix, colon, rest = compact.partition(":")
        known = self.context.get(prefix)
        return known + rest if colon and isinstance(known, str) and not rest.startswith("//") else compact

    def _read_terms(self) -> dict[tuple[str | None, str], Term]:
        terms: dict[tuple[str | None, str], Term] = {}
        classes = {*self.kinds, *self.relations}
        for key, said in self.context.items():
            iri = self._full(said["@id"] if isinstance(said, dict) else str(said))
            if key in classes or not self._graph.one(iri, f"{UMR}change"):
                continue
            terms[None, key] = self._term(key, iri, said)
            nested = said.get("@context", {}) if isinstance(said, dict) else {}
            for inner, inner_said in nested.items():
                if not inner.startswith("@"):
                    inner_iri = self._full(inner_said["@id"] if isinstance(inner_said, dict) else inner_said)
                    terms[key, inner] = self._term(inner, inner_iri, inner_said)
        return terms

    def _term(self, key: str, iri: str, said: Any) -> Term:
        kind = said.get("@type") if isinstance(said, dict) else None
        short = self._graph.one(iri, f"{UMR}shortValue") or None
        return Term(
            key=key,
            iri=iri,
            type=None if kind is None else kind if kind.startswith("@") else self._full(kind),
            short_value=short,
            is_node=kind == "@id" and short in {None, "agent/"},
            words=self._words(iri) if kind == "@vocab" else (),
        )

    def _words(self, iri: str) -> tuple[str, ...]:
        if iri == f"{UMR}relation":
            return tuple(self.relations)
        members = {
            _local(one) for one in self._graph.having(f"{RDF}type", f"{UMR}{_local(iri).capitalize()}")
        }
        return tuple(sorted(members & self.context.keys()))

    def _property(self, term: Term) -> Property:
        def said(name: str, otherwise: str = "") -> str:
            return self._graph.one(term.iri, name, otherwise)

        return Property(
            iri=term.iri,
            key=term.key,
            label=said(f"{RDFS}label", term.key),
            comment=said(f"{RDFS}comment"),
            inheritance=_local(said(f"{UMR}inheritance", f"{UMR}never")),
            inheritance_key=said(f"{UMR}inheritanceKey"),
            change=_local(said(f"{UMR}change", f"{UMR}minor")),
            group=_local(said(f"{UMR}group")).removesuffix("-group"),
            order=int(said(f"{UMR}order", "0")),
            kinds=frozenset(map(_local, self._graph.all(term.iri, f"{UMR}kind"))),
            is_facet=said(f"{UMR}facet") == "true",
            is_fingerprint=said(f"{UMR}fingerprint") == "true",
            identifies=said(f"{UMR}identifies"),
        )

    def _relation(self, iri: str) -> Relation:
        return Relation(
            iri=iri,
            key=_local(iri),
            label=self._graph.one(iri, f"{RDFS}label"),
            comment=self._graph.one(iri, f"{RDFS}comment"),
            from_kinds=frozenset(map(_local, self._graph.all(iri, f"{UMR}fromKind"))),
            to_kinds=frozenset(map(_local, self._graph.all(iri, f"{UMR}toKind"))),
            order=int(self._graph.one(iri, f"{UMR}order", "0")),
        )

    def _kind(self, iri: str) -> Kind:
        return Kind(
            iri=iri,
            key=_local(iri),
            label=self._graph.one(iri, f"{RDFS}label"),
            comment=self._graph.one(iri, f"{RDFS}comment"),
            order=int(self._graph.one(iri, f"{UMR}order", "0")),
        )

    def _group(self, iri: str) -> Kind:
        kind = self._kind(iri)
        return Kind(iri, kind.key.removesuffix("-group"), kind.label, kind.comment, kind.order)


def _by_order(items: Iterable[Any]) -> Mapping[str, Any]:
    return MappingProxyType({item.key: item for item in sorted(items, key=lambda item: item.order)})


def _gathered(pairs: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for subject, value in pairs:
        found.setdefault(subject, set()).add(value)
    return {subject: frozenset(values) for subject, values in found.items()}


def _closed(pairs: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    """What is reached by following pairs any number of times."""
    direct = _gathered(pairs)
    closed: dict[str, frozenset[str]] = {}
    for start in direct:
        reached: set[str] = set()
        waiting = [start]
        while waiting:
            for value in direct.get(waiting.pop(), frozenset()) - reached:
                reached.add(value)
                waiting.append(value)
        closed[start] = frozenset(reached)
    return closed


@cache
def vocabulary() -> Vocabulary:
    """The project's vocabulary, read once."""
    context = json.loads(resource("ontology/context.jsonld").read_text(encoding="utf-8"))["@context"]
    return Vocabulary(context, _Graph(("ontology/umr.ttl",)))
