"""Aliases: names that are decided to be names of the same artifact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Generic

from umr_ld.lineage.graph import R

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from umr_ld.lineage import Graph, Recorded, Row, Strand
    from umr_ld.names import Ref
    from umr_ld.ranges import Range
    from umr_ld.record import Link
    from umr_ld.risk.case import Linked


class Aliases:
    """Groups of names of the same artifact.

    Args:
        pairs: two names, or IRIs, that are the same; what is the same as the same is the same.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        groups: dict[str, set[str]] = {}
        for pair in pairs:
            small, large = sorted((groups.get(name, {name}) for name in pair), key=len)
            large |= small
            groups.update(dict.fromkeys(small, large))
            groups[pair[0]] = groups[pair[1]] = large
        # A name of the registry's own stands before an address elsewhere.
        distinct = {id(group): group for group in groups.values()}
        ordered = {
            key: tuple(sorted(group, key=lambda one: (":" in one, one))) for key, group in distinct.items()
        }
        self._groups = {name: ordered[id(group)] for name, group in groups.items()}
        self._members: Mapping[int, tuple[int, ...]] | None = None

    def __bool__(self) -> bool:
        return bool(self._groups)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        """The groups, each once, in order."""
        yield from sorted({group[0]: group for group in self._groups.values()}.values())

    def same(self, name: str) -> tuple[str, ...]:
        """All names of an artifact, the first of them standing for it.

        Args:
            name: one of them.
        """
        return self._groups.get(name, (name,))

    def members(self, number_of: Callable[[str], int | None]) -> Mapping[int, tuple[int, ...]]:
        """The groups by the numbers of their names, looked up once: they are of one index as it stands.

        Args:
            number_of: the number of a name; None if it has none.
        """
        if self._members is None:
            members: dict[int, tuple[int, ...]] = {}
            for group in self:
                found = [number for name in group if (number := number_of(name)) is not None]
                members.update(dict.fromkeys(found, tuple(found)))
            self._members = members
        return self._members

    def standing(self, name: str) -> str:
        """The name that stands for an artifact.

        Args:
            name: one of its names.
        """
        return self.same(name)[0]


class Aliased:
    """A graph in which the artifacts of a group are one. See `risk.case.Linked`.

    Args:
        graph: in which they are several.
        aliases: the groups.
    """

    def __init__(self, graph: Linked, aliases: Aliases) -> None:
        self._graph = graph
        self._aliases = aliases
        self._members = aliases.members(graph.artifact_id)

    def steady(self) -> AbstractContextManager[None]:
        """See `lineage.Graph`."""
        return self._graph.steady()

    def versions(self, name: str, at: int | None = None) -> Sequence[Row]:
        """See `lineage.Graph`: of one name after the other."""
        return [row for one in self._aliases.same(name) for row in self._graph.versions(one, at)]

    def artifact_id(self, name: str) -> int | None:
        """See `lineage.Graph`."""
        for one in self._aliases.same(name):
            number = self._graph.artifact_id(one)
            if number is not None:
                return self._one(number)
        return None

    def strands(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Strand]:
        """See `lineage.Graph`."""
        one = self._one
        return [
            replace(strand, target=one(strand.target), makers=[*map(one, strand.makers)])
            for strand in self._graph.strands(self._all(artifacts), at)
        ]

    def recorded(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Recorded]:
        """See `lineage.Graph`: of an artifact, of one name after the other."""
        every = self._all(artifacts)
        place = {number: at_ for at_, number in enumerate(every)}
        rows = sorted(self._graph.recorded(every, at), key=lambda row: place[row.artifact])
        return [row._replace(artifact=self._one(row.artifact)) for row in rows]

    def terms(self, ids: Sequence[int]) -> Mapping[int, str]:
        """See `lineage.Graph`."""
        return self._graph.terms(ids)

    def _one(self, number: int) -> int:
        return self._members.get(number, (number,))[0]

    def _all(self, artifacts: Sequence[int]) -> list[int]:
        return [member for number in artifacts for member in self._members.get(number, (number,))]


class AliasedGraph(Aliased, Generic[R]):
    """As `Aliased`, with all that lineage asks. See `lineage.Graph`.

    Args:
        graph: in which the artifacts of a group are several.
        aliases: the groups.
    """

    def __init__(self, graph: Graph[R], aliases: Aliases) -> None:
        super().__init__(graph, aliases)
        self._whole = graph

    def record(self, ref: Ref, at: int | None = None) -> R | None:
        """See `lineage.Graph`."""
        return self._whole.record(ref, at)

    def versions(self, name: str, at: int | None = None) -> Sequence[R]:
        """See `lineage.Graph`: of one name after the other."""
        return [row for one in self._aliases.same(name) for row in self._whole.versions(one, at)]

    def best_of(self, name: str, versions: Range, at: int | None = None) -> R | None:
        """See `lineage.Graph`: of the name that is asked for, if it has any."""
        found = (self._whole.best_of(one, versions, at) for one in self._from(name))
        return next((row for row in found if row is not None), None)

    def links_of(self, row: R) -> Sequence[Link]:
        """See `lineage.Graph`."""
        return self._whole.links_of(row)

    def matching(self, link: Link, at: int | None = None) -> Sequence[R]:
        """See `lineage.Graph`: of the name that the link states first; what was withdrawn comes last."""
        names = self._from(link.artifact)
        if len(names) == 1:
            return self._whole.matching(link, at)
        rows = [row for one in names for row in self._whole.matching(replace(link, artifact=one), at)]
        return sorted(rows, key=lambda row: row.withdrawn is not None)

    def naming(
        self, artifact: str, at: int | None = None, most: int | None = None, skip: int = 0
    ) -> Sequence[R]:
        """See `lineage.Graph`."""
        names = self._aliases.same(artifact)
        if len(names) == 1:
            return self._whole.naming(artifact, at, most, skip)
        end = None if most is None else skip + most
        found = {row.ref: row for one in names for row in self._whole.naming(one, at, end)}
        return [found[ref] for ref in sorted(found)][skip:end]

    def _from(self, name: str) -> tuple[str, ...]:
        """All names of an artifact, a certain one first."""
        return (name, *(one for one in self._aliases.same(name) if one != name))
