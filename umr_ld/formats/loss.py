"""What a translation between formats could not say, row by row. Nothing vanishes silently."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.tree import Value

_SHOWN = 200
"""Characters of a value that a row tells."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One value that did not come through as it was.

    Args:
        property: path of what it was a value of, in the keys of the format that was read.
        value: the value, as written.
        why: why it did not come through, and what became of it.
        place: `file:line` where it stands, as far as known.
    """

    property: str
    value: str
    why: str
    place: str

    def __str__(self) -> str:
        what = " ".join(part for part in (self.property, repr(self.value) if self.value else "") if part)
        return ": ".join(part for part in (self.place, what, self.why) if part)

    def as_dict(self) -> dict[str, str]:
        """The row for JSON output."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LossReport:
    """All that a translation has to report. False if everything came through.

    Args:
        rows: in the order of what was read.
    """

    rows: tuple[Loss, ...] = ()

    def __iter__(self) -> Iterator[Loss]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __add__(self, other: Iterable[Loss]) -> LossReport:
        return LossReport((*self.rows, *other))


def short(value: Value) -> str:
    """A value in a row, as JSON where it is no plain text; long ones are cut.

    Args:
        value: any.
    """
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return str(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
