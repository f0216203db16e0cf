"""JSON-LD in and out: the published layout, the graph it stands for, and the digest of that graph.

Only the pinned context is ever used, from the project's own data; nothing is fetched.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pyoxigraph as ox

from umr_ld.errors import Invalid, Unreadable
from umr_ld.findings import Report, violation
from umr_ld.record import Graph
from umr_ld.vocab import CONTEXT_IRI

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary


def serialize(root: Mapping[str, Value]) -> bytes:
    """The published bytes of a minted document: UTF-8, two spaces, keys in the order given.

    Args:
        root: the JSON object.
    """
    return f"{_laid_out(root)}\n".encode()


_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode


def _laid_out(value: Any, margin: str = "\n") -> str:
    """What `json.dumps` gives with two spaces, in a third of its time: with them it does without its own C code."""
    inner = f"{margin}  "
    if isinstance(value, dict) and value:
        said = (f"{inner}{_AS_JSON(key)}: {_laid_out(one, inner)}" for key, one in value.items())
        return f"{{{','.join(said)}{margin}}}"
    if isinstance(value, list) and value:
        return f"[{','.join(f'{inner}{_laid_out(one, inner)}' for one in value)}{margin}]"
    return _AS_JSON(value)


def triples_of(root: Mapping[str, Value], vocabulary: Vocabulary, source: str = "<record>") -> Graph:
    """The graph that a minted document stands for (JSON-LD 1.1 API §8.2).

    Args:
        root: the JSON object, with the pinned context by its IRI.
        vocabulary: whose context is put in the IRI's place.
        source: file or address, for messages.

    Returns:
        its triples, sorted by their N-Triples form, each once.

    Raises:
        Unreadable: if the context is another than the pinned one, or the document is no JSON-LD.
        Invalid: if the graph has blank nodes or named graphs.
    """
    if root.get("@context") != CONTEXT_IRI:
        raise Unreadable(
            "the document does not use the pinned context", where=source, remedy=f"use {CONTEXT_IRI}"
        )
    try:
        quads = list(ox.parse(_inlined([root], vocabulary), ox.RdfFormat.JSON_LD))
    except (SyntaxError, ValueError) as error:
        raise Unreadable(f"not JSON-LD: {error}", where=source) from None
    triples = _plain(quads)
    if triples is None:
        fault = violation(
            "blank nodes and named graphs are not published", "graph-blank", remedy="give the node an id"
        )
        raise Invalid(Report((fault,)), where=source)
    return triples


def triples_of_each(roots: Sequence[Mapping[str, Value]], vocabulary: Vocabulary) -> Sequence[Graph] | None:
    """The graphs of several minted documents, read together, which takes half the time: a context is read only once.

    Args:
        roots: as of `triples_of`.
        vocabulary: as of `triples_of`.

    Returns:
        of each what `triples_of` gives; None if that of any is an error, which reading each by itself will tell.
    """
    if any(root.get("@context") != CONTEXT_IRI for root in roots):
        return None
    # Between two documents stands a node that nobody else can name; what is read of a document comes before it.
    mark = f"urn:uuid:{uuid4()}"
    graphs: list[list[ox.Quad]] = [[]]
    try:
        for quad in ox.parse(_inlined(roots, vocabulary, mark), ox.RdfFormat.JSON_LD):
            if getattr(quad.subject, "value", "") == mark:
                graphs.append([])
            else:
                graphs[-1].append(quad)
    except (SyntaxError, ValueError):
        return None
    found = [triples for quads in graphs if (triples := _plain(quads)) is not None]
    return found if len(found) == len(roots) else None


def _inlined(roots: Sequence[Mapping[str, Value]], vocabulary: Vocabulary, mark: str = "") -> bytes:
    """Minted documents as one, with the context itself in it, and a node between two of them."""
    used = frozenset(set().union(*map(_used, roots)) & vocabulary.context.keys())
    nodes = [
        json.dumps({key: value for key, value in root.items() if key != "@context"}, ensure_ascii=False)
        for root in roots
    ]
    head = f'"@context": {_context(vocabulary, used)}'
    if len(nodes) == 1:
        return f"{{{head}{', ' * (nodes[0] != '{}')}{nodes[0][1:]}".encode()
    between = f',{{"id": "{mark}", "type": "{mark}"}},'
    return f'{{{head}, "@graph": [{between.join(nodes)}]}}'.encode()


def _plain(quads: Sequence[ox.Quad]) -> Graph | None:
    """The triples, sorted by their text, each once; None if there are blank nodes or named graphs among them."""
    by_text = {str(triple): triple for triple in (quad.triple for quad in quads)}
    if any(not isinstance(quad.graph_name, ox.DefaultGraph) for quad in quads) or any(
        "_:" in text and _has_blank(triple) for text, triple in by_text.items()
    ):
        return None
    texts = sorted(by_text)
    lines = "".join(f"{text} .\n" for text in texts).encode()
    return Graph(lines, tuple(by_text[text] for text in texts))


@lru_cache(maxsize=256)
def _context(vocabulary: Vocabulary, used: frozenset[str]) -> str:
    """As JSON: the terms that are used, all prefixes, and what holds for all."""
    return json.dumps(
        {
            key: said
            for key, said in vocabulary.context.items()
            if key in used or key in vocabulary.prefixes or key.startswith("@")
        },
        ensure_ascii=False,
    )


def _used(root: Mapping[str, Value]) -> set[str]:
    """The keys and texts of a document, among which are the terms of the context that it uses.

    Reading the whole context takes ten times as long as reading a record, and what a document does not use of it has no
    bearing on the graph: a term stands as a key, or as a value where values are terms (JSON-LD 1.1 API §5.2).
    """
    used: set[str] = set()
    waiting: list[Value] = [dict(root)]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            used.update(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, str):
            used.add(value)
    return used


def _has_blank(triple: ox.Triple) -> bool:
    return isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode)


def n_triples(triples: Iterable[ox.Triple]) -> bytes:
    """Triples, one a line (RDF 1.1 N-Triples §2).

    Args:
        triples: in any order.
    """
    if isinstance(triples, Graph):
        return triples.text
    return "".join(f"{triple} .\n" for triple in triples).encode()


def canonical_nquads(quads: Iterable[ox.Quad]) -> str:
    """Canonical N-Quads of a dataset (W3C RDFC-1.0 §4.4 and §5).

    Args:
        quads: the dataset.

    Returns:
        one line a quad, sorted by code point, with canonical blank node labels.

    Raises:
        Unreadable: if more than `MAX_PERMUTATIONS` orders of blank nodes that look alike would have to be tried
            (RDFC-1.0 §7.1, dataset poisoning).
    """
    dataset = ox.Dataset(quads)
    if _permutations(dataset) > MAX_PERMUTATIONS:
        raise Unreadable(
            "the blank nodes cannot be told apart by what is said of them, and trying all orders would not end",
            remedy="give the nodes identifiers",
        )
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return "".join(sorted(f"{_line(quad)} .\n" for quad in dataset))


MAX_PERMUTATIONS = 20_000
"""Eight blank nodes that all name each other (40,320) take seconds, ten take hours; real data needs a few."""


def _permutations(dataset: ox.Dataset) -> int:
    """How many orders the algorithm may try: those of the alike neighbours of alike nodes (RDFC-1.0 §4.8)."""
    said: dict[ox.BlankNode, list[str]] = {}
    for quad in dataset:
        terms = (quad.subject, quad.predicate, quad.object, quad.graph_name)
        for node in {term for term in terms if isinstance(term, ox.BlankNode)}:
            seen = [
                "_:a" if term == node else "_:z" if isinstance(term, ox.BlankNode) else str(term)
                for term in terms
            ]
            said.setdefault(node, []).append(" ".join(seen))
    groups = Counter(tuple(sorted(lines)) for lines in said.values())
    return max((size * _neighbours(lines) for lines, size in groups.items() if size > 1), default=0)


def _neighbours(lines: tuple[str, ...]) -> int:
    alike = Counter(line for line in lines if "_:z" in line)
    return max((math.factorial(min(count, 20)) for count in alike.values()), default=0)


def digest(triples: Iterable[ox.Triple]) -> str:
    """SHA-256 over the RDFC-1.0 N-Quads of a graph: the identity of what is published.

    Args:
        triples: a graph without blank nodes, for which the canonical form is its sorted lines.

    Returns:
        64 hexadecimal digits.

    Raises:
        ValueError: if there is a blank node.
    """
    if isinstance(triples, Graph) and _is_canonical(triples.text):
        return hashlib.sha256(triples.text).hexdigest()
    lines = []
    for triple in triples:
        text = str(triple)
        if "_:" in text and _has_blank(triple):
            raise ValueError("a graph with blank nodes is not published")
        lines.append(f"{_line(triple) if _NOT_CANONICAL.search(text) else text} .\n")
    return hashlib.sha256("".join(sorted(set(lines))).encode()).hexdigest()


def _is_canonical(text: bytes) -> bool:
    """Whether sorted lines of the engine's are surely the canonical ones, which they mostly are."""
    if b"\\" in text or b"_:" in text or b'"@' in text:
        return False
    return len(text.translate(None, _CONTROLS)) == len(text)


_CONTROLS = bytes({*range(0x20), 0x7F} - {0x0A})
"""Characters that are escaped, but for the one that ends a line: within one it is escaped already."""

_ESCAPES = {
    **{code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)},
    8: "\\b",
    9: "\\t",
    10: "\\n",
    12: "\\f",
    13: "\\r",
    34: '\\"',
    92: "\\\\",
}


_NOT_CANONICAL = re.compile(r"[\\\x00-\x1f\x7f]|@[A-Za-z0-9-]+\Z")
"""Where the engine's N-Triples and the canonical ones may differ: what is escaped, and how a language is written."""


def _line(statement: ox.Triple | ox.Quad) -> str:
    """A statement in canonical N-Quads, without the closing dot (RDF 1.2 N-Quads §4 canonical form)."""
    terms = [statement.subject, statement.predicate, statement.object]
    if isinstance(statement, ox.Quad) and not isinstance(statement.graph_name, ox.DefaultGraph):
        terms.append(statement.graph_name)
    return " ".join(_term(term) for term in terms)


def _term(term: object) -> str:
    if not isinstance(term, ox.Literal):
        return str(term)
    text = f'"{term.value.translate(_ESCAPES)}"'
    if term.language:
        return f"{text}@{term.language}"
    kind = term.datatype.value
    return text if kind == "http://www.w3.org/2001/XMLSchema#string" else f"{text}^^<{kind}>"
