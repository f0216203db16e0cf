"""The forms in which answers are written: one row each."""

from __future__ import annotations

from typing import NamedTuple

import pyoxigraph as ox


class Form(NamedTuple):
    """A form of answers.

    Args:
        key: as in `format=`.
        mime: media type (IANA).
        is_graph: whether it writes graphs, else solutions and truth values.
        engine: what writes it.
        row: bytes that stand once for each row or triple.
        others: how often they stand for something else: once for the head of a table, and between rows once
            less than there are rows.
    """

    key: str
    mime: str
    is_graph: bool
    engine: ox.QueryResultsFormat | ox.RdfFormat
    row: bytes
    others: int = 0


FORMS = {
    form.key: form
    for form in (
        Form("json", "application/sparql-results+json", False, ox.QueryResultsFormat.JSON, b'}},{"', -1),
        Form("xml", "application/sparql-results+xml", False, ox.QueryResultsFormat.XML, b"<result>"),
        Form("csv", "text/csv", False, ox.QueryResultsFormat.CSV, b"\r\n", 1),
        Form("tsv", "text/tab-separated-values", False, ox.QueryResultsFormat.TSV, b"\n", 1),
        Form("ttl", "text/turtle", True, ox.RdfFormat.TURTLE, b"\n"),
        Form("nt", "application/n-triples", True, ox.RdfFormat.N_TRIPLES, b"\n"),
        Form("nq", "application/n-quads", True, ox.RdfFormat.N_QUADS, b"\n"),
        Form("trig", "application/trig", True, ox.RdfFormat.TRIG, b"\n"),
        Form("rdf", "application/rdf+xml", True, ox.RdfFormat.RDF_XML, b"<rdf:Description"),
        Form("jsonld", "application/ld+json", True, ox.RdfFormat.JSON_LD, b'"@id":'),
    )
}
"""By key; of each kind the first is the one given to who does not mind."""

ALIASES = {
    "application/json": ("json", "jsonld"),
    "application/xml": ("xml", "rdf"),
    "text/plain": ("nt",),
}
"""Media types that clients ask for and mean one of the above: one for solutions, another for graphs."""

NAMES = {
    "json": ("json", "jsonld"),
    "xml": ("xml", "rdf"),
    "turtle": ("ttl",),
    "n3": ("ttl",),
    "ntriples": ("nt",),
    "rdf+xml": ("rdf",),
    "json-ld": ("jsonld",),
}
"""What clients write for `format=`, beside keys and media types. Nothing specifies it; SPARQLWrapper always sends one."""
