"""Plain values as YAML 1.2 in block style, readable by people and by every YAML reader."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/.+()-]*(?: [A-Za-z0-9(][A-Za-z0-9_/.,+()-]*)*\Z")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""What a plain scalar must not be: other readers of YAML take these for no texts (YAML 1.1)."""


def as_yaml(value: Any) -> str:
    """A value as a YAML document.

    Args:
        value: objects, lists, texts, truth values, None.
    """
    return "".join(f"{line}\n" for line in _lines(value))


def scalar(value: str | bool | None) -> str:
    """A text as a YAML scalar: plain where every reader takes it for this text, else in double quotes.

    Args:
        value: a text, a truth value, or None.
    """
    if isinstance(value, str) and _PLAIN.match(value) and value.lower() not in _WORDS and ": " not in value:
        return value
    # A JSON text is a YAML double-quoted scalar (YAML 1.2.2 §1.2), but for DEL, the C1 controls and two
    # that are no characters, which YAML does not let stand as they are (§5.1), and what YAML 1.1 took for line ends.
    return re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]",
        lambda m: f"\\u{ord(m.group()):04x}",
        json.dumps(value, ensure_ascii=False),
    )


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _member(f"{scalar(key)}:", inner)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _item(inner)
    elif isinstance(value, dict | list):
        yield json.dumps(value)
    else:
        yield scalar(value)


def _member(head: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from (f"  {line}" for line in _lines(value))
    else:
        yield f"{head} {next(_lines(value))}"


def _item(value: Any) -> Iterator[str]:
    lines = _lines(value)
    yield f"- {next(lines)}"
    yield from (f"  {line}" for line in lines)
