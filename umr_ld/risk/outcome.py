"""What a question about an advisory came to: records in order, each with its path.

Tens of thousands of records may be downstream. What is said of each is made when it is read, and not kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import compress, count, groupby
from operator import eq
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from umr_ld.names import Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Exposed, Step
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

    from umr_ld.lineage import Strand, Told

_KEPT = 32
"""Longer ends of paths are not kept: all those of a way without branches take memory in the square of its length."""

_Way = tuple[tuple[object, ...], "tuple[Step, ...] | None"]
"""What paths have in common: of their first step all but the record, and the further steps if they are kept."""


@dataclass(slots=True)
class Walk:
    """What was reached, by the strongest and then the shortest way.

    Args:
        sources: records where it began, to their artifacts.
        depth: record to its depth.
        arrived: record to the links of which one is that by which it was reached.
        through: these links to the record that they lead on to; 0 where the versions themselves are hit.
        steps: how far it went, the one that is being taken included.
    """

    sources: Mapping[int, int]
    depth: dict[int, int]
    arrived: dict[int, Strand] = field(default_factory=dict)
    through: dict[Strand, int] = field(default_factory=dict)
    steps: int = 0


class Texts:
    """Texts of the numbers in links.

    Args:
        read: gives texts of terms.
        names: artifact to its name.
    """

    __slots__ = ("_read", "_terms", "_versions", "names")

    def __init__(self, read: Callable[[Sequence[int]], Mapping[int, str]], names: Mapping[int, str]) -> None:
        self.names = names
        self._read = read
        self._terms: dict[int, str] = {}
        self._versions: dict[int, Version] = {}

    def learn(self, terms: set[int] | set[int | None]) -> None:
        """Read the texts that are not known.

        Args:
            terms: numbers; None is none.
        """
        unknown = [term for term in terms if term is not None and term not in self._terms]
        if unknown:
            self._terms.update(self._read(unknown))

    def __getitem__(self, term: int) -> str:
        return self._terms[term]

    def version(self, term: int) -> Version:
        """The version that a term is."""
        known = self._versions.get(term)
        if known is None:
            known = self._versions[term] = Version.parse(self._terms[term])
        return known

    def range(self, term: int | None) -> Range:
        """The range that a term is; every version without one."""
        return EVERYTHING if term is None else _range(self._terms[term])


class Outlined(NamedTuple):
    """A record, and where it stands on the paths of others.

    Args:
        number: of the record.
        answer: how it stands.
        depth: as of `Exposed`.
        through: number of the record by which it is reached on its path; 0 for none.
    """

    number: int
    answer: Answer
    depth: int
    through: int


class Exposure(Sequence[Exposed]):
    """Everything that is not clear, and what only a statement clears: by depth, then by name and version.

    It stays as it is when the graph changes or is closed.

    Args:
        apart: records that are hit or of which a statement speaks, by their numbers.
        possibly: what may be affected.
        otherwise: what is affected for sure, by other ways than those of `possibly`.
        sure: what is affected for sure, by the ways of `possibly`.
        told: what the links tell of the records.
        texts: of the links.
    """

    __slots__ = ("_apart", "_order", "_otherwise", "_possibly", "_sure", "_texts", "_told", "_ways")

    def __init__(
        self,
        apart: Mapping[int, Exposed],
        possibly: Walk,
        otherwise: Walk,
        sure: Set[int],
        told: Told,
        texts: Texts,
    ) -> None:
        self._apart = apart
        self._possibly = possibly
        self._otherwise = otherwise
        self._sure = sure
        self._told = told
        self._texts = texts
        self._ways: dict[tuple[bool, bool], dict[Strand, _Way]] = defaultdict(dict)
        for walk in (possibly, otherwise):
            texts.learn({strand.evidence for strand in walk.through})
        self._order = self._in_order()

    def _in_order(self) -> list[int]:
        """The numbers of the records."""
        depth = self._possibly.depth | self._otherwise.depth
        arrived = self._possibly.arrived.keys() | self._otherwise.arrived.keys()
        names = dict(zip(arrived, map(self._told.names.__getitem__, arrived), strict=True))
        for seq, one in self._apart.items():
            names[seq], depth[seq] = one.ref.name.text, one.depth
        order = sorted(names, key=names.__getitem__)
        for start, end in _runs([*map(names.__getitem__, order)]):
            order[start:end] = sorted(order[start:end], key=self._version_key)
        order.sort(key=depth.__getitem__)
        return order

    def _version_key(self, seq: int) -> bytes:
        """By what the records of an artifact are ordered."""
        apart = self._apart.get(seq)
        return (self._texts.version(self._told.own[seq]) if apart is None else apart.ref.version).sort_key

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, at: int) -> Exposed: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Exposed, ...]: ...
    def __getitem__(self, at: int | slice) -> Exposed | tuple[Exposed, ...]:
        if isinstance(at, slice):
            return tuple(map(self._exposed, self._order[at]))
        return self._exposed(self._order[at])

    def __iter__(self) -> Iterator[Exposed]:
        depth, names, own = self._possibly.depth, self._told.names, self._told.own
        version, known, answer = self._texts.version, Ref.known, Answer.AFFECTED
        plain = self._sure - self._apart.keys()
        for seq in self._order:
            if seq in plain:
                yield _exposed((known(names[seq], version(own[seq])), answer, depth[seq], answer, None, seq))
            else:
                yield self._exposed(seq)

    def outline(self) -> Iterator[Outlined]:
        """The records in order, with what it takes to count them, and no more."""
        depth, answer = self._possibly.depth, Answer.AFFECTED
        arrived, through = self._possibly.arrived, self._possibly.through
        plain = self._sure - self._apart.keys()
        for seq in self._order:
            if seq in plain:
                yield _outlined((seq, answer, depth[seq], through[arrived[seq]]))
            else:
                one = self._exposed(seq)
                yield _outlined((seq, one.answer, one.depth, self._through(one)))

    def answers(self) -> Mapping[Answer, int]:
        """How many records stand so, the worst answer first."""
        counted = Counter(one.answer for one in self.outline())
        return {answer: counted[answer] for answer in reversed(Answer)}

    def path(self, exposed: Exposed) -> tuple[Step, ...]:
        """The strongest way to what is hit; of several the shortest, then the first in order of names.

        Args:
            exposed: of this exposure.
        """
        if not exposed.depth and exposed.number in self._apart:
            return ()
        surely = exposed.arrives is Answer.AFFECTED
        walk = self._walk(exposed.number, surely)
        strand = walk.arrived.get(exposed.number)
        if strand is None:
            return ()
        shared, tail = self._way(strand, walk, surely)
        return (
            _step((exposed.ref, *shared)),
            *(self._tail(walk.through[strand], surely) if tail is None else tail),
        )

    def _through(self, exposed: Exposed) -> int:
        if not exposed.depth and exposed.number in self._apart:
            return 0
        surely = exposed.arrives is Answer.AFFECTED
        walk = self._walk(exposed.number, surely)
        strand = walk.arrived.get(exposed.number)
        return 0 if strand is None else walk.through[strand]

    def answer(self, ref: Ref) -> Answer:
        """How a record stands.

        Args:
            ref: any record.
        """
        return next((one.answer for one in self if one.ref == ref), Answer.CLEAR)

    def _exposed(self, seq: int) -> Exposed:
        apart = self._apart.get(seq)
        if apart is not None:
            return apart
        surely = seq in self._sure or seq in self._otherwise.arrived
        walk = self._walk(seq, surely)
        answer = Answer.AFFECTED if surely else Answer.POSSIBLY
        return _exposed((self._ref(seq), answer, walk.depth[seq], answer, None, seq))

    def _walk(self, seq: int, surely: bool) -> Walk:
        """The walk that has the way by which a record is affected for sure, or possibly."""
        return self._otherwise if surely and seq in self._otherwise.arrived else self._possibly

    def _way(self, strand: Strand, walk: Walk, surely: bool) -> _Way:
        """What the paths that begin with links of a strand have in common."""
        ways = self._ways[surely, walk is self._otherwise]
        way = ways.get(strand)
        if way is None:
            further = walk.through[strand]
            tail = self._tail(further, surely)
            way = ways[strand] = self._shared(strand, further), tail if len(tail) < _KEPT else None
        return way

    def _shared(self, strand: Strand, further: int) -> tuple[object, ...]:
        """What steps have in common of links that name and lead on to the same."""
        texts = self._texts
        return (
            texts[strand.relation],
            texts.names[strand.target],
            texts.range(strand.versions),
            strand.revision,
            texts[strand.evidence],
            self._ref(further) if further else None,
        )

    def _tail(self, seq: int, surely: bool) -> tuple[Step, ...]:
        """The path from a record that is on the path of another."""
        sources = self._otherwise.sources if surely else self._possibly.sources
        steps: list[Step] = []
        while seq and seq not in sources:
            walk = self._walk(seq, surely)
            strand = walk.arrived.get(seq)
            if strand is None:
                break
            further = walk.through[strand]
            known = self._ways[surely, walk is self._otherwise].get(strand)
            shared, tail = known or (self._shared(strand, further), None)
            steps.append(_step((self._ref(seq), *shared)))
            if tail is not None:
                return (*steps, *tail)
            seq = further
        return tuple(steps)

    def _ref(self, seq: int) -> Ref:
        if seq in self._apart:
            return self._apart[seq].ref
        return Ref.known(self._told.names[seq], self._texts.version(self._told.own[seq]))


def _runs(ordered: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where texts stand more than once: from where and up to where."""
    again = compress(count(1), map(eq, ordered, ordered[1:]))
    for _, run in groupby(enumerate(again), key=lambda one: one[1] - one[0]):
        places = [place for _, place in run]
        yield places[0] - 1, places[-1] + 1


_step: Callable[[tuple[Any, ...]], Step] = partial(tuple.__new__, Step)
_outlined: Callable[[tuple[Any, ...]], Outlined] = partial(tuple.__new__, Outlined)
_exposed: Callable[[tuple[Any, ...]], Exposed] = partial(tuple.__new__, Exposed)
_range = lru_cache(maxsize=4096)(Range.from_npm)
