"""What this registry is: counts, the journal's end, how it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

from umr_ld import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_server.site import Site


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """

    def about() -> str:
        registry = site.registry
        return render_template(
            "about.html",
            counts=registry.counts(),
            kinds=registry.vocabulary.kinds,
            head=registry.position(),
            base=registry.base.iri,
            peers=registry.peers(),
            version=__version__,
        )

    yield "/about", "about", about
