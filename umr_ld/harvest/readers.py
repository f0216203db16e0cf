"""Processes that read what comes next in a list, while the one that writes writes what came before.

The result is the same with any number of them: what is taken, in which order and with which bytes, is decided by the one
that writes. They end with it, however it ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from typing import TYPE_CHECKING

from umr_ld.errors import TooLong, UmrError
from umr_ld.formats.loss import Loss
from umr_ld.garbage import collect_seldom
from umr_ld.harvest.preparing import Packed, Ready, read_hub, ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from multiprocessing.connection import Connection

    from umr_ld.addresses import Base
    from umr_ld.harvest.listing import Piece
    from umr_ld.harvest.preparing import Reader
    from umr_ld.screen import Screen

ALONE = 1500
"""Pieces of a list from which on other processes read the rest: to begin takes each of them a second."""

_AHEAD = 2
"""Batches that are read ahead of the one that is written."""
_TASK = 100
"""Pieces that a process is given at once."""


def processors() -> int:
    """How many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable is not None else os.cpu_count() or 1


class Readers:
    """Processes that read pieces of the Hugging Face Hub's lists. None is begun before it is of use.

    Args:
        jobs: how many; with one, or none, everything is read by this process.
        base: of the registry.
        screen: gives its shapes.
        read: what makes a draft of a piece; only `read_hub` is done by others.
    """

    def __init__(self, jobs: int, base: Base, screen: Callable[[], Screen], read: Reader = read_hub) -> None:
        self._jobs = jobs if read is read_hub else 1
        self._read = read
        self._base = base
        self._screen = screen
        self._pool: _Pool | None = None
        self._alone = 0
        """Pieces that this process reads."""

    def ahead(
        self, batches: Iterable[Sequence[Piece | Loss]], fresh: Callable[[Sequence[Piece]], Sequence[Piece]]
    ) -> Iterator[tuple[Sequence[Piece | Loss], Reading]]:
        """Batches of a list, while the next ones are being read.

        Args:
            batches: of pieces.
            fresh: gives those of some pieces that will have to be read.

        Yields:
            each, in order, with what is read of it elsewhere.
        """
        waiting: deque[tuple[Sequence[Piece | Loss], Reading]] = deque()
        given, broken = iter(batches), None
        while True:
            try:
                batch = next(given, None)
            except UmrError as error:
                # What came before is taken, as if it had not been read ahead.
                broken, batch = error, None
            if batch is None:
                break
            waiting.append((batch, self._begun(batch, fresh)))
            if len(waiting) > self._ahead:
                yield waiting.popleft()
        yield from waiting
        if broken is not None:
            raise broken

    @property
    def _ahead(self) -> int:
        return _AHEAD if self._jobs > 1 else 0

    def _begun(
        self, batch: Sequence[Piece | Loss], fresh: Callable[[Sequence[Piece]], Sequence[Piece]]
    ) -> Reading:
        """Have a batch read, if it is worth while."""
        reading = Reading(self._read_here)
        if self._jobs < 2:
            return reading
        new = fresh([piece for piece in batch if not isinstance(piece, Loss)])
        if self._alone < ALONE:
            self._alone += len(new)
            return reading
        for start in range(0, len(new), _TASK):
            some = new[start : start + _TASK]
            reading.expect(some, self._running().submit(some))
        return reading

    def _running(self) -> _Pool:
        if self._pool is None:
            self._pool = _Pool(self._jobs, self._base, self._screen())
        return self._pool

    def _read_here(self, pieces: Sequence[Piece]) -> Sequence[Ready | Loss]:
        return ready(pieces, self._read, self._base, self._screen()) if pieces else ()

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes; what they read and nobody took is read again another time."""
        if self._pool is not None:
            self._pool.close()


class _Pool:
    """Processes at the ends of pipes. Each ends when its pipe does, so that nothing is left of them, nor of what
    they are asked through, when the one that asks is killed. A pool of the library's has semaphores.

    Args:
        jobs: how many.
        base: of the registry.
        screen: its shapes.
    """

    def __init__(self, jobs: int, base: Base, screen: Screen) -> None:
        # A fork would have the store's and the index's files open.
        context = multiprocessing.get_context("spawn")
        self._processes, self._pipes = [], []
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        for _ in range(jobs):
            here, there = context.Pipe()
            process = context.Process(target=_work, args=(there, base, screen), daemon=True)
            process.start()
            there.close()
            self._processes.append(process)
            self._pipes.append(here)
            self._idle.put(here)
        # While one thread puts together again what a process sent, another gives that process more to do.
        self._asking = ThreadPoolExecutor(2 * jobs)

    def submit(self, pieces: Sequence[Piece]) -> Future[list[Packed | Loss]]:
        """Have pieces read.

        Args:
            pieces: some of a list.

        Returns:
            what becomes of them, in their order; `EOFError` or `OSError` if the process was ended.
        """
        return self._asking.submit(self._read, pieces)

    def _read(self, pieces: Sequence[Piece]) -> list[Packed | Loss]:
        pipe = self._idle.get()
        try:
            pipe.send(pieces)
            answer = pipe.recv_bytes()
        finally:
            self._idle.put(pipe)
        found: list[Packed | Loss] = ForkingPickler.loads(answer)
        return found

    def close(self) -> None:
        """End the processes, when they have done what they are doing."""
        self._asking.shutdown(cancel_futures=True)
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join()


class Reading:
    """What is read of a batch.

    Args:
        alone: reads what no other process does.
    """

    def __init__(self, alone: Callable[[Sequence[Piece]], Sequence[Ready | Loss]]) -> None:
        self._alone = alone
        self._expected: dict[int, tuple[Future[list[Packed | Loss]], int]] = {}

    def expect(self, pieces: Sequence[Piece], future: Future[list[Packed | Loss]]) -> None:
        """Note that another process reads some pieces.

        Args:
            pieces: of the batch.
            future: what becomes of them, in their order.
        """
        self._expected.update({id(piece): (future, at) for at, piece in enumerate(pieces)})

    def of(self, pieces: Sequence[Piece]) -> Iterator[Ready | Loss]:
        """What is read of pieces.

        Args:
            pieces: of the batch.

        Yields:
            of each the draft, or why it cannot be read, in the order given.

        Raises:
            TooLong: if a process that read one was ended from outside.
        """
        here = iter(self._alone([piece for piece in pieces if id(piece) not in self._expected]))
        for piece in pieces:
            yield self._elsewhere(piece) if id(piece) in self._expected else next(here)

    def _elsewhere(self, piece: Piece) -> Ready | Loss:
        future, at = self._expected[id(piece)]
        try:
            one = future.result()[at]
        except (EOFError, OSError):
            raise _ended(piece.place) from None
        return one if isinstance(one, Loss) else one.unpacked(piece)


def _ended(place: str) -> TooLong:
    return TooLong(
        "a process that read the list was ended from outside, perhaps for want of memory",
        where=place,
        remedy="what was taken is kept: run it again, with --jobs 1 if it happens again",
    )


# -- in the other processes


def _work(pipe: Connection, base: Base, screen: Screen) -> None:
    """Read what is asked for, until nobody asks any more; leave interruptions to the process that writes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    collect_seldom()
    try:
        while True:
            found = ready(pipe.recv(), read_hub, base, screen)
            pipe.send([one if isinstance(one, Loss) else Packed.of(one) for one in found])
    except (EOFError, OSError):
        return
