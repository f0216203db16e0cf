"""Pages about time: what happened to an artifact, and what differs between two of its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask.typing import ResponseReturnValue

    from umr_server.site import Site


def routes(site: Site) -> Iterator[tuple[str, str, Callable[..., ResponseReturnValue]]]:
    """Address, endpoint and view of each page.

    Args:
        site: what is asked.
    """
    pages = _Compare(site)
    yield "/history/<path:name>", "history", pages.history
    yield "/diff", "diff", pages.diff


class _Compare:
    def __init__(self, site: Site) -> None:
        self._registry = site.registry

    def history(self, name: str) -> str:
        artifact = name.partition("@")[0]
        return render_template("history.html", name=artifact, history=self._registry.history(artifact))

    def diff(self) -> str:
        before, after = (request.args.get(key, "").strip() for key in ("before", "after"))
        found = self._registry.diff(before, after) if before and after else None
        return render_template("diff.html", before=before, after=after, found=found)
