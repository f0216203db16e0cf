"""What lists hold, piece by piece: lines of a file, objects of an answer of which perhaps not all can be read."""

from __future__ import annotations

import gzip
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from umr_ld.errors import Missing, Unreadable
from umr_ld.formats.loss import Loss

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

ENDINGS = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
"""Of files with one JSON object a line."""

LONGEST = 4 * 1024 * 1024
"""Bytes of one object; the longest real ones are below 64 KiB."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is said of one thing.

    Args:
        body: a JSON object.
        place: where it stands, for messages.
        dataset: whether it is about a dataset; else about a model.
        asked: the repository that was asked for, where it was one; a hub answers for one that was renamed.
    """

    body: bytes
    place: str
    dataset: bool = False
    asked: str = ""


def pieces_of(path: Path) -> Iterator[Piece | Loss]:
    """The lines of a file.

    Args:
        path: with one JSON object a line, compressed by gzip if its name ends in `.gz`.

    Yields:
        each line that holds something, or why what follows cannot be read.

    Raises:
        Missing: if there is no such file.
        Unreadable: if the system does not let it be read.
    """
    number = 0
    try:
        with _opened(path) as lines:
            while line := lines.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    why = f"not read: the line has more than {LONGEST:,} bytes"
                    yield Loss("", "", why, f"{path}:{number}")
                    while line and not line.endswith(b"\n"):
                        line = lines.readline(LONGEST)
                elif line.strip():
                    yield Piece(line.strip(), f"{path}:{number}")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        why = f"not read from here on: the file is cut or damaged: {error}"
        yield Loss("", "", why, f"{path}:{number + 1}")


def count_of(path: Path) -> int:
    """How many lines a file has, as far as it can be read.

    Args:
        path: as of `pieces_of`.
    """
    total = 0
    try:
        with _opened(path) as lines:
            while part := lines.read(1024 * 1024):
                total += part.count(b"\n")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        pass
    return total


def _opened(path: Path) -> IO[bytes]:
    try:
        return cast("IO[bytes]", gzip.open(path, "rb") if path.name.endswith(".gz") else path.open("rb"))
    except FileNotFoundError:
        raise Missing("there is no such file", where=str(path)) from None
    except OSError as error:
        raise Unreadable(f"the file cannot be read: {error.strerror}", where=str(path)) from None


def objects_of(body: bytes, place: str, *, dataset: bool = False) -> Iterator[Piece | Loss]:
    """The objects of an array, as many as can be read.

    Args:
        body: JSON, perhaps cut, perhaps something else altogether.
        place: where it comes from.
        dataset: as of `Piece`.

    Yields:
        each object, and at the end why there are not more, if not all was read.
    """
    text = body.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text.startswith("["):
        looks = "HTML" if text[:1] == "<" else "no list"
        yield Loss("", text[:80], f"not read: the answer is {looks}, where JSON was expected", place)
        return
    decoder, at, number = json.JSONDecoder(), 1, 0
    while True:
        at = _past(text, at, " \t\r\n,")
        if text[at : at + 1] == "]":
            return
        try:
            one, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            why = f"not read from here on: the answer breaks off or is no JSON ({type(error).__name__})"
            yield Loss("", text[at : at + 80], why, f"{place} [{number}]")
            return
        del one
        yield Piece(text[at:end].encode(), f"{place} [{number}]", dataset)
        at, number = end, number + 1


def _past(text: str, at: int, passed: str) -> int:
    while text[at : at + 1] and text[at] in passed:
        at += 1
    return at
