"""One writer at a time: a lock that the system releases when its process dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Self

from umr_ld.durable import refusal
from umr_ld.errors import Busy

if TYPE_CHECKING:
    from types import TracebackType

_PAUSE = 0.02
_LOCKS = Path("/proc/locks")


class WriterLock:
    """A lock on a file, by flock(2), held from the making of this object until it is released.

    Nothing is ever written to the file. One process holds it exclusively, or many in `shared` mode, which
    keeps writers out meanwhile. Two locks on the same file exclude each other inside one process too. A
    child made by `os.fork` does not hold its parent's lock.

    Args:
        path: the file; made if it is not there, never removed.
        shared: for those who only read.
        wait: how many seconds to wait for others to let go.

    Raises:
        Busy: if others hold it for longer than that; names them where the system tells.
        Denied: if the file may not be opened.
    """

    def __init__(self, path: Path, *, shared: bool = False, wait: float = 0.0) -> None:
        self._path = path
        self._shared = shared
        fd = self._opened()
        try:
            self._take(fd, time.monotonic() + wait)
        except BaseException:
            os.close(fd)
            raise
        self._fd: int | None = fd
        _held.add(self)

    @property
    def held(self) -> bool:
        """Whether the lock has not been released."""
        return self._fd is not None

    def release(self) -> None:
        """Let go; nothing happens if that was done already."""
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        _held.discard(self)
        fcntl.flock(fd, fcntl.LOCK_UN)
        os.close(fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _opened(self) -> int:
        try:
            return os.open(self._path, (os.O_RDONLY if self._shared else os.O_RDWR) | os.O_CREAT, 0o666)
        except OSError as error:
            raise refusal(error, self._path) from error

    def _take(self, fd: int, until: float) -> None:
        how = fcntl.LOCK_SH if self._shared else fcntl.LOCK_EX
        while True:
            try:
                fcntl.flock(fd, how | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise self._busy(fd) from None
            else:
                return
            time.sleep(_PAUSE)

    def _busy(self, fd: int) -> Busy:
        who = " and ".join(_holders(fd)) or "another process"
        return Busy(
            f"{who} holds the registry",
            where=str(self._path),
            remedy="wait until it has finished, or end it; where it is a server, publish through it: "
            "`umr --registry URL`",
        )

    def _forget(self) -> None:
        """In a child: close the inherited descriptor. Unlocking it would unlock the parent's."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


_held: weakref.WeakSet[WriterLock] = weakref.WeakSet()


def _forget_all() -> None:
    for lock in list(_held):
        lock._forget()  # noqa: SLF001
    _held.clear()


os.register_at_fork(after_in_child=_forget_all)


def _holders(fd: int) -> list[str]:
    """Who holds a lock on an open file, as far as proc_locks(5) tells."""
    status = os.fstat(fd)
    file = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    try:
        fields = [line.split() for line in _LOCKS.read_text().splitlines()]
    except OSError:
        return []
    return [_process(row[4]) for row in fields if "->" not in row and row[1] == "FLOCK" and row[5] == file]


def _process(number: str) -> str:
    try:
        return f"{Path('/proc', number, 'comm').read_text().strip()} (process {number})"
    except OSError:
        return f"process {number}"
