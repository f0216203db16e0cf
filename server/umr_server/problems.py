"""How the server says no: one shape for all errors, a page for people and a problem document for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, render_template, request
from werkzeug.exceptions import HTTPException, NotFound

from umr_ld.errors import Busy, Damaged, Denied, Missing, UmrError
from umr_ld.render.problem import problem as problem_of
from umr_server.linked.answering import READ
from umr_server.linked.syntaxes import SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flask import Flask
    from flask.typing import ResponseReturnValue

LATER = "5"
"""Seconds after which it is worth asking again."""


def answer_errors(app: Flask) -> None:
    """Let the application answer every error in one shape.

    Args:
        app: the application.
    """
    app.register_error_handler(UmrError, _refused)
    app.register_error_handler(HTTPException, _said)


def _refused(error: UmrError) -> ResponseReturnValue:
    more = problem_of(error)
    if error.status >= 500 or isinstance(error, Denied):
        more.pop("where", None)  # A path of this machine.
    what = "the registry's files are damaged" if isinstance(error, Damaged) else error.what
    alike = error.alike if isinstance(error, Missing) else ()
    body, status = problem(error.title, what, error.remedy, error.status, more, alike)
    return body, status, {"Retry-After": LATER} if isinstance(error, Busy) else {}


def _said(error: HTTPException) -> ResponseReturnValue:
    """What the protocol itself says no with (RFC 9110 §15.5)."""
    status = error.code or 500
    what = "there is no such page" if status == NotFound.code else error.description or error.name
    body, _ = problem(error.name.lower(), what.rstrip("."), "", status)
    headers = [pair for pair in error.get_headers() if pair[0] in {"Allow", "Retry-After"}]
    return body, status, headers


def problem(
    title: str,
    what: str,
    remedy: str,
    status: int,
    more: Mapping[str, Any] | None = None,
    alike: Sequence[str] = (),
) -> tuple[Response | str, int]:
    """An error as who asked reads it: a page, or a problem document (RFC 9457).

    Args:
        title: of the kind of error.
        what: happened.
        remedy: what to do about it; may be empty.
        status: of HTTP.
        more: members of the document beside these.
        alike: names in the remedy, which a page links.
    """
    if _is_for_people():
        said = {"title": title, "what": what, "remedy": remedy, "status": status}
        return render_template("problem.html", **said, alike=alike, name=_name_asked_for(status)), status
    said = {"type": "about:blank", "title": title, "status": status, "detail": what, "remedy": remedy}
    body = jsonify({**(more or {}), **said})
    body.content_type = "application/problem+json"
    return body, status


def _name_asked_for(status: int) -> str:
    """The name of an artifact that is not there, without its version: it may be looked for by words."""
    given = request.view_args or {}
    name = str(given.get("reference") or given.get("name") or "") if status == Missing.status else ""
    return name.partition("@")[0].strip("/")


def _is_for_people() -> bool:
    """Whether a page is wanted; where programs ask only by who asks for one before anything else.

    Who names a syntax of data in the address, by `format=` or by a suffix, wants none, whatever a browser accepts.
    """
    named = SYNTAXES.get(request.args.get("format") or request.path.rpartition(".")[2])
    if named is not None and named.aspect not in READ:
        return False
    asked = request.accept_mimetypes
    if request.path.startswith("/api/") or request.path in {"/sparql", "/graphs"}:
        return bool(asked["text/html"] > asked["application/json"])
    return asked.best_match(["text/html", "application/json"]) == "text/html"
