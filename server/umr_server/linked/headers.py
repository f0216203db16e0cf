"""Headers of data: `Link` (RFC 8288), where an answer belongs, told to programs (FAIR signposting); and who may read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import Response, request

from umr_ld.addresses import is_absolute
from umr_ld.vocab import DCAT, DCT
from umr_server.linked.view import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.record import Record

_OPEN = frozenset({"linked", "pages"})
"""Names of the parts of the server whose answers may be data."""
_MOST = 40
"""Links of one answer, and characters of one: readers and proxies stop at some size."""
_LONGEST = 500
_UNSAFE = re.compile(r"[^!#-;=?-\[\]_a-z~]")
"""What an IRI in angle brackets is percent-encoded for: all but the characters of a URI (RFC 3986 §2)."""
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+\Z")


def open_to_all(response: Response) -> Response:
    """What is data here is public, and pages elsewhere may read it (Fetch, CORS protocol).

    A redirect is checked before it is followed, and a media type with a profile asks first: else no such page could
    look up an identifier.

    Args:
        response: to any request.
    """
    if request.blueprint not in _OPEN or request.method not in {"GET", "HEAD", "OPTIONS"}:
        return response
    if response.mimetype != "text/html" or response.location or request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "ETag, Link"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD"
        response.headers["Access-Control-Allow-Headers"] = "Accept"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response


def link_header(targets: Iterable[Target]) -> str:
    """The value of the header; what strangers wrote can neither end a link nor the header.

    Args:
        targets: links. What is too long to be one is left out.
    """
    told = [_link(target) for target in targets if 0 < len(target.iri) <= _LONGEST]
    return ", ".join(list(dict.fromkeys(told))[:_MOST])


def _link(target: Target) -> str:
    text = f'<{_UNSAFE.sub(_encoded, target.iri)}>; rel="{target.rel}"'
    return f'{text}; type="{target.mime}"' if _MEDIA_TYPE.match(target.mime) else text


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def stated_links(record: Record) -> Iterator[Target]:
    """What a record itself says of its place: its name, kind, licence and files.

    Args:
        record: as its author stated it.
    """
    yield Target("cite-as", record.iri)
    yield Target("type", f"https://w3id.org/umr-ld/ns#{record.kind}")
    for value in record.values(f"{DCT}license"):
        yield from _of_web("license", getattr(value, "value", ""))
    for file in record.values(f"{DCAT}distribution"):
        facts = getattr(file, "facts", {})
        mime = next((one.value for one in facts.get(f"{DCAT}mediaType", ())), "")
        for address in facts.get(f"{DCAT}downloadURL", ()):
            yield from _of_web("item", address.value, mime)


def _of_web(rel: str, iri: str, mime: str = "") -> Iterator[Target]:
    if is_absolute(iri) and iri.startswith(("http://", "https://")):
        yield Target(rel, iri, mime)
