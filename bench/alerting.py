"""Telling who is concerned: one advisory that hits very many, and publishing while very many are open.

Nothing else does this, so the first figure stands alone. The second is what open advisories add to
publishing a record: two registries of one size, one with and one without them, asked in turn.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

import umr_ld
from bench.measure import percentile
from bench.publish import drafts
from umr_ld.alerts import Subscription

HIT = 22_000
OPEN = 10_000
PUBLISHED = 100


def _document(**body: object) -> umr_ld.Document:
    return umr_ld.Document(json.dumps({"version": "1.0.0", **body}).encode(), source=str(body["name"]))


def _root() -> umr_ld.Document:
    return _document(type="Model", name="bench/root", title="Root")


def advisories(count: int, artifact: str, versions: str = "*") -> list[umr_ld.Document]:
    """Drafts of advisories.

    Args:
        count: how many.
        artifact: what begins the names of what each is about; a number follows.
        versions: which versions of it carry the risk.
    """
    return [
        _document(
            type="Advisory",
            name=f"advisory/n{number:06}-x",
            title="Something was found",
            severity="high",
            risk="backdoor",
            affects=[{"artifact": f"{artifact}{number}", "version": versions}],
        )
        for number in range(count)
    ]


def outbox(folder: Path, hit: int) -> dict[str, object]:
    """Seconds from publishing an advisory until every message about it is in the outbox, on disk.

    Args:
        folder: an empty one.
        hit: how many records stand below what the advisory is about, all of them watched.
    """
    with umr_ld.Registry.create(folder / "registry") as registry:
        registry.publish([_root()], agent="bench")
        registry.publish(drafts(0, hit), agent="bench")
        registry.subscribe(
            Subscription(who="bench", channel="webhook", address="https://receiver.example/", everything=True)
        )
        # One advisory beforehand, so that nothing is loaded for the first time.
        registry.publish(advisories(1, "bench/elsewhere"), agent="bench")
        found = _document(
            type="Advisory",
            name="advisory/root-x",
            title="Something was found",
            severity="high",
            risk="backdoor",
            affects=[{"artifact": "bench/root"}],
        )
        start = time.perf_counter()
        registry.publish([found], agent="bench")
        registry.gather()
        seconds = time.perf_counter() - start
        waiting = sum(posted.events for posted in registry.alerts.outbox())
    name = f"one advisory, {waiting:,} events in the outbox"
    return {"name": name, "unit": "s", "ours": seconds, "rivals": {}, "ratios": {}}


def added(folder: Path, count: int) -> dict[str, object]:
    """Milliseconds that publishing a record takes longer while advisories are open.

    Args:
        folder: an empty one.
        count: of advisories.
    """
    taken: dict[str, list[float]] = {"without": [], "with": []}
    with (
        umr_ld.Registry.create(folder / "without") as without,
        umr_ld.Registry.create(folder / "with") as many,
    ):
        for registry in (without, many):
            registry.publish([_root()], agent="bench")
        many.publish(advisories(count, "bench/elsewhere"), agent="bench")
        # As many records of another kind: it is the advisories that are asked about, not the size.
        without.publish(drafts(1_000_000, count), agent="bench")
        for document in drafts(0, PUBLISHED + 10):
            for name, registry in (("without", without), ("with", many)):
                start = time.perf_counter()
                registry.publish([document], agent="bench")
                taken[name].append(time.perf_counter() - start)
    between = [b - a for a, b in zip(taken["without"], taken["with"], strict=True)][10:]
    return {
        "name": f"what {count:,} open advisories add to publishing",
        "unit": "ms",
        "ours": statistics.median(between) * 1000,
        "rivals": {},
        "ratios": {},
        "without any": percentile(taken["without"][10:], 0.5) * 1000,
    }


def run(hit: int = HIT, count: int = OPEN) -> list[dict[str, object]]:
    """Rows: from an advisory to the outbox, and what open advisories add to publishing.

    Args:
        hit: records that the advisory hits.
        count: advisories that are open.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name in ("hit", "open"):
            (folder / name).mkdir()
        return [outbox(folder / "hit", hit), added(folder / "open", count)]


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
