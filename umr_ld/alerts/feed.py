"""Feeds: what happened, as Atom 1.0 (RFC 4287), in pages and archives (RFC 5005)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from umr_ld.alerts.wording import advisory_iri, one_line, record_iri, rfc3339, sentence, urn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from umr_ld.addresses import Base
    from umr_ld.alerts import Event

MEDIA_TYPE = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"


class Item(NamedTuple):
    """An entry of a feed.

    Args:
        iri: its identifier, which never changes.
        title: in one line.
        updated: when it became what it is.
        address: of what it is about.
        summary: in words.
        related: address of what else it is about; or nothing.
        categories: words by which it can be chosen.
        author: who did it; the feed's if empty.
    """

    iri: str
    title: str
    updated: datetime
    address: str
    summary: str
    related: str = ""
    categories: tuple[str, ...] = ()
    author: str = ""


def atom(
    events: Sequence[Event],
    *,
    address: str,
    title: str,
    base: Base,
    updated: datetime,
    author: str = "",
) -> bytes:
    """A feed of events. The id of an entry is made from the event's key, and never changes.

    Args:
        events: the newest first.
        address: absolute IRI of the feed, which is its id too.
        title: of the feed.
        base: the registry's, for the addresses of records.
        updated: when the feed last changed, if it has no events.
        author: of the feed; the registry's base if empty.
    """
    items = [_item(event, base) for event in events]
    return written(items, address=address, title=title, updated=updated, author=author or base.iri)


def written(
    items: Sequence[Item],
    *,
    address: str,
    title: str,
    updated: datetime,
    author: str,
    iri: str = "",
    links: Mapping[str, str] | None = None,
    archive: bool = False,
) -> bytes:
    """A feed document.

    Args:
        items: the newest first.
        address: absolute IRI of the document.
        title: of the feed.
        updated: when the feed last changed, if it has no items.
        author: of the feed.
        iri: identifier of the feed that the document is a part of; its own address unless given.
        links: relation to address of other documents: `next`, `previous`, `prev-archive` … (RFC 5005 §3, §4).
        archive: whether the document never changes any more (RFC 5005 §4).
    """
    feed = ET.Element("feed", xmlns=_NAMESPACE)
    _text(feed, "id", iri or address)
    _text(feed, "title", title)
    _text(feed, "updated", rfc3339(max((item.updated for item in items), default=updated)))
    ET.SubElement(feed, "link", rel="self", type=MEDIA_TYPE, href=one_line(address))
    for rel, href in (links or {}).items():
        ET.SubElement(feed, "link", rel=rel, href=one_line(href))
    if archive:
        ET.SubElement(feed, f"{{{_HISTORY}}}archive")
    _text(ET.SubElement(feed, "author"), "name", author)
    for item in items:
        _entry(feed, item)
    document: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _item(event: Event, base: Base) -> Item:
    told = sentence(event)
    return Item(
        iri=urn(event.key),
        title=told,
        updated=event.time,
        address=record_iri(base, event),
        summary=event.path or told,
        related=advisory_iri(base, event) if event.record and event.advisory else "",
        categories=tuple(one for one in (event.kind, event.severity) if one),
    )


def _entry(feed: ET.Element, item: Item) -> None:
    entry = ET.SubElement(feed, "entry")
    _text(entry, "id", item.iri)
    _text(entry, "title", item.title)
    _text(entry, "updated", rfc3339(item.updated))
    if item.author:
        _text(ET.SubElement(entry, "author"), "name", item.author)
    ET.SubElement(entry, "link", rel="alternate", href=one_line(item.address))
    if item.related:
        ET.SubElement(entry, "link", rel="related", href=one_line(item.related))
    for word in item.categories:
        ET.SubElement(entry, "category", term=one_line(word))
    _text(entry, "summary", item.summary)


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = one_line(text)
