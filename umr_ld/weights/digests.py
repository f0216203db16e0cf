"""Digests of files, read piece by piece: weights are larger than memory."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from umr_ld.errors import Missing, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Progress = Callable[[int, int], None]

ALGORITHM = "sha256"
"""What is computed, and the key of the property that states it."""

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file, and what stands for its bytes.

    Args:
        name: its path below the folder that was named, with `/`; else the file's own name.
        size: in bytes.
        sha256: hexadecimal.
    """

    name: str
    size: int
    sha256: str

    @property
    def digest(self) -> str:
        """As records are looked for by it."""
        return f"{ALGORITHM}:{self.sha256}"


def files_below(path: Path) -> list[tuple[str, Path]]:
    """The files that a path names, each with its name there.

    Args:
        path: a file; or a folder, of which every file below is meant, in order of names, but not what is hidden.
            Links to files are followed, links to folders are not.

    Raises:
        Missing: if there is no such file, or the folder holds none.
        Unreadable: if the system does not let it be read, it is no ordinary file, or a name cannot be written down.
    """
    if not path.is_dir():
        _require_file(path)
        return [(_named(path.name, path), path)]
    found: list[tuple[str, Path]] = []
    for folder, folders, names in os.walk(path, onerror=_refuse):
        folders[:] = [one for one in folders if not one.startswith(".")]
        for name in names:
            file = Path(folder, name)
            if not name.startswith("."):
                _require_file(file)
                found.append((_named(file.relative_to(path).as_posix(), file), file))
    if not found:
        raise Missing("the folder holds no file", where=str(path))
    return sorted(found)


def hashed(files: Iterable[tuple[str, Path]], progress: Progress | None = None) -> Iterator[Hashed]:
    """The digests of files, one after the other.

    Args:
        files: names and paths, as `files_below` gives them.
        progress: called with bytes done and bytes in all.

    Raises:
        Missing, Unreadable: as `files_below`.
    """
    given = list(files)
    total = sum(path.stat().st_size for _, path in given) if progress is not None else 0
    done = 0
    for name, path in given:
        digest, size = hashlib.new(ALGORITHM), 0
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
                    if progress is not None:
                        progress(done + size, max(total, done + size))
        except OSError as error:
            _refuse(error, path)
        done += size
        yield Hashed(name, size, digest.hexdigest())


def _require_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise Missing("there is no such file", where=str(path)) from None
    except OSError as error:
        _refuse(error, path)
        return
    if not stat.S_ISREG(mode):
        raise Unreadable(
            "this is no ordinary file", where=str(path), remedy="name files, or a folder of files"
        )


def _refuse(error: OSError, path: Path | None = None) -> None:
    where = str(path or error.filename or "")
    if isinstance(error, FileNotFoundError):
        raise Missing("there is no such file", where=where) from None
    raise Unreadable(f"the file cannot be read: {error.strerror}", where=where) from None


def _named(name: str, path: Path) -> str:
    """The name, if it may stand in a record: one line of text."""
    if not name.isprintable():
        raise Unreadable(
            "the name of the file cannot stand in a record: it has characters that are not printable",
            where=ascii(str(path)),
            remedy="rename it",
        )
    return name
