"""The verb `render`: one record, or what changed between two, in every form that people read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import click

from umr_ld.cli import options
from umr_ld.cli.options import verb
from umr_ld.errors import Malformed
from umr_ld.page import Page
from umr_ld.render.output import count
from umr_ld.render.targets import TARGETS, Rendered
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.cli.session import Session
    from umr_ld.page.drawing import Drawing
    from umr_ld.registry import Registry
    from umr_ld.registry.reader import Reader
    from umr_ld.remote import RemoteRegistry
    from umr_ld.render.targets import Target

_HUMAN = "txt"


@verb("render", *options.asked(), options.at, forms=tuple(TARGETS))
@click.argument("reference")
@click.argument("after", required=False)
@click.option("--diff", "changed", is_flag=True, help="What changed from the first reference to the second.")
@click.option(
    "--up/--down",
    "up",
    default=True,
    help="Of a drawing: what it was made from (the default), or what was made from it.",
)
def render(
    session: Session, reference: str, after: str | None, changed: bool, up: bool, at: datetime | None
) -> None:
    """Write a record in a form that people read.

    REFERENCE is NAME, NAME@VERSION or NAME@RANGE. dot, svg and mermaid draw its lineage, bib and csl cite
    it, all other forms show the whole record. With --diff, REFERENCE and AFTER are two versions, and what
    changed is written in words.
    """
    target = TARGETS.get(session.chosen, TARGETS[_HUMAN])
    require_place(session, target)
    _require_sense(reference, after, target, changed=changed)
    with session.ask() as registry:
        shown = _shown(registry, target, reference, after, at, up=up)
    made = Rendered(_json(shown)) if session.chosen == "json" else target.render(shown)
    session.give(**dict.fromkeys(("human", "json", *TARGETS), lambda: made.body))
    tell_losses(session, made)


def _shown(
    registry: Registry | RemoteRegistry,
    target: Target,
    reference: str,
    after: str | None,
    at: datetime | None,
    *,
    up: bool,
) -> Page | Drawing:
    from umr_ld.registry import publication

    # A registry elsewhere has the questions of one in a folder.
    reader = cast("Reader", registry)
    if after is not None:
        return publication.changes(reader, reference, after, at=at)
    if target.shows == "drawing":
        return publication.drawing(reader, reference, direction="up" if up else "down", at=at)
    return publication.page(reader, reference, at=at)


def _json(page: Page | Drawing) -> bytes:
    """The page as it is handed to every target; what was published is of `umr show --as jsonld`."""
    from dataclasses import asdict, replace

    assert isinstance(page, Page)
    told = {key: value for key, value in asdict(replace(page, body=b"")).items() if key != "body"}
    return (json.dumps(told, ensure_ascii=False, indent=2, default=str) + "\n").encode(
        "utf-8", "surrogatepass"
    )


def require_place(session: Session, target: Target) -> None:
    """A terminal would obey what it takes for commands.

    Args:
        session: says where the answer goes.
        target: in which it is written.

    Raises:
        Malformed: if it is binary, and goes to a terminal.
    """
    if target.binary and session.to_terminal:
        raise Malformed(
            f"{target.label} is nothing for a terminal",
            where="--as",
            remedy=f"write it into a file: -o FILE.{target.key}",
        )


def _require_sense(reference: str, after: str | None, target: Target, *, changed: bool) -> None:
    if changed and after is None:
        raise Malformed(
            "--diff compares two versions", remedy=f"umr render --diff {one_line(reference)} AFTER"
        )
    if after is not None and not changed:
        raise Malformed(
            "two references are given", where=one_line(after), remedy="say --diff to write what changed"
        )
    if changed and target.shows != "page":
        pages = ", ".join(key for key, one in TARGETS.items() if one.shows == "page")
        raise Malformed(
            f"changes are told in words, and {target.label} has none", where="--as", remedy=f"one of {pages}"
        )


def tell_losses(session: Session, made: Rendered) -> None:
    """Say what is not in what was made; all of it to those who asked for more.

    Args:
        session: how it is said.
        made: by a target.
    """
    if not made.losses:
        return
    for loss in made.losses:
        session.detail(f"not in it: {one_line(loss)}")
    if not session.verbose:
        first = one_line(made.losses[0])
        rest = f" (and {count(len(made.losses) - 1, 'other')}; -v tells them)" if made.losses[1:] else ""
        session.say(f"not in it: {first}{rest}")
