"""The verbs `advisory` and `statement`: what is wrong with what, and what is said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from umr_ld.cli import drafts, keeping, options
from umr_ld.cli.findings import human
from umr_ld.cli.options import group, verb
from umr_ld.cli.verbs import VERBS
from umr_ld.errors import Missing
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.publications import HEAD, publication_json, publication_row, publications_words
from umr_ld.render.text import one_line, table
from umr_ld.render.verdicts import advisory_json

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.cli.session import Session
    from umr_ld.registry import Registry
    from umr_ld.remote import RemoteRegistry
    from umr_ld.risk import Advisory

_HEAD = ("advisory", "severity", "risks", "affects", "title")


@verb("advisories", *options.asked(), options.at, forms=("table", "json", "csv"))
@click.option("--about", metavar="NAME", help="Only those that name this artifact.")
def advisories(session: Session, about: str | None, at: datetime | None) -> None:
    """List the advisories that count: of each the newest revision that is not withdrawn."""
    with session.ask() as registry:
        found = registry.advisories(about=None if about is None else [about], at=at)
    rows = [_row(one) for one in found]
    style = session.style
    session.give(
        human=lambda: "".join(f"{style.bold(row[0])}  {row[1]}  {one_line(row[4])}\n" for row in rows),
        table=lambda: table(_HEAD, rows, width=session.width, style=style),
        json=lambda: as_json([advisory_json(one) for one in found]),
        csv=lambda: as_csv(_HEAD, rows),
    )
    session.say(count(len(found), "advisory", "advisories"))


def _row(one: Advisory) -> list[str]:
    risks = " ".join(risk.rpartition("#")[2] for risk in one.risks)
    return [str(one.ref), one.severity.label, risks, " ".join(one.scopes), one.title]


@verb("import", *options.asked(), options.agent, forms=("json", "csv"))
@click.argument("paths", nargs=-1, required=True, metavar="FILE…")
def import_advisories(session: Session, paths: tuple[str, ...], agent: str) -> int:
    """Take over OSV advisories: JSON objects, JSON lines, folders of them.

    What OSV says beyond the keys of an advisory is kept, and `export` gives it back. An advisory that was
    imported before and differs becomes its next version; one that does not is left as it is.
    """
    return _import(session, "osv", paths, agent)


@verb("import", *options.asked(), options.agent, forms=("json", "csv"))
@click.argument("paths", nargs=-1, required=True, metavar="FILE…")
def import_statements(session: Session, paths: tuple[str, ...], agent: str) -> int:
    """Take over OpenVEX documents; each of their statements becomes a record.

    A statement that was imported before and differs becomes its next version.
    """
    return _import(session, "openvex", paths, agent)


def _import(session: Session, form: str, paths: tuple[str, ...], agent: str) -> int:
    from umr_ld.files import documents
    from umr_ld.formats import format_named
    from umr_ld.registry.revising import is_older, newest_of_each, next_version

    reader = format_named(form).read
    assert reader is not None
    with session.ask(write=True) as registry:
        read = reader([documents(paths)], registry.vocabulary)
        newest = newest_of_each(read.drafts)
        later = [draft for draft in newest if not is_older(registry, draft)]
        drafts = [next_version(registry, draft) for draft in later]
        done = registry.import_trees([draft for draft in drafts if draft is not None], agent=agent)
    for row in read.losses:
        session.say(one_line(str(row)))
    for refused in done.refused:
        for finding in refused.report.violations:
            session.tell(human(finding, session.message_style))
    session.give(
        human=lambda: publications_words(done.published),
        json=lambda: as_json([publication_json(one) for one in done.published]),
        csv=lambda: as_csv(HEAD, [publication_row(one) for one in done.published]),
    )
    unread = sum(row.why.startswith("not read") for row in read.losses)
    same, older = sum(draft is None for draft in drafts), len(read.drafts) - len(later)
    session.say(
        f"{count(len(done.published), 'record')} published, {same} unchanged, "
        + (f"{older} older than what is known, " if older else "")
        + f"{len(done.refused) + unread} left out"
    )
    return 1 if done.refused or unread else 0


@verb("export", *options.asked(), options.at, forms=("json",))
@click.argument("reference")
def export(session: Session, reference: str, at: datetime | None) -> None:
    """Write an advisory as OSV 1.7. One that was imported and not revised comes back as it came."""
    from umr_ld.registry.exporting import as_osv

    with session.ask() as registry:
        shown = registry.show(require_name(registry, reference, at), at=at)
        text = as_osv(shown, registry.base, registry.vocabulary)
    session.give(human=lambda: text, json=lambda: text)


@verb("export", *options.asked(), options.at, forms=("json",))
@click.argument("reference")
def export_statement(session: Session, reference: str, at: datetime | None) -> None:
    """Write a statement as OpenVEX 0.2.0. One that was imported and not revised comes back as it came."""
    from umr_ld.registry.exporting import as_openvex

    with session.ask() as registry:
        shown = registry.show(_named(reference, "statement"), at=at)
        text = as_openvex(shown, registry.base, registry.vocabulary)
    session.give(human=lambda: text, json=lambda: text)


def require_name(registry: Registry | RemoteRegistry, reference: str, at: datetime | None) -> str:
    """The full reference of the advisory that a person means.

    Args:
        registry: where it is.
        reference: name, last segment, or alias.
        at: moment; None for now.

    Raises:
        Missing: if there is none.
    """
    found = registry.advisory(reference, at=at)
    if found is None:
        raise Missing(f"there is no advisory {reference!r}", remedy="`umr advisory list` names them")
    return str(found.ref)


def _named(text: str, below: str) -> str:
    return text if text.startswith(f"{below}/") else f"{below}/{text}"


def _new(below: str, kind: str) -> click.Command:
    """The subcommand that writes a draft; its identifier is put below the name that all of its kind have."""

    @verb("new", options.output, options.yes)
    @click.argument("identifier")
    @click.option("--title", default="", metavar="TEXT", help="Its title; the identifier unless given.")
    def new(session: Session, identifier: str, title: str) -> int | None:
        return drafts.write_draft(session, _named(identifier, below), kind, title)

    new.help = f"Write a commented draft of {'an' if kind[0] in 'AEIOU' else 'a'} {kind.lower()}."
    return new


advisory = group("advisory", VERBS["advisory"].summary)
advisory.add_command(advisories, "list")
advisory.add_command(_new("advisory", "Advisory"), "new")
advisory.add_command(import_advisories, "import")
advisory.add_command(export, "export")
advisory.add_command(drafts.publish, "publish")
advisory.add_command(keeping.withdraw, "withdraw")

statement = group("statement", VERBS["statement"].summary)
statement.add_command(_new("statement", "Statement"), "new")
statement.add_command(import_statements, "import")
statement.add_command(export_statement, "export")
statement.add_command(drafts.publish, "publish")
statement.add_command(keeping.withdraw, "withdraw")
