"""The inbox of a registry elsewhere, over its API."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from umr_ld.remote import values
from umr_ld.remote.client import PAGE
from umr_ld.remote.reader import understood

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.inbox import Notification
    from umr_ld.remote.client import Client
    from umr_ld.remote.reader import RemoteReader


class RemoteInbox:
    """What `inbox.book.Inbox` has for who looks at notifications.

    Args:
        registry: whose inbox.
    """

    def __init__(self, registry: RemoteReader) -> None:
        self._registry = registry

    @property
    def client(self) -> Client:
        """Asks the registry."""
        return self._registry.client

    @cached_property
    def _base(self) -> Base:
        """The registry's, with those that it knows: what these publish is told by their names there."""
        base = self._registry.base
        base.peers.update({one.label: one.base for one in self._registry.peers()})
        return base

    @understood
    def notifications(self, *, state: str = "", limit: int = 50, offset: int = 0) -> tuple[Notification, ...]:
        """See `Inbox.notifications`."""
        pages = self.client.pages("inbox", state=state, limit=min(limit, PAGE), offset=offset)
        found = (values.notification_of(one, self._base) for page in pages for one in page)
        return tuple(islice(found, limit))

    @understood
    def notification(self, number: int) -> Notification:
        """See `Inbox.notification`."""
        return self._one(self.client.get("inbox", str(number)))

    @understood
    def accept(self, number: int, *, by: str = "") -> Notification:  # noqa: ARG002 - the token says who
        """See `Inbox.accept`."""
        return self._one(self.client.once(f"inbox/{number}/accept", {}))

    @understood
    def drop(self, number: int) -> Notification:
        """See `Inbox.drop`."""
        return self._one(self.client.delete("inbox", str(number)))

    def _one(self, said: Any) -> Notification:
        return values.notification_of(said, self._base)
