"""The page of an audit: a profile filled in, what is left to do, and the annex of upstream advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.audit.item import Outcome
from umr_ld.page.blocks import Banner, Cell, Note, Page, Part, Table
from umr_ld.page.record import ANSWERS, Words, day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from umr_ld.addresses import Base
    from umr_ld.audit import Audit, Dossier, Gap, Tally, Verdict
    from umr_ld.names import Ref
    from umr_ld.page.blocks import Block
    from umr_ld.registry.views import Concern
    from umr_ld.vocab import Vocabulary

VALUES = 8
"""Values of an item that are shown; the data has all."""

ANNEX = "Upstream advisories (transitive)"

_TONES = {Outcome.PASSED: "clear", Outcome.FAILED: "affected", Outcome.CANNOT_TELL: "possibly"}
_ITEM_HEAD = ("item", "what is asked", "comes to", "what was found", "stated by")


def audit_page(audit: Audit, vocabulary: Vocabulary, base: Base, body: bytes = b"") -> Page:
    """The page of an audit.

    Args:
        audit: what is shown.
        vocabulary: labels of kinds and relations.
        base: of the registry.
        body: the audit as data, which is attached where a target can.
    """
    dossier, words = audit.dossier, Words(vocabulary, base)
    root = dossier.root
    record = root.record
    return Page(
        title=f"{record.title}: {audit.profile.label}",
        kind="Audit",
        reference=str(record.ref),
        address=record.iri,
        lead=_lead(audit),
        time=root.published,
        author=root.agent,
        banners=tuple(_banners(audit, words)),
        parts=tuple(_parts(audit, words)),
        body=body,
        attached="The audit as data",
    )


def _lead(audit: Audit) -> str:
    profile = audit.profile
    since = f", applies from {profile.since}" if profile.since else ""
    audience = f"; for the audience {audit.audience}" if audit.audience else ""
    return f"{profile.title} ({profile.status}{since}){audience}"


def _banners(audit: Audit, words: Words) -> Iterator[Banner]:
    root = audit.dossier.root
    if audit.profile.status == "at-risk":
        yield Banner("possibly", "This profile is at-risk: a published proposal would delete it.")
    if root.withdrawn is not None:
        yield Banner("affected", f"Withdrawn on {day(root.withdrawn)}: {root.reason}")
    for one in audit.dossier.concerns[:3]:
        way = words.way(one.path)
        told = f"{ANSWERS[one.answer.label].capitalize()}: {one.advisory.title}{f', by {way}' if way else ''}"
        yield Banner(one.answer.label, told, words.thing(one.advisory.ref).link)


def _parts(audit: Audit, words: Words) -> Iterator[Part]:
    yield Part("completeness", "Completeness", (_completeness(audit),))
    gaps = audit.gaps()
    yield Part("gaps", "Gaps", (_gaps(gaps, words),))
    headings = dict.fromkeys(one.item.heading for one in audit.verdicts)
    for number, heading in enumerate(headings, 1):
        some = [one for one in audit.verdicts if one.item.heading == heading]
        yield Part(f"items-{number}", heading or "Items", (_items(some, audit.dossier, words),))
    if audit.withheld:
        yield Part("withheld", "Withheld", (_withheld(audit),))
    yield Part("sources", "Where it is from", tuple(_sources(audit, words)))
    yield Part("annex", f"Annex: {ANNEX}", tuple(_annex(audit.dossier, words)))


def _completeness(audit: Audit) -> Block:
    head = ("obligation", "passed", "cannot tell", "failed", "untested", "not applicable", "complete")
    rows = tuple(_tally(one) for one in (*audit.by_obligation, audit.overall))
    return Table("Items by how binding they are; complete is passed of those that apply", head, rows)


def _tally(tally: Tally) -> tuple[Cell, ...]:
    numbers = (
        tally.outcomes[one]
        for one in (
            Outcome.PASSED,
            Outcome.CANNOT_TELL,
            Outcome.FAILED,
            Outcome.UNTESTED,
            Outcome.INAPPLICABLE,
        )
    )
    share = "nothing applies" if tally.share is None else f"{tally.share:.0%} ({tally.passed} of {tally.asked})"
    return (Cell(tally.label), *(Cell(str(one)) for one in numbers), Cell(share))


def _gaps(gaps: Sequence[Gap], words: Words) -> Block:
    if not gaps:
        return Note("Nothing is left to do.")
    rows = tuple(
        (
            Cell(one.verdict.item.obligation.label),
            Cell(one.verdict.item.notation),
            Cell(f"{one.verdict.item.label}: {one.verdict.reason}"),
            _outcome(one.verdict),
            Cell(one.remedy),
        )
        for one in gaps
    )
    head = ("obligation", "item", "what is missing", "comes to", "what to do")
    return Table(f"{len(gaps)} left, the most binding first", head, rows)


def _outcome(verdict: Verdict) -> Cell:
    return Cell(verdict.outcome.words, tone=_TONES.get(verdict.outcome, ""))


def _items(verdicts: Sequence[Verdict], dossier: Dossier, words: Words) -> Block:
    rows: list[tuple[Cell, ...]] = []
    for one in verdicts:
        rows.append(_row(one, words))
        if one.item.is_anchor:
            rows += [_anchored(one, concern, words) for concern in dossier.concerns]
    return Table("", _ITEM_HEAD, tuple(rows))


def _row(verdict: Verdict, words: Words) -> tuple[Cell, ...]:
    item = verdict.item
    values: dict[str, list[Ref]] = {}
    links: dict[str, str] = {}
    for one in verdict.found:
        origins = values.setdefault(one.text, [])
        links[one.text] = one.link
        if one.origin not in origins:
            origins.append(one.origin)
    told = list(values)[:VALUES]
    more = f"\nand {len(values) - VALUES} more, in the data" if len(values) > VALUES else ""
    several = len(values) > 1
    text = "\n".join(f"• {one}" if several else one for one in told) + more
    origins = list(dict.fromkeys(ref for one in told for ref in values[one]))
    found = Cell(text, links[told[0]] if len(told) == 1 else "") if told else Cell(verdict.reason)
    if told and verdict.reason:
        found = Cell(f"{text}\n({verdict.reason})", found.link)
    return (
        Cell(item.notation),
        Cell(f"{item.label}. {item.definition}"),
        _outcome(verdict),
        found,
        words.thing(origins[0]) if len(origins) == 1 else Cell("\n".join(map(str, origins[:VALUES]))),
    )


def _anchored(verdict: Verdict, concern: Concern, words: Words) -> tuple[Cell, ...]:
    way = words.way(concern.path) or "named itself"
    return (
        Cell(verdict.item.notation),
        Cell("Open upstream advisory"),
        _answer(concern),
        Cell(f"{concern.advisory.title}: {way}"),
        words.thing(concern.advisory.ref),
    )


def _answer(concern: Concern) -> Cell:
    return Cell(ANSWERS[concern.answer.label], tone=concern.answer.label)


def _withheld(audit: Audit) -> Block:
    rows = tuple(
        (Cell(one.notation), Cell(one.label), Cell(", ".join(sorted(one.audiences)) or "nobody else"))
        for one in audit.withheld
    )
    return Table(f"Items that are not for the audience {audit.audience}", ("item", "name", "for"), rows)


def _sources(audit: Audit, words: Words) -> Iterator[Block]:
    dossier, profile = audit.dossier, audit.profile
    told = [dossier.root.record.ref, *(one.origin for verdict in audit.verdicts for one in verdict.found)]
    rows = []
    for ref in dict.fromkeys(told):
        source = dossier.source(ref)
        if source is not None:
            cells = (source.ref.version, source.digest, source.agent, day(source.published))
            rows.append((words.thing(ref), *(Cell(str(one)) for one in cells)))
    caption = "Records that answers were found in"
    yield Table(caption, ("record", "version", "digest (SHA-256)", "published by", "published"), tuple(rows))
    lineage = f"{len(dossier.above)} records that it was made from were looked at"
    if dossier.left_out:
        lineage += f"; {dossier.left_out} that are further away were not"
    if dossier.unrecorded:
        named = ", ".join(dossier.unrecorded[:VALUES])
        lineage += f". Only named, with nothing recorded: {len(dossier.unrecorded)} ({named})"
    yield Note(f"{lineage}.")
    facts = (
        ("profile", profile.title, profile.iri),
        ("source", profile.source, profile.source),
        ("legal status", profile.status, ""),
        ("applies from", profile.since, ""),
        ("items", str(len(profile.items)), ""),
    )
    yield Table("", ("", ""), tuple((Cell(label), Cell(text, link)) for label, text, link in facts if text))


def _annex(dossier: Dossier, words: Words) -> Iterator[Block]:
    if not dossier.concerns:
        if dossier.root.record.kind in {"Advisory", "Statement"}:
            yield Note("It speaks of risks itself: no advisory is asked about it.")
        else:
            yield Note("No open advisory reaches it, by any of the records that it was made from.")
        return
    rows = tuple(
        (
            _answer(one),
            Cell(one.advisory.title, words.thing(one.advisory.ref).link),
            Cell(one.advisory.severity.label),
            Cell(words.way(one.path) or "named itself"),
            Cell(statement_words(one, dossier)),
        )
        for one in dossier.concerns
    )
    head = ("answer", "advisory", "severity", "way", "what is said about it")
    yield Table("Every advisory that is open against it, itself or by what it was made from", head, rows)
    yield Note(f"Judged by the policy with the digest (SHA-256) {dossier.policy}.")


def statement_words(concern: Concern, dossier: Dossier) -> str:
    """What a statement says, or what else would clear it.

    Args:
        concern: an advisory.
        dossier: with the statements.
    """
    found = None if concern.statement is None else dossier.by_ref.get(concern.statement)
    if found is not None:
        status = _local(found.record.text("https://w3id.org/umr-ld/ns#status"))
        why = [
            _local(found.record.text("https://w3id.org/umr-ld/ns#justification")),
            found.record.text("https://w3id.org/umr-ld/ns#impactStatement"),
        ]
        reasons = "; ".join(one for one in why if one)
        without = ANSWERS[concern.arrives.label]
        return f"{found.record.ref}: {status}{f' ({reasons})' if reasons else ''}; without it {without}"
    return f"cleared by {concern.fix}" if concern.fix else "no statement, and no fixed version is known"


def _local(iri: str) -> str:
    return iri.rpartition("#")[2].replace("_", " ")
