"""Every IRI that the registry mints answers: artifacts, records, agents, and the named graphs of the store."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyoxigraph as ox
from flask import redirect, request, url_for

from umr_ld.errors import Missing
from umr_ld.names import Ref
from umr_ld.vocab import PROV, RDF, RDFS
from umr_server.linked.answering import answer
from umr_server.linked.negotiation import addresses, first_known, named, offered, preferred, wanted_key
from umr_server.linked.records import known
from umr_server.linked.syntaxes import SYNTAXES
from umr_server.linked.view import Graph, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from werkzeug.wrappers import Response as BaseResponse

    from umr_server.site import Site

_MOST = 1000
"""Statements of one agent."""
_DONE = """SELECT ?entry ?what ?when WHERE {{
  ?entry prov:wasAssociatedWith {agent} ; prov:used ?what ; prov:endedAtTime ?when
}} ORDER BY DESC(?when) LIMIT 100"""
_OF_RECORDS = ("html", "jsonld", "ttl", "nt", "nq", "trig", "rdf", "json", "yaml")


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., BaseResponse]]]:
    """Address, endpoint and view.

    Args:
        site: what is asked.
    """
    found = _Identifiers(site)
    yield "/r/<path:reference>", "thing", found.thing
    yield "/g/<path:reference>", "asserted", found.asserted
    yield "/d/<path:reference>", "derived", found.derived
    yield "/e/<path:reference>", "resolved", found.resolved
    for letter, view in (("g", found.asserted), ("d", found.derived), ("e", found.resolved)):
        yield f"/peer/<peer>/{letter}/<path:reference>", f"peer_{letter}", _of_peer(view)
    yield from ((address, "log", found.log) for address in addresses("/log/<int:number>"))
    yield "/agent/<path:label>", "agent", found.agent


def _of_peer(view: Callable[[str], BaseResponse]) -> Callable[[str, str], BaseResponse]:
    """The same, of another registry's record: its named graphs stand apart."""
    return lambda peer, reference: view(f"{peer}/{reference}")


class _Identifiers:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = site.registry

    def thing(self, reference: str) -> BaseResponse:
        """A record or artifact is no document: 303 to one about it (Cool URIs for the Semantic Web §4.2).

        What the address says of a syntax, or of a moment, it says on: `format=` is kept, and so is a suffix.
        """
        _, _, suffix = first_known(reference, partial(known, self._site.asked))
        asked = wanted_key()
        if asked or suffix:
            return self._about(reference, asked, negotiated=False)
        row = preferred((SYNTAXES[key] for key in _OF_RECORDS), "html") or SYNTAXES["html"]
        return self._about(reference, "" if row.key == "html" else row.key)

    @staticmethod
    def _about(reference: str, form: str, *, negotiated: bool = True) -> BaseResponse:
        at = request.args.get("at", "").strip() or None
        address = url_for("pages.record", reference=reference, format=form or None, at=at)
        return _see_other(address, negotiated=negotiated)

    def asserted(self, reference: str) -> BaseResponse:
        shown, _, suffix = first_known(reference, lambda asked: self._registry.show(str(Ref.parse(asked))))
        name = self._registry.base.asserted(shown.record.ref)
        view = View(
            graph=lambda: Graph(shown.record.triples, name, shown.body),
            lasting=f"{shown.record.digest}-graph",
            gone=shown.withdrawn is not None,
        )
        return self._graph_or_page(view, url_for("pages.record", reference=shown.record.ref), suffix)

    def derived(self, reference: str) -> BaseResponse:
        return self._of_record(reference, self._registry.base.derived)

    def resolved(self, reference: str) -> BaseResponse:
        return self._of_record(reference, self._registry.base.resolved)

    def _of_record(self, reference: str, name_of: Callable[[object], str]) -> BaseResponse:
        record, _, suffix = first_known(reference, lambda asked: self._registry.get(str(Ref.parse(asked))))
        view = View(graph=lambda: self._stored(name_of(record.ref)))
        return self._graph_or_page(view, url_for("pages.record", reference=record.ref), suffix)

    def log(self, number: int, form: str = "") -> BaseResponse:
        found = self._stored(self._registry.base.log(number)) if number < 1 << 63 else Graph(())
        if not found.triples:
            raise Missing(
                f"the journal has no entry {number}", remedy="`/about` tells the number of the last one"
            )
        about = {
            one.object.value
            for one in found.triples
            if one.predicate.value == f"{PROV}used" and isinstance(one.object, ox.NamedNode)
        }
        name = next((self._registry.base.artifact_of(iri) for iri in about), "").partition("@")[0]
        page = url_for("pages.history", name=name) if name and ":" not in name else url_for("pages.about")
        view = View(graph=lambda: found, lasting=f"{found.name} {self._site.registry.base.iri}")
        return self._graph_or_page(view, page, form)

    def agent(self, label: str) -> BaseResponse:
        node, label, suffix = first_known(label, self._agent)
        said = self._registry.query(f"CONSTRUCT {{ {node} ?p ?o }} WHERE {{ {node} ?p ?o }} LIMIT {_MOST}")
        told = {
            *said,  # type: ignore[misc]
            ox.Triple(node, ox.NamedNode(f"{RDF}type"), ox.NamedNode(f"{PROV}Agent")),
            ox.Triple(node, ox.NamedNode(f"{RDFS}label"), ox.Literal(label)),
        }
        view = View(graph=lambda: Graph(sorted(told, key=str)))
        return self._graph_or_page(view, self._page_of_agent(label, node), suffix)

    def _page_of_agent(self, label: str, node: ox.NamedNode) -> str:
        """What they publish; of who is only named by the journal, what they did."""
        if self._registry.listing(publisher=label, limit=1, counted=False).entries:
            return url_for("pages.search", publisher=label)
        return url_for("pages.query", query=_DONE.format(agent=node))

    def _agent(self, label: str) -> ox.NamedNode:
        node = ox.NamedNode(self._registry.base.expand("agent/", label))
        if not self._registry.query(f"ASK {{ ?s ?p {node} }}"):
            raise Missing(f"nothing is said of an agent {label!r}", remedy="`/search` counts by publisher")
        return node

    def _graph_or_page(self, view: View, page: str, suffix: str) -> BaseResponse:
        """A graph; who would rather have a page is sent to the one about what the graph speaks of."""
        offers = [*offered(view), SYNTAXES["html"]]
        is_said = named(offers, suffix)
        row = is_said or preferred(offers, "jsonld")
        if row is not None and row.key == "html":
            return _see_other(page, negotiated=is_said is None)
        return answer(view, suffix)

    def _stored(self, name: str) -> Graph:
        node = ox.NamedNode(name)
        text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {node} {{ ?s ?p ?o }} }}"
        return Graph(sorted(self._registry.query(text), key=str), name)  # type: ignore[arg-type]


def _see_other(address: str, *, negotiated: bool) -> BaseResponse:
    response = redirect(address, 303)
    if negotiated:
        response.headers["Vary"] = "Accept"
    return response
