"""A registry elsewhere, asked as one in a folder is: what `registry.Reader` has, over the API."""

from __future__ import annotations

import base64
import io
import json
from functools import cached_property, wraps
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar
from urllib.parse import urlencode

import pyoxigraph as ox

from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.entry import Head
from umr_ld.errors import Malformed, Missing, UmrError, Unreachable, Untrusted
from umr_ld.exchange.lines import MEDIA, read_lines
from umr_ld.findings import Report
from umr_ld.media import Media
from umr_ld.names import Ref
from umr_ld.reading import Reading, read
from umr_ld.registry.carriers import require_digests
from umr_ld.registry.views import Listing, Mentioned, Resolved, Shown
from umr_ld.remote import values
from umr_ld.remote.client import PAGE, Client, finding_of
from umr_ld.scores import scores_of
from umr_ld.vocab import Vocabulary, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from umr_ld.change import Diff
    from umr_ld.exchange import Line
    from umr_ld.index import Peer
    from umr_ld.lineage import Impact, Lineage
    from umr_ld.record import Record
    from umr_ld.registry.views import Affected, Carried, Concern, Decided, Event, Proposal
    from umr_ld.risk import Advisory, Answer, Policy

Given = ParamSpec("Given")
Answered = TypeVar("Answered")

_MANY = 1000
"""References that one question may name (docs/api.md)."""
_FEW = 8
"""Advisories that are asked for one by one; of more, all are."""

_RESULTS = "application/sparql-results+json, application/n-triples;q=0.9"


def understood(asking: Callable[Given, Answered]) -> Callable[Given, Answered]:
    """A question whose answer may be of any form, whatever the other side calls itself.

    Args:
        asking: a method that asks, and reads the answer.
    """

    @wraps(asking)
    def asked(*args: Given.args, **named: Given.kwargs) -> Answered:
        try:
            return asking(*args, **named)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            reader: Any = args[0]
            raise Unreachable(
                f"this is no answer of a registry: {type(error).__name__} {error}"[:200],
                where=reader.client.url,
                remedy="ask a registry of this version, at the address at which its pages begin",
            ) from error

    return asked


class RemoteReader:
    """The asking half of a registry elsewhere. Records are read from the very bytes that were published.

    Args:
        client: asks it.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._records: dict[Ref, Record] = {}
        self._known: dict[tuple[str, datetime | None], Advisory] = {}

    @cached_property
    def base(self) -> Base:
        """See `Reader.base`."""
        return Base(str(self.client.get("registry")["base"]))

    @property
    def vocabulary(self) -> Vocabulary:
        """The terms that this program knows."""
        return vocabulary()

    @understood
    def position(self) -> Head:
        """See `Reader.position`."""
        said = self.client.get("registry")
        return Head(said["entries"], said["chain"])

    @understood
    def peers(self) -> tuple[Peer, ...]:
        """See `Reader.peers`."""
        return tuple(map(values.peer_of, self.client.get("peers")))

    def lines(self, after: int = 0, prefix: str = "") -> Iterator[Line]:
        """See `Reader.lines`."""
        while part := self._lines(
            "GET", f"/data/journal.jsonl?{urlencode({'after': after, 'prefix': prefix})}"
        ):
            if part[-1].sequence <= after:
                raise Unreachable(
                    f"entry {part[-1].sequence} comes after entry {after}", where=self.client.url
                )
            yield from part
            after = part[-1].sequence

    def closure(self, references: Iterable[str]) -> Iterator[Line]:
        """See `Reader.closure`."""
        body = json.dumps({"references": list(references)}).encode()
        yield from self._lines("POST", "/api/v1/export", body, {"Content-Type": "application/json"})

    def _lines(
        self, method: str, address: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> list[Line]:
        answer = self.client.ask(method, address, body, {**(headers or {}), "Accept": MEDIA})
        try:
            return list(read_lines(io.BytesIO(answer.body), self.client.url))
        except UmrError as error:
            raise Unreachable(
                f"this is no journal of a registry: {error.what}",
                where=error.where,
                remedy="name the address at which a registry's pages begin",
            ) from error

    @understood
    def counts(self, *, at: datetime | None = None) -> dict[str, int]:
        """See `Reader.counts`."""
        return dict(self.client.get("registry", at=_moment(at))["counts"])

    @understood
    def show(self, reference: str, *, at: datetime | None = None) -> Shown:
        """See `Reader.show`; what is told of the record is held against its published bytes.

        Raises:
            Untrusted: if they do not agree.
        """
        said = self.client.get("show", values.require_reference(reference), at=_moment(at))
        reading = self._reading(said["reference"])
        record = reading.record
        if record.digest != said["digest"] or len(record.links) != len(said.get("upstream", ())):
            raise Untrusted("what is told of the record is not what was published", where=str(record.ref))
        try:
            held = values.effective_of(record, said.get("values", {}), self._recorded, self.vocabulary)
        except LookupError as error:
            raise Untrusted(
                f"no record states what is told to be inherited: {error}", where=str(record.ref)
            ) from None
        return Shown(
            record=record,
            effective=held,
            links=tuple(
                Resolved(link, _ref(one.get("reaches")), one.get("title", ""))
                for link, one in zip(record.links, said.get("upstream", ()), strict=True)
            ),
            body=reading.body,
            agent=said.get("agent", ""),
            published=values.time_of(said["published"]),
            seq=said["sequence"],
            newest=Ref.parse(said["newest"]),
            versions=tuple(Ref.parse(f"{record.ref.name}@{version}") for version in said["versions"]),
            withdrawn=_time(said.get("withdrawn")),
            reason=said.get("reason", ""),
            gone=_time(said.get("gone")),
            gone_from=said.get("goneFrom", ""),
            scores=scores_of(held, self.vocabulary),
            aliases=tuple(map(values.alias_of, said.get("aliases", ()))),
        )

    def _reading(self, reference: str, at: datetime | None = None) -> Reading:
        address = values.require_reference(reference)
        body = self.client.fetch("body", address, at=_moment(at))
        found = read(Document(body, source=reference), self.base, self.vocabulary)
        return Reading(found.record, body, found.tree)

    def _recorded(self, ref: Ref) -> Record:
        if ref not in self._records:
            self._records[ref] = self._reading(str(ref)).record
        return self._records[ref]

    def get(self, reference: str, *, at: datetime | None = None) -> Record:
        """See `Reader.get`."""
        return self._reading(reference, at).record

    def body(self, ref: Ref) -> bytes:
        """See `Reader.body`."""
        return self.client.fetch("body", str(ref))

    @understood
    def mentioned(self, artifact: str, *, at: datetime | None = None) -> Mentioned | None:
        """See `Reader.mentioned`."""
        try:
            said = self.client.get("mentioned", values.require_reference(artifact), at=_moment(at))
        except Missing:
            return None
        aliases = tuple(map(values.alias_of, said.get("aliases", ())))
        return Mentioned(said["artifact"], tuple(map(Ref.parse, said["namedBy"])), aliases)

    @understood
    def history(self, name: str, *, at: datetime | None = None) -> tuple[Event, ...]:
        """See `Reader.history`."""
        address = values.require_reference(name)
        pages = self.client.pages("history", address, at=_moment(at), limit=PAGE)
        return tuple(values.event_of(one) for page in pages for one in page)

    @understood
    def listing(
        self,
        *,
        text: str = "",
        kind: str = "",
        publisher: str = "",
        license: str = "",  # noqa: A002 - the key of the records
        prefix: str = "",
        tags: Mapping[str, str] | None = None,
        answer: Answer | None = None,
        order: str = "name",
        limit: int = 50,
        offset: int = 0,
        at: datetime | None = None,
        counted: bool = True,
    ) -> Listing:
        """See `Reader.listing`."""
        asked = {
            "kind": kind,
            "publisher": publisher,
            "license": license,
            "prefix": prefix,
            "tags": urlencode(dict(tags or {})),
            "answer": "" if answer is None else answer.label,
            "counted": "" if counted else "false",
            "at": _moment(at),
        }
        asked |= {"text": text} if text else {"newest": "true"} if order == "newest" else {}
        pages: list[Any] = []
        while True:
            left = limit - sum(len(page["entries"]) for page in pages)
            page = self.client.get(
                "search" if text else "list",
                **asked,
                limit=min(left, PAGE),
                offset=offset + limit - left,
            )
            pages.append(page)
            if left <= PAGE or len(page["entries"]) < PAGE:
                break
        entries = tuple(values.listed_of(one) for page in pages for one in page["entries"])
        return Listing(entries, pages[0]["total"], pages[0]["facets"])

    @understood
    def carrying(
        self, digest: str, *, most: int | None = None, at: datetime | None = None
    ) -> tuple[Carried, ...]:
        """See `Reader.carrying`."""
        require_digests(digest, self.vocabulary)
        pages = self.client.pages("digest", digest, at=_moment(at), limit=PAGE)
        return tuple(islice((values.carried_of(one) for page in pages for one in page), most))

    @understood
    def same_files(
        self, record: Record, *, most: int = 100, at: datetime | None = None
    ) -> tuple[tuple[str, Carried], ...]:
        """See `Reader.same_files`."""
        pages = self.client.pages("files", str(record.ref), at=_moment(at), limit=PAGE)
        found = ((one["here"], values.carried_of(one)) for page in pages for one in page)
        return tuple(islice(found, most))

    @understood
    def diff(self, before: str, after: str) -> Diff:
        """See `Reader.diff`."""
        for one in (before, after):
            values.require_reference(one)
        return values.diff_of(self.client.get("diff", before=before, after=after))

    @understood
    def lineage(
        self,
        reference: str,
        *,
        direction: Literal["up", "down"] = "up",
        depth: int | None = None,
        most: int | None = None,
        at: datetime | None = None,
    ) -> Lineage:
        """See `Reader.lineage`; what is there elsewhere comes whole, and is cut here."""
        address = values.require_reference(reference)
        asked = {"direction": direction, "depth": depth, "at": _moment(at)}
        return values.lineage_of(self.client.get("lineage", address, **asked)).first(most)

    @understood
    def impact(self, reference: str, *, at: datetime | None = None) -> Impact:
        """See `Reader.impact`."""
        address = values.require_reference(reference)
        return values.impact_of(self.client.pages("impact", address, at=_moment(at), limit=PAGE))

    @understood
    def aliases(self, *, at: datetime | None = None) -> tuple[Decided, ...]:
        """See `Reader.aliases`."""
        pages = self.client.pages("aliases", at=_moment(at), limit=PAGE)
        return tuple(values.decided_of(one) for page in pages for one in page)

    @understood
    def alias_proposals(self) -> tuple[Proposal, ...]:
        """See `Reader.alias_proposals`."""
        pages = self.client.pages("aliases/proposals", limit=PAGE)
        return tuple(values.proposal_of(one) for page in pages for one in page)

    @understood
    def advisories(
        self, *, about: Sequence[str] | None = None, at: datetime | None = None
    ) -> tuple[Advisory, ...]:
        """See `Reader.advisories`."""
        found: dict[str, Advisory] = {}
        for name in [""] if about is None else about:
            for page in self.client.pages("advisories", about=name, at=_moment(at), limit=PAGE):
                found |= {one["reference"]: values.advisory_of(one) for one in page}
        return tuple(found.values())

    @understood
    def advisory(self, reference: str, *, at: datetime | None = None) -> Advisory | None:
        """See `Reader.advisory`."""
        try:
            said = self.client.get("advisories", values.require_reference(reference), at=_moment(at))
        except Missing:
            return None
        return values.advisory_of(said)

    @understood
    def affected(
        self, reference: str, *, policy: Policy | None = None, at: datetime | None = None
    ) -> Affected:
        """See `Reader.affected`."""
        found = self.advisory(reference, at=at)
        if found is None:
            raise Missing(f"there is no advisory {reference!r}", remedy="`umr advisory list` names them")
        if policy is None:
            pages = self.client.pages("impact", str(found.name), at=_moment(at), limit=PAGE)
        else:
            body = {"reference": found.name, "limit": PAGE, **_question(policy, at)}
            pages = list(self.client.posted_pages("impact", body))
        return values.affected_of(pages, found)

    @understood
    def check(
        self, asked: Iterable[str | Reading], *, policy: Policy | None = None, at: datetime | None = None
    ) -> tuple[Concern, ...]:
        """See `Reader.check`."""
        subjects = _subjects(asked)
        said = [row for part in _parts(subjects) for row in self._checked({**part, **_question(policy, at)})]
        open_ = [one for one in said if "advisory" in one]
        known = self._advisories({one["advisory"].partition("@")[0] for one in open_}, at)
        references = frozenset(subjects["references"])
        return tuple(
            values.concern_of(one, known[one["advisory"].partition("@")[0]], references) for one in open_
        )

    def _checked(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        try:
            return list(self.client.post("check", body))
        except Missing:
            return []  # Of nothing that was asked about anything can be said; `unknown` tells.

    def _advisories(self, names: set[str], at: datetime | None) -> dict[str, Advisory]:
        wanted = [name for name in sorted(names) if (name, at) not in self._known]
        if len(wanted) > _FEW:
            self._known |= {(one.name, at): one for one in self.advisories(at=at)}
        for name in wanted:
            if (name, at) not in self._known:
                found = self.advisory(name, at=at)
                if found is None:
                    raise Unreachable(f"advisory {name} changed while it was read", remedy="ask again")
                self._known[name, at] = found
        return {name: self._known[name, at] for name in names}

    @understood
    def unknown(self, references: Iterable[str], *, at: datetime | None = None) -> tuple[str, ...]:
        """See `Reader.unknown`."""
        found: list[str] = []
        for part in _parts(_subjects(references)):
            try:
                said = self.client.post("check", {**part, **_question(None, at)})
            except Missing:
                found += part["references"]
                continue
            found += (one["reference"] for one in said if one["answer"] == "unknown")
        return tuple(found)

    @understood
    def licences(
        self, asked: Iterable[str | Reading], *, policy: Policy | None = None, at: datetime | None = None
    ) -> Report:
        """See `Reader.licences`."""
        question = {**_subjects(asked), **_question(policy, at), "level": "info"}
        return Report(tuple(map(finding_of, self.client.post("licences", question)["findings"])))

    def query(self, text: str, *, at: datetime | None = None) -> Any:
        """See `Reader.query`; solutions, a truth value, or triples.

        Raises:
            Malformed: also for an earlier moment, for which a server would have to make all graphs again.
        """
        if at is not None:
            raise Malformed(
                "a registry elsewhere answers queries about now",
                where="--at",
                remedy="leave it out, or ask where the registry's folder is; `show`, `lineage`, `impact` and others take --at here too",
            )
        headers = {"Accept": _RESULTS, "Content-Type": "application/sparql-query"}
        answer = self.client.ask("POST", "/sparql", text.encode("utf-8", "surrogatepass"), headers)
        if answer.headers.get("content-type", "").startswith("application/n-triples"):
            return [quad.triple for quad in ox.parse(answer.body, ox.RdfFormat.N_TRIPLES)]
        return ox.parse_query_results(answer.body, ox.QueryResultsFormat.JSON)


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else values.time_of(text)


def _ref(text: str | None) -> Ref | None:
    return None if text is None else Ref.parse(text)


def _question(policy: Policy | None, at: datetime | None) -> dict[str, Any]:
    found: dict[str, Any] = {} if at is None else {"at": at.isoformat()}
    return found if policy is None else {**found, "policy": policy.turtle.decode()}


def _subjects(asked: Iterable[str | Reading]) -> dict[str, list[Any]]:
    given = list(asked)
    return {
        "references": [one for one in given if isinstance(one, str)],
        "drafts": [
            draft_of(Document(one.body, Media.JSONLD, one.tree.source))
            for one in given
            if not isinstance(one, str)
        ],
    }


def _parts(subjects: Mapping[str, list[Any]]) -> Iterator[dict[str, list[Any]]]:
    """What is asked about in questions as large as the API takes them; drafts, which know each other, in one."""
    references, drafts = subjects["references"], subjects["drafts"]
    for start in range(0, max(len(references), 1 if drafts else 0), _MANY):
        yield {"references": references[start : start + _MANY], "drafts": drafts if start == 0 else []}


def draft_of(document: Document) -> dict[str, str]:
    """A draft as the API takes it; bytes that are no UTF-8 too, so that the registry says where they are none.

    Args:
        document: the draft.
    """
    said = {"syntax": document.media.label, "source": document.source}
    try:
        return {**said, "text": document.body.decode()}
    except UnicodeDecodeError:
        return {**said, "text": base64.b64encode(document.body).decode(), "encoding": "base64"}
