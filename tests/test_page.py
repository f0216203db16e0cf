"""The page model: sections and labels from the ontology, every value with its origin."""

from __future__ import annotations

import pytest
from drafts import draft

from umr_ld.page import page_of
from umr_ld.registry import Registry


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/a@1.0.0", license="MIT", intendedUse=["research", "teaching"]),
                draft(
                    "lab/b@1.0.0",
                    "fineTunedFrom lab/a inherit",
                    title="B",
                    publisher="A Lab",
                    homepage="https://example.org/b",
                    evaluation=[
                        {"metric": "accuracy", "value": "0.5", "source": "https://example.org/paper"}
                    ],
                    **{"https://example.org/ns#colour": "blue"},
                ),
            ],
            agent="test",
        )
        yield opened


def page(registry, reference):
    sections = page_of(registry.show(reference), registry.vocabulary, registry.base)
    return {section.label: {row.key: row for row in section.rows} for section in sections}


def test_sections_and_rows_stand_in_the_order_of_the_ontology(registry):
    sections = page_of(registry.show("lab/b"), registry.vocabulary, registry.base)
    labels = [section.label for section in sections]
    order = [group.label for group in registry.vocabulary.groups.values()]
    assert labels[:-1] == [label for label in order if label in labels]
    assert labels[-1] == "Not understood, and kept"


def test_an_inherited_value_names_its_origin_and_an_own_one_does_not(registry):
    shown = page(registry, "lab/b")
    assert str(shown["Terms of use"]["license"].pieces[0].origin) == "lab/a@1.0.0"
    assert [piece.text for piece in shown["Intended use"]["intendedUse"].pieces] == ["research", "teaching"]
    assert shown["Identity"]["title"].pieces[0].origin is None


def test_values_are_shown_in_words_and_linked_where_that_is_safe(registry):
    shown = page(registry, "lab/b")
    assert shown["Terms of use"]["license"].pieces[0].text == "MIT"
    assert shown["Identity"]["homepage"].pieces[0].link == "https://example.org/b"
    assert shown["Identity"]["publisher"].pieces[0].agent == "A Lab"
    (evaluation,) = shown["Evaluation"]["evaluation"].pieces
    assert evaluation.parts == (
        ("metric", "accuracy"),
        ("value", "0.5"),
        ("source", "https://example.org/paper"),
    )
    assert not evaluation.link


def test_what_is_not_understood_is_shown_too(registry):
    row = page(registry, "lab/b")["Not understood, and kept"]["https://example.org/ns#colour"]
    assert [piece.text for piece in row.pieces] == ["blue"]
