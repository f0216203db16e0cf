"""What a question about an advisory came to: records in order, each with its path.

Tens of thousands of records may be downstream. What is said of each is made when it is read, and not kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain, compress, count, groupby, repeat
from operator import eq
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from umr_ld.names import Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Exposed, Step
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set

    from umr_ld.lineage import Makers, Strand

_KEPT = 32
"""Longer ends of paths are not kept: all those of a way without branches take memory in the square of its length."""

_Way = tuple[tuple[object, ...], "tuple[Step, ...]"]
"""What paths have in common that begin with links of a strand: of their first step all but the record, and the rest."""


@dataclass(slots=True)
class Walk:
    """What was reached, by the strongest and then the shortest way.

    Args:
        sources: records where it began, to their artifacts.
        arrived: record to the links of which one is that by which it was reached.
        levels: the records one step away, two steps away, and so on.
    """

    sources: Mapping[int, int]
    arrived: dict[int, Strand] = field(default_factory=dict)
    levels: list[Collection[int]] = field(default_factory=list)
    _met: dict[Strand, tuple[int, int]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """How far it went."""
        return len(self.levels)

    def meet(self, strands: Iterable[Strand], through: int) -> None:
        """Go along links, to what is one step further away.

        Args:
            strands: the links.
            through: the record that they lead on to; 0 where the versions themselves are hit.
        """
        self._met.update(dict.fromkeys(strands, (through, self.steps + 1)))

    def end_level(self, fresh: Mapping[int, Strand]) -> None:
        """Take in all that is one step further away.

        Args:
            fresh: the records to the links by which they are reached.
        """
        self.arrived.update(fresh)
        self.levels.append(fresh.keys())

    def through(self, strand: Strand) -> int:
        """The record that links lead on to; 0 where the versions themselves are hit."""
        return self._met[strand][0]

    def depth(self, record: int) -> int:
        """How many steps away a record is, or 0 if the walk began there and did not come back."""
        strand = self.arrived.get(record)
        return 0 if strand is None else self._met[strand][1]


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

    def learn(self, terms: set[int | None]) -> None:
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
        sure: links of `possibly` along which it is affected for sure.
        makers: what the links tell of the records.
        texts: of the links.
    """

    __slots__ = (
        "_apart",
        "_levels",
        "_makers",
        "_order",
        "_otherwise",
        "_paths",
        "_possibly",
        "_sure",
        "_texts",
        "_ways",
    )

    def __init__(
        self,
        apart: Mapping[int, Exposed],
        possibly: Walk,
        otherwise: Walk,
        sure: Set[Strand],
        makers: Makers,
        texts: Texts,
    ) -> None:
        self._apart = apart
        self._possibly = possibly
        self._otherwise = otherwise
        self._sure = sure
        self._makers = makers
        self._texts = texts
        self._ways: dict[tuple[bool, bool], dict[Strand, _Way]] = defaultdict(dict)
        self._paths: dict[bool, dict[int, tuple[Step, ...]]] = {True: {}, False: {}}
        self._levels = [(depth, self._sorted(level)) for depth, level in sorted(self._by_depth().items())]
        self._order = [*chain.from_iterable(level for _, level in self._levels)]

    def _by_depth(self) -> dict[int, list[int]]:
        """How deep to the numbers of the records."""
        levels: dict[int, list[int]] = defaultdict(list)
        elsewhere = self._apart.keys() | self._otherwise.arrived.keys()
        for walk, strays in ((self._possibly, elsewhere), (self._otherwise, self._apart.keys())):
            for depth, level in enumerate(walk.levels, 1):
                levels[depth] += [seq for seq in level if seq not in strays] if strays else level
        for seq, one in self._apart.items():
            levels[one.depth].append(seq)
        return levels

    def _sorted(self, level: list[int]) -> list[int]:
        """Records by name and then by version."""
        names = self._makers.names
        if not self._apart.keys().isdisjoint(level):
            names = {seq: self._ref(seq).name.text for seq in level}
        order = sorted(level, key=names.__getitem__)
        for start, end in _runs([*map(names.__getitem__, order)]):
            order[start:end] = sorted(order[start:end], key=lambda seq: self._ref(seq).version.sort_key)
        return order

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
        for depth, level in self._levels:
            if self._apart.keys().isdisjoint(level):
                yield from self._alike(level, depth)
            else:
                yield from map(self._exposed, level)

    def with_paths(self) -> Iterator[tuple[Exposed, tuple[Step, ...]]]:
        """Each record with its `path`; of many faster than one by one."""
        arrived, strays = self._possibly.arrived, self._apart.keys() | self._otherwise.arrived.keys()
        surely, maybe, affected = self._ways[True, False], self._ways[False, False], Answer.AFFECTED
        for one in self:
            way = None
            if one.number not in strays:
                way = (surely if one.answer is affected else maybe).get(arrived[one.number])
            yield one, self.path(one) if way is None else (_step((one.ref, *way[0])), *way[1])

    def _alike(self, seqs: Sequence[int], depth: int) -> Iterator[Exposed]:
        """Records that are neither hit nor spoken of. There may be very many: what they are stands in columns."""
        sure, other, arrived = self._sure, self._otherwise.arrived, self._possibly.arrived
        affected, possibly = Answer.AFFECTED, Answer.POSSIBLY
        answers = [affected if arrived.get(seq) in sure or seq in other else possibly for seq in seqs]
        terms = [*map(self._makers.own.__getitem__, seqs)]
        versions = {term: self._texts.version(term) for term in {*terms}}
        refs = map(Ref.known, map(self._makers.names.__getitem__, seqs), map(versions.__getitem__, terms))
        return map(_exposed, zip(refs, answers, repeat(depth), answers, repeat(None), seqs, strict=False))

    def _arrives(self, seq: int) -> Answer:
        """What arrives at a record."""
        surely = self._possibly.arrived.get(seq) in self._sure or seq in self._otherwise.arrived
        return Answer.AFFECTED if surely else Answer.POSSIBLY

    def outline(self) -> Iterator[Outlined]:
        """The records in order, with what it takes to count them, and no more."""
        through, arrived, sure = self._possibly.through, self._possibly.arrived, self._sure
        strays, answer = self._apart.keys() | self._otherwise.arrived.keys(), Answer.AFFECTED
        for depth, level in self._levels:
            for seq in level:
                if seq not in strays and (strand := arrived[seq]) in sure:
                    yield _outlined((seq, answer, depth, through(strand)))
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
        found = self._arrival(exposed)
        if found is None:
            return ()
        strand, walk = found
        shared, rest = self._way(strand, walk, exposed.arrives is Answer.AFFECTED)
        return (_step((exposed.ref, *shared)), *rest)

    def _through(self, exposed: Exposed) -> int:
        found = self._arrival(exposed)
        return 0 if found is None else found[1].through(found[0])

    def _arrival(self, exposed: Exposed) -> tuple[Strand, Walk] | None:
        """The links by which a record's path begins, and the walk that met them; None for a path without steps."""
        if not exposed.depth and exposed.number in self._apart:
            return None
        walk = self._walk(exposed.number, exposed.arrives is Answer.AFFECTED)
        strand = walk.arrived.get(exposed.number)
        return None if strand is None else (strand, walk)

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
        answer = self._arrives(seq)
        walk = self._walk(seq, answer is Answer.AFFECTED)
        return _exposed((self._ref(seq), answer, walk.depth(seq), answer, None, seq))

    def _walk(self, seq: int, surely: bool) -> Walk:
        """The walk that has the way by which a record is affected for sure, or possibly."""
        return self._otherwise if surely and seq in self._otherwise.arrived else self._possibly

    def _way(self, strand: Strand, walk: Walk, surely: bool) -> _Way:
        """What the paths that begin with links of a strand have in common."""
        ways = self._ways[surely, walk is self._otherwise]
        way = ways.get(strand)
        if way is None:
            further = walk.through(strand)
            rest = self._path(further, surely)
            reached = rest[0].ref if rest else self._ref(further) if further else None
            way = self._shared(strand, reached), rest
            if len(rest) < _KEPT:
                ways[strand] = way
        return way

    def _shared(self, strand: Strand, reached: Ref | None) -> tuple[object, ...]:
        """What steps have in common of links that say and lead on to the same."""
        texts = self._texts
        return (
            texts[strand.relation],
            texts.names[strand.target],
            texts.range(strand.versions),
            strand.revision,
            texts[strand.evidence],
            reached,
        )

    def _path(self, seq: int, surely: bool) -> tuple[Step, ...]:
        """The path from a record that is on the path of another."""
        sources = self._otherwise.sources if surely else self._possibly.sources
        kept = self._paths[surely]
        links: list[tuple[int, Strand]] = []
        while seq and seq not in sources and seq not in kept:
            walk = self._walk(seq, surely)
            strand = walk.arrived.get(seq)
            if strand is None:
                break
            links.append((seq, strand))
            seq = walk.through(strand)
        rest = kept.get(seq, ())
        reached = self._ref(seq) if seq else None
        steps: list[Step] = []
        for record, strand in reversed(links):
            steps.append(_step((self._ref(record), *self._shared(strand, reached))))
            reached = steps[-1].ref
            if len(steps) + len(rest) < _KEPT:
                kept[record] = (*reversed(steps), *rest)
        return (*reversed(steps), *rest)

    def _ref(self, seq: int) -> Ref:
        if seq in self._apart:
            return self._apart[seq].ref
        return Ref.known(self._makers.names[seq], self._texts.version(self._makers.own[seq]))


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
