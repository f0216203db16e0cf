"""The page of one record, and of what is only mentioned."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from flask import redirect, render_template, request, url_for

from umr_ld.errors import Malformed, Missing
from umr_ld.page import page_of
from umr_server.data import SYNTAXES, twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask.typing import ResponseReturnValue

    from umr_ld.page import Section
    from umr_ld.registry import Registry
    from umr_ld.registry.views import Concern, Shown
    from umr_ld.risk import Answer
    from umr_server.site import Site

BELOW = 25
"""How many of those downstream are named; their own page names all."""

APART = {
    "evaluation": "evaluation",
    "questions": "evaluation",
    "data": "data",
    "files": "data",
    "risk": "risk",
}
"""Groups of properties that stand under a tab of their own; all others are the overview."""


class Banner(NamedTuple):
    """What stands above a record: how it is affected, in one line.

    Args:
        answer: the gravest.
        concerns: what is open against it, the gravest first.
    """

    answer: Answer
    concerns: Sequence[Concern]


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    yield "/page/<path:reference>", "record", _Record(site.registry).page


class _Record:
    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def page(self, reference: str) -> ResponseReturnValue:
        registry = self._registry
        shown, form = found(registry, reference)
        if shown is None:
            return self._mentioned(reference)
        if form:
            return twin(shown, form)
        if str(shown.record.ref) != reference:
            return redirect(url_for("pages.record", reference=shown.record.ref), 302)
        below = registry.impact(reference)
        return render_template(
            "record.html",
            shown=shown,
            tabs=_tabs(page_of(shown, registry.vocabulary, registry.base)),
            history=registry.history(str(shown.record.ref.name)),
            below=list(islice(below, BELOW)),
            count_below=len(below),
            banner=_banner(registry.check([reference])),
            kinds=registry.vocabulary.kinds,
            relations=registry.vocabulary.relations,
        )

    def _mentioned(self, reference: str) -> ResponseReturnValue:
        mentioned = self._registry.mentioned(reference)
        concerns = self._registry.check([reference])
        return render_template("mentioned.html", mentioned=mentioned, banner=_banner(concerns)), 404


def _banner(concerns: Sequence[Concern]) -> Banner:
    from umr_ld.risk import Answer

    return Banner(max((one.answer for one in concerns), default=Answer.CLEAR), concerns)


def _tabs(sections: Sequence[Section]) -> dict[str, list[Section]]:
    """The sections of the page, by the tab that they stand under."""
    tabs: dict[str, list[Section]] = {}
    for section in sections:
        tabs.setdefault(APART.get(section.key, "overview"), []).append(section)
    return tabs


def found(registry: Registry, reference: str) -> tuple[Shown | None, str]:
    """A record and the syntax that is asked for. A name may end like a suffix: an exact match wins.

    Args:
        registry: what is asked.
        reference: name and version, perhaps with a suffix.

    Returns:
        the record, None if the artifact is only mentioned; and the key of a syntax, or nothing.

    Raises:
        Missing, Malformed: as `Registry.show`.
    """
    form = request.args.get("format", "")
    candidates = [(reference, form if form in SYNTAXES else "")]
    stem, dot, suffix = reference.rpartition(".")
    if dot and suffix in SYNTAXES:
        candidates.append((stem, suffix))
    error: Exception | None = None
    for name, syntax in candidates:
        try:
            return registry.show(name), syntax
        except (Missing, Malformed) as refused:
            error = error or refused
    if registry.mentioned(reference) is not None:
        return None, ""
    assert error is not None
    raise error
