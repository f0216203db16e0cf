"""What follows from a graph and the ontology.

The ontology uses subclasses, subproperties, domains, ranges and inverses only (a test watches it), so
the fixpoint of five rules is everything that OWL 2 RL entails about a record's nodes: cax-sco, prp-spo1,
prp-dom, prp-rng, prp-inv1/2 (OWL 2 Profiles §4.3, tables 5 and 7). Axiomatic and reflexive triples
(`x a owl:Thing`, `x owl:sameAs x`) say nothing, and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.vocab import RDF

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.vocab import Vocabulary

_TYPE = ox.NamedNode(f"{RDF}type")


def entail(triples: Iterable[ox.Triple], vocabulary: Vocabulary) -> tuple[ox.Triple, ...]:
    """The triples that follow, without those given.

    Args:
        triples: a graph.
        vocabulary: gives the ontology's closure.

    Returns:
        in no particular order, each once.
    """
    given = set(triples)
    known = set(given)
    waiting = list(given)
    while waiting:
        for following in _consequences(waiting.pop(), vocabulary):
            if following not in known:
                known.add(following)
                waiting.append(following)
    return tuple(known - given)


def _consequences(triple: ox.Triple, vocabulary: Vocabulary) -> Iterator[ox.Triple]:
    name = triple.predicate.value
    if name == _TYPE.value:
        value = triple.object
        if isinstance(value, ox.NamedNode):
            for wider in vocabulary.classes_above.get(value.value, ()):
                yield ox.Triple(triple.subject, _TYPE, ox.NamedNode(wider))
        return
    follows = vocabulary.follows.get(name)
    if follows is None:
        return
    subject, value = triple.subject, triple.object
    for above in follows.above:
        yield ox.Triple(subject, above, value)
    for domain in follows.domains:
        yield ox.Triple(subject, _TYPE, domain)
    if isinstance(value, ox.Literal):
        return
    for range_ in follows.ranges:
        yield ox.Triple(value, _TYPE, range_)
    for inverse in follows.inverses:
        yield ox.Triple(value, inverse, subject)
