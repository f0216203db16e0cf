"""Lineage in Graphviz's language: shapes by kind, lines by relation, colours and words by answer."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from umr_ld.page.drawing import GRAVEST, Drawing, kinds_of, readable
from umr_ld.render.clean import clean_line
from umr_ld.render.labels import ANSWERS, meant, names
from umr_ld.render.text import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.lineage import Edge, Lineage, Node
    from umr_ld.page.drawing import Heap, Readable

FONT = "DejaVu Sans,Verdana,Helvetica,Arial,sans-serif"
"""The widest first: boxes that are measured with it hold the text of the others too."""

SHAPES = {
    "Dataset": ("cylinder", "shape=cylinder"),
    "Family": ("folder", "shape=folder"),
    "Application": ("double box", "peripheries=2"),
    "Software": ("component", "shape=component"),
}
"""Of kinds that are not round boxes: in words, and as Graphviz writes it."""

_COLORS = {
    "affected": ("#a3241c", "#fbecea"),
    "possibly": ("#8a5a00", "#fbf3e0"),
    "clear": ("#1d6b34", "#eaf4ec"),
    "": ("#57616b", "#ffffff"),
}
"""Answer to line and filling."""

_LINES = {"Dataset": "dashed", "Family": "dotted"}
"""By what a relation leads to; solid for all others."""

_WIDTH = 34


def as_dot(lineage: Lineage | Drawing) -> str:
    """A digraph in Graphviz's language; edges lead from what was made to what it was made from.

    Args:
        lineage: as the registry gives it; as a drawing it comes with answers, addresses and a legend.
    """
    drawing = lineage if isinstance(lineage, Drawing) else Drawing.whole(lineage)
    seen = readable(drawing)
    root = drawing.lineage.root
    lines = [
        "digraph lineage {",
        f"  graph [rankdir=LR, bgcolor=white, nodesep=0.18, ranksep=0.7, pad=0.2, {_legend(drawing, seen)}];",
        f'  node [shape=box, style="filled,rounded", fillcolor=white, fontname="{FONT}", fontsize=11, margin="0.2,0.08"];',
        f'  edge [color="#57616b", fontcolor="#57616b", fontname="{FONT}", fontsize=9, arrowsize=0.7];',
        *(_node(node, drawing, root=node == root) for node in seen.nodes),
        *(_edge(edge, drawing) for edge in seen.edges),
    ]
    for at, heap in enumerate(seen.heaps, 1):
        lines += _heap(heap, f"heap {at}", drawing)
    return "\n".join([*lines, "}", ""])


def quoted(text: str) -> str:
    """A text as a quoted string that is shown as it is. `&` would begin an entity, `\\` an escape.

    Args:
        text: anything.
    """
    return '"' + _escaped(text) + '"'


def _escaped(text: str) -> str:
    return clean_line(text).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


def _id(node: Node) -> str:
    """Of a node's name, which is no label: entities are not read here."""
    return '"' + clean_line(str(node)).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _lines(texts: Iterator[str] | tuple[str, ...]) -> str:
    """Texts below each other, long ones broken, and cut after three lines."""
    broken: list[str] = []
    for text in texts:
        line = clean_line(text)
        told = [line] if len(line) <= _WIDTH else textwrap.wrap(line, _WIDTH, max_lines=3, placeholder="…")
        broken += [_escaped(cut(each, 2 * _WIDTH)) for each in told]
    return '"' + "\\n".join(broken) + '"'


def _node(node: Node, drawing: Drawing, *, root: bool) -> str:
    answer = drawing.answers.get(str(node), "")
    line, filling = _COLORS.get(answer, _COLORS[""])
    kind = drawing.kinds.get(node.kind, node.kind)
    told = [*names(node), *_standing(node, answer, drawing)]
    attributes = [
        f"label={_lines(tuple(told))}",
        f"tooltip={quoted(', '.join(part for part in (kind, *told) if part))}",
        f'color="{line}"',
        f'fillcolor="{filling}"',
    ]
    if node.ref is None:
        attributes.append('style="filled,dashed"')
    elif node.kind in SHAPES:
        attributes += [SHAPES[node.kind][1], "style=filled"]
    if root:
        attributes.append("penwidth=2.5")
    if address := drawing.addresses.get(str(node)):
        attributes.append(f"URL={quoted(address)}")
    return f"  {_id(node)} [{', '.join(attributes)}];"


def _standing(node: Node, answer: str, drawing: Drawing) -> Iterator[str]:
    if answer:
        yield " ".join(ANSWERS.get(answer, ("", answer)))
    if node.withdrawn:
        yield "withdrawn"
    if node.ref is None:
        yield "no such version is recorded" if node.known else "not recorded"
    if node in drawing.lineage.cut:
        yield "… leads on"


def _edge(edge: Edge, drawing: Drawing) -> str:
    link = edge.link
    versions = cut(meant(link), _WIDTH)
    told = (_relation(link.relation, drawing), *((versions,) if versions else ()))
    style = _line(link.relation, drawing) + _way(edge, drawing)
    return f"  {_id(edge.source)} -> {_id(edge.target)} [label={_lines(told)}{style}];"


def _way(edge: Edge, drawing: Drawing) -> str:
    """A line between two that are affected is on a way of it, and looks so."""
    source, target = (drawing.answers.get(str(node), "") for node in (edge.source, edge.target))
    if source not in GRAVEST or target not in GRAVEST:
        return ""
    color = _COLORS[source][0]
    return f', color="{color}", fontcolor="{color}", penwidth=1.6'


def _relation(key: str, drawing: Drawing) -> str:
    return drawing.relations[key].label if key in drawing.relations else key


def _line(key: str, drawing: Drawing) -> str:
    kinds = drawing.relations[key].to_kinds if key in drawing.relations else frozenset()
    style = _LINES.get(next(iter(kinds)), "") if len(kinds) == 1 else ""
    return f", style={style}" if style else ""


def _heap(heap: Heap, name: str, drawing: Drawing) -> Iterator[str]:
    line, filling = _COLORS.get(heap.answer, _COLORS[""])
    mark = (" ".join(ANSWERS.get(heap.answer, ("", heap.answer))),) if heap.answer else ()
    label = _lines((f"and {heap.number:,} more", *mark))
    look = f'shape=box3d, style=filled, color="{line}", fillcolor="{filling}"'
    yield f"  {quoted(name)} [label={label}, {look}];"
    ends = [quoted(name), _id(heap.near)]
    if drawing.lineage.direction == "up":
        ends.reverse()
    edge = _lines((_relation(heap.relation, drawing),))
    yield f"  {' -> '.join(ends)} [label={edge}{_line(heap.relation, drawing)}];"


def _legend(drawing: Drawing, seen: Readable) -> str:
    """The label of the whole drawing: what was left out, and what shapes, lines and marks mean."""
    root = drawing.lineage.root
    up = drawing.lineage.direction == "up"
    told = [f"What {root} was made from" if up else f"What was made from {root}"]
    if seen.heaps:
        heaped = sum(heap.number for heap in seen.heaps)
        told.append(
            f"{len(seen.nodes):,} of {len(drawing.lineage.nodes):,} are drawn one by one, those that are affected "
            f"first; the other {heaped:,} are counted in boxes that say how many more there are."
        )
    if drawing.kinds:
        told.append(
            "Arrows lead from what was made to what it was made from: solid from a model or any other thing, dashed from data, dotted to a family."
        )
        shapes = [
            f"{drawing.kinds.get(kind, kind)}: {SHAPES.get(kind, ('round box', ''))[0]}"
            for kind in kinds_of(seen.nodes)
        ]
        told.append(f"{'; '.join(shapes)}; dashed border: not recorded; bold border: what was asked about.")
        told.append(
            "Open advisories: "
            + ", ".join(" ".join(pair) for pair in ANSWERS.values())
            + "; no mark: none. Coloured lines join those that are affected."
        )
    label = "".join(f"{_escaped(line)}\\l" for text in told for line in textwrap.wrap(text, 110))
    return f'label="{label}", labeljust=l, fontname="{FONT}", fontsize=10, fontcolor="#57616b"'
