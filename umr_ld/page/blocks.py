"""What a page is made of: plain values that every target knows how to show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from umr_ld.page.citation import Citation
    from umr_ld.page.sections import Row


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a table.

    Args:
        text: in words.
        link: an http or https address, or empty.
        tone: label of an answer (`affected`, `possibly`, `clear`), by which it is coloured; or empty.
    """

    text: str
    link: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values.

    Args:
        rows: in order.
    """

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Args:
        caption: what it tells.
        head: names of the columns.
        rows: one cell a column.
        left_out: rows that there are besides.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Args:
        label: what was measured.
        value: the number, as it was published, with its unit.
        share: length, from 0 to 1.
    """

    label: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Measured numbers that may be compared, drawn.

    Args:
        caption: what they are, and what the longest bar would mean.
        bars: in order.
    """

    caption: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence.

    Args:
        text: in words.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Text that is copied as it is.

    Args:
        caption: what it is.
        text: lines.
    """

    caption: str
    text: str


Block: TypeAlias = "Facts | Table | Bars | Note | Listing"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page.

    Args:
        key: names it in addresses.
        label: its heading.
        blocks: in order.
    """

    key: str
    label: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Banner:
    """What nobody may overlook.

    Args:
        tone: as of `Cell`; empty for what is only worth knowing.
        text: in words.
        link: as of `Cell`.
    """

    tone: str
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One record, or what changed between two, as people read it.

    Args:
        title: the title.
        kind: in words.
        reference: the record, or the two that are compared.
        address: IRI of the record.
        lead: when, and by whom.
        time: when it was published, UTC.
        author: who published what is described, in words; or empty.
        banners: in order.
        parts: in order.
        citation: how to cite it; None for what is no record.
        body: the published bytes; empty for what is no record.
        attached: what these bytes are, in words.
        values: key of a property to its plain values, for targets that have fields of their own.
        links: relation and name of each upstream, in the author's order.
    """

    title: str
    kind: str
    reference: str
    address: str
    lead: str
    time: datetime
    author: str = ""
    banners: tuple[Banner, ...] = ()
    parts: tuple[Part, ...] = ()
    citation: Citation | None = None
    body: bytes = field(default=b"", repr=False)
    attached: str = "The record as it was published"
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
