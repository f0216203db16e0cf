"""A record as a view: what its author published, what holds for it, and where it belongs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import url_for

from umr_ld.registry import publication
from umr_ld.render.answers import mentioned_json, shown_json
from umr_server.linked.headers import stated_links
from umr_server.linked.view import Graph, Target, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from umr_ld.registry.reader import Reader
    from umr_ld.registry.views import Mentioned, Shown


def record_view(registry: Reader, shown: Shown, page: Callable[[], str], *, exact: bool) -> View:
    """A record.

    Args:
        registry: which has it.
        shown: the record.
        page: about it.
        exact: whether the address names this version, and will name it for ever.
    """
    ref = str(shown.record.ref)
    return View(
        page=page,
        sheet=lambda: publication.page(registry, ref),
        drawing=lambda: publication.drawing(registry, ref),
        graph=lambda: Graph(shown.record.triples, registry.base.asserted(shown.record.ref), shown.body),
        values=lambda: shown_json(shown, registry.vocabulary, stated_only=False),
        draft=lambda: json.loads(shown.body),
        links=lambda: [*stated_links(shown.record), *_place(shown)],
        lasting=shown.record.digest if exact else "",
        gone=shown.withdrawn is not None,
    )


def mentioned_view(mentioned: Mentioned, page: Callable[[], str]) -> View:
    """Something of which nothing is recorded.

    Args:
        mentioned: what it is, and who names it.
        page: about it.
    """
    return View(page=page, values=lambda: mentioned_json(mentioned), status=404)


def _place(shown: Shown) -> Iterator[Target]:
    """Where the record stands among others. Nothing that changes while the record stands."""
    ref = shown.record.ref
    yield Target(
        "describedby", url_for("pages.record", reference=ref, format="jsonld"), "application/ld+json"
    )
    yield Target("collection", url_for("linked.catalog"))
    yield Target("latest-version", url_for("linked.thing", reference=ref.name))
    yield Target("version-history", url_for("pages.history", name=ref.name))
    older = [one for one in shown.versions if one.version < ref.version]
    if older:
        yield Target(
            "predecessor-version", url_for("linked.thing", reference=max(older, key=lambda one: one.version))
        )
