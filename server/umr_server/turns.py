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
        wake: called when it need not wait any more, by whichever thread that is; it must not take long. None if a
            thread waits.
    """

    __slots__ = ("called", "gate", "is_over", "wake", "who")

    def __init__(self, who: str, wake: Callable[[], None] | None) -> None:
        self.who, self.wake = who, wake
        self.called = self.is_over = False
        self.gate = threading.Lock()
        self.gate.acquire()

    def end(self, *, called: bool) -> None:
        """Let it go on, with a place or without one."""
        self.settle(called=called)
        if self.wake is not None:
            self.wake()

    def settle(self, *, called: bool) -> None:
        """As `end`, where whoever would be woken is here."""
        self.called, self.is_over = called, True
        self.gate.release()


class Turns:
    """A number of places, and a queue that is fair to askers.

    Args:
        places: how many are held at once.
        waiting: how many may wait with a thread. If more come, the asker with the most questions loses the newest of
            them.
        patient: how many may wait without one; likewise.
    """

    def __init__(self, places: int, waiting: int, patient: int = 0) -> None:
        self._free, self._most = places, {True: waiting, False: patient}
        self._waits = {True: 0, False: 0}
        """How many wait with a thread, and without."""
        self._queue: dict[str, deque[Ticket]] = {}
        self._changing = threading.Lock()

    @property
    def free(self) -> int:
        """How many places nobody has."""
        return self._free

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waits[True] + self._waits[False]

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
        ticket = Ticket(who, wake)
        kind = wake is None
        with self._changing:
            if self._free and not self.waiting:
                self._free -= 1
                ticket.settle(called=True)
            elif self._waits[kind] >= self._most[kind] and not self._make_room(who, kind):
                ticket.settle(called=False)
            else:
                self._queue.setdefault(who, deque()).append(ticket)
                self._waits[kind] += 1
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
            if not self.waiting:
                self._free += 1
                return
            who = next(iter(self._queue))
            ticket = self._queue[who][0]
            self._remove(ticket)
            if who in self._queue:
                self._queue[who] = self._queue.pop(who)
            ticket.end(called=True)

    def _make_room(self, who: str, kind: bool) -> bool:
        """Whether somebody with more questions of a kind lost one."""
        of_kind = {
            one: [ticket for ticket in tickets if (ticket.wake is None) is kind]
            for one, tickets in self._queue.items()
        }
        greediest = max(of_kind, key=lambda one: len(of_kind[one]), default=None)
        if greediest is None or len(of_kind[greediest]) <= len(of_kind.get(who, ())) + 1:
            return False
        ticket = of_kind[greediest][-1]
        self._remove(ticket)
        ticket.end(called=False)
        return True

    def _remove(self, ticket: Ticket) -> None:
        tickets = self._queue[ticket.who]
        tickets.remove(ticket)
        self._waits[ticket.wake is None] -= 1
        if not tickets:
            del self._queue[ticket.who]
