"""Canonical lexical forms of numbers and language tags: what is published is exact, and the same for all who publish it."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.errors import Malformed
from umr_ld.tree import Number
from umr_ld.vocab import XSD

if TYPE_CHECKING:
    from umr_ld.tree import Value

_INTEGER = re.compile(r"[-+]?[0-9]{1,1000}\Z")
_MAX_EXPONENT = 400
"""No measure of models needs 10^400; a written exponent could otherwise ask for gigabytes of zeros."""


def typed(value: str | bool) -> Value:
    """A value of a key that is not understood: its number kept exactly, its type said."""
    if not isinstance(value, Number):
        return value
    whole = integer(value)
    if whole is not None:
        return {"@type": f"{XSD}integer", "@value": whole}
    return {"@type": f"{XSD}decimal", "@value": decimal(value) or str(value)}


def integer(text: str) -> str | None:
    """Canonical lexical form of xsd:integer (XSD 1.1-2 §3.4.13), or None."""
    if not _INTEGER.match(text.strip()):
        return None
    sign = "-" if text.strip().startswith("-") else ""
    digits = text.strip().lstrip("+-").lstrip("0") or "0"
    return digits if digits == "0" else sign + digits


def decimal(text: str) -> str | None:
    """Canonical lexical form of xsd:decimal (XSD 1.1-2 §3.3.3), or None."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT or "_" in text:
        return None
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain in {"-0", ""} else plain


def language_tag(tag: object) -> str:
    """A language tag as it is published: well-formed (RDF 1.1 §3.3, BCP 47 §2.2.9) and in small letters.

    Processors of JSON-LD leave out a text whose tag is not, without a word (JSON-LD 1.1 API §8.2.2).

    Args:
        tag: whatever stands there.

    Raises:
        Malformed: if it is none.
    """
    try:
        return str(ox.Literal("", language=str(tag).lower()).language)
    except ValueError:
        raise Malformed(
            f"{str(tag)[:80]!r} is no language tag", remedy="write e.g. en, de-AT or zh-Hant"
        ) from None
