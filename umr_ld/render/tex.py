"""A page as LaTeX that compiles under pdfLaTeX and LuaLaTeX, and in which no command comes from data."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from umr_ld.render.clean import clean
from umr_ld.render.widths import parted, shares
from umr_ld.render.writing import written

if TYPE_CHECKING:
    from umr_ld.page import Page, Table

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    # Alone each of these is itself; two of them would be another character.
    "-": "-{}",
    ",": ",{}",
    # In a table an opening bracket after a line's end would be its argument.
    "[": "{[}",
    "*": "{*}",
    "\t": " ",
    "\n": r"\umrbreak{}",
    "\u00a0": r"\umrspace{}",
    "\u00ad": r"\-{}",
    "\uffff": r"\umrsplit{}",
    **{char: f"\\{char}" for char in "&%$#_"},
}

_SPLIT = "\uffff"
"""Where a long word may be broken; no character, so that no text that is clean has it."""

_T1 = frozenset(map(chr, {*range(0x20, 0x7F), *range(0xA1, 0x100)} - {0xAD})) | frozenset(
    "ĂăĄąĆćČčĎďĐđĒēĖėĘęĚěĞğĢģĪīĮįİıĶķĹĺĻļĽľŁłŃńŅņŇňŊŋŌōŐőŒœŔŕŖŗŘřŚśŞşŠšŢţŤťŪūŮůŰűŲųŸŹźŻżŽžȘșȚț–—‘’‚“”„†‡•…‰‹›€™→←"
)
"""What fonts of pdfLaTeX have (encodings T1 and TS1)."""

_RUN = re.compile(f"[^{re.escape(''.join(sorted(_T1 | _ESCAPES.keys())))}]+")


def as_tex(page: Page) -> str:
    """A page as a document of its own.

    Args:
        page: what is shown.
    """
    return written("page.tex", escaped, page, columns=columns, thousands="{:,}".format)


def escaped(text: str) -> str:
    """A text in which TeX finds nothing to do.

    What the fonts of pdfLaTeX do not have goes as an argument to a macro of the template, beside its code
    points: LuaLaTeX shows the text, pdfLaTeX shows the code points.

    Args:
        text: anything.
    """
    found = []
    at = 0
    text = parted(clean(text), _SPLIT)
    for run in _RUN.finditer(text):
        found += [_ESCAPES.get(char, char) for char in text[at : run.start()]]
        found.append(_other(run.group()))
        at = run.end()
    found += [_ESCAPES.get(char, char) for char in text[at:]]
    return "".join(found)


def _other(run: str) -> str:
    points = " ".join(f"U+{ord(char):04X}" for char in run[:3]) + (r" \ldots{}" if len(run) > 3 else "")
    right = any(unicodedata.bidirectional(char) in {"R", "AL"} for char in run)
    return rf"\{'umrright' if right else 'umrother'}{{{run}}}{{{points}}}"


def columns(table: Table) -> str:
    """Columns of a table, which together take the line.

    Args:
        table: what stands in it.
    """
    widths = [
        rf">{{\umrcell}}p{{\dimexpr{share:.4f}\linewidth-2\tabcolsep\relax}}" for share in shares(table)
    ]
    return "@{}" + "".join(widths) + "@{}"
