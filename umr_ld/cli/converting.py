"""The verbs `convert` and `formats`: from one format to another, and what formats there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from umr_ld.cli import options
from umr_ld.cli.importing import is_unread, tell_losses
from umr_ld.cli.options import verb
from umr_ld.errors import Malformed, Unreadable
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.text import cells, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from umr_ld.addresses import Base
    from umr_ld.cli.session import Session
    from umr_ld.document import Document
    from umr_ld.formats.draft import Draft
    from umr_ld.formats.loss import Loss
    from umr_ld.formats.table import Format
    from umr_ld.media import Media
    from umr_ld.vocab import Vocabulary

_HEAD = ("format", "reads", "writes", "kinds", "keeps", "loses", "title")


@verb("convert", options.store, options.registry, options.token_file, options.output)
@click.argument("source", metavar="IN")
@click.option(
    "--from", "source_format", default="", metavar="FORMAT", help="The format of IN; else told from it."
)
@click.option(
    "--to", "target", required=True, metavar="FORMAT", help="The format to write; `umr formats` lists them."
)
@click.option(
    "--loss",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the loss report into FILE (.csv or .json) instead of telling it.",
)
def convert(session: Session, source: str, source_format: str, target: str, loss: Path | None) -> int:
    """Write in one format what stands in another.

    IN is a file, a folder, - for standard input, or the reference of a record. What does not come through,
    or only where no one else reads it, is told on standard error, row by row. Of several records each
    becomes a file in the folder that -o names.
    """
    from umr_ld.formats import format_named
    from umr_ld.formats.recognition import read_any
    from umr_ld.vocab import vocabulary

    row, known = format_named(target), vocabulary()
    if row.write is None:
        raise Malformed(
            f"{row.title} is only read", where="--to", remedy="`umr formats` lists what is written"
        )
    if source_format:
        format_named(source_format)
    documents, base = _documents(session, source)
    translation = read_any([documents], known, source_format)
    losses: list[Loss] = [*translation.losses]
    written = _written(translation.drafts, row, _media(session, row), base, known, losses)
    if not written:
        tell_losses(session, losses, loss)
        raise Unreadable("nothing in it could be converted", where=source, remedy="the loss report says why")
    _give(session, written)
    tell_losses(session, losses, loss)
    session.say(f"{count(len(written), 'record')} written; {count(len(losses), 'row')} in the loss report")
    return 1 if any(map(is_unread, losses)) else 0


def _documents(session: Session, source: str) -> tuple[list[Document], Base]:
    """What the source names: files of this machine, else a record of the registry."""
    from umr_ld.addresses import Base
    from umr_ld.document import Document
    from umr_ld.files import documents

    if source == "-" or Path(source).exists():
        return list(documents([source])), Base()
    with session.ask() as registry:
        shown = registry.show(source)
        return [Document(shown.body, source=str(shown.record.ref))], registry.base


def _media(session: Session, row: Format) -> Media:
    """The syntax that the name of the file asks for, if the format is written in it."""
    ending = Path(session.path).suffix.lower()
    return next((media for media in row.media if ending in media.endings), row.media[0])


def _written(
    drafts: Sequence[Draft], row: Format, media: Media, base: Base, known: Vocabulary, losses: list[Loss]
) -> dict[str, bytes]:
    """The documents, by the name that each has as a file."""
    from umr_ld.errors import UmrError
    from umr_ld.formats.draft import Subject
    from umr_ld.formats.loss import Loss
    from umr_ld.media import Media

    assert row.write is not None
    found: dict[str, bytes] = {}
    for draft in drafts:
        try:
            subject = Subject.of(draft.tree, base, known)
        except UmrError as error:
            faults = "; ".join(map(str, getattr(error, "report", ()))) or error.what
            losses.append(Loss("", "", f"not read: it makes no record: {faults}", draft.tree.source))
            continue
        if subject.kind not in row.kinds:
            why = f"not read: {row.title} describes {', '.join(row.kinds)}, and no {subject.kind}"
            losses.append(Loss("type", f"{subject.name}@{subject.version}", why, draft.tree.source))
            continue
        made = row.write(subject, media)
        losses += made.losses
        ending = ".json" if media is Media.JSONLD else media.endings[0]
        found[f"{subject.name.replace('/', '-')}-{subject.version}{ending}"] = made.body
    return found


def _give(session: Session, written: dict[str, bytes]) -> None:
    from umr_ld.cli.session import write_file

    folder = Path(session.path) if session.path else None
    if folder is not None and folder.is_dir():
        for name, body in written.items():
            write_file(folder / name, body)
        return
    if len(written) > 1:
        raise Malformed(
            f"these are {len(written)} records, and a document holds one",
            where="-o",
            remedy="name a folder that is there with -o FOLDER, and each becomes a file in it",
        )
    (body,) = written.values()
    session.give(human=lambda: body)


@verb("formats", forms=("json", "csv"))
def formats(session: Session) -> None:
    """List the formats of others, and what each loses.

    What is kept has no words in the format, and stands in it where only umr reads it.
    """
    from umr_ld.formats import FORMATS
    from umr_ld.vocab import vocabulary

    known = vocabulary()
    rows = [_row(one, known) for one in FORMATS.values()]
    session.give(
        human=lambda: _table([[*row[:5], row[6]] for row in rows]),
        json=lambda: as_json([dict(zip(_HEAD, row, strict=True)) for row in rows]),
        csv=lambda: as_csv(_HEAD, rows),
    )


def _row(one: Format, known: Vocabulary) -> list[str]:
    return [
        one.label,
        "yes" if one.read is not None else "no",
        "yes" if one.write is not None else "no",
        " ".join(one.kinds),
        one.keeps,
        " ".join(one.lost(known)),
        one.title,
    ]


def _table(rows: Sequence[Sequence[str]]) -> str:
    head = [*_HEAD[:5], _HEAD[6]]
    widths = [max(cells(row[at]) for row in (head, *rows)) for at in range(len(head))]
    lines = []
    for row in (head, *rows):
        padded = [
            one_line(cell) + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        lines.append("  ".join(padded).rstrip() + "\n")
    return "".join(lines)
