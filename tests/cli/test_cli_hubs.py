"""Hubs from the command line: import, drafts, and writing back, against a hub on this machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hub import model, serving
from umr import umr

from umr_ld.document import Document
from umr_ld.errors import UmrError
from umr_ld.formats.hub_draft import signs
from umr_ld.formats.hub_writing import BEGIN, END, write_card
from umr_ld.vocab import vocabulary

CARD = "---\nlicense: mit\n---\n# Made\n\nIts author's text.\n"


@pytest.fixture(scope="module")
def _served():
    with serving() as hub:
        yield hub


@pytest.fixture
def hub(_served, monkeypatch):
    """The hub, empty, and meant by every command."""
    _served.__init__()
    for name, value in {
        "HF_ENDPOINT": _served.address,
        "UMR_ALLOW_HTTP": "1",
        "UMR_ALLOW_PRIVATE": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    return _served


@pytest.fixture
def started(hub):
    assert umr("init").code == 0
    hub.models = [
        model("maker/base"),
        model("maker/made", "base_model:finetune:maker/base", base_model="maker/base"),
    ]
    hub.files["maker/made/README.md"] = CARD.encode()
    return hub


def test_an_author_is_imported_and_a_second_run_says_that_nothing_changed(started):
    first = umr("import", "hf:maker/*", "--json")
    assert (first.code, first.json["published"], first.json["stated"]["models"]) == (0, 2, 1)
    assert umr("import", "hf:maker/*", "--json").json["unchanged"] == 2
    assert "hf_secret" not in first.out + first.err
    assert "fineTunedFrom" in umr("show", "hf/maker/made").out


def test_what_was_skipped_makes_the_exit_code_1_and_is_told_with_its_place(started, tmp_path):
    path = tmp_path / "list.jsonl"
    path.write_text(json.dumps(model("maker/a", base_model="undefined")) + "\n{\n")
    done = umr("import", path)
    assert done.code == 1
    assert f"{path}:2" in done.err
    assert "'undefined'" in done.err
    assert "1  published" in done.out
    loss = umr("import", path, "--loss", "loss.csv")
    assert loss.code == 1
    assert (tmp_path / "loss.csv").read_text().count("\n") == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["import", "hf:maker/never"], 3, "no such thing"),
        (["import", "hf:a b"], 2, "hf:owner/name"),
        (["import", "hf:maker/made", "legacy/"], 2, "one after the other"),
        (["import", "list.jsonl"], 3, "no such file"),
        (["import", "hf:nobody/*"], 3, "nothing in it"),
        (["import", "hf:maker/made", "--endpoint", "http://127.0.0.1:1"], 6, "Connection refused"),
        (["import", "hf:maker/made", "--endpoint", "nowhere"], 2, "no address of a hub"),
        (["new", "--from", "hf:maker/*"], 2, "several things"),
        (["new", "--from", "nowhere"], 3, "no such file"),
        (["new"], 2, "no name"),
        (["push", "elsewhere:a/b"], 2, "hf:owner/name"),
        (["push", "hf:maker/never"], 3, "hf/maker/never"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)  # fmt: skip
def test_what_cannot_be_done_is_told_with_what_to_do(started, monkeypatch, words, code, said):
    monkeypatch.setattr("umr_ld.harvest.hub.TRIES", 1)
    done = umr(*words)
    assert done.code == code, done.err
    assert said in done.err


# -- drafts


def links(text):
    draft = yaml.safe_load(text)
    return [(one["relation"], one["artifact"], one["evidence"]) for one in draft.get("upstream", ())]


FOUND = {
    "adapter": (
        "made",
        {"README.md": "---\nbase_model: maker/base\n---\n", "adapter_config.json": '{"base_model_name_or_path": "maker/base"}'},
        [("adapterOf", "hf/maker/base", "inferred")],
    ),
    "adapter without a card": (
        "made",
        {"adapter_config.json": '{"base_model_name_or_path": "maker/base"}'},
        [("adapterOf", "hf/maker/base", "inferred")],
    ),
    "suffix": (
        "made-7b-Q4_K_M.gguf",
        {"README.md": "---\nbase_model: maker/base\n---\n"},
        [("quantizedFrom", "hf/maker/base", "inferred")],
    ),
    "configuration": (
        "made",
        {"README.md": "---\nbase_model: maker/base\n---\n", "config.json": '{"quantization_config": {}}'},
        [("quantizedFrom", "hf/maker/base", "inferred")],
    ),
    "text": (
        "made",
        {"README.md": "# Made\nA fine-tuned version of [base](https://huggingface.co/maker/base).\n"},
        [("fineTunedFrom", "hf/maker/base", "inferred")],
    ),
    "what the author says is not doubted": (
        "made-GGUF",
        {"README.md": "---\nbase_model: maker/base\nbase_model_relation: merge\n---\n"},
        [("mergedFrom", "hf/maker/base", "declared")],
    ),
    "broken front matter": ("made", {"README.md": "---\na: [b\n---\n"}, []),
    "a bomb": ("made", {"README.md": "---\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n"}, []),
    "wrong types": (
        "made",
        {"README.md": "---\nbase_model: {a: b}\ndatasets: [{c: d}]\nlicense: [1, mit]\nlanguage: true\ntags: [[a]]\n---\n"},
        [],
    ),
    "huge cells": ("made", {"README.md": f"---\nlicense: {'x' * 99999}\ntags: [{'y' * 99999}]\n---\n"}, []),
    "Windows line ends": (
        "made",
        {"README.md": "---\r\nbase_model: maker/base\r\n---\r\n# Text\r\n"},
        [("basedOn", "hf/maker/base", "declared")],
    ),
    "several documents": (
        "made",
        {"README.md": "---\nbase_model: maker/base\n---\n# Text\n---\nbase_model: other/base\n---\n"},
        [("basedOn", "hf/maker/base", "declared")],
    ),
    "no front matter": ("made", {"README.md": "# Only text\n"}, []),
    "nothing to conclude from": (
        "made-AWQ",
        {"README.md": "---\nlicense: mit\n---\n", "config.json": "[broken", "adapter_config.json": '{"base_model_name_or_path": "/srv/x y"}'},
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_a_draft_says_what_was_concluded_and_from_what(tmp_path, name):
    folder, files, expected = FOUND[name]
    (tmp_path / folder).mkdir()
    for file, text in files.items():
        (tmp_path / folder / file).write_text(text)
    done = umr("new", "--from", folder, "-o", "draft.yaml")
    assert done.code == 0, done.err
    text = (tmp_path / "draft.yaml").read_text()
    assert links(text) == expected
    if any(evidence == "inferred" for *_, evidence in expected):
        assert "look at: " in done.err
        assert "evidenceMethod" in text
    assert "fill in: no description" in done.err
    assert umr("validate", "draft.yaml").code == 0


def test_a_draft_is_made_from_what_the_hub_has(started):
    started.files["maker/made/adapter_config.json"] = b'{"base_model_name_or_path": "maker/other"}'
    done = umr("new", "--from", "hf:maker/made", "-o", "draft.yaml")
    assert done.code == 0, done.err
    assert links(Path("draft.yaml").read_text()) == [
        ("fineTunedFrom", "hf/maker/base", "declared"),
        ("adapterOf", "hf/maker/other", "inferred"),
    ]
    assert umr("publish", "draft.yaml").code == 0


# -- writing back


def test_what_the_registry_knows_is_written_into_the_card_and_nothing_else(started):
    assert umr("import", "hf:maker/*").code == 0
    shown = umr("push", "hf:maker/made", "--dry-run")
    assert shown.code == 0, shown.err
    assert "+base_model: maker/base" in shown.out
    assert not started.commits
    assert "license" in shown.err  # The author says MIT, the hub's list another one.
    done = umr("push", "hf:maker/made")
    assert done.code == 0, done.err
    card = started.files["maker/made/README.md"].decode()
    front, text = CARD.split("---\n# Made")
    assert card.startswith(f"{front}base_model: maker/base\nbase_model_relation: finetune\n---\n# Made{text}")
    assert card.count(BEGIN) == card.count(END) == 1
    assert "badge/hf/maker/made.svg" in card
    assert len(started.commits) == 1
    assert started.tokens[-1] == "Bearer hf_secret"
    assert "all of it already" in umr("push", "hf:maker/made").err
    assert len(started.commits) == 1


def test_nothing_is_pushed_without_a_token_or_over_somebody_elses_change(started, monkeypatch):
    assert umr("import", "hf:maker/*").code == 0
    monkeypatch.delenv("HF_TOKEN")
    assert umr("push", "hf:maker/made").code == 4
    assert not started.commits


FIELDS = {"license": "mit", "base_model": "maker/base", "datasets": ["maker/data", "words"]}
TEXTS = [
    "",
    "# Only text",
    "---\nlicense: mit\n---\n# Text\n",
    "---\r\nlicense: mit\r\n---\r\n# Text\r\n",
    "\ufeff---\nlicense: mit\n---\n# Text\n",
    "\ufeff# Text\n",
    "---\n---\n",
    "---\n# only a comment\n---\ntext",
    "---\ntags: [a]   # kept  as it is\n\n---\n# Text\n---\nanother: document\n---\n",
    "---\nbase_model: other/base\n---\n# Text\n\n\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_the_authors_text_is_kept_byte_for_byte(text):
    card = Document(text.encode(), source="README.md")
    made, losses = write_card(card, FIELDS, "A block.\nOf two lines.")
    end = "\r\n" if "\r\n" in text else "\n"
    kept = made.decode()
    block = kept.index(BEGIN)
    kept = kept[:block] + kept[kept.index(END) + len(END) + len(end) :]
    for name in ("license: mit", "base_model: maker/base", "datasets: [maker/data, words]"):
        if name.partition(":")[0] + ":" not in text:
            assert f"{name}{end}" in kept
            kept = kept.replace(f"{name}{end}", "", 1)
    if not text.removeprefix("\ufeff").startswith("---"):
        kept = kept.replace(f"---{end}---{end}", "", 1)
    assert kept.rstrip("\r\n") == text.rstrip("\r\n")
    assert kept.startswith(text)
    assert [row.property for row in losses] == (["base_model"] if "other/base" in text else [])
    again, _ = write_card(Document(made, source="README.md"), FIELDS, "A block.\nOf two lines.")
    assert again == made
    other, _ = write_card(Document(made, source="README.md"), {}, "Another.")
    assert other.decode().replace("Another.", f"A block.{end}Of two lines.") == made.decode()


@pytest.mark.parametrize(
    "text",
    ["---\nlicense: mit\n# Text\n", "---\n[]\n---\n", "---\na: [b\n---\n", "---\na: &a [*a]\n---\n", "---\na: 1\na: 2\n---\n"],
)  # fmt: skip
def test_a_card_that_cannot_be_read_is_not_written_into(text):
    with pytest.raises(UmrError):
        write_card(Document(text.encode(), source="README.md"), FIELDS, "A block.")


def test_from_what_a_relation_is_concluded_is_a_table_of_relations_and_patterns():
    for sign in signs():
        assert sign.relation in vocabulary().relations
        assert sign.says in {"base", "object", "part"}
        assert bool(sign.field) != bool(re.compile(sign.pattern).pattern)
