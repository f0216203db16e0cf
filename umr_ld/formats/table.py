"""What a row of the table of formats says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.formats.crosswalk import keys_written, relations_of, rules_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.formats.draft import Reader, Writer
    from umr_ld.media import Media
    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary

    Mark = Callable[[Value, frozenset[str]], bool]

MODELS = ("Model", "Dataset", "Family", "Software", "Application")
_HEAD = frozenset(("type", "version"))


@dataclass(frozen=True, slots=True)
class Format:
    """A format of somebody else's.

    Args:
        label: its short name, for options and addresses.
        title: its name in words.
        media: the syntaxes its documents are written in, the usual one first.
        read: from documents to drafts; None if it is only written.
        write: from a record to a document; None if it is only read.
        loses: keys of records that do not come back after writing and reading.
        kinds: of records that it describes.
        keeps: where what it has no words for is kept, in words; empty for nowhere, so that it is lost.
        table: name of its crosswalk, from which follows what it loses if it keeps nothing.
        marks: whether a document, given its values and the classes in it, is of this format.
    """

    label: str
    title: str
    media: tuple[Media, ...]
    read: Reader | None = None
    write: Writer | None = None
    loses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = MODELS
    keeps: str = ""
    table: str = ""
    marks: Mark | None = None

    def lost(self, vocabulary: Vocabulary) -> tuple[str, ...]:
        """Keys of records that do not come back as they were after writing and reading.

        Args:
            vocabulary: the terms.
        """
        if not self.table:
            return self.loses
        said = keys_written(rules_of(self.table)) | {"license", "licenseExpression", "name", "title"}
        keys = {key for parent, key in vocabulary.terms if parent is None} - said - _HEAD
        return (*self.loses, *sorted(keys))

    def relations(self) -> tuple[str, ...]:
        """The relations that it has exact words for."""
        name = self.table or self.label
        return tuple(one.relation for one in relations_of(name).values() if one.is_read)
