"""Is what I use, or am about to publish, affected? Asked of a record upwards, however much is downstream.

Only what lies above the records in question is looked at: the artifacts that they and their upstreams
name, the advisories about these, and the links between them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from umr_ld.order import needs_first
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.record import Record
from umr_ld.registry import risks
from umr_ld.registry.answers import Asked
from umr_ld.registry.views import Concern
from umr_ld.risk import Answer, expose
from umr_ld.risk.standing import Known, standing_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from umr_ld.index import Index, RecordRow
    from umr_ld.lineage import Recorded, Strand
    from umr_ld.names import Ref
    from umr_ld.registry.parts import Parts
    from umr_ld.risk import Advisory, Aliases, Exposed, Exposure, Policy, Scope
    from umr_ld.risk.case import Case, Step
    from umr_ld.versions import Version

_REVISION = "https://w3id.org/umr-ld/ns#revision"


@dataclass(frozen=True, slots=True)
class _Above:
    """What lies above the records in question.

    Args:
        rows: records by their number.
        artifacts: what they are versions of, and what they name.
        meant: of each artifact the versions and revisions that are named, by a link or by who asks.
    """

    rows: dict[int, RecordRow] = field(default_factory=dict)
    artifacts: set[str] = field(default_factory=set)
    meant: defaultdict[str, set[tuple[Range, str]]] = field(default_factory=lambda: defaultdict(set))

    def name(self, artifact: str, versions: Range, revision: str = "") -> None:
        """Note what is named."""
        self.artifacts.add(artifact)
        self.meant[artifact].add((versions, revision))


class _Within:
    """The part of the index whose links start from certain records. See `risk.case.Linked`."""

    def __init__(self, index: Index, records: set[int]) -> None:
        self._index = index
        self._records = records

    def steady(self) -> AbstractContextManager[None]:
        """See `lineage.Graph`."""
        return self._index.steady()

    def versions(self, name: str, at: int | None = None) -> Sequence[RecordRow]:
        """See `lineage.Graph`."""
        return self._index.versions(name, at)

    def artifact_id(self, name: str) -> int | None:
        """See `lineage.Graph`."""
        return self._index.artifact_id(name)

    def strands(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Strand]:
        """See `lineage.Graph`."""
        return self._index.strands(artifacts, at, self._records)

    def recorded(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Recorded]:
        """See `lineage.Graph`."""
        return self._index.recorded(artifacts, at)

    def terms(self, ids: Sequence[int]) -> Mapping[int, str]:
        """See `lineage.Graph`."""
        return self._index.terms(ids)


def concerns(
    parts: Parts, asked: Iterable[Asked | Record], policy: Policy, at: int | None
) -> tuple[Concern, ...]:
    """What is open against records and drafts.

    Args:
        parts: of the registry.
        asked: what somebody uses, as references, or drafts that are not published; of several drafts those
            that others are made from first.
        policy: what carries what.
        at: journal sequence number, or None for now.

    Returns:
        for each of them, in order, the advisories by which it is possibly affected or affected, or would
        be without a statement, the gravest first.
    """
    subjects = list(asked)
    with parts.index.steady():
        above = _above(parts, subjects, risks.aliases_of(parts, policy, at), at)
        # What is meant does not depend on the advisory that is asked about.
        graph = parts.names.joined(policy, at).graph
        meant = [
            None if isinstance(one, Record) else graph.best_of(one.artifact, one.versions, at)
            for one in subjects
        ]
        found: list[tuple[int, Concern]] = []
        for question in _questions(parts, above, policy, at):
            for place, (subject, row) in enumerate(zip(subjects, meant, strict=True)):
                concern = (
                    question.of_draft(subject) if isinstance(subject, Record) else question.of(subject, row)
                )
                if concern is not None:
                    given = "" if isinstance(subject, Record) else subject.text
                    found.append((place, replace(concern, given=given)))
    found.sort(key=lambda pair: (pair[0], -pair[1].advisory.severity, -pair[1].answer, pair[1].advisory.name))
    return tuple(concern for _, concern in found)


def artifacts_above(parts: Parts, names: Iterable[str], policy: Policy) -> frozenset[str]:
    """Artifacts and everything that any version of them was made from: advisories on these may touch them.

    Args:
        parts: of the registry.
        names: of artifacts.
        policy: says whose decisions about names count.
    """
    aliases = risks.aliases_of(parts, policy, None)
    return frozenset(_above(parts, [_whole(name) for name in names], aliases, None).artifacts)


def exposed_among(
    parts: Parts, rows: Sequence[RecordRow], policy: Policy
) -> Iterator[tuple[Advisory, RecordRow, Exposed, tuple[Step, ...]]]:
    """How some records stand, found by looking at what is above them only.

    Args:
        parts: of the registry.
        rows: the records.
        policy: what carries what.

    Yields:
        advisory, record, how it stands, and its path, wherever it is not clear.
    """
    subjects = [_whole(str(row.ref.name)) for row in rows]
    above = _above(parts, subjects, risks.aliases_of(parts, policy, None), None)
    for question in _questions(parts, above, policy, None):
        for row in rows:
            one = question.exposed(row.ref)
            if one is not None and one[0].answer:
                yield question.advisory, row, *one


def _whole(name: str) -> Asked:
    return Asked(name, EVERYTHING)


def _above(parts: Parts, subjects: Sequence[Asked | Record], aliases: Aliases, at: int | None) -> _Above:
    found = _Above()
    waiting: list[RecordRow] = []
    # Many subjects use the same, and what is asked about is looked at for what it uses directly and for what is above.
    recorded = cache(lambda name: parts.index.versions(name, at))
    linked = cache(parts.index.links_of)

    def meet(rows: Iterable[RecordRow]) -> None:
        for row in rows:
            if row.seq not in found.rows:
                found.rows[row.seq] = row
                found.artifacts.add(str(row.ref.name))
                waiting.append(row)

    for subject in subjects:
        name = str(subject.ref.name) if isinstance(subject, Record) else subject.artifact
        found.name(name, EVERYTHING if isinstance(subject, Record) else subject.versions)
        links = list(subject.links) if isinstance(subject, Record) else []
        for row in (row for one in aliases.same(name) for row in recorded(one)):
            meet([row])
            links += linked(row)
        for link in links:
            for name in aliases.same(link.artifact):
                # All versions of what is used directly: a newer one may be the way out.
                found.name(name, link.versions, link.revision)
                meet(recorded(name))
    while waiting:
        for link in linked(waiting.pop()):
            for name in aliases.same(link.artifact):
                found.name(name, link.versions, link.revision)
                meet(parts.index.matching(replace(link, artifact=name), at))
    return found


def _questions(parts: Parts, above: _Above, policy: Policy, at: int | None) -> Iterator[_Question]:
    """For each advisory that may touch what is above some records."""
    found = risks.bearing_on(parts, above.artifacts, policy, at)
    said = risks.statements_by_advisory(parts, found, at)
    within = _Within(parts.index, set(above.rows))
    recorded = cache(lambda name: parts.index.versions(name, at))
    for advisory in found:
        weighed = risks.weighed(parts, said[advisory.name], policy, at)
        case = risks.case_of(parts, advisory, policy, weighed, at)
        # Of many advisories on one artifact most are about other versions of it.
        if case.rulings or any(_touches(scope, name, above, recorded) for name, scope in case.scopes.items()):
            yield _Question(parts, advisory, case, within, at)


def _touches(
    scope: Scope, artifact: str, above: _Above, recorded: Callable[[str], Sequence[RecordRow]]
) -> bool:
    """Whether any version of an artifact that is named above is not clear by what is said of it."""
    known = [(row.ref.version, row.revision) for row in recorded(artifact)]
    return any(scope.of_link(versions, revision, known) for versions, revision in above.meant[artifact])


class _Question:
    """One advisory, asked of several records."""

    def __init__(self, parts: Parts, advisory: Advisory, case: Case, within: _Within, at: int | None) -> None:
        self.advisory = advisory
        self._parts = parts
        self._at = at
        self._drafted: dict[str, list[Known]] = {}
        self._case = case
        self._exposure: Exposure = expose(within, case, at)
        self._exposed = {one.ref: one for one in self._exposure}

    def of(self, asked: Asked, row: RecordRow | None) -> Concern | None:
        """What is open against something that is used: a record, if one is meant."""
        if row is None:
            scope = self._case.scopes.get(asked.artifact)
            answer = Answer.CLEAR if scope is None else scope.of_link(asked.versions, "", ())
            return self._concern(str(asked), None, answer, ()) if answer else None
        one = self._exposed.get(row.ref)
        if one is None:
            return None
        path = self._exposure.path(one)
        statement = None if one.ruling is None else one.ruling.statement
        return self._concern(str(row.ref), row.ref, one.answer, path, one.arrives, statement)

    def exposed(self, ref: Ref) -> tuple[Exposed, tuple[Step, ...]] | None:
        """How a record stands, with its path; None if nothing arrives there."""
        one = self._exposed.get(ref)
        return None if one is None else (one, self._exposure.path(one))

    def of_draft(self, record: Record) -> Concern | None:
        """What is open against a draft; it counts as known to those that are asked about after it."""
        revision = record.text(_REVISION)
        answer, path = standing_of(record, revision, self._case, self._known)
        known = Known(record.ref, revision, answer, path)
        self._drafted.setdefault(str(record.ref.name), []).append(known)
        return self._concern(str(record.ref), record.ref, answer, path) if answer else None

    def _known(self, artifact: str) -> list[Known]:
        names = self._case.aliases.same(artifact)
        found = [known for name in names for known in self._drafted.get(name, ())]
        drafted = {known.ref for known in found}
        for row in (row for name in names for row in self._parts.index.versions(name, self._at)):
            if row.ref not in drafted:
                one = self._exposed.get(row.ref)
                answer = Answer.CLEAR if one is None else one.answer
                path = () if one is None or not answer else self._exposure.path(one)
                found.append(Known(row.ref, row.revision, answer, path))
        return found

    def _concern(
        self,
        asked: str,
        ref: Ref | None,
        answer: Answer,
        path: tuple[Step, ...],
        arrives: Answer | None = None,
        statement: Ref | None = None,
    ) -> Concern:
        return Concern(
            asked=asked,
            advisory=self.advisory,
            answer=answer,
            arrives=answer if arrives is None else arrives,
            path=path,
            statement=statement,
            fix=self._fix(ref, path),
        )

    def _fix(self, ref: Ref | None, path: tuple[Step, ...]) -> str:
        """The closest newer version, of what is used directly or of the record itself, that is clear."""
        if not path:
            name = "" if ref is None else str(ref.name)
            return self._newer(name, None if ref is None else ref.version)
        step = path[0]
        return self._newer(step.artifact, None if step.reached is None else step.reached.version)

    def _newer(self, name: str, than: Version | None) -> str:
        clear = [known.ref.version for known in self._known(name) if known.answer is Answer.CLEAR]
        clear += self.advisory.fixed.get(name, ())
        larger = [version for version in clear if than is None or version > than]
        return f"{name}@{min(larger)}" if larger else ""


def drafts_first(records: Iterable[Record]) -> Iterator[Record]:
    """Drafts in the order in which `concerns` wants them.

    Args:
        records: of one batch.
    """
    every = list(records)
    by_name: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(every):
        by_name[str(one.ref.name)].append(at)
    needs = {
        at: [above for link in one.links for above in by_name.get(link.artifact, ())]
        for at, one in enumerate(every)
    }
    yield from (every[at] for at in needs_first(needs))
