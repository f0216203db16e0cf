"""What all hubs have in common as those who are asked: who is told to wait waits, and refusals are errors with a remedy."""

from __future__ import annotations

from urllib.parse import urlsplit

from umr_ld.errors import Conflict, Denied, Malformed, Missing, UmrError, Unreachable

TRIES = 5
"""How often the same is asked before it is given up."""

BUSY = frozenset({429, 500, 502, 503, 504})
"""Statuses that may be better the next time (RFC 9110 §15.6, RFC 6585 §4)."""

_LONGEST_WAIT = 300.0


def pause(tried: int, after: str, chance: float) -> float:
    """Seconds to wait: what the hub wants, else twice as long each time, and some by chance.

    Args:
        tried: how often it was asked in vain.
        after: `Retry-After`, in seconds (RFC 9110 §10.2.3); empty if the hub says nothing.
        chance: from 0 to 1.
    """
    wanted = float(after) if after.isdecimal() else 0.5 * 2**tried
    return float(min(wanted, _LONGEST_WAIT) * (1 + 0.25 * chance))


def exhausted(status: int, place: str) -> Unreachable:
    """The error of a hub that stays busy.

    Args:
        status: what it answers.
        place: what was asked.
    """
    return Unreachable(
        f"the hub answers with status {status} and does not get better",
        where=place,
        remedy="come again later: what was taken is not asked for again",
    )


def refused(status: int, place: str, token: str) -> UmrError:
    """The error of a hub that answers and does not do what it was asked.

    Args:
        status: what it answers.
        place: what was asked.
        token: the variable in which a token stands.
    """
    if status == 404:
        return Missing("the hub has no such thing, or does not show it", where=place)
    if status in {401, 403}:
        return Denied(
            f"the hub does not allow it (status {status})", where=place, remedy=f"put a token into {token}"
        )
    if status in {409, 412}:
        return Conflict("somebody else has just written there", where=place, remedy="try again")
    return Unreachable(f"the hub answers with status {status}", where=place)


def endpoint_of(text: str, example: str) -> str:
    """The address of a hub.

    Args:
        text: what somebody wrote.
        example: an address that is one.

    Raises:
        Malformed: if it is no http or https address.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or "@" in parts.netloc:
        raise Malformed(
            f"{text!r} is no address of a hub", where="--endpoint", remedy=f"write e.g. {example}"
        )
    return text.rstrip("/")
