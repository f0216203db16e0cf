"""Verbs that write: start, draft, check, publish, take over."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from drafts import draft
from umr import published, umr, write

from umr_ld.cli.findings import FORMS as FINDING_FORMS

# -- init, and finding the registry


def test_a_registry_is_started_here_and_found_from_below(tmp_path, monkeypatch):
    done = umr("init", "--json")
    assert done.json["entries"] == 1
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    assert umr("list", "--json").json["total"] == 0


def test_a_registry_is_started_once():
    umr("init")
    done = umr("init")
    assert done.code == 1
    assert "there is a registry already" in done.err


def test_no_registry_is_an_error_that_says_how_to_start_one():
    done = umr("list")
    assert done.code == 3
    assert "`umr init`" in done.err


def test_a_base_that_is_none_is_refused():
    assert umr("init", "--base", "not an address").code == 2
    assert not Path(".umr").exists()


def test_addresses_begin_with_the_base_that_was_chosen():
    umr("init", "--base", "https://models.example.org/")
    published(draft("lab/a@1.0.0"))
    assert umr("show", "lab/a", "--json").json["iri"] == "https://models.example.org/r/lab/a@1.0.0"


# -- new, validate, bump


def test_a_draft_is_valid_as_it_is():
    assert umr("new", "lab/thing", "-o", "thing.yaml").code == 0
    done = umr("validate", "thing.yaml")
    assert done.code == 0
    assert "thing.yaml: valid (lab/thing@1.0.0)" in done.out


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("yes\n", 0), ("n\n", 130), ("\n", 130), ("", 130)])
def test_an_answer_of_yes_and_nothing_else_overwrites(answer, code, monkeypatch):
    monkeypatch.setattr("umr_ld.cli.session.is_terminal", lambda _: True)
    Path("thing.yaml").write_text("mine")
    done = umr("new", "lab/thing", "-o", "thing.yaml", stdin=answer)
    assert "Overwrite it? [y/N]" in done.err
    assert done.code == code
    assert (Path("thing.yaml").read_text() == "mine") == (code != 0)


def test_a_draft_is_not_overwritten_unasked():
    umr("new", "lab/thing", "-o", "thing.yaml")
    Path("thing.yaml").write_text("mine")
    assert umr("new", "lab/thing", "-o", "thing.yaml").code == 2
    assert Path("thing.yaml").read_text() == "mine"
    assert umr("new", "lab/thing", "-o", "thing.yaml", "--yes").code == 0
    assert Path("thing.yaml").read_text() != "mine"


@pytest.mark.parametrize(
    ("words", "told"), [(["../x"], "'..'"), (["lab/x", "--kind", "Modle"], "one of Model")]
)
def test_a_draft_of_something_impossible_is_refused(words, told):
    done = umr("new", *words)
    assert done.code == 2
    assert told in done.err


def test_drafts_are_checked_without_a_registry_too():
    done = umr("validate", *write(draft("lab/b@1.0.0", "fineTunedFrom lab/a"), draft("lab/a@1.0.0")))
    assert done.code == 0
    assert "there is no registry here" in done.err


def test_a_registry_that_is_named_but_not_there_is_not_replaced_by_an_empty_one():
    assert umr("validate", *write(draft("lab/a@1.0.0")), "--store", "nowhere").code == 3


FAULTY = draft("lab/bad@1.0.0", "fineTunedFrom lab/nowhere", "baseddOn lab/x", title="Bad")


def test_all_faults_are_told_with_file_line_path_rule_and_remedy():
    Path("bad.yaml").write_text(
        'type: Modell\nname: lab/bad\nversion: "1"\nupstream:\n  - {relation: baseddOn, artifact: lab/x}\n'
    )
    done = umr("validate", "bad.yaml")
    assert done.code == 1
    assert re.search(r"(?m)^bad\.yaml:1: type: violation: .* \[kind-unknown\]$", done.out)
    assert re.search(r"(?m)^bad\.yaml:3: version: violation: .* \[version-malformed\]$", done.out)
    assert re.search(
        r"(?m)^bad\.yaml:5: upstream\[0\]\.relation: violation: .* \[relation-unknown\]$", done.out
    )
    assert "did you mean" in done.out or "basedOn" in done.out


def test_a_draft_comes_from_standard_input():
    done = umr("validate", "-", stdin="type: Model\nname: lab/a\nversion: 1.0.0\n")
    assert done.code == 0
    assert "<stdin>: valid" in done.out


def validated(form):
    done = umr("validate", *write(FAULTY, draft("lab/good@1.0.0")), "--format", form)
    assert done.code == 1
    return done.out


def test_findings_as_json_name_each_document_and_whether_it_is_valid():
    said = json.loads(validated("json"))
    assert said["valid"] is False
    assert {one["source"]: one["valid"] for one in said["documents"]} == {
        "lab_bad@1.0.0.jsonld": False,
        "lab_good@1.0.0.jsonld": True,
    }
    (fault, *_) = said["documents"][0]["findings"]
    assert {"severity", "message", "rule", "source"} <= fault.keys()


def test_findings_as_sarif_point_to_file_and_rule():
    said = json.loads(validated("sarif"))
    assert said["version"] == "2.1.0"
    (run_,) = said["runs"]
    rules = {rule["id"] for rule in run_["tool"]["driver"]["rules"]}
    for result in run_["results"]:
        assert result["ruleId"] in rules
        assert result["level"] in {"error", "warning", "note"}
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_findings_as_annotations_are_one_line_each():
    lines = validated("github").splitlines()
    assert all(
        re.match(r"::(error|warning|notice) file=[^:]*(,line=\d+)?,title=[^:]*::", line) for line in lines
    )
    assert any(line.startswith("::error") for line in lines)


def test_findings_as_junit_count_documents_and_failures():
    suite = ET.fromstring(validated("junit"))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.find("failure") is not None for case in suite] == [True, False]


@pytest.mark.parametrize("form", FINDING_FORMS)
def test_no_text_of_a_record_breaks_out_of_a_report(form):
    Path('x%,:\n<&".yaml').write_text('type: Model\nname: lab/a\nversion: 1.0.0\n"k<]]>&\\"%0A\\u0007": 1\n')
    done = umr("validate", Path('x%,:\n<&".yaml'), "--format", form)
    assert done.code == 1
    if form in {"json", "sarif"}:
        json.loads(done.out)
    elif form == "junit":
        ET.fromstring(done.out)
    else:
        assert len(done.out.splitlines()) == len(re.findall("(?m)^::", done.out))


def test_bump_names_the_changes_and_the_least_version(registry):
    done = umr(
        "bump",
        *write(draft("lab/a@1.0.0", "trainedOn lab/data@1.0.0", title="Model A", license="GPL-3.0-only")),
        "--json",
    )
    assert done.code == 0
    assert done.json["published"] == "1.0.0"
    assert done.json["version"] == "2.0.0"
    assert done.json["level"] == "major"


def test_bump_looks_at_one_draft_and_says_if_nothing_differs(registry):
    files = write(draft("lab/b@9.9.9", "fineTunedFrom lab/a@^1 inherit", title="Model B"))
    assert "nothing differs from 1.0.0" in umr("bump", *files).err
    Path("many").mkdir()
    for name in ("x", "y"):
        Path("many", f"{name}.yaml").write_text(f"type: Model\nname: lab/{name}\nversion: 1.0.0\n")
    assert umr("bump", "many").code == 2


def test_bump_of_something_new_takes_any_version(registry):
    done = umr("bump", *write(draft("lab/new@0.3.0")))
    assert done.code == 0
    assert "any version will do" in done.err


# -- publish


def test_publishing_says_what_became_of_each_record(registry):
    files = write(draft("lab/d@1.0.0"), draft("lab/e@1.0.0", "basedOn lab/d"))
    done = umr("publish", *files)
    assert (done.code, done.out) == (0, "published   lab/d@1.0.0\npublished   lab/e@1.0.0\n")
    again = umr("publish", *files)
    assert (again.code, again.out) == (0, "unchanged   lab/d@1.0.0\nunchanged   lab/e@1.0.0\n")
    assert "2 records published, 0 unchanged" in done.err
    assert "0 records published, 2 unchanged" in again.err


def test_one_invalid_record_keeps_all_out(registry):
    done = umr("publish", *write(draft("lab/d@1.0.0"), FAULTY))
    assert done.code == 1
    assert "relation-unknown" in done.err
    assert done.out == ""
    assert umr("show", "lab/d").code == 3


def test_a_folder_is_published_whole(registry):
    Path("many/deep").mkdir(parents=True)
    for at, folder in enumerate(["many", "many/deep"]):
        Path(folder, "x.yaml").write_text(f"type: Model\nname: lab/m{at}\nversion: 1.0.0\n")
    assert [one["status"] for one in umr("publish", "many", "--json").json] == ["published", "published"]


def test_other_content_under_a_published_reference_is_a_conflict(registry):
    done = umr("publish", *write(draft("lab/a@1.0.0", title="Something else")), "--json")
    assert done.code == 1
    assert done.problem["title"] == "conflict"
    assert "umr bump" in done.problem["remedy"]


def test_warnings_are_told_and_forbid_nothing(registry):
    done = umr("publish", *write(draft("lab/d@1.0.0", "fineTunedFrom lab/a@9.0.0")))
    assert done.code == 0
    assert "warning: lab/a has no version 9.0.0" in done.err
    assert done.out == "published   lab/d@1.0.0\n"
    assert umr("publish", *write(draft("lab/e@1.0.0", "fineTunedFrom lab/a@9.0.0")), "-q").err == ""


def test_publications_are_rows_of_csv(registry):
    told = umr("publish", *write(draft("lab/d@1.0.0")), "--format", "csv").out.splitlines()
    assert told[0] == "status,reference,sequence,digest"
    assert re.fullmatch(r"published,lab/d@1\.0\.0,6,[0-9a-f]{64}", told[1])


def test_a_dry_run_publishes_nothing(registry):
    done = umr("publish", "--dry-run", *write(draft("lab/d@1.0.0")))
    assert done.code == 0
    assert "would be published" in done.err
    assert umr("show", "lab/d").code == 3


def test_the_agent_is_the_one_that_is_named_and_local_otherwise(registry):
    umr("publish", *write(draft("lab/d@1.0.0")))
    umr("publish", *write(draft("lab/d@1.0.1", note="x")), UMR_AGENT="by environment")
    umr("publish", *write(draft("lab/d@1.0.2", note="y")), "--agent", "by hand", UMR_AGENT="by environment")
    assert [one["agent"] for one in umr("history", "lab/d", "--json").json] == [
        "by hand",
        "by environment",
        "local",
    ]


@pytest.mark.parametrize(
    ("path", "code"), [("nowhere.yaml", 3), ("empty", 3), ("x.docx", 2), ("broken.json", 1)]
)
def test_what_cannot_be_published_has_its_exit_code(registry, path, code):
    Path("empty").mkdir()
    Path("x.docx").write_bytes(b"PK")
    Path("broken.json").write_bytes(b'{"name": ')
    done = umr("publish", path)
    assert done.code == code
    assert path in done.err


# -- import


LEGACY = """mr:
  type: model
  metadata:
    name: {name}
  relations:
    upstream: {upstream}
"""


def legacy(folder, name, version, upstream="[]"):
    path = Path(folder, name, f"{name}-{version}.yaml")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(LEGACY.format(name=name, upstream=upstream))


def test_a_legacy_repository_is_taken_over(registry):
    legacy("repo", "bert", "1.0.0")
    legacy("repo", "tiny", "1.0.0", "[bert>=1.0.0]")
    done = umr("import", "repo")
    assert done.code == 0
    assert "published   umr/tiny@1.0.0" in done.out
    assert "umr/tiny@1.0.0" in umr("impact", "umr/bert").out


def test_stacked_repositories_are_looked_through_in_order(registry):
    legacy("first", "bert", "1.0.0", "[one]")
    legacy("second", "bert", "1.0.0", "[two]")
    legacy("second", "other", "1.0.0")
    done = umr("import", "first", "second", "--json")
    assert done.code == 0
    assert {one["reference"] for one in done.json["published"]} == {"umr/bert@1.0.0", "umr/other@1.0.0"}
    assert umr("impact", "umr/one", "--json").json["hits"]
    assert umr("impact", "umr/two").code == 3


def test_what_is_left_out_makes_the_exit_code_1_and_the_rest_is_taken(registry):
    legacy("repo", "bert", "1.0.0")
    Path("repo/bad-1.0.0.yaml").write_text("{{{")
    done = umr("import", "repo")
    assert done.code == 1
    assert "published   umr/bert@1.0.0" in done.out
    assert "bad-1.0.0.yaml" in done.err
    assert "1 left out" in done.err


@pytest.mark.parametrize("name", ["loss.csv", "loss.json"])
def test_the_loss_report_goes_into_a_file(registry, name):
    legacy("repo", "tiny", "1.0.0", "[nobody-has-this]")
    done = umr("import", "repo", "--loss", name)
    assert done.code == 0
    assert "nobody-has-this" not in done.err
    rows = (
        json.loads(Path(name).read_text())
        if name.endswith("json")
        else list(csv.DictReader(Path(name).read_text().splitlines()))
    )
    assert any("no repository has this record" in row["why"] for row in rows)


def test_every_legacy_record_is_taken_over_in_one_command(shared_data):
    umr("init")
    done = umr("import", shared_data / "modelrecords" / "repository", "--json")
    assert len(done.json["published"]) == 88
    assert done.json["refused"] == []
    shown = umr("show", "umr/bloomz").out
    assert re.search(
        r"(?m)^  FMTI 2023: 53 of 100 \(Upstream 21 of 32 · Model 16 of 33 · Downstream 16 of 35\)$", shown
    )
    (score,) = umr("show", "umr/bloomz", "--json").json["scores"]
    assert (score["yes"], score["answered"], score["total"]) == (53, 100, 100)
    hits = umr("impact", "umr/laion-5b", "--json").json["hits"]
    assert {hit["reference"].partition("@")[0] for hit in hits} == {"umr/plip", "umr/rrt-mil"}
