"""What every part of the server is given: the registry, the settings, and what is shared beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from umr_server.settings import Settings

if TYPE_CHECKING:
    from umr_ld.registry import Registry


@dataclass(frozen=True)
class Site:
    """One registry as it is served.

    Args:
        registry: open for reading or writing; it stays the caller's to close.
        settings: what the deployment decided.
    """

    registry: Registry
    settings: Settings = field(default_factory=Settings)
