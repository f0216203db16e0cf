"""Tokens for tests, and requests that carry them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from umr_ld.access import Grant


def made(registry, *namespaces, agent="lab", publishers=(), scopes=("publish",), days=1):
    """The text of a new token of a registry."""
    now = datetime.now(UTC)
    grant = Grant(agent, frozenset(scopes), namespaces, tuple(publishers))
    return registry.access.create(grant, now=now, expires=now + timedelta(days=days))[1]


def bearer(text, **headers):
    """Headers that carry a token; `idempotency_key="x"` and others beside it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"Authorization": f"Bearer {text}", **named}


def record(ref, kind="Model", **facts):
    """A record as JSON."""
    name, _, version = ref.partition("@")
    return json.dumps({"type": kind, "name": name, "version": version or "1.0.0", **facts})


def post(client, text, body, address="/api/v1/records", media="application/ld+json", **headers):
    """Publish; `text` is the token, or None for nobody's."""
    carried = bearer(text, **headers) if text is not None else headers
    return client.post(address, data=body, content_type=media, headers=carried)
