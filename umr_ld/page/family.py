"""The members of a family beside each other: what all of them say, and what differs.

A derived model is not documented twice; so what a family hands down is told once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.page.blocks import Cell, Note, Part, Table
from umr_ld.page.sections import page_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from umr_ld.page.blocks import Block
    from umr_ld.page.record import Words
    from umr_ld.page.sections import Row
    from umr_ld.registry.views import Shown

MEMBERS = 24
"""Members that are compared."""

BESIDE = 4
"""Members in one table: a page of paper has no room for more."""

LONGEST = 240
"""Characters of a value; the member's own page has all of it."""


def members_part(members: Sequence[Shown], left_out: int, words: Words) -> Part:
    """The members of a family, compared.

    Args:
        members: the newest record of each.
        left_out: members that there are besides.
        words: labels and addresses.
    """
    if not members:
        return Part("members", "Members", (Note("No record says that it is a member."),))
    said = [_rows(one, words) for one in members]
    labels = {key: row for rows in reversed(said) for key, row in rows.items()}
    order = sorted(labels, key=lambda key: words.vocabulary.order_of_keys.get(key, 1_000_000))
    shared = [key for key in order if len({_text(rows.get(key)) for rows in said}) == 1 and len(members) > 1]
    differing = [key for key in order if key not in shared]
    blocks: list[Block] = [_overview(members, left_out, words)]
    if shared:
        blocks.append(_shared(shared, said, labels))
    blocks += _differing(differing, members, said, labels, words)
    return Part("members", "Members", tuple(blocks))


def _rows(member: Shown, words: Words) -> Mapping[str, Row]:
    """What holds for a member, by key; its name for itself is in the head of the table."""
    sections = page_of(member, words.vocabulary, words.base)
    return {row.key: row for section in sections for row in section.rows if row.key != "title"}


def _text(row: Row | None) -> str:
    if row is None:
        return ""
    return "; ".join(
        ", ".join(part for part in (piece.text, *(f"{label} {text}" for label, text in piece.parts)) if part)
        for piece in row.pieces
    )


def _short(row: Row | None) -> str:
    text = _text(row)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _overview(members: Sequence[Shown], left_out: int, words: Words) -> Block:
    rows = [
        (
            words.thing(one.record.ref),
            Cell(one.record.title),
            Cell(str(sum(1 for _ in one.effective.inherited()))),
        )
        for one in members
    ]
    caption = f"{len(members) + left_out} member{'s' if len(members) + left_out != 1 else ''}, by their newest records"
    return Table(caption, ("member", "title", "inherited values"), tuple(rows), left_out)


def _shared(keys: Sequence[str], said: Sequence[Mapping[str, Row]], labels: Mapping[str, Row]) -> Block:
    rows = [
        (Cell(labels[key].label), Cell(_short(labels[key])), Cell(_origin([one[key] for one in said])))
        for key in keys
    ]
    return Table("What all of them have in common", ("", "value", "said by"), tuple(rows))


def _origin(rows: Sequence[Row]) -> str:
    """Who says it: a record that hands it down to all of them, or each by itself."""
    origins = {piece.origin for row in rows for piece in row.pieces}
    if None not in origins:
        return ", ".join(sorted(str(one) for one in origins))
    return "each of them" if origins == {None} else "some themselves, some by inheritance"


def _differing(
    keys: Sequence[str],
    members: Sequence[Shown],
    said: Sequence[Mapping[str, Row]],
    labels: Mapping[str, Row],
    words: Words,
) -> Iterator[Block]:
    for start in range(0, len(members), BESIDE):
        beside = range(start, min(start + BESIDE, len(members)))
        rows = [
            (Cell(labels[key].label), *(Cell(_short(said[at].get(key)) or "–") for at in beside))
            for key in keys
            if any(key in said[at] for at in beside)
        ]
        if rows:
            head = ("", *(str(words.thing(members[at].record.ref).text) for at in beside))
            yield Table("What differs", head, tuple(rows))
