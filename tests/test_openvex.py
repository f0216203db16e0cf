"""OpenVEX documents in and out: each statement is a record, and counts as one."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from drafts import draft

from umr_ld.cli import root
from umr_ld.document import Document
from umr_ld.formats import openvex
from umr_ld.media import Media
from umr_ld.registry import Registry
from umr_ld.vocab import vocabulary

GIVEN = {
    "@context": "https://openvex.dev/ns/v0.2.0",
    "@id": "https://example.org/vex/2026-1",
    "author": "Lab",
    "timestamp": "2026-01-02T00:00:00Z",
    "version": 1,
    "statements": [
        {
            "vulnerability": {"name": "CVE-2026-1"},
            "products": [{"@id": "pkg:huggingface/lab/b"}],
            "status": "not_affected",
            "justification": "vulnerable_code_not_present",
            "impact_statement": "The file was never part of it.",
        }
    ],
}


@pytest.fixture
def umr(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words, code=0):
        answer = CliRunner().invoke(root, words)
        assert answer.exit_code == code, answer.output
        return answer.stdout

    run("init")
    with Registry.open(tmp_path / ".umr", write=True) as registry:
        registry.publish(
            [
                draft("lab/a@1.0.0"),
                draft("hf/lab/b@1.0.0", "embeds lab/a", publisher="Lab"),
                draft(
                    "advisory/x@1.0.0",
                    kind="Advisory",
                    risk="malicious-file",
                    alias="CVE-2026-1",
                    affects=[{"artifact": "lab/a"}],
                ),
            ],
            agent="test",
        )
    return run


def test_a_statement_from_elsewhere_counts_by_its_author_and_finds_its_advisory_by_alias(umr, tmp_path):
    (tmp_path / "vex.json").write_text(json.dumps(GIVEN), encoding="utf-8")
    umr("statement", "import", "vex.json")
    with Registry.open(tmp_path / ".umr") as registry:
        found = {str(one.ref.name): one.answer.label for one in registry.verdicts("x").exposure}
    assert found == {"lab/a": "affected", "hf/lab/b": "clear"}


def test_what_was_imported_comes_back_as_it_came(umr, tmp_path):
    for given in (GIVEN, {**GIVEN, "timestamp": "2026-02-01T00:00:00Z"}):
        text = json.dumps(given, indent=3)
        (tmp_path / "vex.json").write_text(text, encoding="utf-8")
        umr("statement", "import", "vex.json")
        assert umr("statement", "export", "2026-1").strip() == text


def test_a_statement_written_here_is_an_openvex_document(umr, tmp_path):
    facts = {"advisory": "advisory/x", "product": {"artifact": "hf/lab/b"}, "status": "under_investigation"}
    made = draft("statement/mine@1.0.0", kind="Statement", publisher="Lab", issued="2026-01-02", **facts)
    (tmp_path / "mine.jsonld").write_bytes(made.body)
    umr("statement", "publish", "mine.jsonld")
    written = json.loads(umr("statement", "export", "mine"))
    assert written["@context"] == GIVEN["@context"]
    assert {"@id", "author", "timestamp", "version"} <= written.keys()
    (said,) = written["statements"]
    assert (said["vulnerability"], said["status"]) == ({"name": "x"}, "under_investigation")
    assert said["timestamp"] == "2026-01-02T00:00:00Z"
    assert written["author"] == "Lab"
    assert openvex.read([[document(written)]], vocabulary()).drafts


def document(value):
    return Document(json.dumps(value).encode(), Media.JSONLD, "vex.json")


def test_several_statements_of_a_document_are_several_records():
    several = {**GIVEN, "statements": GIVEN["statements"] * 2}
    found = openvex.read([[document(several)]], vocabulary())
    assert [one.tree.root["name"] for one in found.drafts] == ["statement/2026-1-1", "statement/2026-1-2"]


@pytest.mark.parametrize(
    "given",
    [
        {"statements": "none"},
        [],
        {**GIVEN, "statements": [{"status": "fixed"}]},
        {**GIVEN, "statements": ["text"]},
        {**GIVEN, "statements": [{**GIVEN["statements"][0], "products": [{"@id": "no name or address"}]}]},
    ],
)
def test_what_cannot_be_read_is_reported(given):
    found = openvex.read([[document(given)]], vocabulary())
    assert not found.drafts
    assert len(found.losses) == 1
