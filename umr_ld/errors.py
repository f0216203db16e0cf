"""What can go wrong, by whose fault it is.

One tree, small on purpose. Every class says which exit code (command line) and which HTTP status
(RFC 9110) it becomes, so that the two doors cannot disagree.

An error says four things: what is wrong, where (file, line, path inside), why (the rule), and what to
do about it (the remedy).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from umr_ld.findings import Report

REBUILD = "`umr rebuild` makes it again from the journal"
"""The remedy for what is derived, and is not what the journal says."""


class UmrError(Exception):
    """Parent of everything the registry says no with.

    Args:
        what: one sentence without a trailing full stop.
        where: file, file:line, reference or path inside a document; empty if it is obvious.
        remedy: what the person can do next; empty if nothing is known.
    """

    exit_code: ClassVar[int] = 70
    status: ClassVar[int] = 500
    title: ClassVar[str] = "internal error"

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f" ({self.remedy})" if self.remedy else ""
        return f"{place}{self.what}{advice}"


class Unreadable(UmrError):
    """The sender's bytes are not what they claim to be: not UTF-8, not JSON, too deep, too large."""

    exit_code = 1
    status = 400
    title = "unreadable input"


class TooLarge(Unreadable):
    """The sender's bytes are more than the registry reads at once."""

    status = 413
    title = "input too large"


class Invalid(UmrError):
    """The input can be read but breaks rules; `report` holds every finding, not only the first.

    Args:
        report: the findings; at least one of them is a violation.
    """

    exit_code = 1
    status = 422
    title = "invalid record"

    def __init__(self, report: Report, *, where: str = "") -> None:
        self.report = report
        count = len(report.violations)
        super().__init__(f"{count} violation{'s' if count != 1 else ''}", where=where)


class Malformed(UmrError):
    """A value given by the caller (a name, a version, a range, an option) is not of its form."""

    exit_code = 2
    status = 400
    title = "malformed value"


class Missing(UmrError):
    """What was asked for is not there.

    Args:
        what: one sentence without a trailing full stop.
        where: as of every error.
        remedy: as of every error.
        alike: names that the remedy proposes, as they stand in it.
    """

    exit_code = 3
    status = 404
    title = "not found"

    def __init__(self, what: str, *, where: str = "", remedy: str = "", alike: Sequence[str] = ()) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.alike = tuple(alike)


class Conflict(UmrError):
    """The request contradicts what is already published."""

    exit_code = 1
    status = 409
    title = "conflict"


class Reused(Conflict):
    """A name that was given to one request is given to another."""

    status = 422
    title = "key used before"


class Denied(UmrError):
    """The caller may not do this."""

    exit_code = 4
    status = 403
    title = "denied"


class Unauthenticated(Denied):
    """The caller does not say who he is, or not so that it can be believed."""

    status = 401
    title = "not authenticated"


class Untrusted(UmrError):
    """A digest, signature or key does not say what it should."""

    exit_code = 5
    status = 422
    title = "not to be trusted"


class Unreachable(UmrError):
    """Another machine did not answer, or may not be asked."""

    exit_code = 6
    status = 502
    title = "unreachable"


class Busy(UmrError):
    """Another process holds the registry."""

    exit_code = 7
    status = 503
    title = "registry busy"


class Overloaded(Busy):
    """There is more to do than can be done at once; later there may not be."""

    title = "too much at once"


class TooOften(Busy):
    """The caller asks more often than anybody may."""

    status = 429
    title = "too many requests"


class Unfinished(Busy):
    """The same request was sent before, and is being worked on."""

    status = 409
    title = "not finished yet"


class TooLong(UmrError):
    """Answering would take more time, memory or space than a question may take."""

    exit_code = 7
    status = 503
    title = "limit exceeded"


class Damaged(UmrError):
    """Stored bytes are not the bytes that were written."""

    exit_code = 7
    status = 500
    title = "registry damaged"


class Full(UmrError):
    """There is no space left; nothing was written, reading goes on."""

    exit_code = 7
    status = 507
    title = "no space left"


class Newer(UmrError):
    """The registry on disk was written by a later layout than this program knows."""

    exit_code = 7
    status = 500
    title = "newer layout"


def every_error() -> tuple[type[UmrError], ...]:
    """Every class of the tree, parents first.

    Returns:
        the classes, for tables in documentation and tests.
    """
    found: list[type[UmrError]] = [UmrError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return tuple(found)
