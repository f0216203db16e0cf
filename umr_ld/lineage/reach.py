"""Impact: everything downstream of versions of an artifact, with a shortest path each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, overload

from umr_ld.names import Name, Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from umr_ld.lineage.graph import Graph, Naming, R, Row

# Of many links at once, one field is read faster so.
_TARGET, _RELATION, _VERSIONS, _EVIDENCE, _MAKER, _VERSION, _NAME = (
    attrgetter(field) for field in ("target", "relation", "versions", "evidence", "maker", "version", "name")
)


class Hop:
    """One link of a path: the link by which a record is reached.

    Args:
        impact: what it is part of.
        link: the link.
        further: the link by which the record is reached that this one names; None at the end of the path.
    """

    __slots__ = ("_further", "_impact", "_link")

    def __init__(self, impact: Impact, link: Naming, further: Naming | None) -> None:
        self._impact = impact
        self._link = link
        self._further = further

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
        return self._impact.ref_of(self._link)

    @property
    def relation(self) -> str:
        """Key of the relation."""
        return self._impact.terms[self._link.relation]

    @property
    def artifact(self) -> str:
        """What the link names: name or IRI."""
        return self._impact.artifact if self._further is None else self._further.name

    @property
    def versions(self) -> Range:
        """Which versions of it."""
        versions = self._link.versions
        return EVERYTHING if versions is None else _range(self._impact.terms[versions])

    @property
    def revision(self) -> str:
        """Which revision of it, or empty."""
        return self._link.revision or ""

    @property
    def evidence(self) -> str:
        """How the link is known: `declared`, `inferred`, `verified`, or empty."""
        return self._impact.terms[self._link.evidence]

    @property
    def reached(self) -> Ref | None:
        """The record of that artifact on which the next hop goes on; None at the end of the path."""
        return None if self._further is None else self._impact.ref_of(self._further)


class Hit:
    """A record that is reached.

    Args:
        impact: what it is part of.
        link: the link by which it is reached.
        depth: links between it and what was asked about, at least 1.
    """

    __slots__ = ("_impact", "_link", "depth")

    def __init__(self, impact: Impact, link: Naming, depth: int) -> None:
        self._impact = impact
        self._link = link
        self.depth = depth

    @property
    def ref(self) -> Ref:
        """Artifact and version."""
        return self._impact.ref_of(self._link)

    @property
    def hop(self) -> Hop:
        """The first hop of the path."""
        return next(self._impact.path_of(self._link))

    @property
    def path(self) -> tuple[Hop, ...]:
        """A shortest way from this record to what was asked about, made when it is asked for.

        Of several, the one whose first link names the least artifact; then the first such link of the
        record; then the largest version; and so on along the way.
        """
        return tuple(self._impact.path_of(self._link))

    def __str__(self) -> str:
        return f"{self._link.name}@{self._impact.terms[self._link.version]}"

    def __repr__(self) -> str:
        return f"<Hit {self} at {self.depth}>"


class Impact(Sequence[Hit]):
    """Everything that is made, over any number of steps, from versions of an artifact.

    A sequence of hits: by depth, then by name, then by version. It stays as it is when the graph changes
    or is closed.

    Args:
        artifact: what was asked about: name or IRI.
        versions: which versions of it.
        roots: its recorded versions in that range, the largest first; none of them is a hit.
        levels: the hits one link away, two links away, and so on: for each the link by which it was reached.
        through: record by which a record was reached; 0 for what was asked about.
        terms: texts of the terms in the links.
    """

    __slots__ = ("_levels", "_links", "_through", "artifact", "roots", "terms", "versions")

    def __init__(
        self,
        artifact: str,
        versions: Range,
        roots: tuple[Ref, ...],
        *,
        levels: Sequence[Sequence[Naming]],
        through: Mapping[int, int],
        terms: Mapping[int, str],
    ) -> None:
        self.artifact = artifact
        self.versions = versions
        self.roots = roots
        self._levels = levels
        self._links = {link.record: link for level in levels for link in level}
        self._through = through
        self.terms = terms

    @property
    def hits(self) -> tuple[Hit, ...]:
        """All of them."""
        return tuple(self)

    def __len__(self) -> int:
        return len(self._links)

    @overload
    def __getitem__(self, at: int) -> Hit: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Hit, ...]: ...
    def __getitem__(self, at: int | slice) -> Hit | tuple[Hit, ...]:
        return self.hits[at]

    def __iter__(self) -> Iterator[Hit]:
        for depth, level in enumerate(self._levels, 1):
            for link in level:
                yield Hit(self, link, depth)

    def ref_of(self, link: Naming) -> Ref:
        """The record whose link it is."""
        return Ref(Name.parse(link.name), Version.parse(self.terms[link.version]))

    def path_of(self, link: Naming) -> Iterator[Hop]:
        """The way from the record whose link it is to what was asked about."""
        current: Naming | None = link
        while current is not None:
            further = self._links.get(self._through[current.record])
            yield Hop(self, current, further)
            current = further


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
        self.levels: list[list[Naming]] = []
        self._graph = graph
        self._at = at
        self._done = roots
        self._through: dict[int, int] = {}
        self._read_already: set[int] = set()
        self._waiting: dict[int, list[Naming]] = {}
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
        self._next_level(self._reached(start, met))

    def go_on(self) -> None:
        """Reach what covers records of the last level."""
        level = self.levels[-1]
        self._read({*map(_MAKER, level)} - self._read_already)
        reached: dict[int, list[Naming]] = {}
        for link in level:
            if link.maker in self._waiting:
                reached.setdefault(link.maker, []).append(link)
        fresh = []
        for artifact, rows in reached.items():
            fresh += self._reached(artifact, partial(self._first, rows[::-1]))
        self._next_level(fresh)

    def result(self, name: str, versions: Range, roots: tuple[Ref, ...]) -> Impact:
        """What was reached."""
        for level in self.levels:
            self._learn({*map(_RELATION, level), *map(_EVIDENCE, level)})
        return Impact(name, versions, roots, levels=self.levels, through=self._through, terms=self._terms)

    def _reached(self, artifact: int, covered: Callable[[Range, str], int | None]) -> list[Naming]:
        """Of the links that wait for an artifact, those by which a record is reached now."""
        fresh, waiting = [], []
        answers: dict[tuple[int | None, str | None], int | None] = {}
        for link in self._waiting.pop(artifact, ()):
            if link.record in self._done:
                continue
            meant = link.versions, link.revision
            if meant not in answers:
                answers[meant] = covered(self._range(link), link.revision or "")
            through = answers[meant]
            if through is None:
                waiting.append(link)
            else:
                self._done.add(link.record)
                self._through[link.record] = through
                fresh.append(link)
        if waiting:
            self._waiting[artifact] = waiting
        return fresh

    def _first(self, rows: Sequence[Naming], meant: Range, revision: str) -> int | None:
        """The first of some records that is in a range and carries a revision."""
        for row in rows:
            if self._version(row) in meant and (not revision or revision == self._revision(row)):
                return row.record
        return None

    def _next_level(self, links: Sequence[Naming]) -> None:
        keys = {term: Version.parse(self._terms[term]).sort_key for term in set(map(_VERSION, links))}
        by_version = sorted(links, key=lambda link: keys[link.version]) if len(keys) > 1 else links
        self.levels.append(sorted(by_version, key=_NAME))

    def _read(self, artifacts: Collection[int]) -> None:
        links = self._graph.naming_links(sorted(artifacts), self._at)
        self._read_already.update(artifacts)
        self._learn({*map(_VERSION, links), *map(_VERSIONS, links)})
        # By artifact, then by record, then by place among its links.
        for artifact, several in groupby(sorted(links), key=_TARGET):
            self._waiting[artifact] = list(several)

    def _learn(self, terms: set[int] | set[int | None]) -> None:
        unknown = [term for term in terms if term is not None and term not in self._terms]
        if unknown:
            self._terms.update(self._graph.terms(unknown))

    def _version(self, row: Naming) -> Version:
        return Version.parse(self._terms[row.version])

    def _revision(self, row: Naming) -> str:
        if row.record not in self._revisions:
            rows = self._graph.versions(row.name, self._at)
            self._revisions.update({one.seq: one.revision for one in rows})
        return self._revisions[row.record]

    def _range(self, link: Naming) -> Range:
        return EVERYTHING if link.versions is None else _range(self._terms[link.versions])


_range = lru_cache(maxsize=4096)(Range.from_npm)
