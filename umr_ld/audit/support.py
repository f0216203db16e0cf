"""What evidence supports: data of the ontology (`umr:supports`)."""

from __future__ import annotations

from functools import cache

import pyoxigraph as ox

from umr_ld.audit.item import Outcome
from umr_ld.resources import resource
from umr_ld.vocab import UMR


def supports(evidence: str) -> Outcome:
    """What a value known by some evidence comes to; what is not known to the ontology supports nothing certain.

    Args:
        evidence: key of the evidence, or empty.
    """
    return _table().get(f"{UMR}{evidence}", Outcome.CANNOT_TELL)


@cache
def _table() -> dict[str, Outcome]:
    outcomes = {one.iri: one for one in Outcome}
    path = resource("ontology/umr.ttl")
    return {
        quad.subject.value: outcomes[quad.object.value]
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
        if quad.predicate.value == f"{UMR}supports"
    }
