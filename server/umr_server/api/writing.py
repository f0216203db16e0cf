"""The verbs that write records, advisories and statements, and those of the keeper of tokens."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from flask import Response, g, url_for
from pydantic import BaseModel, ConfigDict, Field

from umr_ld.access import Grant
from umr_ld.document import Document
from umr_ld.errors import Invalid, Malformed
from umr_ld.findings import Report, violation
from umr_ld.names import Ref
from umr_ld.render.output import as_json
from umr_ld.render.publications import publication_json
from umr_ld.render.tokens import token_json
from umr_server.api import bodies
from umr_server.api.door import JSON
from umr_server.api.models import Answer, Asked, Finding, Moment, Truth
from umr_server.api.spec import Route
from umr_server.api.written import ANYBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from umr_ld.record import Record
    from umr_ld.registry.views import Published
    from umr_server.site import Site

DAYS = 90
"""For which a token is valid unless said otherwise."""

_TEXT = 10_000
_TAG = "Write"
_REFERENCE = {"reference": "`NAME@VERSION`."}


class Given(BaseModel):
    """Members of a body. One that is not known is an error: it was meant to do something."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Publishing(Asked):
    """How to publish."""

    dry: Truth = Field(False, alias="dry-run", description="Do everything but write.")


class AdvisoriesPublishing(Publishing):
    """How to publish advisories."""

    form: Literal["record", "osv"] = Field(
        "record", alias="format", description="What the body is: records, or one OSV object."
    )


class StatementsPublishing(Publishing):
    """How to publish statements."""

    form: Literal["record", "openvex"] = Field(
        "record", alias="format", description="What the body is: records, or one OpenVEX document."
    )


class Reason(Given):
    """Why."""

    reason: str = Field(min_length=1, max_length=_TEXT, description="Say why, for those downstream.")


class Publication(Answer):
    """What was done with a record."""

    reference: str = Field(description="`NAME@VERSION`.")
    status: str = Field(description="`published`, `unchanged`, `withdrawn` or `gone`.")
    sequence: int | None = Field(None, description="Number of the journal entry.")
    digest: str = Field(description="SHA-256 over the canonical graph.")
    findings: list[Finding] | None = Field(None, description="Warnings.")


class TokenWanted(Given):
    """A token that is to be made."""

    agent: str = Field(max_length=_TEXT, description="Who writes with it.")
    scopes: list[str] = Field(["publish"], description="Of `publish`, `review`, `admin`.")
    namespaces: list[str] = Field([], description="Names below which it may publish.")
    publishers: list[str] = Field([], description="Labels or IRIs of publishers that it may state.")
    until: Moment = Field(None, description=f"When it ends; {DAYS} days from now unless given.")


class TokenShown(Answer):
    """A token; its text only in the answer that it is made with."""

    token: str = Field(description="Its public name.")
    secret: str | None = Field(None, description="What is sent as `Authorization: Bearer …`; shown once.")
    agent: str = Field(description="Who writes with it.")
    state: str = Field(description="`valid`, `expired` or `revoked`.")


def routes(site: Site) -> Iterator[Route]:
    """The addresses of these verbs.

    Args:
        site: what is written into.
    """
    desk, keeper = _Writing(site), _Keeping(site)
    yield _publishing("/records", desk.publish, Publishing)
    yield _publishing("/advisories", desk.publish_advisories, AdvisoriesPublishing)
    yield _publishing("/statements", desk.publish_statements, StatementsPublishing)
    for act in (desk.withdraw, desk.vanish):
        yield Route(
            f"/records/<path:reference>/{act.__name__}",
            act,
            Publication,
            "POST",
            body=Reason,
            problems=(404,),
            tag=_TAG,
            scope=ANYBODY,
            path=_REFERENCE,
        )
    yield Route("/tokens", keeper.list_tokens, list[TokenShown], tag="Keep", scope="admin")
    yield Route(
        "/tokens",
        keeper.create_token,
        TokenShown,
        "POST",
        body=TokenWanted,
        status=201,
        tag="Keep",
        scope="admin",
    )
    yield Route(
        "/tokens/<token>",
        keeper.revoke_token,
        TokenShown,
        "DELETE",
        problems=(404,),
        tag="Keep",
        scope="admin",
        path={"token": "Its public name."},
    )


def _publishing(address: str, view: Callable[..., Response], query: type[Publishing]) -> Route:
    return Route(
        address,
        view,
        list[Publication],
        "POST",
        query=query,
        documents=bodies.ACCEPTED,
        status=201,
        tag=_TAG,
        scope=ANYBODY,
        repeats=True,
    )


class _Writing:
    def __init__(self, site: Site) -> None:
        self._site = site
        self._registry = site.registry

    def publish(self, query: Publishing) -> Response:
        """Publish records: all of them, or none.

        One document, an array of JSON-LD, a stream of YAML, or several files. 201 if any of them is new, 200 if
        all were published before.
        """
        return self._published(bodies.documents(), query)

    def publish_advisories(self, query: AdvisoriesPublishing) -> Response:
        """Publish advisories: records, or an OSV object, which becomes the next version of what it revises."""
        if query.form == "osv":
            return self._imported("osv", query)
        return self._published(bodies.documents(), query, "Advisory")

    def publish_statements(self, query: StatementsPublishing) -> Response:
        """Publish statements: records, or an OpenVEX document, each of whose statements becomes a record."""
        if query.form == "openvex":
            return self._imported("openvex", query)
        return self._published(bodies.documents(), query, "Statement")

    def withdraw(self, reference: str, body: Reason) -> dict[str, Any]:
        """Withdraw a record; it stays readable, marked with the reason."""
        ref = self._permitted(reference)
        return publication_json(self._registry.withdraw(ref, reason=body.reason, agent=_agent()))

    def vanish(self, reference: str, body: Reason) -> dict[str, Any]:
        """Note that an artifact is gone from where it was published; what is recorded stays."""
        ref = self._permitted(reference)
        return publication_json(self._registry.vanish(ref, reason=body.reason, agent=_agent()))

    def _permitted(self, reference: str) -> Ref:
        ref = Ref.parse(reference)
        self._site.guard.permit(g.token)(self._registry.get(str(ref)))
        return ref

    def _published(self, documents: Sequence[Document], query: Publishing, kind: str = "") -> Response:
        may_publish = self._site.guard.permit(g.token)

        def permit(record: Record) -> None:
            may_publish(record)
            if kind and record.kind != kind:
                raise Malformed(f"{record.ref} is no {kind.lower()}", remedy="publish it as a record")

        done = self._registry.publish(documents, agent=_agent(), dry_run=query.dry, permit=permit)
        return answer_of(done, dry=query.dry)

    def _imported(self, form: str, query: Publishing) -> Response:
        from umr_ld.formats import format_named
        from umr_ld.registry.revising import is_older, newest_of_each, next_version

        registry = self._registry
        reader = format_named(form).read
        assert reader is not None
        read = reader([[bodies.json_object()]], registry.vocabulary)
        unread = [row for row in read.losses if row.why.startswith("not read")]
        if unread or not read.drafts:
            raise Invalid(
                Report(tuple(violation(row.why, f"{form}-unread", row.property) for row in unread))
                if unread
                else Report((violation("the document says nothing", f"{form}-empty"),))
            )
        later = [draft for draft in newest_of_each(read.drafts) if not is_older(registry, draft)]
        wanted = [next_version(registry, draft) for draft in later]
        documents = [
            Document(json.dumps(draft.tree.root).encode(), source=draft.tree.source)
            for draft in wanted
            if draft is not None
        ]
        return self._published(documents, query)


def answer_of(done: Sequence[Published], *, dry: bool = False) -> Response:
    """The answer to publishing.

    Args:
        done: with each document.
        dry: whether nothing was written.

    Returns:
        201 if there is something new, else 200; of one record with its address.
    """
    new = not dry and any(one.status == "published" for one in done)
    response = Response(
        as_json([publication_json(one) for one in done]), 201 if new else 200, content_type=JSON
    )
    if len(done) == 1 and not dry:
        response.headers["Location"] = url_for("linked.thing", reference=done[0].ref)
    return response


def _agent() -> str:
    return str(g.token.grant.agent)


class _Keeping:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def list_tokens(self) -> list[dict[str, Any]]:
        """List tokens, the oldest first, with what each is for."""
        return [token_json(one, datetime.now(UTC)) for one in self._registry.access.tokens()]

    def create_token(self, body: TokenWanted) -> Response:
        """Make a token. Its text is in this answer, and nowhere else."""
        now = datetime.now(UTC)
        grant = Grant(body.agent, frozenset(body.scopes), tuple(body.namespaces), tuple(body.publishers))
        until = body.until or now + timedelta(days=DAYS)
        token, text = self._registry.access.create(grant, now=now, expires=until)
        return Response(as_json({"secret": text, **token_json(token, now)}), 201, content_type=JSON)

    def revoke_token(self, token: str) -> dict[str, Any]:
        """Refuse a token from now on."""
        now = datetime.now(UTC)
        self._registry.access.revoke(token, now=now)
        return token_json(next(one for one in self._registry.access.tokens() if one.id == token), now)
