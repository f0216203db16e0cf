"""How the server and a process of its own talk: frames of a kind, a length, and bytes; and how that ends badly."""

from __future__ import annotations

import struct
from typing import IO

DATA, END, FAULT, READY = b"D", b"E", b"X", b"R"
BACK, KEPT = b"B", b"K"
HEAD = struct.Struct(">cI")


class Died(Exception):
    """The process is gone: it needed too much memory or time, or somebody killed it."""


class OutOfTime(Exception):
    """The moment came before the answer."""


def write_frame(target: IO[bytes], kind: bytes, body: bytes) -> None:
    """Write one frame.

    Args:
        target: a pipe.
        kind: one of the above.
        body: at most 4 GiB.
    """
    put_frame(target, kind, body)
    target.flush()


def put_frame(target: IO[bytes], kind: bytes, body: bytes) -> None:
    """Write one frame that need not arrive before the next: each arrival wakes the one who waits.

    Args:
        target: a pipe, buffered.
        kind: one of the above.
        body: at most 4 GiB.
    """
    target.write(HEAD.pack(kind, len(body)))
    target.write(body)


def read_frame(source: IO[bytes]) -> tuple[bytes, bytes] | None:
    """Kind and bytes of the next frame, which is waited for; None at the end.

    Args:
        source: a pipe; not buffered, where others look whether there is something in it.
    """
    head = _read(source, HEAD.size)
    if len(head) < HEAD.size:
        return None
    kind, length = HEAD.unpack(head)
    return kind, _read(source, length)


def _read(source: IO[bytes], size: int) -> bytes:
    held = b""
    while len(held) < size and (piece := source.read(size - len(held))):
        held += piece
    return held
