"""Heads of answers as they go over the wire. What each answer has anew is left out of those that are kept."""

from __future__ import annotations

import os
import random
import secrets
import time
from functools import lru_cache

from waitress.utilities import build_http_date

EACH = (b"date:", b"x-request-id:")
"""Headers that each answer has anew."""

OF_AN_ANSWER = (*EACH, b"etag:", b"content-length:")
"""Headers that each answer has of which only the question was another."""

_numbers = random.Random(secrets.randbits(256))  # noqa: S311 - they tell requests apart, and are no secret


def new_identifier() -> str:
    """For a request that has none. The system is not asked for each: that lets go of the interpreter."""
    return f"{_numbers.getrandbits(64):016x}"


# A process that forks would count on from where the other is.
os.register_at_fork(after_in_child=lambda: _numbers.seed(secrets.randbits(256)))


def without(head: bytes, *names: bytes) -> bytes:
    """Status line and headers, without some of them and without the last empty line.

    Args:
        head: of an answer.
        names: of headers, in small letters, each with its colon.
    """
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(names))


def completed(head: bytes, size: int, etag: str) -> bytes:
    """A head that lacked what depends on the question.

    Args:
        head: status line and headers, without `OF_AN_ANSWER`.
        size: bytes of the answer.
        etag: of the answer, without quotes; empty for none.
    """
    length = b"\r\nContent-Length: %d" % size
    return head + length + (b'\r\nEtag: W/"%b"' % etag.encode() if etag else b"")


def finished(head: bytes, identifier: str) -> bytes:
    """A head with what each answer has anew, to its last empty line.

    Args:
        head: status line and headers, without `EACH`.
        identifier: of the request.
    """
    return b"%b\r\nDate: %b\r\nX-Request-Id: %b\r\n\r\n" % (
        head,
        _date(int(time.time())),
        identifier.encode(),
    )


@lru_cache(maxsize=2)
def _date(second: int) -> bytes:
    said: str = build_http_date(second)
    return said.encode("ascii")
