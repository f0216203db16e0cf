"""What an answer to a POST means for a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from umr_ld.alerts import Outcome
from umr_ld.errors import Malformed, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.net import Answer, Door

_GONE = 410


def posted(door: Door, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Outcome:
    """POST a message. Redirects are not followed: whoever moved must say so to the subscriber.

    Args:
        door: to the network.
        url: of the receiver.
        headers: to be sent.
        body: to be sent.
        now: the time, UTC.
    """
    try:
        answer = door.request("POST", url, headers=headers, body=body)
    except Malformed as error:
        return Outcome("dead", str(error))
    except Unreachable as error:
        return Outcome("retry", str(error))
    return meaning(answer, now)


def meaning(answer: Answer, now: datetime) -> Outcome:
    """What a receiver's answer says (RFC 9110 §15).

    Args:
        answer: to a POST.
        now: the time, UTC.
    """
    said = f"HTTP {answer.status}"
    if 200 <= answer.status < 300:
        return Outcome("sent", said)
    if answer.status == _GONE:
        return Outcome("gone", said)
    if 300 <= answer.status < 400:
        said += f": it redirects to {answer.headers.get('location', 'nowhere')[:200]}, which is not followed"
    return Outcome("retry", said, asked_wait(answer.headers.get("retry-after", ""), now))


def asked_wait(text: str, now: datetime) -> timedelta | None:
    """How long `Retry-After` asks to wait (RFC 9110 §10.2.3); None if it says nothing that can be read.

    Args:
        text: seconds, or a date.
        now: the time, UTC.
    """
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), 10**9))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(date - now, timedelta(0))
