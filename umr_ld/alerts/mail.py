"""Mail, over a relay of the deployment (SMTP, RFC 5321)."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from umr_ld.alerts import Outcome
from umr_ld.alerts.wording import advisory_iri, one_line, record_iri, rfc3339, sentence
from umr_ld.errors import Unreachable

if TYPE_CHECKING:
    import socket
    import ssl
    from datetime import datetime

    from umr_ld.addresses import Base
    from umr_ld.alerts import Event, Message
    from umr_ld.net import Door

_SUBJECT = 150
"""Characters of a subject."""


@dataclass(frozen=True, slots=True)
class Relay:
    """The machine that takes the deployment's mail.

    Args:
        host: its name or address.
        port: 25, 587 for `starttls`, or 465 for `tls`.
        security: whether the connection is encrypted, and how it begins; the relay's name is verified.
        user: to log in with; empty not to.
        password: to log in with.
        timeout: seconds for connecting, and then for each answer.
        tls: how the relay proves who it is; by default by the system's authorities.
    """

    host: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = 10.0
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """Delivers by mail, in plain text.

    Args:
        door: to the network; it decides whether the relay may be asked.
        relay: see there.
        sender: address that the mail is from.
        base: the registry's, for addresses in the text.
        unsubscribe: https URL to which the subscription's id is appended, and which unsubscribes on a POST
            (RFC 8058); empty to unsubscribe by mail to the sender.
    """

    door: Door
    relay: Relay
    sender: str
    base: Base
    unsubscribe: str = ""

    def send(self, message: Message, now: datetime) -> Outcome:  # noqa: ARG002 - of the port
        """See `Channel.send`. A refusal for good, 5xx, is not tried again (RFC 5321 §4.2.1)."""
        letter = self.letter(message)
        try:
            with _Session(self.door, self.relay) as session:
                session.sendmail(self.sender, [message.subscription.address], letter.as_bytes())
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            return _refused(code, said)
        except smtplib.SMTPAuthenticationError as error:
            return Outcome("retry", f"the relay does not let us in: SMTP {error.smtp_code}")
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, Unreachable, OSError) as error:
            return Outcome("retry", str(error) or type(error).__name__)
        return Outcome("sent", "SMTP 250")

    def letter(self, message: Message) -> EmailMessage:
        """The mail: the same at each attempt, with a Message-ID that is made from the message's key.

        Args:
            message: to be sent.
        """
        letter = EmailMessage(policy=SMTP)
        letter["From"] = self.sender
        letter["To"] = message.subscription.address
        letter["Subject"] = _subject(message.events)
        letter["Date"] = format_datetime(message.made)
        letter["Message-ID"] = f"<{message.key}@{self.sender.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        for name, text in self._unsubscribing(message.subscription.id):
            letter[name] = text
        letter.set_content(self._text(message), cte="quoted-printable")
        return letter

    def _unsubscribing(self, id_: str) -> list[tuple[str, str]]:
        if not self.unsubscribe:
            return [
                ("List-Unsubscribe", f"<mailto:{quote(self.sender, safe='@')}?subject=unsubscribe%20{id_}>")
            ]
        return [
            ("List-Unsubscribe", f"<{self.unsubscribe}{id_}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ]

    def _text(self, message: Message) -> str:
        parts = [self._paragraph(event) for event in message.events]
        parts.append(f"-- \nSubscription {message.subscription.id} of {one_line(message.subscription.who)}")
        return "\n".join(parts) + "\n"

    def _paragraph(self, event: Event) -> str:
        lines = [
            sentence(event),
            one_line(event.path),
            record_iri(self.base, event),
            advisory_iri(self.base, event) if event.record else "",
            f"{rfc3339(event.time)}, key {event.key}",
        ]
        return "\n  ".join(line for line in lines if line) + "\n"


def _subject(events: tuple[Event, ...]) -> str:
    first = sentence(events[0])[:_SUBJECT]
    return first if len(events) == 1 else f"{first}, and {len(events) - 1:,} more"


def _refused(code: int, said: bytes | str) -> Outcome:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    verdict: Literal["dead", "retry"] = "dead" if 500 <= code < 600 else "retry"
    return Outcome(verdict, f"SMTP {code} {one_line(text)}")


class _Session(smtplib.SMTP):
    """A session with a relay, over a connection that the door made."""

    def __init__(self, door: Door, relay: Relay) -> None:
        import ssl

        self._door = door
        self._context = relay.tls or ssl.create_default_context()
        self._at_once = relay.security == "tls"
        super().__init__(relay.host, relay.port, timeout=relay.timeout)
        try:
            if relay.security == "starttls":
                self.starttls(context=self._context)
            if relay.user:
                self.login(relay.user, relay.password)
        except BaseException:
            self.close()
            raise

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """What `smtplib` leaves to subclasses that connect in their own way, as its `SMTP_SSL` does."""
        connection = self._door.connect(host, port, timeout)
        if not self._at_once:
            return connection
        try:
            return self._context.wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise
