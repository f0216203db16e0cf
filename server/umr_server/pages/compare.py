"""Pages about time: what happened to an artifact, and what differs between two of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request, url_for

from umr_ld.render.answers import diff_json, event_json
from umr_ld.render.rows import CHANGE, EVENT, change_rows, event_row
from umr_server.linked.answering import answer
from umr_server.linked.feeds import event_item, page_links, paged_feed
from umr_server.linked.negotiation import addresses, first_known
from umr_server.linked.place import page_number
from umr_server.linked.view import Table, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.registry.reader import Reader
    from umr_server.site import Site

EVENTS = 100
"""Of a page of a history."""


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    pages = _Compare(site)
    yield "/history/<path:name>", "history", pages.history
    yield from ((address, "diff", pages.diff) for address in addresses("/diff"))


class _Compare:
    def __init__(self, site: Site) -> None:
        self._site = site

    @property
    def _registry(self) -> Reader:
        return self._site.asked

    def history(self, name: str) -> ResponseReturnValue:
        history, artifact, suffix = first_known(name, lambda asked: self._registry.history(_artifact(asked)))
        artifact = _artifact(artifact)
        number = page_number()
        events = history[(number - 1) * EVENTS : number * EVENTS]

        def feed() -> bytes:
            items = [event_item(self._site, one) for one in events]
            title = f"What happened to {artifact}"
            return paged_feed(self._site, items, title, number=number, total=len(history), size=EVENTS)

        view = View(
            page=lambda: render_template(
                "history.html", name=artifact, history=events, total=len(history), number=number, size=EVENTS
            ),
            values=lambda: [event_json(one) for one in events],
            table=lambda: Table(EVENT, map(event_row, events)),
            feed=feed,
            links=lambda: page_links(
                lambda at: url_for("pages.history", name=artifact, page=at), number, len(history), EVENTS
            ),
        )
        return answer(view, suffix)

    def diff(self, form: str = "") -> ResponseReturnValue:
        before, after = (request.args.get(key, "").strip() for key in ("before", "after"))
        found = self._registry.diff(before, after) if before and after else None

        def page() -> str:
            return render_template("diff.html", before=before, after=after, found=found)

        if found is None:
            return answer(View(page=page), form)
        view = View(
            page=page,
            values=lambda: diff_json(found, before=before, after=after),
            table=lambda: Table(CHANGE, change_rows(found)),
        )
        return answer(view, form)


def _artifact(reference: str) -> str:
    return reference.partition("@")[0]
