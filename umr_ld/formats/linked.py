"""Documents of linked data, read into trees whose keys are compact IRIs, whatever context or syntax they come in.

Nothing is fetched. Contexts that are only named are known here, or what needs them is reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.document import Document
from umr_ld.errors import Unreadable
from umr_ld.formats.contexts import compact
from umr_ld.formats.expansion import Expansion
from umr_ld.formats.gathering import json_tree
from umr_ld.formats.nodes import Graph
from umr_ld.formats.places import Node
from umr_ld.media import Media
from umr_ld.tree import MAX_BYTES, Tree
from umr_ld.vocab import RDF, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from umr_ld.tree import Value

_FIRST = "rdf:first"

_RDF: dict[Media, ox.RdfFormat | None] = {
    media: ox.RdfFormat.from_media_type(media.mime)
    for media in Media
    if media not in {Media.JSONLD, Media.YAML}
}


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
    Expansion(graph).top(tree.root)
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
        if _FIRST not in node:
            for key in node.keys() - {"@id", "@type"}:
                node[key] = [item for value in node[key] for item in _items(value, nodes)]
            graph.add(node)
    return graph


def _items(value: Value, nodes: Mapping[str, Node]) -> Iterator[Value]:
    """The elements of a list, which in triples is a chain of nodes (RDF Schema 1.1 §5.2); what is none is itself."""
    cells: set[str] = set()
    while isinstance(value, dict) and (name := str(value.get("@id"))) not in cells:
        if _FIRST not in nodes.get(name, ()):
            break
        cells.add(name)
        yield from nodes[name][_FIRST]
        value = next(iter(nodes[name].get("rdf:rest", ())), None)
    if not cells:
        yield value


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
