"""Addresses that answer with data: records in every syntax, the ontology, the context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox
from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import NotFound

from umr_ld.resources import resource
from umr_ld.vocab import vocabulary

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse

    from umr_ld.registry.views import Shown

SYNTAXES = {
    "jsonld": ("application/ld+json", None),
    "ttl": ("text/turtle", ox.RdfFormat.TURTLE),
    "nt": ("application/n-triples", ox.RdfFormat.N_TRIPLES),
}
HTML = "text/html"
PAGES = {"ns": "ontology/umr.ttl", "risk": "ontology/risks.ttl"}


def blueprint() -> Blueprint:
    """The addresses of records, and of the vocabulary."""
    found = Blueprint("data", __name__)

    @found.get("/r/<path:reference>")
    def thing(reference: str) -> BaseResponse:
        """A record or artifact is no document: 303 to one about it (Cool URIs for the Semantic Web §4.2)."""
        kinds = {mime: name for name, (mime, _) in SYNTAXES.items()}
        best = request.accept_mimetypes.best_match([HTML, *kinds], default=HTML)
        form = kinds.get(best or HTML)
        response = redirect(url_for("pages.record", reference=reference, format=form), 303)
        response.headers["Vary"] = "Accept"
        return response

    @found.get("/ns")
    @found.get("/risk")
    def ontology() -> Response:
        return _file(PAGES[request.path[1:]], "text/turtle; charset=utf-8")

    @found.get("/context/v1")
    def context() -> Response:
        return _file("ontology/context.jsonld", "application/ld+json")

    @found.get("/shapes/<name>")
    def shape(name: str) -> Response:
        names = {path.name for path in resource("shapes").glob("*.ttl")}
        if name not in names:
            raise NotFound
        return _file(f"shapes/{name}", "text/turtle; charset=utf-8")

    return found


def _file(path: str, mime: str) -> Response:
    return Response(resource(path).read_bytes(), content_type=mime)


def twin(shown: Shown, form: str) -> Response:
    """A record as data: the published bytes exactly, or its graph in another syntax.

    Args:
        shown: the record.
        form: key of `SYNTAXES`.
    """
    mime, syntax = SYNTAXES[form]
    if syntax is None:
        body = shown.body
    else:
        prefixes = dict(vocabulary().prefixes) if form == "ttl" else None
        body = ox.serialize(shown.record.triples, format=syntax, prefixes=prefixes) or b""
    status = 200 if shown.withdrawn is None else 410
    response = Response(body, status=status, content_type=mime)
    response.set_etag(f"{shown.record.digest}-{form}{'-withdrawn' if shown.withdrawn else ''}")
    response.headers["Link"] = f'<{shown.record.iri}>; rel="cite-as"'
    if shown.withdrawn is None:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    if status == 200:
        response.make_conditional(request)
    return response
