"""Records as data: the same graph in every syntax, kept as long as it stands, and found from its headers."""

from __future__ import annotations

import json
import re

import pyoxigraph as ox
import pytest
import yaml
from drafts import draft

from umr_ld.files import documents
from umr_ld.jsonld import digest
from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_ld.resources import resource
from umr_ld.vocab import CONTEXT_IRI, vocabulary
from umr_server.app import create_app
from umr_server.linked.compaction import compacted

SYNTAXES = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdf": ox.RdfFormat.RDF_XML,
}


@pytest.fixture(scope="module")
def shipped():
    with Registry.in_memory() as opened:
        opened.publish(documents([str(resource("records"))]), agent="test")
        yield opened


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        file = {"url": "https://example.org/model.bin", "mediaType": "application/octet-stream"}
        opened.publish(
            [
                draft("lab/a@1.0.0", title="A", license="MIT"),
                draft("lab/a@1.1.0", title="A", license="MIT", description="More.", distribution=[file]),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1 inherit", title="B"),
                draft("lab/gone@1.0.0", title="Gone"),
            ],
            agent="test",
        )
        opened.withdraw(Ref.parse("lab/gone@1.0.0"), reason="wrong", agent="test")
        yield opened


@pytest.fixture
def client(registry):
    return create_app(registry).test_client()


def graph(body):
    """The triples of a JSON-LD document, with the published context put in the place of its IRI."""
    document = json.loads(body)
    assert document["@context"] == CONTEXT_IRI
    inlined = json.dumps({**document, "@context": vocabulary().context}).encode()
    return {quad.triple for quad in ox.parse(inlined, ox.RdfFormat.JSON_LD)}


def parsed(body, key):
    return graph(body) if key == "jsonld" else {quad.triple for quad in ox.parse(body, SYNTAXES[key])}


def every(registry):
    listing = registry.listing(limit=100_000)
    for one in listing.entries:
        yield from registry.show(str(one.ref)).versions


@pytest.mark.parametrize("key", ["jsonld", *SYNTAXES])
def test_every_shipped_record_is_the_same_graph_in_every_syntax(shipped, key):
    client = create_app(shipped).test_client()
    refs = list(every(shipped))
    assert len(refs) >= 170
    for ref in refs:
        answer = client.get(f"/page/{ref}?format={key}")
        assert answer.status_code == 200
        assert digest(parsed(answer.data, key)) == shipped.get(str(ref)).digest, ref


def test_every_shipped_record_compacted_is_the_same_graph(shipped):
    for ref in every(shipped):
        record = shipped.get(str(ref))
        assert digest(graph(compacted(record.triples))) == record.digest, ref


def test_yaml_is_the_draft_that_would_be_published_again(shipped):
    client = create_app(shipped).test_client()
    body = client.get("/page/vinid/plip@1.0.0.yaml").text
    assert yaml.safe_load(body) == json.loads(shipped.body(Ref.parse("vinid/plip@1.0.0")))


def test_json_has_what_is_inherited_and_from_where(client):
    values = client.get("/page/lab/b@1.0.0.json").json["values"]
    assert values["license"] == [
        {"value": "https://spdx.org/licenses/MIT", "origin": "lab/a@1.1.0", "hops": 1}
    ]


LASTING = ["jsonld", "ttl", "nt", "nq", "trig", "rdf", "yaml"]


@pytest.mark.parametrize("key", LASTING)
def test_what_an_author_stated_is_kept_under_a_strong_tag(client, key):
    first = client.get(f"/page/lab/b@1.0.0.{key}")
    assert "immutable" in first.headers["Cache-Control"]
    assert not first.headers["ETag"].startswith("W/")
    again = client.get(f"/page/lab/b@1.0.0.{key}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert client.head(f"/page/lab/b@1.0.0.{key}").headers["ETag"] == first.headers["ETag"]


def test_who_wants_other_bytes_than_there_are_is_told_so(client):
    """RFC 9110 §13.1.1: the condition does not hold."""
    address = "/page/lab/b@1.0.0.ttl"
    tag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-Match": tag}).status_code == 200
    assert client.get(address, headers={"If-Match": '"other"'}).status_code == 412


PASSING = {
    "a page": "/page/lab/b@1.0.0",
    "what is inherited": "/page/lab/b@1.0.0.json",
    "the newest version": "/page/lab/b?format=ttl",
    "a listing": "/search?format=json",
    "a feed": "/feed",
    "a catalogue": "/catalog?format=ttl",
    "a graph that is derived": "/e/lab/b@1.0.0?format=nq",
}


@pytest.mark.parametrize("address", PASSING.values(), ids=PASSING)
def test_what_may_change_is_asked_about_until_the_journal_goes_on(address):
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0"), draft("lab/b@1.0.0", "basedOn lab/a inherit")], agent="test")
        client = create_app(registry).test_client()
        first = client.get(address)
        assert first.headers["Cache-Control"] == "no-cache"
        asking = {"If-None-Match": first.headers["ETag"]}
        assert client.get(address, headers=asking).status_code == 304
        registry.publish([draft("lab/c@1.0.0")], agent="test")
        assert client.get(address, headers=asking).status_code == 200


def test_syntaxes_and_addresses_have_tags_of_their_own(client):
    addresses = [f"/page/lab/b@1.0.0?format={key}" for key in (*LASTING, "json", "html")]
    addresses += ["/g/lab/b@1.0.0?format=nq", "/page/lab/a@1.0.0?format=ttl", "/search", "/search?text=b"]
    tags = {client.get(address).headers["ETag"] for address in addresses}
    assert len(tags) == len(addresses)


def test_what_was_withdrawn_is_gone_as_data_and_has_a_page(client):
    for key in (*LASTING, "json"):
        answer = client.get(f"/page/lab/gone@1.0.0.{key}")
        assert answer.status_code == 410
        assert answer.data
        assert answer.headers["Cache-Control"] == "no-cache"
        asking = {"If-None-Match": "*"}
        assert client.get(f"/page/lab/gone@1.0.0.{key}", headers=asking).status_code == 410
    assert client.get("/g/lab/gone@1.0.0").status_code == 410
    page = client.get("/page/lab/gone@1.0.0")
    assert page.status_code == 200
    assert "Withdrawn" in page.text


def links(answer):
    """Relation to addresses, as a reader of RFC 8288 finds them."""
    found = {}
    for target, rest in re.findall(r"<([^>]*)>([^<]*)", answer.headers["Link"]):
        found.setdefault(re.search(r'rel="([^"]*)"', rest)[1], []).append(target)
    return found


@pytest.mark.parametrize("suffix", ["", ".jsonld", ".ttl", ".json"])
def test_the_header_says_where_a_record_belongs(client, suffix):
    found = links(client.get(f"/page/lab/a@1.1.0{suffix}"))
    assert found["cite-as"] == ["https://w3id.org/umr-ld/r/lab/a@1.1.0"]
    assert found["type"] == ["https://w3id.org/umr-ld/ns#Model"]
    assert found["license"] == ["https://spdx.org/licenses/MIT"]
    assert found["item"] == ["https://example.org/model.bin"]
    assert found["collection"] == ["/catalog"]
    assert found["latest-version"] == ["/r/lab/a"]
    assert found["predecessor-version"] == ["/r/lab/a@1.0.0"]
    assert len(found["alternate"]) == 17
    for rel in (
        "describedby",
        "collection",
        "version-history",
        "predecessor-version",
        "latest-version",
        "alternate",
    ):
        for address in found[rel]:
            assert client.get(address, follow_redirects=True).status_code == 200, address


def test_a_first_version_has_no_predecessor(client):
    assert "predecessor-version" not in links(client.get("/page/lab/a@1.0.0"))


def test_the_page_names_its_twins_in_its_head_and_in_its_text(client):
    text = client.get("/page/lab/a@1.1.0").text
    assert (
        '<link rel="alternate" type="text/turtle" title="Turtle" href="/page/lab/a@1.1.0?format=ttl">' in text
    )
    assert '<a rel="alternate" type="text/turtle" href="/page/lab/a@1.1.0?format=ttl">Turtle</a>' in text


def test_of_what_is_only_mentioned_it_is_told_who_names_it():
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/b@1.0.0", "basedOn lab/elsewhere external")], agent="test")
        client = create_app(registry).test_client()
        answer = client.get("/page/lab/elsewhere?format=json")
        assert answer.status_code == 200
        assert answer.json == {"artifact": "lab/elsewhere", "namedBy": ["lab/b@1.0.0"]}


def test_what_rdf_xml_cannot_say_is_refused_and_never_said_wrongly():
    word = "https://example.org/ns#"
    with Registry.in_memory() as registry:
        registry.publish(
            [
                draft("lab/lines@1.0.0", note="one\r\ntwo\rthree\n four\t five "),
                draft("lab/control@1.0.0", **{f"{word}odd": "\x01\x0b"}),
                draft("lab/predicate@1.0.0", **{f"{word}12": "no element is called so"}),
            ],
            agent="test",
        )
        client = create_app(registry).test_client()
        triples = {
            quad.triple
            for quad in ox.parse(client.get("/page/lab/lines@1.0.0.rdf").data, ox.RdfFormat.RDF_XML)
        }
        assert digest(triples) == registry.get("lab/lines").digest
        for name in ("control", "predicate"):
            answer = client.get(f"/page/lab/{name}@1.0.0.rdf", headers={"Accept": "application/json"})
            assert answer.status_code == 406
            assert "Turtle" in answer.json["detail"]
            assert client.get(f"/page/lab/{name}@1.0.0.ttl").status_code == 200
