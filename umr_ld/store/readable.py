"""Whether a store's files can be read to their end, found out by a process that may die of it.

Over some damaged bytes the engine neither answers nor raises: it loops, or aborts the process. Run as a
program this module reads a store through; `reads_through` runs it so and watches.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyoxigraph as ox

_PATIENCE = 60.0
_BYTES_A_SECOND = 1_000_000
"""Slower than any disk: what has not ended by then will not."""


def reads_through(folder: Path) -> str:
    """Read every quad of a store, in a process of its own.

    Args:
        folder: of the store, which nobody writes.

    Returns:
        what is wrong, or nothing.
    """
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    command = [sys.executable, __file__, str(folder)]
    try:
        child = subprocess.run(  # noqa: S603 - our own module, on a folder of the registry
            command, capture_output=True, text=True, timeout=_PATIENCE + size / _BYTES_A_SECOND, check=False
        )
    except subprocess.TimeoutExpired:
        return "the engine reads it without end"
    if child.returncode < 0:
        return "the engine dies of it"
    return child.stderr.strip().splitlines()[-1] if child.returncode else ""


def _read(folder: Path) -> None:
    """Read a store through; an error of the engine ends the process with its message."""
    for _ in ox.Store.read_only(str(folder)):
        pass


if __name__ == "__main__":
    _read(Path(sys.argv[1]))
