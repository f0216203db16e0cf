"""What the endpoint says of itself (W3C SPARQL 1.1 Service Description)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.sparql import functions
from umr_ld.vocab import RDF
from umr_server.sparql.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

SD = "http://www.w3.org/ns/sparql-service-description#"
_WRITTEN = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "nt": "N-Triples",
    "nq": "N-Quads",
    "trig": "TriG",
    "rdf": "RDF_XML",
    "jsonld": "JSON-LD",
}
FORMATS = {key: f"http://www.w3.org/ns/formats/{name}" for key, name in _WRITTEN.items()}
"""W3C's identifiers of file formats, by the key of the form."""


def description(endpoint: str) -> tuple[ox.Triple, ...]:
    """The service description.

    Args:
        endpoint: its absolute address.
    """
    return tuple(_said(ox.NamedNode(endpoint)))


def _said(service: ox.NamedNode) -> Iterator[ox.Triple]:
    dataset = ox.NamedNode(f"{service.value}#dataset")
    default = ox.NamedNode(f"{service.value}#default")
    yield ox.Triple(service, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{SD}Service"))
    yield ox.Triple(service, ox.NamedNode(f"{SD}endpoint"), service)
    yield ox.Triple(service, ox.NamedNode(f"{SD}supportedLanguage"), ox.NamedNode(f"{SD}SPARQL11Query"))
    yield ox.Triple(service, ox.NamedNode(f"{SD}feature"), ox.NamedNode(f"{SD}UnionDefaultGraph"))
    for form in FORMS:
        yield ox.Triple(service, ox.NamedNode(f"{SD}resultFormat"), ox.NamedNode(FORMATS[form]))
    for function in functions():
        yield ox.Triple(service, ox.NamedNode(f"{SD}extensionFunction"), function)
        yield ox.Triple(function, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{SD}Function"))
    yield ox.Triple(service, ox.NamedNode(f"{SD}defaultDataset"), dataset)
    yield ox.Triple(dataset, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{SD}Dataset"))
    yield ox.Triple(dataset, ox.NamedNode(f"{SD}defaultGraph"), default)
    yield ox.Triple(default, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{SD}Graph"))
