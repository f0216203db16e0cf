"""Connections of clients that ask one quick question after the other are lent to the processes that answer them.

A process answers on all that are lent to it, in turn, until nobody asks, others wait for the process, or a while is
over. One that is at a question for long has the others taken from it, if there is another to answer them.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from umr_server.frames import Died
from umr_server.running.keeper import KEPT, MADE, SMALLEST_ZIPPED
from umr_server.running.listener import Listener
from umr_server.running.watch import Told
from umr_server.sparql.answers import Asked
from umr_server.sparql.loan import Terms
from umr_server.sparql.plain import parts, text_of
from umr_server.sparql.process import Answered
from umr_server.sparql.question import written
from umr_server.sparql.shortcut import PATH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from umr_server.running.channels import Channel
    from umr_server.running.echoes import Echoes
    from umr_server.running.errands import Errand
    from umr_server.site import Site
    from umr_server.sparql.line import Note
    from umr_server.sparql.question import Question
    from umr_server.sparql.tenure import Taken, Tenure

SHORT = 16 * 1024
"""Bytes of an answer that are given at once: nobody is kept waiting for what is made of them."""

_AT_ONCE = 0.01
"""Seconds in which who asks one question after the other asks the next."""

_LAG = 0.1
"""Seconds: where answers may lag less behind what is published, each question is looked at by itself."""

_ALONE, _AMONG_OTHERS = 0.05, 0.005
"""Seconds for which a process answers on what is lent while nobody waits for it, and while somebody does."""

_SOON = 0.005
"""Seconds after which it is looked again what a process is doing."""

_LOG = logging.getLogger("waitress")

_SHY = 16
"""Questions that are not lent after one that was for who lends."""


class Stand(Listener):
    """A process that answers on what is lent to it. In the loop it stands for it.

    Args:
        lending: of which it is a part.
        question: by which there is a process.
        tenure: that has begun.
        channel: by which the question came.
    """

    def __init__(self, lending: Lending, question: Question, tenure: Tenure, channel: Channel) -> None:
        self._lending, self.question, self.tenure, self._channel = lending, question, tenure, channel
        self._source = question.source
        self.guests: dict[int, Errand] = {}
        """Whose connections are lent, by number of the loan."""
        self.looked = tenure.began
        """When it was seen after last."""
        channel.listen(self._source, self)

    def close(self) -> None:
        """Hear nothing any more."""
        self._channel.listen(self._source, None)

    @property
    def is_stuck(self) -> bool:
        """Whether the process was at one question for a while when it was seen after last."""
        return self.looked - self.tenure.moved >= _SOON

    @property
    def is_enough(self) -> bool:
        """Whether the server ends."""
        return bool(self._channel.server.is_stopping)

    def heard(self) -> None:
        """See `Listener`."""
        self._lending.hear(self)


class Lending:
    """Decides what is lent, and sees after it. For the thread that receives.

    Args:
        site: what is asked.
        echoes: counts answers and writes them down.
        resume: told of an errand that is one again, with a question that its process is at, or was.
        again: told of one whose question nobody has begun.
    """

    def __init__(
        self,
        site: Site,
        echoes: Echoes,
        resume: Callable[[Errand], None],
        again: Callable[[Errand], None],
    ) -> None:
        self._queries, self._settings, self._echoes = site.queries, site.settings, echoes
        self._resume, self._again = resume, again
        self._stands: list[Stand] = []

    def __len__(self) -> int:
        return sum(len(stand.guests) for stand in self._stands)

    # -- what is lent

    def lends(self, errand: Errand) -> bool:
        """Whether a question is one of those that are lent to a process.

        Args:
            errand: whose turn has come, or that has just arrived.
        """
        channel = errand.channel
        is_one_of_many = errand.began - channel.answered < _AT_ONCE
        is_free = not channel.shy and not channel.server.is_stopping
        return is_one_of_many and is_free and not errand.others and self._settings.query_age >= _LAG

    def begin(self, errand: Errand) -> None:
        """Let a process answer that was found for a question.

        Args:
            errand: whose question it is.
        """
        question = errand.question
        stand = Stand(self, question, question.begin(), errand.channel)
        self._stands.append(stand)
        self._lend(stand, errand)

    def join(self, errand: Errand) -> bool:
        """Let a process answer that answers others on what is lent already, and for no longer than without it.

        Args:
            errand: that has just arrived.

        Returns:
            whether there is one; else the question waits for its turn like others.
        """
        queries, seq = self._queries, errand.now.copied
        if not self._stands or not self.lends(errand) or queries.has_place():
            return False
        fit = [one for one in self._stands if one.question.seq == seq and one.tenure.has_room]
        if not fit or queries.knows(seq, errand.asked):
            return False
        self._lend(min(fit, key=lambda one: len(one.guests)), errand)
        return True

    def _lend(self, stand: Stand, errand: Errand) -> None:
        manner = errand.manner
        question = written(Asked("", manner.forms), self._settings)
        # More heads may be learned while others go by these terms.
        heads, most = dict(manner.heads), longest(zips=manner.zips)
        terms = Terms(*errand.around, heads, most, errand.now.copied, question)
        errand.told = 0
        try:
            serial = stand.tenure.lend(errand.channel.socket, terms, errand.asked.text)
        except Died:
            # It is heard of in a moment; nobody has the connection but who lends.
            serial = -1 - len(stand.guests)
        stand.guests[serial] = errand

    # -- what becomes of it

    def hear(self, stand: Stand) -> None:
        """See what a process told.

        Args:
            stand: for it.
        """
        if stand in self._stands:
            self._safely(stand, self._hear)

    def _safely(self, stand: Stand, act: Callable[[Stand], None]) -> None:
        """What goes wrong with one is over with it, and hinders no other."""
        try:
            act(stand)
        except Exception:  # noqa: BLE001 - as where a thread does it
            _LOG.exception("answers could not be seen after")
            if stand in self._stands:
                self._close(stand)
            stand.question.leave()
            for errand in stand.guests.values():
                errand.channel.take_again(b"")
                errand.channel.will_close = True

    def _hear(self, stand: Stand) -> None:
        heard = stand.tenure.hear()
        self._tell(stand, heard.notes)
        for kept in heard.kept:
            stand.question.keep(kept)
        for back in heard.returned:
            stand.guests.pop(back.serial).channel.take_again(back.rest)
        if heard.answered is not None:
            self._end(stand, stand.tenure.take_back_all(), heard.answered)
        elif not stand.guests:
            self._close(stand)
            stand.question.conclude()

    def turn(self) -> None:
        """See after the processes; to be called when `due` is over."""
        now = time.monotonic()
        for stand in self._stands[:]:
            if self._due(stand) <= now and stand in self._stands:
                self._safely(stand, self._look)

    @property
    def due(self) -> float:
        """Moment (monotonic seconds) at which they are to be seen after."""
        return min(map(self._due, self._stands), default=float("inf"))

    def _due(self, stand: Stand) -> float:
        return stand.looked + _SOON

    def _look(self, stand: Stand) -> None:
        tenure, now = stand.tenure, time.monotonic()
        stand.looked = now
        notes = tenure.look()
        if notes is None:
            return
        self._tell(stand, notes)
        seconds = _AMONG_OTHERS if self._queries.has_others() else _ALONE
        if stand.is_enough or now - tenure.began > seconds:
            tenure.end()
        if now - tenure.moved >= stand.question.trial:
            if (taken := tenure.take_back()) is not None:
                self._end(stand, taken, None)
        elif stand.is_stuck and len(stand.guests) > 1 and self._is_room_beside(stand):
            self._spare(stand)

    def _spare(self, stand: Stand) -> None:
        """Take from a process all but what it is at."""
        current = stand.tenure.current()
        if current not in stand.guests or (taken := stand.tenure.take_back({current})) is None:
            return
        self._tell(stand, taken.notes)
        others = {serial: errand for serial, errand in stand.guests.items() if serial != current}
        stand.guests = {current: stand.guests[current]}
        stand.guests[current].channel.shy = _SHY
        self._release(others.values())

    def _is_room_beside(self, stand: Stand) -> bool:
        others = [one for one in self._stands if one is not stand and not one.is_stuck]
        return self._queries.has_place() or bool(others)

    def _end(self, stand: Stand, taken: Taken, answered: Answered | Exception | None) -> None:
        """The time is over. The process is at one question, or was; all others are free."""
        self._tell(stand, taken.notes)
        self._close(stand)
        errand, question = stand.guests.pop(taken.serial, None), stand.question
        if errand is not None and not taken.is_torn and self._reads(errand):
            errand.question, errand.channel.shy = question, _SHY
            question.resume(errand.asked, stand.tenure.moved, answered)
            self._resume(errand)
        else:
            # What a process is at for nobody is given up with it.
            is_at_rest = isinstance(answered, Answered) or (answered is None and errand is None)
            (question.conclude if is_at_rest else question.leave)()
            if errand is not None:
                errand.channel.take_again(b"")
                errand.channel.will_close = taken.is_torn
        self._release(stand.guests.values())

    def _reads(self, errand: Errand) -> bool:
        """Whether the question is here that was begun last on a connection; it may be unread until now."""
        if not errand.told:
            return True
        try:
            sent = errand.channel.unread(*errand.around)
        except OSError:
            return False
        found = parts(sent)
        text = None if found is None else text_of(found[1].decode("ascii"))
        if found is None or text is None:
            return False
        errand.sent, errand.said = sent, found[1].decode("ascii")
        errand.began, errand.asked = errand.last, Asked(text, errand.manner.forms)
        return True

    def _release(self, errands: Iterable[Errand]) -> None:
        for errand in errands:
            if errand.told:
                # What came since is unread.
                errand.channel.take_again(b"")
            else:
                self._again(errand)

    def _close(self, stand: Stand) -> None:
        self._stands.remove(stand)
        stand.close()

    def _tell(self, stand: Stand, notes: Iterable[Note]) -> None:
        """Count what was answered, and write it down."""
        stand.question.note(notes)
        keeps = bool(self._settings.page_cache_bytes)
        for note in notes:
            errand = stand.guests[note.serial]
            manner = errand.manner
            outcome = (KEPT if note.is_recalled else MADE) if keeps else ""
            told = Told("GET", manner.asked, PATH, "200", note.size, outcome)
            began = note.began if errand.told else errand.began
            client = manner.client or errand.channel.addr[0]
            self._echoes.tell(told, client, note.identifier, note.ended - began)
            errand.told += 1
            errand.last = note.ended


def longest(*, zips: bool) -> int:
    """Bytes of an answer that may be given at once.

    Args:
        zips: whether longer answers are zipped.
    """
    return SMALLEST_ZIPPED - 1 if zips else SHORT
