"""The verbs of who is told what: subscriptions, and what people say about what was told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import Response, g
from pydantic import Field

from umr_ld.alerts import Subscription
from umr_ld.alerts.wording import listed_tree
from umr_ld.errors import Missing
from umr_ld.names import parse_reference
from umr_ld.render.alerts import ignore_json, posted_json, subscription_json
from umr_ld.render.output import as_json
from umr_server.api.door import JSON
from umr_server.api.models import MOST, SHOWN, Answer, Asked, Moment, Nothing, Number, Text
from umr_server.api.paging import Part, taken
from umr_server.api.spec import Route
from umr_server.api.writing import Given
from umr_server.api.written import ANYBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.alerts import Subscriber
    from umr_ld.registry import Registry
    from umr_server.site import Site

_TAG = "Alerts"
_TEXT = 10_000


class SubscriptionWanted(Given):
    """Who is told what, and how. What is chosen adds up."""

    channel: str = Field(description="`webhook`, `mail`, `ldn` or `feed`.")
    address: str = Field(
        "", max_length=_TEXT, description="URL of a webhook or inbox, or a mail address; empty for a feed."
    )
    names: list[str] = Field([], description="Artifacts, all versions of them.")
    namespaces: list[str] = Field([], description="Beginnings of names, whole segments.")
    publishers: list[str] = Field([], description="Labels of agents: all that they publish.")
    query: str = Field(
        "", max_length=_TEXT, description="A SELECT whose first column is records; for administrators."
    )
    everything: bool = Field(False, description="All that happens.")
    events: list[str] = Field([], description="Kinds of events; all unless given.")
    severity: str = Field("low", description="The least that matters.")
    answer: str = Field("possibly", description="The weakest that matters.")
    digest: str = Field("", description="`hourly`, `daily` or `weekly`; at once unless given.")
    present: bool = Field(False, description="Tell first where records stand now.")


class SubscriptionShown(Answer):
    """A subscription; the secret of a webhook only in the answer that it is made with."""

    subscription: str = Field(description="Its identifier. Whoever knows it can read its feed.")
    secret: str | None = Field(None, description="With which messages to a webhook are signed; shown once.")


class Acknowledgement(Given):
    """Somebody has seen what there was to see."""

    record: str = Field(max_length=_TEXT, description="`NAME@VERSION`.")
    advisory: str = Field(max_length=_TEXT, description="Its name, or an identifier that it has.")
    note: str = Field("", max_length=_TEXT, description="What there is to say about it.")


class IgnoreWanted(Given):
    """A decision to tell nobody of an advisory for a while."""

    record: str = Field(max_length=_TEXT, description="`NAME@VERSION`, or a name for all its versions.")
    advisory: str = Field(max_length=_TEXT, description="Its name, or an identifier that it has.")
    reason: str = Field(min_length=1, max_length=_TEXT, description="Why.")
    until: Moment = Field(description="The last day of it.")


class Page(Asked):
    """A page of a long answer."""

    limit: Number = Field(SHOWN, ge=0, le=MOST, description="How many entries to give.")
    offset: Number = Field(0, ge=0, le=100_000, description="How many to pass over.")


class Events(Page):
    """Which events are asked for."""

    record: Text = Field("", description="`NAME@VERSION`, or a name for all its versions.")
    advisory: Text = Field("", description="Its name.")


class Outbox(Page):
    """Which messages are asked for."""

    state: str = Field("", pattern="^(pending|sent|dead|)$", description="`pending`, `sent` or `dead`.")


class Happened(Answer):
    """An event, with what people said about it."""

    number: int = Field(description="Its place; later ones have larger numbers.")
    key: str = Field(description="The same for the same change.")
    kind: str = Field(description="What changed.")
    time: str = Field(description="When.")


class Posted(Answer):
    """A message."""

    number: int
    state: str = Field(description="`pending`, `sent` or `dead`.")
    subscription: str = Field(description="Whose it is.")


class Said(Answer):
    """What was said about a record and an advisory."""

    record: str = Field(description="`NAME@VERSION`, or a name.")
    advisory: str = Field(description="Name of the advisory.")


def routes(site: Site) -> Iterator[Route]:
    """The addresses of these verbs.

    Args:
        site: whose alerts.
    """
    verbs = _Following(site)
    yield _route("/subscriptions", verbs.list_subscriptions, list[SubscriptionShown], "GET")
    yield _route("/subscriptions", verbs.subscribe, SubscriptionShown, "POST", SubscriptionWanted)
    yield _route("/subscriptions/<subscription>", verbs.unsubscribe, SubscriptionShown, "DELETE")
    told = _Told(site)
    yield _route("/subscriptions/<subscription>/events", told.list_told, list[Happened], "GET", query=Page)
    yield _route("/events", told.list_events, list[Happened], "GET", query=Events)
    yield _route("/outbox", told.list_outbox, list[Posted], "GET", query=Outbox, scope="admin")
    yield _route("/acknowledgements", verbs.acknowledge, Said, "POST", Acknowledgement)
    yield _route("/ignores", verbs.list_ignores, list[Said], "GET")
    yield _route("/ignores", verbs.ignore, Said, "POST", IgnoreWanted)
    yield _route("/ignores/<number>", verbs.forget, Said, "DELETE")


def _route(
    address: str,
    view: Any,
    answer: Any,
    method: str,
    body: type[Given] | None = None,
    query: type[Asked] = Nothing,
    scope: str = ANYBODY,
) -> Route:
    return Route(
        address,
        view,
        answer,
        method,
        query=query,
        body=body,
        problems=() if method == "GET" else (404,),
        status=201 if method == "POST" else 200,
        tag=_TAG,
        scope=scope,
        path={"subscription": "Its identifier.", "number": "Of the decision."} if "<" in address else {},
    )


def own_subscriptions(registry: Registry) -> list[Subscriber]:
    """The subscriptions of the token's agent, of an administrator all.

    Args:
        registry: whose alerts.
    """
    grant = g.token.grant
    every = registry.alerts.subscriptions()
    return [one for one in every if grant.is_admin or one.subscription.who == grant.agent]


class _Told:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def list_events(self, query: Events) -> Part:
        """Tell what happened, the newest first, with what people said about it."""
        self._registry.look()
        return self._page(query, record=query.record, advisory=query.advisory)

    def list_told(self, subscription: str, query: Page) -> Part:
        """Tell what a subscription was told, the newest first."""
        if not any(one.subscription.id == subscription for one in own_subscriptions(self._registry)):
            raise _no_subscription(subscription)
        self._registry.gather()
        return self._page(query, subscription=subscription)

    def _page(self, query: Page, record: str = "", advisory: str = "", subscription: str = "") -> Part:
        found = self._registry.alerts.events(
            now=_now(),
            record=record,
            advisory=advisory,
            subscription=subscription,
            newest=True,
            limit=query.offset + query.limit + 1,
        )
        page, following = taken(found, query.limit, query.offset)
        return Part([listed_tree(one) for one in page], following)

    def list_outbox(self, query: Outbox) -> Part:
        """List messages, the newest first: which wait, which were sent, which were given up, and why."""
        found = self._registry.alerts.outbox(query.state, query.offset + query.limit + 1)
        page, following = taken(found, query.limit, query.offset)
        return Part([posted_json(one) for one in page], following)


class _Following:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = site.registry

    def list_subscriptions(self) -> list[dict[str, Any]]:
        """List the subscriptions of the token's agent, of an administrator all."""
        return [subscription_json(one) for one in self._own()]

    def subscribe(self, body: SubscriptionWanted) -> Response:
        """Be told what changes. The subscription is the agent's for whom the token was made."""
        grant = g.token.grant
        if body.query:
            # It is asked by whoever delivers, who has no process to spare for a stranger's question.
            self._site.guard.hold(lambda: grant.require("admin"), "admin")
        wanted = Subscription(
            who=grant.agent,
            channel=body.channel,
            address=body.address,
            names=tuple(body.names),
            namespaces=tuple(body.namespaces),
            publishers=tuple(body.publishers),
            query=body.query,
            everything=body.everything,
            kinds=tuple(body.events),
            least_severity=body.severity,
            least_answer=body.answer,
            digest=body.digest,
        )
        made = self._registry.subscribe(wanted, since_now=not body.present)
        shown = next(one for one in self._own() if one.subscription.id == made.id)
        secret = {"secret": made.secret} if made.secret else {}
        return Response(as_json({**secret, **subscription_json(shown)}), 201, content_type=JSON)

    def unsubscribe(self, subscription: str) -> dict[str, Any]:
        """End a subscription, and forget what was still to be sent to it."""
        shown = next((one for one in self._own() if one.subscription.id == subscription), None)
        if shown is None:
            raise _no_subscription(subscription)
        self._registry.alerts.unsubscribe(subscription)
        return subscription_json(shown)

    def _own(self) -> list[Subscriber]:
        return own_subscriptions(self._registry)

    def acknowledge(self, body: Acknowledgement) -> Response:
        """Say that what there was to see about a record and an advisory was seen."""
        self._require_name(body.record)
        self._registry.look()
        advisory = self._advisory(body.advisory)
        self._registry.alerts.acknowledge(
            body.record, advisory, who=g.token.grant.agent, note=body.note, now=_now()
        )
        said = {"record": body.record, "advisory": advisory, "by": g.token.grant.agent}
        return Response(as_json(said), 201, content_type=JSON)

    def list_ignores(self) -> list[dict[str, Any]]:
        """List what was decided to be ignored, in the order in which it ends."""
        return [ignore_json(one) for one in self._registry.alerts.ignores()]

    def ignore(self, body: IgnoreWanted) -> Response:
        """Tell nobody of an advisory for a record until a day. It stays listed, struck out."""
        self._require_name(body.record)
        assert body.until is not None
        made = self._registry.alerts.ignore(
            body.record,
            self._advisory(body.advisory),
            reason=body.reason,
            until=body.until,
            who=g.token.grant.agent,
            now=_now(),
        )
        return Response(as_json(ignore_json(made)), 201, content_type=JSON)

    def forget(self, number: str) -> dict[str, Any]:
        """End a decision to ignore something; what it held back is told, if it still holds."""
        made = next((one for one in self._registry.alerts.ignores() if str(one.number) == number), None)
        if made is None:
            raise Missing(f"there is no ignore {number[:40]!r}")
        self._require_name(made.target)
        self._registry.alerts.forget(made.number, now=_now())
        return ignore_json(made)

    def _require_name(self, record: str) -> None:
        """What is said of a record is said for all who follow it, and so by who may publish it."""
        name = parse_reference(record).name
        self._site.guard.hold(lambda: g.token.grant.require_name(name))

    def _advisory(self, text: str) -> str:
        found = self._registry.advisory(text)
        if found is None:
            raise Missing(f"there is no advisory {text[:100]!r}")
        return found.name


def _no_subscription(id_: str) -> Missing:
    return Missing(f"you have no subscription {id_[:100]!r}", remedy="`umr alerts subscriptions` lists yours")


def _now() -> datetime:
    return datetime.now(UTC)
