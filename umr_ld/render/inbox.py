"""Notifications, as every door tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.render.output import filled, stamp

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.inbox import Notification


def notification_json(one: Notification, base: Base, *, whole: bool = False) -> dict[str, Any]:
    """A JSON object.

    Args:
        one: as it is kept.
        base: the registry's: what it or a registry that it knows publishes is told by its name here.
        whole: with the text as it came.
    """
    said = one.said
    return filled(
        number=one.number,
        state=one.state,
        received=stamp(one.received),
        sender=one.sender,
        type=said.kind,
        actor=said.actor,
        id=said.id,
        summary=said.summary,
        about=[base.artifact_of(iri) for iri in said.about],
        peers=base.peers_of(said.about),
        by=one.by,
        digest=one.digest,
        size=one.size,
        body=one.body.decode("utf-8-sig") if whole else None,
    )
