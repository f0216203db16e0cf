"""What a statement says of an advisory and of versions of artifacts (OpenVEX 0.2.0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.record import Node, shown
from umr_ld.risk.advisory import scopes_of
from umr_ld.risk.answers import Answer
from umr_ld.vocab import PROV, UMR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.addresses import Base
    from umr_ld.names import Ref
    from umr_ld.record import Record
    from umr_ld.risk.scope import Scope

_ANSWERS = {
    "not_affected": Answer.CLEAR,
    "fixed": Answer.CLEAR,
    "under_investigation": Answer.POSSIBLY,
    "affected": Answer.AFFECTED,
}
"""OpenVEX 0.2.0, "Status Labels"."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One revision of a statement.

    Args:
        ref: of its record.
        advisory: name of the advisory, or one of its identifiers.
        products: artifact to the versions that are spoken of.
        status: OpenVEX's word.
        answer: what it makes of them.
        justification: key of the reason, or empty.
        impact: the reason in words, or empty.
        publishers: IRIs of those who say so.
        issued: when, as written. Empty where nothing is said.
    """

    ref: Ref
    advisory: str
    products: Mapping[str, Scope]
    status: str
    answer: Answer
    justification: str
    impact: str
    publishers: frozenset[str]
    issued: str

    def speaks_of(self, names: frozenset[str]) -> bool:
        """Whether it is about an advisory.

        Args:
            names: the advisory's name and identifiers.
        """
        return bool({self.advisory, self.advisory.rpartition("/")[2]} & names)


def statement_of(record: Record, base: Base) -> Statement:
    """Read a statement.

    Args:
        record: of kind `Statement`.
        base: the registry's base IRI.
    """
    status = record.text(f"{UMR}status").removeprefix(UMR)
    nodes = [value for value in record.values(f"{UMR}product") if isinstance(value, Node)]
    return Statement(
        ref=record.ref,
        advisory=base.artifact_of(record.text(f"{UMR}advisory")),
        products=scopes_of(nodes, base),
        status=status,
        answer=_ANSWERS.get(status, Answer.POSSIBLY),
        justification=record.text(f"{UMR}justification").removeprefix(UMR),
        impact=record.text(f"{UMR}impactStatement"),
        publishers=publishers_of(record),
        issued=record.text("http://purl.org/dc/terms/issued"),
    )


def publishers_of(record: Record) -> frozenset[str]:
    """Who states that they publish a record: IRIs of agents. What is inherited does not count.

    Of another registry's record, only agents that this one names count: anybody can write down a name of ours.

    Args:
        record: of any kind.
    """
    stated = {shown(value) for value in record.values(f"{UMR}publisher", f"{PROV}wasAttributedTo")}
    if not record.peer:
        return frozenset(stated)
    home = record.iri.removesuffix(f"r/{str(record.ref).partition('/')[2]}")
    return frozenset(one for one in stated if one.startswith(home))
