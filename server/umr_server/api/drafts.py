"""Drafts that are looked at, and not kept: `validate`, `bump`."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from umr_ld.document import Document
from umr_ld.errors import Malformed
from umr_ld.media import Media
from umr_ld.render.answers import bump_json, checked_json
from umr_server.api.models import Answer, Finding
from umr_server.api.policies import Posted
from umr_server.api.reading import Changes
from umr_server.api.spec import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_server.site import Site

MANY = 1000
"""Drafts of one request."""


class Draft(Posted):
    """A draft of a record."""

    text: str = Field(description="The document.")
    syntax: Literal["jsonld", "yaml"] = Field("jsonld", description="Which it is written in.")
    encoding: Literal["utf-8", "base64"] = Field(
        "utf-8", description="`base64` if `text` holds bytes (RFC 4648 §4), for what may be no UTF-8."
    )
    source: str = Field("draft", max_length=4096, description="File or name to use in messages.")

    def document(self) -> Document:
        """The draft as the registry takes it.

        Raises:
            Malformed: if it is not encoded as it says.
        """
        media = Media.YAML if self.syntax == "yaml" else Media.JSONLD
        if self.encoding == "utf-8":
            return Document(self.text.encode("utf-8", "surrogatepass"), media, self.source)
        try:
            return Document(base64.b64decode(self.text, validate=True), media, self.source)
        except (binascii.Error, ValueError):
            raise Malformed("the text is no base64", where="text", remedy="see RFC 4648 §4") from None


class Drafts(Posted):
    """Drafts that count as known to each other."""

    drafts: list[Draft] = Field(min_length=1, max_length=MANY)


class Checked(Answer):
    """A draft and what was found in it."""

    valid: bool
    findings: list[Finding]
    source: str | None = None
    reference: str | None = Field(None, description="The record that it would become.")


class Judged(Answer):
    """All drafts."""

    valid: bool = Field(description="Whether all of them are.")
    documents: list[Checked] = Field(description="In the order in which they came.")


class Bumped(Changes):
    """What a draft changes."""

    published: str | None = Field(
        None, description="The newest version; not there if the draft is the first."
    )
    version: str = Field(description="The least version that would do.")


def routes(site: Site) -> Iterator[Route]:
    """The addresses of these verbs.

    Args:
        site: what is asked.
    """
    view = _Drafts(site)
    yield Route("/validate", view.validate, Judged, method="POST", body=Drafts, tag="Write")
    yield Route("/bump", view.bump, Bumped, method="POST", body=Draft, tag="Write")


class _Drafts:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def validate(self, body: Drafts) -> dict[str, Any]:
        """Check drafts as publishing would. Nothing is written."""
        given = [draft.document() for draft in body.drafts]
        place = {id(document): at for at, document in enumerate(given)}
        checked = self._registry.validate(given)
        return checked_json(sorted(checked, key=lambda one: place[id(one.document)]))

    def bump(self, body: Draft) -> dict[str, Any]:
        """Say what a draft changes, and the least version that would do. Nothing is written."""
        return bump_json(*self._registry.bump(body.document()))
