"""The first look at records says only of those that keep the shapes that they do."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.errors import UmrError
from umr_ld.files import documents
from umr_ld.reading import read, tree_of
from umr_ld.registry.prepared import prepare
from umr_ld.resources import resource
from umr_ld.rules import Rules
from umr_ld.vocab import vocabulary


@cache
def rules():
    return Rules()


def record(**said):
    draft = {"type": "Model", "name": "lab/a", "version": "1.0.0", "title": "A", **said}
    return read(Document(json.dumps(draft).encode()), Base(), vocabulary()).record


def passes(one):
    return rules().screen.passes(one.triples)


def is_kept(one):
    return not rules().check_many([(one.triples, one.iri)])[0].violations


GOOD = {
    "license": "MIT",
    "publisher": "Lab",
    "issued": "2026-08-18T06:09:20.000Z",
    "parameterCount": "12",
    "keyword": ["a", "b"],
}
LINK = {
    "relation": "fineTunedFrom",
    "artifact": "lab/b",
    "inherit": True,
    "external": True,
    "evidence": "declared",
}


def test_a_usual_record_needs_no_second_look():
    assert passes(record(**GOOD, upstream=[LINK]))


@pytest.mark.parametrize(
    ("types", "is_sure"), [("Model", True), (["Model", "prov:Activity"], False)], ids=["one", "two"]
)
def test_what_contradicts_itself_is_looked_at_again(types, is_sure):
    draft = Document(
        json.dumps({"type": types, "name": "lab/a", "version": "1.0.0", "title": "A", **GOOD}).encode()
    )
    (one,) = prepare([(tree_of(draft), draft)], Base(), vocabulary(), rules().screen)
    assert one.is_sure is is_sure


FAULTS = {
    "too long": {"title": "x" * 1001},
    "control character": {"revision": "a\u0001b"},
    "ends with a newline": {"revision": "a\n"},
    "two of one": {"revision": ["a", "b"]},
    "a date that is none": {"issued": "yesterday"},
    "less than nothing": {"parameterCount": "-1"},
    "an address that is none": {"homepage": "urn:x"},
    "of another kind": {"recordCount": "3"},
    "two titles in one language": {"title": [{"@value": "a", "@language": "en"}, {"@value": "b", "@language": "en"}]},
    "two licences": {"licenseExpression": ["MIT", "Apache-2.0"]},
    "a risk of no scheme": {"risk": "https://w3id.org/umr-ld/risk#none"},
    "nested": {"evaluation": [{"metric": "", "value": "0.5"}]},
    "a link known by nobody": {"upstream": [{**LINK, "evidenceAgent": ""}]},
    "empty": {"description": ""},
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_breaks_a_shape_never_passes(name):
    one = record(**{**GOOD, **FAULTS[name]})
    assert not is_kept(one)
    assert not passes(one)


def test_all_shipped_records_that_pass_keep_the_shapes_and_most_models_pass():
    passed = []
    for document in documents([str(resource("records"))]):
        one = read(document, Base(), vocabulary()).record
        if passes(one):
            assert is_kept(one), one.ref
            passed.append(one.ref)
    assert len(passed) > 20


KEYS = sorted(
    {rule.key for rule in vocabulary().properties.values()} - {"name", "version", "type", "id", "upstream"}
)
TEXT = st.sampled_from(
    [
        "",
        "a",
        "1",
        "-1",
        "true",
        "x" * 1001,
        "a\nb",
        "https://example.org/x",
        "urn:x",
        "2026-01-01",
        "2026-13",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), st.lists(TEXT, min_size=1, max_size=2), max_size=3))
def test_whatever_a_record_says_it_passes_only_if_it_keeps_the_shapes(said):
    try:
        one = record(**said)
    except UmrError:
        return
    assert not passes(one) or is_kept(one)


def test_violations_are_told_as_without_a_first_look():
    records = [record(**GOOD), record(**GOOD, homepage="urn:x"), record(type="Dataset")]
    told = rules().violations([(one.triples, one.iri) for one in records])
    whole = rules().check_many([(one.triples, one.iri) for one in records])
    assert [report.violations for report in told] == [report.violations for report in whole]
    assert told[0].findings == ()
