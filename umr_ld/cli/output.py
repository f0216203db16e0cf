"""Answers of the command line as data, and numbers in words."""

from __future__ import annotations

from umr_ld.render.plain import as_csv, as_json, day, filled, stamp

__all__ = ["as_csv", "as_json", "count", "day", "filled", "stamp"]


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 record`, `2 records`.

    Args:
        number: how many.
        noun: what, if it is one.
        plural: what, if it is not one; `noun` with an s unless given.
    """
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
