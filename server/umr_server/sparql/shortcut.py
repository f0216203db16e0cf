"""The short way of a plain question: `GET /sparql?query=…`, answered before the application hears of it.

Most questions are of this kind, and the application's own way to them costs more than their answers. What is here
answers as it would, byte for byte; whatever is not plain goes the long way, and so does every refusal: an error
that was met here is told by the application, and nothing is asked twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from werkzeug.exceptions import NotAcceptable

from umr_ld.access import secret
from umr_server.running.door import has_host
from umr_server.running.keeper import COPIED, NOW, ROOM, ROUTE
from umr_server.sparql.answers import Asked
from umr_server.sparql.protocol import FAILED, accepted, headers_of, is_for_people

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from umr_server.site import Site

PATH = "/sparql"
_CONDITIONS = (
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"),
    *("HTTP_RANGE", "HTTP_AUTHORIZATION"),
)


class Shortcut:
    """The application, asked only for what is no plain question.

    Args:
        app: the application.
        site: what is asked.
        headers: that every answer has.
    """

    def __init__(self, app: WSGIApplication, site: Site, headers: Mapping[str, str]) -> None:
        self._app, self._site, self._headers = app, site, tuple(headers.items())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        asked = self._plain(environ) if environ.get("PATH_INFO") == PATH else None
        if asked is None:
            return self._app(environ, start_response)
        try:
            now = environ.get(NOW)
            answer = self._site.queries.ask(asked, environ.get("REMOTE_ADDR", ""), now.seq if now else None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the application tells it
            environ[FAILED] = error
            return self._app(environ, start_response)
        environ[ROUTE], environ[ROOM], environ[COPIED] = PATH, "sparql", answer.seq
        start_response("200 OK", [*headers_of(answer).items(), *self._headers])
        return answer.pieces()

    def _plain(self, environ: WSGIEnvironment) -> Asked | None:
        """The question; None if it is none, or one that has to be looked at more closely."""
        said = environ.get("QUERY_STRING", "")
        is_plain = (
            environ["REQUEST_METHOD"] == "GET"
            and said.startswith("query=")
            and "&" not in said
            and said.isascii()
            and environ.get("CONTENT_LENGTH", "") in {"", "0"}
            and not self._site.settings.reads_per_minute
            and not any(name in environ for name in _CONDITIONS)
            and has_host(environ)
            and not secret.holds(said)
        )
        wanted = environ.get("HTTP_ACCEPT", "")
        if not is_plain or is_for_people(wanted):
            return None
        try:
            return Asked(unquote_plus(said.removeprefix("query="), errors="strict"), accepted(wanted))
        except (UnicodeDecodeError, NotAcceptable):
            return None
