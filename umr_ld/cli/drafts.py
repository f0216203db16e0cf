"""Verbs about drafts: `new`, `validate`, `bump`, `publish`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from umr_ld.cli import findings, options
from umr_ld.cli.delivering import allow_http, allow_private
from umr_ld.cli.harvesting import Reach, endpoint
from umr_ld.cli.options import kind_of, verb
from umr_ld.cli.progress import progress
from umr_ld.cli.session import INTERRUPTED
from umr_ld.cli.version import version
from umr_ld.errors import Malformed, Missing
from umr_ld.render.answers import checked_json
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.publications import HEAD, publication_json, publication_row, publications_words
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from umr_ld.cli.progress import Step
    from umr_ld.cli.session import Session
    from umr_ld.document import Document
    from umr_ld.registry import Registry
    from umr_ld.registry.views import Checked, Concern, Published
    from umr_ld.remote import RemoteRegistry
    from umr_ld.render.text import Style

_TOLD = 10
"""Advisories that are told when records are published."""

_PATHS = click.argument("paths", nargs=-1, required=True, metavar="PATH…")


@verb("new", options.output, options.yes, endpoint, allow_http, allow_private)
@click.argument("name", default="")
@click.option(
    "--from",
    "source",
    default="",
    metavar="PATH|hf:…|kaggle:…",
    help="Begin with what a card, a folder, or a hub says: hf:owner/name, kaggle:owner/name.",
)
@click.option("--kind", default="Model", show_default=True, metavar="KIND", help="Model, Dataset, Family, …")
@click.option(
    "--title", default="", metavar="TEXT", help="Its title; the last part of the name unless given."
)
def new(
    session: Session,
    name: str,
    source: str,
    kind: str,
    title: str,
    endpoint: str,
    allow_http: bool,
    allow_private: bool,
) -> int | None:
    """Write a commented draft of a record.

    The draft is YAML with every key that a record of its kind can have, each with what it means. It is
    valid as it is; take the # away from what you know, and delete the rest. With --from it holds what the
    card says, or a hub; what was concluded from files, the name or the text is marked as inferred, with
    what it was concluded from, and standard error tells what to look at and to fill in.
    """
    if source:
        from umr_ld.cli.outlining import outlined

        reach = Reach(endpoint, http=allow_http, private=allow_private)
        return give_draft(session, lambda: outlined(session, name, source, reach, title=title))
    if not name:
        raise Malformed(
            "the draft has no name",
            where="NAME",
            remedy="write `umr new lab/model`, or `--from` where it is to begin",
        )
    return write_draft(session, name, kind, title)


def write_draft(session: Session, name: str, kind: str, title: str) -> int | None:
    """Write a commented draft where the session says; gives the exit code.

    Args:
        session: this run.
        name: of the artifact.
        kind: key of its class, in any case of letters.
        title: its title, or empty.
    """
    from umr_ld.names import Name
    from umr_ld.render.draft import commented_draft
    from umr_ld.vocab import vocabulary

    known = vocabulary()
    text = commented_draft(Name.parse(name), kind_of(kind, known.kinds), known, title=title)
    return give_draft(session, lambda: text)


def give_draft(session: Session, made: Callable[[], str]) -> int | None:
    """Write a draft where the session says, unless something is there that is to stay; gives the exit code.

    Args:
        session: this run.
        made: makes the draft.
    """
    if session.path and Path(session.path).exists():
        question = f"{session.path} is there already. Overwrite it?"
        if not session.confirm(question):
            session.tell("nothing was changed")
            return INTERRUPTED
    text = made()
    session.give(human=lambda: text)
    if session.path:
        session.say(f"wrote {session.path}; `umr validate {session.path}` checks it")
    elif session.width:
        session.say("-o FILE writes it into a file")
    return None


@verb("validate", *options.asked(), forms=findings.FORMS)
@_PATHS
def validate(session: Session, paths: tuple[str, ...]) -> int:
    """Check drafts as publishing would.

    A PATH is a file, a folder (every record below it), or - for standard input. All faults of all drafts
    are told, each with file, line, rule and remedy. Without a registry the drafts are checked by
    themselves and against each other.
    """
    from umr_ld.files import documents

    with _registry_or_empty(session) as registry, progress(session, "reading") as step:
        given = list(documents(paths))
        checked = registry.validate(_counted(given, step))
    order = {document.source: at for at, document in enumerate(given)}
    checked = tuple(sorted(checked, key=lambda one: order.get(one.document.source, 0)))
    found = {one.document.source: tuple(one.report) for one in checked}
    style = session.style
    session.give(
        human=lambda: "".join(_checked_words(one, style) for one in checked),
        json=lambda: as_json(checked_json(checked)),
        sarif=lambda: findings.sarif(found, version()),
        github=lambda: findings.github(found),
        junit=lambda: findings.junit(found),
    )
    valid = sum(1 for one in checked if one.report)
    session.say(f"{valid:,} of {count(len(checked), 'draft')} valid")
    return 0 if valid == len(checked) else 1


def _counted(given: Sequence[Document], step: Step | None) -> Iterator[Document]:
    for done, document in enumerate(given, 1):
        yield document
        if step is not None:
            step(done, len(given))


def _registry_or_empty(session: Session) -> Registry | RemoteRegistry:
    """The registry; where none is named and none is found, an empty one."""
    try:
        return session.ask()
    except Missing:
        if session.store:
            raise
    from umr_ld.registry import Registry

    session.say("there is no registry here: the drafts are checked by themselves and against each other")
    return Registry.in_memory()


def _checked_words(one: Checked, style: Style) -> str:
    lines = [findings.human(finding, style) for finding in one.report]
    if one.report:
        ref = f" ({one.reading.record.ref})" if one.reading is not None else ""
        lines.append(f"{one_line(one.document.source)}: {style.good('valid')}{ref}")
    return "".join(f"{line}\n" for line in lines)


@verb("bump", *options.asked(), forms=("json", "csv"))
@click.argument("draft")
def bump(session: Session, draft: str) -> None:
    """Say what a draft changes, and the least version that would do.

    DRAFT is a file, or - for standard input; it is compared with the newest published version, and the
    version that it states itself does not matter.
    """
    from umr_ld.cli.reading import give_changes
    from umr_ld.files import documents

    given = list(documents([draft]))
    if len(given) != 1:
        raise Malformed(f"there are {len(given)} drafts", where=draft, remedy="name one of them")
    with session.ask() as registry:
        found, newest, least = registry.bump(given[0])
    if newest is None:
        give_changes(session, found, version=str(least))
        session.say("nothing of this name is published yet: any version will do")
        return
    give_changes(session, found, published=str(newest), version=str(least))
    level = found.level.name.lower() if found.level is not None else ""
    session.say(
        f"{newest} is published; this is a {level} step, so the least version is {least}"
        if level
        else f"nothing differs from {newest}, which is published"
    )


@verb("publish", *options.asked(), options.agent, options.dry_run, forms=("json", "csv"))
@_PATHS
def publish(session: Session, paths: tuple[str, ...], agent: str, dry_run: bool) -> None:
    """Publish records: all of them, or none.

    A PATH is a file, a folder (every record below it), or - for standard input. The order is found. If one
    record is invalid, none is published and every fault is told. Publishing the same again changes
    nothing, and is no error. What is affected by an advisory is published all the same, and said to be so.
    """
    from umr_ld.files import documents

    given = list(documents(paths))
    with (
        session.ask(write=not dry_run) as registry,
        progress(session, "reading") as reading,
        progress(session, "publishing") as step,
    ):
        done = registry.publish(_counted(given, reading), agent=agent, dry_run=dry_run, progress=step)
        new_ones = [str(one.ref) for one in done if one.status == "published"]
        open_ = () if dry_run else registry.check(new_ones)
    _tell_warnings(session, done)
    _tell_concerns(session, open_)
    session.give(
        human=lambda: publications_words(done),
        json=lambda: as_json([publication_json(one) for one in done]),
        csv=lambda: as_csv(HEAD, [publication_row(one) for one in done]),
    )
    new = sum(one.status == "published" for one in done)
    would = "would be " if dry_run else ""
    session.say(f"{count(new, 'record')} {would}published, {len(done) - new} unchanged")


def _tell_concerns(session: Session, found: Sequence[Concern]) -> None:
    """Advisories that are open against what was published; of very many the first ones."""
    from umr_ld.cli.verdicts import concern_words

    told = [one for one in found if one.answer]
    for one in told[:_TOLD]:
        session.say(f"{session.message_style.warn('advisory')}: {one_line(concern_words(one))}")
    if len(told) > _TOLD:
        session.say(f"and {len(told) - _TOLD:,} more; `umr check` tells all")


def _tell_warnings(session: Session, done: tuple[Published, ...]) -> None:
    for one in done:
        for finding in one.report:
            session.say(findings.human(finding, session.message_style))
