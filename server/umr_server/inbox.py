"""The inbox: where others tell this registry something (W3C Linked Data Notifications, 2 May 2017).

Who sends needs no token, who reads has one that administers. What comes in is read strictly, kept, and nothing more.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from werkzeug.exceptions import UnsupportedMediaType

from umr_ld.alerts.ldn import INBOX, MEDIA_TYPE
from umr_ld.errors import TooLarge
from umr_ld.inbox import MAX_BYTES, number_of
from umr_ld.inbox.activity import read_activity
from umr_server.api.bodies import require_plain
from umr_server.linked.headers import link_header
from umr_server.linked.place import absolute
from umr_server.linked.view import Target

if TYPE_CHECKING:
    from umr_server.site import Site

ACCEPTED = (MEDIA_TYPE, "application/activity+json")
"""Media types of notifications; the second is the first with the context of ActivityStreams (AS2 Core §2.1)."""

_LDP = "http://www.w3.org/ns/ldp"
_NAMED_BY = frozenset({"pages", "linked"})
"""Rooms whose answers name the inbox: whoever has something to say about a record finds it there."""


def blueprint(site: Site) -> Blueprint:
    """The inbox, where the deployment has one.

    Args:
        site: whose inbox.
    """
    found = Blueprint("inbox", __name__)
    if site.settings.inbox:
        inbox = _Inbox(site)
        site.registry.inbox  # noqa: B018 - it is opened before there are threads
        found.add_url_rule("/inbox", "container", inbox.container, methods=["GET"])
        found.add_url_rule("/inbox", "receive", inbox.receive, methods=["POST"])
        found.add_url_rule("/inbox/<number>", "notification", inbox.notification, methods=["GET"])
        found.after_request(_accepting)
        found.after_app_request(inbox.name)
    return found


class _Inbox:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = site.registry

    def receive(self) -> Response:
        """Take a notification in (LDN §3.2); it is on the disk before it is said to be."""
        sender = self._site.guard.notifier()
        require_plain()
        if request.mimetype not in ACCEPTED:
            raise UnsupportedMediaType(f"send {MEDIA_TYPE}")
        if (request.content_length or 0) > MAX_BYTES:
            raise TooLarge(f"a notification may have {MAX_BYTES:,} bytes", remedy="send less at once")
        body = request.get_data()
        said = read_activity(body)
        number = self._registry.inbox.receive(body, said, sender=sender, now=datetime.now(UTC))
        return Response(status=201, headers={"Location": self._address(number)})

    def container(self) -> Response:
        """What there is (LDN §3.3)."""
        self._site.guard.writer("admin")
        contained = [self._address(number) for number in self._registry.inbox.numbers()]
        told = {"@context": _LDP, "@id": absolute(self._site, "inbox.container"), "contains": contained}
        return _private(json.dumps(told).encode())

    def notification(self, number: str) -> Response:
        """One of them, as it came."""
        self._site.guard.writer("admin")
        return _private(self._registry.inbox.notification(number_of(number)).body)

    def _address(self, number: int) -> str:
        return absolute(self._site, "inbox.notification", number=number)

    def name(self, response: Response) -> Response:
        """Say in answers where the inbox is (LDN §3.1)."""
        if request.blueprint in _NAMED_BY and request.method in {"GET", "HEAD"}:
            named = link_header([Target(INBOX, absolute(self._site, "inbox.container"))])
            said = response.headers.get("Link", "")
            response.headers["Link"] = f"{said}, {named}" if said else named
        return response


def _private(body: bytes) -> Response:
    return Response(body, content_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


def _accepting(response: Response) -> Response:
    response.headers["Accept-Post"] = ", ".join(ACCEPTED)
    return response
