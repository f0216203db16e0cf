"""Lineage as a tree of text and as plain values; how it is drawn is of `dot` and `mermaid`.

Nothing here recurses: a chain may be ten thousand records long.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from umr_ld.render.dot import as_dot
from umr_ld.render.labels import meant
from umr_ld.render.mermaid import as_mermaid
from umr_ld.render.text import PLAIN, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.lineage import Branch, Hop, Impact, Lineage
    from umr_ld.names import Ref
    from umr_ld.record import Link
    from umr_ld.render.text import Style

__all__ = [
    "Line",
    "as_dot",
    "as_json",
    "as_mermaid",
    "as_text",
    "as_values",
    "lines_of",
    "lines_of_impact",
    "meant",
]

DEEPEST = 40
"""Levels that are indented. Further down, the number of levels that are left out stands in their place."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a tree.

    Args:
        depth: levels above it.
        last: whether no other line follows below the same one.
        relation: how it hangs there; empty for the root.
        name: reference, artifact name or IRI.
        title: in words; empty where it says nothing more.
        remarks: range, evidence, and what else is worth knowing.
    """

    depth: int
    last: bool
    relation: str
    name: str
    title: str = ""
    remarks: tuple[str, ...] = ()


def lines_of(lineage: Lineage) -> Iterator[Line]:
    """A lineage, line by line; what is reached twice is drawn in full where it stands first.

    Args:
        lineage: as the registry gives it.
    """
    for branch in lineage.tree():
        node, remarks = branch.node, _of_link(branch)
        if node.withdrawn:
            remarks.append("withdrawn")
        if node.ref is None:
            remarks.append("no such version is recorded" if node.known else "not recorded")
        if branch.closes:
            remarks.append("closes a circle")
        elif branch.seen:
            remarks.append("see above")
        elif node in lineage.cut:
            remarks.append("…")
        relation = branch.edge.link.relation if branch.edge is not None else ""
        title = "" if node.title == node.artifact else node.title
        yield Line(branch.depth, branch.last, relation, str(node), title, tuple(remarks))


def _of_link(branch: Branch) -> list[str]:
    if branch.edge is None:
        return []
    link = branch.edge.link
    said = (_range(link, branch.edge.target.ref), link.evidence, "inherits" if link.inherit else "")
    return [part for part in said if part]


def _range(link: Link | Hop, reached: Ref | None) -> str:
    """What a link means, unless the record that is drawn says it already."""
    exact = link.versions.exact
    return "" if reached is not None and exact == reached.version and not link.revision else meant(link)


def lines_of_impact(impact: Impact) -> Iterator[Line]:
    """The shortest paths of an impact as one tree: every hit once, below the record by which it is reached.

    Args:
        impact: as the registry gives it.
    """
    below: dict[str, list[Line]] = {}
    for hit in impact:
        hop = hit.path[0]
        parent = str(hop.reached) if hop.reached is not None else ""
        remarks = tuple(part for part in (_range(hop, hop.reached), hop.evidence) if part)
        below.setdefault(parent, []).append(
            Line(hit.depth, False, hop.relation, str(hit.ref), remarks=remarks)
        )
    yield Line(0, True, "", impact.artifact)
    stack = [iter(_closed(below.get("", ())))]
    while stack:
        line = next(stack[-1], None)
        if line is None:
            stack.pop()
            continue
        yield line
        stack.append(iter(_closed(below.get(line.name, ()))))


def _closed(lines: Iterable[Line]) -> list[Line]:
    """The lines, the last of which knows that it is."""
    kept = list(lines)
    return [
        Line(one.depth, at == len(kept) - 1, one.relation, one.name, one.title, one.remarks)
        for at, one in enumerate(kept)
    ]


def as_text(lines: Iterable[Line], style: Style = PLAIN) -> str:
    """A tree in text.

    Args:
        lines: the root first, depth first.
        style: for names and remarks.

    Returns:
        lines, each ending with a newline.
    """
    open_: list[str] = []
    text = []
    for line in lines:
        del open_[max(line.depth - 1, 0) :]
        text.append(f"{_indent(line, open_)}{_words(line, style)}\n")
        if line.depth:
            open_.append("    " if line.last else "│   ")
    return "".join(text)


def _indent(line: Line, above: list[str]) -> str:
    if not line.depth:
        return ""
    hidden = len(above) - DEEPEST
    lead = f"⋮{hidden} " if hidden > 0 else ""
    return f"{lead}{''.join(above[-DEEPEST:])}{'└── ' if line.last else '├── '}"


def _words(line: Line, style: Style) -> str:
    relation = style.dim(f"{one_line(line.relation)} ") if line.relation else ""
    title = f"  {one_line(line.title)}" if line.title else ""
    remarks = style.dim(f"  ({', '.join(map(one_line, line.remarks))})") if line.remarks else ""
    return f"{relation}{style.bold(one_line(line.name))}{title}{remarks}"


def as_values(lineage: Lineage) -> dict[str, Any]:
    """A lineage as plain values, for JSON.

    Args:
        lineage: as the registry gives it.
    """
    return {
        "root": str(lineage.root),
        "direction": lineage.direction,
        "nodes": [
            {
                "id": str(node),
                "artifact": node.artifact,
                "title": node.title or None,
                "kind": node.kind or None,
                "recorded": node.ref is not None,
                "known": node.known,
                "withdrawn": node.withdrawn,
                "cut": node in lineage.cut,
            }
            for node in lineage.nodes
        ],
        "edges": [
            {
                "source": str(edge.source),
                "target": str(edge.target),
                "relation": edge.link.relation,
                "versions": str(edge.link.versions),
                "revision": edge.link.revision or None,
                "evidence": edge.link.evidence or None,
                "inherit": edge.link.inherit,
                "reaches": [str(ref) for ref in edge.reaches],
            }
            for edge in lineage.edges
        ],
        "circles": [[str(node) for node in way] for way in lineage.cycles()],
    }


def as_json(lineage: Lineage) -> str:
    """As `as_values`, written."""
    return json.dumps(as_values(lineage), ensure_ascii=False, indent=2) + "\n"
