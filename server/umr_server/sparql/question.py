"""A query on its way to its answer, step by step.

Who may wait takes all steps at once. Who may not takes those that need no waiting, and comes back when there is more
to be done; when nothing can be done but wait, somebody else takes the way to its end from there.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from werkzeug.exceptions import NotAcceptable

from umr_ld.errors import Busy, Malformed, Overloaded, TooLong
from umr_server.frames import Died, OutOfTime
from umr_server.sparql.answers import Asked
from umr_server.sparql.process import Refused
from umr_server.sparql.tenure import Tenure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from umr_server.settings import Settings
    from umr_server.sparql.answers import Answer, Answers
    from umr_server.sparql.line import Note
    from umr_server.sparql.loan import Kept
    from umr_server.sparql.process import Answered, Process
    from umr_server.sparql.processes import Processes
    from umr_server.sparql.snapshot import Snapshot
    from umr_server.turns import Turns

_LEAST = 1.0
"""Seconds that every query has once its turn has come."""


class Means(NamedTuple):
    """What all queries share.

    Args:
        settings: limits.
        processes: that answer.
        quick: places in which queries begin.
        slow: places of those that take longer.
        answers: that are kept.
    """

    settings: Settings
    processes: Processes
    quick: Turns
    slow: Turns
    answers: Answers


class Question:
    """One query. It is asked from the moment that it is made; whoever made it has to come for the answer, or leave.

    Args:
        means: shared with others.
        asked: what, and in which form.
        snapshot: what is asked; held, and left in the end.
        who: asks.
        wake: called, by whichever thread, when its turn has come; None if somebody waits for that.
        lends: asked when there is a process whether that is to answer by itself, on connections that are lent to it.
    """

    def __init__(
        self,
        means: Means,
        asked: Asked,
        snapshot: Snapshot,
        who: str,
        wake: Callable[[], None] | None = None,
        lends: Callable[[], bool] | None = None,
    ) -> None:
        self._lends, self.is_lending = lends, False
        self._means, self.asked, self._snapshot = means, asked, snapshot
        self._began = self._sent = time.monotonic()
        self._process: Process | None = None
        self._place: Turns | None = None
        self._failure: Exception | None = None
        self._is_over = False
        self._answer = means.answers.recall(snapshot.seq, asked)
        self._is_recalled = self._answer is not None
        self._ticket = None if self._is_recalled else means.quick.enter(who, wake)

    # -- for who may wait

    def answer(self) -> Answer:
        """The answer, from wherever it is by now.

        Raises:
            TooLong: if it would need more time, rows, bytes or memory than a query may.
            Overloaded: if others are being answered.
            Malformed: if it is no query.
            NotAcceptable: if its answer has no such form (RFC 9110 §15.5.7).
            Busy: if nothing can be read.
        """
        try:
            if self._answer is None:
                self._take_turn()
                self._settle(self._answered())
            elif self._is_recalled and not self._is_over:
                self._means.answers.count("recalled")
            assert self._answer is not None
            return self._answer
        finally:
            self.leave()

    def leave(self) -> None:
        """Give up, if there is no answer yet; whatever it holds is free afterwards."""
        if self._is_over:
            return
        self._is_over = True
        if self._process is not None:
            self._means.processes.drop(self._process)
        if self._place is not None:
            self._place.leave()
        elif self._ticket is not None and self._means.quick.wait(self._ticket, 0):
            self._means.quick.leave()
        self._snapshot.leave()

    def _take_turn(self) -> None:
        assert self._ticket is not None
        if self._place is not None:
            return
        until = self._began + self._means.settings.query_wait
        if not self._means.quick.wait(self._ticket, until - time.monotonic()):
            self._ticket = None
            self._refuse(
                "waiting", Overloaded("too many queries wait to be answered", remedy="ask again in a while")
            )
        self._place = self._means.quick

    def _answered(self) -> Answered:
        try:
            if self._failure is not None:
                raise self._failure
            if self._process is None:
                self._process = self._means.processes.take(self._snapshot)
                self._process.begin()
                self._send(self._process)
            return self._wait(self._process)
        except (OutOfTime, Died, Overloaded, Refused) as error:
            self._fail(error)

    def _wait(self, process: Process) -> Answered:
        return process.wait(self._until, self._sent + self._means.settings.query_trial, self._move)

    def _move(self) -> None:
        """Leave the quick places to others."""
        if not self._means.slow.take("", 0):
            raise Overloaded(
                "long queries of others are being answered", remedy="ask again in a while, or for less"
            )
        assert self._place is not None
        assert self._process is not None
        self._place.leave()
        self._place = self._means.slow
        self._process.yield_to_others()

    # -- for who may not

    def go_on(self) -> None:
        """Do what can be done without waiting."""
        if self._answer is not None or self._failure is not None or self.is_lending:
            return
        try:
            if self._process is None:
                self._begin()
            elif told := self._process.look():
                self._settle(told)
        except Exception as error:  # noqa: BLE001 - who waits is told, whatever it is
            self._failure = error

    def _begin(self) -> None:
        if self._ticket is None or not self._ticket.called:
            return
        self._place = self._means.quick
        self._process = self._means.processes.take_ready(self._snapshot)
        if self._process is not None:
            self.is_lending = self._lends is not None and self._lends()
            if not self.is_lending:
                self._send(self._process)

    # -- while its process answers on what is lent

    def begin(self) -> Tenure:
        """Let the process answer on what is lent to it. This stands for it meanwhile, whatever is asked."""
        assert self._process is not None
        return Tenure(self._process)

    def note(self, notes: Iterable[Note]) -> None:
        """Count what was answered.

        Args:
            notes: of it.
        """
        for outcome, number in Counter(note.is_recalled for note in notes).items():
            self._means.answers.count("recalled" if outcome else "answered", number)

    def keep(self, kept: Kept) -> None:
        """Keep what was answered there.

        Args:
            kept: the answer.
        """
        asked = Asked(kept.text, kept.forms)
        self._means.answers.keep(self._snapshot.seq, asked, kept.form, kept.body)

    def conclude(self) -> None:
        """Nothing is asked any more; others may have the process."""
        self._free()
        self.leave()

    def resume(self, asked: Asked, since: float, answered: Answered | Exception | None) -> None:
        """Become the question that the process is at.

        Args:
            asked: what.
            since: moment (monotonic seconds) from which it has been.
            answered: what the process told of it, if it has.
        """
        self.asked, self.is_lending = asked, False
        self._began = self._sent = since
        if isinstance(answered, Exception):
            self._failure = answered
        elif answered is not None:
            self._settle(answered)

    @property
    def seq(self) -> int:
        """Number of the journal entry that is asked of."""
        return self._snapshot.seq

    @property
    def trial(self) -> float:
        """Seconds that it may take among quick ones."""
        return self._means.settings.query_trial

    @property
    def is_answered(self) -> bool:
        """Whether the answer is here."""
        return self._answer is not None

    @property
    def is_recalled(self) -> bool:
        """Whether nobody had to be asked for it."""
        return self._is_recalled

    @property
    def is_called(self) -> bool:
        """Whether it waited for its turn, and need not any more."""
        return self._process is None and self._ticket is not None and self._ticket.is_over

    @property
    def size(self) -> int:
        """Bytes that there are of the answer."""
        if self._answer is not None:
            return self._answer.size
        return 0 if self._process is None else self._process.come

    @property
    def source(self) -> int:
        """File descriptor that tells when there is more to be done; -1 while it waits for its turn."""
        return -1 if self._process is None else self._process.fileno()

    @property
    def is_stuck(self) -> bool:
        """Whether only who may wait gets any further."""
        return self._failure is not None or self.is_called

    @property
    def patience(self) -> float:
        """Moment (monotonic seconds) until which it is as others are; then it is for who may wait."""
        settings = self._means.settings
        if self._process is None:
            return self._began + settings.query_wait
        return min(self._until, self._sent + settings.query_trial)

    # -- for both

    @property
    def _until(self) -> float:
        """Moment at which it is stopped. Who waited for long is tried all the same: most are answered at once."""
        return max(self._began + self._means.settings.query_seconds, self._sent + _LEAST)

    def _send(self, process: Process) -> None:
        self._sent = time.monotonic()
        process.send(written(self.asked, self._means.settings))

    def _free(self) -> None:
        """Others may have what it held."""
        assert self._process is not None
        assert self._place is not None
        process, self._process = self._process, None
        self._means.processes.give_back(process)
        self._place.leave()
        self._place = self._ticket = None

    def _settle(self, answered: Answered) -> None:
        self._free()
        self._answer = self._means.answers.take(self._snapshot.seq, self.asked, answered)

    # -- bad ends

    def _fail(self, error: Exception) -> NoReturn:
        settings = self._means.settings
        if self._means.processes.is_closed:
            raise Busy("the server is ending", remedy="ask again in a while") from None
        if isinstance(error, Refused):
            if error.told["kind"] != "store" and self._process is not None:
                process, self._process = self._process, None
                self._means.processes.give_back(process)
            self._refuse(error.told["kind"], self._said(error.told))
        if isinstance(error, OutOfTime):
            self._refuse("time", _limit(f"it takes longer than {settings.query_seconds:g} s"))
        if isinstance(error, Overloaded):
            self._refuse("slow", error)
        self._refuse("memory", _limit(f"it needs more than {settings.query_memory >> 20} MiB of memory"))

    def _said(self, told: dict[str, str]) -> Exception:
        settings = self._means.settings
        match told["kind"]:
            case "rows":
                return _limit(f"its answer has more than {settings.query_rows:,} rows")
            case "bytes":
                return _limit(f"its answer has more than {settings.query_bytes >> 20} MiB")
            case "memory":
                return _limit(f"it needs more than {settings.query_memory >> 20} MiB of memory")
            case "store":
                return Busy(told["what"], remedy="ask again in a while")
            case "form":
                return NotAcceptable(f"{told['what']}: {told['remedy']}")
            case _:
                return Malformed(told["what"], remedy=told["remedy"])

    def _refuse(self, why: str, error: Exception) -> NoReturn:
        self._means.answers.count(f"refused_{why}")
        raise error from None


def written(asked: Asked, settings: Settings) -> dict[str, Any]:
    """A question as `worker` reads it.

    Args:
        asked: what.
        settings: limits.
    """
    limits = {"rows": settings.query_rows, "bytes": settings.query_bytes}
    return {**asked._asdict(), **limits}


def _limit(what: str) -> TooLong:
    return TooLong(f"the query was stopped: {what}", remedy="ask for less, or ask a copy of the data")
