"""Who answers queries: a few processes that may be killed, and rules by which none of them is held for long.

Each query begins in a quick place. What is not answered after a short trial has to leave it for one of a few slow
places, or is refused: so that a flood of long queries holds a quick place for moments only, and a short one finds one.
Who asks much waits for those who ask little, and no more wait than leave threads for the rest of the server.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, OrderedDict, deque
from typing import IO, TYPE_CHECKING, NamedTuple

from werkzeug.exceptions import NotAcceptable

from umr_ld.errors import Busy, Malformed, Overloaded, TooLong
from umr_ld.sparql import guarded, is_lasting
from umr_server.frames import Died, OutOfTime
from umr_server.sparql.forms import FORMS
from umr_server.sparql.nursery import Nursery
from umr_server.sparql.process import Process, Refused
from umr_server.sparql.snapshot import Snapshots
from umr_server.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from umr_ld.registry import Registry
    from umr_server.settings import Settings
    from umr_server.sparql.process import Answered
    from umr_server.sparql.snapshot import Snapshot

_KEPT = 64 << 20
"""Bytes of answers that are kept for who asks the same again."""

_LEAST = 1.0
"""Seconds that every query has once its turn has come."""
_PIECE = 1 << 16


class Asked(NamedTuple):
    """A query, and how its answer is wanted.

    Args:
        text: SPARQL 1.1.
        forms: keys of forms, the most wanted first.
        default: graphs that make up the default graph; None for what the query says, else all.
        named: graphs that may be named; None for what the query says, else all.
    """

    text: str
    forms: tuple[str, ...]
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


class Answer:
    """An answer, to be read once.

    Args:
        form: key of its form.
        seq: number of the journal entry that it was made from.
        etag: changes with the query and with what is published; empty if the same query may be answered otherwise.
        size: in bytes.
        body: all of it, or a file.
    """

    def __init__(self, form: str, seq: int, etag: str, size: int, body: bytes | IO[bytes]) -> None:
        self.form, self.seq, self.etag, self.size = form, seq, etag, size
        self._body = body

    @property
    def mime(self) -> str:
        """Its media type."""
        return FORMS[self.form].mime

    def read(self) -> bytes:
        """All of it."""
        return self._body if isinstance(self._body, bytes) else b"".join(self)

    def pieces(self) -> Iterable[bytes]:
        """All of it, in one piece or in several."""
        return [self._body] if isinstance(self._body, bytes) else self

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self._body, bytes):
            yield self._body
            return
        with self._body as file:
            while piece := file.read(_PIECE):
                yield piece


class Queries:
    """Answers queries of strangers. Nothing is started before the first one.

    Args:
        registry: what is asked.
        settings: limits.
    """

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._registry, self._settings = registry, settings
        self._quick = Turns(settings.query_workers, settings.query_queue)
        self._slow = Turns(settings.query_slow, 0)
        self._nursery = Nursery()
        self._guard = threading.Lock()
        self._idle: deque[Process] = deque()
        self._busy: set[Process] = set()
        self._snapshots: Snapshots | None = None
        self._kept: OrderedDict[tuple[int, Asked], tuple[str, bytes]] = OrderedDict()
        self._kept_size = 0
        self._counts: Counter[str] = Counter()
        self._is_closed = False

    def ask(self, asked: Asked, who: str = "", reached: int | None = None) -> Answer:
        """Have a query answered.

        Args:
            asked: what, and in which form.
            who: asks; those who ask less come first.
            reached: number of the journal entry that answers are made from now; None if it was not looked for.

        Raises:
            Malformed: if it is no query, or asks for the network.
            NotAcceptable: if its answer has no such form (RFC 9110 §15.5.7).
            TooLong: if it would need more time, rows, bytes or memory than a query may.
            Overloaded: if others are being answered.
            Busy: if nothing can be read because another process writes.
        """
        guarded(asked.text)
        snapshot = self._snapshot(reached)
        try:
            kept = self._recall(snapshot.seq, asked)
            return kept if kept is not None else self._asked(asked, snapshot, who)
        finally:
            snapshot.leave()

    def state(self, reached: int) -> int:
        """Number of the journal entry that a query which is asked now would see.

        Args:
            reached: number of the entry that answers are made from now.

        Raises:
            Busy, Full: as of `ask`.
        """
        if (known := self.glimpse(reached)) is not None:
            return known
        snapshot = self._snapshot(reached)
        snapshot.leave()
        return snapshot.seq

    def glimpse(self, reached: int) -> int | None:
        """As `state`, and never waits; None if it takes a closer look to tell.

        Args:
            reached: number of the journal entry that answers are made from now.
        """
        snapshots = self._snapshots
        return None if snapshots is None else snapshots.glimpse(reached)

    def counts(self) -> dict[str, int]:
        """How many queries were answered, recalled and refused by which limit, and how many run now."""
        with self._guard:
            return {**self._counts, "running": len(self._busy)}

    def close(self) -> None:
        """End all processes, and remove what they read."""
        with self._guard:
            self._is_closed = True
            processes, snapshots = [*self._idle, *self._busy], self._snapshots
            self._idle.clear()
            self._busy.clear()
            self._snapshots = None
        for process in processes:
            process.end()
        self._nursery.close()
        if snapshots is not None:
            snapshots.close()

    # -- one query

    def _asked(self, asked: Asked, snapshot: Snapshot, who: str) -> Answer:
        settings = self._settings
        began = time.monotonic()
        if not self._quick.take(who, settings.query_wait):
            self._refuse(
                "waiting", Overloaded("too many queries wait to be answered", remedy="ask again in a while")
            )
        place = _Place(self._quick, self._slow)
        process: Process | None = None
        try:
            process = self._process(snapshot)
            request = {**asked._asdict(), "rows": settings.query_rows, "bytes": settings.query_bytes}
            process.begin()
            # Who waited for long is tried all the same: most queries are answered at once.
            until = max(began + settings.query_seconds, time.monotonic() + _LEAST)
            answered = process.ask(request, until, settings.query_trial, self._move(place, process))
        except (OutOfTime, Died, Overloaded, Refused) as error:
            self._fail(error, process)
        except BaseException:
            self._drop(process)
            raise
        finally:
            place.leave()
        self._give_back(process)
        return self._answer(asked, snapshot.seq, answered)

    def _move(self, place: _Place, process: Process) -> Callable[[], None]:
        def move() -> None:
            if not place.become_slow():
                raise Overloaded(
                    "long queries of others are being answered", remedy="ask again in a while, or for less"
                )
            process.yield_to_others()

        return move

    def _fail(self, error: Exception, process: Process | None) -> None:
        if isinstance(error, Refused):
            if error.told["kind"] == "store":
                self._drop(process)
            else:
                self._give_back(process)
            self._refuse(error.told["kind"], self._said(error.told))
        self._drop(process)
        settings = self._settings
        if isinstance(error, OutOfTime):
            self._refuse("time", _limit(f"it takes longer than {settings.query_seconds:g} s"))
        if isinstance(error, Overloaded):
            self._refuse("slow", error)
        self._refuse("memory", _limit(f"it needs more than {settings.query_memory >> 20} MiB of memory"))

    def _said(self, told: dict[str, str]) -> Exception:
        settings = self._settings
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

    def _refuse(self, why: str, error: Exception) -> None:
        with self._guard:
            self._counts[f"refused_{why}"] += 1
        raise error from None

    # -- processes

    def _snapshot(self, reached: int | None) -> Snapshot:
        with self._guard:
            if self._is_closed:
                raise Busy("the server is ending", remedy="ask again in a while")
            if self._snapshots is None:
                self._snapshots = Snapshots(self._registry, self._settings.query_age)
            snapshots = self._snapshots
        return snapshots.current(reached)

    def _process(self, snapshot: Snapshot) -> Process:
        stale = []
        with self._guard:
            found = next((one for one in self._idle if one.snapshot is snapshot), None)
            if found is None:
                stale = [one for one in self._idle if one.snapshot.seq < snapshot.seq]
            for one in (*stale, *([found] if found else ())):
                self._idle.remove(one)
            if found is not None:
                self._busy.add(found)
        for one in stale:
            one.end()
        if found is None:
            found = Process(snapshot, self._settings.query_memory, self._nursery)
            with self._guard:
                self._busy.add(found)
        return found

    def _give_back(self, process: Process | None) -> None:
        if process is None:
            return
        with self._guard:
            is_wanted = process in self._busy and len(self._idle) < self._settings.query_workers
            self._busy.discard(process)
            # One that was made to yield to others would go on doing so.
            if is_wanted and not process.yields:
                self._idle.append(process)
                return
        process.end()

    def _drop(self, process: Process | None) -> None:
        if process is None:
            return
        with self._guard:
            is_ours = process in self._busy
            self._busy.discard(process)
        if is_ours:
            self._replace(process.snapshot)
            process.end()

    def _replace(self, snapshot: Snapshot) -> None:
        """Start another, which will be ready when it is asked."""
        with self._guard:
            if self._is_closed or len(self._idle) >= self._settings.query_workers:
                return
            self._idle.append(Process(snapshot, self._settings.query_memory, self._nursery))

    # -- answers that are kept

    def _recall(self, seq: int, asked: Asked) -> Answer | None:
        with self._guard:
            found = self._kept.get((seq, asked))
            if found is None:
                return None
            self._kept.move_to_end((seq, asked))
            self._counts["recalled"] += 1
        form, body = found
        return Answer(form, seq, _etag(seq, asked, form), len(body), body)

    def _answer(self, asked: Asked, seq: int, answered: Answered) -> Answer:
        lasting = is_lasting(asked.text)
        etag = _etag(seq, asked, answered.form) if lasting else ""
        with self._guard:
            self._counts["answered"] += 1
        body = answered.body
        if not isinstance(body, bytes) or not lasting:
            return Answer(answered.form, seq, etag, answered.size, body)
        with self._guard:
            self._kept[seq, asked] = answered.form, body
            self._kept_size += len(body)
            while self._kept_size > _KEPT:
                _, (_, old) = self._kept.popitem(last=False)
                self._kept_size -= len(old)
        return Answer(answered.form, seq, etag, len(body), body)


class _Place:
    """The quick place that a query has, or the slow one that it had to move to."""

    def __init__(self, quick: Turns, slow: Turns) -> None:
        self._held, self._slow = quick, slow

    def become_slow(self) -> bool:
        if not self._slow.take("", 0):
            return False
        self._held.leave()
        self._held = self._slow
        return True

    def leave(self) -> None:
        self._held.leave()


def _limit(what: str) -> TooLong:
    return TooLong(f"the query was stopped: {what}", remedy="ask for less, or ask a copy of the data")


def _etag(seq: int, asked: Asked, form: str) -> str:
    said: Sequence[object] = (seq, asked.text, asked.default, asked.named, form)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]
