"""The outermost layer: every request has an identifier, is counted, and leaves one line in the log."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from umr_server.heads import new_identifier
from umr_server.running.keeper import OUTCOME, ROUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from umr_server.running.figures import Figures
    from umr_server.running.logs import AccessLog

IDENTIFIER, ASKED, ARRIVED = "umr.request", "umr.asked", "umr.arrived"
"""Keys of the environment: the request's identifier, its path as it was asked for, and when it arrived (as of
`time.perf_counter`), if that was long before the application heard of it."""

_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Told(NamedTuple):
    """What is told of a request and its answer.

    Args:
        method: of HTTP.
        asked: path as it was asked for.
        route: rule that answers.
        status: of HTTP.
        size: bytes of the answer.
        outcome: what became of the request at the kept answers.
    """

    method: str
    asked: str
    route: str
    status: str
    size: int
    outcome: str


class Watch:
    """Watches the application.

    Args:
        app: what answers.
        figures: where requests are counted.
        log: where they are written down.
        believes: whether a proxy is trusted to have given the request its identifier.
    """

    def __init__(self, app: WSGIApplication, figures: Figures, log: AccessLog, *, believes: bool) -> None:
        self._app, self._figures, self._log, self._believes = app, figures, log, believes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        began = environ.get(ARRIVED) or time.perf_counter()
        environ[IDENTIFIER] = identifier = self._identifier(environ)
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        environ[ASKED] = path
        said = "500"

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal said
            said = status[:3]
            named = [*headers, ("X-Request-Id", identifier)]
            return start_response(status, named, exc_info) if exc_info else start_response(status, named)

        def done(size: int) -> None:
            took, route = time.perf_counter() - began, environ.get(ROUTE, "")
            self._figures.answered(method, route, said, took)
            self._log.write(environ, path, route, int(said), size, took, environ.get(OUTCOME, ""))

        try:
            answer = self._app(environ, start)
        except BaseException:
            done(0)
            raise
        if isinstance(answer, list):
            done(sum(map(len, answer)))
            return answer
        return _Counted(answer, done)

    def told(self, told: Told, client: str, identifier: str, took: float) -> None:
        """Count a request that was answered without the application, and write it down.

        Args:
            told: of the request and of the answer.
            client: address of who asked.
            identifier: of the request.
            took: seconds.
        """
        self._figures.answered(told.method, told.route, told.status, took)
        environ = {IDENTIFIER: identifier, "REMOTE_ADDR": client, "REQUEST_METHOD": told.method}
        self._log.write(environ, told.asked, told.route, int(told.status), told.size, took, told.outcome)

    def _identifier(self, environ: WSGIEnvironment) -> str:
        given = environ.get("HTTP_X_REQUEST_ID", "") if self._believes else ""
        return given if _GIVEN.fullmatch(given) else new_identifier()


class _Counted:
    """An answer that is counted while it is given, and told of when it is closed."""

    def __init__(self, answer: Iterable[bytes], done: Any) -> None:
        self._answer, self._done, self._size = answer, done, 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._answer:
            self._size += len(piece)
            yield piece

    def close(self) -> None:
        """See PEP 3333."""
        try:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
        finally:
            self._done(self._size)


class Addressed:
    """The application at the address where people reach it, whatever a request says of its host.

    Args:
        app: what answers.
        public: the address, ending with `/`.
    """

    def __init__(self, app: WSGIApplication, public: str) -> None:
        parts = urlsplit(public)
        self._app, self._scheme, self._host, self._prefix = app, parts.scheme, parts.netloc, parts.path[:-1]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333. A proxy may take the path's beginning away, or leave it."""
        environ["wsgi.url_scheme"], environ["HTTP_HOST"] = self._scheme, self._host
        path = environ.get("PATH_INFO", "")
        if self._prefix and (path == self._prefix or path.startswith(f"{self._prefix}/")):
            environ["PATH_INFO"] = path[len(self._prefix) :] or "/"
        environ["SCRIPT_NAME"] = self._prefix
        return self._app(environ, start_response)
