"""The project's own data (ontology, shapes, records, queries): one function finds it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


@cache
def resource(path: str) -> Path:
    """Where a file or folder of the project's data is.

    An installed package carries `ontology`, `shapes` and `records` below `umr_ld/data`; a checkout has
    them beside `umr_ld`.

    Args:
        path: relative, with `/`: `ontology/umr.ttl`, `queries/entailed.rq`.

    Raises:
        FileNotFoundError: if the installation is incomplete.
    """
    for root in (_PACKAGE / "data", _PACKAGE.parent, _PACKAGE):
        candidate = root / path
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"{path} is missing from this installation of umr-ld; install it again")
