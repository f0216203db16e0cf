"""What is here, told to harvesters: a VoID description and a DCAT 3 catalogue, in pages."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox
from flask import redirect, render_template, url_for

from umr_ld.addresses import is_absolute
from umr_ld.alerts.ldn import INBOX
from umr_ld.render.answers import listing_json
from umr_ld.render.output import stamp
from umr_ld.render.rows import LISTED, listed_row
from umr_ld.vocab import CONTEXT_IRI, DCAT, DCT, RDF, RDFS, XSD
from umr_server.linked.answering import answer
from umr_server.linked.feeds import page_links
from umr_server.linked.negotiation import addresses, wanted_key
from umr_server.linked.place import absolute, page_number
from umr_server.linked.terms import VOCABULARIES
from umr_server.linked.view import Graph, Table, Target, View
from umr_server.sparql.description import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_ld.registry.views import Listed, Listing
    from umr_server.site import Site

PAGE = 100
"""Entries of a page of the catalogue."""

VOID = "http://rdfs.org/ns/void#"
HYDRA = "http://www.w3.org/ns/hydra/core#"
FOAF = "http://xmlns.com/foaf/0.1/"
_PREFIXES = {"void": VOID, "hydra": HYDRA}
_TITLE = "Registry of model records"
_DESCRIPTION = "Records of models and datasets: what each is, what it was made from, and who is downstream."


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view.

    Args:
        site: what is asked.
    """
    found = _Catalog(site)
    yield from ((address, "void", found.void) for address in addresses("/void"))
    yield from ((address, "catalog", found.catalog) for address in addresses("/catalog"))
    yield "/.well-known/void", "well_known_void", found.well_known


class _Facts:
    """Statements that are being gathered."""

    def __init__(self) -> None:
        self.triples: list[ox.Triple] = []

    def say(self, subject: str, name: str, value: str | ox.Literal) -> None:
        """Add a statement; a text is an IRI."""
        term = value if isinstance(value, ox.Literal) else ox.NamedNode(value)
        self.triples.append(ox.Triple(ox.NamedNode(subject), ox.NamedNode(name), term))

    def count(self, subject: str, name: str, number: int) -> None:
        """Add a number."""
        self.say(subject, name, ox.Literal(number))


class _Catalog:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = site.registry

    def well_known(self) -> ResponseReturnValue:
        """Where the description is (VoID §7.2), in the syntax that is asked for."""
        return redirect(url_for("linked.void", format=wanted_key() or None), 302)

    def void(self, form: str = "") -> ResponseReturnValue:
        """The registry as a dataset (VoID, W3C Interest Group Note 3 March 2011)."""
        view = View(graph=lambda: Graph(self._void(), prefixes=_PREFIXES), default="ttl")
        return answer(view, form)

    def _void(self) -> list[ox.Triple]:
        registry, facts = self._registry, _Facts()
        me, counts = f"{registry.base.iri}void#registry", registry.counts()
        facts.say(me, f"{RDF}type", f"{VOID}Dataset")
        facts.say(me, f"{DCT}title", ox.Literal(_TITLE, language="en"))
        facts.say(me, f"{DCT}description", ox.Literal(_DESCRIPTION, language="en"))
        facts.say(me, f"{FOAF}homepage", absolute(self._site, "pages.home"))
        if self._site.written is None:
            facts.say(me, f"{VOID}sparqlEndpoint", absolute(self._site, "sparql.endpoint"))
        else:
            facts.say(me, f"{VOID}dataDump", absolute(self._site, "mirror.quads"))
        facts.say(me, f"{VOID}uriSpace", ox.Literal(f"{registry.base.iri}r/"))
        facts.say(me, f"{DCT}conformsTo", CONTEXT_IRI)
        self._say_inbox(facts, me)
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
            facts.say(me, f"{DCT}modified", _moment(event.time.isoformat()))
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
            graph=lambda: Graph(self._graph(listing(), number), prefixes=_PREFIXES),
            values=lambda: listing_json(listing()),
            table=lambda: Table(LISTED, map(listed_row, listing().entries)),
            links=lambda: [
                Target("describedby", url_for("linked.void"), "text/turtle"),
                *page_links(lambda at: url_for("linked.catalog", page=at), number, listing().total, PAGE),
            ],
        )
        return answer(view, form)

    def _graph(self, listing: Listing, number: int) -> list[ox.Triple]:
        site, registry, facts = self._site, self._registry, _Facts()
        me = f"{registry.base.iri}catalog"
        facts.say(me, f"{RDF}type", f"{DCAT}Catalog")
        facts.say(me, f"{RDF}type", f"{HYDRA}Collection")
        facts.say(me, f"{DCT}title", ox.Literal(_TITLE, language="en"))
        facts.say(me, f"{DCT}description", ox.Literal(_DESCRIPTION, language="en"))
        facts.say(me, f"{FOAF}homepage", absolute(site, "pages.home"))
        facts.count(me, f"{HYDRA}totalItems", listing.total)
        if site.written is None:
            self._say_service(facts, me)
        self._say_inbox(facts, me)
        self._say_view(facts, me, number, listing.total)
        for one in listing.entries:
            self._say_entry(facts, me, one)
        return facts.triples

    def _say_inbox(self, facts: _Facts, me: str) -> None:
        """Where others may tell the registry something (LDN §3.1)."""
        if self._site.settings.inbox:
            facts.say(me, INBOX, absolute(self._site, "inbox.container"))

    def _say_service(self, facts: _Facts, me: str) -> None:
        service = absolute(self._site, "sparql.endpoint")
        facts.say(me, f"{DCAT}service", service)
        facts.say(service, f"{RDF}type", f"{DCAT}DataService")
        facts.say(service, f"{DCT}title", ox.Literal("SPARQL", language="en"))
        facts.say(service, f"{DCAT}endpointURL", service)
        facts.say(service, f"{DCT}conformsTo", "http://www.w3.org/TR/sparql11-protocol/")
        facts.say(service, f"{DCAT}servesDataset", f"{self._registry.base.iri}void#registry")

    def _say_view(self, facts: _Facts, me: str, number: int, total: int) -> None:
        last = max(1, -(-total // PAGE))
        places = {"first": 1, "last": last}
        places |= {"previous": number - 1} if 1 < number <= last else {}
        places |= {"next": number + 1} if number < last else {}
        here = absolute(self._site, "linked.catalog", page=number)
        facts.say(me, f"{HYDRA}view", here)
        facts.say(here, f"{RDF}type", f"{HYDRA}PartialCollectionView")
        for rel, place in places.items():
            facts.say(here, f"{HYDRA}{rel}", absolute(self._site, "linked.catalog", page=place))

    def _say_entry(self, facts: _Facts, me: str, one: Listed) -> None:
        base = self._registry.base
        iri, is_data = base.record(one.ref), one.kind == "Dataset"
        facts.say(me, f"{DCAT}dataset" if is_data else f"{DCAT}resource", iri)
        facts.say(me, f"{HYDRA}member", iri)
        facts.say(iri, f"{RDF}type", f"{DCAT}Dataset" if is_data else f"{DCAT}Resource")
        facts.say(iri, f"{DCT}title", ox.Literal(one.title))
        facts.say(iri, f"{DCT}identifier", ox.Literal(str(one.ref)))
        facts.say(iri, f"{DCT}type", f"{VOCABULARIES['ns'].iri}#{one.kind}")
        facts.say(iri, f"{DCAT}version", ox.Literal(str(one.ref.version)))
        facts.say(iri, f"{DCAT}isVersionOf", base.artifact(one.ref.name))
        facts.say(iri, f"{DCT}issued", _moment(stamp(one.published)))
        facts.say(iri, f"{DCAT}landingPage", absolute(self._site, "pages.record", reference=one.ref))
        if one.publisher:
            facts.say(iri, f"{DCT}publisher", base.expand("agent/", one.publisher))
        if is_absolute(one.license):
            facts.say(iri, f"{DCT}license", one.license)


def _moment(text: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(f"{XSD}dateTime"))
