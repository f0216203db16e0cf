"""Who asks one quick question after the other is answered by the process that makes the answers, as by anybody else."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress

import pytest
from drafts import draft
from talking import Talking, standing, until
from test_running_errands import CROSS, KINDS, LONG, SECONDS, TITLES, UNLIKE, WAYS, asking, new

from umr_ld.registry import Registry
from umr_server.sparql.line import ROOM, Line, Note

QUICK = "SELECT ?s { GRAPH ?g { ?s dct:title ?t } } LIMIT 2"
SOME = "SELECT (COUNT(*) AS ?n) { ?a a umr:Model . ?b a umr:Model . ?c ?d ?e }"
TRIES = 400


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    with Registry.create(tmp_path_factory.mktemp("lending") / "r") as opened:
        opened.publish([draft(f"lab/m{at}@1.0.0", title=f"Ä {at} " * 20) for at in range(40)], agent="x")
        yield opened


@contextmanager
def lending(writer, path="/sparql", headers=None, **decided):
    """The server; what was answered on connections that were lent, and what was taken back from there, by identifier and by text."""
    with standing(writer, **{"query_age": 5.0, "query_trial": 5.0, "threads": 16, **decided}) as at:
        at.lent, at.recalled, at.taken, lends = set(), set(), [], at.server.errands.lending
        tell, resume = lends._tell, lends._resume

        def told(stand, notes):
            at.lent |= {note.identifier for note in notes}
            at.recalled |= {note.identifier for note in notes if note.is_recalled}
            tell(stand, notes)

        def resumed(errand):
            at.taken.append(errand.asked.text)
            resume(errand)

        lends._tell, lends._resume = told, resumed
        at.hot = lambda text=QUICK, talking=None, **more: _lent(
            at, talking or at.talking, lambda: asking(new(text), path, **(headers or {}), **more)
        )
        yield at


@pytest.fixture(scope="module")
def at(writer):
    with lending(writer) as found:
        yield found


def _lent(at, talking, sent):
    """An answer that was given where the connection was lent, and what was sent for it."""
    for _ in range(TRIES):
        heard = talking.ask(asked := sent())
        # What is told of it comes when the connection is back.
        end = time.monotonic() + 0.02
        while heard[3] not in at.lent and time.monotonic() < end and _is_out(at):
            time.sleep(0.0002)
        if heard[3] in at.lent:
            return heard, asked
    raise AssertionError("no connection was lent")


def _is_out(at):
    return len(at.server.errands.lending) > 0


@pytest.mark.parametrize(("decided", "path", "more"), WAYS.values(), ids=WAYS)
def test_the_answer_is_that_of_a_thread(writer, decided, path, more):
    with lending(writer, path, more, **decided) as at:
        for text, headers in KINDS.values():
            quick, sent = at.hot(text, **headers)
            slow = at.talking.ask(sent.replace(b"Host:", f"X-Unlike: {UNLIKE}\r\nHost:".encode()))
            assert quick[:3] == slow[:3]
            assert quick[3] != slow[3]


def test_each_is_counted_and_written_down_once(writer):
    target = io.StringIO()
    with lending(writer) as at:
        at.site.running.log.form, at.site.running.log._target = "json", target
        heard = [at.talking.ask(asking(new(QUICK)))[3] for _ in range(300)]
        until(lambda: not len(at.server.errands))
        assert at.lent & set(heard)
        lines = [json.loads(line) for line in target.getvalue().splitlines()]
        assert [line["id"] for line in lines] == heard
        assert {line["client"] for line in lines} == {"127.0.0.1"}
        assert len({json.dumps({**line, "id": "", "time": "", "ms": 0}) for line in lines}) == 1
        assert all(0 < line["ms"] < 5000 for line in lines)
        assert at.figures()['umr_requests_total{method="GET",route="/sparql",status="200"}'] == "300.0"
        assert at.site.queries.counts() == {"answered": 300, "running": 0}


def test_what_took_a_while_is_kept_for_who_asks_it_again(at):
    for _ in range(TRIES):
        _, sent = at.hot(SOME)
        before = at.site.queries.counts().get("recalled", 0)
        at.talking.ask(sent)
        if at.site.queries.counts().get("recalled", 0) > before:
            return
    raise AssertionError("it was not kept")


def _taken(at, text, **headers):
    """The answer to what is asked on a connection that is lent, and turns out to be for who lends."""
    at.hot(**headers)
    for number in range(TRIES):
        for _ in range(1 + number % 4):
            at.talking.ask(asking(new(QUICK), **headers))
        before = len(at.taken)
        heard = at.talking.ask(asking(asked := new(text), **headers))
        if len(at.taken) > before:
            assert at.taken[before:] == [asked]
            return heard
    raise AssertionError("none was taken back")


@pytest.fixture(scope="module")
def limited(writer):
    with lending(writer, query_seconds=1.0, query_rows=1000, query_trial=0.2) as found:
        yield found


WRONG = {
    "no query": ("SELECT", "400", "query"),
    "a graph where there is none of the form": ("CONSTRUCT WHERE { ?s ?p ?o }", "406", "form"),
    "too many rows": ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "503", "rows"),
    "no end": (CROSS, "503", "time"),
}


@pytest.mark.parametrize(("text", "status", "why"), WRONG.values(), ids=WRONG)
def test_what_is_refused_is_told_by_the_application_once(limited, text, status, why):
    csv = {"Accept": "text/csv"}
    said = _taken(limited, text, **csv)
    assert (said[0].split()[1], said[1]["content-type"]) == (status, "application/problem+json")
    counts = limited.site.queries.counts()
    assert counts["running"] == 0
    assert counts[f"refused_{why}"] >= 1
    limited.hot(**csv)


def test_nobody_else_is_asked_for_what_is_refused_at_a_glance(limited):
    for _ in range(20):
        limited.hot()
        assert limited.talking.ask(asking("ASK { SERVICE <http://127.0.0.1/> {} }"))[0].split()[1] == "400"


@pytest.mark.parametrize(("text", "headers"), LONG.values(), ids=LONG)
def test_a_long_answer_is_given_whole_by_a_thread(at, text, headers):
    if headers:
        at.talking.ask(asking(new("SELECT ?x { ?x a umr:Nothing }"), **headers))
    quick = _taken(at, text, **headers)
    slow = at.talking.ask(asking(text, **headers, X_Unlike=UNLIKE))
    assert (quick[0], quick[2]) == (slow[0], slow[2])


def test_a_question_that_takes_its_time_goes_on_from_where_it_is_and_holds_up_no_other(writer):
    with lending(writer, query_trial=0.05, query_seconds=30.0) as at, at.connected(30) as connection:
        talking = Talking(connection)
        at.hot(talking=talking)
        for number in range(TRIES):
            for _ in range(1 + number % 4):
                talking.ask(asking(new(QUICK)))
            before = len(at.taken)
            talking.send(asking(slow := new(SECONDS)))
            time.sleep(0.1)
            assert at.talking.ask(asking(new(QUICK)))[0].split()[1] == "200"
            assert b'"value":"' in talking.hear()[2]
            if len(at.taken) > before:
                assert at.taken[before:] == [slow]
                break
        else:
            raise AssertionError("it was not taken back")
        until(lambda: not len(at.server.errands))
        given = at.figures()['umr_requests_total{method="GET",route="/sparql",status="200"}']
        assert at.site.queries.counts() == {"answered": int(float(given)), "running": 0}


@pytest.mark.parametrize("is_asking", [True, False], ids=["that answers", "that waits"])
def test_a_process_that_dies_takes_no_connection_with_it(writer, is_asking):
    with lending(writer, query_trial=0.5) as at:
        for _ in range(5):
            at.hot()
            at.talking.ask(asking(new(QUICK)))
            (process, *_) = [*at.site.queries._means.processes._idle, *at.site.queries._means.processes._busy]
            if is_asking:
                at.talking.send(asking(new(CROSS)))
                time.sleep(0.02)
            # It has let go of the claim of the last answer, and the next is not asked for or does not end.
            with process.line:
                os.kill(process._born.pid, signal.SIGKILL)
            if is_asking:
                assert at.talking.hear()[0].split()[1] == "503"
            for _ in range(5):
                assert at.talking.ask(asking(new(QUICK)))[0].split()[1] in {"200", "503"}
        assert at.hot()[0][0].split()[1] == "200"
        until(lambda: not len(at.server.errands))


@pytest.mark.parametrize("text", [QUICK, SOME, CROSS], ids=["quick", "slower", "endless"])
def test_who_hangs_up_leaves_nothing_behind(writer, text):
    with lending(writer, query_seconds=1.0, query_trial=0.2) as at:
        for number in range(6):
            with at.connected() as connection:
                if number % 2:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                at.hot(talking=(talking := Talking(connection)))
                talking.ask(asking(new(QUICK)))
                connection.sendall(asking(new(text)))
        until(lambda: not len(at.server.errands) and at.site.queries.counts()["running"] == 0)
        until(lambda: len(at.server.active_channels) == 1)
        at.hot()


def test_requests_that_come_together_or_in_pieces_are_answered_in_their_order(at):
    for number in range(60):
        texts = [new(f"SELECT ({number * 4 + n} AS ?n) {{}}") for n in range(4)]
        at.hot()
        at.talking.ask(asking(new(QUICK)))
        sent = [asking(text) for text in texts]
        at.talking.send(sent[0] + sent[1] + sent[2][:40])
        time.sleep(0.0004 * (number % 4))
        at.talking.send(sent[2][40:] + sent[3])
        heard = [re.findall(rb'"value":"(\d+)"', at.talking.hear()[2]) for _ in sent]
        assert heard == [[b"%d" % (number * 4 + n)] for n in range(4)]


def test_who_does_not_listen_gets_all_answers_in_the_end(writer):
    with lending(writer) as at, socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", at.port))
        talking, number = Talking(connection), 400
        at.hot(TITLES, talking=talking)

        def send():
            for n in range(number):
                connection.sendall(asking(TITLES.replace("?t {", f"?t ({n} AS ?n) {{")))
                time.sleep(0.0002)

        sending = threading.Thread(target=send)
        sending.start()
        time.sleep(0.5)
        for n in range(number):
            assert b'"value":"%d"' % n in talking.hear()[2]
        sending.join()


def test_what_is_published_is_seen_when_answers_may_lag_no_more(writer):
    count = "SELECT (COUNT(?s) AS ?n) { ?s a umr:Model }"
    with lending(writer, query_age=0.2) as at:
        before = int(re.findall(rb'"(\d+)"', at.hot(count)[0][2])[0])
        writer.publish([draft(f"lab/seen{time.time_ns()}@1.0.0")], agent="x")
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            after = at.talking.ask(asking(new(count)))
        assert int(re.findall(rb'"(\d+)"', after[2])[0]) == before + 1
        at.hot(count)


def test_where_answers_may_not_lag_nothing_is_lent(writer):
    with lending(writer, query_age=0.0) as at:
        for _ in range(100):
            at.talking.ask(asking(new(QUICK)))
        assert not at.lent


def test_what_goes_wrong_with_one_hinders_no_other(writer, caplog):
    with lending(writer) as at:
        tell, wrong = at.server.echoes.tell, []

        def told(*given):
            if wrong and wrong[-1] is None:
                wrong[-1] = given
                raise RuntimeError("made up")
            tell(*given)

        at.server.echoes.tell = told
        for _ in range(6):
            with at.connected() as connection:
                at.hot(talking=(talking := Talking(connection)))
                wrong.append(None)
                with suppress(AssertionError, ConnectionError):
                    for _ in range(TRIES):
                        talking.ask(asking(new(QUICK)))
        assert None not in wrong
        assert "answers could not be seen after" in caplog.text
        assert at.hot()[0][0].split()[1] == "200"
        until(lambda: not len(at.server.errands) and at.site.queries.counts()["running"] == 0)


def test_who_asks_seldom_has_nothing_lent(writer):
    with lending(writer) as at:
        for _ in range(20):
            at.talking.ask(asking(new(QUICK)))
            time.sleep(0.011)
        assert not at.lent


def test_others_have_their_turn_meanwhile(writer):
    with lending(writer, query_workers=1) as at, at.connected(20) as one, at.connected(20) as two:
        ended, counts = time.monotonic() + 2, [0, 0, 0]

        def ask(place, talking):
            while time.monotonic() < ended:
                assert talking.ask(asking(new(QUICK)))[0].split()[1] == "200"
                counts[place] += 1

        talking = [at.talking, Talking(one), Talking(two)]
        asks = [threading.Thread(target=ask, args=pair) for pair in enumerate(talking)]
        for thread in asks:
            thread.start()
        for thread in asks:
            thread.join()
        assert min(counts) > max(counts) / 4
        assert at.lent


def test_what_has_begun_is_answered_before_the_end(writer):
    with lending(writer) as at:
        at.hot()
        ending = threading.Thread(target=lambda: (at.server.stop(), at.server.finish(10)))
        heard = []
        ending.start()
        with suppress(AssertionError, ConnectionError):
            while True:
                heard.append(at.talking.ask(asking(new(QUICK))))
        ending.join(20)
        assert not ending.is_alive()
        assert {one[0].split()[1] for one in heard} <= {"200"}


def test_the_claim_is_of_one_end_at_a_time_and_notes_outlive_who_wrote_them():
    ours, its = Line.laid()
    theirs = Line.at(its)
    assert theirs.claim()
    assert not ours.claim()
    theirs.put_back()
    assert ours.claim()
    assert not theirs.claim()
    ours.put_back()
    notes = [Note(n + 1, n, f"{n:016x}", n / 7, n / 3, n % 2 == 0) for n in range(3 * ROOM)]
    for start in range(0, len(notes), ROOM):
        for note in notes[start : start + ROOM]:
            assert not theirs.ledger.is_full
            theirs.ledger.note(note)
        assert theirs.ledger.is_full
        assert [*ours.ledger.notes(start + 5)] == notes[start : start + 5]
        if start == 2 * ROOM:
            theirs.close()
        assert [*ours.ledger.notes(start + ROOM)] == notes[start + 5 : start + ROOM]
    ours.close()
