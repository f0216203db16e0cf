"""Copies of the store that processes read while publishing goes on."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from umr_ld.errors import Busy, UmrError
from umr_ld.lock import WriterLock
from umr_ld.seal import QUERIES

if TYPE_CHECKING:
    from umr_ld.registry import Registry

_LOCK = "lock"


class Snapshot:
    """One copy. Its folder goes when the last one who reads it is gone.

    Args:
        folder: where it is.
        seq: number of the journal entry that it has reached.
    """

    def __init__(self, folder: Path, seq: int) -> None:
        self.folder, self.seq = folder, seq
        self.made = time.monotonic()
        self._readers = 1
        self._counting = threading.Lock()

    def hold(self) -> Snapshot:
        """Read it too."""
        with self._counting:
            self._readers += 1
        return self

    def still(self) -> Snapshot | None:
        """Read it too, if anybody does yet."""
        with self._counting:
            if not self._readers:
                return None
            self._readers += 1
        return self

    def leave(self) -> None:
        """Read it no more."""
        with self._counting:
            self._readers -= 1
            is_last = self._readers == 0
        if is_last:
            shutil.rmtree(self.folder, ignore_errors=True)


class Snapshots:
    """The newest copy, made again when there is something new and the last one is old enough.

    Args:
        registry: whose store is copied.
        age: seconds that a copy may lag behind what is published.
    """

    def __init__(self, registry: Registry, age: float) -> None:
        self._registry, self._age = registry, age
        self._making = threading.Lock()
        self._numbers = itertools.count(1)
        self._newest: Snapshot | None = None
        self._place = _place(registry.folder)
        self._lock = WriterLock(self._place / _LOCK)

    def current(self, reached: int | None = None) -> Snapshot:
        """The copy to read now; to be left by the caller.

        Args:
            reached: number of the journal entry that answers are made from now; None if it was not looked for.

        Raises:
            Busy: if there is none, and another process that writes does not let one be made.
            Full: if there is no space for the first one.
        """
        with self._making:
            newest = self._newest
            if newest is None:
                newest = self._newest = self._made()
            elif time.monotonic() - newest.made >= self._age:
                end = self._registry.position().seq if reached is None else reached
                newest = newest if newest.seq == end else self._renewed(newest)
            return newest.hold()

    def glimpse(self, reached: int) -> int | None:
        """Number of the journal entry that the copy to read now has reached; None if another is to be made.

        Args:
            reached: number of the entry that answers are made from now.
        """
        newest = self._newest
        if newest is None or (newest.seq != reached and time.monotonic() - newest.made >= self._age):
            return None
        return newest.seq

    def hold(self, seq: int) -> Snapshot | None:
        """The copy to read now, to be left by the caller, told without waiting; None if it is not the one meant.

        Args:
            seq: number of the journal entry that it has reached, as of `glimpse`.
        """
        newest = self._newest
        return newest.still() if newest is not None and newest.seq == seq else None

    def close(self) -> None:
        """Remove what is left. Nobody may read any more."""
        with self._making:
            if self._newest is not None:
                self._newest.leave()
                self._newest = None
            self._lock.release()
            shutil.rmtree(self._place, ignore_errors=True)

    def _renewed(self, old: Snapshot) -> Snapshot:
        try:
            self._newest = self._made()
        except UmrError:
            # What was published a while ago is a better answer than none.
            old.made = time.monotonic()
            return old
        old.leave()
        return self._newest

    def _made(self) -> Snapshot:
        folder = self._place / str(next(self._numbers))
        return Snapshot(folder, self._registry.copy_store(folder))


def _place(home: Path | None) -> Path:
    """A folder of this process: in the registry's folder, whose files a copy can share; else elsewhere."""
    if home is not None:
        root = home / QUERIES
        try:
            root.mkdir(exist_ok=True)
            _sweep(root)
            return Path(tempfile.mkdtemp(dir=root))
        except OSError:
            pass  # A registry that may only be read is served all the same.
    return Path(tempfile.mkdtemp(prefix="umr-queries-"))


def _sweep(root: Path) -> None:
    """Remove what processes left that were killed: nobody holds its lock."""
    for place in root.iterdir():
        try:
            with WriterLock(place / _LOCK, wait=0):
                shutil.rmtree(place, ignore_errors=True)
        except (Busy, OSError):
            continue
    if not os.access(root, os.W_OK):
        raise PermissionError(root)
