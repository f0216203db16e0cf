"""Everything downstream of a root in a large registry, with the way by which each record is reached.

Beside it, the bare closure `?s prov:wasDerivedFrom+ <root>` over nothing but these edges, which knows no
versions, ranges or ways: in pyoxigraph on disk (as a registry keeps its graphs) and in memory, in
Virtuoso over HTTP where it is installed, and in rdflib, which is given only the edges that it will walk.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import itertools
import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from bench.generate import changes, edges, n_quads
from bench.measure import alternating, compared
from bench.virtuoso import is_installed, serving
from umr_ld.addresses import Base
from umr_ld.garbage import collect_seldom
from umr_ld.index.connections import SCHEMA
from umr_ld.index.sqlite import SqliteIndex
from umr_ld.lineage import impact
from umr_ld.risk import Case, Cell, Scope, expose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import rdflib

    from bench.virtuoso import Virtuoso

    Below = Mapping[str, list[str]]

RECORDS = 1_000_000
DESCENDANTS = (6, 700, 22_000)
"""How many artifacts are to be downstream of the roots, in a million records; in fewer, the largest are smaller."""

_FORM = 3
"""Raised when what is kept from run to run changes, apart from the index's own tables."""
_BATCH = 10_000
_CANDIDATES = 3_000
_DERIVED = "http://www.w3.org/ns/prov#wasDerivedFrom"


def prepared(records: int) -> Path:
    """A generated registry's index and edges, made once and kept with other temporary files.

    Args:
        records: how many.

    Returns:
        a folder with `index.db`, `quads/`, and `made.json`: seconds that loading took, and roots by name.
    """
    folder = Path(tempfile.gettempdir()) / f"umr-bench-{records}-{_FORM}-{SCHEMA}"
    if not (folder / "made.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        below: dict[str, list[str]] = defaultdict(list)
        made = {"index": _index(records, folder, below), "bulk_load": _quads(folder)}
        (folder / "made.json").write_text(json.dumps(made | {"roots": _roots(below, records)}))
    return folder


def _index(records: int, folder: Path, below: dict[str, list[str]]) -> float:
    """Seconds spent in the index; the same stream's edges go to a file, and into `below`."""
    index, seconds = SqliteIndex(folder / "index.db"), 0.0
    with (folder / "edges.nq").open("w", encoding="utf-8") as file:
        stream = changes(records)
        while batch := list(itertools.islice(stream, _BATCH)):
            start = time.perf_counter()
            index.apply(batch, batch[-1].seq, "0" * 64)
            seconds += time.perf_counter() - start
            file.writelines(n_quads(batch, bare=True))
            for child, parent in edges(batch):
                below[parent].append(child)
    index.close()
    return seconds


def _quads(folder: Path) -> float:
    store = ox.Store(str(folder / "quads"))
    start = time.perf_counter()
    store.bulk_load(path=str(folder / "edges.nq"), format=ox.RdfFormat.N_QUADS)
    seconds = time.perf_counter() - start
    store.optimize()
    store.flush()
    return seconds


def _roots(below: Below, records: int) -> list[str]:
    """Artifacts with as many others downstream as are asked for, as nearly as there are any."""
    famous = sorted(below, key=lambda name: (-len(below[name]), name))[:_CANDIDATES]
    sizes = {name: len(_closure(below, name)) for name in famous}
    wanted = [min(size, size * records // RECORDS + 6) for size in DESCENDANTS]
    return [min(sizes, key=lambda name: (abs(sizes[name] - size), name)) for size in wanted]


def _closure(below: Below, root: str) -> set[str]:
    seen: set[str] = set()
    level = [root]
    while level:
        level = [child for name in level for child in below.get(name, ()) if child not in seen]
        seen.update(level)
    return seen


def which(index: SqliteIndex, root: str) -> list[tuple[str, int]]:
    """Ours: each record downstream and how far away it is."""
    return [(str(hit), hit.depth) for hit in impact(index, root)]


def which_way(index: SqliteIndex, root: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Ours: each record downstream and the way to it."""
    return [(str(hit), [(hop.relation, hop.artifact) for hop in hit.path]) for hit in impact(index, root)]


def verdicts(index: SqliteIndex, root: str) -> list[tuple[str, str, list[str]]]:
    """Every record downstream with its answer to an advisory on the root, and the strongest path.

    Args:
        index: of the registry.
        root: name of an artifact.
    """
    found = expose(index, Case({root: Scope()}, lambda _: Cell.FULL))
    return [
        (str(one.ref), one.answer.label, [step.relation for step in path]) for one, path in found.with_paths()
    ]


def closure(store: ox.Store, root: str) -> list[str]:
    """pyoxigraph's: the IRI of each artifact downstream."""
    iri = Base().expand("r/", root)
    found = store.query(f"SELECT ?s {{ ?s <{_DERIVED}>+ <{iri}> }}")
    return [row[0].value for row in found]  # type: ignore[union-attr]


def rdflib_closure(graph: rdflib.Graph, root: str) -> list[str]:
    """rdflib's: the same."""
    iri = Base().expand("r/", root)
    return [str(row[0]) for row in graph.query(f"SELECT ?s {{ ?s <{_DERIVED}>+ <{iri}> }}")]  # type: ignore[index]


def virtuoso_closure(server: Virtuoso, root: str) -> list[str]:
    """Virtuoso's: the same."""
    return server.query(f"SELECT ?s {{ ?s <{_DERIVED}>+ <{Base().expand('r/', root)}> }}")


@contextlib.contextmanager
def rivals(folder: Path) -> Iterator[Callable[[str], dict[str, Callable[[], list[str]]]]]:
    """Gives for a root the ways in which others answer, the first of them the store that registries have.

    Args:
        folder: as `prepared` made it.
    """
    on_disk, in_memory = ox.Store.read_only(str(folder / "quads")), ox.Store()
    in_memory.bulk_extend(on_disk)

    def of(root: str) -> dict[str, Callable[[], list[str]]]:
        found = {
            "pyoxigraph on disk": partial(closure, on_disk, root),
            "pyoxigraph in memory": partial(closure, in_memory, root),
            "rdflib": partial(rdflib_closure, _rdflib_graph(on_disk, root), root),
        }
        if server is not None:
            found["Virtuoso, over HTTP"] = partial(virtuoso_closure, server, root)
        return found

    with contextlib.ExitStack() as stack:
        server = None
        if is_installed():
            server = stack.enter_context(serving(folder / "virtuoso", folder / "edges.nq"))
        else:
            print("Virtuoso is not installed, so that it is not measured", file=sys.stderr)
        yield of


def _rdflib_graph(store: ox.Store, root: str) -> rdflib.Graph:
    import rdflib

    graph, derived = rdflib.Graph(), ox.NamedNode(_DERIVED)
    for iri in [*closure(store, root), Base().expand("r/", root)]:
        for quad in store.quads_for_pattern(None, derived, ox.NamedNode(iri), None):
            child = rdflib.URIRef(quad.subject.value)  # type: ignore[union-attr]
            graph.add((child, rdflib.URIRef(_DERIVED), rdflib.URIRef(iri)))
    return graph


def run(records: int = RECORDS, rounds: int = 7) -> list[dict[str, object]]:
    """Rows: loading, then for each root which records are downstream, and by which way.

    Args:
        records: how many are in the registry.
        rounds: how often each is measured.
    """
    collect_seldom()
    folder = prepared(records)
    made = json.loads((folder / "made.json").read_text())
    loaded = {"index": made["index"], "pyoxigraph bulk_load, edges only": made["bulk_load"]}
    rows = [compared(f"index of {records:,} records, from nothing", "s", loaded, "index")]
    index = SqliteIndex(folder / "index.db", read_only=True)
    with contextlib.closing(index), rivals(folder) as others:
        for root in made["roots"]:
            asked = others(root)
            answers = {"ours": len(which(index, root))} | {name: len({*ask()}) for name, ask in asked.items()}
            found = answers["pyoxigraph on disk"]
            gc.freeze()  # What the rivals keep in memory is not looked through while others are measured.
            for question, ask in (
                ("which", which),
                ("which, and the way", which_way),
                ("which, with verdicts and paths", verdicts),
            ):
                timed = {"ours": partial(ask, index, root), **asked}
                medians = {name: seconds * 1000 for name, seconds in alternating(timed, rounds).items()}
                title = f"{found:,} downstream of {records:,}: {question}"
                rows.append(compared(title, "ms", medians, "ours") | {"answers": answers})
    return rows


def main(arguments: list[str]) -> None:
    """Measure, and print JSON.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.impact", description=main.__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args(arguments)
    print(json.dumps(run(asked.records, asked.rounds), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
