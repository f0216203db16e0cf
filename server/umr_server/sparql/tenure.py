"""A time for which a process answers on connections that are lent to it, as the one sees it that lends."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from umr_server.frames import Died
from umr_server.sparql.line import PLACES, Note
from umr_server.sparql.loan import Kept, Lent, Returned
from umr_server.sparql.process import Refused

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterable

    from umr_server.sparql.loan import Terms
    from umr_server.sparql.process import Answered, Process

_MOST = 32 << 10
"""Bytes of loans that the process has not taken note of: who lends must not wait until there is room in the pipe."""


class Heard(NamedTuple):
    """What a process told.

    Args:
        notes: of what it answered where it was lent.
        kept: answers that are to be kept.
        returned: connections.
        answered: an answer that it could not give itself, or why there is none: with it the time is over.
    """

    notes: list[Note]
    kept: list[Kept]
    returned: list[Returned]
    answered: Answered | Exception | None


class Taken(NamedTuple):
    """What was taken back.

    Args:
        notes: of what had been answered.
        serial: number of the loan on which a question is being answered, whose answer now comes here; 0 for none.
        is_torn: whether the process died while it answered there, so that nobody knows how much of that was sent.
    """

    notes: list[Note]
    serial: int
    is_torn: bool


class Tenure:
    """It begins when this is made.

    Args:
        process: has nothing to do.
    """

    def __init__(self, process: Process) -> None:
        self._process, self._ledger = process, process.line.ledger
        process.times += 1
        process.clear()
        # It waits, and writes nothing down before something is lent.
        self._ledger.current, self._ledger.is_enough = 0, False
        self._places: dict[int, int] = {}
        self._lying: deque[int] = deque()
        self._written = self._ledger.written
        self.began = self.moved = time.monotonic()
        """When it began, and when it was seen last that the process got on."""

    @property
    def has_room(self) -> bool:
        """Whether another connection can be lent."""
        while len(self._lying) > self._process.loans - self._ledger.accepted:
            self._lying.popleft()
        return not self._ledger.is_enough and len(self._places) < PLACES and sum(self._lying) < _MOST

    def lend(self, connection: socket.socket, terms: Terms, text: str) -> int:
        """Lend a connection.

        Args:
            connection: on which a question came.
            terms: on which it is lent.
            text: of the question.

        Returns:
            number of the loan.

        Raises:
            Died: if the process is of no use.
        """
        process = self._process
        process.loans += 1
        serial, place = process.loans, next(iter(set(range(PLACES)).difference(self._places.values())))
        self._places[serial] = place
        self._ledger.lend(place, serial)
        self._lying.append(process.lend(connection, Lent(place, serial, process.times, terms, text)))
        return serial

    def hear(self) -> Heard:
        """What the process told since this was asked last."""
        answered: Answered | Exception | None
        try:
            answered = self._process.look()
        except (Died, Refused) as error:
            answered = error
        told, notes = [*self._process.told], list[Note]()
        self._process.told.clear()
        returned = [one for one in told if isinstance(one, Returned) and one.serial in self._places]
        for one in returned:
            notes += self._ledger.notes(one.notes)
            self._ledger.withdraw(self._places.pop(one.serial))
        return Heard(notes, [one for one in told if isinstance(one, Kept)], returned, answered)

    def look(self) -> list[Note] | None:
        """What was answered since this was asked last; None if the process is giving an answer just now."""
        if not self._process.line.claim():
            self.moved = time.monotonic()
            return None
        written, current = self._ledger.written, self._ledger.current
        notes = [*self._ledger.notes(written)]
        self._process.line.put_back()
        if written != self._written or not current:
            self._written, self.moved = written, time.monotonic()
        return notes

    def end(self) -> None:
        """Have all connections given back as soon as the process has answered what it is at."""
        self._ledger.is_enough = True

    def take_back(self, but: Iterable[int] = ()) -> Taken | None:
        """Take connections back; None if that cannot be done just now.

        Args:
            but: numbers of loans that stay.
        """
        return self._taken(but) if self._process.line.claim() else None

    def take_back_all(self) -> Taken:
        """Take all connections back from a process that is dead, or has told that it does nothing any more."""
        if self._process.line.claim():
            return self._taken(())
        return self._noted(is_torn=self._ledger.is_sending)

    def current(self) -> int:
        """Number of the loan on which a question is being answered; 0 for none. It may be over when it is told."""
        return self._ledger.current

    def _taken(self, but: Iterable[int]) -> Taken:
        for serial in self._places.keys() - set(but):
            self._ledger.withdraw(self._places.pop(serial))
        taken = self._noted(is_torn=False)
        self._process.line.put_back()
        return taken

    def _noted(self, *, is_torn: bool) -> Taken:
        return Taken([*self._ledger.notes(self._ledger.written)], self._ledger.current, is_torn)
