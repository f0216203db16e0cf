"""Feeds: events as Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from umr_ld.alerts.wording import advisory_iri, one_line, record_iri, rfc3339, sentence, urn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from umr_ld.addresses import Base
    from umr_ld.alerts import Event

MEDIA_TYPE = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"


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
    feed = ET.Element("feed", xmlns=_NAMESPACE)
    _text(feed, "id", address)
    _text(feed, "title", title)
    _text(feed, "updated", rfc3339(max((event.time for event in events), default=updated)))
    ET.SubElement(feed, "link", rel="self", type=MEDIA_TYPE, href=address)
    _text(ET.SubElement(feed, "author"), "name", author or base.iri)
    for event in events:
        _entry(feed, event, base)
    document: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _entry(feed: ET.Element, event: Event, base: Base) -> None:
    entry = ET.SubElement(feed, "entry")
    _text(entry, "id", urn(event.key))
    _text(entry, "title", sentence(event))
    _text(entry, "updated", rfc3339(event.time))
    ET.SubElement(entry, "link", rel="alternate", href=record_iri(base, event))
    if event.record and event.advisory:
        ET.SubElement(entry, "link", rel="related", href=advisory_iri(base, event))
    ET.SubElement(entry, "category", term=event.kind)
    if event.severity:
        ET.SubElement(entry, "category", term=event.severity)
    _text(entry, "summary", event.path or sentence(event))


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = one_line(text)
