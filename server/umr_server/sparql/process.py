"""One answering process, as the one that asks sees it."""

from __future__ import annotations

import json
import os
import select
import time
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from umr_ld.errors import Busy
from umr_server.frames import BACK, DATA, END, FAULT, HEAD, KEPT, READY, Died, OutOfTime, write_frame
from umr_server.sparql.loan import ASK, LEND, Kept, Lender, Returned

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from umr_server.sparql.line import Line
    from umr_server.sparql.loan import Lent
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
        os.set_blocking(self._source.fileno(), False)
        self._poll = select.poll()
        self._poll.register(self._source, select.POLLIN)
        self._held, self._body = bytearray(), _Body()
        self._lender = Lender()
        self.told: list[Returned | Kept] = []
        """What it told of connections that are lent to it, and of what it answered there."""
        self.is_ready = self.yields = False
        self.loans = self.times = 0
        """Of connections, and of times for which it answers on what is lent: how many there were."""

    def send(self, request: dict[str, Any]) -> None:
        """Give it a query; what it answers comes by and by.

        Args:
            request: as `worker` reads it.

        Raises:
            Died: it is of no use.
        """
        self.clear()
        self._write(ASK, json.dumps(request).encode())

    def clear(self) -> None:
        """Forget what it answered and told."""
        self._body.close()
        self._body = _Body()
        self.told.clear()

    def lend(self, connection: socket.socket, lent: Lent) -> int:
        """Let it answer on a connection, beginning with a question that came by it.

        Args:
            connection: stays open here.
            lent: what it is told.

        Returns:
            bytes that lie in the pipe until it reads them.

        Raises:
            Died: it is of no use.
        """
        written = self._lender.written(lent)
        try:
            self.line.lend(connection)
        except OSError as error:
            raise Died from error
        self._write(LEND, written)
        return len(written)

    def _write(self, kind: bytes, body: bytes) -> None:
        try:
            write_frame(self._target, kind, body)
        except OSError as error:
            raise Died from error

    @property
    def line(self) -> Line:
        """What lies between here and there for what is lent."""
        return self._born.line

    def wait(self, until: float, trial: float, on_trial: Callable[[], None]) -> Answered:
        """Wait for the answer.

        Args:
            until: moment (monotonic seconds) by which it has to be there.
            trial: moment at which `on_trial` is called, once, if it is not there by then.
            on_trial: may raise what ends the waiting.

        Raises:
            OutOfTime, Died, Refused: after the first two the process is of no use.
        """
        moment = _Trial(trial, on_trial)
        while (answered := self.look()) is None:
            self._pause(until, moment)
        return answered

    def look(self) -> Answered | None:
        """The answer, if it is there; for who does not wait.

        Raises:
            Died, Refused: after the first the process is of no use.
            Busy: if all processes were ended.
        """
        self._receive()
        while frame := self._frame():
            kind, data = frame
            if kind == DATA:
                self._body.write(data)
            elif kind == END:
                form, _, rest = data.partition(b"\n")
                self._body.write(rest)
                return Answered(form.decode(), self._body.take(), self._body.size)
            elif kind == FAULT:
                raise Refused(json.loads(data))
            elif kind == KEPT:
                self.told.append(Kept.read(data))
            elif kind == BACK:
                self.told.append(Returned.read(data))
        return None

    @property
    def come(self) -> int:
        """Bytes that have come of an answer that is not there yet."""
        return self._body.size + len(self._held)

    def fileno(self) -> int:
        """What becomes readable when there is more to be looked at."""
        return self._source.fileno()

    def end(self) -> None:
        """Kill it, if it still runs, and let go of what it read."""
        self._nursery.end(self._born)
        self._body.close()
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
        until = time.monotonic() + _START
        while not self.is_ready:
            self._pause(until, _Trial(until, None))
            self._receive()
            if frame := self._frame():
                if frame[0] != READY:
                    raise Died
                self.is_ready = True

    def _pause(self, until: float, trial: _Trial) -> None:
        """Let time pass until there is more, or no more time."""
        now = time.monotonic()
        if now >= until:
            raise OutOfTime
        stop = min(until, trial.passed(now))
        self._poll.poll(max(stop - now, 0) * 1000 + 1)

    def _receive(self) -> None:
        try:
            piece = os.read(self._source.fileno(), _PIECE)
        except BlockingIOError:
            return
        except ValueError:
            # All processes were ended while somebody waited for this one.
            raise Busy("the server is ending", remedy="ask again in a while") from None
        if not piece:
            raise Died
        self._held += piece

    def _frame(self) -> tuple[bytes, bytes] | None:
        """The next frame, if it is here whole."""
        held = self._held
        if len(held) < HEAD.size:
            return None
        kind, length = HEAD.unpack_from(held)
        need = HEAD.size + length
        if len(held) < need:
            return None
        body = bytes(held[HEAD.size : need])
        del held[:need]
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

    def take(self) -> bytes | IO[bytes]:
        """All of it, which is the taker's to close."""
        if self._file is None:
            return b"".join(self._pieces)
        file, self._file = self._file, None
        file.seek(0)
        return file

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
