"""A dossier as a dataset of RDF, of which the questions of profiles are asked.

What a record says, or inherits, stands of that record in a graph that is named by the record that states it:
`GRAPH ?origin { ?record dct:title ?value }`. What the registry adds stands in the default graph: kinds,
digests, publications as its log tells them, and the records that links reach, by all the properties that
follow from the relation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.audit.profile import AUDITED
from umr_ld.record import Node
from umr_ld.vocab import CONTEXT_IRI, DCAT, DCT, PROV, RDF, UMR, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.addresses import Base
    from umr_ld.audit.dossier import Dossier
    from umr_ld.record import Value
    from umr_ld.registry.views import Shown
    from umr_ld.vocab import Vocabulary

_TYPE = f"{RDF}type"
_RECORD = f"{UMR}Record"


def store_of(dossier: Dossier, base: Base, vocabulary: Vocabulary) -> ox.Store:
    """The dataset.

    Args:
        dossier: what is looked at.
        base: of the registry.
        vocabulary: kinds, relations, and what follows from them.
    """
    store = ox.Store()
    for one in dossier.records():
        store.bulk_extend(_stated(one, base))
        store.bulk_extend(_known(one, base, vocabulary))
    root = dossier.root.record.iri
    store.add(_quad(root, _TYPE, ox.NamedNode(AUDITED)))
    store.bulk_extend(_reached(dossier, base))
    return store


def _quad(subject: str, name: str, value: ox.NamedNode | ox.Literal, graph: str = "") -> ox.Quad:
    place = ox.NamedNode(graph) if graph else ox.DefaultGraph()
    return ox.Quad(ox.NamedNode(subject), ox.NamedNode(name), value, place)


def _stated(shown: Shown, base: Base) -> Iterator[ox.Quad]:
    me = shown.record.iri
    for name, held in shown.effective.values.items():
        for one in held:
            yield from _facts(me, name, one.value, base.record(one.origin))


def _facts(subject: str, name: str, value: Value, graph: str) -> Iterator[ox.Quad]:
    """A value and all that is nested in it. A record's nesting is limited, and so is this."""
    yield _quad(subject, name, ox.NamedNode(value.iri) if isinstance(value, Node) else value, graph)
    if isinstance(value, Node):
        for inner, values in value.facts.items():
            for one in values:
                yield from _facts(value.iri, inner, one, graph)


def _known(shown: Shown, base: Base, vocabulary: Vocabulary) -> Iterator[ox.Quad]:
    record, log = shown.record, base.log(shown.seq)
    kind = vocabulary.kinds.get(record.kind)
    moment = ox.Literal(
        shown.published.isoformat(timespec="seconds"), datatype=ox.NamedNode(f"{XSD}dateTime")
    )
    yield _quad(record.iri, _TYPE, ox.NamedNode(_RECORD))
    if kind is not None:
        yield _quad(record.iri, _TYPE, ox.NamedNode(kind.iri))
    yield _quad(record.iri, f"{UMR}name", ox.Literal(str(record.ref.name)))
    yield _quad(record.iri, f"{DCAT}version", ox.Literal(str(record.ref.version)))
    yield _quad(record.iri, f"{UMR}digest", ox.Literal(record.digest))
    yield _quad(record.iri, f"{DCT}conformsTo", ox.NamedNode(CONTEXT_IRI))
    yield _quad(log, _TYPE, ox.NamedNode(f"{UMR}Publication"))
    yield _quad(log, f"{PROV}used", ox.NamedNode(record.iri))
    yield _quad(log, f"{PROV}endedAtTime", moment)
    if shown.agent:
        yield _quad(log, f"{PROV}wasAssociatedWith", ox.NamedNode(base.expand("agent/", shown.agent)))
    for one in shown.links:
        if one.reached is not None:
            reached = ox.NamedNode(base.record(one.reached))
            yield _quad(one.link.iri, f"{UMR}reaches", reached)
            for name in _relations(one.link.relation, vocabulary):
                yield _quad(record.iri, name, reached)


def _relations(key: str, vocabulary: Vocabulary) -> Iterator[str]:
    relation = vocabulary.relations.get(key)
    if relation is not None:
        yield relation.iri
        yield from sorted(vocabulary.properties_above.get(relation.iri, ()))


def _reached(dossier: Dossier, base: Base) -> Iterator[ox.Quad]:
    """Advisories, with the records that they reach: the audited one, or where it is the advisory, all."""
    for concern in dossier.concerns:
        yield _quad(base.record(concern.advisory.ref), f"{UMR}exposes", ox.NamedNode(dossier.root.record.iri))
    for ref in dossier.exposed:
        yield _quad(dossier.root.record.iri, f"{UMR}exposes", ox.NamedNode(base.record(ref)))
