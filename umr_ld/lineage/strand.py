"""Links by what they say of what they name: thousands that say the same are looked at as one."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from itertools import compress, count, groupby, repeat
from operator import eq, itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence


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
        records: whose links they are, the smallest number first, each once.
        numbers: place of each among that record's links; of a record that says it twice the first.
        makers: each record's own artifact.
        own: each record's own version, a term.
        names: name of each record's own artifact.
    """

    target: int
    relation: int
    versions: int | None
    revision: str
    evidence: int
    records: Sequence[int]
    numbers: Sequence[int]
    makers: Sequence[int]
    own: Sequence[int]
    names: Sequence[str]

    def number_of(self, record: int) -> int:
        """The place of its link among those of a record.

        Args:
            record: one of its records.
        """
        return self.numbers[bisect_left(self.records, record)]

    def own_of(self, record: int) -> int:
        """Term of a record's own version.

        Args:
            record: one of its records.
        """
        return self.own[bisect_left(self.records, record)]

    def name_of(self, record: int) -> str:
        """Name of a record's own artifact.

        Args:
            record: one of its records.
        """
        return self.names[bisect_left(self.records, record)]


@dataclass(slots=True)
class Reached:
    """Records, each with links along which it is reached, in columns.

    Args:
        records: their numbers.
        makers: each one's own artifact.
        own: each one's own version, a term.
        names: name of each one's own artifact.
        strands: the links.
    """

    records: list[int] = field(default_factory=list)
    makers: list[int] = field(default_factory=list)
    own: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    strands: list[Strand] = field(default_factory=list)

    @classmethod
    def along(cls, strands: Iterable[Strand], reached: Mapping[int, Strand]) -> Reached:
        """The records that are reached along links.

        Args:
            strands: the links; those of a strand come one after the other.
            reached: records to the strands along which they are.
        """
        found, taken = cls(), Counter(reached.values())
        for strand in strands:
            records, makers, own, names = strand.records, strand.makers, strand.own, strand.names
            # All of them, mostly. It is not asked for each then.
            if taken[strand] < len(records):
                mine = [reached.get(record) is strand for record in records]
                records, makers = [*compress(records, mine)], [*compress(makers, mine)]
                own, names = [*compress(own, mine)], [*compress(names, mine)]
            found.records += records
            found.makers += makers
            found.own += own
            found.names += names
            found.strands += repeat(strand, len(records))
        return found

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, part: slice) -> Reached:
        return Reached(
            self.records[part], self.makers[part], self.own[part], self.names[part], self.strands[part]
        )

    def without(self, records: Collection[int]) -> Reached:
        """All but some of them.

        Args:
            records: these.
        """
        return self._at([at for at, record in enumerate(self.records) if record not in records])

    def in_order(self, version: Callable[[int], Any]) -> Reached:
        """Sorted by name, then by version.

        Args:
            version: gives for a term what versions are sorted by.
        """
        order = sorted(range(len(self)), key=self.names.__getitem__)
        for start, end in _runs([*map(self.names.__getitem__, order)]):
            order[start:end] = sorted(order[start:end], key=lambda at: version(self.own[at]))
        return self._at(order)

    def _at(self, places: list[int]) -> Reached:
        columns = self.records, self.makers, self.own, self.names, self.strands
        if len(places) < 2:
            return Reached(*([column[at] for at in places] for column in columns))  # type: ignore[arg-type]
        return Reached(*map(list, map(itemgetter(*places), columns)))  # type: ignore[arg-type]


def _runs(ordered: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where texts stand more than once: from where and up to where."""
    again = compress(count(1), map(eq, ordered, ordered[1:]))
    for _, run in groupby(enumerate(again), key=lambda one: one[1] - one[0]):
        places = [place for _, place in run]
        yield places[0] - 1, places[-1] + 1


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
