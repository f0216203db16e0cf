"""Hub cards: what their front matter says of where a model comes from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from umr_ld.document import Document
from umr_ld.errors import Malformed, UmrError, Unreadable
from umr_ld.formats.hub_card import read_card
from umr_ld.formats.hub_fields import NOT_TAKEN
from umr_ld.registry import Registry

SAMPLES = Path(__file__).resolve().parents[2] / "shared" / "data" / "hf-cards"


def card(front, text="# A card\n"):
    return Document(f"---\n{front}---\n{text}".encode(), source="README.md")


def facts(front):
    draft, _ = read_card(card(front), "card/x")
    return draft.tree.root


def links(front):
    return [(one["relation"], one["artifact"]) for one in facts(front).get("upstream", ())]


@pytest.mark.parametrize(
    ("said", "relation"),
    [
        ("adapter", "adapterOf"),
        ("merge", "mergedFrom"),
        ("quantized", "quantizedFrom"),
        ("finetune", "fineTunedFrom"),
    ],
)
def test_the_relation_to_a_base_model_is_what_the_author_says(said, relation):
    front = f"base_model: owner/base\nbase_model_relation: {said}\n"
    assert links(front) == [(relation, "hf/owner/base")]


def test_where_the_author_does_not_say_how_no_more_is_claimed():
    assert links("base_model: owner/base\n") == [("basedOn", "hf/owner/base")]


def test_a_relation_that_nobody_knows_is_reported_and_claims_no_more():
    draft, losses = read_card(card("base_model: owner/base\nbase_model_relation: cousin\n"), "card/x")
    assert draft.tree.root["upstream"][0]["relation"] == "basedOn"
    (row,) = losses
    assert (row.property, row.value, row.place) == ("base_model_relation", "cousin", "README.md:3")


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("base_model: [a/b, c/d]\n", [("basedOn", "hf/a/b"), ("basedOn", "hf/c/d")]),
        ("base_model: gpt2\n", [("basedOn", "hf/gpt2")]),
        ("base_model: https://huggingface.co/a/b/tree/main\n", [("basedOn", "hf/a/b")]),
        ("datasets:\n- beans\n- a/b\n", [("trainedOn", "hf/datasets/beans"), ("trainedOn", "hf/datasets/a/b")]),
        ("datasets: https://huggingface.co/datasets/a/b\n", [("trainedOn", "hf/datasets/a/b")]),
        ("source_datasets:\n- original\n- extended|squad\n- a/b\n",
         [("transformedFrom", "hf/datasets/squad"), ("transformedFrom", "hf/datasets/a/b")]),
        ("source_datasets: extended\n", []),
        ("base_model:\n", []),
    ],
)  # fmt: skip
def test_links_are_read_in_every_spelling(front, expected):
    assert links(front) == expected


@pytest.mark.parametrize("value", ["'no name!/x'", "https://elsewhere.example/a/b", "true", "{a: b}"])
def test_what_is_no_name_is_reported_with_its_place_and_the_rest_is_read(value):
    draft, losses = read_card(card(f"license: mit\nbase_model:\n- {value}\n- a/b\n"), "card/x")
    assert [one["artifact"] for one in draft.tree.root["upstream"]] == ["hf/a/b"]
    (row,) = losses
    assert (row.property, row.place) == ("base_model[0]", "README.md:4")


@pytest.mark.parametrize(
    ("front", "stated"),
    [
        ("license: apache-2.0\n", {"license": "https://spdx.org/licenses/Apache-2.0"}),
        ("license: [mit]\n", {"license": "https://spdx.org/licenses/MIT"}),
        ("license: [mit, apache-2.0]\n", {"licenseExpression": "MIT AND Apache-2.0"}),
        ("license: other\nlicense_name: My Own (2024)\n", {"licenseExpression": "LicenseRef-My-Own-2024"}),
        ("license: other\n", {"licenseExpression": "other"}),
        ("license: gemma\n", {"licenseExpression": "gemma"}),
        ("license: Apache License 2.0\n", {"license": "https://spdx.org/licenses/Apache-2.0"}),
        ("license: MIT License\n", {"license": "https://spdx.org/licenses/MIT"}),
        ("license: 'Ask me, please'\n", {"licenseExpression": "LicenseRef-Ask-me-please"}),
        ("license: '©'\n", {"licenseExpression": "other"}),
        ("license: {a: b}\n", {}),
    ],
)
def test_a_licence_of_any_spelling_is_found_among_those_of_the_list_or_keeps_its_name(front, stated):
    assert {key: value for key, value in facts(front).items() if key.startswith("license")} == stated


def test_what_only_datasets_say_makes_it_one():
    assert facts("pretty_name: Beans\nlicense: mit\n")["type"] == "Dataset"
    assert facts("pretty_name: Beans\n")["title"] == "Beans"
    assert facts("license: mit\n")["type"] == "Model"


def test_windows_line_breaks_and_a_byte_order_mark_do_no_harm():
    body = b"\xef\xbb\xbf---\r\nbase_model: a/b\r\nwidget: x\r\n---\r\n# Text\r\n---\r\nnot: read\r\n"
    draft, losses = read_card(Document(body, source="README.md"), "card/x")
    assert draft.tree.root["upstream"][0]["artifact"] == "hf/a/b"
    assert [(row.property, row.why, row.place) for row in losses] == [("widget", NOT_TAKEN, "README.md:3")]


@pytest.mark.parametrize(
    "text", ["# Only text\n", "", "---\nlicense: mit\n", "# First\n---\nlicense: mit\n---\n"]
)
def test_a_card_without_front_matter_says_what_to_write(text):
    with pytest.raises(Unreadable, match="no front matter") as raised:
        read_card(Document(text.encode(), source="README.md"), "card/x")
    assert "base_model: owner/name" in raised.value.remedy


def test_front_matter_that_is_no_mapping_is_refused():
    with pytest.raises(Malformed, match="holds no fields"):
        read_card(card("[]\n"), "card/x")


def test_a_fault_in_the_front_matter_is_told_with_its_line_of_the_card():
    with pytest.raises(UmrError) as raised:
        read_card(card("license: mit\nbase_model: [a/b\n"), "card/x")
    assert raised.value.where.startswith("README.md:")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the hub's own sample cards are not here")
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.md")), ids=lambda path: path.stem)
def test_the_hubs_own_samples_are_read_or_refused_with_a_reason(path):
    refused = {"sample_invalid_card_data", "sample_no_metadata", "sample_template"}
    document = Document(path.read_bytes(), source=path.name)
    if path.stem in refused:
        with pytest.raises(UmrError) as raised:
            read_card(document, "card/x")
        assert raised.value.remedy
        return
    draft, _ = read_card(document, "card/x")
    with Registry.in_memory() as registry:
        (checked,) = registry.validate([Document(json.dumps(draft.tree.root).encode())])
    assert checked.reading is not None
    assert not checked.report.violations
