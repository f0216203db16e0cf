"""The catalogue as RDF: DCAT 3, with what DCAT-AP 3.0.0 demands and recommends wherever it is known.

Nothing is made up: who publishes the registry, whom to ask and under which licence its descriptions are is said by the
settings, or not at all; of a dataset stands here what its record states.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.addresses import is_absolute
from umr_ld.alerts.ldn import INBOX
from umr_ld.render.output import stamp
from umr_ld.vocab import CONTEXT_IRI, DCAT, DCT, RDF, XSD
from umr_server.linked.place import absolute
from umr_server.linked.terms import VOCABULARIES

if TYPE_CHECKING:
    from umr_ld.record import Record
    from umr_ld.registry.views import Listed, Listing
    from umr_server.site import Site

VOID = "http://rdfs.org/ns/void#"
HYDRA = "http://www.w3.org/ns/hydra/core#"
FOAF = "http://xmlns.com/foaf/0.1/"
VCARD = "http://www.w3.org/2006/vcard/ns#"
PREFIXES = {"void": VOID, "hydra": HYDRA, "vcard": VCARD}
TITLE = "Registry of model records"
DESCRIPTION = "Records of models and datasets: what each is, what it was made from, and who is downstream."

_ENGLISH = "http://publications.europa.eu/resource/authority/language/ENG"
_SCIENCE = "http://publications.europa.eu/resource/authority/data-theme/TECH"
_MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_SPARQL = "http://www.w3.org/TR/sparql11-protocol/"
_OPENAPI = "https://spec.openapis.org/oas/v3.1.0"
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]*\Z")
_STATED = frozenset({f"{DCT}description", f"{DCAT}keyword", f"{DCAT}theme"})
"""What is said of an entry as its record states it."""


class Facts:
    """Statements that are being gathered."""

    def __init__(self) -> None:
        self.triples: list[ox.Triple] = []

    def say(self, subject: str, name: str, value: str | ox.Literal) -> None:
        """Add a statement; a text is an IRI."""
        term = value if isinstance(value, ox.Literal) else ox.NamedNode(value)
        self.triples.append(ox.Triple(ox.NamedNode(subject), ox.NamedNode(name), term))

    def tell(self, subject: str, name: str, text: str) -> None:
        """Add a text in English."""
        self.say(subject, name, ox.Literal(text, language="en"))

    def count(self, subject: str, name: str, number: int) -> None:
        """Add a number."""
        self.say(subject, name, ox.Literal(number))


def described(site: Site, listing: Listing, number: int, size: int) -> list[ox.Triple]:
    """A page of the catalogue.

    Args:
        site: whose catalogue it is.
        listing: the entries of the page.
        number: of the page, from 1.
        size: entries of a page.
    """
    registry, facts = site.registry, Facts()
    me = f"{registry.base.iri}catalog"
    facts.say(me, f"{RDF}type", f"{DCAT}Catalog")
    facts.say(me, f"{RDF}type", f"{HYDRA}Collection")
    facts.tell(me, f"{DCT}title", TITLE)
    facts.tell(me, f"{DCT}description", DESCRIPTION)
    facts.say(me, f"{DCT}language", _ENGLISH)
    facts.say(me, f"{FOAF}homepage", absolute(site, "pages.home"))
    facts.count(me, f"{HYDRA}totalItems", listing.total)
    for event in registry.events(registry.position().seq - 1, registry.position().seq):
        facts.say(me, f"{DCT}modified", moment(event.time.isoformat()))
    say_publisher(facts, site, me)
    _say_registry(facts, site, me)
    say_inbox(facts, site, me)
    _say_view(facts, site, me, number, max(1, -(-listing.total // size)))
    for one in listing.entries:
        _say_entry(facts, site, me, one)
    return list(dict.fromkeys(facts.triples))


def registry_iri(site: Site) -> str:
    """What the whole registry is called where it is one dataset.

    Args:
        site: which serves it.
    """
    return f"{site.registry.base.iri}void#registry"


def say_publisher(facts: Facts, site: Site, subject: str) -> None:
    """Who publishes something of the registry's own, whom to ask, and under which licence it is: as far as the settings say it.

    Args:
        facts: to be added to.
        site: whose settings say it.
        subject: what it is said of.
    """
    settings, root = site.settings, f"{site.registry.base.iri}catalog"
    if settings.publisher:
        publisher = f"{root}#publisher"
        facts.say(subject, f"{DCT}publisher", publisher)
        facts.say(publisher, f"{RDF}type", f"{FOAF}Agent")
        facts.say(publisher, f"{FOAF}name", ox.Literal(settings.publisher))
    if settings.contact:
        contact, is_mail = f"{root}#contact", settings.contact.startswith("mailto:")
        facts.say(subject, f"{DCAT}contactPoint", contact)
        facts.say(contact, f"{RDF}type", f"{VCARD}Kind")
        facts.say(contact, f"{VCARD}{'hasEmail' if is_mail else 'hasURL'}", settings.contact)
    if settings.metadata_license:
        _say_licence(facts, subject, settings.metadata_license)


def say_inbox(facts: Facts, site: Site, subject: str) -> None:
    """Where others may tell the registry something (LDN §3.1), if they may.

    Args:
        facts: to be added to.
        site: whose settings say it.
        subject: what it is said of.
    """
    if site.settings.inbox:
        facts.say(subject, INBOX, absolute(site, "inbox.container"))


def moment(text: str) -> ox.Literal:
    """A literal of a date and time.

    Args:
        text: ISO 8601.
    """
    return ox.Literal(text, datatype=ox.NamedNode(f"{XSD}dateTime"))


def _say_licence(facts: Facts, subject: str, licence: str) -> None:
    facts.say(subject, f"{DCT}license", licence)
    facts.say(licence, f"{RDF}type", f"{DCT}LicenseDocument")


# -- the registry as one dataset, and by which services it is asked


def _say_registry(facts: Facts, site: Site, me: str) -> None:
    whole = registry_iri(site)
    facts.say(me, f"{DCAT}dataset", whole)
    facts.say(whole, f"{RDF}type", f"{DCAT}Dataset")
    facts.tell(whole, f"{DCT}title", "All records")
    facts.tell(whole, f"{DCT}description", DESCRIPTION)
    facts.say(whole, f"{DCT}conformsTo", CONTEXT_IRI)
    facts.say(whole, f"{DCAT}theme", _SCIENCE)
    facts.say(whole, f"{DCAT}landingPage", absolute(site, "pages.home"))
    say_publisher(facts, site, whole)
    if site.written is None:
        # What it is written in is registered as no media type.
        _say_copy(facts, site, "linked.journal", "What was published, line by line")
        endpoint, api = absolute(site, "sparql.endpoint"), f"{absolute(site, 'api.page')}/v1"
        _say_service(facts, site, me, endpoint, "SPARQL", endpoint, _SPARQL)
        _say_service(facts, site, me, api, "API", absolute(site, "api.openapi"), _OPENAPI)
    else:
        _say_copy(facts, site, "mirror.quads", "What was stated, as N-Quads", zipped="application/n-quads")


def _say_copy(facts: Facts, site: Site, endpoint: str, title: str, zipped: str = "") -> None:
    address, whole = absolute(site, endpoint), registry_iri(site)
    node = f"{whole}-{endpoint.rpartition('.')[2]}"
    facts.say(whole, f"{DCAT}distribution", node)
    facts.say(node, f"{RDF}type", f"{DCAT}Distribution")
    facts.tell(node, f"{DCT}title", title)
    facts.say(node, f"{DCAT}accessURL", address)
    facts.say(node, f"{DCAT}downloadURL", address)
    if zipped:
        facts.say(node, f"{DCAT}mediaType", f"{_MEDIA_TYPES}{zipped}")
        facts.say(node, f"{DCAT}compressFormat", f"{_MEDIA_TYPES}application/gzip")
    if site.settings.metadata_license:
        _say_licence(facts, node, site.settings.metadata_license)


def _say_service(
    facts: Facts, site: Site, me: str, service: str, title: str, description: str, standard: str
) -> None:
    facts.say(me, f"{DCAT}service", service)
    facts.say(service, f"{RDF}type", f"{DCAT}DataService")
    facts.tell(service, f"{DCT}title", title)
    facts.say(service, f"{DCAT}endpointURL", service)
    facts.say(service, f"{DCAT}endpointDescription", description)
    facts.say(service, f"{DCT}conformsTo", standard)
    facts.say(service, f"{DCAT}servesDataset", registry_iri(site))
    facts.say(service, f"{DCAT}theme", _SCIENCE)
    say_publisher(facts, site, service)


# -- pages and entries


def _say_view(facts: Facts, site: Site, me: str, number: int, last: int) -> None:
    """A page among the pages (Hydra, partial collection views)."""
    places = {"first": 1, "last": last}
    places |= {"previous": number - 1} if 1 < number <= last else {}
    places |= {"next": number + 1} if number < last else {}
    here = absolute(site, "linked.catalog", page=number)
    facts.say(me, f"{HYDRA}view", here)
    facts.say(here, f"{RDF}type", f"{HYDRA}PartialCollectionView")
    for rel, place in places.items():
        facts.say(here, f"{HYDRA}{rel}", absolute(site, "linked.catalog", page=place))


def _say_entry(facts: Facts, site: Site, me: str, one: Listed) -> None:
    base = site.registry.base
    iri, is_data = base.record(one.ref), one.kind == "Dataset"
    facts.say(me, f"{DCAT}dataset" if is_data else f"{DCAT}resource", iri)
    facts.say(me, f"{HYDRA}member", iri)
    facts.say(iri, f"{RDF}type", f"{DCAT}Dataset" if is_data else f"{DCAT}Resource")
    facts.say(iri, f"{DCT}title", ox.Literal(one.title))
    facts.say(iri, f"{DCT}identifier", ox.Literal(str(one.ref)))
    facts.say(iri, f"{DCT}type", f"{VOCABULARIES['ns'].iri}#{one.kind}")
    facts.say(iri, f"{DCAT}version", ox.Literal(str(one.ref.version)))
    facts.say(iri, f"{DCAT}isVersionOf", base.artifact(one.ref.name))
    facts.say(iri, f"{DCT}issued", moment(stamp(one.published)))
    facts.say(iri, f"{DCT}conformsTo", CONTEXT_IRI)
    facts.say(iri, f"{DCAT}landingPage", absolute(site, "pages.record", reference=one.ref))
    if one.publisher:
        publisher = base.expand("agent/", one.publisher)
        facts.say(iri, f"{DCT}publisher", publisher)
        facts.say(publisher, f"{RDF}type", f"{FOAF}Agent")
        facts.say(publisher, f"{FOAF}name", ox.Literal(one.publisher))
    if is_absolute(one.license):
        _say_licence(facts, iri, one.license)
    _say_stated(facts, site.registry.get(str(one.ref)), one.license)


def _say_stated(facts: Facts, record: Record, licence: str) -> None:
    """What the record states that belongs into a catalogue, and where its files are."""
    stated: dict[str, list[ox.Triple]] = {}
    for one in record.triples:
        if isinstance(one.subject, ox.NamedNode):
            stated.setdefault(one.subject.value, []).append(one)
    mine = stated.get(record.iri, [])
    facts.triples += [one for one in mine if one.predicate.value in _STATED]
    for one in mine:
        if one.predicate.value == f"{DCAT}distribution" and isinstance(one.object, ox.NamedNode):
            _say_file(facts, one, stated.get(one.object.value, []), licence)


def _say_file(facts: Facts, file: ox.Triple, stated: list[ox.Triple], licence: str) -> None:
    """A distribution; one that is nowhere to be had is none. Where only files are named, they give access (DCAT 3 §6.8)."""
    node = getattr(file.object, "value", "")
    places = {
        name: [one.object.value for one in stated if one.predicate.value == f"{DCAT}{name}"]  # type: ignore[union-attr]
        for name in ("accessURL", "downloadURL", "mediaType")
    }
    access = places["accessURL"] or places["downloadURL"]
    if not access:
        return
    facts.triples.append(file)
    facts.say(node, f"{RDF}type", f"{DCAT}Distribution")
    for name, addresses in (("accessURL", access), ("downloadURL", places["downloadURL"])):
        for address in addresses:
            facts.say(node, f"{DCAT}{name}", address)
    for media in filter(_MEDIA_TYPE.match, places["mediaType"]):
        facts.say(node, f"{DCAT}mediaType", f"{_MEDIA_TYPES}{media}")
    if is_absolute(licence):
        _say_licence(facts, node, licence)
