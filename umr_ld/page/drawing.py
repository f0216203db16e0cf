"""A lineage as it is drawn: with answers and addresses, and small enough to be read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from umr_ld.lineage import Edge, Lineage, Node
    from umr_ld.vocab import Relation

MOST = 120
"""Boxes of a drawing."""

ALIKE = 6
"""Neighbours alike that are drawn one by one; of more the rest is one box."""

GRAVEST = ("affected", "possibly", "", "clear")


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
    """

    lineage: Lineage
    answers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    addresses: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    relations: Mapping[str, Relation] = field(default_factory=lambda: MappingProxyType({}))
    kinds: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    most: int = MOST

    @staticmethod
    def whole(lineage: Lineage) -> Drawing:
        """A lineage by itself, nothing of it left out.

        Args:
            lineage: nodes and edges.
        """
        return Drawing(lineage, most=len(lineage.nodes))


@dataclass(frozen=True, slots=True)
class Heap:
    """Nodes that are drawn as one box.

    Args:
        near: what they hang on.
        relation: how.
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
        heaps: the others, as far as they hang on one that is drawn.
        left_out: nodes that are not drawn at all.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    heaps: tuple[Heap, ...]
    left_out: int


def readable(drawing: Drawing) -> Readable:
    """What of a lineage is drawn: all of it, or as much as can be read, the gravest first.

    Neighbours that hang on nothing else, in the same relation and with the same answer, are one box
    if they are many. What is then still too much is left out from its far end.

    Args:
        drawing: the lineage.
    """
    lineage = drawing.lineage
    if len(lineage.nodes) <= drawing.most:
        return Readable(lineage.nodes, lineage.edges, (), 0)
    drawn, heaps = _heaped(drawing)
    kept = list(islice((node for node in lineage.nodes if node in drawn), drawing.most))
    inside = set(kept)
    heaps = [heap for heap in heaps if heap.near in inside]
    edges = tuple(one for one in lineage.edges if one.source in inside and one.target in inside)
    told = len(kept) + sum(heap.number for heap in heaps)
    return Readable(tuple(kept), edges, tuple(heaps), len(lineage.nodes) - told)


def _heaped(drawing: Drawing) -> tuple[set[Node], list[Heap]]:
    lineage = drawing.lineage
    degree = Counter(node for edge in lineage.edges for node in {edge.source, edge.target})
    groups: dict[tuple[Node, str, str], list[Node]] = {}
    for edge in lineage.edges:
        far = lineage.far(edge)
        near = edge.source if far is edge.target else edge.target
        if degree[far] == 1 and far != lineage.root:
            key = (near, edge.link.relation, drawing.answers.get(str(far), ""))
            groups.setdefault(key, []).append(far)
    hidden: set[Node] = set()
    heaps = []
    for (near, relation, answer), members in groups.items():
        if len(members) > ALIKE:
            hidden.update(members[ALIKE - 1 :])
            heaps.append(Heap(near, relation, answer, len(members) - ALIKE + 1))
    return set(lineage.nodes) - hidden, sorted(heaps, key=lambda one: _gravity(one.answer))


def _gravity(answer: str) -> int:
    return GRAVEST.index(answer) if answer in GRAVEST else len(GRAVEST)


def kinds_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """The kinds that are drawn, each once, in order of appearance.

    Args:
        nodes: that are drawn.
    """
    return tuple({node.kind: None for node in nodes if node.kind})
