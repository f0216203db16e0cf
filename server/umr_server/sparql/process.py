"""One answering process, as the one that asks sees it."""

from __future__ import annotations

import json
import os
import select
import time
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from umr_server.frames import DATA, END, FAULT, HEAD, READY, Died, OutOfTime, write_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_server.sparql.nursery import Nursery
    from umr_server.sparql.snapshot import Snapshot

_SPOOL = 1 << 20
_PIECE = 1 << 16
_START = 60.0
"""Seconds after which a process that has not begun never will."""


class Refused(Exception):
    """The process answered that it does not answer.

    Args:
        told: its `kind`, `what` and `remedy`.
    """

    def __init__(self, told: dict[str, str]) -> None:
        super().__init__(told["kind"])
        self.told = told


class Answered(NamedTuple):
    """An answer.

    Args:
        form: key of the form it is written in.
        body: all of it; or a file at its beginning, where it is large.
        size: in bytes.
    """

    form: str
    body: bytes | IO[bytes]
    size: int


class Process:
    """A process over one snapshot.

    Args:
        snapshot: held until it ends.
        memory: bytes that a query may need.
        nursery: where it is born.

    Raises:
        Busy: if the system gives no process.
    """

    def __init__(self, snapshot: Snapshot, memory: int, nursery: Nursery) -> None:
        self._born = nursery.bear(str(snapshot.folder), memory)
        self.snapshot, self._nursery = snapshot.hold(), nursery
        self._source, self._target = self._born.source, self._born.target
        self._poll = select.poll()
        self._poll.register(self._source, select.POLLIN)
        self._held = bytearray()
        self._is_ready = False
        self.yields = False

    def ask(
        self, request: dict[str, Any], until: float, trial: float, on_trial: Callable[[], None]
    ) -> Answered:
        """Have a query answered.

        Args:
            request: as `worker` reads it.
            until: moment (monotonic seconds) by which it has to be answered.
            trial: seconds after which `on_trial` is called, once, if it is not answered by then.
            on_trial: may raise what ends the asking.

        Raises:
            OutOfTime, Died, Refused: after the first two the process is of no use.
        """
        self.begin()
        body = _Body()
        try:
            write_frame(self._target, b"Q", json.dumps(request).encode())
            return self._answered(body, until, _Trial(time.monotonic() + trial, on_trial))
        except BrokenPipeError as error:
            body.close()
            raise Died from error
        except BaseException:
            body.close()
            raise

    def _answered(self, body: _Body, until: float, trial: _Trial) -> Answered:
        form = ""
        while True:
            kind, data = self._frame(until, trial)
            if kind == READY:
                form = data.decode()
            elif kind == DATA:
                body.write(data)
            elif kind == END:
                return Answered(form, body.read(), body.size)
            elif kind == FAULT:
                raise Refused(json.loads(data))

    def end(self) -> None:
        """Kill it, if it still runs, and let go of what it read."""
        self._nursery.end(self._born)
        self.snapshot.leave()

    def yield_to_others(self) -> None:
        """Let it work only when nothing else wants to."""
        self.yields = True
        self._nursery.slow_down(self._born)

    def begin(self) -> None:
        """Wait until it is ready; the time that takes is none of a query's.

        Raises:
            OutOfTime, Died: if it never will be.
        """
        if not self._is_ready:
            until = time.monotonic() + _START
            kind, _ = self._frame(until, _Trial(until, None))
            if kind != READY:
                raise Died
            self._is_ready = True

    def _frame(self, until: float, trial: _Trial) -> tuple[bytes, bytes]:
        need = HEAD.size
        while len(self._held) < need or len(self._held) < (
            need := HEAD.size + HEAD.unpack_from(self._held)[1]
        ):
            now = time.monotonic()
            if now >= until:
                raise OutOfTime
            stop = min(until, trial.passed(now))
            if self._poll.poll(max(stop - now, 0) * 1000 + 1):
                piece = os.read(self._source.fileno(), _PIECE)
                if not piece:
                    raise Died
                self._held += piece
        kind = HEAD.unpack_from(self._held)[0]
        body = bytes(self._held[HEAD.size : need])
        del self._held[:need]
        return kind, body


class _Body:
    """What has come of an answer: most are small, and a large one is a file."""

    def __init__(self) -> None:
        self.size = 0
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self._file is not None:
            self._file.write(data)
            return
        self._pieces.append(data)
        if self.size > _SPOOL:
            self._file = TemporaryFile()  # noqa: SIM115 - the reader's to close
            self._file.writelines(self._pieces)
            self._pieces.clear()

    def read(self) -> bytes | IO[bytes]:
        if self._file is None:
            return b"".join(self._pieces)
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class _Trial:
    """A moment, and what is done once when it is over."""

    def __init__(self, moment: float, then: Callable[[], None] | None) -> None:
        self._moment, self._then = moment, then

    def passed(self, now: float) -> float:
        """The moment that is waited for next."""
        if self._then is None:
            return float("inf")
        if now < self._moment:
            return self._moment
        then, self._then = self._then, None
        then()
        return float("inf")
