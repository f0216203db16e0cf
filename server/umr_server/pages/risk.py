"""Pages of what is wrong, and whom it concerns: advisories, who is affected, who is downstream."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from flask import render_template

from umr_ld.risk import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.risk import Advisory
    from umr_server.site import Site

ROWS = 500
"""Of a table of verdicts; as data there are all."""

REPAIRS = 10


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    pages = _Risk(site)
    yield "/advisories", "advisories", pages.advisories
    yield "/impact/<path:reference>", "impact", pages.impact


def gravest_first(advisories: Iterable[Advisory]) -> list[Advisory]:
    """Advisories in the order in which they are told.

    Args:
        advisories: in any order.
    """
    return sorted(advisories, key=lambda one: (-one.severity, str(one.ref)))


class _Risk:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def advisories(self) -> str:
        found = gravest_first(self._registry.advisories())
        return render_template("advisories.html", advisories=found)

    def impact(self, reference: str) -> str:
        if self._registry.advisory(reference) is not None:
            return self._verdicts(reference)
        hits = self._registry.impact(reference)
        return render_template(
            "impact.html", reference=reference, hits=list(islice(hits, ROWS)), count=len(hits)
        )

    def _verdicts(self, reference: str) -> str:
        from umr_ld.page import page_of
        from umr_ld.registry.risks import order_of_repair

        registry = self._registry
        found = registry.verdicts(reference)
        shown = registry.show(str(found.advisory.ref))
        counted = Counter(one.answer for one in found.exposure)
        numbers = {one: counted[one] for one in reversed(Answer)}
        rows = list(islice(registry.judged(found), ROWS))
        repair = list(islice(order_of_repair(found.exposure), REPAIRS))
        refs = [str(found.exposure[place].ref) for place, _ in repair]
        return render_template(
            "advisory.html",
            found=found,
            shown=shown,
            sections=page_of(shown, registry.vocabulary, registry.base),
            numbers=numbers,
            rows=rows,
            repair=list(zip(refs, [below for _, below in repair], strict=True)),
        )
