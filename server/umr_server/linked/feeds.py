"""Feeds: any view as Atom, and what happened in the whole registry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from umr_ld.alerts.feed import Item, written
from umr_ld.errors import Missing
from umr_ld.render.answers import event_json
from umr_ld.render.rows import EVENT, event_row
from umr_server.linked.answering import answer
from umr_server.linked.negotiation import addresses
from umr_server.linked.place import absolute, here
from umr_server.linked.view import Table, Target, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask.typing import ResponseReturnValue

    from umr_ld.registry.views import Event, Listed
    from umr_server.site import Site

ENTRIES = 50
"""Of one document."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view.

    Args:
        site: what is asked.
    """
    found = _Feed(site)
    yield from ((address, "feed", found.newest) for address in addresses("/feed"))
    yield "/feed/<int:number>", "archive", found.archive


class _Feed:
    """What happened, in documents of so many journal entries; the newest one overlaps the archive before it."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def newest(self, form: str = "") -> ResponseReturnValue:
        end = self._site.registry.position().seq
        before = {"prev-archive": absolute(self._site, "linked.archive", number=end // ENTRIES)}
        links = before if end >= ENTRIES else {}
        return self._answer(max(0, end - ENTRIES), end, links, form=form)

    def archive(self, number: int) -> ResponseReturnValue:
        """A document that never changes any more (RFC 5005 §4)."""
        end = self._site.registry.position().seq
        if not 0 < number <= end // ENTRIES:
            raise Missing(f"there is no archive {number}", remedy="/feed names the newest one")
        links = {"current": absolute(self._site, "linked.feed")}
        if number > 1:
            links["prev-archive"] = absolute(self._site, "linked.archive", number=number - 1)
        upto = number * ENTRIES
        return self._answer(upto - ENTRIES, upto, links, archive=True)

    def _answer(
        self, after: int, upto: int, links: dict[str, str], *, archive: bool = False, form: str = ""
    ) -> ResponseReturnValue:
        site = self._site
        address = here(site, format="atom") if archive else absolute(site, "linked.feed")

        def feed() -> bytes:
            return written(
                [event_item(site, one) for one in site.registry.events(after, upto)],
                address=address,
                iri=f"{site.registry.base.iri}feed",
                title="What is published, withdrawn and gone",
                updated=_LONG_AGO,
                author=site.registry.base.iri,
                links={"alternate": absolute(site, "pages.home"), **links},
                archive=archive,
            )

        view = View(
            feed=feed,
            values=lambda: {
                "upto": upto,
                "events": [event_json(one) for one in site.registry.events(after, upto)],
            },
            table=lambda: Table(EVENT, map(event_row, site.registry.events(after, upto))),
            default="atom",
            links=lambda: [Target(rel, iri) for rel, iri in links.items()],
        )
        return answer(view, form)


def event_item(site: Site, event: Event) -> Item:
    """An event as an entry; its identifier is the journal entry's.

    Args:
        site: where it happened.
        event: what happened.
    """
    told = f"{event.ref} was {'noted as ' if event.act == 'vanish' else ''}{event.done}"
    reason = f": {event.reason}" if event.reason else ""
    return Item(
        iri=site.registry.base.log(event.seq),
        title=told,
        updated=event.time,
        address=absolute(site, "pages.record", reference=event.ref),
        summary=f"{told}{reason}" + "".join(f"; {change}" for change in event.changes[:ENTRIES]),
        categories=(event.act,),
        author=event.agent,
    )


def listed_item(site: Site, one: Listed) -> Item:
    """A record as an entry; its identifier is the record's.

    Args:
        site: where it is published.
        one: the record.
    """
    by = f" by {one.publisher}" if one.publisher else ""
    return Item(
        iri=site.registry.base.record(one.ref),
        title=f"{one.title} ({one.ref})",
        updated=one.published,
        address=absolute(site, "pages.record", reference=one.ref),
        summary=f"{one.kind}{by}{'; withdrawn' if one.withdrawn else ''}{f'; {one.snippet}' if one.snippet else ''}",
        categories=(one.kind,),
    )


def paged_feed(site: Site, items: Sequence[Item], title: str, *, number: int, total: int, size: int) -> bytes:
    """A view as a feed, in pages (RFC 5005 §3).

    Args:
        site: where it is.
        items: of this page.
        title: of the view.
        number: of the page, from 1.
        total: how many items there are in all.
        size: how many a page has.
    """
    given: dict[str, Any] = {"format": "atom"}
    last = max(1, -(-total // size))
    links = {"first": here(site, **given, page=None), "last": here(site, **given, page=last)}
    if 1 < number <= last:
        links["previous"] = here(site, **given, page=number - 1)
    if number < last:
        links["next"] = here(site, **given, page=number + 1)
    return written(
        items,
        address=here(site, **given),
        iri=links["first"],
        title=title,
        updated=_LONG_AGO,
        author=site.registry.base.iri,
        links={"alternate": here(site, format=None), **links},
    )


def page_links(address: Callable[[int], str], number: int, total: int, size: int) -> list[Target]:
    """The pages beside this one, for the header (RFC 8288 §3.3, RFC 5005 §3).

    Args:
        address: of a page by its number.
        number: of this page, from 1.
        total: how many rows there are in all.
        size: how many a page has.
    """
    last = max(1, -(-total // size))
    found = [Target("first", address(1))]
    found += [Target("prev", address(number - 1))] if 1 < number <= last else []
    found += [Target("next", address(number + 1))] if number < last else []
    return found
