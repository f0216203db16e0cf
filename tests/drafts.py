"""Drafts for tests: short to write, read like sentences."""

from __future__ import annotations

import json

from umr_ld.document import Document


def draft(ref, *links, kind="Model", **facts):
    """A draft: `draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1", title="B")`; `*` after a link inherits."""
    name, _, version = ref.partition("@")
    body = {"type": kind, "name": name, "version": version, **facts}
    if links:
        body["upstream"] = [link(text) for text in links]
    return Document(json.dumps(body).encode(), source=f"{name}@{version}.jsonld")


def link(text):
    """A link from words: `relation artifact[@range] [inherit] [external]`."""
    relation, target, *flags = text.split(" ")
    artifact, _, version = target.partition("@")
    made = {"relation": relation, "artifact": artifact}
    if version:
        made["version"] = version.replace("_", " ")
    return {**made, **dict.fromkeys(flags, True)}
