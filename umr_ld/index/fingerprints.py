"""Files by what stands for their bytes, whatever they are called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from umr_ld.index import Carrier
from umr_ld.index.rows import records

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_CARRYING = """
    SELECT f.digest, r.seq
    FROM json_each(:digests) wanted CROSS JOIN fingerprint f ON f.digest = wanted.value
        CROSS JOIN record r ON r.seq = f.record CROSS JOIN artifact a ON a.id = r.artifact
    WHERE f.record <= :at
    ORDER BY f.digest, a.name, r.key DESC LIMIT :most
"""
_SHARED = """
    SELECT DISTINCT f.digest, a.name
    FROM (
        SELECT f.digest FROM fingerprint f CROSS JOIN record r ON r.seq = f.record
        WHERE f.record <= :at GROUP BY f.digest HAVING min(r.artifact) <> max(r.artifact)
    ) several CROSS JOIN fingerprint f ON f.digest = several.digest
        CROSS JOIN record r ON r.seq = f.record CROSS JOIN artifact a ON a.id = r.artifact
    WHERE f.record <= :at
    ORDER BY f.digest, a.name
"""


def carrying(
    db: sqlite3.Connection, digests: Iterable[str], at: int, most: int | None = None
) -> list[Carrier]:
    """The records that name files; see `Index.carrying`.

    Args:
        db: in a transaction.
        digests: of the files.
        at: sequence number up to which to look.
        most: how many are read; None for all.
    """
    given = {
        "digests": json.dumps(sorted(set(digests))),
        "at": at,
        "most": -1 if most is None else most,
    }
    found = db.execute(_CARRYING, given).fetchall()
    source = "json_each(:numbers) wanted CROSS JOIN record r ON r.seq = wanted.value"
    numbers = json.dumps(sorted({seq for _, seq in found}))
    rows = {row.seq: row for row in records(db, source, {"numbers": numbers, "at": at})}
    return [Carrier(digest, rows[seq]) for digest, seq in found]


def shared(db: sqlite3.Connection, at: int) -> dict[str, list[str]]:
    """The files that stand below more than one artifact; see `Index.shared`.

    Args:
        db: in a transaction.
        at: sequence number up to which to look.
    """
    found: dict[str, list[str]] = {}
    for digest, name in db.execute(_SHARED, {"at": at}):
        found.setdefault(digest, []).append(name)
    return found
