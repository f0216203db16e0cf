"""Routes as data, and the OpenAPI 3.1 document that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import GenerateJsonSchema
from spectree import Response as Documented
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter.pydantic_adapter import PydanticModelAdapter
from spectree.models import SecureType, SecuritySchemeData

from umr_ld import __version__
from umr_server.api.door import JSON, Door
from umr_server.api.models import Nothing, Problem
from umr_server.api.written import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import core_schema

PROBLEM = "application/problem+json"
PREFIX = "/api/v1"

_ALWAYS = (400, 406, 429, 500, 503)
"""Statuses of refusal that every route may answer with."""
_BODY = (413, 415, 422)
"""And every route that takes a body."""
_HEADERS = {
    "ETag": "Stays as long as nothing is published; send it as `If-None-Match`.",
    "Journal-Position": "Number of the journal entry that the answer was made after.",
    "Link": "The next page, with `rel=next` (RFC 8288).",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One address of the API.

    Args:
        address: below the prefix, in Flask's words.
        view: answers with plain values, or with a response; its docstring describes the route. It is given what
            the path names, and `query`, `body` and `headers` as far as there are models of them.
        answer: model of what it answers with; None if that is no JSON of ours.
        method: of HTTP.
        query: model of the parameters.
        body: model of the body; None if there is none.
        documents: media types of the body, if it is documents; the view reads it itself.
        headers: model of request headers beside those of HTTP, with their names as aliases in lower case.
        problems: statuses of refusal beside those that all routes have.
        status: of success.
        media: of the answer.
        tag: heading under which it stands.
        scope: what a token must allow; empty if none is needed.
        path: what the parts of the path mean.
        repeats: whether it answers with 200 where nothing is new.
    """

    address: str
    view: Callable[..., Any]
    answer: Any = None
    method: str = "GET"
    query: type[BaseModel] = Nothing
    body: type[BaseModel] | None = None
    documents: tuple[str, ...] = ()
    headers: type[BaseModel] | None = None
    problems: tuple[int, ...] = ()
    status: int = 200
    media: str = JSON
    tag: str = "Read"
    scope: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    repeats: bool = False

    @property
    def name(self) -> str:
        """Of the operation."""
        return self.view.__name__

    def documented(self) -> _Answers:
        """Every status that it may answer with."""
        codes: dict[str, Any] = {f"HTTP_{self.status}": self.answer}
        refusals = {
            *_ALWAYS,
            *(_BODY if self.body or self.documents else ()),
            *((401, 403, 429, 507) if self.scope else ()),
            *((409, 422) if self.scope and self.method != "GET" else ()),
            *((404,) if self.path else ()),
            *self.problems,
        }
        codes |= {f"HTTP_{status}": Problem for status in sorted(refusals)}
        if self.method == "GET" and not self.scope:
            codes["HTTP_304"] = None
        return _Answers(self.media, **codes)


class _Answers(Documented):
    """Answers with their media types: problems have one of their own (RFC 9457 §3)."""

    def __init__(self, media: str, **codes: Any) -> None:
        super().__init__(**codes)
        self._media = media

    def generate_spec(self, naming_strategy: Any = None) -> dict[str, Any]:
        """See `spectree.Response`."""
        found: dict[str, Any] = super().generate_spec(naming_strategy)
        for status, said in found.items():
            if status == "304":
                continue
            media = PROBLEM if int(status) >= 400 else self._media
            content = said.pop("content", {JSON: {"schema": {}}})
            if media:
                said["content"] = {media: content[JSON]}
            if int(status) < 300:
                said["headers"] = {
                    name: {"description": text, "schema": {"type": "string"}}
                    for name, text in _HEADERS.items()
                }
            elif status in {"429", "503"}:
                said["headers"] = {
                    "Retry-After": {
                        "description": "Seconds after which to ask again.",
                        "schema": {"type": "string"},
                    }
                }
        return dict(sorted(found.items()))


class _Schemas(PydanticModelAdapter):
    """The schema of each model is made once: all routes have the models of refusals."""

    def json_schema(self, model: Any, *, ref_template: str, mode: Any = "validation") -> dict[str, Any]:
        """See `spectree.ModelAdapter`; who asks takes a copy."""
        return _schema(model, ref_template, mode)

    def make_list_model(self, model: Any) -> type[BaseModel]:
        """See `spectree.ModelAdapter`; a list of the same is the same model."""
        return _list_of(model)


_SCHEMAS: Any = _Schemas()


@cache
def _list_of(model: Any) -> type[BaseModel]:
    return PydanticModelAdapter().make_list_model(model)


class _Schema(GenerateJsonSchema):
    """Says of a member that may be left out no `default: null`: null is no value that it may have."""

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """See `GenerateJsonSchema`."""
        made = super().default_schema(schema)
        return {key: value for key, value in made.items() if key != "default" or value is not None}


@cache
def _schema(model: Any, ref_template: str, mode: Any) -> dict[str, Any]:
    made: dict[str, Any] = model.model_json_schema(
        ref_template=ref_template, mode=mode, schema_generator=_Schema
    )
    return made


def specification() -> SpecTree:
    """An empty document, which routes are added to by `SpecTree.validate`."""
    token = SecuritySchemeData(
        type=SecureType.HTTP, scheme="bearer", description="A token of this registry, for what changes it."
    )
    return SpecTree(
        backend=Door,
        model_adapter=_SCHEMAS,
        title="Registry of model records",
        version=__version__,
        description="The verbs of the command line, with the same answers. Errors are problem documents (RFC 9457).",
        openapi_version="3.1.0",
        mode="strict",
        annotations=False,
        naming_strategy=lambda model: model.__name__,
        nested_naming_strategy=lambda _, child: child,
        validation_error_status=400,
        validation_error_model=Problem,
        security_schemes=[SecurityScheme(name="token", data=token)],
        page_templates={},
    )


def document(spec: SpecTree, routes: Iterable[Route]) -> dict[str, Any]:
    """The OpenAPI document of the routes that were added.

    Args:
        spec: with all routes, inside of the application that serves them.
        routes: the same.
    """
    made = spec.spec
    describe(made, routes)
    return {"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema", **made}
