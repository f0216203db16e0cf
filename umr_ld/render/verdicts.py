"""Verdicts, advisories and licence findings as plain values, for JSON: the same at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.render.output import filled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from umr_ld.findings import Finding
    from umr_ld.registry.views import Affected, Concern, Judged, Stated
    from umr_ld.risk import Advisory, Step


def affected_json(
    found: Affected, rows: Iterable[Judged], repair: Iterable[tuple[Judged, int]]
) -> dict[str, Any]:
    """Who is affected by an advisory.

    Args:
        found: the answer.
        rows: those of its records that are told.
        repair: those of its records in the order of repair that are told.
    """
    advisory = found.advisory
    return {
        "advisory": str(advisory.ref),
        "title": advisory.title,
        "severity": advisory.severity.label,
        "risks": list(advisory.risks),
        "policy": found.policy,
        "hits": [
            filled(
                reference=str(one.ref),
                answer=one.answer.label,
                arrives=one.arrives.label if one.ruling is not None else None,
                publisher=one.publisher or None,
                kind=one.kind or None,
                depth=one.depth,
                path=[step_json(step) for step in one.path],
                statement=None if one.ruling is None else str(one.ruling.statement),
            )
            for one in rows
        ],
        "statements": [_stated(one) for one in found.said],
        "repair": [{"reference": str(one.ref), "below": below} for one, below in repair],
    }


def _stated(one: Stated) -> dict[str, Any]:
    return filled(
        statement=str(one.statement),
        about=str(one.about),
        status=one.status,
        justification=one.justification or None,
        counts=one.counts,
        reviewed=one.reviewed,
    )


def step_json(step: Step) -> dict[str, Any]:
    """A step as plain values.

    Args:
        step: of a path.
    """
    return filled(
        reference=str(step.ref),
        relation=step.relation,
        artifact=step.artifact,
        versions=str(step.versions),
        revision=step.revision or None,
        evidence=step.evidence or None,
        reached=None if step.reached is None else str(step.reached),
    )


def concern_json(one: Concern, ignored: str = "") -> dict[str, Any]:
    """What is open against something that is used.

    Args:
        one: the advisory and the answer.
        ignored: why nobody acts upon it; empty if that was not decided.
    """
    return filled(
        reference=one.asked,
        given=one.given if one.given != one.asked else None,
        advisory=str(one.advisory.ref),
        title=one.advisory.title,
        severity=one.advisory.severity.label,
        answer=one.answer.label,
        arrives=one.arrives.label if one.statement is not None else None,
        statement=None if one.statement is None else str(one.statement),
        path=[step_json(step) for step in one.path],
        fix=one.fix or None,
        ignored=ignored or None,
    )


def unknown_json(reference: str) -> dict[str, Any]:
    """Something that is used, and of which nothing can be said.

    Args:
        reference: as it was asked about.
    """
    return {"reference": reference, "answer": "unknown"}


def advisory_json(one: Advisory) -> dict[str, Any]:
    """An advisory, as far as it is compared.

    Args:
        one: the revision that counts.
    """
    return {
        "reference": str(one.ref),
        "title": one.title,
        "severity": one.severity.label,
        "risks": list(one.risks),
        "aliases": list(one.aliases),
        "affects": {
            name: {
                "versions": str(scope.versions),
                "revisions": sorted(scope.revisions),
                "undecided": scope.undecided,
            }
            for name, scope in one.scopes.items()
        },
        "fixed": {name: [str(each) for each in versions] for name, versions in one.fixed.items()},
        "partial": one.partial,
    }


def licences_json(found: Iterable[Finding]) -> dict[str, Any]:
    """What upstreams' licences demand, and what records state.

    Args:
        found: the findings that are told.
    """
    from umr_ld.licences import NOTE

    return {"note": NOTE, "findings": [one.as_dict() for one in found]}
