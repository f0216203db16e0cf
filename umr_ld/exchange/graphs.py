"""Records as graphs that any RDF library reads: N-Quads with a graph a record, and one JSON-LD document.

Read back, it does not matter which prefixes, context or order somebody chose: what counts is the graph of each record,
and its digest. Nothing is fetched: a context that is named and not known here is refused.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from umr_ld.errors import Malformed, UmrError, Unreadable
from umr_ld.exchange.lines import Line
from umr_ld.jsonld import digest, triples_of
from umr_ld.vocab import CONTEXT_IRI, DCAT, RDF, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from umr_ld.vocab import Vocabulary

    Triples = Sequence[ox.Triple]

_NAME, _VERSION = ox.NamedNode(f"{UMR}name"), ox.NamedNode(f"{DCAT}version")
_TYPE = ox.NamedNode(f"{RDF}type")


def home_of(line: Line) -> str:
    """The base IRI of the registry that published a record.

    Args:
        line: of a publication.

    Raises:
        Malformed: if the document's identifier does not end with the reference.
    """
    tail = f"r/{line.reference}"
    if not line.iri.endswith(f"/{tail}"):
        raise Malformed(f"{line.iri[:200]!r} is no identifier of {line.reference}", where=line.place)
    return line.iri.removesuffix(tail)


def as_quads(lines: Iterable[Line], vocabulary: Vocabulary) -> Iterator[bytes]:
    """What authors stated, each record as a graph of its own (RDF 1.1 N-Quads). Withdrawals are not said.

    Args:
        lines: what is carried.
        vocabulary: the terms.
    """
    for line in lines:
        if line.record is not None:
            name = ox.NamedNode(f"{home_of(line)}g/{line.reference}")
            triples = triples_of(line.record, vocabulary, line.iri)
            quads = [ox.Quad(one.subject, one.predicate, one.object, name) for one in triples]
            yield ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""


def as_document(lines: Iterable[Line]) -> Iterator[bytes]:
    """One JSON-LD document of all records, each a graph of its own (JSON-LD 1.1 §4.9). Withdrawals are not said.

    Args:
        lines: what is carried.
    """
    yield f'{{\n"@context": {json.dumps(CONTEXT_IRI)},\n"@graph": ['.encode()
    before = b"\n"
    for line in lines:
        if line.record is not None:
            body = {key: value for key, value in line.record.items() if key != "@context"}
            graph = {"id": f"{home_of(line)}g/{line.reference}", "@graph": [body]}
            yield before + json.dumps(graph, ensure_ascii=False, indent=2).encode()
            before = b",\n"
    yield b"\n]\n}\n"


def read_graphs(data: bytes, is_jsonld: bool, vocabulary: Vocabulary, place: str) -> list[Line]:
    """The records of a graph, whoever wrote it down and however.

    Args:
        data: JSON-LD, or N-Quads.
        is_jsonld: which of them.
        vocabulary: the terms.
        place: file or address, for messages.

    Returns:
        a publication for each record, earlier versions before later ones. What is no record is left out.

    Raises:
        Unreadable: if it is neither, or names a context that is not known here, or a record of it cannot be written as
            a document whose graph is the same.
    """
    quads = _expanded(data, vocabulary, place) if is_jsonld else _parsed(data, place)
    kinds = {ox.NamedNode(kind.iri) for kind in vocabulary.kinds.values()}
    graphs: dict[str, dict[str, ox.Triple]] = defaultdict(dict)
    for quad in quads:
        named = quad.graph_name
        graphs[named.value if isinstance(named, ox.NamedNode) else ""][str(quad.triple)] = quad.triple
    found = []
    for name, graph in graphs.items():
        triples = tuple(graph[text] for text in sorted(graph))
        records = [
            one.subject
            for one in triples
            if one.predicate == _TYPE and one.object in kinds and isinstance(one.subject, ox.NamedNode)
        ]
        parts = {records[0]: triples} if name and len(records) == 1 else _parted(triples, records, place)
        found += [_line(record, part, vocabulary, place) for record, part in parts.items()]
    return sorted(found, key=lambda line: line.reference)


def _parsed(data: bytes, place: str) -> list[ox.Quad]:
    try:
        return list(ox.parse(data, ox.RdfFormat.N_QUADS))
    except (SyntaxError, ValueError) as error:
        raise Unreadable(f"not N-Quads: {error}", where=place) from None


def _expanded(data: bytes, vocabulary: Vocabulary, place: str) -> list[ox.Quad]:
    from pyld import jsonld

    def known(url: str, _: Any) -> dict[str, Any]:
        if url != CONTEXT_IRI:
            raise Unreadable(
                f"the context {url[:200]} is not known here, and nothing is fetched",
                where=place,
                remedy="write the context into the document",
            )
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": dict(vocabulary.context)}}

    try:
        said = json.loads(data)
        text = jsonld.to_rdf(said, {"format": "application/n-quads", "documentLoader": known})
    except (ValueError, RecursionError, TypeError) as error:
        raise Unreadable(f"not JSON-LD: {str(error)[:200]}", where=place) from None
    except jsonld.JsonLdError as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, UmrError):
                raise cause from None
            cause = getattr(cause, "cause", None)
        raise Unreadable(f"not JSON-LD: {str(error)[:200]}", where=place) from None
    return _parsed(text.encode(), place)


def _parted(triples: Triples, records: Sequence[ox.NamedNode], place: str) -> Mapping[ox.NamedNode, Triples]:
    """Of a graph with several records the part of each: what is said of it, and of what this leads to."""
    about: dict[object, list[ox.Triple]] = defaultdict(list)
    for one in triples:
        about[one.subject].append(one)
    whole = set(records)
    owner: dict[object, ox.NamedNode] = {}
    parts: dict[ox.NamedNode, Triples] = {}
    for record in records:
        waiting: list[object] = [record]
        reached: set[object] = {record}
        while waiting:
            node = waiting.pop()
            if owner.setdefault(node, record) != record:
                raise Unreadable(
                    f"{node} is described, and is a part of {owner[node].value} and of {record.value}",
                    where=place,
                    remedy="put each record into a graph of its own",
                )
            for one in about[node]:
                if one.object in about and one.object not in reached and one.object not in whole:
                    reached.add(one.object)
                    waiting.append(one.object)
        said = (one for node in reached for one in about[node])
        parts[record] = tuple(sorted(said, key=str))
    return parts


def _line(record: ox.NamedNode, triples: Triples, vocabulary: Vocabulary, place: str) -> Line:
    said = {
        one.predicate: one.object.value
        for one in triples
        if one.subject == record and one.predicate in _IDENTITY and isinstance(one.object, ox.Literal)
    }
    if len(said) < len(_IDENTITY):
        raise Unreadable("the record has no name, or no version", where=f"{place}: {record.value}")
    document = _document(record.value, triples, vocabulary)
    same = triples_of(document, vocabulary, record.value)
    if same != triples:
        lost = len({*map(str, triples)} ^ {*map(str, same)})
        raise Unreadable(
            f"written as a document it would not stand for the same graph: {lost} statements differ",
            where=f"{place}: {record.value}",
            remedy="what is said of a record hangs together, from the record to each part of it",
        )
    reference = f"{said[_NAME]}@{said[_VERSION]}"
    return Line(
        "publish", reference, digest=digest(triples), record=document, place=f"{place}: {record.value}"
    )


_IDENTITY = (_NAME, _VERSION)


def _document(iri: str, triples: Triples, vocabulary: Vocabulary) -> Mapping[str, Any]:
    from pyld import jsonld

    text = "".join(f"{one} .\n" for one in triples)
    context = dict(vocabulary.context)
    flat = jsonld.from_rdf(text, {"format": "application/n-quads"})
    framed = jsonld.frame(flat, {"@context": context, "@id": iri}, {"embed": "@once", "omitGraph": True})
    body = {key: value for key, value in framed.items() if key != "@context"}
    return {"@context": CONTEXT_IRI, "id": body.pop("id", iri), **body}
