"""Answers as data: JSON and CSV, written the same way at every verb."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, in some locales in full width too."""


def as_json(value: Any) -> str:
    """A value as JSON (RFC 8259), two spaces deep, ending with a newline.

    Args:
        value: plain values; what a stranger wrote cannot leave its string.
    """
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def as_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180, but with bare newlines between rows).

    Args:
        head: names of the columns.
        rows: one value a column. A text that a spreadsheet would run as a formula gets a `'` before it.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return target.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def stamp(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC, to the second.

    Args:
        moment: with a time zone.
    """
    from datetime import UTC

    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def day(moment: datetime | None) -> str:
    """The day of a moment, in UTC; empty for None.

    Args:
        moment: with a time zone.
    """
    return "" if moment is None else stamp(moment)[:10]


def filled(**members: Any) -> dict[str, Any]:
    """A JSON object without the members that say nothing; zero and false say something.

    Args:
        members: names and values.
    """
    return {
        key: value for key, value in members.items() if value is not None and value not in ("", [], {}, ())
    }


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 record`, `2 records`.

    Args:
        number: how many.
        noun: what, if it is one.
        plural: what, if it is not one; `noun` with an s unless given.
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
