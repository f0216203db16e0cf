"""The things that a document of linked data speaks of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umr_ld.formats.places import Node
    from umr_ld.tree import Path, Tree, Value


@dataclass(slots=True)
class Graph:
    """The things that a document speaks of.

    Args:
        tree: the document, for places.
        nodes: in the order in which they stand.
        unknown: contexts that are only named, and not known.
        by_id: the nodes, by their identifiers.
        reached: identifiers of what something that was read refers to.
    """

    tree: Tree
    nodes: list[Node] = field(default_factory=list)
    unknown: list[tuple[Path, str]] = field(default_factory=list)
    by_id: dict[str, Node] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)

    def resolve(self, value: Value) -> Value:
        """The whole node that a reference, or a part of it, stands for, if it is in the document."""
        if isinstance(value, dict) and "@id" in value:
            self.reached.add(str(value["@id"]))
            return self.by_id.get(str(value["@id"]), value)
        return value

    def add(self, node: Node) -> None:
        """Take in a node; of several with one identifier the values are put together."""
        identifier = node.get("@id")
        first = self.by_id.setdefault(identifier, node) if isinstance(identifier, str) else node
        if first is node:
            self.nodes.append(node)
        else:
            for key, value in node.items():
                if key not in first:
                    first[key] = value
                    first.origins[key] = node.origins.get(key, node.path)
                elif isinstance(value, list) and isinstance(first[key], list):
                    first[key] = [*first[key], *(one for one in value if one not in first[key])]
