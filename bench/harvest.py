"""Taking in a hub's list: records a second and memory, beside loading the same quads without looking at them.

The list is the hub's own where it is there, then one with its proportions. The registry is made on disk in a process of
its own; what its store holds in the end is written out, and loaded into an empty store by the engine's bulk loader, also
in a process of its own. Processor time is what is compared: it includes the engine's own threads. `--records 1000000`
asks for the growth over a million.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.generate import HUB_LIST, Growth, real_models

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDS = 16_000
PARTS = 4
_TAGS = {
    "fineTunedFrom": "finetune",
    "quantizedFrom": "quantized",
    "adapterOf": "adapter",
    "mergedFrom": "merge",
}


def lines(records: int) -> Iterator[bytes]:
    """A list of the hub.

    Args:
        records: how many models; the hub's own come first.
    """
    own: list[bytes] = []
    if HUB_LIST.is_file():
        with gzip.open(HUB_LIST, "rb") as file:
            own = list(itertools.islice(file, records))
    yield from own
    growth = Growth(records, random.Random(7), real_models())
    for model in itertools.islice(growth.models(), len(own), None):
        owner, _, _ = model.name.removeprefix("hf/").partition("/")
        tags = ["transformers", "safetensors", "text-generation", "endpoints_compatible", "region:us"]
        parents = []
        for relation, artifact in model.targets:
            if artifact.startswith("hf/datasets/"):
                tags.append(f"dataset:{artifact.removeprefix('hf/datasets/')}")
            else:
                parents.append(artifact.removeprefix("hf/"))
                said = _TAGS.get(relation)
                tags.append(f"base_model:{said}:{parents[-1]}" if said else f"base_model:{parents[-1]}")
        item: dict[str, Any] = {
            "id": model.name.removeprefix("hf/"),
            "author": owner,
            "createdAt": "2026-08-18T06:09:20.000Z",
            "lastModified": "2026-08-18T06:21:48.000Z",
            "downloads": 7,
            "pipeline_tag": "text-generation",
            "library_name": "transformers",
            "tags": tags,
            "cardData": {"license": model.license or None, "base_model": parents, "language": ["en"]},
        }
        yield json.dumps({**item, "x_removed_at": "2026-08-19"} if model.gone else item).encode()


def imported(records: int, folder: Path) -> dict[str, Any]:
    """Take the list in, and write out what the store holds.

    Args:
        records: how many.
        folder: for the registry and the quads.

    Returns:
        processor and wall seconds, those of each part, peak memory in MiB, and how many quads there are.
    """
    import pyoxigraph as ox

    from umr_ld.harvest.intake import Intake
    from umr_ld.harvest.ledger import Ledger
    from umr_ld.harvest.listing import Piece
    from umr_ld.registry import Registry

    with Registry.create(folder / "registry") as registry, Ledger(folder / "harvest.db") as ledger:
        registry.follow([], agent="bench")
        intake, waiting, parts = Intake(registry, ledger, "bench"), lines(records), []
        cpu, wall = time.process_time(), time.perf_counter()
        for part in range(PARTS):
            start = time.process_time()
            some = itertools.islice(waiting, records // PARTS)
            pieces = (Piece(line, f"list {part}:{at}") for at, line in enumerate(some, 1))
            tally = intake.take(f"list {part}", pieces)
            parts.append(time.process_time() - start)
            assert tally.counts["published"] == records // PARTS, tally.counts
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    store = ox.Store.read_only(str(folder / "registry" / "store"))
    with (folder / "quads.nq").open("wb") as file:
        store.dump(file, ox.RdfFormat.N_QUADS)
    return {"cpu": cpu, "wall": wall, "parts": parts, "memory": memory, "quads": len(store)}


def loaded(folder: Path) -> dict[str, Any]:
    """Load the same quads, as fast as the engine can.

    Args:
        folder: as of `imported`.
    """
    import pyoxigraph as ox

    cpu, wall = time.process_time(), time.perf_counter()
    ox.Store(str(folder / "raw")).bulk_load(path=str(folder / "quads.nq"), format=ox.RdfFormat.N_QUADS)
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def run(records: int = RECORDS) -> list[dict[str, object]]:
    """The rows of the results.

    Args:
        records: how many.
    """
    with tempfile.TemporaryDirectory(prefix="umr-bench-") as place:
        ours, raw = (_apart(step, records, place) for step in ("imported", "loaded"))
    first, last = ours["parts"][0], ours["parts"][-1]
    each = 1000 / records
    return [
        _row(
            f"import {records:,} models, processor time a record", "ms", ours["cpu"] * each, raw["cpu"] * each
        ),
        _row(f"import {records:,} models, time a record", "ms", ours["wall"] * each, raw["wall"] * each),
        _row("the last quarter of them beside the first", "s", last, first, "first quarter"),
        {"name": "peak memory", "unit": "MiB", "ours": ours["memory"], "rivals": {}, "ratios": {}},
    ]


def _row(
    name: str, unit: str, ours: float, other: float, rival: str = "bulk_load of the same quads"
) -> dict[str, object]:
    return {
        "name": name,
        "unit": unit,
        "ours": ours,
        "rivals": {rival: other},
        "ratios": {rival: other / ours},
    }


def _apart(step: str, records: int, place: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.harvest", "--records", str(records), "--step", step, place]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    return dict(json.loads(done.stdout))


def main(arguments: list[str]) -> None:
    """Measure, or do one step of it.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.harvest", description=main.__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--step", choices=("imported", "loaded"))
    parser.add_argument("place", nargs="?", type=Path)
    asked = parser.parse_args(arguments)
    if asked.step is None:
        print(json.dumps(run(asked.records), indent=2))
    else:
        print(
            json.dumps(
                imported(asked.records, asked.place) if asked.step == "imported" else loaded(asked.place)
            )
        )


if __name__ == "__main__":
    main(sys.argv[1:])
