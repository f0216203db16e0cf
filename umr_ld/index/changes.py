"""What the index is told of: a value for each kind of entry of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.names import Name
    from umr_ld.record import Link
    from umr_ld.versions import Version

Change: TypeAlias = "Publication | Withdrawal | Vanishing | Peering"


@dataclass(frozen=True, slots=True)
class Publication:
    """What the index keeps of a published record.

    Args:
        seq: sequence number of its journal entry, which identifies the record here.
        location: the journal's token for that entry.
        time: when it was published, in UTC.
        agent: who published it.
        name: of the artifact.
        version: of the record.
        kind: key of its class, e.g. `Model`.
        title: its title, or the name.
        digest: SHA-256 over its canonical graph, hexadecimal.
        description: text for searching, or empty.
        publisher: in words, or empty.
        license: IRI or expression, or empty.
        keywords: for searching.
        revision: the hub's or publisher's own label of the version, or empty.
        links: its upstreams, in the author's order.
        subjects: what an advisory or a statement speaks of: names and IRIs.
        tags: facet and value, for each value by which listings choose it.
        fingerprints: of its files, each as the key of a property, a colon, and the value.
    """

    seq: int
    location: int
    time: datetime
    agent: str
    name: Name
    version: Version
    kind: str
    title: str
    digest: str
    description: str = ""
    publisher: str = ""
    license: str = ""
    keywords: tuple[str, ...] = ()
    revision: str = ""
    links: tuple[Link, ...] = ()
    subjects: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    fingerprints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A record that was withdrawn; of several withdrawals of one record the first counts.

    Args:
        seq: sequence number of the journal entry.
        time: when, in UTC.
        name: of the artifact.
        version: of the record.
        reason: why, in words.
        agent: who did it.
    """

    seq: int
    time: datetime
    name: str
    version: Version
    reason: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Vanishing:
    """An artifact is gone from where it was published; what is recorded of it stays.

    Args:
        seq: sequence number of the journal entry.
        time: when that was noted, in UTC.
        name: of the artifact.
        version: of the record that was its newest then.
        reason: where it is gone from, in words.
        agent: who noted it.
    """

    seq: int
    time: datetime
    name: str
    version: Version
    reason: str
    agent: str = ""


@dataclass(frozen=True, slots=True)
class Peer:
    """Another registry whose records are taken over.

    Args:
        label: by which it is known here: the first segment of the names of what it publishes.
        base: its base IRI.
        address: where it is asked; empty if its records came as files.
        position: up to which entry of its journal it was read.
        chain: that entry's chain value; empty if nothing was read.
    """

    label: str
    base: str
    address: str = ""
    position: int = 0
    chain: str = ""


@dataclass(frozen=True, slots=True)
class Peering:
    """Records of another registry are taken over from now on, or were up to an entry of its journal.

    Args:
        seq: sequence number of the journal entry.
        time: when, in UTC.
        peer: which.
    """

    seq: int
    time: datetime
    peer: Peer
