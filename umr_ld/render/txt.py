"""A page as plain text."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from umr_ld.page import Bars, Facts, Note, Section, Table
from umr_ld.render.clean import clean, clean_line
from umr_ld.render.record import as_text
from umr_ld.render.text import cells, cut, table

if TYPE_CHECKING:
    from umr_ld.page import Block, Page

WIDTH = 100
_BAR = 30


def as_txt(page: Page) -> str:
    """A page in lines of at most a hundred columns, as far as its words can be parted.

    Args:
        page: what is shown.
    """
    title = clean_line(page.title)
    head = [title, "=" * min(cells(title), WIDTH), clean_line(f"{page.kind} {page.reference}")]
    head += [clean_line(page.lead), clean_line(page.address), ""]
    for banner in page.banners:
        head += [*textwrap.wrap(f"! {clean_line(banner.text)}", WIDTH, subsequent_indent="  "), ""]
    lines = "\n".join(head) + "\n"
    for part in page.parts:
        label = clean_line(part.label)
        lines += f"{label}\n{'-' * cells(label)}\n" + "\n".join(_block(one) for one in part.blocks) + "\n"
    return lines.rstrip("\n") + "\n"


def _block(block: Block) -> str:
    match block:
        case Facts():
            # The label of the part stands above it already.
            return as_text([Section("", "", block.rows)], width=WIDTH).removeprefix("\n")
        case Table():
            return _table(block)
        case Bars():
            return _bars(block)
        case Note():
            return textwrap.fill(clean_line(block.text), WIDTH) + "\n"
        case _:
            return f"{clean_line(block.caption)}:\n" + textwrap.indent(clean(block.text), "    ")


def _table(block: Table) -> str:
    """Aligned where no column is wide; else each row as labelled lines, so that nothing is cut."""
    caption = f"{clean_line(block.caption)}\n\n" if block.caption else ""
    head = [clean_line(word) for word in block.head]
    rows = [[clean_line(cell.text) for cell in row] for row in block.rows]
    widths = [max(map(cells, column)) for column in zip(head, *rows, strict=True)]
    if sum(widths) + 2 * len(widths) <= WIDTH:
        body = table(head, rows)
        body = body if any(head) else body.partition("\n")[2]
    else:
        body = "\n".join(_labelled(head, row) for row in rows)
    more = f"And {block.left_out:,} more, in the data.\n" if block.left_out else ""
    return f"{caption}{body}{more}"


def _labelled(head: list[str], row: list[str]) -> str:
    lines = []
    for at, (label, text) in enumerate(zip(head, row, strict=True)):
        if text:
            lead = "* " if not at else "  "
            told = f"{label}: {text}" if label else text
            lines += textwrap.wrap(
                told,
                WIDTH,
                initial_indent=lead,
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
    return "".join(f"{line}\n" for line in lines)


def _bars(block: Bars) -> str:
    labels = [cut(clean_line(bar.label), 50) for bar in block.bars]
    widest = max(map(cells, labels))
    lines = [clean_line(block.caption)]
    for label, bar in zip(labels, block.bars, strict=True):
        drawn = "█" * round(bar.share * _BAR)
        lines.append(
            f"  {label}{' ' * (widest - cells(label))}  {drawn}{'·' * (_BAR - len(drawn))} {clean_line(bar.value)}"
        )
    return "".join(f"{line}\n" for line in lines)
