"""Events in words, as JSON, and by the addresses that the world knows them by."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict
from datetime import UTC
from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.alerts import SEVERITIES

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.addresses import Base
    from umr_ld.alerts import Event, Listed

_UNKNOWN = SEVERITIES[0]
_KEYS = uuid.UUID("6f0a2a8e-3c0c-5b57-9d5f-0f0f6c5b0c1e")
"""Namespace of the identifiers that are made of keys (RFC 9562 §5.5)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")

_SENTENCES = {
    "newly-affected": "{record} is {state} by {advisory}{grave}",
    "answer-changed": "{record} was {before} and is {state} by {advisory}{grave}",
    "severity-changed": "{advisory} is {after} for {record}, and was {before}",
    "cleared": "{record} is clear of {advisory}",
    "advisory-withdrawn": "{advisory} was withdrawn; {record} is clear of it",
    "fix-available": "{after} is clear of {advisory}, by which {record} is {state}",
    "published": "{record} was published",
    "withdrawn": "{record} was withdrawn",
    "vanished": "{record} vanished from its hub",
}
_STATES = {"possibly": "possibly affected"}


def sentence(event: Event) -> str:
    """What happened, in one line without control characters.

    Args:
        event: any.
    """
    form = _SENTENCES[event.kind]
    if event.kind == "advisory-withdrawn" and not event.record:
        form = "{advisory} was withdrawn"
    words = {
        "record": event.record,
        "advisory": event.advisory,
        "before": _STATES.get(event.before, event.before),
        "after": event.after,
        "state": _STATES.get(event.answer, event.answer),
        "grave": f" ({event.severity} severity)" if event.severity not in {"", _UNKNOWN} else "",
    }
    return one_line(form.format_map(words))


def one_line(text: str) -> str:
    """A text whose control characters and line ends, and what XML 1.0 cannot carry, are spaces.

    Args:
        text: any.
    """
    return _CONTROL.sub(" ", text).strip()


def rfc3339(time: datetime) -> str:
    """A moment, UTC, to the second, as RFC 3339 has it.

    Args:
        time: aware of its zone.
    """
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_tree(event: Event) -> dict[str, str | int]:
    """An event as JSON; empty members are left out.

    Args:
        event: any.
    """
    tree = {**asdict(event), "time": rfc3339(event.time), "summary": sentence(event)}
    return {name: value for name, value in tree.items() if value != ""}


def listed_tree(one: Listed) -> dict[str, object]:
    """An event as a listing tells it in JSON, with what people said about it.

    Args:
        one: of a listing.
    """
    tree: dict[str, object] = {"number": one.number, **as_tree(one.event)}
    ignored, seen = one.ignored, one.acknowledged
    if ignored is not None:
        tree["ignored"] = {"reason": ignored.reason, "until": rfc3339(ignored.until), "by": ignored.who}
    if seen is not None:
        said = {"by": seen.who, "note": seen.note, "time": rfc3339(seen.time)}
        tree["acknowledged"] = {name: text for name, text in said.items() if text}
    return tree


def urn(key: str) -> str:
    """A URN that stands for a key: the same for the same key.

    Args:
        key: of an event or a message.
    """
    return uuid.uuid5(_KEYS, key).urn


def record_iri(base: Base, event: Event) -> str:
    """The address of what an event is about: the record, else the advisory.

    Args:
        base: the registry's.
        event: any.
    """
    return _iri(base, event.record or event.advisory)


def advisory_iri(base: Base, event: Event) -> str:
    """The address of an event's advisory; empty if it has none.

    Args:
        base: the registry's.
        event: any.
    """
    return _iri(base, event.advisory) if event.advisory else ""


def _iri(base: Base, name: str) -> str:
    return name if is_absolute(name) else base.expand("r/", name)
