"""Answering with a view: the syntax, the headers by which it is found and kept, and what makes it needless."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from flask import Response, current_app, g, request, url_for
from werkzeug.http import is_resource_modified, quote_etag

from umr_server.linked.headers import link_header
from umr_server.linked.negotiation import chosen, offered, wanted_key
from umr_server.linked.view import Target
from umr_server.running.state import program

if TYPE_CHECKING:
    from umr_server.linked.syntaxes import Syntax
    from umr_server.linked.view import View

LASTING = "public, max-age=86400, immutable"
"""For what never changes as long as it stands. Not for longer than a day: whoever keeps a record has to learn
one day that it was withdrawn."""
PASSING = "no-cache"
"""It may be kept, and has to be asked about before it is used again (RFC 9111 §5.2.2.4)."""

READ = frozenset({"page", "sheet", "drawing"})
"""Aspects that are for people: they say themselves that something was withdrawn."""

_LONGEST = 1000
"""Characters of an address that is repeated in links."""


class Twin(NamedTuple):
    """The same answer in another syntax, as pages name it.

    Args:
        label: of the syntax.
        mime: media type.
        address: with `format=`.
        is_read: whether it is for people, and no data.
    """

    label: str
    mime: str
    address: str
    is_read: bool = False


def answer(view: View, suffix: str = "") -> Response:
    """A view in the syntax that is wanted.

    Args:
        view: what is answered.
        suffix: of the address: a key of a syntax; or nothing.

    Raises:
        Malformed, NotAcceptable: as `chosen`.
    """
    row = chosen(view, suffix)
    twins = twins_of(view, row, suffix)
    status = 410 if view.gone and row.aspect not in READ else 200
    response = Response(status=status, content_type=row.content_type)
    if not suffix and not wanted_key():
        response.vary.add("Accept")
    response.headers["Cache-Control"] = LASTING if _lasts(view, row) else PASSING
    if _lasts(view, row):
        tag = _tag(view, row)
        response.set_etag(tag)
        if status == 200 and not is_resource_modified(request.environ, etag=quote_etag(tag)):
            # Who names the only bytes that will do is told that these are others (RFC 9110 §13.2.2).
            response.status_code = 412 if "If-Match" in request.headers else 304
            return response
    alternates = [Target("alternate", one.address, one.mime) for one in twins]
    if links := link_header([*view.links(), *alternates]):
        response.headers["Link"] = links
    g.twins = twins
    response.set_data(row.write(getattr(view, row.aspect)()))
    return response


def twins_of(view: View, row: Syntax, suffix: str = "") -> list[Twin]:
    """The same answer in other syntaxes.

    Args:
        view: what is answered.
        row: the syntax in which it is.
        suffix: of the address that is asked: a key; or nothing.
    """
    given = dict(request.view_args or {})
    if suffix and not given.pop("form", None):
        given = {
            key: value.removesuffix(f".{suffix}") if isinstance(value, str) else value
            for key, value in given.items()
        }
    stem = url_for(request.endpoint or "", **given, at=None)
    asked = [pair for pair in request.args.items(multi=True) if pair[0] != "format"]
    written = current_app.extensions["umr"].written
    if len(stem) + sum(len(name) + len(value) for name, value in asked) > _LONGEST:
        return []
    return [
        Twin(one.label, one.mime, f"{stem}?{urlencode([*asked, ('format', one.key)])}", one.aspect in READ)
        for one in offered(view)
        if one.key != row.key and (written is None or one.key in written(request.endpoint or ""))
    ]


def _lasts(view: View, row: Syntax) -> bool:
    return bool(view.lasting) and not view.gone and row.aspect in {"graph", "draft"}


def _tag(view: View, row: Syntax) -> str:
    """The entity tag of what lasts. All else has that of the state it was made from, from who keeps answers."""
    told = (row.key, program(), version("pyoxigraph"), view.lasting)
    return hashlib.sha256("\n".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:32]
