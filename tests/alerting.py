"""What tests about alerts share: standings, subscriptions and a clock that is set by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from umr_ld.alerts import Happening, Message, Outcome, Standing, Subscription

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A Wednesday."""
ADVISORY = "advisory/x"


def standing(record, answer="affected", severity="high", *, advisory=ADVISORY, publisher="Lab", path=""):
    publishers = (publisher,) if publisher else ()
    return Standing(advisory, record, answer, severity, publishers, "Model", path)


def following(channel="feed", *, who="somebody", **chosen):
    address = {
        "webhook": "https://hooks.example/in",
        "mail": "a@example.org",
        "ldn": "https://x.example/inbox",
    }
    chosen.setdefault("address", address.get(channel, ""))
    if not chosen.keys() & {"names", "namespaces", "publishers", "query", "everything"}:
        chosen["everything"] = True
    return Subscription(who=who, channel=channel, **chosen)


def happening(kind, subject, **facts):
    return Happening(kind, subject, **facts)


@dataclass
class Clock:
    """Tells the time that it was set to."""

    time: datetime = NOON

    def __call__(self):
        return self.time

    def on(self, **much):
        self.time += timedelta(**much)
        return self.time


@dataclass
class Receiver:
    """A channel that answers as it is told, and remembers what it was sent."""

    outcomes: list[Outcome] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    def send(self, message, now):
        self.messages.append(message)
        return self.outcomes.pop(0) if self.outcomes else Outcome("sent")

    @property
    def keys(self):
        return [message.key for message in self.messages]

    @property
    def events(self):
        return [event for message in self.messages for event in message.events]


def told(book, subscription, now=NOON):
    """What a subscription was told: kind and record of each event, in order."""
    found = book.events(now=now, subscription=subscription.id, limit=10_000)
    return [(one.event.kind, one.event.record) for one in found]
