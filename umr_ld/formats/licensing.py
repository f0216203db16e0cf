"""Licences in foreign documents: expressions of SPDX where they are, references made of names where they are not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.licences import SPDX, spdx_expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from umr_ld.formats.crosswalk import Facts
    from umr_ld.tree import Path, Value

_SINGLE = re.compile(r"[A-Za-z0-9.+-]+\Z")
_LIST = re.compile(r"https?://(?:www\.)?spdx\.org/licenses/([A-Za-z0-9.+-]+?)(?:\.html|\.json)?/?\Z")


NOTHING_SAID, NO_LICENCE = "NOASSERTION", "NONE"
"""What SPDX writes where nothing is said of the licence, and where there is none (SPDX 2.3 §7.13, 3.0.1 individuals)."""


def listed(address: str) -> str:
    """The identifier of a licence, or of an exception, by its address on SPDX's list; nothing if it is none.

    Args:
        address: whatever is written.
    """
    found = _LIST.match(address.strip())
    return found[1] if found else ""


def reference_to(name: str) -> str:
    """A reference made of what a licence is called, as expressions have it.

    Args:
        name: in words.
    """
    return "LicenseRef-" + (re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip("-")[:80] or "unnamed")


def take_licence(facts: Facts, text: str, path: Path) -> None:
    """Take in a licence as somebody wrote it.

    Args:
        facts: of the thing that has it.
        text: an identifier, an expression, an address, or a name in words.
        path: where it stands.
    """
    text = listed(text) or text.strip()
    if text in {NOTHING_SAID, NO_LICENCE}:
        facts.taken.add(path)
        if text == NO_LICENCE:
            facts.lose(
                path, text, "not read: it says that there is no licence, for which records have no word"
            )
        return
    known = spdx_expression(text)
    if known is not None and _SINGLE.match(known) and not known.startswith("LicenseRef-"):
        facts.add("license", known, path)
    elif known is not None:
        _add_expression(facts, known, path)
    elif is_absolute(text):
        facts.add("license", text, path)
    else:
        reference = reference_to(text)
        _add_expression(facts, reference, path)
        facts.lose(path, text, f"this is no licence expression of SPDX; taken as {reference}")


def _add_expression(facts: Facts, text: str, path: Path) -> None:
    before = facts.values.get("licenseExpression")
    facts.values["licenseExpression"] = text if before in (None, text) else f"({before}) AND ({text})"
    facts.taken.add(path)


def licence_texts(root: Mapping[str, Value]) -> Iterator[str]:
    """The licences that a record states: expressions of SPDX, or addresses.

    Args:
        root: the record's keys.
    """
    for key in ("license", "licenseExpression"):
        value = root.get(key)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                yield str(one).removeprefix(SPDX)


def expression_of(root: Mapping[str, Value]) -> str | None:
    """All licences that a record states as one expression, if all of them can stand in one.

    Args:
        root: the record's keys.
    """
    found = [spdx_expression(text) for text in licence_texts(root)]
    known = [one for one in dict.fromkeys(found) if one is not None]
    if not known or len(known) != len(dict.fromkeys(found)):
        return None
    return known[0] if len(known) == 1 else " AND ".join(f"({one})" for one in known)
