"""A policy that comes with a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from umr_ld.risk import standard_policy
from umr_server.api.models import Moment  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from umr_ld.risk import Policy
    from umr_ld.vocab import Vocabulary

LONGEST = 100_000
"""Characters of a policy."""


class Posted(BaseModel):
    """The body of a request. A member that is not known is an error: it was meant to do something."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyBody(Posted):
    """A question with a moment, and a policy."""

    at: Moment = Field(None, description="Answer from what was published by then.")
    policy: str = Field(
        "",
        max_length=LONGEST,
        description="Cells of the table of what relations carry, in Turtle, in the place of the ontology's; empty for "
        "the registry's own policy.",
    )


def policy_of(turtle: str, vocabulary: Vocabulary) -> Policy | None:
    """The policy that a question comes with.

    Args:
        turtle: empty for the registry's own.
        vocabulary: relations that may be named.

    Raises:
        Malformed: if it is none.
    """
    return standard_policy().overridden(turtle.encode(), "policy", vocabulary) if turtle else None
