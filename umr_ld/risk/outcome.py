"""What a question about an advisory came to: records in order, each with its path.

Tens of thousands of records may be downstream. What is said of each is made when it is read, and not kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from umr_ld.names import Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Exposed, Step
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Set

    from umr_ld.lineage import Naming

_KEPT = 32
"""Longer ends of paths are not kept: all those of a way without branches take memory in the square of its length."""

_Way = tuple[tuple[object, ...], "tuple[Step, ...] | None"]
"""What paths have in common: of their first step all but the record, and the further steps if they are kept."""

# Of many links at once, one field is read faster so.
_EVIDENCE, _NAME, _VERSION = (attrgetter(name) for name in ("evidence", "name", "version"))


@dataclass(slots=True)
class Walk:
    """What was reached, by the strongest and then the shortest way.

    Args:
        sources: records where it began, to their artifacts.
        depth: record to its depth.
        arrived: record to the link by which it was reached.
        through: record to the record that this link leads on to; 0 where the versions themselves are hit.
        steps: how far it went, the one that is being taken included.
    """

    sources: Mapping[int, int]
    depth: dict[int, int]
    arrived: dict[int, Naming] = field(default_factory=dict)
    through: dict[int, int] = field(default_factory=dict)
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
        texts: of the links.
    """

    __slots__ = ("_apart", "_order", "_otherwise", "_possibly", "_sure", "_texts", "_ways")

    def __init__(
        self,
        apart: Mapping[int, Exposed],
        possibly: Walk,
        otherwise: Walk,
        sure: Set[int],
        texts: Texts,
    ) -> None:
        self._apart = apart
        self._possibly = possibly
        self._otherwise = otherwise
        self._sure = sure
        self._texts = texts
        self._ways: dict[bool, dict[tuple[object, ...], _Way]] = {True: {}, False: {}}
        for walk in (possibly, otherwise):
            texts.learn({*map(_EVIDENCE, walk.arrived.values())})
        self._order = self._in_order()

    def _in_order(self) -> list[int]:
        arrived = self._possibly.arrived | self._otherwise.arrived
        names = dict(zip(arrived, map(_NAME, arrived.values()), strict=True))
        depth = self._possibly.depth | self._otherwise.depth
        apart = self._apart.items()
        names.update((seq, one.ref.name.text) for seq, one in apart)
        depth.update((seq, one.depth) for seq, one in apart)
        order = list(names)
        versions = {*map(_VERSION, arrived.values())}
        if len(versions) > 1 or apart:
            key_of = {term: self._texts.version(term).sort_key for term in versions}
            terms = map(_VERSION, arrived.values())
            keys = dict(zip(arrived, map(key_of.__getitem__, terms), strict=True))
            keys.update((seq, one.ref.version.sort_key) for seq, one in apart)
            order.sort(key=keys.__getitem__)
        order.sort(key=names.__getitem__)
        order.sort(key=depth.__getitem__)
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
        arrived, depth = self._possibly.arrived, self._possibly.depth
        version, known, answer = self._texts.version, Ref.known, Answer.AFFECTED
        plain = self._sure - self._apart.keys()
        for seq in self._order:
            if seq in plain:
                link = arrived[seq]
                ref = known(link.name, version(link.version))
                yield _exposed((ref, answer, depth[seq], answer, None, seq))
            else:
                yield self._exposed(seq)

    def outline(self) -> Iterator[Outlined]:
        """The records in order, with what it takes to count them, and no more."""
        depth, through, answer = self._possibly.depth, self._possibly.through, Answer.AFFECTED
        plain = self._sure - self._apart.keys()
        for seq in self._order:
            if seq in plain:
                yield _outlined((seq, answer, depth[seq], through[seq]))
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
        link = walk.arrived.get(exposed.number)
        if link is None:
            return ()
        further = walk.through[exposed.number]
        alike = _alike(link, further)
        way = self._ways[surely].get(alike)
        if way is None:
            way = self._ways[surely][alike] = self._way(link, further, surely)
        shared, tail = way
        return (_step((exposed.ref, *shared)), *(self._tail(further, surely) if tail is None else tail))

    def _through(self, exposed: Exposed) -> int:
        if not exposed.depth and exposed.number in self._apart:
            return 0
        surely = exposed.arrives is Answer.AFFECTED
        walk = self._walk(exposed.number, surely)
        return walk.through[exposed.number] if exposed.number in walk.arrived else 0

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
        return _exposed((self._ref(walk.arrived[seq]), answer, walk.depth[seq], answer, None, seq))

    def _walk(self, seq: int, surely: bool) -> Walk:
        """The walk that has the way by which a record is affected for sure, or possibly."""
        return self._otherwise if surely and seq in self._otherwise.arrived else self._possibly

    def _way(self, link: Naming, further: int, surely: bool) -> _Way:
        tail = self._tail(further, surely)
        return self._shared(link, further), tail if len(tail) < _KEPT else None

    def _shared(self, link: Naming, further: int) -> tuple[object, ...]:
        """What steps have in common of links that name and lead on to the same."""
        texts = self._texts
        return (
            texts[link.relation],
            texts.names[link.target],
            texts.range(link.versions),
            link.revision or "",
            texts[link.evidence],
            self._ref_of(further) if further else None,
        )

    def _tail(self, seq: int, surely: bool) -> tuple[Step, ...]:
        """The path from a record that is on the path of another."""
        sources = self._otherwise.sources if surely else self._possibly.sources
        steps: list[Step] = []
        while seq and seq not in sources:
            walk = self._walk(seq, surely)
            link = walk.arrived.get(seq)
            if link is None:
                break
            further = walk.through[seq]
            shared, tail = self._ways[surely].get(_alike(link, further), (None, None))
            steps.append(_step((self._ref(link), *(shared or self._shared(link, further)))))
            if tail is not None:
                return (*steps, *tail)
            seq = further
        return tuple(steps)

    def _ref(self, link: Naming) -> Ref:
        return Ref.known(link.name, self._texts.version(link.version))

    def _ref_of(self, seq: int) -> Ref:
        if seq in self._apart:
            return self._apart[seq].ref
        return self._ref(self._otherwise.arrived.get(seq) or self._possibly.arrived[seq])


def _alike(link: Naming, further: int) -> tuple[object, ...]:
    """What links have in common that name the same and lead on to the same."""
    # Relation, versions, revision and evidence.
    return further, link.target, link[3:7]


_step: Callable[[tuple[Any, ...]], Step] = partial(tuple.__new__, Step)
_outlined: Callable[[tuple[Any, ...]], Outlined] = partial(tuple.__new__, Outlined)
_exposed: Callable[[tuple[Any, ...]], Exposed] = partial(tuple.__new__, Exposed)
_range = lru_cache(maxsize=4096)(Range.from_npm)
