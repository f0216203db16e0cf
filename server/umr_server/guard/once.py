"""Requests that are done once, however often they are sent: `Idempotency-Key`."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Response, request

from umr_ld.access.requests import Answered
from umr_ld.errors import UmrError

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.access import Token
    from umr_ld.registry import Registry

KEY = "Idempotency-Key"
_KEPT = ("Content-Type", "Location", "Link", "ETag")


def once(
    registry: Registry, token: Token, work: Callable[[], Response], kept: Callable[[Response], bytes]
) -> Response:
    """Do what a request asks for, unless it was done; then answer as then.

    Args:
        registry: which keeps the answers.
        token: the sender's.
        work: does it.
        kept: what of an answer may be kept; it leaves out what is shown once.

    Raises:
        Malformed, Reused, Unfinished: as of `Requests.begin`.
    """
    key = request.headers.get(KEY)
    if key is None:
        return work()
    requests, digest = registry.access.requests, _digest()
    known = requests.begin(token.id, key, digest, now=datetime.now(UTC))
    if known is not None:
        response = Response(known.body, known.status, dict(known.headers))
        response.headers["Idempotency-Replayed"] = "true"
        return response
    try:
        response = work()
    except BaseException:
        requests.abandon(token.id, key)  # Nothing was changed; it may be tried again.
        raise
    headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
    answer = Answered(response.status_code, headers, kept(response))
    with suppress(UmrError):  # It is done all the same.
        requests.finish(token.id, key, digest, answer, now=datetime.now(UTC))
    return response


def _digest() -> bytes:
    """Of everything that decides what a request does."""
    parts = (request.method, request.full_path, request.headers.get("Content-Type", ""))
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + request.get_data()).digest()
