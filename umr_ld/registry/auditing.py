"""Asks a registry for everything that an audit looks at, at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

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
    root = registry.show(reference, at=at)
    ref = str(root.record.ref)
    lineage = registry.lineage(ref, at=at)
    above = [node.ref for node in lineage.nodes[1:] if node.ref is not None]
    concerns = () if root.record.kind in SPOKEN else tuple(registry.check([ref], policy=policy, at=at))
    spoken = (
        registry.affected(str(root.record.ref.name), policy=policy, at=at) if _is_advisory(root) else None
    )
    about = [spoken] if spoken is not None else [_first(registry, concerns, policy, at)]
    return Dossier(
        root=root,
        above=tuple(registry.show(str(one), at=at) for one in above[:most]),
        advisories=tuple(registry.show(str(one.advisory.ref), at=at) for one in concerns),
        concerns=concerns,
        statements=tuple(
            registry.show(str(one.statement), at=at) for one in concerns if one.statement is not None
        ),
        exposed=() if spoken is None else tuple(one.ref for one in spoken.hits),
        policy=next((one.policy for one in about if one is not None), ""),
        unrecorded=tuple(str(node) for node in lineage.nodes if node.ref is None),
        left_out=max(len(above) - most, 0),
    )


def _is_advisory(root: Shown) -> bool:
    return root.record.kind == "Advisory"


def _first(
    registry: Asked, concerns: Sequence[Concern], policy: Policy | None, at: datetime | None
) -> Affected | None:
    """The whole answer about one advisory: it names the policy by which all of them were judged."""
    if not concerns:
        return None
    return registry.affected(concerns[0].advisory.name, policy=policy, at=at)
