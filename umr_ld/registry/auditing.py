"""Asks a registry for everything that an audit looks at, at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from umr_ld.audit import Dossier
from umr_ld.registry.publication import SPOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from umr_ld.lineage import Lineage
    from umr_ld.registry.views import Affected, Concern, Shown
    from umr_ld.risk import Policy

MOST = 2000
"""Records above that are looked at, the nearest first."""


class Asked(Protocol):
    """What is asked of a registry, here or elsewhere."""

    def show(self, reference: str, *, at: datetime | None = None) -> Shown:
        """See `Reader.show`."""
        ...

    def lineage(self, reference: str, *, at: datetime | None = None) -> Lineage:
        """See `Reader.lineage`."""
        ...

    def check(
        self, asked: Iterable[str], *, policy: Policy | None = None, at: datetime | None = None
    ) -> Sequence[Concern]:
        """See `Reader.check`."""
        ...

    def affected(
        self, reference: str, *, policy: Policy | None = None, at: datetime | None = None
    ) -> Affected:
        """See `Reader.affected`."""
        ...


def dossier(
    registry: Asked,
    reference: str,
    *,
    policy: Policy | None = None,
    at: datetime | None = None,
    most: int = MOST,
) -> Dossier:
    """What an audit of a record looks at.

    Args:
        registry: what is asked.
        reference: as of `Reader.show`.
        policy: as of `Reader.check`.
        at: as of `Reader.show`.
        most: records above that are looked at, the nearest first.

    Raises:
        Malformed, Missing: as `Reader.show`.
    """
    # A reader that is as of a moment already must not be asked about now.
    dated: dict[str, Any] = {} if at is None else {"at": at}
    root = registry.show(reference, **dated)
    ref = str(root.record.ref)
    lineage = registry.lineage(ref, **dated)
    above = [node.ref for node in lineage.nodes[1:] if node.ref is not None]
    is_asked = root.record.kind not in SPOKEN
    concerns = tuple(registry.check([ref], policy=policy, **dated)) if is_asked else ()
    # The whole answer about one advisory names the policy by which all of them were judged.
    told = (
        [str(root.record.ref.name)] if root.record.kind == "Advisory" else [c.advisory.name for c in concerns]
    )
    about = registry.affected(told[0], policy=policy, **dated) if told else None
    return Dossier(
        root=root,
        above=tuple(registry.show(str(one), **dated) for one in above[:most]),
        advisories=tuple(registry.show(str(one.advisory.ref), **dated) for one in concerns),
        concerns=concerns,
        statements=tuple(registry.show(str(one.statement), **dated) for one in concerns if one.statement),
        exposed=() if about is None or is_asked else tuple(one.ref for one in about.hits),
        policy="" if about is None else about.policy,
        unrecorded=tuple(str(node) for node in lineage.nodes if node.ref is None),
        left_out=max(len(above) - most, 0),
    )
