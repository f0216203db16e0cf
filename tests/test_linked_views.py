"""Every page is data, and every list of what happened is a feed."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest
from drafts import draft

from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.linked.feeds import ENTRIES
from umr_server.settings import Settings

MANY = 130
HISTORY = "http://purl.org/syndication/history/1.0"


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/a@1.0.0", title="A", license="MIT", task=["translation"]),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a@1.0.0 inherit", title="B", publisher="A Lab"),
                draft("lab/c@1.0.0", "fineTunedFrom lab/b", title="C"),
                draft(
                    "advisory/x@1.0.0",
                    kind="Advisory",
                    title="Bad weights",
                    risk="backdoor",
                    severity="high",
                    affects=[{"artifact": "lab/a", "version": "1.0.0"}],
                ),
            ],
            agent="Ada",
        )
        opened.publish(
            [draft(f"many/m{number}@1.0.0", title=f"M {number}") for number in range(MANY)], agent="Ada"
        )
        opened.publish(
            [draft("lab/a@1.0.1", title="A mended", license="MIT", task=["translation"])], agent="Bob"
        )
        opened.withdraw(Ref.parse("many/m0@1.0.0"), reason="a mistake", agent="Bob")
        yield opened


@pytest.fixture(scope="module")
def client(registry):
    return create_app(registry).test_client()


VIEWS = {
    "/search": ("json", "csv", "atom"),
    "/search?text=lab&kind=Model": ("json", "csv", "atom"),
    "/advisories": ("json", "csv", "atom"),
    "/aliases": ("json", "csv"),
    "/history/lab/a": ("json", "csv", "atom"),
    "/impact/lab/a": ("json", "csv"),
    "/impact/advisory/x": ("json", "csv"),
    "/lineage/lab/c": ("json", "csv", "dot", "mermaid"),
    "/diff?before=lab/a@1.0.0&after=lab/a@1.0.1": ("json", "csv"),
    "/catalog": ("json", "csv", "jsonld", "ttl"),
    "/page/lab/a@1.0.0": ("json", "jsonld", "ttl", "yaml"),
}


@pytest.mark.parametrize("address", VIEWS)
def test_a_page_links_to_itself_as_data(client, address):
    page = client.get(address, headers={"Accept": "text/html"})
    head, _, rest = page.text.partition("</head>")
    for key in VIEWS[address]:
        place = f"{address}{'&' if '?' in address else '?'}format={key}"
        # Addresses are written with more or fewer characters encoded, and mean the same.
        written = re.escape(place.replace("&", "&amp;")).replace("/", "(?:/|%2F)").replace("@", "(?:@|%40)")
        assert re.search(f'<link rel="alternate"[^>]*href="{written}"', head), key
        assert re.search(f'<a[^>]*href="{written}"', rest), key
        answer = client.get(place)
        assert answer.status_code == 200
        assert answer.data


@pytest.mark.parametrize(
    "address", ["/search", "/advisories", "/diff", "/history/lab/a", "/impact/lab/a", "/lineage/lab/c"]
)
def test_a_suffix_says_the_same_as_a_format(client, address):
    asked = "?before=lab/a@1.0.0&after=lab/a@1.0.1"
    for key in ("json", "csv"):
        assert client.get(f"{address}.{key}{asked}").data == client.get(f"{address}{asked}&format={key}").data


def test_rows_are_the_same_in_json_and_csv(client):
    entries = client.get("/search.json?text=lab").json["entries"]
    rows = list(csv.DictReader(io.StringIO(client.get("/search.csv?text=lab").text)))
    assert [one["reference"] for one in entries] == [row["reference"] for row in rows]
    assert len(rows) == 3


def test_who_is_affected_is_told_with_the_way(client):
    told = client.get("/impact/advisory/x.json").json
    assert told["total"] == 3
    assert {hit["reference"]: hit["answer"] for hit in told["hits"]} == dict.fromkeys(
        ("lab/a@1.0.0", "lab/b@1.0.0", "lab/c@1.0.0"), "affected"
    )
    rows = list(csv.DictReader(io.StringIO(client.get("/impact/advisory/x.csv").text)))
    assert {row["reference"] for row in rows} == {hit["reference"] for hit in told["hits"]}


def test_pages_of_data_lead_to_each_other_and_hold_everything_once(client):
    address, seen = "/search?format=json", []
    while address:
        answer = client.get(address)
        seen += [one["reference"] for one in answer.json["entries"]]
        following = re.search(r'<([^>]*)>; rel="next"', answer.headers["Link"])
        address = f"{following[1]}&format=json" if following else ""
    assert len(seen) == len(set(seen)) == MANY + 4


def read(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    found = feedparser.parse(answer.data)
    assert not found.bozo
    return found


def rel(found, name):
    return next(
        (link.href.replace("http://localhost", "") for link in found.feed.links if link.rel == name), ""
    )


@pytest.mark.parametrize("address", ["/search.atom", "/history/lab/a.atom", "/advisories.atom", "/feed"])
def test_a_feed_has_what_a_reader_needs(client, address):
    found = read(client, address)
    assert found.version == "atom10"
    assert found.feed.id
    assert found.feed.title
    assert found.feed.updated_parsed
    assert rel(found, "self")
    assert 0 < len(found.entries) <= ENTRIES
    assert len({entry.id for entry in found.entries}) == len(found.entries)
    assert sorted((e.updated_parsed for e in found.entries), reverse=True) == [
        e.updated_parsed for e in found.entries
    ]
    for entry in found.entries[:3]:
        assert (
            client.get(entry.link.replace("http://localhost", ""), follow_redirects=True).status_code == 200
        )


def test_the_pages_of_a_feed_hold_everything_once_under_one_id(client):
    address, seen, ids = "/search?format=atom", [], set()
    while address:
        found = read(client, address)
        ids.add(found.feed.id)
        seen += [entry.id for entry in found.entries]
        address = rel(found, "next")
    assert len(ids) == 1
    assert len(seen) == len(set(seen)) == MANY + 4
    assert rel(read(client, "/search?format=atom&page=2"), "previous").endswith("page=1")


def test_the_archives_of_everything_hold_every_entry_of_the_journal(client, registry):
    found = read(client, "/feed")
    newest = f"{registry.base.iri}log/{registry.position().seq}"
    assert found.entries[0].id == newest
    assert found.entries[0].summary.endswith("a mistake")
    seen = {entry.id for entry in found.entries}
    while address := rel(found, "prev-archive"):
        found = read(client, address)
        assert len(found.entries) <= ENTRIES
        assert ET.fromstring(client.get(address).data).find(f"{{{HISTORY}}}archive") is not None
        seen |= {entry.id for entry in found.entries}
    assert seen == {f"{registry.base.iri}log/{seq}" for seq in range(2, registry.position().seq + 1)}


def test_an_archive_never_changes():
    with Registry.in_memory() as registry:
        registry.publish([draft(f"lab/m{number}@1.0.0") for number in range(ENTRIES + 5)], agent="Ada")
        client = create_app(registry).test_client()
        before = client.get("/feed/1").data
        registry.publish([draft(f"lab/n{number}@1.0.0") for number in range(ENTRIES)], agent="Ada")
        assert client.get("/feed/1").data == before
        assert client.get("/feed/3").status_code == 404
        assert client.get("/feed/0").status_code == 404


def test_an_empty_registry_has_feeds_and_a_catalogue():
    with Registry.in_memory() as registry:
        client = create_app(registry).test_client()
        for address in ("/feed", "/search.atom", "/advisories.atom"):
            assert read(client, address).entries == []
        for address in ("/catalog", "/catalog?format=ttl", "/void", "/search.csv", "/llms.txt"):
            assert client.get(address).status_code == 200


def test_whole_addresses_are_those_by_which_people_come(registry):
    client = create_app(registry, Settings(public="https://records.example/umr/")).test_client()
    for address in (
        "/feed",
        "/search.atom",
        "/history/lab/a.atom",
        "/catalog?format=ttl",
        "/llms.txt",
        "/void",
    ):
        text = client.get(address, headers={"Host": "evil.example"}).text
        assert "https://records.example/umr/" in text
        assert "evil.example" not in text


def test_a_repeated_question_is_answered_before_anything_is_made(registry, monkeypatch):
    client = create_app(registry).test_client()
    for address in ("/search", "/search.csv", "/advisories.json", "/catalog?format=ttl", "/search.atom"):
        tag = client.get(address).headers["ETag"]
        with monkeypatch.context() as patched:
            patched.setattr(type(registry), "listing", None)
            patched.setattr(type(registry), "advisories", None)
            assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_a_part_of_a_page_is_not_taken_for_the_page(client):
    whole, part = client.get("/search"), client.get("/search", headers={"HX-Request": "true"})
    assert "HX-Request" in whole.vary
    assert whole.headers["ETag"] != part.headers["ETag"]
    assert "<html" in whole.text
    assert "<html" not in part.text


def test_an_agent_leads_to_what_they_publish_or_else_to_what_they_did(registry, client):
    def page_of(agent):
        return client.get(f"/agent/{agent}", headers={"Accept": "text/html"}).location

    assert page_of("A%20Lab") == "/search?publisher=A+Lab"
    query = parse_qs(urlsplit(page_of("Bob")).query)["query"][0]
    done = [row["what"].value.rpartition("/r/")[2] for row in registry.query(query)]
    assert sorted(done) == ["lab/a@1.0.1", "many/m0@1.0.0"]
