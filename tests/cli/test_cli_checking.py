"""The verb check, on what people have: cards of the hub."""

from __future__ import annotations

import xml.etree.ElementTree as ET
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


@pytest.mark.usefixtures("_open_advisory")
def test_what_is_said_of_a_list_names_its_file_and_line(tmp_path):
    listed = (
        "# what we use\n\nlab/b\nhf/owner/base@^1  # of the hub\nhttps://x.example/a#b\nhf/owner/base@^1\n"
    )
    Path("used.txt").write_text(listed, encoding="utf-8-sig")
    done = umr("check", "used.txt", "lab/c")
    assert (done.code, "4 references checked" in done.err) == (1, True)
    assert "used.txt:4: violation: hf/owner/base@1.x is affected" in done.out
    assert "used.txt:5: warning: nothing is recorded of https://x.example/a#b" in done.out
    (run_,) = umr("check", "used.txt", "lab/c", "--as", "sarif").json["runs"]
    places = [result["locations"][0]["physicalLocation"] for result in run_["results"]]
    assert sorted((one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in places) == [
        ("used.txt", 4),
        ("used.txt", 5),
    ]
    suite = ET.fromstring(umr("check", "used.txt", "lab/c", "--as", "junit").out)[0]
    assert [(case.get("name"), case.find("failure") is not None) for case in suite] == [
        ("lab/b", False),
        ("hf/owner/base@^1", True),
        ("https://x.example/a#b", False),
        ("lab/c", False),
    ]


@pytest.mark.usefixtures("_open_advisory")
def test_what_is_left_alone_is_suppressed_in_sarif_with_the_reason():
    Path("umr.toml").write_text(
        '[[check.ignore]]\nadvisory = "x"\nreason = "not loaded"\nuntil = 2999-01-31\n', encoding="utf-8"
    )
    done = umr("check", "hf/owner/base", "--as", "sarif")
    assert done.code == 0, done.err
    (result,) = done.json["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "not loaded"}]
    assert result["level"] == "note"
    assert result["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "hf/owner/base"}]}]


@pytest.mark.parametrize(
    ("content", "where"), [(b"lab/b\n\nBad Name!\n", "used.txt:3"), (b"lab/b\n\xff\n", "used.txt")]
)
@pytest.mark.parametrize("verb", ["check", "licences"])
def test_a_list_that_cannot_be_read_says_where(registry, verb, content, where):
    Path("used.txt").write_bytes(content)
    done = umr(verb, "used.txt", "--json")
    assert (done.code, done.problem["where"]) == (2, where)


def test_licences_of_what_a_list_names_point_to_its_lines(registry):
    Path("used.txt").write_text("\nlab/c\n", encoding="utf-8")
    done = umr("licences", "used.txt", "--as", "github", "--level", "info")
    assert all("file=used.txt,line=2" in line for line in done.out.splitlines())
    assert done.out


@pytest.mark.parametrize(
    ("written", "told"),
    [
        pytest.param("lab/aa", ["lab/aa"], id="a misspelt name"),
        pytest.param("lab/a", [], id="a recorded one"),
        pytest.param("lab/new", [], id="another draft"),
    ],
)
def test_what_a_draft_is_made_from_and_nobody_recorded_is_not_passed_over(registry, written, told):
    Path("drafts").mkdir()
    Path("drafts/x.jsonld").write_bytes(draft("lab/x@1.0.0", f"fineTunedFrom {written}").body)
    Path("drafts/new.jsonld").write_bytes(draft("lab/new@1.0.0").body)
    done = umr("check", "drafts", "--json")
    assert done.code == 0, done.err
    assert done.json == [{"reference": one, "answer": "unknown"} for one in told]
    said = umr("check", "drafts").out
    assert all(f"drafts/x.jsonld: warning: nothing is recorded of {one}" in said for one in told)


@pytest.mark.parametrize("verb", ["check", "licences"])
def test_a_path_that_is_not_there_is_not_taken_for_a_name(registry, verb):
    done = umr(verb, "drafts/one.yaml")
    assert done.code == 3
    assert "there is no file 'drafts/one.yaml'" in done.err
