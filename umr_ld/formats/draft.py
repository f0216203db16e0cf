"""What every reader of a foreign format hands on: drafts with the keys of records, and what was lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from umr_ld.document import Document
    from umr_ld.formats.loss import LossReport
    from umr_ld.record import Record
    from umr_ld.tree import Tree
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


Stack: TypeAlias = "Sequence[Iterable[Document]]"
"""Repositories, each the documents it holds; what an earlier one has hides the same in later ones."""

Reader: TypeAlias = "Callable[[Stack, Vocabulary], Translation]"
Writer: TypeAlias = "Callable[[Record, Vocabulary], tuple[Document, LossReport]]"
