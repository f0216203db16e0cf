"""What advisories and statements say, by their rows in the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.registry.kept import Kept
from umr_ld.risk import advisory_of, statement_of

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.index import RecordRow
    from umr_ld.registry.records import Records
    from umr_ld.risk import Advisory, Statement

_KEPT = 16384
"""Of each, kept in memory: those about one artifact are asked for at once, whenever a record appears below it."""


class Spoken:
    """Reads advisories and statements.

    Args:
        records: reads records.
        base: the registry's base IRI.
    """

    def __init__(self, records: Records, base: Base) -> None:
        self._records = records
        self._base = base
        self._advisories: Kept[Advisory] = Kept(_KEPT)
        self._statements: Kept[Statement] = Kept(_KEPT)

    def advisory(self, row: RecordRow) -> Advisory:
        """What an advisory says.

        Args:
            row: of its record.
        """
        return self._advisories.get(row.seq, lambda: advisory_of(self._records.read(row), self._base))

    def statement(self, row: RecordRow) -> Statement:
        """What a statement says.

        Args:
            row: of its record.
        """
        return self._statements.get(row.seq, lambda: statement_of(self._records.read(row), self._base))

    def forget(self) -> None:
        """Read them anew: what they name is named otherwise from now on."""
        self._advisories.clear()
        self._statements.clear()
