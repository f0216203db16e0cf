"""A record as a view: what its author published, what holds for it, and where it belongs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyoxigraph as ox
from flask import url_for

from umr_ld.addresses import is_absolute
from umr_ld.errors import Missing
from umr_ld.registry import publication
from umr_ld.render.answers import mentioned_json, shown_json
from umr_ld.vocab import DCT, RDF, UMR
from umr_server.linked.headers import stated_links
from umr_server.linked.view import Graph, Target, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from umr_ld.registry.reader import Reader
    from umr_ld.registry.views import Mentioned, Shown

NAMED = 200
"""Records of which it is told as what they name something."""


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


def known(registry: Reader, reference: str) -> Shown | Mentioned:
    """What there is to tell of a thing: its record, or else who names it.

    Args:
        registry: which is asked.
        reference: as of `Reader.show`.

    Raises:
        Malformed: if it is no reference.
        Missing: if nothing is known of it, not even that somebody names it.
    """
    try:
        return registry.show(reference)
    except Missing:
        mentioned = registry.mentioned(reference)
        if mentioned is None:
            raise
        return mentioned


def mentioned_view(registry: Reader, mentioned: Mentioned, page: Callable[[], str]) -> View:
    """Something of which nothing is recorded: who names it is what is known of it, and is answered with.

    Args:
        registry: in which it is named.
        mentioned: what it is, and who names it.
        page: about it.
    """
    iri = _iri(registry, mentioned.artifact)
    return View(
        page=page,
        graph=lambda: Graph(list(dict.fromkeys(_said_of(registry, mentioned, iri)))),
        values=lambda: mentioned_json(mentioned),
        links=lambda: [Target("cite-as", iri), Target("collection", url_for("linked.catalog"))],
    )


def _said_of(registry: Reader, mentioned: Mentioned, iri: str) -> Iterator[ox.Triple]:
    """Who names it, and as what; the latter of so many as the page names."""
    node = ox.NamedNode(iri)
    yield ox.Triple(node, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{UMR}Artifact"))
    if iri != mentioned.artifact:
        yield ox.Triple(node, ox.NamedNode(f"{DCT}identifier"), ox.Literal(mentioned.artifact))
    for ref in mentioned.named_by:
        record = ox.NamedNode(registry.base.record(ref))
        yield ox.Triple(node, ox.NamedNode(f"{DCT}isReferencedBy"), record)
    names = {mentioned.artifact, *(alias.name for alias in mentioned.aliases)}
    for ref in mentioned.named_by[:NAMED]:
        for link in registry.get(str(ref)).links:
            relation = registry.vocabulary.relations.get(link.relation)
            if link.artifact in names:
                yield ox.Triple(
                    ox.NamedNode(registry.base.record(ref)),
                    ox.NamedNode(link.relation if relation is None else relation.iri),
                    ox.NamedNode(_iri(registry, link.artifact)),
                )


def _iri(registry: Reader, artifact: str) -> str:
    return artifact if is_absolute(artifact) else registry.base.artifact(artifact)


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
