"""Tokens, as every door tells of them: without what is shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.render.output import filled, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.access import Token


def token_json(token: Token, now: datetime) -> dict[str, Any]:
    """A JSON object.

    Args:
        token: as it is kept.
        now: the time, UTC.
    """
    grant = token.grant
    return filled(
        token=token.id,
        agent=grant.agent,
        state=token.state(now),
        scopes=sorted(grant.scopes),
        namespaces=list(grant.namespaces),
        publishers=list(grant.publishers),
        made=stamp(token.made),
        expires=stamp(token.expires),
        used=stamp(token.used) if token.used else None,
        revoked=stamp(token.revoked) if token.revoked else None,
    )
