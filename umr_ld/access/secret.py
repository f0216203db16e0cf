"""The text of a token: `umr_`, its public name, 256 random bits, and a checksum.

The prefix lets scanners find tokens that were published by mistake, the checksum refuses what is mistyped or
made up before anything is looked up. A digest without salt or stretching is right here: nobody guesses 256
random bits (OWASP ASVS 5.0 §11.4: these are for passwords, which people choose).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from typing import NamedTuple

PREFIX = "umr_"
_ALPHABET = string.digits + string.ascii_letters
_NAME, _RANDOM, _CHECK = 8, 43, 6
"""Characters; 43 of base 62 hold 256 bits, 6 hold 32."""
_FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_NAME + _RANDOM + _CHECK}}}")


class Secret(NamedTuple):
    """A token's text, taken apart.

    Args:
        id: its public name.
        digest: SHA-256 of the whole text.
    """

    id: str
    digest: bytes


def make() -> str:
    """The text of a new token."""
    name = "".join(secrets.choice(_ALPHABET) for _ in range(_NAME))
    body = f"{PREFIX}{name}{_base62(secrets.randbits(256), _RANDOM)}"
    return body + _checksum(body)


def parse(text: str) -> Secret | None:
    """Take a token's text apart; None if it is not of the form, or its checksum is another.

    Args:
        text: what somebody sent.
    """
    if not _FORM.fullmatch(text) or _checksum(text[:-_CHECK]) != text[-_CHECK:]:
        return None
    start = len(PREFIX)
    return Secret(text[start : start + _NAME], hashlib.sha256(text.encode()).digest())


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two digests are equal, in a time that does not tell where they differ.

    Args:
        one: SHA-256.
        other: SHA-256.
    """
    return hmac.compare_digest(one, other)


def concealed(text: str) -> str:
    """A text without the tokens in it, for messages and logs.

    Args:
        text: any.
    """
    return _FORM.sub(f"{PREFIX}…", text)


def holds(text: str) -> bool:
    """Whether there is something like a token in a text.

    Args:
        text: any.
    """
    return _FORM.search(text) is not None


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode()), _CHECK)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
