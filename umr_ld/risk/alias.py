"""Aliases: names that a deployment has accepted as names of the same artifact."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from umr_ld.lineage import Naming, Recorded, Row
    from umr_ld.risk.case import Linked


class Aliases:
    """Groups of names of the same artifact.

    Args:
        pairs: two names, or IRIs, that are the same; what is the same as the same is the same.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        groups: dict[str, set[str]] = {}
        for one, other in pairs:
            joined = groups.get(one, {one}) | groups.get(other, {other})
            groups.update(dict.fromkeys(joined, joined))
        # A name of the registry's own stands before an address elsewhere.
        self._groups = {
            name: tuple(sorted(group, key=lambda one: (":" in one, one))) for name, group in groups.items()
        }

    def __bool__(self) -> bool:
        return bool(self._groups)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        """The groups, each once, in order."""
        yield from sorted(set(self._groups.values()))

    def same(self, name: str) -> tuple[str, ...]:
        """All names of an artifact, the first of them standing for it.

        Args:
            name: one of them.
        """
        return self._groups.get(name, (name,))

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
        self._members: dict[int, tuple[int, ...]] = {}
        for group in aliases:
            found = [number for name in group if (number := graph.artifact_id(name)) is not None]
            self._members.update(dict.fromkeys(found, tuple(found)))

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

    def naming_links(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Naming]:
        """See `lineage.Graph`."""
        links = self._graph.naming_links(self._all(artifacts), at)
        return [link._replace(target=self._one(link.target), maker=self._one(link.maker)) for link in links]

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
