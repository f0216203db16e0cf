"""What a question about an advisory came to: records in order, each with its path.

Tens of thousands of records may be downstream. What is said of each is made when it is read, and not kept.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import chain, repeat
from operator import attrgetter, concat
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast, overload

from umr_ld.lineage import Reached
from umr_ld.names import Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Exposed, Step
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Set

    from umr_ld.lineage import Strand

_KEPT = 32
"""Longer ends of paths are not kept: all those of a way without branches take memory in the square of its length."""

_PART = 1024
"""Records that are told at a time."""

_T = TypeVar("_T")
_Way = tuple[tuple[object, ...], "tuple[Step, ...]"]
"""What paths have in common that begin with links of a strand: of their first step all but the record, and the rest."""


@dataclass(slots=True)
class Walk:
    """What was reached, by the strongest and then the shortest way.

    Args:
        sources: records where it began, to their artifacts.
        arrived: record to the links of which one is that by which it was reached.
        levels: what is one step away, two steps away, and so on.
    """

    sources: Mapping[int, int]
    arrived: dict[int, Strand] = field(default_factory=dict)
    levels: list[Reached] = field(default_factory=list)
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

    def end_level(self, fresh: Mapping[int, Strand], along: Iterable[Strand]) -> Reached:
        """Take in all that is one step further away, and give it.

        Args:
            fresh: the records to the links by which they are reached.
            along: all links along which it was gone.
        """
        self.arrived.update(fresh)
        self.levels.append(Reached.along(along, fresh))
        return self.levels[-1]

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


@dataclass(slots=True)
class _Level:
    """Records as deep as one another, by name and version.

    Args:
        depth: as of `Exposed`.
        alike: those of which the first walk alone tells. There may be very many: what they are is told in
            columns, without a step of the program for each.
        strays: each of the others, and how many of the former come before it.
    """

    depth: int
    alike: Reached
    strays: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.alike) + len(self.strays)

    def told(
        self, alike: Callable[[Reached, int], Iterable[_T]], stray: Callable[[int], _T]
    ) -> Iterator[Iterable[_T]]:
        """What is told of them, part by part, in their order.

        Args:
            alike: tells of a part of those that are alike, and their depth.
            stray: tells of a record by itself.
        """
        told = 0
        for place, record in (*self.strays, (len(self.alike), None)):
            while told < place:
                end = min(place, told + _PART)
                yield alike(self.alike[told:end], self.depth)
                told = end
            if record is not None:
                yield (stray(record),)


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
        texts: of the links.
    """

    __slots__ = (
        "_apart",
        "_levels",
        "_order",
        "_otherwise",
        "_outline",
        "_paths",
        "_possibly",
        "_strays",
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
        texts: Texts,
    ) -> None:
        self._apart = apart
        self._possibly = possibly
        self._otherwise = otherwise
        self._sure = sure
        self._texts = texts
        self._ways: dict[tuple[bool, bool], dict[Strand, _Way]] = defaultdict(dict)
        self._paths: dict[bool, dict[int, tuple[Step, ...]]] = {True: {}, False: {}}
        self._strays = apart.keys() | otherwise.arrived.keys()
        self._levels = self._by_depth()
        self._order: list[int] = []
        self._outline: list[Outlined] | None = None

    def _by_depth(self) -> list[_Level]:
        strays: dict[int, list[int]] = defaultdict(list)
        for depth, level in enumerate(self._otherwise.levels, 1):
            strays[depth] += [seq for seq in level.records if seq not in self._apart]
        for seq, one in self._apart.items():
            strays[one.depth].append(seq)
        alike = dict(enumerate(self._possibly.levels, 1))
        return [
            self._level(depth, alike.get(depth, Reached()), strays[depth])
            for depth in sorted(alike.keys() | strays.keys())
        ]

    def _level(self, depth: int, alike: Reached, strays: list[int]) -> _Level:
        if not self._strays.isdisjoint(alike.records):
            alike = alike.without(self._strays)
        alike = alike.in_order(self._sort_key)
        ordered = sorted(strays, key=lambda seq: self._place_of(self._ref(seq)))
        return _Level(depth, alike, [(self._before(self._ref(seq), alike), seq) for seq in ordered])

    def _sort_key(self, term: int) -> Any:
        return self._texts.version(term).sort_key

    @staticmethod
    def _place_of(ref: Ref) -> tuple[str, Any]:
        return ref.name.text, ref.version.sort_key

    def _before(self, ref: Ref, alike: Reached) -> int:
        """How many of some ordered records come before a certain one."""
        name, version = self._place_of(ref)
        first = bisect_left(alike.names, name)
        same = alike.own[first : bisect_right(alike.names, name, first)]
        return first + bisect_left(same, version, key=self._sort_key)

    def __len__(self) -> int:
        return sum(map(len, self._levels))

    @overload
    def __getitem__(self, at: int) -> Exposed: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Exposed, ...]: ...
    def __getitem__(self, at: int | slice) -> Exposed | tuple[Exposed, ...]:
        if not self._order:
            self._order += self._told(lambda part, _: part.records, lambda seq: seq)
        if isinstance(at, slice):
            return tuple(map(self._exposed, self._order[at]))
        return self._exposed(self._order[at])

    def __iter__(self) -> Iterator[Exposed]:
        return self._told(self._exposed_alike, self._exposed)

    def _told(
        self, alike: Callable[[Reached, int], Iterable[_T]], stray: Callable[[int], _T]
    ) -> Iterator[_T]:
        """What is told of all. See `_Level.told`."""
        return chain.from_iterable(part for level in self._levels for part in level.told(alike, stray))

    def with_paths(self) -> Iterator[tuple[Exposed, tuple[Step, ...]]]:
        """Each record with its `path`; of many faster than one by one."""
        return self._told(self._paths_alike, self._with_path)

    def _exposed_alike(self, part: Reached, depth: int) -> Iterator[Exposed]:
        """Records of which the first walk alone tells."""
        sure, affected, possibly = self._sure, Answer.AFFECTED, Answer.POSSIBLY
        answers = [affected if strand in sure else possibly for strand in part.strands]
        versions = {term: self._texts.version(term) for term in {*part.own}}
        refs = Ref.all_known(part.names, map(versions.__getitem__, part.own))
        return map(
            _exposed, zip(refs, answers, repeat(depth), answers, repeat(None), part.records, strict=False)
        )

    def _paths_alike(self, part: Reached, depth: int) -> Iterator[tuple[Exposed, tuple[Step, ...]]]:
        """The same, each with its path."""
        ones = self._exposed_alike(part, depth)
        if depth > _KEPT:
            return ((one, self.path(one)) for one in ones)
        told = [*ones]
        ways = {strand: self._way(strand, self._possibly, strand in self._sure) for strand in {*part.strands}}
        shared, further = zip(*map(ways.__getitem__, part.strands), strict=True)
        steps = map(_step, map(_joined, zip(map(_ref, told)), shared))
        return zip(told, map(_joined, zip(steps), further), strict=True)

    def _arrives(self, seq: int) -> Answer:
        """What arrives at a record."""
        surely = self._possibly.arrived.get(seq) in self._sure or seq in self._otherwise.arrived
        return Answer.AFFECTED if surely else Answer.POSSIBLY

    @property
    def outline(self) -> Sequence[Outlined]:
        """The records in order, with what it takes to count them, and no more."""
        if self._outline is None:
            self._outline = list(self._told(self._outlined_alike, self._outlined))
        return self._outline

    def _outlined_alike(self, part: Reached, depth: int) -> Iterator[Outlined]:
        sure, through = self._sure, self._possibly.through
        told = {
            strand: (Answer.AFFECTED if strand in sure else Answer.POSSIBLY, depth, through(strand))
            for strand in {*part.strands}
        }
        return map(_outlined, map(_joined, zip(part.records), map(told.__getitem__, part.strands)))

    def _outlined(self, seq: int) -> Outlined:
        one = self._exposed(seq)
        return Outlined(seq, one.answer, one.depth, self._through(one))

    def answers(self) -> Mapping[Answer, int]:
        """How many records stand so, the worst answer first."""
        counted = Counter(one.answer for one in self.outline)
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

    def _with_path(self, seq: int) -> tuple[Exposed, tuple[Step, ...]]:
        one = self._exposed(seq)
        return one, self.path(one)

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
        kept = self._paths[surely]
        if seq in kept:
            return kept[seq]
        sources = self._otherwise.sources if surely else self._possibly.sources
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
        strand = self._possibly.arrived.get(seq) or self._otherwise.arrived[seq]
        return Ref.known(strand.name_of(seq), self._texts.version(strand.own_of(seq)))


_ref = attrgetter("ref")
_joined = cast("Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[Any, ...]]", concat)
_step: Callable[[tuple[Any, ...]], Step] = partial(tuple.__new__, Step)
_outlined: Callable[[tuple[Any, ...]], Outlined] = partial(tuple.__new__, Outlined)
_exposed: Callable[[tuple[Any, ...]], Exposed] = partial(tuple.__new__, Exposed)
_range = lru_cache(maxsize=4096)(Range.from_npm)
