"""The page of what changed between two versions, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from umr_ld.page.blocks import Cell, Note, Page, Part, Table
from umr_ld.page.citation import day
from umr_ld.page.measured import ROWS
from umr_ld.page.record import Words
from umr_ld.vocab import UMR

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.change import Diff
    from umr_ld.page.blocks import Block
    from umr_ld.registry.views import Shown
    from umr_ld.vocab import Vocabulary

_TERM = re.compile(re.escape(UMR) + r"\w+")


def changes_page(before: Shown, after: Shown, found: Diff, vocabulary: Vocabulary, base: Base) -> Page:
    """What changed between two records.

    Args:
        before: the earlier one.
        after: the later one.
        found: the differences.
        vocabulary: labels of kinds.
        base: of the registry.
    """
    earlier, later = before.record, after.record
    words = Words(vocabulary, base)
    rows = tuple(
        (
            Cell(one.level.name.lower()),
            Cell(_named(one.path, vocabulary)),
            Cell(one.act),
            Cell(_named(one.before, vocabulary)),
            Cell(_named(one.after, vocabulary)),
        )
        for one in found.changes[:ROWS]
    )
    head = ("step", "what", "how", "before", "after")
    table: Block = Table(_summary(found), head, rows, max(len(found.changes) - ROWS, 0))
    compared = Table(
        "",
        ("", "record", "published"),
        tuple(
            (Cell(word), words.thing(one.record.ref), Cell(day(one.published)))
            for word, one in (("before", before), ("after", after))
        ),
    )
    return Page(
        title=f"{later.title}: what changed",
        kind=words.kind(later.kind),
        reference=f"{earlier.ref} → {later.ref}",
        address=later.iri,
        lead=f"From {earlier.ref} of {day(before.published)} to {later.ref} of {day(after.published)}",
        time=after.published,
        parts=(
            Part("compared", "Compared", (compared,)),
            Part("changes", "Changes", (table if rows else Note("Nothing changed."),)),
        ),
    )


def _named(text: str, vocabulary: Vocabulary) -> str:
    """A text in which the vocabulary's words stand as authors write them."""
    return _TERM.sub(lambda found: vocabulary.key_of(found.group()) or found.group(), text)


def _summary(found: Diff) -> str:
    number = f"{len(found.changes):,} change{'s' if len(found.changes) != 1 else ''}, the gravest first"
    return (
        f"{number}; together they need a {found.level.name.lower()} step"
        if found.level is not None
        else number
    )
