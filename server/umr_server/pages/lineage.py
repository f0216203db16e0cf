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
    from collections.abc import Callable, Iterable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.lineage import Lineage
    from umr_ld.registry.reader import Reader
    from umr_server.site import Site

LINES = 300
"""Of the tree that a page shows; beyond it a list helps nobody."""

DRAWN = 1000
"""Nodes that are drawn in a page, and whose answers are told: judging them takes a quarter of a second."""


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

        def ask(asked: str, most: int | None = DRAWN) -> Lineage:
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
        tree = list(islice(drawn.tree(), LINES))
        return render_template(
            "lineage.html",
            root=drawn.nodes[0],
            asked=asked,
            lineage=drawn,
            tree=tree,
            lines=LINES,
            direction=drawn.direction,
            labels={key: one.label for key, one in self._registry.vocabulary.relations.items()},
            depth=depth,
            answers=self._answers({str(line.node) for line in tree}),
            drawn=drawn.is_whole,
        )

    def _answers(self, nodes: Iterable[str]) -> dict[str, str]:
        """How each of some nodes stands, by reference or name."""
        found = worst_answers(self._registry.check(sorted(nodes)))
        return {name: answer.label for name, answer in found.items()}

    def _graph(self, drawn: Lineage) -> dict[str, Any]:
        values, answers = as_values(drawn), self._answers(map(str, drawn.nodes[:DRAWN]))
        for node in values["nodes"]:
            node["answer"] = answers.get(node["id"], "")
            if self._site.written is not None:
                node["page"] = absolute(self._site, "pages.record", reference=node["id"])
        return values
