"""The journal: what was done, in order, and never changed. It is the truth; all else is derived from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from umr_ld.entry import Entry, Head, Stored
    from umr_ld.findings import Report

MAX_BODY = 32 * 1024 * 1024
"""How many bytes an entry's body may have unless a journal is told otherwise."""


class Journal(Protocol):
    """An append-only, hash-chained sequence of entries.

    Entry n has sequence number n, from 1. All methods may be called from several threads at once.
    """

    def append(self, entries: Sequence[Entry], after: int) -> tuple[Stored, ...]:
        """Add entries behind the last one, all or none.

        When this returns they are durable. If it raises, none of them is in the journal. If the process
        dies before it returns, either all of them are or none is.

        Args:
            entries: what to add, in order.
            after: sequence number of the entry that the caller believes to be the last; 0 for an empty
                journal. Of several callers with the same belief exactly one succeeds.

        Returns:
            the entries with their places, in order.

        Raises:
            Conflict: if the last entry is another one.
            Malformed: if an entry has a time without UTC, or text that is no Unicode.
            TooLarge: if an entry's body is larger than the journal takes.
            Full: if there is no space; appending works again when there is.
        """
        ...

    def read(self, after: int = 0) -> Iterator[Stored]:
        """The entries in order, up to where the journal ended when this was called.

        Args:
            after: the last sequence number to pass over.

        Raises:
            Damaged: at the first entry whose bytes or chain are not as they were written.
        """
        ...

    def at(self, location: int) -> Stored:
        """One entry, in constant time.

        Args:
            location: as this journal gave it in `Stored.location`.

        Raises:
            Missing: if there is no such place in this journal.
            Damaged: if the bytes at that place are not an entry, or not as they were written.
        """
        ...

    def head(self) -> Head:
        """Number and chain value of the last entry."""
        ...

    def verify(self) -> Report:
        """Check every byte of every entry, and the whole chain.

        Returns:
            a violation for each damaged place; damage does not end the check.
        """
        ...

    def copy(self, folder: Path) -> Head:
        """Copy the journal as it is now into a file journal, while writing goes on; durable on return.

        Args:
            folder: where the copy will be; made if it is not there.

        Returns:
            the head of the copy: number and chain value are those of this journal.

        Raises:
            Conflict: if there is a journal already.
            Full: if there is no space there.
        """
        ...

    def close(self) -> None:
        """Take no more entries. What was read stays valid."""
        ...
