"""Taking over what another registry published: its IRIs and its digests stay, and so does who published it.

A peer's record is here `LABEL/NAME@VERSION`, in named graphs of the peer's own, and nobody here publishes under the
label. How far the peer's journal was read stands in the same append as what was read, so that a process that is killed
goes on where it was.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyoxigraph as ox

from umr_ld.addresses import Base
from umr_ld.entry import DONE, PUBLISHED, Entry
from umr_ld.errors import Conflict, Malformed, UmrError
from umr_ld.jsonld import digest, serialize, triples_of
from umr_ld.names import Name, Ref
from umr_ld.record import record_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from umr_ld.exchange import Line
    from umr_ld.index import Peer
    from umr_ld.record import Record
    from umr_ld.registry.parts import Parts

_TOGETHER = 200
_ABOUT = DONE.keys() - PUBLISHED


@dataclass(slots=True)
class Adopted:
    """What taking over did.

    Args:
        counts: `adopted`, `unchanged`, `withdrawn`, `gone`, `refused`.
        refused: place and reason of each line that was not taken.
    """

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)


def label_of(base: str) -> str:
    """How a registry is called here, unless somebody says otherwise: the host of its base IRI.

    Args:
        base: its base IRI.
    """
    return urlsplit(base).netloc.replace(":", "-").replace("_", "-")


def require_peer(parts: Parts, peer: Peer) -> Peer:
    """A registry from which records may be taken over, as it is known, or as it would be.

    Args:
        parts: of this registry.
        peer: what is said of it.

    Raises:
        Malformed: if base or label are not well-formed, or what it publishes would be taken for this registry's.
        Conflict: if the label is used otherwise, or the registry is known by another.
    """
    base, own = Base(peer.base).iri, parts.base.iri
    if base.startswith(own) or own.startswith(base):
        raise Malformed(
            f"the other registry's base {base} and this one's, {own}, lie within each other",
            where=peer.address,
            remedy="a registry that exchanges records has a base IRI of its own: `umr init --base`",
        )
    if "/" in Name.parse(peer.label).text or peer.label == "r":
        raise Malformed(f"{peer.label!r} is no label of a registry", remedy="give one segment of a name")
    for known in parts.index.peers():
        if (known.label == peer.label) != (known.base == base):
            raise Conflict(
                f"{known.base} is known as {known.label}", where=peer.base, remedy="give the label that fits"
            )
        if known.base == base:
            return replace(known, address=peer.address or known.address)
    if parts.index.listing(prefix=f"{peer.label}/", limit=1, counted=False).rows:
        raise Conflict(
            f"there are records here whose names begin with {peer.label}/",
            where=peer.base,
            remedy="name the other registry otherwise: --label",
        )
    return peer


def adopt(
    parts: Parts,
    peer: Peer,
    lines: Iterable[Line],
    agent: str,
    progress: Callable[[int, int], None] | None = None,
) -> Adopted:
    """Take over what a registry says happened.

    Args:
        parts: of this registry, open for writing.
        peer: that registry: label, base IRI, and where it is asked.
        lines: in the order of that registry's journal.
        agent: who takes it over.
        progress: called with how many lines were worked on, and 0.

    Raises:
        Malformed, Conflict: as of `require_peer`.
        Denied: if the registry is open for reading.
        Full: if there is no space; what was taken over before stays so.
    """
    parts.require_writing()
    parts.catch_up()
    peer = require_peer(parts, peer)
    done, waiting, seen = Adopted(), iter(lines), 0
    while together := list(islice(waiting, _TOGETHER)):
        peer = _Batch(parts, peer, agent, done).take(together)
        seen += len(together)
        if progress is not None:
            progress(seen, 0)
    return done


class _Batch:
    def __init__(self, parts: Parts, peer: Peer, agent: str, done: Adopted) -> None:
        self._parts = parts
        self._peer = peer
        self._agent = agent
        self._done = done
        self._now = datetime.now(UTC)
        self._new: dict[Ref, tuple[Entry, Record]] = {}
        self._said: dict[tuple[str, Ref], Entry] = {}
        # Only for reading these: the peer is known to others when the journal has it.
        self._base = Base(parts.base.iri, {**parts.base.peers, peer.label: peer.base})

    def take(self, lines: Sequence[Line]) -> Peer:
        """Take lines over, all that can be at once; gives the peer as it is known then."""
        read = [(line, self._read(line)) for line in lines if line.act == "publish"]
        held = [(line, record) for line, record in read if record is not None]
        reports = self._parts.rules().violations([(one.triples, one.iri) for _, one in held])
        for (line, record), report in zip(held, reports, strict=True):
            if report.violations:
                self._refuse(line, "; ".join(str(one.message) for one in report.violations[:3]))
            else:
                body = serialize(line.record or {})
                entry = Entry("adopt", str(record.ref), self._agent, self._now, body, record.digest)
                self._new[record.ref] = entry, record
        for line in lines:
            if line.act in _ABOUT:
                self._hear(line)
            elif line.act != "publish":
                self._refuse(line, f"{line.act[:40]!r} is no act that is taken over")
        return self._write(lines[-1])

    def _read(self, line: Line) -> Record | None:
        """The record of a line, if it is what the line says, and not here yet."""
        try:
            record = self._record(line)
        except UmrError as error:
            self._refuse(line, error.what)
            return None
        known = self._parts.index.record(record.ref)
        twin = self._new.get(record.ref)
        before = known.digest if known is not None else twin[1].digest if twin is not None else record.digest
        if before != record.digest:
            self._refuse(line, f"{record.ref} was taken over with other content, and what is published stays")
            return None
        if known is not None or twin is not None:
            self._done.counts["unchanged"] += 1
            return None
        return record

    def _record(self, line: Line) -> Record:
        iri = f"{self._peer.base}r/{line.reference}"
        if line.record is None or line.iri != iri:
            raise Malformed(f"the document is not that of {iri}")
        triples = triples_of(line.record, self._parts.vocabulary, line.place)
        found = digest(triples)
        if line.digest != found:
            raise Malformed(f"the digest of {line.reference} is {found}, not what is said")
        # What they say of their own things may be odd; nothing of theirs may pass for what is said here, or at other peers.
        for node in sorted({one.subject.value for one in triples if isinstance(one.subject, ox.NamedNode)}):
            if self._base.holds(node) and not node.startswith(self._peer.base):
                raise Malformed(
                    f"the document describes {node[:200]!r}, which is not that registry's to describe"
                )
        record = record_of(triples, iri, self._base, self._parts.vocabulary, found)
        if str(record.ref) != f"{self._peer.label}/{line.reference}":
            raise Malformed(
                f"the document describes something else than {line.reference}, or its name is too long"
            )
        return record

    def _hear(self, line: Line) -> None:
        """A record was withdrawn there, or is gone from where it was published."""
        try:
            ref = Ref.parse(f"{self._peer.label}/{line.reference}")
        except UmrError as error:
            self._refuse(line, error.what)
            return
        row = self._parts.index.record(ref)
        if row is None and ref not in self._new:
            self._refuse(line, f"{ref} was not taken over")
        elif line.act == "withdraw" and row is not None and row.withdrawn is not None:
            self._done.counts["unchanged"] += 1
        else:
            reason = json.dumps({"reason": line.reason or "no reason is given"}, ensure_ascii=False).encode()
            self._said[line.act, ref] = Entry(line.act, str(ref), self._peer.label, self._now, reason)

    def _refuse(self, line: Line, why: str) -> None:
        self._done.counts["refused"] += 1
        self._done.refused.append((line.place or line.reference, why))

    def _write(self, last: Line) -> Peer:
        """Write it down, with how far was read, and bring the projections forward."""
        parts, peer = self._parts, self._peer
        # What was refused is read again next time, when it may have been mended.
        follows = bool(last.chain) and not self._done.refused
        if follows:
            peer = replace(peer, position=last.sequence, chain=last.chain)
        entries: list[tuple[Entry, Record | None]] = [*self._new.values()]
        entries += [(one, None) for one in self._said.values()]
        is_known = peer.label in parts.base.peers
        if not entries and (not follows or (is_known and peer == self._peer)):
            return peer
        if not is_known or follows:
            entries.insert(0, (self._peering(peer), None))
        stored = parts.journal.append([entry for entry, _ in entries], after=parts.index.position())
        with suppress(UmrError):
            # What the journal has is taken over: a full disk under a projection is healed by catching up later.
            parts.projection.apply_all(
                [(one, record) for one, (_, record) in zip(stored, entries, strict=True)]
            )
        parts.know_peers()
        self._done.counts["adopted"] += len(self._new)
        for act, _ in self._said:
            self._done.counts[DONE[act]] += 1
        return peer

    def _peering(self, peer: Peer) -> Entry:
        said = {name: getattr(peer, name) for name in ("label", "address", "position", "chain")}
        return Entry("peer", peer.base, self._agent, self._now, json.dumps(said).encode())
