"""What happened to the registry's own records, for other registries to take over."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from flask import Response, request

from umr_ld.errors import Malformed
from umr_ld.exchange import written
from umr_ld.exchange.lines import MEDIA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from umr_server.site import Site

MOST = 1000
"""Lines of one answer."""
_LARGEST = 16 * 1024 * 1024
"""Bytes after which an answer has no further line."""


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., Response]]]:
    """Address, endpoint and view.

    Args:
        site: what is asked.
    """
    yield "/data/journal.jsonl", "journal", _Journal(site).lines


class _Journal:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def lines(self) -> Response:
        """Entries behind one, of names that begin so, so many at most; none if there are none."""
        after, limit = _number("after", 0), min(_number("limit", MOST), MOST)
        body = bytearray()
        for line in islice(self._registry.lines(after, request.args.get("prefix", "")), limit):
            body += written(line)
            if len(body) > _LARGEST:
                break
        return Response(bytes(body), content_type=MEDIA)


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise Malformed(
            f"{text[:40]!r} is no whole number", where=name, remedy="leave it out, or write digits"
        )
    return int(text) if text else default
