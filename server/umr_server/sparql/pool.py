"""Who answers queries: a few processes that may be killed, and rules by which none of them is held for long.

Each query begins in a quick place. What is not answered after a short trial has to leave it for one of a few slow
places, or is refused: so that a flood of long queries holds a quick place for moments only, and a short one finds one.
Who asks much waits for those who ask little, and no more wait than leave threads for the rest of the server.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from umr_ld.errors import Busy, Malformed
from umr_ld.sparql import guarded
from umr_server.sparql.answers import Answers
from umr_server.sparql.processes import Processes
from umr_server.sparql.question import Means, Question
from umr_server.sparql.snapshot import Snapshots
from umr_server.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.registry import Registry
    from umr_server.settings import Settings
    from umr_server.sparql.answers import Answer, Asked
    from umr_server.sparql.snapshot import Snapshot

_PATIENT = 10
"""So many times as many may wait for their turn for whom no thread waits."""


class Queries:
    """Answers queries of strangers. Nothing is started before the first one.

    Args:
        registry: what is asked.
        settings: limits.
    """

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._registry = registry
        # A question that began without a thread may have its place until it has one: some thread must not wait for that.
        queue = max(0, min(settings.query_queue, settings.threads - 1))
        quick = Turns(settings.query_workers, queue, _PATIENT * settings.query_queue)
        slow = Turns(settings.query_slow, 0)
        self._means = Means(settings, Processes(settings), quick, slow, Answers())
        self._guard = threading.Lock()
        self._snapshots: Snapshots | None = None
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
        return Question(self._means, asked, self._snapshot(reached), who).answer()

    def begin(
        self,
        asked: Asked,
        who: str,
        seq: int,
        wake: Callable[[], None],
        lends: Callable[[], bool],
    ) -> Question | None:
        """Have a query answered by and by. Never waits; None if it has to be asked by who may.

        Args:
            asked: what, and in which form.
            who: asks; those who ask less come first.
            seq: number of the journal entry that the copy to read has reached, as of `glimpse`.
            wake: called, by whichever thread, when there is something to be done that was waited for.
            lends: asked when there is a process whether that is to answer by itself, on connections that are lent to it.
        """
        snapshots = self._snapshots
        snapshot = None if snapshots is None else snapshots.hold(seq)
        if snapshot is None:
            return None
        try:
            guarded(asked.text)
        except Malformed:
            snapshot.leave()
            return None
        return Question(self._means, asked, snapshot, who, wake, lends)

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

    def has_place(self) -> bool:
        """Whether a query that is asked now begins at once."""
        return self._means.quick.free > 0

    def has_others(self) -> bool:
        """Whether somebody waits for a turn."""
        return self._means.quick.waiting > 0

    def knows(self, seq: int, asked: Asked) -> bool:
        """Whether an answer is kept.

        Args:
            seq: number of the journal entry that is asked of.
            asked: what, and in which form.
        """
        return self._means.answers.knows(seq, asked)

    def counts(self) -> dict[str, int]:
        """How many queries were answered, recalled and refused by which limit, and how many run now."""
        return {**self._means.answers.counts(), "running": len(self._means.processes)}

    def close(self) -> None:
        """End all processes, and remove what they read."""
        with self._guard:
            self._is_closed = True
            snapshots, self._snapshots = self._snapshots, None
        self._means.processes.close()
        if snapshots is not None:
            snapshots.close()

    def _snapshot(self, reached: int | None) -> Snapshot:
        with self._guard:
            if self._is_closed:
                raise Busy("the server is ending", remedy="ask again in a while")
            if self._snapshots is None:
                self._snapshots = Snapshots(self._registry, self._means.settings.query_age)
            snapshots = self._snapshots
        return snapshots.current(reached)
