"""One list, taken into a registry: read, compared with what was taken before, published, noted."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from umr_ld.findings import Severity
from umr_ld.formats.hub_fields import NOT_TAKEN
from umr_ld.formats.loss import Loss
from umr_ld.harvest.preparing import read_hub
from umr_ld.harvest.readers import Readers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from umr_ld.harvest.ledger import Ledger
    from umr_ld.harvest.listing import Piece
    from umr_ld.harvest.preparing import Reader, Ready
    from umr_ld.harvest.readers import Reading
    from umr_ld.registry import Registry
    from umr_ld.registry.views import Checked, Imported
    from umr_ld.screen import Screen
    from umr_ld.vocab import Vocabulary

    Progress = Callable[[int, int], None]

TOGETHER = 500
"""Pieces that are published with one write to the journal. More take more memory and little less time."""

_HELD = frozenset({"published", "unchanged"})
"""What is noted: of what is somebody else's it is not for a list to say that it is gone."""
_GONE = "not listed any more"


@dataclass(slots=True)
class Tally:
    """What became of a list.

    Args:
        counts: pieces by what became of them: `published`, `unchanged`, `kept`, `gone`, `refused`, `unread`.
        losses: what did not come through as it was.
        ignored: how often each member or field was passed over that no rule knows.
        refused: what could not be published, with why.
        links: how many links to models and to datasets were stated.
    """

    counts: Counter[str] = field(default_factory=Counter)
    losses: list[Loss] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    refused: list[Checked] = field(default_factory=list)
    links: Counter[str] = field(default_factory=Counter)

    @property
    def is_whole(self) -> bool:
        """Whether everything was read and could be published."""
        return not self.counts["unread"] and not self.counts["refused"]

    def lose(self, losses: Iterable[Loss]) -> None:
        """Take in what did not come through.

        Args:
            losses: row by row.
        """
        for row in losses:
            if row.why == NOT_TAKEN:
                self.ignored[row.property] += 1
            else:
                self.losses.append(row)


class Intake:
    """Takes lists into a registry.

    Args:
        registry: open for writing.
        ledger: what was taken before.
        agent: who takes.
        jobs: how many other processes may read what the Hugging Face Hub lists; with 1 none does. What is taken, and with
            which bytes, is the same.
    """

    def __init__(self, registry: Registry, ledger: Ledger, agent: str, *, jobs: int = 1) -> None:
        self._registry = registry
        self._ledger = ledger
        self._agent = agent
        self._jobs = jobs

    @property
    def vocabulary(self) -> Vocabulary:
        """The terms of records."""
        return self._registry.vocabulary

    def take(
        self,
        source: str,
        pieces: Iterable[Piece | Loss],
        *,
        missing_is_gone: bool = True,
        progress: Progress | None = None,
        total: int = 0,
        read: Reader = read_hub,
    ) -> Tally:
        """Take a list.

        Args:
            source: by which the list is known when it is read again.
            pieces: what it holds, and why not more.
            missing_is_gone: whether what stood in it before and does not now is gone from the hub; nothing is
                concluded unless the list was read whole.
            progress: called with how many pieces are done and how many there are.
            total: how many there are; 0 if that is not known.
            read: what makes a draft of a piece.

        Returns:
            what became of it; all of it is durable.

        Raises:
            Full: if there is no space; what was taken until then is.
            TooLong: if a process that reads was ended from outside; what was taken until then is.
        """
        tally, done = Tally(), 0
        run = self._ledger.begin(source)
        readers = Readers(self._jobs, self._registry.base, _screen, read)

        def fresh(some: Sequence[Piece]) -> list[Piece]:
            known = self._known(source, some)
            return [piece for piece in some if _print(piece) not in known]

        with readers:
            for batch, reading in readers.ahead(_batches(pieces), fresh):
                self._take(source, run, batch, tally, reading)
                done += len(batch)
                if progress is not None:
                    progress(done, max(total, done + 1))
        if missing_is_gone and not tally.counts["unread"]:
            self._miss(source, run, tally)
        if progress is not None:
            progress(done, done)
        return tally

    def _known(self, source: str, pieces: Iterable[Piece]) -> Mapping[bytes, str]:
        return self._ledger.known(source, map(_print, pieces))

    def _take(
        self, source: str, run: int, batch: Sequence[Piece | Loss], tally: Tally, reading: Reading
    ) -> None:
        pieces = [one for one in batch if not isinstance(one, Loss)]
        known = self._known(source, pieces)
        made = reading.of([piece for piece in pieces if _print(piece) not in known])
        found: list[tuple[Piece, Ready]] = []
        seen: list[tuple[str, bytes]] = []
        for piece in batch:
            if not isinstance(piece, Loss) and (name := known.get(_print(piece))):
                tally.counts["unchanged"] += 1
                seen.append((name, _print(piece)))
                continue
            one = piece if isinstance(piece, Loss) else next(made)
            if isinstance(one, Loss):
                tally.losses.append(one)
                tally.counts["unread"] += 1
            elif not isinstance(piece, Loss):
                found.append((piece, one))
        fresh, prints = self._once(source, run, found, tally)
        taken = self._publish(fresh, tally)
        self._ledger.note(source, run, [*seen, *((name, prints[name]) for name in taken)])

    def _once(
        self, source: str, run: int, found: Sequence[tuple[Piece, Ready]], tally: Tally
    ) -> tuple[dict[str, Ready], dict[str, bytes]]:
        """Of each name what the list says of it first, with what exactly it said."""
        before = self._ledger.seen(source, run, (one.listed.name for _, one in found))
        fresh: dict[str, Ready] = {}
        prints: dict[str, bytes] = {}
        for piece, one in found:
            name = one.listed.name
            if name in fresh or name in before:
                tally.losses.append(Loss("id", name, "listed twice: the first one is taken", piece.place))
            else:
                fresh[name], prints[name] = one, _print(piece)
        return fresh, prints

    def _publish(self, fresh: dict[str, Ready], tally: Tally) -> Iterator[str]:
        removed = {}
        for name, one in fresh.items():
            tally.lose(one.listed.losses)
            tally.links.update(models=one.listed.stated[0], datasets=one.listed.stated[1])
            if one.listed.removed:
                removed[name] = f"gone from the Hugging Face Hub since {one.listed.removed}"
        drafts = [one.prepared for one in fresh.values()]
        done = self._registry.follow(drafts, agent=self._agent, gone=removed)
        _tell(done, fresh, tally)
        return (str(one.ref.name) for one in done.published if one.status in _HELD)

    def _miss(self, source: str, run: int, tally: Tally) -> None:
        """Note what stood in the list before, and does not any more."""
        for names in self._ledger.missed(source, run):
            done = self._registry.follow([], agent=self._agent, gone=dict.fromkeys(names, _GONE))
            tally.counts["gone"] += sum(one.status == "gone" for one in done.published)
            self._ledger.note_gone(source, names)

    def gone(self, names: Iterable[str], reason: str) -> int:
        """Note that artifacts are gone from a hub, of which somebody asked it.

        Args:
            names: of artifacts, recorded or not.
            reason: how that is known.

        Returns:
            of how many it was not known.
        """
        done = self._registry.follow([], agent=self._agent, gone=dict.fromkeys(names, reason))
        return len(done.published)


def _batches(pieces: Iterable[Piece | Loss]) -> Iterator[list[Piece | Loss]]:
    waiting = iter(pieces)
    while batch := list(islice(waiting, TOGETHER)):
        yield batch


def _print(piece: Piece) -> bytes:
    """What tells what is said of one thing from what was said before."""
    return hashlib.sha256(piece.body).digest()


def _screen() -> Screen:
    """The shapes, of which most lists of nothing new need none."""
    from umr_ld.rules import shipped_rules

    return shipped_rules().screen


def _tell(done: Imported, fresh: dict[str, Ready], tally: Tally) -> None:
    for one in done.published:
        tally.counts[one.status] += 1
        place = fresh[str(one.ref.name)].listed.draft.document.source
        tally.losses += [
            Loss(
                row.path,
                "",
                f"kept apart: {row.message}" if row.rule == "name-confusable" else row.message,
                place,
            )
            for row in one.report
            if row.severity is Severity.WARNING
        ]
        if one.status == "kept":
            why = "left alone: somebody recorded it from another source"
            tally.losses.append(Loss("id", str(one.ref.name), why, place))
    tally.counts["refused"] += len(done.refused)
    tally.refused += done.refused
