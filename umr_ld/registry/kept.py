"""Things that were made from records lately, by the sequence numbers of these. What is published never changes."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Kept(Generic[T]):
    """The things of which use was made last. Threads may share it.

    Args:
        most: how many are kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._things: OrderedDict[int, T] = OrderedDict()

    def get(self, seq: int, make: Callable[[], T]) -> T:
        """The thing of a record, made if it is not here.

        Args:
            seq: sequence number of the record's journal entry.
            make: makes it.
        """
        found = self._things.pop(seq, None)
        if found is None:
            found = make()
        self.keep(seq, found)
        return found

    def clear(self) -> None:
        """Forget everything."""
        self._things.clear()

    def keep(self, seq: int, thing: T) -> None:
        """Remember a thing.

        Args:
            seq: sequence number of the record's journal entry.
            thing: what was made.
        """
        self._things[seq] = thing
        while len(self._things) > self._most:
            # Another thread may have emptied it in between.
            try:
                self._things.popitem(last=False)
            except KeyError:
                break
