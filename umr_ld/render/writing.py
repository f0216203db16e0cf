"""Templates, each with the escaper of what it writes.

An escaper is no filter that a template might forget: everything that a template does not say itself goes
through it. Delimiters are those of the language that is written, so that a template can be read as such.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.page import Page

_TEX = {
    "block_start_string": "\\BLOCK{",
    "block_end_string": "}",
    "variable_start_string": "\\VAR{",
    "variable_end_string": "}",
    "comment_start_string": "\\REM{",
    "comment_end_string": "}",
}


def written(template: str, escape: Callable[[str], str], page: Page, **more: Any) -> str:
    """A page by a template.

    Args:
        template: name of the file in `templates/`.
        escape: makes any text inert in what the template writes.
        page: what is shown.
        more: what else the template uses.
    """
    return _environment(template, escape).get_template(template).render(page=page, **more)


@cache
def _environment(template: str, escape: Callable[[str], str]) -> Environment:
    delimiters = _TEX if template.endswith(".tex") else {}
    environment = Environment(
        loader=PackageLoader("umr_ld.render", "templates"),
        # What `_escaped` gives is marked as safe; whatever came past it would be escaped for HTML, and seen.
        autoescape=True,
        finalize=lambda value: _escaped(value, escape),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **delimiters,  # type: ignore[arg-type] # six texts among settings of other types
    )
    environment.tests["block"] = lambda value, name: type(value).__name__ == name
    return environment


def _escaped(value: Any, escape: Callable[[str], str]) -> Markup:
    """What macros of the template give is written already; everything else is a stranger's."""
    return value if isinstance(value, Markup) else Markup(escape(str(value)))  # noqa: S704 - the escaper's own
