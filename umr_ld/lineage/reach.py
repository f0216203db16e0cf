"""Impact: everything downstream of versions of an artifact, with a shortest path each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, overload

from umr_ld.lineage.strand import Reached, unless_before
from umr_ld.names import Ref
from umr_ld.ranges import EVERYTHING, Range, Versions
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from umr_ld.lineage.graph import Graph, R, Row
    from umr_ld.lineage.strand import Strand


class Hop:
    """One link of a path: the link by which a record is reached.

    Args:
        impact: what it is part of.
        record: whose link it is.
    """

    __slots__ = ("_impact", "_record", "_strand")

    def __init__(self, impact: Impact, record: int) -> None:
        self._impact = impact
        self._record = record
        self._strand = impact.strand_of(record)

    def _fields(self) -> tuple[object, ...]:
        return (
            *(self.ref, self.relation, self.artifact, self.versions),
            *(self.revision, self.evidence, self.reached),
        )

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if isinstance(other, Hop) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields())

    @property
    def ref(self) -> Ref:
        """The record that states the link."""
        return self._impact.ref_of(self._record)

    @property
    def relation(self) -> str:
        """Key of the relation."""
        return self._impact.terms[self._strand.relation]

    @property
    def artifact(self) -> str:
        """What the link names: name or IRI."""
        further = self._further
        return self._impact.name_of(further) if further else self._impact.artifact

    @property
    def versions(self) -> Range:
        """Which versions of it."""
        versions = self._strand.versions
        return EVERYTHING if versions is None else _range(self._impact.terms[versions])

    @property
    def revision(self) -> str:
        """Which revision of it, or empty."""
        return self._strand.revision

    @property
    def evidence(self) -> str:
        """How the link is known: `declared`, `inferred`, `verified`, or empty."""
        return self._impact.terms[self._strand.evidence]

    @property
    def reached(self) -> Ref | None:
        """The record of that artifact on which the next hop goes on; None at the end of the path."""
        further = self._further
        return self._impact.ref_of(further) if further else None

    @property
    def _further(self) -> int:
        return self._impact.further(self._record)


class Hit:
    """A record that is reached.

    Args:
        impact: what it is part of.
        depth: links between it and what was asked about, at least 1.
        place: among the records that are as far away.
    """

    __slots__ = ("_impact", "_place", "depth")

    def __init__(self, impact: Impact, depth: int, place: int) -> None:
        self._impact = impact
        self._place = place
        self.depth = depth

    @property
    def ref(self) -> Ref:
        """Artifact and version."""
        level = self._level
        return Ref.known(level.names[self._place], self._impact.version(level.own[self._place]))

    @property
    def hop(self) -> Hop:
        """The first hop of the path."""
        return Hop(self._impact, self._record)

    @property
    def path(self) -> tuple[Hop, ...]:
        """A shortest way from this record to what was asked about, made when it is asked for.

        Of several, the one whose first link names the least artifact; then the first such link of the
        record; then the largest version; and so on along the way.
        """
        return tuple(self._impact.path_of(self._record))

    def __str__(self) -> str:
        level = self._level
        return f"{level.names[self._place]}@{self._impact.terms[level.own[self._place]]}"

    def __repr__(self) -> str:
        return f"<Hit {self} at {self.depth}>"

    @property
    def _level(self) -> Reached:
        return self._impact.levels[self.depth - 1]

    @property
    def _record(self) -> int:
        return self._level.records[self._place]


class Impact(Sequence[Hit]):
    """Everything that is made, over any number of steps, from versions of an artifact.

    A sequence of hits: by depth, then by name, then by version. It stays as it is when the graph changes
    or is closed.

    Args:
        artifact: what was asked about: name or IRI.
        versions: which versions of it.
        roots: its recorded versions in that range, the largest first; none of them is a hit.
        levels: the hits one link away, two links away, and so on, each in order.
        through: the links along which they were reached to the record by which they were met; 0 for what was
            asked about.
        terms: texts of the terms in the links.
    """

    __slots__ = ("_strands", "_through", "artifact", "levels", "roots", "terms", "versions")

    def __init__(
        self,
        artifact: str,
        versions: Range,
        roots: tuple[Ref, ...],
        *,
        levels: Sequence[Reached],
        through: Mapping[Strand, int],
        terms: Mapping[int, str],
    ) -> None:
        self.artifact = artifact
        self.versions = versions
        self.roots = roots
        self.levels = levels
        self._strands = {
            record: strand
            for level in levels
            for record, strand in zip(level.records, level.strands, strict=True)
        }
        self._through = through
        self.terms = terms

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All of them."""
        return tuple(self)

    def __len__(self) -> int:
        return len(self._strands)

    @overload
    def __getitem__(self, at: int) -> Hit: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, at: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[at]

    def __iter__(self) -> Iterator[Hit]:
        for depth, level in enumerate(self.levels, 1):
            for place in range(len(level)):
                yield Hit(self, depth, place)

    def version(self, term: int) -> Version:
        """The version that a term is."""
        return Version.parse(self.terms[term])

    def name_of(self, record: int) -> str:
        """The name of a record's artifact."""
        return self._strands[record].name_of(record)

    def ref_of(self, record: int) -> Ref:
        """Artifact and version of a record."""
        return Ref.known(self.name_of(record), self.version(self._strands[record].own_of(record)))

    def strand_of(self, record: int) -> Strand:
        """The links of which one is that by which a record was reached."""
        return self._strands[record]

    def further(self, record: int) -> int:
        """The record through which another was reached; 0 for what was asked about."""
        return self._through[self._strands[record]]

    def path_of(self, record: int) -> Iterator[Hop]:
        """The way from a record to what was asked about."""
        while record:
            yield Hop(self, record)
            record = self.further(record)


def impact(graph: Graph[R], name: str, versions: Range = EVERYTHING, at: int | None = None) -> Impact:
    """What is reached downstream of versions of an artifact, recorded or not.

    A record is reached if a link of it names the artifact with versions among those asked about, or covers
    a record that is reached. A link that names a revision which no record carries may mean any version in
    its range.

    Args:
        graph: the records.
        name: the artifact: name or IRI.
        versions: those asked about.
        at: moment; None for now.

    Returns:
        the records, with a shortest path each. It takes time in proportion to them and their links,
        however many records there are besides.
    """
    with graph.steady():
        start = graph.artifact_id(name)
        own = graph.versions(name, at)
        roots = [row for row in own if row.ref.version in versions]
        spread = _Spread(graph, at, {row.seq for row in roots})
        if start is not None:
            spread.begin(start, versions, own)
        while spread.levels and spread.levels[-1]:
            spread.go_on()
        return spread.result(name, versions, tuple(row.ref for row in roots))


class _Spread:
    """Reachability, a level at a time.

    Links that name a reached artifact but cover none of its records that are reached so far wait: another
    of its versions may be reached later. So every artifact's links are read once.
    """

    def __init__(self, graph: Graph[R], at: int | None, roots: set[int]) -> None:
        self.levels: list[Reached] = []
        self._graph = graph
        self._at = at
        self._roots = roots
        self._reached: dict[int, Strand] = {}
        self._through: dict[Strand, int] = {}
        self._read_already: set[int] = set()
        self._waiting: dict[int, list[Strand]] = {}
        self._terms: dict[int, str] = {}
        self._revisions: dict[int, str] = {}

    def begin(self, start: int, asked: Range, own: Sequence[Row]) -> None:
        """Reach what names the artifact with versions among those asked about."""

        def met(meant: Range, revision: str) -> int | None:
            carrying = [row.ref.version for row in own if revision and row.revision == revision]
            if carrying:
                return 0 if any(version in meant and version in asked for version in carrying) else None
            return None if asked.isdisjoint(meant) else 0

        self._read({start})
        self._next_level({start: met})

    def go_on(self) -> None:
        """Reach what covers records of the last level."""
        level = self.levels[-1]
        self._read({*level.makers} - self._read_already)
        reached: dict[int, list[tuple[int, int]]] = {}
        for maker, record, own in zip(level.makers, level.records, level.own, strict=True):
            if maker in self._waiting:
                reached.setdefault(maker, []).append((record, own))
        covered: dict[int, _Covered] = {}
        for artifact, several in reached.items():
            versions = Versions([self._sort_key(own) for _, own in several])
            covered[artifact] = partial(self._last, [record for record, _ in several], versions)
        self._next_level(covered)

    def result(self, name: str, versions: Range, roots: tuple[Ref, ...]) -> Impact:
        """What was reached."""
        self._learn({term for strand in self._through for term in (strand.relation, strand.evidence)})
        return Impact(
            name,
            versions,
            roots,
            levels=self.levels,
            through=self._through,
            terms=self._terms,
        )

    def _next_level(self, covered: Mapping[int, _Covered]) -> None:
        """Reach records along the links that wait for artifacts.

        Args:
            covered: artifact to what gives the record through which links to certain versions of it are met; 0
                without any, and None if they are not.
        """
        fresh: dict[int, Strand] = {}
        along: list[Strand] = []
        for artifact, met in covered.items():
            fresh |= self._met(artifact, met, along)
        self.levels.append(Reached.along(along, fresh).in_order(self._sort_key))

    def _met(self, artifact: int, covered: _Covered, along: list[Strand]) -> dict[int, Strand]:
        """Records that are reached now by the links that wait for an artifact; these are added to `along`."""
        fresh: dict[int, Strand] = {}
        waiting = []
        answers: dict[tuple[int | None, str], int | None] = {}
        for strand in self._waiting.pop(artifact, ()):
            meant = strand.versions, strand.revision
            if meant not in answers:
                answers[meant] = covered(self._range(strand), strand.revision)
            through = answers[meant]
            if through is None:
                waiting.append(strand)
            else:
                self._through[strand] = through
                along.append(strand)
                new = unless_before({*strand.records}.difference(self._reached, self._roots), fresh, strand)
                fresh.update(dict.fromkeys(new, strand))
        if waiting:
            self._waiting[artifact] = waiting
        self._reached |= fresh
        return fresh

    def _last(self, records: Sequence[int], versions: Versions, meant: Range, revision: str) -> int | None:
        """The last of some records that is in a range and carries a revision."""
        for place in reversed(versions.inside(meant)):
            record = records[place]
            if not revision or revision == self._revision(record):
                return record
        return None

    def _read(self, artifacts: Collection[int]) -> None:
        strands = self._graph.strands(sorted(artifacts), self._at)
        self._read_already.update(artifacts)
        self._learn({strand.versions for strand in strands}.union(*(strand.own for strand in strands)))
        for strand in strands:
            self._waiting.setdefault(strand.target, []).append(strand)

    def _learn(self, terms: set[int] | set[int | None]) -> None:
        unknown = [term for term in terms if term is not None and term not in self._terms]
        if unknown:
            self._terms.update(self._graph.terms(unknown))

    def _sort_key(self, term: int) -> Any:
        return Version.parse(self._terms[term]).sort_key

    def _revision(self, record: int) -> str:
        if record not in self._revisions:
            rows = self._graph.versions(self._reached[record].name_of(record), self._at)
            self._revisions.update({one.seq: one.revision for one in rows})
        return self._revisions[record]

    def _range(self, strand: Strand) -> Range:
        return EVERYTHING if strand.versions is None else _range(self._terms[strand.versions])


_Covered = Callable[[Range, str], "int | None"]
_range = lru_cache(maxsize=4096)(Range.from_npm)
