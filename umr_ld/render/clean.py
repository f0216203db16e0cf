"""What strangers wrote, before any target writes it."""

from __future__ import annotations

import re

from umr_ld.render.text import visible

_NO_CHARACTER = re.compile(
    "[\ufdd0-\ufdef\ufffe\uffff"
    + "".join(f"{chr((plane << 16) + 0xFFFE)}{chr((plane << 16) + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
"""Code points that are no characters (Unicode §23.7). XML refuses some of them, HTML calls all of them errors."""


def clean(text: str) -> str:
    """A text that every target can carry: control characters, marks that turn the direction of text, lone
    surrogates and code points that are no characters are written as escapes; newlines and tabs stay.

    Args:
        text: anything.
    """
    if text.isascii() and text.isprintable():
        return text
    text = visible(text.replace("\r\n", "\n"))
    return _NO_CHARACTER.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def clean_line(text: str) -> str:
    """As `clean`, with white space of any kind made single spaces.

    Args:
        text: anything.
    """
    return clean(" ".join(text.split()))
