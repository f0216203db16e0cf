"""Looks whether a site of files is whole: every file as it was written, and every link of it leading somewhere."""

from __future__ import annotations

import posixpath
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree as ET

from umr_ld.errors import Missing
from umr_server.mirror.manifest import FILE, LOG, Manifest, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LINKS = frozenset({"href", "src", "action", "data-graph", "data-index", "data-script"})
_ATOM = "{http://www.w3.org/2005/Atom}link"
_MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


def faults(path: Path, public: str = "") -> Iterator[str]:
    """What is wrong with a site, in words.

    Args:
        path: its folder.
        public: address at which it will be reached, by which whole addresses are known as its own; or nothing.

    Raises:
        Missing: if no site was built there.
        Malformed, Newer: as `Manifest.read`.
    """
    manifest = Manifest.read(path)
    if manifest is None:
        raise Missing("no site was built here", where=str(path / FILE), remedy="umr site build")
    if (path / LOG).exists():
        yield "a build did not finish; build again"
    files = {one.file: one for one in manifest.files.values()}
    for file, one in files.items():
        if digest_of(path / file) != one.digest:
            yield f"{file} is not as it was written; remove it and build again"
    yield from _dead_ends(path, files, public)


def _dead_ends(path: Path, files: Mapping[str, object], public: str) -> Iterator[str]:
    anchors: dict[str, set[str]] = {}
    wanted: list[tuple[str, str, str]] = []
    for file in files:
        if not (path / file).is_file():
            continue
        found = _Page() if file.endswith(".html") else None
        if found is not None:
            found.feed((path / file).read_text(encoding="utf-8", errors="replace"))
            anchors[file] = found.anchors
            links = found.links
        else:
            links = _in_xml(path / file)
        for link in links:
            place = _target(file, link, public)
            if place is not None:
                wanted.append((file, *place))
    for file, target, anchor in wanted:
        if target not in files:
            yield f"{file} leads to {target}, which is not there"
        elif anchor and target in anchors and anchor not in anchors[target]:
            yield f"{file} leads to {anchor} of {target}, which is not there"


def _target(file: str, link: str, public: str) -> tuple[str, str] | None:
    """File and anchor; None for what is elsewhere."""
    inside = link.removeprefix(public) if public else link
    parts = urlsplit(inside)
    if parts.scheme or parts.netloc:
        return None
    folder = "" if inside != link else posixpath.dirname(file)
    name = posixpath.normpath(posixpath.join(folder, unquote(parts.path))) if parts.path else ""
    if not parts.path:
        name = file if inside == link else "index.html"
    return name, unquote(parts.fragment)


class _Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in _LINKS and value:
                self.links.append(value)
            elif name == "content" and value and tag == "meta" and "url=" in value:
                self.links.append(value.partition("url=")[2])


def _in_xml(path: Path) -> list[str]:
    if path.suffix not in {".atom", ".xml"}:
        return []
    # It was written by the build, and its digest was just looked at.
    root = ET.parse(path).getroot()  # noqa: S314
    return [one.get("href", "") for one in root.iter(_ATOM)] + [one.text or "" for one in root.iter(_MAP)]
