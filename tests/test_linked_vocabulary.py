"""The ontology, its companions, the shapes, the policy, the context and the catalogue: pages, and every syntax."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from drafts import draft

from umr_ld.jsonld import canonical_nquads
from umr_ld.registry import Registry
from umr_ld.resources import resource
from umr_ld.vocab import vocabulary
from umr_server.app import create_app
from umr_server.linked.catalog import PAGE
from umr_server.linked.shapes import names
from umr_server.linked.terms import VOCABULARIES

FORMS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}
DOCUMENTS = {f"/{key}": one.path for key, one in VOCABULARIES.items()}
DOCUMENTS |= {f"/shapes/{name.removesuffix('.ttl')}": f"shapes/{name}" for name in names()}


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [draft(f"lab/m{n:03}@1.0.0", title=f"M{n}", license="MIT") for n in range(PAGE + 5)], agent="t"
        )
        opened.publish([draft("lab/data@1.0.0", kind="Dataset", title="Data", publisher="A Lab")], agent="t")
        yield opened


@pytest.fixture(scope="module")
def client(registry):
    return create_app(registry).test_client()


def triples(body, key):
    if key == "jsonld":
        document = json.loads(body)
        body = json.dumps({**document, "@context": vocabulary().context}).encode()
    return [quad.triple for quad in ox.parse(body, FORMS[key])]


def canonical(found):
    return canonical_nquads(ox.Quad(one.subject, one.predicate, one.object) for one in found)


@pytest.mark.parametrize("key", FORMS)
@pytest.mark.parametrize("address", DOCUMENTS)
def test_a_document_is_the_same_graph_in_every_syntax(client, address, key):
    answer = client.get(f"{address}?format={key}")
    assert answer.status_code == 200
    stated = ox.parse(path=str(resource(DOCUMENTS[address])), format=ox.RdfFormat.TURTLE)
    assert canonical(triples(answer.data, key)) == canonical(quad.triple for quad in stated)


class Anchors(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links = [], set()

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        self.ids += [said["id"]] if "id" in said else []
        self.links |= {said["href"]} if tag == "a" else set()


def anchors(client, address):
    found = Anchors()
    answer = client.get(address, headers={"Accept": "text/html"}, follow_redirects=True)
    assert answer.mimetype == "text/html"
    found.feed(answer.text)
    return found


PAGES = [
    "/ns",
    "/ns/0.1.0",
    "/risk",
    "/licence",
    "/profiles/fmti-2023",
    "/shapes",
    "/policy",
    "/context/v1",
    "/catalog",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_every_anchor_once_and_every_link_leads_to_one(client, address):
    page = anchors(client, address)
    assert len(page.ids) == len(set(page.ids))
    known = {}
    for link in page.links:
        place, _, anchor = link.partition("#")
        if place.startswith("/") or not place:
            target = place or address
            if anchor:
                if target not in known:
                    known[target] = set(anchors(client, target).ids)
                assert anchor in known[target], link


def test_every_term_lands_on_its_anchor(client):
    found = {key: set(anchors(client, f"/{key}").ids) for key in VOCABULARIES}
    terms = set()
    for path in [*(one.path for one in VOCABULARIES.values()), *(f"shapes/{name}" for name in names())]:
        for quad in ox.parse(path=str(resource(path)), format=ox.RdfFormat.TURTLE):
            if isinstance(quad.subject, ox.NamedNode):
                terms.add(quad.subject.value)
    checked = 0
    for key, one in VOCABULARIES.items():
        for term in terms:
            if term.startswith(f"{one.iri}#"):
                assert term.rpartition("#")[2] in found[key], term
                checked += 1
    assert checked > 300


def test_a_relation_says_what_it_carries_and_a_property_how_it_behaves(client):
    text = client.get("/ns", headers={"Accept": "text/html"}).text
    relation = text.partition('id="fineTunedFrom"')[2].partition('<div class="term"')[0]
    assert re.search(r'<dt>carries</dt><dd><a href="/risk#trainingData">', relation)
    rule = text.partition('id="architecture"')[2].partition('<div class="term"')[0]
    assert re.search(r'<dt>inheritance</dt><dd><a href="/ns#nearest">', rule)
    assert re.search(r'<dt>change</dt><dd><a href="/ns#major">', rule)


def test_a_new_term_appears_without_a_line_of_code(tmp_path, monkeypatch):
    from umr_server.linked import terms

    more = tmp_path / "more.ttl"
    more.write_text(
        "@prefix umr: <https://w3id.org/umr-ld/ns#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
        "@prefix owl: <http://www.w3.org/2002/07/owl#> . umr:brewedFrom a owl:ObjectProperty, umr:Relation ; "
        'rdfs:label "brewed from" ; umr:carries <https://w3id.org/umr-ld/risk#weights> .'
    )
    paths = [str(resource(one.path)) for one in VOCABULARIES.values()]
    known = terms.Statements([*paths, str(more)], {"umr": "https://w3id.org/umr-ld/ns#"})
    monkeypatch.setattr(terms, "statements", lambda: known)
    monkeypatch.setattr(terms, "sections", terms.sections.__wrapped__)
    found = {term.name: term for section in terms.sections("ns") for term in section.terms}
    assert found["umr:brewedFrom"].label == "brewed from"
    assert found["umr:brewedFrom"].facts[0].values == (("weights", "risk#weights"),)


def test_the_context_is_what_documents_name_and_a_page_for_people(client):
    for accept in (None, "application/ld+json", "application/json", "*/*", "application/ld+json;profile=x"):
        answer = client.get("/context/v1", headers={"Accept": accept} if accept else {})
        assert answer.json["@context"] == dict(vocabulary().context)
        assert answer.mimetype in {"application/ld+json", "application/json"}
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get("/context/v1", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert "fineTunedFrom" in client.get("/context/v1", headers={"Accept": "text/html"}).text


def test_the_policy_that_judges_is_the_one_that_is_shown(client, registry):
    told = client.get("/policy?format=json").json
    assert told["digest"] == registry.policy.digest
    stated = set(triples(client.get("/policy?format=nt").data, "nt"))
    wanted = {(relation, risk) for relation, risk in registry.policy.cells}
    carrying = {t for t in stated if not t.predicate.value.endswith("weakensPartial")}
    assert {(one.subject.value, one.object.value) for one in carrying} == wanted


def test_void_counts_what_is_there(client, registry):
    rows = ox.Store()
    rows.bulk_load(client.get("/void").data, ox.RdfFormat.TURTLE)
    said = {
        row["c"].value.rpartition("#")[2]: int(row["n"].value)
        for row in rows.query(
            "PREFIX void: <http://rdfs.org/ns/void#> SELECT ?c ?n { ?p void:class ?c ; void:entities ?n }"
        )
    }
    counts = registry.counts()
    assert said == {"Model": counts["Model"], "Dataset": counts["Dataset"]}
    vocabularies = {
        row["v"].value for row in rows.query("SELECT ?v { ?d <http://rdfs.org/ns/void#vocabulary> ?v }")
    }
    assert vocabularies == {"https://w3id.org/umr-ld/ns", "https://w3id.org/umr-ld/risk"}
    assert client.get("/.well-known/void").headers["Location"] == "/void"
    for place in ("sparqlEndpoint", "seeAlso"):
        assert place in client.get("/void").text or place == "seeAlso"


def test_the_pages_of_the_catalogue_hold_everything_once(client, registry):
    address, members, total = "/catalog", [], set()
    while address:
        store = ox.Store()
        answer = client.get(address, headers={"Accept": "text/turtle"})
        store.bulk_load(answer.data, ox.RdfFormat.TURTLE)
        prefix = "PREFIX hydra: <http://www.w3.org/ns/hydra/core#> PREFIX dcat: <http://www.w3.org/ns/dcat#>"
        found = [
            row["m"].value
            for row in store.query(f"{prefix} SELECT ?m {{ ?c a dcat:Catalog ; hydra:member ?m }}")
        ]
        assert len(found) <= PAGE
        members += found
        total |= {row["n"].value for row in store.query(f"{prefix} SELECT ?n {{ ?c hydra:totalItems ?n }}")}
        following = [row["n"].value for row in store.query(f"{prefix} SELECT ?n {{ ?v hydra:next ?n }}")]
        address = following[0].replace("http://localhost", "") if following else ""
        kinds = {
            row["t"].value.rpartition("#")[2]
            for row in store.query(f"{prefix} SELECT ?t {{ [] hydra:member [ a ?t ] }}")
        }
        assert kinds <= {"Dataset", "Resource"}
    assert total == {str(PAGE + 6)}
    assert len(members) == len(set(members)) == PAGE + 6
    assert registry.base.record("lab/data@1.0.0") in members
