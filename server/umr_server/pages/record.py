"""The page of one record, and of what is only mentioned."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from flask import redirect, render_template, url_for

from umr_ld.page import page_of
from umr_ld.registry.views import Mentioned
from umr_server.linked.answering import answer
from umr_server.linked.negotiation import chosen, first_known
from umr_server.linked.place import absolute
from umr_server.linked.records import NAMED, known, mentioned_view, record_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask.typing import ResponseReturnValue

    from umr_ld.page import Section
    from umr_ld.registry.reader import Reader
    from umr_ld.registry.views import Concern, Shown
    from umr_ld.risk import Answer
    from umr_server.site import Site

BELOW = 25
"""How many of those downstream are named; their own page names all."""

APART = {
    "evaluation": "evaluation",
    "questions": "evaluation",
    "data": "data",
    "files": "data",
    "risk": "risk",
}
"""Groups of properties that stand under a tab of their own; all others are the overview."""


class Banner(NamedTuple):
    """What stands above a record: how it is affected, in one line.

    Args:
        answer: the gravest.
        concerns: what is open against it, the gravest first.
    """

    answer: Answer
    concerns: Sequence[Concern]


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    yield "/page/<path:reference>", "record", _Record(site).page


class _Record:
    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def _registry(self) -> Reader:
        return self._site.asked

    def page(self, reference: str) -> ResponseReturnValue:
        found, name, suffix = first_known(reference, partial(known, self._registry))
        if isinstance(found, Mentioned):
            return answer(mentioned_view(self._registry, found, lambda: self._mentioned(found)), suffix)
        ref = str(found.record.ref)
        view = record_view(self._registry, found, lambda: self._recorded(found), exact=ref == name)
        if name != ref and chosen(view, suffix).key == "html":
            return redirect(url_for("pages.record", reference=ref), 302)
        return answer(view, suffix)

    def _recorded(self, shown: Shown) -> str:
        registry, reference = self._registry, str(shown.record.ref)
        below = registry.impact(reference)
        return render_template(
            "record.html",
            shown=shown,
            tabs=_tabs(page_of(shown, registry.vocabulary, registry.base)),
            history=registry.history(str(shown.record.ref.name)),
            same_files=registry.same_files(shown.record),
            below=list(islice(below, BELOW)),
            count_below=len(below),
            banner=_banner(registry.check([reference])),
            kinds=registry.vocabulary.kinds,
            thing=absolute(self._site, "linked.thing", reference=shown.record.ref.name),
            badge=absolute(self._site, "linked.badge", reference=shown.record.ref.name, form="svg"),
        )

    def _mentioned(self, mentioned: Mentioned) -> str:
        concerns = self._registry.check([mentioned.artifact])
        return render_template("mentioned.html", mentioned=mentioned, most=NAMED, banner=_banner(concerns))


def _banner(concerns: Sequence[Concern]) -> Banner:
    from umr_ld.risk import Answer

    return Banner(max((one.answer for one in concerns), default=Answer.CLEAR), concerns)


def _tabs(sections: Sequence[Section]) -> dict[str, list[Section]]:
    """The sections of the page, by the tab that they stand under."""
    tabs: dict[str, list[Section]] = {}
    for section in sections:
        tabs.setdefault(APART.get(section.key, "overview"), []).append(section)
    return tabs
