"""Subscriptions without their secrets, what is ignored, and what is sent, as every door tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.render.output import filled, stamp

if TYPE_CHECKING:
    from umr_ld.alerts import Ignore, Subscriber
    from umr_ld.alerts.outbox import Posted


def subscription_json(one: Subscriber) -> dict[str, Any]:
    """A JSON object.

    Args:
        one: as it is kept.
    """
    asked = one.subscription
    return filled(
        **subscription_row(one),
        names=list(asked.names),
        namespaces=list(asked.namespaces),
        publishers=list(asked.publishers),
        query=asked.query,
        everything=asked.everything or None,
        events=list(asked.kinds),
        severity=asked.least_severity,
        answer=asked.least_answer,
    )


def subscription_row(one: Subscriber) -> dict[str, Any]:
    """What there is to tell, by column.

    Args:
        one: as it is kept.
    """
    asked = one.subscription
    chosen = [
        *(["everything"] if asked.everything else []),
        *asked.names,
        *(f"{space}/*" for space in asked.namespaces),
        *(f"by {label}" for label in asked.publishers),
        *(["a query"] if asked.query else []),
    ]
    return {
        "subscription": asked.id,
        "who": asked.who,
        "channel": asked.channel,
        "address": asked.address,
        "chosen": ", ".join(chosen),
        "digest": asked.digest,
        "made": stamp(one.made),
        "off": one.off,
        "trouble": one.trouble,
    }


def ignore_json(one: Ignore) -> dict[str, Any]:
    """A JSON object.

    Args:
        one: as it is kept.
    """
    return {
        "number": one.number,
        "record": one.target,
        "advisory": one.advisory,
        "until": stamp(one.until),
        "by": one.who,
        "reason": one.reason,
    }


def posted_json(one: Posted) -> dict[str, Any]:
    """A JSON object.

    Args:
        one: a message of the outbox.
    """
    return {
        "number": one.number,
        "state": one.state,
        "subscription": one.subscription,
        "events": one.events,
        "attempts": one.attempts,
        "made": stamp(one.made),
        "due": stamp(one.due) if one.state == "pending" else "",
        "detail": one.detail,
        "key": one.key,
    }
