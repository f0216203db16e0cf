"""Writing that is on the disk when it returns, and what the disk's refusals are called."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING

from umr_ld.errors import Damaged, Denied, Full, Malformed, UmrError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def sync_folder(folder: Path) -> None:
    """Make durable which names a folder holds (fsync(2): syncing a file does not sync its name).

    Args:
        folder: an existing folder.

    Raises:
        OSError: if the disk refuses.
    """
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing; each is durable when this returns.

    Args:
        folder: may be there already.

    Raises:
        OSError: if the disk refuses.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def require_folder(folder: Path) -> None:
    """Make a folder that somebody named, and those above it that are missing.

    Args:
        folder: may be there already.

    Raises:
        Malformed: if something else than a folder stands there, or on the way.
        UmrError: what `refusal` says.
    """
    try:
        make_folder(folder)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _no_place(folder, error.strerror) from None
    except OSError as error:
        raise refusal(error, folder) from error
    if not folder.is_dir():
        raise _no_place(folder, "this is no folder")


def _no_place(folder: Path, why: str | None) -> Malformed:
    return Malformed(f"a folder cannot be there: {why}", where=str(folder), remedy="name another place")


def write_all(fd: int, data: bytes, offset: int) -> None:
    """Write all bytes at a place of a file; one pwrite(2) may take only some of them.

    Args:
        fd: a file open for writing.
        data: what to write.
        offset: where, in bytes from the beginning.

    Raises:
        OSError: if the disk refuses; some of the bytes may have been written.
    """
    left = memoryview(data)
    while left:
        written = os.pwrite(fd, left, offset)
        left = left[written:]
        offset += written


def replace(path: Path, data: bytes) -> None:
    """Give a file new content, all or nothing, also when power fails.

    Args:
        path: the file; `path` with `.new` appended is used on the way.
        data: the content.

    Raises:
        OSError: if the disk refuses; the old content stays.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def refusal(error: OSError, path: Path) -> UmrError:
    """What to tell the caller when the disk refuses a write.

    Args:
        error: what the system said.
        path: what was to be written.

    Returns:
        `Full` where there is no space, no quota, or the file may not grow; `Denied` where writing is not
        allowed; else a plain `UmrError`.
    """
    if error.errno in _NO_SPACE:
        return Full(
            "there is no space left, nothing was written",
            where=str(path),
            remedy="free some space and try again; reading goes on meanwhile",
        )
    if error.errno in _NOT_ALLOWED:
        return Denied(
            f"writing is refused: {error.strerror}", where=str(path), remedy="ask who owns the folder"
        )
    return UmrError(
        f"writing failed: {error.strerror}", where=str(path), remedy="look at the folder and the disk"
    )


@contextlib.contextmanager
def readable(path: Path) -> Iterator[None]:
    """Whatever the system says no with while reading becomes an error of ours.

    Args:
        path: what is read.

    Raises:
        Denied: if it may not be read.
        Damaged: if it is not there any more, or the disk cannot read it.
    """
    try:
        yield
    except PermissionError as error:
        raise Denied(
            f"reading is refused: {error.strerror}",
            where=str(error.filename or path),
            remedy="ask who owns the folder",
        ) from error
    except OSError as error:
        raise Damaged(
            f"reading failed: {error.strerror}",
            where=str(error.filename or path),
            remedy="look at the disk's health; restore the registry from a backup",
        ) from error
