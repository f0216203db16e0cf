"""Audits as data: JSON-LD in the words of EARL, CSV with a row for each value, and gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld import __version__
from umr_ld.render.output import as_csv, as_json, filled, stamp
from umr_ld.render.text import PLAIN, one_line
from umr_ld.risk import path_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from umr_ld.addresses import Base
    from umr_ld.audit import Audit, Dossier, Found, Gap, Item, Profile, Source, Tally, Verdict
    from umr_ld.registry.views import Concern
    from umr_ld.render.text import Style

CONTEXT = {
    "cccev": "http://data.europa.eu/m8g/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "earl": "http://www.w3.org/ns/earl#",
    "prov": "http://www.w3.org/ns/prov#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "umr": "https://w3id.org/umr-ld/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefixes and nothing else, so that it is read without asking anybody."""

VALUE = (
    *("profile", "item", "heading", "label", "obligation", "outcome", "reason"),
    *("value", "asked", "record", "version", "digest", "agent", "advisory", "answer", "way"),
)
GAP = ("profile", "obligation", "item", "heading", "label", "outcome", "reason", "records", "remedy")
PROFILE = ("profile", "title", "status", "since", "items")

ANNEX = "annex"
"""In the place of an item's number: the annex of upstream advisories."""


def address_of(audit: Audit, base: Base) -> str:
    """The IRI of an audit: the same record, profile and audience have the same.

    Args:
        audit: which.
        base: of the registry.
    """
    audience = f"/{audit.audience}" if audit.audience else ""
    return f"{base.iri}audit/{audit.profile.key}{audience}/{audit.dossier.root.record.ref}"


def audit_jsonld(audit: Audit, base: Base) -> bytes:
    """An audit as JSON-LD 1.1: the profile, its items, an `earl:Assertion` for each, and where it is from.

    Args:
        audit: what is written.
        base: of the registry.
    """
    me = address_of(audit, base)
    graph = [
        _document(audit, me),
        {
            "@id": f"{me}#asserted-by",
            "@type": "earl:Software",
            "dct:title": "umr",
            "dct:hasVersion": __version__,
        },
        *(_concept(one, audit.profile) for one in audit.profile.items),
        *(_assertion(one, audit, me, base) for one in audit.verdicts),
        *(_advisory(one, at, audit.dossier, me, base) for at, one in enumerate(audit.dossier.concerns, 1)),
        *(node for one in _sources(audit) for node in _source(one, base)),
    ]
    return as_json({"@context": CONTEXT, "@graph": graph}).encode("utf-8", "surrogatepass")


def _to(iri: str) -> dict[str, str]:
    return {"@id": iri}


def _document(audit: Audit, me: str) -> dict[str, Any]:
    profile = audit.profile
    return filled(
        **{
            "@id": me,
            "@type": "prov:Entity",
            "dct:conformsTo": _scheme(profile),
            "dct:subject": _to(audit.dossier.root.record.iri),
            "dct:audience": _to(f"{CONTEXT['umr']}{audit.audience}") if audit.audience else None,
            "umr:policyDigest": audit.dossier.policy,
            "dct:hasPart": [_to(f"{me}#{_local(one.item)}") for one in audit.verdicts],
        }
    )


def _scheme(profile: Profile) -> dict[str, Any]:
    return filled(
        **{
            "@id": profile.iri,
            "@type": "skos:ConceptScheme",
            "dct:title": profile.title,
            "umr:legalStatus": _to(f"{CONTEXT['umr']}{profile.status}") if profile.status else None,
            "dct:valid": profile.since,
            "skos:note": profile.note,
            "dct:source": _to(profile.source) if profile.source else None,
        }
    )


def _local(item: Item) -> str:
    return item.iri.rpartition("#")[2]


def _concept(item: Item, profile: Profile) -> dict[str, Any]:
    return filled(
        **{
            "@id": item.iri,
            "@type": ["skos:Concept", "cccev:InformationRequirement"],
            "skos:inScheme": _to(profile.iri),
            "skos:notation": item.notation,
            "skos:prefLabel": item.label,
            "skos:definition": item.definition,
            "dct:source": _to(item.source),
            "umr:legalStatus": _to(f"{CONTEXT['umr']}{item.status}") if item.status else None,
            "dct:valid": item.since,
            "sh:severity": _to(item.obligation.iri),
        }
    )


def _assertion(verdict: Verdict, audit: Audit, me: str, base: Base) -> dict[str, Any]:
    mine = f"{me}#{_local(verdict.item)}"
    anchored = range(1, len(audit.dossier.concerns) + 1) if verdict.item.is_anchor else ()
    return filled(
        **{
            "@id": mine,
            "@type": "earl:Assertion",
            "earl:assertedBy": _to(f"{me}#asserted-by"),
            "earl:mode": _to("http://www.w3.org/ns/earl#automatic"),
            "earl:subject": _to(audit.dossier.root.record.iri),
            "earl:test": _to(verdict.item.iri),
            "dct:relation": [_to(f"{me}#advisory-{at}") for at in anchored],
            "earl:result": filled(
                **{
                    "@id": f"{mine}-result",
                    "@type": "earl:TestResult",
                    "earl:outcome": _to(verdict.outcome.iri),
                    "earl:info": verdict.reason,
                    "dct:hasPart": [
                        _value(one, f"{mine}-{at}", base) for at, one in enumerate(verdict.found, 1)
                    ],
                }
            ),
        }
    )


def _value(found: Found, mine: str, base: Base) -> dict[str, Any]:
    return filled(
        **{
            "@id": mine,
            "@type": "prov:Entity",
            "prov:value": found.text,
            "dct:subject": _to(base.record(found.subject)),
            "prov:wasDerivedFrom": _to(base.record(found.origin)),
            "earl:outcome": _to(found.outcome.iri),
            "earl:info": found.why,
        }
    )


def _advisory(concern: Concern, at: int, dossier: Dossier, me: str, base: Base) -> dict[str, Any]:
    return filled(
        **{
            "@id": f"{me}#advisory-{at}",
            "@type": "prov:Entity",
            "dct:title": concern.advisory.title,
            "dct:subject": _to(dossier.root.record.iri),
            "prov:wasDerivedFrom": [
                _to(base.record(one)) for one in (concern.advisory.ref, concern.statement) if one is not None
            ],
            "umr:verdict": concern.answer.label,
            "umr:way": path_words(concern.path),
            "umr:policyDigest": dossier.policy,
        }
    )


def _sources(audit: Audit) -> Iterator[Source]:
    """The records that something was found in, each once, and those that speak of risks."""
    dossier = audit.dossier
    told = [dossier.root.record.ref, *(one.origin for verdict in audit.verdicts for one in verdict.found)]
    told += [one.record.ref for one in (*dossier.advisories, *dossier.statements)]
    for ref in dict.fromkeys(told):
        source = dossier.source(ref)
        if source is not None:
            yield source


def _source(source: Source, base: Base) -> Iterator[dict[str, Any]]:
    yield {
        "@id": source.iri,
        "@type": "umr:Record",
        "umr:name": str(source.ref.name),
        "dcat:version": str(source.ref.version),
        "umr:digest": source.digest,
    }
    yield filled(
        **{
            "@id": base.log(source.seq),
            "@type": "umr:Publication",
            "prov:used": _to(source.iri),
            "prov:endedAtTime": {"@type": "xsd:dateTime", "@value": stamp(source.published)},
            "prov:wasAssociatedWith": _to(base.expand("agent/", source.agent)) if source.agent else None,
        }
    )


# -- rows


def audit_csv(audit: Audit) -> str:
    """An audit as CSV, a row for each value; then the annex, a row for each advisory.

    Args:
        audit: what is written.
    """
    return as_csv(VALUE, _rows(audit))


def _rows(audit: Audit) -> Iterator[tuple[str, ...]]:
    key, dossier = audit.profile.key, audit.dossier
    for one in audit.verdicts:
        item = one.item
        head = (key, item.notation, item.heading, item.label, item.obligation.label, one.outcome.value)
        for found in one.found or (None,):
            yield (*head, one.reason, *_stated(found, dossier), "", "", "")
        for concern in dossier.concerns if item.is_anchor else ():
            yield (*head, one.reason, "", *_spoken(concern, dossier))
    for item in audit.withheld:
        yield (key, item.notation, item.heading, item.label, item.obligation.label, "withheld", *[""] * 10)
    for concern in dossier.concerns:
        yield (key, ANNEX, "", "Upstream advisories (transitive)", "", "", "", "", *_spoken(concern, dossier))


def _stated(found: Found | None, dossier: Dossier) -> tuple[str, ...]:
    if found is None:
        return ("",) * 6
    source = dossier.source(found.origin)
    said = ("", "") if source is None else (source.digest, source.agent)
    return (found.text, str(found.subject), str(found.origin.name), str(found.origin.version), *said)


def _spoken(concern: Concern, dossier: Dossier) -> tuple[str, ...]:
    ref = concern.advisory.ref
    source = dossier.source(ref)
    said = ("", "") if source is None else (source.digest, source.agent)
    return (
        *(str(dossier.root.record.ref), str(ref.name), str(ref.version), *said),
        *(concern.advisory.title, concern.answer.label, path_words(concern.path)),
    )


# -- gaps and profiles


def gap_row(gap: Gap, profile: Profile) -> tuple[str, ...]:
    """The values of `GAP`.

    Args:
        gap: what is left to do.
        profile: to which it belongs.
    """
    verdict = gap.verdict
    item = verdict.item
    return (
        *(profile.key, item.obligation.label, item.notation, item.heading, item.label),
        *(verdict.outcome.value, verdict.reason, " ".join(map(str, verdict.lacking)), gap.remedy),
    )


def gaps_json(audit: Audit, gaps: Sequence[Gap]) -> dict[str, Any]:
    """What is left to do, with how complete it is.

    Args:
        audit: of which.
        gaps: those that are told.
    """
    return {
        "profile": profile_json(audit.profile),
        "reference": str(audit.dossier.root.record.ref),
        "completeness": [tally_json(one) for one in (*audit.by_obligation, audit.overall)],
        "gaps": [
            filled(
                item=one.verdict.item.notation,
                iri=one.verdict.item.iri,
                heading=one.verdict.item.heading,
                label=one.verdict.item.label,
                obligation=one.verdict.item.obligation.label,
                outcome=one.verdict.outcome.value,
                reason=one.verdict.reason,
                records=[str(ref) for ref in one.verdict.lacking],
                remedy=one.remedy,
            )
            for one in gaps
        ],
    }


def tally_json(tally: Tally) -> dict[str, Any]:
    """How complete a part of a profile is.

    Args:
        tally: items, counted.
    """
    return {
        "obligation": tally.label,
        **tally.by_name,
        "applicable": tally.asked,
        "complete": None if tally.share is None else round(tally.share, 4),
    }


def profile_json(profile: Profile) -> dict[str, Any]:
    """A profile, without its items.

    Args:
        profile: which.
    """
    return filled(
        profile=profile.key,
        iri=profile.iri,
        title=profile.title,
        status=profile.status,
        since=profile.since,
        source=profile.source,
        items=len(profile.items),
        audiences=list(profile.audiences),
    )


def profile_row(profile: Profile) -> tuple[str, ...]:
    """The values of `PROFILE`.

    Args:
        profile: which.
    """
    return profile.key, profile.title, profile.status, profile.since, str(len(profile.items))


def gaps_tree(audit: Audit, gaps: Sequence[Gap], style: Style = PLAIN) -> str:
    """What is left to do as a tree: profile, headings, items, and what to do.

    Args:
        audit: of which.
        gaps: those that are told.
        style: for names and remarks.
    """
    overall = audit.overall
    share = "nothing applies" if overall.share is None else f"{overall.share:.0%} complete"
    lines = [f"{style.bold(audit.profile.key)}  {one_line(audit.profile.title)}  {style.dim(f'({share})')}"]
    headings = list(dict.fromkeys(one.verdict.item.heading for one in gaps))
    for heading in headings:
        is_last = heading == headings[-1]
        lines.append(f"{'└── ' if is_last else '├── '}{one_line(heading) or 'Items'}")
        some = [one for one in gaps if one.verdict.item.heading == heading]
        for one in some:
            lines += _branch(one, "    " if is_last else "│   ", last=one is some[-1], style=style)
    return "".join(f"{line}\n" for line in lines)


def _branch(gap: Gap, lead: str, *, last: bool, style: Style) -> Iterator[str]:
    verdict = gap.verdict
    item = verdict.item
    remarks = f"({item.obligation.label}, {verdict.outcome.words}: {verdict.reason})"
    yield (
        f"{lead}{'└── ' if last else '├── '}{style.bold(one_line(item.notation))} {one_line(item.label)}  "
        f"{style.dim(one_line(remarks))}"
    )
    yield f"{lead}{'    ' if last else '│   '}{one_line(gap.remedy)}"
