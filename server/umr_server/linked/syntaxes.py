"""The table of negotiation: how answers are written, one row a syntax. Every address is answered by it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pyoxigraph as ox

from umr_ld.alerts.feed import MEDIA_TYPE as ATOM
from umr_ld.media import Media
from umr_ld.render.output import as_csv, as_json
from umr_ld.render.targets import TARGETS
from umr_ld.render.yaml import as_yaml
from umr_ld.vocab import vocabulary
from umr_server.linked.compaction import compacted
from umr_server.linked.pressing import written
from umr_server.linked.xml import as_rdf_xml
from umr_server.sparql.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_server.linked.view import Graph, Table


class Syntax(NamedTuple):
    """A syntax.

    Args:
        key: as in `format=`, and as the suffix of an address.
        mime: media type (IANA).
        label: for people.
        aspect: of a view, which is what is written: an attribute of `View`.
        write: writes it.
        also: other media types that clients ask for and mean this one.
        lacks: what is not installed and would be needed, in words; empty if nothing is.
    """

    key: str
    mime: str
    label: str
    aspect: str
    write: Callable[[Any], str | bytes]
    also: tuple[str, ...] = ()
    lacks: str = ""

    @property
    def content_type(self) -> str:
        """The value of the header `Content-Type`."""
        return f"{self.mime}; charset=utf-8" if self.mime.startswith("text/") else self.mime


def _json_ld(graph: Graph) -> bytes:
    return graph.published or compacted(graph.triples)


def _turtle(graph: Graph) -> bytes:
    prefixes = {**vocabulary().prefixes, **graph.prefixes}
    return ox.serialize(graph.triples, format=ox.RdfFormat.TURTLE, prefixes=prefixes) or b""


def _triples(form: ox.RdfFormat, graph: Graph) -> bytes:
    return ox.serialize(graph.triples, format=form) or b""


def _quads(form: ox.RdfFormat, graph: Graph) -> bytes:
    name = ox.NamedNode(graph.name) if graph.name else ox.DefaultGraph()
    quads = [ox.Quad(one.subject, one.predicate, one.object, name) for one in graph.triples]
    return ox.serialize(quads, format=form) or b""


def _table(table: Table) -> str:
    return as_csv(table.head, table.rows)


def _rdf(key: str, label: str, write: Callable[[Graph], bytes], also: tuple[str, ...] = ()) -> Syntax:
    """A row whose media type is that of the form in which queries are answered."""
    return Syntax(key, FORMS[key].mime, label, "graph", write, also)


def _form(key: str, also: tuple[str, ...] = ()) -> Syntax:
    """A row of what `umr render` makes too."""
    target = TARGETS[key]
    aspect = "drawing" if target.shows == "drawing" else "sheet"
    mime = target.media.partition(";")[0]
    return Syntax(key, mime, target.label, aspect, partial(written, key), also, target.lacks)


SYNTAXES = {
    row.key: row
    for row in (
        Syntax("html", "text/html", "HTML", "page", str, ("application/xhtml+xml",)),
        _rdf("jsonld", "JSON-LD", _json_ld),
        _rdf("ttl", "Turtle", _turtle, ("application/x-turtle",)),
        _rdf("nt", "N-Triples", partial(_triples, ox.RdfFormat.N_TRIPLES)),
        _rdf("nq", "N-Quads", partial(_quads, ox.RdfFormat.N_QUADS)),
        _rdf("trig", "TriG", partial(_quads, ox.RdfFormat.TRIG)),
        _rdf("rdf", "RDF/XML", lambda graph: as_rdf_xml(graph.triples)),
        Syntax("json", "application/json", "JSON", "values", as_json),
        Syntax("yaml", Media.YAML.mime, "YAML", "draft", as_yaml, ("application/yaml", "text/yaml")),
        Syntax("csv", "text/csv", "CSV", "table", _table),
        Syntax("atom", ATOM, "Atom", "feed", bytes),
        _form("pdf"),
        _form("md"),
        _form("tex", ("text/x-tex",)),
        _form("txt"),
        _form("svg"),
        _form("dot"),
        _form("mermaid", ("text/plain",)),
        _form("bib", ("text/x-bibtex",)),
        _form("csl"),
    )
}
"""By key. Of those that are wanted alike the first is given."""
