"""How a record is cited, in BibTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from umr_ld.render.clean import clean_line

if TYPE_CHECKING:
    from umr_ld.page.citation import Citation

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

# BibTeX counts braces whether a backslash stands before them or not, and ends an entry where they close.
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{char: f"\\{char}" for char in "&%$#_"},
}


def as_bibtex(cited: Citation) -> str:
    """An entry of the type that every style knows, ending with a newline.

    Args:
        cited: the facts.
    """
    fields = {
        # In braces of its own a name is not taken apart, and a title keeps its capitals.
        "author": " and ".join(f"{{{_text(one)}}}" for one in cited.authors),
        "title": f"{{{_text(cited.title)}}}",
        "publisher": _text(cited.publisher),
        "year": str(cited.date[0]) if cited.date else "",
        "howpublished": f"{_text(cited.kind)} record, version {_text(cited.version)}",
        "url": quote(clean_line(cited.address), safe="/@+:~!$&'()*,;=?#-._%"),
        "note": _text(cited.note),
    }
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    if len(cited.date) > 1 and 1 <= cited.date[1] <= len(_MONTHS):
        lines.append(f"  month = {_MONTHS[cited.date[1] - 1]},")
    return "\n".join([f"@misc{{{cited.key},", *lines, "}", ""])


def _text(text: str) -> str:
    return "".join(_ESCAPES.get(char, char) for char in clean_line(text))
