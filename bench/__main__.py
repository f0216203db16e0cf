"""Runs every measurement, prints a table of ratios, and keeps the figures with the machine's description."""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

QUESTIONS = (
    "publish",
    "harvest",
    "impact",
    "alerting",
    "rendering",
    "site",
    "serving",
    "ranges",
    "cold_start",
)
RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def main(names: list[str]) -> None:
    """Measure, print and keep.

    Args:
        names: questions to ask; all if empty.
    """
    RESULTS.mkdir(exist_ok=True)
    print(f"{'question':44} {'unit':6} {'ours':>10}   rival: figure (ratio)")
    for name in names or QUESTIONS:
        rows = import_module(f"bench.{name}").run()
        rows = rows if isinstance(rows, list) else [rows]
        (RESULTS / f"{name}.json").write_text(
            json.dumps({"machine": machine(), "rows": rows}, indent=2) + "\n"
        )
        for row in rows:
            rivals = "; ".join(f"{k}: {v:.3g} ({row['ratios'][k]:.2f}x)" for k, v in row["rivals"].items())
            print(f"{row['name'][:44]:44} {row['unit']:6} {row['ours']:>10.3g}   {rivals}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
