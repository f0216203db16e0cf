"""Tables of `ontology/crosswalk/`: tab-separated, a head, and no quotes, so that a pattern stands as it is."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def rows(text: str) -> Iterator[dict[str, str]]:
    """The rows of a table, by the words of its head.

    Args:
        text: the table.
    """
    yield from csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)


def crosswalk_rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table of this installation.

    Args:
        name: of the file in `ontology/crosswalk/`, without its ending.
    """
    from umr_ld.resources import resource

    return rows(resource(f"ontology/crosswalk/{name}.tsv").read_text(encoding="utf-8"))
