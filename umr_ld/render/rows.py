"""Answers as rows, for tables and CSV, the same at every door. The heads name the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.render.output import day, stamp
from umr_ld.render.tree import meant
from umr_ld.risk import path_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.change import Diff
    from umr_ld.lineage import Edge, Hit, Hop
    from umr_ld.registry.views import Event, Judged, Listed
    from umr_ld.risk import Advisory

LISTED = ("reference", "kind", "title", "publisher", "license", "published")
EVENT = ("sequence", "time", "act", "reference", "agent", "reason", "changes")
CHANGE = ("level", "act", "path", "before", "after")
HIT = ("reference", "depth", "path")
JUDGED = ("reference", "answer", "severity", "publisher", "depth", "path", "statement")
ADVISORY = ("reference", "title", "severity", "risks", "artifacts")
LINK = ("source", "relation", "target", "versions", "revision", "evidence", "inherit")


def listed_row(one: Listed) -> tuple[str, ...]:
    """The values of `LISTED`.

    Args:
        one: the line.
    """
    withdrawn = " (withdrawn)" if one.withdrawn else ""
    license_ = one.license.removeprefix("https://spdx.org/licenses/")
    return str(one.ref), one.kind, one.title + withdrawn, one.publisher, license_, day(one.published)


def event_row(one: Event) -> tuple[object, ...]:
    """The values of `EVENT`.

    Args:
        one: the event.
    """
    return one.seq, stamp(one.time), one.act, str(one.ref), one.agent, one.reason, "; ".join(one.changes)


def change_rows(found: Diff) -> list[tuple[str, ...]]:
    """The values of `CHANGE`, for each change.

    Args:
        found: the changes.
    """
    return [(one.level.name.lower(), one.act, one.path, one.before, one.after) for one in found.changes]


def hit_row(hit: Hit) -> tuple[object, ...]:
    """The values of `HIT`.

    Args:
        hit: a record downstream.
    """
    return str(hit.ref), hit.depth, hit_words(hit)


def hit_words(hit: Hit) -> str:
    """How a record is reached, read upwards: `fineTunedFrom lab/a@1.0.0 trainedOn lab/d`.

    Args:
        hit: a record downstream.
    """
    return " ".join(f"{hop.relation} {_reached(hop)}" for hop in hit.path)


def _reached(hop: Hop) -> str:
    """The record on which the path goes on; at its end what the link names."""
    if hop.reached is not None:
        return str(hop.reached)
    versions = meant(hop)
    return f"{hop.artifact}@{versions}" if versions else hop.artifact


def advisory_row(one: Advisory) -> tuple[str, ...]:
    """The values of `ADVISORY`.

    Args:
        one: the advisory.
    """
    return str(one.ref), one.title, one.severity.label, " ".join(one.risks), " ".join(one.scopes)


def verdict_rows(advisory: Advisory, rows: Iterable[Judged]) -> Iterator[list[str]]:
    """The values of `JUDGED`, for each record.

    Args:
        advisory: by which they are judged.
        rows: the records that are told.
    """
    for one in rows:
        statement = "" if one.ruling is None else str(one.ruling.statement)
        words = path_words(one.path)
        severity = advisory.severity.label
        yield [str(one.ref), one.answer.label, severity, one.publisher, str(one.depth), words, statement]


def edge_row(one: Edge) -> tuple[object, ...]:
    """The values of `LINK`.

    Args:
        one: an edge of a lineage.
    """
    link = one.link
    inherits = "yes" if link.inherit else ""
    return (
        *(str(one.source), link.relation, str(one.target), str(link.versions), link.revision),
        *(link.evidence, inherits),
    )
