"""Places, and whose turn it is: each asker in turn, however many questions one of them has."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Ticket:
    """One question that waits, and is woken alone: waking all so that one may go on costs more than most questions.

    Args:
        who: asks.
    """

    __slots__ = ("called", "gate", "is_over", "wake", "who")

    def __init__(self, who: str) -> None:
        self.who = who
        self.wake: Callable[[], None] | None = None
        """Called when it need not wait any more, by whichever thread that is; it must not take long."""
        self.called = self.is_over = False
        self.gate = threading.Lock()
        self.gate.acquire()

    def end(self, *, called: bool) -> None:
        """Let it go on, with a place or without one."""
        self.called, self.is_over = called, True
        self.gate.release()
        if self.wake is not None:
            self.wake()


class Turns:
    """A number of places, and a queue that is fair to askers.

    Args:
        places: how many are held at once.
        waiting: how many may wait. If more come, the asker with the most questions loses the newest of them.
    """

    def __init__(self, places: int, waiting: int) -> None:
        self._free, self._most = places, waiting
        self._waiting = 0
        self._queue: dict[str, deque[Ticket]] = {}
        self._changing = threading.Lock()

    @property
    def free(self) -> int:
        """How many places nobody has."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting

    def take(self, who: str, seconds: float) -> bool:
        """Wait for a place.

        Args:
            who: asks.
            seconds: to wait at most.

        Returns:
            whether there is one; it has to be left.
        """
        return self.wait(self.enter(who), seconds)

    def enter(self, who: str, wake: Callable[[], None] | None = None) -> Ticket:
        """Ask for a place, without waiting for it. A ticket has to be waited for in the end, or left.

        Args:
            who: asks.
            wake: called when there is a place that was not there at once, or none to be hoped for.
        """
        ticket = Ticket(who)
        with self._changing:
            if self._free and not self._waiting:
                self._free -= 1
                ticket.end(called=True)
            elif self._waiting >= self._most and not self._make_room(who):
                ticket.end(called=False)
            else:
                ticket.wake = wake
                self._queue.setdefault(who, deque()).append(ticket)
                self._waiting += 1
        return ticket

    def wait(self, ticket: Ticket, seconds: float) -> bool:
        """Wait for a place that was asked for.

        Args:
            ticket: what was given for it.
            seconds: to wait at most.

        Returns:
            whether there is one; it has to be left.
        """
        if not ticket.is_over:
            ticket.gate.acquire(timeout=max(0.0, seconds))
        with self._changing:
            if not ticket.is_over:
                self._remove(ticket)
                ticket.is_over = True
            return ticket.called

    def leave(self) -> None:
        """Give a place back: to the asker who has waited longest since a turn of theirs."""
        with self._changing:
            if not self._waiting:
                self._free += 1
                return
            who = next(iter(self._queue))
            ticket = self._queue[who][0]
            self._remove(ticket)
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
        self._remove(ticket)
        ticket.end(called=False)
        return True

    def _remove(self, ticket: Ticket) -> None:
        tickets = self._queue[ticket.who]
        tickets.remove(ticket)
        self._waiting -= 1
        if not tickets:
            del self._queue[ticket.who]
