"""Findings in the forms that people, editors and build services read."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from umr_ld.findings import Severity
from umr_ld.render.text import PLAIN, one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from umr_ld.findings import Finding
    from umr_ld.render.text import Style

    Found = Mapping[str, Sequence[Finding]]

FORMS = ("json", "sarif", "github", "junit")

_SARIF_LEVEL = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB_LEVEL = {Severity.VIOLATION: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def human(finding: Finding, style: Style = PLAIN) -> str:
    """`file:line: path: severity: message [rule]`, which editors can jump to, and the remedy below.

    Args:
        finding: what was found.
        style: for the severity.
    """
    emphasis = {Severity.VIOLATION: style.bad, Severity.WARNING: style.warn, Severity.INFO: style.dim}
    place = f"{one_line(finding.place)}: " if finding.place else ""
    severity = emphasis[finding.severity](finding.severity.value)
    head = f"{place}{severity}: {one_line(finding.message)} {style.dim(f'[{one_line(finding.rule)}]')}"
    return f"{head}\n    remedy: {one_line(finding.remedy)}" if finding.remedy else head


def sarif(found: Found, version: str, suppressed: Mapping[Finding, str] | None = None) -> str:
    """A SARIF 2.1.0 log (OASIS), which code hosts show beside the lines.

    Args:
        found: document to its findings.
        version: of this program.
        suppressed: findings that somebody decided to leave alone, with the reason (§3.35).
    """
    reasons = suppressed or {}
    findings = [finding for several in found.values() for finding in several]
    rules = sorted({finding.rule for finding in findings})
    driver = {"name": "umr", "version": version, "rules": [{"id": rule} for rule in rules]}
    log = {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "results": [_result(finding, reasons.get(finding)) for finding in findings],
            }
        ],
    }
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _result(finding: Finding, reason: str | None) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.source:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.source)}}
        if finding.line is not None:
            place["region"] = {"startLine": finding.line}
        location["physicalLocation"] = place
    if finding.path or finding.focus:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path or finding.focus}]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _SARIF_LEVEL[finding.severity],
        "message": {"text": ". ".join(part for part in (finding.message, finding.remedy) if part)},
    }
    if location:
        result["locations"] = [location]
    if reason is not None:
        result["suppressions"] = [{"kind": "external", "justification": reason}]
    return result


def _uri(source: str) -> str:
    """A path as a relative URI reference, or an absolute `file:` URI (SARIF §3.4.3)."""
    from pathlib import Path
    from urllib.parse import quote

    return Path(source).as_uri() if source.startswith("/") else quote(source)


def github(found: Found) -> str:
    """Workflow commands, which GitHub Actions turns into annotations.

    Args:
        found: document to its findings.
    """
    return "".join(f"{_annotation(finding)}\n" for several in found.values() for finding in several)


def _annotation(finding: Finding) -> str:
    said = {"file": finding.source, "line": finding.line, "title": finding.rule}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in said.items() if value)
    headline = ": ".join(part for part in (finding.path, finding.message) if part)
    message = "\n".join(part for part in (headline, finding.remedy) if part)
    return f"::{_GITHUB_LEVEL[finding.severity]} {properties}::{_message(message)}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


def junit(found: Found, suite: str = "umr validate") -> str:
    """A JUnit report: a document is a test case, and fails if it has violations.

    Args:
        found: document to its findings.
        suite: what was asked.
    """
    failed = sum(1 for several in found.values() if _violations(several))
    cases = "".join(_case(source, several) for source, several in found.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites><testsuite name="{suite}" tests="{len(found)}" failures="{failed}">\n'
        f"{cases}</testsuite></testsuites>\n"
    )


def _case(source: str, several: Sequence[Finding]) -> str:
    violations = _violations(several)
    others = [finding for finding in several if finding not in violations]
    inside = ""
    if violations:
        message = f"{len(violations)} violation{'s' if len(violations) != 1 else ''}"
        inside += f'<failure message="{message}">{_lines(violations)}</failure>'
    if others:
        inside += f"<system-out>{_lines(others)}</system-out>"
    return f'  <testcase classname="record" name="{escape(visible(source))}">{inside}</testcase>\n'


def _violations(several: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in several if finding.severity is Severity.VIOLATION]


def _lines(findings: Iterable[Finding]) -> str:
    return escape("\n".join(human(finding) for finding in findings))
