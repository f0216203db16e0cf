"""A process of the server's own that works on one thing after the other, as who asks it sees it. It may be killed."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
import weakref

from umr_ld.errors import Busy
from umr_server.frames import END, HEAD, READY, Died, OutOfTime

_PIECE = 1 << 16
_START = 60.0
"""Seconds after which a process that has not begun never will."""


class Child:
    """A process that answers one frame after the other.

    Args:
        module: that is run as a program.
        arguments: of it.

    Raises:
        Busy: if the system gives no process.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        try:
            self._child = subprocess.Popen(  # noqa: S603 - a module of ours, as a list of words
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                # An interruption that a person types is for the server, which ends its processes in order.
                start_new_session=True,
            )
        except OSError as error:
            raise Busy(
                f"no process could be started: {error.strerror}", remedy="ask again in a while"
            ) from None
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._target, self._source = self._child.stdin.fileno(), self._child.stdout.fileno()
        os.set_blocking(self._target, False)
        self._is_ready = False
        self._ended = weakref.finalize(self, _end, self._child)

    def ask(self, asked: bytes, seconds: float) -> tuple[bytes, bool]:
        """Have something done.

        Args:
            asked: as the module reads it.
            seconds: in which it has to be there. What the process takes to begin is none of them.

        Returns:
            the answer; or why there is none, and False.

        Raises:
            OutOfTime, Died: the process is of no use any more.
        """
        try:
            if not self._is_ready:
                self._frame(time.monotonic() + _START)
                self._is_ready = True
            until = time.monotonic() + seconds
            self._write(HEAD.pack(READY, len(asked)) + asked, until)
            kind, body = self._frame(until)
        except (BrokenPipeError, ConnectionError) as error:
            raise Died from error
        return body, kind == END

    def end(self) -> None:
        """Kill it, and wait until it is gone. So does whoever lets go of it."""
        self._ended()

    def _write(self, data: bytes, until: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self._target, select.POLLOUT, until)
            rest = rest[os.write(self._target, rest[:_PIECE]) :]

    def _frame(self, until: float) -> tuple[bytes, bytes]:
        kind, length = HEAD.unpack(self._read(HEAD.size, until))
        return kind, self._read(length, until)

    def _read(self, size: int, until: float) -> bytes:
        held = bytearray()
        while len(held) < size:
            self._wait(self._source, select.POLLIN, until)
            piece = os.read(self._source, min(_PIECE, size - len(held)))
            if not piece:
                raise Died
            held += piece
        return bytes(held)

    def _wait(self, descriptor: int, event: int, until: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        left = until - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000 + 1):
            raise OutOfTime


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            pipe.close()
    child.wait()
