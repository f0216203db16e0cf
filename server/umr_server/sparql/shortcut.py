"""The short way of a plain question, which has nothing but a query: answered before the application hears of it.

Most questions are of this kind, and the application's own way to them costs more than their answers. What is here
answers as it would, byte for byte; whatever is not plain goes the long way, and so does every refusal: an error
that was met here is told by the application, and nothing is asked twice.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from werkzeug.exceptions import NotAcceptable

from umr_server.running.door import has_host
from umr_server.running.keeper import COPIED, NOW, QUESTION, ROOM, ROUTE
from umr_server.sparql.answers import Asked
from umr_server.sparql.plain import text_of
from umr_server.sparql.protocol import FAILED, FORM, QUERY, accepted, headers_of, is_for_people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from umr_server.site import Site
    from umr_server.sparql.answers import Answer
    from umr_server.sparql.question import Question

PATH = "/sparql"

_QUERY = "query="
_LONGEST = 16 * 1024
"""Bytes of a body: more are looked at more closely."""

PLAIN = "umr.plain"
"""Key of the environment: what kind of plain question was answered."""

_CONDITIONS = (
    *("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"),
    *("HTTP_RANGE", "HTTP_AUTHORIZATION", "HTTP_CONTENT_ENCODING"),
)


class Plain(NamedTuple):
    """A plain question, and what kind of answer it got.

    Args:
        forms: that were wanted, the most wanted first.
        form: that it got.
        lasts: whether the same question has the same answer again.
    """

    forms: tuple[str, ...]
    form: str
    lasts: bool


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
        is_asking = environ.get("PATH_INFO") == PATH
        question: Question | None = environ.get(QUESTION) if is_asking else None
        asked = question.asked if question is not None else self._plain(environ) if is_asking else None
        if asked is None:
            return self._app(environ, start_response)
        try:
            answer = question.answer() if question is not None else self._answer(asked, environ)
        except Exception as error:  # noqa: BLE001 - whatever it is, the application tells it
            environ[FAILED] = error
            return self._app(environ, start_response)
        environ[ROUTE], environ[ROOM], environ[COPIED] = PATH, "sparql", answer.seq
        environ[PLAIN] = Plain(asked.forms, answer.form, bool(answer.etag))
        start_response("200 OK", [*headers_of(answer).items(), *self._headers])
        return answer.pieces()

    def _answer(self, asked: Asked, environ: WSGIEnvironment) -> Answer:
        now = environ.get(NOW)
        return self._site.queries.ask(asked, environ.get("REMOTE_ADDR", ""), now.seq if now else None)

    def _plain(self, environ: WSGIEnvironment) -> Asked | None:
        """The question; None if it is none, or one that has to be looked at more closely."""
        wanted = environ.get("HTTP_ACCEPT", "")
        is_plain = (
            not self._site.settings.reads_per_minute
            and not any(name in environ for name in _CONDITIONS)
            and has_host(environ)
            and not is_for_people(wanted)
        )
        read = _READ.get(environ["REQUEST_METHOD"])
        text = read(environ) if is_plain and read is not None else None
        try:
            return None if text is None else Asked(text, accepted(wanted))
        except NotAcceptable:
            return None


def _in_address(environ: WSGIEnvironment) -> str | None:
    said = environ.get("QUERY_STRING", "")
    has_body = environ.get("CONTENT_LENGTH", "") not in {"", "0"}
    return None if has_body or not said.startswith(_QUERY) else text_of(said.removeprefix(_QUERY))


def _in_body(environ: WSGIEnvironment) -> str | None:
    length, kind = environ.get("CONTENT_LENGTH", ""), environ.get("CONTENT_TYPE", "")
    is_short = length.isdecimal() and 0 < int(length) <= _LONGEST
    if environ.get("QUERY_STRING") or not is_short or kind not in {QUERY, FORM}:
        return None
    body: bytes = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = io.BytesIO(body)
    try:
        said = body.decode()
    except UnicodeDecodeError:
        return None
    if kind == QUERY:
        return said
    return text_of(said.removeprefix(_QUERY)) if said.startswith(_QUERY) else None


_READ: Mapping[str, Callable[[WSGIEnvironment], str | None]] = {"GET": _in_address, "POST": _in_body}
"""Where the text of a question is, by method (SPARQL 1.1 Protocol §2.1)."""
