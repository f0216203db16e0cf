"""The graph of a document, and its digest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.errors import Invalid, Unreadable
from umr_ld.jsonld import canonical_nquads, digest, n_triples, serialize, triples_of, triples_of_each
from umr_ld.media import Media
from umr_ld.mint import mint
from umr_ld.reading import tree_of
from umr_ld.record import Graph
from umr_ld.strictjson import read_json
from umr_ld.vocab import CONTEXT_IRI, vocabulary

RECORDS = Path(__file__).resolve().parents[1] / "records"

# Cases of the W3C suite that need what a registry of SHA-256 digests does not have.
EXCEPTIONS = {"#test075c": "asks for SHA-384; digests here are SHA-256"}
EVALUATIONS = 64


def graph(triples):
    """A graph as it is read: its text, and nothing else yet."""
    return Graph(n_triples(sorted(set(triples), key=str)))


def suite(shared_data):
    folder = shared_data / "vectors" / "rdf-canon"
    return folder, json.loads((folder / "manifest.jsonld").read_text(encoding="utf-8"))["entries"]


def test_canonical_form_passes_the_w3c_suite(shared_data):
    folder, entries = suite(shared_data)
    cases = [entry for entry in entries if entry["type"] == "rdfc:RDFC10EvalTest"]
    assert len(cases) == EVALUATIONS
    failed = set()
    for case in cases:
        quads = ox.parse(path=str(folder / case["action"]), format=ox.RdfFormat.N_QUADS)
        if canonical_nquads(quads) != (folder / case["result"]).read_text(encoding="utf-8"):
            failed.add(case["id"])
    assert failed == set(EXCEPTIONS)


def test_a_poison_graph_is_refused_at_once(shared_data):
    folder, entries = suite(shared_data)
    (poison,) = [entry for entry in entries if entry["type"] == "rdfc:RDFC10NegativeEvalTest"]
    with pytest.raises(Unreadable, match="would not end"):
        canonical_nquads(ox.parse(path=str(folder / poison["action"]), format=ox.RdfFormat.N_QUADS))


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
TRIPLES = st.lists(
    st.builds(
        lambda s, p, o: ox.Triple(ox.NamedNode(f"urn:s:{s}"), ox.NamedNode(f"urn:p:{p}"), o),
        st.integers(0, 3),
        st.integers(0, 3),
        st.builds(ox.Literal, TEXTS)
        | st.builds(lambda text: ox.Literal(text, language="en"), TEXTS)
        | st.builds(lambda n: ox.NamedNode(f"urn:o:{n}"), st.integers(0, 3))
        | st.builds(ox.Literal, st.integers()),
    ),
    max_size=12,
)


@given(TRIPLES)
def test_the_digest_is_sha256_over_the_canonical_quads(triples):
    quads = [ox.Quad(t.subject, t.predicate, t.object, ox.DefaultGraph()) for t in triples]
    known = hashlib.sha256(canonical_nquads(quads).encode()).hexdigest()
    assert digest(triples) == digest(graph(triples)) == known


@pytest.mark.parametrize(
    "literal",
    [
        ox.Literal("a\\b"),
        ox.Literal('"\x00\x07\x7f\x85\ufffe\r\n\t'),
        ox.Literal("_:b @en"),
        ox.Literal("x", language="en-GB"),
        ox.Literal("1.0", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
    ],
    ids=str,
)
def test_the_digest_is_of_the_canonical_line_of_every_kind_of_literal(literal):
    triple = ox.Triple(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), literal)
    quad = ox.Quad(triple.subject, triple.predicate, triple.object, ox.DefaultGraph())
    known = hashlib.sha256(canonical_nquads([quad]).encode()).hexdigest()
    assert digest([triple]) == digest(graph([triple])) == known


@given(TRIPLES, st.randoms())
def test_the_digest_does_not_depend_on_order_or_repetition(triples, random):
    mixed = triples + triples
    random.shuffle(mixed)
    assert digest(mixed) == digest(triples)


def test_a_graph_with_blank_nodes_has_no_digest():
    with pytest.raises(ValueError, match="blank"):
        digest([ox.Triple(ox.BlankNode(), ox.NamedNode("urn:p"), ox.Literal("x"))])


def minted(**more):
    draft = {"type": "Model", "name": "lab/model", "version": "1.0.0", "title": "A model", **more}
    return mint(read_json(Document(json.dumps(draft).encode())), Base(), vocabulary()).root


DOCUMENTS = {
    "minimal": {},
    "upstream": {
        "upstream": [
            {"relation": "fineTunedFrom", "artifact": "lab/base", "version": "^1.0.0", "inherit": True}
        ]
    },
    "nested": {
        "evaluation": [{"metric": "accuracy", "value": 0.87, "dataset": "lab/data"}],
        "license": "MIT",
    },
    "languages": {"description": [{"@value": "Ein Modell", "@language": "de"}, "A model", "模型"]},
    "unknown": {
        "https://example.org/ns#colour": "blue",
        "https://example.org/ns#part": {"https://example.org/ns#n": 2},
    },
    "agents": {"publisher": [{"label": "A Lab", "homepage": "https://example.org/"}, "Another"]},
    "numbers": {"parameterCount": 151000000, "activity": {"energy": "12.50", "label": "training"}},
}


@pytest.mark.parametrize("facts", DOCUMENTS.values(), ids=DOCUMENTS)
def test_another_processor_reads_the_same_graph(facts):
    from pyld import jsonld

    root = minted(**facts)
    nquads = jsonld.to_rdf(
        {**root, "@context": dict(vocabulary().context)},
        {"format": "application/n-quads", "documentLoader": None},
    )
    theirs = {quad.triple for quad in ox.parse(nquads, ox.RdfFormat.N_QUADS)}
    assert theirs == set(triples_of(root, vocabulary()))


def test_only_the_pinned_context_is_used():
    with pytest.raises(Unreadable, match="pinned"):
        triples_of({"@context": "https://example.org/"}, vocabulary())


def test_blank_nodes_are_not_published():
    with pytest.raises(Invalid):
        triples_of({"@context": CONTEXT_IRI, "title": "x"}, vocabulary())


TREES = st.recursive(
    st.text() | st.booleans(),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=3), one, max_size=3),
)


@given(st.dictionaries(st.text(max_size=3), TREES, max_size=4))
def test_the_published_layout_is_that_of_the_standard_library(root):
    try:
        expected = (json.dumps(root, indent=2, ensure_ascii=False) + "\n").encode()
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            serialize(root)
    else:
        assert serialize(root) == expected


def test_the_published_layout_is_utf8_with_a_newline_at_its_end():
    body = serialize(minted(title="模型"))
    assert "模型".encode() in body
    assert body.endswith(b"}\n")


def test_several_documents_read_together_are_what_each_is_by_itself():
    paths = sorted(RECORDS.rglob("*.jsonld"))[:60]
    roots = [
        mint(tree_of(Document(path.read_bytes(), Media.of_path(path), str(path))), Base(), vocabulary()).root
        for path in paths
    ]
    assert len(roots) == 60
    assert list(triples_of_each(roots, vocabulary())) == [triples_of(root, vocabulary()) for root in roots]


SPOILT = {
    "another context": {"@context": "https://example.org/other"},
    "a blank node": {"title": {"@value": "x"}, "publisher": {"label": "nobody"}},
    "a blank subject": {"id": "_:b0"},
    "no JSON-LD": {"id": 3},
}


@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=SPOILT)
def test_of_several_documents_of_which_one_is_spoilt_each_has_to_be_read_by_itself(spoilt):
    good = {"@context": CONTEXT_IRI, "id": "https://example.org/a", "type": "Model", "title": "A"}
    assert triples_of_each([good, good], vocabulary()) is not None
    assert triples_of_each([good, {**good, **spoilt}, good], vocabulary()) is None
