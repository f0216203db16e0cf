"""Graphs as RDF/XML, which cannot say everything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox
from werkzeug.exceptions import NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML 1.0 document can hold, not even as a reference (§2.2)."""
_NAME = re.compile(r"[^\W\d][\w.-]*\Z")
"""An end of a predicate's IRI that can be the name of an element, a little narrower than NCName."""


def as_rdf_xml(triples: Sequence[ox.Triple]) -> bytes:
    """A graph as RDF/XML.

    Args:
        triples: the graph.

    Raises:
        NotAcceptable: if there is a character in it that XML has not, or a predicate that no element can be
            named by (RDF 1.1 XML Syntax §4).
    """
    for one in triples:
        value = one.object.value if isinstance(one.object, ox.Literal) else ""
        if _NO_CHARACTER.search(value) or not _NAME.search(one.predicate.value):
            raise NotAcceptable("RDF/XML cannot say all of this graph; ask for Turtle or JSON-LD")
    body: bytes = ox.serialize(triples, format=ox.RdfFormat.RDF_XML) or b""
    # A reader of XML takes a bare carriage return for a line feed (XML 1.0 §2.11).
    return body.replace(b"\r", b"&#13;")
