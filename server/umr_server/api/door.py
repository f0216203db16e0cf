"""What comes in: parameters, headers and bodies, held against their models before anything is asked."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from flask import make_response
from pydantic import BaseModel, ValidationError
from spectree.plugins.base import Context
from spectree.plugins.flask_plugin import FlaskPlugin
from werkzeug.exceptions import UnsupportedMediaType

from umr_ld.document import Document
from umr_ld.errors import Malformed
from umr_ld.strictjson import read_json
from umr_ld.tree import Number
from umr_server.api.models import LONGEST, PRINTABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request, Response
    from werkzeug.datastructures import MultiDict

JSON = "application/json"
_PRINTABLE = re.compile(PRINTABLE.replace("$", r"\Z"))


class Door(FlaskPlugin):
    """Reads requests strictly, and leaves answers as they are: that these are true to the document is tested."""

    def request_validation(
        self, request: Request, query: Any, json: Any, form: Any, headers: Any, cookies: Any
    ) -> None:
        """See `FlaskPlugin`."""
        assert form is None
        assert cookies is None
        for name, value in (request.view_args or {}).items():
            _require_printable(name, str(value))
        context = Context(
            _held(query, _parameters(query, request.args), "parameter") if query else None,
            _held(json, _body(request), "member") if json else None,
            None,
            _held(headers, {k.lower(): v for k, v in request.headers.items()}, "header") if headers else None,
            None,
        )
        request.context = context  # type: ignore[attr-defined] # spectree's place for it

    def validate_response(self, resp: Any, *_: Any, **__: Any) -> tuple[Response, None]:
        """See `FlaskPlugin`."""
        return make_response(resp), None

    def parse_path(self, route: Any, path_parameter_descriptions: Any) -> tuple[str, list[dict[str, Any]]]:
        """See `FlaskPlugin`; a name has slashes in it, which a client writes as `%2F` or as they are."""
        path, parameters = super().parse_path(route, path_parameter_descriptions)
        for one in parameters:
            one["schema"] = {
                "type": "string",
                "minLength": 1,
                "maxLength": LONGEST,
                "pattern": PRINTABLE,
            }
        return path, parameters


def _parameters(model: type[BaseModel], given: MultiDict[str, str]) -> dict[str, str]:
    known = [field.alias or name for name, field in model.model_fields.items()]
    for name in given:
        if name not in known:
            raise unknown("parameter", name, known)
        if len(given.getlist(name)) > 1:
            raise Malformed("the parameter stands twice", where=name, remedy="give it once")
    return {name: given[name] for name in given}


def unknown(what: str, name: str, known: list[str]) -> Malformed:
    """The error for a name that means nothing.

    Args:
        what: kind of name: parameter, member.
        name: as it was written.
        known: the names that mean something.
    """
    alike = difflib.get_close_matches(name, known, n=1)
    listed = f"known: {', '.join(sorted(known))}" if known else "leave it out: there are none here"
    return Malformed(
        f"there is no {what} {name[:100]!r}", remedy=f"did you mean {alike[0]}?" if alike else listed
    )


def _require_printable(name: str, value: str) -> None:
    if len(value) > LONGEST:
        raise Malformed(f"more than {LONGEST:,} characters", where=name, remedy="no name is as long")
    if not _PRINTABLE.match(value):
        raise Malformed("there is a control character in it", where=name, remedy="leave it out")


def _held(model: type[BaseModel], given: Mapping[str, Any], what: str) -> BaseModel:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _fault(error, model, what) from None


def _fault(error: ValidationError, model: type[BaseModel], what: str) -> Malformed:
    """The first fault, in words; an error of a model names the others too."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = _place(first["loc"])
    if first["type"] == "extra_forbidden":
        known = [field.alias or name for name, field in model.model_fields.items()]
        return unknown(what, place, known)
    field = model.model_fields.get(str(first["loc"][0]) if first["loc"] else "")
    remedy = (field.description or "") if field is not None else ""
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        message = f"the {what} is needed"
    elif first["type"] == "string_pattern_mismatch" and PRINTABLE in str(first.get("ctx")):
        message = "there is a control character in it"
    more = error.error_count() - 1
    return Malformed(f"{message}{f', and {more} more faults' if more else ''}", where=place, remedy=remedy)


def _place(steps: tuple[int | str, ...]) -> str:
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".")[:200]


def _body(request: Request) -> Any:
    """The body as JSON, in which no key stands twice and nothing nests without end.

    Raises:
        UnsupportedMediaType: if it is compressed, which a small body may be to any size, or no JSON.
        Unreadable, TooLarge, Invalid: as `read_json`.
    """
    if request.content_encoding not in {None, "", "identity"}:
        raise UnsupportedMediaType("send the body as it is, without Content-Encoding")
    if request.mimetype != JSON:
        raise UnsupportedMediaType(f"send {JSON}")
    return _plain(read_json(Document(request.get_data(), source="the body")).root)


def _plain(value: Any) -> Any:
    """Values whose numbers are Python's; they nest no deeper than `read_json` lets them."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Number):
        return int(value) if value.removeprefix("-").isdecimal() and len(value) < 20 else float(value)
    return value
