"""Drafts of strangers: what is large is read and checked by a process of its own, which may be killed.

Who sends a draft to be looked at needs no token, and a large one can keep a processor busy for as long as it
is made to. So its request is answered aside, by the same application over the same registry, open for
reading, with limits on time and memory. Small ones take a moment and are answered where they arrive.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from flask import Response, request

from umr_ld.errors import Overloaded, TooLong
from umr_server.child import Child
from umr_server.frames import Died, OutOfTime
from umr_server.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from umr_ld.registry import Registry
    from umr_server.settings import Settings

LARGE = 32 << 10
"""Bytes of a body that is answered aside. Most drafts have a quarter of it."""
MARK = "umr.aside"
"""Key of the WSGI environment in which a request that is answered aside says so; no header can set it."""

_WAITING = 4
_PASSED_ON = ("Content-Type", "Accept")


class Aside:
    """Who answers requests with large bodies. May be asked by any number of threads.

    Args:
        registry: what is asked about.
        settings: how long an answer may take.
    """

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._folder = registry.folder
        self._settings = replace(settings, reads_per_minute=0, metrics=False, page_cache_bytes=0, inbox=False)
        self.endpoints: set[str] = set()
        """Of what anybody may send to be looked at."""
        self._turns = Turns(1, _WAITING)
        self._child: Child | None = None
        self._guard = threading.Lock()

    def watch(self, app: Flask) -> None:
        """Answer what is large before it is worked on here.

        Args:
            app: the application.
        """
        app.before_request(self._answer)

    @property
    def is_needed(self) -> bool:
        """Whether what the request asks is large enough. A registry in memory is this process's alone."""
        large = (request.content_length or 0) >= LARGE
        return large and self._folder is not None and MARK not in request.environ

    def _answer(self) -> Response | None:
        if not self.is_needed or request.endpoint not in self.endpoints:
            return None
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        head = {
            "method": request.method,
            "path": request.path,
            "query_string": request.query_string.decode("latin-1"),
            "base_url": request.host_url,
            "headers": headers,
        }
        return Response(*self._asked(head, request.get_data()))

    def post(self, path: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """What the API answers to a part of the request: status and JSON.

        Args:
            path: without what the deployment puts before it.
            body: what is sent.

        Raises:
            Overloaded, TooLong: if there is no time for it, or not enough.
        """
        head = {"method": "POST", "path": path, "headers": {"Content-Type": "application/json"}}
        sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        answer, status, _ = self._asked(head, sent)
        return status, json.loads(answer)

    def _asked(self, head: Mapping[str, Any], sent: bytes) -> tuple[bytes, int, list[tuple[str, str]]]:
        """The answer to a request: body, status and headers; each sender waits his turn."""
        asked = json.dumps(head).encode() + b"\n" + sent
        if not self._turns.take(request.remote_addr or "", self._settings.draft_seconds):
            raise Overloaded(
                "other large drafts are being looked at", remedy="send it again in a while, or in parts"
            )
        try:
            said, _, body = self._answered(asked).partition(b"\n")
        finally:
            self._turns.leave()
        status, told = json.loads(said)
        return body, status, [(name, value) for name, value in told]

    def close(self) -> None:
        """End the process. What is asked afterwards begins another."""
        with self._guard:
            if self._child is not None:
                self._child.end()
            self._child = None

    def _answered(self, asked: bytes) -> bytes:
        seconds = self._settings.draft_seconds
        try:
            return self._running().ask(asked, seconds)[0]
        except (OutOfTime, Died):
            self.close()
            raise TooLong(
                f"looking at this takes longer than {seconds:g} s, or more memory than it may",
                remedy="send less at once, or check it with `umr validate` on your own machine",
            ) from None

    def _running(self) -> Child:
        with self._guard:
            if self._child is None:
                given = json.dumps(asdict(self._settings))
                self._child = Child("umr_server.aside.worker", str(self._folder), given)
            return self._child
