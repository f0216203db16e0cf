"""Aliases over HTTP: who decides, what is told as data and as a page, and the command line asking from elsewhere."""

from __future__ import annotations

import json

import pytest
from drafts import draft
from serving import served
from test_server import Checker
from tokens import bearer, made, post, record
from umr import umr

from umr_ld.registry import Registry
from umr_server.app import create_app

PAIR = ["hf/lab/B", "lab/b"]


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A registry whose policy names a reviewer, with a model at two places."""
    folder = tmp_path_factory.mktemp("aliases") / "r"
    Registry.create(folder).close()
    reviewer = "<urn:p> <https://w3id.org/umr-ld/ns#reviewer> <https://w3id.org/umr-ld/agent/Board> ."
    (folder / "policy.ttl").write_text(reviewer)
    with Registry.open(folder, write=True) as opened:
        opened.publish(
            [
                draft("lab/b@1.0.0", title="B", publisher="Lab"),
                draft("hf/lab/B@1.0.0", title="B <b>at</b> the hub", publisher="Hub"),
                draft("lab/c@1.0.0", "embeds hf/lab/B", "embeds https://old.example/b external"),
            ],
            agent="test",
        )
        yield opened


@pytest.fixture(scope="module")
def client(registry):
    return create_app(registry).test_client()


@pytest.fixture(scope="module")
def reviewer(registry):
    return made(registry, agent="board", scopes=["review"])


def decide(client, text, names=PAIR, said="same", **more):
    body = {"names": names, "decision": said, "reason": "the <same> weights", **more}
    return post(client, text, json.dumps(body), "/api/v1/aliases", "application/json")


def test_only_who_reviews_decides(registry, client):
    before = registry.position().seq
    lab = made(registry, "statement/lab", "statement/alias", publishers=["Lab"])
    assert decide(client, None).status_code == 401
    assert decide(client, lab).status_code == 403
    product = [{"artifact": name} for name in PAIR]
    stated = record("statement/lab/x", "Statement", status="same", product=product, publisher="Lab")
    answer = post(client, lab, stated)
    assert (answer.status_code, "review" in answer.json["detail"]) == (403, True)
    assert 'scope="review"' in answer.headers["WWW-Authenticate"]
    assert registry.position().seq == before


def test_a_decision_goes_in_out_and_back(registry, client, reviewer):
    (proposal,) = client.get("/api/v1/aliases/proposals").json
    assert (proposal["names"], proposal["reasons"][0]["reason"]) == (PAIR, "place")
    answer = decide(client, reviewer, publisher="Board")
    assert answer.status_code == 201, answer.text
    reference = answer.json[0]["reference"]
    (told,) = client.get("/api/v1/aliases").json
    assert (told["decision"], told["counts"], told["statement"]) == ("same", True, reference)
    assert client.get("/api/v1/aliases/proposals").json == []
    assert [one["name"] for one in client.get("/api/v1/show/lab/b").json["aliases"]] == ["hf/lab/B"]
    assert [one["reference"] for one in client.get("/api/v1/impact/lab/b").json["hits"]] == ["lab/c@1.0.0"]
    assert client.get("/api/v1/aliases?at=2020-01-01").json == []
    again = decide(client, reviewer, publisher="Board")
    assert (again.status_code, again.json[0]["status"]) == (200, "unchanged")
    told = client.get("/api/openapi.json").json["paths"]["/api/v1/aliases"]["post"]["responses"]
    assert {"200", "201"} <= set(told)
    taken = client.post(
        f"/api/v1/records/{reference}/withdraw", json={"reason": "wrong"}, headers=bearer(reviewer)
    )
    assert taken.status_code == 200
    assert client.get("/api/v1/aliases").json == []


BAD = {
    "one name": {"names": ["lab/b"]},
    "the same twice": {"names": ["lab/b", "lab/b"]},
    "a version": {"names": ["lab/b@1.0.0", "x/y"]},
    "no such decision": {"said": "perhaps"},
    "no reason": {"reason": ""},
    "something else": {"because": "x"},
    "a stranger's name": {"publisher": "Lab"},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
def test_what_cannot_be_decided_is_a_problem(registry, client, reviewer, given):
    before = registry.position().seq
    answer = decide(client, reviewer, **given)
    assert 400 <= answer.status_code < 500
    assert answer.content_type == "application/problem+json"
    assert registry.position().seq == before


PAGES = {
    "/aliases": 200,
    "/aliases?page=2": 200,
    "/page/lab/b@1.0.0": 200,
    "/page/https://old.example/b": 200,  # Nothing is recorded of it, which is what the page says.
}


def test_the_page_tells_both_lists_and_records_what_they_are_also_called(client, reviewer):
    assert decide(client, reviewer, ["lab/b", "https://old.example/b"], publisher="Board").status_code == 201
    assert decide(client, reviewer, ["lab/b", "x/y"], "different").status_code == 201
    for address, status in PAGES.items():
        answer = client.get(address)
        assert answer.status_code == status, address
        checker = Checker()
        checker.feed(answer.text)
        assert (checker.faults, checker.open) == ([], []), address
        assert "<same>" not in answer.text
    page = client.get("/aliases").text
    assert "is the same as" in page
    assert "does not count" in page
    assert "the same name at another place" in page
    assert "Also known as" in client.get("/page/lab/b@1.0.0").text
    assert client.get("/aliases.json").json["total"] == 1
    assert client.get("/aliases.csv").text.splitlines()[0] == "name,other,reasons"
    found = client.get("/search?text=old.example").text
    assert "also known as https://old.example/b" in found


def test_the_command_line_says_the_same_of_a_registry_elsewhere(registry, reviewer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with served(create_app(registry)) as url:
        here = json.dumps([list(one.names) for one in registry.alias_proposals()])
        there = umr("alias", "--json", "--registry", url)
        assert json.dumps([one["names"] for one in there.json]) == here
        words = (
            "alias",
            "accept",
            "lab/c",
            "x/c",
            "--reason",
            "r",
            "--publisher",
            "Board",
            "--registry",
            url,
        )
        assert umr(*words, UMR_TOKEN="").code == 4
        done = umr(*words, UMR_TOKEN=reviewer)
        assert (done.code, done.out.split()[0]) == (0, "published"), done.err
        assert "lab/c = x/c" in umr("alias", "list", "--registry", url).out
        assert "also known as x/c" in umr("show", "lab/c", "--registry", url).out
        back = umr(
            "alias", "withdraw", "lab/c", "x/c", "--reason", "r", "--registry", url, UMR_TOKEN=reviewer
        )
        assert back.code == 0, back.err
        assert "x/c" not in umr("alias", "list", "--registry", url).out
