"""The process that makes documents: one at a time, and it may be killed at any moment.

Run as a program. What it is asked comes as frames on standard input, from the server that started it and from nobody
else; documents go to standard output. It ends with its input, or when it has used more time or memory than it may.
"""

from __future__ import annotations

import os
import pickle
from typing import IO

from umr_ld.errors import UmrError
from umr_ld.render.targets import TARGETS
from umr_server.confinement import allow, confine
from umr_server.frames import END, FAULT, READY, read_frame, write_frame

_MEMORY = 2 << 30
"""Bytes of address space; the typesetter maps its fonts, which are 100 MB."""
_PROCESSOR = 120
"""Seconds of one document's making after which the system ends it, if the server that would have done it is gone."""


def main() -> None:
    """Make documents until nobody asks for any more."""
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # A library that writes to standard output must not write into a document.
    os.dup2(2, 1)
    confine(_MEMORY)
    write_frame(target, READY, b"")
    while frame := read_frame(source):
        _, body = frame
        allow(_PROCESSOR)
        _answer(body, target)


def _answer(body: bytes, target: IO[bytes]) -> None:
    key, shown = pickle.loads(body)  # noqa: S301 - the server's own words
    try:
        write_frame(target, END, TARGETS[key].render(shown).body)
    except UmrError as error:
        write_frame(target, FAULT, error.what.encode())


if __name__ == "__main__":
    main()
