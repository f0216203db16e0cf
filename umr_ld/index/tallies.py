"""Counts of facets that were made lately: counting looks at everything that fits, and nothing changes between
two publications."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from umr_ld.index import upkeep

if TYPE_CHECKING:
    import sqlite3

    from umr_ld.index.search import Selection

    Tally = tuple[int, dict[str, dict[str, int]]]

_MOST = 64
_LONGEST = 10_000
"""Characters of a selection that is remembered; one that lists records may have megabytes."""


class Tallies:
    """The totals and facets of selections, by the journal entry that the index had come to. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[int, str, str], Tally] = OrderedDict()

    def of(self, db: sqlite3.Connection, selection: Selection) -> Tally:
        """How many artifacts there are, and how many for each value of each facet.

        Args:
            db: in a transaction.
            selection: those that fit.
        """
        asked = selection.key
        if len(asked) > _LONGEST:
            return selection.facets(db)
        key = (*upkeep.state(db), asked)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        found = selection.facets(db)
        with self._lock:
            self._known[key] = found
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return found
