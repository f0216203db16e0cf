"""The document of the API, for programs and for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, jsonify, redirect, render_template, request, url_for

from umr_server.api import spec as specs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Blueprint
    from spectree import SpecTree
    from werkzeug.wrappers import Response as BaseResponse

    from umr_server.api.spec import Route


def serve(blueprint: Blueprint, spec: SpecTree, routes: Sequence[Route]) -> None:
    """Add the document and its page.

    Args:
        blueprint: below which all addresses stand.
        spec: of these.
        routes: the same as data.
    """

    @blueprint.get("/api/openapi.json")
    def openapi() -> Response:
        made = specs.document(spec, routes)
        if request.script_root:
            # Addresses of the document are below its server's, which is the host's root unless it is said.
            made["servers"] = [{"url": request.script_root}]
        return jsonify(made)

    @blueprint.get("/api")
    def page() -> str:
        return render_template("api.html", api=specs.document(spec, routes))

    @blueprint.get(specs.PREFIX)
    def root() -> BaseResponse:
        # Catalogues name it as where the API begins; who follows that wants to know what is there.
        return redirect(url_for("api.page"), 303)
