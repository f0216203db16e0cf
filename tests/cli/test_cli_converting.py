"""The verbs `convert`, `formats`, and `import` of foreign formats."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from drafts import draft
from umr import published, umr

from umr_ld.formats import FORMATS
from umr_ld.resources import resource

PLIP = resource("records") / "vinid" / "plip" / "1.0.0.jsonld"
BILL = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "components": [
        {
            "type": "machine-learning-model",
            "group": "lab",
            "name": "m",
            "version": "1.0.0",
            "bom-ref": "m",
            "pedigree": {"ancestors": [{"type": "machine-learning-model", "name": "base", "group": "lab"}]},
        },
        {"type": "data", "group": "lab", "name": "d", "version": "1.0.0", "bom-ref": "d"},
    ],
    "odd": 1,
}


@pytest.fixture
def bill():
    Path("bill.json").write_text(json.dumps(BILL), encoding="utf-8")
    return "bill.json"


@pytest.mark.parametrize(
    "label", [label for label, row in FORMATS.items() if row.write and "Model" in row.kinds]
)
def test_a_record_is_converted_there_and_told_what_was_lost(label):
    done = umr("convert", str(PLIP), "--to", label, "--loss", "loss.csv")
    assert done.code == 0
    assert done.out
    rows = list(csv.DictReader(io.StringIO(Path("loss.csv").read_text(encoding="utf-8"))))
    assert bool(rows) == (label not in {"yaml", "jsonld"})
    assert all(row["property"] and row["why"] and row["place"] for row in rows)
    if FORMATS[label].keeps and FORMATS[label].read:
        back = umr("convert", "-", "--to", "jsonld", stdin=done.out)
        assert back.code == 0
        assert json.loads(back.out)["name"] == "vinid/plip"


def test_the_ending_of_the_file_says_the_syntax():
    assert umr("convert", str(PLIP), "--to", "fair4ml", "-o", "plip.jsonld").code == 0
    assert json.loads(Path("plip.jsonld").read_text(encoding="utf-8"))["umr:name"] == "vinid/plip"
    assert umr("convert", "plip.jsonld", "--to", "mldcat-ap", "-o", "plip.ttl").code == 0
    assert "it6:MachineLearningModel" in Path("plip.ttl").read_text(encoding="utf-8")


def test_several_records_become_files_of_a_folder(bill):
    done = umr("convert", bill, "--to", "spdx")
    assert done.code == 2
    assert "name a folder that is there with -o FOLDER" in done.err
    Path("out").mkdir()
    done = umr("convert", bill, "--to", "spdx", "-o", "out")
    assert done.code == 0
    assert "bill.json:1: odd 1: not taken over" in done.err.replace("'", "")
    assert sorted(path.name for path in Path("out").iterdir()) == ["lab-d-1.0.0.json", "lab-m-1.0.0.json"]


def test_what_a_format_does_not_describe_is_left_out_and_the_exit_code_says_so(bill):
    done = umr("convert", bill, "--to", "croissant")
    assert done.code == 1
    assert json.loads(done.out)["umr:name"] == "lab/d"
    assert "describes Dataset, and no Model" in done.err


def test_a_record_of_the_registry_is_converted():
    umr("init")
    published(draft("lab/m@1.0.0", title="M"))
    done = umr("convert", "lab/m", "--to", "cyclonedx")
    assert done.code == 0
    assert json.loads(done.out)["metadata"]["component"]["name"] == "m"


REFUSED = {
    "no format": (("convert", str(PLIP), "--to", "papyrus"), 2, "is no format that is known"),
    "a format that is only read": (("convert", str(PLIP), "--to", "osv"), 2, "is only read"),
    "a format that is only written": (
        ("convert", str(PLIP), "--from", "prov-json", "--to", "yaml"),
        2,
        "is only written",
    ),
    "a file of another format": (
        ("convert", str(PLIP), "--from", "cyclonedx", "--to", "yaml"),
        1,
        "nothing in it could be converted",
    ),
    "what is not there": (("convert", "no/such", "--to", "yaml"), 3, "no registry"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_converted_is_refused_with_the_reason(case):
    words, code, why = REFUSED[case]
    done = umr(*words)
    assert (done.code, done.out) == (code, "")
    assert why in done.err


def test_a_document_that_nobody_knows_names_the_formats_that_are_read():
    done = umr("convert", "-", "--to", "yaml", stdin='{"some": "thing"}')
    assert done.code == 1
    assert "`umr convert --from` says which it is: " in done.err


def test_formats_lists_all_of_them_with_what_each_loses():
    told = umr("formats", "--json").json
    assert [row["format"] for row in told] == list(FORMATS)
    (kaggle,) = (row for row in told if row["format"] == "kaggle")
    assert "evaluation" in kaggle["loses"].split()
    assert umr("formats").out.count("\n") == len(FORMATS) + 1


def test_foreign_formats_are_imported_each_as_what_it_is(bill):
    shutil.copy(bill, "one.json")
    Path("two.json").write_text(json.dumps({"ownerSlug": "o", "slug": "m", "title": "M"}), encoding="utf-8")
    umr("init")
    done = umr("import", "one.json", "two.json", "--json")
    assert done.code == 0
    assert sorted(row["reference"] for row in done.json["published"]) == [
        "kaggle/o/m@0.0.0",
        "lab/d@1.0.0",
        "lab/m@1.0.0",
    ]
    assert umr("lineage", "lab/m", "--json").code == 0
    assert {row["status"] for row in umr("import", "one.json", "two.json", "--json").json["published"]} == {
        "unchanged"
    }
