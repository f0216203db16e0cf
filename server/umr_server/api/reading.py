"""The verbs that read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from umr_server.api.models import Answer, At
from umr_server.api.spec import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_server.site import Site


class Registry(Answer):
    """The registry itself."""

    base: str = Field(description="What all identifiers begin with.")
    entries: int = Field(description="Number of the journal's last entry.")
    chain: str = Field(
        description="Its chain value: whoever keeps it can tell later whether anything was changed."
    )
    counts: dict[str, int] = Field(
        description="Records, artifacts, mentioned ones, links, and records by kind."
    )


def routes(site: Site) -> Iterator[Route]:
    """The addresses of these verbs.

    Args:
        site: what is asked.
    """
    registry = site.registry

    def about(query: At) -> dict[str, Any]:
        """Say what this registry is, and how much is in it."""
        head = registry.position()
        return {
            "base": registry.base.iri,
            "entries": head.seq,
            "chain": head.chain,
            "counts": registry.counts(at=query.at),
        }

    yield Route("/registry", about, Registry, query=At)
