"""What an audit looks at: a record, all that it was made from, and what is open against it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from umr_ld.names import Ref
    from umr_ld.registry.views import Concern, Shown


@dataclass(frozen=True, slots=True)
class Source:
    """A record that something was found in.

    Args:
        ref: name and version.
        iri: of the record.
        digest: SHA-256 over its canonical graph, hexadecimal.
        agent: who published it.
        published: when.
        seq: number of the journal entry that says so.
    """

    ref: Ref
    iri: str
    digest: str
    agent: str
    published: datetime
    seq: int


@dataclass(frozen=True)
class Dossier:
    """Everything that an audit of one record looks at, at one moment.

    Args:
        root: the audited record.
        above: the records that it was made from, the nearest first.
        advisories: records of the advisories that are open against it.
        concerns: how each of them reaches it, the gravest first.
        statements: records of the statements that count for it.
        exposed: where the audited record is an advisory: who is exposed to it.
        policy: digest of the policy by which that was judged.
        unrecorded: what it was made from that is only named.
        left_out: records above that are too far away to be looked at.
    """

    root: Shown
    above: tuple[Shown, ...] = ()
    advisories: tuple[Shown, ...] = ()
    concerns: tuple[Concern, ...] = ()
    statements: tuple[Shown, ...] = ()
    exposed: tuple[Ref, ...] = ()
    policy: str = ""
    unrecorded: tuple[str, ...] = ()
    left_out: int = 0
    _chains: dict[Ref, Mapping[Ref, tuple[str, ...]]] = field(default_factory=dict, repr=False, compare=False)

    def records(self) -> Iterator[Shown]:
        """All records, each once, the audited one first."""
        seen: set[Ref] = set()
        for one in (self.root, *self.above, *self.advisories):
            if one.record.ref not in seen:
                seen.add(one.record.ref)
                yield one

    @cached_property
    def by_ref(self) -> Mapping[Ref, Shown]:
        """The records and statements by name and version."""
        return {one.record.ref: one for one in (*self.statements, *self.records())}

    def source(self, ref: Ref) -> Source | None:
        """Where something comes from; None for a record that is not looked at.

        Args:
            ref: name and version.
        """
        found = self.by_ref.get(ref)
        if found is None:
            return None
        record = found.record
        return Source(ref, record.iri, record.digest, found.agent, found.published, found.seq)

    def evidence(self, ref: Ref, origin: Ref) -> Sequence[str]:
        """The evidence of each inheriting link from a record to the one that it has a value from.

        Args:
            ref: the record.
            origin: the record that states the value.

        Returns:
            nothing where they are the same; `("",)` where no such links are known.
        """
        if ref == origin:
            return ()
        if ref not in self._chains:
            self._chains[ref] = self._inheriting(ref)
        return self._chains[ref].get(origin, ("",))

    def _inheriting(self, ref: Ref) -> Mapping[Ref, tuple[str, ...]]:
        found: dict[Ref, tuple[str, ...]] = {ref: ()}
        waiting = deque([ref])
        while waiting:
            here = waiting.popleft()
            known = self.by_ref.get(here)
            for one in () if known is None else known.links:
                if one.link.inherit and one.reached is not None and one.reached not in found:
                    found[one.reached] = (*found[here], one.link.evidence)
                    waiting.append(one.reached)
        return found
