"""What a check found: findings, and the report that holds all of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from umr_ld.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Severity(enum.Enum):
    """How bad a finding is: the three severities of SHACL (W3C SHACL §2.1.4)."""

    VIOLATION = "violation"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check has to say.

    Args:
        severity: how bad it is.
        message: what is wrong, one sentence.
        rule: stable name of the rule, e.g. `json-duplicate-key` or a shape's IRI.
        path: place inside the document, in the document's own keys: `upstream[2].version`.
        focus: the node or reference the finding is about.
        remedy: what to do about it.
        source: file the document came from.
        line: 1-based line in that file, or None where the format has no lines.
    """

    severity: Severity
    message: str
    rule: str
    path: str = ""
    focus: str = ""
    remedy: str = ""
    source: str = ""
    line: int | None = None

    @property
    def place(self) -> str:
        """`file:line: path`, as far as it is known."""
        at = f"{self.source}:{self.line}" if self.line is not None else self.source
        return ": ".join(part for part in (at, self.path) if part)

    def __str__(self) -> str:
        head = f"{self.place}: " if self.place else ""
        tail = f" ({self.remedy})" if self.remedy else ""
        return f"{head}{self.severity.value}: {self.message} [{self.rule}]{tail}"

    def as_dict(self) -> dict[str, str | int]:
        """The finding for JSON output, empty parts left out."""
        pairs: dict[str, str | int | None] = {
            "severity": self.severity.value,
            "message": self.message,
            "rule": self.rule,
            "source": self.source,
            "line": self.line,
            "path": self.path,
            "focus": self.focus,
            "remedy": self.remedy,
        }
        return {key: value for key, value in pairs.items() if value not in {"", None}}


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of a check. True if nothing forbids going on.

    Args:
        findings: in the order of the document.
    """

    findings: tuple[Finding, ...] = field(default=())

    @property
    def violations(self) -> tuple[Finding, ...]:
        """The findings that forbid going on."""
        return tuple(f for f in self.findings if f.severity is Severity.VIOLATION)

    def __bool__(self) -> bool:
        return not self.violations

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __add__(self, other: Iterable[Finding]) -> Report:
        return Report((*self.findings, *other))

    def require(self, where: str = "") -> None:
        """Raise if something forbids going on.

        Args:
            where: what the report is about, for the message.

        Raises:
            Invalid: with this report.
        """
        if not self:
            raise Invalid(self, where=where)


def violation(message: str, rule: str, path: str = "", *, focus: str = "", remedy: str = "") -> Finding:
    """A finding that forbids going on; arguments as of `Finding`."""
    return Finding(Severity.VIOLATION, message, rule, path, focus, remedy)


def warning(message: str, rule: str, path: str = "", *, focus: str = "", remedy: str = "") -> Finding:
    """A finding that a person should look at; arguments as of `Finding`."""
    return Finding(Severity.WARNING, message, rule, path, focus, remedy)
