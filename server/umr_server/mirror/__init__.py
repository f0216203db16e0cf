"""A site of files: what the server answers, written down, for any host of files (ADR 14).

The application is asked in this process, from the beginning along its links. Only what may have changed since the
last build is asked for, and only what differs is written.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from flask import render_template

from umr_ld.errors import Busy, Malformed, Missing
from umr_ld.lock import WriterLock
from umr_server.app import create_app
from umr_server.mirror.changes import touched
from umr_server.mirror.manifest import LOCK, Manifest, opened
from umr_server.mirror.memory import Remembering
from umr_server.mirror.places import Places
from umr_server.mirror.rewriting import Rewriter
from umr_server.mirror.rooms import Rooms
from umr_server.running.state import program
from umr_server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from werkzeug.wrappers import Response

    from umr_ld.registry import Registry
    from umr_server.mirror.manifest import Folder
    from umr_server.mirror.places import Place

    Step = Callable[[int, int], None]

SEEDS = (
    "/",
    "/mirror/search",
    "/mirror/search-index.json",
    "/mirror/search-index.js",
    "/catalog",
    "/void",
    "/feed",
)
LAST = ("/mirror/sitemap.xml", "/mirror/robots.txt")
"""What can be told when all else is known, and needs to know where the site will be."""
_TEXTS = ("text/", "application/atom+xml", "application/ld+json", "application/json", "image/svg+xml")
_DOCUMENT_SECONDS = 60.0
_ANSWERS = frozenset({200, 410})
"""Statuses of what is written down: 410 is that of the data of what was withdrawn."""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did.

    Args:
        files: how many the site has.
        made: how many were asked for.
        changed: how many were written.
        removed: how many were removed.
        missing: address to why there is no answer; pages do not lead there.
    """

    files: int
    made: int
    changed: int
    removed: int
    missing: dict[str, str]


def build(
    registry: Registry, path: Path, *, public: str = "", pdf: bool = False, progress: Step | None = None
) -> Built:
    """Write a registry down as a site of files, or bring one up to date.

    Args:
        registry: open for reading.
        path: folder of the site; new, empty, or built before.
        public: address at which it will be reached, ending with `/`; empty for links that lead from file to file.
        pdf: write each record as PDF too.
        progress: called with how many files are looked at and how many are known of.

    Raises:
        Conflict: if the folder holds what no build has written.
        Malformed: if `public` is no address.
        Busy: if another build goes on there.
        Denied, Full: if the disk refuses; the next build mends what was begun.
    """
    public = _address(public)
    opened(path)
    with _alone(path):
        before, folder = opened(path)
        build = _Build(registry, folder, before, public, ("pdf",) if pdf else ())
        try:
            return build.run(progress)
        finally:
            build.close()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the folder against other builds."""
    try:
        lock = WriterLock(path / LOCK)
    except Busy:
        raise Busy(
            "another build goes on in this folder", where=str(path), remedy="wait until it has finished"
        ) from None
    with lock:
        yield


def _address(public: str) -> str:
    if not public:
        return ""
    try:
        parts = urlsplit(public)
        fits = parts.scheme in {"http", "https"} and parts.hostname and not (parts.query or parts.fragment)
    except ValueError:
        fits = False
    if not fits or any(char in public for char in "\"'<> \\"):
        raise Malformed(
            f"{public[:100]!r} is no address of a site", remedy="e.g. https://example.org/records/"
        )
    return public if public.endswith("/") else f"{public}/"


class _Build:
    def __init__(
        self, registry: Registry, folder: Folder, before: Manifest | None, public: str, more: tuple[str, ...]
    ) -> None:
        self._registry, self._folder = registry, folder
        origin = f"https://{secrets.token_hex(16)}.invalid"
        self._app = create_app(
            cast("Registry", Remembering(registry)),
            Settings(public=f"{origin}/", page_cache_bytes=0, render_seconds=_DOCUMENT_SECONDS),
        )
        self._site = self._app.extensions["umr"]
        adapter = self._app.url_map.bind("localhost")
        self._places = Places(adapter, more)
        self._rooms = Rooms(registry, self._places, public)
        self._app.register_blueprint(self._rooms.blueprint())
        self._site.written = self._places.forms
        self._prepare(public)
        self._client = self._app.test_client()
        self._rewriter = Rewriter(self._places, origin, public)
        head = registry.position()
        self._now = Manifest(self._made_by(public, more), registry.base.iri, head.seq, self._last(head.seq))
        self._before = before or Manifest()
        self._public, self._made = public, 0

    def close(self) -> None:
        """End what was started to make documents."""
        self._site.close()

    def _prepare(self, public: str) -> None:
        from umr_server.appearance import NAVIGATION

        kept = tuple(pair for pair in NAVIGATION if pair[0] not in {"pages.query", "pages.publish"})
        self._app.jinja_env.globals.update(written="somewhere" if public else "anywhere", navigation=kept)
        self._app.context_processor(lambda: {"then": None})

    def _made_by(self, public: str, more: tuple[str, ...]) -> str:
        told = (program(), self._registry.policy.digest, public, more)
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def _last(self, seq: int) -> str:
        return "".join(
            f"{one.time.isoformat()} {one.ref} {one.digest}" for one in self._registry.events(seq - 1, seq)
        )

    # -- what has to be made

    def run(self, progress: Step | None) -> Built:
        """Build, and say what was done."""
        is_stale = self._staleness()
        before = ((url, self._places.of(url)) for url in self._before.missing)
        missing = {url: self._before.missing[url] for url, place in before if place and not is_stale(place)}
        self._now.missing.update(missing)
        self._places.missing |= missing.keys()
        self._follow(SEEDS, is_stale, progress)
        while self._unlinked():
            self._follow(SEEDS, is_stale, progress)
        if self._public:
            self._rooms.pages = sorted(
                one.file for one in self._now.files.values() if one.file.endswith(".html")
            )
            for url in LAST:
                self._make(self._known(url))
        self._folder.finish(self._now)
        return Built(
            len(self._now.files), self._made, self._folder.changed, self._folder.removed, self._now.missing
        )

    def _staleness(self) -> Callable[[Place], bool]:
        """Whether a place has to be made anew, though it was made before."""
        before, now = self._before, self._now
        same = (before.made_by, before.base) == (now.made_by, now.base) and not self._folder.is_torn
        if not same or before.seq > now.seq or self._last(before.seq) != before.last:
            return lambda _: True
        if before.seq == now.seq:
            return lambda _: False
        names = touched(self._registry, before.seq, now.seq)
        if names is None:
            return lambda place: not place.lasts
        return lambda place: not place.lasts and (not place.artifact or place.artifact in names)

    def _known(self, url: str) -> Place:
        found = self._places.of(url)
        assert found is not None, url
        return found

    def _follow(self, seeds: Iterable[str], is_stale: Callable[[Place], bool], progress: Step | None) -> None:
        """Make what is stale, from the beginning along all links."""
        waiting = deque(self._known(url).url for url in seeds)
        seen = set(waiting)
        while waiting:
            url = waiting.popleft()
            place = self._places.of(url)
            if place is None:
                continue
            if url not in self._now.files:
                old = self._before.files.get(url)
                if old is not None and not is_stale(place) and self._folder.holds(old):
                    self._now.files[url] = old
                else:
                    self._make(place)
            written = self._now.files.get(url)
            for link in written.links if written is not None else ():
                if link not in seen:
                    seen.add(link)
                    # What is about the same is made together, while it is remembered.
                    target = self._places.of(link)
                    is_near = target is not None and target.artifact == place.artifact != ""
                    (waiting.appendleft if is_near else waiting.append)(link)
            if progress is not None:
                progress(len(seen) - len(waiting), len(seen))

    def _unlinked(self) -> bool:
        """Forget pages that lead to what turned out not to be there; whether there are any."""
        gone = self._places.missing
        wrong = [url for url, one in self._now.files.items() if not gone.isdisjoint(one.links)]
        for url in wrong:
            del self._now.files[url]
            self._before.files.pop(url, None)
        return bool(wrong)

    # -- making

    def _make(self, place: Place) -> None:
        self._made += 1
        if newest := self._newest(place):
            made = self._folder.write(place.file, [self._leading(place, newest)])
            made.links = (newest.url,)
            self._now.files[place.url] = made
            return
        accepts = "text/html" if place.form == "html" else "*/*"
        with self._client.get(place.url, headers={"Accept": accepts}) as answer:
            if answer.status_code in _ANSWERS:
                pieces, links = self._written(place, answer)
            else:
                self._places.missing.add(place.url)
                self._now.missing[place.url] = f"{answer.status_code}: {_reason(answer)}"
                return
            made = self._folder.write(place.file, pieces)
        made.links = tuple(sorted(links))
        self._now.files[place.url] = made

    def _written(self, place: Place, answer: Response) -> tuple[Iterable[bytes], set[str]]:
        kind = answer.mimetype or ""
        if place.url.startswith("/static/") or not kind.startswith(_TEXTS) or "xml" in place.form:
            if answer.is_streamed:
                return answer.iter_encoded(), set()
            return [answer.data], set()
        rewrite = self._rewriter.page if kind == "text/html" else self._rewriter.data
        text, links = rewrite(answer.data.decode("utf-8", "surrogatepass"), place.file)
        return [text.encode("utf-8", "surrogatepass")], links

    def _newest(self, place: Place) -> Place | None:
        """Where a page about an artifact leads: to that about its newest record. Files have no redirects."""
        path, mark, asked = place.url.partition("?")
        endpoint, _, name = unquote(path).lstrip("/").partition("/")
        if endpoint not in {"page", "lineage"} or place.form != "html" or "@" in name:
            return None
        try:
            newest = self._registry.show(name).record.ref
        except (Missing, Malformed):
            return None
        return self._places.of(f"/{endpoint}/{newest}{mark}{asked}")

    def _leading(self, place: Place, target: Place) -> bytes:
        with self._app.app_context():
            return render_template(
                "mirror/moved.html",
                address=self._rewriter.link(target, place.file),
                reference=unquote(urlsplit(target.url).path).partition("/")[2].partition("/")[2],
            ).encode()


def _reason(answer: Response) -> str:
    return " ".join(answer.get_data(as_text=True)[:200].split())
