"""A connection that is lent to a process for a moment, and what both ends have between them for that.

Who asks one quick question after the other is answered by the process that makes the answers: the way through the one
that lends costs more than they do. A request is read only by who answers it, and who answers holds the claim meanwhile,
of which there is one for each process. So whatever becomes of the process, the one that lends can take the connection
back, with the request unread that was not answered, and nothing is answered twice.
"""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

ALONE, AMONG_OTHERS = 0.01, 0.005
"""Seconds for which a connection is lent while nobody waits for a turn, and while somebody does."""

_NOTE = struct.Struct(">QIdd")
_PIECE = 1 << 13


class Terms(NamedTuple):
    """On which a connection is lent.

    Args:
        before: of each request what stands before its query.
        after: of each request what stands behind its query.
        heads: of answers by form, and by whether they last; see `heads.completed`.
        most: bytes of an answer that may be given at once.
        seq: number of the journal entry that is asked of.
    """

    before: bytes
    after: bytes
    heads: Mapping[tuple[str, bool], bytes]
    most: int
    seq: int

    def written(self) -> dict[str, Any]:
        """As a part of a question."""
        heads = [(form, lasts, head.decode("latin-1")) for (form, lasts), head in self.heads.items()]
        before, after = self.before.decode("latin-1"), self.after.decode("latin-1")
        return {"before": before, "after": after, "heads": heads, "most": self.most, "seq": self.seq}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Terms:
        """What was `written`.

        Args:
            said: part of a question.
        """
        heads = {(form, lasts): head.encode("latin-1") for form, lasts, head in said["heads"]}
        before, after = said["before"].encode("latin-1"), said["after"].encode("latin-1")
        return cls(before, after, heads, said["most"], said["seq"])


class Loan(NamedTuple):
    """What is lent.

    Args:
        connection: to who asks.
        terms: on which.
        seconds: for how long.
    """

    connection: socket.socket
    terms: Terms
    seconds: float


class Note(NamedTuple):
    """An answer that was given on a connection that was lent.

    Args:
        identifier: of its request.
        size: bytes of it.
        began: when its request had arrived, as of `time.perf_counter`, which is one clock for all processes.
        ended: when it was sent.
    """

    identifier: str
    size: int
    began: float
    ended: float


class Line:
    """One end of what lies between who lends and a process, beside questions and answers.

    Args:
        side: connections go one way and notes the other.
        taking: file descriptor that the claim is taken from.
        putting: file descriptor that it is put back to.
    """

    def __init__(self, side: socket.socket, taking: int, putting: int) -> None:
        self._side, self._taking, self._putting = side, taking, putting
        self._held = bytearray()

    @classmethod
    def laid(cls) -> tuple[Line, list[int]]:
        """The end of who lends, and the file descriptors of the other, which are the taker's to close."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        taking, putting = os.pipe()
        os.set_blocking(taking, False)
        ours.setblocking(False)
        line = cls(ours, taking, putting)
        line.put_back()
        return line, [its.detach(), os.dup(taking), os.dup(putting)]

    @classmethod
    def at(cls, descriptors: list[int]) -> Line:
        """The end of a process.

        Args:
            descriptors: as of `laid`.
        """
        side, taking, putting = descriptors
        return cls(socket.socket(fileno=side), taking, putting)

    def claim(self) -> bool:
        """Take the claim; False if the other end has it."""
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

    def note(self, note: Note) -> None:
        """Tell who lends of an answer; it is not woken by that.

        Args:
            note: of the answer.
        """
        self._side.sendall(_NOTE.pack(int(note.identifier, 16), *note[1:]))

    def notes(self) -> list[Note]:
        """What has been told since this was asked last; also by a process that is gone."""
        with suppress(BlockingIOError, ConnectionError):
            while piece := self._side.recv(_PIECE):
                self._held += piece
        whole = len(self._held) // _NOTE.size * _NOTE.size
        said, self._held = bytes(self._held[:whole]), self._held[whole:]
        return [Note(f"{number:016x}", *rest) for number, *rest in _NOTE.iter_unpack(said)]

    def close(self) -> None:
        """Let go of this end."""
        self._side.close()
        os.close(self._taking)
        os.close(self._putting)
