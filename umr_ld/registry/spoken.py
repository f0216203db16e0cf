"""What advisories and statements say, by their rows in the index."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from umr_ld.registry.kept import Kept
from umr_ld.risk import advisory_of, decision_of, statement_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from umr_ld.addresses import Base
    from umr_ld.index import Index, RecordRow
    from umr_ld.registry.records import Records
    from umr_ld.risk import Advisory, Decision, Statement

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
        self._decisions: Kept[Decision | None] = Kept(_KEPT)

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
        self._decisions.clear()

    def decision(self, row: RecordRow) -> Decision | None:
        """What a statement says of two names; None if it is about an advisory.

        Args:
            row: of its record.
        """
        return self._decisions.get(row.seq, lambda: decision_of(self._records.read(row), self._base))


def current(index: Index, kind: str, subjects: Sequence[str] | None, at: int | None) -> Iterator[RecordRow]:
    """The revision that counts of each advisory or statement: the newest that is not withdrawn.

    Args:
        index: of the registry.
        kind: `Advisory` or `Statement`.
        subjects: of which any revision speaks of at least one; None for all.
        at: journal sequence number, or None for now.
    """
    for name, rows in groupby(index.speaking(kind, subjects, at), key=lambda row: str(row.ref.name)):
        every = list(rows) if subjects is None else index.versions(name, at)
        standing = next((row for row in every if row.withdrawn is None), None)
        if standing is not None:
            yield standing
