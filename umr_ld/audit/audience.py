"""What an audience sees of an audit.

Whom an item is for is said in the profile. What is not for somebody keeps its place, with number and name and
nothing of what was found: there a commitment to it belongs, so that a redacted export still verifies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from umr_ld.audit.verdict import Audit


def redacted(audit: Audit, audience: str) -> Audit:
    """An audit as an audience sees it.

    Args:
        audit: with everything.
        audience: key, e.g. `public`; empty for everything.

    Raises:
        Malformed: if the profile knows no such audience.
    """
    if not audience:
        return audit
    known = audit.profile.audiences
    if audience not in known:
        raise Malformed(
            f"{audit.profile.key} has nothing for the audience {audience!r}",
            where="--audience",
            remedy=f"one of {', '.join(known)}" if known else "leave it out: the profile names no audience",
        )
    return replace(
        audit,
        verdicts=tuple(one for one in audit.verdicts if audience in one.item.audiences),
        audience=audience,
        withheld=tuple(one.item for one in audit.verdicts if audience not in one.item.audiences),
    )
