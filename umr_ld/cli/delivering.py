"""Delivering: what is due is sent, once or for as long as the program runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import click

from umr_ld.cli import options
from umr_ld.cli.options import verb
from umr_ld.errors import Busy, Malformed
from umr_ld.render.alerts import posted_json
from umr_ld.render.output import as_csv, as_json, count, stamp
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.alerts import Channel
    from umr_ld.alerts.mail import Relay
    from umr_ld.alerts.outbox import Tally
    from umr_ld.cli.session import Session
    from umr_ld.registry import Registry

_SECURITY = {"smtp": ("starttls", 587), "smtps": ("tls", 465), "smtp+plain": ("none", 25)}
_STATES = ("pending", "sent", "dead")


def smtp() -> click.Option:
    """`--smtp`."""
    return click.Option(
        ["--smtp"],
        envvar="UMR_SMTP",
        metavar="URL",
        help="The relay for mail: smtp://USER:PASSWORD@HOST, smtps://…, smtp+plain://…; better as UMR_SMTP.",
    )


def sender() -> click.Option:
    """`--sender`."""
    return click.Option(
        ["--sender"], envvar="UMR_SENDER", metavar="ADDRESS", help="Whom mail is from; needed with --smtp."
    )


def allow_http() -> click.Option:
    """`--allow-http`."""
    return click.Option(
        ["--allow-http"], is_flag=True, envvar="UMR_ALLOW_HTTP", help="Let addresses be http, too."
    )


def allow_private() -> click.Option:
    """`--allow-private`."""
    return click.Option(
        ["--allow-private"],
        is_flag=True,
        envvar="UMR_ALLOW_PRIVATE",
        help="Let them be of this machine and of private networks, too.",
    )


_SENDING = (options.store, smtp, sender, allow_http, allow_private)


def channels(
    registry: Registry, smtp: str | None, sender: str | None, *, http: bool, private: bool
) -> dict[str, Channel]:
    """The ways to deliver that the options give. Without a relay, mail waits.

    Args:
        registry: whose base the messages name.
        smtp: URL of the relay, or None.
        sender: address that mail is from, or None.
        http: whether http addresses may be posted to.
        private: whether addresses that are not public may be.

    Raises:
        Malformed: if the relay is no URL of one, or has no sender.
    """
    from umr_ld.alerts.ldn import Notifications
    from umr_ld.alerts.mail import Mail
    from umr_ld.alerts.webhook import Webhook
    from umr_ld.net import Door, Policy

    door = Door(Policy(http=http, private=private))
    found: dict[str, Channel] = {"webhook": Webhook(door), "ldn": Notifications(door, registry.base)}
    if smtp:
        if not sender:
            raise Malformed("mail has no sender", where="--sender", remedy="give an address, or UMR_SENDER")
        # The operator names the relay, no stranger does: it may well be on this machine.
        found["mail"] = Mail(Door(Policy(private=True)), relay_of(smtp), sender, registry.base)
    return found


def relay_of(url: str) -> Relay:
    """The relay that a URL names.

    Args:
        url: `smtp://user:password@host:587`, encrypted by STARTTLS; `smtps://` from the first byte on, `smtp+plain://`
            not at all.

    Raises:
        Malformed: if it is none.
    """
    from umr_ld.alerts.mail import Relay

    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _SECURITY or not parts.hostname:
        raise Malformed(
            "this is no relay for mail", where="--smtp", remedy="write smtp://user:password@host:587"
        )
    security, usual = _SECURITY[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Relay(parts.hostname, port or usual, security, user, password)  # type: ignore[arg-type]


@verb("deliver", *_SENDING, forms=("json",))
def deliver(
    session: Session, smtp: str | None, sender: str | None, allow_http: bool, allow_private: bool
) -> None:
    """Send what is due: webhooks, notifications, mail. Each message arrives at least once.

    Nothing is lost if it fails: it is sent again later, up to two days, and then kept as dead.
    """
    with session.open() as registry:
        ways = channels(registry, smtp, sender, http=allow_http, private=allow_private)
        tally = registry.deliver(ways)
        due = registry.alerts.next_due()
    session.give(
        human=lambda: f"{_words(tally)}\n",
        json=lambda: as_json(
            {"sent": tally.sent, "retried": tally.retried, "dead": tally.dead, "gone": tally.gone}
        ),
    )
    if due is not None:
        session.say(f"more waits; the next attempt is due at {stamp(due)}")


def _words(tally: Tally) -> str:
    words = f"{count(tally.sent, 'message')} sent, {tally.retried} to be tried again, {tally.dead} given up"
    return words + (f", {count(tally.gone, 'subscription')} switched off" if tally.gone else "")


@verb("watch", *_SENDING)
@click.option(
    "--every", default=10.0, show_default=True, type=click.FloatRange(0.1), help="Seconds between looks."
)
def watch(
    session: Session,
    every: float,
    smtp: str | None,
    sender: str | None,
    allow_http: bool,
    allow_private: bool,
) -> None:
    """Look and deliver again and again, until interrupted."""

    def round_() -> None:
        with session.open() as registry:
            ways = channels(registry, smtp, sender, http=allow_http, private=allow_private)
            tally = registry.deliver(ways)
            if tally.sent or tally.retried or tally.dead:
                session.say(f"{stamp(datetime.now(UTC))}  {_words(tally)}")

    _again(round_, every, session)


def _again(round_: Callable[[], None], every: float, session: Session) -> None:
    """Until SIGTERM or an interruption; another process that is busy is waited for.

    SIGTERM is held back and asked for between two rounds: what was begun is brought to its end, and nothing
    runs inside the waiting.
    """
    import signal

    ends = {signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    try:
        while True:
            try:
                round_()
            except Busy as error:
                session.detail(one_line(str(error)))
            if signal.sigtimedwait(ends, every) is not None:
                return
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@verb("outbox", *options.asked(), forms=("json", "csv"))
@click.option("--state", type=click.Choice(_STATES), default=None, help="Only these.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many."
)
def outbox(session: Session, state: str | None, limit: int) -> None:
    """List messages, the newest first: which wait, which were sent, which were given up, and why."""
    with session.ask() as registry:
        told = [posted_json(one) for one in registry.alerts.outbox(state or "", limit)]
    head = ("number", "state", "subscription", "events", "attempts", "made", "due", "detail", "key")
    rows = [[one[name] for name in head] for one in told]
    session.give(
        human=lambda: "".join(
            one_line("  ".join(str(cell) for cell in row[:-1] if cell != "")) + "\n" for row in rows
        ),
        json=lambda: as_json(told),
        csv=lambda: as_csv(head, rows),
    )


@verb("redeliver", options.store)
@click.argument("number", type=int)
def redeliver(session: Session, number: int) -> None:
    """Send a message once more, with the same key, beginning with the first attempt.

    NUMBER is one that `umr alerts outbox` lists. `umr alerts deliver` sends it.
    """
    with session.open() as registry:
        registry.alerts.redeliver(number, now=datetime.now(UTC))
    session.say(f"message {number} is due")
