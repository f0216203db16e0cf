"""Documents on disk: which files are meant, and their bytes. Nothing else here knows about folders."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from umr_ld.document import Document
from umr_ld.errors import Missing, TooLarge, Unreadable
from umr_ld.media import Media
from umr_ld.tree import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ENDINGS = frozenset(ending for media in (Media.JSONLD, Media.YAML) for ending in media.endings)


def documents(paths: Iterable[str]) -> Iterator[Document]:
    """The documents that paths name.

    Args:
        paths: files; folders, of which every record below is meant, in order of names, but not
            what lies in hidden folders; `-` for standard
            input, whose syntax is told from its first character.

    Raises:
        Missing: if a path is not there, or a folder holds no record.
        Unreadable: if a file cannot be read.
        TooLarge: beyond `tree.MAX_BYTES`.
        Malformed: if a file's ending names no syntax.
    """
    for path in paths:
        if path == "-":
            yield _standard_input()
        elif Path(path).is_dir():
            yield from _below(Path(path))
        else:
            yield _document(Path(path))


def _standard_input() -> Document:
    body = sys.stdin.buffer.read(MAX_BYTES + 1)
    media = Media.JSONLD if body.lstrip()[:1] in {b"{", b"["} else Media.YAML
    return Document(body, media, "<stdin>")


def _below(folder: Path) -> Iterator[Document]:
    found = sorted(_records_below(folder))
    if not found:
        raise Missing(
            "the folder holds no record",
            where=str(folder),
            remedy=f"records end in {' '.join(sorted(_ENDINGS))}",
        )
    for path in found:
        yield _document(path)


def _is_hidden(path: Path) -> bool:
    """Registries, repositories and environments live in folders that begin with a dot; no record does."""
    return any(part.startswith(".") for part in path.parts)


def card(path: Path) -> Document | None:
    """The card that a path names: a Markdown file, or the README.md of a folder that holds no record.

    Args:
        path: file or folder.

    Returns:
        the card, its syntax to be told by whoever reads it; None if the path names something else.

    Raises:
        Missing, Unreadable, TooLarge: as `documents`.
    """
    if path.is_dir():
        readme = path / "README.md"
        return None if not readme.is_file() or any(_records_below(path)) else _read(readme, Media.YAML)
    return _read(path, Media.YAML) if path.suffix.lower() == ".md" else None


def _records_below(folder: Path) -> Iterator[Path]:
    return (
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in _ENDINGS and path.is_file() and not _is_hidden(path.relative_to(folder))
    )


def part(path: Path) -> Document:
    """A file as it is, its syntax to be told by whoever reads it.

    Args:
        path: of a file.

    Raises:
        Missing, Unreadable, TooLarge: as `documents`.
    """
    return _read(path, Media.JSONLD)


def _document(path: Path) -> Document:
    if not path.exists():
        raise _missing(path)  # Before its ending is: a folder that is not there has none.
    return _read(path, Media.of_path(path))


def _missing(path: Path) -> Missing:
    return Missing("there is no such file", where=str(path), remedy=f"relative paths begin in {Path.cwd()}")


def _read(path: Path, media: Media) -> Document:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TooLarge(
                f"{path.stat().st_size:,} bytes are more than the {MAX_BYTES:,} that a record may have",
                where=str(path),
                remedy="link to large content by its address and digest",
            )
        return Document(path.read_bytes(), media, str(path))
    except FileNotFoundError:
        raise _missing(path) from None
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}", where=str(path)) from None
