"""How long one command takes from nothing, beside an interpreter that does nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import alternating, compared

COMMANDS = {
    "umr --version": ["--version"],
    "umr show": ["show", "vinid/plip"],
    "umr impact": ["impact", "laion/laion-5b"],
}


def run() -> list[dict[str, object]]:
    """Rows: each command beside `python -c pass`, both with compiled bytecode."""
    with tempfile.TemporaryDirectory() as folder:
        umr = [sys.executable, "-m", "umr_ld"]
        store = ["--store", str(Path(folder) / "registry")]
        records = Path(__file__).resolve().parents[1] / "records"
        subprocess.run([*umr, "init", *store], check=True, capture_output=True)
        subprocess.run([*umr, "publish", *store, str(records)], check=True, capture_output=True)
        rows = []
        for name, arguments in COMMANDS.items():
            at = [] if arguments == ["--version"] else store
            timed = {
                name: lambda line=[*umr, *arguments, *at]: subprocess.run(
                    line, check=True, capture_output=True
                ),
                "python -c pass": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
            }
            medians = {key: value * 1000 for key, value in alternating(timed, rounds=15).items()}
            rows.append(compared(f"cold start: {name}", "ms", medians, name))
        return rows


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
