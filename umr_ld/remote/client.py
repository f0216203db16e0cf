"""Asking a registry's API: addresses, pages, errors, and asking again."""

from __future__ import annotations

import json
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from umr_ld.errors import Busy, Denied, Invalid, Malformed, UmrError, Unreachable, every_error
from umr_ld.findings import Finding, Report, Severity
from umr_ld.net import Door, Policy, resolved, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from umr_ld.net import Answer

LIMIT = 256 * 1024 * 1024
"""Bytes of an answer."""

SECONDS = 120.0
"""That an answer may take."""

PAGE = 5000
"""Entries of a page: as many as the API gives at once."""

_TRIES = 5
_SENT = 3
"""How often what changes something is sent while no answer comes."""
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_JSON = "application/json"
_BY_HEADER = "send the header `Authorization: Bearer TOKEN`"
_BY_OPTION = "give a token in UMR_TOKEN or by --token-file"
_BUSY = frozenset({409, 429, 503})


@dataclass(frozen=True, slots=True)
class Client:
    """One registry elsewhere, as somebody may ask it.

    What the user names is asked wherever it is: over https anywhere, over http on this machine only, so that
    neither token nor answer crosses a network for others to read or change.

    Args:
        url: at which its pages begin.
        token: for what changes it; empty for none. It is sent to this registry only.
        seconds: how long an answer may take; 0 for `SECONDS`.
        door: to the network; None for one that allows what is said above.
    """

    url: str
    token: str = field(default="", repr=False)
    seconds: float = 0
    door: Door | None = None

    def __post_init__(self) -> None:
        if "?" in self.url or "#" in self.url:
            raise Malformed("a registry's address has neither ? nor #", where=self.url)
        if self.token and not (self.token.isascii() and self.token.isprintable() and " " not in self.token):
            raise Malformed("the token holds what no token holds", remedy="give it as it was shown")
        object.__setattr__(self, "door", self.door or _door(self.url, self.seconds or SECONDS))

    def get(self, *path: str, **parameters: object) -> Any:
        """The JSON that an address answers with.

        Args:
            path: its parts below the API's version.
            parameters: of the query; what is None or empty is left out.

        Raises:
            Unreachable: if nobody, or no registry, answers.
            UmrError: what the registry itself raised.
        """
        return _json_of(self.ask("GET", _address(path, parameters)))

    def fetch(self, *path: str, **parameters: object) -> bytes:
        """As `get`, the bytes themselves."""
        accepted = {"Accept": "application/ld+json, application/json;q=0.9"}
        return self.ask("GET", _address(path, parameters), headers=accepted).body

    def post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """As `get`, with a JSON body.

        Args:
            path: below the API's version.
            body: what is sent.
            headers: beside those that are always sent.
        """
        sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return _json_of(self.ask("POST", f"/api/v1/{path}", sent, {"Content-Type": _JSON, **(headers or {})}))

    def delete(self, *path: str) -> Any:
        """As `get`, of what is taken away thereby.

        Args:
            path: as of `get`.
        """
        return _json_of(self.ask("DELETE", _address(path, {})))

    def pages(self, *path: str, **parameters: object) -> list[Any]:
        """As `get`, all pages of a long answer.

        What is published while they are read would be missing from one and twice in another; then they are read
        once more.

        Args:
            path: as of `get`.
            parameters: as of `get`; `limit` and `offset` say which part is wanted.

        Raises:
            Busy: if something is published whenever they are read.
        """
        for _ in range(_TRIES):
            read = list(self._pages(_address(path, parameters)))
            if len({position for position, _ in read}) == 1:
                return [value for _, value in read]
        raise Busy("something is published all the time", where=self.url, remedy="ask again, or with --at")

    def change(self, path: str, body: bytes, headers: Mapping[str, str]) -> Any:
        """The JSON that changing something is answered with; sent again if no answer comes.

        Args:
            path: below the API's version.
            body: what is sent.
            headers: among them the key by which the registry does it once.

        Raises:
            Unreachable: if no answer comes, however often it is sent. It may have been done.
            UmrError: what the registry itself raised.
        """
        for tried in range(1, _SENT + 1):
            try:
                return _json_of(self.ask("POST", f"/api/v1/{path}", body, headers))
            except Unreachable:
                if tried == _SENT:
                    raise
                pause(_FIRST_WAIT * 2 ** (tried - 1))
        raise AssertionError

    def once(self, path: str, body: Mapping[str, Any]) -> Any:
        """As `change`, with a JSON body and a key of its own.

        Args:
            path: as of `change`.
            body: what is sent.
        """
        sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return self.change(path, sent, {"Content-Type": _JSON, "Idempotency-Key": str(uuid.uuid4())})

    @staticmethod
    def part(text: str) -> str:
        """A part of a path.

        Args:
            text: a name, for example.
        """
        return quote(text, safe="")

    def posted_pages(self, path: str, body: Mapping[str, Any]) -> Iterator[Any]:
        """As `post`, all pages of a long answer.

        Args:
            path: as of `post`.
            body: with `limit`; `offset` is put in.
        """
        offset: int | None = 0
        while offset is not None:
            sent = json.dumps({**body, "offset": offset}, ensure_ascii=False).encode("utf-8", "surrogatepass")
            answer = self.ask("POST", f"/api/v1/{path}", sent, {"Content-Type": _JSON})
            yield _json_of(answer)
            following = parse_qs(_following(answer, "").partition("?")[2]).get("offset", [""])[0]
            offset = int(following) if following.isdecimal() else None

    def _pages(self, address: str) -> Iterator[tuple[str, Any]]:
        bare, following = address.partition("?")[0], address
        while following:
            answer = self.ask("GET", following)
            yield answer.headers.get("journal-position", ""), _json_of(answer)
            following = _following(answer, bare)

    def ask(
        self, method: str, address: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One question, asked again a few times while the registry has no time for it.

        Args:
            method: of HTTP.
            address: path and query.
            body: to be sent.
            headers: to be sent beside those of every question.

        Raises:
            Unreachable, UmrError: as `get`.
        """
        sent = {"Accept": f"{_JSON}, application/problem+json", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        assert self.door is not None
        for tried in range(1, _TRIES + 1):
            answer = self.door.request(method, self.url.rstrip("/") + address, headers=sent, body=body)
            if answer.status < 300:
                return self._whole(answer)
            error = self._error(answer)
            if answer.status not in _BUSY or not isinstance(error, Busy) or tried == _TRIES:
                raise error
            pause(_wanted(answer, tried))
        raise AssertionError

    def _whole(self, answer: Answer) -> Answer:
        if answer.cut:
            raise Unreachable(f"the answer is longer than {LIMIT:,} bytes", where=self.url)
        return answer

    def _error(self, answer: Answer) -> UmrError:
        """What a refusal says, as this program would have said it."""
        said = _problem(answer)
        if 300 <= answer.status < 400:
            onward = answer.headers.get("location", "elsewhere")[:200]
            return Unreachable(f"it sends on to {onward}", where=self.url, remedy="name the registry itself")
        if said is None:
            if answer.status in _BUSY:
                return Busy("the registry has no time", where=self.url, remedy="ask again later")
            return Unreachable(
                f"no registry answers there (status {answer.status})",
                where=self.url,
                remedy="name the address at which its pages begin",
            )
        return error_of(said, answer.status, self.url)


def _door(url: str, seconds: float) -> Door:
    """A door to what the user named."""
    target = target_of(url)
    if target.scheme == "https":
        return Door(Policy(private=True, timeout=seconds, limit=LIMIT))
    if not _is_loopback(target.host) and target.host != "localhost":
        raise Unreachable(
            "http is allowed on this machine only", where=url, remedy="use https, or a tunnel that ends here"
        )
    return Door(Policy(http=True, private=True, timeout=seconds, limit=LIMIT), resolve=_here)


def _here(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    """Addresses of this machine only, whatever a resolver makes of its name."""
    return [one for one in resolved(host, port) if _is_loopback(str(one[-1][0]))]


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _address(path: Sequence[str], parameters: Mapping[str, object]) -> str:
    try:
        below = "/".join(quote(part, safe="") for part in path)
        given = {name: str(value) for name, value in parameters.items() if value not in {None, ""}}
        query = urlencode(given)
    except UnicodeEncodeError:
        raise Malformed("there are characters in it that stand for none", where=path[-1]) from None
    return f"/api/v1/{below}" + (f"?{query}" if query else "")


def _following(answer: Answer, bare: str) -> str:
    """The address of the next page; only its query counts, so that nobody is sent elsewhere."""
    link = answer.headers.get("link", "")
    if 'rel="next"' not in link or not link.startswith("<"):
        return ""
    query = urlsplit(link[1:].partition(">")[0]).query
    return f"{bare}?{query}" if "offset" in parse_qs(query) else ""


def _json_of(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise Unreachable(
            "the answer is no JSON",
            where=answer.url,
            remedy="name the address at which a registry's pages begin",
        ) from None


def _problem(answer: Answer) -> dict[str, Any] | None:
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return None
    with suppress(ValueError, RecursionError):
        said = json.loads(answer.body)
        if isinstance(said, dict) and isinstance(said.get("title"), str):
            return said
    return None


def _wanted(answer: Answer, tried: int) -> float:
    """Seconds until a question is asked again: what the registry says, else longer each time."""
    asked = answer.headers.get("retry-after", "")
    wanted = float(asked) if asked.isascii() and asked.isdecimal() else _FIRST_WAIT * 2 ** (tried - 1)
    return min(wanted, _LONGEST_WAIT)


def pause(seconds: float) -> None:
    """Wait.

    Args:
        seconds: how long.
    """
    time.sleep(seconds)


def error_of(said: Mapping[str, Any], status: int, url: str) -> UmrError:
    """The error that a problem document stands for (RFC 9457).

    Args:
        said: the document.
        status: of HTTP.
        url: who said it.
    """
    what, remedy = str(said.get("detail", "")), str(said.get("remedy", ""))
    where = str(said.get("where", ""))
    if status in {401, 403}:
        # The header is what this program makes of a token.
        ours = remedy.replace(_BY_HEADER, _BY_OPTION)
        return Denied(what, where=where or url, remedy=ours or _BY_OPTION)
    known = {one.title: one for one in every_error() if one is not UmrError}
    kind = known.get(str(said["title"]))
    if kind is Invalid:
        return Invalid(Report(tuple(map(finding_of, said.get("findings", ())))), where=where)
    if kind is not None and (status < 500 or issubclass(kind, Busy) or status in {503, 507}):
        return kind(what, where=where, remedy=remedy)
    if status < 500:
        return Malformed(what, where=where or url, remedy=remedy)
    return Unreachable(f"the registry cannot answer: {what}", where=url, remedy=remedy)


def finding_of(said: Mapping[str, Any]) -> Finding:
    """A finding, from its plain values.

    Args:
        said: as of `Finding.as_dict`.
    """
    line = said.get("line")
    texts = {name: str(said.get(name, "")) for name in ("path", "focus", "remedy", "source")}
    return Finding(
        Severity(said["severity"]),
        str(said["message"]),
        str(said["rule"]),
        line=line if isinstance(line, int) else None,
        **texts,
    )
