"""Subscriptions: who is told of what, and how."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from umr_ld.alerts import ANSWERS, DIGESTS, EVENT_KINDS, SEVERITIES, Subscription
from umr_ld.cli import options
from umr_ld.cli.options import verb
from umr_ld.errors import Malformed
from umr_ld.render.alerts import subscription_json, subscription_row
from umr_ld.render.output import as_csv, as_json, count, filled
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from umr_ld.cli.session import Session

_FEED = 500
"""Events in a feed."""


@verb("subscribe", *options.asked(), options.agent, forms=("json",))
@click.argument("names", nargs=-1, metavar="[NAME…]")
@click.option("--namespace", "namespaces", multiple=True, metavar="NAME", help="All artifacts below it.")
@click.option(
    "--publisher", "publishers", multiple=True, metavar="LABEL", help="All that somebody publishes."
)
@click.option(
    "--query",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A SPARQL SELECT whose first column is records.",
)
@click.option("--everything", is_flag=True, help="All that happens.")
@click.option(
    "--event", "kinds", multiple=True, type=click.Choice(EVENT_KINDS), help="Only events of this kind."
)
@click.option(
    "--severity", type=click.Choice(SEVERITIES[1:]), default="low", show_default=True, help="The least."
)
@click.option(
    "--answer", type=click.Choice(ANSWERS), default="possibly", show_default=True, help="The least."
)
@click.option("--digest", type=click.Choice(DIGESTS[1:]), default=None, help="Not at once, but so often.")
@click.option("--webhook", metavar="URL", help="Post signed JSON there.")
@click.option("--mail", metavar="ADDRESS", help="Write a mail to it.")
@click.option(
    "--inbox", metavar="URL", help="Send Linked Data Notifications there, or to the inbox it names."
)
@click.option("--feed", is_flag=True, help="Keep an Atom feed; `umr alerts feed` writes it.")
@click.option("--present", is_flag=True, help="Tell first where records stand now.")
def subscribe(
    session: Session,
    names: tuple[str, ...],
    namespaces: tuple[str, ...],
    publishers: tuple[str, ...],
    query: Path | None,
    everything: bool,
    kinds: tuple[str, ...],
    severity: str,
    answer: str,
    digest: str | None,
    webhook: str | None,
    mail: str | None,
    inbox: str | None,
    feed: bool,
    present: bool,
    agent: str,
) -> None:
    """Be told what changes for artifacts, namespaces, publishers or what a query selects.

    NAME is an artifact, all versions of it; it need not be there yet. What is chosen adds up. A webhook's secret is
    shown once, now.
    """
    channel, address = _channel(webhook, mail, inbox, feed=feed)
    wanted = Subscription(
        who=agent,
        channel=channel,
        address=address,
        names=names,
        namespaces=namespaces,
        publishers=publishers,
        query="" if query is None else query.read_text(encoding="utf-8"),
        everything=everything,
        kinds=kinds,
        least_severity=severity,
        least_answer=answer,
        digest=digest or "",
    )
    with session.ask() as registry:
        made = registry.subscribe(wanted, since_now=not present)
    lines = [f"subscription {made.id}", *([f"secret {made.secret}"] if made.secret else [])]
    session.give(
        human=lambda: "".join(f"{line}\n" for line in lines),
        json=lambda: as_json(filled(subscription=made.id, secret=made.secret)),
    )
    session.say("`umr alerts deliver` sends what is due, `umr alerts watch` goes on doing so")


def _channel(webhook: str | None, mail: str | None, inbox: str | None, *, feed: bool) -> tuple[str, str]:
    given = {"webhook": webhook, "mail": mail, "ldn": inbox, "feed": "" if feed else None}
    chosen = [(name, address) for name, address in given.items() if address is not None]
    if len(chosen) != 1:
        raise Malformed(
            "one subscription tells in one way",
            remedy="give one of --webhook URL, --mail ADDRESS, --inbox URL, --feed",
        )
    return chosen[0]


@verb("subscriptions", *options.asked(), forms=("json", "csv"))
def subscriptions(session: Session) -> None:
    """List subscriptions, the oldest first; their secrets are not shown."""
    with session.ask() as registry:
        found = registry.alerts.subscriptions()
    rows = [subscription_row(one) for one in found]
    session.give(
        human=lambda: "".join(one_line(_words(row)) + "\n" for row in rows),
        json=lambda: as_json([subscription_json(one) for one in found]),
        csv=lambda: as_csv(_COLUMNS, [[str(row[name] or "") for name in _COLUMNS] for row in rows]),
    )
    session.say(count(len(found), "subscription"))


_COLUMNS = ("subscription", "who", "channel", "address", "chosen", "digest", "made", "off", "trouble")


def _words(row: dict[str, Any]) -> str:
    words = f"{row['subscription']}  {row['who']} by {row['channel']} {row['address']}: {row['chosen']}"
    words += f", {row['digest']}" if row["digest"] else ""
    words += f"; off: {row['off']}" if row["off"] else ""
    return words + (f"; its query: {row['trouble']}" if row["trouble"] else "")


@verb("unsubscribe", *options.asked())
@click.argument("subscription")
def unsubscribe(session: Session, subscription: str) -> None:
    """End a subscription, and forget what was still to be sent to it."""
    with session.ask() as registry:
        registry.alerts.unsubscribe(subscription)
    session.say(f"ended {subscription}")


@verb("resume", options.store)
@click.argument("subscription")
def resume(session: Session, subscription: str) -> None:
    """Switch on again what was switched off because its receiver said that it is gone."""
    with session.open() as registry:
        registry.alerts.resume(subscription)
    session.say(f"{subscription} is on")


@verb("feed", *options.asked(), forms=("json",))
@click.argument("subscription")
def feed(session: Session, subscription: str) -> None:
    """Write what a subscription was told as an Atom feed, the newest first."""
    from umr_ld.alerts.feed import atom
    from umr_ld.alerts.wording import as_tree

    now = datetime.now(UTC)
    with session.ask() as registry:
        registry.gather()
        found = registry.alerts.events(now=now, subscription=subscription, newest=True, limit=_FEED)
        base = registry.base
    body = atom(
        [one.event for one in found],
        address=base.expand("feeds/", subscription),
        title=f"Alerts of {base.iri}",
        base=base,
        updated=now,
    )
    session.give(human=lambda: body, json=lambda: as_json([as_tree(one.event) for one in found]))
