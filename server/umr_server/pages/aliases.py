"""The page of names: which may be names of one artifact, and what is decided about them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from flask import render_template, url_for

from umr_ld.errors import Busy, TooLong
from umr_ld.render.aliases import PROPOSED, decided_json, proposal_json, proposal_row
from umr_server.linked.answering import answer
from umr_server.linked.feeds import page_links
from umr_server.linked.negotiation import addresses
from umr_server.linked.place import page_number
from umr_server.linked.view import Table, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.registry.views import Proposal
    from umr_server.site import Site

ROWS = 100
"""Proposals of a page."""

DECISIONS = 500
"""Decisions that are told; the API tells all."""


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    page = _Aliases(site)
    yield from ((address, "aliases", page.aliases) for address in addresses("/aliases"))


class _Aliases:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def aliases(self, form: str = "") -> ResponseReturnValue:
        number = page_number()

        @cache
        def proposed() -> tuple[Proposal, ...]:
            return self._registry.alias_proposals()

        def rows() -> tuple[Proposal, ...]:
            return proposed()[(number - 1) * ROWS : number * ROWS]

        view = View(
            page=lambda: self._page(rows, proposed, number),
            values=lambda: {
                "total": len(proposed()),
                "proposals": [proposal_json(one) for one in rows()],
                "decisions": [decided_json(one) for one in self._registry.aliases()[:DECISIONS]],
            },
            table=lambda: Table(PROPOSED, map(proposal_row, rows())),
            links=lambda: page_links(
                lambda at: url_for("pages.aliases", page=at), number, len(proposed()), ROWS
            ),
        )
        return answer(view, form)

    def _page(
        self, rows: Callable[[], tuple[Proposal, ...]], every: Callable[[], tuple[Proposal, ...]], number: int
    ) -> str:
        told: dict[str, Any] = {"proposals": (), "total": 0, "why_not": ""}
        try:
            told |= {"proposals": rows(), "total": len(every())}
        except (TooLong, Busy) as error:
            told["why_not"] = error.what
        return render_template(
            "aliases.html",
            decisions=self._registry.aliases(),
            most=DECISIONS,
            number=number,
            size=ROWS,
            **told,
        )
