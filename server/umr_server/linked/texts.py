"""What machines look for at fixed places: `/llms.txt` and `/robots.txt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, render_template, request

from umr_server.linked.place import absolute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_server.site import Site

_ENDLESS = (
    "/search?",
    "/diff?",
    "/query",
    "/sparql",
    "/graphs",
    "/lineage/",
    "/impact/",
    "/gaps/",
    "/audit/",
    "/badge/",
)
"""What has no end, or costs much and says nothing that pages do not say."""


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view.

    Args:
        site: what is asked.
    """

    def llms() -> ResponseReturnValue:
        registry = site.registry
        text = render_template(
            "llms.txt",
            counts=registry.counts(),
            kinds=registry.vocabulary.kinds,
            head=registry.position(),
            base=registry.base.iri,
            root=absolute(site, "pages.home").rstrip("/"),
        )
        response = Response(text, content_type="text/plain; charset=utf-8")
        response.headers["Cache-Control"] = "no-cache"
        response.add_etag()
        return response.make_conditional(request)

    def robots() -> ResponseReturnValue:
        root = request.root_path
        lines = ["User-agent: *", *(f"Disallow: {root}{path}" for path in _ENDLESS), "Crawl-delay: 1", ""]
        return Response("\n".join(lines), content_type="text/plain; charset=utf-8")

    yield "/llms.txt", "llms", llms
    yield "/robots.txt", "robots", robots
