"""Graphs that wait to be written into a store, the last of each, in a file that has no name and ends with the process."""

from __future__ import annotations

import io
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import pyoxigraph as ox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import IO

_HELD = 4 * 1024 * 1024
"""Bytes up to which nothing is written to the disk: one record needs no file."""
_PIECE = 256 * 1024
"""Bytes that are written at once."""


class Waiting:
    """Graphs as N-Triples, by name.

    Args:
        folder: where there is space for them; None to keep them in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._places: dict[str, tuple[int, int]] = {}
        self._held: list[bytes] = []
        """What is to be written behind all that is in the file, in one piece."""
        self._held_bytes = 0
        self._end = 0
        self._reading = -1
        """Where the file stands, if it was read last."""
        self._quads = 0
        self._opened: IO[bytes] | None = None

    def clear(self) -> None:
        """Let go of everything."""
        self._places, self._end, self._quads = {}, 0, 0
        self._held, self._held_bytes, self._reading = [], 0, -1
        file, self._opened = self._opened, None
        if file is not None:
            # What was not written out yet cannot be lost: nobody wants it any more.
            with suppress(OSError):
                file.close()

    @property
    def _file(self) -> IO[bytes]:
        if self._opened is None:
            if self._folder is None:
                self._opened = io.BytesIO()
            else:
                file = tempfile.SpooledTemporaryFile(_HELD, dir=str(self._folder))  # noqa: SIM115 - `clear` closes it
                self._opened = cast("IO[bytes]", file)
        return self._opened

    def put(self, name: str, text: bytes) -> None:
        """Take a graph in, in place of what it was to be before.

        Args:
            name: its IRI.
            text: N-Triples; empty if it is to go.

        Raises:
            OSError: if there is no space; what waits is not to be used then.
        """
        self._held.append(text)
        self._held_bytes += len(text)
        self._places[name] = self._end, len(text)
        self._end += len(text)
        self._quads += text.count(b"\n")
        if self._held_bytes > _PIECE:
            self.write()

    def write(self) -> None:
        """Put into the file what was taken in.

        Raises:
            OSError: as of `put`.
        """
        if self._held:
            self._file.seek(self._end - self._held_bytes)
            self._file.write(b"".join(self._held))
            self._held, self._held_bytes, self._reading = [], 0, -1

    @property
    def quads(self) -> int:
        """How many came, also those that are not the last of their graphs any more."""
        return self._quads

    @property
    def names(self) -> Sequence[str]:
        """IRIs of the graphs, in the order in which they came first."""
        return [*self._places]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, name: str) -> bytes:
        self.write()
        place, size = self._places[name]
        # They are mostly read as they came: a file that is told where it is lets go of what it read ahead.
        if self._reading != place:
            self._file.seek(place)
        self._reading = place + size
        return self._file.read(size)


class Lines(io.RawIOBase):
    """Waiting graphs as N-Quads, for who reads them once.

    Args:
        waiting: where they are.
        names: of those that are wanted.

    To be read through a buffer: who asks for little at a time asks that one.
    """

    def __init__(self, waiting: Waiting, names: Iterator[str]) -> None:
        self._waiting = waiting
        self._names = names
        self._rest = b""

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """See `io.RawIOBase`."""
        pieces, held, size = [self._rest], len(self._rest), len(buffer)
        while held < size and (name := next(self._names, None)) is not None:
            # No line of N-Triples has a line's end within.
            end = f" {ox.NamedNode(name)} .\n".encode()
            pieces.append(self._waiting[name].replace(b" .\n", end))
            held += len(pieces[-1])
        text = b"".join(pieces)
        self._rest = text[size:]
        buffer[: min(held, size)] = text[:size]
        return min(held, size)
