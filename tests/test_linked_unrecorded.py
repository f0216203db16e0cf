"""What is answered of things that nobody described: who names them; of names that nobody names, that there is nothing."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from drafts import draft

from umr_ld.registry import Registry
from umr_server.app import create_app

PAGE = "https://example.org/models/base"
NAMED = {
    "declared to be elsewhere": "lab/elsewhere",
    "by an IRI": PAGE,
}
ACCEPTS = {
    "html": "text/html",
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "json": "application/json",
}


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/b@1.0.0", "basedOn lab/elsewhere external", title="B"),
                draft("lab/c@1.0.0", f"fineTunedFrom {PAGE} external", title="C"),
            ],
            agent="test",
        )
        yield opened


@pytest.fixture(scope="module")
def client(registry):
    return create_app(registry).test_client()


@pytest.mark.parametrize("key", ACCEPTS)
@pytest.mark.parametrize("name", NAMED.values(), ids=NAMED)
def test_of_what_is_only_mentioned_every_syntax_tells_who_names_it(client, name, key):
    answer = client.get(f"/r/{name}", headers={"Accept": ACCEPTS[key]}, follow_redirects=True)
    assert (answer.status_code, answer.mimetype) == (200, ACCEPTS[key])
    assert ("lab/c@1.0.0" if name == PAGE else "lab/b@1.0.0") in answer.text


def test_its_graph_says_by_whom_and_by_which_relation_it_is_named(client, registry):
    found = {
        quad.triple
        for quad in ox.parse(client.get("/page/lab/elsewhere.nt").data, format=ox.RdfFormat.N_TRIPLES)
    }
    thing = ox.NamedNode(registry.base.artifact("lab/elsewhere"))
    record = ox.NamedNode(registry.base.record("lab/b@1.0.0"))
    based = ox.NamedNode("https://w3id.org/umr-ld/ns#basedOn")
    assert ox.Triple(thing, ox.NamedNode("http://purl.org/dc/terms/isReferencedBy"), record) in found
    assert ox.Triple(record, based, thing) in found
    # What it says is what the registry derived, and nothing else.
    assert registry.query(f"ASK {{ {record} {based} {thing} }}")


@pytest.mark.parametrize("key", ACCEPTS)
@pytest.mark.parametrize("address", ["/r/lab/never", "/page/lab/never", "/page/lab/never@1.0.0"])
def test_of_a_name_that_nobody_names_there_is_nothing_in_any_syntax(client, address, key):
    """Every way of asking, also from a browser: it accepts pages, and asks for data by the address."""
    wanted = "text/html" if key == "html" else "application/problem+json"
    for asked, accept in (
        (address, ACCEPTS[key]),
        (f"{address}?format={key}", "text/html"),
        (f"{address}.{key}", "text/html"),
    ):
        answer = client.get(asked, headers={"Accept": accept})
        assert (answer.status_code, answer.mimetype) == (404, wanted), asked


KEPT = {
    "a format": ("/r/lab/b?format=ttl", "/page/lab/b?format=ttl"),
    "a format that people read": ("/r/lab/b?format=bib", "/page/lab/b?format=bib"),
    "a format before what is accepted": ("/r/lab/b@1.0.0?format=nt", "/page/lab/b@1.0.0?format=nt"),
    "a suffix": ("/r/lab/b.ttl", "/page/lab/b.ttl"),
    "a moment": ("/r/lab/b?at=2999-01-01", "/page/lab/b?format=jsonld&at=2999-01-01"),
    "nothing but what is accepted": ("/r/lab/b", "/page/lab/b?format=jsonld"),
}


@pytest.mark.parametrize(("asked", "place"), KEPT.values(), ids=KEPT)
def test_an_identifier_leads_to_what_its_address_asks_for(client, asked, place):
    answer = client.get(asked, headers={"Accept": "application/ld+json"})
    assert (answer.status_code, answer.headers["Location"]) == (303, place)
    assert client.get(place).status_code == 200


def test_an_identifier_refuses_a_format_that_is_none(client):
    answer = client.get("/r/lab/b?format=none", headers={"Accept": "application/json"})
    assert answer.status_code == 400
