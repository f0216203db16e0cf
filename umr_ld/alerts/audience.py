"""Whom a change concerns."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.alerts import ANSWERS, CLEAR, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.alerts import Event, Subscription
    from umr_ld.alerts.changes import Change

_ANSWERS = (CLEAR, *ANSWERS)
_UNKNOWN = SEVERITIES[0]


@dataclass(frozen=True, slots=True)
class Kept:
    """A subscription in the book.

    Args:
        number: by which the book knows it.
        subscription: what is wanted.
        seen: number of the last event that its query was asked about.
    """

    number: int
    subscription: Subscription
    seen: int


def name_of(record: str) -> str:
    """The artifact's name in `name@version`; an absolute IRI is one already.

    Args:
        record: either of these.
    """
    return record if ":" in record else record.partition("@")[0]


class Audience:
    """Subscriptions, so arranged that finding those for a change costs what is found, not what there is.

    What a query selects is not known here: see `notices.ask`.

    Args:
        subscriptions: those that are on.
    """

    def __init__(self, subscriptions: Iterable[Kept]) -> None:
        self._by: defaultdict[tuple[str, str], list[Kept]] = defaultdict(list)
        self._asking: list[Subscription] = []
        for kept in subscriptions:
            for place in _places(kept.subscription):
                self._by[place].append(kept)
            if kept.subscription.query:
                self._asking.append(kept.subscription)

    def of(self, change: Change) -> list[Kept]:
        """The subscriptions that want to know of a change, in the order of their numbers.

        Args:
            change: what happened.
        """
        found = {kept.number: kept for place in _whereabouts(change) for kept in self._by.get(place, ())}
        return [found[number] for number in sorted(found) if wants(found[number].subscription, change.event)]

    def may_want(self, change: Change) -> bool:
        """Whether anybody wants to know of a change, or has a query that may select its record.

        Args:
            change: what happened.
        """
        return any(wants(one, change.event) for one in self._asking) or bool(self.of(change))


def _places(wanted: Subscription) -> Iterator[tuple[str, str]]:
    if wanted.everything:
        yield "everything", ""
        return
    yield from (("name", name) for name in wanted.names)
    yield from (("namespace", space) for space in wanted.namespaces)
    yield from (("publisher", label) for label in wanted.publishers)


def _whereabouts(change: Change) -> Iterator[tuple[str, str]]:
    yield "everything", ""
    yield from (("publisher", label) for label in change.publishers)
    for record in (change.event.record, *change.concerns):
        name = name_of(record)
        yield "name", name
        end = len(name)
        while end > 0:
            yield "namespace", name[:end]
            end = name.rfind("/", 0, end)


def wants(subscription: Subscription, event: Event) -> bool:
    """Whether an event is of a kind, and reaches the least values, that a subscription asks for.

    Args:
        subscription: what is wanted.
        event: about a record that it is about.
    """
    if subscription.kinds and event.kind not in subscription.kinds:
        return False
    if not event.answer:
        return True
    told = (event.answer, event.before, event.after)
    answer = max(_ANSWERS.index(word) for word in told if word in _ANSWERS)
    grave = [word for word in (event.severity, event.before, event.after) if word in SEVERITIES]
    return answer >= _ANSWERS.index(subscription.least_answer) and (
        _UNKNOWN in grave
        or max(map(SEVERITIES.index, grave), default=0) >= SEVERITIES.index(subscription.least_severity)
    )
