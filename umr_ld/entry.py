"""The journal's unit: one act, by whom, when, on what, with the bytes that were published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


PUBLISHED = frozenset({"publish", "adopt"})
"""Acts whose body is a record: one of the registry's own, or another registry's."""

DONE = {"publish": "published", "adopt": "taken over", "withdraw": "withdrawn", "vanish": "gone"}
"""Acts on records, and what these are then."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One act, as it is written to the journal and never changed.

    Args:
        act: what was done: `create`, `publish`, `withdraw`, `vanish`; of another registry's records `adopt`, and
            `peer` before the first of them.
        subject: what it was done to: a reference `name@version`; for `create` and `peer` a base IRI.
        agent: who did it.
        time: when, in UTC, to the microsecond.
        body: the published document's bytes; for other acts a JSON object that says more.
        digest: SHA-256, hexadecimal, over the RDFC-1.0 N-Quads of the graph that `body` parses to;
            empty where the body is no graph.
    """

    act: str
    subject: str
    agent: str
    time: datetime
    body: bytes
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry with its place in the journal.

    Args:
        seq: its number, from 1, without gaps.
        chain: SHA-256, hexadecimal, over the previous entry's `chain` and this entry's bytes.
        location: a token by which the same journal finds the entry again in constant time.
        entry: the entry.
    """

    seq: int
    chain: str
    location: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Head:
    """Where a journal ends.

    Args:
        seq: number of the last entry; 0 for an empty journal.
        chain: its chain value; 64 zeros for an empty journal.
    """

    seq: int = 0
    chain: str = "0" * 64
