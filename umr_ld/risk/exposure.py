"""Who is affected by an advisory, and by which path: the least fixed point of the definition.

A *link* to artifact P with versions L stands as the advisory says of P itself and as the recorded
versions of P in L do: affected if the former is, or if there are such records and all of them are
affected; clear if both are clear; possibly otherwise. A *hop* passes that on as far as the policy lets
the relation. A *record* is affected if it is a version that the advisory names; else the strongest of
its hops; and a statement that counts stands in the place of the hops.

Links that name the same versions of the same artifact stand or fall together; they are one `_Demand`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TYPE_CHECKING

from umr_ld.lineage import unless_before
from umr_ld.ranges import Versions
from umr_ld.risk.alias import Aliased
from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Exposed
from umr_ld.risk.outcome import Exposure, Texts, Walk
from umr_ld.risk.policy import Cell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set

    from umr_ld.lineage import Reached, Recorded, Strand
    from umr_ld.names import Ref
    from umr_ld.ranges import Range
    from umr_ld.risk.case import Case, Linked
    from umr_ld.risk.scope import Scope
    from umr_ld.versions import Version


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
        spread = _Spread(Aliased(graph, case.aliases) if case.aliases else graph, case, at)
        spread.possibly()
        return spread.result(spread.otherwise())


@dataclass(slots=True, eq=False)
class _Demand:
    """Links of one artifact that name the same versions.

    Args:
        target: the artifact.
        direct: how these versions stand by what the advisory says of the artifact itself.
        covered: the recorded ones among them.
        strands: the links.
    """

    target: int
    direct: Answer
    covered: tuple[int, ...]
    strands: list[Strand]


class _Known:
    """The recorded versions of an artifact.

    Args:
        rows: the records.
        texts: of their terms.
    """

    def __init__(self, rows: Sequence[Recorded], texts: Texts) -> None:
        self._rows = rows
        self._texts = texts
        self._versions = Versions([texts.version(row.version).sort_key for row in rows])

    def covered(self, meant: Range, revision: str) -> tuple[int, ...]:
        """The records that a link covers, in the order of the rows.

        Args:
            meant: the link's range.
            revision: which the link names, or empty.
        """
        rows = map(self._rows.__getitem__, self._versions.inside(meant))
        return tuple(row.record for row in rows if revision in {"", row.revision})

    def labelled(self) -> Iterator[tuple[Version, str]]:
        """Each version and its revision."""
        return ((self._texts.version(row.version), row.revision) for row in self._rows)


@dataclass(frozen=True, slots=True)
class _Going:
    """How a walk goes.

    Args:
        answer: how records must stand at least.
        cell: what a relation must let pass at least.
        demands: that may be met, by their artifacts.
        among: records that may be reached; None for all.
        known: records of which it is known that they are reached, and how deep, before any other is.
    """

    answer: Answer
    cell: Cell
    demands: Mapping[int, Sequence[_Demand]]
    among: set[int] | None = None
    known: Mapping[int, int] = field(default_factory=dict)


class _Sure:
    """What is seen to be affected for sure while it is found that it may be.

    Versions are, if the advisory says so of the artifact itself, or if all recorded ones among them
    are and were reached before. What is reached so is reached by the same way where only what is affected
    for sure is looked at: all that counts there was there, and less that could be before it. What is
    affected for another reason, as over several versions at different depths, is not seen here.

    Args:
        sources: records that are affected, whatever their links say.
        ruled: records at which a statement stands in the place of what arrives.
        arrived: records to the links by which they are reached; those one step further away at a time.
    """

    def __init__(
        self, sources: Collection[int], ruled: Collection[int], arrived: Mapping[int, Strand]
    ) -> None:
        self.demands: set[_Demand] = set()
        self.strands: set[Strand] = set()
        self._sources = sources
        self._ruled = ruled
        self._arrived = arrived

    def meet(self, demand: _Demand, fully: Iterable[Strand]) -> None:
        """A demand is met for the first time.

        Args:
            demand: the demand.
            fully: those of its links along which everything passes.
        """
        if demand.direct is Answer.AFFECTED or (
            demand.direct is Answer.CLEAR and all(map(self.stands, demand.covered))
        ):
            self.demands.add(demand)
            self.strands.update(fully)

    def is_reached(self, record: int) -> bool:
        """Whether what arrives at a record affects it."""
        return self._arrived.get(record) in self.strands

    def stands(self, record: int) -> bool:
        """Whether a record is affected, and passes it on."""
        return record in self._sources or (record not in self._ruled and self.is_reached(record))


class _Spread:
    """One question, from the artifacts that are named to everything downstream."""

    def __init__(self, graph: Linked, case: Case, at: int | None) -> None:
        self._graph = graph
        self._case = case
        self._at = at
        self._cells: dict[int, Cell] = {}
        self._read: set[int] = set()
        self._demands: dict[int, list[_Demand]] = defaultdict(list)
        self._met: dict[Answer, set[_Demand]] = defaultdict(set)
        self._names: dict[int, str] = {}
        self._texts = Texts(graph.terms, self._names)
        self._scopes: dict[int, Scope] = {}
        self._hits: dict[int, Answer] = {}
        self._rows: dict[int, tuple[int, Ref]] = {}
        for name, scope in self._scopes_of_artifacts():
            self._begin(name, scope)
        for seq, ruling in case.rulings.items():
            self._place(seq, ruling.record)
        self._possibly = self._begun(Answer.POSSIBLY)
        self._sure = _Sure(self.sources(Answer.AFFECTED), case.rulings.keys(), self._possibly.arrived)

    def _scopes_of_artifacts(self) -> list[tuple[str, Scope]]:
        found: dict[str, Scope] = {}
        for name, scope in self._case.scopes.items():
            one = self._case.aliases.standing(name)
            found[one] = found[one] | scope if one in found else scope
        return sorted(found.items())

    def _begin(self, name: str, scope: Scope) -> None:
        artifact = self._graph.artifact_id(name)
        if artifact is None:
            return
        self._names[artifact], self._scopes[artifact] = name, scope
        for row in self._graph.versions(name, self._at):
            answer = scope.of_record(row.ref.version, row.revision)
            if answer is not Answer.CLEAR:
                self._hits[row.seq] = answer
                self._rows[row.seq] = artifact, row.ref

    def _place(self, seq: int, ref: Ref) -> None:
        """Remember a record of which a statement speaks: no link need lead to it."""
        artifact = self._graph.artifact_id(str(ref.name))
        assert artifact is not None
        self._rows[seq] = artifact, ref
        self._names[artifact] = self._case.aliases.standing(str(ref.name))

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

    def possibly(self) -> None:
        """Find what may be affected."""
        self._walk(self._possibly, _Going(Answer.POSSIBLY, Cell.WEAK, self._demands))

    def otherwise(self) -> Walk:
        """What is affected for sure by other ways than those by which it may be."""
        walk, arrived = self._begun(Answer.AFFECTED), self._possibly.arrived
        unsure = {seq for seq, strand in arrived.items() if strand not in self._sure.strands}
        unsure |= {seq for seq in self._hits if self._direct(seq) is Answer.POSSIBLY}
        if unsure:
            demands: dict[int, list[_Demand]] = defaultdict(list)
            for demand in self._full(unsure):
                if not all(unsure.isdisjoint(strand.records) for strand in demand.strands):
                    demands[demand.target].append(demand)
            covered = {one for several in demands.values() for demand in several for one in demand.covered}
            known = {seq: self._possibly.depth(seq) for seq in filter(self._sure.is_reached, covered)}
            self._walk(walk, _Going(Answer.AFFECTED, Cell.FULL, demands, unsure, known))
        return walk

    def _begun(self, least: Answer) -> Walk:
        return Walk(self.sources(least))

    def _walk(self, walk: Walk, going: _Going) -> None:
        """Go downstream, a level at a time.

        Args:
            walk: to which is added what is reached.
            going: how.
        """
        settled = {seq for seq in self._hits if self._direct(seq) >= going.answer}
        joining = _joining(going)
        last = max(joining, default=-1)
        artifacts = dict.fromkeys((*walk.sources.values(), *self._scopes), "")
        while artifacts or walk.steps <= last:
            self._load(artifacts)
            fresh: dict[int, Strand] = {}
            along: list[Strand] = []
            for demand, through in self._newly_met(artifacts, going, walk):
                passing = self._passing(demand, through, going, walk)
                for strand in passing:
                    self._reach(strand, fresh, walk.arrived, going, settled)
                along += passing
            level = walk.end_level(fresh, along)
            artifacts = self._artifacts_of(level) | dict.fromkeys(joining.get(walk.steps, ()), "")

    def _passing(self, demand: _Demand, through: int, going: _Going, walk: Walk) -> list[Strand]:
        """Those links of a demand that is met along which enough passes."""
        passing = [strand for strand in demand.strands if self._cells[strand.relation] >= going.cell]
        walk.meet(passing, through)
        if going.answer is Answer.POSSIBLY:
            self._sure.meet(demand, [one for one in passing if self._cells[one.relation] is Cell.FULL])
        return passing

    @staticmethod
    def _reach(
        strand: Strand,
        fresh: dict[int, Strand],
        arrived: Mapping[int, Strand],
        going: _Going,
        settled: Set[int],
    ) -> None:
        """Add what is reached by links to what is one step further away."""
        records = strand.records
        if (
            going.among is None
            and arrived.keys().isdisjoint(records)
            and fresh.keys().isdisjoint(records)
            and settled.isdisjoint(records)
        ):
            # As with nearly all links to what is famous.
            fresh.update(zip(records, repeat(strand)))
            return
        new = {*records} if going.among is None else going.among.intersection(records)
        # One by one: of two sets the smaller is gone through.
        new = new.difference(arrived).difference(settled)
        fresh.update(dict.fromkeys(unless_before(new, fresh, strand), strand))

    def _newly_met(
        self, artifacts: Mapping[int, str], going: _Going, walk: Walk
    ) -> Iterator[tuple[_Demand, int]]:
        """Demands that are met for the first time, each with the record through which it is; 0 without any.

        Args:
            artifacts: those of which records were reached last.
            going: how the walk goes.
            walk: what was reached.
        """
        met = self._met[going.answer]
        for artifact in sorted(artifacts.keys() & going.demands.keys(), key=self._names.__getitem__):
            for demand in going.demands[artifact]:
                through = None if demand in met else self._through(demand, going, walk)
                if through is not None:
                    met.add(demand)
                    yield demand, through

    def _through(self, demand: _Demand, going: _Going, walk: Walk) -> int | None:
        """The record through which a demand is met; 0 without any, None if it is not."""
        if demand.direct >= going.answer:
            return 0
        step = walk.steps + 1
        for record in demand.covered:
            # A statement may stand in the place of what arrives at a record.
            if record in walk.sources:
                return record
            if record not in self._case.rulings and (
                record in walk.arrived or going.known.get(record, step) < step
            ):
                return record
        return None

    def _artifacts_of(self, level: Reached) -> dict[int, str]:
        """The artifacts of records with their names, but for those where a statement stands in the way."""
        if not self._case.rulings.keys().isdisjoint(level.records):
            level = level.without(self._case.rulings)
        return dict(zip(level.makers, level.names, strict=True))

    def _full(self, unsure: set[int]) -> Set[_Demand]:
        """The demands that are affected for sure: those that are seen to be, and what follows from them.

        Args:
            unsure: the records that may be affected, and are not seen to be.
        """
        ready, full = list(self._sure.demands), set(self._sure.demands)
        lacking: dict[_Demand, set[int]] = {}
        asking: dict[int, list[_Demand]] = defaultdict(list)
        for demand in self._met[Answer.POSSIBLY] - full:
            lacking[demand] = {record for record in demand.covered if not self._sure.stands(record)}
            if demand.covered and not lacking[demand]:
                ready.append(demand)
            for record in lacking[demand]:
                asking[record].append(demand)
        affected: set[int] = set()
        while ready:
            demand = ready.pop()
            full.add(demand)
            full_ones = (one for one in demand.strands if self._cells[one.relation] is Cell.FULL)
            fresh = {record for one in full_ones for record in unsure.intersection(one.records)} - affected
            affected |= fresh
            for record in fresh - self._case.rulings.keys():
                for waiting in asking.pop(record, ()):
                    lacking[waiting].discard(record)
                    if not lacking[waiting]:
                        ready.append(waiting)
        return full

    # -- reading

    def _load(self, artifacts: Mapping[int, str]) -> None:
        """Read the links to artifacts, and their recorded versions, if that was not done yet.

        Args:
            artifacts: each to its name, or to nothing if that is known.
        """
        new = sorted(set(artifacts).difference(self._read))
        if not new:
            return
        self._read.update(new)
        strands = self._graph.strands(new, self._at)
        if not strands:
            return
        alike: dict[tuple[int, int | None, str], list[Strand]] = defaultdict(list)
        for strand in strands:
            alike[strand.target, strand.versions, strand.revision].append(strand)
        # Most artifacts are named by nobody, and of these no record needs to be read.
        targets = {strand.target for strand in strands}
        rows = self._graph.recorded(sorted(targets), self._at)
        relations = {strand.relation for strand in strands}
        evidence = {strand.evidence for strand in strands}
        versions = {row.version for row in rows}.union(*(strand.own for strand in strands))
        self._texts.learn({strand.versions for strand in strands}.union(versions, relations, evidence))
        self._judge(relations)
        for target in targets.difference(self._names):
            self._names[target] = self._case.aliases.standing(artifacts[target])
        recorded: dict[int, list[Recorded]] = defaultdict(list)
        for row in rows:
            recorded[row.artifact].append(row)
        known = {target: _Known(recorded[target], self._texts) for target in targets}
        for (target, _, _), several in alike.items():
            self._demands[target].append(self._demand(several, known[target]))

    def _demand(self, strands: list[Strand], known: _Known) -> _Demand:
        artifact, revision = strands[0].target, strands[0].revision
        meant = self._texts.range(strands[0].versions)
        scope = self._scopes.get(artifact)
        direct = Answer.CLEAR if scope is None else scope.of_link(meant, revision, known.labelled())
        return _Demand(artifact, direct, known.covered(meant, revision), strands)

    def _judge(self, relations: Iterable[int]) -> None:
        for relation in relations:
            if relation not in self._cells:
                self._cells[relation] = self._case.passes(self._texts[relation])

    # -- the answer

    def result(self, otherwise: Walk) -> Exposure:
        """Everything that was found."""
        known = self._hits.keys() | self._case.rulings.keys()
        walks = self._possibly, otherwise
        apart = {
            seq: self._apart(seq, otherwise)
            for seq in known
            if seq in self._hits or any(seq in walk.arrived or seq in walk.sources for walk in walks)
        }
        return Exposure(apart, self._possibly, otherwise, self._sure.strands, self._texts)

    def _apart(self, seq: int, otherwise: Walk) -> Exposed:
        """A record that is hit, or of which a statement speaks."""
        walk = otherwise if seq in otherwise.arrived else self._possibly
        hops = Answer.POSSIBLY if seq in self._possibly.arrived else Answer.CLEAR
        hops = Answer.AFFECTED if walk is otherwise or self._sure.is_reached(seq) else hops
        ruling, hit = self._case.rulings.get(seq), self._hits.get(seq, Answer.CLEAR)
        answer = max(self._direct(seq), hops if ruling is None else ruling.answer)
        depth = 0 if hit >= hops else walk.depth(seq)
        counts = self._case.reviews.get(seq) if hit and seq in self._case.reviews else ruling
        return Exposed(self._rows[seq][1], answer, depth, max(hit, hops), counts, seq)


def _joining(going: _Going) -> Mapping[int, Set[int]]:
    """Depth to the artifacts of demands that cover a record of which it is known that it is there."""
    found: dict[int, set[int]] = defaultdict(set)
    for demand in chain.from_iterable(going.demands.values()) if going.known else ():
        for record in going.known.keys() & demand.covered:
            found[going.known[record]].add(demand.target)
    return found
