"""Forms of values in foreign documents: what a crosswalk may write in its column `form`.

A form need not be exact in both directions. Whoever writes reads back, and keeps elsewhere what did not come back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed
from umr_ld.lexical import decimal, integer
from umr_ld.tree import Number

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.tree import Value

_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?\Z")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9:.]+(Z|[+-][0-9:]+)?\Z")


class Form(NamedTuple):
    """How a value is written.

    Args:
        read: from the foreign document.
        write: from a record; both raise Malformed for what they cannot say.
    """

    read: Callable[[Value], Value]
    write: Callable[[Value], Value]


def text_of(value: Value) -> str:
    """The text of a plain value, or of a value object of JSON-LD.

    Args:
        value: of a tree.

    Raises:
        Malformed: if it is an object, a list, empty, true or false.
    """
    if isinstance(value, dict) and "@value" in value:
        value = value["@value"]
    if not isinstance(value, str) or not value.strip():
        raise Malformed("a text is expected here")
    return str(value)


def _address(value: Value) -> str:
    if isinstance(value, dict):
        value = value.get("@id")
    text = text_of(value).strip()
    if not is_absolute(text) or text.startswith("_:"):
        raise Malformed("this is no absolute address")
    return text


NAMES = ("schema:name", "foaf:name", "rdfs:label", "dct:title", "name")
"""What agents are called by."""


def _called(value: Value) -> str:
    """What an agent is called, whether it is a text or a thing that has a name."""
    if not isinstance(value, dict) or "@value" in value:
        return text_of(value)
    for key in NAMES:
        named = value.get(key)
        for one in named if isinstance(named, list) else [named]:
            text = one.get("@value") if isinstance(one, dict) else one
            if isinstance(text, str) and text.strip():
                return str(text)
    return _address(value)


def _agent(value: Value) -> str:
    """What an agent is called; an agent that has no name is called by its address."""
    return text_of(value.get("label", value.get("id")) if isinstance(value, dict) else value)


def _integer(value: Value) -> Number:
    found = integer(text_of(value))
    if found is None:
        raise Malformed("a whole number is expected here")
    return Number(found)


def _decimal(value: Value) -> Number:
    found = decimal(text_of(value))
    if found is None:
        raise Malformed("a number is expected here")
    return Number(found)


def _sha256(value: Value) -> str:
    text = text_of(value).strip().lower()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise Malformed("this is no SHA-256 in hexadecimal digits")
    return text


def _date(value: Value) -> str:
    text = text_of(value).strip()
    moment = _MOMENT.match(text)
    if moment is None and not _DATE.match(text):
        raise Malformed("this is no date of ISO 8601")
    return moment[1] if moment else text


def _day(value: Value) -> str:
    text = text_of(value)
    if not _DATE.match(text) or len(text) < 10:
        raise Malformed("a whole date is needed here")
    return text


def _moment(value: Value) -> str:
    return f"{_day(value)}T00:00:00Z"


def _thousandth(value: Value) -> Number:
    return Number(decimal(f"{_decimal(value)}e-3") or "")


def _thousandfold(value: Value) -> Number:
    return Number(decimal(f"{_decimal(value)}e3") or "")


def _typed(kind: str, of: Callable[[Value], Value]) -> Callable[[Value], Value]:
    return lambda value: {"@type": kind, "@value": str(of(value))}


FORMS = {
    "text": Form(text_of, text_of),
    "address": Form(_address, _address),
    "id": Form(_address, lambda value: {"@id": _address(value)}),
    "agent": Form(_called, _agent),
    "integer": Form(_integer, _integer),
    "decimal": Form(_decimal, _decimal),
    "decimal-text": Form(_decimal, lambda value: str(_decimal(value))),
    "kilograms-in-tonnes": Form(_thousandfold, _thousandth),
    "sha256": Form(_sha256, _sha256),
    "date": Form(_date, _date),
    "day": Form(_date, _day),
    "moment": Form(_date, _moment),
    "xsd-date": Form(_date, _typed("xsd:date", _day)),
    "xsd-moment": Form(_date, _typed("xsd:dateTime", _moment)),
    "xsd-count": Form(_integer, _typed("xsd:nonNegativeInteger", _integer)),
    "xsd-decimal": Form(_decimal, _typed("xsd:decimal", _decimal)),
}


def form_named(text: str) -> Form:
    """The form that a crosswalk names.

    Args:
        text: a key of `FORMS`, or words joined by `|`, of which a value has to be one; empty for `text`.

    Raises:
        Malformed: if there is no such form.
    """
    if "|" in text:
        return _one_of(frozenset(text.split("|")))
    if (text or "text") not in FORMS:
        raise Malformed(
            f"{text!r} is no form of values", remedy=f"one of {', '.join(FORMS)}, or words with |"
        )
    return FORMS[text or "text"]


def _one_of(words: frozenset[str]) -> Form:
    def check(value: Value) -> str:
        text = text_of(value)
        if text not in words:
            raise Malformed(f"only {', '.join(sorted(words))} can stand here")
        return text

    return Form(check, check)
