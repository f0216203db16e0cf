"""The whole page of a record: what it says, what it was made from, how it stands, how it is cited."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from umr_ld.page.blocks import Banner, Cell, Facts, Note, Page, Part, Table
from umr_ld.page.citation import citation_of, day
from umr_ld.page.measured import ROWS, bars_of, linked, table_of
from umr_ld.page.sections import page_of, parts_of
from umr_ld.record import Node, shown
from umr_ld.vocab import UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from umr_ld.addresses import Base
    from umr_ld.lineage import Hit, Hop
    from umr_ld.page.blocks import Block
    from umr_ld.page.sections import Section
    from umr_ld.record import Value
    from umr_ld.registry.views import Concern, Event, Resolved, Shown
    from umr_ld.risk import Answer, Step
    from umr_ld.scores import Answered, Score
    from umr_ld.vocab import Vocabulary

BELOW = 25
"""Records downstream that are named."""

_LINK_COLUMNS = frozenset(
    f"{UMR}{name}"
    for name in ("relation", "artifact", "versions", "revision", "inherit", "evidence", "external")
)
"""What a link says in columns of their own."""


ANSWERS = {"affected": "affected", "possibly": "possibly affected", "clear": "clear"}
"""Labels of answers as they stand in a sentence."""


class Words:
    """What the ontology calls things, and where they are.

    Args:
        vocabulary: labels and order.
        base: of the registry.
    """

    def __init__(self, vocabulary: Vocabulary, base: Base) -> None:
        self.vocabulary = vocabulary
        self.base = base

    def kind(self, key: str) -> str:
        """The label of a kind."""
        known = self.vocabulary.kinds.get(key)
        return known.label if known is not None else key

    def relation(self, key: str) -> str:
        """The label of a relation."""
        known = self.vocabulary.relations.get(key)
        return known.label if known is not None else key

    def thing(self, name: object) -> Cell:
        """A record or artifact, with its address where that may be followed."""
        address = self.base.artifact(name)
        return Cell(str(name), address if address.startswith(("http://", "https://")) else "")

    def way(self, path: Iterable[Step | Hop]) -> str:
        """A path, read upwards."""
        return " → ".join(f"{self.relation(one.relation)} {one.reached or one.artifact}" for one in path)


def record_page(
    found: Shown,
    vocabulary: Vocabulary,
    base: Base,
    *,
    concerns: Sequence[Concern] | None,
    below: Sequence[Hit],
    history: Sequence[Event],
    more: Iterable[Part] = (),
) -> Page:
    """The page of a record.

    Args:
        found: the record with everything that holds for it.
        vocabulary: groups, labels, order and relations.
        base: by which names are told from foreign IRIs.
        concerns: what is open against it, the gravest first; None where the question means nothing.
        below: what is downstream of it.
        history: of its artifact, newest first.
        more: parts that stand behind what the record says.
    """
    record, words = found.record, Words(vocabulary, base)
    cited = citation_of(found, vocabulary, base)
    parts = [*_sections(found, words), *more, Part("upstream", "Upstream", (_upstream(found, words),))]
    parts.append(Part("downstream", "Downstream", (_downstream(below, words),)))
    if concerns is not None:
        parts.append(Part("verdict", "Open advisories", (_verdict(concerns, words),)))
    parts += _scores(found, words)
    parts.append(Part("history", "History", (_history(history, words),)))
    parts.append(Part("this-record", "This record", (_identity(found, words),)))
    return Page(
        title=record.title,
        kind=words.kind(record.kind),
        reference=str(record.ref),
        address=record.iri,
        lead=f"{'Taken over' if record.peer else 'Published'} {day(found.published)} by {found.agent or 'unknown'}",
        time=found.published,
        author=", ".join(cited.authors),
        banners=tuple(_banners(found, concerns, words)),
        parts=tuple(parts),
        citation=cited,
        body=found.body,
        values=_values(found, vocabulary),
        links=tuple((link.relation, link.artifact) for link in record.links),
    )


def _values(found: Shown, vocabulary: Vocabulary) -> Mapping[str, tuple[str, ...]]:
    plain = {}
    for name, held in found.effective.values.items():
        if not any(isinstance(one.value, Node) for one in held):
            plain[vocabulary.key_of(name) or name] = tuple(shown(one.value) for one in held)
    return plain


# -- what the record says


def _sections(found: Shown, words: Words) -> Iterator[Part]:
    held = {
        words.vocabulary.key_of(name, None) or name: [one.value for one in several]
        for name, several in found.effective.values.items()
    }
    parts = (_section(section, held, words) for section in page_of(found, words.vocabulary, words.base))
    yield from (part for part in parts if part.blocks)


def _section(section: Section, held: Mapping[str, Sequence[Value]], words: Words) -> Part:
    """What has parts of its own is told as a table, and drawn where it was measured. The title stands above."""
    tables: list[Block] = []
    plain = []
    for row in section.rows:
        if row.key == "title":
            continue
        table = table_of(row)
        if table is None:
            plain.append(row)
        else:
            tables += [table, *bars_of(held.get(row.key, ()), words.vocabulary, words.base)]
    return Part(section.key, section.label, (*((Facts(tuple(plain)),) if plain else ()), *tables))


# -- where it comes from, and where it went


def _upstream(found: Shown, words: Words) -> Block:
    if not found.links:
        return Note("The record names nothing that it was made from.")
    nodes = {value.iri: value for value in found.record.values(f"{UMR}upstream") if isinstance(value, Node)}
    rows = [_link(one, nodes.get(one.link.iri), words) for one in found.links[:ROWS]]
    return Table(
        "What it was made from, as its publisher says",
        ("relation", "artifact", "versions", "reaches", "evidence", "more"),
        tuple(rows),
        max(len(found.links) - ROWS, 0),
    )


def _link(one: Resolved, node: Node | None, words: Words) -> tuple[Cell, ...]:
    link = one.link
    versions = "all" if link.versions.is_everything else str(link.versions)
    revision = f"revision {link.revision}" if link.revision else ""
    marks = ", ".join(
        part for part in (link.evidence or "not said", "inherits" if link.inherit else "") if part
    )
    return (
        Cell(words.relation(link.relation)),
        words.thing(link.artifact),
        Cell(revision or versions),
        Cell("nothing is recorded") if one.reached is None else words.thing(one.reached),
        Cell(marks),
        _beside(node, words),
    )


def _beside(node: Node | None, words: Words) -> Cell:
    """Whatever else a link says: a property that is new needs no column."""
    if node is None:
        return Cell("")
    facts = {name: said for name, said in node.facts.items() if name not in _LINK_COLUMNS}
    said = parts_of(Node(node.iri, facts), words.vocabulary, words.base)
    if len(said) == 1 and (cell := linked(said[0][1])).link:
        return Cell(said[0][0], cell.link)
    return Cell("; ".join(f"{label}: {text}" for label, text in said))


def _downstream(below: Sequence[Hit], words: Words) -> Block:
    if not len(below):
        return Note("No record says that it was made from this.")
    rows = tuple((words.thing(hit.ref), Cell(words.way(hit.path))) for hit in islice(below, BELOW))
    number = f"{len(below):,} record{'s' if len(below) != 1 else ''} downstream, each with a shortest way"
    return Table(number, ("record", "way"), rows, len(below) - len(rows))


# -- how it stands


def _verdict(concerns: Sequence[Concern], words: Words) -> Block:
    if not concerns:
        return Note("No open advisory reaches it.")
    rows = [
        (
            _answer(one.answer),
            Cell(one.advisory.title, words.thing(one.advisory.ref).link),
            Cell(words.way(one.path) or "named itself"),
            _cleared(one, words),
        )
        for one in concerns[:ROWS]
    ]
    return Table(
        "Advisories that are open against it, the gravest first",
        ("answer", "advisory", "way", "what clears it"),
        tuple(rows),
        max(len(concerns) - ROWS, 0),
    )


def _answer(answer: Answer) -> Cell:
    return Cell(ANSWERS.get(answer.label, answer.label), tone=answer.label)


def _cleared(one: Concern, words: Words) -> Cell:
    if one.fix:
        return words.thing(one.fix)
    if one.statement is not None:
        without = ANSWERS.get(one.arrives.label, one.arrives.label)
        return Cell(f"{one.statement} says so; without it {without}", words.thing(one.statement).link)
    return Cell("no fixed version is known")


def _banners(found: Shown, concerns: Sequence[Concern] | None, words: Words) -> Iterator[Banner]:
    if found.withdrawn is not None:
        yield Banner("affected", f"Withdrawn on {day(found.withdrawn)}: {found.reason}")
    if found.gone is not None:
        noted = f"noted on {day(found.gone)}: {found.gone_from}"
        yield Banner("possibly", f"Gone from where it was published, {noted}")
    if peer := found.record.peer:
        yield Banner("", f"Another registry, {peer}, published this and answers for it", found.record.iri)
    if found.newest != found.record.ref:
        yield Banner("", f"There is a newer version: {found.newest}", words.thing(found.newest).link)
    if concerns:
        worst = max(concerns, key=lambda one: one.answer)
        way = words.way(worst.path)
        told = f"{ANSWERS[worst.answer.label].capitalize()}: {worst.advisory.title}"
        others = f" (and {len(concerns) - 1} more)" if len(concerns) > 1 else ""
        yield Banner(worst.answer.label, f"{told}{f', by {way}' if way else ''}{others}")


def _scores(found: Shown, words: Words) -> Iterator[Part]:
    """A part for each question set: how many points, by domain, and the answers with what stands behind them."""
    for number, score in enumerate(found.scores, 1):
        tallies = [
            tuple(Cell(str(text)) for text in (one.label, one.yes, one.answered, one.total))
            for one in (*score.by_domain, score.overall)
        ]
        told = score.overall
        title = score.question_set.title
        blocks = (
            Table(
                f"{told.yes} of {told.total}, by domain",
                ("domain", "yes", "answered", "asked"),
                tuple(tallies),
            ),
            _indicators(score, words),
        )
        yield Part("scores" if number == 1 else f"scores-{number}", f"{title} scores", blocks)


def _indicators(score: Score, words: Words) -> Block:
    rows = tuple(
        (
            Cell(one.question.notation),
            Cell(one.question.label),
            Cell(one.answer),
            _evidence(one),
            Cell("") if one.origin is None else words.thing(one.origin),
        )
        for one in score.answers
    )
    head = ("number", "indicator", "answer", "evidence", "from")
    missing = f"; {len(score.missing)} without an answer" if score.missing else ""
    return Table(f"{len(rows)} answers{missing}", head, rows)


def _evidence(one: Answered) -> Cell:
    if len(one.sources) == 1 and not one.note:
        return linked(one.sources[0])
    return Cell("; ".join(part for part in (one.note, *one.sources) if part))


# -- the record itself


def _history(history: Sequence[Event], words: Words) -> Block:
    rows = [
        (
            Cell(day(one.time)),
            words.thing(one.ref),
            Cell(one.done),
            Cell(one.agent),
            Cell(one.reason or "; ".join(one.changes)),
        )
        for one in history[:ROWS]
    ]
    head = ("date", "record", "what", "by", "changes")
    return Table("What happened to it, newest first", head, tuple(rows), max(len(history) - ROWS, 0))


def _identity(found: Shown, words: Words) -> Block:
    record = found.record
    rows = [
        (Cell("reference"), Cell(str(record.ref))),
        (Cell("identifier"), Cell(record.iri, record.iri)),
        (Cell("digest"), Cell(f"sha256 {record.digest}")),
        (Cell("journal entry"), Cell(str(found.seq))),
        (Cell("newest version"), words.thing(found.newest)),
        *((Cell("also known as"), words.thing(one.name)) for one in found.aliases),
        (Cell("versions"), Cell(", ".join(str(one.version) for one in found.versions[:50]))),
    ]
    return Table("", ("", ""), tuple(rows))
