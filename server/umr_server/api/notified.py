"""The verbs of who looks at what others told: the inbox, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g
from pydantic import Field

from umr_ld.inbox import number_of
from umr_ld.render.inbox import notification_json
from umr_server.api.models import MOST, SHOWN, Answer, Asked, Number
from umr_server.api.paging import Part, taken
from umr_server.api.spec import Route
from umr_server.api.writing import Given

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.inbox import Notification
    from umr_server.site import Site

_TAG = "Inbox"
_MOST_ABOUT = 20_000
"""Things that the notifications of a page are about."""


class Notifications(Asked):
    """Which notifications are asked for."""

    state: str = Field("", pattern="^(waiting|accepted|)$", description="`waiting` or `accepted`.")
    limit: Number = Field(SHOWN, ge=0, le=MOST, description="How many entries to give.")
    offset: Number = Field(0, ge=0, le=10**9, description="How many to pass over.")


class NotificationShown(Answer):
    """A notification. What it says are claims of who sent it."""

    number: int = Field(description="Its place; later ones have larger numbers.")
    state: str = Field(description="`waiting`, or `accepted`.")
    sender: str = Field(description="Address from which it came.")
    type: str = Field(description="An activity of ActivityStreams 2.0.")
    about: list[str] = Field([], description="Names or IRIs of what it is about; each once.")
    peers: list[str] = Field([], description="Registries that are known, and publish something of that.")
    body: str | None = Field(None, description="The text as it came; not in a list.")


class Accepting(Given):
    """Nothing more than that it is accepted."""


def routes(site: Site) -> Iterator[Route]:
    """The addresses of these verbs.

    Args:
        site: whose inbox.
    """
    verbs = _Notified(site)
    path = {"number": "Of the notification."}
    yield Route(
        "/inbox",
        verbs.list_notifications,
        list[NotificationShown],
        query=Notifications,
        tag=_TAG,
        scope="admin",
    )
    yield Route(
        "/inbox/<number>", verbs.show_notification, NotificationShown, tag=_TAG, scope="admin", path=path
    )
    yield Route(
        "/inbox/<number>/accept",
        verbs.accept_notification,
        NotificationShown,
        "POST",
        body=Accepting,
        tag=_TAG,
        scope="admin",
        path=path,
    )
    yield Route(
        "/inbox/<number>", verbs.drop_notification, NotificationShown, "DELETE", tag=_TAG, scope="admin", path=path
    )  # fmt: skip


class _Notified:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def list_notifications(self, query: Notifications) -> Part:
        """List what others told, the newest first."""
        found = self._registry.inbox.notifications(
            state=query.state, limit=query.limit + 1, offset=query.offset
        )
        page, following = taken(found, query.limit, 0, lambda one: len(one.said.about), _MOST_ABOUT)
        told = [notification_json(one, self._registry.base) for one in page]
        return Part(told, None if following is None else query.offset + following)

    def show_notification(self, number: str) -> dict[str, Any]:
        """Show a notification, with its text as it came."""
        return self._whole(self._registry.inbox.notification(number_of(number)))

    def accept_notification(self, number: str, body: Accepting) -> dict[str, Any]:  # noqa: ARG002 - it says nothing
        """Note that somebody looked at a notification and means to act on it. Nothing else comes of it."""
        return self._whole(self._registry.inbox.accept(number_of(number), by=g.token.grant.agent))

    def drop_notification(self, number: str) -> dict[str, Any]:
        """Forget a notification; the answer is what it was."""
        return self._whole(self._registry.inbox.drop(number_of(number)))

    def _whole(self, one: Notification) -> dict[str, Any]:
        return notification_json(one, self._registry.base, whole=True)
