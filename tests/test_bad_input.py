"""Every file of corpus/bad has one fault, is named by it, and is refused with the finding beside it."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from umr_ld.document import Document
from umr_ld.errors import TooLarge
from umr_ld.files import documents
from umr_ld.media import Media
from umr_ld.registry import Registry
from umr_ld.strictjson import read_json
from umr_ld.tree import MAX_BYTES

BAD = Path(__file__).parent / "corpus" / "bad"
EXPECTED = json.loads((BAD / "expected.json").read_text(encoding="utf-8"))
FILES = sorted(path.name for path in BAD.iterdir() if path.name != "expected.json")


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        yield opened


def test_every_bad_file_has_its_finding_beside_it():
    assert sorted(EXPECTED) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_is_refused_with_its_finding(name, registry):
    before = registry.position()
    expected = EXPECTED[name]

    (checked,) = registry.validate(documents([str(BAD / name)]))

    found = [finding for finding in checked.report.violations if finding.rule == expected["rule"]]
    assert found, [str(finding) for finding in checked.report]
    finding = found[0]
    assert expected["says"] in finding.message
    assert finding.path == expected.get("path", "")
    assert finding.source.endswith(name)
    assert finding.line == expected.get("line", finding.line)
    assert "\x07" not in str(finding)
    assert registry.position() == before


@pytest.mark.parametrize(
    "name", [name for name in FILES if EXPECTED.get(name, {}).get("rule") != "unreadable"]
)
def test_a_fault_comes_with_a_remedy(name, registry):
    (checked,) = registry.validate(documents([str(BAD / name)]))
    assert any(finding.remedy for finding in checked.report.violations)


def test_a_document_of_a_hundred_megabytes_is_refused_before_it_is_parsed(tmp_path):
    path = tmp_path / "large.jsonld"
    with path.open("wb") as file:
        file.write(b'{"title": "')
        file.seek(100 * 1024 * 1024)
        file.write(b'"}')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(TooLarge, match="104,857,"):
        list(documents([str(path)]))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_document_of_the_largest_size_is_read():
    body = b'{"title": "' + b"x" * (MAX_BYTES - 13) + b'"}'
    assert read_json(Document(body)).root["title"].startswith("xxx")
    with pytest.raises(TooLarge):
        read_json(Document(body + b" "))


def test_all_faults_of_a_document_are_reported_at_once(registry):
    body = b"""
type: Modle
name: lab/../model
version: 1.0
licence: MIT
parameterCount: many
upstream:
  - {relation: finetunedFrom, artifact: lab/base, version: ">2 <1"}
"""
    (checked,) = registry.validate([Document(body, Media.YAML, "draft.yaml")])
    assert {(finding.rule, finding.line) for finding in checked.report.violations} == {
        ("kind-unknown", 2),
        ("name-malformed", 3),
        ("version-malformed", 4),
        ("key-unknown", 5),
        ("value-type", 6),
        ("relation-unknown", 8),
        ("range-malformed", 8),
    }


def test_two_documents_with_one_reference_and_different_content_are_refused(registry):
    drafts = [
        Document(
            f"type: Model\nname: lab/twice\nversion: 1.0.0\ntitle: {title}\n".encode(),
            Media.YAML,
            f"{title}.yaml",
        )
        for title in ("One", "Two")
    ]
    rules = [finding.rule for checked in registry.validate(drafts) for finding in checked.report.violations]
    assert rules == ["ref-twice"]


def test_look_alike_names_are_refused_with_the_existing_name(registry):
    drafts = [
        Document(f"type: Model\nname: {name}\nversion: 1.0.0\n".encode(), Media.YAML, f"{at}.yaml")
        for at, name in enumerate(["look/alike-model", "look/Alike_model"])
    ]
    (fault,) = [f for checked in registry.validate(drafts) for f in checked.report.violations]
    assert fault.rule == "name-confusable"
    assert "look/" in fault.message
