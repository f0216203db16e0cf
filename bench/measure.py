"""Timing: ours and the rivals in turn, so that a busy machine is busy for all of them."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def alternating(candidates: Mapping[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Median seconds of each candidate over several rounds, one after the other in every round.

    Args:
        candidates: name to what is timed; the first is ours.
        rounds: how often each is run; at least five.
    """
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            start = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def compared(name: str, unit: str, medians: Mapping[str, float], ours: str) -> dict[str, object]:
    """One row of the results.

    Args:
        name: the question.
        unit: of the figures.
        medians: name to figure.
        ours: which of them is this project's.

    Returns:
        with `ratios`: each rival's figure divided by ours, above 1 where ours is less.
    """
    rivals = {rival: figure for rival, figure in medians.items() if rival != ours}
    return {
        "name": name,
        "unit": unit,
        "ours": medians[ours],
        "rivals": rivals,
        "ratios": {rival: figure / medians[ours] for rival, figure in rivals.items()},
    }


def percentile(values: list[float], share: float) -> float:
    """The value below which a share of the values lies.

    Args:
        values: at least one.
        share: between 0 and 1.
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
