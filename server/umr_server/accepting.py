"""What clients accept, by the header `Accept` (RFC 9110 §12.5.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

if TYPE_CHECKING:
    from collections.abc import Iterable

Ranges = tuple[tuple[str, float], ...]
"""Media ranges with their quality."""


@lru_cache(maxsize=256)
def ranges(header: str) -> Ranges:
    """The media ranges of a header; none if nothing of it can be understood.

    Parameters other than the quality say nothing here: no answer has profiles, and a text is UTF-8. Clients say the
    same again and again: what it means is found out once.

    Args:
        header: `Accept`; may be empty.
    """
    given = parse_accept_header(header, MIMEAccept)
    pairs = ((parse_options_header(value)[0].lower(), quality) for value, quality in given)
    return tuple((value, quality) for value, quality in pairs if _is_range(value))


def _is_range(text: str) -> bool:
    kind, slash, subtype = text.partition("/")
    return bool(kind and slash and subtype) and (kind != "*" or subtype == "*")


def rate(mime: str, also: Iterable[str], accepted: Ranges) -> tuple[float, int]:
    """Quality and exactness by the most exact range that covers a media type.

    Args:
        mime: media type.
        also: its other names, which count where they are named.
        accepted: media ranges.
    """
    kind = mime.partition("/")[0]
    for exactness, covering in ((2, (mime, *also)), (1, (f"{kind}/*",)), (0, ("*/*",))):
        qualities = [quality for value, quality in accepted if value in covering]
        if qualities:
            return max(qualities), exactness
    return 0.0, 0
