"""The page where people ask in SPARQL."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import jsonify, render_template, request, url_for

from umr_ld.errors import UmrError
from umr_ld.examples import examples
from umr_ld.sparql import is_lasting
from umr_server.sparql.answers import Asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flask.typing import ResponseReturnValue

    from umr_server.site import Site

ROWS = 500
"""Of an answer shown without scripts."""

_STARTING = "made-from"
_FORMS = ("json", "nt")
_ROWS = {"csv": "CSV", "json": "JSON", "tsv": "TSV", "xml": "XML"}
_GRAPHS = {"ttl": "Turtle", "jsonld": "JSON-LD", "nt": "N-Triples"}
"""Forms in which the same answer can be taken away: of a truth value or rows, and of a graph."""


class Cell(NamedTuple):
    """A term as people read it.

    Args:
        text: in words.
        link: address of a page of this registry, or of an http resource; or nothing.
    """

    text: str
    link: str


class Table(NamedTuple):
    """An answer, for those without scripts: a truth value, a text, or rows.

    Args:
        boolean: of a question that is answered with yes or no.
        text: of a question whose answer is a graph, as N-Triples.
        head: names of the columns.
        rows: cells.
        cut: whether there are more rows.
    """

    boolean: bool | None = None
    text: str | None = None
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    cut: bool = False


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    pages = _Query(site)
    yield "/query", "query", pages.query
    yield "/query/terms", "terms", pages.terms


class _Query:
    def __init__(self, site: Site) -> None:
        self._site = site

    def query(self) -> ResponseReturnValue:
        known = examples()
        chosen = known.get(request.args.get("example", ""))
        asked = "" if chosen else request.args.get("query", "")
        answer, problem = None, None
        if asked:
            try:
                answer = self._answer(asked)
            except UmrError as error:
                problem = error
        page = render_template(
            "query.html",
            query=_declared(
                asked or (chosen or known[_STARTING]).text, self._site.registry.vocabulary.prefixes
            ),
            examples=known.values(),
            prefixes=self._site.registry.vocabulary.prefixes,
            endpoint=url_for("sparql.endpoint"),
            answer=answer,
            forms=_GRAPHS if answer is not None and answer.text is not None else _ROWS,
            problem=problem,
            base=self._site.registry.base.iri,
        )
        lasts = {} if is_lasting(asked) else {"Cache-Control": "no-store"}
        return page, 200 if problem is None else problem.status, lasts

    def terms(self) -> ResponseReturnValue:
        """What the editor completes: names of the vocabulary with their prefixes."""
        vocabulary = self._site.registry.vocabulary
        iris = {*vocabulary.properties, *vocabulary.classes_above, *vocabulary.properties_above}
        iris |= {relation.iri for relation in vocabulary.relations.values()}
        names = sorted({name for iri in iris if (name := _prefixed(iri, vocabulary.prefixes))})
        response = jsonify([{"name": name} for name in names])
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    def _answer(self, text: str) -> Table:
        answer = self._site.queries.ask(Asked(text, _FORMS), request.remote_addr or "")
        if answer.form == "nt":
            lines = answer.read().decode().splitlines()
            return Table(text="\n".join(lines[:ROWS]), cut=len(lines) > ROWS)
        registry = self._site.registry
        return table_of(answer.read(), registry.base.iri, registry.vocabulary.prefixes)


def _declared(text: str, prefixes: Mapping[str, str]) -> str:
    """A query with the prefixes that it uses and does not declare, so that it is understood elsewhere too."""
    used = dict.fromkeys(
        re.findall(r"(?<![\w<:/#])([A-Za-z][\w-]*):(?=[\w-])", re.sub(r"<[^<>\s]*>|#.*", "", text))
    )
    declared = set(re.findall(r"(?i)\bprefix\s+([\w-]*):", text))
    lines = [
        f"PREFIX {name}: <{prefixes[name]}>" for name in used if name in prefixes and name not in declared
    ]
    return "\n".join([*lines, text]) if lines else text


def _prefixed(iri: str, prefixes: Mapping[str, str]) -> str:
    for prefix, root in prefixes.items():
        local = iri.removeprefix(root)
        if local != iri and local.replace("_", "").replace("-", "").isalnum():
            return f"{prefix}:{local}"
    return ""


def table_of(body: bytes, base: str, prefixes: Mapping[str, str]) -> Table:
    """SPARQL results as a table for people.

    Args:
        body: SPARQL 1.1 Query Results JSON.
        base: the registry's base IRI; what lies below it has a page here.
        prefixes: by which IRIs are written in short.
    """
    found: dict[str, Any] = json.loads(body)
    if "boolean" in found:
        return Table(boolean=bool(found["boolean"]))
    head = tuple(found["head"]["vars"])
    bindings = found["results"]["bindings"]
    rows = tuple(tuple(_cell(row.get(name), base, prefixes) for name in head) for row in bindings[:ROWS])
    return Table(head=head, rows=rows, cut=len(bindings) > ROWS)


def _cell(term: dict[str, Any] | None, base: str, prefixes: Mapping[str, str]) -> Cell:
    if term is None:
        return Cell("", "")
    value = str(term["value"])
    if term["type"] != "uri":
        return Cell(value, "")
    root = f"{base}r/"
    if value.startswith(root):
        name, mark, inside = value[len(root) :].partition("#")
        return Cell(name + mark + inside, url_for("pages.record", reference=name))
    text, below = _prefixed(value, prefixes) or value, value.removeprefix(base)
    # Nothing that begins like an address of its own: `//elsewhere` is one.
    if below != value and below[:1].isalnum():
        return Cell(text, url_for("pages.home") + below)
    return Cell(text, value if value.startswith(("http://", "https://")) else "")
