"""Plain questions that go to a process and come back while no thread waits for them.

A thread that is woken for a quick query costs more than its answer, and so does reading a request whose like was read
before. Requests of one client differ in nothing but their query: so it is remembered in what manner one was answered,
and the next of the kind is sent on its way by the thread that receives, and answered by it when the answer has come.
That thread waits for nobody. What turns out to be slow, long or wrong goes on from where it is with a thread of its own
and through all layers, as if that had had it from the beginning.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, NamedTuple

from umr_ld.sparql import is_lasting
from umr_server.heads import OF_AN_ANSWER, completed, without
from umr_server.running.echoes import LONGEST, Echo
from umr_server.running.keeper import KEPT, MADE, TAKEN, Given
from umr_server.running.lending import SHORT, Lending, longest
from umr_server.running.listener import Listener
from umr_server.running.watch import ASKED, Told
from umr_server.sparql.answers import Asked
from umr_server.sparql.plain import parts, text_of
from umr_server.sparql.shortcut import PATH, PLAIN

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from umr_ld.entry import Head
    from umr_server.running.channels import Channel
    from umr_server.running.echoes import Echoes
    from umr_server.running.state import Moment
    from umr_server.site import Site
    from umr_server.sparql.question import Question
    from umr_server.sparql.shortcut import Plain

_MOST = 256
"""Manners that are remembered."""

_LEAST = 0.001
"""Seconds: waitress counts whole milliseconds, and none of them means not to sleep."""

_NEVER = float("inf")

_LOG = logging.getLogger("waitress")


class Manner(NamedTuple):
    """How a question is answered that came in a request of a kind.

    Args:
        forms: that are wanted, the most wanted first.
        client: who asks, where a proxy says so; else nothing.
        asked: path as it was asked for.
        zips: whether longer answers are zipped.
        heads: status line and headers by form, and by whether the answer lasts; without those that each has anew.
    """

    forms: tuple[str, ...]
    client: str
    asked: str
    zips: bool
    heads: dict[tuple[str, bool], bytes]


class Errand(Listener):
    """A question on its way, and whose it is. In the loop it stands for the process that is asked.

    Args:
        errands: that it is one of.
        channel: the connection that it came by.
        sent: the request.
        said: the query, as it was sent.
        manner: in which it is to be answered.
        around: of the request what stands before its query, and behind it.
    """

    def __init__(
        self,
        errands: Errands,
        channel: Channel,
        sent: bytes,
        said: str,
        manner: Manner,
        around: tuple[bytes, bytes],
    ) -> None:
        self._errands, self.channel, self.sent, self.said, self.manner = errands, channel, sent, said, manner
        self.began = time.perf_counter()
        self.around = around
        self.source, self.is_given = -1, False
        self.told, self.last = 0, self.began
        """How many answers were given where the connection was lent, and when the last was."""
        self.others: list[tuple[Channel, bytes]] = []
        """Connections by which the same question came meanwhile, and how."""
        self.now: Moment
        self.asked: Asked
        self.question: Question

    def call(self) -> None:
        """Its turn has come; told by whichever thread had the place before."""
        self._errands.call(self)

    def lends(self) -> bool:
        """Whether the process that there is now answers by itself."""
        return self._errands.lending.lends(self)

    def heard(self) -> None:
        """See `Listener`."""
        self._errands.look(self)


class Errands:
    """Sends questions on their way. Any thread may let it learn; all else is for the one that receives.

    Args:
        site: what is asked.
        echoes: where answers are remembered.
        believes: whether a proxy says who asks.
    """

    def __init__(self, site: Site, echoes: Echoes, *, believes: bool) -> None:
        self._site, self._echoes, self._believes = site, echoes, believes
        self._keeps = bool(site.settings.page_cache_bytes)
        self.lending = Lending(site, echoes, self._resume, self._again)
        self._guard = threading.Lock()
        self._manners: OrderedDict[tuple[str, bytes, bytes], Manner] = OrderedDict()
        self._under_way: list[Errand] = []
        self._called: deque[Errand] = deque()
        self._due = _NEVER

    def __len__(self) -> int:
        return len(self._under_way) + len(self.lending)

    # -- manners

    def learn(self, sent: bytes, address: str, environ: WSGIEnvironment, head: bytes) -> None:
        """Remember in what manner a plain question was answered.

        Args:
            sent: all of the request.
            address: who sent it.
            environ: of the request, when it was answered.
            head: of the answer, with its last empty line.
        """
        plain: Plain | None = environ.get(PLAIN)
        found = parts(sent) if plain is not None and len(sent) <= LONGEST else None
        # One to whom the proxy gave an identifier does not come a second time in the same manner.
        if plain is None or found is None or (self._believes and "HTTP_X_REQUEST_ID" in environ):
            return
        before, _, after = found
        # What would be kept and was not, because something happened meanwhile, is said in another way.
        is_usual = not self._keeps or plain.lasts == (TAKEN in environ)
        is_bare = head.startswith(b"HTTP/1.1 200 ") and b"\r\nContent-Encoding:" not in head
        if not is_usual or not is_bare or b"\r\nif-" in after.lower():
            return
        client = environ.get("REMOTE_ADDR", "") if self._believes else ""
        key = self._key(address, before, after)
        with self._guard:
            manner = self._manners.get(key)
            if manner is None:
                zips = b"gzip" in after.lower()
                manner = self._manners[key] = Manner(plain.forms, client, environ.get(ASKED, ""), zips, {})
            manner.heads[plain.form, plain.lasts] = without(head, *OF_AN_ANSWER)
            while len(self._manners) > _MOST:
                self._manners.popitem(last=False)

    def _key(self, address: str, before: bytes, after: bytes) -> tuple[str, bytes, bytes]:
        return address if self._believes else "", before, after

    # -- on their way

    def send(self, channel: Channel, sent: bytes) -> bool:
        """Send a question on its way, if it is one whose like was answered before.

        Args:
            channel: the connection that it came by.
            sent: all that came.

        Returns:
            whether it is; else it is to be read.
        """
        found = parts(sent)
        manner = None if found is None else self._manners.get(self._key(channel.addr[0], found[0], found[2]))
        if found is None or manner is None:
            return False
        before, said, after = found
        text, reached = text_of(said.decode("ascii")), self._echoes.reached()
        if text is None or reached is None:
            return False
        errand = Errand(self, channel, sent, said.decode("ascii"), manner, (before, after))
        return self._send(errand, Asked(text, manner.forms), reached)

    def _send(self, errand: Errand, asked: Asked, reached: Head) -> bool:
        now = self._site.running.state.glimpse(reached, PATH, errand.said)
        if now is None:
            return False
        errand.now, errand.asked, channel = now, asked, errand.channel
        if (twin := self._twin(errand)) is not None:
            channel.hold()
            twin.others.append((channel, errand.sent))
            return True
        channel.shy = max(0, channel.shy - 1)
        if self.lending.join(errand):
            channel.hold()
            return True
        client = errand.manner.client or channel.addr[0]
        question = self._site.queries.begin(asked, client, now.copied, errand.call, errand.lends)
        if question is None:
            return False
        errand.question = question
        channel.hold()
        self._under_way.append(errand)
        self.look(errand)
        return True

    def call(self, errand: Errand) -> None:
        """Have one looked at whose turn has come. For any thread.

        Args:
            errand: the one.
        """
        self._called.append(errand)
        errand.channel.server.pull_trigger()

    def turn(self) -> None:
        """See after those of whom nothing is heard: whose turn has come, and whose time is over."""
        while self._called:
            self.look(self._called.popleft())
        if self._due <= time.monotonic():
            for errand in self._under_way[:]:
                self.look(errand)
            self._due = min((one.question.patience for one in self._under_way), default=_NEVER)
        self.lending.turn()

    @property
    def patience(self) -> float:
        """Seconds until somebody has to be seen after."""
        return max(_LEAST, min(self._due, self.lending.due) - time.monotonic())

    def look(self, errand: Errand) -> None:
        """Let one go on as far as it can without waiting.

        Args:
            errand: perhaps one that has ended, for that a process is gone is told in two events.
        """
        if errand not in self._under_way:
            return
        try:
            self._look(errand)
        except Exception:  # noqa: BLE001 - as where a thread does it: one answer fails, and no other
            _LOG.exception("an answer could not be given")
            self._give_up(errand)
        if errand not in self._under_way:
            self._follow(errand)

    def _look(self, errand: Errand) -> None:
        question = errand.question
        question.go_on()
        if question.is_lending:
            self._forget(errand)
            self.lending.begin(errand)
            self._join()
            return
        until = question.patience
        if question.is_answered or question.is_stuck or question.size > SHORT or until <= time.monotonic():
            self._end(errand)
            return
        self._due = min(self._due, until)
        if errand.source < 0 <= question.source:
            errand.source = question.source
            errand.channel.listen(errand.source, errand)

    def _join(self) -> None:
        """Those who wait for a turn need not any more, if they can be answered with others."""
        for errand in self._under_way[:]:
            if errand.question.source < 0 and self.lending.join(errand):
                self._forget(errand)
                errand.question.leave()

    def _resume(self, errand: Errand) -> None:
        """One whose connection was lent, with a question that is under way."""
        self._under_way.append(errand)
        self.look(errand)

    def _again(self, errand: Errand) -> None:
        """One whose connection was lent, and whose question nobody has begun."""
        errand.channel.release()
        if not self.send(errand.channel, errand.sent):
            errand.channel.read(errand.sent)

    def _give_up(self, errand: Errand) -> None:
        errand.channel.will_close = True
        errand.question.leave()
        self._forget(errand)

    def _end(self, errand: Errand) -> None:
        self._forget(errand)
        channel, question = errand.channel, errand.question
        if question.is_answered:
            # Who waited for the process has it asked before anything is made of what it answered.
            self.turn()
        answer = self._answer(errand) if question.is_answered and not channel.server.is_stopping else None
        if answer is None:
            channel.read(errand.sent, question, errand.began)
        else:
            channel.give(*answer)
            errand.is_given = True

    def _follow(self, errand: Errand) -> None:
        """Those who asked the same: they have what is kept now, or go where it went."""
        for channel, sent in errand.others:
            channel.release()
            if not errand.is_given or not self.send(channel, sent):
                channel.read(sent)

    def _forget(self, errand: Errand) -> None:
        if errand in self._under_way:
            self._under_way.remove(errand)
        if errand.source >= 0:
            errand.channel.listen(errand.source, None)
            errand.source = -1

    def _answer(self, errand: Errand) -> tuple[bytes, bytes] | None:
        """Head and body; None if it is for a thread to make them."""
        question, manner = errand.question, errand.manner
        if question.size > longest(zips=manner.zips):
            return None
        answer = question.answer()
        head = manner.heads.get((answer.form, bool(answer.etag)))
        if head is None:
            return None
        head, body = completed(head, answer.size, answer.etag), answer.read()
        outcome = (KEPT if question.is_recalled else MADE) if self._keeps else ""
        told = Told("GET", manner.asked, PATH, "200", len(body), outcome)
        address = errand.channel.addr[0]
        if outcome == KEPT:
            given = Given(errand.now, PATH, f"query={errand.said}", body)
            self._echoes.remember(errand.sent, address, Echo(given, head, manner.client, told))
        return self._echoes.finish(head, told, manner.client or address, errand.began), body

    def _twin(self, errand: Errand) -> Errand | None:
        """Who asks the same already, if there is one answer for all."""
        for one in self._under_way:
            if one.asked == errand.asked and one.now == errand.now:
                return one if is_lasting(errand.asked.text) else None
        return None
