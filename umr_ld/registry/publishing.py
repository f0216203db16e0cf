"""Validation and publishing: parse → mint → shapes → checks → journal (acknowledged) → projections."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from umr_ld.checks import check
from umr_ld.entry import Entry
from umr_ld.errors import Conflict, Invalid, Malformed, UmrError, Unreadable
from umr_ld.findings import Report, violation
from umr_ld.order import needs_first
from umr_ld.reading import Reading, read, read_tree, tried
from umr_ld.registry.known import KnownRecords
from umr_ld.registry.views import Checked, Published
from umr_ld.tree import placed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from pyoxigraph import Triple

    from umr_ld.addresses import Base
    from umr_ld.document import Document
    from umr_ld.entry import Stored
    from umr_ld.findings import Finding
    from umr_ld.index import Index
    from umr_ld.names import Ref
    from umr_ld.record import Record
    from umr_ld.registry.parts import Parts
    from umr_ld.registry.records import Records
    from umr_ld.rules import Rules
    from umr_ld.tree import Tree
    from umr_ld.vocab import Vocabulary

_TOGETHER = 200
"""Documents of a batch that are held against the shapes before the first of them is told of."""

_APPLIED = 50
"""Documents that the projections are given at once, before that is told as progress."""


class Desk:
    """Where documents are looked at before they are published. Changes nothing.

    Args:
        index: names, versions and links of what is published.
        records: reads what is published.
        rules: gives the SHACL rules, on first use.
        base: the registry's base IRI.
        vocabulary: the terms.
    """

    def __init__(
        self, index: Index, records: Records, rules: Callable[[], Rules], base: Base, vocabulary: Vocabulary
    ) -> None:
        self._index = index
        self._records = records
        self._rules = rules
        self._base = base
        self._vocabulary = vocabulary

    def read(self, document: Document) -> Checked:
        """A document read as far as it can be, with the faults of its form.

        Args:
            document: JSON-LD or YAML.
        """
        return attempted(document, tried(lambda: read(document, self._base, self._vocabulary)))

    def read_tree(self, tree: Tree, document: Document) -> Checked:
        """As `read`, from a tree that an importer made.

        Args:
            tree: keys as in a draft.
            document: what it was made from.
        """
        return attempted(document, tried(lambda: read_tree(tree, self._base, self._vocabulary)))

    def judge(self, batch: Iterable[Checked]) -> Iterator[Checked]:
        """The documents with all findings, upstreams before what is made from them.

        Args:
            batch: documents that were read.

        Yields:
            each one after the others of the batch that it links to; those that cannot be read first.
        """
        known = KnownRecords(self._index, self._records)
        taken: dict[Ref, Reading] = {}
        for checked, shapes in self.shaped(in_order(list(batch))):
            if checked.reading is None:
                yield checked
                continue
            judged = self._judged(checked, checked.reading, shapes, known, taken)
            if judged.report and checked.reading.record.ref not in taken:
                taken[checked.reading.record.ref] = checked.reading
                known.accept(checked.reading.record)
            yield judged

    def shaped(
        self, batch: Iterable[Checked], *, advised: bool = True, sure: Container[str] = frozenset()
    ) -> Iterator[tuple[Checked, Report]]:
        """The documents with what the shapes say of each that is not published yet.

        Args:
            batch: documents that were read.
            advised: whether recommendations are wanted.
            sure: digests of new records that are known to keep the shapes, and are not looked at again.

        Yields:
            each, in the order given. They are held against the shapes many at once, which takes less time.
        """
        waiting = iter(batch)
        while together := list(islice(waiting, _TOGETHER)):
            records = [None if one.reading is None else one.reading.record for one in together]
            unsure = [one for one in records if one is not None and one.digest not in sure]
            new = [record for record in unsure if self._is_new(record)]
            found = iter(self._held([(one.triples, one.iri) for one in new], advised) if new else ())
            looked = {id(record) for record in new}
            for checked, record in zip(together, records, strict=True):
                yield checked, next(found) if id(record) in looked else Report()

    def _held(self, records: Sequence[tuple[Sequence[Triple], str]], advised: bool) -> Sequence[Report]:
        rules = self._rules()
        return rules.check_many(records) if advised else rules.violations(records)

    def _is_new(self, record: Record) -> bool:
        return self._index.record(record.ref) is None

    def is_published(self, reading: Reading) -> bool:
        """Whether the same graph is published under the same reference.

        Args:
            reading: a document that was read.

        Raises:
            Conflict: if another graph is published under it.
        """
        row = self._index.record(reading.record.ref)
        if row is None:
            return False
        if row.digest != reading.record.digest:
            raise Conflict(
                f"{reading.record.ref} is published with other content, and what is published does not change",
                where=reading.tree.source,
                remedy="publish the next version; `umr bump` says which",
            )
        return True

    def _judged(
        self,
        checked: Checked,
        reading: Reading,
        shapes: Report,
        known: KnownRecords,
        taken: dict[Ref, Reading],
    ) -> Checked:
        record = reading.record
        twin = taken.get(record.ref)
        if twin is not None and twin.record.digest != record.digest:
            fault = violation(
                f"{record.ref} stands twice with different content; the other is {twin.tree.source}",
                "ref-twice",
                "version",
                focus=record.iri,
                remedy="give each its own version",
            )
            return _with(checked, reading, [fault])
        try:
            if twin is not None or self.is_published(reading):
                return checked
        except Conflict as error:
            fault = violation(error.what, "ref-published", "version", focus=record.iri, remedy=error.remedy)
            return _with(checked, reading, [fault])
        findings = [*shapes, *check(record, known, self._vocabulary, self._base)]
        return _with(checked, reading, findings)


def attempted(document: Document, reading: Reading | UmrError) -> Checked:
    """A document with what reading it gives, or with why it cannot be read.

    Args:
        document: what was read.
        reading: what that gave.

    Raises:
        UmrError: that was given, if it is not about what stands in the document.
    """
    if isinstance(reading, Reading):
        return Checked(document, reading, Report())
    if isinstance(reading, Invalid):
        return Checked(document, None, reading.report)
    if not isinstance(reading, (Unreadable, Malformed)):
        raise reading
    source, _, line = reading.where.rpartition(":")
    known_line = int(line) if source and line.isdecimal() else None
    fault = replace(
        violation(reading.what, "unreadable", remedy=reading.remedy),
        source=source if known_line is not None else reading.where or document.source,
        line=known_line,
    )
    return Checked(document, None, Report((fault,)))


def _with(checked: Checked, reading: Reading, findings: Iterable[Finding]) -> Checked:
    return replace(checked, report=checked.report + placed(list(findings), reading.tree))


def in_order(batch: Sequence[Checked]) -> Iterator[Checked]:
    """Upstreams first, earlier versions before later ones; where links go in circles, as given.

    Args:
        batch: documents that were read; those that cannot be read come first.
    """
    readings = [(at, checked.reading) for at, checked in enumerate(batch) if checked.reading is not None]
    yield from (checked for checked in batch if checked.reading is None)
    by_name: dict[str, list[int]] = {}
    for at, reading in readings:
        by_name.setdefault(str(reading.record.ref.name), []).append(at)
    for places in by_name.values():
        places.sort(key=lambda at: batch[at].reading.record.ref.version)  # type: ignore[union-attr]
    place = {at: number for places in by_name.values() for number, at in enumerate(places)}

    def needs(at: int, reading: Reading) -> Iterator[int]:
        own = by_name[str(reading.record.ref.name)]
        yield from own[max(place[at] - 1, 0) : place[at]]
        for link in reading.record.links:
            above = by_name.get(link.artifact, ())
            yield from () if above is own else above

    for at in needs_first({at: list(needs(at, reading)) for at, reading in readings}):
        yield batch[at]


def publication_entry(reading: Reading, agent: str, time: datetime) -> Entry:
    """The journal entry that publishes a document.

    Args:
        reading: what was read and judged.
        agent: who publishes.
        time: when, in UTC.
    """
    return Entry("publish", str(reading.record.ref), agent, time, reading.body, reading.record.digest)


def reasoned_entry(act: str, ref: Ref, reason: str, agent: str, time: datetime) -> Entry:
    """The journal entry that withdraws a record, or notes that it is gone from where it was published.

    Args:
        act: `withdraw` or `vanish`.
        ref: which record.
        reason: why, or where it is gone from, in words.
        agent: who says so.
        time: when, in UTC.

    Raises:
        Malformed: if no reason is given.
    """
    if not reason.strip():
        raise Malformed("this needs a reason", where=str(ref), remedy="say why, for those downstream")
    return Entry(act, str(ref), agent, time, json.dumps({"reason": reason}, ensure_ascii=False).encode())


def publish_all(
    parts: Parts,
    desk: Desk,
    judged: Sequence[Checked],
    agent: str,
    progress: Callable[[int, int], None] | None,
) -> tuple[Published, ...]:
    """Publish documents that may be published. They are acknowledged when the journal has all of them; the
    projections follow, now or at the next chance.

    Args:
        parts: of the registry.
        desk: where they were judged.
        judged: all of them without violations.
        agent: who publishes.
        progress: called with how many are in the projections and how many there are.

    Returns:
        what was done with each.

    Raises:
        Full: if there is no space; nothing was published.
    """
    readings = [checked.reading for checked in judged if checked.reading is not None]
    new = {one.record.ref: one for one in readings if not desk.is_published(one)}
    stored: Sequence[Stored] = ()
    if new:
        parts.require_writing()
        parts.catch_up()
        now = datetime.now(UTC)
        entries = [publication_entry(one, agent, now) for one in new.values()]
        stored = parts.journal.append(entries, after=parts.index.position())
    numbers = {ref: one.seq for ref, one in zip(new, stored, strict=True)}
    with suppress(UmrError):
        # Published is published: a full disk under a projection is healed by catching up later.
        written = list(zip(stored, (one.record for one in new.values()), strict=True))
        for start in range(0, len(written), _APPLIED):
            parts.projection.apply_all(written[start : start + _APPLIED])
            if progress is not None:
                progress(min(start + _APPLIED, len(written)), len(written))
    return tuple(_published(checked, numbers, parts) for checked in judged)


def would_publish(
    parts: Parts, desk: Desk, judged: Sequence[Checked], progress: Callable[[int, int], None] | None
) -> tuple[Published, ...]:
    """What `publish_all` would do. Arguments as of `publish_all`.

    Args:
        parts: of the registry.
        desk: where they were judged.
        judged: all of them without violations.
        progress: called with how many were looked at and how many there are.
    """
    done = []
    for checked in judged:
        assert checked.reading is not None
        new = {} if desk.is_published(checked.reading) else {checked.reading.record.ref: 0}
        done.append(_published(checked, new, parts))
        if progress is not None:
            progress(len(done), len(judged))
    return tuple(done)


def _published(checked: Checked, numbers: Mapping[Ref, int], parts: Parts) -> Published:
    assert checked.reading is not None
    record = checked.reading.record
    if record.ref in numbers:
        return Published(record.ref, "published", numbers[record.ref], record.digest, checked.report)
    row = parts.index.record(record.ref)
    return Published(record.ref, "unchanged", row.seq if row else 0, record.digest, checked.report)


def refused(batch: Iterable[Checked]) -> Report:
    """The findings of all documents of a batch, in one report.

    Args:
        batch: documents that were judged.
    """
    return Report(tuple(finding for checked in batch for finding in checked.report))


def done_already(ref: Ref, seq: int, digest: str) -> Published:
    """The answer to saying what was said before: a success that changes nothing.

    Args:
        ref: the record.
        seq: the journal entry that said so.
        digest: of the record.
    """
    return Published(ref, "unchanged", seq, digest, Report())
