"""Drafts of this project's own: YAML-LD and JSON-LD, as authors write them and as registries publish them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.formats.draft import Draft, Subject, Translation, Written
from umr_ld.formats.gathering import each
from umr_ld.formats.loss import LossReport
from umr_ld.jsonld import serialize
from umr_ld.media import Media
from umr_ld.reading import tree_of
from umr_ld.vocab import CONTEXT_IRI

if TYPE_CHECKING:
    from umr_ld.document import Document
    from umr_ld.formats.draft import Stack
    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary


def is_own(root: Value) -> bool:
    """Whether a tree is a record.

    Args:
        root: of any document.
    """
    if not isinstance(root, dict) or "type" not in root or "name" not in root or "version" not in root:
        return False
    context = root.get("@context", CONTEXT_IRI)
    return CONTEXT_IRI in (context if isinstance(context, list) else [context])


def read(repositories: Stack, vocabulary: Vocabulary) -> Translation:
    """Read records.

    Args:
        repositories: the documents.
        vocabulary: the terms of records.
    """
    del vocabulary
    return each(repositories, _read_one)


def _read_one(document: Document) -> Translation:
    tree = tree_of(document)
    if not isinstance(tree.root, dict):
        raise Malformed("a record is an object with keys", where=document.source)
    return Translation((Draft(tree, document),), LossReport())


def write(subject: Subject, media: Media) -> Written:
    """Write a record as an author would.

    Args:
        subject: the record.
        media: YAML or JSON-LD.
    """
    if media is Media.JSONLD:
        return Written(serialize(subject.root), ())
    from umr_ld.render.yaml import as_yaml

    return Written(as_yaml(subject.root).encode("utf-8", "replace"), ())
