"""The alerts of a registry elsewhere, over its API: what happened, what people say about it, and who is told."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from umr_ld.remote import values
from umr_ld.remote.client import PAGE
from umr_ld.remote.reader import understood

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.alerts import Ignore, Listed, Subscriber, Subscription
    from umr_ld.alerts.outbox import Posted
    from umr_ld.remote.client import Client


class RemoteAlerts:
    """What `alerts.book.Alerts` has for who asks, and for who is told. The token says who that is, and is needed.

    Args:
        client: asks the registry.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    @understood
    def subscribe(self, wanted: Subscription, *, since_now: bool = True) -> Subscription:
        """See `Registry.subscribe`; the subscription is the token's agent's."""
        body = {
            "channel": wanted.channel,
            "address": wanted.address,
            "names": wanted.names,
            "namespaces": wanted.namespaces,
            "publishers": wanted.publishers,
            "query": wanted.query,
            "everything": wanted.everything,
            "events": wanted.kinds,
            "severity": wanted.least_severity,
            "answer": wanted.least_answer,
            "digest": wanted.digest,
            "present": not since_now,
        }
        return values.subscription_of(self.client.once("subscriptions", body))

    @understood
    def unsubscribe(self, id_: str) -> None:
        """See `Alerts.unsubscribe`."""
        self.client.delete("subscriptions", values.require_reference(id_))

    @understood
    def subscriptions(self) -> tuple[Subscriber, ...]:
        """See `Alerts.subscriptions`; those of the token's agent, of an administrator all."""
        return tuple(map(values.subscriber_of, self.client.get("subscriptions")))

    @understood
    def events(
        self,
        *,
        now: datetime,  # noqa: ARG002 - the registry's own counts
        record: str = "",
        advisory: str = "",
        subscription: str = "",
        limit: int = 100,
        newest: bool = True,  # noqa: ARG002 - so it is told
    ) -> tuple[Listed, ...]:
        """See `Alerts.events`; the newest first."""
        path = ("subscriptions", subscription, "events") if subscription else ("events",)
        pages = self.client.pages(*path, record=record, advisory=advisory, limit=min(limit, PAGE))
        found = (values.happened_of(one) for page in pages for one in page)
        return tuple(islice(found, limit))

    @understood
    def acknowledge(
        self,
        record: str,
        advisory: str,
        *,
        who: str = "",  # noqa: ARG002 - the token says it
        note: str = "",
        now: datetime,  # noqa: ARG002
    ) -> None:
        """See `Alerts.acknowledge`."""
        self.client.once("acknowledgements", {"record": record, "advisory": advisory, "note": note})

    @understood
    def ignore(
        self,
        target: str,
        advisory: str,
        *,
        reason: str,
        until: datetime,
        who: str = "",  # noqa: ARG002 - the token says it
        now: datetime,  # noqa: ARG002
    ) -> Ignore:
        """See `Alerts.ignore`."""
        body = {"record": target, "advisory": advisory, "reason": reason, "until": until.isoformat()}
        return values.ignore_of(self.client.once("ignores", body))

    @understood
    def ignores(self) -> tuple[Ignore, ...]:
        """See `Alerts.ignores`."""
        return tuple(map(values.ignore_of, self.client.get("ignores")))

    @understood
    def forget(self, number: int, *, now: datetime) -> None:  # noqa: ARG002
        """See `Alerts.forget`."""
        self.client.delete("ignores", str(number))

    @understood
    def outbox(self, state: str = "", limit: int = 100) -> tuple[Posted, ...]:
        """See `Alerts.outbox`; for administrators."""
        pages = self.client.pages("outbox", state=state, limit=min(limit, PAGE))
        return tuple(islice((values.posted_of(one) for page in pages for one in page), limit))
