"""Advisories and statements in the formats of others; what was imported and not revised comes back as it came."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from umr_ld.document import Document
from umr_ld.errors import Malformed
from umr_ld.reading import read_tree
from umr_ld.risk.decision import is_decision
from umr_ld.tree import Tree

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.registry.views import Shown
    from umr_ld.vocab import Vocabulary


def as_osv(shown: Shown, base: Base, vocabulary: Vocabulary) -> str:
    """An advisory as OSV 1.7.

    Args:
        shown: its record.
        base: the registry's base IRI.
        vocabulary: the terms.
    """
    from umr_ld.formats import osv

    record, imported = json.loads(shown.body), None
    if "original" in record:
        facts = osv.facts_of(json.loads(record["original"], parse_float=str, parse_int=str), lambda *_: None)
        facts |= {"version": record["version"], "original": record["original"]}
        tree = Tree(facts, "original", lambda _: None)
        imported = json.loads(read_tree(tree, base, vocabulary).body)
    return osv.write(record, imported, f"{shown.published:%Y-%m-%dT%H:%M:%SZ}")


def as_openvex(shown: Shown, base: Base, vocabulary: Vocabulary) -> str:
    """A statement as OpenVEX 0.2.0.

    Args:
        shown: its record.
        base: the registry's base IRI.
        vocabulary: the terms.

    Raises:
        Malformed: if it decides about names.
    """
    from umr_ld.formats import openvex

    if is_decision(shown.record):
        raise Malformed(
            f"{shown.record.ref} decides about names, which OpenVEX has no words for",
            remedy="`umr show --as jsonld` gives the statement as it was published",
        )
    record = json.loads(shown.body)
    about = base.artifact_of(str(record.get("advisory", "")))
    original = str(record.get("original", ""))
    if original and not _differs(original, record, base, vocabulary):
        return original + "\n"
    return openvex.write(record, about.rpartition("/")[2], f"{shown.published:%Y-%m-%dT%H:%M:%SZ}")


def _differs(original: str, record: dict[str, Any], base: Base, vocabulary: Vocabulary) -> bool:
    """Whether a statement says anything else than the document that it was read from."""
    from umr_ld.formats import openvex
    from umr_ld.formats.osv import plain

    found = openvex.read([[Document(original.encode())]], vocabulary).drafts
    root = found[0].tree.root if found else None
    if not isinstance(root, dict):
        return True
    tree = Tree({**root, "version": record["version"]}, "original", lambda _: None)
    imported = json.loads(read_tree(tree, base, vocabulary).body)
    return bool(plain(imported) != plain(record))
