"""From the journal to what is derived from it: the index and the RDF store.

Both are projections. Each remembers how far it has come, is brought forward entry by entry, one atomic
batch each, and can be made again from nothing with the same result.

A record's resolved graph speaks of other records as they are *now*, so it is written again whenever one
of those changes. It is computed from the index as it stands, so that catching up in any number of steps
ends in the same graphs as doing it at once.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.derive import joined_facts, own_facts, resolved_facts
from umr_ld.entry import PUBLISHED
from umr_ld.index import Peer, Peering, Vanishing, Withdrawal
from umr_ld.names import Ref
from umr_ld.reading import published
from umr_ld.registry.found import publication, told
from umr_ld.risk import decision_of
from umr_ld.risk.decision import is_decision
from umr_ld.vocab import PROV, RDF, UMR, XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from umr_ld.addresses import Base
    from umr_ld.entry import Entry, Stored
    from umr_ld.index import Change, Index
    from umr_ld.journal import Journal
    from umr_ld.record import Record
    from umr_ld.registry.found import Found
    from umr_ld.registry.records import Records
    from umr_ld.store import Replacement, Store
    from umr_ld.vocab import Vocabulary

    Progress = Callable[[int, int], None]


TOGETHER = 200
"""Entries that are applied at once where many wait."""

_DECIDING = "Statement"
"""Kind of the records that are decisions."""


class Projection:
    """Applies journal entries to the index and to the store.

    Args:
        index: names, versions, links, text.
        store: the graphs.
        records: reads what is recorded already.
        base: the registry's base IRI.
        vocabulary: the terms.
    """

    def __init__(
        self, index: Index, store: Store, records: Records, base: Base, vocabulary: Vocabulary
    ) -> None:
        self._index = index
        self._store = store
        self._records = records
        self._base = base
        self._vocabulary = vocabulary

    def catch_up(self, journal: Journal, progress: Progress | None = None) -> int:
        """Apply every journal entry that is not applied yet.

        Args:
            journal: the truth.
            progress: called with entries done and entries in all.

        Returns:
            how many entries were applied to either projection.
        """
        indexed, stored_up_to = self._index.position(), self._store.position()[0]
        start, end = min(indexed, stored_up_to), journal.head().seq
        waiting, done = journal.read(start), 0
        while together := list(islice(waiting, TOGETHER)):
            self.apply_all([(stored, None) for stored in together], later=True)
            done += len(together)
            if progress is not None:
                progress(done, end - start)
        return max(0, end - start)

    def apply(self, stored: Stored, record: Record | None = None) -> None:
        """Apply one entry, to each projection that has not seen it.

        Args:
            stored: the entry, in its place.
            record: what its body describes, where it is parsed already.
        """
        self.apply_all([(stored, record)])

    def apply_all(
        self,
        batch: Sequence[tuple[Stored, Record | None]],
        found: Mapping[str, Found] | None = None,
        *,
        later: bool = False,
    ) -> None:
        """Apply several entries at once, to each projection those that it has not seen.

        Args:
            batch: entries that follow each other, each with what its body describes where it is parsed already.
            found: of first records of their artifacts what was found out of them before, by digest.
            later: whether there is more to come, and the store may wait for it.
        """
        # What names a peer's records by their IRIs names them as they are named here, also what comes before.
        for stored, _ in batch:
            if stored.entry.act == "peer":
                peer = peer_of(stored.entry)
                if peer.label not in self._base.peers:
                    self._base.peers[peer.label] = peer.base
                    self._records.forget()
        read = [(stored, record or self._described(stored.entry)) for stored, record in batch]
        last = read[-1][0]
        indexed = self._index.position()
        if indexed < last.seq:
            new = [(stored, record) for stored, record in read if stored.seq > indexed]
            changes = [self._change(stored, record, found or {}) for stored, record in new]
            known = [change for change in changes if change is not None]
            self._index.apply(known, last.seq, last.chain)
        for stored, record in read:
            if record is not None:
                self._records.keep(stored.seq, record)
        position = self._store.position()[0]
        if position < last.seq:
            unseen = [(stored, record) for stored, record in read if stored.seq > position]
            with self._index.steady():
                graphs = list(self._graphs(unseen, found or {}))
            self._store.apply(graphs, last.seq, last.chain, later=later)

    def _described(self, entry: Entry) -> Record | None:
        if entry.act not in PUBLISHED:
            return None
        iri = self._base.record(entry.subject)
        return published(entry.body, iri, self._base, self._vocabulary, entry.digest)

    # -- the index

    def _change(self, stored: Stored, record: Record | None, found: Mapping[str, Found]) -> Change | None:
        entry = stored.entry
        if record is not None:
            before = found.get(record.digest)
            known = told(record, self._base, self._vocabulary) if before is None else before.told
            return publication(stored, record, known)
        if entry.act == "peer":
            return Peering(stored.seq, entry.time, peer_of(entry))
        change = _ABOUT_RECORDS.get(entry.act)
        if change is None:
            return None
        ref = Ref.parse(entry.subject)
        return change(
            seq=stored.seq,
            time=entry.time,
            name=str(ref.name),
            version=ref.version,
            reason=_reason(entry),
            agent=entry.agent,
        )

    # -- the store

    def _graphs(
        self, batch: Sequence[tuple[Stored, Record | None]], found: Mapping[str, Found]
    ) -> Iterator[Replacement]:
        told: set[Ref] = set()
        records = [record for _, record in batch if record is not None]
        recorded = self._index.recorded_among({link.artifact for one in records for link in one.links})
        for stored, record in batch:
            yield self._base.log(stored.seq), _logged(stored, self._base)
            if record is not None:
                told.add(record.ref)
                yield self._base.asserted(record.ref), record.triples
                yield (
                    self._base.derived(record.ref),
                    (found[record.digest].own if record.digest in found else self._own(record)),
                )
                yield self._base.resolved(record.ref), self._resolved(record, recorded)
        changed = [
            (Ref.parse(stored.entry.subject), record)
            for stored, record in batch
            if stored.entry.act in {*PUBLISHED, "withdraw"}
        ]
        named = self._index.named_among(str(ref.name) for ref, _ in changed)
        for ref, record in changed:
            if str(ref.name) in named:
                yield from self._dependents(ref, told)
            if record is None or record.kind == _DECIDING:
                yield from self._revisions(ref)

    def _own(self, record: Record) -> Sequence[ox.Triple]:
        return own_facts(record, self._previous(record), self._base, self._vocabulary)

    def _previous(self, record: Record) -> Ref | None:
        rows = self._index.versions(str(record.ref.name))
        earlier = [row.ref for row in rows if row.ref.version < record.ref.version]
        return max(earlier, key=lambda ref: ref.version, default=None)

    def _resolved(self, record: Record, recorded: Container[str] | None = None) -> tuple[ox.Triple, ...]:
        """What other records hand down to one; `recorded` are the names that its links can reach, where that is known."""
        found: tuple[ox.Triple, ...] = ()
        reached = {
            link.number: self._records.reached(link)
            if recorded is None or link.artifact in recorded
            else None
            for link in record.links
        }
        # Where no link reaches anything nothing is handed down, which is so with most of what is listed.
        if any(ref is not None for ref in reached.values()):
            held = self._records.effective(record)
            found = resolved_facts(
                record, held, lambda link: reached[link.number], self._base, self._vocabulary
            )
        decision = decision_of(record, self._base)
        if decision is None or not self._stands(record.ref):
            return found
        return *found, *joined_facts(decision, self._base)

    def _stands(self, ref: Ref) -> bool:
        """Whether it is the newest of its artifact that is not withdrawn."""
        rows = self._index.versions(str(ref.name))
        return next((row.ref for row in rows if row.withdrawn is None), None) == ref

    def _revisions(self, changed: Ref) -> Iterator[Replacement]:
        """The resolved graphs of a decision's revisions, of which the newest that is not withdrawn stands."""
        row = self._index.record(changed)
        record = self._records.read(row) if row is not None and row.kind == _DECIDING else None
        if record is not None and is_decision(record):
            for one in self._index.versions(str(changed.name)):
                yield self._base.resolved(one.ref), self._resolved(self._records.read(one))

    def _dependents(self, changed: Ref, told: set[Ref]) -> Iterator[Replacement]:
        """The resolved graphs of all records whose links reach, or could reach, what has changed, each once."""
        for row in self._index.dependents(changed):
            if row.ref in told:
                continue
            told.add(row.ref)
            record = self._records.read(row)
            yield self._base.resolved(record.ref), self._resolved(record)


def _logged(stored: Stored, base: Base) -> bytes:
    """The log's graph of one entry, as N-Triples: who did what, when, with which digest (PROV-O §3.1).

    Every entry has one, so it is written as text; only what people wrote goes through the engine's terms.
    """
    entry = stored.entry
    facts = [
        f"<{RDF}type> <{UMR}{_ACTS.get(entry.act, 'Act')}>",
        f"<{PROV}used> {ox.NamedNode(_subject(entry, base))}",
        f'<{PROV}endedAtTime> "{entry.time.isoformat()}"^^<{XSD}dateTime>',
        f'<{UMR}sequence> "{stored.seq}"^^<{XSD}integer>',
        f'<{UMR}chain> "{stored.chain}"',
    ]
    if entry.digest:
        facts.append(f"<{UMR}digest> {ox.Literal(entry.digest)}")
    if entry.agent:
        facts.append(f"<{PROV}wasAssociatedWith> {ox.NamedNode(base.expand('agent/', entry.agent))}")
    if entry.act in _ABOUT_RECORDS:
        facts.append(f"<{UMR}reason> {ox.Literal(_reason(entry))}")
    me = ox.NamedNode(base.log(stored.seq))
    return "".join(f"{me} {fact} .\n" for fact in facts).encode()


def peer_of(entry: Entry) -> Peer:
    """The registry whose records are taken over.

    Args:
        entry: whose act is `peer`.
    """
    return Peer(base=entry.subject, **json.loads(entry.body))


_ACTS = {
    "create": "Creation",
    "publish": "Publication",
    "withdraw": "Withdrawal",
    "vanish": "Vanishing",
    "peer": "Peering",
    "adopt": "Adoption",
}
_ABOUT_RECORDS: dict[str, type[Withdrawal | Vanishing]] = {"withdraw": Withdrawal, "vanish": Vanishing}


def _reason(entry: Entry) -> str:
    return str(json.loads(entry.body).get("reason", ""))


def _subject(entry: Entry, base: Base) -> str:
    return entry.subject if entry.act in {"create", "peer"} else base.record(entry.subject)
