"""Pages as of a moment: an address that says `at=` is answered from what was published by then, and so are its links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import has_request_context, request, url_for

from umr_ld.errors import Malformed
from umr_ld.moments import moment

if TYPE_CHECKING:
    from flask import Blueprint

DATED = frozenset(
    f"pages.{name}"
    for name in ("home", "search", "record", "lineage", "impact", "advisories", "history", "gaps", "audit")
)
"""Endpoints of pages that can be asked as of a moment."""

_LONGEST = 40


class Then(NamedTuple):
    """What a page says of the moment that it tells of.

    Args:
        at: as it was asked; empty for now.
        now: address of the same page as of now.
        kept: names and values of all else that the address says.
    """

    at: str
    now: str
    kept: tuple[tuple[str, str], ...]


def remember(pages: Blueprint) -> None:
    """Let links of a page as of a moment lead to pages as of that moment, and templates tell of it.

    Args:
        pages: the blueprint of pages.
    """
    pages.app_url_defaults(_same_moment)
    pages.app_context_processor(lambda: {"then": _then()})


def _asked() -> str:
    return request.args.get("at", "").strip()[:_LONGEST] if request.endpoint in DATED else ""


def _same_moment(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint in DATED and "at" not in values and has_request_context() and (at := _asked()):
        values["at"] = at


def _then() -> Then | None:
    if not has_request_context() or request.endpoint not in DATED:
        return None
    kept = tuple(pair for pair in request.args.items(multi=True) if pair[0] != "at")
    now = url_for(request.endpoint, **{**(request.view_args or {}), **dict(kept), "at": None})
    return Then(_readable(_asked()), now, kept)


def _readable(at: str) -> str:
    """What was asked, where it is a moment; a page that says that it is none is as of now."""
    try:
        moment(at, "at")
    except Malformed:
        return ""
    return at
