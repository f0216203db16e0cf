"""The inbox: what others tell this registry, as Linked Data Notifications (W3C Recommendation, 2 May 2017).

Whoever sends one is a stranger, and what it says are claims. So it is read (`activity`), kept (`book`) and shown to who
administers the registry, and that is all that comes of it: no record, no verdict and no alert changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from umr_ld.errors import Missing

if TYPE_CHECKING:
    from datetime import datetime

State = Literal["waiting", "accepted"]
STATES: tuple[str, ...] = get_args(State)

LISTED = "`umr inbox list` names them"
"""What to do about a number that none has."""

MAX_BYTES = 1 << 20
"""Of a notification: one of a thousand events has about half of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a notification says, as far as it is shown beside others.

    Args:
        kind: its type, one of the activities of ActivityStreams 2.0.
        about: IRIs of what it is about, in the order in which they stand there, each once.
        actor: IRI of who is said to have acted; empty if it is not said.
        id: IRI that the sender gives it; empty if there is none.
        summary: in words, shortened; empty if there are none.
    """

    kind: str
    about: tuple[str, ...]
    actor: str = ""
    id: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as it is kept.

    Args:
        number: its place; later ones have larger numbers.
        said: what it says.
        received: when, UTC.
        sender: address from which it came: a machine's, or of IPv6 its network's.
        digest: SHA-256, hexadecimal, of its bytes.
        size: of it, in bytes.
        state: `waiting` until somebody accepts it.
        by: who accepted it; empty if nobody did.
        body: its bytes as they came; empty in lists.
    """

    number: int
    said: Said
    received: datetime
    sender: str
    digest: str
    size: int
    state: State = "waiting"
    by: str = ""
    body: bytes = b""


def number_of(text: str) -> int:
    """The number by which a notification is asked for.

    Args:
        text: of an address.

    Raises:
        Missing: if it is none that a notification has.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise Missing(f"there is no notification {text[:40]!r}", remedy=LISTED)
    return int(text)
