"""Records by reference: from the index to the journal's bytes to the record, and along inheriting links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.inherit import effective
from umr_ld.reading import published
from umr_ld.registry.kept import Kept

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.index import Index, RecordRow
    from umr_ld.inherit import Effective
    from umr_ld.journal import Journal
    from umr_ld.names import Ref
    from umr_ld.record import Link, Record
    from umr_ld.vocab import Vocabulary

_KEPT = 2048
"""Parsed records kept in memory; families are read again and again while their members are resolved."""


class Records:
    """Reads records.

    Args:
        journal: gives the bytes.
        index: says where they are.
        base: the registry's base IRI.
        vocabulary: the terms.
    """

    def __init__(self, journal: Journal, index: Index, base: Base, vocabulary: Vocabulary) -> None:
        self._journal = journal
        self._index = index
        self._base = base
        self._vocabulary = vocabulary
        self._parsed: Kept[Record] = Kept(_KEPT)

    def body(self, row: RecordRow) -> bytes:
        """The published bytes, checked against the hash that was written with them.

        Args:
            row: where the index says they are.

        Raises:
            Damaged: if they are not what was written.
        """
        return self._journal.at(row.location).entry.body

    def read(self, row: RecordRow) -> Record:
        """The record of an index row.

        Args:
            row: of the index.
        """
        return self._parsed.get(row.seq, lambda: self._read(row))

    def _read(self, row: RecordRow) -> Record:
        iri = self._base.record(row.ref)
        return published(self.body(row), iri, self._base, self._vocabulary, row.digest)

    def keep(self, seq: int, record: Record) -> None:
        """Remember a record that was just parsed.

        Args:
            seq: sequence number of its journal entry.
            record: the record.
        """
        self._parsed.keep(seq, record)

    def forget(self) -> None:
        """Read records anew: what they name is named otherwise from now on."""
        self._parsed.clear()

    def reached(self, link: Link, at: int | None = None) -> Ref | None:
        """The record that a link reaches: the best matching version.

        Args:
            link: of any record.
            at: journal sequence number up to which to look; None for now.
        """
        row = self._index.best(link, at)
        return None if row is None else row.ref

    def follow(self, link: Link, at: int | None = None) -> Record | None:
        """As `reached`, the record itself."""
        row = self._index.best(link, at)
        return None if row is None else self.read(row)

    def effective(self, record: Record, at: int | None = None) -> Effective:
        """What holds for a record at a moment.

        Args:
            record: the record.
            at: journal sequence number up to which to look; None for now.
        """
        return effective(record, lambda link: self.follow(link, at), self._vocabulary)
