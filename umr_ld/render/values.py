"""Answers of the registry as plain values, the same for the command line, the pages and everything else.

What has rows has a `HEAD` too, by which they become a table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.record import Node, shown
from umr_ld.render.plain import day, filled, stamp
from umr_ld.render.tree import meant
from umr_ld.risk import path_words
from umr_ld.vocab import RDF, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.change import Diff
    from umr_ld.lineage import Edge, Hit, Hop, Impact
    from umr_ld.record import Value
    from umr_ld.registry.views import Concern, Event, Judged, Listed, Listing, Resolved, Said, Shown, Verdicts
    from umr_ld.risk import Advisory, Step
    from umr_ld.scores import Score
    from umr_ld.vocab import Vocabulary

LISTED = ("reference", "kind", "title", "publisher", "license", "published")
EVENT = ("sequence", "time", "act", "reference", "agent", "reason", "changes")
CHANGE = ("level", "act", "path", "before", "after")
HIT = ("reference", "depth", "path")
JUDGED = ("reference", "answer", "severity", "publisher", "depth", "path", "statement")
ADVISORY = ("reference", "title", "severity", "risks", "artifacts")
LINK = ("source", "relation", "target", "versions", "revision", "evidence", "inherit")

_SAID_ELSEWHERE = frozenset({f"{RDF}type", f"{UMR}upstream"})
"""What a record's values say as the kind and the upstreams."""


# -- a record


def record_values(found: Shown, vocabulary: Vocabulary, *, stated_only: bool = False) -> dict[str, Any]:
    """Everything about a record.

    Args:
        found: the record.
        vocabulary: by which its properties have keys.
        stated_only: leave out what is inherited.
    """
    record = found.record
    return filled(
        reference=str(record.ref),
        iri=record.iri,
        kind=record.kind,
        title=record.title,
        published=stamp(found.published),
        agent=found.agent,
        sequence=found.seq,
        digest=record.digest,
        withdrawn=None if found.withdrawn is None else stamp(found.withdrawn),
        reason=found.reason,
        gone=None if found.gone is None else stamp(found.gone),
        goneFrom=found.gone_from,
        newest=str(found.newest),
        versions=[str(one.version) for one in found.versions],
        values=_facts(found, vocabulary, stated_only=stated_only),
        upstream=[_link(one) for one in found.links],
        scores=[] if stated_only else [_score(one) for one in found.scores],
    )


def _facts(found: Shown, vocabulary: Vocabulary, *, stated_only: bool) -> dict[str, Any]:
    values = {}
    for iri in sorted(found.effective.values, key=vocabulary.order_of):
        several = [one for one in found.effective.values[iri] if not (stated_only and one.hops)]
        if several and iri not in _SAID_ELSEWHERE:
            values[vocabulary.key_of(iri) or iri] = [
                filled(value=_value(one.value, vocabulary), origin=str(one.origin) if one.hops else None)
                for one in several
            ]
    return values


def _value(value: Value, vocabulary: Vocabulary) -> Any:
    if not isinstance(value, Node):
        return shown(value)
    facts = {
        vocabulary.key_of(name) or name: [_value(one, vocabulary) for one in several]
        for name, several in value.facts.items()
    }
    return {"id": value.iri, **facts}


def _link(one: Resolved) -> dict[str, Any]:
    link = one.link
    return filled(
        relation=link.relation,
        artifact=link.artifact,
        versions=str(link.versions),
        revision=link.revision,
        inherit=link.inherit or None,
        evidence=link.evidence,
        external=link.external or None,
        note=link.note,
        reaches=None if one.reached is None else str(one.reached),
        title=one.title,
    )


def _score(score: Score) -> dict[str, Any]:
    return {
        "questionSet": score.question_set.iri,
        "title": score.question_set.title,
        "yes": score.overall.yes,
        "answered": score.overall.answered,
        "total": score.overall.total,
        "domains": [
            {"domain": one.label, "yes": one.yes, "answered": one.answered, "total": one.total}
            for one in score.by_domain
        ],
    }


# -- listings and history


def listing_values(page: Listing) -> dict[str, Any]:
    """A page of a listing or a search, with its facets.

    Args:
        page: the page.
    """
    return {
        "total": page.total,
        "entries": [listed_values(one) for one in page.entries],
        "facets": page.facets,
    }


def listed_values(one: Listed) -> dict[str, Any]:
    """One line of a listing.

    Args:
        one: the line.
    """
    return filled(
        reference=str(one.ref),
        kind=one.kind,
        title=one.title,
        publisher=one.publisher,
        license=one.license,
        published=stamp(one.published),
        withdrawn=one.withdrawn or None,
        snippet=one.snippet,
    )


def listed_row(one: Listed) -> tuple[str, ...]:
    """The values of `LISTED`.

    Args:
        one: the line.
    """
    withdrawn = " (withdrawn)" if one.withdrawn else ""
    license_ = one.license.removeprefix("https://spdx.org/licenses/")
    return str(one.ref), one.kind, one.title + withdrawn, one.publisher, license_, day(one.published)


def event_values(one: Event) -> dict[str, Any]:
    """One event of a history.

    Args:
        one: the event.
    """
    return filled(
        sequence=one.seq,
        time=stamp(one.time),
        act=one.act,
        reference=str(one.ref),
        agent=one.agent,
        digest=one.digest,
        reason=one.reason,
        changes=list(one.changes),
    )


def event_row(one: Event) -> tuple[object, ...]:
    """The values of `EVENT`.

    Args:
        one: the event.
    """
    return one.seq, stamp(one.time), one.act, str(one.ref), one.agent, one.reason, "; ".join(one.changes)


def change_rows(found: Diff) -> list[tuple[str, ...]]:
    """The values of `CHANGE`, for each change.

    Args:
        found: the changes.
    """
    return [(one.level.name.lower(), one.act, one.path, one.before, one.after) for one in found.changes]


def diff_values(found: Diff, **more: str) -> dict[str, Any]:
    """The changes between two records.

    Args:
        found: the changes.
        more: what else there is to say, as members.
    """
    level = found.level.name.lower() if found.level is not None else None
    changes = [filled(**dict(zip(CHANGE, row, strict=True))) for row in change_rows(found)]
    return {**filled(level=level, **more), "changes": changes}


# -- who is downstream


def impact_values(found: Impact, hits: Iterable[Hit] | None = None) -> dict[str, Any]:
    """What is downstream of an artifact, with paths.

    Args:
        found: all of it.
        hits: those that are told; None for all.
    """
    return {
        "artifact": found.artifact,
        "versions": str(found.versions),
        "recorded": [str(ref) for ref in found.roots],
        "hits": [
            {"reference": str(hit.ref), "depth": hit.depth, "path": [_hop(hop) for hop in hit.path]}
            for hit in (found if hits is None else hits)
        ],
    }


def hit_row(hit: Hit) -> tuple[object, ...]:
    """The values of `HIT`.

    Args:
        hit: a record downstream.
    """
    return str(hit.ref), hit.depth, hit_words(hit)


def hit_words(hit: Hit) -> str:
    """How a record is reached, read upwards: `fineTunedFrom lab/a@1.0.0 trainedOn lab/d`.

    Args:
        hit: a record downstream.
    """
    return " ".join(f"{hop.relation} {_reached(hop)}" for hop in hit.path)


def _reached(hop: Hop) -> str:
    """The record on which the path goes on; at its end what the link names."""
    if hop.reached is not None:
        return str(hop.reached)
    versions = meant(hop)
    return f"{hop.artifact}@{versions}" if versions else hop.artifact


def _hop(hop: Hop) -> dict[str, Any]:
    return filled(
        reference=str(hop.ref),
        relation=hop.relation,
        artifact=hop.artifact,
        versions=str(hop.versions),
        revision=hop.revision,
        evidence=hop.evidence,
        reached=None if hop.reached is None else str(hop.reached),
    )


# -- who is affected


def advisory_values(one: Advisory) -> dict[str, Any]:
    """What an advisory says, in short.

    Args:
        one: the advisory.
    """
    return filled(
        reference=str(one.ref),
        title=one.title,
        severity=one.severity.label,
        risks=list(one.risks),
        aliases=list(one.aliases),
        artifacts=list(one.scopes),
    )


def advisory_row(one: Advisory) -> tuple[str, ...]:
    """The values of `ADVISORY`.

    Args:
        one: the advisory.
    """
    return str(one.ref), one.title, one.severity.label, " ".join(one.risks), " ".join(one.scopes)


def verdict_values(
    found: Verdicts, rows: Iterable[Judged], repair: Iterable[tuple[str, int]]
) -> dict[str, Any]:
    """Who is affected by an advisory.

    Args:
        found: the verdicts.
        rows: the records that are told.
        repair: records in the order in which they have to be mended, with how many hang on each.
    """
    advisory = found.advisory
    return {
        "advisory": str(advisory.ref),
        "title": advisory.title,
        "severity": advisory.severity.label,
        "risks": list(advisory.risks),
        "policy": found.policy,
        "hits": [_judged(one) for one in rows],
        "statements": [_said(said) for said in found.said],
        "repair": [{"reference": ref, "below": below} for ref, below in repair],
    }


def verdict_rows(found: Verdicts, rows: Iterable[Judged]) -> Iterator[list[str]]:
    """The values of `JUDGED`, for each record.

    Args:
        found: the verdicts.
        rows: the records that are told.
    """
    for one in rows:
        statement = "" if one.ruling is None else str(one.ruling.statement)
        words = path_words(one.path)
        severity = found.advisory.severity.label
        yield [str(one.ref), one.answer.label, severity, one.publisher, str(one.depth), words, statement]


def _judged(one: Judged) -> dict[str, Any]:
    return filled(
        reference=str(one.ref),
        answer=one.answer.label,
        arrives=one.arrives.label if one.ruling is not None else None,
        publisher=one.publisher or None,
        depth=one.depth,
        path=[_step(step) for step in one.path],
        statement=None if one.ruling is None else str(one.ruling.statement),
    )


def _said(said: Said) -> dict[str, Any]:
    statement = said.statement
    return filled(
        statement=str(statement.ref),
        about=str(said.row.ref),
        status=statement.status,
        justification=statement.justification or None,
        counts=said.counts,
        reviewed=said.reviewed,
    )


def concern_values(one: Concern, **more: Any) -> dict[str, Any]:
    """An advisory that is open against something.

    Args:
        one: the advisory, the answer and the path.
        more: what else there is to say, as members.
    """
    return filled(
        reference=one.asked,
        advisory=str(one.advisory.ref),
        title=one.advisory.title,
        severity=one.advisory.severity.label,
        answer=one.answer.label,
        arrives=one.arrives.label if one.statement is not None else None,
        statement=None if one.statement is None else str(one.statement),
        path=[_step(step) for step in one.path],
        fix=one.fix or None,
        **more,
    )


def _step(step: Step) -> dict[str, Any]:
    return filled(
        reference=str(step.ref),
        relation=step.relation,
        artifact=step.artifact,
        versions=str(step.versions),
        revision=step.revision or None,
        evidence=step.evidence or None,
        reached=None if step.reached is None else str(step.reached),
    )


# -- lineage


def edge_row(one: Edge) -> tuple[object, ...]:
    """The values of `LINK`.

    Args:
        one: an edge of a lineage.
    """
    link = one.link
    inherits = "yes" if link.inherit else ""
    return (
        *(str(one.source), link.relation, str(one.target), str(link.versions), link.revision),
        *(link.evidence, inherits),
    )
