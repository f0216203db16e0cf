"""Pages for people: home, search, record, lineage, impact."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Literal

from flask import Blueprint, jsonify, redirect, render_template, request, url_for

from umr_ld.errors import Malformed, Missing
from umr_ld.page import page_of
from umr_server.data import SYNTAXES, twin

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from umr_ld.registry import Registry
    from umr_ld.registry.views import Shown

EXAMPLES = ("vinid/plip", "dvlab/llama-vid-13b", "liuhaotian/llava-v1.6-vicuna-13b")
PAGE = 50
ADVISORIES = 12
ROWS = 1000
"""Of a table of verdicts; the command line gives all."""

LINES = 2000
"""Of a lineage drawn as a tree; beyond it a page helps nobody."""


def blueprint(registry: Registry) -> Blueprint:
    """The pages of one registry.

    Args:
        registry: what is asked.
    """
    found, pages = Blueprint("pages", __name__), _Pages(registry)
    found.add_url_rule("/", "home", pages.home)
    found.add_url_rule("/search", "search", pages.search)
    found.add_url_rule("/page/<path:reference>", "record", pages.record)
    found.add_url_rule("/lineage/<path:reference>", "lineage", pages.lineage)
    found.add_url_rule("/impact/<path:reference>", "impact", pages.impact)
    return found


class _Pages:
    """One method a page."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def home(self) -> str:
        registry = self._registry
        newest = registry.listing(order="newest", limit=12)
        examples = [listed for name in EXAMPLES for listed in registry.listing(prefix=name, limit=1).entries]
        return render_template(
            "home.html",
            counts=registry.counts(),
            newest=newest.entries,
            examples=examples,
            advisories=registry.advisories()[:ADVISORIES],
            base=registry.base.iri,
        )

    def search(self) -> ResponseReturnValue:
        asked = {key: request.args.get(key, "")[:200] for key in ("text", "kind", "publisher", "license")}
        number = max(1, request.args.get("page", 1, type=int))
        listing = self._registry.listing(
            text=asked["text"],
            kind=asked["kind"],
            publisher=asked["publisher"],
            license=asked["license"],
            order="relevance" if asked["text"] else "name",
            limit=PAGE,
            offset=(number - 1) * PAGE,
        )
        if request.args.get("format") == "json":
            rows = [{"ref": str(one.ref), "kind": one.kind, "title": one.title} for one in listing.entries]
            return jsonify(total=listing.total, entries=rows, facets=listing.facets)
        return render_template("search.html", listing=listing, asked=asked, number=number, page_size=PAGE)

    def record(self, reference: str) -> ResponseReturnValue:
        registry = self._registry
        shown, form = _found(registry, reference)
        if shown is None:
            return _mentioned(registry, reference)
        if form:
            return twin(shown, form)
        if str(shown.record.ref) != reference:
            return redirect(url_for("pages.record", reference=shown.record.ref), 302)
        return render_template(
            "record.html",
            shown=shown,
            page=page_of(shown, registry.vocabulary, registry.base),
            history=registry.history(str(shown.record.ref.name)),
            below=registry.impact(reference),
            concerns=registry.check([reference]),
        )

    def lineage(self, reference: str) -> str:
        shown = self._registry.show(reference)
        direction: Literal["up", "down"] = "down" if request.args.get("direction") == "down" else "up"
        depth = request.args.get("depth", type=int)
        drawn = self._registry.lineage(str(shown.record.ref), direction=direction, depth=depth)
        tree = list(islice(drawn.tree(), LINES))
        return render_template("lineage.html", shown=shown, lineage=drawn, tree=tree, direction=direction)

    def impact(self, reference: str) -> str:
        if self._registry.advisory(reference) is not None:
            found = self._registry.verdicts(reference)
            rows = list(islice(self._registry.judged(found), ROWS))
            return render_template("verdicts.html", found=found, rows=rows)
        return render_template("impact.html", reference=reference, hits=self._registry.impact(reference))


def _found(registry: Registry, reference: str) -> tuple[Shown | None, str]:
    """A record and the syntax that is asked for. A name may end like a suffix: an exact match wins."""
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


def _mentioned(registry: Registry, reference: str) -> ResponseReturnValue:
    mentioned = registry.mentioned(reference)
    return render_template("mentioned.html", mentioned=mentioned), 404
