"""The page of a lineage: a tree for everybody, and what a drawn graph is made from."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from flask import jsonify, render_template, request

from umr_ld.render.tree import as_dot, as_mermaid, as_values
from umr_server.pages.browse import worst_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.lineage import Lineage
    from umr_server.site import Site

LINES = 2000
"""Of a lineage drawn as a tree; beyond it a page helps nobody."""

DRAWN = 20_000
"""Nodes that a browser is given to draw."""

JUDGED = 2000
"""Nodes whose answers are told."""


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    yield "/lineage/<path:reference>", "lineage", _Pages(site).lineage


class _Pages:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def lineage(self, reference: str) -> ResponseReturnValue:
        direction: Literal["up", "down"] = "down" if request.args.get("direction") == "down" else "up"
        depth = request.args.get("depth", type=int)
        form = request.args.get("format", "")
        drawn = self._registry.lineage(reference, direction=direction, depth=depth)
        if form in _WRITTEN:
            mime, written = _WRITTEN[form]
            return written(drawn), 200, {"Content-Type": mime}
        answers = self._answers(drawn)
        if form == "graph":
            return jsonify(_graph(drawn, answers))
        return render_template(
            "lineage.html",
            root=drawn.nodes[0],
            asked=reference,
            lineage=drawn,
            tree=list(islice(drawn.tree(), LINES)),
            lines=LINES,
            direction=direction,
            depth=depth,
            answers=answers,
            relations=self._registry.vocabulary.relations,
            drawn=len(drawn.nodes) <= DRAWN,
        )

    def _answers(self, drawn: Lineage) -> dict[str, str]:
        """How each node stands, by reference or name."""
        asked = [str(node) for node in islice(drawn.nodes, JUDGED)]
        return {name: answer.label for name, answer in worst_answers(self._registry.check(asked)).items()}


def _graph(drawn: Lineage, answers: dict[str, str]) -> dict[str, Any]:
    values = as_values(drawn)
    for node in values["nodes"]:
        node["answer"] = answers.get(node["id"], "")
    return values


_WRITTEN: dict[str, tuple[str, Callable[[Lineage], str]]] = {
    "dot": ("text/vnd.graphviz; charset=utf-8", as_dot),
    "mermaid": ("text/plain; charset=utf-8", as_mermaid),
}
