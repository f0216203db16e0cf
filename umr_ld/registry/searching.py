"""Searching: a listing, and what is found by another of its names."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from umr_ld.ranges import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.index import Page
    from umr_ld.names import Ref
    from umr_ld.registry.parts import Parts


def searched(parts: Parts, at: int | None, *, text: str = "", **asked: Any) -> Page:
    """A page of artifacts. What has all words in another of its names stands first, with that name.

    Args:
        parts: of the registry.
        at: journal sequence number, or None for now.
        text: as of `Index.listing`.
        asked: the rest, as of `Index.listing`.
    """
    aliases = parts.names.aliases(parts.policy, at) if text.strip() else None
    named = _named_otherwise(parts, at, text) if aliases else {}
    if not named:
        return parts.index.listing(text=text, at=at, **asked)
    limit, offset = max(asked.pop("limit", 50), 0), max(asked.pop("offset", 0), 0)
    among = asked.pop("among", None)
    wanted = named.keys() if among is None else named.keys() & set(among)
    everywhere = {**asked, "limit": len(named), "offset": 0}
    found = parts.index.listing(text=text, at=at, among=wanted, **{**everywhere, "counted": False})
    wanted = wanted - {row.ref for row, _ in found.rows}
    first = parts.index.listing(at=at, among=wanted, **everywhere)
    rest_at = max(offset - len(first.rows), 0)
    rows = tuple((row, f"also known as {named[row.ref]}") for row, _ in first.rows[offset : offset + limit])
    rest = parts.index.listing(
        text=text, at=at, among=among, limit=limit - len(rows), offset=rest_at, **asked
    )
    return replace(
        rest,
        rows=(*rows, *rest.rows),
        total=first.total + rest.total,
        facets=_together(first.facets, rest.facets),
    )


def _named_otherwise(parts: Parts, at: int | None, text: str) -> Mapping[Ref, str]:
    """The best records of artifacts, each with another name of it in which all words occur."""
    words = text.casefold().split()
    found: dict[Ref, str] = {}
    for group in parts.names.aliases(parts.policy, at):
        fitting = [name for name in group if all(word in name.casefold() for word in words)]
        for name in group if fitting else ():
            row = parts.index.best_of(name, EVERYTHING, at)
            other = next((one for one in fitting if one != name), None)
            if row is not None and other is not None:
                found[row.ref] = other
    return found


def _together(
    one: Mapping[str, Mapping[str, int]], other: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    return {
        facet: dict((Counter(one.get(facet, {})) + Counter(other.get(facet, {}))).most_common())
        for facet in dict.fromkeys((*other, *one))
    }
