"""Verbs that follow links: `lineage`, `impact`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from umr_ld.cli import options, verdicts
from umr_ld.cli.options import verb
from umr_ld.errors import Malformed
from umr_ld.render import tree
from umr_ld.render.answers import impact_json
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.rows import HIT, hit_row
from umr_ld.render.text import one_line, table
from umr_ld.risk import Answer

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from umr_ld.cli.session import Session
    from umr_ld.registry import Registry
    from umr_ld.remote import RemoteRegistry


@verb("lineage", *options.asked(), options.at, forms=("tree", "dot", "mermaid", "json"))
@click.argument("reference")
@click.option(
    "--up/--down",
    "up",
    default=True,
    help="To what it was made from (the default), or what was made from it.",
)
@click.option(
    "--depth", type=click.IntRange(0), metavar="N", help="How many links to follow; all unless given."
)
def lineage(session: Session, reference: str, up: bool, depth: int | None, at: datetime | None) -> None:
    """Draw what a record was made from, or what was made from it.

    REFERENCE is NAME, NAME@VERSION or NAME@RANGE. What is reached twice is drawn in full where it stands
    first. A pipe into `dot -Tsvg` makes a picture of --as dot.
    """
    with session.ask() as registry:
        found = registry.lineage(reference, direction="up" if up else "down", depth=depth, at=at)
    style = session.style
    session.give(
        human=lambda: tree.as_text(tree.lines_of(found), style),
        tree=lambda: tree.as_text(tree.lines_of(found), style),
        dot=lambda: tree.as_dot(found),
        mermaid=lambda: tree.as_mermaid(found),
        json=lambda: tree.as_json(found),
    )
    if not found.edges:
        session.say("nothing is said of what it was made from" if up else "nothing recorded was made from it")


@verb("impact", *options.asked(), options.at, options.policy, forms=verdicts.FORMS)
@click.argument("reference", metavar="ADVISORY|REFERENCE")
@click.option(
    "--answer",
    type=click.Choice(["clear", "possibly", "affected"]),
    default="clear",
    help="Of an advisory: the least answer that is told; clear: also what only a statement clears.",
)
def impact(session: Session, reference: str, answer: str, policy: Path | None, at: datetime | None) -> None:
    """Find everything downstream, or who is affected by an advisory, with the paths.

    Of an ADVISORY each record is told with its answer (affected, possibly), the strongest path by which it
    is reached, its publisher, and the statement that counts. A REFERENCE is NAME (all versions), NAME@VERSION
    or NAME@RANGE; nothing need be recorded of it, as long as some record names it. Each record downstream is
    told with a shortest path by which it is reached, whatever may travel along it.
    """
    with session.ask() as registry:
        if registry.advisory(reference, at=at) is not None:
            _verdicts(session, registry, reference, Answer.named(answer), policy, at)
            return
        found = registry.impact(reference, at=at)
    if session.chosen in {"sarif", "dot"}:
        raise Malformed(
            f"{session.chosen} is for advisories", remedy="name an advisory, or ask for --as tree"
        )
    style = session.style
    rows = [hit_row(hit) for hit in found]
    session.give(
        human=lambda: "".join(
            f"{style.bold(str(ref))}\n    {one_line(str(path))}\n" for ref, _, path in rows
        ),
        tree=lambda: tree.as_text(tree.lines_of_impact(found), style),
        table=lambda: table(
            HIT, [[str(cell) for cell in row] for row in rows], width=session.width, style=style
        ),
        json=lambda: as_json(impact_json(found, found)),
        csv=lambda: as_csv(HIT, rows),
    )
    session.say(f"{count(len(found), 'record')} downstream of {one_line(reference)}")


def _verdicts(
    session: Session,
    registry: Registry | RemoteRegistry,
    reference: str,
    least: Answer,
    policy: Path | None,
    at: datetime | None,
) -> None:
    found = registry.affected(reference, policy=options.policy_of(policy, registry), at=at)
    verdicts.give(session, found, [one for one in found.hits if one.answer >= least])
    numbers = {answer: sum(one.answer is answer for one in found.hits) for answer in Answer}
    told = ", ".join(f"{numbers[answer]:,} {answer.label}" for answer in reversed(Answer) if numbers[answer])
    session.say(f"{told or 'nobody'}; policy {found.policy[:12]}")
