"""How often somebody may ask: a bucket of so many requests, that fills again within a minute."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_MINUTE = 60.0
_MOST = 10_000
"""Buckets that are remembered; those that were not used for longest are forgotten first."""


class Room(NamedTuple):
    """What a bucket said to a request.

    Args:
        name: of what is counted.
        limit: requests in a minute.
        left: how many more may come now.
        wait: whole seconds until there is room for one more, if there is none, or until all is free again.
        granted: whether there was room for this one.
    """

    name: str
    limit: int
    left: int
    wait: int
    granted: bool


class Buckets:
    """One bucket for each who asks.

    Args:
        limit: requests in a minute; 0 for any number.
        name: of what is counted.
        most: how many who ask are remembered.
        clock: seconds that only grow.
    """

    def __init__(
        self, limit: int, name: str, most: int = _MOST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self._limit, self._most, self._clock = limit, most, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> Room | None:
        """Count a request; None if there is no limit.

        Args:
            key: who asks.
        """
        if not self._limit:
            return None
        rate = self._limit / _MINUTE
        with self._lock:
            now = self._clock()
            level, then = self._buckets.pop(key, (float(self._limit), now))
            level = min(float(self._limit), level + (now - then) * rate)
            granted = level >= 1.0
            level -= 1.0 if granted else 0.0
            self._buckets[key] = (level, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        missing = self._limit - level if granted else 1.0 - level
        return Room(self.name, self._limit, int(level), math.ceil(missing / rate), granted)
