"""Large bodies are worked on in turn: reading and checking one keeps a processor busy for seconds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import g, request

from umr_ld.errors import Overloaded
from umr_server.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

LARGE = 128 << 10
"""Bytes of a body that is not worked on beside another such one. Most records have a tenth of it."""

_WAITING = 4
_SECONDS = 10.0


class LargeBodies:
    """Lets one large body be worked on at a time, and a few wait, each sender in turn.

    Who sends the largest that are taken, again and again, so holds one thread that works and a few that wait, and
    the others answer pages meanwhile.
    """

    def __init__(self) -> None:
        self._turns = Turns(1, _WAITING)

    def watch(self, app: Flask) -> None:
        """Look at every request before it is worked on, and when it is over.

        Args:
            app: the application.
        """
        app.before_request(self._begin)
        app.teardown_request(self._end)

    @contextmanager
    def left(self) -> Iterator[None]:
        """While this lasts, the request holds up no other: what it waits for is worked on elsewhere."""
        had_turn = "has_large_body" in g
        self._end(None)
        yield
        if had_turn:
            self._begin()

    def _begin(self) -> None:
        if (request.content_length or 0) < LARGE:
            return
        if not self._turns.take(request.remote_addr or "", _SECONDS):
            raise Overloaded(
                "other large bodies are being worked on", remedy="send it again in a while, or in parts"
            )
        g.has_large_body = True

    def _end(self, _: BaseException | None) -> None:
        if g.pop("has_large_body", False):
            self._turns.leave()
