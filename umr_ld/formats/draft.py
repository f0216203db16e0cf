"""What every reader of a foreign format hands on: drafts with the keys of records, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from umr_ld.formats.authored import authored
from umr_ld.mint import Minted, mint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from umr_ld.addresses import Base
    from umr_ld.document import Document
    from umr_ld.formats.loss import Loss, LossReport
    from umr_ld.media import Media
    from umr_ld.tree import Tree, Value
    from umr_ld.vocab import Vocabulary


class Draft(NamedTuple):
    """A record as an author could have written it, made from a foreign document.

    Args:
        tree: keys as in a draft; places are those of the foreign document.
        document: what it was made from.
    """

    tree: Tree
    document: Document


@dataclass(frozen=True, slots=True)
class Translation:
    """What was read of foreign documents.

    Args:
        drafts: upstreams before what is made from them.
        losses: what did not come through as it was.
    """

    drafts: tuple[Draft, ...]
    losses: LossReport


@dataclass(frozen=True, slots=True)
class Subject:
    """A record that is to be written in a foreign format.

    Args:
        root: its keys, as an author would have written them, each in one way.
        minted: as it would be published.
        base: of its address and those of its upstreams.
        vocabulary: the terms.
    """

    root: dict[str, Value]
    minted: Minted
    base: Base
    vocabulary: Vocabulary

    @classmethod
    def of(cls, tree: Tree, base: Base, vocabulary: Vocabulary) -> Subject:
        """The subject that a draft describes.

        Args:
            tree: the draft.
            base: the registry's base IRI.
            vocabulary: the terms.

        Raises:
            Unreadable, Invalid: as `mint.mint`.
        """
        minted = mint(tree, base, vocabulary)
        return cls(authored(minted, base, vocabulary), minted, base, vocabulary)

    @property
    def name(self) -> str:
        """The artifact's name."""
        return str(self.minted.ref.name)

    @property
    def version(self) -> str:
        """The record's version."""
        return str(self.minted.ref.version)

    @property
    def kind(self) -> str:
        """Key of its class."""
        kinds = self.root["type"]
        found = [
            one for one in (kinds if isinstance(kinds, list) else [kinds]) if one in self.vocabulary.kinds
        ]
        return str(found[0])

    def links(self) -> list[dict[str, Value]]:
        """Its upstreams but earlier versions of itself, which in other formats would be a circle."""
        return [one for one in nodes(self.root.get("upstream")) if one.get("artifact") != self.name]


class Written(NamedTuple):
    """A foreign document.

    Args:
        body: its bytes.
        losses: what it does not say, or only where no one else reads it.
    """

    body: bytes
    losses: tuple[Loss, ...]


def nodes(value: Value) -> list[dict[str, Value]]:
    """The objects among the values of a key.

    Args:
        value: one, several, or none.
    """
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


Stack: TypeAlias = "Sequence[Iterable[Document]]"
"""Repositories, each the documents it holds; what an earlier one has hides the same in later ones."""

Reader: TypeAlias = "Callable[[Stack, Vocabulary], Translation]"
Writer: TypeAlias = "Callable[[Subject, Media], Written]"
