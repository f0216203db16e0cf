"""The verb `audit`: what records say to the items of profiles, and what they do not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from umr_ld.audit import Obligation, audit, redacted
from umr_ld.audit.profile import profile_named
from umr_ld.registry.auditing import dossier
from umr_ld.render.audit import audit_jsonld, gaps_json, profile_json
from umr_server.api.models import Answer, At, Text
from umr_server.api.reading import REFERENCE
from umr_server.api.spec import Route
from umr_server.auditing import MOST, known_profiles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.audit import Audit
    from umr_server.site import Site

Level = Literal["mandatory", "expected", "optional"]


class GapsQuery(At):
    """What is told."""

    profile: Text = Field("", description="By which profile; by all unless given.")
    level: Level = Field("expected", description="The least binding items that are told.")


class AuditQuery(At):
    """For whom."""

    audience: Text = Field("", description="Only what is for them: `public`, `authority`, …")


class Profile(Answer):
    """What is asked, without its items."""

    profile: str
    iri: str
    title: str
    status: str | None = Field(None, description="How binding it is in law.")
    since: str | None = Field(None, description="From when on it applies.")
    source: str | None = None
    items: int
    audiences: list[str] | None = None


class Gaps(Answer):
    """What is left to do, with how complete it is."""

    profile: Profile
    reference: str
    completeness: list[dict[str, Any]] = Field(description="By obligation, and of all items.")
    gaps: list[dict[str, Any]] = Field(description="The most binding first, each with what to do.")


class Export(Answer):
    """A profile, filled in: JSON-LD in the words of EARL."""

    context: dict[str, str] = Field(alias="@context")
    graph: list[dict[str, Any]] = Field(alias="@graph")


def routes(site: Site) -> Iterator[Route]:
    """The addresses of this verb.

    Args:
        site: what is asked.
    """
    view = _Auditing(site)
    named = {"profile": "Key of a profile.", **REFERENCE}
    yield Route("/profiles", view.profiles, list[Profile], tag="Risk")
    yield Route("/gaps/<path:reference>", view.gaps, list[Gaps], query=GapsQuery, path=REFERENCE, tag="Risk")
    yield Route(
        "/audit/<profile>/<path:reference>", view.audit, Export, query=AuditQuery, path=named, tag="Risk"
    )


class _Auditing:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def profiles(self) -> list[dict[str, Any]]:
        """List the profiles that records can be held against."""
        return [profile_json(one) for one in known_profiles(self._registry).values()]

    def gaps(self, reference: str, query: GapsQuery) -> list[dict[str, Any]]:
        """Tell what a record does not say that profiles ask for, and what to do about it."""
        known = known_profiles(self._registry)
        wanted = [profile_named(query.profile, known)] if query.profile else list(known.values())
        looked_at = dossier(self._registry, reference, at=query.at, most=MOST)
        least = next(one for one in Obligation if one.label == query.level)
        registry = self._registry
        audits = [audit(one, looked_at, registry.base, registry.vocabulary) for one in wanted]
        return [gaps_json(one, one.gaps(least)) for one in audits]

    def audit(self, profile: str, reference: str, query: AuditQuery) -> dict[str, Any]:
        """Fill in a profile with what a record says, inherits and was made from. JSON-LD in the words of EARL."""
        found = self._filled_in(profile, reference, query)
        return json.loads(audit_jsonld(found, self._registry.base))  # type: ignore[no-any-return]

    def _filled_in(self, profile: str, reference: str, query: AuditQuery) -> Audit:
        registry = self._registry
        asked = profile_named(profile, known_profiles(registry))
        looked_at = dossier(registry, reference, at=query.at, most=MOST)
        return redacted(audit(asked, looked_at, registry.base, registry.vocabulary), query.audience)
