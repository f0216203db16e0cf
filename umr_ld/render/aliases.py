"""Aliases: what is proposed and what is decided, as rows and as plain values, the same at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.render.output import filled, stamp
from umr_ld.risk.decision import DIFFERENT, SAME

if TYPE_CHECKING:
    from umr_ld.registry.views import Alias, Decided, Proposal

PROPOSED = ("name", "other", "reasons")
DECIDED = ("name", "other", "decision", "counts", "statement", "reason", "agent", "time")


def proposal_row(one: Proposal) -> tuple[str, ...]:
    """The values of `PROPOSED`.

    Args:
        one: the proposal.
    """
    return *one.names, "; ".join(map(str, one.grounds))


def proposal_json(one: Proposal) -> dict[str, Any]:
    """A proposal.

    Args:
        one: the proposal.
    """
    grounds = [
        filled(reason=ground.reason, words=ground.words, detail=ground.detail) for ground in one.grounds
    ]
    return {"names": list(one.names), "reasons": grounds}


def decided_row(one: Decided) -> tuple[str, ...]:
    """The values of `DECIDED`.

    Args:
        one: the decision.
    """
    counts = "yes" if one.counts else "no"
    reason = one.decision.reason
    return *one.names, decision_word(one), counts, str(one.ref), reason, one.agent, stamp(one.time)


def decision_word(one: Decided) -> str:
    """What is decided, as the statement says it.

    Args:
        one: the decision.
    """
    return SAME if one.accepted else DIFFERENT


def decided_json(one: Decided) -> dict[str, Any]:
    """A decision.

    Args:
        one: the decision.
    """
    return {
        "names": list(one.names),
        "decision": decision_word(one),
        "counts": one.counts,
        **filled(
            statement=str(one.ref),
            reason=one.decision.reason,
            publishers=sorted(one.decision.publishers),
            issued=one.decision.issued,
            agent=one.agent,
            published=stamp(one.time),
        ),
    }


def alias_json(one: Alias) -> dict[str, Any]:
    """Another name of an artifact.

    Args:
        one: the name.
    """
    return filled(
        name=one.name,
        via=one.via,
        statement=None if one.statement is None else str(one.statement),
        reason=one.reason,
        agent=one.agent,
    )


def alias_words(one: Alias) -> str:
    """Another name of an artifact, and by what it is one.

    Args:
        one: the name.
    """
    by = f"by {one.statement}" if one.statement is not None else one.reason
    reason = f": {one.reason}" if one.statement is not None and one.reason else ""
    return f"{one.name} ({by}{reason})"
