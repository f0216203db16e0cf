"""What is refused before anything is asked: requests that no honest client makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flask import request
from werkzeug.exceptions import BadRequest
from werkzeug.exceptions import NotImplemented as NotKnown

from umr_ld.errors import Malformed
from umr_server.running.figures import METHODS
from umr_server.running.keeper import ROOM, ROUTE

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from flask import Flask

PARAMETERS = 500
"""The most parameters of an address."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"([A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")


def keep_the_door(app: Flask) -> None:
    """Let the application refuse what is malformed, and tell the layers around it what answered.

    Args:
        app: the application.
    """
    app.config["MAX_FORM_MEMORY_SIZE"] = app.config["MAX_CONTENT_LENGTH"]
    app.before_request(_refuse)


def _refuse() -> None:
    environ = request.environ
    environ[ROUTE] = request.url_rule.rule if request.url_rule is not None else ""
    environ[ROOM] = request.blueprint or request.endpoint or ""
    if request.method not in METHODS and request.method != "TRACE":
        raise NotKnown(f"this server knows no method {request.method[:32]!r}")
    if not has_host(environ):
        raise BadRequest("the host is no name of one")
    if _CONTROL.search(environ.get("PATH_INFO", "")) or not _is_utf8(environ.get("PATH_INFO", "")):
        raise Malformed(
            "the address has characters that no address has", remedy="leave them out, and write text as UTF-8"
        )
    if environ.get("QUERY_STRING", "").count("&") >= PARAMETERS:
        raise BadRequest(f"the address has more than {PARAMETERS} parameters")


def has_host(environ: WSGIEnvironment) -> bool:
    """Whether the host of a request is the name of one, or none is named.

    Args:
        environ: of the request.
    """
    return _HOST.fullmatch(environ.get("HTTP_HOST", "localhost")) is not None


def _is_utf8(path: str) -> bool:
    """Whether the bytes that were percent-encoded are text (RFC 3987 §3.1); WSGI gives them as Latin-1."""
    try:
        path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return True
