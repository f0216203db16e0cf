"""What is made once a process, and not for every registry and every application in it."""

from __future__ import annotations

import jinja2
import pydantic
import pytest

from umr_ld.registry import Registry
from umr_server.app import create_app


def unwanted(*_args, **_kwargs):
    raise AssertionError("this was made before")


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        assert create_app(opened).test_client().get("/").status_code == 200
        yield opened


def test_a_second_application_makes_no_schema_again(registry, monkeypatch):
    monkeypatch.setattr(pydantic.BaseModel, "model_json_schema", unwanted)
    create_app(registry)


def test_a_second_application_compiles_no_template_again(registry, monkeypatch):
    client = create_app(registry).test_client()
    monkeypatch.setattr(jinja2.Environment, "compile", unwanted)
    assert client.get("/").status_code == 200


def test_all_registries_have_the_same_shapes(registry):
    with Registry.in_memory() as other:
        assert other._parts.rules() is registry._parts.rules()
