"""A page as PDF: tagged (PDF/UA-1), for archives (PDF/A-3b), with the published bytes attached.

The page goes into the typesetter as JSON and is never markup. Time and fonts are given, and so the same
page is the same bytes on every machine with the same packages.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from umr_ld.page import Bars, Facts, Table
from umr_ld.render.clean import clean, clean_line
from umr_ld.render.extra import required
from umr_ld.render.widths import parted, shares

if TYPE_CHECKING:
    import typst

    from umr_ld.page import Block, Page

STANDARDS = ("a-3b", "ua-1")
FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
"""Packages with fonts, from the package index; without them a text may have no glyphs."""

_PREFERRED = (
    *("Noto Sans", "Noto Sans CJK SC", "Noto Sans Arabic", "Noto Emoji", "Noto Sans Symbols"),
    *("Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern Math"),
)
_BREAK = "\u200b"
_LONGEST = 2000
"""Characters of what no reader shows whole: PDF/A allows no more than 32,767 bytes (ISO 19005-3 §6.1.13)."""

_ONE_AT_A_TIME = threading.Lock()
"""A compiler belongs to whoever calls it, until it answers."""


def as_pdf(page: Page) -> tuple[bytes, tuple[str, ...]]:
    """A page as a document.

    Args:
        page: what is shown.

    Returns:
        the document; and what it could not be: without a glyph for some text it is neither PDF/A nor PDF/UA,
        and says so.

    Raises:
        Malformed: if the typesetter is not installed.
    """
    compiler = _compiler()
    data = _data(page)
    try:
        return _compiled(compiler, data, page, STANDARDS), ()
    except _typst().TypstError as error:
        why = f"it is neither PDF/A nor PDF/UA: {clean_line(error.message)}"
    note = (
        "This document is neither PDF/A nor PDF/UA: no font has all of its text, or the standards forbid it."
    )
    data["banners"].append({"tone": "possibly", "text": f"{note} The attached data has all.", "link": ""})
    return _compiled(compiler, data, page, ()), (why,)


def _compiled(
    compiler: typst.Compiler, data: dict[str, Any], page: Page, standards: tuple[str, ...]
) -> bytes:
    with _ONE_AT_A_TIME:
        made = compiler.compile(
            _template(),
            format="pdf",
            sys_inputs={"page": json.dumps(data), "body": page.body.decode("utf-8")},
            pdf_standards=list(standards),  # type: ignore[arg-type] # names of standards are a type of their own there
            timestamp=int(page.time.timestamp()),
        )
    assert isinstance(made, bytes)
    return made


def _typst() -> Any:
    return required("typst", "PDF")


@cache
def _template() -> bytes:
    return (Path(__file__).parent / "templates" / "page.typ").read_bytes()


@cache
def _compiler() -> typst.Compiler:
    """It keeps its fonts and what it compiled before."""
    return _typst().Compiler(font_paths=_font_files())  # type: ignore[no-any-return]


@cache
def _fonts() -> tuple[str, ...]:
    """Those that are preferred, as far as they are there; for other scripts the typesetter looks itself."""
    there = set(_font_files().families())
    return tuple(name for name in _PREFERRED if name in there)


@cache
def _font_files() -> typst.Fonts:
    """What the packages have and the typesetter brings. Fonts of the system differ between machines."""
    found = [find_spec(name) for name in FONT_PACKAGES]
    folders = [Path(spec.origin).parent for spec in found if spec is not None and spec.origin]
    return _typst().Fonts(include_system_fonts=False, font_paths=folders)  # type: ignore[no-any-return]


# -- the page as plain values


def _data(page: Page) -> dict[str, Any]:
    return {
        "title": _text(page.title),
        "author": clean_line(page.author)[:_LONGEST] or "unknown",
        "keywords": [clean_line(text)[:100] for text in page.values.get("keyword", ())[:50]],
        "date": [page.time.year, page.time.month, page.time.day],
        "fonts": _fonts(),
        "mono": ("DejaVu Sans Mono", *_fonts()),
        "footer": clean_line(page.address),
        "file": f"{page.reference.replace('/', '_')}.jsonld",
        "attached": clean_line(page.attached),
        "kind": clean_line(page.kind),
        "reference": _text(page.reference),
        "lead": _text(page.lead),
        "banners": [
            {"tone": one.tone, "text": _text(one.text), "link": _link(one.link)} for one in page.banners
        ],
        "parts": [
            {"label": clean_line(part.label), "blocks": [_block(one) for one in part.blocks]}
            for part in page.parts
        ],
    }


def _text(text: str) -> str:
    """Every long word may be broken: a column is narrow, and nothing can be scrolled."""
    return parted(clean(text), _BREAK)


def _link(address: str) -> str:
    return address if len(address) <= _LONGEST else ""


def _block(block: Block) -> dict[str, Any]:
    told: dict[str, Any] = {"is": type(block).__name__}
    match block:
        case Facts():
            told["rows"] = [
                {"label": clean_line(row.label), "pieces": [_piece(piece) for piece in row.pieces]}
                for row in block.rows
            ]
        case Table():
            told |= _table(block)
        case Bars():
            bars = [
                {**asdict(bar), "label": _text(bar.label), "value": _text(bar.value)} for bar in block.bars
            ]
            alt = "; ".join(f"{clean_line(bar.label)}: {clean_line(bar.value)}" for bar in block.bars)
            told |= {"caption": clean_line(block.caption), "bars": bars, "alt": alt[:_LONGEST]}
        case _:
            told |= {key: clean(text) for key, text in asdict(block).items()}
    return told


def _piece(piece: Any) -> dict[str, Any]:
    return {
        "text": _text(piece.text),
        "link": _link(piece.link),
        "parts": [(clean_line(label), _text(text)) for label, text in piece.parts],
        "origin": "" if piece.origin is None else _text(str(piece.origin)),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "caption": clean_line(table.caption),
        "head": [_text(word) for word in table.head],
        "shares": shares(table),
        "rows": [
            [{"text": _text(cell.text), "link": _link(cell.link), "tone": cell.tone} for cell in row]
            for row in table.rows
        ],
        "more": f"And {table.left_out:,} more, in the data." if table.left_out else "",
    }
