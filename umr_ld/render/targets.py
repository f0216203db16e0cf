"""The forms in which records are published, a row each.

A row says everything that a door needs: the media type for negotiation, the ending for files and twins,
what is rendered, and what renders it. Renderers are loaded when they are called.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from umr_ld.render.extra import lacking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.page import Page
    from umr_ld.page.drawing import Drawing


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a target made.

    Args:
        body: the bytes.
        losses: what could not be said, in words.
    """

    body: bytes
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """A form in which a record is published.

    Args:
        key: its short name, and the ending of its files without a dot.
        label: its name in words.
        media: type and parameters.
        shows: whether it shows a page, the citation of one, or a drawing of a lineage.
        module: of `umr_ld.render`.
        function: in it. It gives a text or bytes, or these with what was lost.
        binary: whether it is nothing for a terminal.
        needs: module of the extra `render` without which it cannot be made; empty if it needs none.
    """

    key: str
    label: str
    media: str
    shows: Literal["page", "citation", "drawing"]
    module: str
    function: str
    binary: bool = False
    needs: str = ""

    @property
    def lacks(self) -> str:
        """What is not installed and would be needed, in words; empty if nothing is."""
        return lacking(self.needs) if self.needs else ""

    def render(self, shown: Page | Drawing) -> Rendered:
        """Render a page, or a drawing where this target shows one.

        Args:
            shown: what is shown.

        Raises:
            Malformed: if something is not installed that this target needs, or the page has nothing to cite.
        """
        made = getattr(import_module(f"umr_ld.render.{self.module}"), self.function)(_prepared(shown, self))
        body, losses = made if isinstance(made, tuple) else (made, ())
        return Rendered(body.encode("utf-8") if isinstance(body, str) else body, losses)


TARGETS: Mapping[str, Target] = MappingProxyType(
    {
        row.key: row
        for row in (
            Target("html", "HTML", "text/html; charset=utf-8", "page", "html", "as_html"),
            Target("md", "Markdown", "text/markdown; charset=utf-8", "page", "markdown", "as_markdown"),
            Target("tex", "LaTeX", "application/x-tex; charset=utf-8", "page", "tex", "as_tex"),
            Target("pdf", "PDF", "application/pdf", "page", "pdf", "as_pdf", binary=True, needs="typst"),
            Target("txt", "plain text", "text/plain; charset=utf-8", "page", "txt", "as_txt"),
            Target("dot", "Graphviz", "text/vnd.graphviz; charset=utf-8", "drawing", "dot", "as_dot"),
            Target("svg", "SVG", "image/svg+xml", "drawing", "svg", "as_svg", needs="pygraphviz"),
            Target(
                "mermaid", "Mermaid", "text/vnd.mermaid; charset=utf-8", "drawing", "mermaid", "as_mermaid"
            ),
            Target("bib", "BibTeX", "application/x-bibtex; charset=utf-8", "citation", "bibtex", "as_bibtex"),
            Target("csl", "CSL-JSON", "application/vnd.citationstyles.csl+json", "citation", "csl", "as_csl"),
        )
    }
)


def _prepared(shown: Page | Drawing, target: Target) -> object:
    if target.shows == "drawing":
        return shown
    from umr_ld.page import Page

    assert isinstance(shown, Page)
    if target.shows == "page":
        return _with_citation(shown)
    if shown.citation is None:
        from umr_ld.errors import Malformed

        raise Malformed(f"{target.label} cites records, and this is none", remedy="name one record")
    return shown.citation


def _with_citation(page: Page) -> Page:
    """The page with the words to cite it by, which every target shows the same."""
    if page.citation is None:
        return page
    from umr_ld.page import Listing, Part
    from umr_ld.render.bibtex import as_bibtex

    cite = Part("cite", "Cite this record", (Listing("BibTeX", as_bibtex(page.citation)),))
    return replace(page, parts=(*page.parts, cite))
