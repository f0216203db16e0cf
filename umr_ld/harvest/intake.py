"""One list, taken into a registry: read, compared with what was taken before, published, noted."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from umr_ld.document import Document
from umr_ld.errors import Malformed
from umr_ld.findings import Severity
from umr_ld.formats.hub_fields import NOT_TAKEN
from umr_ld.formats.hub_listing import read_listed
from umr_ld.formats.loss import Loss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from umr_ld.formats.hub_listing import Listed
    from umr_ld.harvest.ledger import Ledger
    from umr_ld.harvest.listing import Piece
    from umr_ld.registry import Registry
    from umr_ld.registry.views import Checked, Imported
    from umr_ld.vocab import Vocabulary

    Progress = Callable[[int, int], None]
    Reader = Callable[[Any, Piece], Listed]

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


def read_hub(item: Any, piece: Piece) -> Listed:
    """Read what the Hugging Face Hub says of one thing.

    Args:
        item: the object.
        piece: where it stands.

    Raises:
        Malformed: as `hub_listing.read_listed`.
    """
    listed = read_listed(item, Document(piece.body, source=piece.place), dataset=piece.dataset)
    return listed.asked_for(piece.asked, dataset=piece.dataset) if piece.asked else listed


class Intake:
    """Takes lists into a registry.

    Args:
        registry: open for writing.
        ledger: what was taken before.
        agent: who takes.
    """

    def __init__(self, registry: Registry, ledger: Ledger, agent: str) -> None:
        self._registry = registry
        self._ledger = ledger
        self._agent = agent

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
        """
        tally = Tally()
        run = self._ledger.begin(source)
        waiting, done = iter(pieces), 0
        while batch := list(islice(waiting, TOGETHER)):
            self._take(source, run, batch, tally, read)
            done += len(batch)
            if progress is not None:
                progress(done, max(total, done + 1))
        if missing_is_gone and not tally.counts["unread"]:
            self._miss(source, run, tally)
        if progress is not None:
            progress(done, done)
        return tally

    def _take(self, source: str, run: int, batch: Sequence[Piece | Loss], tally: Tally, read: Reader) -> None:
        fresh: dict[str, Listed] = {}
        prints: dict[str, bytes] = {}
        seen: list[tuple[str, bytes]] = []
        for piece in batch:
            if isinstance(piece, Loss):
                tally.losses.append(piece)
                tally.counts["unread"] += 1
                continue
            print_ = hashlib.sha256(piece.body).digest()
            if name := self._ledger.known(source, print_):
                tally.counts["unchanged"] += 1
                seen.append((name, print_))
                continue
            listed = _read(piece, tally, read)
            if listed is None:
                continue
            if listed.name in fresh or self._ledger.is_seen(source, run, listed.name):
                tally.losses.append(
                    Loss("id", listed.name, "listed twice: the first one is taken", piece.place)
                )
                continue
            fresh[listed.name], prints[listed.name] = listed, print_
        taken = self._publish(fresh, tally)
        self._ledger.note(source, run, [*seen, *((name, prints[name]) for name in taken)])

    def _publish(self, fresh: dict[str, Listed], tally: Tally) -> Iterator[str]:
        for listed in fresh.values():
            tally.lose(listed.losses)
            tally.links.update(models=listed.stated[0], datasets=listed.stated[1])
        removed = {
            name: f"gone from the Hugging Face Hub since {listed.removed}"
            for name, listed in fresh.items()
            if listed.removed
        }
        drafts = [listed.draft for listed in fresh.values()]
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


def _read(piece: Piece, tally: Tally, read: Reader) -> Listed | None:
    try:
        item = json.loads(piece.body)
    except (ValueError, RecursionError) as error:
        tally.losses.append(Loss("", "", f"not read: no JSON ({error})"[:300], piece.place))
        tally.counts["unread"] += 1
        return None
    try:
        return read(item, piece)
    except Malformed as error:
        tally.losses.append(Loss("id", "", f"not read: {error.what}", piece.place))
        tally.counts["unread"] += 1
        return None


def _tell(done: Imported, fresh: dict[str, Listed], tally: Tally) -> None:
    for one in done.published:
        tally.counts[one.status] += 1
        place = fresh[str(one.ref.name)].draft.document.source
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
