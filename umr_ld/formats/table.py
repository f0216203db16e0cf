"""What a row of the table of formats says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.formats.draft import Reader, Writer
    from umr_ld.media import Media
    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary

    Mark = Callable[[Value, frozenset[str]], bool]

MODELS = ("Model", "Dataset", "Family", "Software", "Application")
_HEAD = frozenset(("type", "version", "name"))


@dataclass(frozen=True, slots=True)
class Format:
    """A format of somebody else's.

    Args:
        label: its short name, for options and addresses.
        title: its name in words.
        media: the syntaxes its documents are written in, the usual one first.
        read: from documents to drafts; None if it is only written.
        write: from a record to a document; None if it is only read.
        kinds: of records that it describes.
        keeps: where what it has no words for is kept, in words; empty for nowhere, so that it is lost.
        says: gives the keys that it has words for, if it keeps nothing; None if nothing is lost.
        marks: whether a document, given its values and the classes in it, is of this format.
    """

    label: str
    title: str
    media: tuple[Media, ...]
    read: Reader | None = None
    write: Writer | None = None
    kinds: tuple[str, ...] = MODELS
    keeps: str = ""
    says: Callable[[], frozenset[str]] | None = None
    marks: Mark | None = None

    def lost(self, vocabulary: Vocabulary) -> tuple[str, ...]:
        """Keys of records that do not come back after writing and reading.

        Args:
            vocabulary: the terms.
        """
        if self.says is None:
            return ()
        keys = {key for parent, key in vocabulary.terms if parent is None} - self.says() - _HEAD
        return tuple(sorted(keys))
