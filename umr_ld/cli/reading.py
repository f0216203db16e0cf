"""Verbs that read: `list`, `search`, `history`, `diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from umr_ld.cli import options
from umr_ld.cli.options import kind_of, verb
from umr_ld.render.answers import diff_json, event_json, listing_json
from umr_ld.render.output import as_csv, as_json, stamp
from umr_ld.render.rows import CHANGE, EVENT, LISTED, change_rows, event_row, listed_row
from umr_ld.render.text import one_line, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from umr_ld.change import Diff
    from umr_ld.cli.session import Session
    from umr_ld.registry.views import Event, Listing
    from umr_ld.render.text import Style


def _filters(function: Callable[..., int | None]) -> Callable[..., int | None]:
    for option in reversed(
        (
            click.option(
                "--kind", default="", metavar="KIND", help="Only this kind: Model, Dataset, Family, …"
            ),
            click.option(
                "--publisher", default="", metavar="NAME", help="Only what this publisher published."
            ),
            click.option(
                "--license", "license_", default="", metavar="IRI", help="Only this licence, e.g. MIT."
            ),
            click.option("--prefix", default="", metavar="NAME/", help="Only names that begin so."),
            click.option(
                "--limit", default=50, show_default=True, type=click.IntRange(0), help="How many to show."
            ),
            click.option("--offset", default=0, type=click.IntRange(0), help="How many to pass over."),
            click.option("--facets", is_flag=True, help="Also count by kind, publisher and licence."),
        )
    ):
        function = option(function)
    return function


@verb("list", *options.asked(), options.at, forms=("json", "csv"))
@_filters
@click.option("--newest", is_flag=True, help="Newest first, instead of by name.")
def list_(session: Session, newest: bool, **asked: Any) -> None:
    """List artifacts by their newest records.

    What is counted by --facets are all that match, not only those shown.
    """
    _list(session, order="newest" if newest else "name", **asked)


@verb("search", *options.asked(), options.at, forms=("json", "csv"))
@click.argument("words", nargs=-1, required=True)
@_filters
def search(session: Session, words: tuple[str, ...], **asked: Any) -> None:
    """Find records by words.

    The words are looked for in names, titles, descriptions and keywords; the best match stands first.
    """
    _list(session, order="relevance", text=" ".join(words), **asked)


def _list(
    session: Session, *, kind: str, license_: str, facets: bool, limit: int, at: datetime | None, **asked: Any
) -> None:
    with session.ask() as registry:
        page = registry.listing(
            kind=kind_of(kind, registry.vocabulary.kinds) if kind else "",
            license=license_,
            limit=limit,
            at=at,
            **asked,
        )
    rows = [listed_row(one) for one in page.entries]
    session.give(
        human=lambda: _listing_words(page, rows, facets=facets, session=session),
        json=lambda: as_json(listing_json(page)),
        csv=lambda: as_csv(LISTED, rows),
    )
    shown = len(page.entries)
    if not page.total:
        session.say("nothing matches")
    elif shown < page.total:
        session.say(f"{shown:,} of {page.total:,}; --limit and --offset show the others")


def _listing_words(page: Listing, rows: list[tuple[str, ...]], *, facets: bool, session: Session) -> str:
    text = table(LISTED, rows, width=session.width, style=session.style) if rows else ""
    for facet, counts in page.facets.items() if facets else ():
        lines = [(value or "(not stated)", f"{number:,}") for value, number in counts.items()]
        text += "\n" + table((facet, "records"), lines, width=session.width, style=session.style)
    return text


@verb("history", *options.asked(), options.at, forms=("json", "csv"))
@click.argument("name")
def history(session: Session, name: str, at: datetime | None) -> None:
    """Tell what happened to an artifact, newest first.

    NAME is an artifact's name, without a version.
    """
    with session.ask() as registry:
        events = registry.history(name, at=at)
    session.give(
        human=lambda: "".join(_event_words(one, session.style) for one in events),
        json=lambda: as_json([event_json(one) for one in events]),
        csv=lambda: as_csv(EVENT, map(event_row, events)),
    )


def _event_words(one: Event, style: Style) -> str:
    head = f"{stamp(one.time)}  {style.bold(str(one.ref))} {style.warn(one.done) if one.reason else one.done}"
    by = f" by {one_line(one.agent)}" if one.agent else ""
    reason = f": {one_line(one.reason)}" if one.reason else ""
    number = style.dim(f"(entry {one.seq})")
    return f"{head}{by}{reason}  {number}\n" + "".join(f"    {one_line(change)}\n" for change in one.changes)


@verb("diff", *options.asked(), forms=("json", "csv"))
@click.argument("before")
@click.argument("after")
def diff(session: Session, before: str, after: str) -> None:
    """Say what changed between two records.

    BEFORE and AFTER are references: NAME, NAME@VERSION or NAME@RANGE. The changes come with the step that
    each needs: major when what it is changes, minor when facts are added, patch for wording.
    """
    with session.ask() as registry:
        found = registry.diff(before, after)
    give_changes(session, found)
    if not found.changes:
        session.say("nothing changed")


def give_changes(session: Session, found: Diff, **more: str) -> None:
    """Write changes as the answer.

    Args:
        session: says in which form.
        found: the changes.
        more: what else there is to say, as members of the JSON object.
    """
    session.give(
        human=lambda: "".join(f"{one.level.name.lower():<6} {one_line(str(one))}\n" for one in found.changes),
        json=lambda: as_json(diff_json(found, **more)),
        csv=lambda: as_csv(CHANGE, change_rows(found)),
    )
