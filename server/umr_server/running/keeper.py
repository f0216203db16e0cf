"""Answers that were made before are given again until something is published, before Flask hears of the request.

A cache by RFC 9111 §3 and §4, with one thing more: it knows when an answer has become another. Only answers to
anonymous GET are kept, and only those of rooms whose answers are functions of what is published.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import Counter, OrderedDict
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from werkzeug.http import parse_accept_header, parse_etags

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from umr_server.running.state import State

    Headers = list[tuple[str, str]]

ROOMS = frozenset({"pages", "linked", "sparql", "static"})
"""Blueprints whose answers are functions of what is published, unless they say `no-store`; and the files of pages."""

ROUTE, ROOM, OUTCOME, GIVEN = "umr.route", "umr.room", "umr.outcome", "umr.given"
"""Keys of the environment: the rule that answered, its blueprint, what became of the request here, and what was given."""

REACHED, NOW, COPIED = "umr.reached", "umr.now", "umr.copied"
"""Keys of the environment: the entry that answers are made from, as of the request's arrival; all that answers depend
on; and from which entry's copy a query was answered."""

QUESTION, TAKEN = "umr.question", "umr.taken"
"""Keys of the environment: the question that is on its way to its answer already; and whether an answer that was made is
kept from now on."""

KEPT, MADE = "kept", "made"
"""Outcomes: of a request that was answered from here, and of one for whose answer the application was asked."""

_OF_THE_REQUEST = frozenset({"vary", "date", "ratelimit", "ratelimit-policy"})
"""Headers that are said anew, or of who asked first."""

_KEPT_STATUSES = frozenset({"200", "302", "303", "410"})
_LARGEST = 2 << 20
_LONGEST = 2048
_OVERHEAD = 2048
_WAIT = 30.0
"""Seconds that one who asks for what is being made waits for it."""

_UNKEPT = ("HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_RANGE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
_VARIES = ("Accept", "Accept-Encoding", "HX-Request")
SMALLEST_ZIPPED = 1024
"""Bytes of an answer from which on it is zipped for who takes that."""

_MOST_UNKEPT = 4096
_ZIPPED = (
    *("text/", "application/json", "application/ld+json", "application/sparql-results", "application/n-"),
    *("application/trig", "application/rdf+xml", "application/javascript", "image/svg+xml"),
)


class Entry:
    """An answer that is kept.

    Args:
        state: what it was made from.
        status: of HTTP, with its reason.
        headers: without those that are said of each answer anew.
        body: as it was made.
        etag: entity tag with its quotes, or nothing.
        route: rule that answered.
    """

    def __init__(
        self, state: Hashable, status: str, headers: Headers, body: bytes, etag: str, route: str
    ) -> None:
        self.state, self.status, self.body, self.etag, self.route = state, status, body, etag, route
        self.headers = headers
        kind = _value(headers, "content-type")
        self._zips = (
            status.startswith("200")
            and len(body) >= SMALLEST_ZIPPED
            and kind.startswith(_ZIPPED)
            and not _value(headers, "content-encoding")
        )
        self._zipped: bytes | None = None
        self.size = len(body) * (2 if self._zips else 1) + _OVERHEAD

    def zipped(self) -> bytes | None:
        """The body as gzip (RFC 1952), made once; None where that does not pay."""
        if self._zips and self._zipped is None:
            made = gzip.compress(self.body, 6, mtime=0)
            self._zips = len(made) < 0.9 * len(self.body)
            self._zipped = made if self._zips else None
        return self._zipped


class Given(NamedTuple):
    """An answer from here.

    Args:
        state: what it was made from.
        path: of the address.
        query: of the address.
        body: as it was given.
    """

    state: Hashable
    path: str
    query: str
    body: bytes


class _Made(NamedTuple):
    status: str
    headers: Headers
    body: bytes | None
    rest: Iterable[bytes]


def _anybody(_: str) -> bool:
    return True


class Keeper:
    """The application, asked only for what is not kept. May be called by any number of threads.

    Args:
        app: what makes answers.
        state: says whether an answer still is one.
        most: bytes that may be kept.
        admits: whether somebody at an address may have one more answer from here; else the application says no.
    """

    def __init__(
        self, app: WSGIApplication, state: State, most: int, admits: Callable[[str], bool] = _anybody
    ) -> None:
        self._app, self._most = app, most
        self.state, self.admits = state, admits
        self._guard = threading.Lock()
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._making: dict[Hashable, threading.Event] = {}
        self._unkept: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._size = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """See PEP 3333."""
        path = environ.get("PATH_INFO", "")
        if not self._most or path in self._unkept or not _is_anonymous_question(environ):
            return self._app(environ, start_response)
        key, now = _key(environ), self._now(environ)
        if now is None:
            return self._app(environ, start_response)
        environ[NOW] = now
        entry, wanted = self._find(key, now), environ.get("HTTP_IF_NONE_MATCH", "")
        etag = self._etag(key, now) if entry is None and wanted else ""
        is_repeated = entry is None and _matches(wanted, etag)
        if entry is None and not is_repeated:
            is_asked = environ["REQUEST_METHOD"] != "HEAD"
            return (
                self._asked(key, now, environ, start_response)
                if is_asked
                else self._app(environ, start_response)
            )
        if not self.admits(environ.get("REMOTE_ADDR", "")):
            return self._app(environ, start_response)
        return self._repeated(entry, etag, environ, start_response)

    def _now(self, environ: WSGIEnvironment) -> Hashable | None:
        where = environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
        return self.state.now(*where, environ[REACHED]) if REACHED in environ else self.state.now(*where)

    def _repeated(
        self, entry: Entry | None, etag: str, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """What is kept; or of what is not, that it is as it was when it was given."""
        if entry is not None:
            self._count(environ, KEPT)
            return _given(entry, environ, start_response)
        self._count(environ, "revalidated")
        start_response("304 NOT MODIFIED", [("ETag", etag), ("Vary", ", ".join(_VARIES)), _ASK_AGAIN])
        return []

    def note(self, outcome: str) -> None:
        """Count what became of a request.

        Args:
            outcome: as figures name it.
        """
        with self._guard:
            self._counts[outcome] += 1

    def counts(self) -> dict[str, int]:
        """How many requests were answered from here, revalidated and made; entries and bytes now."""
        with self._guard:
            return {**self._counts, "entries": len(self._entries), "bytes": self._size}

    # -- making

    def _asked(
        self, key: Hashable, now: Hashable, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Make an answer, or wait for who makes it."""
        with self._guard:
            other = self._making.get((key, now))
            if other is None:
                self._making[key, now] = mine = threading.Event()
        if other is not None and QUESTION not in environ:
            other.wait(_WAIT)
            entry = self._find(key, now)
            if entry is not None:
                self._count(environ, KEPT)
                return _given(entry, environ, start_response)
        if other is not None:
            return self._app(environ, start_response)
        try:
            self._count(environ, MADE)
            return self._kept(key, now, environ, start_response)
        finally:
            with self._guard:
                self._making.pop((key, now), None)
            mine.set()

    def _kept(
        self, key: Hashable, now: Hashable, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        wanted = environ.pop("HTTP_IF_NONE_MATCH", "")
        environ.pop("HTTP_IF_MODIFIED_SINCE", None)
        made = _made(self._app, environ)
        path, entry = environ.get("PATH_INFO", ""), None
        if environ.get(ROOM) not in ROOMS:
            self._pass_over(path)
        elif made.body is not None and _is_to_be_kept(made) and self._is_still(now, environ):
            entry = self._entry(key, now, made, environ)
            self._keep(key, entry)
        environ["HTTP_IF_NONE_MATCH"] = wanted
        if entry is not None:
            environ[TAKEN] = True
            return _given(entry, environ, start_response)
        etag = _value(made.headers, "etag")
        if etag and made.status.startswith("200") and _matches(wanted, etag):
            _close(made.rest)
            start_response(
                "304 NOT MODIFIED", [pair for pair in made.headers if pair[0].lower() not in _OF_A_BODY]
            )
            return []
        start_response(made.status, made.headers)
        return made.rest

    def _is_still(self, now: Hashable, environ: WSGIEnvironment) -> bool:
        """Whether nothing was published meanwhile; else nobody can tell of which state the answer is."""
        if COPIED in environ:
            return self.state.is_of(now, environ[COPIED])
        return self.state.now(environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")) == now

    def _entry(self, key: Hashable, now: Hashable, made: _Made, environ: WSGIEnvironment) -> Entry:
        headers = list(made.headers)
        etag = _value(headers, "etag")
        if made.status.startswith("200"):
            if not etag and _value(headers, "cache-control") in {"", _ASK_AGAIN[1]}:
                etag = self._etag(key, now)
                headers = [pair for pair in headers if pair[0].lower() != "cache-control"]
                headers += [("ETag", etag), _ASK_AGAIN]
            said = _words(headers, "vary") | ({"accept", "hx-request"} if _is_page(headers) else set())
            headers = [pair for pair in headers if pair[0].lower() not in _OF_THE_REQUEST]
            varies = [word for word in _VARIES if word.lower() in said | {"accept-encoding"}]
            headers.append(("Vary", ", ".join(varies)))
        assert made.body is not None
        return Entry(now, made.status, headers, made.body, etag, environ.get(ROUTE, ""))

    def _etag(self, key: Hashable, now: Hashable) -> str:
        """Known before the answer is made. Weak: the same in meaning, zipped or not (RFC 9110 §8.8.1)."""
        said = repr((self.state.constant, key, now))
        return f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'

    # -- keeping

    def _find(self, key: Hashable, now: Hashable) -> Entry | None:
        with self._guard:
            entry = self._entries.get(key)
            if entry is None or entry.state != now:
                return None
            self._entries.move_to_end(key)
            return entry

    def _keep(self, key: Hashable, entry: Entry) -> None:
        if entry.size > self._most:
            return
        with self._guard:
            old = self._entries.pop(key, None)
            self._size += entry.size - (old.size if old is not None else 0)
            self._entries[key] = entry
            while self._size > self._most:
                _, gone = self._entries.popitem(last=False)
                self._size -= gone.size

    def _pass_over(self, path: str) -> None:
        """Ask the application at once from now on: nobody need wait for what will not be kept."""
        with self._guard:
            if len(self._unkept) >= _MOST_UNKEPT:
                self._unkept.clear()
            self._unkept.add(path)

    def _count(self, environ: WSGIEnvironment, outcome: str) -> None:
        environ[OUTCOME] = outcome
        self.note(outcome)


_ASK_AGAIN = ("Cache-Control", "no-cache")
_OF_A_BODY = frozenset({"content-length", "content-type", "content-encoding"})


def _is_anonymous_question(environ: WSGIEnvironment) -> bool:
    return (
        environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        and not any(name in environ for name in _UNKEPT)
        and environ.get("CONTENT_LENGTH", "") in {"", "0"}
        and ("HTTP_IF_NONE_MATCH" in environ or "HTTP_IF_MODIFIED_SINCE" not in environ)
        and sum(map(len, (environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")))) <= _LONGEST
        and len(environ.get("HTTP_ACCEPT", "")) <= _LONGEST
    )


def _key(environ: WSGIEnvironment) -> Hashable:
    """All of a request that an answer of the rooms may depend on."""
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return (
        *(environ["wsgi.url_scheme"], host, environ.get("SCRIPT_NAME", "")),
        *(environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")),
        "".join(environ.get("HTTP_ACCEPT", "").split()),
        environ.get("HTTP_HX_REQUEST", "") == "true",
    )


def _is_to_be_kept(made: _Made) -> bool:
    if made.status[:3] not in _KEPT_STATUSES:
        return False
    return (
        _words(made.headers, "cache-control").isdisjoint({"no-store", "private"})
        and _words(made.headers, "vary") <= {word.lower() for word in _VARIES}
        and not _value(made.headers, "set-cookie")
    )


def _is_page(headers: Headers) -> bool:
    return _value(headers, "content-type").startswith("text/html")


def _words(headers: Headers, name: str) -> set[str]:
    return {word.strip().lower() for word in _value(headers, name).split(",") if word.strip()}


def _made(app: WSGIApplication, environ: WSGIEnvironment) -> _Made:
    """Ask the application, and collect its answer as far as it may be kept."""
    said: list[tuple[str, Headers]] = []

    def start(status: str, headers: Headers, _: Any = None) -> Any:
        said.append((status, headers))

    answer = app(environ, start)
    pieces, size = [], 0
    try:
        for piece in (iterator := iter(answer)):
            pieces.append(piece)
            size += len(piece)
            if size > _LARGEST:
                return _Made(*said[-1], None, _Rest(chain(pieces, iterator), answer))
    except BaseException:
        _close(answer)
        raise
    _close(answer)
    body = b"".join(pieces)
    return _Made(*said[-1], body, [body])


class _Rest:
    """What was read of an answer, and the rest of it."""

    def __init__(self, pieces: Iterator[bytes], answer: Iterable[bytes]) -> None:
        self._pieces, self._answer = pieces, answer

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        """See PEP 3333."""
        _close(self._answer)


def _close(answer: Iterable[bytes]) -> None:
    close = getattr(answer, "close", None)
    if close is not None:
        with suppress(GeneratorExit):
            close()


def _given(entry: Entry, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """An answer in the coding that is wanted, or that nothing has changed (RFC 9110 §13.1.2)."""
    environ[ROUTE] = entry.route
    wanted = environ.get("HTTP_IF_NONE_MATCH", "")
    if entry.etag and wanted and entry.status.startswith("200") and _matches(wanted, entry.etag):
        start_response(
            "304 NOT MODIFIED", [pair for pair in entry.headers if pair[0].lower() not in _OF_A_BODY]
        )
        _tell(environ, entry, b"")
        return []
    body, headers = entry.body, entry.headers
    zipped = entry.zipped() if _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")) else None
    if zipped is not None:
        body = zipped
        headers = [_weakened(pair) for pair in headers if pair[0].lower() != "content-length"]
        headers += [("Content-Encoding", "gzip"), ("Content-Length", str(len(zipped)))]
    if environ["REQUEST_METHOD"] == "HEAD":
        body = b""
    start_response(entry.status, headers)
    _tell(environ, entry, body)
    return [body]


def _tell(environ: WSGIEnvironment, entry: Entry, body: bytes) -> None:
    """Tell the layers around what was given, if it was there before it was asked for."""
    if environ.get(OUTCOME) == KEPT:
        environ[GIVEN] = Given(
            entry.state, environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", ""), body
        )


def _weakened(pair: tuple[str, str]) -> tuple[str, str]:
    """The tag of other bytes that mean the same is weak (RFC 9110 §8.8.3.3)."""
    name, value = pair
    return (name, f"W/{value}") if name.lower() == "etag" and not value.startswith("W/") else pair


def _takes_gzip(accepted: str) -> bool:
    if "gzip" not in accepted:
        return False
    return "q=" not in accepted.lower() or parse_accept_header(accepted).quality("gzip") > 0


def _matches(wanted: str, etag: str) -> bool:
    """Weak comparison (RFC 9110 §8.8.3.2). `*` is for who writes, and matches nothing here."""
    opaque = etag.removeprefix("W/").strip('"')
    return opaque in wanted and parse_etags(wanted).contains_weak(opaque)


def _value(headers: Headers, name: str) -> str:
    return ", ".join(value for key, value in headers if key.lower() == name)
