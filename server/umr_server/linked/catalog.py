"""What is here, told to harvesters: a VoID description and a DCAT 3 catalogue, in pages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
from flask import redirect, render_template, url_for

from umr_ld.render.answers import listing_json
from umr_ld.render.rows import LISTED, listed_row
from umr_ld.vocab import CONTEXT_IRI, DCT, RDF, RDFS
from umr_server.linked.answering import answer
from umr_server.linked.dcat import (
    DESCRIPTION,
    FOAF,
    PREFIXES,
    TITLE,
    VOID,
    Facts,
    described,
    moment,
    registry_iri,
    say_inbox,
    say_publisher,
)
from umr_server.linked.feeds import page_links
from umr_server.linked.negotiation import addresses, wanted_key
from umr_server.linked.place import absolute, page_number
from umr_server.linked.terms import VOCABULARIES
from umr_server.linked.view import Graph, Table, Target, View
from umr_server.sparql.description import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.registry.views import Listing
    from umr_server.site import Site

PAGE = 100
"""Entries of a page of the catalogue."""


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view.

    Args:
        site: what is asked.
    """
    found = _Catalog(site)
    yield from ((address, "void", found.void) for address in addresses("/void"))
    yield from ((address, "catalog", found.catalog) for address in addresses("/catalog"))
    yield "/.well-known/void", "well_known_void", found.well_known


class _Catalog:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = site.registry

    def well_known(self) -> ResponseReturnValue:
        """Where the description is (VoID §7.2), in the syntax that is asked for."""
        return redirect(url_for("linked.void", format=wanted_key() or None), 302)

    def void(self, form: str = "") -> ResponseReturnValue:
        """The registry as a dataset (VoID, W3C Interest Group Note 3 March 2011)."""
        view = View(graph=lambda: Graph(self._void(), prefixes=PREFIXES), default="ttl")
        return answer(view, form)

    def _void(self) -> list[ox.Triple]:
        registry, facts = self._registry, Facts()
        me, counts = registry_iri(self._site), registry.counts()
        facts.say(me, f"{RDF}type", f"{VOID}Dataset")
        facts.say(me, f"{DCT}title", ox.Literal(TITLE, language="en"))
        facts.say(me, f"{DCT}description", ox.Literal(DESCRIPTION, language="en"))
        say_publisher(facts, self._site, me)
        facts.say(me, f"{FOAF}homepage", absolute(self._site, "pages.home"))
        if self._site.written is None:
            facts.say(me, f"{VOID}sparqlEndpoint", absolute(self._site, "sparql.endpoint"))
        else:
            facts.say(me, f"{VOID}dataDump", absolute(self._site, "mirror.quads"))
        facts.say(me, f"{VOID}uriSpace", ox.Literal(f"{registry.base.iri}r/"))
        facts.say(me, f"{DCT}conformsTo", CONTEXT_IRI)
        say_inbox(facts, self._site, me)
        facts.say(me, f"{RDFS}seeAlso", absolute(self._site, "linked.catalog"))
        for key in ("ns", "risk"):
            # The ontology itself, which is no namespace (VoID §4.3).
            facts.say(me, f"{VOID}vocabulary", VOCABULARIES[key].iri)
        for key in ("jsonld", "ttl", "nt", "nq", "trig", "rdf"):
            facts.say(me, f"{VOID}feature", FORMATS[key])
        facts.count(me, f"{VOID}documents", counts.get("records", 0))
        facts.count(me, f"{VOID}entities", counts.get("records", 0) + counts.get("artifacts", 0))
        for key, kind in registry.vocabulary.kinds.items():
            if counts.get(key):
                part = f"{registry.base.iri}void#{key}"
                facts.say(me, f"{VOID}classPartition", part)
                facts.say(part, f"{VOID}class", kind.iri)
                facts.count(part, f"{VOID}entities", counts[key])
        for event in registry.events(registry.position().seq - 1, registry.position().seq):
            facts.say(me, f"{DCT}modified", moment(event.time.isoformat()))
        return facts.triples

    def catalog(self, form: str = "") -> ResponseReturnValue:
        """Artifacts by their newest records (DCAT 3), a page at a time (Hydra, partial collection views)."""
        number = page_number()

        @cache
        def listing() -> Listing:
            return self._registry.listing(limit=PAGE, offset=(number - 1) * PAGE)

        def page() -> str:
            return render_template("catalog.html", listing=listing(), number=number, size=PAGE)

        view = View(
            page=page,
            graph=lambda: Graph(described(self._site, listing(), number, PAGE), prefixes=PREFIXES),
            values=lambda: listing_json(listing()),
            table=lambda: Table(LISTED, map(listed_row, listing().entries)),
            links=lambda: [
                Target("describedby", url_for("linked.void"), "text/turtle"),
                *page_links(lambda at: url_for("linked.catalog", page=at), number, listing().total, PAGE),
            ],
        )
        return answer(view, form)
