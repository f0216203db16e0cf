"""Asks a registry for everything that a page or a drawing shows, at one moment."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Literal

from umr_ld.page.changes import changes_page
from umr_ld.page.drawing import Drawing
from umr_ld.page.elsewhere import files_part
from umr_ld.page.family import MEMBERS, members_part
from umr_ld.page.record import Words, record_page
from umr_ld.registry.past import as_of

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.lineage import Lineage
    from umr_ld.page import Page, Part
    from umr_ld.registry.reader import Reader
    from umr_ld.registry.views import Shown
    from umr_ld.risk import Answer
    from umr_ld.versions import Version

SPOKEN = frozenset({"Advisory", "Statement"})
"""Kinds that speak of risks: no advisory is open against them, and nothing is made from them."""

JUDGED = 2000
"""Nodes of a drawing whose answers are told."""


def page(registry: Reader, reference: str, *, at: datetime | None = None) -> Page:
    """The page of a record.

    Args:
        registry: what is asked.
        reference: as of `Reader.show`.
        at: as of `Reader.show`.

    Raises:
        Malformed, Missing: as `Reader.show`.
    """
    asked = as_of(registry, at)
    found = asked.show(reference)
    more = [_members(asked, found)] if found.record.kind == "Family" else []
    if elsewhere := asked.same_files(found.record):
        more.append(files_part(elsewhere, Words(asked.vocabulary, asked.base)))
    ref, speaks = str(found.record.ref), found.record.kind in SPOKEN
    return record_page(
        found,
        asked.vocabulary,
        asked.base,
        concerns=None if speaks else asked.check([ref]),
        below=() if speaks else asked.impact(ref),
        history=asked.history(str(found.record.ref.name)),
        more=more,
    )


def _members(registry: Reader, found: Shown) -> Part:
    """The newest record of each artifact that says it is a member."""
    lineage = registry.lineage(str(found.record.ref), direction="down", depth=1)
    relations = registry.vocabulary.relations
    joining = {key for key, one in relations.items() if one.to_kinds == {found.record.kind}}
    newest: dict[str, Version] = {}
    for edge in lineage.edges:
        ref = edge.source.ref
        if edge.link.relation in joining and ref is not None:
            name = str(ref.name)
            newest[name] = max(newest.get(name, ref.version), ref.version)
    told = [f"{name}@{version}" for name, version in sorted(newest.items())]
    shown = [registry.show(one) for one in told[:MEMBERS]]
    words = Words(registry.vocabulary, registry.base)
    return members_part(shown, len(told) - len(shown), words)


def changes(registry: Reader, before: str, after: str, *, at: datetime | None = None) -> Page:
    """The page of what changed between two records.

    Args:
        registry: what is asked.
        before: reference of the earlier one.
        after: reference of the later one.
        at: as of `Reader.show`.

    Raises:
        Malformed, Missing: as `Reader.show`.
    """
    asked = as_of(registry, at)
    earlier, later = asked.show(before), asked.show(after)
    found = asked.diff(str(earlier.record.ref), str(later.record.ref))
    return changes_page(earlier, later, found, asked.vocabulary, asked.base)


def drawing(
    registry: Reader,
    reference: str,
    *,
    direction: Literal["up", "down"] = "up",
    at: datetime | None = None,
) -> Drawing:
    """A lineage to be drawn, with answers and addresses.

    Args:
        registry: what is asked.
        reference: as of `Reader.lineage`.
        direction: as of `Reader.lineage`.
        at: as of `Reader.show`.

    Raises:
        Malformed, Missing: as `Reader.lineage`.
    """
    asked = as_of(registry, at)
    return drawn(asked, asked.lineage(reference, direction=direction))


def drawn(registry: Reader, lineage: Lineage) -> Drawing:
    """A lineage that was asked for already, with answers and addresses.

    Args:
        registry: what is asked.
        lineage: as it gave it.
    """
    names = [str(node) for node in lineage.nodes]
    worst: dict[str, Answer] = {}
    for one in registry.check(list(islice(names, JUDGED))):
        worst[one.asked] = max(worst.get(one.asked, one.answer), one.answer)
    addresses = {str(node): registry.base.artifact(node.ref or node.artifact) for node in lineage.nodes}
    return Drawing(
        lineage=lineage,
        answers={name: answer.label for name, answer in worst.items()},
        addresses={
            name: address
            for name, address in addresses.items()
            if address.startswith(("http://", "https://"))
        },
        relations=registry.vocabulary.relations,
        kinds={key: kind.label for key, kind in registry.vocabulary.kinds.items()},
    )
