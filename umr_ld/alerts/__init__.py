"""Alerts: who is told what, when something upstream turns out to be bad, and when it is good again.

The registry says which records stand where (`Standing`) and what happened (`Happening`). The book
(`book.Alerts`) finds what is new in that (`Event`), whom it concerns (`Subscription`), and keeps every
message until a channel has delivered it (`Message`, `Channel`, `Outcome`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed
from umr_ld.names import Name
from umr_ld.net import target_of
from umr_ld.risk import Answer, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

EventKind = Literal[
    "newly-affected",
    "answer-changed",
    "severity-changed",
    "cleared",
    "advisory-withdrawn",
    "fix-available",
    "published",
    "withdrawn",
    "vanished",
]
HappeningKind = Literal["published", "withdrawn", "vanished", "fix-available", "advisory-withdrawn"]
ChannelName = Literal["webhook", "mail", "ldn", "feed"]
Digest = Literal["", "hourly", "daily", "weekly"]

CLEAR = "clear"
ANSWERS = tuple(answer.label for answer in Answer if answer)
"""Of records that are not clear, the weakest first."""
SEVERITIES = tuple(severity.label for severity in Severity)
"""The least first; `unknown` before all."""
EVENT_KINDS: tuple[str, ...] = get_args(EventKind)
HAPPENING_KINDS: tuple[str, ...] = get_args(HappeningKind)
CHANNELS: tuple[str, ...] = get_args(ChannelName)
DIGESTS: tuple[str, ...] = get_args(Digest)

MAX_CHOSEN = 1000
"""Names, namespaces and publishers that one subscription may list, each."""
MAX_TEXT = 10_000
"""Characters of a text that a subscriber gives."""

_TEXT = re.compile(r"[^\x00\ud800-\udfff]*\Z")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\Z")
"""As HTML's `input type=email` has it: what of RFC 5322 is in use, and nothing that a header could trip over."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a record stands with respect to an advisory, if it is not clear.

    Args:
        advisory: name or identifier of the advisory.
        record: `name@version`.
        answer: `possibly` or `affected`.
        severity: of the advisory; `unknown` where it says nothing.
        publishers: labels of the agents that published the record.
        kind: key of the record's class, e.g. `Model`.
        path: why, hop by hop, in words.

    Raises:
        Malformed: if answer or severity is none of these.
    """

    advisory: str
    record: str
    answer: str
    severity: str
    publishers: tuple[str, ...] = ()
    kind: str = ""
    path: str = ""

    def __post_init__(self) -> None:
        _require(self.answer, ANSWERS, "answer")
        _require(self.severity, SEVERITIES, "severity")


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to a record or an advisory, other than a change of standing.

    Args:
        kind: what happened.
        subject: `name@version` of what was published, withdrawn, vanished, or is the fix; or the advisory
            that was withdrawn.
        publishers: labels of the agents that it concerns: those of the subject, and of what stands on it.
        detail: what there is to say about it, in words.
        seq: sequence number of the journal entry.
        concerns: records that stand on the subject, as `name@version`: whoever follows these is told too. Of
            a fix the records that it is a fix for.
        advisory: which is mended, if it is a fix.

    Raises:
        Malformed: if there is no such kind.
    """

    kind: HappeningKind
    subject: str
    publishers: tuple[str, ...] = ()
    detail: str = ""
    seq: int = 0
    concerns: tuple[str, ...] = ()
    advisory: str = ""

    def __post_init__(self) -> None:
        _require(self.kind, HAPPENING_KINDS, "kind of happening")


@dataclass(frozen=True, slots=True)
class Event:
    """A change that somebody may want to know of.

    Args:
        key: SHA-256, hexadecimal, over record, advisory, change and sequence number: the same change has
            the same key, however often it is computed or delivered.
        kind: what changed.
        record: `name@version`; empty if an advisory was withdrawn that touched no record.
        advisory: its name or identifier; empty if there is none.
        before: answer, or for `severity-changed` the severity, until then; `clear` if there was none.
        after: the same from now on; for `fix-available` the fix, as `name@version`. Both are empty where the
            change is neither.
        answer: how the record stands from now on, `clear` too; empty if there is no advisory.
        severity: the advisory's for this record; empty if there is no advisory.
        path: why, in words.
        time: when it was taken in, UTC.
        seq: the registry's position at which it changed.
    """

    key: str
    kind: EventKind
    record: str
    advisory: str
    before: str
    after: str
    answer: str
    severity: str
    path: str
    time: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to be told of what, and how.

    What is chosen adds up: an event is wanted if its record is one of the names, or below one of the
    namespaces, or of one of the publishers, or in the answer of the query, or if everything is wanted.
    Of those, changes of standing are wanted if answer and severity, before or after, reach the least values.

    Args:
        who: label of the subscriber.
        names: artifacts, all versions of them; a name, or an absolute IRI.
        namespaces: beginnings of names, whole segments: `hf/x` means `hf/x/y`, not `hf/xy`.
        publishers: labels of agents: all that they publish.
        query: a SPARQL SELECT whose first column is records. It is asked when messages are gathered, so that
            nobody who publishes waits for it.
        everything: whether every event is wanted.
        kinds: of events that are wanted; empty for all.
        least_severity: the least that matters; what is unknown matters always.
        least_answer: the weakest that matters.
        channel: how to tell.
        address: URL of a webhook, of an inbox or of what has one, or a mail address; empty for a feed.
        secret: with which a webhook's messages are signed; given out once, by `Alerts.subscribe`.
        digest: how often to tell; empty for at once.
        id: unguessable, given by `Alerts.subscribe`; whoever knows it may unsubscribe.

    Raises:
        Malformed: if any of that is not of its form, or nothing is chosen.
    """

    who: str
    channel: str
    address: str = ""
    names: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    query: str = ""
    everything: bool = False
    kinds: tuple[str, ...] = ()
    least_severity: str = "low"
    least_answer: str = "possibly"
    digest: str = ""
    secret: str = field(default="", repr=False)
    id: str = ""

    def __post_init__(self) -> None:
        _require(self.channel, CHANNELS, "channel")
        _require(self.least_severity, SEVERITIES, "severity")
        _require(self.least_answer, ANSWERS, "answer")
        _require(self.digest, DIGESTS, "digest")
        for kind in self.kinds:
            _require(kind, EVENT_KINDS, "kind of event")
        if not (self.everything or self.names or self.namespaces or self.publishers or self.query):
            raise Malformed(
                "the subscription is to nothing",
                remedy="give names, namespaces, publishers or a query, or choose everything",
            )
        self._require_chosen()
        _require_address(self.channel, self.address)
        if self.channel == "feed" and self.digest:
            raise Malformed("a feed has no digest", remedy="its reader decides how often to look")

    def _require_chosen(self) -> None:
        for chosen in (self.names, self.namespaces, self.publishers):
            if len(chosen) > MAX_CHOSEN:
                raise Malformed(
                    f"{len(chosen):,} are too many to list",
                    remedy=f"list at most {MAX_CHOSEN:,}, or choose by namespace or by query",
                )
        for name in (*self.names, *self.namespaces):
            if not is_absolute(name):
                Name.parse(name)
        for text in (self.who, self.query, self.secret, *self.publishers):
            require_text(text)


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription as it is kept.

    Args:
        subscription: without its secret.
        made: when, UTC.
        off: why nothing is sent any more; empty while it is on.
        trouble: what was wrong with its query the last time; empty if nothing was.
    """

    subscription: Subscription
    made: datetime
    off: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Somebody's decision not to be told of a record and an advisory for a while.

    Args:
        number: of this decision.
        target: `name@version`, or a name for all its versions.
        advisory: its name or identifier.
        reason: why, in words.
        until: when it ends, UTC.
        who: who decided.
    """

    number: int
    target: str
    advisory: str
    reason: str
    until: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has seen what there was to see about a record and an advisory.

    Args:
        who: who has.
        note: what he says about it; may be empty.
        time: when, UTC.
        seq: the registry's position then; what changes later is not acknowledged.
    """

    who: str
    note: str
    time: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Listed:
    """An event in a listing, with what people said about it.

    Args:
        number: its place; later events have larger numbers.
        event: the event.
        acknowledged: the first acknowledgement after it; None if there is none.
        ignored: the decision by which it is ignored now; None if it is not.
    """

    number: int
    event: Event
    acknowledged: Acknowledgement | None = None
    ignored: Ignore | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once to one subscriber.

    Args:
        key: SHA-256, hexadecimal, over the subscription and its events: the same however often it is sent.
        subscription: with its secret.
        events: one or more, in order.
        made: when it was put into the outbox, UTC.
    """

    key: str
    subscription: Subscription
    events: tuple[Event, ...]
    made: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt to deliver a message.

    Args:
        verdict: `sent`; `retry` if a later attempt may succeed; `dead` if none will; `gone` if the receiver
            wants nothing more.
        detail: what the receiver said, in words.
        after: how long the receiver asks to wait; None if it does not say.
    """

    verdict: Literal["sent", "retry", "dead", "gone"]
    detail: str = ""
    after: timedelta | None = None


class Channel(Protocol):
    """A way to deliver messages. It is never called twice at the same time."""

    def send(self, message: Message, now: datetime) -> Outcome:
        """Try to deliver a message; whatever the receiver or the network does is an outcome, no error.

        Args:
            message: what to send.
            now: the time, UTC.
        """
        ...


def require_text(text: str) -> None:
    """Refuse what nobody can have meant to write.

    Args:
        text: given by a person.

    Raises:
        Malformed: if it is longer than `MAX_TEXT`, or has a null character or half a surrogate pair.
    """
    if len(text) > MAX_TEXT or not _TEXT.match(text):
        raise Malformed(
            f"the text {text[:40]!r} has {len(text):,} characters, or one that is no text",
            remedy=f"write at most {MAX_TEXT:,} characters of Unicode text",
        )


def _require(value: str, allowed: Sequence[str], what: str) -> None:
    if value not in allowed:
        choice = ", ".join(word or "none" for word in allowed)
        raise Malformed(f"there is no {what} {value[:100]!r}", remedy=f"choose of: {choice}")


def _require_address(channel: str, address: str) -> None:
    if channel == "feed":
        if address:
            raise Malformed("a feed has no address of its own", remedy="leave the address out")
    elif channel == "mail":
        if len(address) > 254 or not _MAILBOX.match(address):
            raise Malformed(f"{address[:200]!r} is no mail address", remedy="write somebody@example.org")
    else:
        target_of(address)
