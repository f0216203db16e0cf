"""The Flask application: addresses, and what answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify, render_template, request

from umr_ld.errors import Damaged, UmrError
from umr_server import data, pages
from umr_server.appearance import dress
from umr_server.settings import Settings
from umr_server.site import Site

if TYPE_CHECKING:
    from umr_ld.registry import Registry

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(registry: Registry, settings: Settings | None = None) -> Flask:
    """The application for one registry.

    Args:
        registry: open for reading or writing; it stays the caller's to close.
        settings: what the deployment decided; None for what is decided for it.
    """
    site = Site(registry, settings or Settings())
    app = Flask(__name__)
    app.extensions["umr"] = site
    app.config["MAX_CONTENT_LENGTH"] = site.settings.body_bytes
    dress(app)
    app.register_blueprint(pages.blueprint(site))
    app.register_blueprint(data.blueprint())
    app.after_request(_guarded)
    app.register_error_handler(UmrError, _refused)
    app.register_error_handler(404, _unknown)

    @app.get("/healthz")
    def health() -> Response:
        return jsonify(status="ok", entries=registry.position().seq)

    return app


def _guarded(response: Response) -> Response:
    """No page loads, runs or frames anything of others."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    return response


def _refused(error: UmrError) -> tuple[Response | str, int]:
    what = "the registry's files are damaged" if isinstance(error, Damaged) else error.what
    return _problem(error.title, what, error.remedy, error.status)


def _unknown(_: Exception) -> tuple[Response | str, int]:
    return _problem("not found", "there is no such page", "", 404)


def _problem(title: str, what: str, remedy: str, status: int) -> tuple[Response | str, int]:
    """One shape for all errors: a page for people, a problem document (RFC 9457) for programs."""
    if request.accept_mimetypes.best_match(["text/html", "application/json"]) == "text/html":
        return render_template("problem.html", title=title, what=what, remedy=remedy, status=status), status
    body = jsonify(type="about:blank", title=title, status=status, detail=what, remedy=remedy)
    body.content_type = "application/problem+json"
    return body, status
