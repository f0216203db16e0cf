"""Links by what they say of what they name: thousands that say the same are looked at as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(slots=True, eq=False)
class Strand:
    """Links that say the same of the same artifact, each of another record. What differs stands in columns.

    Texts that repeat stand as numbers (`Graph.terms`).

    Args:
        target: the artifact that is named, as `Graph.artifact_id` numbers it.
        relation: term.
        versions: term, a range in node-semver syntax; None for every version.
        revision: text; empty if the links name none.
        evidence: term.
        records: whose links they are, in order of publication; of a record that says it twice the first.
        numbers: place of each among that record's links.
        makers: each record's own artifact.
        own: each record's own version, a term.
        names: name of each record's own artifact.
    """

    target: int
    relation: int
    versions: int | None
    revision: str
    evidence: int
    records: list[int]
    numbers: list[int]
    makers: list[int]
    own: list[int]
    names: list[str]
    _places: dict[int, int] | None = field(default=None, init=False, repr=False)

    def number_of(self, record: int) -> int:
        """The place of its link among those of a record.

        Args:
            record: one of its records.
        """
        if self._places is None:
            self._places = dict(zip(self.records, self.numbers, strict=True))
        return self._places[record]

    def extend(
        self, records: list[int], numbers: list[int], makers: list[int], own: list[int], names: list[str]
    ) -> None:
        """Add links that say the same, of later records.

        Args:
            records, numbers, makers, own, names: as of the class.
        """
        self.records += records
        self.numbers += numbers
        self.makers += makers
        self.own += own
        self.names += names
        self._places = None


class Makers:
    """What links tell of the records whose they are, by the records' numbers."""

    __slots__ = ("artifacts", "names", "own")

    def __init__(self) -> None:
        self.artifacts: dict[int, int] = {}
        """The record's own artifact."""
        self.own: dict[int, int] = {}
        """The record's own version, a term."""
        self.names: dict[int, str] = {}
        """Name of the record's own artifact."""

    def take_in(self, strands: Sequence[Strand]) -> None:
        """Take in what links tell.

        Args:
            strands: the links.
        """
        records = [*chain.from_iterable(strand.records for strand in strands)]
        self.artifacts.update(
            zip(records, chain.from_iterable(strand.makers for strand in strands), strict=True)
        )
        self.own.update(zip(records, chain.from_iterable(strand.own for strand in strands), strict=True))
        self.names.update(zip(records, chain.from_iterable(strand.names for strand in strands), strict=True))


def unless_before(records: set[int], reached: Mapping[int, Strand], strand: Strand) -> set[int]:
    """Those of some records that are not reached by a link that comes first.

    Args:
        records: of the strand.
        reached: records to the strands by which they are reached: of the same artifact, or of others before it.
        strand: by which they would be reached now.
    """
    both = records & reached.keys()
    if not both:
        return records
    return records - {
        record
        for record in both
        if reached[record].target != strand.target
        or reached[record].number_of(record) < strand.number_of(record)
    }
