"""How far the embedded store says it has come, and how far it has."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from umr_ld.errors import Damaged
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
