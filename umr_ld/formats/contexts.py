"""What the words of a JSON-LD document stand for: prefixes, terms, contexts that are known or stand in it.

Prefixes and contexts are data: `ontology/crosswalk/prefixes.tsv` has a row for each namespace, and a further one with
`read` for each other spelling of it; `contexts.tsv` one for each word of a context. Nothing is fetched. It is lenient
where a processor would refuse the whole document.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from umr_ld.formats.tabular import crosswalk_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.tree import Value


@cache
def prefixes() -> Mapping[str, str]:
    """Namespaces by the prefix that they are written with."""
    return {row["prefix"]: row["namespace"] for row in crosswalk_rows("prefixes") if row["way"] != "read"}


@cache
def _namespaces() -> tuple[tuple[str, str], ...]:
    """Every spelling of a namespace with its prefix, longer ones first, since one may begin with another."""
    found = ((row["namespace"], row["prefix"]) for row in crosswalk_rows("prefixes"))
    return tuple(sorted(found, key=lambda pair: -len(pair[0])))


@cache
def known_contexts() -> Mapping[str, dict[str, Value]]:
    """Contexts that documents only name, by their addresses, and what of them is needed to read the words."""
    found: dict[str, dict[str, Value]] = {}
    for row in crosswalk_rows("contexts"):
        found.setdefault(row["context"], {})[row["word"]] = row["means"]
    return found


def compact(iri: str) -> str:
    """An IRI with the prefix that the table gives its namespace; the IRI itself where it gives none.

    Args:
        iri: absolute.
    """
    for namespace, prefix in _namespaces():
        if iri.startswith(namespace) and len(iri) > len(namespace):
            return f"{prefix}:{iri.removeprefix(namespace)}"
    return iri


def full(name: str) -> str:
    """The IRI of a compact one.

    Args:
        name: as `compact` gives it.
    """
    prefix, colon, rest = name.partition(":")
    known = prefixes().get(prefix) if colon and not rest.startswith("//") else None
    return known + rest if known is not None else name


@dataclass(frozen=True, slots=True)
class Term:
    """What a context says of a word (JSON-LD 1.1 §9.15).

    Args:
        iri: or compact IRI, or keyword; empty if the word is to mean nothing.
        type: of its values.
        containers: how its values are laid out.
        reverse: whether it leads from its values.
        context: for what its values say, or nodes of the class.
    """

    iri: str
    type: str = ""
    containers: frozenset[str] = frozenset()
    reverse: bool = False
    context: Value = None

    @staticmethod
    def of(word: str, said: Mapping[str, Value]) -> Term:
        """The term of a definition.

        Args:
            word: that is defined.
            said: an expanded term definition.
        """
        back = said.get("@reverse")
        iri, kind, container = back or said.get("@id", word), said.get("@type"), said.get("@container")
        several = container if isinstance(container, list) else [container]
        return Term(
            iri if isinstance(iri, str) else "",
            kind if isinstance(kind, str) else "",
            frozenset(str(one) for one in several if one is not None),
            isinstance(back, str),
            said.get("@context"),
        )


@dataclass(frozen=True, slots=True)
class Context:
    """What words stand for at one place of a document (JSON-LD 1.1 §3.1, active context)."""

    terms: Mapping[str, Term] = field(default_factory=dict)
    vocab: str = ""
    base: str = ""

    def with_words(self, said: Mapping[str, Value]) -> Context:
        """This context with what another one says.

        Args:
            said: a context that stands in a document.
        """
        terms = dict(self.terms)
        for word, one in said.items():
            if isinstance(one, dict):
                terms[word] = Term.of(word, one)
            elif not word.startswith("@"):
                terms[word] = Term(str(one) if isinstance(one, str) else "")
        vocab, base = said.get("@vocab", self.vocab), said.get("@base", self.base)
        return replace(self, terms=terms, vocab=str(vocab or ""), base=str(base or ""))

    def iri(self, name: str, *, vocab: bool = True, depth: int = 4) -> str | None:
        """The absolute IRI, or the keyword, that a key or a type stands for; None if there is none.

        Args:
            name: as it is written.
            vocab: whether words count, else only prefixes.
            depth: how often a word may be defined by another one.
        """
        if name.startswith("@"):
            return name
        term = self.terms.get(name) if vocab else None
        if term is not None and not term.iri:
            return None
        if term is not None and term.iri != name and depth:
            return self.iri(term.iri, depth=depth - 1)
        prefix, colon, rest = name.partition(":")
        if colon and not rest.startswith("//"):
            base = self.terms[prefix].iri if prefix in self.terms else prefixes().get(prefix)
            return base + rest if base else name
        if colon:
            return name
        return self.vocab + name if vocab and self.vocab else None

    def identifier(self, name: str) -> str:
        """What an identifier stands for: relative ones as the document says from where.

        Args:
            name: as it is written.
        """
        found = self.iri(name, vocab=False)
        return found if found is not None else urljoin(self.base, name) if self.base else name
