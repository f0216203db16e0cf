"""The verb check, on what people have: cards of the hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from drafts import draft
from umr import umr


@pytest.fixture
def _open_advisory(registry):
    """An advisory on a model of the hub that nobody recorded."""
    named = [{"artifact": "hf/owner/base"}]
    document = draft("advisory/x@1.0.0", kind="Advisory", risk="backdoor", affects=named, severity="high")
    Path("x.jsonld").write_bytes(document.body)
    assert umr("publish", "x.jsonld").code == 0


def card(front, folder="my model"):
    Path(folder).mkdir(exist_ok=True)
    path = Path(folder, "README.md")
    path.write_text(f"---\n{front}---\n# Text\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("_open_advisory")
@pytest.mark.parametrize(
    ("relation", "answer", "code"),
    [("base_model_relation: finetune\n", "affected", 1), ("", "possibly", 1), (None, None, 0)],
)
def test_a_card_is_as_sound_as_what_it_names(relation, answer, code):
    path = card("license: mit\n" if relation is None else f"base_model: owner/base\n{relation}")
    for subject in (path, path.parent):
        done = umr("check", subject, "--json")
        assert done.code == code, done.err
        assert [one["answer"] for one in done.json] == ([] if answer is None else [answer])
        assert {one["reference"] for one in done.json} <= {"card/my-model@0.0.0"}


@pytest.mark.usefixtures("_open_advisory")
def test_what_of_a_card_is_no_name_is_told_and_the_rest_is_checked():
    done = umr("check", card("base_model: ['no name!', owner/base]\nwidget: x\n"))
    assert done.code == 1
    assert "README.md:2: base_model[0] 'no name!': not read" in done.err
    assert "widget" not in done.err
    assert "README.md" in done.out


@pytest.mark.usefixtures("_open_advisory")
def test_a_folder_with_records_is_its_records_and_not_its_readme():
    path = card("base_model: owner/base\n")
    path.with_name("one.jsonld").write_bytes(draft("lab/x@1.0.0", "fineTunedFrom lab/a").body)
    assert umr("check", path.parent).code == 0
    assert umr("check", path).code == 1


def test_a_card_without_front_matter_is_an_error_that_says_what_to_write(registry):
    Path("README.md").write_text("# Only text\n", encoding="utf-8")
    done = umr("check", "README.md")
    assert done.code == 1
    assert "no front matter" in done.err
    assert "base_model: owner/name" in done.err


def test_licences_of_a_card_are_compared_too(registry):
    done = umr("licences", card("license: mit\nbase_model: owner/base\n"))
    assert done.code == 0
    assert "1 record compared" in done.err
