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
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from umr_ld.risk.alias import Aliased
from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Exposed
from umr_ld.risk.outcome import Exposure, Texts, Walk
from umr_ld.risk.policy import Cell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence, Set

    from umr_ld.lineage import Naming, Recorded
    from umr_ld.names import Ref
    from umr_ld.risk.case import Case, Linked
    from umr_ld.risk.scope import Scope

# Of many links at once, one field is read faster so.
_RELATION, _VERSIONS, _MAKER, _VERSION = map(attrgetter, ("relation", "versions", "maker", "version"))
_MEANT = attrgetter("target", "versions", "revision")
_MAKER_NAME = attrgetter("maker", "name")


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
        possibly = spread.walk(_Going(Answer.POSSIBLY, Cell.WEAK, spread.sources(Answer.POSSIBLY)))
        surely = _Going(Answer.AFFECTED, Cell.FULL, spread.sources(Answer.AFFECTED), spread.surely())
        affected = possibly if spread.is_same(possibly, surely) else spread.walk(surely)
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

    def place(self) -> int:
        """The first place of a link among the links of its record."""
        return min(link.number for link in self.links)


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
    within: Set[_Demand] | None = None


class _Spread:
    """One question, from the artifacts that are named to everything downstream."""

    def __init__(self, graph: Linked, case: Case, at: int | None) -> None:
        self._graph = graph
        self._case = case
        self._at = at
        self._cells: dict[int, Cell] = {}
        self._read: set[int] = set()
        self._demands: dict[int, list[_Demand]] = defaultdict(list)
        self._met_by: dict[Answer, set[_Demand]] = defaultdict(set)
        self._names: dict[int, str] = {}
        self._texts = Texts(graph.terms, self._names)
        self._scopes: dict[int, Scope] = {}
        self._hits: dict[int, Answer] = {}
        self._rows: dict[int, tuple[int, Ref]] = {}
        for name, scope in self._scopes_of_artifacts():
            self._begin(name, scope)
        for seq, ruling in case.rulings.items():
            self._place(seq, ruling.record)

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
                self._place(row.seq, row.ref)

    def _place(self, seq: int, ref: Ref) -> None:
        """Remember a record to which no link need lead."""
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

    def walk(self, going: _Going) -> Walk:
        """Downstream, a level at a time.

        Args:
            going: how.
        """
        walk = Walk(going.sources, dict.fromkeys(going.sources, 0))
        artifacts = {*going.sources.values(), *self._scopes}
        met = self._met_by[going.answer]
        depth = 0
        while artifacts:
            depth += 1
            self._load(artifacts)
            fresh: dict[int, Naming] = {}
            for artifact in sorted(artifacts & self._demands.keys(), key=self._names.__getitem__):
                for demand in self._demands[artifact]:
                    through = None if demand in met else self._met(demand, going, walk)
                    if through is not None:
                        met.add(demand)
                        self._reach(demand, through, going, walk, fresh)
            walk.arrived.update(fresh)
            walk.depth.update(dict.fromkeys(fresh, depth))
            # A statement stands in the place of what arrives, so nothing goes on from there.
            artifacts = {*map(_MAKER, fresh.values())}
            if not fresh.keys().isdisjoint(self._case.rulings):
                artifacts = {link.maker for seq, link in fresh.items() if seq not in self._case.rulings}
        return walk

    def is_same(self, walk: Walk, other: _Going) -> bool:
        """Whether another way to go, one that asks for more, would lead nowhere else.

        Args:
            walk: what was reached.
            other: the way.
        """
        met = self._met_by[Answer.POSSIBLY]
        return (
            walk.sources == other.sources
            and Cell.WEAK not in self._cells.values()
            and all(demand.direct is not Answer.POSSIBLY for demand in met)
            and (other.within is None or met <= other.within)
        )

    def _met(self, demand: _Demand, going: _Going, walk: Walk) -> int | None:
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
        self, demand: _Demand, through: int, going: _Going, walk: Walk, fresh: dict[int, Naming]
    ) -> None:
        hits, cells, arrived = self._hits, self._cells, walk.arrived
        for link in demand.links:
            record = link.record
            if record in arrived or (record in hits and self._direct(record) >= going.answer):
                continue
            if cells[link.relation] >= going.cell:
                known = fresh.get(record)
                if known is None or self._before(link, known):
                    fresh[record] = link
                    walk.through[record] = through

    def _before(self, one: Naming, other: Naming) -> bool:
        return (self._names[one.target], one.number) < (self._names[other.target], other.number)

    # -- who is affected for sure

    def surely(self) -> Set[_Demand]:
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
                fresh = {
                    link.record for link in demand.links if self._cells[link.relation] is Cell.FULL
                } - affected
                affected |= fresh
                waiting += fresh - self._case.rulings.keys()
        return full

    # -- reading

    def _load(self, artifacts: Collection[int]) -> None:
        """Read the links to artifacts, and their recorded versions, if that was not done yet."""
        new = sorted(set(artifacts) - self._read)
        if not new:
            return
        self._read.update(new)
        links = self._graph.naming_links(new, self._at)
        alike: dict[tuple[int, int | None, str | None], list[Naming]] = defaultdict(list)
        for key, neighbours in groupby(links, key=_MEANT):
            alike[key] += neighbours
        named = {target for target, _, _ in alike}
        # Most artifacts are named by nobody, and of these no record needs to be read.
        rows = self._graph.recorded(sorted(named), self._at)
        self._texts.learn({*map(_VERSIONS, links), *map(_VERSION, links), *map(_RELATION, links)})
        self._texts.learn({row.version for row in rows})
        self._judge({*map(_RELATION, links)})
        self._learn_names(links)
        recorded: dict[int, list[Recorded]] = defaultdict(list)
        for row in rows:
            recorded[row.artifact].append(row)
        for (target, _, _), several in alike.items():
            self._demands[target].append(self._demand(target, several, recorded[target]))
        for target in named:
            self._demands[target].sort(key=_Demand.place)

    def _demand(self, artifact: int, links: list[Naming], rows: Sequence[Recorded]) -> _Demand:
        meant, revision = self._texts.range(links[0].versions), links[0].revision or ""
        known = [(self._texts.version(row.version), row) for row in rows]
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

    def _learn_names(self, links: Sequence[Naming]) -> None:
        names, aliases = dict(map(_MAKER_NAME, links)), self._case.aliases
        if aliases:
            names = {artifact: aliases.standing(name) for artifact, name in names.items()}
        self._names.update(names)

    def _judge(self, relations: Iterable[int]) -> None:
        for relation in relations:
            if relation not in self._cells:
                self._cells[relation] = self._case.passes(self._texts[relation])

    # -- the answer

    def result(self, possibly: Walk, affected: Walk) -> Exposure:
        """Everything that was found."""
        known = self._hits.keys() | self._case.rulings.keys()
        apart = {
            seq: self._apart(seq, possibly, affected)
            for seq in known
            if seq in self._hits or seq in possibly.depth or seq in affected.depth
        }
        return Exposure(apart, possibly, affected, self._texts)

    def _apart(self, seq: int, possibly: Walk, affected: Walk) -> Exposed:
        """A record that is hit, or of which a statement speaks."""
        hops = Answer.POSSIBLY if seq in possibly.arrived else Answer.CLEAR
        walk = affected if seq in affected.arrived else possibly
        hops = Answer.AFFECTED if seq in affected.arrived else hops
        ruling, hit = self._case.rulings.get(seq), self._hits.get(seq, Answer.CLEAR)
        answer = max(self._direct(seq), hops if ruling is None else ruling.answer)
        depth = 0 if hit >= hops else walk.depth[seq]
        counts = self._case.reviews.get(seq) if hit and seq in self._case.reviews else ruling
        return Exposed(self._rows[seq][1], answer, depth, max(hit, hops), counts, seq)
