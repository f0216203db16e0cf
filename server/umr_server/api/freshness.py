"""Answers that are not made again while nothing was published."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flask import Response, request

from umr_ld import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response as BaseResponse

    from umr_server.site import Site

POSITION = "Journal-Position"
"""Header with the number of the journal entry that an answer was made after."""


class Freshness:
    """Entity tags (RFC 9110 §8.8.3): an answer is a function of the journal's last entry, the deployment's policy,
    the address, and this program.

    Args:
        site: whose journal.
    """

    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def answered(self, make: Callable[[], BaseResponse]) -> BaseResponse:
        """An answer, or that nothing changed; then it is not made.

        Args:
            make: makes it.
        """
        head = self._registry.position()
        parts = (head.chain, self._registry.policy.digest, request.full_path, __version__)
        tag = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
        known = request.if_none_match
        response: BaseResponse = Response(status=304) if known.contains_weak(tag) else make()
        response.set_etag(tag)
        response.headers[POSITION] = str(head.seq)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-cache"
        return response
