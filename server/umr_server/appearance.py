"""What templates are given beside their values: addresses of files, and the way about."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import url_for
from jinja2 import BytecodeCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response
    from jinja2.bccache import Bucket

    from umr_ld.vocab import Relation

FOLDER = Path(__file__).parent / "static"
NAVIGATION = (
    ("pages.search", "Browse"),
    ("pages.advisories", "Advisories"),
    ("pages.query", "SPARQL"),
    ("pages.publish", "Publish"),
    ("linked.ontology", "Ontology"),
    ("pages.about", "About"),
)
_KEPT = "public, max-age=31536000, immutable"


class _Compiled(BytecodeCache):
    """Templates are compiled once a process, for all applications in it."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """See `jinja2.BytecodeCache`."""
        if (code := self._code.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """See `jinja2.BytecodeCache`."""
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def dress(app: Flask, relations: Mapping[str, Relation]) -> None:
    """Give templates what all of them use, and let browsers keep files that cannot change.

    Args:
        app: the application.
        relations: by their keys; people read their labels.
    """
    app.jinja_env.bytecode_cache = _COMPILED
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(static=address, vendor=is_there, navigation=NAVIGATION, relations=relations)
    app.after_request(_keep)


def address(name: str) -> str:
    """The address of a file of ours, which names its content: it may be kept for ever.

    Args:
        name: below `static`.
    """
    return url_for("static", filename=name, v=_digest(name))


@cache
def is_there(name: str) -> bool:
    """Whether a file that comes from the npm registry is part of this installation.

    Args:
        name: below `static/vendor`.
    """
    return (FOLDER / "vendor" / name).is_file()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]


def _keep(response: Response) -> Response:
    from flask import request

    if request.endpoint == "static" and request.args.get("v") and response.status_code in {200, 304}:
        response.headers["Cache-Control"] = _KEPT
    return response
