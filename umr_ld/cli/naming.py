"""The verb `alias`: which names may be names of one artifact, and what is decided about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from umr_ld.cli import options
from umr_ld.cli.options import group, verb
from umr_ld.cli.verbs import VERBS
from umr_ld.render.aliases import (
    DECIDED,
    PROPOSED,
    decided_json,
    decided_row,
    proposal_json,
    proposal_row,
)
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.publications import HEAD, publication_json, publication_row, publications_words
from umr_ld.render.text import one_line, table

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.cli.session import Session
    from umr_ld.registry.views import Decided, Proposal, Published

_FORMS = ("table", "json", "csv")
_UNCOUNTED = (
    "it does not count: the policy names reviewers, and none of them is stated as its publisher; "
    "--publisher states who decides"
)


@verb("proposals", *options.asked(), forms=_FORMS)
@click.option("--limit", type=click.IntRange(0), default=100, show_default=True, help="How many to give.")
def proposals(session: Session, limit: int) -> None:
    """List names that may be names of one artifact, with the reasons, the strongest first.

    They are proposed and never taken for each other by themselves. What is decided is not among them.
    """
    with session.ask() as registry:
        found = registry.alias_proposals()
    shown, style = found[:limit], session.style
    session.give(
        human=lambda: "".join(map(_proposal, shown)),
        table=lambda: table(PROPOSED, map(proposal_row, shown), width=session.width, style=style),
        json=lambda: as_json(list(map(proposal_json, shown))),
        csv=lambda: as_csv(PROPOSED, map(proposal_row, shown)),
    )
    rest = "" if len(shown) == len(found) else f", {len(shown)} of them told"
    session.say(f"{count(len(found), 'proposal')}{rest}")


def _proposal(one: Proposal) -> str:
    first, second = map(one_line, one.names)
    return f"{first} = {second}\n" + "".join(f"  {one_line(str(ground))}\n" for ground in one.grounds)


@verb("list", *options.asked(), options.at, forms=_FORMS)
def decisions(session: Session, at: datetime | None) -> None:
    """List what is decided about names, whether it counts or not."""
    with session.ask() as registry:
        found = registry.aliases(at=at)
    style = session.style
    session.give(
        human=lambda: "".join(map(_decided, found)),
        table=lambda: table(DECIDED, map(decided_row, found), width=session.width, style=style),
        json=lambda: as_json(list(map(decided_json, found))),
        csv=lambda: as_csv(DECIDED, map(decided_row, found)),
    )
    session.say(count(len(found), "decision"))


def _decided(one: Decided) -> str:
    first, second = map(one_line, one.names)
    sign = "=" if one.accepted else "≠"
    aside = "" if one.counts else " (does not count)"
    reason = one_line(one.decision.reason)
    return f"{first} {sign} {second}{aside}\n  {one.ref} by {one_line(one.agent)}: {reason}\n"


def _deciding(name: str, *, accepted: bool) -> click.Command:
    @verb(name, *options.asked(), options.agent, forms=("json", "csv"))
    @click.argument("one", metavar="NAME")
    @click.argument("other", metavar="NAME")
    @click.option("--reason", required=True, metavar="TEXT", help="Why.")
    @click.option("--publisher", default="", metavar="NAME", help="Who decides: a reviewer of the policy.")
    def decide_(session: Session, one: str, other: str, reason: str, publisher: str, agent: str) -> None:
        from umr_ld.registry.deciding import decide, decisions_about

        with session.ask(write=True) as registry:
            done = decide(
                registry,
                (one, other),
                accepted=accepted,
                reason=reason,
                publisher=publisher,
                publish=lambda document: registry.publish([document], agent=agent),
            )
            standing = [found for found in decisions_about(registry, (one, other)) if found.ref == done.ref]
        _told(session, (done,))
        if any(not found.counts for found in standing):
            session.say(_UNCOUNTED)

    are = "names of one artifact" if accepted else "names of two artifacts, however alike they look"
    decide_.help = f"""Decide that two names are {are}.

    A NAME is a name, or the IRI of what is elsewhere. The decision is a statement: published, revised and
    withdrawn as any record."""
    return decide_


@verb("withdraw", *options.asked(), options.agent, forms=("json", "csv"))
@click.argument("one", metavar="NAME")
@click.argument("other", metavar="NAME")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
def withdraw(session: Session, one: str, other: str, reason: str, agent: str) -> None:
    """Take back what was decided about two names, with all its revisions. They may be proposed again."""
    from umr_ld.registry.deciding import take_back

    with session.ask(write=True) as registry:
        done = take_back(registry, (one, other), reason=reason, agent=agent)
    _told(session, done)


def _told(session: Session, done: tuple[Published, ...]) -> None:
    session.give(
        human=lambda: publications_words(done),
        json=lambda: as_json([publication_json(one) for one in done]),
        csv=lambda: as_csv(HEAD, [publication_row(one) for one in done]),
    )


alias = group("alias", VERBS["alias"].summary, default="proposals")
alias.add_command(proposals)
alias.add_command(decisions)
alias.add_command(_deciding("accept", accepted=True))
alias.add_command(_deciding("reject", accepted=False))
alias.add_command(withdraw)
