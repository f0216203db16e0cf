"""A record's page as plain text: its sections, and of each inherited value where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.render.text import NARROWEST, PLAIN, Style, broken, cells, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from umr_ld.page import Piece, Section

_LABEL_WIDTH = 24
_INDENT = "  "


def as_text(
    sections: Iterable[Section], *, stated_only: bool = False, width: int = 0, style: Style = PLAIN
) -> str:
    """The sections of a page, one below the other.

    Args:
        sections: as `page.page_of` gives them.
        stated_only: leave inherited values out.
        width: columns of the terminal; 0 for no limit.
        style: for headings and origins.

    Returns:
        lines, each ending with a newline; empty if nothing is said.
    """
    blocks = []
    for section in sections:
        lines = [
            _value(row.label if not at else "", piece, width, style)
            for row in section.rows
            for at, piece in enumerate(_wanted(row.pieces, stated_only=stated_only))
        ]
        if lines:
            blocks.append(f"{style.bold(one_line(section.label))}\n{''.join(lines)}")
    return "\n".join(blocks)


def _wanted(pieces: Iterable[Piece], *, stated_only: bool) -> list[Piece]:
    return [piece for piece in pieces if not (stated_only and piece.origin is not None)]


def _value(label: str, piece: Piece, width: int, style: Style) -> str:
    lead = " " * (len(_INDENT) + _LABEL_WIDTH)
    room = max(width - len(lead), NARROWEST * 2) if width else 0
    lines = broken(words(piece), room)
    head = f"{_INDENT}{one_line(label)}"
    if cells(head) < len(lead):
        lines[0] = head + " " * (len(lead) - cells(head)) + lines[0]
    else:
        lines[0] = f"{head}\n{lead}{lines[0]}"
    if piece.origin is not None:
        origin = f"← {piece.origin}"
        if room and cells(lines[-1]) + 2 + cells(origin) > (room if lines[1:] else width):
            lines.append(style.dim(origin))
        else:
            lines[-1] += f"  {style.dim(origin)}"
    return f"\n{lead}".join(lines) + "\n"


def words(piece: Piece) -> str:
    """A value with what is nested in it, on one line unless the value itself has more.

    Args:
        piece: of a row.
    """
    nested = " · ".join(f"{label}: {text}" for label, text in piece.parts)
    return " · ".join(part for part in (piece.text, nested) if part)
