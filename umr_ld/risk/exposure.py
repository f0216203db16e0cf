"""Who is affected by an advisory, and by which path: the least fixed point of the definition.

A *link* to artifact P with versions L stands as the advisory says of P itself and as the recorded
versions of P in L do: affected if the former is, or if there are such records and all of them are
affected; clear if both are clear; possibly otherwise. A *hop* passes that on as far as the policy lets
the relation. A *record* is affected if it is a version that the advisory names; else the strongest of
its hops; and a statement that counts stands in the place of the hops.

Links that name the same versions of the same artifact stand or fall together; they are one `_Demand`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from umr_ld.names import Name, Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Exposed, Exposure, Step
from umr_ld.risk.policy import Cell
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from umr_ld.lineage import Naming, Recorded
    from umr_ld.risk.case import Case, Linked
    from umr_ld.risk.scope import Scope


def expose(graph: Linked, case: Case, at: int | None = None) -> Exposure:
    """All records that are not clear.

    Args:
        graph: the records.
        case: the advisory's versions, the policy's relations, and the statements that count.
        at: moment; None for now.

    Returns:
        the records; it takes time in proportion to them and their links, however many others there are.
    """
    with graph.steady():
        spread = _Spread(graph, case, at)
        possibly = spread.walk(_Going(Answer.POSSIBLY, Cell.WEAK, spread.sources(Answer.POSSIBLY)))
        full = spread.surely()
        affected = spread.walk(_Going(Answer.AFFECTED, Cell.FULL, spread.sources(Answer.AFFECTED), full))
        return spread.result(possibly, affected)


@dataclass(slots=True, eq=False)
class _Demand:
    """Links of one artifact that name the same versions.

    Args:
        target: the artifact.
        direct: how these versions stand by what the advisory says of the artifact itself.
        covered: the recorded ones among them.
        links: the links.
    """

    target: int
    direct: Answer
    covered: tuple[int, ...]
    links: list[Naming]


@dataclass(frozen=True, slots=True)
class _Going:
    """How a walk goes.

    Args:
        answer: how records must stand at least.
        cell: what a relation must let pass at least.
        sources: records where it begins, to their artifacts.
        within: demands that may be met; None for all.
    """

    answer: Answer
    cell: Cell
    sources: Mapping[int, int]
    within: Collection[_Demand] | None = None


@dataclass(slots=True)
class _Walk:
    """What a walk reached.

    Args:
        sources: records where it began.
        depth: record to its depth.
        arrived: record to the link by which it was reached.
        through: record to the record that this link leads on to; 0 where the versions themselves are hit.
        steps: of paths, as far as they were asked for; paths share their ends.
    """

    sources: Collection[int]
    depth: dict[int, int]
    arrived: dict[int, Naming] = field(default_factory=dict)
    through: dict[int, int] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)


class _Spread:
    """One question, from the artifacts that are named to everything downstream."""

    def __init__(self, graph: Linked, case: Case, at: int | None) -> None:
        self._graph = graph
        self._case = case
        self._at = at
        self._terms: dict[int, str] = {}
        self._cells: dict[int, Cell] = {}
        self._demands: dict[int, list[_Demand]] = {}
        self._names: dict[int, str] = {}
        self._scopes: dict[int, Scope] = {}
        self._hits: dict[int, Answer] = {}
        self._rows: dict[int, tuple[int, Ref]] = {}
        self._refs: dict[int, Ref] = {}
        for name, scope in sorted(case.scopes.items()):
            self._begin(name, scope)
        for seq, ruling in case.rulings.items():
            self._place(seq, ruling.record)

    def _begin(self, name: str, scope: Scope) -> None:
        artifact = self._graph.artifact_id(name)
        if artifact is None:
            return
        self._names[artifact], self._scopes[artifact] = name, scope
        for row in self._graph.versions(name, self._at):
            answer = scope.of_record(row.ref.version, row.revision)
            if answer is not Answer.CLEAR:
                self._hits[row.seq] = answer
                self._place(row.seq, row.ref)

    def _place(self, seq: int, ref: Ref) -> None:
        """Remember a record to which no link need lead."""
        artifact = self._graph.artifact_id(str(ref.name))
        assert artifact is not None
        self._rows[seq] = artifact, ref
        self._names[artifact] = str(ref.name)

    def _direct(self, seq: int) -> Answer:
        """How a record stands by a direct hit, where no reviewer says otherwise."""
        hit, review = self._hits.get(seq, Answer.CLEAR), self._case.reviews.get(seq)
        return hit if review is None or hit is Answer.CLEAR else review.answer

    # -- walking

    def sources(self, least: Answer) -> dict[int, int]:
        """Records that stand so at least, whatever their links say, to their artifacts."""
        known = {*self._hits, *self._case.rulings}
        return {seq: self._rows[seq][0] for seq in known if self._stands(seq) >= least}

    def _stands(self, seq: int) -> Answer:
        """How a record stands, whatever its links say."""
        ruling = self._case.rulings.get(seq)
        return self._direct(seq) if ruling is None else max(self._direct(seq), ruling.answer)

    def walk(self, going: _Going) -> _Walk:
        """Downstream, a level at a time.

        Args:
            going: how.
        """
        walk = _Walk(going.sources, dict.fromkeys(going.sources, 0))
        artifacts = {*going.sources.values(), *self._scopes}
        met: set[_Demand] = set()
        depth = 0
        while artifacts:
            depth += 1
            self._load(artifacts)
            fresh: dict[int, tuple[Naming, int]] = {}
            for artifact in sorted(artifacts, key=self._name):
                for demand in self._demands[artifact]:
                    through = None if demand in met else self._met(demand, going, walk)
                    if through is not None:
                        met.add(demand)
                        self._reach(demand, through, going, walk, fresh)
            artifacts = set()
            for record, (link, through) in fresh.items():
                walk.depth[record], walk.arrived[record], walk.through[record] = depth, link, through
                if record not in self._case.rulings:
                    artifacts.add(link.maker)
        return walk

    def _met(self, demand: _Demand, going: _Going, walk: _Walk) -> int | None:
        """The record through which a demand is met; 0 without any, None if it is not."""
        if going.within is not None and demand not in going.within:
            return None
        if demand.direct >= going.answer:
            return 0
        for record in demand.covered:
            # A statement may stand in the place of what arrives at a record.
            if record in going.sources or (record in walk.depth and record not in self._case.rulings):
                return record
        return None

    def _reach(
        self, demand: _Demand, through: int, going: _Going, walk: _Walk, fresh: dict[int, tuple[Naming, int]]
    ) -> None:
        for link in demand.links:
            record = link.record
            if record in walk.arrived or self._direct(record) >= going.answer:
                continue
            if self._cell(link) >= going.cell:
                known = fresh.get(record)
                if known is None or self._before(link, known[0]):
                    fresh[record] = link, through

    def _before(self, one: Naming, other: Naming) -> bool:
        return (self._name(one.target), one.number) < (self._name(other.target), other.number)

    # -- who is affected for sure

    def surely(self) -> Collection[_Demand]:
        """The demands that are affected for sure."""
        waiting = list(self.sources(Answer.AFFECTED))
        affected = set(waiting)
        every = [demand for demands in self._demands.values() for demand in demands]
        ready = [demand for demand in every if demand.direct is Answer.AFFECTED]
        lacking = {demand: len(demand.covered) for demand in every if demand.direct is not Answer.AFFECTED}
        asking: dict[int, list[_Demand]] = {}
        full: set[_Demand] = set()
        for demand in lacking:
            for record in demand.covered:
                asking.setdefault(record, []).append(demand)
        while ready or waiting:
            while waiting:
                for demand in asking.pop(waiting.pop(), ()):
                    lacking[demand] -= 1
                    if not lacking[demand]:
                        ready.append(demand)
            while ready:
                demand = ready.pop()
                full.add(demand)
                fresh = {link.record for link in demand.links if self._cell(link) is Cell.FULL} - affected
                affected |= fresh
                waiting += fresh - self._case.rulings.keys()
        return full

    # -- reading

    def _load(self, artifacts: Collection[int]) -> None:
        """Read the links to artifacts, and their recorded versions, if that was not done yet."""
        new = sorted(set(artifacts) - self._demands.keys())
        if not new:
            return
        links = self._graph.naming_links(new, self._at)
        rows = self._graph.recorded(new, self._at)
        self._learn({link.versions for link in links} | {link.version for link in links})
        self._learn({link.relation for link in links} | {row.version for row in rows})
        recorded: dict[int, list[Recorded]] = {}
        for row in rows:
            recorded.setdefault(row.artifact, []).append(row)
        grouped: dict[int, dict[tuple[int | None, str | None], list[Naming]]] = {one: {} for one in new}
        for link in links:
            grouped[link.target].setdefault((link.versions, link.revision), []).append(link)
            self._names.setdefault(link.maker, link.name)
        for artifact, several in grouped.items():
            self._demands[artifact] = [
                self._demand(artifact, named, recorded.get(artifact, ()))
                for named in sorted(several.values(), key=lambda named: min(link.number for link in named))
            ]

    def _demand(self, artifact: int, links: list[Naming], rows: Sequence[Recorded]) -> _Demand:
        meant, revision = self._range(links[0].versions), links[0].revision or ""
        known = [(Version.parse(self._terms[row.version]), row) for row in rows]
        covered = tuple(
            row.record for version, row in known if version in meant and revision in {"", row.revision}
        )
        scope = self._scopes.get(artifact)
        direct = (
            Answer.CLEAR
            if scope is None
            else scope.of_link(meant, revision, [(version, row.revision) for version, row in known])
        )
        return _Demand(artifact, direct, covered, links)

    def _learn(self, terms: set[int | None] | set[int]) -> None:
        unknown = [term for term in terms if term is not None and term not in self._terms]
        if unknown:
            self._terms.update(self._graph.terms(unknown))

    def _cell(self, link: Naming) -> Cell:
        cell = self._cells.get(link.relation)
        if cell is None:
            cell = self._cells[link.relation] = self._case.passes(self._terms[link.relation])
        return cell

    def _range(self, term: int | None) -> Range:
        return EVERYTHING if term is None else _range(self._terms[term])

    def _name(self, artifact: int) -> str:
        return self._names[artifact]

    # -- the answer

    def result(self, possibly: _Walk, affected: _Walk) -> Exposure:
        """Everything that was found."""
        links = [*possibly.arrived.values(), *affected.arrived.values()]
        self._learn({link.evidence for link in links})
        every = possibly.depth.keys() | affected.depth.keys() | self._hits.keys()
        found = [self._exposed(seq, possibly, affected) for seq in every]
        found.sort(key=lambda one: (one.depth, str(one.ref.name), one.ref.version))

        def path(seq: int, arrives: Answer) -> Iterable[Step]:
            hit = self._hits.get(seq, Answer.CLEAR) >= arrives
            return () if hit else self._path(seq, affected if arrives is Answer.AFFECTED else possibly)

        return Exposure(tuple(found), path)

    def _exposed(self, seq: int, possibly: _Walk, affected: _Walk) -> Exposed:
        ruling, hit = self._case.rulings.get(seq), self._hits.get(seq, Answer.CLEAR)
        hops = Answer.POSSIBLY if seq in possibly.arrived else Answer.CLEAR
        walk = affected if seq in affected.arrived else possibly
        hops = Answer.AFFECTED if walk is affected else hops
        answer = max(self._direct(seq), hops if ruling is None else ruling.answer)
        depth = 0 if hit >= hops else walk.depth[seq]
        counts = self._case.reviews.get(seq) if hit and seq in self._case.reviews else ruling
        return Exposed(self._ref(seq, walk), answer, depth, max(hit, hops), counts, seq)

    def _ref(self, seq: int, walk: _Walk) -> Ref:
        link = walk.arrived.get(seq)
        if link is None:
            return self._rows[seq][1]
        known = self._refs.get(seq)
        if known is None:
            known = self._refs[seq] = Ref(Name.parse(link.name), Version.parse(self._terms[link.version]))
        return known

    def _path(self, seq: int, walk: _Walk) -> Iterable[Step]:
        while seq in walk.arrived:
            step = walk.steps.get(seq)
            if step is None:
                step = walk.steps[seq] = self._step(seq, walk)
            yield step
            seq = walk.through[seq]
            if seq in walk.sources:
                return

    def _step(self, seq: int, walk: _Walk) -> Step:
        link, further = walk.arrived[seq], walk.through[seq]
        return Step(
            ref=self._ref(seq, walk),
            relation=self._terms[link.relation],
            artifact=self._name(link.target),
            versions=self._range(link.versions),
            revision=link.revision or "",
            evidence=self._terms[link.evidence],
            reached=self._ref(further, walk) if further else None,
        )


_range = lru_cache(maxsize=4096)(Range.from_npm)
