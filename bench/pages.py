"""The pages of a large registry, made anew each time: those of what most stands on, and those about everything.

Nothing else serves these, so the figures stand alone, in milliseconds; 300 is what the largest may take.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING

from bench.registry import prepared
from umr_ld.garbage import collect_seldom
from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = 1_000_000
ROUNDS = 7
LONGEST = 300
"""Milliseconds."""


def addresses(folder: Path, registry: Registry) -> dict[str, str]:
    """What is asked for, by name.

    Args:
        folder: as of `bench.registry.prepared`.
        registry: opened from it.
    """
    used = json.loads((folder / "roots.json").read_text())
    root = max(used, key=lambda name: len(registry.impact(name)))
    recorded = [name for name in used if registry.mentioned(name) is None]
    model = max(recorded, key=lambda name: len(registry.impact(name)))
    advisory = next(one for one in registry.advisories(about=[root]))
    reference = str(registry.show(model).record.ref)
    return {
        "home": "/",
        "about": "/about",
        "search, words": "/search?text=qwen",
        "search, everything": "/search",
        "search, one kind": "/search?kind=Model&order=newest",
        "record with the most below it": f"/page/{reference}",
        "impact of what most is below": f"/impact/{root}",
        "lineage of it, downwards": f"/lineage/{root}?direction=down",
        "lineage of it, upwards": f"/lineage/{reference}",
        "advisory on it": f"/impact/{advisory.name}",
        "advisories": "/advisories",
    }


def run(records: int = RECORDS, rounds: int = ROUNDS) -> list[dict[str, object]]:
    """Rows: each page, the median and the first time.

    Args:
        records: in the registry.
        rounds: how often each is made.
    """
    folder, rows = prepared(records), []
    # As the program does that serves.
    collect_seldom()
    with Registry.open(folder / "registry") as registry:
        asked = addresses(folder, registry)
        client = create_app(registry, Settings(page_cache_bytes=0)).test_client()
        client.get("/about")
        for name, address in asked.items():
            times = []
            for _ in range(rounds):
                start = time.perf_counter()
                answer = client.get(address, headers={"Accept": "text/html"})
                times.append((time.perf_counter() - start) * 1000)
                assert answer.status_code in {200, 404}, (address, answer.status_code)
            rows.append(
                {
                    "name": f"{name}, of {records:,}",
                    "unit": "ms",
                    "ours": statistics.median(times),
                    "rivals": {},
                    "ratios": {},
                    "first": times[0],
                    "address": address,
                    "bytes": len(answer.data),
                }
            )
    return rows


def main(arguments: list[str]) -> None:
    """Measure, and print a line a page.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=main.__doc__)
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args(arguments)
    for row in run(asked.records, asked.rounds):
        over = "" if float(str(row["ours"])) <= LONGEST else "  over"
        print(
            f"{row['name']:55} {row['ours']:9.1f} (first {row['first']:9.1f}) {row['bytes']:>9} {row['address']}{over}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
