"""What a registry tells others: its own journal, or a part of it, as lines that can be taken over elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from umr_ld.entry import DONE, PUBLISHED
from umr_ld.exchange import Line
from umr_ld.registry import answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.entry import Stored
    from umr_ld.index import RecordRow
    from umr_ld.names import Ref
    from umr_ld.registry.parts import Parts


def own(parts: Parts, after: int = 0, prefix: str = "") -> Iterator[Line]:
    """What happened to the registry's own records, in the order in which it did.

    Args:
        parts: of the registry.
        after: journal entry behind which the first line stands.
        prefix: with which names begin.
    """
    upto = parts.index.position()
    for stored in parts.journal.read(after):
        if stored.seq > upto:
            return
        entry = stored.entry
        if entry.act in DONE and not parts.base.peer_of(entry.subject) and entry.subject.startswith(prefix):
            yield line_of(stored, parts)


def closure(parts: Parts, references: Iterable[str]) -> Iterator[Line]:
    """Records with everything upstream of them that is recorded, other registries' records too.

    Args:
        parts: of the registry.
        references: of records; `name` means the one that stands for the artifact.

    Yields:
        lines in the order of the journal: of each record its publication, and its withdrawal if it was withdrawn.

    Raises:
        Missing: if one of them is not recorded.
    """
    rows: dict[Ref, RecordRow] = {}
    upto = answers.sequence(parts, None)
    waiting = [answers.row_of(parts, answers.asked(parts, one), upto) for one in references]
    while waiting:
        row = waiting.pop()
        if row.ref in rows:
            continue
        rows[row.ref] = row
        for link in parts.index.links_of(row):
            reached = parts.index.best(link)
            if reached is not None:
                waiting.append(reached)
    places = {row.seq: row.location for row in rows.values()}
    # A withdrawal is rare, and where it stands in the journal only its number says.
    later = sorted(row.withdrawn_seq for row in rows.values() if row.withdrawn_seq is not None)
    for seq in sorted([*places, *later]):
        if seq in places:
            yield line_of(parts.journal.at(places[seq]), parts)
        else:
            yield line_of(next(iter(parts.journal.read(seq - 1))), parts)


def line_of(stored: Stored, parts: Parts) -> Line:
    """An entry about a record as others are told of it.

    Args:
        stored: an entry of the journal.
        parts: of the registry.
    """
    entry = stored.entry
    reference, is_published = entry.subject, entry.act in PUBLISHED
    label = parts.base.peer_of(reference)
    said = json.loads(entry.body)
    return Line(
        act="publish" if is_published else entry.act,
        reference=reference[len(label) + 1 :] if label else reference,
        # Another registry's record has no number in its own journal that is known here.
        sequence=0 if label else stored.seq,
        chain="" if label else stored.chain,
        time=entry.time.isoformat(),
        agent=entry.agent,
        digest=entry.digest,
        reason="" if is_published else str(said.get("reason", "")),
        record=said if is_published else None,
    )
