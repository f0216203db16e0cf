"""The verb about names: which may be names of one artifact, and what is decided about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flask import Response, g
from pydantic import Field

from umr_ld.registry.deciding import decide
from umr_ld.render.aliases import decided_json, proposal_json
from umr_server.api.models import MOST, SHOWN, Answer, Asked, Number, Paged, Text
from umr_server.api.paging import Part, taken
from umr_server.api.spec import Route
from umr_server.api.writing import Given, Publication, answer_of
from umr_server.api.written import ANYBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_server.site import Site

_REASON = 10_000


class ProposalsQuery(Asked):
    """A page of the proposals. The header `Link` names the next one."""

    limit: Number = Field(SHOWN, ge=0, le=MOST, description="How many entries to give.")
    offset: Number = Field(0, ge=0, le=10**9, description="How many to pass over.")


class Ground(Answer):
    """A reason why two names may be names of one artifact."""

    reason: str = Field(
        description="`digest`, `purl`, `identifier`, `stated`, `redirect`, `address`, `spelling`, …"
    )
    words: str = Field(description="The reason.")
    detail: str | None = Field(None, description="The value that they share, or how often it was met.")


class Proposed(Answer):
    """Two names that may be names of one artifact."""

    names: list[str] = Field(description="The two: names, or IRIs.")
    reasons: list[Ground] = Field(description="The strongest first.")


class Decided(Answer):
    """A decision about two names."""

    names: list[str] = Field(description="The two: names, or IRIs.")
    decision: str = Field(description="`same` or `different`.")
    counts: bool = Field(description="Whether the policy lets it count.")
    statement: str = Field(description="Reference of its record.")
    reason: str | None = None


class Deciding(Given):
    """What is decided."""

    names: list[Text] = Field(min_length=2, max_length=2, description="The two: names, or IRIs.")
    decision: Literal["same", "different"]
    reason: str = Field(min_length=1, max_length=_REASON, description="Why.")
    publisher: Text = Field("", description="Who decides: a reviewer of the policy; label or IRI.")


def routes(site: Site) -> Iterator[Route]:
    """The addresses of the verb.

    Args:
        site: what is asked.
    """
    view = _Aliasing(site)
    yield Route("/aliases", view.aliases, list[Decided], query=Paged, tag="Read")
    yield Route("/aliases/proposals", view.proposals, list[Proposed], query=ProposalsQuery, tag="Read")
    yield Route(
        "/aliases",
        view.decide_alias,
        list[Publication],
        "POST",
        body=Deciding,
        status=201,
        tag="Write",
        scope=ANYBODY,
        repeats=True,
    )


class _Aliasing:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = site.registry

    def aliases(self, query: Paged) -> Part:
        """List what is decided about names, whether it counts or not."""
        rows, following = taken(self._registry.aliases(at=query.at), query.limit, query.offset)
        return Part([decided_json(one) for one in rows], following)

    def proposals(self, query: ProposalsQuery) -> Part:
        """List names that may be names of one artifact, with the reasons, the strongest first."""
        rows, following = taken(self._registry.alias_proposals(), query.limit, query.offset)
        return Part([proposal_json(one) for one in rows], following)

    def decide_alias(self, body: Deciding) -> Response:
        """Decide about two names; the decision is published as a statement. The token needs the scope `review`."""
        agent, permit = str(g.token.grant.agent), self._site.guard.permit(g.token)
        done = decide(
            self._registry,
            (body.names[0], body.names[1]),
            accepted=body.decision == "same",
            reason=body.reason,
            publisher=body.publisher,
            publish=lambda document: self._registry.publish([document], agent=agent, permit=permit),
        )
        return answer_of([done])
