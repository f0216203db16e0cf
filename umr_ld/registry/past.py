"""A registry as it was at a moment: who asks it need not say the moment each time."""

from __future__ import annotations

from functools import cache, partial
from inspect import signature
from typing import TYPE_CHECKING, Any, cast

from umr_ld.registry.reader import Reader

if TYPE_CHECKING:
    from datetime import datetime


def as_of(reader: Reader, at: datetime | None) -> Reader:
    """A reader that answers from what was published by a moment.

    Args:
        reader: answers as of now unless asked otherwise.
        at: the moment, UTC; None for now, always.
    """
    return reader if at is None else cast("Reader", _Past(reader, at))


class _Past:
    """Everything of a reader that can be asked as of a moment is."""

    def __init__(self, reader: Reader, at: datetime) -> None:
        self._reader, self._at = reader, at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._reader, name)
        return partial(found, at=self._at) if name in _dated() else found


@cache
def _dated() -> frozenset[str]:
    own = [cls for cls in Reader.__mro__ if cls is not object]
    methods = {name: value for cls in own for name, value in vars(cls).items() if callable(value)}
    return frozenset(name for name, value in methods.items() if "at" in signature(value).parameters)
