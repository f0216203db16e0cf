"""Long answers, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from flask import request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Row = TypeVar("Row")


class Part(NamedTuple):
    """A page of an answer.

    Args:
        value: what is told.
        following: where the next page begins; None at the end.
    """

    value: Any
    following: int | None

    @property
    def link(self) -> str:
        """The header that names the next page, relative to this one (RFC 8288 §3.1); empty at the end."""
        if self.following is None:
            return ""
        given = {**request.args.to_dict(), "offset": str(self.following)}
        return f'<?{urlencode(given)}>; rel="next"'


def taken(
    rows: Sequence[Row], limit: int, offset: int, weigh: Callable[[Row], int] | None = None, most: int = 0
) -> tuple[Sequence[Row], int | None]:
    """A page of rows, and where the next one begins.

    Args:
        rows: all of them.
        limit: how many to take.
        offset: how many to pass over.
        weigh: how much a row says; None if all say about the same.
        most: how much a page says at the most; one row is always taken.
    """
    end = min(offset + limit, len(rows))
    if weigh is not None:
        said = 0
        for at in range(offset, end):
            said += weigh(rows[at])
            if said > most and at > offset:
                end = at
                break
    return rows[offset:end], end if limit and offset < end < len(rows) else None
