"""Verdicts in words, tables, trees and graphs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.rows import JUDGED, verdict_rows
from umr_ld.render.text import one_line, table
from umr_ld.render.verdicts import affected_json
from umr_ld.risk import Answer, path_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from umr_ld.cli.session import Session
    from umr_ld.registry.views import Affected, Concern, Judged
    from umr_ld.render.text import Style

FORMS = ("tree", "table", "json", "csv", "sarif", "dot")
_COLORS = {Answer.AFFECTED: "#b3261e", Answer.POSSIBLY: "#8a5a00", Answer.CLEAR: "#146c2e"}
_SHAPES = {Answer.AFFECTED: "octagon", Answer.POSSIBLY: "diamond", Answer.CLEAR: "box"}


def give(session: Session, found: Affected, rows: Sequence[Judged]) -> None:
    """Write verdicts in the form that was asked for.

    Args:
        session: says which.
        found: the verdicts.
        rows: those of its records that are told.
    """
    from umr_ld.cli.findings import sarif
    from umr_ld.cli.version import version

    style = session.style
    session.give(
        human=lambda: _human(found, rows, style),
        tree=lambda: _tree(rows, style),
        table=lambda: table(
            JUDGED, list(verdict_rows(found.advisory, rows)), width=session.width, style=style
        ),
        json=lambda: as_json(affected_json(found, rows, found.repair)),
        csv=lambda: as_csv(JUDGED, verdict_rows(found.advisory, rows)),
        sarif=lambda: sarif({"": [_finding(found, one) for one in rows if one.answer]}, version()),
        dot=lambda: _dot(rows),
    )


def concern_words(one: Concern) -> str:
    """What is open against a record, in one sentence.

    Args:
        one: the advisory, the answer and the path.
    """
    grave = f" ({one.advisory.severity.label})" if one.advisory.severity else ""
    words = f"{one.asked} is {affectedness(one.answer)} by {one.advisory.label}{grave}, {one.advisory.title}"
    if one.path:
        words += f": {path_words(one.path)}"
    if one.statement is not None:
        words += f"; {one.statement} says so, without it: {one.arrives.label}"
    return words


def marked(answer: Answer, style: Style) -> str:
    """An answer as a word, with colour where there is colour.

    Args:
        answer: the answer.
        style: of the output.
    """
    paint = {Answer.AFFECTED: style.bad, Answer.POSSIBLY: style.warn, Answer.CLEAR: style.good}
    return paint[answer](answer.label)


def _human(found: Affected, rows: Sequence[Judged], style: Style) -> str:
    advisory = found.advisory
    risks = ", ".join(risk.rpartition("#")[2] for risk in advisory.risks)
    lines = [
        f"{style.bold(one_line(advisory.title))}",
        f"{advisory.ref} · {advisory.severity.label} severity · {risks}",
        "",
    ]
    for one in rows:
        publisher = f" · {one_line(one.publisher)}" if one.publisher else ""
        lines.append(f"{marked(one.answer, style)}  {style.bold(str(one.ref))}{style.dim(publisher)}")
        if one.path:
            lines.append(f"    {one_line(path_words(one.path))}")
        if one.ruling is not None:
            lines.append(f"    {one.ruling.statement} says so; without it: {one.arrives.label}")
    lines += [
        f"not counted: {said.statement} about {said.about}, which others publish"
        for said in found.said
        if not said.counts
    ]
    hanging = [(one, below) for one, below in found.repair if below]
    if hanging:
        lines += ["", style.bold("to be mended first")]
        lines += [
            f"{at}. {one.ref}: {count(below, 'record')} reached through it"
            for at, (one, below) in enumerate(hanging, 1)
        ]
    return "".join(f"{line}\n" for line in lines)


def _finding(found: Affected, one: Judged) -> Any:
    from umr_ld.findings import Finding, Severity

    level = Severity.VIOLATION if one.answer is Answer.AFFECTED else Severity.WARNING
    words = path_words(one.path)
    return Finding(
        level,
        f"{one.ref} is {affectedness(one.answer)} by {found.advisory.title}"
        + (f": {words}" if words else ""),
        found.advisory.label,
        focus=str(one.ref),
    )


def affectedness(answer: Answer) -> str:
    """An answer as it stands in a sentence.

    Args:
        answer: the answer.
    """
    return {Answer.AFFECTED: "affected", Answer.POSSIBLY: "possibly affected", Answer.CLEAR: "clear"}[answer]


def _tree(rows: Sequence[Judged], style: Style) -> str:
    """Each record below the one that its path leads to, read from what is hit downwards."""
    below: dict[str, list[Judged]] = {}
    for one in rows:
        below.setdefault(_above(one), []).append(one)
    known = {str(one.ref) for one in rows}
    lines: list[str] = []
    waiting = [(0, one) for key in reversed(list(below)) if key not in known for one in reversed(below[key])]
    while waiting:
        depth, one = waiting.pop()
        relation = f"{one.path[0].relation} " if one.path else ""
        origin = f" {style.dim(one.path[0].end)}" if one.path and _above(one) not in known else ""
        lines.append(f"{'  ' * min(depth, 40)}{relation}{one.ref} {marked(one.answer, style)}{origin}")
        waiting += [(depth + 1, inner) for inner in reversed(below.get(str(one.ref), []))]
    return "".join(f"{line}\n" for line in lines)


def _above(one: Judged) -> str:
    return one.path[0].end if one.path else ""


def _dot(rows: Sequence[Judged]) -> str:
    lines = [
        "digraph verdicts {",
        "  rankdir=BT;",
        '  node [fontname="sans-serif", style=filled, fillcolor=white];',
    ]
    for one in rows:
        label = json.dumps(f"{one.ref}\n{one.answer.label}", ensure_ascii=False)
        look = f'shape={_SHAPES[one.answer]}, color="{_COLORS[one.answer]}"'
        lines.append(f"  {json.dumps(str(one.ref), ensure_ascii=False)} [label={label}, {look}];")
    edges = {(str(step.ref), step.end, step.relation) for one in rows for step in one.path}
    for source, target, relation in sorted(edges):
        ends = f"{json.dumps(source, ensure_ascii=False)} -> {json.dumps(target, ensure_ascii=False)}"
        lines.append(f"  {ends} [label={json.dumps(relation, ensure_ascii=False)}];")
    return "\n".join([*lines, "}", ""])
