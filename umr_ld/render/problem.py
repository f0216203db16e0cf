"""An error as a problem document: the same for the command line, the pages and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from umr_ld.errors import Invalid

if TYPE_CHECKING:
    from umr_ld.errors import UmrError


def problem(error: UmrError) -> dict[str, Any]:
    """An error as a problem document (RFC 9457 §3), with members of our own behind the standard ones.

    Args:
        error: of the tree.

    Returns:
        `type` (`about:blank`: the status says it all), `title`, `status` (of HTTP), `detail`; then `exitCode`,
        `where`, `remedy` and for invalid records `findings`, each only where it says something.
    """
    members = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.what,
        "exitCode": error.exit_code,
        "where": error.where,
        "remedy": error.remedy,
        "findings": [finding.as_dict() for finding in error.report] if isinstance(error, Invalid) else None,
    }
    return {key: value for key, value in members.items() if value not in ("", None)}
