"""What routes that write have beside those that read: bodies that are documents, and a key of the sender's."""

from __future__ import annotations

import json
from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import g, make_response

from umr_ld.render.output import as_json
from umr_server.guard.once import KEY, once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flask import Response
    from flask.typing import ResponseReturnValue

    from umr_server.api.spec import Route
    from umr_server.site import Site

ANYBODY = "token"
"""The scope of routes for which any token will do."""

_SECRET = "secret"  # noqa: S105 - the name of a member
_RECORDS = {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}, "minItems": 1}]}
_BODIES: dict[str, dict[str, Any]] = {
    "application/json": _RECORDS,
    "application/ld+json": _RECORDS,
    "multipart/form-data": {
        "type": "object",
        "additionalProperties": {"type": "string", "format": "binary"},
    },
}
_KEY_PARAMETER = {
    "name": KEY,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "description": "Your name for this request, e.g. a UUID. For a day the same request with the same name is "
    "answered as the first time, and not done again.",
}


def admitted(
    site: Site, route: Route, view: Callable[..., ResponseReturnValue]
) -> Callable[..., ResponseReturnValue]:
    """A view that is asked only by who may, and once for each key.

    Args:
        site: whose guard.
        route: the view's; one without a scope is for everybody.
        view: what answers; it finds the token as `flask.g.token`.
    """
    if not route.scope:
        return view

    @wraps(view)
    def answer(**path: str) -> ResponseReturnValue:
        scope: Any = None if route.scope == ANYBODY else route.scope
        g.token = site.guard.writer(scope)
        if route.method == "GET":
            response = make_response(view(**path))
        else:
            response = once(site.registry, g.token, lambda: make_response(view(**path)), _without_secrets)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


def _without_secrets(response: Response) -> bytes:
    """What of an answer may be kept: what is shown once is not."""
    body = response.get_data()
    if response.is_json:
        told = json.loads(body)
        if isinstance(told, dict) and told.pop(_SECRET, None) is not None:
            return as_json(told).encode()
    return body


def describe(document: dict[str, Any], routes: Iterable[Route]) -> None:
    """Say in the OpenAPI document what its library cannot be told.

    Args:
        document: is changed.
        routes: those of the document.
    """
    operations = {
        one["operationId"]: one for path in document["paths"].values() for one in path.values() if one
    }
    for route in routes:
        said = operations[route.name]
        if route.scope and route.method != "GET":
            said.setdefault("parameters", []).append(_KEY_PARAMETER)
        if route.documents:
            content = {media: {"schema": _BODIES.get(media, {"type": "string"})} for media in route.documents}
            said["requestBody"] = {"required": True, "content": content}
        if route.repeats:
            said["responses"]["200"] = {**said["responses"]["201"], "description": "Nothing is new."}
