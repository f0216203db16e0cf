"""Plain text for people: tables and broken lines, on a terminal or in a file.

Whatever a stranger wrote passes through `visible`: a terminal obeys control characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NARROWEST = 8
"""Below this a column says nothing; the line grows over the edge instead."""

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_WORD = re.compile(r"([ \t\n\r\v\f]*)([^ \t\n\r\v\f]+)")


@dataclass(frozen=True, slots=True)
class Style:
    """Emphasis for terminals (ECMA-48 §8.3.117); none where it is off.

    Args:
        on: whether escape sequences are written.
    """

    on: bool = False

    def _sgr(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text

    def bold(self, text: str) -> str:
        """For titles and headings."""
        return self._sgr("1", text)

    def dim(self, text: str) -> str:
        """For what may be passed over."""
        return self._sgr("2", text)

    def struck(self, text: str) -> str:
        """For what was decided to be ignored."""
        return self._sgr("9", text)

    def bad(self, text: str) -> str:
        """For errors and violations."""
        return self._sgr("1;31", text)

    def warn(self, text: str) -> str:
        """For warnings and withdrawn records."""
        return self._sgr("33", text)

    def good(self, text: str) -> str:
        """For what went well."""
        return self._sgr("32", text)


PLAIN = Style()


def visible(text: str) -> str:
    """The text with control characters, and marks that turn its direction, written as escapes.

    Args:
        text: anything; newlines and tabs stay.
    """
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def one_line(text: str) -> str:
    """As `visible`, with white space of any kind made single spaces.

    Args:
        text: anything.
    """
    return visible(" ".join(text.split()))


def cells(text: str) -> int:
    """How many columns of a terminal a text takes (UAX #11; marks that combine take none).

    Args:
        text: one line.
    """
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0
        if unicodedata.combining(char) or unicodedata.category(char) == "Cf"
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )


def cut(text: str, width: int) -> str:
    """The text, or its beginning and an ellipsis.

    Args:
        text: one line.
        width: columns that it may take.
    """
    if cells(text) <= width:
        return text
    kept, used = "", 0
    for char in text:
        used += cells(char)
        if used > width - 1:
            break
        kept += char
    return f"{kept}…"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, width: int = 0, style: Style = PLAIN) -> str:
    """Aligned columns under their names.

    Args:
        head: names of the columns.
        rows: one text a column.
        width: columns of the terminal, to which long values are cut; 0 for no limit.
        style: for the names.

    Returns:
        lines, each ending with a newline.
    """
    body = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(cells(line[at]) for line in (head, *body)) for at in range(len(head))]
    if width:
        widths = _squeezed(widths, width)
    lines = [style.bold(_row(head, widths)), *(_row(line, widths) for line in body)]
    return "".join(f"{line}\n" for line in lines)


def _squeezed(widths: list[int], width: int) -> list[int]:
    """The widest columns give way first, until the line fits or none can."""
    widths = list(widths)
    while sum(widths) + 2 * (len(widths) - 1) > width and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(line: Sequence[str], widths: Sequence[int]) -> str:
    fitted = [cut(cell, width) for cell, width in zip(line, widths, strict=True)]
    padded = [cell + " " * (width - cells(cell)) for cell, width in zip(fitted, widths, strict=True)]
    return "  ".join(padded).rstrip()


def broken(text: str, width: int) -> list[str]:
    """A value's text as lines, its own line breaks kept.

    Args:
        text: any text.
        width: columns of a line; 0 for no limit.
    """
    lines: list[str] = []
    for paragraph in visible(text).split("\n"):
        lines += (_filled(paragraph, width) if width else None) or [paragraph.rstrip()]
    return lines


def _filled(paragraph: str, width: int) -> list[str]:
    """As many words on each line as have room; `textwrap` counts letters, of which some are two columns wide."""
    lines, line = [], ""
    for gap, word in _WORD.findall(paragraph.expandtabs()):
        if cells(line) + len(gap) + cells(word) > width:
            lines += [line] if line else []
            line = word
        else:
            line += " " * len(gap) + word
    return [*lines, line] if line else lines
