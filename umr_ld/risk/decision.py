"""Decisions about names: statements that two names are of one artifact, or of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.moments import comparable
from umr_ld.record import Node
from umr_ld.risk.advisory import DECIDED, scopes_of
from umr_ld.risk.statement import publishers_of
from umr_ld.vocab import DCT, UMR

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.names import Ref
    from umr_ld.record import Record

SAME, DIFFERENT = "same", "different"


@dataclass(frozen=True, slots=True)
class Decision:
    """One revision of a decision.

    Args:
        ref: of its record.
        names: the two, in order: names of this registry, or IRIs.
        accepted: whether they are names of one artifact.
        reason: why, in words, or empty.
        publishers: IRIs of those who say so.
        issued: when, as written. Empty where nothing is said.
    """

    ref: Ref
    names: tuple[str, str]
    accepted: bool
    reason: str
    publishers: frozenset[str]
    issued: str

    @property
    def weight(self) -> tuple[str, bool, str]:
        """Of several about one pair the heaviest counts: the newest, then the one that joins, then the last by name."""
        return comparable(self.issued), self.accepted, str(self.ref)


def is_decision(record: Record) -> bool:
    """Whether a record decides about names.

    Args:
        record: of any kind.
    """
    return record.kind == "Statement" and record.text(f"{UMR}status") in DECIDED


def decision_of(record: Record, base: Base) -> Decision | None:
    """Read a decision; None if the record is none.

    Args:
        record: of any kind.
        base: the registry's base IRI.
    """
    if not is_decision(record):
        return None
    nodes = [value for value in record.values(f"{UMR}product") if isinstance(value, Node)]
    names = sorted(scopes_of(nodes, base))
    if len(names) != 2:
        return None
    return Decision(
        ref=record.ref,
        names=(names[0], names[1]),
        accepted=record.text(f"{UMR}status") == f"{UMR}{SAME}",
        reason=record.text(f"{DCT}description"),
        publishers=publishers_of(record),
        issued=record.text(f"{DCT}issued"),
    )
