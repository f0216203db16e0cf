"""`umr audit`: exports, gaps and their exit code, profiles of one's own."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from drafts import draft
from umr import published, umr

from umr_ld.registry import Registry
from umr_server.app import create_app

PROFILE = """
@prefix cccev: <http://data.europa.eu/m8g/> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix item: <https://example.org/ours#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix umr: <https://w3id.org/umr-ld/ns#> .
<https://example.org/ours> a skos:ConceptScheme ; dct:title "Ours" ; dct:source <https://example.org/rules> .
item:T a skos:Concept, cccev:InformationRequirement ; skos:notation "T" ; skos:prefLabel "Title" ;
    skos:definition "What it is called." .
item:D a skos:Concept, cccev:InformationRequirement ; skos:notation "D" ; skos:prefLabel "Description" ;
    skos:definition "What it is." .
item:T-shape umr:item item:T ; sh:path dct:title .
item:D-shape umr:item item:D ; sh:path dct:description ; sh:severity sh:Warning .
"""


def ours(folder, turtle=PROFILE):
    place = Path(folder) / "ours"
    place.mkdir(parents=True)
    (place / "items.ttl").write_text(turtle, encoding="utf-8")
    return folder


BEGINS = {
    "html": b"<!doctype html>", "md": b"# Model B: ", "tex": b"% Compiles", "pdf": b"%PDF-", "txt": b"Model B: ",
    "jsonld": b'{\n  "@context"', "csv": b"profile,item,",
}  # fmt: skip


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("form", BEGINS)
def test_an_export_is_written_in_every_form(form):
    if form == "pdf":
        pytest.importorskip("typst")
    done = umr("audit", "export", "lab/b", "--profile", "eu-gpai-mdf", "-o", f"out.{form}")
    assert done.code == 0, done.err
    assert Path(f"out.{form}").read_bytes().startswith(BEGINS[form])
    assert "mandatory" in done.err


@pytest.mark.usefixtures("registry")
def test_a_mandatory_gap_is_exit_code_one_and_others_are_not():
    ours("more")
    done = umr("audit", "gaps", "lab/b", "--profile", "ours", "--profiles", "more")
    assert done.code == 0, done.err
    assert "D Description  (expected, failed: the record does not say it)" in done.out
    assert "Fill in description." in done.out
    published(draft("lab/untitled@1.0.0", description="Text."))
    done = umr("audit", "gaps", "lab/untitled", "--profile", "ours", "--profiles", "more", "--as", "csv")
    assert done.code == 1
    (row,) = csv.DictReader(io.StringIO(done.out))
    assert (row["item"], row["obligation"], row["outcome"]) == ("T", "mandatory", "failed")
    done = umr("audit", "gaps", "lab/untitled", "--profile", "ours", "--profiles", "more", "--json")
    assert done.json[0]["completeness"][-1]["complete"] == 0.5


@pytest.mark.usefixtures("registry")
def test_all_profiles_are_asked_unless_one_is_named_and_the_level_says_what_is_told():
    every = umr("audit", "gaps", "lab/b", "--json", "--level", "optional").json
    assert len(every) == 6
    few = umr("audit", "gaps", "lab/b", "--json", "--level", "mandatory").json
    assert {gap["obligation"] for one in few for gap in one["gaps"]} == {"mandatory"}
    assert sum(len(one["gaps"]) for one in few) < sum(len(one["gaps"]) for one in every)


def test_profiles_are_listed_without_a_registry_too():
    told = {one["profile"]: one for one in umr("audit", "profiles", "--json").json}
    assert (told["us-onc-dsi"]["status"], told["us-onc-dsi"]["items"]) == ("at-risk", 31)
    assert told["eu-gpai-mdf"]["since"] == "2025-08-02"
    assert "incident-min" in umr("audit", "profiles").out


@pytest.mark.usefixtures("registry")
def test_a_profile_in_the_folder_of_the_registry_is_known_kept_and_no_damage(tmp_path):
    ours(".umr/profiles")
    assert "ours" in umr("audit", "profiles").out
    assert umr("audit", "export", "lab/b", "--profile", "ours").code == 0
    assert umr("doctor").code == 0
    assert umr("backup", "copy").code == 0
    assert umr("restore", "copy", "--store", "again").code == 0
    assert (tmp_path / "again/profiles/ours/items.ttl").read_text(encoding="utf-8") == PROFILE


@pytest.mark.usefixtures("registry")
def test_pages_do_without_a_profile_that_is_none_and_do_not_tell_where_it_lies(caplog):
    ours(".umr/profiles", "nonsense")
    with Registry.open(Path(".umr")) as opened:
        answer = create_app(opened).test_client().get("/gaps/lab/b", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert ".umr" not in answer.text
    assert "profiles/ours" in caplog.text
    assert umr("audit", "profiles").code == 2


REFUSED = {
    "a profile that is not there": (["--profile", "eu-gpai-mfd"], 3, "did you mean eu-gpai-mdf?"),
    "an audience that the profile does not know": (
        ["--profile", "us-onc-dsi", "--audience", "public"], 2, "one of authority, downstream-provider",
    ),
    "a form that no export has": (["--profile", "us-onc-dsi", "--as", "svg"], 2, "svg"),
    "no profile": ([], 2, "--profile"),
    "a profile that is none": (["--profile", "ours", "--profiles", "broken"], 2, "docs/audit.md"),
}  # fmt: skip


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(("words", "code", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_with_the_remedy(words, code, told):
    ours("broken", "nonsense")
    done = umr("audit", "export", "lab/b", *words)
    assert done.code == code
    assert told in done.err


@pytest.mark.usefixtures("registry")
def test_what_is_not_recorded_is_missing():
    assert umr("audit", "gaps", "lab/nothing").code == 3


@pytest.mark.usefixtures("registry")
def test_an_audit_as_of_a_moment_knows_nothing_of_later():
    done = umr("audit", "export", "lab/b", "--profile", "g7-sbom-ai", "--at", "2020-01-01")
    assert done.code == 3


@pytest.mark.usefixtures("registry")
def test_an_advisory_names_all_that_it_reaches_and_a_statement_stands_in_the_annex():
    bad = {"risk": "backdoor", "severity": "high", "affects": [{"artifact": "lab/a"}], "issued": "2026-02-01"}
    said = {"advisory": "advisory/x", "status": "not_affected", "justification": "subset_excluded"}
    product = {"artifact": "lab/own", "version": "1.0.0"}
    published(
        draft("lab/own@1.0.0", "fineTunedFrom lab/a", publisher="Some Lab"),
        draft("advisory/x@1.0.0", kind="Advisory", title="Bad", **bad),
        draft("statement/s@1.0.0", kind="Statement", product=product, publisher="Some Lab", **said),
    )
    told = umr("audit", "export", "advisory/x", "--profile", "incident-min", "--as", "csv").out
    rows = list(csv.DictReader(io.StringIO(told)))
    reached = {row["value"] for row in rows if row["item"] == "I1"}
    assert {"lab/a@1.0.0", "lab/c@1.0.0"} <= reached
    text = umr("audit", "export", "lab/own", "--profile", "incident-min").out
    assert "statement/s@1.0.0" in text
    assert "subset excluded" in text
    assert json.loads(
        umr("audit", "export", "statement/s", "--profile", "ours", "--json", "--profiles", ours("p")).out
    )
