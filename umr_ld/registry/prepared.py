"""Drafts that are read before the registry is asked anything: what needs no look at it may be done beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.derive import own_facts
from umr_ld.jsonld import n_triples
from umr_ld.reading import read_tree
from umr_ld.registry.publishing import attempted

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.document import Document
    from umr_ld.registry.views import Checked
    from umr_ld.screen import Screen
    from umr_ld.tree import Tree
    from umr_ld.vocab import Vocabulary


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft, read as if it were the first of its artifact.

    Args:
        tree: the draft, with the version of a first one.
        checked: what it was made from, with the record that it would be, or why it cannot be read.
        keeps_shapes: whether it surely keeps the shapes, recommendations aside. If not, the engine has to say.
        own: what follows from it alone, if it is the first of its artifact (`derive.own_facts`), as N-Triples.
    """

    tree: Tree
    checked: Checked
    keeps_shapes: bool = False
    own: bytes = b""


def prepare(tree: Tree, document: Document, base: Base, vocabulary: Vocabulary, screen: Screen) -> Prepared:
    """Do with a draft what can be done without its registry.

    Args:
        tree: the draft, with the version of a first one.
        document: what it was made from.
        base: the registry's base IRI.
        vocabulary: the terms.
        screen: the registry's shapes.
    """
    checked = attempted(document, lambda: read_tree(tree, base, vocabulary))
    if checked.reading is None:
        return Prepared(tree, checked)
    record = checked.reading.record
    own = own_facts(record, None, base, vocabulary)
    return Prepared(tree, checked, screen.passes(record.triples), n_triples(own))
