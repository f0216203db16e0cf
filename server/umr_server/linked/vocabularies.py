"""The ontology, its companions, the shapes, the policy and the context: pages, and every RDF syntax."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
from flask import Response, render_template, request

from umr_ld.errors import Missing
from umr_ld.resources import resource
from umr_ld.risk.policy import Cell
from umr_ld.vocab import DCT, OWL, RDF, RDFS, SKOS, UMR
from umr_server.linked import shapes, terms
from umr_server.linked.answering import PASSING, answer
from umr_server.linked.negotiation import addresses, first_known, named, preferred, wanted_key
from umr_server.linked.syntaxes import SYNTAXES
from umr_server.linked.view import Graph, Target, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flask.typing import ResponseReturnValue

    from umr_ld.risk import Policy
    from umr_server.site import Site

_CELLS = {Cell.FULL: "carries", Cell.WEAK: "weaklyCarries", Cell.STOPS: "stops"}


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view.

    Args:
        site: what is asked.
    """
    found = _Vocabularies(site)
    for key in terms.VOCABULARIES:
        endpoint = {"ns": "ontology"}.get(key, key.replace("/", "-"))
        view = partial(found.vocabulary, key)
        yield from ((address, endpoint, view) for address in addresses(f"/{key}"))
    yield "/ns/<version>", "ontology_version", found.version
    yield "/shapes/<name>", "shape", found.shape
    yield from ((address, "context", found.context) for address in addresses("/context/v1"))
    yield from ((address, "shapes", found.shapes) for address in addresses("/shapes"))
    yield from ((address, "policy", found.policy) for address in addresses("/policy"))


class _Vocabularies:
    def __init__(self, site: Site) -> None:
        self._site = site

    def version(self, version: str) -> ResponseReturnValue:
        """The ontology by the IRI of its version; of others the registry has no file."""
        mine = terms.VOCABULARIES["ns"].iri

        def known(asked: str) -> str:
            if f"{mine}/{asked}" not in terms.statements().texts(mine, f"{OWL}versionIRI"):
                raise Missing(
                    f"there is no version {asked[:80]!r} here", remedy="/ns is the one that there is"
                )
            return "ns"

        key, _, suffix = first_known(version, known)
        return self.vocabulary(key, suffix)

    def vocabulary(self, key: str, form: str = "") -> Response:
        """A document of terms; its anchors are the terms."""
        one = terms.VOCABULARIES[key]
        known = terms.statements()
        licences = known.texts(one.iri, f"{DCT}license")

        def page() -> str:
            return render_template(
                "vocabulary.html",
                title=known.label(one.iri),
                description=" ".join(known.texts(one.iri, f"{DCT}description", f"{RDFS}comment")),
                version=" ".join(known.texts(one.iri, f"{OWL}versionInfo")),
                iri=one.iri,
                sections=terms.sections(key),
                vocabularies={name: known.label(other.iri) for name, other in terms.VOCABULARIES.items()},
                key=key,
            )

        return answer(
            View(
                page=page,
                graph=lambda: _graph([one.path]),
                default="ttl",
                links=lambda: [Target("cite-as", one.iri), *(Target("license", iri) for iri in licences)],
            ),
            form,
        )

    def context(self, form: str = "") -> ResponseReturnValue:
        """The context, which is no graph, at the address by which all documents name it."""
        offers = [SYNTAXES["jsonld"], SYNTAXES["json"], SYNTAXES["html"]]
        row = named(offers, form) or preferred(offers, "jsonld") or offers[0]
        body = resource("ontology/context.jsonld").read_bytes()
        if row.key == "html":
            body = self._context_page(json.loads(body)["@context"]).encode()
        response = Response(body, content_type=row.content_type)
        if not form and not wanted_key():
            response.vary.add("Accept")
        response.headers["Cache-Control"] = PASSING
        response.add_etag()
        response.make_conditional(request)
        return response

    def _context_page(self, context: dict[str, Any]) -> str:
        vocabulary = self._site.registry.vocabulary
        prefixes = {key: iri for key, iri in vocabulary.prefixes.items() if key in context}
        keys = []
        for key, said in context.items():
            if key not in prefixes and not key.startswith("@"):
                iri = vocabulary.iri_of(key)
                kind = said.get("@type", "") if isinstance(said, dict) else ""
                inner = list(said.get("@context", {})) if isinstance(said, dict) else []
                keys.append((key, iri, terms.place_of(iri), kind, inner))
        return render_template("context.html", prefixes=prefixes, keys=keys)

    def shapes(self, form: str = "") -> ResponseReturnValue:
        files = shapes.names()

        def page() -> str:
            found = {name: shapes.shapes_of(name) for name in files}
            return render_template("shapes.html", files=found, only="")

        graph = [f"shapes/{name}" for name in files]
        return answer(View(page=page, graph=lambda: _graph(graph), default="ttl"), form)

    def shape(self, name: str) -> ResponseReturnValue:
        def known(asked: str) -> str:
            if f"{asked}.ttl" not in shapes.names():
                raise Missing(f"there are no shapes {asked[:80]!r}", remedy="/shapes names all")
            return f"{asked}.ttl"

        file, _, suffix = first_known(name, known)

        def page() -> str:
            return render_template("shapes.html", files={file: shapes.shapes_of(file)}, only=file)

        view = View(page=page, graph=lambda: _graph([f"shapes/{file}"]), default="ttl")
        return answer(view, suffix)

    def policy(self, form: str = "") -> ResponseReturnValue:
        """Which relation carries which risk, as this registry judges."""
        policy = self._site.registry.policy

        def page() -> str:
            return render_template("policy.html", **_matrix(policy, self._site))

        def values() -> dict[str, Any]:
            cells = [
                {"relation": relation, "risk": risk, "passes": cell.name.lower()}
                for (relation, risk), cell in sorted(policy.cells.items())
            ]
            return {"digest": policy.digest, "cells": cells, "reviewers": sorted(policy.reviewers)}

        view = View(page=page, graph=lambda: Graph(_policy_triples(policy)), values=values)
        return answer(view, form)


def _graph(paths: Sequence[str]) -> Graph:
    """The graph of files, with the prefixes that they declare. Blank nodes have the same labels each time."""
    prefixes: dict[str, str] = {}
    triples: list[ox.Triple] = []
    labels: dict[object, ox.BlankNode] = {}

    def named(term: Any) -> Any:
        if not isinstance(term, ox.BlankNode):
            return term
        return labels.setdefault(term, ox.BlankNode(f"b{len(labels)}"))

    for path in paths:
        parser = ox.parse(path=str(resource(path)), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
        triples += [ox.Triple(named(one.subject), one.predicate, named(one.object)) for one in parser]
        prefixes |= parser.prefixes
    return Graph(list(dict.fromkeys(triples)), prefixes=prefixes)


def _policy_triples(policy: Policy) -> list[ox.Triple]:
    cells = [(relation, f"{UMR}{_CELLS[cell]}", risk) for (relation, risk), cell in policy.cells.items()]
    cells += [(relation, f"{UMR}weakensPartial", risk) for relation, risk in policy.weakened]
    return [ox.Triple(*map(ox.NamedNode, cell)) for cell in sorted(cells)]


def _matrix(policy: Policy, site: Site) -> dict[str, Any]:
    """Relations against risks and classes of risks: what passes."""
    known = terms.statements()
    columns = sorted(
        {risk for _, risk in policy.cells}, key=lambda iri: (not _is_class(iri), known.label(iri))
    )
    relations = list(site.registry.vocabulary.relations.values())
    cells = {
        (relation.iri, risk): (_passing(policy, relation.iri, risk), (relation.iri, risk) in policy.weakened)
        for relation in relations
        for risk in columns
    }
    labels = {risk: (known.label(risk), terms.place_of(risk)) for risk in columns}
    return {"relations": relations, "columns": labels, "cells": cells, "digest": policy.digest}


def _passing(policy: Policy, relation: str, risk: str) -> str:
    """What passes; of a risk of which nothing is said, what does of its classes."""
    if _is_class(risk):
        return policy.cells.get((relation, risk), Cell.STOPS).name.lower()
    return policy.passes(relation, [risk]).name.lower()


def _is_class(iri: str) -> bool:
    return f"{SKOS}Concept" not in terms.statements().texts(iri, f"{RDF}type")
