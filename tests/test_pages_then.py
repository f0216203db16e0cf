"""Pages as of a moment: what was published by then, and links that stay there."""

from __future__ import annotations

import re
import time

import pytest
from drafts import draft

from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_server.app import create_app

BAD = {
    "affects": [{"artifact": "lab/a", "version": "1.0.0"}],
    "kind": "Advisory",
    "title": "Bad weights",
    "risk": "backdoor",
    "severity": "high",
}


@pytest.fixture(scope="module")
def story():
    """A client, and the moment between what was published first and what came later."""
    with Registry.in_memory() as registry:
        registry.publish(
            [draft("lab/a@1.0.0", title="First"), draft("lab/b@1.0.0", "embeds lab/a")], agent="test"
        )
        time.sleep(0.01)
        registry.publish([draft("lab/c@1.0.0", "embeds lab/a")], agent="test")
        then = registry.history("lab/b")[0].time.isoformat().replace("+00:00", "Z")
        registry.publish(
            [draft("advisory/bad@1.0.0", **BAD), draft("lab/a@2.0.0", title="Second")], agent="test"
        )
        registry.withdraw(Ref.parse("lab/b@1.0.0"), reason="wrong", agent="test")
        yield create_app(registry).test_client(), then


TOLD = {
    "a record": ("/page/lab/a@1.0.0", "First", "Bad weights"),
    "a record that was withdrawn later": ("/page/lab/b@1.0.0", "lab/b", "Withdrawn"),
    "a search": ("/search", "lab/b@1.0.0", "lab/c@1.0.0"),
    "a lineage": ("/lineage/lab/a?direction=down", "lab/b@1.0.0", "lab/c@1.0.0"),
    "an impact": ("/impact/lab/a", "lab/b@1.0.0", "lab/c@1.0.0"),
    "a history": ("/history/lab/a", "lab/a@1.0.0", "lab/a@2.0.0"),
    "advisories": ("/advisories", "Advisories", "Bad weights"),
    "home": ("/", "lab/b@1.0.0", "lab/c@1.0.0"),
}


@pytest.mark.parametrize(("address", "told", "later"), TOLD.values(), ids=TOLD)
def test_a_page_as_of_then_tells_what_was_published_by_then(story, address, told, later):
    client, then = story
    page = client.get(address.partition("?")[0], query_string={**_query(address), "at": then}).text
    assert told in page
    assert later not in page
    assert f"<bdi>{then}</bdi>" in page
    assert later in client.get(address).text


def _query(address):
    return dict(pair.split("=") for pair in address.partition("?")[2].split("&") if pair)


def test_links_of_a_page_as_of_then_stay_there_and_one_leads_back(story):
    client, then = story
    page = client.get("/page/lab/b@1.0.0", query_string={"at": then}).text
    inner = re.findall(r'href="(/(?:page|lineage|impact|history|search)[^"#]*)"', page)
    back = re.search(r'<a href="([^"]*)">As it is now', page)[1]
    assert back == "/page/lab/b@1.0.0"
    kept = [link for link in inner if "format=" not in link and link != back]
    assert kept
    assert all("at=" in link for link in kept)


def test_data_as_of_then_is_that_of_then(story):
    client, then = story
    assert client.get("/page/lab/b@1.0.0.jsonld").status_code == 410
    assert client.get("/page/lab/b@1.0.0.jsonld", query_string={"at": then}).status_code == 200
    assert (
        client.get("/page/lab/a", query_string={"at": then})
        .headers["Location"]
        .startswith("/page/lab/a@1.0.0?at=")
    )


def test_twins_of_a_page_as_of_then_name_the_moment_once(story):
    client, then = story
    page = client.get("/search", query_string={"at": then}).text
    twins = re.findall(r'rel="alternate"[^>]*href="([^"]*)"', page)
    assert twins
    assert all(len(re.findall(r"[?&;]at=", link)) == 1 for link in twins)


@pytest.mark.parametrize("address", ["/", "/search", "/page/lab/a@1.0.0", "/lineage/lab/a", "/advisories"])
def test_what_is_no_moment_is_the_senders_error(story, address):
    client, _ = story
    answer = client.get(address, query_string={"at": "yesterday"}, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert "date" in answer.json["detail"]


def test_a_page_about_what_is_no_moment_is_not_as_of_it(story):
    page = story[0].get("/?at=nonsense", headers={"Accept": "text/html"}).text
    assert "is no date" in page
    assert "As of <strong>" not in page


def test_before_anything_was_published_there_is_nothing(story):
    client, _ = story
    assert client.get("/page/lab/a@1.0.0?at=2001-01-01").status_code == 404
    assert client.get("/?at=2001-01-01").status_code == 200
