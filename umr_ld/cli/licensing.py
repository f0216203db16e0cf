"""The verb `licences`: what upstreams' licences demand, and what records state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from umr_ld.cli import findings, options
from umr_ld.cli.options import policy_of, verb
from umr_ld.cli.subjects import read_subjects, require_known
from umr_ld.cli.version import version
from umr_ld.licences import NOTE
from umr_ld.render.output import as_json, count
from umr_ld.render.verdicts import licences_json

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from umr_ld.cli.session import Session
    from umr_ld.findings import Finding, Severity

_FAILING = ("violation", "warning", "never")
_LEVELS = ("violation", "warning", "info")


@verb("licences", *options.asked(), options.at, options.policy, forms=findings.FORMS)
@click.argument("subjects", nargs=-1, required=True, metavar="PATH|REFERENCE…")
@click.option(
    "--fail-on",
    type=click.Choice(_FAILING),
    default="violation",
    show_default=True,
    help="From which level on the exit code is 1.",
)
@click.option(
    "--level",
    type=click.Choice(_LEVELS),
    default="warning",
    show_default=True,
    help="The least that is told.",
)
def licences(
    session: Session,
    subjects: tuple[str, ...],
    fail_on: str,
    level: str,
    policy: Path | None,
    at: datetime | None,
) -> int:
    """Hold the licences that records state against those of their upstreams.

    Each argument is a draft, a folder of drafts, a list of references in a .txt file, or a reference. Told is what
    is missing, what an upstream demands and the record's licence does not keep, and what one should know of
    what it is made from, each with the path. It compares what records state, and is no legal advice.
    """
    with session.ask() as registry:
        given = read_subjects(session, registry, subjects)
        written = {str(require_known(registry, ref, at).ref): ref for ref in given.refs}
        report = registry.licences(given, policy=policy_of(policy, registry), at=at)
    told = [
        given.placed(one, written.get(one.focus, ""))
        for one in report
        if _LEVELS.index(one.severity.value) <= _LEVELS.index(level)
    ]
    said: dict[str, list[Finding]] = {label: [] for label in given.labels()}
    for one in told:
        said[given.label(one.focus, written.get(one.focus, ""))].append(one)
    session.give(
        human=lambda: "".join(f"{findings.human(one, session.style)}\n" for one in told),
        json=lambda: as_json(licences_json(told)),
        sarif=lambda: findings.sarif(said, version()),
        github=lambda: findings.github(said),
        junit=lambda: findings.junit(said, "umr licences"),
    )
    failing = [one for one in report if _fails(one.severity, fail_on)]
    checked = count(len(given), "record")
    session.say(f"{checked} compared, {count(len(failing), 'reason')} to fail. {NOTE}")
    return 1 if failing else 0


def _fails(severity: Severity, fail_on: str) -> bool:
    return fail_on != "never" and _LEVELS.index(severity.value) <= _LEVELS.index(fail_on)
