"""Telling people and machines what changes for them: the half of a registry that alerts."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from umr_ld.errors import UmrError
from umr_ld.registry.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from umr_ld.alerts import Channel, Event, Subscription
    from umr_ld.alerts.book import Alerts
    from umr_ld.alerts.outbox import Tally


class Telling(Reader):
    """A registry that remembers who wants to know of what, and tells them."""

    @property
    def alerts(self) -> Alerts:
        """Who is told what: subscriptions, events, outbox. It knows what `look` told it last."""
        return self._parts.alerts

    def subscribe(self, wanted: Subscription, *, since_now: bool = True) -> Subscription:
        """Add a subscription, of what changes after this moment.

        Args:
            wanted: without an id.
            since_now: as of `Alerts.subscribe`.

        Returns:
            the subscription with its id, and for a webhook with its secret, which is not shown again.

        Raises:
            Malformed, Busy, Damaged, Full: as of `look` and `Alerts.subscribe`.
        """
        alerts = self.alerts  # From now on there are alerts to look for.
        self.look()
        return alerts.subscribe(wanted, now=_now(), since_now=since_now)

    def look(self) -> Sequence[Event]:
        """Tell the alerts what is new since they were told last. Publishing and withdrawing do so.

        Returns:
            what changed.

        Raises:
            Malformed: if the deployment's policy is none.
            Busy, Damaged, Full: as of `Alerts`.
        """
        from umr_ld.registry.watching import look

        return look(self._parts, _now())

    def deliver(self, channels: Mapping[str, Channel]) -> Tally:
        """Look, and send what is due to whom it concerns; each message at least once. Errors as of `look`.

        Args:
            channels: by name, as of `Subscription.channel`. What has none of them waits.
        """
        self.look()
        return self.alerts.deliver(_now, channels, select=self._selected)

    def gather(self) -> None:
        """Look, and note what is new for saved queries, feeds and digests; nothing is sent. Errors as of `look`."""
        self.look()
        self.alerts.gather(_now(), self._selected)

    def _selected(self, subscription: Subscription) -> Collection[str]:
        from umr_ld.registry.watching import selected

        return selected(self._parts, subscription)

    def _look(self) -> None:
        """What was published is published, whatever becomes of the alerts: the next look tells them all."""
        from umr_ld.registry.watching import look

        with suppress(UmrError):
            look(self._parts, _now(), settle=False)


def _now() -> datetime:
    return datetime.now(UTC)
