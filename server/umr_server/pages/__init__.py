"""Pages for people, complete without scripts. One module a kind of question; one template a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from umr_server.pages import about, aliases, audit, browse, compare, lineage, publish, query, record, risk
from umr_server.pages.then import remember

if TYPE_CHECKING:
    from umr_server.site import Site


def blueprint(site: Site) -> Blueprint:
    """The pages of one registry.

    Args:
        site: what is asked, and what the deployment decided.
    """
    found = Blueprint("pages", __name__)
    for module in (browse, record, lineage, risk, compare, audit, query, publish, about, aliases):
        for address, endpoint, view in module.routes(site):
            methods = ["GET", "POST"] if module is publish else ["GET"]
            found.add_url_rule(address, endpoint, view, methods=methods)
    remember(found)
    return found
