"""The page of a lineage: a tree for everybody, and what a drawn graph is made from."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from flask import render_template, request

from umr_ld.registry import publication
from umr_ld.render.rows import LINK, edge_row
from umr_ld.render.tree import as_values
from umr_server.linked.answering import answer
from umr_server.linked.negotiation import first_known
from umr_server.linked.place import absolute
from umr_server.linked.view import Table, View
from umr_server.pages.browse import worst_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.lineage import Lineage
    from umr_ld.registry.reader import Reader
    from umr_server.site import Site

LINES = 500
"""Nodes that a page shows, and lines of its tree; beyond it a page helps nobody."""

JUDGED = 500
"""Nodes whose answers are told."""


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    yield "/lineage/<path:reference>", "lineage", _Pages(site).lineage


class _Pages:
    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def _registry(self) -> Reader:
        return self._site.asked

    def lineage(self, reference: str) -> ResponseReturnValue:
        direction: Literal["up", "down"] = "down" if request.args.get("direction") == "down" else "up"
        depth = request.args.get("depth", type=int)

        def ask(asked: str, most: int | None = LINES) -> Lineage:
            return self._registry.lineage(asked, direction=direction, depth=depth, most=most)

        shown, name, suffix = first_known(reference, ask)

        @cache
        def whole() -> Lineage:
            return shown if shown.is_whole else ask(name, None)

        view = View(
            page=lambda: self._page(shown, name, depth),
            values=lambda: self._graph(whole()),
            table=lambda: Table(LINK, map(edge_row, whole().edges)),
            drawing=lambda: publication.drawn(self._registry, whole()),
        )
        return answer(view, suffix)

    def _page(self, drawn: Lineage, asked: str, depth: int | None) -> str:
        return render_template(
            "lineage.html",
            root=drawn.nodes[0],
            asked=asked,
            lineage=drawn,
            tree=list(islice(drawn.tree(), LINES)),
            lines=LINES,
            direction=drawn.direction,
            labels={key: one.label for key, one in self._registry.vocabulary.relations.items()},
            depth=depth,
            answers=self._answers(drawn),
            drawn=drawn.is_whole,
        )

    def _answers(self, drawn: Lineage) -> dict[str, str]:
        """How each node stands, by reference or name."""
        asked = [str(node) for node in islice(drawn.nodes, JUDGED)]
        return {name: answer.label for name, answer in worst_answers(self._registry.check(asked)).items()}

    def _graph(self, drawn: Lineage) -> dict[str, Any]:
        values, answers = as_values(drawn), self._answers(drawn)
        for node in values["nodes"]:
            node["answer"] = answers.get(node["id"], "")
            if self._site.written is not None:
                node["page"] = absolute(self._site, "pages.record", reference=node["id"])
        return values
