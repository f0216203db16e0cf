"""How a record is cited: the facts, from which BibTeX and CSL-JSON are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.page.sections import value_words
from umr_ld.vocab import DCT, UMR

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.addresses import Base
    from umr_ld.registry.views import Shown
    from umr_ld.vocab import Vocabulary

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class Citation:
    """The facts of a citation.

    Args:
        key: a short name for it, of letters, digits and hyphens.
        kind: key of the record's class.
        title: of the record.
        authors: creators, or else the publisher; in words.
        publisher: in words, or empty.
        date: year, or year and month, or all three: when it was issued, else when it was recorded.
        version: of the record.
        address: IRI of the record.
        digest: SHA-256 of its graph, hexadecimal.
        withdrawn: when it was withdrawn and why, in words; empty if it stands.
    """

    key: str
    kind: str
    title: str
    authors: tuple[str, ...]
    publisher: str
    date: tuple[int, ...]
    version: str
    address: str
    digest: str
    withdrawn: str = ""

    @property
    def note(self) -> str:
        """What who cites it has to know besides."""
        return ". ".join(filter(None, (f"SHA-256 {self.digest}", self.withdrawn)))


def citation_of(shown: Shown, vocabulary: Vocabulary, base: Base) -> Citation:
    """How to cite a record.

    Args:
        shown: the record with everything that holds for it.
        vocabulary: keys of what is known.
        base: by which agents' names are read back.
    """

    def words(name: str) -> tuple[str, ...]:
        held = shown.effective.values.get(name, ())
        return tuple(text for one in held if (text := value_words(one.value, vocabulary, base)))

    publisher = next(iter(words(f"{UMR}publisher")), "")
    record = shown.record
    published = shown.published
    return Citation(
        key=re.sub(r"[^A-Za-z0-9]+", "-", str(record.ref)).strip("-"),
        kind=record.kind,
        title=record.title,
        authors=words(f"{DCT}creator") or ((publisher,) if publisher else ()),
        publisher=publisher,
        date=_date(record.text(f"{DCT}issued")) or (published.year, published.month, published.day),
        version=str(record.ref.version),
        address=record.iri,
        digest=record.digest,
        withdrawn="" if shown.withdrawn is None else f"Withdrawn on {day(shown.withdrawn)}: {shown.reason}",
    )


def day(moment: datetime) -> str:
    """The day of a moment, as ISO 8601 writes it.

    Args:
        moment: in UTC.
    """
    return moment.strftime("%Y-%m-%d")


def _date(text: str) -> tuple[int, ...]:
    found = _DATE.match(text)
    return tuple(int(part) for part in found.groups() if part) if found else ()
