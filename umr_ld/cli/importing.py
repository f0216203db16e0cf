"""The verb `import`: what others wrote, taken over leniently."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from umr_ld.cli import options
from umr_ld.cli.delivering import allow_http, allow_private
from umr_ld.cli.exchanging import Terms, is_exchanged, take_over
from umr_ld.cli.harvesting import Reach, endpoint, take_lists
from umr_ld.cli.options import verb
from umr_ld.cli.progress import progress
from umr_ld.errors import Malformed
from umr_ld.formats.loss import LossReport
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.publications import HEAD, publication_json, publication_row, publications_words
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from umr_ld.cli.session import Session
    from umr_ld.formats.loss import Loss
    from umr_ld.registry.views import Checked, Imported

_LOSS_HEAD = ("place", "property", "value", "why")


@verb("import", options.store, options.agent, endpoint, allow_http, allow_private, forms=("json", "csv"))
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…")
@click.option(
    "--loss",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the loss report into FILE (.csv or .json) instead of telling it.",
)
@click.option(
    "--base", default="", metavar="IRI", help="Base IRI of the other registry, if it is not its address."
)
@click.option(
    "--label", default="", metavar="LABEL", help="What it is called here; the host of its base IRI."
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    metavar="N",
    help="How many processes read a long list of the Hugging Face Hub; as many as there are processors unless given.",
)
def import_(
    session: Session,
    sources: tuple[str, ...],
    loss: Path | None,
    base: str,
    label: str,
    jobs: int | None,
    agent: str,
    endpoint: str,
    allow_http: bool,
    allow_private: bool,
) -> int:
    """Take over what hubs list, or what others wrote in a format that `umr formats` lists as read.

    A SOURCE is hf:owner/name, hf:datasets/owner/name, hf:author/*, hf:tree/owner/name (a model and all that
    was made from it), kaggle:owner/model, kaggle:datasets/owner/name, kaggle:owner/*, or a file in .jsonl or
    .jsonl.gz with an object of the hub's API a line. Again, only what changed is published, as next versions,
    and what is gone from the hub is noted. Or it is the address of another registry, or what its `umr export`
    wrote: that is taken over as it is, under the other registry's label. Or it is a file or a folder, whose
    format is told from what stands in it. Legacy YAML records are <name>/<name>-<version>.yaml, and several
    repositories of them are stacked: what the first one has hides the same name and version in the next. What
    cannot be said in a record is told on standard error, row by row; what is invalid or cannot be read is
    left out, and the exit code is then 1.
    """
    from umr_ld.files import documents
    from umr_ld.harvest.sources import is_source

    exchanged = [is_exchanged(source) for source in sources]
    if all(exchanged):
        return take_over(session, sources, Terms(base, label, allow_http, allow_private), agent)
    if any(exchanged):
        raise Malformed(
            "other registries and other files are not stacked",
            where="SOURCE",
            remedy="import one after the other",
        )
    if all(map(is_source, sources)):
        reach = Reach(endpoint, http=allow_http, private=allow_private)

        def tell(rows: Sequence[Loss]) -> None:
            tell_losses(session, LossReport(tuple(rows)), loss)

        return take_lists(session, sources, reach, agent, tell, jobs)
    if any(map(is_source, sources)):
        raise Malformed(
            "lists of hubs and other files are not stacked",
            where="SOURCE",
            remedy="import one after the other",
        )
    from umr_ld.formats.recognition import read_any

    with session.open(write=True) as registry:
        translation = read_any([list(documents([source])) for source in sources], registry.vocabulary)
        with progress(session, "importing") as step:
            done = registry.import_trees(translation.drafts, agent=agent, progress=step)
    tell_losses(session, translation.losses, loss)
    session.give(
        human=lambda: publications_words(done.published),
        json=lambda: as_json(_imported_json(done, translation.losses)),
        csv=lambda: as_csv(HEAD, [publication_row(one) for one in done.published]),
    )
    unread = [row for row in translation.losses if is_unread(row)]
    _tell_refused(session, done.refused)
    new = sum(one.status == "published" for one in done.published)
    session.say(
        f"{count(new, 'record')} published, {len(done.published) - new} unchanged, "
        f"{len(done.refused) + len(unread)} left out; {count(len(translation.losses), 'row')} in the loss report"
    )
    return 1 if done.refused or unread else 0


def is_unread(row: Loss) -> bool:
    """Whether something was left out, and not because another one stands for it.

    Args:
        row: of a loss report.
    """
    return row.why.startswith("not read: ") and not row.why.startswith("not read: hidden")


def tell_losses(session: Session, losses: Iterable[Loss], target: Path | None) -> None:
    """Tell a loss report, or write it into a file.

    Args:
        session: this run.
        losses: the rows.
        target: the file, `.json` or CSV; None to tell.
    """
    if target is None:
        for row in losses:
            session.say(one_line(str(row)))
        return
    from umr_ld.cli.session import write_file

    rows = [row.as_dict() for row in losses]
    csv = as_csv(_LOSS_HEAD, [[row[key] for key in _LOSS_HEAD] for row in rows])
    write_file(target, (as_json(rows) if target.suffix == ".json" else csv).encode())


def _tell_refused(session: Session, refused: tuple[Checked, ...]) -> None:
    from umr_ld.cli.findings import human

    for checked in refused:
        for finding in checked.report.violations:
            session.say(human(finding, session.message_style))


def _imported_json(done: Imported, losses: LossReport) -> dict[str, Any]:
    return {
        "published": [publication_json(one) for one in done.published],
        "refused": [
            {"source": one.document.source, "findings": [finding.as_dict() for finding in one.report]}
            for one in done.refused
        ],
        "losses": [row.as_dict() for row in losses],
    }
