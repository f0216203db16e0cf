"""Webhooks, signed as Standard Webhooks 1.0 has it: https://www.standardwebhooks.com."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.alerts.posting import posted
from umr_ld.alerts.wording import as_tree, rfc3339
from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.alerts import Message, Outcome
    from umr_ld.net import Door

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret."""


def secret_text(key: bytes) -> str:
    """A secret as people pass it on.

    Args:
        key: 24 to 64 bytes.
    """
    return PREFIX + base64.b64encode(key).decode()


def secret_key(text: str) -> bytes:
    """The bytes of a secret.

    Args:
        text: `whsec_` and their Base64.

    Raises:
        Malformed: if it is not of that form, or too short to be one.
    """
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True) if text.startswith(PREFIX) else b""
    except binascii.Error:
        key = b""
    if not SHORTEST <= len(key) <= LONGEST:
        raise Malformed(
            "the secret is not of its form",
            remedy=f"leave it out, or give {PREFIX} and the Base64 of {SHORTEST} to {LONGEST} random bytes",
        )
    return key


def signature(secret: str, key: str, timestamp: int, body: bytes) -> str:
    """What the header `webhook-signature` says.

    Args:
        secret: see `secret_key`.
        key: of the message, as in `webhook-id`.
        timestamp: seconds since 1970, as in `webhook-timestamp`.
        body: of the request.
    """
    signed = hmac.new(secret_key(secret), f"{key}.{timestamp}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()


def body_of(message: Message) -> bytes:
    """The body of the request: the same at each attempt.

    Args:
        message: to be sent.
    """
    tree = {
        "type": "umr.alerts",
        "timestamp": rfc3339(message.made),
        "data": {
            "subscription": message.subscription.id,
            "events": [as_tree(event) for event in message.events],
        },
    }
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Webhook:
    """Delivers by a POST to the subscriber's URL; any 2xx is a success.

    Args:
        door: to the network.
    """

    door: Door

    def send(self, message: Message, now: datetime) -> Outcome:
        """See `Channel.send`."""
        body, timestamp = body_of(message), int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message.key,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(message.subscription.secret, message.key, timestamp, body),
        }
        return posted(self.door, message.subscription.address, headers, body, now)
