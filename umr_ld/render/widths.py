"""How wide things are on paper, where nothing can be scrolled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from umr_ld.render.text import cells

if TYPE_CHECKING:
    from umr_ld.page import Table

_NARROWEST, _WIDEST = 7, 46
_WORD = 16
_BESIDE = 3
"""Columns that a heading needs besides its words, which are bold."""

_LINES = 6
"""Lines that the longest text of a column may take, where there is room for more columns than one."""

_LINE = 92
"""Columns of letters that a line has, in the type of tables."""

_LOOKED_AT = 60
_LONG = re.compile(r"\S{24,}")
_PUNCTUATION = re.compile(r"(?<=[/._:@=&?-])(?=\w)")


def shares(table: Table) -> tuple[float, ...]:
    """The part of the line that each column gets, by what stands in it; together 1.

    Args:
        table: its first rows are looked at.
    """
    rows = table.rows[:_LOOKED_AT]
    weights, least = [], []
    for at, head in enumerate(table.head):
        widths = sorted(cells(row[at].text) for row in rows) or [0]
        usual = max(widths[len(widths) * 3 // 4], widths[-1] // _LINES, cells(head) + _BESIDE)
        # An answer is bold.
        words = (cells(word) + 2 * bool(row[at].tone) for row in rows for word in row[at].text.split())
        word = max(words, default=0)
        least.append(float(max(min(word, _WORD), _NARROWEST)))
        weights.append(float(min(max(usual, least[-1]), _WIDEST)))
    return tuple(weight / sum(weights) for weight in _fitted(weights, least))


def _fitted(weights: list[float], least: list[float]) -> list[float]:
    """Columns that are too many for a line, without taking from any of them what its longest word needs."""
    over, room = sum(weights) - _LINE, sum(weights) - sum(least)
    if over <= 0 or room <= over:
        return weights
    return [weight - (weight - low) * over / room for weight, low in zip(weights, least, strict=True)]


def parted(text: str, mark: str) -> str:
    """A text with a mark wherever a long word may be broken: behind its punctuation, else every few letters.

    Args:
        text: any text.
        mark: a character that is not in it.
    """
    return _LONG.sub(lambda word: _parts(word.group(), mark), text)


def _parts(word: str, mark: str) -> str:
    pieces = _PUNCTUATION.split(word)
    return mark.join(piece[at : at + 16] for piece in pieces for at in range(0, len(piece), 16))
