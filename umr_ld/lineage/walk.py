"""Upstream and downstream as nodes and edges, and drawn as a tree."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from umr_ld.lineage.graph import covers
from umr_ld.ranges import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from umr_ld.lineage.graph import Graph, R, Row
    from umr_ld.names import Ref
    from umr_ld.record import Link

Direction = Literal["up", "down"]


@dataclass(frozen=True, slots=True)
class Node:
    """A record; or, without `ref`, what a link names and nothing that is recorded fits.

    Args:
        artifact: name or IRI.
        ref: the record; None if nothing that is recorded fits.
        known: whether any version of the artifact is recorded.
        wanted: for an artifact of which only other versions are recorded: the range, or revision.
        kind: of the record.
        title: of the record.
        withdrawn: whether the record is withdrawn.
    """

    artifact: str
    ref: Ref | None = None
    known: bool = False
    wanted: str = ""
    kind: str = field(default="", compare=False)
    title: str = field(default="", compare=False)
    withdrawn: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        if self.ref is not None:
            return str(self.ref)
        return f"{self.artifact}@{self.wanted}" if self.wanted else self.artifact


@dataclass(frozen=True, slots=True)
class Edge:
    """A link between two nodes.

    Args:
        source: what was made; its record states the link.
        link: relation, range, evidence and the rest.
        target: what it was made from.
        reaches: the recorded versions that this edge stands for: upwards all that the link covers, the
            best first; downwards the one that was asked about.
    """

    source: Node
    link: Link
    target: Node
    reaches: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of a lineage drawn as a tree.

    Args:
        depth: links between it and the root.
        node: what stands there.
        edge: the link by which it hangs there; None for the root.
        seen: there is more below it, which is drawn where it stands first.
        closes: it stands above itself: a circle ends here.
        last: no other line hangs below the same node after it.
    """

    depth: int
    node: Node
    edge: Edge | None = None
    seen: bool = False
    closes: bool = False
    last: bool = True


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a record was made from (`up`), or what was made from it (`down`).

    Args:
        root: what was asked about.
        direction: `up` or `down`.
        nodes: each once, the root first, then those one link away, and so on.
        edges: in the same order.
        cut: nodes at the depth that was asked for with links that lead on.
        is_whole: whether nothing was left out because there were more nodes than were asked for.
    """

    root: Node
    direction: Direction
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    cut: frozenset[Node] = frozenset()
    is_whole: bool = True

    def first(self, most: int | None) -> Lineage:
        """The lineage with so many nodes at most, and the edges between them.

        Args:
            most: nodes; None for all.
        """
        if most is None or len(self.nodes) <= most:
            return self
        nodes = self.nodes[:most]
        kept = set(nodes)
        edges = tuple(one for one in self.edges if one.source in kept and one.target in kept)
        return Lineage(self.root, self.direction, nodes, edges, is_whole=False)

    def far(self, edge: Edge) -> Node:
        """The end of an edge that is further from the root in the direction of this lineage."""
        return edge.target if self.direction == "up" else edge.source

    def tree(self) -> Iterator[Branch]:
        """The lineage as a tree, each node drawn in full where it stands first, depth first."""
        below: dict[Node, list[Edge]] = {}
        for one in self.edges:
            below.setdefault(one.source if self.direction == "up" else one.target, []).append(one)
        drawn, above = {self.root}, {self.root}
        stack: list[tuple[Node, Iterator[Edge]]] = [(self.root, iter(below.get(self.root, ())))]
        ends = {node: edges[-1] for node, edges in below.items()}
        yield Branch(0, self.root)
        while stack:
            near, rest = stack[-1]
            edge = next(rest, None)
            if edge is None:
                above.discard(stack.pop()[0])
                continue
            node = self.far(edge)
            fresh = node not in drawn
            seen, closes = not fresh and node in below, node in above
            yield Branch(len(stack), node, edge, seen=seen, closes=closes, last=edge is ends[near])
            if fresh:
                drawn.add(node)
                above.add(node)
                stack.append((node, iter(below.get(node, ()))))

    def cycles(self) -> Iterator[tuple[Node, ...]]:
        """The circles, one for each edge at which the tree is cut: nodes from one back to the same one."""
        trail: list[Node] = []
        for branch in self.tree():
            del trail[branch.depth :]
            if branch.closes:
                yield (*trail[trail.index(branch.node) :], branch.node)
            trail.append(branch.node)


def upstream(
    graph: Graph[R],
    start: Ref | str,
    depth: int | None = None,
    at: int | None = None,
    most: int | None = None,
    standing: Callable[[str], str] = str,
) -> Lineage:
    """What a record was made from. Of the versions that a link covers, the best one is followed.

    Args:
        graph: the records.
        start: a record; or an artifact, for which its best record stands, or its bare name.
        depth: links to follow; None for all.
        at: moment; None for now.
        most: nodes after which no more are looked for; None for all.
        standing: of several names of an artifact the one that stands for it.

    Returns:
        the lineage; a node's links in their author's order.
    """

    def expand(node: Node) -> Iterator[Edge]:
        row = None if node.ref is None else graph.record(node.ref, at)
        for link in () if row is None else graph.links_of(row):
            rows = graph.matching(link, at)
            target = _node(rows[0]) if rows else _unrecorded(graph, link, at, standing)
            yield Edge(node, link, target, tuple(row.ref for row in rows))

    with graph.steady():
        return _walked("up", _start(graph, start, at), expand, depth, most)


def downstream(
    graph: Graph[R],
    start: Ref | str,
    depth: int | None = None,
    at: int | None = None,
    most: int | None = None,
    standing: Callable[[str], str] = str,
) -> Lineage:
    """What was made from a record: every record with a link that covers it, and so on.

    Args:
        graph: the records.
        start: a record; or an artifact, for which its best record stands, or its bare name.
        depth: links to follow; None for all.
        at: moment; None for now.
        most: nodes after which no more are looked for; None for all.
        standing: of several names of an artifact the one that stands for it.

    Returns:
        the lineage; what hangs below a node by name, version and place of the link.
    """
    revisions: dict[Ref, str] = {}

    def naming(artifact: str) -> Iterator[R]:
        for skip in itertools.count(step=most or 1):
            rows = graph.naming(artifact, at, most, skip)
            yield from rows
            if most is None or len(rows) < most:
                return

    def expand(node: Node) -> Iterator[Edge]:
        for row in naming(node.artifact):
            revisions[row.ref] = row.revision
            for link in graph.links_of(row):
                if link.artifact != node.artifact and standing(link.artifact) != standing(node.artifact):
                    continue
                if node.ref is None:
                    yield Edge(_node(row), link, node)
                elif covers(link, node.ref.version, revisions[node.ref]):
                    yield Edge(_node(row), link, node, (node.ref,))

    with graph.steady():
        root = _start(graph, start, at)
        if root.ref is not None:
            row = graph.record(root.ref, at)
            revisions[root.ref] = "" if row is None else row.revision
        return _walked("down", root, expand, depth, most)


def _start(graph: Graph[R], start: Ref | str, at: int | None) -> Node:
    row = graph.best_of(start, EVERYTHING, at) if isinstance(start, str) else graph.record(start, at)
    if row is not None:
        return _node(row)
    return Node(start) if isinstance(start, str) else Node(str(start.name), wanted=str(start.version))


def _node(row: Row) -> Node:
    return Node(
        str(row.ref.name),
        row.ref,
        known=True,
        kind=row.kind,
        title=row.title,
        withdrawn=row.withdrawn is not None,
    )


def _unrecorded(graph: Graph[R], link: Link, at: int | None, standing: Callable[[str], str]) -> Node:
    """One node for an artifact of which nothing is recorded, whatever the links say of its versions."""
    name = standing(link.artifact)
    if not graph.versions(link.artifact, at):
        return Node(name)
    return Node(name, known=True, wanted=link.revision or str(link.versions))


def _walked(
    direction: Direction,
    root: Node,
    expand: Callable[[Node], Iterable[Edge]],
    depth: int | None,
    most: int | None,
) -> Lineage:
    nodes: dict[Node, None] = {root: None}
    edges: list[Edge] = []
    level = [root]
    hops = 0
    while level and hops != depth:
        hops += 1
        further = []
        for edge in itertools.chain.from_iterable(map(expand, level)):
            node = edge.target if direction == "up" else edge.source
            if node not in nodes and len(nodes) == most:
                return Lineage(root, direction, tuple(nodes), tuple(edges), is_whole=False)
            edges.append(edge)
            if node not in nodes:
                nodes[node] = None
                further.append(node)
        level = further
    cut = frozenset(node for node in level if any(True for _ in expand(node)))
    return Lineage(root, direction, tuple(nodes), tuple(edges), cut)
