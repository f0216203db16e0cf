"""What the server writes down of itself: one line a request, one line a warning, never what is secret.

A line never has the query of an address (a token may stand there), a header or a body. In JSON every character that
could begin another line is escaped; in text it is made visible.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import quote

from umr_ld.access.secret import concealed
from umr_ld.render.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIEnvironment

LONGEST = 500
"""Characters of an address that are written down."""

_EVERY = 10.0
"""Seconds in which a warning that comes with every request of a rush is written once."""


class AccessLog:
    """Lines about requests.

    Args:
        form: `json`, `text` or `off`.
        target: where they go; None for standard error as it is when a line is written.
    """

    def __init__(self, form: str, target: TextIO | None = None) -> None:
        self.form, self._target = form, target

    def write(
        self,
        environ: WSGIEnvironment,
        path: str,
        route: str,
        status: int,
        size: int,
        took: float,
        outcome: str,
    ) -> None:
        """Write down one request.

        Args:
            environ: of the request.
            path: as it was asked for.
            route: rule that answered; empty for none.
            status: of HTTP.
            size: bytes of the body.
            took: seconds.
            outcome: what became of it at the kept answers; empty for nothing.
        """
        if self.form == "off":
            return
        told = {
            "time": _now(),
            "level": "info",
            "event": "request",
            "id": environ.get("umr.request", ""),
            "client": environ.get("REMOTE_ADDR", ""),
            "method": environ["REQUEST_METHOD"][:32],
            "route": route,
            "path": quote(concealed(path).encode("latin-1", "replace"), safe="/@:+,;=~")[:LONGEST],
            "status": status,
            "bytes": size,
            "ms": round(took * 1000, 2),
            "kept": outcome,
        }
        with suppress(OSError, ValueError):
            # Whoever read them is gone; that is no reason not to answer.
            print(_line(told, self.form), file=self._target or sys.stderr, flush=True)


class _Lines(logging.Formatter):
    """Whatever is logged, as one line of the form.

    Args:
        form: `json` or `text`; errors are told also where it is `off`.
    """

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        told = {
            "time": _now(),
            "level": record.levelname.lower(),
            "event": record.name,
            "message": record.getMessage()[: 4 * LONGEST],
        }
        if record.exc_info:
            told["trace"] = "".join(traceback.format_exception(*record.exc_info))
        return _line(told, self._form)


class _Seldom(logging.Filter):
    """Of the warnings about the queue one in a while: a rush brings one with every request."""

    _last = -_EVERY

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter`."""
        if record.levelno >= logging.ERROR:
            return True
        now = time.monotonic()
        if now - self._last < _EVERY:
            return False
        self._last = now
        return True


def form_of(asked: str) -> str:
    """The form in which lines are written.

    Args:
        asked: as in the settings.
    """
    return asked if asked != "auto" else "text" if sys.stderr.isatty() else "json"


@contextmanager
def logging_to(form: str, name: str) -> Iterator[None]:
    """While this lasts, what libraries log is written in our form, and nowhere else.

    Args:
        form: as of `AccessLog`.
        name: of the application's own logger.
    """
    handler, seldom = logging.StreamHandler(sys.stderr), _Seldom()
    handler.setFormatter(_Lines("text" if form == "off" else form))
    handler.setLevel(logging.ERROR if form == "off" else logging.WARNING)
    loggers = [logging.getLogger(one) for one in ("waitress", name)]
    before = [(one.propagate, one.handlers[:]) for one in loggers]
    for one in loggers:
        one.propagate, one.handlers = False, [handler]
    queue = logging.getLogger("waitress.queue")
    queue.addFilter(seldom)
    try:
        yield
    finally:
        queue.removeFilter(seldom)
        for one, (propagates, handlers) in zip(loggers, before, strict=True):
            one.propagate, one.handlers = propagates, handlers


def _line(told: dict[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(told)
    return " ".join(_shown(value) for value in told.values() if value != "")


def _shown(value: object) -> str:
    return "\\n".join(visible(line) for line in str(value).splitlines())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
