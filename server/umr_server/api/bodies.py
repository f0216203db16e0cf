"""Documents that come in a body: one, a list of JSON-LD, a stream of YAML, or several files."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from umr_ld.document import Document
from umr_ld.errors import Malformed
from umr_ld.media import Media
from umr_ld.strictjson import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = "multipart/form-data"
SYNTAXES = {
    "application/ld+json": Media.JSONLD,
    "application/json": Media.JSONLD,
    "application/ld+yaml": Media.YAML,
    "application/yaml": Media.YAML,
}
ACCEPTED = (*SYNTAXES, FILES)

MOST = 1000
"""Documents of one request."""

_NEXT = re.compile(r"(?m)^---(?=\s|$)")
_SPACE = re.compile(r"[\s,]*")


def documents() -> list[Document]:
    """The documents of the request.

    Raises:
        UnsupportedMediaType: if they are in no syntax of records.
        Unreadable, TooLarge, Invalid: as of `read_json`.
        Malformed: if there are none, or more than `MOST`.
    """
    require_plain()
    found = list(_files() if request.mimetype == FILES else _stream())
    if not 0 < len(found) <= MOST:
        raise Malformed(
            "there is no document" if not found else f"there are {len(found):,} documents",
            where="the body",
            remedy=f"send 1 to {MOST:,} of them",
        )
    return found


def json_object() -> Document:
    """The one JSON object of the request.

    Raises:
        UnsupportedMediaType: if it is no JSON.
        Unreadable, TooLarge, Invalid: as of `read_json`.
    """
    require_plain()
    if SYNTAXES.get(request.mimetype) is not Media.JSONLD:
        raise UnsupportedMediaType("send application/json")
    document = Document(request.get_data(), source="the body")
    read_json(document)
    return document


def require_plain() -> None:
    """Refuse a compressed body, which a small one may be to any size.

    Raises:
        UnsupportedMediaType: if it is.
    """
    if request.content_encoding not in {None, "", "identity"}:
        raise UnsupportedMediaType("send the body as it is, without Content-Encoding")


def _files() -> Iterator[Document]:
    for file in (one for _, one in request.files.items(multi=True)):
        name = (file.filename or file.name or "file")[:200]
        media = SYNTAXES.get(file.mimetype)
        yield Document(file.read(), media or Media.of_path(PurePosixPath(name)), name)


def _stream() -> Iterator[Document]:
    media = SYNTAXES.get(request.mimetype)
    if media is None:
        raise UnsupportedMediaType(f"send {', '.join(ACCEPTED)}")
    body = request.get_data()
    if media is Media.YAML:
        yield from _yaml(body)
    elif body.lstrip()[:1] == b"[":
        yield from _list(body)
    else:
        yield Document(body, media, "the body")


def _yaml(body: bytes) -> Iterator[Document]:
    """A stream of YAML (YAML 1.2.2 §9.2); inside of no value can a line begin with `---`."""
    parts = _NEXT.split(body.decode("utf-8", "surrogateescape"))
    told = [part for part in parts if any(line.strip() for line in part.splitlines())]
    for number, part in enumerate(told, 1):
        source = f"document {number}" if len(told) > 1 else "the body"
        yield Document(part.encode("utf-8", "surrogateescape"), Media.YAML, source)


def _list(body: bytes) -> Iterator[Document]:
    """The members of a JSON array, each as it was written."""
    read_json(Document(body, source="the body"))
    text = body.decode("utf-8-sig")
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
    at = _SPACE.match(text, text.index("[") + 1).end()  # type: ignore[union-attr] # it matches nothing too
    number = 0
    while text[at] != "]":
        number += 1
        _, end = decoder.raw_decode(text, at)
        yield Document(text[at:end].encode(), Media.JSONLD, f"document {number}")
        at = _SPACE.match(text, end).end()  # type: ignore[union-attr]
