"""The processes that answer: who is idle, who is busy, and that there are no more than are wanted."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from umr_ld.errors import Busy
from umr_server.sparql.nursery import Nursery
from umr_server.sparql.process import Process

if TYPE_CHECKING:
    from umr_server.settings import Settings
    from umr_server.sparql.snapshot import Snapshot


class Processes:
    """Gives processes out, and takes them back. Nothing is started before the first one is wanted.

    Args:
        settings: limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._memory, self._most = settings.query_memory, settings.query_workers
        self._nursery = Nursery()
        self._guard = threading.Lock()
        self._idle: deque[Process] = deque()
        self._busy: set[Process] = set()
        self._is_closed = False

    def __len__(self) -> int:
        """How many are busy."""
        return len(self._busy)

    @property
    def is_closed(self) -> bool:
        """Whether all were ended, and none is to be had."""
        return self._is_closed

    def take(self, snapshot: Snapshot) -> Process:
        """One over a snapshot: an idle one, or another, which may have to be waited for until it is ready.

        Args:
            snapshot: what it reads.

        Raises:
            Busy: if the system gives no process.
        """
        stale = []
        with self._guard:
            found = next((one for one in self._idle if one.snapshot is snapshot), None)
            if found is None:
                stale = [one for one in self._idle if one.snapshot.seq < snapshot.seq]
            for one in (*stale, *([found] if found else ())):
                self._idle.remove(one)
            if found is not None:
                self._busy.add(found)
        for one in stale:
            one.end()
        return self._born(snapshot) if found is None else found

    def _born(self, snapshot: Snapshot) -> Process:
        process = Process(snapshot, self._memory, self._nursery)
        with self._guard:
            if not self._is_closed:
                self._busy.add(process)
                return process
        process.end()
        raise Busy("the server is ending", remedy="ask again in a while")

    def take_ready(self, snapshot: Snapshot) -> Process | None:
        """One over a snapshot that can be asked at once; None if there is none.

        Args:
            snapshot: what it reads.
        """
        with self._guard:
            for one in self._idle:
                if one.is_ready and one.snapshot is snapshot:
                    self._idle.remove(one)
                    self._busy.add(one)
                    return one
        return None

    def give_back(self, process: Process) -> None:
        """Let others have one that has answered.

        Args:
            process: one that was taken.
        """
        with self._guard:
            is_wanted = process in self._busy and len(self._idle) < self._most
            self._busy.discard(process)
            # One that was made to yield to others would go on doing so.
            if is_wanted and not process.yields:
                self._idle.append(process)
                return
        process.end()

    def drop(self, process: Process) -> None:
        """End one that is of no use any more, and start another, which will be ready when it is asked.

        Args:
            process: one that was taken.
        """
        with self._guard:
            is_ours = process in self._busy
            self._busy.discard(process)
        if not is_ours:
            return
        self._replace(process.snapshot)
        process.end()

    def _replace(self, snapshot: Snapshot) -> None:
        if not self._has_room():
            return
        # Born while nobody is kept waiting who only looks for an idle one.
        with suppress(Busy):
            process = Process(snapshot, self._memory, self._nursery)
            with self._guard:
                if self._has_room():
                    self._idle.append(process)
                    return
            process.end()

    def _has_room(self) -> bool:
        return not self._is_closed and len(self._idle) < self._most

    def close(self) -> None:
        """End all of them."""
        with self._guard:
            self._is_closed = True
            processes = [*self._idle, *self._busy]
            self._idle.clear()
            self._busy.clear()
        for process in processes:
            process.end()
        self._nursery.close()
