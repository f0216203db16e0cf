"""A record: one version of an artifact as it was published, and its links to what it was made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import pyoxigraph as ox

from umr_ld.errors import Malformed
from umr_ld.names import Name, Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.versions import Version
from umr_ld.vocab import DCAT, DCT, PROV, RDF, RDFS, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from umr_ld.addresses import Base
    from umr_ld.vocab import Vocabulary

Value: TypeAlias = "ox.NamedNode | ox.Literal | Node"
Facts: TypeAlias = "Mapping[str, tuple[Value, ...]]"

_TYPE = f"{RDF}type"
_UPSTREAM = f"{UMR}upstream"


@dataclass(frozen=True, slots=True)
class Node:
    """A thing described inside a record: an evaluation, a file, an agent.

    Args:
        iri: its identifier.
        facts: property IRI to values; classes stand under `rdf:type`.
    """

    iri: str
    facts: Facts

    def __hash__(self) -> int:
        return hash(self.iri)


@dataclass(frozen=True, slots=True)
class Link:
    """What a record says about one thing it was made from.

    Args:
        number: place among the record's links, from 1: the author's order.
        relation: key of the relation, e.g. `fineTunedFrom`; an IRI where the ontology has none.
        artifact: name below the registry's base, or an absolute IRI elsewhere.
        versions: which versions are meant; everything where nothing is said.
        revision: the hub's or publisher's own label of a version, or empty.
        inherit: whether facts flow down this link.
        evidence: `declared`, `inferred`, `verified`, or empty.
        external: whether the author declares that the registry holds no record of it.
        note: free text, or empty.
        iri: identifier of the link itself.
    """

    number: int
    relation: str
    artifact: str
    versions: Range = EVERYTHING
    revision: str = ""
    inherit: bool = False
    evidence: str = ""
    external: bool = False
    note: str = ""
    iri: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One published description. It exists only if its name, version and links are well-formed.

    Args:
        ref: artifact and version.
        iri: the record's IRI.
        kind: key of its class: `Model`, `Dataset`, `Family`, `Software`, `Application`.
        facts: what is stated of the record itself, property IRI to values; links are among them.
        links: its upstreams, in the author's order.
        triples: everything stated, known and unknown, sorted.
        digest: SHA-256 over the canonical graph.
    """

    ref: Ref
    iri: str
    kind: str
    facts: Facts
    links: tuple[Link, ...]
    triples: Sequence[ox.Triple] = field(repr=False)
    digest: str

    def values(self, *properties: str) -> Iterator[Value]:
        """The values of the first of these properties that has any.

        Args:
            properties: IRIs, the preferred one first.
        """
        for name in properties:
            if name in self.facts:
                yield from self.facts[name]
                return

    def text(self, *properties: str) -> str:
        """The first value, as text; empty if there is none.

        Args:
            properties: IRIs, the preferred one first.
        """
        return next((shown(value) for value in self.values(*properties)), "")

    @property
    def peer(self) -> str:
        """Label of the registry from which it was taken over; empty if it was published here."""
        ref = str(self.ref)
        return "" if self.iri.endswith(f"/r/{ref}") else ref.partition("/")[0]

    @property
    def title(self) -> str:
        """The title, or the name where none is given."""
        return self.text(f"{DCT}title") or str(self.ref.name)


def shown(value: Value) -> str:
    """A value in few words: the text of a literal, the IRI of a node.

    Args:
        value: any value of a fact.
    """
    return value.iri if isinstance(value, Node) else value.value


@dataclass(frozen=True, slots=True)
class File:
    """A file that a record names.

    Args:
        digest: key of a property that stands for its bytes, a colon, and the value; empty where none is stated.
        name: what it is called; else its address, else the IRI of the node.
        size: in bytes, as it is stated; empty where it is not.
    """

    digest: str
    name: str
    size: str = ""


_FILE_NAMES = (f"{UMR}fileName", f"{DCAT}downloadURL", f"{DCAT}accessURL")


def files_of(record: Record, vocabulary: Vocabulary) -> Iterator[File]:
    """The files that a record says have certain bytes, in order.

    Args:
        record: the record.
        vocabulary: says which properties stand for bytes.
    """
    waiting = [Node(record.iri, record.facts)]
    while waiting:
        node = waiting.pop(0)
        for iri in sorted(node.facts.keys() & vocabulary.fingerprints.keys()):
            key = vocabulary.fingerprints[iri].key
            name = next((_one(node, one) for one in _FILE_NAMES if one in node.facts), None)
            for value in node.facts[iri]:
                yield File(f"{key}:{shown(value)}", name or node.iri, _one(node, f"{DCAT}byteSize") or "")
        waiting += [one for values in node.facts.values() for one in values if isinstance(one, Node)]


def record_of(
    triples: Sequence[ox.Triple], iri: str, base: Base, vocabulary: Vocabulary, digest: str
) -> Record:
    """The record that a graph describes.

    Args:
        triples: the graph, without blank nodes.
        iri: the node that is the record.
        base: the registry's base IRI, by which names are told from foreign IRIs.
        vocabulary: kinds and relations.
        digest: of the graph.

    Raises:
        Malformed: if the graph has no such node, or its name, version or a link is not well-formed.
    """
    node = _described(iri, triples)
    name, version = _one(node, f"{UMR}name"), _one(node, f"{DCAT}version")
    types = {shown(value) for value in node.facts.get(_TYPE, ()) if not isinstance(value, ox.Literal)}
    kinds = [key for key, kind in vocabulary.kinds.items() if kind.iri in types]
    if name is None or version is None or len(kinds) != 1:
        raise Malformed("the graph describes no record: name, version or kind is missing", where=iri)
    links = [value for value in node.facts.get(_UPSTREAM, ()) if isinstance(value, Node)]
    return Record(
        ref=Ref(Name.parse(_local(name, version, iri, base)), Version.parse(version)),
        iri=iri,
        kind=kinds[0],
        facts=node.facts,
        links=tuple(
            _link(number, link, base, vocabulary)
            for number, link in enumerate(sorted(links, key=_by_number), 1)
        ),
        triples=triples,
        digest=digest,
    )


class Graph(Sequence[ox.Triple]):
    """Triples that are read when somebody asks for them.

    Args:
        text: as N-Triples, its lines sorted, each once.
        triples: the same, where they were read already.
    """

    __slots__ = ("_triples", "text")

    def __init__(self, text: bytes, triples: tuple[ox.Triple, ...] | None = None) -> None:
        self.text = text
        self._triples = triples

    def read(self) -> tuple[ox.Triple, ...]:
        """All of them, in the text's order."""
        if self._triples is None:
            self._triples = tuple(quad.triple for quad in ox.parse(self.text, ox.RdfFormat.N_TRIPLES))
        return self._triples

    def __iter__(self) -> Iterator[ox.Triple]:
        return iter(self.read())

    def __len__(self) -> int:
        return len(self.read())

    def __getitem__(self, at: Any) -> Any:
        return self.read()[at]

    def __eq__(self, other: object) -> bool:
        return self.read() == (other.read() if isinstance(other, Graph) else other)

    __hash__ = None  # type: ignore[assignment] # as that of a list


class _Unread(Mapping[str, "tuple[Value, ...]"]):
    """Facts of a node, read from its graph when somebody asks for them."""

    __slots__ = ("_facts", "_graph", "_iri")

    def __init__(self, iri: str, graph: Graph) -> None:
        self._iri = iri
        self._graph = graph
        self._facts: Facts | None = None

    def _read(self) -> Facts:
        if self._facts is None:
            self._facts = _described(self._iri, self._graph).facts
        return self._facts

    def __getitem__(self, name: str) -> tuple[Value, ...]:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def unread(ref: Ref, iri: str, kind: str, links: tuple[Link, ...], graph: bytes, digest: str) -> Record:
    """A record that was read elsewhere, whose graph is read again only when somebody looks into it.

    Args:
        ref, iri, kind, links, digest: as of `Record`, of that reading.
        graph: its triples, as N-Triples.
    """
    triples = Graph(graph)
    return Record(ref, iri, kind, _Unread(iri, triples), links, triples, digest)


def _described(iri: str, triples: Iterable[ox.Triple]) -> Node:
    by_subject: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        by_subject.setdefault(_iri(triple.subject), []).append(triple)
    return _node(iri, by_subject, frozenset())


def _local(name: str, version: str, iri: str, base: Base) -> str:
    """A name as it is here, where the record is a peer's."""
    local = base.artifact_of(iri).removesuffix(f"@{version}")
    return local if base.peer_of(local) and local.endswith(f"/{name}") else name


def _node(iri: str, by_subject: Mapping[str, Iterable[ox.Triple]], above: frozenset[str]) -> Node:
    """The node with everything below it; a node that contains itself is cut to its IRI."""
    inside = above | {iri}
    facts: dict[str, list[Value]] = {}
    for triple in by_subject.get(iri, ()):
        value = triple.object
        facts.setdefault(triple.predicate.value, []).append(
            _node(value.value, by_subject, inside)
            if isinstance(value, ox.NamedNode) and value.value in by_subject and value.value not in inside
            else _plain(value)
        )
    return Node(iri, MappingProxyType({name: tuple(values) for name, values in facts.items()}))


def _iri(term: object) -> str:
    assert isinstance(term, ox.NamedNode)
    return term.value


def _plain(term: object) -> ox.NamedNode | ox.Literal:
    assert isinstance(term, (ox.NamedNode, ox.Literal))
    return term


def _by_number(link: Node) -> tuple[int, str]:
    """Minted links are numbered; sorted by text, the tenth would stand before the second."""
    tail = link.iri.rpartition("-")[2]
    return (int(tail), link.iri) if tail.isdecimal() and len(tail) < 10 else (10**10, link.iri)


def _one(node: Node, name: str) -> str | None:
    values = node.facts.get(name, ())
    return shown(values[0]) if len(values) == 1 else None


def _link(number: int, node: Node, base: Base, vocabulary: Vocabulary) -> Link:
    def text(name: str) -> str:
        return _one(node, name) or ""

    relation, artifact, versions = text(f"{UMR}relation"), text(f"{UMR}artifact"), text(f"{UMR}versions")
    if not relation or not artifact:
        raise Malformed("a link names no relation or no artifact", where=node.iri)
    return Link(
        number=number,
        relation=vocabulary.key_of(relation) or relation,
        artifact=base.artifact_of(artifact),
        versions=Range.parse(versions) if versions else EVERYTHING,
        revision=text(f"{UMR}revision"),
        inherit=text(f"{UMR}inherit") == "true",
        evidence=vocabulary.key_of(text(f"{UMR}evidence")) or text(f"{UMR}evidence"),
        external=text(f"{UMR}external") == "true",
        note=text("http://www.w3.org/2004/02/skos/core#note"),
        iri=node.iri,
    )


def upstreams_of(records: Iterable[Record]) -> list[str]:
    """Artifacts that records are made from and that none of them is of, each once, in order.

    Args:
        records: which belong together, such as drafts that are about to be published.
    """
    several = list(records)
    own = {str(one.ref.name) for one in several}
    named = (link.artifact for one in several for link in one.links)
    return [name for name in dict.fromkeys(named) if name not in own]


def publisher_label(record: Record, base: Base) -> str:
    """Who publishes, in words; empty where nothing is said.

    Args:
        record: the record.
        base: by which agents' IRIs are read back.
    """
    for value in record.values(f"{UMR}publisher", f"{PROV}wasAttributedTo"):
        if isinstance(value, Node) and (label := _one(value, f"{RDFS}label")):
            return label
        return base.agent_label(shown(value)) or shown(value)
    return ""
