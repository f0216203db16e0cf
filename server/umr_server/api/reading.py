"""The verbs that read: `show`, `list`, `search`, `history`, `diff`, and what a registry says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

from flask import Response, redirect, url_for
from pydantic import Field

from umr_ld.registry.filters import kind_of
from umr_ld.render.answers import (
    carried_json,
    diff_json,
    event_json,
    listing_json,
    mentioned_json,
    shown_json,
)
from umr_ld.render.peers import peer_json
from umr_ld.risk import Answer as Standing
from umr_server.api.models import Answer, Asked, At, Paged, Text, Truth
from umr_server.api.paging import Part, taken
from umr_server.api.spec import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from werkzeug.wrappers import Response as BaseResponse

    from umr_server.site import Site

REFERENCE = {
    "reference": "`NAME`, `NAME@VERSION` or `NAME@RANGE`; of several versions the best one is meant."
}


class Peer(Answer):
    """Another registry, whose records were taken over."""

    label: str = Field(description="By which it is known here.")
    base: str = Field(description="What all its identifiers begin with.")
    position: int = Field(description="Up to which entry of its journal it was read.")
    artifacts: int = Field(description="How many of its are here.")


class About(Answer):
    """The registry itself."""

    base: str = Field(description="What all identifiers begin with.")
    entries: int = Field(description="Number of the journal's last entry.")
    chain: str = Field(description="Its chain value: the journal must lead through it for ever.")
    counts: dict[str, int] = Field(
        description="Records, artifacts, mentioned ones, links, and records by kind."
    )


class ShowQuery(At):
    """How a record is shown."""

    stated: Truth = Field(False, description="Leave out what is inherited.")


class Value(Answer):
    """A value of a property."""

    value: Any = Field(description="A text, or an object with its own facts.")
    origin: str | None = Field(None, description="The record that it is inherited from.")
    hops: int | None = Field(None, description="Inheriting links between.")


class Upstream(Answer):
    """A link, and what it reaches."""

    relation: str
    artifact: str = Field(description="Name or IRI.")
    versions: str = Field("*", description="A range.")
    reaches: str | None = Field(None, description="The best matching record.")


class Record(Answer):
    """A record with everything that holds for it."""

    reference: str
    iri: str
    kind: str
    title: str
    published: str
    sequence: int = Field(description="Number of its journal entry.")
    digest: str = Field(description="SHA-256 over its canonical graph.")
    newest: str
    versions: list[str]
    values: dict[str, list[Value]] = Field({}, description="Key of a property, or its IRI, to values.")
    upstream: list[Upstream] = Field([])
    withdrawn: str | None = None


class Filter(Paged):
    """Which records are listed."""

    kind: Text = Field("", description="Only this kind: `Model`, `Dataset`, `Family`, …")
    publisher: Text = Field("", description="Only what this publisher published.")
    license: Text = Field(
        "", description="Only this licence, in any case of letters; a short one stands for its SPDX address."
    )
    prefix: Text = Field("", description="Only names that begin so.")
    tags: Text = Field(
        "", description="Only what has these values of facets, as a query: `task=summarization`."
    )
    answer: Literal["", "clear", "possibly", "affected"] = Field(
        "", description="Only what stands so to the gravest open advisory; the answers are then counted too."
    )
    counted: Truth = Field(True, description="Whether all that fits is counted too, by facets.")


class ListQuery(Filter):
    """How records are listed."""

    newest: Truth = Field(False, description="Newest first, instead of by name.")


class SearchQuery(Filter):
    """What is looked for."""

    text: Text = Field(description="Words to find in names, titles, descriptions and keywords.")


class Entry(Answer):
    """A record in a list."""

    reference: str
    kind: str
    title: str
    published: str


class Listing(Answer):
    """A page of entries."""

    total: int = Field(description="How many there are in all.")
    entries: list[Entry]
    facets: dict[str, dict[str, int]] = Field(description="Facet to value to count, over all of them.")


class Event(Answer):
    """A line of a history."""

    sequence: int
    time: str
    act: str = Field(description="`publish`, `adopt`, `withdraw` or `vanish`.")
    reference: str


class DiffQuery(Asked):
    """Two records."""

    before: Text = Field(min_length=1, description="Reference of the earlier one.")
    after: Text = Field(min_length=1, description="Reference of the later one.")


class Change(Answer):
    """A difference."""

    level: str = Field(description="The step that it needs: `major`, `minor` or `patch`.")
    act: str = Field(description="`added`, `removed` or `changed`.")
    path: str
    before: str | None = None
    after: str | None = None


class Changes(Answer):
    """The changes between two records."""

    level: str | None = Field(None, description="The step that all of them need together.")
    changes: list[Change]


class Mentioned(Answer):
    """An artifact of which nothing is recorded, but which records name."""

    artifact: str
    namedBy: list[str]  # noqa: N815 - a member of the JSON


class Carried(Answer):
    """A record that names a file."""

    digest: str = Field(description="Of the file.")
    reference: str
    kind: str
    title: str
    file: str = Field(description="What the record calls it.")
    withdrawn: bool | None = None


class Elsewhere(Carried):
    """A record of another artifact that names the same file."""

    here: str = Field(description="What the record that was asked about calls it.")


class Query(Asked):
    """A question in SPARQL."""

    query: Text = Field(min_length=1, description="SPARQL 1.1; longer ones are posted to `/sparql`.")


def routes(site: Site) -> Iterator[Route]:
    """The addresses of these verbs.

    Args:
        site: what is asked.
    """
    view = _Reading(site)
    yield Route("/registry", view.registry, About, query=At)
    yield Route("/peers", view.peers, list[Peer])
    yield Route("/show/<path:reference>", view.show, Record, query=ShowQuery, path=REFERENCE)
    yield Route(
        "/body/<path:reference>",
        view.body,
        media="application/ld+json",
        query=At,
        path=REFERENCE,
    )
    yield Route("/list", view.list, Listing, query=ListQuery)
    yield Route("/search", view.search, Listing, query=SearchQuery)
    named = {"name": "Of an artifact, without a version."}
    yield Route("/history/<path:name>", view.history, list[Event], query=Paged, path=named)
    yield Route("/diff", view.diff, Changes, query=DiffQuery, problems=(404,))
    artifact = {"artifact": "Name or IRI."}
    yield Route("/mentioned/<path:artifact>", view.mentioned, Mentioned, query=At, path=artifact)
    digest = {"digest": "`sha256:` and 64 digits, or `digest:` and the digits of any kind."}
    yield Route("/digest/<path:digest>", view.digest, list[Carried], query=Paged, path=digest)
    yield Route("/files/<path:reference>", view.files, list[Elsewhere], query=Paged, path=REFERENCE)
    yield Route("/query", view.query, query=Query, status=307, media="")


class _Reading:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def registry(self, query: At) -> dict[str, Any]:
        """Say what this registry is, and how much is in it."""
        head = self._registry.position()
        return {
            "base": self._registry.base.iri,
            "entries": head.seq,
            "chain": head.chain,
            "counts": self._registry.counts(at=query.at),
        }

    def peers(self) -> list[dict[str, Any]]:
        """List the registries whose records were taken over, but not where they are asked."""
        registry = self._registry
        held = {one: registry.listing(prefix=f"{one.label}/", limit=1).total for one in registry.peers()}
        return [peer_json(replace(one, address=""), artifacts) for one, artifacts in held.items()]

    def show(self, reference: str, query: ShowQuery) -> dict[str, Any]:
        """Show a record, and where each inherited value comes from."""
        found = self._registry.show(reference, at=query.at)
        return shown_json(found, self._registry.vocabulary, stated_only=query.stated)

    def body(self, reference: str, query: At) -> Response:
        """Give the bytes that were published, exactly."""
        found = self._registry.show(reference, at=query.at)
        response = Response(found.body, content_type="application/ld+json")
        response.headers["Content-Location"] = f"/api/v1/body/{found.record.ref}"
        return response

    def list(self, query: ListQuery) -> Part:
        """List artifacts by their newest records."""
        return self._listed(query, order="newest" if query.newest else "name")

    def search(self, query: SearchQuery) -> Part:
        """Find records by words, the best match first."""
        return self._listed(query, order="relevance", text=query.text)

    def _listed(self, query: Filter, order: str, text: str = "") -> Part:
        registry = self._registry
        kinds = registry.vocabulary.kinds
        page = registry.listing(
            kind=kind_of(query.kind, kinds, "kind") if query.kind else "",
            publisher=query.publisher,
            license=query.license,
            prefix=query.prefix,
            limit=query.limit,
            offset=query.offset,
            at=query.at,
            order=order,
            text=text,
            tags=dict(parse_qsl(query.tags)),
            answer=Standing.named(query.answer) if query.answer else None,
            counted=query.counted,
        )
        end = query.offset + len(page.entries)
        return Part(listing_json(page), end if page.entries and end < page.total else None)

    def history(self, name: str, query: Paged) -> Part:
        """Tell what happened to an artifact, newest first."""
        events = self._registry.history(name, at=query.at)
        rows, following = taken(events, query.limit, query.offset)
        return Part([event_json(one) for one in rows], following)

    def diff(self, query: DiffQuery) -> dict[str, Any]:
        """Say what changed between two records."""
        return diff_json(self._registry.diff(query.before, query.after))

    def mentioned(self, artifact: str, query: At) -> dict[str, Any]:
        """Say which records name an artifact of which nothing is recorded."""
        from umr_ld.errors import Missing

        found = self._registry.mentioned(artifact, at=query.at)
        if found is None:
            raise Missing(f"{artifact!r} is recorded, or nothing names it", remedy="`show` tells which")
        return mentioned_json(found)

    def digest(self, digest: str, query: Paged) -> Part:
        """Say which records name a file, whatever they call it."""
        most = query.offset + query.limit + 1
        rows, following = taken(
            self._registry.carrying(digest, most=most, at=query.at), query.limit, query.offset
        )
        return Part([carried_json(one) for one in rows], following)

    def files(self, reference: str, query: Paged) -> Part:
        """Say where else the files of a record are."""
        record = self._registry.get(reference, at=query.at)
        most = query.offset + query.limit + 1
        rows, following = taken(
            self._registry.same_files(record, most=most, at=query.at), query.limit, query.offset
        )
        return Part([carried_json(one, here) for here, one in rows], following)

    def query(self, query: Query) -> BaseResponse:
        """Ask in SPARQL: sends on to `/sparql`, which speaks the SPARQL 1.1 Protocol."""
        return redirect(url_for("sparql.endpoint", query=query.query), 307)
