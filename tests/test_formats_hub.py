"""What is written of models as the hub lists them is valid for those who made the formats."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from converting import BASE, written

from umr_ld.document import Document
from umr_ld.formats.draft import Subject
from umr_ld.formats.hub_listing import read_listed
from umr_ld.media import Media
from umr_ld.vocab import vocabulary


def shape(item):
    """What tells objects of the list apart: which members they have, and of which form."""
    card = item.get("cardData")
    card = card if isinstance(card, dict) else {}
    forms = tuple(type(card.get(key)).__name__ for key in ("base_model", "license", "language"))
    return frozenset(item), frozenset(card), forms, item.get("pipeline_tag")


def listed(shared_data, step):
    """One model of each shape, of which each so many."""
    with gzip.open(shared_data / "hf-hub" / "models.jsonl.gz") as lines:
        different = {shape(item): item for item in map(json.loads, lines)}
    for item in list(different.values())[::step]:
        document = Document(json.dumps(item).encode(), Media.JSONLD, "models.jsonl")
        yield Subject.of(read_listed(item, document).draft.tree, BASE, vocabulary())


def assert_valid(subjects):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator
    from spdx_python_model import v3_0_1 as model

    validators = {
        "cyclonedx": JsonStrictValidator(SchemaVersion.V1_6),
        "cyclonedx-1.7": JsonStrictValidator(SchemaVersion.V1_7),
    }
    for one in subjects:
        for label, validator in validators.items():
            assert validator.validate_str(written(label, one)[0].body.decode()) is None, one.name
        found = model.SHACLObjectSet()
        model.JSONLDDeserializer().read(io.BytesIO(written("spdx", one)[0].body), found)
        model.JSONLDSerializer().write(found, io.BytesIO())


def test_a_few_different_models_of_the_hub_are_valid_bills_and_packages(shared_data):
    assert_valid(listed(shared_data, 60))


@pytest.mark.slow
def test_hundreds_of_different_models_of_the_hub_are_valid_bills_and_packages(shared_data):
    assert_valid(listed(shared_data, 2))
