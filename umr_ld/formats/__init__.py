"""Foreign formats: one row each, asked by everything else.

Reading is lenient: what is wrong is reported, row by row, and the rest is kept. Writing is strict.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.formats import legacy, openvex, osv
from umr_ld.media import Media

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.formats.draft import Reader, Writer


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
    """

    label: str
    title: str
    media: tuple[Media, ...]
    read: Reader | None = None
    write: Writer | None = None
    loses: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        row.label: row
        for row in (
            Format("legacy", "legacy model records (YAML)", (Media.YAML,), read=legacy.read),
            Format("osv", "OSV 1.7 advisories (JSON)", (Media.JSONLD,), read=osv.read),
            Format("openvex", "OpenVEX 0.2.0 statements (JSON)", (Media.JSONLD,), read=openvex.read),
        )
    }
)


def format_named(label: str) -> Format:
    """The row of a format.

    Args:
        label: its short name.

    Raises:
        Malformed: if there is no such format.
    """
    if label not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise Malformed(f"{label!r} is no format that is known", remedy=f"one of {known}")
    return FORMATS[label]
