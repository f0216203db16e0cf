"""The verb `alerts`: what happened, what people said about it, who is told, and what is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from umr_ld.cli import delivering, options, subscribing
from umr_ld.cli.options import group, verb
from umr_ld.cli.verbs import VERBS
from umr_ld.errors import Missing
from umr_ld.render.alerts import ignore_json
from umr_ld.render.output import as_csv, as_json, count, stamp
from umr_ld.render.text import one_line, table

if TYPE_CHECKING:
    from umr_ld.alerts import Listed
    from umr_ld.cli.session import Session
    from umr_ld.registry import Registry
    from umr_ld.remote import RemoteRegistry
    from umr_ld.render.text import Style

_HEAD = ("time", "kind", "record", "advisory", "answer", "severity", "before", "after", "path", "said", "key")


@verb("list", *options.asked(), forms=("table", "json", "csv"))
@click.argument("subject", required=False)
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many."
)
@click.option("--open", "only_open", is_flag=True, help="Only what nobody acknowledged or ignores.")
def listing(session: Session, subject: str | None, limit: int, only_open: bool) -> None:
    """Tell what happened, the newest first.

    SUBJECT is an advisory, or a record: NAME for all its versions, or NAME@VERSION.
    """
    from umr_ld.alerts.wording import listed_tree

    now = datetime.now(UTC)
    with session.ask() as registry:
        registry.look()
        record, advisory = _subject(registry, subject or "")
        found = registry.alerts.events(now=now, record=record, advisory=advisory, limit=limit, newest=True)
    told = [one for one in found if not only_open or (one.acknowledged is None and one.ignored is None)]
    style = session.style
    session.give(
        human=lambda: "".join(f"{line}\n" for one in told for line in _lines(one, style)),
        table=lambda: table(_HEAD, [_row(one) for one in told], width=session.width, style=style),
        json=lambda: as_json([listed_tree(one) for one in told]),
        csv=lambda: as_csv(_HEAD, [_row(one) for one in told]),
    )
    session.say(count(len(told), "event"))


def _subject(registry: Registry | RemoteRegistry, text: str) -> tuple[str, str]:
    """What is asked about, as record or as advisory; both are empty for everything."""
    advisory = registry.advisory(text) if text else None
    return ("", advisory.name) if advisory else (text, "")


def _lines(one: Listed, style: Style) -> list[str]:
    from umr_ld.alerts.wording import sentence

    said = _said(one)
    words = style.struck(sentence(one.event)) if one.ignored else sentence(one.event)
    lines = [f"{style.dim(stamp(one.event.time))}  {words}{f'  ({said})' if said else ''}"]
    if one.event.path:
        lines.append(f"    {one_line(one.event.path)}")
    return lines


def _said(one: Listed) -> str:
    if one.ignored is not None:
        return one_line(f"ignored until {stamp(one.ignored.until)[:10]}: {one.ignored.reason}")
    if one.acknowledged is not None:
        note = f": {one.acknowledged.note}" if one.acknowledged.note else ""
        return one_line(f"acknowledged by {one.acknowledged.who}{note}")
    return ""


def _row(one: Listed) -> list[str]:
    event = one.event
    told = [event.answer, event.severity, event.before, event.after, event.path]
    return [stamp(event.time), event.kind, event.record, event.advisory, *told, _said(one), event.key]


@verb("ack", *options.asked(), options.agent)
@click.argument("record")
@click.argument("advisory")
@click.option("--note", default="", metavar="TEXT", help="What there is to say about it.")
def acknowledge(session: Session, record: str, advisory: str, note: str, agent: str) -> None:
    """Say that what there was to see about a record and an advisory was seen.

    RECORD is NAME@VERSION. What changes later is new again.
    """
    with session.ask() as registry:
        registry.look()
        name = _advisory(registry, advisory)
        registry.alerts.acknowledge(record, name, who=agent, note=note, now=datetime.now(UTC))
    session.say(f"acknowledged {record} and {name}")


@verb("ignore", *options.asked(), options.agent)
@click.argument("record")
@click.argument("advisory")
@click.option("--reason", required=True, metavar="TEXT", help="Why.")
@click.option("--until", required=True, type=options.moment, metavar="DATE", help="The last day of it.")
def ignore(session: Session, record: str, advisory: str, reason: str, until: datetime, agent: str) -> None:
    """Tell nobody of an advisory for a record until a day.

    RECORD is NAME@VERSION, or NAME for all versions. It stays listed, struck out. What changes meanwhile is
    told at the end, if it still holds then.
    """
    with session.ask() as registry:
        name = _advisory(registry, advisory)
        made = registry.alerts.ignore(
            record, name, reason=reason, until=until, who=agent, now=datetime.now(UTC)
        )
    session.say(f"ignore {made.number}: {record} and {name} until {stamp(until)}")


@verb("ignores", *options.asked(), forms=("json", "csv"))
def ignores(session: Session) -> None:
    """List what was decided to be ignored, in the order in which it ends."""
    with session.ask() as registry:
        told = [ignore_json(one) for one in registry.alerts.ignores()]
    head = ("number", "record", "advisory", "until", "by", "reason")
    rows = [[str(one[name]) for name in head] for one in told]
    session.give(
        human=lambda: "".join(one_line(f"{'  '.join(row)}") + "\n" for row in rows),
        json=lambda: as_json(told),
        csv=lambda: as_csv(head, rows),
    )


@verb("forget", *options.asked())
@click.argument("number", type=int)
def forget(session: Session, number: int) -> None:
    """End a decision to ignore something; what it held back is told, if it still holds.

    NUMBER is one that `umr alerts ignores` lists.
    """
    with session.ask() as registry:
        registry.alerts.forget(number, now=datetime.now(UTC))
    session.say(f"forgot ignore {number}")


def _advisory(registry: Registry | RemoteRegistry, text: str) -> str:
    found = registry.advisory(text)
    if found is None:
        raise Missing(f"there is no advisory {text!r}", remedy="`umr advisory list` names them")
    return found.name


alerts = group("alerts", VERBS["alerts"].summary)
for _name, _command in {
    "list": listing,
    "ack": acknowledge,
    "ignore": ignore,
    "ignores": ignores,
    "forget": forget,
    "subscribe": subscribing.subscribe,
    "subscriptions": subscribing.subscriptions,
    "unsubscribe": subscribing.unsubscribe,
    "resume": subscribing.resume,
    "feed": subscribing.feed,
    "deliver": delivering.deliver,
    "watch": delivering.watch,
    "outbox": delivering.outbox,
    "redeliver": delivering.redeliver,
}.items():
    alerts.add_command(_command, _name)
