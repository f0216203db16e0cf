"""Licences along lineage: what upstreams demand, and what a record states."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.findings import Report
from umr_ld.licences import Licensed, licence_rules
from umr_ld.record import shown
from umr_ld.risk import Cell
from umr_ld.vocab import DCT, UMR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from umr_ld.findings import Finding
    from umr_ld.record import Link, Record
    from umr_ld.registry.parts import Parts
    from umr_ld.risk import Policy

_STATED = (f"{DCT}license", f"{UMR}licenseExpression")


def licence_findings(parts: Parts, asked: Sequence[Record], policy: Policy, at: int | None) -> Report:
    """What there is to say of the licences of records.

    Args:
        parts: of the registry.
        asked: records, published or not; those of one call count as known to each other.
        policy: which relations hand licences down, and which weakly.
        at: journal sequence number, or None for now.
    """
    with parts.index.steady():
        question = _Question(parts, asked, policy, at)
        return Report(tuple(finding for record in asked for finding in question.of(record)))


@dataclass(frozen=True, slots=True)
class _Above:
    """Something that licences come down from.

    Args:
        artifact: what the link names.
        record: its best record; None if none is recorded.
        path: hops down to the record in question, in words.
        weak: whether one of them hands licences down weakly.
    """

    artifact: str
    record: Record | None
    path: tuple[str, ...]
    weak: bool

    @property
    def name(self) -> str:
        return self.artifact if self.record is None else str(self.record.ref)


class _Question:
    """Licences of records of one registry at one moment."""

    def __init__(self, parts: Parts, asked: Sequence[Record], policy: Policy, at: int | None) -> None:
        self._parts = parts
        self._drafts = {str(record.ref.name): record for record in asked}
        self._policy = policy
        self._at = at
        self._rules = licence_rules()
        self._graph = parts.names.joined(policy, at).graph

    def of(self, record: Record) -> Iterator[Finding]:
        """What there is to say of one record."""
        own = self._licensed(record)
        yield from self._rules.own(own)
        before = self._before(record)
        if before is not None:
            yield from self._rules.changed(own, self._licensed(before))
        for above in self._walk(record):
            theirs = Licensed(above.artifact, "") if above.record is None else self._licensed(above.record)
            words = " ".join(above.path)
            if above.record is not None and len(above.path) == 1 and above.record.kind == record.kind:
                yield from self._rules.changed(own, theirs, words)
            yield from self._rules.upstream(own, theirs, words, weak=above.weak)

    def _walk(self, record: Record) -> Iterator[_Above]:
        """Everything that licences come down from, each by its strongest way, and of these the shortest."""
        seen = {str(record.ref)}
        strong, weak = deque([_Above(str(record.ref.name), record, (), False)]), deque[_Above]()
        while strong or weak:
            here = strong.popleft() if strong else weak.popleft()
            if here.path:
                if here.name in seen:
                    continue
                seen.add(here.name)
                yield here
            for link in here.record.links if here.record is not None else ():
                cell = self._cell(link)
                if cell is not Cell.STOPS:
                    above = self._above(link, here, weak=cell is Cell.WEAK)
                    (weak if above.weak else strong).append(above)

    def _above(self, link: Link, here: _Above, *, weak: bool) -> _Above:
        found = self._drafts.get(link.artifact)
        if found is None or found.ref.version not in link.versions:
            row = next(iter(self._graph.matching(link, self._at)), None)
            found = None if row is None else self._parts.records.read(row)
        name = link.artifact if found is None else str(found.ref)
        return _Above(link.artifact, found, (*here.path, f"{link.relation} {name}"), here.weak or weak)

    def _cell(self, link: Link) -> Cell:
        relations = self._parts.vocabulary.relations
        iri = relations[link.relation].iri if link.relation in relations else link.relation
        return self._policy.passes(iri, [self._rules.travels_as])

    def _before(self, record: Record) -> Record | None:
        rows = self._parts.index.versions(str(record.ref.name), self._at)
        row = next((row for row in rows if row.ref.version < record.ref.version), None)
        return None if row is None else self._parts.records.read(row)

    def _licensed(self, record: Record) -> Licensed:
        held = self._parts.records.effective(record, self._at)
        stated = [shown(one.value) for name in _STATED for one in held.values.get(name, ())]
        return Licensed(str(record.ref), _joined(stated))


def _joined(stated: list[str]) -> str:
    """Several statements of one record all hold."""
    texts = [text.removeprefix("https://spdx.org/licenses/") for text in stated]
    return texts[0] if len(texts) == 1 else " AND ".join(f"({text})" for text in texts)
