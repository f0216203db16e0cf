"""What was taken from which list, and when it stood there last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.database import Book, Database, Form

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FILE = "harvest.db"
"""Its name in a registry's folder."""

_FORM = Form(0x756D7268, 1, "harvest/schema.sql", "lists")
_TOGETHER = 500
# Left to itself, SQLite goes through all of a list that has this source.
_KNOWN = "SELECT name FROM listed INDEXED BY listed_by_fingerprint WHERE source = ? AND fingerprint = ? AND NOT gone"
_SEEN = "SELECT 1 FROM listed WHERE source = ? AND name = ? AND run = ?"


class Ledger(Book):
    """The lists of a registry.

    Args:
        path: the file; None to keep everything in memory.

    Raises:
        Busy, Damaged, Newer, Full: as of `Database`.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__(Database(_FORM, path))

    def begin(self, source: str) -> int:
        """Start to read a list.

        Args:
            source: which.

        Returns:
            how often it was begun, this time included.
        """
        with self._file.writing() as db:
            (run,) = db.execute(
                "INSERT INTO source VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET run = run + 1 RETURNING run",
                (source,),
            ).fetchone()
            return int(run)

    def known(self, source: str, fingerprints: Iterable[bytes]) -> Mapping[bytes, str]:
        """Of what exactly this was said before.

        Args:
            source: which list.
            fingerprints: of what is said.

        Returns:
            names by fingerprint; those of which it was not said are missing.
        """
        with self._file.reading() as db:
            found = {one: db.execute(_KNOWN, (source, one)).fetchone() for one in fingerprints}
        return {one: str(row[0]) for one, row in found.items() if row is not None}

    def seen(self, source: str, run: int, names: Iterable[str]) -> frozenset[str]:
        """What stood in the list already, this time.

        Args:
            source: which list.
            run: as `begin` gave it.
            names: of artifacts.

        Returns:
            those of them.
        """
        with self._file.reading() as db:
            return frozenset(one for one in names if db.execute(_SEEN, (source, one, run)).fetchone())

    def note(self, source: str, run: int, taken: Iterable[tuple[str, bytes]]) -> None:
        """Write down what was taken.

        Args:
            source: from which list.
            run: as `begin` gave it.
            taken: names, with what was said of each.
        """
        with self._file.writing() as db:
            db.executemany(
                "INSERT INTO listed VALUES (?, ?, ?, ?, 0) ON CONFLICT (source, name) DO UPDATE "
                "SET fingerprint = excluded.fingerprint, run = excluded.run, gone = 0",
                [(source, name, fingerprint, run) for name, fingerprint in taken],
            )

    def missed(self, source: str, run: int) -> Iterator[list[str]]:
        """What stood in a list before and does not now, some names at a time; ask again when they are noted as gone.

        Args:
            source: which list, read to its end.
            run: as `begin` gave it.
        """
        while True:
            with self._file.reading() as db:
                rows = db.execute(
                    "SELECT name FROM listed WHERE source = ? AND run < ? AND NOT gone LIMIT ?",
                    (source, run, _TOGETHER),
                ).fetchall()
            if not rows:
                return
            yield [str(name) for (name,) in rows]

    def note_gone(self, source: str, names: Iterable[str]) -> None:
        """Write down that it is known that something is gone.

        Args:
            source: which list.
            names: of what.
        """
        with self._file.writing() as db:
            db.executemany(
                "UPDATE listed SET gone = 1 WHERE source = ? AND name = ?", [(source, name) for name in names]
            )
