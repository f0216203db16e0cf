"""Plain questions are answered without a thread, as a thread would have; what is not quick goes on with one."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import signal
import socket
import struct
import threading
import time
from contextlib import ExitStack, contextmanager
from urllib.parse import quote

import pytest
from drafts import draft
from talking import Talking, standing, until, written

from umr_ld.registry import Registry

TITLES = "SELECT ?t { GRAPH ?g { ?s dct:title ?t } }"
COUNT = "SELECT (COUNT(?s) AS ?n) { ?s a umr:Model }"
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SOME_TIME = (
    "SELECT (COUNT(*) AS ?n) { ?a a umr:Model . ?b a umr:Model . ?c a umr:Model VALUES ?d { 1 2 3 4 5 } }"
)
SECONDS = SOME_TIME.replace("1 2 3 4 5", " ".join(map(str, range(20))))
TRIES = 20
UNLIKE = "asked in another manner"

_NUMBERS = iter(range(1_000_000))


def new(text):
    """A query that was never asked before."""
    return f"{text} # {next(_NUMBERS):06d}"


def asking(text, path="/sparql", **headers):
    return written(f"{path}?query={quote(text)}", **headers)


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    with Registry.create(tmp_path_factory.mktemp("errands") / "r") as opened:
        opened.publish([draft(f"lab/m{at}@1.0.0", title=f"Ä {at} " * 20) for at in range(40)], agent="x")
        yield opened


@contextmanager
def taught(writer, **decided):
    """The server, to which questions of the plainest manner have been put already; none is slow for want of a processor."""
    with standing(writer, **{"query_trial": 5.0, **decided}) as at:
        at.talking.ask(asking(new(TITLES)))
        at.taught = lambda text, **headers: [at.talking.ask(asking(new(text), **headers))]
        yield at


@pytest.fixture(scope="module")
def at(writer):
    with taught(writer) as found:
        yield found


def without_thread(at, sent, talking=None):
    """The answer to what no application hears of."""
    count = len(at.calls)
    answer = (talking or at.talking).ask(sent)
    assert len(at.calls) == count
    return answer


KINDS = {
    "rows": (TITLES, {}),
    "rows as CSV": (TITLES, {"Accept": "text/csv"}),
    "few rows, zipped if they were more": ("SELECT (1 AS ?x) {}", {"Accept_Encoding": "gzip"}),
    "a truth": ("ASK { ?s ?p 'Ä + b' }", {"Accept": "application/sparql-results+xml"}),
    "a graph": ("CONSTRUCT { ?s ?p 1 } { ?s ?p ?o } LIMIT 3", {"Accept": "text/turtle"}),
    "chance": ("SELECT (STRLEN(STR(RAND())) > 1 AS ?x) {}", {"Accept": "text/csv"}),
    "another origin": (TITLES, {"Origin": "https://other.example"}),
}
WAYS = {
    "answers kept": ({}, "/sparql", {}),
    "no answers kept": ({"page_cache_bytes": 0}, "/sparql", {}),
    "behind a proxy": ({"proxy": "127.0.0.1"}, "/sparql", {"X_Forwarded_For": "203.0.113.9"}),
    "elsewhere": ({"public": "https://a.example/sub/"}, "/sub/sparql", {}),
}


@pytest.mark.parametrize(("decided", "path", "more"), WAYS.values(), ids=WAYS)
def test_the_answer_is_that_of_a_thread(writer, decided, path, more):
    with standing(writer, **decided) as at:
        for text, headers in KINDS.values():
            at.talking.ask(asking(new(text), path, **headers, **more))
            quick = without_thread(at, asking(same := new(text), path, **headers, **more))
            count = len(at.calls)
            slow = at.talking.ask(asking(same, path, **headers, **more, X_Unlike=UNLIKE))
            assert len(at.calls) == count + 1
            assert quick[:3] == slow[:3]
            assert quick[3] != slow[3]


def test_it_is_counted_and_written_down_like_any_other(writer):
    target = io.StringIO()
    with taught(writer) as at:
        at.site.running.log.form, at.site.running.log._target = "json", target
        one, other = asking(same := new(TITLES)), asking(same, X_Unlike=UNLIKE)
        answers = [without_thread(at, one), at.talking.ask(other)]
        lines = [json.loads(line) for line in target.getvalue().splitlines()]
        assert [line.pop("id") for line in lines] == [answer[3] for answer in answers]
        for line in lines:
            del line["time"], line["ms"]
        assert lines[0] == lines[1]
        assert lines[0]["kept"] == "made"
        figures = at.figures()
        assert figures['umr_requests_total{method="GET",route="/sparql",status="200"}'] == "3.0"
        # That for the figures is one of them.
        assert figures['umr_page_cache_requests_total{outcome="made"}'] == "4.0"
        assert figures['umr_queries_total{outcome="answered"}'] == "2.0"
        assert figures['umr_queries_total{outcome="recalled"}'] == "1.0"


def test_the_time_of_a_request_is_that_since_it_arrived(writer):
    target = io.StringIO()
    with taught(writer, query_seconds=1.0, query_trial=0.3) as at:
        at.site.running.log.form, at.site.running.log._target = "json", target
        assert at.talking.ask(asking(new(CROSS)))[0].split()[1] == "503"
        assert json.loads(target.getvalue())["ms"] > 900


def test_who_asks_the_same_again_is_answered_from_what_is_kept(at):
    sent = asking(new(TITLES))
    before = at.site.queries.counts()
    answers = [without_thread(at, sent) for _ in range(4)]
    after = at.site.queries.counts()
    assert len({answer[3] for answer in answers}) == 4
    assert all(answer[:3] == answers[0][:3] for answer in answers)
    assert [after[one] - before.get(one, 0) for one in ("answered", "recalled")] == [1, 1]
    assert ("", sent) in at.server.echoes._echoes


def test_an_answer_of_a_kind_that_is_new_in_its_manner_is_given_by_a_thread_and_counted_once(writer):
    with taught(writer, page_cache_bytes=0) as at:
        sent = asking("CONSTRUCT WHERE { ?s dct:title ?o }")
        for other in (asking("CONSTRUCT WHERE { ?s dct:title ?o }", X_Unlike=UNLIKE), sent):
            count = len(at.calls)
            assert at.talking.ask(other)[0].split()[1] == "200"
            assert len(at.calls) == count + 1
        assert at.site.queries.counts() == {"answered": 2, "recalled": 1, "running": 0}
        without_thread(at, asking(new("CONSTRUCT WHERE { ?s dct:title ?o } LIMIT 9")))


UNTAUGHT = {
    "who says who he is": {"Authorization": "Bearer x"},
    "who has it already": {"If_None_Match": '"x"'},
    "part of it": {"Range": "bytes=0-1"},
    "a page": {"Accept": "text/html"},
    "the last of a connection": {"Connection": "close"},
}


@pytest.mark.parametrize("headers", UNTAUGHT.values(), ids=UNTAUGHT)
def test_some_manners_are_not_learned(at, headers):
    for _ in range(2):
        count = len(at.calls)
        with at.connected() as connection:
            Talking(connection).ask(asking(new(TITLES), **headers))
        assert len(at.calls) == count + 1


def test_a_manner_is_not_learned_of_an_answer_that_was_not_kept_because_something_happened(
    writer, monkeypatch
):
    with standing(writer) as at:
        monkeypatch.setattr(at.site.running.keeper, "_is_still", lambda *_: False)
        for number in range(2):
            at.talking.ask(asking(new(TITLES)))
            assert len(at.calls) == number + 1
        monkeypatch.undo()
        at.talking.ask(asking(new(TITLES)))
        without_thread(at, asking(new(TITLES)))


UNPLAIN = {
    "another form": asking("ASK {}").replace(b" HTTP/1.1", b"&format=csv HTTP/1.1"),
    "bytes that are no text": written("/sparql?query=%ff"),
    "none": written("/sparql?query="),
    "a long one": asking("ASK {}" + " " * 1000),
    "an address that is none": written("/sparql?query=ASK{}"),
    "a head": written("/sparql?query=ASK%20%7B%7D", "HEAD"),
}


@pytest.mark.parametrize("sent", UNPLAIN.values(), ids=UNPLAIN)
def test_what_is_not_plain_is_looked_at_more_closely(at, sent):
    count = len(at.calls)
    at.talking.ask(sent, bodiless=sent.startswith(b"HEAD"))
    assert len(at.calls) == count + 1


WRONG = {
    "no query": ("SELECT", 400, "query"),
    "a service": ("ASK { SERVICE <http://127.0.0.1/> {} }", 400, ""),
    "a graph where there is none of the form": ("CONSTRUCT WHERE { ?s ?p ?o }", 406, "form"),
    "too many rows": ("SELECT * { ?a ?b ?c . ?d ?e ?f }", 503, "rows"),
    "no end": (CROSS, 503, "time"),
}


@pytest.fixture(scope="module")
def limited(writer):
    with taught(writer, query_seconds=1.0, query_rows=1000, query_trial=0.2) as found:
        yield found


def refused(at):
    return {name: n for name, n in at.site.queries.counts().items() if name.startswith("refused")}


@pytest.mark.parametrize(("text", "status", "why"), WRONG.values(), ids=WRONG)
def test_what_is_refused_is_asked_once_and_told_by_the_application(limited, text, status, why):
    at, csv = limited, {"Accept": "text/csv"}
    # After one that was stopped, a process has to be ready again.
    for _ in range(2):
        at.talking.ask(asking(new(TITLES), **csv))
    count, before = len(at.calls), refused(at)
    said = at.talking.ask(asking(text, **csv))
    assert (int(said[0].split()[1]), said[1]["content-type"]) == (status, "application/problem+json")
    assert len(at.calls) == count + 1
    once = {f"refused_{why}": before.get(f"refused_{why}", 0) + 1} if why else {}
    assert refused(at) == {**before, **once}


def test_a_question_without_end_holds_up_no_other(writer):
    with taught(writer, query_seconds=1.5, query_trial=0.1) as at, at.connected(20) as connection:
        endless = Talking(connection)
        endless.send(asking(new(CROSS)))
        count = len(at.calls)
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            assert at.talking.ask(asking(new("ASK { ?s a umr:Model }")))[0].split()[1] == "200"
        # The endless one; and one or two that came before another process was ready.
        assert 1 <= len(at.calls) - count <= 4
        assert endless.hear()[0].split()[1] == "503"


LONG = {
    "that fills the pipe": (TITLES.replace("?t {", "?t ?p ?o { ?s ?p ?o ."), {}),
    "that fits into no memory at once": ("SELECT * { ?a ?b ?c . ?d a umr:Model } LIMIT 20000", {}),
    "that is zipped": (TITLES, {"Accept_Encoding": "gzip"}),
}


@pytest.mark.parametrize(("text", "headers"), LONG.values(), ids=LONG)
def test_a_long_answer_is_given_whole_by_a_thread(at, text, headers):
    at.talking.ask(asking(new("SELECT ?x { ?x a umr:Nothing }"), **headers))
    count = len(at.calls)
    quick = at.talking.ask(asking(same := new(text), **headers))
    slow = at.talking.ask(asking(same, **headers, X_Unlike=UNLIKE))
    assert len(at.calls) == count + 2
    assert quick[:3] == slow[:3]
    assert at.site.queries.counts()["running"] == 0
    body = gzip.decompress(quick[2]) if headers else quick[2]
    assert len(json.loads(body)["results"]["bindings"]) >= 40


def test_a_long_answer_has_a_thread_as_soon_as_it_is_long(writer):
    with taught(writer) as at:
        at.talking.send(asking(new("SELECT * { ?a ?b ?c . ?d ?e ?f }")))
        until(lambda: len(at.calls) == 2)
        assert at.site.queries.counts()["running"] == 1
        assert b"more than 100,000 rows" in at.talking.hear()[2]


def test_a_process_that_dies_meanwhile_is_replaced(writer):
    with taught(writer) as at:
        (process,) = at.site.queries._means.processes._idle
        at.talking.send(asking(new(CROSS)))
        until(lambda: len(at.site.queries._means.processes) == 1)
        os.kill(process._born.pid, signal.SIGKILL)
        assert at.talking.hear()[0].split()[1] == "503"
        for _ in range(2):
            assert at.talking.ask(asking(new(TITLES)))[0].split()[1] == "200"
        without_thread(at, asking(new(TITLES)))


def test_who_hangs_up_leaves_nothing_behind(writer):
    with taught(writer, query_seconds=1.0) as at:
        for text in (SOME_TIME, CROSS):
            with at.connected() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                count = len(at.calls)
                connection.sendall(asking(new(text)))
                # Or with a thread, where no process was ready.
                until(lambda: len(at.server.errands) == 1 or len(at.calls) > count)  # noqa: B023
            until(lambda: len(at.server.errands) == 0)
        until(lambda: "refused_time" in at.site.queries.counts())
        for _ in range(2):
            assert at.talking.ask(asking(new(TITLES)))[0].split()[1] == "200"
        assert at.site.queries.counts()["running"] == 0


def test_requests_that_come_together_are_answered_in_their_order(at):
    page, texts = written("/about"), [new(f"SELECT ({n} AS ?n) {{}}") for n in range(3)]
    sent = [asking(texts[0]), page, asking(texts[1]), asking(texts[2])]
    at.talking.send(b"".join(sent))
    heard = [at.talking.hear()[2] for _ in sent]
    numbers = [re.findall(rb'"value":"(\d)"', body) for body in heard]
    assert [numbers[0], numbers[2], numbers[3]] == [[b"0"], [b"1"], [b"2"]]
    assert b"<html" in heard[1]
    one, two = asking(new("SELECT (7 AS ?n) {}")), asking(new("SELECT (8 AS ?n) {}"))
    at.talking.send(one)
    at.talking.send(two[:30])
    assert b'"7"' in at.talking.hear()[2]
    at.talking.send(two[30:])
    assert b'"8"' in at.talking.hear()[2]


@contextmanager
def many(at, number):
    """Connections on which all may be said at once."""
    with ExitStack() as opened:
        yield [Talking(opened.enter_context(at.connected(20))) for _ in range(number)]


def test_more_than_there_are_processes_wait_for_their_turn_without_a_thread(writer):
    with taught(writer, query_workers=1, query_queue=2) as at, many(at, 20) as talking:
        without_thread(at, asking(new(TITLES)))
        count = len(at.calls)
        for _ in range(3):
            for one in talking:
                one.send(asking(new(TITLES)))
            assert {one.hear()[0].split()[1] for one in talking} == {"200"}
        assert len(at.calls) == count


def test_of_more_than_may_wait_the_rest_is_refused(writer):
    limits = {"query_workers": 1, "query_queue": 0, "query_seconds": 1.0}
    with taught(writer, **limits) as at, many(at, 3) as talking:
        for one in talking:
            one.send(asking(new(CROSS)))
            time.sleep(0.05)
        heard = [json.loads(one.hear()[2])["detail"] for one in talking]
        assert sum("too many queries wait" in detail for detail in heard) == 2
        assert at.site.queries.counts()["refused_waiting"] == 2


def test_who_waits_too_long_for_a_turn_is_told_so(writer):
    limits = {"query_workers": 1, "query_wait": 0.3, "query_seconds": 1.0}
    with taught(writer, **limits) as at, many(at, 2) as talking:
        for one in talking:
            one.send(asking(new(CROSS)))
            time.sleep(0.05)
        assert b"too many queries wait" in talking[1].hear()[2]
        assert b"takes longer" in talking[0].hear()[2]


def test_what_many_ask_at_once_is_asked_once(writer):
    with taught(writer, query_workers=1) as at, many(at, 6) as talking:
        count = len(at.calls)
        at.talking.send(asking(new(SOME_TIME)))
        until(lambda: len(at.server.errands) == 1)
        sent = asking(new(TITLES))
        for one in talking:
            one.send(sent)
        assert len({one.hear()[2] for one in talking}) == 1
        assert at.talking.hear()[0].split()[1] == "200"
        assert at.site.queries.counts() == {"answered": 3, "recalled": 5, "running": 0}
        assert len(at.calls) == count


def test_of_what_many_ask_at_once_none_is_kept_waiting_by_one_that_goes_wrong(writer):
    with taught(writer, query_trial=0.2) as at, many(at, 3) as talking:
        sent = asking(new("SELECT ?x { ?x a umr:Model ; umr:Nothing ?x+ }"))
        for one in talking:
            one.send(sent)
        assert {one.hear()[0].split()[1] for one in talking} == {"400"}


def test_what_is_published_is_seen_at_once(writer):
    with taught(writer) as at:
        before = without_thread(at, asking(new(COUNT)))[2]
        writer.publish([draft(f"lab/new{next(_NUMBERS)}@1.0.0")], agent="x")
        after = at.talking.ask(asking(new(COUNT)))[2]
        assert int(re.findall(rb'"(\d+)"', after)[0]) == int(re.findall(rb'"(\d+)"', before)[0]) + 1


def test_what_has_begun_is_answered_before_the_end(writer):
    with taught(writer) as at:
        at.talking.send(asking(new(SOME_TIME)))
        until(lambda: len(at.server.errands) == 1)
        at.server.stop()
        ending = threading.Thread(target=at.server.finish, args=(10,))
        ending.start()
        status, headers, *_ = at.talking.hear()
        assert (status.split()[1], headers["connection"]) == ("200", "close")
        ending.join()


def test_where_requests_are_counted_a_thread_counts_them(writer):
    with taught(writer, reads_per_minute=3) as at:
        said = [at.talking.ask(asking(new(TITLES)))[0].split()[1] for _ in range(3)]
        assert said == ["200", "200", "429"]
        assert len(at.calls) == 4


def test_behind_a_proxy_it_is_told_who_asked(writer):
    target = io.StringIO()
    with standing(writer, proxy="127.0.0.1") as at:
        at.site.running.log.form, at.site.running.log._target = "json", target
        for client in ("203.0.113.9", "203.0.113.10"):
            at.talking.ask(asking(new(TITLES), X_Forwarded_For=client))
            without_thread(at, asking(new(TITLES), X_Forwarded_For=client))
            assert json.loads(target.getvalue().splitlines()[-1])["client"] == client
        named = {"X_Forwarded_For": "203.0.113.9", "X_Request_Id": "0123456789abcdef"}
        assert {at.talking.ask(asking(new(TITLES), **named))[3] for _ in range(3)} == {"0123456789abcdef"}


def test_one_answer_that_fails_takes_no_other_with_it(writer, monkeypatch):
    with taught(writer) as at, many(at, 1) as (other,):
        monkeypatch.setattr(at.server.echoes, "finish", lambda *_: 1 / 0)
        # On a busy machine a thread answers one now and then, as it may any.
        with pytest.raises(AssertionError):
            _ = [other.ask(asking(new(TITLES))) for _ in range(TRIES)]
        monkeypatch.undo()
        without_thread(at, asking(new(TITLES)))
        assert len(at.server.errands) == 0
