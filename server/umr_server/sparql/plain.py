"""Plain questions as they are sent: one line with nothing but a query, of which all else can be compared byte for byte."""

from __future__ import annotations

import re
from binascii import a2b_qp
from urllib.parse import unquote_to_bytes

from umr_ld.access import secret

LONGEST = 2000
"""Bytes of a query as it is sent: longer ones are answered in another manner, and might not fit into a pipe at once."""

_QUERY, _VERSION = b"?query=", b" HTTP/1.1\r\n"
_NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_PLAIN = re.compile(rb"[A-Za-z0-9%+._~!$'()*,;:@/?=-]+")


def parts(sent: bytes) -> tuple[bytes, bytes, bytes] | None:
    """A request before its query, the query, and the rest; None if it is no question.

    Args:
        sent: all that came.
    """
    start = sent.find(_QUERY, 0, LONGEST) + len(_QUERY)
    end = sent.find(_VERSION, start)
    if start < len(_QUERY) or not 0 < end - start <= LONGEST or not _PLAIN.fullmatch(sent, start, end):
        return None
    return sent[:start], sent[start:end], sent[end:]


def between(sent: bytes, before: bytes, after: bytes) -> bytes | None:
    """The query of a request that differs in nothing else from another; None if it does.

    Args:
        sent: all that came.
        before: its query, as of `parts`.
        after: its query, as of `parts`.
    """
    start, end = len(before), len(sent) - len(after)
    if not (0 < end - start <= LONGEST and sent.startswith(before) and sent.endswith(after)):
        return None
    return sent[start:end] if _PLAIN.fullmatch(sent, start, end) else None


def text_of(said: str) -> str | None:
    """The text of a question; None if it has to be looked at more closely.

    Args:
        said: what an address, or a form that was sent, says behind `query=`.
    """
    if "&" in said or not said.isascii() or secret.holds(said):
        return None
    try:
        return _unescaped(said.encode("ascii")).decode()
    except UnicodeDecodeError:
        return None


def _unescaped(said: bytes) -> bytes:
    """What is written with escapes (RFC 3986 §2.1), and with `+` for spaces.

    Quoted-printable (RFC 2045 §6.7) escapes octets in the same manner with another mark, and is read twice as fast.
    """
    if _NO_ESCAPE.search(said):
        return unquote_to_bytes(said.replace(b"+", b" "))
    return a2b_qp(said.replace(b"=", b"%3D").replace(b"%", b"=").replace(b"+", b" "))
