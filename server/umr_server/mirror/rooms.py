"""What a site of files has in the place of what needs a server: search, data to take away, a map."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pyoxigraph as ox
from flask import Blueprint, Response, render_template

from umr_ld.entry import PUBLISHED
from umr_ld.exchange import written
from umr_ld.page.sections import value_words
from umr_ld.render.output import as_json
from umr_ld.vocab import DCAT, DCT
from umr_server.mirror.places import quoted
from umr_server.pages.browse import worst_answers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.registry import Registry
    from umr_ld.registry.views import Event, Listed
    from umr_server.mirror.places import Places

MANY = 500
"""Entries that are read at once."""
LISTED = 500
"""Records that the page of the search names without a script."""
_JUDGED = 100
_WORDS = 300
"""Characters of a description that are searched."""
MAPPED = 50_000
"""Addresses of one map (sitemaps.org)."""


class Rooms:
    """The rooms of one site of files.

    Args:
        registry: what is asked.
        places: where addresses are written down.
        public: address at which the site will be reached, ending with `/`; or nothing.
    """

    def __init__(self, registry: Registry, places: Places, public: str) -> None:
        self._registry, self._places, self._public = registry, places, public
        self.pages: list[str] = []
        """Files that the map names."""

    def blueprint(self) -> Blueprint:
        """Their addresses."""
        found = Blueprint("mirror", __name__, url_prefix="/mirror")
        found.add_url_rule("/search", "search", self._search)
        found.add_url_rule("/search-index.json", "index", self._index)
        found.add_url_rule("/search-index.js", "index_script", self._index_script)
        found.add_url_rule("/data/records.nq.gz", "quads", lambda: _zipped(self._quads()))
        found.add_url_rule("/data/journal.jsonl.gz", "lines", lambda: _zipped(self._lines()))
        found.add_url_rule("/sitemap.xml", "sitemap", self._map)
        found.add_url_rule("/robots.txt", "robots", self._robots)
        return found

    # -- search

    def _search(self) -> str:
        listing = self._registry.listing(limit=LISTED)
        return render_template("mirror/search.html", listing=listing)

    def _index(self) -> Response:
        return Response(as_json(self._rows()), content_type="application/json")

    def _index_script(self) -> Response:
        """The same for pages that are read from a disk, where scripts may not fetch."""
        body = f"self.searchIndex = {json.dumps(self._rows(), ensure_ascii=True)};\n"
        return Response(body, content_type="text/javascript")

    def _rows(self) -> dict[str, Any]:
        """What is searched: a row an artifact, with its columns named once."""
        rows: list[list[str]] = []
        for page in self._listed():
            marks = worst_answers(self._registry.check([str(one.ref) for one in page]))
            for one in page:
                answer = marks.get(str(one.ref))
                rows.append([*self._row(one), "" if answer is None else answer.label])
        head = ("file", "reference", "kind", "title", "publisher", "license", "published", "words", "answer")
        return {"columns": head, "rows": rows}

    def _listed(self) -> Iterator[tuple[Listed, ...]]:
        offset = 0
        while page := self._registry.listing(limit=_JUDGED, offset=offset, counted=False).entries:
            yield page
            offset += len(page)

    def _row(self, one: Listed) -> tuple[str, ...]:
        place = self._places.of(f"/page/{one.ref}")
        file = "" if place is None else quoted(place.file)
        day = one.published.strftime("%Y-%m-%d")
        return file, str(one.ref), one.kind, one.title, one.publisher, one.license, day, self._words(one)

    def _words(self, one: Listed) -> str:
        record, vocabulary, base = (
            self._registry.get(str(one.ref)),
            self._registry.vocabulary,
            self._registry.base,
        )
        keywords = [value_words(value, vocabulary, base) for value in record.values(f"{DCAT}keyword")]
        others = [alias.name for alias in self._registry.known_as(str(one.ref.name))]
        return " ".join([*others, *keywords, record.text(f"{DCT}description")[:_WORDS]])

    # -- data

    def _events(self) -> Iterator[Event]:
        end = self._registry.position().seq
        for start in range(0, end, MANY):
            yield from reversed(self._registry.events(start, min(start + MANY, end)))

    def _quads(self) -> Iterator[bytes]:
        """What authors stated, each record as a graph of its own (RDF 1.1 N-Quads)."""
        for event in self._events():
            if event.act in PUBLISHED:
                name = ox.NamedNode(self._registry.base.asserted(event.ref))
                triples = self._registry.get(str(event.ref)).triples
                quads = [ox.Quad(one.subject, one.predicate, one.object, name) for one in triples]
                yield ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""

    def _lines(self) -> Iterator[bytes]:
        """What happened, an object a line, with the published documents."""
        return map(written, self._registry.lines())

    # -- for robots

    def _map(self) -> Response:
        """Pages by their addresses (sitemaps.org); what is beyond the most that one map may have is found by links."""
        places = "".join(
            f"<url><loc>{escape(self._public + ('' if file == 'index.html' else quoted(file)))}</loc></url>\n"
            for file in self.pages[:MAPPED]
        )
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
        return Response(body, content_type="application/xml")

    def _robots(self) -> Response:
        return Response(
            f"User-agent: *\nAllow: /\nSitemap: {self._public}sitemap.xml\n", content_type="text/plain"
        )


def _zipped(pieces: Iterable[bytes]) -> Response:
    """As gzip (RFC 1952), the same bytes for the same data."""

    def made() -> Iterator[bytes]:
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        for piece in pieces:
            if packed := packer.compress(piece):
                yield packed
        yield packer.flush()

    return Response(made(), content_type="application/gzip")
