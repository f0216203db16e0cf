"""A journal that lives as long as its object: for tests, dry runs and registries that keep nothing."""

from __future__ import annotations

import threading
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from umr_ld.entry import Head, Stored
from umr_ld.errors import Conflict, Missing, UmrError
from umr_ld.findings import Report
from umr_ld.journal import MAX_BODY
from umr_ld.journal.file import FileJournal
from umr_ld.journal.frame import batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from umr_ld.entry import Entry


class MemoryJournal:
    """A journal in memory, with the same chain values as a file journal of the same entries.

    Args:
        max_body: how many bytes an entry's body may have.
    """

    def __init__(self, *, max_body: int = MAX_BODY) -> None:
        self._max_body = max_body
        self._stored: list[Stored] = []
        self._ends: list[int] = []
        self._appending = threading.Lock()
        self._closed = False

    def append(self, entries: Sequence[Entry], after: int) -> tuple[Stored, ...]:
        """See `Journal.append`."""
        with self._appending:
            if self._closed:
                raise UmrError("the journal is not open for writing")
            head = self.head()
            if head.seq != after:
                raise Conflict(
                    f"the journal is at entry {head.seq}, not at {after}",
                    remedy="read what was added since, and try again",
                )
            frames = batch(entries, head, self._max_body)
            found = tuple(
                Stored(frame.header.seq, frame.chain, frame.header.seq - 1, entry)
                for frame, entry in zip(frames, entries, strict=True)
            )
            self._stored.extend(found)
            self._ends.append(len(self._stored))
            return found

    def read(self, after: int = 0) -> Iterator[Stored]:
        """See `Journal.read`."""
        start = max(after, 0)
        return islice(self._stored, start, max(start, len(self._stored)))

    def at(self, location: int) -> Stored:
        """See `Journal.at`."""
        if not 0 <= location < len(self._stored):
            raise Missing("the journal has no such place")
        return self._stored[location]

    def head(self) -> Head:
        """See `Journal.head`."""
        if not self._stored:
            return Head()
        return Head(self._stored[-1].seq, self._stored[-1].chain)

    def verify(self) -> Report:
        """See `Journal.verify`. Entries are frozen objects here, so there is nothing to find."""
        return Report()

    def copy(self, folder: Path) -> Head:
        """See `Journal.copy`."""
        target = FileJournal(folder, max_body=self._max_body)
        try:
            if target.head().seq:
                raise Conflict("there is a journal already", where=str(folder), remedy="name a new folder")
            for start, end in pairwise((0, *list(self._ends))):
                target.append([one.entry for one in self._stored[start:end]], after=start)
            return target.head()
        finally:
            target.close()

    def close(self) -> None:
        """See `Journal.close`."""
        with self._appending:
            self._closed = True
