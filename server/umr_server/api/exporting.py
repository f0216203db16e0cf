"""The verb `export`, as far as `/data/journal.jsonl` does not tell it: records with everything upstream of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response
from pydantic import Field

from umr_ld.errors import TooLong
from umr_ld.exchange import written
from umr_ld.exchange.lines import MEDIA
from umr_server.api.drafts import MANY
from umr_server.api.models import Text  # noqa: TC001 - pydantic reads it
from umr_server.api.policies import Posted
from umr_server.api.spec import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_server.site import Site

_LARGEST = 64 * 1024 * 1024
"""Bytes of an answer."""


class Exported(Posted):
    """What is exported."""

    references: list[Text] = Field(min_length=1, max_length=MANY, description="Records, as of `show`.")


def routes(site: Site) -> Iterator[Route]:
    """The address of this verb.

    Args:
        site: what is asked.
    """
    view = _Exporting(site).export
    yield Route("/export", view, method="POST", body=Exported, media=MEDIA, problems=(404,))


class _Exporting:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def export(self, body: Exported) -> Response:
        """Write records with everything upstream of them that is recorded: an entry of the journal a line."""
        told = bytearray()
        for line in self._registry.closure(body.references):
            told += written(line)
            if len(told) > _LARGEST:
                raise TooLong(
                    f"all of it is more than {_LARGEST:,} bytes",
                    remedy="ask for less at once, or for everything: /data/journal.jsonl",
                )
        return Response(bytes(told), content_type=MEDIA)
