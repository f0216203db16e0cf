"""A registry that remembers what it was asked: one record is written in twenty forms, and stands in many lineages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from umr_ld.registry import Registry
    from umr_ld.registry.views import Concern

_FEW = 256
_MANY = 200_000


class Remembering:
    """Answers as a registry does, as long as nothing is published.

    Args:
        registry: what is asked.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._concerns: dict[str, tuple[Concern, ...]] = {}
        self.show = lru_cache(_FEW)(registry.show)
        self.impact = lru_cache(_FEW)(registry.impact)
        self.history = lru_cache(_FEW)(registry.history)
        self.lineage = lru_cache(_FEW)(registry.lineage)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def check(self, asked: Iterable[str]) -> tuple[Concern, ...]:
        """As `Registry.check` of references, each of which is judged once.

        Args:
            asked: references.
        """
        wanted = list(asked)
        new = [one for one in dict.fromkeys(wanted) if one not in self._concerns]
        if len(self._concerns) + len(new) > _MANY:
            self._concerns.clear()
            new = list(dict.fromkeys(wanted))
        found: dict[str, list[Concern]] = {one: [] for one in new}
        for concern in self._registry.check(new) if new else ():
            found[concern.given].append(concern)
        self._concerns |= {one: tuple(concerns) for one, concerns in found.items()}
        return tuple(concern for one in wanted for concern in self._concerns[one])
