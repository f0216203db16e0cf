"""Many who ask one quick question after the other are answered together, by few processes, each as if alone."""

from __future__ import annotations

import os
import random
import re
import select
import signal
import threading
import time
from contextlib import ExitStack, suppress

import pytest
from drafts import draft
from talking import Talking, until
from test_running_errands import SECONDS, asking, new
from test_running_lending import QUICK, TRIES, lending

from umr_ld.registry import Registry
from umr_server.running import lending as deciding
from umr_server.sparql.line import PLACES, Line
from umr_server.sparql.loan import Borrower, Kept, Lender, Lent, Returned, Terms
from umr_server.sparql.question import Question

MILLISECONDS = "SELECT (COUNT(*) AS ?n) { ?a a umr:Model . ?b a umr:Model VALUES ?d { 1 2 3 4 5 } }"
# Long enough for the others to go on meanwhile, however busy the machine is.
WHILE = SECONDS.replace("{ 0 1", "{ " + " ".join(map(str, range(100, 180))) + " 0 1")
MANY = 12
_NUMBERS = iter(range(10**6))


@pytest.fixture(scope="module")
def writer(tmp_path_factory):
    with Registry.create(tmp_path_factory.mktemp("together") / "r") as opened:
        opened.publish([draft(f"lab/m{at}@1.0.0", title=f"Ä {at} " * 20) for at in range(40)], agent="x")
        yield opened


def _together(at, number, seconds, ask, is_over=lambda: False):
    """Have connections ask at once for a time: how often each was answered, and how many were lent at once."""
    counts, most, ended = [0] * number, [0], time.monotonic() + seconds

    def go(place, talking):
        while time.monotonic() < ended and not is_over():
            ask(talking, place)
            counts[place] += 1
            most[0] = max(most[0], len(at.server.errands.lending))

    with ExitStack() as opened:
        talking = [Talking(opened.enter_context(at.connected(20))) for _ in range(number)]
        threads = [threading.Thread(target=go, args=pair) for pair in enumerate(talking)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return counts, most[0]


def _asked(talking, _place=0, **headers):
    """A question that nobody else asks has the answer that nobody else has."""
    number = next(_NUMBERS)
    status, _, body, identifier = talking.ask(asking(f"SELECT ({number} AS ?n) {{}}", **headers))
    assert status.split()[1] == "200", body
    assert re.findall(rb'"value":"(\d+)"', body) == [b"%d" % number]
    return identifier


@pytest.mark.parametrize("workers", [1, 2])
def test_each_has_the_answer_to_his_question_and_is_counted_once(writer, workers):
    with lending(writer, query_workers=workers) as at:
        counts, most = _together(at, MANY, 2, _asked)
        assert most > workers
        assert min(counts) > max(counts) / 4
        until(lambda: not len(at.server.errands))
        given = float(at.figures()['umr_requests_total{method="GET",route="/sparql",status="200"}'])
        assert given == sum(counts)
        assert at.site.queries.counts() == {"answered": sum(counts), "running": 0}


def test_there_are_never_more_than_have_a_place_and_all_are_answered(writer):
    with lending(writer, query_workers=1, query_queue=60, threads=70) as at:
        for _ in range(20):
            counts, most = _together(at, PLACES + 8, 1, _asked)
            assert most <= PLACES
            assert min(counts) > 0
            if most > MANY:
                return
        raise AssertionError("they were never many")


def test_each_is_answered_in_his_own_manner(writer):
    with lending(writer, query_workers=1) as at:

        def ask(talking, place):
            # More manners than a process is told of at once, and one that is not kept by way of its form.
            accept = ["application/sparql-results+json", "text/csv"][place % 2]
            number = next(_NUMBERS)
            headers = {"User_Agent": f"asker {place} {number % 2}", "Accept": accept}
            _, said, body, _ = talking.ask(asking(f"SELECT ({number} AS ?n) {{}}", **headers))
            assert said["content-type"].split(";")[0] == accept
            assert b"%d" % number in body

        counts, most = _together(at, MANY, 2, ask)
        assert most > 1
        assert min(counts) > 0


def test_who_takes_his_time_is_left_by_the_others_for_another_process(writer):
    with lending(writer, query_workers=2, query_seconds=60.0) as at, at.connected(60) as connection:
        for _ in range(2):
            assert min(_while_one_waits(at, connection)) > 2


def _while_one_waits(at, connection):
    """How often each of six was answered while one waited for an answer that takes its time."""
    slow, counts, asked = Talking(connection), [0] * 6, []

    def ask(talking, place):
        _asked(talking)
        if place == 0 and not asked and len(at.server.errands.lending) > 4:
            for _ in range(3):
                _asked(slow)
            asked.append(new(WHILE))
            slow.send(asking(asked[0]))
        counts[place] += bool(asked) and not is_answered()

    def is_answered():
        return bool(asked and select.select([connection], [], [], 0)[0])

    _together(at, 6, 30, ask, is_answered)
    assert b'"value":"' in slow.hear()[2]
    return counts


def test_a_process_that_dies_is_missed_by_none_but_whom_it_was_answering(writer):
    with lending(writer, query_workers=1) as at:
        lost, killed, ended = [], [], time.monotonic() + 4

        def kill():
            while time.monotonic() < ended - 1:
                time.sleep(random.uniform(0.05, 0.3))
                for process in [*at.site.queries._means.processes._busy]:
                    with suppress(ProcessLookupError, OSError):
                        os.kill(process._born.pid, signal.SIGKILL)
                        killed.append(process)

        def ask(place):
            while time.monotonic() < ended:
                with at.connected(20) as connection:
                    talking = Talking(connection)
                    try:
                        while time.monotonic() < ended:
                            number = next(_NUMBERS)
                            status, _, body, _ = talking.ask(asking(f"SELECT ({number} AS ?n) {{}}"))
                            assert status.split()[1] in {"200", "503"}
                            assert status.split()[1] == "503" or b'"value":"%d"' % number in body
                    except (AssertionError, ConnectionError):
                        lost.append(place)

        threads = [threading.Thread(target=ask, args=(place,)) for place in range(6)]
        threads.append(threading.Thread(target=kill))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert killed
        assert len(lost) <= len(killed)
        assert at.lent
        until(lambda: not len(at.server.errands) and at.site.queries.counts()["running"] == 0)
        _asked(at.talking)


def test_what_is_taken_back_at_any_moment_is_answered_all_the_same_and_once(writer, monkeypatch):
    monkeypatch.setattr(deciding, "_SOON", 0.0)
    monkeypatch.setattr(Question, "trial", 0.0)
    with lending(writer, query_workers=2) as at:
        counts, _ = _together(at, 6, 3, _asked)
        assert at.taken
        until(lambda: not len(at.server.errands) and at.site.queries.counts()["running"] == 0)
        assert at.site.queries.counts()["answered"] == sum(counts)
        assert min(counts) > 0


def test_what_one_asks_that_is_for_who_lends_is_answered_and_so_is_what_others_ask(writer, monkeypatch):
    monkeypatch.setattr(deciding, "_SHY", 0)
    with lending(writer, query_workers=1, threads=2) as at:

        def ask(talking, place):
            if random.random() < 0.8:
                _asked(talking)
            elif place % 2:
                assert talking.ask(asking(f"SELECT {next(_NUMBERS)}"))[0].split()[1] == "400"
            else:
                number = next(_NUMBERS)
                rows = f"SELECT ?n ?d {{ VALUES ?n {{ {number} }} ?d ?b ?c }}"
                assert talking.ask(asking(rows))[2].count(b'"value":"%d"' % number) > 300

        # From now on none of these needs a thread before it is answered.
        _asked(at.talking)
        counts, _ = _together(at, 8, 3, ask)
        assert len(at.taken) > 10
        assert min(counts) > 0
        until(lambda: not len(at.server.errands) and at.site.queries.counts()["running"] == 0)


def test_what_took_a_while_is_not_made_again_by_the_process_that_made_it(writer):
    with lending(writer, query_workers=1) as at:
        for _ in range(TRIES):
            at.hot()
            at.talking.ask(asking(new(QUICK)))
            first, again = [at.talking.ask(sent) for sent in [asking(new(MILLISECONDS))] * 2]
            assert again[:3] == first[:3]
            until(lambda: not len(at.server.errands))
            if again[3] in at.recalled:
                return
        raise AssertionError("it was made each time")


def _terms(number):
    head = {("json", True): b"HTTP/1.1 200 OK\r\nX: \xe4", ("csv", False): b"%d" % number}
    return Terms(
        b"GET /%d?query=" % number, b" HTTP/1.1\r\n\r\n", head, number, 7, {"forms": ["json"], "rows": 1}
    )


def test_what_is_told_of_a_loan_is_understood():
    lender, borrower = Lender(), Borrower()
    for at, number in enumerate(random.Random(7).choices(range(40), k=400)):
        lent = Lent(at % PLACES, at, 3, _terms(number), f"SELECT {number} Ä")
        assert borrower.read(lender.written(lent)) == lent
    for told in (Returned(3, 1 << 40, b"rest"), Kept('a\n"Ä"', ("json", "xml"), "xml", b"\n1\n")):
        assert type(told).read(told.written()) == told


def test_a_loan_that_was_taken_back_is_another_than_the_next_in_its_place():
    ours, its = Line.laid()
    theirs = Line.at(its)
    ours.ledger.lend(4, 1)
    assert theirs.ledger.is_lent(4, 1)
    with ours:
        ours.ledger.withdraw(4)
        ours.ledger.lend(4, 2)
    assert not theirs.ledger.is_lent(4, 1)
    assert theirs.ledger.is_lent(4, 2)
    ours.close()
    theirs.close()
