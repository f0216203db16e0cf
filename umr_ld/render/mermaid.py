"""Lineage in Mermaid's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.page.drawing import Drawing, readable
from umr_ld.render.clean import clean_line
from umr_ld.render.labels import ANSWERS, names

if TYPE_CHECKING:
    from umr_ld.lineage import Lineage, Node

_SHAPES = {
    "Dataset": ("[(", ")]"),
    "Family": ("{{", "}}"),
    "Application": (">", "]"),
    "Software": ("[[", "]]"),
}
_CLASSES = {
    "affected": "fill:#fbecea,stroke:#a3241c,color:#1d2327",
    "possibly": "fill:#fbf3e0,stroke:#8a5a00,color:#1d2327",
    "clear": "fill:#eaf4ec,stroke:#1d6b34,color:#1d2327",
}


def as_mermaid(lineage: Lineage | Drawing) -> str:
    """A flowchart in Mermaid's language; edges lead from what was made to what it was made from.

    Args:
        lineage: as the registry gives it; as a drawing it comes with answers.
    """
    drawing = lineage if isinstance(lineage, Drawing) else Drawing.whole(lineage)
    seen = readable(drawing)
    numbers = {node: f"n{at}" for at, node in enumerate(seen.nodes)}
    lines = ["flowchart BT", *(f"  {numbers[node]}{_box(node, drawing)}" for node in seen.nodes)]
    for edge in seen.edges:
        relation = _text(_relation(edge.link.relation, drawing))
        lines.append(f'  {numbers[edge.source]} -->|"{relation}"| {numbers[edge.target]}')
    for at, heap in enumerate(seen.heaps):
        answer = f" {' '.join(ANSWERS.get(heap.answer, ('', heap.answer)))}" if heap.answer else ""
        lines.append(f'  h{at}["{_text(f"and {heap.number} more{answer}")}"]')
        ends = (f"h{at}", numbers[heap.near])
        source, target = ends if drawing.lineage.direction == "down" else ends[::-1]
        lines.append(f'  {source} -->|"{_text(_relation(heap.relation, drawing))}"| {target}')
    lines += _coloured(drawing, numbers)
    return "\n".join([*lines, ""])


def _box(node: Node, drawing: Drawing) -> str:
    before, after = _SHAPES.get(node.kind, ("[", "]")) if drawing.kinds else ("[", "]")
    answer = drawing.answers.get(str(node), "")
    told = [*names(node), *([" ".join(ANSWERS.get(answer, ("", answer)))] if answer else [])]
    label = "<br/>".join(_text(part) for part in told)
    return f'{before}"{label}"{after}'


def _relation(key: str, drawing: Drawing) -> str:
    return drawing.relations[key].label if key in drawing.relations else key


def _coloured(drawing: Drawing, numbers: dict[Node, str]) -> list[str]:
    lines = []
    for answer, look in _CLASSES.items():
        members = [number for node, number in numbers.items() if drawing.answers.get(str(node)) == answer]
        if members:
            lines += [f"  classDef {answer} {look}", f"  class {','.join(members)} {answer}"]
    return lines


def _text(text: str) -> str:
    """Mermaid has no escapes in texts, but entities by number."""
    return "".join(c if c.isalnum() or c in " /._-@" else f"#{ord(c)};" for c in clean_line(text))
