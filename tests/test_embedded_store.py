"""How far the embedded store says it has come, and how far it has."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from drafts import draft

from umr_ld.errors import Damaged, Full
from umr_ld.registry import Registry, projection
from umr_ld.store import embedded, waiting
from umr_ld.store.embedded import EmbeddedStore

GRAPH = "https://example.org/g"
TRIPLE = ox.Triple(ox.NamedNode(GRAPH), ox.NamedNode("https://example.org/p"), ox.Literal("o"))
STATE = "SELECT ?s ?p ?o { GRAPH <https://w3id.org/umr-ld/ns#projection> { ?s ?p ?o } }"


def chain(number):
    return f"{number:064x}"


def test_the_position_is_what_was_written_last_and_what_is_on_disk(tmp_path):
    store = EmbeddedStore(tmp_path / "s")
    assert store.position() == (0, chain(0))
    for number in range(1, 6):
        store.apply([(GRAPH, [TRIPLE])], number, chain(number))
        assert store.position() == (number, chain(number))
        assert len(list(store.query(STATE))) == 2
    store.close()
    again = EmbeddedStore(tmp_path / "s")
    assert again.position() == (5, chain(5))
    again.apply([], 6, chain(6))
    assert len(list(again.query(STATE))) == 2
    again.clear()
    assert again.position() == (0, chain(0))
    again.close()


class Failing:
    """A handle that fails to write."""

    def __init__(self, real):
        self._real = real

    def __getattr__(self, name):
        return getattr(self._real, name)

    def update(self, text):
        raise OSError(5, "Input/output error")


def test_after_a_failed_write_the_position_is_asked_for_again(monkeypatch):
    kept = ox.Store()
    monkeypatch.setattr(EmbeddedStore, "_open", lambda _: kept)
    store = EmbeddedStore()
    store.apply([(GRAPH, [TRIPLE])], 1, chain(1))
    monkeypatch.setattr(store, "_store", Failing(kept))
    with pytest.raises(Damaged):
        store.apply([(GRAPH, [])], 2, chain(2))
    assert store.position() == (1, chain(1))
    store.apply([(GRAPH, [])], 2, chain(2))
    assert store.position() == (2, chain(2))
    assert len(list(store.query(STATE))) == 2


def test_what_may_wait_is_seen_by_whoever_asks_and_is_there_in_the_end(tmp_path):
    store = EmbeddedStore(tmp_path / "s")
    for number in range(1, 4):
        store.apply([(f"{GRAPH}{number}", [TRIPLE])], number, chain(number), later=True)
    assert store.position() == (3, chain(3))
    assert not list(store._handle().named_graphs())
    assert len(store.graphs()) == 3
    store.apply([(f"{GRAPH}1", b""), (f"{GRAPH}2", f"{TRIPLE} .\n".encode())], 4, chain(4), later=True)
    store.close()
    again = EmbeddedStore(tmp_path / "s")
    assert again.position() == (4, chain(4))
    assert sorted(again.graphs()) == [f"{GRAPH}2", f"{GRAPH}3"]
    again.close()


def test_what_waits_is_gone_with_the_process_and_the_position_says_so(tmp_path):
    store = EmbeddedStore(tmp_path / "s")
    store.apply([(GRAPH, [TRIPLE])], 1, chain(1))
    store.apply([(f"{GRAPH}2", [TRIPLE])], 2, chain(2), later=True)
    store._store.flush()
    store._waiting.clear()
    del store
    again = EmbeddedStore(tmp_path / "s")
    assert again.position() == (1, chain(1))
    assert again.graphs() == [GRAPH]
    again.close()


def test_what_cannot_be_written_does_not_wait_any_more(monkeypatch):
    kept = ox.Store()
    monkeypatch.setattr(EmbeddedStore, "_open", lambda _: kept)
    store = EmbeddedStore()
    store.apply([(GRAPH, [TRIPLE])], 1, chain(1), later=True)
    monkeypatch.setattr(store, "_store", Failing(kept))
    with pytest.raises(Damaged):
        store.graphs()
    assert store.position() == (0, chain(0))
    assert store.graphs() == []


def test_many_graphs_at_once_are_what_they_are_one_by_one(tmp_path):
    """Enough of them are loaded in bulk, those that are there already replaced."""
    said = ['"\\\n\r\t . \n', "é 漢 \u2028", " .\n x .\n", "@en"]
    values = [ox.Literal(one) for one in said] + [ox.Literal("hi", language="en"), ox.Literal(3)]
    new = [
        (f"{GRAPH}{at}", [ox.Triple(TRIPLE.subject, TRIPLE.predicate, values[at % 6])]) for at in range(60)
    ]
    store = EmbeddedStore(tmp_path / "s")
    store.apply(new[:5], 1, chain(1))
    store.apply([(name, [TRIPLE]) for name, _ in new[:3]], 2, chain(2))
    store.apply(new, 3, chain(3))
    assert {name: store.triples(name) for name in store.graphs()} == dict(new)
    store.close()


def test_what_waits_takes_space_on_the_disk_and_none_in_memory_and_has_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(waiting, "_HELD", 1000)
    store = EmbeddedStore(tmp_path / "s")
    for number in range(1, 31):
        store.apply(
            [(f"{GRAPH}{number}", [TRIPLE]), (f"{GRAPH}{number // 2}", b"")],
            number,
            chain(number),
            later=True,
        )
    assert store._waiting._file.fileno() > 2
    assert [path.name for path in tmp_path.iterdir()] == ["s"]
    assert sorted(store.graphs()) == sorted(f"{GRAPH}{number}" for number in range(16, 31))
    assert not len(store._waiting)
    store.close()


def test_more_may_wait_the_more_was_written_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "_LEAST", 40)
    monkeypatch.setattr(embedded, "_MOST", 90)
    store = EmbeddedStore(tmp_path / "s")
    writes, waited = [], 0
    for number in range(1, 400):
        store.apply([(f"{GRAPH}{number}", [TRIPLE])], number, chain(number), later=True)
        if not len(store._waiting):
            writes.append(number - waited)
            waited = number
    first, second, third, last = writes[:4]
    assert first < second < third == last
    assert len(store.graphs()) == 399
    store.close()


def test_many_graphs_that_are_there_are_replaced_some_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "_AT_ONCE", 500)
    names = [f"{GRAPH}{at}" for at in range(60)]
    store = EmbeddedStore(tmp_path / "s")
    other = ox.Triple(TRIPLE.subject, TRIPLE.predicate, ox.Literal("other"))
    for number, triple in enumerate([TRIPLE, other], 1):
        store.apply([(name, [triple]) for name in names], number, chain(number))
        assert {name: store.triples(name) for name in store.graphs()} == {name: [triple] for name in names}
        assert store.position() == (number, chain(number))
    store.close()


def test_without_space_for_what_waits_nothing_waits_any_more(tmp_path, monkeypatch):
    class Small:
        def __init__(self, *_, **__):
            self.seek = self.close = lambda *_: None

        def write(self, _):
            raise OSError(28, "No space left on device")

    store = EmbeddedStore(tmp_path / "s")
    store.apply([(GRAPH, [TRIPLE])], 1, chain(1))
    with monkeypatch.context() as full:
        full.setattr(waiting.tempfile, "SpooledTemporaryFile", Small)
        with pytest.raises(Full):
            store.apply([(GRAPH, b"")], 2, chain(2), later=True)
    assert store.position() == (1, chain(1))
    store.apply([(GRAPH, b"")], 2, chain(2))
    assert store.graphs() == []
    store.close()


def test_what_is_made_again_from_the_journal_is_loaded_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(projection, "TOGETHER", 3)
    with Registry.create(tmp_path / "registry") as registry:
        store = registry._parts.store
        registry.publish([draft(f"lab/m{at}@1.0.0") for at in range(8)], agent="test")
        before = {name: sorted(map(str, store.triples(name))) for name in store.graphs()}
        registry.rebuild()
        assert not list(store._handle().named_graphs())
        assert {name: sorted(map(str, store.triples(name))) for name in store.graphs()} == before
    assert Registry.examine(tmp_path / "registry", deep=True)
