"""Whether the process lives, and whether it is worth being asked."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify

from umr_ld.errors import UmrError
from umr_server.running.figures import MIME

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from umr_server.site import Site

PATIENCE = 5.0
"""Seconds that what is derived may lag behind the journal: between an entry and its projections it always does."""


class Readiness:
    """Why nobody should be sent here, if there is a reason.

    Args:
        site: what is served.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._guard = threading.Lock()
        self._lagging: tuple[int, float] | None = None
        self.is_starting = self.is_stopping = False

    def reason(self) -> str:
        """In words; empty if everything is ready."""
        if self.is_stopping:
            return "the server is stopping"
        if self.is_starting:
            return "the server is starting"
        try:
            head, reached = self._site.registry.head().seq, self._site.registry.position().seq
        except UmrError as error:
            return f"the registry cannot be read: {error.title}"
        if reached > head:
            return "the journal ends before what was made from it: entries were lost"
        lag = self._lag(head, reached, time.monotonic())
        return f"the index is {lag} entries behind the journal" if lag else ""

    def _lag(self, head: int, reached: int, now: float) -> int:
        """Entries that were there a while ago and are not applied yet."""
        with self._guard:
            if self._lagging is None or reached >= self._lagging[0]:
                self._lagging = (head, now) if reached < head else None
            if self._lagging is None or now - self._lagging[1] < PATIENCE:
                return 0
            return head - reached


def blueprint(site: Site) -> Blueprint:
    """The addresses that machines ask.

    Args:
        site: what is served.
    """
    found = Blueprint("running", __name__)

    @found.get("/healthz")
    def health() -> Response:
        try:
            return jsonify(status="ok", entries=site.registry.position().seq)
        except UmrError:
            # Damage is told at `/readyz`: starting again would not mend it.
            return jsonify(status="ok")

    @found.get("/readyz")
    def ready() -> ResponseReturnValue:
        reason = site.running.readiness.reason()
        if reason:
            return jsonify(status="not ready", reason=reason), 503
        return jsonify(status="ready")

    if site.settings.metrics:

        @found.get("/metrics")
        def metrics() -> Response:
            return Response(site.running.figures.text(), content_type=MIME)

    found.after_request(_unkept)
    return found


def _unkept(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
