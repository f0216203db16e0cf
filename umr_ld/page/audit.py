"""The page of an audit: a profile filled in, what is left to do, and the annex of upstream advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.audit.item import Obligation, Outcome
from umr_ld.page.blocks import Banner, Cell, Note, Page, Part, Table
from umr_ld.page.citation import day
from umr_ld.page.record import ANSWERS, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from umr_ld.addresses import Base
    from umr_ld.audit import Audit, Dossier, Gap, Tally, Verdict
    from umr_ld.page.blocks import Block
    from umr_ld.registry.views import Concern
    from umr_ld.vocab import Vocabulary

VALUES = 8
"""Values of an item that are shown; the data has all."""

ANNEX = "Upstream advisories (transitive)"

_TONES = {Outcome.PASSED: "clear", Outcome.FAILED: "affected", Outcome.CANNOT_TELL: "possibly"}
_NOTHING = (Cell(""), Cell(""), Cell(""))
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
    if audit.profile.note:
        yield Banner("", f"Of this profile: {audit.profile.note}")
    if root.withdrawn is not None:
        yield Banner("affected", f"Withdrawn on {day(root.withdrawn)}: {root.reason}")
    for one in audit.dossier.concerns[:3]:
        way = words.way(one.path)
        told = f"{ANSWERS[one.answer.label].capitalize()}: {one.advisory.title}{f', by {way}' if way else ''}"
        yield Banner(one.answer.label, told, words.thing(one.advisory.ref).link)


def _parts(audit: Audit, words: Words) -> Iterator[Part]:
    yield Part("completeness", "Completeness", (_completeness(audit),))
    yield Part("gaps", "Gaps", tuple(_gaps(audit.gaps())))
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
    return Table("Complete: passed of those that apply", head, rows)


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
    share = (
        "nothing applies" if tally.share is None else f"{tally.share:.0%} ({tally.passed} of {tally.asked})"
    )
    return (Cell(tally.label), *(Cell(str(one)) for one in numbers), Cell(share))


def _gaps(gaps: Sequence[Gap]) -> Iterator[Block]:
    if not gaps:
        yield Note("Nothing is left to do.")
    for obligation in Obligation:
        rows = tuple(_gap(one) for one in gaps if one.verdict.item.obligation is obligation)
        if rows:
            head = ("item", "what is missing", "comes to", "what to do")
            yield Table(f"{obligation.label.capitalize()}: {len(rows)} left", head, rows)


def _gap(gap: Gap) -> tuple[Cell, ...]:
    item = gap.verdict.item
    missing = Cell(f"{item.label}: {gap.verdict.reason}")
    return Cell(item.notation), missing, _outcome(gap.verdict), Cell(gap.remedy)


def _outcome(verdict: Verdict) -> Cell:
    return Cell(verdict.outcome.words, tone=_TONES.get(verdict.outcome, ""))


def _items(verdicts: Sequence[Verdict], dossier: Dossier, words: Words) -> Block:
    rows: list[tuple[Cell, ...]] = []
    for one in verdicts:
        rows += _rows(one, words)
        if one.item.is_anchor:
            rows += [_anchored(one, concern, words) for concern in dossier.concerns]
    return Table("", _ITEM_HEAD, tuple(rows))


def _rows(verdict: Verdict, words: Words) -> Iterator[tuple[Cell, ...]]:
    """A row for each value; what is asked, and what it comes to, stand in the first."""
    item = verdict.item
    told = {(one.text, one.origin): one for one in verdict.found}
    stated = [(Cell(one.text, one.link), words.thing(one.origin)) for one in list(told.values())[:VALUES]]
    if verdict.reason or not stated:
        stated.insert(0, (Cell(verdict.reason), Cell("")))
    if len(told) > VALUES:
        stated.append((Cell(f"and {len(told) - VALUES} more, in the data"), Cell("")))
    asked = (Cell(item.notation), Cell(f"{item.label}. {item.definition}"), _outcome(verdict))
    for at, cells in enumerate(stated):
        yield (*(asked if at == 0 else _NOTHING), *cells)


def _anchored(verdict: Verdict, concern: Concern, words: Words) -> tuple[Cell, ...]:
    way = words.way(concern.path) or "named itself"
    return (
        Cell(verdict.item.notation),
        Cell("Upstream advisory"),
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
    lineage = f"records that it was made from and that were looked at: {len(dossier.above)}"
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
            Cell(
                f"{one.advisory.title} ({one.advisory.severity.label})",
                words.thing(one.advisory.ref).link,
            ),
            Cell(words.way(one.path) or "named itself"),
            Cell(statement_words(one, dossier)),
        )
        for one in dossier.concerns
    )
    head = ("answer", "advisory", "way", "what is said about it")
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
