"""How every record stands, over all advisories: what listings choose by."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.errors import TooLong
from umr_ld.registry import risks
from umr_ld.risk import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.names import Ref
    from umr_ld.registry.parts import Parts

MOST = 200_000
"""Records that may be exposed, over all advisories. Beyond it the answer would be kept waiting for, and an advisory's
own page says more."""


@dataclass(frozen=True, slots=True)
class _State:
    """What the answers depend on."""

    seq: int
    policy: str


class Standings:
    """The gravest answer of every record that is not clear. Made when it is asked for, and kept until something
    is published.

    Args:
        parts: of the registry.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._making = threading.Lock()
        self._known: tuple[_State, Mapping[Ref, Answer]] | None = None

    def of(self, at: int | None) -> Mapping[Ref, Answer]:
        """The records that are possibly affected or affected by any advisory.

        Args:
            at: journal sequence number, or None for now.

        Raises:
            TooLong: if there are more than `MOST`.
        """
        seq = self._parts.index.position() if at is None else at
        state = _State(seq, self._parts.policy.digest)
        with self._making:
            if self._known is None or self._known[0] != state:
                self._known = state, self._made(at)
            return self._known[1]

    def _made(self, at: int | None) -> Mapping[Ref, Answer]:
        worst: dict[Ref, Answer] = {}
        told = 0
        for advisory in risks.advisories(self._parts, None, at):
            exposure = risks.verdicts(self._parts, advisory, self._parts.policy, at).exposure
            told += len(exposure)
            if told > MOST:
                raise TooLong(
                    f"more than {MOST:,} records are exposed to advisories, too many to choose by",
                    remedy="ask of one advisory who is affected by it",
                )
            for one in exposure:
                if one.answer > worst.get(one.ref, Answer.CLEAR):
                    worst[one.ref] = one.answer
        return worst
