"""Kaggle from the command line: taking in, and writing back, against a Kaggle on this machine."""

from __future__ import annotations

import shutil

import pytest
import yaml
from kaggling import dataset, instance, model, serving
from umr import umr

from umr_ld.formats.hub_writing import BEGIN, END


@pytest.fixture(scope="module")
def _served():
    with serving() as hub:
        yield hub


def filled(hub):
    """Kaggle with a model, a variation of it and a dataset."""
    hub.__init__()
    hub.models = [model("maker/made", instance("tuned"), description="Text.\r\n\r\n  Of its author. \r\n")]
    hub.datasets = [
        dataset(
            "maker/words",
            licenseName="unknown",
            isPrivate=True,
            keywords=["a"],
            collaborators=[{"username": "somebody", "role": "WRITER"}],
        )
    ]
    return hub


@pytest.fixture(scope="module")
def _taken(_served, tmp_path_factory):
    """A registry that has taken in all of it."""
    folder = tmp_path_factory.mktemp("kaggle") / "registry"
    hub = filled(_served)
    at = ("--store", folder, "--endpoint", hub.address, "--allow-http", "--allow-private")
    assert umr("init", "--store", folder).code == 0
    assert umr("import", "kaggle:maker/*", "kaggle:datasets/maker/*", *at).code == 0
    return folder


@pytest.fixture
def started(_served, _taken, monkeypatch, tmp_path):
    """Kaggle, meant by every command, and a registry of one's own that has taken in all of it."""
    shutil.copytree(_taken, tmp_path / ".umr")
    for name, value in {
        "UMR_KAGGLE_ENDPOINT": _served.address,
        "UMR_ALLOW_HTTP": "1",
        "UMR_ALLOW_PRIVATE": "1",
        "KAGGLE_API_TOKEN": "kaggle_secret",
    }.items():
        monkeypatch.setenv(name, value)
    return filled(_served)


def test_an_owner_is_imported_and_a_second_run_says_that_nothing_changed(started):
    again = umr("import", "kaggle:maker/*", "kaggle:datasets/maker/*", "--json")
    assert (again.code, again.json["unchanged"], again.json["published"]) == (0, 3, 0)
    assert "kaggle_secret" not in again.out + again.err
    assert set(started.tokens) == {"Bearer kaggle_secret"}


def test_a_page_that_cannot_be_read_makes_the_exit_code_1_and_is_told(started):
    started.faults["models 1"] = (200, {}, b"<html>")
    done = umr("import", "kaggle:maker/*")
    assert done.code == 1
    assert "HTML" in done.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["import", "kaggle:maker/never"], 3, "no such thing"),
        (["import", "kaggle:a b/c"], 2, "kaggle:owner/model"),
        (["import", "kaggle:maker/made/pyTorch/tuned"], 2, "with its model"),
        (["import", "kaggle:nobody/*"], 3, "nothing in it"),
        (["import", "kaggle:maker/made", "--endpoint", "http://127.0.0.1:1"], 6, "onnection"),
        (["import", "kaggle:maker/made", "--endpoint", "nowhere"], 2, "no address of a hub"),
        (["push", "kaggle:maker/*"], 2, "kaggle:owner/model"),
        (["push", "kaggle:maker/never"], 3, "kaggle/maker/never"),
        (["push", "kaggle:maker/made/abacus/tuned", "kaggle/maker/made"], 2, "no framework"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_what_cannot_be_done_is_told_with_what_to_do(started, monkeypatch, words, code, said):
    monkeypatch.setattr("umr_ld.harvest.kaggle.TRIES", 1)
    done = umr(*words)
    assert done.code == code, done.err
    assert said in done.err


def test_a_block_is_written_below_the_authors_text_and_no_other_byte_changes(started):
    before = started.models[0]["description"]
    shown = umr("push", "kaggle:maker/made", "--dry-run")
    assert shown.code == 0, shown.err
    assert "+[![how it stands]" in shown.out
    assert not started.written
    done = umr("push", "kaggle:maker/made")
    assert done.code == 0, done.err
    after = started.models[0]["description"]
    assert after.startswith(f"{before}\r\n{BEGIN}\r\n")
    assert after.endswith(f"{END}\r\n")
    assert "badge/kaggle/maker/made.svg" in after
    assert [sorted(one) for one in started.written] == [
        ["description", "modelSlug", "ownerSlug", "updateMask"]
    ]
    assert "all of it already" in umr("push", "kaggle:maker/made").err
    assert len(started.written) == 1


PUSHED = """
type: Model
name: lab/tuned
version: 1.0.0
title: Tuned
license: MIT
upstream:
- {relation: adapterOf, artifact: %s, external: true, evidence: declared}
- {relation: trainedOn, artifact: kaggle/datasets/maker/words, external: true, evidence: declared}
"""


@pytest.mark.parametrize(
    ("artifact", "member", "value", "kind"),
    [
        ("kaggle/maker/base/pyTorch/7b", "baseModelInstance", "maker/base/pyTorch/7b", "KAGGLE_VARIANT"),
        ("hf/maker/base", "externalBaseModelUrl", "https://huggingface.co/maker/base", "EXTERNAL_VARIANT"),
    ],
)
def test_lineage_fills_in_what_a_variation_does_not_say_and_what_it_says_otherwise_is_left(
    started, tmp_path, artifact, member, value, kind
):
    (tmp_path / "draft.yaml").write_text(PUSHED % artifact)
    assert umr("publish", "draft.yaml").code == 0
    target = ("push", "kaggle:maker/made/pyTorch/tuned", "lab/tuned")
    done = umr(*target)
    assert done.code == 0, done.err
    found = started.models[0]["instances"][0]
    assert found[member] == value
    assert found["trainingData"] == ["maker/words"]
    assert found["modelInstanceType"] == f"MODEL_INSTANCE_TYPE_{kind}"
    assert found["usage"].startswith(f"Load it.\n\n{BEGIN}\n")
    assert found["licenseName"] == "Apache 2.0"
    assert "the record says MIT" in done.err
    if member == "externalBaseModelUrl":
        found["externalBaseModelUrl"] = "https://huggingface.co/other/base"
        again = umr(*target)
        assert found["externalBaseModelUrl"].endswith("other/base")
        assert "the record says hf/maker/base" in again.err
        assert "all of it already" in again.err


def test_the_settings_of_a_dataset_stay_but_for_what_is_added(started, tmp_path):
    (tmp_path / "draft.yaml").write_text(
        "{type: Dataset, name: lab/words, version: 1.0.0, title: Words, license: CC-BY-4.0}"
    )
    assert umr("publish", "draft.yaml").code == 0
    assert umr("push", "kaggle:datasets/maker/words", "lab/words").code == 0
    settings = started.written[0]["settings"]
    assert settings["licenses"] == [{"name": "CC-BY-4.0"}]
    assert settings["collaborators"] == [{"username": "somebody", "role": "WRITER"}]
    assert (settings["title"], settings["isPrivate"], settings["keywords"]) == ("Words", True, ["a"])
    assert settings["description"].startswith("Some data.\n")
    started.datasets[0]["collaborators"] = [{"username": "somebody", "role": "JUGGLER"}]
    started.datasets[0]["description"] = "Written anew."
    odd = umr("push", "kaggle:datasets/maker/words", "lab/words")
    assert odd.code == 4, odd.err
    assert "JUGGLER" in odd.err
    assert len(started.written) == 1


def test_nothing_is_pushed_without_a_token_or_over_somebody_elses_change_or_said_to_be_that_was_refused(
    started, monkeypatch
):
    taken = started.answer("GetModel", {"ownerSlug": "maker", "modelSlug": "made"})
    started.models[0]["description"] = "Meanwhile changed."
    started.faults["GetModel"] = [taken]
    lost = umr("push", "kaggle:maker/made")
    assert (lost.code, "somebody else" in lost.err) == (1, True)
    assert not started.written
    started.faults["UpdateModel"] = [(200, {}, b'{"error": "too long"}')]
    refused = umr("push", "kaggle:maker/made")
    assert refused.code == 4, refused.err
    assert "too long" in refused.err
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    assert umr("push", "kaggle:maker/made").code == 4
    assert not started.written


# -- drafts

_BASE = {
    "owner": {"slug": "maker"},
    "modelSlug": "base",
    "framework": "pyTorch",
    "instanceSlug": "7b",
}
_SAYS = "A quantized version of [it](https://huggingface.co/maker/other)."
DRAFTS = {
    "model": (
        "kaggle:maker/later",
        ("Model", "kaggle/maker/later", []),
    ),
    "variation": (
        "kaggle:maker/later/pytorch/TUNED",
        (
            "Model",
            "kaggle/maker/later/pyTorch/tuned",
            [
                ("trainedOn", "kaggle/datasets/maker/texts", "declared"),
                ("fineTunedFrom", "kaggle/maker/base/pyTorch/7b", "declared"),
                ("quantizedFrom", "hf/maker/other", "inferred"),
            ],
        ),
    ),
    "dataset": (
        "kaggle:datasets/maker/texts",
        ("Dataset", "kaggle/datasets/maker/texts", []),
    ),
}


@pytest.mark.parametrize(("source", "expected"), DRAFTS.values(), ids=DRAFTS)
def test_a_draft_is_made_from_what_kaggle_has(started, tmp_path, source, expected):
    tuned = instance("tuned", usage=_SAYS, baseModelInstanceInformation=_BASE, trainingData=["maker/texts"])
    started.models = [model("maker/later", instance("other"), tuned)]
    started.datasets = [dataset("maker/texts")]
    done = umr("new", "--from", source, "-o", tmp_path / "draft.yaml")
    assert done.code == 0, done.err
    root = yaml.safe_load((tmp_path / "draft.yaml").read_text())
    links = [(one["relation"], one["artifact"], one["evidence"]) for one in root.get("upstream", [])]
    assert (root["type"], root["name"], links) == expected
    validated = umr("validate", tmp_path / "draft.yaml")
    assert validated.code == 0, validated.err + validated.out


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("kaggle:maker/*", 2, "name one: kaggle:owner/name"),
        ("kaggle:maker/made/pyTorch/none", 3, "no variation pyTorch/none"),
        ("kaggle:maker/none", 3, "maker/none"),
        ("kaggle:maker", 2, "means nothing of Kaggle"),
    ],
)
def test_what_is_not_one_thing_of_kaggle_makes_no_draft(started, source, code, says):
    done = umr("new", "--from", source)
    assert done.code == code
    assert says in done.err
