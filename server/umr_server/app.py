"""The Flask application: addresses, and what answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response

from umr_server import api, inbox, linked, pages
from umr_server.appearance import dress
from umr_server.problems import answer_errors
from umr_server.site import Site
from umr_server.sparql import protocol as sparql
from umr_server.sparql.shortcut import Shortcut

if TYPE_CHECKING:
    from umr_ld.registry import Registry
    from umr_server.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Of every answer: no page loads, runs or frames anything of others."""


def create_app(registry: Registry, settings: Settings | None = None) -> Flask:
    """The application for one registry.

    Args:
        registry: open for reading or writing; it stays the caller's to close.
        settings: what the deployment decided; None for what is decided for it.
    """
    site = Site(registry, settings)
    app = Flask(__name__)
    app.extensions["umr"] = site
    app.config["MAX_CONTENT_LENGTH"] = site.settings.body_bytes
    dress(app, registry.vocabulary.relations)
    app.register_blueprint(pages.blueprint(site))
    app.register_blueprint(linked.blueprint(site))
    app.register_blueprint(sparql.blueprint(site))
    app.register_blueprint(api.blueprint(site))
    app.register_blueprint(inbox.blueprint(site))
    app.after_request(_guarded)
    site.guard.watch(app)
    # What is looked at aside waits for its turn there, and holds up nobody who publishes.
    site.aside.watch(app)
    site.guard.take_turns(app)
    answer_errors(app)
    app.wsgi_app = Shortcut(app.wsgi_app, site, HEADERS)  # type: ignore[method-assign]
    site.running.surround(app)
    return app


def _guarded(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
