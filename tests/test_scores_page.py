"""Answers to the transparency indices, with their evidence, in every form of a page."""

from __future__ import annotations

import pytest
from drafts import draft

from umr_ld.audit import Outcome, audit, shipped_profiles
from umr_ld.registry import Registry, publication
from umr_ld.registry.auditing import dossier
from umr_ld.render.targets import TARGETS
from umr_server.app import create_app

SOURCE = "https://example.org/paper"
ANSWERS = [
    {"indicator": "fmti-2023#data_size", "value": "1", "source": SOURCE},
    {"indicator": "fmti-2023#wages", "value": "0", "note": "Nothing is said."},
    {"indicator": "fmti-2025#open_weights", "value": "1"},
]
PAGES = [key for key, target in TARGETS.items() if target.shows == "page" and not target.binary]


@pytest.fixture(scope="module")
def registry():
    link = {"relation": "fineTunedFrom", "artifact": "lab/a", "inherit": True, "evidence": "declared"}
    own = [{"indicator": "fmti-2023#wages", "value": "1"}]
    with Registry.in_memory() as opened:
        opened.publish(
            [draft("lab/a@1.0.0", answer=ANSWERS), draft("lab/b@1.0.0", answer=own, upstream=[link])],
            agent="t",
        )
        yield opened


@pytest.mark.parametrize("form", PAGES)
def test_every_form_shows_score_answers_and_evidence(registry, form):
    text = TARGETS[form].render(publication.page(registry, "lab/a")).body.decode()
    for words in (
        "FMTI 2023 scores",
        "FMTI 2025 scores",
        "Data size",
        "Wages",
        "Nothing is said.",
        "1 of 100",
    ):
        assert words in text, words
    assert "example.org" in text.replace("\\umrsplit{}", "")  # LaTeX may break an address.


def test_pdf_has_the_parts_too(registry):
    pytest.importorskip("typst")
    import io

    from pypdf import PdfReader

    made = TARGETS["pdf"].render(publication.page(registry, "lab/a"))
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made.body)).pages)
    assert "FMTI 2023 scores" in text
    assert "Nothing is said." in text


def test_an_inherited_answer_is_told_with_the_record_that_gave_it(registry):
    (scores, _) = registry.show("lab/b").scores
    told = {
        one.question.label: (one.answer, one.origin and str(one.origin), one.sources)
        for one in scores.answers
    }
    assert told == {"Data size": ("1", "lab/a@1.0.0", (SOURCE,)), "Wages": ("1", None, ())}
    page = publication.page(registry, "lab/b")
    (part,) = [one for one in page.parts if one.label == "FMTI 2023 scores"]
    rows = {row[1].text: row for row in part.blocks[1].rows}
    assert rows["Data size"][3].link == SOURCE
    assert rows["Data size"][4].text == "lab/a@1.0.0"
    assert rows["Wages"][4].text == ""


def test_the_page_on_the_web_shows_them(registry):
    text = create_app(registry).test_client().get("/page/lab/b@1.0.0").text
    assert "FMTI 2023</bdi> scores" in text
    assert f'<a href="{SOURCE}"' in text
    assert "Data size" in text


def test_as_a_profile_one_earns_the_point_and_every_other_answer_none(registry):
    found = audit(
        shipped_profiles()["fmti-2023"], dossier(registry, "lab/a"), registry.base, registry.vocabulary
    )
    told = {one.item.label: one for one in found.verdicts}
    assert told["Data size"].outcome is Outcome.PASSED
    assert [one.text for one in told["Data size"].found] == [f"1; {SOURCE}"]
    assert told["Wages"].outcome is Outcome.FAILED
    assert told["Wages"].reason == "the answer is no"
    assert told["Model size"].reason == "the record does not say it"
    assert (found.overall.passed, found.overall.asked) == (1, 100)
