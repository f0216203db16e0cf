"""The API is what its document says: requests made from the document, and every answer held against it."""

from __future__ import annotations

import jsonschema
import pytest
import schemathesis
from drafts import draft
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from tokens import bearer, made

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.settings import Settings

KNOWN = [
    "lab/a",
    "lab/b@1.0.0",
    "lab/b@^1",
    "advisory/x",
    "x",
    "statement/s",
    "hf/elsewhere",
    "https://w3id.org/umr-ld/r/lab/a",
]

# Which texts are names, versions, ranges and drafts, no schema says, and which media go with a format: the registry does.
CONFIG = {
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "307", "400", "403", "404", "409", "415", "422"]
        }
    }
}


@pytest.fixture(scope="module")
def app():
    with Registry.in_memory() as registry:
        said = {"advisory": "advisory/x", "product": {"artifact": "lab/b"}, "status": "affected"}
        registry.publish(
            [
                draft("lab/a@1.0.0", license="MIT", keyword=["é"]),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1 inherit", "trainedOn hf/elsewhere external"),
                draft("lab/b@2.0.0", "fineTunedFrom lab/a@^1 inherit", title="B"),
                draft("advisory/x@1.0.0", kind="Advisory", risk="backdoor", affects=[{"artifact": "lab/a"}]),
                draft("statement/s@1.0.0", kind="Statement", publisher="A Lab", **said),
            ],
            agent="test",
        )
        application = create_app(registry, Settings(writes_per_minute=0))
        yield application
        application.extensions["umr"].close()


@pytest.fixture(scope="module")
def carried(app):
    """A token for everything, so that what writes is reached too."""
    registry = app.extensions["umr"].registry
    return bearer(made(registry, "lab", scopes=["publish", "review", "admin"], publishers=["A Lab"]))


@pytest.fixture(scope="module")
def described(app):
    config = SchemathesisConfig.from_dict(CONFIG)
    return schemathesis.openapi.from_wsgi("/api/openapi.json", app, config=config)


def schemas_with_defaults(node):
    """Every schema below a node that says what stands for a value which is left out."""
    if isinstance(node, list):
        node = dict(enumerate(node))
    if isinstance(node, dict):
        if "default" in node and not isinstance(node["default"], dict):
            yield node
        for inner in node.values():
            yield from schemas_with_defaults(inner)


def test_what_stands_for_a_value_that_is_left_out_is_one_of_its_schema(app):
    document = app.test_client().get("/api/openapi.json").json
    found = list(schemas_with_defaults(document))
    assert found
    for schema in found:
        jsonschema.validate(schema["default"], {**schema, "components": document["components"]})


def asked(described, mode, examples, headers):
    """Requests of one mode to every operation, each answer held against all checks; which statuses came."""
    statuses = set()
    for operation in (one.ok() for one in described.get_all_operations()):
        if mode is GenerationMode.NEGATIVE and not list(operation.iter_parameters()) and not operation.body:
            continue  # Where nothing is asked, nothing can be asked wrongly.
        for status in asked_of(operation, mode, examples, headers):
            statuses.add((operation.label, status))
    return statuses


def asked_of(operation, mode, examples, headers):
    found = []

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.sampled_from([None, *KNOWN]))
    def ask(case, known):
        # A list of nothing is not sent, and what is left may be as documented.
        assume([] not in (case.query or {}).values())
        if known is not None and mode is GenerationMode.POSITIVE:
            case.path_parameters = dict.fromkeys(case.path_parameters, known)
        found.append(case.call_and_validate(headers=headers).status_code)

    ask()
    return found


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_as_documented(described, mode, carried):
    statuses = asked(described, mode, 4, carried)
    assert len({label for label, _ in statuses}) > 20


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_very_many_answers_are_as_documented(described, mode, carried):
    asked(described, mode, 150, carried)
