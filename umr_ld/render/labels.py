"""Words of drawings and trees that stand for nodes and links."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umr_ld.lineage import Hop, Node
    from umr_ld.record import Link

ANSWERS = {"affected": ("■", "affected"), "possibly": ("◆", "possibly affected"), "clear": ("●", "clear")}
"""Label of an answer to its mark and words: no answer is told by its colour alone."""


def meant(link: Link | Hop) -> str:
    """Which versions a link means, in words; empty for all.

    Args:
        link: of a record, or of a path.
    """
    versions = "" if link.versions.is_everything else str(link.versions)
    revision = f"revision {link.revision}" if link.revision else ""
    return " ".join(part for part in (versions, revision) if part)


def names(node: Node) -> tuple[str, ...]:
    """Title and reference of a node, or the reference alone where the title says nothing more.

    Args:
        node: of a lineage.
    """
    return (str(node),) if node.title in {node.artifact, ""} else (node.title, str(node))
