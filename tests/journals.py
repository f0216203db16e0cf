"""Small journals, for tests that look at their bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from umr_ld.entry import Entry
from umr_ld.journal.file import FileJournal

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def entry(number: int, body: bytes = b"{}") -> Entry:
    return Entry("publish", f"lab/model@1.{number}.0", "someone", NOON, body)


def fill(folder: Path, batches: list[int], segment_size: int = 10**6) -> FileJournal:
    """A journal of batches of so many entries; every third body ends with zeros."""
    journal = FileJournal(folder, segment_size=segment_size)
    for count in batches:
        after = journal.head().seq
        journal.append([entry(n, b"body" + b"\0" * 3 * (n % 3)) for n in range(after, after + count)], after)
    return journal


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.umrj"))


def seqs(journal: FileJournal) -> list[int]:
    return [stored.seq for stored in journal.read()]
