"""Everything as data: one table of negotiation, twins of records and pages, the vocabulary, catalogue, feeds, badges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from umr_server.linked import badges, catalog, exchange, feeds, identifiers, texts, vocabularies
from umr_server.linked.headers import open_to_all

if TYPE_CHECKING:
    from umr_server.site import Site


def blueprint(site: Site) -> Blueprint:
    """The addresses of data.

    Args:
        site: what is asked, and what the deployment decided.
    """
    found = Blueprint("linked", __name__)
    for module in (identifiers, vocabularies, catalog, feeds, exchange, badges, texts):
        for address, endpoint, view in module.routes(site):
            found.add_url_rule(address, endpoint, view)
    # Records answer as pages do, below an address of theirs.
    found.after_app_request(open_to_all)
    return found
