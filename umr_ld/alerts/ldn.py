"""Linked Data Notifications (W3C Recommendation, 2 May 2017): ActivityStreams 2.0, posted to an inbox."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from umr_ld.alerts import Outcome
from umr_ld.alerts.posting import posted
from umr_ld.alerts.wording import advisory_iri, one_line, record_iri, rfc3339, sentence, urn
from umr_ld.errors import Malformed, Unreachable

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.addresses import Base
    from umr_ld.alerts import Event, Message
    from umr_ld.net import Answer, Door

CONTEXT = "https://www.w3.org/ns/activitystreams"
INBOX = "http://www.w3.org/ns/ldp#inbox"
MEDIA_TYPE = "application/ld+json"

_REDIRECTS = 3
_LINK = re.compile(r'<([^<>]*)>((?:[^,"]|"(?:[^"\\]|\\.)*")*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Notifications:
    """Delivers to an inbox: the subscriber's address, or the inbox that this names in a `Link` header.

    Args:
        door: to the network.
        base: the registry's; it is the actor.
    """

    door: Door
    base: Base

    def send(self, message: Message, now: datetime) -> Outcome:
        """See `Channel.send`."""
        try:
            inbox = self.discover(message.subscription.address)
        except Malformed as error:
            return Outcome("dead", str(error))
        except Unreachable as error:
            return Outcome("retry", str(error))
        body = json.dumps(self.activity(message), ensure_ascii=False).encode()
        headers = {"Content-Type": f'{MEDIA_TYPE}; profile="{CONTEXT}"'}
        return posted(self.door, inbox, headers, body, now)

    def discover(self, address: str) -> str:
        """The inbox for an address (LDN §3.1): what it names, or the address itself if it names none.

        Args:
            address: URL of an inbox, or of what has one.

        Raises:
            Unreachable: if the address cannot be asked.
            Malformed: if it is none.
        """
        answer = self.door.request("HEAD", address, redirects=_REDIRECTS)
        return inbox_of(answer) or address

    def activity(self, message: Message) -> dict[str, object]:
        """The notification: an Announce of events, the same at each attempt.

        Args:
            message: to be sent.
        """
        return {
            "@context": CONTEXT,
            "id": urn(message.key),
            "type": "Announce",
            "actor": {"id": self.base.iri, "type": "Service"},
            "published": rfc3339(message.made),
            "summary": sentence(message.events[0]) if len(message.events) == 1 else "Events of a registry",
            "object": [self._event(event) for event in message.events],
        }

    def _event(self, event: Event) -> dict[str, str]:
        tree = {
            "id": urn(event.key),
            "type": "Event",
            "name": sentence(event),
            "content": one_line(event.path),
            "published": rfc3339(event.time),
            "url": record_iri(self.base, event),
            "context": advisory_iri(self.base, event),
        }
        return {name: text for name, text in tree.items() if text}


def inbox_of(answer: Answer) -> str:
    """The inbox that an answer names in its `Link` headers (RFC 8288 §3); empty if it names none.

    Args:
        answer: to a HEAD or GET.
    """
    for target, parameters in _LINK.findall(answer.headers.get("link", "")):
        rel = _REL.search(parameters)
        if rel and INBOX in (rel[1] or rel[2]).split():
            return str(urljoin(answer.url, target))
    return ""
