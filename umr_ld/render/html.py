"""A page as one file of HTML: no script, no request to anywhere, light, dark and on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.render.clean import clean
from umr_ld.render.writing import written

if TYPE_CHECKING:
    from umr_ld.page import Page

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;", "=": "&#61;"}
)


def as_html(page: Page) -> str:
    """A page as a document of its own.

    Args:
        page: what is shown.
    """
    return written("page.html", escaped, page)


def escaped(text: str) -> str:
    """A text as character data or in a quoted attribute (HTML §13.1.2.3, §13.1.3).

    Args:
        text: anything.
    """
    return clean(text).translate(_ESCAPES)
