"""The mark: what a database was when the last process let go of it, so that damage cannot hide.

SQLite notices a damaged structure and not a damaged text. So whoever closes the file last writes down its
SHA-256 beside it, and whoever opens it to write takes that away first.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from umr_ld import durable
from umr_ld.errors import Busy, UmrError
from umr_ld.findings import Report, violation
from umr_ld.lock import WriterLock

if TYPE_CHECKING:
    from pathlib import Path

RESTORE = "restore it from a backup of the registry"


class Mark:
    """Held while the file is open. Any number of processes may hold one.

    Args:
        path: the database.
        wait: seconds to wait for whoever is just leaving it.

    Raises:
        Busy: if that takes longer.
        Denied, Full: if the disk refuses.
    """

    def __init__(self, path: Path, wait: float) -> None:
        self._path = path
        self._lock = WriterLock(path.with_suffix(".lock"), shared=True, wait=wait)
        mark = path.with_suffix(".sha256")
        if mark.exists():
            try:
                mark.unlink(missing_ok=True)
                durable.sync_folder(path.parent)
            except OSError as error:
                self._lock.release()
                raise durable.refusal(error, mark) from error

    def leave(self, *, whole: bool) -> None:
        """Let go; the last one marks the file.

        Args:
            whole: whether all that was written is in the one file.
        """
        self._lock.release()
        if not whole:
            return
        try:
            with WriterLock(self._path.with_suffix(".lock")):
                durable.replace(self._path.with_suffix(".sha256"), _digest(self._path).encode())
        except (Busy, UmrError, OSError):
            return  # Others have it open, and mark it when they leave; or it stays without.

    @staticmethod
    def check(path: Path, noun: str) -> Report:
        """Whether the file is as it was left; nothing is found where it has no mark.

        Args:
            path: the database.
            noun: what it holds, in the plural.
        """
        mark = path.with_suffix(".sha256")
        try:
            known = mark.read_bytes()
            found = _digest(path) if path.exists() else ""
        except FileNotFoundError:
            return Report()
        except OSError as error:
            wrong = f"the {noun} cannot be read: {error.strerror}"
            return Report((violation(wrong, f"{noun}-unreadable", focus=path.name, remedy=RESTORE),))
        if found.encode() == known:
            return Report()
        wrong = f"the {noun} are not as they were left" if found else f"the {noun} are gone"
        return Report((violation(wrong, f"{noun}-changed", focus=path.name, remedy=RESTORE),))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
