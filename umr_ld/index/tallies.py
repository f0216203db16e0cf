"""Counts of facets that were made lately. Counting looks at everything that fits, and little of it changes between
two publications: what was counted before one is brought up to the next."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Any

from umr_ld.index import search, upkeep

if TYPE_CHECKING:
    import sqlite3

    from umr_ld.index.search import Selection

    Told = tuple[int, dict[str, dict[str, int]]]

Tally = dict[str | int, Counter[Any]]
"""Of each facet, how many artifacts have each value: of `kind`, `publisher` and `license`, and of those that are the
numbers of terms, by the numbers of terms; of `hub` by its name."""

_MOST = 64
_LONGEST = 10_000
"""Characters of a selection that is remembered; one that lists records may have megabytes."""

_WHOLE = 4
"""Tallies that are kept with all their values, of which a large registry has hundreds of thousands."""

_FAR = 10_000
"""Entries since an older tally, beyond which counting anew is no slower."""


class Tallies:
    """The totals and facets of selections, by the journal entry that the index had come to. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: OrderedDict[tuple[int, str, str], Told] = OrderedDict()
        self._whole: OrderedDict[str, tuple[int, Tally]] = OrderedDict()

    def of(self, db: sqlite3.Connection, selection: Selection) -> Told:
        """How many artifacts there are, and how many for each value of each facet.

        Args:
            db: in a transaction.
            selection: those that fit.
        """
        asked = selection.key
        if len(asked) > _LONGEST:
            return search.facets(db, selection.tally(db))
        position, chain = upkeep.state(db)
        key = position, chain, asked
        with self._lock:
            if key in self._told:
                self._told.move_to_end(key)
                return self._told[key]
        found = search.facets(db, self._tally(db, selection, asked, position))
        with self._lock:
            self._told[key] = found
            while len(self._told) > _MOST:
                self._told.popitem(last=False)
        return found

    def clear(self) -> None:
        """Forget everything, because the index does."""
        with self._lock:
            self._told.clear()
            self._whole.clear()

    def _tally(self, db: sqlite3.Connection, selection: Selection, asked: str, position: int) -> Tally:
        if not selection.is_plain:
            return selection.tally(db)
        with self._lock:
            since, known = self._whole.get(asked, (position + 1, {}))
        is_near = 0 <= position - since <= _FAR
        tally = selection.tally_since(db, known, since) if is_near else selection.tally(db)
        with self._lock:
            # A reader of an earlier state may come later.
            if position >= self._whole.get(asked, (0, {}))[0]:
                self._whole[asked] = position, tally
                self._whole.move_to_end(asked)
            while len(self._whole) > _WHOLE:
                self._whole.popitem(last=False)
        return tally
