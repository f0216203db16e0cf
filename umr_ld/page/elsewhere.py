"""The files of a record that other artifacts have too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.page.blocks import Cell, Part, Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from umr_ld.page.record import Words
    from umr_ld.registry.views import Carried


def files_part(several: Iterable[tuple[str, Carried]], words: Words) -> Part:
    """The same files elsewhere.

    Args:
        several: what each file is called here, and a record that names it too.
        words: addresses.
    """
    rows = tuple(
        (Cell(file), words.thing(one.ref), Cell(one.file), Cell(one.digest)) for file, one in several
    )
    head = ("file", "also in", "called there", "digest")
    table = Table("Other artifacts whose records name a file of the same digest", head, rows)
    return Part("same-files", "The same files elsewhere", (table,))
