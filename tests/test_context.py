"""The pinned context: explicit, read alike by two processors, and as the vocabulary says, key by key."""

from __future__ import annotations

import json

import pyoxigraph as ox
import pytest
from pyld import jsonld

from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.errors import Invalid
from umr_ld.mint import mint
from umr_ld.resources import resource
from umr_ld.strictjson import read_json
from umr_ld.vocab import CONTEXT_IRI, UMR, XSD, vocabulary

CONTEXT = json.loads(resource("ontology/context.jsonld").read_text(encoding="utf-8"))["@context"]
RECORD = "https://example.org/record"
NODE = "https://example.org/record#node"
PLACES = sorted(vocabulary().terms, key=str)
NESTED = [(parent, key) for parent, key in PLACES if parent is not None]
SAMPLES = {
    None: "a text",
    "@id": "https://example.org/thing",
    f"{XSD}integer": "12",
    f"{XSD}decimal": "0.5",
    f"{XSD}boolean": True,
}


def scopes():
    """The contexts of objects, by the key that the object stands at."""
    said = {key: said for key, said in CONTEXT.items() if isinstance(said, dict)}
    return {key: one["@context"] for key, one in said.items() if "@context" in one}


def sample(term):
    """A value that the key may have."""
    return term.words[0] if term.words else SAMPLES[term.type]


def document(parent, key):
    """A document that states one key, in its place."""
    fact = {key: sample(vocabulary().terms[parent, key])}
    facts = fact if parent is None else {parent: {"id": NODE, **fact}}
    return {"@context": CONTEXT, "id": RECORD, **facts}


def by_pyoxigraph(made):
    quads = ox.parse(json.dumps(made).encode(), ox.RdfFormat.JSON_LD)
    return {str(quad.triple) for quad in quads}


def by_pyld(made):
    text = jsonld.to_rdf(made, {"format": "application/n-quads", "documentLoader": None})
    return {str(quad.triple) for quad in ox.parse(text.encode(), ox.RdfFormat.N_QUADS)}


def test_nothing_is_a_term_by_default():
    assert not {"@vocab", "@base", "@import", "@language"} & CONTEXT.keys()
    assert all(not {"@vocab", "@base", "@import"} & scope.keys() for scope in scopes().values())


def test_no_construct_is_used_that_processors_read_differently():
    terms = [CONTEXT, *scopes().values()]
    for said in (said for scope in terms for said in scope.values()):
        if isinstance(said, dict):
            assert said.keys() <= {"@id", "@type", "@context"}


@pytest.mark.parametrize(("parent", "key"), PLACES, ids=str)
def test_a_key_states_the_property_that_the_vocabulary_names(parent, key):
    term = vocabulary().terms[parent, key]
    subject = RECORD if parent is None else NODE
    parsed = ox.parse(json.dumps(document(parent, key)).encode(), ox.RdfFormat.JSON_LD)
    (value,) = [q.object for q in parsed if q.subject.value == subject and q.predicate.value == term.iri]
    if term.type is None:
        assert value == ox.Literal("a text")
    elif term.type.startswith("@"):
        assert isinstance(value, ox.NamedNode)
    else:
        assert value.datatype.value == term.type


@pytest.mark.parametrize(("parent", "key"), PLACES, ids=str)
def test_two_processors_read_every_key_alike(parent, key):
    made = document(parent, key)
    assert by_pyoxigraph(made) == by_pyld(made) != set()


@pytest.mark.parametrize("word", [*vocabulary().relations, "declared", "inferred", "verified"])
def test_two_processors_read_every_word_alike(word):
    key = "relation" if word in vocabulary().relations else "evidence"
    made = {"@context": CONTEXT, "id": RECORD, "upstream": {"id": NODE, key: word}}
    assert by_pyoxigraph(made) == by_pyld(made)
    assert f"<{NODE}> <{UMR}{key}> <{UMR}{word}>" in by_pyoxigraph(made)


@pytest.mark.parametrize("kind", vocabulary().kinds)
def test_two_processors_read_every_kind_alike(kind):
    made = {"@context": CONTEXT, "id": RECORD, "type": kind}
    assert by_pyoxigraph(made) == by_pyld(made) != set()


@pytest.mark.parametrize("inner", scopes())
@pytest.mark.parametrize("outer", scopes())
def test_a_key_means_the_same_however_deep_its_object_stands(outer, inner):
    """Processors differ in how a scope ends (JSON-LD 1.1 API §5.1.2, step 7); no key may show it."""
    terms = vocabulary()
    facts = {key: sample(terms.term(key, inner)) for key in terms.keys(inner)}
    nested = {"id": "https://example.org/inner", **facts}
    made = {"@context": CONTEXT, "id": RECORD, outer: {"id": NODE, inner: nested}}
    graph = by_pyoxigraph(made)
    assert graph == by_pyld(made)
    stated = {
        line.split(" ")[1].strip("<>") for line in graph if line.startswith("<https://example.org/inner>")
    }
    assert stated == {terms.term(key, inner).iri for key in facts}


@pytest.mark.parametrize("outer", scopes())
def test_inside_what_is_not_understood_keys_mean_what_they_mean_at_the_record(outer):
    unknown = {"id": "https://example.org/inner", "version": "3", "title": "A"}
    made = {"@context": CONTEXT, "id": RECORD, outer: {"id": NODE, "https://example.org/part": unknown}}
    assert by_pyoxigraph(made) == by_pyld(made)
    assert '<https://example.org/inner> <http://www.w3.org/ns/dcat#version> "3"' in by_pyoxigraph(made)


def only_nested():
    """Keys that have a meaning in some object, and none at the record."""
    return [(parent, key) for parent, key in NESTED if (None, key) not in vocabulary().terms]


@pytest.mark.parametrize(("parent", "key"), only_nested(), ids=str)
def test_a_key_out_of_its_place_is_refused_since_readers_would_lose_it(parent, key):
    fact = {key: sample(vocabulary().terms[parent, key])}
    assert by_pyoxigraph({"@context": CONTEXT, "id": RECORD, "title": "A", **fact}) == by_pyoxigraph(
        {"@context": CONTEXT, "id": RECORD, "title": "A"}
    )
    body = {"type": "Model", "name": "lab/a", "version": "1.0.0", **fact}
    with pytest.raises(Invalid) as caught:
        mint(read_json(Document(json.dumps(body).encode())), Base(), vocabulary())
    assert [(finding.rule, finding.path) for finding in caught.value.report] == [("key-unknown", key)]


def test_a_property_out_of_its_place_is_kept_by_its_iri():
    body = {"type": "Model", "name": "lab/a", "version": "1.0.0", "umr:metric": "f1"}
    minted = mint(read_json(Document(json.dumps(body).encode())), Base(), vocabulary())
    assert minted.root["https://w3id.org/umr-ld/ns#metric"] == "f1"
    again = mint(read_json(Document(json.dumps(minted.root).encode())), Base(), vocabulary())
    assert again.root == minted.root


def test_prefixes_of_the_vocabularies_in_use_are_declared():
    wanted = {
        "umr",
        "umrrisk",
        "prov",
        "dcat",
        "dct",
        "foaf",
        "skos",
        "fair4ml",
        "dpv",
        "spdx",
        "rdfs",
        "xsd",
    }
    assert wanted <= vocabulary().prefixes.keys()
    assert CONTEXT_IRI == "https://w3id.org/umr-ld/context/v1"
