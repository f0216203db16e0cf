"""Places, and whose turn it is: each asker in turn, however many questions one of them has."""

from __future__ import annotations

import threading
from collections import deque


class _Ticket:
    """One question that waits, and is woken alone: waking all so that one may go on costs more than most questions."""

    __slots__ = ("called", "gate", "is_over")

    def __init__(self) -> None:
        self.called = self.is_over = False
        self.gate = threading.Lock()
        self.gate.acquire()

    def end(self, *, called: bool) -> None:
        """Let it go on, with a place or without one."""
        self.called, self.is_over = called, True
        self.gate.release()


class Turns:
    """A number of places, and a queue that is fair to askers.

    Args:
        places: how many are held at once.
        waiting: how many may wait. If more come, the asker with the most questions loses the newest of them.
    """

    def __init__(self, places: int, waiting: int) -> None:
        self._free, self._most = places, waiting
        self._waiting = 0
        self._queue: dict[str, deque[_Ticket]] = {}
        self._changing = threading.Lock()

    def take(self, who: str, seconds: float) -> bool:
        """Wait for a place.

        Args:
            who: asks.
            seconds: to wait at most.

        Returns:
            whether there is one; it has to be left.
        """
        with self._changing:
            if self._free and not self._waiting:
                self._free -= 1
                return True
            if self._waiting >= self._most and not self._make_room(who):
                return False
            ticket = _Ticket()
            self._queue.setdefault(who, deque()).append(ticket)
            self._waiting += 1
        ticket.gate.acquire(timeout=max(0.0, seconds))
        with self._changing:
            if not ticket.is_over:
                self._remove(who, ticket)
            return ticket.called

    def leave(self) -> None:
        """Give a place back: to the asker who has waited longest since a turn of theirs."""
        with self._changing:
            if not self._waiting:
                self._free += 1
                return
            who = next(iter(self._queue))
            ticket = self._queue[who][0]
            self._remove(who, ticket)
            if who in self._queue:
                self._queue[who] = self._queue.pop(who)
            ticket.end(called=True)

    def _make_room(self, who: str) -> bool:
        if not self._queue:
            return False
        greediest = max(self._queue, key=lambda one: len(self._queue[one]))
        if len(self._queue[greediest]) <= len(self._queue.get(who, ())) + 1:
            return False
        ticket = self._queue[greediest][-1]
        self._remove(greediest, ticket)
        ticket.end(called=False)
        return True

    def _remove(self, who: str, ticket: _Ticket) -> None:
        tickets = self._queue[who]
        tickets.remove(ticket)
        self._waiting -= 1
        if not tickets:
            del self._queue[who]
