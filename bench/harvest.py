"""Taking in a hub's list: records a second and memory, beside loading the same quads without looking at them.

The list is the hub's own where it is there, then one with its proportions. The registry is made on disk in a process of
its own, with others that read ahead; what its store holds in the end is written out, and loaded into an empty store by the
engine's bulk loader, also in a process of its own; several times in turn. Processor time includes the engine's own threads
and the processes that read. `--records 1000000` asks for the growth over a million; how far it is, is told on standard
error, so that a run that is broken off says something too.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import random
import resource
import shutil
import statistics
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
ROUNDS = 3
LIST = "list.jsonl.gz"
MARK = 16_000
"""Records after which it is noted how far it is, and how long that took."""
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


def listed(records: int, folder: Path) -> None:
    """Write the list, so that what draws it takes no time and no memory of what takes it in.

    Args:
        records: how many.
        folder: for it.
    """
    with gzip.open(folder / LIST, "wb", compresslevel=1) as file:
        file.writelines(line.strip() + b"\n" for line in lines(records))


def imported(records: int, folder: Path, jobs: int) -> dict[str, Any]:
    """Take the list in, and write out what the store holds.

    Args:
        records: how many.
        folder: of the list, for the registry and the quads.
        jobs: how many processes read ahead.

    Returns:
        processor and wall seconds, wall and own processor seconds at each mark, peak memory in MiB, and how many quads
        there are.
    """
    import pyoxigraph as ox

    from umr_ld.garbage import collect_seldom
    from umr_ld.harvest.intake import Intake
    from umr_ld.harvest.ledger import Ledger
    from umr_ld.harvest.listing import pieces_of
    from umr_ld.registry import Registry

    marks: list[tuple[int, float, float]] = []

    def note(done: int, total: int) -> None:
        if done - (marks[-1][0] if marks else 0) >= min(MARK, records // 4) or done == total:
            marks.append((done, time.perf_counter() - wall, time.process_time() - cpu))
            print(json.dumps([*marks[-1], memory()]), file=sys.stderr, flush=True)

    collect_seldom()
    cpu, wall = time.process_time(), time.perf_counter()
    with Registry.create(folder / "registry") as registry, Ledger(folder / "harvest.db") as ledger:
        intake = Intake(registry, ledger, "bench", jobs=jobs)
        taken = intake.take("list", pieces_of(folder / LIST), progress=note)
        assert taken.counts["published"] == records, taken.counts
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    store = ox.Store.read_only(str(folder / "registry" / "store"))
    found = {
        "cpu": cpu + others.ru_utime + others.ru_stime,
        "wall": wall,
        "marks": marks,
        "memory": memory(),
        "quads": len(store),
    }
    with (folder / "quads.nq").open("wb") as file:
        store.dump(file, ox.RdfFormat.N_QUADS)
    return found


def memory() -> float:
    """The most memory that this process, and the largest of those that it waited for, ever had, in MiB."""
    both = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return sum(resource.getrusage(who).ru_maxrss for who in both) / 1024


def loaded(folder: Path) -> dict[str, Any]:
    """Load the same quads, as fast as the engine can.

    Args:
        folder: as of `imported`.
    """
    import pyoxigraph as ox

    cpu, wall = time.process_time(), time.perf_counter()
    ox.Store(str(folder / "raw")).bulk_load(path=str(folder / "quads.nq"), format=ox.RdfFormat.N_QUADS)
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def run(records: int = RECORDS, jobs: int = 2, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """The rows of the results.

    Args:
        records: how many.
        jobs: how many processes read ahead.
        rounds: how often ours and the rival's are measured, in turn.
    """
    ours, raw = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="umr-bench-") as place:
            listed(records, Path(place))
            ours.append(_apart("imported", records, jobs, place))
            shutil.rmtree(Path(place) / "registry")
            raw.append(_apart("loaded", records, jobs, place))
    each = 1000 / records
    (first, early, _), (_, late, _) = ours[-1]["marks"][0], ours[-1]["marks"][-1]
    what = f"import {records:,} models"
    return [
        _row(
            f"{what}, processor time a record", "ms", _median(ours, "cpu") * each, _median(raw, "cpu") * each
        ),
        _row(f"{what}, time a record", "ms", _median(ours, "wall") * each, _median(raw, "wall") * each),
        _row(f"{what}, time a record", "ms", late * each, early * 1000 / first, f"the first {first:,}"),
        {"name": "peak memory", "unit": "MiB", "ours": _median(ours, "memory"), "rivals": {}, "ratios": {}},
    ]


def _median(measured: list[dict[str, Any]], key: str) -> float:
    return statistics.median(one[key] for one in measured)


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


def _apart(step: str, records: int, jobs: int, place: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.harvest", "--records", str(records), "--jobs", str(jobs)]
    command += ["--step", step, place]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
    return dict(json.loads(done.stdout))


def main(arguments: list[str]) -> None:
    """Measure, or do one step of it.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.harvest", description=main.__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--step", choices=("listed", "imported", "loaded"))
    parser.add_argument("place", nargs="?", type=Path)
    asked = parser.parse_args(arguments)
    if asked.step is None:
        print(json.dumps(run(asked.records, asked.jobs, asked.rounds), indent=2))
    elif asked.step == "listed":
        listed(asked.records, asked.place)
    elif asked.step == "imported":
        print(json.dumps(imported(asked.records, asked.place, asked.jobs)))
    else:
        print(json.dumps(loaded(asked.place)))


if __name__ == "__main__":
    main(sys.argv[1:])
