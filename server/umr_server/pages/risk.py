"""Pages of what is wrong, and whom it concerns: advisories, who is affected, who is downstream."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from flask import render_template, url_for

from umr_ld.lineage import Impact
from umr_ld.page import page_of
from umr_ld.render.answers import impact_json
from umr_ld.render.rows import ADVISORY, HIT, JUDGED, advisory_row, hit_row, verdict_rows
from umr_ld.render.verdicts import advisory_json, affected_json
from umr_server.linked.answering import answer
from umr_server.linked.feeds import ENTRIES, listed_item, page_links, paged_feed
from umr_server.linked.negotiation import addresses, first_known
from umr_server.linked.place import page_number
from umr_server.linked.view import Table, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.registry.reader import Reader
    from umr_ld.registry.views import Affected, Verdicts
    from umr_ld.risk import Advisory
    from umr_server.site import Site

ROWS = 200
"""Of a page of verdicts or of what is downstream, as a table and as data."""

ADVISORIES = 100
"""Of a page of advisories."""

REPAIRS = 10


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    pages = _Risk(site)
    yield from ((address, "advisories", pages.advisories) for address in addresses("/advisories"))
    yield "/impact/<path:reference>", "impact", pages.impact


def gravest_first(advisories: Iterable[Advisory]) -> list[Advisory]:
    """Advisories in the order in which they are told.

    Args:
        advisories: in any order.
    """
    return sorted(advisories, key=lambda one: (-one.severity, str(one.ref)))


class _Risk:
    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def _registry(self) -> Reader:
        return self._site.asked

    def advisories(self, form: str = "") -> ResponseReturnValue:
        number = page_number()

        @cache
        def found() -> list[Advisory]:
            return gravest_first(self._registry.advisories())

        def rows() -> list[Advisory]:
            return found()[(number - 1) * ADVISORIES : number * ADVISORIES]

        view = View(
            page=lambda: render_template(
                "advisories.html", advisories=rows(), total=len(found()), number=number, size=ADVISORIES
            ),
            values=lambda: {"total": len(found()), "advisories": [advisory_json(one) for one in rows()]},
            table=lambda: Table(ADVISORY, map(advisory_row, rows())),
            feed=lambda: self._feed(number),
            links=lambda: page_links(
                lambda at: url_for("pages.advisories", page=at), number, len(found()), ADVISORIES
            ),
        )
        return answer(view, form)

    def _feed(self, number: int) -> bytes:
        """Advisories by their newest revisions, the newest first: what is new is what a feed is read for."""
        offset = (number - 1) * ENTRIES
        listing = self._registry.listing(kind="Advisory", order="newest", limit=ENTRIES, offset=offset)
        items = [listed_item(self._site, one) for one in listing.entries]
        return paged_feed(self._site, items, "Advisories", number=number, total=listing.total, size=ENTRIES)

    def impact(self, reference: str) -> ResponseReturnValue:
        found, name, suffix = first_known(reference, self._found)
        view = self._downstream(name, found) if isinstance(found, Impact) else self._verdicts(found)
        return answer(view, suffix)

    def _found(self, reference: str) -> Impact | Verdicts:
        if self._registry.advisory(reference) is not None:
            return self._registry.verdicts(reference)
        return self._registry.impact(reference)

    def _downstream(self, reference: str, hits: Impact) -> View:
        number = page_number()
        rows = list(islice(hits, (number - 1) * ROWS, number * ROWS))
        return View(
            page=lambda: render_template(
                "impact.html", reference=reference, hits=rows, count=len(hits), number=number, size=ROWS
            ),
            values=lambda: {"total": len(hits), **impact_json(hits, rows)},
            table=lambda: Table(HIT, map(hit_row, rows)),
            links=lambda: page_links(
                lambda at: url_for("pages.impact", reference=reference, page=at), number, len(hits), ROWS
            ),
        )

    def _verdicts(self, found: Verdicts) -> View:
        number, total = page_number(), len(found.exposure)

        @cache
        def told() -> Affected:
            return self._registry.told(found, (number - 1) * ROWS, ROWS)

        return View(
            page=lambda: self._page_of_verdicts(found, told(), number),
            values=lambda: {
                "total": total,
                **affected_json(told(), told().hits, told().repair[:REPAIRS]),
            },
            table=lambda: Table(JUDGED, verdict_rows(found.advisory, told().hits)),
            links=lambda: page_links(
                lambda at: url_for("pages.impact", reference=found.advisory.name, page=at),
                number,
                total,
                ROWS,
            ),
        )

    def _page_of_verdicts(self, found: Verdicts, told: Affected, number: int) -> str:
        registry = self._registry
        shown = registry.show(str(found.advisory.ref))
        return render_template(
            "advisory.html",
            found=found,
            shown=shown,
            sections=page_of(shown, registry.vocabulary, registry.base),
            numbers=found.exposure.answers(),
            rows=told.hits,
            repair=[(one.ref, below) for one, below in told.repair[:REPAIRS]],
            number=number,
            size=ROWS,
        )
