"""Registries whose records were taken over, as every door tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from umr_ld.index import Peer

HEAD = ("label", "base", "address", "position")


def peer_json(one: Peer, artifacts: int) -> dict[str, Any]:
    """A JSON object.

    Args:
        one: the registry.
        artifacts: how many of its are here.
    """
    return {key: getattr(one, key) for key in HEAD} | {"artifacts": artifacts}
