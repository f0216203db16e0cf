"""Entailment about a record's own nodes is that of OWL 2 RL, as owlrl computes it."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path

import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from rdflib.namespace import OWL, RDF, RDFS

from umr_ld.addresses import Base
from umr_ld.derive import own_facts
from umr_ld.document import Document
from umr_ld.entail import entail
from umr_ld.files import documents
from umr_ld.reading import read
from umr_ld.resources import resource
from umr_ld.vocab import Vocabulary, _Graph, vocabulary

GENERATED = 200
RECORDS = resource("records")


def closure_of(triples):
    """What owlrl adds about the nodes of a graph, axiomatic and reflexive triples aside."""
    graph = rdflib.Graph().parse(resource("ontology/umr.ttl"))
    schema = {str(node) for node in graph.all_nodes() if isinstance(node, rdflib.URIRef)}
    graph.parse(data="\n".join(f"{triple} ." for triple in triples), format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(
        graph
    )
    nodes = {rdflib.URIRef(triple.subject.value) for triple in triples}
    nodes |= {rdflib.URIRef(t.object.value) for t in triples if isinstance(t.object, ox.NamedNode)}
    nodes -= {rdflib.URIRef(iri) for iri in schema}
    return {
        (str(s), str(p), str(o))
        for s, p, o in graph
        if s in nodes and p != OWL.sameAs and o not in {OWL.Thing, RDFS.Resource}
    }


def ours(triples):
    stated = set(triples)
    about = {triple.subject for triple in stated} | {
        t.object for t in stated if isinstance(t.object, ox.NamedNode)
    }
    schema = {ox.NamedNode(iri) for iri in schema_nodes()}
    found = {*stated, *entail(stated, vocabulary())}
    return {
        (t.subject.value, t.predicate.value, t.object.value)
        for t in found
        if t.subject in about and t.subject not in schema
    }


def schema_nodes():
    graph = rdflib.Graph().parse(resource("ontology/umr.ttl"))
    return {str(node) for node in graph.all_nodes() if isinstance(node, rdflib.URIRef)}


def complete(record):
    """A record's graph with its links as direct properties, as entailment sees it when publishing."""
    return {*record.triples, *own_facts(record, None, Base(), vocabulary())}


SOMETIMES = {
    "creator": {"label": "B"},
    "hyperparameter": [{"label": "learning rate", "value": "1e-5"}],
    "distribution": {"url": "https://example.org/file", "sha256": "0" * 64},
    "limitation": "It is slow.",
    "bias": "It prefers long answers.",
    "termsOfUse": "https://example.org/terms",
    "environmentalReference": "https://example.org/energy",
    "revision": "v1",
    "license": "MIT",
}
"""Facts with something above them in the ontology, or nothing."""


VERSIONS = [{"artifact": "made/up01", "version": "^1"}]
SPEAKING = {
    "Advisory": {"affects": VERSIONS, "severity": "low", "reporter": "D"},
    "Statement": {"advisory": "advisory/x", "product": VERSIONS, "status": "fixed"},
}


def generated(number, random_):
    terms = vocabulary()
    kind = random_.choice(list(terms.kinds))
    relations = [key for key, one in terms.relations.items() if not one.from_kinds or kind in one.from_kinds]
    body = {"type": kind, "name": f"made/n{number:03}-x", "version": "1.0.0", "title": f"Number {number}"}
    body["upstream"] = [
        {
            "relation": random_.choice(relations),
            "artifact": f"made/up{random_.randrange(40):02}",
            "evidence": "declared",
        }
        for _ in range(random_.randrange(4))
    ]
    if kind in SPEAKING:
        body = {key: value for key, value in body.items() if key != "upstream"} | SPEAKING[kind]
    if random_.random() < 0.5:
        body["publisher"] = random_.choice(["A", {"label": "B", "homepage": "https://example.org/"}])
    if random_.random() < 0.5:
        body["evaluation"] = [{"metric": "f1", "value": "0.5", "dataset": "made/data"}]
    if random_.random() < 0.5:
        body["activity"] = {"label": "training", "energy": "1.5"}
    body |= {key: value for key, value in SOMETIMES.items() if random_.random() < 0.3}
    if kind == "Application":
        body["operator"] = "C"
    if random_.random() < 0.3:
        body["answer"] = [{"indicator": "fmti-2023#x", "value": "1"}]
    if random_.random() < 0.3:
        body["alsoKnownAs"] = ["https://example.org/other"]
    if random_.random() < 0.3:
        body["https://example.org/unknown"] = random_.choice(["x", {"https://example.org/deeper": "y"}])
    return read(Document(json.dumps(body).encode()), Base(), terms).record


def test_generated_records_entail_what_owlrl_derives():
    random_ = random.Random(12)
    triples = set()
    for number in range(GENERATED):
        triples |= complete(generated(number, random_))
    assert ours(triples) == closure_of(triples)


def test_shipped_records_entail_what_owlrl_derives():
    triples = set()
    shipped = sorted(Path(RECORDS).rglob("*.jsonld"))
    assert len(shipped) >= 60
    for document in documents(map(str, shipped)):
        triples |= complete(read(document, Base(), vocabulary()).record)
    assert ours(triples) == closure_of(triples)


def test_generated_records_use_every_relation_and_every_axiom():
    random_ = random.Random(12)
    records = [generated(number, random_) for number in range(GENERATED)]
    terms = vocabulary()
    assert {link.relation for one in records for link in one.links} == terms.relations.keys()
    assert {one.kind for one in records} == terms.kinds.keys()
    stated = {triple.predicate.value for one in records for triple in one.triples}
    ruled = {
        iri
        for iri in terms.properties
        if {iri} & (terms.properties_above | terms.ranges | terms.domains).keys()
    }
    assert ruled - stated == set()


def test_what_was_given_is_not_among_what_follows():
    stated = set(generated(1, random.Random(1)).triples)
    found = entail(stated, vocabulary())
    assert found
    assert not stated & set(found)
    assert len(set(found)) == len(found)


def test_nothing_more_follows_from_what_follows():
    stated = set(generated(2, random.Random(2)).triples)
    assert entail({*stated, *entail(stated, vocabulary())}, vocabulary()) == ()


CLASSES, PROPERTIES, NODES = (
    [ox.NamedNode(f"urn:{word}:{n}") for n in range(4)] for word in ("class", "property", "node")
)
AXIOMS = {
    f"{RDFS}subClassOf": (CLASSES, CLASSES),
    f"{RDFS}subPropertyOf": (PROPERTIES, PROPERTIES),
    f"{RDFS}domain": (PROPERTIES, CLASSES),
    f"{RDFS}range": (PROPERTIES, CLASSES),
    f"{OWL}inverseOf": (PROPERTIES, PROPERTIES),
}
ONTOLOGIES = st.lists(
    st.one_of(
        st.builds(ox.Triple, st.sampled_from(below), st.just(ox.NamedNode(name)), st.sampled_from(above))
        for name, (below, above) in AXIOMS.items()
    ),
    max_size=8,
)
GRAPHS = st.lists(
    st.builds(ox.Triple, st.sampled_from(NODES), st.sampled_from(PROPERTIES), st.sampled_from([*NODES, ox.Literal("x")]))
    | st.builds(ox.Triple, st.sampled_from(NODES), st.just(ox.NamedNode(RDF.type)), st.sampled_from(CLASSES)),
    max_size=6,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(ONTOLOGIES, GRAPHS)
def test_any_ontology_of_these_axioms_entails_what_owlrl_derives(ontology, triples):
    # owlrl also reasons over triples whose subject is a literal, which RDF 1.1 §3.1 does not have.
    inverts = any(axiom.predicate.value == f"{OWL}inverseOf" for axiom in ontology)
    assume(not (inverts and any(isinstance(triple.object, ox.Literal) for triple in triples)))
    lines = "\n".join(f"{triple} ." for triple in [*ontology, *triples])
    closed = rdflib.Graph().parse(data=lines, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(
        closed
    )
    telling = {str(RDF.type), *(one.value for one in PROPERTIES)}
    theirs = {
        (str(s), str(p), str(o))
        for s, p, o in closed
        if str(s).startswith("urn:node:") and str(p) in telling and o not in {OWL.Thing, RDFS.Resource}
    }
    with tempfile.NamedTemporaryFile("w", suffix=".ttl") as file:
        file.write("\n".join(f"{triple} ." for triple in ontology))
        file.flush()
        found = {*triples, *entail(triples, Vocabulary({}, _Graph((file.name,))))}
    assert {(t.subject.value, t.predicate.value, t.object.value) for t in found} == theirs


CONSEQUENCES = {
    "a model is a PROV entity": ("type", "http://www.w3.org/ns/prov#Entity"),
    "a model is FAIR4ML's model": ("type", "https://w3id.org/fair4ml#MLModel"),
    "a fine-tuned model was derived": ("http://www.w3.org/ns/prov#wasDerivedFrom", "artifact"),
    "what was derived was influenced": ("http://www.w3.org/ns/prov#wasInfluencedBy", "artifact"),
    "a publisher is attribution": ("http://www.w3.org/ns/prov#wasAttributedTo", "agent"),
}


@pytest.mark.parametrize(("name", "value"), CONSEQUENCES.values(), ids=CONSEQUENCES)
def test_a_record_is_understood_by_those_who_know_only_other_vocabularies(name, value):
    body = {
        "type": "Model",
        "name": "lab/a",
        "version": "1.0.0",
        "publisher": "Lab",
        "upstream": [{"relation": "fineTunedFrom", "artifact": "lab/b"}],
    }
    record = read(Document(json.dumps(body).encode()), Base(), vocabulary()).record
    predicate = str(RDF.type) if name == "type" else name
    object_ = {"artifact": Base().artifact("lab/b"), "agent": Base().expand("agent/", "Lab")}.get(
        value, value
    )
    expected = ox.Triple(ox.NamedNode(record.iri), ox.NamedNode(predicate), ox.NamedNode(object_))
    assert expected in complete(record)
