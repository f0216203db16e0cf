"""The RDF store: a projection of the journal that answers SPARQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyoxigraph as ox

Answer: TypeAlias = "ox.QuerySolutions | ox.QueryTriples | ox.QueryBoolean"
Replacement: TypeAlias = "tuple[str, Iterable[ox.Triple] | bytes]"
"""A named graph, and everything that it holds from now on, as triples or as N-Triples; nothing means that the graph goes."""


class Store(Protocol):
    """What the registry needs of an RDF store. Every SPARQL 1.1 engine can be one."""

    def query(
        self,
        text: str,
        *,
        given: Mapping[str, ox.NamedNode | ox.Literal] | None = None,
        graphs: Sequence[str] | None = None,
        named: Sequence[str] | None = None,
    ) -> Answer:
        """Answer a SPARQL 1.1 query.

        Args:
            text: the query; its default graph is the union of all graphs unless it says otherwise.
            given: values for variables, bound and never pasted into the text.
            graphs: the graphs that make up the default graph; None for all.
            named: the graphs that may be named; those of `graphs` unless given.

        Raises:
            Malformed: if the text is no query, or asks for the network or an update.
        """
        ...

    def apply(
        self, replacements: Sequence[Replacement], position: int, chain: str, *, later: bool = False
    ) -> None:
        """Replace whole graphs, and remember up to which journal entry this brings the store.

        All or nothing, also under kill -9.

        Args:
            replacements: graphs and their new triples.
            position: sequence number of the journal entry.
            chain: its chain value.
            later: whether this may wait until there is more to write, or something is asked, or the store is closed.
                What waits is gone with the process, and so is the memory of its position.

        Raises:
            Full: if there is no space; nothing has changed, and nothing waits any more.
        """
        ...

    def position(self) -> tuple[int, str]:
        """Sequence number and chain value of the last journal entry that was applied."""
        ...

    def graphs(self) -> Iterable[str]:
        """The IRIs of all named graphs."""
        ...

    def backup(self, folder: str) -> None:
        """A consistent copy in a new folder, while writing goes on."""
        ...

    def close(self) -> None:
        """Flush and let go."""
        ...
