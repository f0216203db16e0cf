"""The verbs about what is open: `check`, `licences`, advisories and their formats elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from flask import Response
from pydantic import Field

from umr_ld.errors import Invalid, Malformed, Missing
from umr_ld.findings import Severity
from umr_ld.record import upstreams_of
from umr_ld.registry.exporting import as_openvex, as_osv
from umr_ld.render.verdicts import advisory_json, concern_json, licences_json, unknown_json
from umr_ld.risk import Severity as Grave
from umr_server.api.drafts import MANY, Draft
from umr_server.api.models import Answer, At, Finding, Paged, Text
from umr_server.api.paging import Part, taken
from umr_server.api.policies import PolicyBody, policy_of
from umr_server.api.reading import REFERENCE
from umr_server.api.spec import Route

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from umr_ld.reading import Reading
    from umr_ld.risk import Policy
    from umr_server.site import Site

Least = Literal["low", "moderate", "high", "critical"]
Level = Literal["violation", "warning", "info"]
_LEVELS = ("violation", "warning", "info")


class CheckQuery(At):
    """What is told."""

    severity: Least = Field(
        "low", description="The least severity that is told. What has none is always told."
    )


class Subjects(PolicyBody):
    """What somebody uses, or is about to publish."""

    references: list[Text] = Field([], max_length=MANY, description="Of what is used.")
    drafts: list[Draft] = Field([], max_length=MANY, description="Which count as known to each other.")


class CheckBody(Subjects):
    """What is checked."""

    severity: Least = "low"


class Concern(Answer):
    """An advisory that is open against something; or that nothing can be said of it, or of what a draft is made from."""

    reference: str
    given: str | None = Field(None, description="The reference that was asked about, where it is another.")
    answer: str = Field(description="`affected`, `possibly`, `clear` by a statement, or `unknown`.")
    advisory: str | None = None
    severity: str | None = None
    fix: str | None = Field(None, description="The closest newer version that is clear.")


class LicencesQuery(At):
    """What is told."""

    level: Level = Field("warning", description="The least that is told.")


class LicencesBody(Subjects):
    """What is compared."""

    level: Level = "warning"


class Licences(Answer):
    """What upstreams' licences demand, and what records state."""

    note: str = Field(description="What this is, and what it is not.")
    findings: list[Finding]


class AdvisoriesQuery(Paged):
    """Which advisories."""

    about: Text = Field("", description="Only those that name this artifact.")


class Advisory(Answer):
    """The newest revision of an advisory that is not withdrawn."""

    reference: str
    title: str
    severity: str
    risks: list[str]
    aliases: list[str]
    affects: dict[str, Any] = Field(description="Artifact to the versions that carry the risk.")


def routes(site: Site) -> Iterator[Route]:
    """The addresses of these verbs.

    Args:
        site: what is asked.
    """
    view = _Checking(site)
    named = {"reference": "Of an advisory: its name, the name's last segment, or an identifier elsewhere."}
    stated = {"reference": "Of a statement."}
    path, lost = "<path:reference>", (404,)
    rows = list[Concern]
    yield Route(f"/check/{path}", view.check, rows, query=CheckQuery, path=REFERENCE, tag="Risk")
    yield Route("/check", view.check_all, rows, method="POST", body=CheckBody, problems=lost, tag="Risk")
    yield Route(f"/licences/{path}", view.licences, Licences, query=LicencesQuery, path=REFERENCE, tag="Risk")
    yield Route(
        "/licences",
        view.licences_all,
        Licences,
        method="POST",
        body=LicencesBody,
        problems=lost,
        tag="Risk",
    )
    yield Route("/advisories", view.advisories, list[Advisory], query=AdvisoriesQuery, tag="Risk")
    yield Route(f"/advisories/{path}", view.advisory, Advisory, query=At, path=named, tag="Risk")
    yield Route(f"/osv/{path}", view.osv, query=At, path=named, tag="Risk")
    yield Route(f"/openvex/{path}", view.openvex, query=At, path=stated, tag="Risk")


class _Checking:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def check(self, reference: str, query: CheckQuery) -> list[dict[str, Any]]:
        """Say whether something that is used is affected by an advisory."""
        return self._checked([reference], [], query.severity, None, query.at)

    def check_all(self, body: CheckBody) -> list[dict[str, Any]]:
        """Say whether what is used, or is about to be published, is affected by an advisory."""
        policy = policy_of(body.policy, self._registry.vocabulary)
        return self._checked(body.references, self._read(body.drafts), body.severity, policy, body.at)

    def _checked(
        self,
        references: Sequence[str],
        readings: Sequence[Reading],
        least: Least,
        policy: Policy | None,
        at: datetime | None,
    ) -> list[dict[str, Any]]:
        registry = self._registry
        _require_some(references, readings)
        unknown = registry.unknown(references, at=at)
        if unknown and len(unknown) == len(references) and not readings:
            registry.get(unknown[0], at=at)  # Says what is missing, and what is alike.
        found = registry.check([*references, *readings], policy=policy, at=at)
        grave = [
            one for one in found if one.advisory.severity >= Grave[least.upper()] or not one.advisory.severity
        ]
        ungrounded = registry.unknown(upstreams_of(one.record for one in readings), at=at)
        told = dict.fromkeys((*unknown, *ungrounded))
        return [*map(unknown_json, told), *map(concern_json, grave)]

    def licences(self, reference: str, query: LicencesQuery) -> dict[str, Any]:
        """Hold the licence that a record states against those of its upstreams. No legal advice."""
        return self._compared([reference], [], query.level, None, query.at)

    def licences_all(self, body: LicencesBody) -> dict[str, Any]:
        """Hold the licences that records and drafts state against those of their upstreams. No legal advice."""
        policy = policy_of(body.policy, self._registry.vocabulary)
        return self._compared(body.references, self._read(body.drafts), body.level, policy, body.at)

    def _compared(
        self,
        references: Sequence[str],
        readings: Sequence[Reading],
        level: Level,
        policy: Policy | None,
        at: datetime | None,
    ) -> dict[str, Any]:
        _require_some(references, readings)
        report = self._registry.licences([*references, *readings], policy=policy, at=at)
        told = _LEVELS[: _LEVELS.index(level) + 1]
        return licences_json(one for one in report if one.severity in map(Severity, told))

    def _read(self, drafts: Sequence[Draft]) -> list[Reading]:
        """What drafts say, in their order: what is told of them is told in it."""
        documents = [draft.document() for draft in drafts]
        found = {}
        for one in self._registry.validate(documents):
            if one.reading is None:
                raise Invalid(one.report, where=one.document.source)
            found[id(one.document)] = one.reading
        return [found[id(document)] for document in documents]

    def advisories(self, query: AdvisoriesQuery) -> Part:
        """List the advisories that count: of each the newest revision that is not withdrawn."""
        found = self._registry.advisories(about=[query.about] if query.about else None, at=query.at)
        rows, following = taken(found, query.limit, query.offset)
        return Part([advisory_json(one) for one in rows], following)

    def advisory(self, reference: str, query: At) -> dict[str, Any]:
        """Say what an advisory is about."""
        found = self._registry.advisory(reference, at=query.at)
        if found is None:
            raise Missing(f"there is no advisory {reference!r}", remedy="`umr advisory list` names them")
        return advisory_json(found)

    def osv(self, reference: str, query: At) -> Response:
        """Write an advisory as OSV 1.7."""
        registry = self._registry
        named = str(self.advisory(reference, query)["reference"])
        shown = registry.show(named, at=query.at)
        return _written(as_osv(shown, registry.base, registry.vocabulary))

    def openvex(self, reference: str, query: At) -> Response:
        """Write a statement as OpenVEX 0.2.0."""
        registry = self._registry
        shown = registry.show(reference, at=query.at)
        if shown.record.kind != "Statement":
            raise Malformed(
                f"{shown.record.ref} is no statement", where="reference", remedy="name a statement"
            )
        return _written(as_openvex(shown, registry.base, registry.vocabulary))


def _written(text: str) -> Response:
    return Response(text, content_type="application/json")


def _require_some(references: Sequence[str], readings: Sequence[Reading]) -> None:
    if not references and not readings:
        raise Malformed("there is nothing to check", remedy="name references, or send drafts")
