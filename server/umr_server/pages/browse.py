"""The beginning, and finding things: home and search."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from flask import render_template, request, url_for

from umr_ld.errors import Malformed, UmrError
from umr_ld.render.answers import listing_json
from umr_ld.render.rows import LISTED, listed_row
from umr_ld.risk import Answer
from umr_server.linked.answering import answer
from umr_server.linked.feeds import listed_item, page_links, paged_feed
from umr_server.linked.negotiation import addresses
from umr_server.linked.place import page_number
from umr_server.linked.view import Table, View
from umr_server.pages.risk import gravest_first

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.registry.reader import Reader
    from umr_ld.registry.views import Listing
    from umr_server.site import Site

EXAMPLES = ("vinid/plip", "dvlab/llama-vid-13b", "liuhaotian/llava-v1.6-vicuna-13b")
"""Records of the shipped ones whose lineage tells something; shown where they are published."""

FACETS = {
    "kind": "Kind",
    "answer": "Advisories",
    "hub": "Hub",
    "publisher": "Publisher",
    "license": "Licence",
}
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
    yield from ((address, "search", pages.search) for address in addresses("/search"))


class _Browse:
    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def _registry(self) -> Reader:
        return self._site.asked

    def home(self) -> str:
        registry = self._registry
        examples = [
            listed
            for name in EXAMPLES
            for listed in registry.listing(prefix=name, limit=1, counted=False).entries
        ]
        advisories = gravest_first(registry.advisories())
        return render_template(
            "home.html",
            counts=registry.counts(),
            warnings=len(advisories),
            newest=registry.listing(order="newest", limit=NEWEST, counted=False).entries,
            examples=examples,
            advisories=advisories[:ADVISORIES],
        )

    def search(self, form: str = "") -> ResponseReturnValue:
        keys = ("text", *self._facets, "order")
        asked = {key: request.args.get(key, "")[:LONGEST] for key in keys}
        number = page_number()
        said: dict[str, Any] = {key: value for key, value in asked.items() if value}

        @cache
        def listing() -> Listing:
            return self._listing(asked, number)

        view = View(
            page=lambda: self._page(listing(), said, number),
            values=lambda: listing_json(listing()),
            table=lambda: Table(LISTED, map(listed_row, listing().entries)),
            feed=lambda: self._feed(asked, number),
            links=lambda: page_links(
                lambda at: url_for("pages.search", **said, page=at), number, listing().total, PAGE
            ),
        )
        response = answer(view, form)
        response.vary.add("HX-Request")
        return response

    @cached_property
    def _facets(self) -> dict[str, str]:
        """Key to label: what every record has, what the ontology says, and how they stand."""
        told = {key: rule.label.capitalize() for key, rule in self._registry.vocabulary.facets.items()}
        return {**FACETS, **told}

    def _page(self, listing: Listing, said: dict[str, str], number: int) -> str:
        template = "results.html" if request.headers.get("HX-Request") == "true" else "search.html"
        # Counting answers means judging everything; until somebody asks for one they are named without counts.
        answers = listing.facets.get("answer", dict.fromkeys((one.label for one in reversed(Answer)), None))
        return render_template(
            template,
            listing=listing,
            asked=said,
            facets=self._facets,
            values={**listing.facets, "answer": answers},
            orders=ORDERS,
            order=_order(said),
            number=number,
            page_size=PAGE,
            marks=self._marks(listing),
        )

    def _feed(self, asked: dict[str, str], number: int) -> bytes:
        """The newest first, whatever the page's order: what is new is what a feed is read for."""
        found = self._listing({**asked, "order": "newest"}, number)
        items = [listed_item(self._site, one) for one in found.entries]
        title = f"Model records: {asked['text'] or 'all'}"
        return paged_feed(self._site, items, title, number=number, total=found.total, size=PAGE)

    def _listing(self, asked: dict[str, str], number: int) -> Listing:
        facets = self._registry.vocabulary.facets
        return self._registry.listing(
            text=asked["text"],
            kind=asked["kind"],
            publisher=asked["publisher"],
            license=asked["license"],
            prefix=f"{asked['hub']}/" if asked["hub"] else "",
            tags={key: asked[key] for key in facets if asked[key]},
            answer=_answer(asked["answer"]),
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


def _answer(label: str) -> Answer | None:
    if not label:
        return None
    try:
        return Answer.named(label)
    except KeyError:
        known = ", ".join(one.label for one in Answer)
        raise Malformed(f"{label!r} is no answer", where="answer", remedy=f"one of {known}") from None


def _order(asked: dict[str, str]) -> str:
    order = asked.get("order", "")
    order = order if order in ORDERS else "relevance"
    return "name" if order == "relevance" and not asked.get("text") else order


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
