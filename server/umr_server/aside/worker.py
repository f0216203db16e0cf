"""The process that looks at large drafts: one request at a time, and it may be killed at any moment.

Run as a program, with the registry's folder and the settings as JSON. Requests come as frames on standard input: a
line of JSON, and the body; so do answers go to standard output. It ends with its input, or when it has used more
time or memory than it may.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.test import EnvironBuilder, run_wsgi_app

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.aside import MARK
from umr_server.confinement import allow, confine
from umr_server.frames import END, READY, read_frame, write_frame
from umr_server.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

_TOLD = {"content-type", "cache-control", "link", "vary"}
"""Headers that are passed on; the server adds its own to every answer."""
_MEMORY = 2 << 30
"""Bytes of address space, most of which the store maps without using it."""
_PROCESSOR = 600
"""Seconds of one request after which the system ends it, if the server that would have done it is gone."""


def main(folder: str, settings: str) -> None:
    """Answer until nobody asks any more.

    Args:
        folder: of the registry.
        settings: of the server, as JSON.
    """
    source, target = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What is printed must not come between the frames.
    os.dup2(2, 1)
    with Registry.open(Path(folder)) as registry:
        app = create_app(registry, Settings(**json.loads(settings)))
        confine(_MEMORY)
        write_frame(target, READY, b"")
        while frame := read_frame(source):
            _, asked = frame
            allow(_PROCESSOR)
            registry.position()  # What others wrote meanwhile is taken notice of.
            write_frame(target, END, _answer(app, asked))


def _answer(app: Flask, asked: bytes) -> bytes:
    head, _, body = asked.partition(b"\n")
    environ = EnvironBuilder(**json.loads(head), data=body).get_environ()
    pieces, status, headers = run_wsgi_app(app, {**environ, MARK: True}, buffered=True)
    told = [(name, value) for name, value in headers if name.lower() in _TOLD]
    said = [int(status.partition(" ")[0]), told]
    return json.dumps(said).encode() + b"\n" + b"".join(pieces)


if __name__ == "__main__":
    main(*sys.argv[1:])
