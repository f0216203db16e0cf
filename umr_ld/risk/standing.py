"""How one record stands that is not published yet: the definition of `exposure`, for its own links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.risk.answers import Answer
from umr_ld.risk.case import Step
from umr_ld.risk.policy import Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from umr_ld.names import Ref
    from umr_ld.record import Link, Record
    from umr_ld.risk.case import Case

_AT_MOST = {Cell.STOPS: Answer.CLEAR, Cell.WEAK: Answer.POSSIBLY, Cell.FULL: Answer.AFFECTED}


@dataclass(frozen=True, slots=True)
class Known:
    """A version of an artifact, and how it stands.

    Args:
        ref: artifact and version.
        revision: the publisher's own label of the version, or empty.
        answer: how it stands.
        path: the strongest way from it to what is hit.
    """

    ref: Ref
    revision: str
    answer: Answer
    path: tuple[Step, ...] = ()


def standing_of(
    record: Record, revision: str, case: Case, known: Callable[[str], Sequence[Known]]
) -> tuple[Answer, tuple[Step, ...]]:
    """How a record stands, and by which path.

    Args:
        record: with its links.
        revision: the record's own label, or empty.
        case: what is asked.
        known: the recorded versions of an artifact.
    """
    scope = case.scopes.get(str(record.ref.name))
    direct = Answer.CLEAR if scope is None else scope.of_record(record.ref.version, revision)
    if direct is Answer.AFFECTED:
        return direct, ()
    hops = [_hop(record.ref, link, case, known(link.artifact)) for link in record.links]
    best = max(hops, key=lambda hop: (hop[0], -len(hop[1])), default=(Answer.CLEAR, ()))
    return best if best[0] > direct else (direct, ())


def _hop(ref: Ref, link: Link, case: Case, rows: Sequence[Known]) -> tuple[Answer, tuple[Step, ...]]:
    scope = case.scopes.get(link.artifact)
    recorded = [(row.ref.version, row.revision) for row in rows]
    direct = Answer.CLEAR if scope is None else scope.of_link(link.versions, link.revision, recorded)
    covered = [
        row for row in rows if row.ref.version in link.versions and link.revision in {"", row.revision}
    ]
    answer = _joined(direct, [row.answer for row in covered])
    answer = min(answer, _AT_MOST[case.passes(link.relation)])
    if answer is Answer.CLEAR:
        return answer, ()
    further = None
    if direct < answer:
        further = max(covered, key=lambda row: (row.answer, -len(row.path)))
    step = Step(
        ref=ref,
        relation=link.relation,
        artifact=link.artifact,
        versions=link.versions,
        revision=link.revision,
        evidence=link.evidence,
        reached=None if further is None else further.ref,
    )
    return answer, (step, *(further.path if further else ()))


def _joined(direct: Answer, covered: Sequence[Answer]) -> Answer:
    if direct is Answer.AFFECTED or (covered and all(one is Answer.AFFECTED for one in covered)):
        return Answer.AFFECTED
    if direct is Answer.CLEAR and all(one is Answer.CLEAR for one in covered):
        return Answer.CLEAR
    return Answer.POSSIBLY
