"""Documents of linked data, read into trees whose keys are compact IRIs, whatever context or syntax they come in.

Nothing is fetched. Contexts that are only named are known here, or what needs them is reported; JSON-LD is expanded by
its own inline context as far as terms, prefixes, `@vocab` and types go, which is lenient where a parser would refuse all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.document import Document
from umr_ld.errors import Unreadable
from umr_ld.formats.gathering import json_tree
from umr_ld.formats.places import Node
from umr_ld.media import Media
from umr_ld.tree import MAX_BYTES, Tree
from umr_ld.vocab import DCAT, DCT, PROV, RDF, RDFS, SKOS, UMR, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from umr_ld.tree import Path, Value

SCHEMA = "https://schema.org/"
PREFIXES = {
    "umr": UMR,
    "schema": SCHEMA,
    "fair4ml": "https://w3id.org/fair4ml#",
    "it6": "http://data.europa.eu/it6/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "cr": "http://mlcommons.org/croissant/",
    "codemeta": "https://w3id.org/codemeta/",
    "prov": PROV,
    "dcat": DCAT,
    "dct": DCT,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "adms": "http://www.w3.org/ns/adms#",
    "skos": SKOS,
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
}
_SAME = {"http://schema.org/": SCHEMA, "https://w3id.org/fair4ml/": PREFIXES["fair4ml"]}
"""Namespaces that are written in two ways."""
_KNOWN: dict[str, dict[str, Value]] = {
    "https://schema.org": {"@vocab": SCHEMA},
    "http://schema.org": {"@vocab": SCHEMA},
    "http://mlcommons.org/croissant/1.0": {"@vocab": SCHEMA, "conformsTo": "dct:conformsTo"},
    "http://mlcommons.org/croissant/1.1": {"@vocab": SCHEMA, "conformsTo": "dct:conformsTo"},
    "https://w3id.org/ro/crate/1.1/context": {"@vocab": SCHEMA, "conformsTo": "dct:conformsTo"},
    "https://w3id.org/ro/crate/1.2/context": {"@vocab": SCHEMA, "conformsTo": "dct:conformsTo"},
    "https://w3id.org/fair4ml": {"@vocab": PREFIXES["fair4ml"]},
}
_RDF: dict[Media, ox.RdfFormat | None] = {
    media: ox.RdfFormat.from_media_type(media.mime)
    for media in Media
    if media not in {Media.JSONLD, Media.YAML}
}


def compact(iri: str) -> str:
    """An IRI with the prefix that this module gives its namespace; the IRI itself where it gives none.

    Args:
        iri: absolute.
    """
    for other, usual in _SAME.items():
        if iri.startswith(other):
            iri = usual + iri.removeprefix(other)
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


def full(name: str) -> str:
    """The IRI of a compact one.

    Args:
        name: as `compact` gives it.
    """
    prefix, colon, rest = name.partition(":")
    return PREFIXES[prefix] + rest if colon and prefix in PREFIXES and not rest.startswith("//") else name


@dataclass(slots=True)
class Graph:
    """The things that a document speaks of.

    Args:
        tree: the document, for places.
        nodes: in the order in which they stand.
        unknown: contexts that are only named, and not known.
    """

    tree: Tree
    nodes: list[Node] = field(default_factory=list)
    unknown: list[tuple[Path, str]] = field(default_factory=list)
    by_id: dict[str, Node] = field(default_factory=dict)

    def resolve(self, value: Value) -> Value:
        """The node that a reference stands for, if it is in the document."""
        if isinstance(value, dict) and value.keys() == {"@id"}:
            return self.by_id.get(str(value["@id"]), value)
        return value

    def add(self, node: Node) -> None:
        """Take in a node; of several with one identifier the values are put together."""
        self.nodes.append(node)
        identifier = node.get("@id")
        first = self.by_id.setdefault(identifier, node) if isinstance(identifier, str) else node
        if first is not node:
            for key, value in node.items():
                if key not in first:
                    first[key] = value
                    first.origins[key] = node.origins.get(key, node.path)


def read_graph(document: Document) -> Graph:
    """Read a document in any syntax of RDF that is known.

    Args:
        document: JSON-LD, or what its media says.

    Raises:
        Unreadable, TooLarge, Invalid: as the reader of its syntax.
    """
    if document.media is Media.YAML:
        # No format of linked data is YAML here: standard input says nothing of its syntax.
        is_json = document.body.lstrip()[:1] in {b"{", b"["}
        document = Document(document.body, Media.JSONLD if is_json else Media.TURTLE, document.source)
    if document.media in _RDF:
        return _of_rdf(document)
    tree = json_tree(document)
    graph = Graph(tree)
    _Expansion(graph).top(tree.root)
    return graph


# -- RDF


def _of_rdf(document: Document) -> Graph:
    if len(document.body) > MAX_BYTES:
        raise Unreadable(f"the document has more than {MAX_BYTES:,} bytes", where=document.source)
    graph = Graph(Tree({}, document.source, lambda _: None))
    nodes: dict[str, Node] = {}
    try:
        for quad in ox.parse(document.body, _RDF[document.media]):
            name = str(quad.subject) if isinstance(quad.subject, ox.BlankNode) else quad.subject.value
            node = nodes.setdefault(name, Node())
            node["@id"] = name
            _say(node, quad.predicate.value, quad.object)
    except (SyntaxError, ValueError) as error:
        what = f"not {document.media.label}: {error}"
        raise Unreadable(what, where=document.source, remedy="check the file with a parser of RDF") from None
    for node in nodes.values():
        graph.add(node)
    return graph


def _say(node: Node, predicate: str, term: object) -> None:
    if predicate == f"{RDF}type" and isinstance(term, ox.NamedNode):
        node.setdefault("@type", []).append(compact(term.value))
        return
    value: Value
    if isinstance(term, ox.Literal):
        plain = term.datatype.value == f"{XSD}string" or term.language
        value = term.value if plain else {"@value": term.value, "@type": term.datatype.value}
        if term.language:
            value = {"@value": term.value, "@language": term.language}
    else:
        value = {"@id": str(term) if isinstance(term, ox.BlankNode) else getattr(term, "value", str(term))}
    node.setdefault(compact(predicate), []).append(value)


# -- JSON-LD


@dataclass(frozen=True, slots=True)
class _Term:
    iri: str
    type: str = ""


class _Expansion:
    """A JSON-LD document on its way to nodes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._terms: dict[str, _Term] = {}
        self._vocab = ""

    def top(self, root: Value) -> None:
        if isinstance(root, list):
            for at, one in enumerate(root):
                self._document(one, (at,))
        else:
            self._document(root, ())

    def _document(self, root: Value, path: Path) -> None:
        if not isinstance(root, dict):
            return
        self._context(root.get("@context"), (*path, "@context"))
        inner = root.get("@graph")
        if inner is None:
            self._node(root, path)
            return
        for at, one in enumerate(inner if isinstance(inner, list) else [inner]):
            if isinstance(one, dict):
                self._node(one, (*path, "@graph", at) if isinstance(inner, list) else (*path, "@graph"))

    def _context(self, value: Value, path: Path) -> None:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                known = _KNOWN.get(one.rstrip("/#"))
                if known is None:
                    self._graph.unknown.append((path, one))
                self._take(known or {})
            elif isinstance(one, dict):
                self._take(one)

    def _take(self, context: Mapping[str, Value]) -> None:
        vocab = context.get("@vocab")
        if isinstance(vocab, str):
            self._vocab = str(vocab)
        for key, said in context.items():
            if isinstance(said, str):
                self._terms[key] = _Term(str(said))
            elif isinstance(said, dict):
                iri, kind = said.get("@id"), said.get("@type")
                self._terms[key] = _Term(
                    iri if isinstance(iri, str) else key, kind if isinstance(kind, str) else ""
                )

    def _iri(self, name: str, *, vocab: bool = True, depth: int = 4) -> str | None:
        """The absolute IRI, or the keyword, that a key or a type stands for."""
        if name.startswith("@"):
            return name
        term = self._terms.get(name) if vocab else None
        if term is not None and term.iri != name and depth:
            return self._iri(term.iri, depth=depth - 1)
        prefix, colon, rest = name.partition(":")
        if colon and not rest.startswith("//"):
            base = self._terms[prefix].iri if prefix in self._terms else PREFIXES.get(prefix)
            return base + rest if base else name
        if colon:
            return name
        return self._vocab + name if vocab and self._vocab else None

    def _node(self, said: Mapping[str, Value], path: Path) -> Node:
        node = Node(path)
        for key, value in said.items():
            iri = self._iri(key)
            if iri == "@id" and isinstance(value, str):
                node["@id"] = self._iri(str(value), vocab=False) or str(value)
            elif iri == "@type":
                kinds = value if isinstance(value, list) else [value]
                node["@type"] = [compact(self._iri(one) or one) for one in kinds if isinstance(one, str)]
            elif iri is None or iri.startswith("@"):
                node.setdefault(key, value)
                node.origins.setdefault(key, (*path, key))
            else:
                name = compact(iri)
                made = [*self._values(value, self._terms.get(key), (*path, key))]
                node[name] = [*node.get(name, []), *made]
                node.origins[name] = (*path, key)
        self._graph.add(node)
        return node

    def _values(self, value: Value, term: _Term | None, path: Path) -> Iterator[Value]:
        if isinstance(value, list):
            for at, one in enumerate(value):
                yield from self._values(one, term, (*path, at))
        elif isinstance(value, dict):
            yield from self._object(value, term, path)
        elif isinstance(value, str) and term is not None and term.type in {"@id", "@vocab"}:
            yield {"@id": self._iri(value, vocab=term.type == "@vocab") or str(value)}
        elif value is not None:
            yield value

    def _object(self, value: dict[str, Value], term: _Term | None, path: Path) -> Iterator[Value]:
        for keyword in ("@list", "@set"):
            if keyword in value:
                yield from self._values(value[keyword], term, path)
                return
        if "@value" in value:
            kind = value.get("@type")
            yield {**value, **({"@type": self._iri(kind) or kind} if isinstance(kind, str) else {})}
        elif value.keys() == {"@id"} and isinstance(value["@id"], str):
            yield {"@id": self._iri(str(value["@id"]), vocab=False) or str(value["@id"])}
        else:
            yield self._node(value, path)
