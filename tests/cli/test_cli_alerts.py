"""The verb `alerts`, as a risk officer types it."""

from __future__ import annotations

import json
import re
import shlex
import signal
from datetime import UTC, datetime

import feedparser
import pytest
from drafts import draft
from receiving import Reply, post, web
from umr import ROOT, process, published, umr

from umr_ld.cli.delivering import relay_of
from umr_ld.errors import Malformed

PAGE = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")


def advisory(ref="advisory/x@1.0.0", name="lab/a", **facts):
    facts = {"risk": "backdoor", "severity": "high", **facts}
    return draft(ref, kind="Advisory", affects=[{"artifact": name}], **facts)


def subscribe(*words):
    done = umr("alerts", "subscribe", *words, "--json")
    assert done.code == 0, done.err
    return done.json


def test_the_page_of_the_documentation_is_what_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records").symlink_to(ROOT / "records")
    (text,) = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    said = {}
    for line in text.replace("2027-01-31", "2999-01-31").splitlines():
        done = umr(*shlex.split(line.removeprefix("$ umr ")))
        assert done.code == 0, (line, done.err)
        said[line] = done.out
    (listed,) = (out for line, out in said.items() if "alerts list" in line)
    assert (
        "example/hospital-pathology-assistant@1.0.0 is possibly affected by advisory/laion-5b-csam" in listed
    )
    assert "embeds vinid/plip@1.0.0 finetunedOn vinid/openpath@1.0.0" in listed
    after = umr("alerts", "list", "laion-5b-csam", "--color", "always").out
    assert "\x1b[9mvinid/plip@1.0.0 is possibly affected" in after
    assert "acknowledged by local: we are looking" in after
    still = umr("alerts", "list", "laion-5b-csam", "--open").out
    assert "vinid/plip@1.0.0 is possibly" not in still
    assert "vinid/path-laion@1.0.0 is possibly" not in still


def test_the_example_of_the_documentation_verifies_a_webhook(registry):
    scope = {}
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "alerts.md", "exec"), scope)
    with web() as server:
        secret = subscribe("--everything", "--webhook", server.url())["secret"]
        published(advisory())
        assert umr("alerts", "deliver", "--allow-http", "--allow-private").code == 0
    (request,) = server.requests
    assert scope["verified"](secret, request.headers, request.body)
    assert not scope["verified"](secret, request.headers, request.body + b" ")


def test_what_fails_waits_and_what_is_dead_is_sent_again(registry):
    with web(Reply(500), Reply(410)) as server:
        made = subscribe("lab/c", "--webhook", server.url())
        published(advisory())
        words = ("alerts", "deliver", "--allow-http", "--allow-private", "--json")
        assert umr(*words).json == {"sent": 0, "retried": 1, "dead": 0, "gone": 0}
        (waiting,) = umr("alerts", "outbox", "--state", "pending", "--json").json
        assert (waiting["detail"], waiting["attempts"]) == ("HTTP 500", 1)
        assert umr("alerts", "redeliver", waiting["number"]).code == 0
        assert umr(*words).json["gone"] == 1
        assert umr("alerts", "redeliver", waiting["number"]).code == 1
        (kept,) = umr("alerts", "subscriptions", "--json").json
        assert kept["off"] == "HTTP 410"
        assert umr("alerts", "resume", made["subscription"]).code == 0
        assert umr("alerts", "redeliver", waiting["number"]).code == 0
        assert umr(*words).json["sent"] == 1
    assert len({request.headers["webhook-id"] for request in server.requests}) == 1


def test_addresses_of_this_machine_are_refused_unless_they_are_allowed(registry):
    with web() as server:
        subscribe("--everything", "--webhook", server.url())
        published(advisory())
        assert umr("alerts", "deliver", "--allow-http", "--json").json["retried"] == 1
        assert not server.requests


def test_mail_needs_a_relay_and_a_sender(registry):
    subscribe("--everything", "--mail", "risk@hospital.example")
    published(advisory())
    assert umr("alerts", "deliver", "--json").json["sent"] == 0
    with post() as server:
        relay = f"smtp+plain://127.0.0.1:{server.port}"
        refused = umr("alerts", "deliver", UMR_SMTP=relay)
        assert (refused.code, "sender" in refused.err) == (2, True)
        sent = umr("alerts", "deliver", "--json", UMR_SMTP=relay, UMR_SENDER="alerts@registry.example")
        assert sent.json["sent"] == 1
    assert server.letters[0][1] == ["risk@hospital.example"]


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://me:p%40ss@mail.example", ("mail.example", 587, "starttls", "me", "p@ss")),
        ("smtps://mail.example", ("mail.example", 465, "tls", "", "")),
        ("smtp+plain://[::1]:2525", ("::1", 2525, "none", "", "")),
    ],
)
def test_a_relay_is_a_url(url, relay):
    found = relay_of(url)
    assert (found.host, found.port, found.security, found.user, found.password) == relay


@pytest.mark.parametrize("url", ["", "mail.example", "https://mail.example", "smtp://", "smtp://x:port"])
def test_what_is_no_relay_is_refused(url):
    with pytest.raises(Malformed):
        relay_of(url)


def test_a_feed_is_written(registry):
    made = subscribe("lab/b", "lab/c", "--feed")
    published(advisory())
    assert umr("alerts", "feed", made["subscription"], "-o", "feed.xml").code == 0
    feed = feedparser.parse("feed.xml")
    assert not feed.bozo
    assert len(feed.entries) == 2
    assert umr("alerts", "feed", "nonsense").code == 3


def test_a_query_of_ones_own_chooses(registry, tmp_path):
    (tmp_path / "mine.rq").write_text('SELECT ?r WHERE { ?r umr:name "lab/b" }', encoding="utf-8")
    made = subscribe("--query", "mine.rq", "--feed")
    published(advisory())
    (event,) = umr("alerts", "feed", made["subscription"], "--json").json
    assert event["record"] == "lab/b@1.0.0"


def test_what_happened_is_told_in_every_form_and_narrowed(registry):
    published(advisory())
    assert [one["record"] for one in umr("alerts", "list", "lab/b", "--json").json] == ["lab/b@1.0.0"]
    assert len(umr("alerts", "list", "x", "--json").json) == 3
    assert len(umr("alerts", "list", "--limit", "1", "--json").json) == 1
    assert umr("alerts", "list", "--as", "csv").out.startswith("time,kind,record,advisory")
    assert "newly-affected" in umr("alerts", "list", "--as", "table").out


def test_ignores_are_listed_and_forgotten(registry):
    published(advisory())
    words = ("alerts", "ignore", "lab/b", "x", "--reason", "tests only", "--until")
    assert umr(*words, "2999-01-01").code == 0
    assert umr(*words, "2020-01-01").code == 2
    assert umr(*words, "soon").code == 2
    (one,) = umr("alerts", "ignores", "--json").json
    assert (one["record"], one["advisory"], one["reason"]) == ("lab/b", "advisory/x", "tests only")
    assert umr("alerts", "forget", one["number"]).code == 0
    assert umr("alerts", "ignores", "--json").json == []
    assert umr("alerts", "ignore", "lab/b", "nothing", "--reason", "r", "--until", "2999-01-01").code == 3


@pytest.mark.parametrize(
    "words",
    [
        ["--everything"],
        ["--everything", "--feed", "--mail", "a@example.org"],
        ["--feed"],
        ["--everything", "--webhook", "ftp://x.example"],
        ["--everything", "--mail", "nobody"],
        ["Not A Name", "--feed"],
    ],
)
def test_a_subscription_that_cannot_be_meant_says_how_to_write_it(registry, words):
    done = umr("alerts", "subscribe", *words)
    assert done.code == 2
    assert done.err


def test_watching_sends_what_happens_meanwhile_until_it_is_ended(registry, tmp_path):
    with web() as server:
        subscribe("--everything", "--webhook", server.url())
        watching = process(
            "alerts", "watch", "--every", "0.1", "--allow-http", "--allow-private", cwd=tmp_path
        )
        published(advisory())
        begun = datetime.now(UTC)
        while not server.requests and (datetime.now(UTC) - begun).seconds < 30:
            assert watching.poll() is None
        watching.send_signal(signal.SIGTERM)
        _, err = watching.communicate(timeout=30)
    assert watching.returncode == 0
    assert "1 message sent" in err
    assert len(json.loads(server.requests[0].body)["data"]["events"]) == 3
