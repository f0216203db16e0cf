"""Queries of strangers: stopped at their limits, harmless to others, and nothing is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from ctypes.util import find_library
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from drafts import draft

from umr_ld.errors import Busy, Malformed, Overloaded, TooLong, UmrError
from umr_ld.registry import Registry
from umr_server.settings import Settings
from umr_server.sparql.answers import Asked
from umr_server.sparql.nursery import Nursery
from umr_server.sparql.pool import Queries

LIMITS = Settings(
    query_seconds=2.0, query_rows=1000, query_bytes=1 << 20, query_memory=256 << 20, query_age=0.0
)
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def chain(length):
    """Models, each made from the one before."""
    first = draft("lab/m0@1.0.0")
    return [first, *(draft(f"lab/m{at}@1.0.0", f"basedOn lab/m{at - 1}") for at in range(1, length))]


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(chain(60), agent="test")
        yield opened


@pytest.fixture
def queries(registry):
    opened = Queries(registry, LIMITS)
    yield opened
    opened.close()


def ask(queries, text, *forms):
    return queries.ask(Asked(text, forms or ("json",)))


def grown(steps):
    """SPARQL that makes a text eight times as long, so many times."""
    return " ".join(f"BIND(CONCAT({', '.join([f'?x{at}'] * 8)}) AS ?x{at + 1})" for at in range(steps))


def processes_of(parent):
    """Processes that another started to have queries answered."""
    command = ["ps", "-o", "pid=,args=", "--ppid", str(parent)]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    return [int(line.split()[0]) for line in told.stdout.splitlines() if "umr_server.sparql.nursery" in line]


@pytest.fixture
def children():
    """Processes that this one started since the test began. Servers of other tests may have theirs."""
    before = set(processes_of(os.getpid()))
    return lambda: [one for one in processes_of(os.getpid()) if one not in before]


ENDLESS = {
    "a cross join": CROSS,
    "distinct over a cross join": "SELECT DISTINCT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "nested paths": "SELECT (COUNT(*) AS ?n) { ?a ((!a)*/(!a)*)* ?b . ?b ((!a)*)* ?c . ?c (!a)* ?d }",
    "a regex on every pair": 'SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(REGEX(CONCAT(STR(?a), STR(?g)), "(a+)+(b+)+$")) }',
    "a sort of a cross join": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_a_query_without_end_is_stopped(queries, text):
    with pytest.raises(TooLong):
        ask(queries, text)
    assert ask(queries, "ASK {}").read().startswith(b'{"head"')


def test_processes_have_the_better_allocator_where_the_machine_has_it(queries, children):
    ask(queries, "ASK {}")
    (nursery,) = children()
    for process in processes_of(nursery):
        loaded = Path(f"/proc/{process}/maps").read_text(encoding="utf-8")
        assert ("libjemalloc" in loaded) == (find_library("jemalloc") is not None)


def test_memory_of_one_query_is_there_for_the_next(queries):
    for at in range(6):
        text = f"SELECT ?x{5 + at % 2} {{ BIND('{at}123456789' AS ?x0) {grown(5 + at % 2)} }}"
        with suppress(TooLong):
            ask(queries, text, "csv")
    counts = queries.counts()
    assert counts.get("answered", 0) == 3
    assert counts.get("refused_bytes", 0) == 3


def test_who_is_asking_when_the_server_ends_is_told_so(registry):
    opened, heard = Queries(registry, LIMITS), []

    def go():
        try:
            ask(opened, CROSS)
        except UmrError as error:
            heard.append(error)

    ask(opened, "ASK {}")
    asking = threading.Thread(target=go)
    asking.start()
    time.sleep(0.3)
    opened.close()
    asking.join(20)
    assert [type(error) for error in heard] == [Busy]
    assert "ending" in str(heard[0])


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (r'SELECT ("a\u0001\u000bb\tc\uFFFF" AS ?x) {}', "xml"),
        (r'CONSTRUCT { <x:a> <x:b> "a\u0001\u000bb\tc\uFFFF" } {}', "rdf"),
    ],
    ids=["rows", "a graph"],
)
def test_what_xml_cannot_hold_is_replaced_there(queries, text, form):
    said = ET.fromstring(ask(queries, text, form).read())
    assert "".join(said.itertext()).strip() == "a\ufffd\ufffdb\tc\ufffd"


LONG = {
    "rows as JSON": ("SELECT * { ?a ?b ?c . ?d ?e ?f }", "json", "rows"),
    "rows as TSV": ("SELECT (1 AS ?one) { ?a ?b ?c . ?d ?e ?f }", "tsv", "rows"),
    "rows as XML": ("SELECT (1 AS ?one) { ?a ?b ?c . ?d ?e ?f }", "xml", "rows"),
    "triples": ("CONSTRUCT { ?a ?b ?f } { ?a ?b ?c . ?d ?e ?f }", "nt", "rows"),
    "bytes": (f'SELECT ?x6 {{ BIND("0123456789" AS ?x0) {grown(6)} }}', "json", "more than 1 MiB"),
}


@pytest.mark.parametrize(("text", "form", "what"), LONG.values(), ids=LONG)
def test_a_long_answer_is_stopped_and_says_by_what(queries, text, form, what):
    with pytest.raises(TooLong, match=what):
        ask(queries, text, form)


def test_as_many_rows_as_there_may_be_are_given(queries):
    many = " ".join(f"({at} {at})" for at in range(1000))
    for form in ("json", "csv", "tsv", "xml"):
        assert ask(queries, f"SELECT * {{ VALUES (?a ?b) {{ {many} }} }}", form).size > 4000


def test_a_query_that_needs_much_memory_ends_without_taking_it(registry):
    queries = Queries(registry, replace(LIMITS, query_seconds=60))
    with pytest.raises(TooLong, match="memory"):
        ask(queries, f'SELECT (STRLEN(?x9) AS ?n) {{ BIND("0123456789" AS ?x0) {grown(9)} }}')
    assert ask(queries, "ASK {}").size
    queries.close()


def test_a_flood_of_long_queries_lets_short_ones_through(children, registry):
    queries = Queries(registry, LIMITS)
    ended = []

    def flood(at):
        with pytest.raises((TooLong, Overloaded)):
            ask(queries, f"{CROSS} # {at}")
        ended.append(at)

    threads = [threading.Thread(target=flood, args=(at,)) for at in range(12)]
    for thread in threads:
        thread.start()
    for at in range(5):
        assert b"true" in ask(queries, f"ASK {{ ?s a umr:Model }} # {at}").read()
    for thread in threads:
        thread.join(60)
    assert sorted(ended) == list(range(12))
    assert queries.counts()["running"] == 0
    queries.close()
    assert children() == []


def test_a_process_that_is_killed_is_replaced(children, queries):
    ask(queries, "ASK {}")
    (nursery,) = children()
    for process in processes_of(nursery):
        os.kill(process, signal.SIGKILL)
    with pytest.raises(TooLong):
        ask(queries, "ASK { ?s a umr:Dataset }")
    assert ask(queries, "ASK { ?s a umr:Model }").size
    assert children() == [nursery]


def test_when_what_starts_processes_is_killed_it_is_started_again(children, queries):
    ask(queries, "ASK {}")
    (nursery,) = children()
    os.kill(nursery, signal.SIGKILL)
    with pytest.raises(TooLong):
        ask(queries, CROSS)
    assert ask(queries, "ASK { ?s a umr:Model }").size
    assert children() != [nursery]


def test_the_same_question_is_answered_once(queries):
    first = ask(queries, "SELECT * { ?s a umr:Model } LIMIT 5")
    again = ask(queries, "SELECT * { ?s a umr:Model } LIMIT 5")
    assert (first.read(), first.etag) == (again.read(), again.etag)
    assert queries.counts()["recalled"] == 1


def test_what_is_published_is_seen(tmp_path):
    with Registry.create(tmp_path / "umr") as registry:
        queries = Queries(registry, LIMITS)
        registry.publish([draft("lab/a@1.0.0")], agent="test")
        count = "SELECT (COUNT(?s) AS ?n) { ?s a umr:Model }"
        before = ask(queries, count, "csv")
        registry.publish([draft("lab/b@1.0.0")], agent="test")
        after = ask(queries, count, "csv")
        assert [before.read().split()[1], after.read().split()[1]] == [b"1", b"2"]
        assert before.etag != after.etag
        queries.close()
        assert list((tmp_path / "umr/queries").iterdir()) == []
    assert Registry.examine(tmp_path / "umr", deep=True)


def test_a_registry_open_for_reading_is_asked_and_seen_to_grow(tmp_path):
    Registry.create(tmp_path / "umr").close()
    with Registry.open(tmp_path / "umr") as reader:
        queries = Queries(reader, LIMITS)
        count = "SELECT (COUNT(?s) AS ?n) { ?s a umr:Model }"
        assert ask(queries, count, "csv").read().split()[1] == b"0"
        with Registry.open(tmp_path / "umr", write=True) as writer:
            writer.publish([draft("lab/a@1.0.0")], agent="test")
            # Beside a writer the files are not to be read: what was copied before is told.
            assert ask(queries, count, "csv").read().split()[1] == b"0"
        assert ask(queries, count, "csv").read().split()[1] == b"1"
        queries.close()


def test_beside_a_writer_from_the_start_it_says_so(tmp_path):
    with Registry.create(tmp_path / "umr") as writer, Registry.open(tmp_path / "umr") as reader:
        queries = Queries(reader, LIMITS)
        with pytest.raises(Busy):
            ask(queries, "ASK {}")
        queries.close()
        assert writer.position().seq == 1


KILLED = """
import sys
from pathlib import Path
from umr_ld.registry import Registry
from umr_server.settings import Settings
from umr_server.sparql.nursery import Nursery
from umr_server.sparql.answers import Asked
from umr_server.sparql.pool import Queries
with Registry.open(Path(sys.argv[1]), write=True) as registry:
    queries = Queries(registry, Settings(query_seconds=60))
    queries.ask(Asked("ASK {}", ("json",)))
    print("asking", flush=True)
    queries.ask(Asked(sys.argv[2], ("json",)))
"""


def test_a_server_that_is_killed_leaves_no_process_and_its_copies_are_swept(tmp_path):
    with Registry.create(tmp_path / "umr") as registry:
        registry.publish(chain(20), agent="test")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", KILLED, str(tmp_path / "umr"), CROSS]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert child.stdout.readline() == "asking\n"
    child.kill()
    child.wait()
    child.stdout.close()
    until = time.monotonic() + 20
    while _answering(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    assert _answering(tmp_path) == []
    left = list((tmp_path / "umr/queries").iterdir())
    assert left
    with Registry.open(tmp_path / "umr", write=True) as registry:
        queries = Queries(registry, LIMITS)
        assert ask(queries, "ASK {}").size
        assert not set(left) & set((tmp_path / "umr/queries").iterdir())
        queries.close()


def _answering(folder):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if b"umr_server.sparql.nursery" in words and str(folder).encode() in words:
            found.append(path)
    return found


def test_what_no_engine_should_see_is_refused_before(children, queries):
    with pytest.raises(Malformed, match="SERVICE"):
        ask(queries, "ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }")
    assert queries.counts() == {"running": 0}
    assert children() == []


def test_no_process_is_born_after_the_end(children, tmp_path):
    nursery = Nursery()
    nursery.close()
    with pytest.raises(Busy):
        nursery.bear(str(tmp_path), 1 << 28)
    assert children() == []


def test_after_the_end_nothing_is_answered(registry):
    queries = Queries(registry, LIMITS)
    queries.close()
    with pytest.raises(Busy, match="ending"):
        ask(queries, "ASK {}")
