"""Lineage: what a record was made from, what was made from it, and what a fault in one reaches.

A link means every recorded version of its artifact that is in its range (and, if it names a revision,
carries it): it *covers* them. Through any of them it can be reached; where one must stand for all, as in
a drawing of what a record was made from, it is the best one.

Nothing here recurses: chains of ten thousand records are as good as any. Circles are followed once.
"""

from umr_ld.lineage.graph import Graph, Recorded, Row, covers
from umr_ld.lineage.reach import Hit, Hop, Impact, impact
from umr_ld.lineage.strand import Reached, Strand, unless_before
from umr_ld.lineage.walk import Branch, Direction, Edge, Lineage, Node, downstream, upstream

__all__ = [
    "Branch",
    "Direction",
    "Edge",
    "Graph",
    "Hit",
    "Hop",
    "Impact",
    "Lineage",
    "Node",
    "Reached",
    "Recorded",
    "Row",
    "Strand",
    "covers",
    "downstream",
    "impact",
    "unless_before",
    "upstream",
]
