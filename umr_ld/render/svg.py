"""Lineage as a picture: laid out by Graphviz, with links, and with words for those who do not see it."""

from __future__ import annotations

import io
import threading
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from umr_ld.render.clean import clean_line
from umr_ld.render.dot import as_dot
from umr_ld.render.extra import required
from umr_ld.render.labels import ANSWERS

if TYPE_CHECKING:
    from umr_ld.page.drawing import Drawing

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_ELEMENTS = frozenset({"svg", "g", "a", "title", "desc", "path", "polygon", "polyline", "ellipse", "text"})
_ATTRIBUTES = frozenset(
    [
        "id",
        "class",
        "width",
        "height",
        "viewBox",
        "transform",
        "d",
        "points",
        "fill",
        "stroke",
        "stroke-width",
        "stroke-dasharray",
        "cx",
        "cy",
        "rx",
        "ry",
        "x",
        "y",
        "text-anchor",
        "font-family",
        "font-size",
        "font-weight",
        "fill-opacity",
        "stroke-opacity",
        "role",
        "aria-labelledby",
        "href",
    ]
)

_ONE_AT_A_TIME = threading.Lock()
"""Graphviz keeps the state of a layout in variables of the process."""


def as_svg(drawing: Drawing) -> str:
    """A picture that is a file of its own: no script, no style, no request to anywhere.

    Args:
        drawing: a lineage with answers and addresses.

    Raises:
        Malformed: if Graphviz is not installed.
    """
    pygraphviz = required("pygraphviz", "SVG")
    dot = as_dot(drawing)
    with _ONE_AT_A_TIME:
        drawn = pygraphviz.AGraph(string=dot).draw(format="svg", prog="dot")
    # Graphviz wrote it just now.
    root = ET.fromstring(drawn)  # noqa: S314
    _tidy(root)
    _described(root, drawing)
    ET.register_namespace("", _SVG)
    target = io.StringIO()
    ET.ElementTree(root).write(target, encoding="unicode", xml_declaration=False)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + target.getvalue() + "\n"


def _tidy(root: ET.Element) -> None:
    """Keep what is known to be harmless. SVG 2 has `href` without a namespace (§16.1.6)."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.removeprefix(f"{{{_SVG}}}") not in _ELEMENTS:
                parent.remove(child)
        if href := parent.attrib.pop(f"{{{_XLINK}}}href", ""):
            parent.set("href", href)
        for name in list(parent.attrib):
            if name not in _ATTRIBUTES:
                del parent.attrib[name]
        if not parent.get("href", "https://").startswith(("http://", "https://")):
            del parent.attrib["href"]


def _described(root: ET.Element, drawing: Drawing) -> None:
    """Title and description (SVG-AAM 1.0 §8.1), and the edges in words."""
    lineage = drawing.lineage
    up = lineage.direction == "up"
    what = "was made from" if up else "is made from"
    title = f"What {lineage.root} was made from" if up else f"What was made from {lineage.root}"
    affected = [
        f"{name} is {ANSWERS.get(answer, ('', answer))[1]}" for name, answer in drawing.answers.items()
    ]
    told = [f"{len(lineage.nodes)} records and {len(lineage.edges)} links."]
    told += [f"{edge.source} {what} {edge.target} ({edge.link.relation})." for edge in lineage.edges[:100]]
    told += [f"{words}." for words in affected[:100]]
    for at, (tag, text) in enumerate((("title", title), ("desc", " ".join(told)))):
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"lineage-{tag}"})
        element.text = clean_line(text)
        root.insert(at, element)
    root.set("role", "img")
    root.set("aria-labelledby", "lineage-title lineage-desc")
