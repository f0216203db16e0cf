"""What a process does with connections that are lent to it: it answers on them, one question after the other."""

from __future__ import annotations

import select
import socket
import time
from collections import OrderedDict
from typing import IO, TYPE_CHECKING, NamedTuple

from umr_ld.sparql import is_lasting
from umr_server.frames import BACK, END, KEPT, put_frame, read_frame, write_frame
from umr_server.heads import completed, finished, new_identifier
from umr_server.sparql.answers import etag
from umr_server.sparql.line import Note
from umr_server.sparql.loan import LEND, Borrower, Kept, Returned
from umr_server.sparql.plain import LONGEST, between, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from umr_server.sparql.line import Line
    from umr_server.sparql.loan import Lent
    from umr_server.sparql.writer import Writer

    Ask = Callable[[Mapping[str, Any]], Writer | None]

_PAUSE = 2
"""Milliseconds in which one of those who are answered asks again, or all go back to wait where all wait."""

_QUICK, _ANYHOW = 0.001, 0.02
"""Seconds of the processor, and of the clock: what took longer is kept, here and by who lends, for who asks the same again."""

_KEPT = 4 << 20
"""Bytes of answers that are kept here."""


class _Guest:
    """A connection that is lent.

    Args:
        lent: what was said of it.
        connection: itself.
    """

    __slots__ = ("connection", "forms", "place", "rest", "serial", "terms", "time", "unread")

    def __init__(self, lent: Lent, connection: socket.socket) -> None:
        self.place, self.serial, self.terms, self.connection = lent.place, lent.serial, lent.terms, connection
        self.time, self.unread, self.forms = lent.time, 0, tuple(lent.terms.question["forms"])
        self.rest: bytes | None = None
        """Set when nothing more can be sent: what is left to be sent."""


class _Found(NamedTuple):
    """An answer.

    Args:
        form: key of its form.
        body: all of it; None if some of it was sent to who lends.
        writer: that has it; None if it had been made before.
    """

    form: str
    body: bytes | None
    writer: Writer | None


class Borrowing:
    """Answers on what is lent. It is over when all is given back or taken back, or when something is for who lends.

    Args:
        line: to who lends.
        source: where what is sent is read from, not buffered.
        target: where answers go that are not given here.
        ask: has a query answered; None if it told who lends why there is no answer.
    """

    def __init__(self, line: Line, source: IO[bytes], target: IO[bytes], ask: Ask) -> None:
        self._line, self._ledger, self._target, self._ask = line, line.ledger, target, ask
        self._source, self._borrower = source, Borrower()
        self._guests: dict[int, _Guest] = {}
        self._kept: OrderedDict[tuple[str, tuple[str, ...]], tuple[str, bytes]] = OrderedDict()
        self._size = 0
        self._is_over, self._ended = False, 0
        self._poll = select.poll()
        self._poll.register(source, select.POLLIN)

    def serve(self, sent: bytes) -> tuple[bytes, bytes] | None:
        """Answer until it is over.

        Args:
            sent: the first loan.

        Returns:
            what was sent that is no loan, and for that reason ended it; None if there was none.
        """
        self._is_over = False
        self._take(sent)
        while self._guests and not self._is_over:
            frame = self._turn()
            if frame is None:
                continue
            if frame[0] != LEND:
                self._drop_all()
                return frame
            self._take(frame[1])
        self._drop_all()
        return None

    def _turn(self) -> tuple[bytes, bytes] | None:
        """Answer those who ask; what was sent meanwhile, if anything was."""
        if self._ledger.is_enough or self._ledger.is_full:
            self._give_all_back()
            return None
        ready = self._poll.poll(_PAUSE)
        if not ready:
            self._give_all_back()
        has_come = False
        for descriptor, _ in ready:
            if descriptor == self._source.fileno():
                has_come = True
            elif not self._is_over:
                self._listen(self._guests[descriptor])
        return read_frame(self._source) if has_come and not self._is_over else None

    # -- connections

    def _take(self, sent: bytes) -> None:
        began = time.perf_counter()
        lent, connection = self._borrower.read(sent), self._line.borrow()
        self._ledger.accept()
        if lent.time == self._ended:
            connection.close()
            return
        guest = self._guests[connection.fileno()] = _Guest(lent, connection)
        self._poll.register(connection, select.POLLIN)
        self._answer(guest, lent.text, began)

    def _give_all_back(self) -> None:
        for guest in [*self._guests.values()]:
            self._give_back(guest)
        self._target.flush()

    def _give_back(self, guest: _Guest) -> None:
        """Who lends answers what comes next, or finds out that nobody is there any more."""
        back = Returned(guest.serial, self._ledger.written, guest.rest or b"")
        put_frame(self._target, BACK, back.written())
        self._drop(guest)

    def _drop_all(self) -> None:
        for guest in [*self._guests.values()]:
            self._drop(guest)

    def _drop(self, guest: _Guest) -> None:
        del self._guests[guest.connection.fileno()]
        self._poll.unregister(guest.connection)
        guest.connection.close()

    # -- questions

    def _listen(self, guest: _Guest) -> None:
        """Answer the next question, whose request stays unread meanwhile."""
        began, terms = time.perf_counter(), guest.terms
        most = len(terms.before) + LONGEST + len(terms.after)
        try:
            sent = guest.connection.recv(most + 1, socket.MSG_PEEK)
        except OSError:
            sent = b""
        said = between(sent, terms.before, terms.after)
        text = None if said is None else text_of(said.decode("ascii"))
        if text is None:
            self._give_back(guest)
            self._target.flush()
            return
        guest.unread = len(sent)
        self._answer(guest, text, began)

    def _answer(self, guest: _Guest, text: str, began: float) -> None:
        with self._line:
            if not self._ledger.is_lent(guest.place, guest.serial):
                self._drop(guest)
                return
            self._ledger.current = guest.serial
        used = time.thread_time()
        found = self._found(text, guest)
        used = time.thread_time() - used
        if found is not None and self._give(guest, text, found, began):
            is_long = used > _QUICK or time.perf_counter() - began > _ANYHOW
            if is_long and found.body is not None and found.writer is not None and is_lasting(text):
                self._keep(text, guest.forms, found.form, found.body)
            return
        # Who lends takes everything back when it hears of this, and nothing else is to be begun before.
        self._is_over, self._ended = True, guest.time
        if found is not None:
            self._tell(found)

    def _tell(self, found: _Found) -> None:
        if found.writer is not None:
            found.writer.end()
        else:
            write_frame(self._target, END, found.form.encode() + b"\n" + (found.body or b""))

    def _found(self, text: str, guest: _Guest) -> _Found | None:
        """An answer; None if it was told why there is none."""
        known = self._kept.get((text, guest.forms))
        if known is not None:
            return _Found(*known, None)
        writer = self._ask({**guest.terms.question, "text": text})
        return None if writer is None else _Found(writer.form.key, writer.whole, writer)

    def _give(self, guest: _Guest, text: str, found: _Found, began: float) -> bool:
        """Whether an answer could be given here; else it is for who lends."""
        terms, lasts, body = guest.terms, is_lasting(text), found.body
        head = terms.heads.get((found.form, lasts))
        if head is None or body is None or len(body) > terms.most:
            return False
        tag, identifier = etag(terms.seq, text, found.form) if lasts else "", new_identifier()
        written = finished(completed(head, len(body), tag), identifier)
        with self._line:
            if not self._ledger.is_lent(guest.place, guest.serial):
                return False
            self._ledger.is_sending = True
            self._send(guest, written, body)
            ended = time.perf_counter()
            is_recalled = found.writer is None
            self._ledger.note(Note(guest.serial, len(body), identifier, began, ended, is_recalled))
            self._ledger.current, self._ledger.is_sending = 0, False
        if guest.rest is not None:
            self._give_back(guest)
            self._target.flush()
        return True

    def _send(self, guest: _Guest, head: bytes, body: bytes) -> None:
        """Read the request, and send what the connection takes now of its answer."""
        try:
            if guest.unread:
                guest.connection.recv(guest.unread)
            sent = guest.connection.sendmsg([head, body])
        except BlockingIOError:
            sent = 0
        except OSError:
            guest.rest = b""
            return
        if sent < len(head) + len(body):
            guest.rest = (head + body)[sent:]

    def _keep(self, text: str, forms: tuple[str, ...], form: str, body: bytes) -> None:
        """Keep what took a while, and have it kept."""
        write_frame(self._target, KEPT, Kept(text, forms, form, body).written())
        self._kept[text, forms] = form, body
        self._size += len(body)
        while self._size > _KEPT:
            _, (_, old) = self._kept.popitem(last=False)
            self._size -= len(old)
