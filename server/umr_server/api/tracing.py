"""The verbs that follow links: `lineage`, `impact`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import ConfigDict, Field

from umr_ld.errors import TooLong
from umr_ld.render.answers import impact_json
from umr_ld.render.tree import as_values
from umr_ld.render.verdicts import affected_json
from umr_ld.risk import Answer as Standing
from umr_server.api.models import Answer, At, Number, Paged
from umr_server.api.paging import Part, taken
from umr_server.api.policies import PolicyBody, policy_of
from umr_server.api.reading import REFERENCE
from umr_server.api.spec import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.registry.views import Affected
    from umr_server.site import Site

NODES = 50_000
"""Of a lineage; whoever wants more asks for less depth, or for the impact."""

STEPS = 50_000
"""Of all paths of one page of an impact."""

Least = Literal["clear", "possibly", "affected"]


class LineageQuery(At):
    """Which way, and how far."""

    direction: Literal["up", "down"] = Field(
        "up", description="`up` to what it was made from, `down` to what was made from it."
    )
    depth: Number = Field(10**9, ge=0, le=10**9, description="How many links to follow; all unless given.")


class Node(Answer):
    """A record, or what a link names and nothing that is recorded fits."""

    id: str
    artifact: str
    recorded: bool


class Edge(Answer):
    """A link between two nodes."""

    source: str
    target: str
    relation: str
    versions: str


class Lineage(Answer):
    """Nodes and edges."""

    root: str
    direction: str
    nodes: list[Node]
    edges: list[Edge]
    circles: list[list[str]]


class ImpactQuery(Paged):
    """What is told."""

    answer: Least = Field(
        "clear",
        description="Of an advisory: the least answer that is told; `clear`: also what only a statement clears.",
    )


class ImpactBody(PolicyBody):
    """An advisory, judged by a policy of one's own."""

    model_config = ConfigDict(title="ImpactBody")

    reference: str = Field(min_length=1, max_length=2000, description="Of an advisory.")
    answer: Least = "clear"
    limit: int = Field(100, ge=0, le=5000)
    offset: int = Field(0, ge=0, le=10**9)


class Step(Answer):
    """A link of a path."""

    reference: str
    relation: str
    artifact: str
    versions: str


class Hit(Answer):
    """A record downstream, with its path; of an advisory also how it stands."""

    reference: str
    depth: int
    path: list[Step] = Field([])
    answer: str | None = Field(None, description="Of an advisory: `affected`, `possibly` or `clear`.")


class Impact(Answer):
    """Who is downstream of an artifact, or who is affected by an advisory."""

    hits: list[Hit]
    advisory: str | None = None
    artifact: str | None = None


def routes(site: Site) -> Iterator[Route]:
    """The addresses of these verbs.

    Args:
        site: what is asked.
    """
    view = _Tracing(site)
    path = {
        "reference": "`NAME` for all versions, `NAME@VERSION`, `NAME@RANGE`, an IRI, or an advisory by its name, "
        "the name's last segment, or an identifier that it has elsewhere."
    }
    yield Route(
        "/lineage/<path:reference>",
        view.lineage,
        Lineage,
        query=LineageQuery,
        path=REFERENCE,
    )
    yield Route("/impact/<path:reference>", view.impact, Impact, query=ImpactQuery, path=path)
    yield Route("/impact", view.judge, Impact, method="POST", body=ImpactBody, problems=(404,), tag="Risk")


class _Tracing:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def lineage(self, reference: str, query: LineageQuery) -> dict[str, Any]:
        """Draw what a record was made from, or what was made from it."""
        found = self._registry.lineage(reference, direction=query.direction, depth=query.depth, at=query.at)
        if len(found.nodes) > NODES:
            raise TooLong(
                f"there are {len(found.nodes):,} nodes, and {NODES:,} are given at once",
                remedy="ask for less depth",
            )
        return as_values(found)

    def impact(self, reference: str, query: ImpactQuery) -> Part:
        """Find everything downstream, or who is affected by an advisory, with the paths."""
        registry = self._registry
        if registry.advisory(reference, at=query.at) is not None:
            found = registry.affected(reference, at=query.at)
            return _affected(found, query.answer, query.limit, query.offset)
        impact = registry.impact(reference, at=query.at)
        rows, following = taken(impact.hits, query.limit, query.offset, lambda hit: hit.depth, STEPS)
        return Part(impact_json(impact, rows), following)

    def judge(self, body: ImpactBody) -> Part:
        """Find who is affected by an advisory, by a policy of one's own."""
        policy = policy_of(body.policy, self._registry.vocabulary)
        found = self._registry.affected(body.reference, policy=policy, at=body.at)
        return _affected(found, body.answer, body.limit, body.offset)


def _affected(found: Affected, least: Least, limit: int, offset: int) -> Part:
    """A page of the records, and of the order of repair beside them."""
    told = [one for one in found.hits if one.answer >= Standing.named(least)]
    rows, following = taken(told, limit, offset, lambda one: len(one.path), STEPS)
    end = offset + limit if following is None else following
    last = end >= len(told) and limit
    repair = found.repair[offset:] if last else found.repair[offset:end]
    return Part(affected_json(found, rows, repair), following)
