"""What a question about an advisory came to: records in order, each with its path.

Tens of thousands of records may be downstream. What is said of each is made when it is read, and not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, overload

from umr_ld.names import Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Exposed, Step
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from umr_ld.lineage import Naming

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
        steps: steps on the way of others, as far as they were asked for.
    """

    sources: Mapping[int, int]
    depth: dict[int, int]
    arrived: dict[int, Naming] = field(default_factory=dict)
    through: dict[int, int] = field(default_factory=dict)
    steps: dict[int, Step] = field(default_factory=dict)


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


class Exposure(Sequence[Exposed]):
    """Everything that is not clear, and what only a statement clears: by depth, then by name and version.

    It stays as it is when the graph changes or is closed.

    Args:
        apart: records that are hit or of which a statement speaks, by their numbers.
        possibly: what is reached over any links.
        affected: what is reached over links that are affected for sure; the same if nothing else is.
        texts: of the links.
    """

    __slots__ = ("_affected", "_apart", "_leading", "_order", "_possibly", "_texts")

    def __init__(self, apart: Mapping[int, Exposed], possibly: Walk, affected: Walk, texts: Texts) -> None:
        self._apart = apart
        self._possibly = possibly
        self._affected = affected
        self._texts = texts
        # Of links that name the same and lead on to the same, what their steps have in common.
        self._leading: dict[tuple[object, ...], tuple[object, ...]] = {}
        for walk in (possibly,) if affected is possibly else (possibly, affected):
            texts.learn({*map(_EVIDENCE, walk.arrived.values())})
        self._order = self._in_order()

    def _in_order(self) -> list[int]:
        arrived = self._possibly.arrived | self._affected.arrived
        names = dict(zip(arrived, map(_NAME, arrived.values()), strict=True))
        depth = self._possibly.depth | self._affected.depth
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
        apart, arrived, depth = self._apart, self._affected.arrived, self._affected.depth
        version, known, answer = self._texts.version, Ref.known, Answer.AFFECTED
        for seq in self._order:
            link = arrived.get(seq)
            if link is None or seq in apart:
                yield self._exposed(seq)
            else:
                ref = known(link.name, version(link.version))
                yield _exposed((ref, answer, depth[seq], answer, None, seq))

    def path(self, exposed: Exposed) -> tuple[Step, ...]:
        """The strongest way to what is hit; of several the shortest, then the first in order of names.

        Args:
            exposed: of this exposure.
        """
        if not exposed.depth and exposed.number in self._apart:
            return ()
        walk = self._affected if exposed.arrives is Answer.AFFECTED else self._possibly
        link = walk.arrived.get(exposed.number)
        if link is None:
            return ()
        path = [self._step(exposed.ref, link, walk)]
        while (seq := walk.through[link.record]) and seq not in walk.sources and seq in walk.arrived:
            link = walk.arrived[seq]
            # On the way of many records there are few.
            step = walk.steps.get(seq)
            if step is None:
                step = walk.steps[seq] = self._step(self._ref(link), link, walk)
            path.append(step)
        return tuple(path)

    def through(self, exposed: Exposed) -> int:
        """Number of the record by which another is reached on its path; 0 for none.

        Args:
            exposed: of this exposure.
        """
        if not exposed.depth and exposed.number in self._apart:
            return 0
        walk = self._affected if exposed.arrives is Answer.AFFECTED else self._possibly
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
        walk, answer = self._affected, Answer.AFFECTED
        link = walk.arrived.get(seq)
        if link is None:
            walk, answer = self._possibly, Answer.POSSIBLY
            link = walk.arrived[seq]
        return _exposed((self._ref(link), answer, walk.depth[seq], answer, None, seq))

    def _ref(self, link: Naming) -> Ref:
        return Ref.known(link.name, self._texts.version(link.version))

    def _step(self, ref: Ref, link: Naming, walk: Walk) -> Step:
        further = walk.through[link.record]
        # Relation, versions, revision and evidence.
        alike = further, link.target, link[3:7]
        rest = self._leading.get(alike)
        if rest is None:
            rest = self._leading[alike] = self._rest_of_step(link, further)
        return _step((ref, *rest))

    def _rest_of_step(self, link: Naming, further: int) -> tuple[object, ...]:
        texts = self._texts
        return (
            texts[link.relation],
            texts.names[link.target],
            texts.range(link.versions),
            link.revision or "",
            texts[link.evidence],
            self._ref_of(further) if further else None,
        )

    def _ref_of(self, seq: int) -> Ref:
        if seq in self._apart:
            return self._apart[seq].ref
        link = self._affected.arrived.get(seq)
        return self._ref(self._possibly.arrived[seq] if link is None else link)


_step: Callable[[tuple[Any, ...]], Step] = partial(tuple.__new__, Step)
_exposed: Callable[[tuple[Any, ...]], Exposed] = partial(tuple.__new__, Exposed)
_range = lru_cache(maxsize=4096)(Range.from_npm)
