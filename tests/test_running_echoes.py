"""Requests that repeat themselves to the byte: answered as before, where they arrive, until something happens."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from drafts import draft
from talking import Talking, standing, written

from umr_ld.index import Peer
from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_ld.registry.deciding import decide
from umr_server.running.echoes import LONGEST, Echoes
from umr_server.running.keeper import Given

ELSEWHERE = "https://b.example/"
COUNT = "/sparql?query=" + quote("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    with Registry.create(tmp_path_factory.mktemp("echoes") / "r") as opened:
        opened.publish([draft("lab/a@1.0.0", title="A " * 300), draft("lab/b@1.0.0", title="B")], agent="x")
        yield opened


@pytest.fixture(scope="module")
def at(writer):
    """The registry as the process serves it that writes."""
    with standing(writer) as found:
        yield found


@pytest.fixture(scope="module")
def beside(writer):
    """The registry as a process serves it beside which another one writes; that one keeps queries for itself."""
    with Registry.open(writer.folder) as reader, standing(reader) as found:
        yield found


def repeated(at, sent, **how):
    """The answer to what is sent the third time, which no application hears of."""
    at.talking.ask(sent, **how)
    before = at.talking.ask(sent, **how)
    count = len(at.calls)
    after = at.talking.ask(sent, **how)
    assert len(at.calls) == count
    return before, after


KINDS = {
    "a page": (written("/page/lab/a@1.0.0", Accept="text/html"), {}),
    "a page, zipped": (written("/page/lab/a@1.0.0", Accept_Encoding="gzip"), {}),
    "a record as JSON-LD": (written("/page/lab/a@1.0.0.jsonld"), {}),
    "a search as JSON": (written("/search?text=lab&format=json"), {}),
    "an answer to a query": (written(COUNT, Accept="text/csv"), {}),
    "a way to somewhere else": (written("/r/lab/a", Accept="text/turtle"), {}),
    "a head": (written("/page/lab/a@1.0.0", "HEAD"), {"bodiless": True}),
}


@pytest.mark.parametrize(("sent", "how"), KINDS.values(), ids=KINDS)
def test_who_asks_the_same_again_gets_the_same_with_an_identifier_of_its_own(at, sent, how):
    if b"HEAD" in sent:
        at.talking.ask(sent.replace(b"HEAD", b"GET"))
    before, after = repeated(at, sent, **how)
    assert after[:3] == before[:3]
    assert after[3] != before[3]


CHANCE = quote("SELECT (RAND() AS ?x) {}")
PASSING = {
    "of the endpoint": written(f"/sparql?query={CHANCE}", Accept="text/csv"),
    "of the endpoint, in a form that is named": written(f"/sparql?query={CHANCE}&format=csv"),
    "on a page": written(f"/query?query={CHANCE}", Accept="text/html"),
}


@pytest.mark.parametrize("sent", PASSING.values(), ids=PASSING)
def test_an_answer_that_depends_on_more_than_the_data_is_made_each_time(at, sent):
    answers = [at.talking.ask(sent) for _ in range(3)]
    assert {answer[0].split()[1] for answer in answers} == {"200"}
    assert len({answer[2] for answer in answers}) == 3
    assert {answer[1]["cache-control"] for answer in answers} == {"no-store"}
    assert not any("etag" in answer[1] for answer in answers)


def test_who_has_it_already_is_told_so(at):
    tag = at.talking.ask(written("/about"))[1]["etag"]
    before, after = repeated(at, written("/about", If_None_Match=tag))
    assert after[:3] == before[:3]
    assert after[0].split()[1] == "304"
    assert after[1]["etag"] == tag


def test_who_asks_otherwise_gets_another_answer(at):
    answers = [
        repeated(at, written("/ns", Accept=wanted))[1]
        for wanted in ("text/html", "text/turtle", "application/ld+json")
    ]
    assert len({answer[2] for answer in answers}) == 3
    assert [answer[1]["content-type"].partition(";")[0] for answer in answers] == [
        *("text/html", "text/turtle", "application/ld+json")
    ]


HAPPENING = {
    "a publication": lambda registry, times: registry.publish([draft(f"lab/new@{times}.0.0")], agent="x"),
    "a withdrawal": lambda registry, times: registry.withdraw(
        Ref.parse("lab/b@1.0.0") if times == 1 else Ref.parse("lab/new@1.0.0"), reason="wrong", agent="x"
    ),
    "a decision about names": lambda registry, times: decide(
        registry,
        ("lab/a", f"https://old.example/{times}"),
        accepted=True,
        reason="the same",
        publish=lambda document: registry.publish([document], agent="x"),
    ),
    "records of another registry": lambda registry, times: registry.adopt(
        Peer("b.example", ELSEWHERE), theirs(times), agent="x"
    ),
}


def theirs(times):
    with Registry.in_memory(base=ELSEWHERE) as registry:
        for number in range(times):
            registry.publish(
                [draft(f"their/one@{number + 1}.0.0", title="T", license="MIT", publisher="their")], agent="b"
            )
        return tuple(registry.lines())


@pytest.mark.parametrize("happen", HAPPENING.values(), ids=HAPPENING)
def test_whatever_happens_is_seen_at_once_whichever_process_does_it(writer, at, beside, happen):
    for times, server in ((1, beside), (2, at)):
        queries = [written(COUNT, Accept="text/csv")] if server is at else []
        asked = [written("/about"), written("/feed"), *queries]
        before = [repeated(server, one)[1] for one in asked]
        happen(writer, times)
        after = [server.talking.ask(one) for one in asked]
        for old, new in zip(before, after, strict=True):
            assert old[2] != new[2]
            assert old[1]["etag"] != new[1]["etag"]


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Range", "Cache-Control"])
def test_nothing_is_remembered_of_who_says_who_he_is(at, name):
    sent = written("/about", **{name: "no-store" if name == "Cache-Control" else "Bearer secret"})
    known = {key[1] for key in at.server.echoes._echoes}
    for _ in range(3):
        assert at.talking.ask(sent)[0].split()[1] == "200"
    new = {key[1] for key in at.server.echoes._echoes} - known
    assert new == ({sent} if name == "Cache-Control" else set())


UNREMEMBERED = {
    "a refusal": written("/nothing"),
    "what has a body": written("/about", Content_Length="2") + b"{}",
    "a question to programs' own door": written("/api/v1/records"),
    "what is too long": written("/search?text=" + "x" * LONGEST),
    "what ends the connection": written("/about", Connection="close"),
}


@pytest.mark.parametrize("sent", UNREMEMBERED.values(), ids=UNREMEMBERED)
def test_it_is_not_remembered(at, sent):
    for _ in range(3):
        with at.connected() as connection:
            Talking(connection).ask(sent)
    assert sent not in {key[1] for key in at.server.echoes._echoes}


def test_requests_that_come_together_are_answered_in_their_order(at):
    first, second = written("/about"), written("/page/lab/a@1.0.0.jsonld")
    one, two = repeated(at, first)[1], repeated(at, second)[1]
    at.talking.send(first + second + first)
    assert [at.talking.hear()[2] for _ in range(3)] == [one[2], two[2], one[2]]
    at.talking.send(first[:20])
    at.talking.send(first[20:])
    assert at.talking.hear()[2] == one[2]


def test_it_is_counted_and_written_down_like_any_other(writer):
    target = io.StringIO()
    with standing(writer) as at:
        at.site.running.log.form, at.site.running.log._target = "json", target
        sent = written("/page/lab/a@1.0.0")
        _, after = repeated(at, sent)
        line = json.loads(target.getvalue().splitlines()[-1])
        assert (line["id"], line["client"], line["method"]) == (after[3], "127.0.0.1", "GET")
        assert (line["status"], line["bytes"], line["kept"]) == (200, len(after[2]), "kept")
        assert (line["path"], line["route"]) == ("/page/lab/a@1.0.0", "/page/<path:reference>")
        figures = at.figures()
        assert figures['umr_page_cache_requests_total{outcome="kept"}'] == "2.0"
        counted = 'umr_requests_total{method="GET",route="/page/<path:reference>",status="200"}'
        assert figures[counted] == "3.0"


def test_who_asks_too_often_is_told_so(writer):
    with standing(writer, reads_per_minute=5) as at:
        said = [at.talking.ask(written("/about")) for _ in range(6)]
        assert [answer[0].split()[1] for answer in said] == ["200"] * 5 + ["429"]
        assert said[-1][1]["ratelimit-policy"] == '"reads";q=5;w=60'
        assert len(at.calls) == 3


def test_what_does_not_fit_into_the_connection_at_once_arrives_whole(writer):
    rows = "SELECT * { GRAPH ?g { ?s ?p ?o } { ?a ?b ?c } } LIMIT 1500"
    with standing(writer, page_cache_bytes=256 << 20) as at:
        sent = written("/sparql?query=" + quote(rows), Accept="application/sparql-results+json")
        _, whole = repeated(at, sent)
        assert len(whole[2]) > 256 << 10
        for _ in range(20):
            at.talking.send(sent)
        for _ in range(20):
            assert at.talking.hear()[2] == whole[2]


def test_behind_a_proxy_it_counts_who_is_said_to_ask(writer):
    target = io.StringIO()
    with standing(writer, proxy="127.0.0.1") as at:
        at.site.running.log.form, at.site.running.log._target = "json", target
        for client in ("203.0.113.9", "203.0.113.10"):
            repeated(at, written("/about", X_Forwarded_For=client))
            assert json.loads(target.getvalue().splitlines()[-1])["client"] == client
        named = written("/about", X_Request_Id="0123456789abcdef")
        assert {at.talking.ask(named)[3] for _ in range(4)} == {"0123456789abcdef"}


def test_no_more_is_remembered_than_may_be():
    keeper = SimpleNamespace(
        state=SimpleNamespace(reached=lambda: 1, glimpse=lambda *_: 1), admits=lambda _: True, note=print
    )
    echoes = Echoes(keeper, SimpleNamespace(repeated=print), 100_000, believes=False)
    for number in range(1000):
        environ = {"umr.given": Given(1, "/", "", b"x" * (number * 10)), "REQUEST_METHOD": "GET"}
        echoes.learn(b"GET /%d" % number + b"y" * number, "", environ, b"HTTP/1.1 200 OK\r\n\r\n")
        assert echoes.size <= 100_000
    assert 0 < len(echoes) < 100
    assert echoes.answer(b"GET /1y", "") is None


def test_nothing_is_remembered_where_the_deployment_says_so(writer):
    with standing(writer, page_cache_bytes=0) as at:
        for _ in range(4):
            at.talking.ask(written("/about"))
        assert len(at.calls) == 4
        assert len(at.server.echoes) == 0
