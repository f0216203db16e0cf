"""Links of an answer, as they have to be in a file: to other files, or not at all."""

from __future__ import annotations

import html
import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from umr_server.mirror.places import Place, quoted

if TYPE_CHECKING:
    from umr_server.mirror.places import Places

_TAG = re.compile(r"<(a|link|img|script|form|div)\s[^>]*>")
_ATTRIBUTE = re.compile(r'\s(href|src|action|data-graph|data-record|data-index|data-script)="([^"]*)"')
"""In what our templates write every value is quoted, and a quote or bracket in a value is escaped."""

_SEARCHED = frozenset({"text", "kind", "hub", "publisher", "license"})
"""What the page of the search reads from its address."""


class Rewriter:
    """Writes the links of answers anew.

    Args:
        places: where addresses are written down.
        origin: what absolute addresses of the server begin with; nobody else can know it.
        public: what they shall begin with, ending with `/`; empty for links that are relative everywhere.
    """

    def __init__(self, places: Places, origin: str, public: str) -> None:
        self._places, self._public = places, public
        self._origin = origin
        self._absolute = re.compile(re.escape(origin) + r"(/[^\s\"'<>\\)\]}]*)?")

    def page(self, text: str, file: str) -> tuple[str, set[str]]:
        """A page.

        Args:
            text: as the server gives it.
            file: in which it is written.

        Returns:
            the page; and the addresses that it leads to.
        """
        links: set[str] = set()
        made = _TAG.sub(partial(self._tag, file, links), text)
        return self._whole(made, file, links), links

    def data(self, text: str, file: str) -> tuple[str, set[str]]:
        """What is no page: only whole addresses of the server are links.

        Args:
            text: as the server gives it.
            file: in which it is written.

        Returns:
            as of `page`.
        """
        links: set[str] = set()
        return self._whole(text, file, links), links

    def link(self, place: Place, file: str) -> str:
        """A relative link.

        Args:
            place: to which it leads.
            file: in which it stands.
        """
        return "../" * file.count("/") + quoted(place.file)

    def _tag(self, file: str, links: set[str], found: re.Match[str]) -> str:
        tag, name = found[0], found[1]
        missing: list[str] = []
        made = _ATTRIBUTE.sub(partial(self._attribute, file, links, missing), tag)
        return "" if missing and name in {"link", "img", "script"} else made

    def _attribute(self, file: str, links: set[str], missing: list[str], found: re.Match[str]) -> str:
        name, address = found[1], html.unescape(found[2])
        if not address.startswith("/"):
            return found[0]
        url, mark, fragment = address.partition("#")
        place = self._places.of(url)
        if place is None:
            missing.append(url)
            return ""
        links.add(place.url)
        return f' {name}="{html.escape(self.link(place, file) + _searched(place, url) + mark + fragment)}"'

    def _whole(self, text: str, file: str, links: set[str]) -> str:
        return self._absolute.sub(partial(self._address, file, links), text) if self._origin in text else text

    def _address(self, file: str, links: set[str], found: re.Match[str]) -> str:
        url = html.unescape(found[1] or "/")
        place = self._places.of(url)
        if place is None:
            return self._public or "../" * file.count("/")
        links.add(place.url)
        if not self._public:
            return self.link(place, file)
        return self._public + ("" if place.file == "index.html" else quoted(place.file))


def _searched(place: Place, url: str) -> str:
    """What is looked for, which a script reads from the address."""
    if place.file != "search.html":
        return ""
    asked = [(key, value) for key, value in parse_qsl(url.partition("?")[2]) if key in _SEARCHED]
    return f"?{urlencode(asked)}" if asked else ""
