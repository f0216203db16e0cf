"""Which of the server's addresses are written down, and in which files.

A name of a file is made of the address alone, and of nothing else that is written: it never changes, two
addresses never share one, and no name of an artifact leads out of the folder. It is also kept apart from all others
where hosts do not tell capitals, and it is never one that some systems do not allow.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from umr_server.linked.terms import VOCABULARIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.routing import MapAdapter

RECORD = ("html", "md", "txt", "tex", "svg", "dot", "mermaid", "bib", "csl", "jsonld", "ttl", "nt", "nq", "json", "yaml")  # fmt: skip
WORDS = ("html", "ttl")

_SAFE = re.compile(r"[A-Za-z0-9._@+~-]*\Z")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)")
"""Names that Windows keeps for devices, whatever follows behind a dot."""
_LONGEST = 120


class Row(NamedTuple):
    """Addresses of one endpoint.

    Args:
        forms: in which they are written; the first one for who names none.
        about: names of the values that name an artifact; none for what is about all of them.
        keeps: arguments that make another address, with the values that are told apart.
        lasts: whether it changes only with the program.
        known_as: endpoint that stands for it, or nothing.
    """

    forms: tuple[str, ...] = ("html",)
    about: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    lasts: bool = False
    known_as: str = ""


ROWS: Mapping[str, Row] = {
    "pages.home": Row(),
    "pages.about": Row(),
    "pages.record": Row(RECORD, about=("reference",)),
    "pages.lineage": Row(("html", "json"), about=("reference",), keeps=("direction",)),
    "pages.impact": Row(("html", "json"), about=("reference",), keeps=("page",)),
    "pages.history": Row(("html", "atom"), about=("name",), keeps=("page",)),
    "pages.diff": Row(("html",), about=("before",), keeps=("before", "after")),
    "pages.advisories": Row(("html", "json", "atom"), keeps=("page",)),
    "pages.aliases": Row(("html", "json"), keeps=("page",)),
    "pages.search": Row(known_as="mirror.search"),
    "mirror.search": Row(),
    "mirror.index": Row(("json",)),
    "mirror.index_script": Row(("js",)),
    "mirror.quads": Row(("nq.gz",)),
    "mirror.lines": Row(("jsonl.gz",)),
    "mirror.sitemap": Row(("xml",)),
    "mirror.robots": Row(("txt",), lasts=True),
    "linked.thing": Row(known_as="pages.record"),
    "linked.badge": Row(("svg",), about=("reference",)),
    "linked.catalog": Row(("html", "ttl", "jsonld"), keeps=("page",)),
    "linked.void": Row(("ttl", "jsonld")),
    "linked.feed": Row(("atom",)),
    "linked.archive": Row(("atom",)),
    "linked.shapes": Row(WORDS, lasts=True),
    "linked.shape": Row(WORDS, lasts=True),
    "linked.context": Row(("html", "jsonld"), lasts=True),
    "linked.policy": Row(("html", "json"), lasts=True),
    **{
        f"linked.{'ontology' if key == 'ns' else key.replace('/', '-')}": Row(WORDS, lasts=True)
        for key in VOCABULARIES
    },
    "static": Row(("",), lasts=True),
}
"""By endpoint. What is not here has no file: forms, queries, the API, pages as of a moment."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address that is written down.

    Args:
        url: by which the server is asked, with its arguments.
        file: below the folder, with `/`.
        form: key of the syntax; empty for a file of the pages.
        artifact: that it is about; empty for what is about all.
        lasts: as of `Row`.
    """

    url: str
    file: str
    form: str
    artifact: str
    lasts: bool


class Places:
    """Tells of addresses where they are written down.

    Args:
        addresses: the server's.
        more: forms of records beside those of the table.
    """

    def __init__(self, addresses: MapAdapter, more: tuple[str, ...] = ()) -> None:
        self._addresses = addresses
        self._more = more
        self._known: dict[str, Place | None] = {}
        self.missing: set[str] = set()
        """Addresses of which the server has no answer."""

    def forms(self, endpoint: str) -> tuple[str, ...]:
        """The forms in which answers of an endpoint are written.

        Args:
            endpoint: of the server.
        """
        row = ROWS.get(endpoint)
        return () if row is None else row.forms + (self._more if endpoint == "pages.record" else ())

    def of(self, url: str) -> Place | None:
        """The place of an address; None if it is not written down.

        Args:
            url: a path, with arguments and without a fragment.
        """
        if url not in self._known:
            self._known[url] = self._placed(url)
        found = self._known[url]
        return None if found is None or found.url in self.missing else found

    def _placed(self, url: str) -> Place | None:
        parts = urlsplit(url)
        try:
            endpoint, values = self._addresses.match(unquote(parts.path), method="GET")
        except (HTTPException, RequestRedirect):
            return None
        row = ROWS.get(endpoint)
        if row is not None and row.known_as:
            endpoint, row = row.known_as, ROWS[row.known_as]
        if row is None:
            return None
        said = dict(parse_qsl(parts.query))
        form = said.get("format", "") or values.get("form", "") or row.forms[0]
        if form not in self.forms(endpoint):
            return None
        kept = {key: said[key] for key in row.keeps if _differs(key, said.get(key, ""))}
        about = next((str({**values, **kept}.get(key, "")) for key in row.about), "")
        stem = _stem(self._addresses.build(endpoint, values), kept, form)
        return Place(
            url=self._asked(endpoint, values, kept, form),
            file=f"{stem}.{form}" if form else stem,
            form=form,
            artifact=about.partition("@")[0],
            lasts=row.lasts,
        )

    def _asked(self, endpoint: str, values: Mapping[str, object], kept: Mapping[str, str], form: str) -> str:
        path = self._addresses.build(endpoint, values)
        is_said = form and form != "html" and not endpoint.startswith("mirror.") and "form" not in values
        asked = [*kept.items(), *([("format", form)] if is_said else [])]
        return f"{path}?{urlencode(asked)}" if asked else path


def _differs(key: str, value: str) -> bool:
    """Whether an argument makes another address: what is meant without it is not said."""
    return bool(value) and (key, value) not in {("page", "1"), ("direction", "up")}


def _stem(path: str, kept: Mapping[str, str], form: str) -> str:
    """The name of a file, without its ending. `~` stands in no name, and so never means two things."""
    name = unquote(path).strip("/").removeprefix("mirror/") or "index"
    if form and name.endswith(f".{form}"):
        name = name.removesuffix(f".{form}")
    if "before" in kept:
        name = f"{name}/{kept['before']}~{kept.get('after', '').rpartition('@')[2]}"
    elif kept:
        name += "".join(f"~{value}" for value in kept.values())
    folder, _, rest = name.partition("/")
    if not _SAFE.match(rest.replace("/", "")) or ".." in name.split("/") or "//" in name:
        return f"{folder}/~{_digest(name, 24)}"
    *above, last = name.split("/")
    if name.lower() != name and folder != "static":
        last += f"~{_digest(name, 6)}"
    return "/".join([*(_segment(one) + ("~" if "." in one else "") for one in above), _segment(last)])


def _segment(text: str) -> str:
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST - 30]}~{_digest(text, 12)}"
    return f"~{text}" if _RESERVED.match(text) else text


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def quoted(file: str) -> str:
    """The name of a file as it stands in a link.

    Args:
        file: below the folder.
    """
    return quote(file, safe="/@+~")
