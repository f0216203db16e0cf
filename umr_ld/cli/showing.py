"""The verb `show`: one record, for people and in every syntax of its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from umr_ld.cli import options
from umr_ld.cli.options import verb
from umr_ld.page import page_of
from umr_ld.render.aliases import alias_words
from umr_ld.render.answers import shown_json
from umr_ld.render.output import as_json, day
from umr_ld.render.record import as_text
from umr_ld.render.text import cells, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from umr_ld.addresses import Base
    from umr_ld.cli.session import Session
    from umr_ld.page import Section
    from umr_ld.record import Record
    from umr_ld.registry.views import Resolved, Shown
    from umr_ld.render.text import Style
    from umr_ld.scores import Score
    from umr_ld.vocab import Vocabulary

_SYNTAXES = {"ttl": "TURTLE", "nq": "N_QUADS", "nt": "N_TRIPLES"}


@verb("show", *options.asked(), options.at, forms=("json", "jsonld", "yaml", *_SYNTAXES))
@click.argument("reference")
@click.option("--effective/--stated", default=True, help="With what is inherited (the default), or without.")
def show(session: Session, reference: str, effective: bool, at: datetime | None) -> None:
    """Show a record, and where each inherited value comes from.

    REFERENCE is NAME, NAME@VERSION or NAME@RANGE; the best matching version is shown. The forms jsonld,
    yaml, ttl, nq and nt give what was published; jsonld gives the very bytes.
    """
    with session.ask() as registry:
        found = registry.show(reference, at=at)
        base, vocabulary = registry.base, registry.vocabulary
    session.give(
        human=lambda: "\n".join(
            _blocks(found, page_of(found, vocabulary, base), session, stated_only=not effective)
        ),
        json=lambda: as_json(shown_json(found, vocabulary, stated_only=not effective)),
        jsonld=lambda: found.body,
        yaml=lambda: _yaml(found.body),
        **{form: lambda form=form: _graph(found.record, form, base, vocabulary) for form in _SYNTAXES},
    )


def _blocks(
    found: Shown, sections: tuple[Section, ...], session: Session, *, stated_only: bool
) -> Iterator[str]:
    """The parts of the page, each ending with a newline; an empty line goes between them."""
    style = session.style
    yield "".join(f"{line}\n" for line in _head(found, style))
    facts = as_text(sections, stated_only=stated_only, width=session.width, style=style)
    if facts:
        yield facts
    if found.links:
        yield style.bold("Upstream") + "\n" + "".join(f"  {line}\n" for line in _links(found.links, style))
    if found.scores and not stated_only:
        yield style.bold("Scores") + "\n" + "".join(f"  {_score(one)}\n" for one in found.scores)


def _head(found: Shown, style: Style) -> Iterator[str]:
    record = found.record
    yield style.bold(one_line(record.title))
    by = f" by {one_line(found.agent)}" if found.agent else ""
    done = f"taken over from {record.peer}" if record.peer else "published"
    yield f"{record.ref} · {record.kind} · {done} {day(found.published)}{by}"
    yield style.dim(record.iri)
    if found.withdrawn is not None:
        yield style.warn(f"withdrawn {day(found.withdrawn)}: {one_line(found.reason)}")
    if found.gone is not None:
        yield style.warn(f"gone from where it was published {day(found.gone)}: {one_line(found.gone_from)}")
    for one in found.aliases:
        yield f"also known as {one_line(alias_words(one))}"
    if len(found.versions) > 1:
        newest = "" if found.newest == record.ref else f"; the newest is {found.newest.version}"
        yield f"versions: {', '.join(str(one.version) for one in found.versions)}{newest}"


def _links(links: tuple[Resolved, ...], style: Style) -> Iterator[str]:
    rows = [(one.link.relation, _target(one), _reached(one), _evidence(one)) for one in links]
    widths = [max(cells(row[at]) for row in rows) for at in range(3)]
    for row in rows:
        padded = [
            one_line(cell) + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=False)
        ]
        yield f"{'  '.join(padded)}  {style.dim(one_line(row[3]))}".rstrip()


def _target(one: Resolved) -> str:
    link = one.link
    versions = "" if str(link.versions) == "*" else f"@{link.versions}"
    revision = f" revision {link.revision}" if link.revision else ""
    return f"{link.artifact}{versions}{revision}"


def _reached(one: Resolved) -> str:
    if one.reached is None:
        return "(not recorded)"
    return f"→ {one.reached.version} {one.title}"


def _evidence(one: Resolved) -> str:
    said = (one.link.evidence, "inherits" if one.link.inherit else "", one.link.note)
    return ", ".join(part for part in said if part)


def _score(score: Score) -> str:
    tally = score.overall
    answered = f", {tally.answered} answered" if tally.answered != tally.total else ""
    domains = " · ".join(f"{one.label} {one.yes} of {one.total}" for one in score.by_domain)
    return one_line(f"{score.question_set.title}: {tally.yes} of {tally.total}{answered} ({domains})")


def _yaml(body: bytes) -> str:
    import json

    from umr_ld.render.yaml import as_yaml

    return as_yaml(json.loads(body))


def _graph(record: Record, form: str, base: Base, vocabulary: Vocabulary) -> bytes:
    import pyoxigraph as ox

    graph = ox.NamedNode(base.asserted(record.ref))
    terms = (
        [ox.Quad(one.subject, one.predicate, one.object, graph) for one in record.triples]
        if form == "nq"
        else record.triples
    )
    prefixes = dict(vocabulary.prefixes) if form == "ttl" else None
    return ox.serialize(terms, format=getattr(ox.RdfFormat, _SYNTAXES[form]), prefixes=prefixes) or b""
