"""The SPARQL 1.1 Protocol (W3C, query operation §2.1), and reading graphs (Graph Store HTTP Protocol §5.2)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import NotAcceptable, UnsupportedMediaType

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed, Missing
from umr_server.accepting import ranges, rate
from umr_server.sparql.answers import Asked
from umr_server.sparql.description import description
from umr_server.sparql.forms import ALIASES, FORMS, NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from umr_server.site import Site
    from umr_server.sparql.answers import Answer

FAILED = "umr.failed"
"""Key of the environment: what came of the question where it was asked already, and is to be told."""

QUERY = "application/sparql-query"
FORM = "application/x-www-form-urlencoded"
"""Media types in which a query is sent (SPARQL 1.1 Protocol §2.1.2, §2.1.3)."""

_HTML = "text/html"
_READING = frozenset({"GET", "HEAD"})
"""What is answered alike, apart from the body (RFC 9110 §9.3.2)."""
_OPEN = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag"}
_TEXTUAL = ("text/", "application/n-", "application/trig")


def blueprint(site: Site) -> Blueprint:
    """The endpoint of queries, and of graphs.

    Args:
        site: what is asked.
    """
    found, asking = Blueprint("sparql", __name__), _Endpoint(site)
    found.add_url_rule("/sparql", "endpoint", asking.endpoint, methods=["GET", "POST"])
    found.add_url_rule("/graphs", "graphs", asking.graph, methods=["GET"])
    found.after_request(_open_to_all)
    return found


class _Endpoint:
    def __init__(self, site: Site) -> None:
        self._site = site

    def endpoint(self) -> ResponseReturnValue:
        if FAILED in request.environ:
            raise request.environ[FAILED]
        text = self._text()
        if text is None:
            return self._described()
        if request.method in _READING and _wants_page():
            return _see_page(text)
        asked = Asked(text, _forms(), _graphs("default-graph-uri"), _graphs("named-graph-uri"))
        return self._answer(_whole(asked))

    def graph(self) -> ResponseReturnValue:
        """A graph by its name, or all that is published as one (Graph Store HTTP Protocol §4.2, §5.2)."""
        names = request.args.getlist("graph")
        is_default = "default" in request.args
        if len(names) + is_default != 1:
            raise Malformed("one graph is asked for at a time", remedy="give ?graph=IRI or ?default")
        if names and not is_absolute(names[0]):
            raise Malformed(f"{names[0]!r} is no IRI", remedy="give the graph's whole IRI")
        forms = _graph_forms()
        if names:
            self._require_graph(names[0])
        return self._answer(Asked("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }", forms, tuple(names) or None))

    def _require_graph(self, name: str) -> None:
        found = self._site.queries.ask(Asked("ASK { ?s ?p ?o }", ("json",), (name,), ()))
        if b"true" not in found.read():
            raise Missing(
                f"there is no graph {name}", remedy="`SELECT DISTINCT ?g { GRAPH ?g {} }` names them"
            )

    def _answer(self, asked: Asked) -> Response:
        answer = self._site.queries.ask(asked, request.remote_addr or "")
        response = Response(answer, headers=headers_of(answer))
        if request.method in _READING:
            response.make_conditional(request)
        return response

    def _text(self) -> str | None:
        """The query; None if there is none, which asks what the endpoint is."""
        if request.method in _READING:
            _refuse_updates(request.args.getlist("update"))
            return _only(request.args.getlist("query"), needed=False)
        if request.content_encoding not in {None, "", "identity"}:
            raise UnsupportedMediaType("send the query as it is, without Content-Encoding")
        kind = request.mimetype
        if kind == FORM:
            _refuse_updates(request.form.getlist("update"))
            return _only(request.form.getlist("query"), needed=True)
        if kind == QUERY:
            return _only([_decoded(request.get_data())], needed=True)
        if kind == "application/sparql-update":
            _refuse_updates([""])
        raise UnsupportedMediaType(f"a query is sent as {QUERY} or {FORM}")

    def _described(self) -> ResponseReturnValue:
        if _wants_page():
            return _see_page()
        form = FORMS[_graph_forms()[0]]
        triples = description(url_for("sparql.endpoint", _external=True))
        prefixes = {"sd": "http://www.w3.org/ns/sparql-service-description#"} if form.key == "ttl" else None
        body = ox.serialize(triples, format=form.engine, prefixes=prefixes)  # type: ignore[arg-type]
        return Response(body, content_type=form.mime, headers={"Vary": "Accept"})


def _see_page(query: str | None = None) -> ResponseReturnValue:
    response = redirect(url_for("pages.query", query=query), 303)
    response.vary.add("Accept")
    return response


def headers_of(answer: Answer) -> dict[str, str]:
    """What is said of an answer.

    Args:
        answer: to a query.
    """
    text = answer.mime.startswith(_TEXTUAL)
    # The order of an answer's rows is the engine's to choose: the same in meaning, not in bytes (RFC 9110 §8.8.1).
    lasting = {"Cache-Control": "no-cache", "ETag": f'W/"{answer.etag}"'}
    return {
        "Content-Type": f"{answer.mime}; charset=utf-8" if text else answer.mime,
        "Content-Length": str(answer.size),
        "Vary": "Accept",
        **(lasting if answer.etag else {"Cache-Control": "no-store"}),
        **_OPEN,
    }


def _wants_page() -> bool:
    return "format" not in request.args and is_for_people(request.headers.get("Accept", ""))


@lru_cache(maxsize=256)
def is_for_people(header: str) -> bool:
    """Whether a page is wanted rather than any form of an answer.

    Args:
        header: `Accept`; may be empty.
    """
    given = ranges(header)
    return rate(_HTML, (), given) > max(rate(FORMS[key].mime, _also(key), given) for key in FORMS)


def _forms() -> tuple[str, ...]:
    """Keys of forms, the most wanted first (RFC 9110 §12.5.1); `format=` says more than `Accept`."""
    asked = request.args.get("format") or (request.form.get("format") if request.method == "POST" else None)
    if not asked:
        return accepted(request.headers.get("Accept", ""))
    # A plus that an address does not escape is read as a space, and `application/sparql-results+json` has one.
    keys = _named().get(asked.replace(" ", "+"))
    if keys is None:
        raise Malformed(f"there is no form {asked!r}", remedy=f"one of {', '.join(FORMS)}")
    return keys


@lru_cache(maxsize=256)
def accepted(header: str) -> tuple[str, ...]:
    """Keys of forms, the most wanted first, and of those that are wanted alike the one that is named more exactly.

    Args:
        header: `Accept`; may be empty.

    Raises:
        NotAcceptable: if there is none that is wanted.
    """
    given = ranges(header)
    if not given:
        return tuple(FORMS)
    rated = {key: rate(FORMS[key].mime, _also(key), given) for key in FORMS}
    keys = sorted((key for key in FORMS if rated[key][0] > 0), key=rated.__getitem__, reverse=True)
    if not keys:
        raise NotAcceptable(f"answers are written in {', '.join(form.mime for form in FORMS.values())}")
    return tuple(keys)


def _graph_forms() -> tuple[str, ...]:
    """Of those that are wanted the ones that write graphs."""
    keys = tuple(key for key in _forms() if FORMS[key].is_graph)
    if not keys:
        graphs = ", ".join(form.mime for form in FORMS.values() if form.is_graph)
        raise NotAcceptable(f"the answer is a graph: ask for one of {graphs}")
    return keys


def _also(key: str) -> tuple[str, ...]:
    return tuple(mime for mime, meant in ALIASES.items() if key in meant)


@cache
def _named() -> dict[str, tuple[str, ...]]:
    own = {name: (form.key,) for form in FORMS.values() for name in (form.key, form.mime)}
    return own | NAMES | ALIASES


def _graphs(name: str) -> tuple[str, ...] | None:
    given = [*request.args.getlist(name), *(request.form.getlist(name) if request.mimetype == FORM else ())]
    for iri in given:
        if not is_absolute(iri):
            raise Malformed(f"{iri!r} is no IRI", where=name, remedy="give the graph's whole IRI")
    return tuple(dict.fromkeys(given)) or None


def _whole(asked: Asked) -> Asked:
    """A dataset of the protocol takes the place of all that the query says: what is not named is empty (§2.1.4)."""
    if asked.default is None and asked.named is None:
        return asked
    return asked._replace(default=asked.default or (), named=asked.named or ())


def _only(given: Sequence[str], *, needed: bool) -> str | None:
    if not given and not needed:
        return None
    if len(given) != 1:
        raise Malformed(
            f"{len(given)} queries were sent, and one is answered at a time", remedy="send one as `query`"
        )
    return given[0]


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed(
            "the query is not UTF-8", remedy="send it as UTF-8 (SPARQL 1.1 Protocol §2.1.3)"
        ) from None


def _refuse_updates(given: Sequence[str]) -> None:
    if given:
        raise Malformed(
            "this endpoint answers questions and changes nothing", remedy="publish records instead"
        )


def _open_to_all(response: Response) -> Response:
    """What is asked here is public, and pages elsewhere may ask it (Fetch, CORS protocol)."""
    response.headers.update(_OPEN)
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, HEAD, POST"
        response.headers["Access-Control-Allow-Headers"] = "Accept, Content-Type"
        response.headers["Access-Control-Max-Age"] = "86400"
    return response
