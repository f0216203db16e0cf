"""Drafts that are read before the registry is asked anything: what needs no look at it may be done beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.checks import is_consistent
from umr_ld.derive import own_facts
from umr_ld.jsonld import n_triples
from umr_ld.reading import read_trees
from umr_ld.registry.found import Found, told
from umr_ld.registry.publishing import attempted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from umr_ld.addresses import Base
    from umr_ld.document import Document
    from umr_ld.registry.views import Checked
    from umr_ld.screen import Screen
    from umr_ld.tree import Tree
    from umr_ld.vocab import Vocabulary


_TOGETHER = 50
"""Drafts that are read at once; more take no less time."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft, read as if it were the first of its artifact.

    Args:
        tree: the draft, with the version of a first one.
        checked: what it was made from, with the record that it would be, or why it cannot be read.
        is_sure: whether it surely keeps the shapes, recommendations aside, and does not contradict itself. If not, the
            engine and the checks have to say.
        found: what was found out of it; None if it cannot be read.
    """

    tree: Tree
    checked: Checked
    is_sure: bool = False
    found: Found | None = None


def prepare(
    drafts: Sequence[tuple[Tree, Document]], base: Base, vocabulary: Vocabulary, screen: Screen
) -> Iterator[Prepared]:
    """Do with drafts what can be done without their registry.

    Args:
        drafts: each with the version of a first one, and what it was made from.
        base: the registry's base IRI.
        vocabulary: the terms.
        screen: the registry's shapes.

    Yields:
        each, in the order given.
    """
    for start in range(0, len(drafts), _TOGETHER):
        some = drafts[start : start + _TOGETHER]
        readings = read_trees((tree for tree, _ in some), base, vocabulary)
        for (tree, document), reading in zip(some, readings, strict=True):
            yield _prepared(tree, attempted(document, reading), base, vocabulary, screen)


def _prepared(tree: Tree, checked: Checked, base: Base, vocabulary: Vocabulary, screen: Screen) -> Prepared:
    if checked.reading is None:
        return Prepared(tree, checked)
    record = checked.reading.record
    found = Found(n_triples(own_facts(record, None, base, vocabulary)), told(record, base, vocabulary))
    is_sure = screen.passes(record.triples) and is_consistent(record, vocabulary)
    return Prepared(tree, checked, is_sure, found)
