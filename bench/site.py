"""A registry as a site of files: what a record costs, in registries of several sizes, and what a build costs after which nothing changed.

The figures are milliseconds of the processor, of this process and of the one that makes drawings, a record. Linear means
that they do not grow. Nothing else writes such a site, so they stand alone.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path

from bench.registry import prepared
from umr_ld.registry import Registry
from umr_server.mirror import build

SIZES = (250, 500, 1000)


def _used() -> float:
    """Seconds of the processor, of this process and of its children that have ended."""
    every = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in every)


def _built(registry: Registry, folder: Path) -> tuple[float, int]:
    start = _used()
    done = build(registry, folder)
    return (_used() - start) * 1000, done.made


def _row(name: str, figure: float, **more: object) -> dict[str, object]:
    return {"name": name, "unit": "ms", "ours": figure, "rivals": {}, "ratios": {}, **more}


def run(sizes: tuple[int, ...] = SIZES) -> list[dict[str, object]]:
    """Rows: for each size a whole build and one after which nothing changed, a record.

    Args:
        sizes: how many records.
    """
    rows = []
    for records in sizes:
        with (
            tempfile.TemporaryDirectory(prefix="umr-bench-") as place,
            Registry.open(prepared(records) / "registry") as registry,
        ):
            whole, made = _built(registry, Path(place) / "site")
            again, nothing = _built(registry, Path(place) / "site")
            assert nothing == 0
        rows.append(_row(f"site of {records:,}, a record", whole / records, files=made))
        rows.append(_row(f"the same again, a record of {records:,}", again / records))
    return rows


if __name__ == "__main__":
    print(json.dumps(run(tuple(map(int, sys.argv[1:])) or SIZES), indent=2))
