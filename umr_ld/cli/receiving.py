"""The verb `inbox`: what others told this registry, for who administers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from umr_ld.cli import options
from umr_ld.cli.options import group, verb
from umr_ld.cli.verbs import VERBS
from umr_ld.errors import Malformed
from umr_ld.inbox import STATES
from umr_ld.render.inbox import notification_json
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.text import one_line, visible

if TYPE_CHECKING:
    from umr_ld.cli.session import Session

_HEAD = ("number", "state", "received", "sender", "type", "actor", "about", "peers", "summary", "by")
_SHOWN = ("number", "state", "by", "received", "sender", "type", "actor", "id", "summary", "peers", "digest")
_FEW = 3
"""Things that a line says a notification is about."""


@verb("list", *options.asked(), forms=("json", "csv"))
@click.option("--state", type=click.Choice(STATES), default=None, help="Only these.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many."
)
def listing(session: Session, state: str | None, limit: int) -> None:
    """List what others told, the newest first.

    What a notification says are claims of who sent it: look at what it names before you believe it.
    """
    with session.ask() as registry:
        found = registry.inbox.notifications(state=state or "", limit=limit)
        told = [notification_json(one, registry.base) for one in found]
    session.give(
        human=lambda: "".join(f"{_line(one)}\n" for one in told),
        json=lambda: as_json(told),
        csv=lambda: as_csv(_HEAD, [[_cell(one.get(name, "")) for name in _HEAD] for one in told]),
    )
    session.say(count(len(told), "notification"))


def _line(one: dict[str, Any]) -> str:
    more = len(one["about"]) - _FEW
    about = ", ".join(one["about"][:_FEW]) + (f" and {more} more" if more > 0 else "")
    words = f"{one['number']}  {one['state']}  {one['received']}  {one['sender']}: {one['type']} of {about}"
    words += f", published by {', '.join(one['peers'])}" if "peers" in one else ""
    return one_line(words + (f": {one['summary']}" if "summary" in one else ""))


def _cell(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


@verb("show", *options.asked(), forms=("json",))
@click.argument("number", type=int)
def show(session: Session, number: int) -> None:
    """Show a notification, with its text as it came.

    NUMBER is one that `umr inbox list` lists.
    """
    with session.ask() as registry:
        told = notification_json(registry.inbox.notification(number), registry.base, whole=True)
    lines = [f"{name}: {one_line(_cell(told[name]))}" for name in _SHOWN if name in told]
    lines += [f"about: {one_line(one)}" for one in told["about"]]
    session.give(
        human=lambda: "".join(f"{line}\n" for line in [*lines, "", visible(told["body"])]),
        json=lambda: as_json(told),
    )


@verb("accept", *options.asked(), options.agent)
@click.argument("numbers", nargs=-1, required=True, type=int, metavar="NUMBER…")
@click.option(
    "--sync", is_flag=True, help="Take over what is new at the registries that publish what they are about."
)
@click.option("--allow-http", is_flag=True, help="Ask those over http too.")
@click.option("--allow-private", is_flag=True, help="Ask addresses too that are not public.")
def accept(
    session: Session, numbers: tuple[int, ...], sync: bool, allow_http: bool, allow_private: bool, agent: str
) -> int:
    """Note that you looked at notifications, and mean to act on them.

    NUMBER is one that `umr inbox list` lists. Nothing that is recorded changes. With --sync the registries that are known and publish
    something of what the notifications are about are asked for what is new, at the addresses at which they are known.
    """
    if sync and session.is_elsewhere:
        raise Malformed(
            "a registry elsewhere takes nothing over for others",
            where="--sync",
            remedy="leave it out; `umr peer sync` does it where the registry's folder is",
        )
    labels: dict[str, None] = {}
    with session.ask() as registry:
        for number in numbers:
            said = registry.inbox.accept(number, by=agent).said
            labels |= dict.fromkeys(registry.base.peers_of(said.about))
            session.say(f"accepted {number}")
    if not sync:
        for label in labels:
            session.say(f"`umr peer sync {label}` takes over what is new there")
        return 0
    if not labels:
        session.say("no registry that is known publishes any of it")
        return 0
    from umr_ld.cli.exchanging import synced, words

    done = synced(session, tuple(labels), agent, http=allow_http, private=allow_private)
    for one in done:
        session.say(words(one).rstrip("\n"))
    return 1 if any(adopted.refused for _, adopted in done) else 0


@verb("drop", *options.asked())
@click.argument("numbers", nargs=-1, required=True, type=int, metavar="NUMBER…")
def drop(session: Session, numbers: tuple[int, ...]) -> None:
    """Forget notifications.

    NUMBER is one that `umr inbox list` lists.
    """
    with session.ask() as registry:
        for number in numbers:
            registry.inbox.drop(number)
            session.say(f"dropped {number}")


inbox = group("inbox", VERBS["inbox"].summary)
inbox.add_command(listing, "list")
inbox.add_command(show, "show")
inbox.add_command(accept, "accept")
inbox.add_command(drop, "drop")
