"""The embedded store: pyoxigraph, on disk or in memory.

What was measured of it decides how it is used. It loses updates under concurrent writers, so one lock
stands round every write. It does not sync each write, and after a full disk its handle stays dead, so
the journal is the truth and the handle is opened again. It rewrites literals, so nothing is ever
verified from it.
"""

from __future__ import annotations

import errno
import io
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.errors import REBUILD, Damaged, Full, Malformed
from umr_ld.jsonld import n_triples
from umr_ld.sparql import alone, guarded, names_graphs, said, used_functions, used_prefixes
from umr_ld.store.waiting import Lines, Waiting
from umr_ld.vocab import UMR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from umr_ld.store import Answer, Replacement

_STATE = f"{UMR}projection"
"""The graph that says how far the journal has been applied; it is part of the same atomic batch."""

_FAULTS = (OSError, RuntimeError, ValueError)
"""What the engine raises for its files: by kind of fault, and not always the same for one kind."""

_MANY = 20
"""Graphs from which on those that are new are added as they are, and not by an update."""

_READ = 1024 * 1024
"""Bytes that are put together at once for the engine, which asks for a few thousand at a time."""

_AT_ONCE = 16 * 1024 * 1024
"""Bytes of graphs that are replaced by one update; it is made in memory."""

_LEAST, _MOST = 400_000, 900_000
"""Quads that may wait to be written, at first and in the end. Whatever is added the engine joins with all that was there
before, however little it was, each second time. Of more than a million it makes two files at once, in twice the memory.
What waits when the process dies has to be applied again."""

_POSITION = (
    f"SELECT ?seq ?chain {{ GRAPH <{_STATE}> {{ <{_STATE}> <{UMR}position> ?seq ; <{UMR}chain> ?chain }} }}"
)


class EmbeddedStore:
    """A store in a folder of this machine, or in memory.

    Args:
        folder: where its files are; None for memory.
        read_only: open without changing a byte. Only while nobody writes.

    Raises:
        Damaged: if the files cannot be opened.
    """

    def __init__(self, folder: Path | None = None, *, read_only: bool = False) -> None:
        self._folder = folder
        self._read_only = read_only
        self._writing = threading.Lock()
        self._store: ox.Store | None = self._open()
        # Nobody else writes while this is open for writing, so what was written last is what is there. Asked
        # each time, the engine passes over all that it has deleted in that graph and not yet tidied up.
        self._written: tuple[int, str] | None = None
        self._waiting = Waiting(None if folder is None else folder.parent)
        """Graphs that are not written yet, and up to which entry they bring the store."""
        self._enough = _LEAST
        self._reached: tuple[int, str] | None = None

    def _open(self) -> ox.Store:
        if self._folder is None:
            return ox.Store()
        with self._translated():
            if self._read_only:
                return ox.Store.read_only(str(self._folder))
            return ox.Store(str(self._folder))

    def query(
        self,
        text: str,
        *,
        given: Mapping[str, ox.NamedNode | ox.Literal] | None = None,
        graphs: Sequence[str] | None = None,
        named: Sequence[str] | None = None,
    ) -> Answer:
        """See `Store.query`."""
        nodes = None if graphs is None else [ox.NamedNode(graph) for graph in graphs]
        apart = nodes if named is None else [ox.NamedNode(graph) for graph in named]
        # Said here and not by `_translated`, which costs a tenth of what a quick query takes.
        try:
            asked = guarded(text)
            return self._whole().query(
                alone(asked),
                # The engine looks at each that it is given: that costs as much as a quick query.
                prefixes=used_prefixes(asked),
                # A query that names its graphs means these and no others (SPARQL 1.1 §13.2).
                use_default_graph_as_union=nodes is None and not names_graphs(asked),
                default_graph=nodes,  # type: ignore[arg-type]
                named_graphs=apart,  # type: ignore[arg-type]
                substitutions={ox.Variable(name): value for name, value in (given or {}).items()},
                custom_functions=used_functions(asked),
            )
        except SyntaxError as error:
            raise Malformed(f"not a SPARQL query: {said(error, text)}") from None
        except _FAULTS as error:
            raise self._said(error) from error

    def apply(
        self, replacements: Sequence[Replacement], position: int, chain: str, *, later: bool = False
    ) -> None:
        """See `Store.apply`."""
        with self._writing, self._translated():
            try:
                for name, content in replacements:
                    self._waiting.put(name, content if isinstance(content, bytes) else n_triples(content))
                self._waiting.write()
            except OSError:
                self._forget()
                raise
            self._reached = position, chain
            if not later:
                self._write()
            elif self._waiting.quads > self._enough:
                self._write()
                self._enough = min(self._enough * 3 // 2, _MOST)

    def _forget(self) -> None:
        self._waiting.clear()
        self._reached = None

    def _write(self) -> None:
        """Write what waits; whatever becomes of it, nothing waits any more."""
        reached, known = self._reached, self._written
        if reached is None:
            return
        # Who asks meanwhile does not wait for it.
        self._reached = self._written = None
        try:
            self._replace(known, reached)
        except _FAULTS:
            # After a failed write the handle refuses all others, even when there is space again.
            self._store = None
            raise
        finally:
            self._waiting.clear()
        self._written = reached

    def _replace(self, known: tuple[int, str] | None, reached: tuple[int, str]) -> None:
        """Write what waits, and where that brings the store.

        Whoever dies before the position moves finds graphs that are ahead of it, and replaces them as any others.
        """
        names = self._waiting.names if len(self._waiting) < _MANY else self._added()
        parts: list[str] = []
        size = 0
        for name in names:
            text = self._waiting[name]
            size += len(text)
            if parts and size > _AT_ONCE:
                self._handle().update(";\n".join(parts))
                parts, size = [], len(text)
            parts += _replacing({name: text})
        self._handle().update(";\n".join([*parts, *_moving(known, reached)]))

    def _added(self) -> list[str]:
        """Add the graphs that are not there yet, which takes half as long as an update does; gives all others."""
        store = self._handle()
        new: list[str] = []
        there: list[str] = []
        for name in self._waiting.names:
            (there if store.contains_named_graph(ox.NamedNode(name)) else new).append(name)
        # All of it was written by the engine itself, term by term: it need not be held against its grammars again.
        lines = io.BufferedReader(Lines(self._waiting, iter(new)), _READ)
        store.bulk_load(lines, ox.RdfFormat.N_QUADS, lenient=True)
        return there

    def position(self) -> tuple[int, str]:
        """See `Store.position`."""
        known = self._reached or self._written
        if known is not None:
            return known
        with self._translated():
            for row in self._handle().query(_POSITION):  # type: ignore[union-attr]
                return int(row["seq"].value), str(row["chain"].value)
        return 0, "0" * 64

    def graphs(self) -> list[str]:
        """See `Store.graphs`."""
        with self._translated():
            return [name.value for name in self._whole().named_graphs() if name.value != _STATE]

    def triples(self, graph: str) -> list[ox.Triple]:
        """What a graph holds.

        Args:
            graph: its IRI.
        """
        with self._translated():
            found = self._whole().quads_for_pattern(None, None, None, ox.NamedNode(graph))
            return [quad.triple for quad in found]

    def backup(self, folder: str) -> None:
        """See `Store.backup`."""
        with self._writing, self._translated():
            self._write()
            if self._folder is not None:
                self._handle().backup(folder)
                return
            copy = ox.Store(folder)
            copy.bulk_extend(self._handle())
            copy.flush()

    def clear(self) -> None:
        """Forget everything; the journal is read again from its beginning."""
        with self._writing, self._translated():
            self._forget()
            self._written = None
            self._handle().clear()

    def close(self) -> None:
        """See `Store.close`."""
        with self._writing, self._translated():
            self._write()
            store, self._store, self._written = self._store, None, None
            try:
                if store is not None and self._folder is not None and not self._read_only:
                    store.flush()
            finally:
                # Else what failed would keep the engine's lock as long as somebody looks at the error.
                del store

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _FAULTS as error:
            raise self._said(error) from error

    def _said(self, error: Exception) -> Full | Damaged:
        where, number = str(self._folder), getattr(error, "errno", None)
        if number in {errno.ENOSPC, errno.EDQUOT} or "No space left" in str(error):
            return Full(
                "there is no space left; the store counts as it was before",
                where=where,
                remedy="free some space and try again; reading goes on meanwhile",
            )
        return Damaged(
            f"the store cannot be read: {error}",
            where=where,
            remedy=REBUILD,
        )

    def _whole(self) -> ox.Store:
        """The engine, with all that waited."""
        if self._reached is not None:
            with self._writing:
                self._write()
        return self._handle()

    def _handle(self) -> ox.Store:
        if self._store is None:
            self._store = self._open()
        return self._store


def _replacing(replacements: Mapping[str, bytes]) -> Iterator[str]:
    for graph, text in replacements.items():
        name = str(ox.NamedNode(graph))
        yield f"DROP SILENT GRAPH {name}"
        if text:
            yield f"INSERT DATA {{ GRAPH {name} {{\n{text.decode()} }} }}"


def _moving(known: tuple[int, str] | None, reached: tuple[int, str]) -> Iterator[str]:
    """From where the journal had been applied to, as far as that is known, to where it is now."""
    if known is None:
        yield from _replacing({_STATE: n_triples(_state(*reached))})
        return
    for act, where in (("DELETE", known), ("INSERT", reached)):
        lines = " .\n".join(map(str, _state(*where)))
        yield f"{act} DATA {{ GRAPH <{_STATE}> {{\n{lines} }} }}"


def _state(position: int, chain: str) -> list[ox.Triple]:
    me = ox.NamedNode(_STATE)
    return [
        ox.Triple(me, ox.NamedNode(f"{UMR}position"), ox.Literal(position)),
        ox.Triple(me, ox.NamedNode(f"{UMR}chain"), ox.Literal(chain)),
    ]
