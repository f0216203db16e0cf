"""A draft as an author would have written it: the inverse of minting.

Identifiers that minting would give again are left out, and addresses below the registry's base are names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from umr_ld.mint import mint
from umr_ld.vocab import CONTEXT_IRI

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.addresses import Base
    from umr_ld.mint import Minted
    from umr_ld.tree import Tree, Value
    from umr_ld.vocab import Term, Vocabulary

_MINTED = re.compile(r"#[A-Za-z0-9-]+-[0-9]+\Z")


def authored(minted: Minted, base: Base, vocabulary: Vocabulary) -> dict[str, Value]:
    """The keys of a record in their short forms, in the vocabulary's order.

    Args:
        minted: the record as it would be published.
        base: the registry's base IRI.
        vocabulary: the terms.
    """
    shortener = _Shortener(minted.iri, base, vocabulary)
    root = {**shortener.node(minted.root, None), "@context": CONTEXT_IRI}
    again = mint(type(minted.tree)(root, minted.tree.source, minted.tree.line_of), base, vocabulary)
    if again.root != minted.root:
        shortener.keeps_ids = True
        root = {**shortener.node(minted.root, None), "@context": CONTEXT_IRI}
    head = ("@context", "type", "name", "version")
    return {
        **{key: root[key] for key in head},
        **{key: value for key, value in root.items() if key not in head},
    }


def canonical(tree: Tree, base: Base, vocabulary: Vocabulary) -> dict[str, Value]:
    """The keys of a draft, each written in one way, whoever wrote it.

    Args:
        tree: the draft.
        base: the registry's base IRI.
        vocabulary: the terms.

    Raises:
        Unreadable, Invalid: as `mint.mint`.
    """
    return authored(mint(tree, base, vocabulary), base, vocabulary)


class _Shortener:
    def __init__(self, iri: str, base: Base, vocabulary: Vocabulary) -> None:
        self.keeps_ids = False
        self._iri = iri
        self._base = base
        self._vocabulary = vocabulary

    def node(self, node: Mapping[str, Value], parent: str | None) -> dict[str, Value]:
        made: dict[str, Value] = {}
        for key, value in node.items():
            if key == "id":
                made |= self.own_id(value, node)
            else:
                term = self._vocabulary.term(key, parent) if key not in {"type", "@context"} else None
                several = [
                    self.value(one, key, term) for one in (value if isinstance(value, list) else [value])
                ]
                if several:
                    made[key] = several if len(several) > 1 else several[0]
        return made

    def own_id(self, value: Value, node: Mapping[str, Value]) -> dict[str, Value]:
        iri = str(value)
        local = iri.removeprefix(self._iri)
        is_agent = self._base.agent_label(iri) is not None and self._base.agent_label(iri) == node.get(
            "label"
        )
        if iri == self._iri or is_agent or (not self.keeps_ids and local != iri and _MINTED.match(local)):
            return {}
        return {"id": local if local.startswith("#") else iri}

    def value(self, value: Value, key: str, term: Term | None) -> Value:
        if isinstance(value, dict):
            return value if "@value" in value else self.node(value, key if term is not None else None)
        if term is None or term.type != "@id" or term.short_value is None or not isinstance(value, str):
            return value
        return self.short(value, term.short_value)

    def short(self, iri: str, prefix: str) -> str:
        """The short form of an IRI, if it is made the same IRI again."""
        root = self._base.expand(prefix, "")
        local = unquote(iri.removeprefix(root))
        is_same = iri.startswith(root) and ":" not in local and self._base.expand(prefix, local) == iri
        return local if is_same and local.strip() else iri
