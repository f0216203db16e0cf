"""Answers to questions about what is recorded, now or at an earlier moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from umr_ld import lineage as lineages
from umr_ld.addresses import is_absolute
from umr_ld.change import diff
from umr_ld.entry import DONE, PUBLISHED
from umr_ld.errors import Missing
from umr_ld.names import Ref, parse_reference
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.registry.carriers import digests_of
from umr_ld.registry.searching import searched
from umr_ld.registry.views import Event, Listed, Listing, Mentioned, Resolved, Shown
from umr_ld.risk import Answer
from umr_ld.scores import scores_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from umr_ld.index import RecordRow, Vanishing
    from umr_ld.lineage import Impact, Lineage
    from umr_ld.record import Record
    from umr_ld.registry.parts import Parts
    from umr_ld.registry.standings import Standings


def sequence(parts: Parts, at: datetime | None) -> int | None:
    """The journal sequence number that a moment stands for; None for now.

    Args:
        parts: of the registry.
        at: UTC, or None.
    """
    return None if at is None else parts.index.sequence_at(at)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person means by a reference.

    Args:
        artifact: name, or IRI of what is elsewhere.
        versions: which of its versions.
        text: what the person wrote.
    """

    artifact: str
    versions: Range = EVERYTHING
    text: str = ""

    def __str__(self) -> str:
        return self.artifact if self.versions.is_everything else f"{self.artifact}@{self.versions}"


def asked(parts: Parts, text: str) -> Asked:
    """Read a reference as a person means it.

    Args:
        parts: of the registry.
        text: `name`, `name@1.2.0`, `name@RANGE`; the last segment of a name, where only one name ends so; or
            an IRI, of this registry or of anything elsewhere that records name.

    Raises:
        Malformed: if it is none of these.
    """
    reference_text = text
    if is_absolute(text):
        reference_text = parts.base.artifact_of(text)
        if reference_text == text:
            return Asked(text, text=text)
    reference = parse_reference(reference_text)
    name = str(reference.name)
    if "/" not in name and not parts.index.versions(name) and not parts.index.is_named(name):
        found = parts.index.ending(name)
        name = found[0] if len(found) == 1 else name
    return Asked(name, reference.versions, text)


def missing(parts: Parts, reference: str, at: int | None = None) -> Missing:
    """The error for a reference that nothing matches, naming what is alike.

    Args:
        parts: of the registry.
        reference: what was asked for.
        at: journal sequence number, or None for now.
    """
    name = reference.partition("@")[0]
    versions = parts.index.versions(name, at)
    if versions:
        have = ", ".join(str(row.ref.version) for row in versions[:8])
        return Missing(f"no version of {name} matches {reference!r}", remedy=f"recorded: {have}")
    if _is_only_mentioned(parts, Asked(name), at):
        return Missing(
            f"nothing is recorded of {name}, but other records name it",
            remedy=f"`umr impact {name}` says which",
        )
    known = [one.name for one in parts.names.known_as(name, parts.policy, at)]
    if known:
        return Missing(
            f"nothing is recorded of {name!r}",
            remedy=f"it is also known as {' or '.join(known[:3])}",
            alike=known[:3],
        )
    alike = (parts.index.ending(name) or parts.index.suggest(name))[:3]
    advice = f"did you mean {' or '.join(alike)}?" if alike else "`umr search` finds records by words"
    return Missing(f"nothing is recorded of {name!r}", remedy=advice, alike=alike)


def row_of(parts: Parts, reference: Asked, at: int | None) -> RecordRow:
    """The best matching record of a reference.

    Args:
        parts: of the registry.
        reference: name and versions.
        at: journal sequence number, or None for now.

    Raises:
        Missing: if nothing matches.
    """
    row = parts.index.best_of(reference.artifact, reference.versions, at)
    if row is None:
        raise missing(parts, str(reference), at)
    return row


def get(parts: Parts, reference: Asked, at: datetime | None) -> Record:
    """See `Registry.get`."""
    return parts.records.read(row_of(parts, reference, sequence(parts, at)))


def body(parts: Parts, ref: Ref) -> bytes:
    """See `Registry.body`."""
    row = parts.index.record(ref)
    if row is None:
        raise missing(parts, str(ref))
    return parts.records.body(row)


def show(parts: Parts, reference: Asked, at: datetime | None) -> Shown:
    """See `Registry.show`."""
    upto = sequence(parts, at)
    row = row_of(parts, reference, upto)
    record = parts.records.read(row)
    rows = parts.index.versions(str(record.ref.name), upto)
    standing = [one for one in rows if one.withdrawn is None] or rows
    held = parts.records.effective(record, upto)
    gone = _gone(parts, rows, upto)
    return Shown(
        record=record,
        effective=held,
        links=tuple(_resolved(parts, record, upto)),
        body=parts.records.body(row),
        agent=row.agent,
        published=row.time,
        seq=row.seq,
        newest=standing[0].ref,
        versions=tuple(one.ref for one in rows),
        withdrawn=row.withdrawn,
        reason=row.reason,
        gone=None if gone is None else gone.time,
        gone_from="" if gone is None else gone.reason,
        scores=scores_of(held, parts.vocabulary),
        aliases=parts.names.known_as(str(record.ref.name), parts.policy, upto),
    )


def _gone(parts: Parts, rows: Sequence[RecordRow], at: int | None) -> Vanishing | None:
    """Since when an artifact is gone from where it was published; None if it was published again since."""
    newest = next(iter(parts.index.vanishings(str(rows[0].ref.name), at)), None)
    return None if newest is None or any(row.seq > newest.seq for row in rows) else newest


def gone_since(parts: Parts, row: RecordRow) -> int | None:
    """The journal entry that noted that a record's artifact is gone; None if it is not.

    Args:
        parts: of the registry.
        row: one of its records.
    """
    gone = _gone(parts, parts.index.versions(str(row.ref.name)), None)
    return None if gone is None else gone.seq


def _resolved(parts: Parts, record: Record, at: int | None) -> list[Resolved]:
    found, graph = [], parts.names.joined(parts.policy, at).graph
    for link in record.links:
        row = next(iter(graph.matching(link, at)), None)
        found.append(
            Resolved(link, None if row is None else row.ref, link.artifact if row is None else row.title)
        )
    return found


def mentioned(parts: Parts, artifact: str, at: datetime | None) -> Mentioned | None:
    """See `Registry.mentioned`."""
    upto = sequence(parts, at)
    if parts.index.versions(artifact, upto):
        return None
    naming = tuple(row.ref for row in parts.names.joined(parts.policy, upto).graph.naming(artifact, upto))
    aliases = parts.names.known_as(artifact, parts.policy, upto)
    return Mentioned(artifact, naming, aliases) if naming or aliases else None


def history(parts: Parts, name: str, at: datetime | None) -> tuple[Event, ...]:
    """See `Registry.history`."""
    upto = sequence(parts, at)
    rows = parts.index.versions(name, upto)
    if not rows:
        raise missing(parts, name, upto)
    events = [
        Event(gone.seq, gone.time, "vanish", Ref(rows[0].ref.name, gone.version), gone.agent, "", gone.reason)
        for gone in parts.index.vanishings(name, upto)
    ]
    for at_row, row in enumerate(rows):
        if row.withdrawn is not None and row.withdrawn_seq is not None:
            events.append(
                Event(row.withdrawn_seq, row.withdrawn, "withdraw", row.ref, row.withdrawn_by, "", row.reason)
            )
        earlier = rows[at_row + 1] if at_row + 1 < len(rows) else None
        changes = _changes(parts, earlier, row) if earlier is not None else ()
        act = "adopt" if parts.base.peer_of(row.ref) else "publish"
        events.append(Event(row.seq, row.time, act, row.ref, row.agent, row.digest, changes=changes))
    return tuple(sorted(events, key=lambda event: -event.seq))


def events(parts: Parts, after: int, upto: int) -> tuple[Event, ...]:
    """See `Registry.events`."""
    found = []
    for stored in parts.journal.read(after) if after < upto else ():
        if stored.seq > upto:
            break
        entry = stored.entry
        if entry.act in DONE:
            reason = "" if entry.act in PUBLISHED else str(json.loads(entry.body).get("reason", ""))
            ref = Ref.parse(entry.subject)
            found.append(Event(stored.seq, entry.time, entry.act, ref, entry.agent, entry.digest, reason))
    return tuple(reversed(found))


def _changes(parts: Parts, before: RecordRow, after: RecordRow) -> tuple[str, ...]:
    found = diff(parts.records.read(before), parts.records.read(after), parts.vocabulary, parts.base)
    return tuple(str(change) for change in found.changes)


def listing(
    parts: Parts,
    standings: Standings | None = None,
    answer: Answer | None = None,
    *,
    at: datetime | None,
    **asked: Any,
) -> Listing:
    """See `Registry.listing`."""
    upto = sequence(parts, at)
    text = str(asked.get("text", ""))
    # Digits alone are words too: those of a git commit, say.
    if files := digests_of(text, parts.vocabulary) if ":" in text else ():
        asked = {**asked, "text": "", "files": files}
    worst = {} if standings is None else standings.of(upto)
    chosen = {one: [ref for ref, stands in worst.items() if stands is one] for one in Answer}
    among = (
        {"without": tuple(worst)} if answer is Answer.CLEAR else {"among": chosen[answer]} if answer else {}
    )
    page = searched(parts, upto, **asked, **among)
    facets = dict(page.facets)
    if answer is not None:
        facets["answer"] = _answers(parts, upto, asked, chosen)
    entries = tuple(
        Listed(
            ref=row.ref,
            kind=row.kind,
            title=row.title,
            publisher=row.publisher,
            license=row.license,
            published=row.time,
            withdrawn=row.withdrawn is not None,
            snippet=snippet,
        )
        for row, snippet in page.rows
    )
    return Listing(entries, page.total, facets)


def _answers(
    parts: Parts, at: int | None, asked: Mapping[str, Any], chosen: Mapping[Answer, Sequence[Ref]]
) -> dict[str, int]:
    """How many artifacts there are for each answer, whichever was chosen; exact, as every facet is."""
    counting = {**asked, "limit": 0, "offset": 0, "counted": True}
    told = {one: searched(parts, at, **counting, among=chosen[one]).total for one in Answer if one}
    every = searched(parts, at, **counting).total
    counts = {**told, Answer.CLEAR: every - sum(told.values())}
    return {one.label: counts[one] for one in reversed(Answer) if counts[one]}


def lineage(
    parts: Parts,
    reference: Asked,
    direction: Literal["up", "down"],
    depth: int | None,
    at: datetime | None,
    most: int | None = None,
) -> Lineage:
    """See `Registry.lineage`."""
    upto = sequence(parts, at)
    with parts.index.steady():
        joined = parts.names.joined(parts.policy, upto)
        row = joined.graph.best_of(reference.artifact, reference.versions, upto)
        if row is None and not _is_only_mentioned(parts, reference, upto):
            raise missing(parts, str(reference), upto)
        walk = lineages.upstream if direction == "up" else lineages.downstream
        start = reference.artifact if row is None else row.ref
        standing = joined.aliases.standing
        return walk(joined.graph, start, depth=depth, at=upto, most=most, standing=standing)


def _is_only_mentioned(parts: Parts, reference: Asked, at: int | None) -> bool:
    names = parts.names.aliases(parts.policy, at).same(reference.artifact)
    return _is_named(parts, names) and not any(parts.index.versions(one, at) for one in names)


def impact(parts: Parts, reference: Asked, at: datetime | None) -> Impact:
    """See `Registry.impact`."""
    upto = sequence(parts, at)
    name = reference.artifact
    with parts.index.steady():
        joined = parts.names.joined(parts.policy, upto)
        if not joined.graph.versions(name, upto) and not _is_named(parts, joined.aliases.same(name)):
            raise missing(parts, name, upto)
        return lineages.impact(joined.graph, name, reference.versions, at=upto)


def _is_named(parts: Parts, names: Sequence[str]) -> bool:
    return any(map(parts.index.is_named, names))


def counts(parts: Parts, at: datetime | None) -> dict[str, int]:
    """See `Registry.counts`."""
    return dict(parts.index.counts(sequence(parts, at)))
