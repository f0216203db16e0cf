"""Suffix twins: what `?format=` gives stands at an address with that ending too, wherever a syntax can be chosen."""

from __future__ import annotations

import pytest
from drafts import draft

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.linked.syntaxes import SYNTAXES
from umr_server.linked.terms import VOCABULARIES

RDF = ("ttl", "jsonld", "nt", "nq", "trig", "rdf")

ADDRESSES = {
    **{f"/{key}": (*RDF, "html") for key in VOCABULARIES},
    "/ns/0.1.0": (*RDF, "html"),
    "/shapes": (*RDF, "html"),
    "/shapes/upstream": (*RDF, "html"),
    "/policy": (*RDF, "json", "html"),
    "/context/v1": ("jsonld", "json", "html"),
    "/catalog": (*RDF, "json", "csv", "html"),
    "/void": RDF,
    "/feed": ("atom", "json", "csv"),
    "/advisories": ("json", "csv", "atom", "html"),
    "/aliases": ("json", "csv", "html"),
    "/search": ("json", "csv", "atom", "html"),
    "/log/2": RDF,
    "/g/lab/b@1.0.0": RDF,
    "/d/lab/b@1.0.0": RDF,
    "/e/lab/b@1.0.0": RDF,
    "/agent/test": RDF,
}


@pytest.fixture(scope="module")
def client():
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/b@1.0.0", "basedOn lab/elsewhere external", title="B")], agent="test")
        yield create_app(registry).test_client()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_suffix_gives_what_format_gives(client, address):
    for key in ADDRESSES[address]:
        by_suffix = client.get(f"{address}.{key}", headers={"Accept": "image/png"})
        by_format = client.get(f"{address}?format={key}", headers={"Accept": "image/png"})
        assert by_suffix.status_code == by_format.status_code == 200, key
        assert by_suffix.mimetype == SYNTAXES[key].mime
        assert by_suffix.headers.get("Link") == by_format.headers.get("Link")
        assert set(by_suffix.vary) == set(by_format.vary)
        if key != "html":
            assert "Accept" not in by_suffix.vary
            assert by_suffix.data == by_format.data


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_suffix_that_is_none_of_its_syntaxes_is_refused_with_those_that_are(client, address):
    answer = client.get(f"{address}.pdf", headers={"Accept": "application/json"})
    assert answer.status_code == 406
    assert all(SYNTAXES[key].mime in answer.json["detail"] for key in ADDRESSES[address])


def test_format_counts_before_a_suffix(client):
    assert client.get("/ns.ttl?format=jsonld").mimetype == "application/ld+json"


UNKNOWN = ["/ns.nothing", "/ns/9.9.9.ttl", "/shapes/none.ttl", "/agent/nobody.ttl", "/g/lab/none@1.0.0.ttl"]


@pytest.mark.parametrize("address", UNKNOWN)
def test_what_is_not_there_is_not_there_with_a_suffix(client, address):
    assert client.get(address).status_code == 404


def test_the_place_that_harvesters_know_leads_to_the_description_in_the_syntax_that_is_asked_for(client):
    assert client.get("/.well-known/void").headers["Location"] == "/void"
    asked = client.get("/.well-known/void?format=nt", follow_redirects=True)
    assert asked.mimetype == "application/n-triples"
