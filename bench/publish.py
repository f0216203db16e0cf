"""Publishing one record: parse, shapes, checks, journal, index, store, derived facts.

Beside it: a script that does the least that others do (rdflib parses, pyshacl validates, rdflib keeps,
one fdatasync), with its shapes parsed beforehand and with them parsed each time; the same quads put
into a bare pyoxigraph store; and one bare fdatasync.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

import umr_ld
from bench.measure import percentile
from umr_ld.resources import resource

RECORDS = 200


def drafts(first: int, count: int) -> list[umr_ld.Document]:
    """Drafts of models, each fine-tuned from a common root.

    Args:
        first: number of the first.
        count: how many.
    """
    made = []
    for number in range(first, first + count):
        body = {
            "type": "Model",
            "name": f"bench/n{number:07}-x",
            "version": "1.0.0",
            "title": f"Number {number}",
            "description": "A model that was made to be measured.",
            "license": "Apache-2.0",
            "publisher": "Bench",
            "parameterCount": "151000000",
            "upstream": [{"relation": "fineTunedFrom", "artifact": "bench/root", "version": "^1.0.0"}],
        }
        made.append(umr_ld.Document(json.dumps(body).encode(), source=f"{number}.jsonld"))
    return made


def ours(registry: umr_ld.Registry, documents: list[umr_ld.Document]) -> list[float]:
    """Seconds that each publish took.

    Args:
        registry: open for writing.
        documents: published one at a time.
    """
    times = []
    for document in documents:
        start = time.perf_counter()
        registry.publish([document], agent="bench")
        times.append(time.perf_counter() - start)
    return times


def script(documents: list[dict[str, object]], folder: Path, *, parse_each_time: bool) -> list[float]:
    """The same with rdflib and pyshacl alone.

    Args:
        documents: JSON-LD with its context inline.
        folder: where its file is synced.
        parse_each_time: whether the shapes are parsed for every record.
    """
    import pyshacl
    import rdflib

    def shapes() -> rdflib.Graph:
        graph = rdflib.Graph()
        for path in sorted(resource("shapes").glob("*.ttl")):
            graph.parse(path)
        return graph

    kept, parsed, times = rdflib.Dataset(), shapes(), []
    with (folder / "script.log").open("ab") as log:
        for number, document in enumerate(documents):
            start = time.perf_counter()
            graph = rdflib.Graph().parse(data=json.dumps(document), format="json-ld")
            pyshacl.validate(graph, shacl_graph=shapes() if parse_each_time else parsed)
            target = kept.graph(rdflib.URIRef(f"urn:g:{number}"))
            for triple in graph:
                target.add(triple)
            log.write(json.dumps(document).encode())
            log.flush()
            os.fdatasync(log.fileno())
            times.append(time.perf_counter() - start)
    return times


def raw(registry: umr_ld.Registry, names: list[str], folder: Path) -> list[float]:
    """The same quads, bare, into a pyoxigraph store on disk."""
    import pyoxigraph as ox

    store, times = ox.Store(str(folder / "raw")), []
    for name in names:
        graph = ox.NamedNode(f"urn:g:{name}")
        quads = [ox.Quad(t.subject, t.predicate, t.object, graph) for t in registry.get(name).triples]
        start = time.perf_counter()
        store.extend(quads)
        times.append(time.perf_counter() - start)
    return times


def syncs(folder: Path) -> list[float]:
    """Bare fdatasyncs of as many bytes as an entry has."""
    times = []
    with (folder / "bare").open("ab") as file:
        for _ in range(RECORDS):
            start = time.perf_counter()
            file.write(b"x" * 1500)
            file.flush()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    return times


def inline(registry: umr_ld.Registry, names: list[str]) -> list[dict[str, object]]:
    """Published documents with their context inline, as a script without ours would need them."""
    context = dict(registry.vocabulary.context)
    return [{**json.loads(registry.body(registry.get(name).ref)), "@context": context} for name in names]


def run(before: int = 0) -> list[dict[str, object]]:
    """Rows: median and 99th percentile of each.

    Args:
        before: records that are published before measuring begins, to see whether the size matters.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with umr_ld.Registry.create(folder / "registry") as registry:
            root = {"type": "Model", "name": "bench/root", "version": "1.0.0"}
            registry.publish([umr_ld.Document(json.dumps(root).encode())], agent="bench")
            if before:
                registry.publish(drafts(RECORDS, before), agent="bench")
            ours(registry, drafts(9_000_000, 5))
            times = {"umr": ours(registry, drafts(0, RECORDS))}
            names = [f"bench/n{number:07}-x" for number in range(RECORDS)]
            documents = inline(registry, names)
            times["script, shapes parsed once"] = script(documents[:60], folder, parse_each_time=False)
            times["script, shapes parsed each time"] = script(documents[:10], folder, parse_each_time=True)
            times["bare pyoxigraph insert"] = raw(registry, names, folder)
            times["bare fdatasync"] = syncs(folder)
    rows = []
    for share, label in ((0.5, "p50"), (0.99, "p99")):
        figures = {name: percentile(taken, share) * 1000 for name, taken in times.items()}
        rivals = {name: figure for name, figure in figures.items() if name != "umr"}
        rows.append(
            {
                "name": f"publish one record, {label}, after {before + 6}",
                "unit": "ms",
                "ours": figures["umr"],
                "rivals": rivals,
                "ratios": {name: figure / figures["umr"] for name, figure in rivals.items()},
                "mean": statistics.fmean(times["umr"]) * 1000,
            }
        )
    return rows


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
