"""How long one record takes in every form, warm.

The aim is 5 ms a target and 50 ms for PDF. Beside each stands the least that its library does: Jinja with
one line, Graphviz with the same drawing as text, the typesetter with one line. The record is changed each
time, since the typesetter keeps what it has compiled before.
"""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import umr_ld
from bench.measure import alternating, compared
from umr_ld.files import documents
from umr_ld.registry import publication
from umr_ld.render.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable

RECORD = "vinid/plip"
ROUNDS = 21


def _typeset() -> Callable[[], object]:
    import typst

    compiler = typst.Compiler()
    count = itertools.count()
    return lambda: compiler.compile(f"line {next(count)}".encode(), format="pdf", timestamp=0)


def _laid_out(dot: str) -> Callable[[], object]:
    import pygraphviz

    return lambda: pygraphviz.AGraph(string=dot).draw(format="svg", prog="dot")


def _templated() -> Callable[[], object]:
    from jinja2 import Environment

    template = Environment(autoescape=True).from_string("<p>{{ text }}</p>")
    return lambda: template.render(text="line")


def run() -> list[dict[str, object]]:
    """Rows: each target in milliseconds."""
    records = Path(__file__).resolve().parents[1] / "records"
    with umr_ld.Registry.in_memory() as registry:
        registry.publish(documents([str(records)]), agent="bench")
        page = publication.page(registry, RECORD)
        drawing = publication.drawing(registry, RECORD)
        asked = alternating({"page": lambda: publication.page(registry, RECORD)}, rounds=ROUNDS)["page"]
    dot = TARGETS["dot"].render(drawing).body.decode()
    rivals = {"pdf": ("typst, one line", _typeset()), "svg": ("Graphviz alone", _laid_out(dot))}
    least = ("Jinja, one line", _templated())
    count = itertools.count()
    rows: list[dict[str, object]] = [
        {"name": "ask for a page", "unit": "ms", "ours": asked * 1000, "rivals": {}, "ratios": {}}
    ]
    for key, target in TARGETS.items():
        rival, run_rival = rivals.get(key, least)

        def ours(target=target):  # type: ignore[no-untyped-def]
            fresh = replace(page, lead=f"{page.lead} {next(count)}")
            return target.render(drawing if target.shows == "drawing" else fresh)

        ours()
        medians = alternating({"ours": ours, rival: run_rival}, rounds=ROUNDS)
        rows.append(
            compared(f"render {key}", "ms", {name: value * 1000 for name, value in medians.items()}, "ours")
        )
    return rows


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
