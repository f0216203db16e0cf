"""The beginning, and finding things: home and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import jsonify, render_template, request

from umr_ld.errors import UmrError
from umr_server.pages.risk import gravest_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.registry.views import Listing
    from umr_server.site import Site

EXAMPLES = ("vinid/plip", "dvlab/llama-vid-13b", "liuhaotian/llava-v1.6-vicuna-13b")
"""Records of the shipped ones whose lineage tells something; shown where they are published."""

FACETS = {"kind": "Kind", "hub": "Hub", "publisher": "Publisher", "license": "Licence"}
ORDERS = {"relevance": "best match", "name": "name", "newest": "newest"}
PAGE = 25
ADVISORIES = 6
NEWEST = 8
LONGEST = 200


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    pages = _Browse(site)
    yield "/", "home", pages.home
    yield "/search", "search", pages.search


class _Browse:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def home(self) -> str:
        registry = self._registry
        examples = [
            listed
            for name in EXAMPLES
            for listed in registry.listing(prefix=name, limit=1, counted=False).entries
        ]
        return render_template(
            "home.html",
            counts=registry.counts(),
            newest=registry.listing(order="newest", limit=NEWEST, counted=False).entries,
            examples=examples,
            advisories=gravest_first(registry.advisories())[:ADVISORIES],
        )

    def search(self) -> ResponseReturnValue:
        asked = {key: request.args.get(key, "")[:LONGEST] for key in ("text", *FACETS, "order")}
        number = max(1, request.args.get("page", 1, type=int))
        listing = self._listing(asked, number)
        if request.args.get("format") == "json":
            rows = [{"ref": str(one.ref), "kind": one.kind, "title": one.title} for one in listing.entries]
            return jsonify(total=listing.total, entries=rows, facets=listing.facets)
        said = {key: value for key, value in asked.items() if value}
        template = "results.html" if request.headers.get("HX-Request") == "true" else "search.html"
        return render_template(
            template,
            listing=listing,
            asked=said,
            facets=FACETS,
            orders=ORDERS,
            order=_order(asked),
            number=number,
            page_size=PAGE,
            marks=self._marks(listing),
        )

    def _listing(self, asked: dict[str, str], number: int) -> Listing:
        return self._registry.listing(
            text=asked["text"],
            kind=asked["kind"],
            publisher=asked["publisher"],
            license=asked["license"],
            prefix=f"{asked['hub']}/" if asked["hub"] else "",
            order=_order(asked),
            limit=PAGE,
            offset=(number - 1) * PAGE,
        )

    def _marks(self, listing: Listing) -> dict[str, Any]:
        """How each record of the page stands; a search is answered also where that cannot be told."""
        try:
            return worst_answers(self._registry.check([str(one.ref) for one in listing.entries]))
        except UmrError:
            return {}


def _order(asked: dict[str, str]) -> str:
    order = asked["order"] if asked["order"] in ORDERS else "relevance"
    return "name" if order == "relevance" and not asked["text"] else order


def worst_answers(concerns: Any) -> dict[str, Any]:
    """The gravest answer for each record that is asked about; none where nothing is open against it.

    Args:
        concerns: as `Registry.check` gives them.
    """
    worst: dict[str, Any] = {}
    for one in concerns:
        if one.asked not in worst or one.answer > worst[one.asked]:
            worst[one.asked] = one.answer
    return worst
