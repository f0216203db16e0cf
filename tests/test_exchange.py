"""Two registries that exchange records: over HTTP on this machine, and by files that others may have written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import zlib
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest
from drafts import draft
from pyld import jsonld
from serving import answering, served

from umr_ld.entry import Head
from umr_ld.errors import Conflict, Malformed, Unreachable, Unreadable
from umr_ld.exchange import read_lines, written
from umr_ld.exchange.fetching import PART, journal_of
from umr_ld.exchange.graphs import as_document, as_quads, read_graphs
from umr_ld.index import Peer
from umr_ld.jsonld import digest, triples_of
from umr_ld.names import Ref
from umr_ld.net import Door, Policy
from umr_ld.registry import Registry
from umr_ld.risk.statement import publishers_of
from umr_ld.vocab import CONTEXT_IRI, UMR, vocabulary
from umr_server.app import create_app

HERE, THERE = "https://a.example/", "https://b.example/"
B = Peer("b.example", THERE)
LOOPBACK = Door(Policy(http=True, private=True, timeout=20.0, limit=1 << 26))


def said(**more):
    return {"title": "T", "description": "What it is.", "license": "MIT", "publisher": "lab", **more}


def theirs(registry):
    """What the other registry publishes: data, a model of it, and a second version of that."""
    data = draft("lab/data@1.0.0", kind="Dataset", **said())
    registry.publish([data], agent="b")
    registry.publish([draft("lab/model@1.0.0", "trainedOn lab/data", **said())], agent="b")
    registry.publish([draft("lab/model@1.1.0", "trainedOn lab/data", **said(keyword=["new"]))], agent="b")


def ours(registry):
    """What stands here below theirs, before theirs is known."""
    registry.publish(
        [draft("clinic/app@1.0.0", f"uses {THERE}r/lab/model external", kind="Application", **said())],
        agent="a",
    )


@pytest.fixture(scope="module")
def lines():
    """What the other registry tells, where nothing more happens there."""
    with Registry.in_memory(base=THERE) as registry:
        theirs(registry)
        return tuple(registry.lines())


@pytest.fixture
def b():
    with Registry.in_memory(base=THERE) as registry:
        theirs(registry)
        yield registry


@pytest.fixture
def a():
    with Registry.in_memory(base=HERE) as registry:
        ours(registry)
        yield registry


def taken(registry, lines, peer=B):
    return registry.adopt(peer, lines, agent="me")


# -- what becomes of them


def test_lineage_crosses_over(a, lines):
    assert taken(a, lines).counts == {"adopted": 3}
    chain = [str(hit) for hit in a.impact(f"{THERE}r/lab/data")]
    assert chain == ["b.example/lab/model@1.0.0", "b.example/lab/model@1.1.0", "clinic/app@1.0.0"]
    assert [str(hit) for hit in a.impact("b.example/lab/data")] == chain


def test_iris_bytes_and_digests_stay(a, b):
    taken(a, b.lines())
    for ref in ("lab/data@1.0.0", "lab/model@1.0.0", "lab/model@1.1.0"):
        here, there = a.get(f"b.example/{ref}"), b.get(ref)
        assert (here.iri, here.digest, here.triples) == (there.iri, there.digest, there.triples)
        assert a.body(here.ref) == b.body(there.ref)
        assert a.get(here.iri) == here


def test_their_graphs_stand_apart_and_hold_all_that_is_theirs(a, lines):
    taken(a, lines)
    rows = a.query(f"SELECT DISTINCT ?g {{ GRAPH ?g {{ ?s <{UMR}name> ?name }} }}")
    graphs = {row[0].value for row in rows}
    assert graphs == {
        f"{HERE}g/clinic/app@1.0.0",
        *(f"{HERE}peer/b.example/g/lab/{one}" for one in ("data@1.0.0", "model@1.0.0", "model@1.1.0")),
    }
    derived = a.query(f"ASK {{ GRAPH <{HERE}peer/b.example/d/lab/model@1.0.0> {{ ?s ?p ?o }} }}")
    assert bool(derived)


def test_an_advisory_of_theirs_reaches_what_is_ours(a, b):
    advisory = draft(
        "advisory/bad-model@1.0.0",
        kind="Advisory",
        title="There is a back door",
        severity="high",
        risk="backdoor",
        affects=[{"artifact": "lab/model"}],
    )
    b.publish([advisory], agent="b")
    taken(a, b.lines())
    (concern,) = a.check(["clinic/app"])
    assert concern.advisory.name == "b.example/advisory/bad-model"
    assert str(concern.path[0].ref) == "clinic/app@1.0.0"


def test_again_only_what_is_new_is_taken(a, b):
    taken(a, b.lines())
    before = a.position()
    assert taken(a, (replace(one, sequence=0, chain="") for one in b.lines())).counts == {"unchanged": 3}
    assert a.position() == before
    b.withdraw(Ref.parse("lab/model@1.0.0"), reason="the data was bad", agent="b")
    (known,) = a.peers()
    done = taken(a, b.lines(known.position), known)
    assert +done.counts == {"withdrawn": 1}
    assert a.show("b.example/lab/model@1.0.0").reason == "the data was bad"
    assert [event.act for event in a.history("b.example/lab/model")] == ["withdraw", "adopt", "adopt"]


def stored(registry):
    store = registry._parts.store
    return {graph: set(map(str, store.triples(graph))) for graph in store.graphs()}


def test_it_does_not_matter_which_came_first(tmp_path, lines):
    """What is below a peer's records ends as the same index and the same graphs, whenever the peer became known."""
    folders = {tmp_path / "before": 1, tmp_path / "after": -1}
    for folder, order in folders.items():
        with Registry.create(folder, base=HERE) as registry:
            for step in (ours, lambda one: taken(one, lines))[::order]:
                step(registry)
            links = [link.artifact for link in registry.get("clinic/app").links]
            assert links == ["b.example/lab/model"]
            shown = registry.show("clinic/app")
            assert str(shown.links[0].reached) == "b.example/lab/model@1.1.0"
            dump, graphs = list(registry._parts.index.dump()), stored(registry)
            registry.rebuild()
            assert list(registry._parts.index.dump()) == dump
            assert stored(registry) == graphs
    with Registry.open(tmp_path / "before") as reopened:
        assert [str(hit) for hit in reopened.impact("b.example/lab/data")][-1] == "clinic/app@1.0.0"


def test_a_reader_beside_learns_of_a_peer(tmp_path, lines):
    with Registry.create(tmp_path / "r", base=HERE) as writer:
        ours(writer)
        with Registry.open(tmp_path / "r") as reader:
            assert reader.get("clinic/app").links[0].artifact == f"{THERE}r/lab/model"
            taken(writer, lines)
            reader.position()
            assert reader.get("clinic/app").links[0].artifact == "b.example/lab/model"
            assert reader.get("b.example/lab/data").iri == f"{THERE}r/lab/data@1.0.0"


# -- nobody is taken in


def spoiled(line, **more):
    return replace(line, record={**line.record, **more})


def describing(line, node):
    """The line of a record that says something of a node, with the digest of just that."""
    record = {**line.record, "evaluation": {"id": node, "metric": "m", "value": "1"}}
    return replace(line, record=record, digest=digest(triples_of(record, vocabulary(), "file")))


LIES = {
    "another text than the digest is of": lambda line: spoiled(line, title="Other"),
    "another digest": lambda line: replace(line, digest="0" * 64),
    "another record's document": lambda line: replace(line, reference="lab/other@1.0.0"),
    "an identifier of ours": lambda line: spoiled(line, id=f"{HERE}r/lab/data@1.0.0"),
    "an identifier of somebody else": lambda line: spoiled(line, id="https://c.example/r/lab/data@1.0.0"),
    "a context of their own": lambda line: spoiled(line, **{"@context": {"title": "https://evil.example/t"}}),
    "no document": lambda line: replace(line, record=None),
    "a reference that is none": lambda line: replace(line, reference="../../etc@1.0.0"),
    "an act that is none": lambda line: replace(line, act="create"),
    "a withdrawal of what is not there": lambda line: replace(
        line, act="withdraw", reference="lab/none@1.0.0", record=None
    ),
    "a withdrawal of a reference that is none": lambda line: replace(
        line, act="withdraw", reference="x", record=None
    ),
    "what it says of a record of ours": lambda line: describing(line, f"{HERE}r/lab/data@1.0.0#upstream-1"),
    "what it says of our log": lambda line: describing(line, f"{HERE}log/1"),
    "what it says of a term": lambda line: describing(line, f"{UMR}fineTunedFrom"),
    "a name of too many segments": lambda line: replace(line, reference="a/b/c/d/e/f@1.0.0"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_is_not_as_it_says_is_refused_and_the_rest_is_taken(a, lines, lie):
    first, *rest = lines
    done = taken(a, [lie(first), *rest])
    assert done.counts["refused"] == 1
    assert done.counts["adopted"] == 2
    assert done.refused[0][1]


def test_what_was_refused_is_read_again_when_it_was_mended(a, lines):
    first, *rest = lines
    (peer, *_) = [taken(a, [LIES["another digest"](first), *rest]), *a.peers()][1:]
    assert peer.position == 0
    assert taken(a, lines, peer).counts == {"adopted": 1, "unchanged": 2}
    assert a.peers()[0].position == lines[-1].sequence


def test_of_whom_nothing_was_taken_nothing_is_known(a, lines):
    taken(a, [LIES["another digest"](line) for line in lines])
    assert a.peers() == ()


def test_what_was_published_once_stays_what_it_was(a, b):
    taken(a, b.lines())
    with Registry.in_memory(base=THERE) as liar:
        liar.publish([draft("lab/data@1.0.0", kind="Dataset", **said(title="Other"))], agent="b")
        done = taken(a, (replace(one, sequence=0, chain="") for one in liar.lines()))
    assert done.counts == {"refused": 1}
    assert a.get("b.example/lab/data").title == "T"


WRONG_PEERS = {
    "our own base": (Peer("b.example", HERE), Malformed),
    "a base within ours": (Peer("b.example", f"{HERE}sub/"), Malformed),
    "a base around ours": (Peer("b.example", "https://a.exam/"[:12]), Malformed),
    "no base": (Peer("b.example", "b.example"), Malformed),
    "a label of two segments": (Peer("b/c", THERE), Malformed),
    "a label that names here begin with": (Peer("clinic", THERE), Conflict),
}


@pytest.mark.parametrize("wrong", WRONG_PEERS.values(), ids=WRONG_PEERS)
def test_a_peer_is_not_taken_for_somebody_else(a, lines, wrong):
    peer, error = wrong
    with pytest.raises(error):
        taken(a, lines, peer)
    assert a.peers() == ()


def test_a_peer_keeps_its_label_and_a_label_its_peer(a, lines):
    taken(a, lines)
    for peer in (Peer("other", THERE), Peer("b.example", "https://c.example/")):
        with pytest.raises(Conflict):
            taken(a, lines, peer)


def test_nobody_publishes_here_under_a_peers_label(a, lines):
    taken(a, lines)
    (checked,) = a.validate([draft("b.example/lab/mine@1.0.0", **said())])
    assert {finding.rule.rpartition("/")[2] for finding in checked.report.violations} >= {"name-of-peer"}


def test_a_draft_may_name_a_peers_record_by_its_label(a, lines):
    taken(a, lines)
    a.publish([draft("clinic/next@1.0.0", "fineTunedFrom b.example/lab/model", **said())], agent="a")
    assert f'"{THERE}r/lab/model"' in a.body(Ref.parse("clinic/next@1.0.0")).decode()
    assert str(a.show("clinic/next").links[0].reached) == "b.example/lab/model@1.1.0"


def test_who_another_registry_says_published_is_theirs_to_name_only_among_themselves(a, b):
    """Anybody can write down that our publisher published something, and be believed by a statement's rules."""
    b.publish([draft("lab/claim@1.0.0", **said(publisher=f"{HERE}agent/lab"))], agent="b")
    taken(a, b.lines())
    assert publishers_of(a.get("clinic/app")) == {f"{HERE}agent/lab"}
    assert publishers_of(a.get("b.example/lab/model")) == {f"{THERE}agent/lab"}
    assert publishers_of(a.get("b.example/lab/claim")) == frozenset()


def same(one, other, base):
    """A decision that two names are of one artifact."""
    return draft(
        f"statement/{one.replace('/', '-')}@1.0.0", kind="Statement", title="The same", status="same",
        description="It is.", issued="2026-01-01", product=[{"artifact": one}, {"artifact": f"{base}r/{other}"}],
    )  # fmt: skip


def test_what_they_decide_about_names_holds_for_their_names_only(a, b):
    b.publish([same("lab/model", "lab/twin", THERE), same("lab/data", "clinic/app", HERE)], agent="b")
    taken(a, b.lines())
    assert [one.name for one in a.known_as("b.example/lab/model")] == ["b.example/lab/twin"]
    assert a.known_as("clinic/app") == ()


# -- over HTTP


@pytest.fixture(scope="module")
def server():
    with Registry.in_memory(base=THERE) as registry:
        theirs(registry)
        for number in range(3):
            registry.publish([draft(f"many/m{number}@1.0.0", "trainedOn lab/data", **said())], agent="b")
        with served(create_app(registry)) as address:
            yield registry, f"{address}/"


def test_a_registry_is_followed_over_http(a, server):
    there, address = server
    done = taken(a, journal_of(LOOPBACK, address), replace(B, address=address))
    assert done.counts["adopted"] == 6
    (known,) = a.peers()
    assert (known.address, known.position, known.chain) == (address, *_end(there))
    assert list(journal_of(LOOPBACK, address, known.position, known.chain)) == []
    there.publish([draft("many/late@1.0.0", **said())], agent="b")
    late = list(journal_of(LOOPBACK, address, known.position, known.chain))
    assert [one.reference for one in late] == ["many/late@1.0.0"]


def _end(registry):
    *_, last = registry.lines()
    return last.sequence, last.chain


def test_long_journals_come_in_parts(server, monkeypatch):
    monkeypatch.setattr("umr_ld.exchange.fetching.PART", 2)
    there, address = server
    assert PART > 2
    assert [one.reference for one in journal_of(LOOPBACK, address)] == [
        one.reference for one in there.lines()
    ]


def test_a_history_that_was_rewritten_is_noticed(server):
    there, address = server
    for position, chain in ((_end(there)[0], "0" * 64), (_end(there)[0] + 50, _end(there)[1])):
        with pytest.raises(Conflict, match="not the one that was read before"):
            list(journal_of(LOOPBACK, address, position, chain))


def test_nobody_asks_within_the_house_unless_it_is_allowed(server):
    with pytest.raises(Unreachable):
        list(journal_of(Door(Policy(http=True)), server[1]))


def test_what_is_asked_wrongly_is_told(server):
    app = create_app(server[0]).test_client()
    for wrong in ("after=x", "after=-1", "limit=1.5", "after=" + "9" * 30):
        assert app.get(f"/data/journal.jsonl?{wrong}").status_code == 400
    assert app.get("/data/journal.jsonl?after=999999").data == b""


class Answers(BaseHTTPRequestHandler):
    """A server that says what a test wants said."""

    said = (200, "application/jsonl", b"", None)

    def do_GET(self):
        status, media, body, length = self.said
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def stranger():
    with answering(Answers) as address:
        yield f"{address}/"


STRANGE = {
    "a page": (200, "text/html", b"<html>hello</html>", None),
    "an error": (500, "application/jsonl", b"", None),
    "no JSON": (200, "application/jsonl", b"hello\n", None),
    "a list": (200, "application/jsonl", b"[1]\n", None),
    "numbers for texts": (200, "application/jsonl", b'{"act": 1, "reference": 2}\n', None),
    "a line that breaks off": (200, "application/jsonl", b'{"act": "publ', None),
    "less than was promised": (200, "application/jsonl", b'{"act": "publish", "reference": "a@1"}\n', 5000),
    "the same again and again": (
        200,
        "application/jsonl",
        b'{"act": "withdraw", "reference": "a@1.0.0", "sequence": 1, "chain": "x"}\n',
        None,
    ),
    "nothing there, and a broken file": (404, "application/gzip", b"\x1f\x8b", None),
}


@pytest.mark.parametrize("answer", STRANGE.values(), ids=STRANGE)
def test_who_is_no_registry_is_told_apart(stranger, answer, monkeypatch):
    monkeypatch.setattr(Answers, "said", answer)
    with pytest.raises((Unreachable, Unreadable, Conflict)) as caught:
        list(journal_of(LOOPBACK, stranger))
    assert caught.value.where.startswith(stranger)


def test_a_site_of_files_is_followed_too(stranger, lines, monkeypatch):
    data = zlib.compressobj(6, zlib.DEFLATED, 31)
    body = data.compress(b"".join(map(written, lines))) + data.flush()

    def answer(self):
        self.said = (
            (200, "application/gzip", body, None) if self.path.endswith(".gz") else (404, "", b"", None)
        )
        return as_told(self)

    as_told = Answers.do_GET
    monkeypatch.setattr(Answers, "do_GET", answer)
    assert [one.reference for one in journal_of(LOOPBACK, stranger)] == [one.reference for one in lines]
    rest = list(journal_of(LOOPBACK, stranger, lines[1].sequence, lines[1].chain))
    assert [one.reference for one in rest] == ["lab/model@1.1.0"]


# -- written down by others


def expanded(registry):
    """What `export` writes as JSON-LD, as the graph that it is."""
    return b"".join(as_document(registry.lines()))


CONTEXT = {"@context": vocabulary().context}
OTHER_WORDS = {
    "@version": 1.1,
    "u": UMR,
    "terms": "http://purl.org/dc/terms/",
    "cat": "http://www.w3.org/ns/dcat#",
    "headline": "terms:title",
}


def known(url, _):
    return {"contextUrl": None, "documentUrl": url, "document": CONTEXT}


def foreign(registry):
    """The same, by another program: other prefixes, an inline context, `@graph`, another order."""
    together = {"@context": CONTEXT_IRI, "@graph": [dict(line.record) for line in registry.lines()]}
    flat = jsonld.flatten(together, None, {"documentLoader": known})
    compacted = jsonld.compact(flat[::-1], OTHER_WORDS)
    assert compacted["@context"] == OTHER_WORDS
    assert "@graph" in compacted
    return json.dumps(compacted, indent=1).encode()


FORMS = {
    "JSON-LD of ours": (expanded, True),
    "N-Quads of ours": (lambda one: b"".join(as_quads(one.lines(), vocabulary())), False),
    "JSON-LD of another program": (foreign, True),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_who_says_the_same_is_understood_as_saying_the_same(a, b, form):
    write, is_jsonld = form
    lines = read_graphs(write(b), is_jsonld, vocabulary(), "file")
    assert {line.reference: line.digest for line in lines} == {
        line.reference: line.digest for line in b.lines()
    }
    assert taken(a, lines).counts == {"adopted": 3}
    assert [str(hit) for hit in a.impact("b.example/lab/data")][-1] == "clinic/app@1.0.0"


def described(registry):
    """Records that describe who published them: two of them the same lab."""
    lab = {"id": f"{THERE}agent/lab", "title": "The Lab"}
    for number in (1, 2):
        registry.publish([draft(f"lab/x{number}@1.0.0", **said(publisher=lab))], agent="b")


def test_what_two_records_describe_alike_stays_with_each(a):
    with Registry.in_memory(base=THERE) as registry:
        described(registry)
        wanted = {line.reference: line.digest for line in registry.lines()}
        for write, is_jsonld in list(FORMS.values())[:2]:
            lines = read_graphs(write(registry), is_jsonld, vocabulary(), "file")
            assert {line.reference: line.digest for line in lines} == wanted
        # In one graph nobody can tell which of them said what.
        with pytest.raises(Unreadable, match="agent/lab"):
            read_graphs(foreign(registry), True, vocabulary(), "file")


REFUSED = {
    "a context that would have to be fetched": b'{"@context": "https://evil.example/c", "@graph": []}',
    "no JSON": b"{",
    "a list of nothing JSON-LD knows": b'{"@context": 7, "@graph": [{"@id": 7}]}',
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_told(data):
    with pytest.raises(Unreadable):
        read_graphs(data, True, vocabulary(), "file")


def test_what_does_not_hang_together_is_refused_with_the_reason(b):
    quads = b"".join(as_quads(b.lines(), vocabulary()))
    graph = quads.split(b" .\n")[0].rpartition(b" ")[2]
    stray = b'<https://elsewhere.example/x> <https://elsewhere.example/p> "o" ' + graph + b" .\n"
    blank = b'_:b <https://elsewhere.example/p> "o" ' + graph + b" .\n"
    for more in (stray, blank):
        with pytest.raises((Unreadable, Malformed)):
            read_graphs(quads + more, False, vocabulary(), "file")


def test_lines_are_read_as_they_were_written(lines):
    again = read_lines([written(line) for line in lines], "file")
    assert tuple(replace(one, place="") for one in again) == lines


def test_a_record_is_carried_with_all_that_is_above_it(a, lines):
    taken(a, lines)
    carried = list(a.closure(["clinic/app"]))
    assert [line.reference for line in carried] == ["clinic/app@1.0.0", "lab/data@1.0.0", "lab/model@1.1.0"]
    assert {line.iri.partition("/r/")[0] for line in carried} == {HERE[:-1], THERE[:-1]}
    assert {line.reference for line in a.lines()} == {"clinic/app@1.0.0"}


# -- killed

TAKES = """
    import sys, itertools
    from pathlib import Path
    from umr_ld.exchange import read_lines
    from umr_ld.index import Peer
    from umr_ld.registry import Registry, adopting
    adopting._TOGETHER = 3
    folder, file = map(Path, sys.argv[1:])
    with Registry.open(folder, write=True) as registry:
        peers = registry.peers()
        peer = peers[0] if peers else Peer("b.example", "https://b.example/")
        lines = (line for line in read_lines(file.open("rb"), "file") if line.sequence > peer.position)
        def told(done, _):
            print(done, flush=True)
        registry.adopt(peer, lines, agent="me", progress=told)
"""


@pytest.mark.parametrize("after", [1, 2, 4])
def test_who_is_killed_goes_on_where_it_was(tmp_path, after):
    file = tmp_path / "b.jsonl"
    with Registry.in_memory(base=THERE) as other:
        for number in range(15):
            other.publish([draft(f"many/m{number:02}@1.0.0", **said())], agent="b")
        file.write_bytes(b"".join(map(written, other.lines())))
        wanted = {line.reference for line in other.lines()}
    folder = tmp_path / "r"
    Registry.create(folder, base=HERE).close()
    command = [sys.executable, "-c", textwrap.dedent(TAKES), str(folder), str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(after):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with Registry.open(folder) as registry:
        assert {str(one.ref).partition("/")[2] for one in registry.listing(limit=50).entries} == wanted
        acts = [event.act for event in registry.events(0, registry.position().seq)]
        assert acts.count("adopt") == len(wanted)
        assert registry.position() != Head()


def test_pages_say_whose_it_is(a, lines):
    taken(a, lines)
    client = create_app(a).test_client()
    page = client.get("/page/b.example/lab/model@1.0.0", headers={"Accept": "text/html"}).text
    assert f'Published by another registry, <a href="{THERE}r/lab/model@1.0.0"' in page
    assert "another registry" not in client.get("/page/clinic/app", headers={"Accept": "text/html"}).text
    assert THERE in client.get("/about").text
    for letter in "gde":
        answer = client.get(f"/peer/b.example/{letter}/lab/model@1.0.0", headers={"Accept": "text/turtle"})
        assert answer.status_code == 200
        assert f"{THERE}r/lab/model@1.0.0" in answer.text
    assert (
        client.get("/peer/c.example/g/lab/model@1.0.0", headers={"Accept": "text/turtle"}).status_code == 404
    )
