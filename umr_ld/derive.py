"""What follows from a record: the triples of its derived graphs. Never mixed into what was asserted.

Two graphs, because they change at different times:

- *own*: what follows from the record's own document and the ontology. Written once.
- *resolved*: which records its links reach today, and the values it inherits from them. Written again
  whenever a record that it depends on is published or withdrawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.entail import entail
from umr_ld.record import Node
from umr_ld.vocab import DCAT, PROV, RDF, RDFS, UMR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from umr_ld.addresses import Base
    from umr_ld.inherit import Effective
    from umr_ld.names import Ref
    from umr_ld.record import Link, Record
    from umr_ld.risk import Decision
    from umr_ld.vocab import Vocabulary

_TYPE = ox.NamedNode(f"{RDF}type")
_LABEL = ox.NamedNode(f"{RDFS}label")
_SPECIALIZES = ox.NamedNode(f"{PROV}specializationOf")
_VERSION_OF = ox.NamedNode(f"{DCAT}isVersionOf")
_REVISES = ox.NamedNode(f"{PROV}wasRevisionOf")
_ARTIFACT = ox.NamedNode(f"{UMR}Artifact")
_ALTERNATE = ox.NamedNode(f"{PROV}alternateOf")
_REACHES = ox.NamedNode(f"{UMR}reaches")
_INHERITS = ox.NamedNode(f"{UMR}inheritsFrom")
_ORIGIN = ox.NamedNode(f"{UMR}origin")
_HANDED_DOWN = ox.NamedNode(f"{UMR}handsDown")


def own_facts(
    record: Record, previous: Ref | None, base: Base, vocabulary: Vocabulary
) -> tuple[ox.Triple, ...]:
    """What follows from the record's own document.

    Args:
        record: the record.
        previous: the version published before it, if any.
        base: the registry's base IRI.
        vocabulary: relations and the ontology's closure.

    Returns:
        its place among versions, its links as direct properties, labels of agents, and all that the
        ontology entails of these and of the stated facts; without what is stated already.
    """
    stated = set(record.triples)
    placed = [*_place(record, previous, base), *_direct(record, base, vocabulary), *_agents(record, base)]
    followed = entail([*record.triples, *placed], vocabulary)
    return tuple(_sorted({*placed, *followed} - stated))


def resolved_facts(
    record: Record,
    held: Effective,
    reached: Callable[[Link], Ref | None],
    base: Base,
    vocabulary: Vocabulary,
) -> tuple[ox.Triple, ...]:
    """What follows from the record and the records it depends on, as they are today.

    Args:
        record: the record.
        held: its effective values.
        reached: the best matching record of a link, if one is recorded.
        base: the registry's base IRI.
        vocabulary: relations and the ontology's closure.

    Returns:
        for each link the record it reaches; every inherited value as a fact of the record; for every
        record that hands something down, a node naming it and the properties.
    """
    me = ox.NamedNode(record.iri)
    found = []
    for link in record.links:
        target = reached(link)
        if target is not None:
            parent = ox.NamedNode(base.record(target))
            found.append(ox.Triple(ox.NamedNode(link.iri), _REACHES, parent))
            found.extend(ox.Triple(me, relation, parent) for relation in _relation(link, vocabulary))
    found.extend(_inherited(me, held, base))
    entailed = entail(found, vocabulary) if found else ()
    return tuple(
        _sorted({*found, *(triple for triple in entailed if triple.subject == me)} - set(record.triples))
    )


def joined_facts(decision: Decision, base: Base) -> tuple[ox.Triple, ...]:
    """What follows from a decision that stands: each of two names is one of the other's artifact, or nothing.

    Args:
        decision: the newest revision that is not withdrawn.
        base: the registry's base IRI.
    """
    one, other = (ox.NamedNode(base.artifact(name)) for name in decision.names)
    pairs = ((one, other), (other, one)) if decision.accepted else ()
    return tuple(ox.Triple(subject, _ALTERNATE, value) for subject, value in pairs)


def _place(record: Record, previous: Ref | None, base: Base) -> Iterator[ox.Triple]:
    me, artifact = ox.NamedNode(record.iri), ox.NamedNode(base.artifact(record.ref.name))
    yield ox.Triple(me, _SPECIALIZES, artifact)
    yield ox.Triple(me, _VERSION_OF, artifact)
    yield ox.Triple(artifact, _TYPE, _ARTIFACT)
    if previous is not None:
        yield ox.Triple(me, _REVISES, ox.NamedNode(base.record(previous)))


def _direct(record: Record, base: Base, vocabulary: Vocabulary) -> Iterator[ox.Triple]:
    me = ox.NamedNode(record.iri)
    for link in record.links:
        artifact = ox.NamedNode(base.artifact(link.artifact))
        yield from (ox.Triple(me, relation, artifact) for relation in _relation(link, vocabulary))


def _relation(link: Link, vocabulary: Vocabulary) -> tuple[ox.NamedNode, ...]:
    relation = vocabulary.relations.get(link.relation)
    iri = relation.iri if relation is not None else link.relation
    return (ox.NamedNode(iri),)


def _agents(record: Record, base: Base) -> Iterator[ox.Triple]:
    """An agent's IRI below the base was made from its label, which SPARQL could not read back."""
    agents = {triple.object for triple in record.triples if isinstance(triple.object, ox.NamedNode)}
    labelled = {triple.subject for triple in record.triples if triple.predicate == _LABEL}
    for agent in agents - labelled:
        label = base.agent_label(agent.value)
        if label is not None:
            yield ox.Triple(agent, _LABEL, ox.Literal(label))


def _inherited(me: ox.NamedNode, held: Effective, base: Base) -> Iterator[ox.Triple]:
    nodes: dict[Ref, ox.NamedNode] = {}
    for name, one in held.inherited():
        value = ox.NamedNode(one.value.iri) if isinstance(one.value, Node) else one.value
        yield ox.Triple(me, ox.NamedNode(name), value)
        if one.origin not in nodes:
            nodes[one.origin] = ox.NamedNode(f"{me.value}#inherits-{len(nodes) + 1}")
            yield ox.Triple(me, _INHERITS, nodes[one.origin])
            yield ox.Triple(nodes[one.origin], _ORIGIN, ox.NamedNode(base.record(one.origin)))
        yield ox.Triple(nodes[one.origin], _HANDED_DOWN, ox.NamedNode(name))


def _sorted(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    return sorted(triples, key=str)
