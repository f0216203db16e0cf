"""Licences of SPDX 3 that are things of their own: listed ones, sets of them, and operators on them, as expressions.

Source: SPDX 3.0.1, profiles SimpleLicensing and ExpandedLicensing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.formats.gathering import texts
from umr_ld.formats.licensing import NO_LICENCE, NOTHING_SAID, listed, reference_to
from umr_ld.licences import spdx_expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.tree import Value

_SETS = {"expandedlicensing_DisjunctiveLicenseSet": "OR", "expandedlicensing_ConjunctiveLicenseSet": "AND"}
_INDIVIDUALS = {
    "NoAssertionElement": NOTHING_SAID,
    "NoAssertionLicense": NOTHING_SAID,
    "NoneElement": NO_LICENCE,
    "NoneLicense": NO_LICENCE,
}
DEEPEST = 20
"""Sets in sets that are followed: beyond, or in a circle, what is left is a reference."""
LICENCE_KEYS = (
    "name",
    "simplelicensing_licenseExpression",
    "expandedlicensing_member",
    "expandedlicensing_subjectLicense",
    "expandedlicensing_subjectExtendableLicense",
    "expandedlicensing_subjectAddition",
)
"""What an expression is made of."""


def licence_text(identifier: str, elements: Mapping[str, Mapping[str, Value]], depth: int = 0) -> str:
    """A licence as an expression, an address, or what it is called.

    Args:
        identifier: of it.
        elements: of the document, by their identifiers.
        depth: how many sets it is in.
    """
    element = elements.get(identifier, {})
    kind = next(iter((*texts(element.get("type")), *texts(element.get("@type")))), "")
    said = element.get("simplelicensing_licenseExpression")
    individual = _INDIVIDUALS.get(identifier.replace("_", "/").rpartition("/")[2])
    if isinstance(said, str):
        return said
    if individual is not None:
        return individual
    if (
        kind.startswith("expandedlicensing_")
        and depth < DEEPEST
        and (made := _made(kind, element, elements, depth))
    ):
        return made
    if listed(identifier):
        return listed(identifier)
    name = element.get("name")
    return name if isinstance(name, str) and name.strip() else identifier


def _made(
    kind: str, element: Mapping[str, Value], elements: Mapping[str, Mapping[str, Value]], depth: int
) -> str:
    """What a set or an operator makes of other licences; nothing if it is neither."""

    def operands(key: str) -> list[str]:
        return [_operand(one, elements, depth + 1) for one in texts(element.get(f"expandedlicensing_{key}"))]

    if kind in _SETS:
        return f" {_SETS[kind]} ".join(operands("member"))
    if kind == "expandedlicensing_OrLaterOperator":
        return "".join(f"{one}+" for one in operands("subjectLicense")[:1])
    if kind == "expandedlicensing_WithAdditionOperator":
        return " WITH ".join([*operands("subjectExtendableLicense")[:1], *operands("subjectAddition")[:1]])
    return ""


def _operand(identifier: str, elements: Mapping[str, Mapping[str, Value]], depth: int) -> str:
    """A licence as it stands in an expression: what is no expression itself becomes a reference."""
    if listed(identifier):
        return listed(identifier)
    text = licence_text(identifier, elements, depth)
    if spdx_expression(text) is None:
        return reference_to(text)
    return f"({text})" if " AND " in text or " OR " in text else text
