"""Where this server is: addresses that are whole, for those who read an answer elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import request, url_for

if TYPE_CHECKING:
    from umr_server.site import Site


def absolute(site: Site, endpoint: str, **values: Any) -> str:
    """The whole address of an endpoint, as the deployment says that people reach it, else as it was asked.

    Args:
        site: whose settings say it.
        endpoint: as of `url_for`.
        values: of its address.
    """
    path = url_for(endpoint, **values)
    root = request.root_path
    inside = path[len(root) :] if root and path.startswith(f"{root}/") else path
    return (site.settings.public or request.root_url).rstrip("/") + inside


MOST_PAGES = 1_000_000
"""Beyond it there is no page of anything."""


def page_number() -> int:
    """The page that is asked for, from 1; what is no number means the first."""
    return min(max(1, request.args.get("page", 1, type=int)), MOST_PAGES)


def here(site: Site, **changed: Any) -> str:
    """The whole address that is asked, with some of its arguments changed.

    Args:
        site: whose settings say where it is.
        changed: names and values; None takes an argument away.
    """
    kept = [pair for pair in request.args.items(multi=True) if pair[0] not in changed]
    asked = [*kept, *((name, value) for name, value in changed.items() if value is not None)]
    view_args = {name: value for name, value in (request.view_args or {}).items() if name != "form"}
    stem = absolute(site, request.endpoint or "", **view_args)
    return f"{stem}?{urlencode(asked)}" if asked else stem
