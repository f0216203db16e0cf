"""Minting: what an author wrote in short is published in full, and minting again changes nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.jsonld import serialize
from umr_ld.media import Media
from umr_ld.mint import mint
from umr_ld.strictjson import read_json
from umr_ld.vocab import CONTEXT_IRI, vocabulary
from umr_ld.yamlld import read_yaml

BASE = Base("https://example.org/m/")


def minted(**facts):
    draft = {"type": "Model", "name": "lab/model", "version": "1.0.0", **facts}
    return mint(read_json(Document(json.dumps(draft).encode())), BASE, vocabulary()).root


SHORT = {
    "a licence": ("license", "MIT", "https://spdx.org/licenses/MIT"),
    "a licence by its address": ("license", "https://example.org/terms", "https://example.org/terms"),
    "an agent": ("publisher", "A Lab & Co", "https://example.org/m/agent/A%20Lab%20%26%20Co"),
    "an integer": ("parameterCount", 7, "7"),
    "an integer as text": ("parameterCount", "+007", "7"),
    "one value in a list": ("keyword", ["a"], "a"),
    "a value twice": ("keyword", ["a", "a"], "a"),
    "a number for a text": ("modelType", 5, "5"),
    "a language": ("title", {"@value": "Modell", "@language": "DE"}, {"@value": "Modell", "@language": "de"}),
    "a plain value object": ("title", {"@value": "Model"}, "Model"),
}


@pytest.mark.parametrize(("key", "given_", "published"), SHORT.values(), ids=SHORT)
def test_a_short_value_is_published_in_full(key, given_, published):
    assert minted(**{key: given_})[key] == published


DECIMALS = {
    "1.50": "1.5",
    "0.10": "0.1",
    "1e3": "1000",
    "-0.0": "0",
    "+1.": "1",
    ".5": "0.5",
    "1.0E-3": "0.001",
    "123456789012345678901234567890.123456789": "123456789012345678901234567890.123456789",
}


@pytest.mark.parametrize(("written", "published"), DECIMALS.items())
def test_a_decimal_is_published_in_its_canonical_form(written, published):
    assert minted(activity={"energy": written})["activity"]["energy"] == published


def test_nested_objects_get_identifiers_below_the_record():
    root = minted(
        upstream=[
            {"relation": "basedOn", "artifact": "lab/a"},
            {"relation": "basedOn", "artifact": "lab/b@^1"},
        ],
        activity={"https://example.org/part": {"https://example.org/n": 1}},
    )
    assert [link["id"] for link in root["upstream"]] == [
        f"{root['id']}#upstream-1",
        f"{root['id']}#upstream-2",
    ]
    assert root["activity"]["id"] == f"{root['id']}#activity-1"
    assert root["activity"]["https://example.org/part"]["id"] == f"{root['id']}#activity-1-part-1"


def test_an_artifact_may_carry_its_range():
    (link,) = [minted(upstream=[{"relation": "basedOn", "artifact": "lab/b@^1.2"}])["upstream"]]
    assert (link["artifact"], link["version"]) == ("https://example.org/m/r/lab/b", "^1.2")


def test_an_agent_with_a_label_is_the_agent_of_that_label():
    assert minted(publisher={"label": "A Lab"})["publisher"]["id"] == minted(publisher="A Lab")["publisher"]


def test_declared_prefixes_are_written_out():
    root = minted(**{"@context": [CONTEXT_IRI, {"ex": "https://example.org/ns#"}], "ex:colour": "blue"})
    assert root["https://example.org/ns#colour"] == "blue"
    assert root["@context"] == CONTEXT_IRI


def test_a_known_property_by_its_iri_is_the_known_key():
    assert minted(**{"http://purl.org/dc/terms/title": "A"})["title"] == "A"
    assert minted(**{"dct:title": "A"})["title"] == "A"


def test_a_number_of_an_unknown_key_is_exact():
    assert minted(**{"https://example.org/n": 0.1})["https://example.org/n"] == {
        "@type": "http://www.w3.org/2001/XMLSchema#decimal",
        "@value": "0.1",
    }


def test_keys_stand_in_the_order_of_the_vocabulary():
    one, other = minted(license="MIT", title="A"), minted(title="A", license="MIT")
    assert list(one) == list(other)
    assert list(one)[:5] == ["@context", "id", "type", "name", "version"]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
VALUES = st.dictionaries(
    st.sampled_from(["title", "description", "keyword", "note", "https://example.org/ns#x", "intendedUse"]),
    TEXT | st.lists(TEXT, max_size=3) | st.integers(-10, 10),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.lists(st.sampled_from(["lab/a", "lab/b"]), max_size=2))
def test_minting_what_is_minted_changes_nothing(facts, above):
    root = minted(**facts, upstream=[{"relation": "basedOn", "artifact": name} for name in above])
    body = serialize(root)
    again = mint(read_json(Document(body)), BASE, vocabulary()).root
    assert serialize(again) == body


# JSON escapes what YAML cannot hold as it is (YAML 1.2.2 §5.1), so texts here are printable.
PRINTABLE = st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="\ufeff"), max_size=10)
PLAIN = st.dictionaries(
    st.sampled_from(["title", "description", "keyword"]), PRINTABLE | st.integers(-10, 10), max_size=3
)


@settings(max_examples=50, deadline=None)
@given(PLAIN)
def test_yaml_and_json_drafts_are_published_alike(facts):
    draft = {"type": "Model", "name": "lab/model", "version": "1.0.0", **facts}
    body = json.dumps(draft, ensure_ascii=False).encode()
    from_yaml = mint(read_yaml(Document(body, Media.YAML)), BASE, vocabulary()).root
    assert from_yaml == mint(read_json(Document(body)), BASE, vocabulary()).root


LABEL = "https://a.example/label"


def test_numbers_of_nested_objects_leave_out_what_an_author_took():
    given = [
        {LABEL: "a"},
        {"id": "#creator-3", LABEL: "b"},
        {"id": "#creator-1", LABEL: "e"},
        {LABEL: "c"},
        {LABEL: "d"},
    ]
    root = minted(**{"https://a.example/creator": given})
    ids = [one["id"].partition("#")[2] for one in root["https://a.example/creator"]]
    assert ids == ["creator-1", "creator-3", "creator-1", "creator-2", "creator-4"]
