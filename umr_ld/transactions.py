"""Transactions of SQLite, and what its refusals are called."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.errors import Busy, Damaged, Denied, Full

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from umr_ld.errors import UmrError

_NO_SPACE = 64 * 1024
"""Bytes below which a disk counts as full."""


@contextlib.contextmanager
def transaction(
    connection: sqlite3.Connection, begin: str, commit: str = "COMMIT", undo: str = "ROLLBACK"
) -> Iterator[None]:
    """All that is done within, or nothing of it.

    Args:
        connection: that changes.
        begin: the statement that begins it.
        commit: the one that ends it well.
        undo: the one that ends it otherwise.
    """
    connection.execute(begin)
    try:
        yield
        connection.execute(commit)
    except BaseException:
        # After some errors, a full disk among them, SQLite has undone everything by itself.
        if connection.in_transaction:
            connection.execute(undo)
        raise


@dataclass(frozen=True, slots=True)
class Refusals:
    """What it is called when SQLite refuses to work on a file.

    Args:
        path: the file; None for what is in memory.
        noun: what it holds, as it stands behind "the".
        remedy: what to do where it is damaged.
    """

    path: Path | None
    noun: str
    remedy: str

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """Whatever SQLite says no with becomes an error of ours; mistakes in our own statements stay what they are.

        Raises:
            Busy: if another process holds the file.
            Full: if there is no space for it.
            Denied: if it may not be opened, or not be written.
            Damaged: otherwise.
        """
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
            raise
        except sqlite3.Error as error:
            raise self._named(error) from error

    def _named(self, error: sqlite3.Error) -> UmrError:
        where = str(self.path or "")
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return Busy(
                f"another process holds the {self.noun}",
                where=where,
                remedy="wait until it has finished, or end it",
            )
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and self._is_full()):
            return Full(
                f"there is no space left; nothing of the {self.noun} was changed",
                where=where,
                remedy="free some space and try again; reading goes on meanwhile",
            )
        if code == sqlite3.SQLITE_READONLY or self._is_closed():
            return Denied(
                f"the {self.noun} may not be opened: {error}", where=where, remedy="ask who owns the file"
            )
        return Damaged(f"the {self.noun} cannot be used: {error}", where=where, remedy=self.remedy)

    def _is_full(self) -> bool:
        return self.path is not None and shutil.disk_usage(self.path.parent).free < _NO_SPACE

    def _is_closed(self) -> bool:
        if self.path is None:
            return False
        readable = os.access(self.path.parent, os.R_OK)
        return not readable or (self.path.exists() and not os.access(self.path, os.R_OK))
