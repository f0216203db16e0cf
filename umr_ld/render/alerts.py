"""Subscriptions, as every door tells of them: without their secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.render.output import filled, stamp

if TYPE_CHECKING:
    from umr_ld.alerts import Subscriber


def subscription_json(one: Subscriber) -> dict[str, Any]:
    """A JSON object.

    Args:
        one: as it is kept.
    """
    return filled(**subscription_row(one))


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
