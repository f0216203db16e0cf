"""How the process that asks and the process that answers talk: frames of a kind, a length, and bytes."""

from __future__ import annotations

import struct
from typing import IO

DATA, END, FAULT, READY = b"D", b"E", b"X", b"R"
HEAD = struct.Struct(">cI")


def write_frame(target: IO[bytes], kind: bytes, body: bytes) -> None:
    """Write one frame.

    Args:
        target: a pipe.
        kind: one of the four.
        body: at most 4 GiB.
    """
    target.write(HEAD.pack(kind, len(body)))
    target.write(body)
    target.flush()
