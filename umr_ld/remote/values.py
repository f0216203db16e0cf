"""Answers of the API as the values that a registry gives: the way back from `umr_ld.render`."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from umr_ld.alerts import Acknowledgement, Ignore, Subscriber, Subscription
from umr_ld.alerts import Event as Happened
from umr_ld.alerts import Listed as Told
from umr_ld.alerts.outbox import Posted
from umr_ld.change import Change, Diff
from umr_ld.inbox import Notification
from umr_ld.inbox import Said as Claimed
from umr_ld.index import Peer
from umr_ld.inherit import Effective, Held
from umr_ld.lineage import Edge, Impact, Lineage, Node, Reached, Strand
from umr_ld.names import Ref, parse_reference
from umr_ld.ranges import Range
from umr_ld.record import Link
from umr_ld.registry.views import (
    Affected,
    Alias,
    Carried,
    Concern,
    Decided,
    Event,
    Ground,
    Judged,
    Listed,
    Proposal,
    Stated,
)
from umr_ld.render.answers import value_json
from umr_ld.risk import Advisory, Answer, Decision, Ruling, Scope, Severity, Step
from umr_ld.risk.decision import SAME
from umr_ld.versions import Level, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from umr_ld.addresses import Base
    from umr_ld.record import Record, Value
    from umr_ld.vocab import Vocabulary

    Said = Mapping[str, Any]


def time_of(text: str) -> datetime:
    """A moment.

    Args:
        text: RFC 3339.
    """
    return datetime.fromisoformat(text)


def event_of(said: Said) -> Event:
    """See `render.answers.event_json`."""
    return Event(
        seq=said["sequence"],
        time=time_of(said["time"]),
        act=said["act"],
        ref=Ref.parse(said["reference"]),
        agent=said.get("agent", ""),
        digest=said.get("digest", ""),
        reason=said.get("reason", ""),
        changes=tuple(said.get("changes", ())),
    )


def listed_of(said: Said) -> Listed:
    """See `render.answers.listing_json`."""
    texts = {name: said.get(name, "") for name in ("title", "publisher", "license", "snippet")}
    return Listed(
        ref=Ref.parse(said["reference"]),
        kind=said["kind"],
        published=time_of(said["published"]),
        withdrawn=said.get("withdrawn", False),
        **texts,
    )


def carried_of(said: Said) -> Carried:
    """See `render.answers.carried_json`."""
    return Carried(
        digest=said["digest"],
        ref=Ref.parse(said["reference"]),
        kind=said["kind"],
        title=said["title"],
        file=said["file"],
        withdrawn=said.get("withdrawn", False),
    )


def diff_of(said: Said) -> Diff:
    """See `render.answers.diff_json`."""
    return Diff(
        tuple(
            Change(
                one["act"],
                one["path"],
                one.get("before", ""),
                one.get("after", ""),
                Level[one["level"].upper()],
            )
            for one in said["changes"]
        )
    )


def effective_of(
    record: Record, said: Said, recorded: Callable[[Ref], Record], vocabulary: Vocabulary
) -> Effective:
    """What holds for a record; each value is taken from the record that states it, where it is whole.

    Args:
        record: the record itself.
        said: its values, as of `render.answers.shown_json`.
        recorded: gives the records that something is inherited from.
        vocabulary: keys.

    Raises:
        LookupError: if a record does not state what is said to be its.
    """
    held = {name: [Held(value, record.ref, 0) for value in values] for name, values in record.facts.items()}
    origins = [record.ref]
    for key, several in said.items():
        inherited = [one for one in several if "origin" in one]
        for origin, ones in groupby(inherited, key=lambda one: one["origin"]):
            source = recorded(Ref.parse(origin))
            origins += [source.ref] if source.ref not in origins else []
            name, stated = _stated(source, key, vocabulary)
            for one in ones:
                value = _take(stated, one["value"], vocabulary)
                held.setdefault(name, []).append(Held(value, source.ref, one["hops"]))
    return Effective(record, {name: tuple(several) for name, several in held.items()}, tuple(origins))


def _stated(record: Record, key: str, vocabulary: Vocabulary) -> tuple[str, list[Value]]:
    for name, values in record.facts.items():
        if (vocabulary.key_of(name) or name) == key:
            return name, list(values)
    raise LookupError(key)


def _take(values: list[Value], plain: Any, vocabulary: Vocabulary) -> Value:
    for at, value in enumerate(values):
        if value_json(value, vocabulary) == plain:
            return values.pop(at)
    raise LookupError(str(plain))


def lineage_of(said: Said) -> Lineage:
    """See `render.tree.as_values`."""
    nodes = {one["id"]: _node(one) for one in said["nodes"]}
    edges = tuple(
        Edge(
            nodes[one["source"]],
            Link(
                number=0,
                relation=one["relation"],
                artifact=nodes[one["target"]].artifact,
                versions=Range.from_npm(one["versions"]),
                revision=one["revision"] or "",
                inherit=one["inherit"],
                evidence=one["evidence"] or "",
            ),
            nodes[one["target"]],
            tuple(map(Ref.parse, one["reaches"])),
        )
        for one in said["edges"]
    )
    cut = frozenset(nodes[one["id"]] for one in said["nodes"] if one["cut"])
    return Lineage(nodes[said["root"]], said["direction"], tuple(nodes.values()), edges, cut)


def _node(said: Said) -> Node:
    return Node(
        artifact=said["artifact"],
        ref=Ref.parse(said["id"]) if said["recorded"] else None,
        known=said["known"],
        wanted="" if said["recorded"] else said["id"].removeprefix(said["artifact"]).removeprefix("@"),
        kind=said["kind"] or "",
        title=said["title"] or "",
        withdrawn=said["withdrawn"],
    )


class _Terms:
    """Texts by number, as the links of an impact have them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(text, len(self._numbers) + 1)

    def texts(self) -> dict[int, str]:
        return {number: text for text, number in self._numbers.items()}


def impact_of(pages: Sequence[Said]) -> Impact:
    """See `render.answers.impact_json`; of each path the first link is enough, since it goes on as that of the record
    that it reaches."""
    terms, numbers, through = _Terms(), dict[str, int](), dict[Strand, int]()
    levels: dict[int, dict[int, Strand]] = {}
    for number, hit in enumerate((hit for page in pages for hit in page["hits"]), 1):
        first = hit["path"][0]
        ref = Ref.parse(hit["reference"])
        numbers[hit["reference"]] = number
        strand = Strand(
            target=0,
            relation=terms.number(first["relation"]),
            versions=terms.number(first["versions"]),
            revision=first.get("revision") or "",
            evidence=terms.number(first.get("evidence", "")),
            records=[number],
            numbers=[0],
            makers=[0],
            own=[terms.number(str(ref.version))],
            names=[str(ref.name)],
        )
        through[strand] = numbers.get(first.get("reached", ""), 0)
        levels.setdefault(hit["depth"], {})[number] = strand
    return Impact(
        pages[0]["artifact"],
        Range.from_npm(pages[0]["versions"]),
        tuple(map(Ref.parse, pages[0]["recorded"])),
        levels=[Reached.along(level.values(), level) for _, level in sorted(levels.items())],
        through=through,
        terms=terms.texts(),
    )


def affected_of(pages: Sequence[Said], advisory: Advisory) -> Affected:
    """See `render.verdicts.affected_json`."""
    hits = {hit["reference"]: _judged(hit) for page in pages for hit in page["hits"]}
    return Affected(
        advisory,
        pages[0]["policy"],
        tuple(hits.values()),
        tuple(map(_stated_of, pages[0]["statements"])),
        tuple((hits[one["reference"]], one["below"]) for page in pages for one in page["repair"]),
    )


def _judged(said: Said) -> Judged:
    ref, answer = Ref.parse(said["reference"]), Answer.named(said["answer"])
    statement = said.get("statement")
    return Judged(
        ref=ref,
        answer=answer,
        arrives=Answer.named(said["arrives"]) if "arrives" in said else answer,
        depth=said["depth"],
        path=tuple(_steps(said)),
        ruling=None if statement is None else Ruling(Ref.parse(statement), ref, answer),
        publisher=said.get("publisher", ""),
        kind=said.get("kind", ""),
    )


def _steps(said: Said) -> Iterator[Step]:
    for one in said.get("path", ()):
        reached = one.get("reached")
        yield Step(
            ref=Ref.parse(one["reference"]),
            relation=one["relation"],
            artifact=one["artifact"],
            versions=Range.from_npm(one["versions"]),
            revision=one.get("revision", ""),
            evidence=one.get("evidence", ""),
            reached=None if reached is None else Ref.parse(reached),
        )


def _stated_of(said: Said) -> Stated:
    return Stated(
        Ref.parse(said["statement"]),
        Ref.parse(said["about"]),
        said["status"],
        said.get("justification", ""),
        said["counts"],
        said["reviewed"],
    )


def concern_of(said: Said, advisory: Advisory, references: Collection[str]) -> Concern:
    """See `render.verdicts.concern_json`; `references` are those that were asked about."""
    answer, statement = Answer.named(said["answer"]), said.get("statement")
    return Concern(
        asked=said["reference"],
        advisory=advisory,
        answer=answer,
        arrives=Answer.named(said["arrives"]) if "arrives" in said else answer,
        path=tuple(_steps(said)),
        statement=None if statement is None else Ref.parse(statement),
        fix=said.get("fix", ""),
        given=said.get("given", said["reference"] if said["reference"] in references else ""),
    )


def advisory_of(said: Said) -> Advisory:
    """See `render.verdicts.advisory_json`."""
    return Advisory(
        ref=Ref.parse(said["reference"]),
        title=said["title"],
        risks=tuple(said["risks"]),
        severity=Severity[said["severity"].upper()],
        partial=said["partial"],
        scopes={
            name: Scope(Range.from_npm(one["versions"]), frozenset(one["revisions"]), one["undecided"])
            for name, one in said["affects"].items()
        },
        fixed={name: tuple(map(Version.parse, several)) for name, several in said["fixed"].items()},
        aliases=tuple(said["aliases"]),
        withdrawn=False,
    )


def alias_of(said: Said) -> Alias:
    """See `render.aliases.alias_json`."""
    statement = said.get("statement")
    by = None if statement is None else Ref.parse(statement)
    return Alias(said["name"], said["via"], by, said.get("reason", ""), said.get("agent", ""))


def decided_of(said: Said) -> Decided:
    """See `render.aliases.decided_json`."""
    ref, (one, other) = Ref.parse(said["statement"]), said["names"]
    decision = Decision(
        ref=ref,
        names=(one, other),
        accepted=said["decision"] == SAME,
        reason=said.get("reason", ""),
        publishers=frozenset(said.get("publishers", ())),
        issued=said.get("issued", ""),
    )
    return Decided(decision, ref, said.get("agent", ""), time_of(said["published"]), said["counts"])


def proposal_of(said: Said) -> Proposal:
    """See `render.aliases.proposal_json`."""
    one, other = said["names"]
    grounds = (
        Ground(ground["reason"], ground["words"], ground.get("detail", "")) for ground in said["reasons"]
    )
    return Proposal((one, other), tuple(grounds))


def subscription_of(said: Said) -> Subscription:
    """See `render.alerts.subscription_json`."""
    return Subscription(
        who=said["who"],
        channel=said["channel"],
        address=said.get("address", ""),
        names=tuple(said.get("names", ())),
        namespaces=tuple(said.get("namespaces", ())),
        publishers=tuple(said.get("publishers", ())),
        query=said.get("query", ""),
        everything=said.get("everything", False),
        kinds=tuple(said.get("events", ())),
        least_severity=said["severity"],
        least_answer=said["answer"],
        digest=said.get("digest", ""),
        secret=said.get("secret", ""),
        id=said["subscription"],
    )


def subscriber_of(said: Said) -> Subscriber:
    """See `render.alerts.subscription_json`."""
    return Subscriber(
        subscription_of(said), time_of(said["made"]), said.get("off", ""), said.get("trouble", "")
    )


def happened_of(said: Said) -> Told:
    """See `alerts.wording.listed_tree`."""
    texts = ("key", "kind", "record", "advisory", "before", "after", "answer", "severity", "path")
    known = {name: said.get(name, "") for name in texts}
    event = Happened(**known, time=time_of(said["time"]), seq=said["seq"])
    seen, ignored = said.get("acknowledged"), said.get("ignored")
    return Told(
        said["number"],
        event,
        seen and Acknowledgement(seen["by"], seen.get("note", ""), time_of(seen["time"]), 0),
        ignored
        and Ignore(
            0, event.record, event.advisory, ignored["reason"], time_of(ignored["until"]), ignored["by"]
        ),
    )


def ignore_of(said: Said) -> Ignore:
    """See `render.alerts.ignore_json`."""
    record, advisory, reason = (said[name] for name in ("record", "advisory", "reason"))
    return Ignore(said["number"], record, advisory, reason, time_of(said["until"]), said["by"])


def posted_of(said: Said) -> Posted:
    """See `render.alerts.posted_json`; when it is due says nothing of what is not pending."""
    made = time_of(said["made"])
    return Posted(
        number=said["number"],
        key=said["key"],
        subscription=said["subscription"],
        state=said["state"],
        events=said["events"],
        attempts=said["attempts"],
        made=made,
        due=time_of(said["due"]) if said["due"] else made,
        detail=said["detail"],
    )


def peer_of(said: Said) -> Peer:
    """See `render.peers.peer_json`."""
    return Peer(said["label"], said["base"], said.get("address", ""), said["position"])


def notification_of(said: Said, base: Base) -> Notification:
    """See `render.inbox.notification_json`."""
    claimed = Claimed(
        said["type"],
        tuple(map(base.artifact, said.get("about", ()))),
        *(said.get(name, "") for name in ("actor", "id", "summary")),
    )
    return Notification(
        said["number"],
        claimed,
        time_of(said["received"]),
        said["sender"],
        said["digest"],
        said["size"],
        said["state"],
        said.get("by", ""),
        said.get("body", "").encode(),
    )


def require_reference(text: str) -> str:
    """A reference that can stand in an address: an empty one would be another address.

    Args:
        text: what somebody wrote.

    Raises:
        Malformed: if there is nothing.
    """
    if not text:
        parse_reference(text)
    return text
