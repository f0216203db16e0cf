"""What lies between who lends connections and a process that answers on them, beside questions and answers.

Connections go one way. What becomes of them stands in a ledger, which is memory that both share: which are lent, which
is being answered, and what was answered. Who begins an answer or gives it holds the claim meanwhile, and so does who
takes a connection back; there is one for each process, in a pipe. What stands in the ledger outlives the process.
"""

from __future__ import annotations

import mmap
import os
import select
import socket
import struct
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = 32
"""Connections that a process can have at once."""

ROOM = 256
"""Notes that can be written down before the one who lends has to read them."""

_CURRENT, _SENDING, _ACCEPTED, _ENOUGH = 0, 4, 8, 12
_WRITTEN, _READ = 16, 24
_LENT = 32
_NOTES = _LENT + 4 * PLACES
_NOTE = struct.Struct("=IIQdd?7x")
_SIZE = _NOTES + ROOM * _NOTE.size
_SMALL, _LARGE = struct.Struct("=I"), struct.Struct("=Q")


class Note(NamedTuple):
    """An answer that was given on a connection that is lent.

    Args:
        serial: number of the loan.
        size: bytes of it.
        identifier: of its request.
        began: when its request had arrived, as of `time.perf_counter`, which is one clock for all processes.
        ended: when it was sent.
        is_recalled: whether it had been made before.
    """

    serial: int
    size: int
    identifier: str
    began: float
    ended: float
    is_recalled: bool


class Ledger:
    """What both ends write down. Numbers of loans begin with 1.

    Args:
        descriptor: of the memory; it is closed.
    """

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _SIZE)
        os.close(descriptor)

    @classmethod
    def made(cls) -> tuple[Ledger, int]:
        """An empty one, and a file descriptor of its memory for the other end, which is the taker's to close."""
        descriptor = os.memfd_create("ledger", os.MFD_CLOEXEC)
        os.ftruncate(descriptor, _SIZE)
        return cls(os.dup(descriptor)), descriptor

    def close(self) -> None:
        """Let go of the memory."""
        self._memory.close()

    # -- what is lent: written by who lends, who has to hold the claim to take something back

    def lend(self, place: int, serial: int) -> None:
        """Write down that a connection is lent.

        Args:
            place: among those of the process.
            serial: number of the loan.
        """
        _SMALL.pack_into(self._memory, _LENT + 4 * place, serial)

    def withdraw(self, place: int) -> None:
        """Write down that it is not any more.

        Args:
            place: among those of the process.
        """
        self.lend(place, 0)

    def is_lent(self, place: int, serial: int) -> bool:
        """Whether a connection is lent still.

        Args:
            place: among those of the process.
            serial: number of the loan.
        """
        return self._small(_LENT + 4 * place) == serial

    @property
    def is_enough(self) -> bool:
        """Whether the process is to give back what it has as soon as it has answered."""
        return bool(self._small(_ENOUGH))

    @is_enough.setter
    def is_enough(self, said: bool) -> None:
        _SMALL.pack_into(self._memory, _ENOUGH, said)

    # -- what is done: written by the process, which has to hold the claim but where it counts

    @property
    def current(self) -> int:
        """Number of the loan on which a question is being answered; 0 for none."""
        return self._small(_CURRENT)

    @current.setter
    def current(self, serial: int) -> None:
        _SMALL.pack_into(self._memory, _CURRENT, serial)

    @property
    def is_sending(self) -> bool:
        """Whether a request was perhaps read whose answer was perhaps not sent whole."""
        return bool(self._small(_SENDING))

    @is_sending.setter
    def is_sending(self, said: bool) -> None:
        _SMALL.pack_into(self._memory, _SENDING, said)

    @property
    def accepted(self) -> int:
        """How many loans the process has taken note of."""
        return self._small(_ACCEPTED)

    def accept(self) -> None:
        """Count one."""
        _SMALL.pack_into(self._memory, _ACCEPTED, self.accepted + 1)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another note."""
        return self.written - self._large(_READ) >= ROOM

    @property
    def written(self) -> int:
        """How many notes there ever were."""
        return self._large(_WRITTEN)

    def note(self, note: Note) -> None:
        """Write down an answer.

        Args:
            note: of it.
        """
        number = self.written
        serial, size, identifier, *rest = note
        _NOTE.pack_into(self._memory, self._place(number), serial, size, int(identifier, 16), *rest)
        _LARGE.pack_into(self._memory, _WRITTEN, number + 1)

    def notes(self, until: int) -> Iterator[Note]:
        """What was written down since this was asked last; for who lends.

        Args:
            until: how many there were when the claim was held last, or when the process told of it.
        """
        for number in range(self._large(_READ), until):
            serial, size, identifier, *rest = _NOTE.unpack_from(self._memory, self._place(number))
            _LARGE.pack_into(self._memory, _READ, number + 1)
            yield Note(serial, size, f"{identifier:016x}", *rest)

    def _place(self, number: int) -> int:
        return _NOTES + number % ROOM * _NOTE.size

    def _small(self, at: int) -> int:
        return int(_SMALL.unpack_from(self._memory, at)[0])

    def _large(self, at: int) -> int:
        return int(_LARGE.unpack_from(self._memory, at)[0])


class Line:
    """One end. Used as a context it holds the claim, and waits for it.

    Args:
        ledger: what both ends write down.
        side: connections go this way.
        taking: file descriptor that the claim is taken from.
        putting: file descriptor that it is put back to.
    """

    def __init__(self, ledger: Ledger, side: socket.socket, taking: int, putting: int) -> None:
        self.ledger = ledger
        self._side, self._taking, self._putting = side, taking, putting
        self._poll = select.poll()
        self._poll.register(taking, select.POLLIN)

    @classmethod
    def laid(cls) -> tuple[Line, list[int]]:
        """The end of who lends, and the file descriptors of the other, which are the taker's to close."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        taking, putting = os.pipe()
        os.set_blocking(taking, False)
        ledger, memory = Ledger.made()
        line = cls(ledger, ours, taking, putting)
        line.put_back()
        return line, [memory, its.detach(), os.dup(taking), os.dup(putting)]

    @classmethod
    def at(cls, descriptors: list[int]) -> Line:
        """The end of a process.

        Args:
            descriptors: as of `laid`.
        """
        memory, side, taking, putting = descriptors
        return cls(Ledger(memory), socket.socket(fileno=side), taking, putting)

    def __enter__(self) -> Self:
        while not self.claim():
            self._poll.poll()
        return self

    def __exit__(self, *_: object) -> None:
        self.put_back()

    def claim(self) -> bool:
        """Take the claim, to be put back; False if the other end has it."""
        try:
            return bool(os.read(self._taking, 1))
        except BlockingIOError:
            return False

    def put_back(self) -> None:
        """Leave the claim to whichever end wants it next."""
        os.write(self._putting, b"1")

    def lend(self, connection: socket.socket) -> None:
        """Send a connection to the process.

        Args:
            connection: stays open here.
        """
        socket.send_fds(self._side, [b"L"], [connection.fileno()])

    def borrow(self) -> socket.socket:
        """The connection that was sent."""
        _, descriptors, _, _ = socket.recv_fds(self._side, 1, 1)
        return socket.socket(fileno=descriptors[0])

    def close(self) -> None:
        """Let go of this end."""
        self._side.close()
        os.close(self._taking)
        os.close(self._putting)
        self.ledger.close()
