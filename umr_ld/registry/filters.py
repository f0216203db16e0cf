"""What people write where one of the registry's own words is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable


def kind_of(asked: str, kinds: Iterable[str], where: str) -> str:
    """The kind that is meant, in any case of letters.

    Args:
        asked: what somebody wrote.
        kinds: those of the vocabulary, by key.
        where: the option or parameter.

    Raises:
        Malformed: if there is no such kind.
    """
    known = {kind.casefold(): kind for kind in kinds}
    if asked.casefold() not in known:
        raise Malformed(
            f"{asked!r} is no kind of record", where=where, remedy=f"one of {', '.join(known.values())}"
        )
    return known[asked.casefold()]
