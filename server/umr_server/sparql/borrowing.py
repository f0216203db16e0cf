"""What a process does with a connection that is lent to it: it answers on it, as long as that is quick."""

from __future__ import annotations

import json
import select
import socket
import time
from typing import IO, TYPE_CHECKING, Self

from umr_ld.sparql import is_lasting
from umr_server.frames import GIVEN, KEPT, put_frame, write_frame
from umr_server.heads import completed, finished, new_identifier
from umr_server.sparql.answers import etag
from umr_server.sparql.loan import Note
from umr_server.sparql.plain import LONGEST, between, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_server.sparql.loan import Line, Terms
    from umr_server.sparql.writer import Writer

    Ask = Callable[[str], Writer | None]

_PAUSE = 1
"""Milliseconds in which who is answered asks again, or goes back to wait where all wait."""

MOST = 100
"""Answers on one loan, so that there is room for the notes of all."""

_QUICK = 0.001
"""Seconds: what took longer is told to who lends, to be kept for who asks the same again."""


class Borrowed:
    """A connection that is lent.

    Args:
        line: to who lends.
        terms: on which.
        seconds: for how long.
        target: where answers go that are not given here.
    """

    def __init__(self, line: Line, terms: Terms, seconds: float, target: IO[bytes]) -> None:
        self._line, self._terms, self._target = line, terms, target
        self._until = time.monotonic() + seconds
        self._rest, self._unread, self._left = b"", 0, MOST
        self._is_over = False
        self._connection: socket.socket = line.borrow()
        self._poll = select.poll()
        self._poll.register(self._connection, select.POLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def serve(self, text: str, ask: Ask) -> None:
        """Answer one question after the other.

        Args:
            text: of the first, whose request is read already.
            ask: has a query answered; None if it told who lends why there is no answer.
        """
        began, asked = time.perf_counter(), text
        while True:
            writer = ask(asked)
            if writer is None:
                return
            if not self._give(asked, writer, began):
                writer.end()
                return
            if self._is_over:
                return
            following = self._following()
            if following is None:
                self._end()
                return
            asked, began = following, time.perf_counter()

    def _end(self) -> None:
        write_frame(self._target, GIVEN, self._rest)

    def _give(self, text: str, writer: Writer, began: float) -> bool:
        """Whether an answer was given here; else it goes to who lends."""
        lasts, body = is_lasting(text), writer.whole
        head = self._terms.heads.get((writer.form.key, lasts))
        if head is None or body is None or len(body) > self._terms.most or not self._line.claim():
            return False
        try:
            tag = etag(self._terms.seq, text, writer.form.key) if lasts else ""
            identifier = new_identifier()
            self._send(finished(completed(head, len(body), tag), identifier), body)
            self._line.note(Note(identifier, len(body), began, ended := time.perf_counter()))
            if ended - began > _QUICK and lasts:
                put_frame(self._target, KEPT, json.dumps([writer.form.key, text]).encode() + b"\n" + body)
                self._is_over = True
            if self._is_over:
                self._end()
        finally:
            self._line.put_back()
        return True

    def _send(self, head: bytes, body: bytes) -> None:
        """Read the request, and send what the connection takes now of its answer.

        Who lends sends the rest, or finds out that nobody is there any more.
        """
        try:
            if self._unread:
                self._connection.recv(self._unread)
            sent = self._connection.sendmsg([head, body])
        except BlockingIOError:
            sent = 0
        except OSError:
            self._is_over = True
            return
        if sent < len(head) + len(body):
            self._rest, self._is_over = (head + body)[sent:], True

    def _following(self) -> str | None:
        """The next question, whose request stays unread; None if there is none that is plain, or no time is left."""
        self._left -= 1
        if time.monotonic() > self._until or not self._left or not self._poll.poll(_PAUSE):
            return None
        terms = self._terms
        most = len(terms.before) + LONGEST + len(terms.after)
        try:
            sent = self._connection.recv(most + 1, socket.MSG_PEEK)
        except OSError:
            return None
        said = between(sent, terms.before, terms.after)
        self._unread = len(sent)
        return None if said is None else text_of(said.decode("ascii"))
