"""The verb `token`: who may write through the server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from umr_ld.access import SCOPES, Grant
from umr_ld.cli import options
from umr_ld.cli.options import group, verb
from umr_ld.cli.verbs import VERBS
from umr_ld.render.output import as_csv, as_json, count, stamp
from umr_ld.render.text import one_line
from umr_ld.render.tokens import token_json

if TYPE_CHECKING:
    from umr_ld.access import Token
    from umr_ld.cli.session import Session

DAYS = 90
"""For which a token is valid unless said otherwise."""

_HEAD = (
    "token",
    "agent",
    "state",
    "scopes",
    "namespaces",
    "publishers",
    "made",
    "expires",
    "used",
    "revoked",
)


@verb("create", options.store, forms=("json",))
@click.option(
    "--agent", required=True, metavar="NAME", help="Who writes with it, as the log will say for good."
)
@click.option(
    "--namespace",
    "namespaces",
    multiple=True,
    metavar="NAME",
    help="Publish what is below it: vinid covers vinid/plip, not vinidx/plip.",
)
@click.option(
    "--publisher", "publishers", multiple=True, metavar="LABEL", help="State this publisher, and no other."
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=("publish",),
    show_default=True,
    help="What it is for.",
)
@click.option(
    "--until",
    type=options.moment,
    metavar="DATE",
    help=f"The last day on which it is valid; {DAYS} days from now unless given.",
)
def create(
    session: Session,
    agent: str,
    namespaces: tuple[str, ...],
    publishers: tuple[str, ...],
    scopes: tuple[str, ...],
    until: datetime | None,
) -> None:
    """Make a token, and show it: once, now. Only its digest is kept.

    A served registry knows it at once.
    """
    grant = Grant(agent, frozenset(scopes), namespaces, publishers)
    now = datetime.now(UTC)
    with session.open() as registry:
        token, text = registry.access.create(grant, now=now, expires=until or now + timedelta(days=DAYS))
    session.give(
        human=lambda: f"{text}\n",
        json=lambda: as_json({"secret": text, **token_json(token, now)}),
    )
    session.say(f"token {token.id} of {one_line(agent)}, valid until {stamp(token.expires)}")
    session.say("this is the only time that it is shown; `umr token revoke` ends it")


@verb("list", options.store, forms=("json", "csv"))
def listing(session: Session) -> None:
    """List tokens, the oldest first, with what each is for and when it was used; the tokens themselves are not known."""
    now = datetime.now(UTC)
    with session.open() as registry:
        found = registry.access.tokens() if registry.has_access else ()
    rows = [_row(one, now) for one in found]
    session.give(
        human=lambda: "".join(_words(one, now) + "\n" for one in found),
        json=lambda: as_json([token_json(one, now) for one in found]),
        csv=lambda: as_csv(_HEAD, rows),
    )
    session.say(count(len(found), "token"))


@verb("revoke", options.store)
@click.argument("token")
def revoke(session: Session, token: str) -> None:
    """Refuse a token from now on.

    TOKEN is what `umr token list` shows first, not the secret. A served registry knows it at once.
    """
    with session.open() as registry:
        registry.access.revoke(token, now=datetime.now(UTC))
    session.say(f"revoked {token}")


def _row(token: Token, now: datetime) -> list[str]:
    said = token_json(token, now)
    values = [said.get(name, "") for name in _HEAD]
    return [" ".join(value) if isinstance(value, list) else value for value in values]


def _words(token: Token, now: datetime) -> str:
    grant = token.grant
    words = f"{token.id}  {token.state(now)}  {grant.agent}: {', '.join(sorted(grant.scopes))}"
    words += f" below {', '.join(grant.namespaces)}" if grant.namespaces else ""
    words += f" as {', '.join(grant.publishers)}" if grant.publishers else ""
    words += f", until {stamp(token.expires)}"
    return one_line(words + (f", used {stamp(token.used)}" if token.used else ", never used"))


token = group("token", VERBS["token"].summary)
token.add_command(create, "create")
token.add_command(listing, "list")
token.add_command(revoke, "revoke")
