"""The bytes of foreign documents: JSON with exact numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from umr_ld.tree import Number

if TYPE_CHECKING:
    from umr_ld.tree import Value


def as_bytes(root: Value) -> bytes:
    """A tree as JSON in UTF-8, two spaces, keys in the order given.

    Args:
        root: any tree; a `Number` is written as a number.
    """
    return ("".join(_pieces(root, "\n")) + "\n").encode("utf-8", "replace")


def _pieces(value: Value, line: str) -> list[str]:
    if isinstance(value, Number):
        return [str(value)]
    if isinstance(value, dict) and value:
        inner = [
            f"{line}  {json.dumps(key, ensure_ascii=False)}: " + "".join(_pieces(one, f"{line}  "))
            for key, one in value.items()
        ]
        return ["{", ",".join(inner), line, "}"]
    if isinstance(value, list) and value:
        inner = [f"{line}  " + "".join(_pieces(one, f"{line}  ")) for one in value]
        return ["[", ",".join(inner), line, "]"]
    return [json.dumps(value, ensure_ascii=False)]
