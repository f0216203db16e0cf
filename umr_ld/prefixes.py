"""Contexts of drafts: the pinned one, and the prefixes that an author declares beside it. Nothing is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.errors import Unreadable
from umr_ld.findings import Finding, violation
from umr_ld.vocab import CONTEXT_IRI

if TYPE_CHECKING:
    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary

_WITHOUT_SLASHES = frozenset({"urn", "did", "tag"})
"""Schemes whose IRIs have no `//`, so that they look like compact ones."""


class Prefixes:
    """What the keys of a draft that are no terms stand for.

    Args:
        vocabulary: the pinned context.
        source: file or address, for messages.
    """

    def __init__(self, vocabulary: Vocabulary, source: str) -> None:
        self._vocabulary = vocabulary
        self._source = source
        self._declared: dict[str, str] = {}

    def declare(self, value: Value) -> list[Finding]:
        """Take in a draft's `@context`.

        Args:
            value: an IRI, an object of prefixes, or a list of these; the pinned context may be left out.

        Returns:
            a violation for each thing that is more than a prefix.

        Raises:
            Unreadable: for any context but the pinned one, by its name.
        """
        findings = []
        for context in value if isinstance(value, list) else [value]:
            if isinstance(context, str) and context != CONTEXT_IRI:
                raise Unreadable(
                    f"the context {context[:200]!r} is not bundled, and nothing is fetched",
                    where=self._source,
                    remedy=f"use {CONTEXT_IRI}, and declare further prefixes in an object beside it",
                )
            if isinstance(context, dict):
                findings += self._take(context)
            elif context != CONTEXT_IRI:
                findings.append(_fault("a context is an IRI or an object", "context-form"))
        return findings

    def _take(self, context: dict[str, Value]) -> list[Finding]:
        findings = []
        for prefix, iri in context.items():
            plain = isinstance(iri, str) and is_absolute(iri) and iri[-1] in "/#:?="
            if prefix.startswith("@") or prefix in self._vocabulary.context or not plain:
                findings.append(
                    _fault(f"the context may only add prefixes, and {prefix!r} is none", "context-redefines")
                )
            else:
                self._declared[prefix] = str(iri)
        return findings

    def full(self, key: str) -> str | None:
        """The absolute IRI that a key or value writes, with a prefix or in full; None if it is neither.

        Args:
            key: as the author wrote it.
        """
        prefix, colon, rest = key.partition(":")
        if colon and not rest.startswith("//"):
            known = self._declared.get(prefix) or self._vocabulary.prefixes.get(prefix)
            if known is not None:
                return known + rest
        plain = rest.startswith("//") or prefix in _WITHOUT_SLASHES
        return key if plain and is_absolute(key) else None


def _fault(message: str, rule: str) -> Finding:
    return violation(
        message,
        rule,
        "@context",
        remedy='write e.g. {"ex": "https://example.org/ns#"}; terms of the pinned context stay as they are',
    )
