"""The API: the verbs of the command line over HTTP, described by an OpenAPI document that is true.

A module with `routes(site)` gives addresses as data (`spec.Route`); here they are put under one roof: what comes in
is held against its model, what goes out is JSON with an entity tag, and what fails is a problem document.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotAcceptable
from werkzeug.wrappers import Response as BaseResponse

from umr_ld.render.output import as_json
from umr_server.api import (
    aliasing,
    auditing,
    checking,
    document,
    drafts,
    exporting,
    following,
    notified,
    reading,
    tracing,
    writing,
)
from umr_server.api.door import JSON
from umr_server.api.freshness import Freshness
from umr_server.api.models import Nothing
from umr_server.api.paging import Part
from umr_server.api.spec import PREFIX, specification
from umr_server.api.written import admitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from umr_server.api.spec import Route
    from umr_server.site import Site

MODULES = (reading, tracing, checking, auditing, drafts, writing, following, aliasing, notified, exporting)
"""Modules with `routes(site)`."""


def blueprint(site: Site) -> Blueprint:
    """The addresses below `/api`.

    Args:
        site: what is asked, and what the deployment decided.
    """
    found, spec, fresh = Blueprint("api", __name__), specification(), Freshness(site)
    every: list[Route] = []
    for module in MODULES:
        for route in module.routes(site):
            every.append(route)
            security = {"token": [route.scope]} if route.scope else None
            added = spec.validate(
                query=route.query,
                json=route.body,
                headers=route.headers,
                resp=route.documented(),
                tags=[route.tag],
                security=security,
                operation_id=route.name,
                path_parameter_descriptions=route.path,
            )
            view = admitted(site, route, added(_answering(route, fresh)))
            if route.method == "POST" and not route.scope:
                site.aside.endpoints.add(f"{found.name}.{route.name}")
            found.add_url_rule(
                PREFIX + route.address, route.name, view, methods=[route.method], merge_slashes=False
            )
    document.serve(found, spec, every)
    found.after_request(_open_to_all)
    return found


def _open_to_all(response: Response) -> Response:
    """What anybody may read, scripts of other origins may too (Fetch, CORS protocol); they come without a token."""
    is_reading = request.method in {"GET", "HEAD"} and "Authorization" not in request.headers
    if is_reading and response.mimetype != "text/html":
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Content-Location, ETag, Journal-Position, Link"
    return response


def _answering(route: Route, fresh: Freshness) -> Callable[..., ResponseReturnValue]:
    """A view with what all of them do alike."""

    @wraps(route.view)
    def answer(**path: str) -> ResponseReturnValue:
        given: Any = request.context  # type: ignore[attr-defined] # where spectree puts what it validated
        _require_accepted(route.media)
        parts = {"query": given.query, "body": given.json, "headers": given.headers}
        path |= {name: value for name, value in parts.items() if getattr(route, name) not in {None, Nothing}}
        if route.method != "GET" or route.scope:
            return _response(route.view(**path), route)
        return fresh.answered(lambda: _response(route.view(**path), route))

    return answer


def _response(made: Any, route: Route) -> BaseResponse:
    if not isinstance(made, Part):
        return made if isinstance(made, BaseResponse) else _written(made, route)
    response = _written(made.value, route)
    if made.link:
        response.headers["Link"] = made.link
    return response


def _written(value: Any, route: Route) -> Response:
    return Response(as_json(value), status=route.status, content_type=route.media)


def _require_accepted(media: str) -> None:
    accepted = request.accept_mimetypes
    if media and accepted and not accepted[media] and not (media != JSON and accepted[JSON]):
        raise NotAcceptable(f"the answer is {media}")
