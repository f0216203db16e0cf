"""Answers as plain values, for JSON: the same at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.record import Node, shown
from umr_ld.render.aliases import alias_json
from umr_ld.render.output import filled, stamp
from umr_ld.vocab import RDF, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from umr_ld.change import Change, Diff
    from umr_ld.lineage import Hit, Hop, Impact
    from umr_ld.record import Value
    from umr_ld.registry.views import Carried, Checked, Event, Listing, Mentioned, Resolved, Shown
    from umr_ld.scores import Score
    from umr_ld.versions import Version
    from umr_ld.vocab import Vocabulary

_SAID_ELSEWHERE = frozenset({f"{RDF}type", f"{UMR}upstream"})
"""What the JSON says as the kind and the upstreams."""


def shown_json(found: Shown, vocabulary: Vocabulary, *, stated_only: bool) -> dict[str, Any]:
    """A record with everything that holds for it.

    Args:
        found: the record.
        vocabulary: keys and their order.
        stated_only: without what is inherited.
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
        values=_values_json(found, vocabulary, stated_only=stated_only),
        upstream=[_link_json(one) for one in found.links],
        scores=[] if stated_only else [_score_json(one) for one in found.scores],
        aliases=[alias_json(one) for one in found.aliases],
    )


def _values_json(found: Shown, vocabulary: Vocabulary, *, stated_only: bool) -> dict[str, Any]:
    values = {}
    for iri in sorted(found.effective.values, key=vocabulary.order_of):
        several = [one for one in found.effective.values[iri] if not (stated_only and one.hops)]
        if several and iri not in _SAID_ELSEWHERE:
            values[vocabulary.key_of(iri) or iri] = [
                filled(
                    value=value_json(one.value, vocabulary),
                    origin=str(one.origin) if one.hops else None,
                    hops=one.hops or None,
                )
                for one in several
            ]
    return values


def value_json(value: Value, vocabulary: Vocabulary) -> Any:
    """A value of a property: a text, or an object with its facts.

    Args:
        value: of a record.
        vocabulary: keys.
    """
    if not isinstance(value, Node):
        return shown(value)
    facts = {
        vocabulary.key_of(name) or name: [value_json(one, vocabulary) for one in several]
        for name, several in value.facts.items()
    }
    return {"id": value.iri, **facts}


def _link_json(one: Resolved) -> dict[str, Any]:
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


def _score_json(score: Score) -> dict[str, Any]:
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


def listing_json(page: Listing) -> dict[str, Any]:
    """A page of entries.

    Args:
        page: of a listing or a search.
    """
    entries = [
        filled(
            reference=str(one.ref),
            kind=one.kind,
            title=one.title,
            publisher=one.publisher,
            license=one.license,
            published=stamp(one.published),
            withdrawn=one.withdrawn or None,
            snippet=one.snippet,
        )
        for one in page.entries
    ]
    return {"total": page.total, "entries": entries, "facets": page.facets}


def carried_json(one: Carried, here: str = "") -> dict[str, Any]:
    """A record that names a file.

    Args:
        one: the record.
        here: what the record that was asked about calls the file; empty if none was.
    """
    return filled(
        here=here,
        digest=one.digest,
        reference=str(one.ref),
        kind=one.kind,
        title=one.title,
        file=one.file,
        withdrawn=one.withdrawn or None,
    )


def event_json(one: Event) -> dict[str, Any]:
    """A line of a history.

    Args:
        one: what happened.
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


def diff_json(found: Diff, **more: str) -> dict[str, Any]:
    """The changes between two records.

    Args:
        found: the changes.
        more: what else there is to say.
    """
    level = found.level.name.lower() if found.level is not None else None
    return {**filled(level=level, **more), "changes": [_change_json(one) for one in found.changes]}


def _change_json(one: Change) -> dict[str, Any]:
    return filled(
        level=one.level.name.lower(), act=one.act, path=one.path, before=one.before, after=one.after
    )


def bump_json(found: Diff, newest: Version | None, least: Version) -> dict[str, Any]:
    """What a draft changes, and the least version that would do.

    Args:
        found: the changes since the newest version.
        newest: that version; None if the draft is the first.
        least: the least version that would do.
    """
    published = {} if newest is None else {"published": str(newest)}
    return diff_json(found, **published, version=str(least))


def impact_json(found: Impact, hits: Iterable[Hit]) -> dict[str, Any]:
    """Who is downstream.

    Args:
        found: what was asked about.
        hits: those of it that are told.
    """
    return {
        "artifact": found.artifact,
        "versions": str(found.versions),
        "recorded": [str(ref) for ref in found.roots],
        "hits": [
            {"reference": str(hit.ref), "depth": hit.depth, "path": [_hop_json(hop) for hop in hit.path]}
            for hit in hits
        ],
    }


def _hop_json(hop: Hop) -> dict[str, Any]:
    return filled(
        reference=str(hop.ref),
        relation=hop.relation,
        artifact=hop.artifact,
        versions=str(hop.versions),
        revision=hop.revision,
        evidence=hop.evidence,
        reached=None if hop.reached is None else str(hop.reached),
    )


def checked_json(checked: Iterable[Checked]) -> dict[str, Any]:
    """Drafts with what was found in them.

    Args:
        checked: in the order in which they are told.
    """
    documents = [
        {
            **filled(
                source=one.document.source,
                reference=str(one.reading.record.ref) if one.reading is not None else None,
            ),
            "valid": bool(one.report),
            "findings": [finding.as_dict() for finding in one.report],
        }
        for one in checked
    ]
    return {"valid": all(document["valid"] for document in documents), "documents": documents}


def mentioned_json(found: Mentioned) -> dict[str, Any]:
    """An artifact that is only named.

    Args:
        found: the artifact.
    """
    return {
        "artifact": found.artifact,
        "namedBy": [str(ref) for ref in found.named_by],
        **filled(aliases=[alias_json(one) for one in found.aliases]),
    }
