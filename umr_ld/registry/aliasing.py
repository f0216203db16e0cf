"""Which names are names of one artifact: decisions that count at a moment, and what a policy says."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from umr_ld.registry.spoken import current
from umr_ld.registry.views import Alias, Decided
from umr_ld.risk import AliasedGraph, Aliases
from umr_ld.risk.advisory import DECIDED
from umr_ld.risk.statement import publishers_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from umr_ld.addresses import Base
    from umr_ld.index import Index, RecordRow
    from umr_ld.lineage import Graph
    from umr_ld.registry.records import Records
    from umr_ld.registry.spoken import Spoken
    from umr_ld.risk import Decision, Policy

_KEPT = 16
"""States of the registry, each with a policy, of which the groups are remembered."""


class _Moment(NamedTuple):
    """Whose decisions, as of when.

    Args:
        policy: digest.
        at: journal sequence number, or None for now.
        position: of the index; what counts now may be otherwise later.
    """

    policy: str
    at: int | None
    position: int


@dataclass(frozen=True, slots=True)
class Joined:
    """What is decided at a moment.

    Args:
        decisions: each record of a decision, the newest revision that stands.
        joins: pair to the decision by which it is one artifact; None where it is the policy's.
        aliases: the groups.
        graph: the index, with the artifacts of a group made one.
    """

    decisions: tuple[Decided, ...]
    joins: Mapping[tuple[str, str], Decided | None]
    aliases: Aliases
    graph: Graph[RecordRow]


class Names:
    """Reads decisions, once for each state of the index.

    Args:
        index: names and versions.
        records: reads records.
        spoken: reads decisions.
        base: the registry's base IRI.
    """

    def __init__(self, index: Index, records: Records, spoken: Spoken, base: Base) -> None:
        self._index = index
        self._records = records
        self._spoken = spoken
        self._base = base
        self._states: OrderedDict[_Moment, Joined] = OrderedDict()

    def joined(self, policy: Policy, at: int | None) -> Joined:
        """What is decided. It may be read as long as the index may.

        Args:
            policy: says whose decisions count, and has aliases of its own.
            at: journal sequence number, or None for now.
        """
        key = _Moment(policy.digest, at, self._index.position())
        found = self._states.get(key)
        if found is None:
            with self._index.steady():
                key = key._replace(position=self._index.position())
                found = self._states[key] = self._read(policy, at)
            while len(self._states) > _KEPT:
                try:
                    self._states.popitem(last=False)
                except KeyError:  # Another thread emptied it in between.
                    break
        return found

    def aliases(self, policy: Policy, at: int | None) -> Aliases:
        """The groups of names of one artifact.

        Args:
            policy, at: as of `joined`.
        """
        return self.joined(policy, at).aliases

    def decisions(self, policy: Policy, at: int | None) -> tuple[Decided, ...]:
        """Every decision that stands, whether it counts or not, by names.

        Args:
            policy, at: as of `joined`.
        """
        return self.joined(policy, at).decisions

    def known_as(self, name: str, policy: Policy, at: int | None) -> tuple[Alias, ...]:
        """The other names of an artifact, each with what joins it to the one before it.

        Args:
            name: one of its names.
            policy, at: as of `joined`.
        """
        state = self.joined(policy, at)
        group = state.aliases.same(name)
        if len(group) == 1:
            return ()
        near: dict[str, list[str]] = {one: [] for one in group}
        for one, other in sorted(state.joins):
            if one in near:
                near[one].append(other)
                near[other].append(one)
        found: dict[str, Alias] = {}
        waiting = deque([name])
        while waiting:
            via = waiting.popleft()
            for one in near[via]:
                if one != name and one not in found:
                    found[one] = _alias(one, via, state.joins[min(one, via), max(one, via)])
                    waiting.append(one)
        return tuple(found[one] for one in group if one in found)

    def _read(self, policy: Policy, at: int | None) -> Joined:
        decisions = tuple(sorted(self._decided(policy, at), key=lambda one: (one.names, str(one.ref))))
        ruling: dict[tuple[str, str], Decided] = {}
        for one in decisions:
            if one.counts:
                known = ruling.get(one.names)
                ruling[one.names] = one if known is None else max(known, one, key=_weight)
        joins: dict[tuple[str, str], Decided | None] = {
            pair: one for pair, one in ruling.items() if one.accepted
        }
        name = self._base.artifact_of
        for said in policy.aliases:
            first, second = sorted(map(name, said))
            joins.setdefault((first, second), None)
        aliases = Aliases(joins)
        graph: Graph[RecordRow] = AliasedGraph(self._index, aliases) if aliases else self._index
        return Joined(decisions, joins, aliases, graph)

    def _decided(self, policy: Policy, at: int | None) -> Iterator[Decided]:
        for row in current(self._index, "Statement", DECIDED, at):
            decision = self._spoken.decision(row)
            if decision is not None:
                peer = self._base.peer_of(row.ref)
                counts = self._counts(decision, policy, at, peer)
                yield Decided(decision, row.ref, row.agent, row.time, counts)

    def _counts(self, decision: Decision, policy: Policy, at: int | None, peer: str) -> bool:
        """A reviewer's counts; where there are none, everybody's; and that of who publishes both.

        Another registry's counts by itself where both names are that registry's.
        """
        if not decision.publishers.isdisjoint(policy.reviewers):
            return True
        own = not peer or all(self._base.peer_of(name) == peer for name in decision.names)
        if own and not policy.reviewers:
            return True
        return bool(decision.publishers) and all(
            not decision.publishers.isdisjoint(self._publishers(name, at)) for name in decision.names
        )

    def _publishers(self, name: str, at: int | None) -> frozenset[str]:
        rows = self._index.versions(name, at)
        row = next((row for row in rows if row.withdrawn is None), None)
        return frozenset() if row is None else publishers_of(self._records.read(row))


def _weight(one: Decided) -> tuple[str, bool, str]:
    return one.decision.weight


def _alias(name: str, via: str, by: Decided | None) -> Alias:
    if by is None:
        return Alias(name, via, None, "the policy of the registry says so", "")
    return Alias(name, via, by.ref, by.decision.reason, by.agent)
