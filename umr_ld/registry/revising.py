"""Advisories and statements that are imported: which is newer than what is known, and which version it becomes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from umr_ld.document import Document
from umr_ld.errors import Invalid, Malformed, Missing
from umr_ld.formats.draft import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from umr_ld.registry.facade import Registry
    from umr_ld.remote import RemoteRegistry


def newest_of_each(drafts: Sequence[Draft]) -> list[Draft]:
    """Of several revisions of one thing the last, in the order in which they were given.

    Args:
        drafts: of imported records.
    """
    found: dict[object, Draft] = {}
    for draft in drafts:
        root = draft.tree.root
        assert isinstance(root, dict)
        known = found.get(root.get("name"))
        if known is None or _revised(root) >= _revised(known.tree.root):
            found[root.get("name")] = draft
    return list(found.values())


def is_older(registry: Registry | RemoteRegistry, draft: Draft) -> bool:
    """Whether a later revision is published already: whoever sends them need not keep their order.

    Args:
        registry: where it will be published.
        draft: of an imported record.
    """
    root = draft.tree.root
    assert isinstance(root, dict)
    try:
        newest = registry.get(str(root.get("name")))
    except (Missing, Malformed):
        return False
    return _revised(root) < _revised(json.loads(registry.body(newest.ref)))


def _revised(root: Any) -> datetime:
    """When a record says that it was revised, or else made; long ago if it does not say."""
    text = str(root.get("revised") or root.get("issued") or "")
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return said if said.tzinfo else said.replace(tzinfo=UTC)


def next_version(registry: Registry | RemoteRegistry, draft: Draft) -> Draft | None:
    """A draft with the version that it needs; None if nothing differs from what is published.

    Args:
        registry: where it will be published.
        draft: of an imported record.
    """
    root = draft.tree.root
    assert isinstance(root, dict)
    try:
        found, newest, least = registry.bump(Document(json.dumps(root).encode(), source=draft.tree.source))
    except Invalid:
        return draft  # Publishing says what is wrong with it, with its place.
    if newest is not None and not found.changes:
        return None
    return Draft(replace(draft.tree, root={**root, "version": str(least)}), draft.document)
