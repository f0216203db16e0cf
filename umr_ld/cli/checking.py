"""The verb `check`: is what I use, or am about to publish, affected? Made for build services."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import click

from umr_ld.cli import findings, options
from umr_ld.cli.options import policy_of, verb
from umr_ld.cli.subjects import read_subjects, require_known
from umr_ld.cli.verdicts import concern_words
from umr_ld.cli.version import version
from umr_ld.errors import Malformed
from umr_ld.findings import Finding, Severity
from umr_ld.render.output import as_json, count
from umr_ld.render.verdicts import concern_json, unknown_json
from umr_ld.risk import Answer
from umr_ld.risk import Severity as Grave

if TYPE_CHECKING:
    from pathlib import Path

    from umr_ld.cli.session import Session
    from umr_ld.registry.views import Concern

_GRAVE = [one.label for one in Grave if one]
_FAILING = ("affected", "possibly", "fixable", "never")


@dataclass(frozen=True, slots=True)
class Ignore:
    """An advisory that somebody decided not to act upon, for a while.

    Args:
        advisory: its name, the name's last segment, or an identifier elsewhere.
        reason: why.
        until: the last day on which it counts; None for ever.
        reference: artifact to which it is restricted; empty for all.
    """

    advisory: str
    reason: str
    until: date | None
    reference: str

    def covers(self, concern: Concern, today: date) -> bool:
        """Whether it is meant, and still counts.

        Args:
            concern: what is open.
            today: in UTC.
        """
        known = (concern.advisory.name, concern.advisory.label, *concern.advisory.aliases)
        named = not self.reference or concern.asked.partition("@")[0] == self.reference
        return self.advisory in known and named and (self.until is None or today <= self.until)


class _IgnoreType(click.ParamType[Ignore]):
    """A table of `umr.toml`: `[[check.ignore]]` with advisory, reason, and perhaps until and reference."""

    name = "ignore"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Ignore:  # noqa: ARG002
        """See `click.ParamType`."""
        if isinstance(value, Ignore):
            return value
        keys = {"advisory", "reason", "until", "reference"}
        if not isinstance(value, dict) or not {"advisory", "reason"} <= value.keys() <= keys:
            raise Malformed(
                "an ignore names an advisory and a reason, and perhaps a reference and a day until which it counts",
                where="[[check.ignore]]",
                remedy='write advisory = "ID", reason = "…", until = 2027-01-31',
            )
        until = value.get("until")
        if until is not None and not isinstance(until, date):
            raise Malformed(
                f"{until!r} is no day", where="[[check.ignore]]", remedy="write until = 2027-01-31"
            )
        return Ignore(str(value["advisory"]), str(value["reason"]), until, str(value.get("reference", "")))


@verb("check", *options.asked(), options.at, options.policy, forms=findings.FORMS)
@click.argument("subjects", nargs=-1, required=True, metavar="PATH|REFERENCE…")
@click.option(
    "--fail-on",
    type=click.Choice(_FAILING),
    default="possibly",
    show_default=True,
    help="From which answer on the exit code is 1; fixable: only where something newer is clear.",
)
@click.option(
    "--severity", type=click.Choice(_GRAVE), default="low", show_default=True, help="The least that is told."
)
@click.option("--ignore", type=_IgnoreType(), multiple=True, hidden=True)
def check(
    session: Session,
    subjects: tuple[str, ...],
    fail_on: str,
    severity: str,
    ignore: tuple[Ignore, ...],
    policy: Path | None,
    at: datetime | None,
) -> int:
    """Say whether what is used, or is about to be published, is affected by an advisory.

    Each argument is a draft, a folder of drafts, a hub card (a .md file, or a folder with a README.md), a list
    of references in a .txt file (one a line, # begins a comment), or a reference: NAME, NAME@VERSION,
    NAME@RANGE. The exit code is 1 if anything is affected. What was decided to be left alone stands in
    umr.toml as [[check.ignore]], with a reason and an end.
    """
    with session.ask() as registry:
        given = read_subjects(session, registry, subjects)
        unknown = registry.unknown(given.refs, at=at)
        if unknown and len(unknown) == len(given):
            require_known(registry, unknown[0], at)
        ungrounded = registry.unknown(given.upstreams(), at=at)
        found = registry.check(given, policy=policy_of(policy, registry), at=at)
    told = [
        one for one in found if one.advisory.severity >= Grave[severity.upper()] or not one.advisory.severity
    ]
    today = datetime.now(UTC).date()
    rows = [(one, next((i for i in ignore if i.covers(one, today)), None)) for one in told]
    said: dict[str, list[Finding]] = {label: [] for label in given.labels()}
    for ref in unknown:
        said[ref].append(given.placed(_unknown(ref), ref))
    for source, artifact in given.naming(ungrounded):
        said[source].append(replace(_unknown(artifact), source=source))
    suppressed: dict[Finding, str] = {}
    for one, ignored in rows:
        finding = given.placed(_finding(one, ignored), one.given)
        said[given.label(one.asked, one.given)].append(finding)
        if ignored is not None:
            suppressed[finding] = ignored.reason
    session.give(
        human=lambda: "".join(
            f"{findings.human(one, session.style)}\n" for several in said.values() for one in several
        ),
        json=lambda: as_json(
            [
                *map(unknown_json, (*unknown, *ungrounded)),
                *(concern_json(one, "" if ignored is None else ignored.reason) for one, ignored in rows),
            ]
        ),
        sarif=lambda: findings.sarif(said, version(), suppressed),
        github=lambda: findings.github(said),
        junit=lambda: findings.junit(said, "umr check"),
    )
    failing = [one for one, ignored in rows if ignored is None and _fails(one, fail_on)]
    checked = count(len(given), "reference")
    session.say(f"{checked} checked, {count(len(failing), 'reason')} to fail")
    return 1 if failing else 0


def _unknown(ref: str) -> Finding:
    return Finding(
        Severity.WARNING,
        f"nothing is recorded of {ref}, so nothing can be said of it",
        "reference-unknown",
        focus=ref,
        remedy="look for a mistake in the name; `umr search` finds records by words",
    )


def _fails(one: Concern, fail_on: str) -> bool:
    least = Answer.AFFECTED if fail_on == "affected" else Answer.POSSIBLY
    return fail_on != "never" and one.answer >= least and (fail_on != "fixable" or bool(one.fix))


def _finding(one: Concern, ignored: Ignore | None) -> Finding:
    message = concern_words(one)
    level = Severity.VIOLATION if one.answer is Answer.AFFECTED else Severity.WARNING
    level = level if one.answer else Severity.INFO
    if ignored is not None:
        message += f"; ignored until {ignored.until or 'further notice'}: {ignored.reason}"
        level = Severity.INFO
    remedy = f"{one.fix} is clear" if one.fix else ""
    return Finding(level, message, one.advisory.label, focus=one.asked, remedy=remedy)
