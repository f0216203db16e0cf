"""Graphs as JSON-LD that is compact with the published context (JSON-LD 1.1 API §6.1)."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from pyld import jsonld

from umr_ld.errors import Unreadable
from umr_ld.vocab import CONTEXT_IRI, vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence


def compacted(triples: Sequence[ox.Triple]) -> bytes:
    """A graph, with the published context by its IRI.

    Args:
        triples: the graph.
    """
    expanded = json.loads(ox.serialize(triples, format=ox.RdfFormat.JSON_LD) or b"[]")
    options = {"documentLoader": _bundled, "graph": True}
    made = jsonld.compact(expanded, CONTEXT_IRI, options)
    return (json.dumps(made, indent=2, ensure_ascii=False) + "\n").encode()


def _bundled(address: str, _options: object = None) -> dict[str, Any]:
    """The only context there is; nothing is fetched."""
    if address != CONTEXT_IRI:
        raise Unreadable(f"the context {address!r} is not bundled, and nothing is fetched")
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": _document(),
    }


@cache
def _document() -> dict[str, Any]:
    return {"@context": dict(vocabulary().context)}
