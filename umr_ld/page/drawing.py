"""A lineage as it is drawn: with answers and addresses, and small enough to be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from umr_ld.lineage import Edge, Lineage, Node
    from umr_ld.vocab import Relation

MOST = 80
"""Boxes of a drawing."""

LINKS = 160
"""Lines of a drawing: with more nobody sees where one leads, and the time of a layout grows with their cube."""

ALIKE = 6
"""Neighbours alike that are drawn one by one where not all can be."""

GRAVEST = ("affected", "possibly")
"""Answers that are drawn before all others."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A lineage with what a drawing tells of it.

    Args:
        lineage: nodes and edges.
        answers: node, as it is written, to the label of its answer.
        addresses: node to an http or https address.
        relations: key to relation, for labels and lines.
        kinds: key of a kind to its label.
        most: boxes; more than these nobody reads, and a layout of them takes seconds.
        links: lines; where there are more, fewer boxes are drawn.
    """

    lineage: Lineage
    answers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    addresses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    relations: Mapping[str, Relation] = field(default_factory=lambda: MappingProxyType({}))
    kinds: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    most: int = MOST
    links: int = LINKS

    @staticmethod
    def whole(lineage: Lineage) -> Drawing:
        """A lineage by itself, nothing of it left out.

        Args:
            lineage: nodes and edges.
        """
        return Drawing(lineage, most=len(lineage.nodes), links=len(lineage.edges))


@dataclass(frozen=True, slots=True)
class Heap:
    """Nodes that are drawn as one box.

    Args:
        near: the node that they hang on, at once or by others of the heap.
        relation: of the links by which they hang on it.
        answer: label of the answer that they share.
        number: how many they are.
    """

    near: Node
    relation: str
    answer: str
    number: int


@dataclass(frozen=True, slots=True)
class Readable:
    """What of a lineage is drawn.

    Args:
        nodes: one by one, the root first.
        edges: between them.
        heaps: all others, each of them in one.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    heaps: tuple[Heap, ...]


def readable(drawing: Drawing) -> Readable:
    """What of a lineage is drawn: all of it, or as much as can be read, the gravest first.

    Where it is too much, those that are affected are drawn with what lies between them and the root; then
    the others from the root outwards, but only a few of neighbours alike. Nobody is lost: who is not drawn
    is counted in a heap that hangs on the nearest one who is.

    Args:
        drawing: the lineage.
    """
    lineage = drawing.lineage
    if len(lineage.nodes) <= drawing.most and len(lineage.edges) <= drawing.links:
        return Readable(lineage.nodes, lineage.edges, ())
    above, most = _above(lineage), drawing.most
    drawn = _drawn(drawing, above, most)
    while most > 1 and sum(map(_both_in(drawn), lineage.edges)) > drawing.links:
        most = min(most, len(drawn)) * 4 // 5
        drawn = _drawn(drawing, above, most)
    heaps: Counter[tuple[Node, str, str]] = Counter()
    hangs: dict[Node, tuple[Node, str]] = {}
    for node in lineage.nodes:
        if node not in drawn:
            near, relation = above[node]
            hangs[node] = (near, relation) if near in drawn else hangs[near]
            heaps[(*hangs[node], drawing.answers.get(str(node), ""))] += 1
    return Readable(
        nodes=tuple(node for node in lineage.nodes if node in drawn),
        edges=tuple(filter(_both_in(drawn), lineage.edges))[: drawing.links],
        heaps=tuple(Heap(*key, number) for key, number in heaps.items()),
    )


def _both_in(drawn: set[Node]) -> Callable[[Edge], bool]:
    return lambda edge: edge.source in drawn and edge.target in drawn


def _above(lineage: Lineage) -> Mapping[Node, tuple[Node, str]]:
    """Of each node but the root the one through which it is reached first, and the relation between them."""
    found: dict[Node, tuple[Node, str]] = {}
    for edge in lineage.edges:
        far = lineage.far(edge)
        near = edge.source if far is edge.target else edge.target
        if far != lineage.root:
            found.setdefault(far, (near, edge.link.relation))
    return found


def _drawn(drawing: Drawing, above: Mapping[Node, tuple[Node, str]], most: int) -> set[Node]:
    lineage = drawing.lineage
    drawn = {lineage.root}
    for answer in GRAVEST:
        for node in (one for one in lineage.nodes if drawing.answers.get(str(one)) == answer):
            way = [node]
            while way[-1] not in drawn:
                way.append(above[way[-1]][0])
            if len(drawn) + len(way) <= most * 2 // 3:
                drawn.update(way)
    alike: Counter[tuple[Node, str, str]] = Counter()
    for node in lineage.nodes:
        if node not in drawn and above[node][0] in drawn and len(drawn) < most:
            key = (*above[node], drawing.answers.get(str(node), ""))
            alike[key] += 1
            if alike[key] <= ALIKE:
                drawn.add(node)
    return drawn


def kinds_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The kinds that are drawn, each once, in order of appearance.

    Args:
        nodes: that are drawn.
    """
    return tuple({node.kind: None for node in nodes if node.kind})
