"""From a document to a record: read, mint, parse. The one way in, for every door."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from umr_ld.errors import Malformed, UmrError
from umr_ld.jsonld import digest, serialize, triples_of, triples_of_each
from umr_ld.media import Media
from umr_ld.mint import Minted, mint
from umr_ld.record import record_of
from umr_ld.strictjson import read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from umr_ld.addresses import Base
    from umr_ld.document import Document
    from umr_ld.record import Graph, Record
    from umr_ld.tree import Tree
    from umr_ld.vocab import Vocabulary


Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that could be read.

    Args:
        record: what it describes.
        body: the bytes that would be published.
        tree: what the author wrote, with places.
    """

    record: Record
    body: bytes
    tree: Tree


def read(document: Document, base: Base, vocabulary: Vocabulary) -> Reading:
    """Read a draft or a published document.

    Args:
        document: JSON-LD or YAML.
        base: the registry's base IRI.
        vocabulary: the terms.

    Raises:
        Unreadable: if the bytes are not the syntax, or ask for a context that is not bundled.
        TooLarge: beyond `tree.MAX_BYTES`.
        Invalid: with every fault of form.
    """
    return read_tree(tree_of(document), base, vocabulary)


def tree_of(document: Document) -> Tree:
    """The values of a document, before anything is asked of them.

    Args:
        document: JSON-LD or YAML.

    Raises:
        Unreadable, TooLarge, Invalid: as `read`.
    """
    if document.media is Media.YAML:
        from umr_ld.yamlld import read_yaml

        return read_yaml(document)
    if document.media is Media.JSONLD:
        return read_json(document)
    raise Malformed(
        f"records are not read from {document.media.label}",
        where=document.source,
        remedy="give JSON-LD or YAML",
    )


def read_tree(tree: Tree, base: Base, vocabulary: Vocabulary) -> Reading:
    """As `read`, from a tree that an importer made.

    Args:
        tree: keys as in a draft.
        base: the registry's base IRI.
        vocabulary: the terms.
    """
    minted = mint(tree, base, vocabulary)
    return _reading(minted, triples_of(minted.root, vocabulary, tree.source), base, vocabulary)


def read_trees(trees: Iterable[Tree], base: Base, vocabulary: Vocabulary) -> Iterator[Reading | UmrError]:
    """As `read_tree`, several at once, which takes less time.

    Args:
        trees: as of `read_tree`.
        base: the registry's base IRI.
        vocabulary: the terms.

    Yields:
        of each what `read_tree` gives, or would raise.
    """
    made = [_minted(tree, base, vocabulary) for tree in trees]
    minted = [one for one in made if isinstance(one, Minted)]
    graphs = iter(triples_of_each([one.root for one in minted], vocabulary) or ())
    for one in made:
        yield one if isinstance(one, UmrError) else _read(one, next(graphs, None), base, vocabulary)


def _minted(tree: Tree, base: Base, vocabulary: Vocabulary) -> Minted | UmrError:
    return tried(lambda: mint(tree, base, vocabulary))


def _read(minted: Minted, known: Graph | None, base: Base, vocabulary: Vocabulary) -> Reading | UmrError:
    def reading() -> Reading:
        triples = triples_of(minted.root, vocabulary, minted.tree.source) if known is None else known
        return _reading(minted, triples, base, vocabulary)

    return tried(reading)


def tried(make: Callable[[], Made]) -> Made | UmrError:
    """What a function gives, or the error that it raises.

    Args:
        make: the function.
    """
    try:
        return make()
    except UmrError as error:
        return error


def _reading(minted: Minted, triples: Graph, base: Base, vocabulary: Vocabulary) -> Reading:
    record = record_of(triples, minted.iri, base, vocabulary, digest(triples))
    return Reading(record, serialize(minted.root), minted.tree)


def published(body: bytes, iri: str, base: Base, vocabulary: Vocabulary, digest_known: str) -> Record:
    """The record of bytes that the journal gave back; they were checked when they were published.

    Args:
        body: published bytes.
        iri: the record's IRI.
        base: the registry's base IRI.
        vocabulary: the terms.
        digest_known: the digest that was written beside them.
    """
    triples = triples_of(json.loads(body), vocabulary, iri)
    return record_of(triples, iri, base, vocabulary, digest_known)
