"""Alerts, exports and peers of a registry elsewhere: the same words, the same bytes, the same exit codes."""

from __future__ import annotations

import re

import pytest
from drafts import draft
from flask import Flask, Response
from serving import served
from tokens import made
from umr import umr

from umr_ld.cli.verbs import VERBS
from umr_ld.registry import Registry
from umr_server.app import create_app

PEER = "https://b.example/"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A registry with something to tell, that knows another: its folder, its address, and a token's file."""
    folder = tmp_path_factory.mktemp("alerts")
    with Registry.create(folder / "there", base=PEER) as there:
        there.publish([draft("lab/data@1.0.0", kind="Dataset", title="Data")], agent="b")
    here = folder / "here"
    Registry.create(here, base="https://a.example/").close()
    with Registry.open(folder / "there") as there, served(create_app(there)) as address:
        ask = ("--base", PEER, "--allow-http", "--allow-private", "--store", here)
        assert umr("import", address, *ask).code == 0
    told = [
        ["subscribe", "lab/a", "--namespace", "lab", "--feed", "--agent", "ada"],
        ["subscribe", "--publisher", "Lab", "--webhook", "https://hook.example/", "--digest", "daily", "--severity", "high"],
        ["subscribe", "--everything", "--mail", "ada@example.org", "--event", "published", "--answer", "affected"],
    ]  # fmt: skip
    for words in told:
        assert umr("alerts", *words, "--store", here).code == 0
    with Registry.open(here, write=True) as registry:
        affects = [{"artifact": "lab/a", "version": "<2.0.0"}]
        registry.publish(
            [
                draft("lab/a@1.0.0", "trainedOn b.example/lab/data", title="A", publisher="Lab"),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a", title="B é <b>"),
                draft("lab/c@1.0.0", "fineTunedFrom lab/b", title="C"),
                draft("advisory/x@1.0.0", kind="Advisory", risk="backdoor", severity="high", affects=affects),
            ],
            agent="x",
        )
        registry.withdraw(registry.get("lab/c").ref, reason="wrong", agent="x")
        token = folder / "token"
        token.write_text(made(registry, "lab", agent="ada", scopes=["publish", "admin"]))
    say = ("x", "--agent", "ada", "--store", here)
    assert umr("alerts", "ack", "lab/a@1.0.0", *say, "--note", "seen").code == 0
    assert (
        umr("alerts", "ignore", "lab/b", *say, "--reason", "only a test", "--until", "2999-01-31").code == 0
    )
    assert umr("alerts", "deliver", "--store", here).code == 0
    with Registry.open(here, write=True) as registry, served(create_app(registry)) as url:
        yield here, url, token


def subscription(folder):
    return umr("alerts", "subscriptions", "--json", "--store", folder).json[0]["subscription"]


FEED = "the first subscription"
ASKED = {
    **{f"events as {form}": ["alerts", "list", "--as", form] for form in ("human", "table", "json", "csv")},
    "events of a record": ["alerts", "list", "lab/a@1.0.0", "--json"],
    "events of all versions": ["alerts", "list", "lab/b"],
    "events of an advisory": ["alerts", "list", "x", "--json"],
    "events that are open": ["alerts", "list", "--open"],
    "some events": ["alerts", "list", "--limit", "2"],
    "events of nothing": ["alerts", "list", "lab/none"],
    **{f"subscriptions as {form}": ["alerts", "subscriptions", "--as", form] for form in ("human", "json", "csv")},
    **{f"ignores as {form}": ["alerts", "ignores", "--as", form] for form in ("human", "json", "csv")},
    **{f"outbox as {form}": ["alerts", "outbox", "--as", form] for form in ("human", "json", "csv")},
    "what waits": ["alerts", "outbox", "--state", "pending", "--limit", "1"],
    "a feed": ["alerts", "feed", FEED, "--json"],
    "a feed of nobody": ["alerts", "feed", "none"],
    "an acknowledgement of nothing": ["alerts", "ack", "lab/a@9.9.9", "x"],
    "an acknowledgement of no advisory": ["alerts", "ack", "lab/a@1.0.0", "none"],
    "an ignore that is over": ["alerts", "ignore", "lab/a", "x", "--reason", "y", "--until", "2020-01-01"],
    "no ignore": ["alerts", "forget", "99"],
    "no subscription": ["alerts", "unsubscribe", "none"],
    **{f"an export as {form}": ["export", "lab/b", "--as", form] for form in ("jsonl", "nq", "jsonld")},
    "an export of several": ["export", "lab/c", "b.example/lab/data"],
    "an export of a withdrawn record": ["export", "lab/c@1.0.0"],
    "an export of what begins so": ["export", "lab/*", "--as", "jsonl"],
    "an export of everything": ["export", "--all"],
    "an export of nothing": ["export", "lab/none"],
    "an export of no name": ["export", "a b@@"],
    "an export that is not said": ["export"],
}  # fmt: skip


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_a_registry_elsewhere_answers_as_one_in_a_folder(place, words):
    folder, url, token = place
    words = [subscription(folder) if one is FEED else one for one in words]
    here = umr(*words, "--store", folder)
    there = umr(*words, "--registry", url, "--token-file", token)
    assert (there.out, there.code) == (here.out, here.code), there.err
    assert bool(there.err) == bool(here.err)
    assert here.out or here.err


def test_a_feed_is_the_same_but_for_when_it_was_made(place):
    folder, url, token = place
    id_ = subscription(folder)
    here = umr("alerts", "feed", id_, "--store", folder).out
    there = umr("alerts", "feed", id_, "--registry", url, "--token-file", token).out
    made_at = re.compile("<updated>[^<]*</updated>")
    assert "lab/a@1.0.0 is affected" in here
    assert made_at.sub("", there, count=1) == made_at.sub("", here, count=1)


@pytest.mark.parametrize("form", ["human", "json", "csv"])
def test_peers_are_told_but_not_where_they_are_asked(place, form):
    here = umr("peer", "list", "--as", form, "--store", place[0])
    there = umr("peer", "list", "--as", form, "--registry", place[1])
    assert there.code == 0
    assert "b.example" in there.out
    assert there.out == re.sub(r"http://127[^\",]*", "", here.out)


def test_an_answer_of_many_pages_is_the_answer(place, monkeypatch):
    monkeypatch.setattr("umr_ld.remote.alerts.PAGE", 1)
    monkeypatch.setattr("umr_server.linked.exchange.MOST", 1)
    folder, url, token = place
    for words in (["alerts", "list", "--json"], ["alerts", "outbox", "--json"], ["export", "--all"]):
        here = umr(*words, "--store", folder)
        assert umr(*words, "--registry", url, "--token-file", token).out == here.out
        assert here.out.count("\n") > 2


def test_who_is_told_is_decided_elsewhere_by_who_has_a_token(tmp_path):
    with Registry.create(tmp_path / "r") as registry, served(create_app(registry)) as url:
        registry.publish([draft("lab/a@1.0.0", title="A")], agent="x")
        (tmp_path / "token").write_text(made(registry, "lab", agent="ada"))
        ask = ("--registry", url, "--token-file", tmp_path / "token")
        done = umr("alerts", "subscribe", "lab/a", "--webhook", "https://hook.example/", "--json", *ask)
        assert done.code == 0, done.err
        assert done.json["secret"].startswith("whsec_")
        registry.publish(
            [draft("advisory/x@1.0.0", kind="Advisory", risk="backdoor", affects=[{"artifact": "lab/a"}])], agent="x"
        )  # fmt: skip
        assert umr("alerts", "ack", "lab/a@1.0.0", "x", "--note", "seen", "--agent", "bob", *ask).code == 0
        said = ("--reason", "a test", "--until", "2999-01-31")
        assert "ignore 1" in umr("alerts", "ignore", "lab/a", "x", *said, *ask).err
        (one,) = [each for each in umr("alerts", "list", "x", "--json", *ask).json if each.get("record")]
        assert (one["acknowledged"]["by"], one["ignored"]["by"]) == ("ada", "ada")
        assert umr("alerts", "forget", "1", *ask).code == 0
        assert umr("alerts", "unsubscribe", done.json["subscription"], *ask).code == 0
        assert registry.alerts.subscriptions() == []
        refused = umr("alerts", "outbox", *ask)
        assert (refused.code, "admin" in refused.err) == (4, True)
        for words in (["list"], ["subscriptions"], ["ignores"], ["outbox"]):
            nobody = umr("alerts", *words, "--registry", url)
            assert (nobody.code, nobody.out) == (4, "")


HERE = [
    "alerts resume x", "alerts deliver", "alerts watch", "alerts redeliver 1", "peer sync", "doctor", "rebuild", "backup x",
    "token list", "import x.jsonl", "serve", "site build x",
]  # fmt: skip


@pytest.mark.parametrize("words", HERE)
def test_what_works_on_a_folder_says_so(words):
    for asked in (
        [*words.split(), "--registry", "https://a.example"],
        ["--registry", "https://a.example", *words.split()],
    ):
        done = umr(*asked)
        assert (done.code, done.out) == (2, "")
        assert "works on a registry's folder" in done.err
        assert "--store names it" in done.err
    assert words.split()[0] in VERBS


def test_what_is_asked_of_an_earlier_day_in_sparql_is_refused_with_what_to_do(place):
    done = umr("query", "--at", "2026-01-01", "-e", "ASK {}", "--registry", place[1])
    assert (done.code, done.out) == (2, "")
    assert "answers queries about now" in done.err
    assert "where the registry's folder is" in done.err


LIES = {
    "no lines": b"<html>",
    "lines of something else": b'{"a": 1}\n',
    "the same line for ever": b'{"act": "withdraw", "reference": "lab/a@1.0.0", "sequence": 0}\n',
}


@pytest.mark.parametrize("body", LIES.values(), ids=LIES)
def test_a_journal_that_is_none_is_never_taken_for_one(body):
    app = Flask("strange")
    app.add_url_rule("/data/journal.jsonl", "any", lambda: Response(body, content_type="application/jsonl"))
    with served(app) as url:
        done = umr("export", "--all", "--registry", url)
    assert (done.code, done.out) == (6, ""), done.err
