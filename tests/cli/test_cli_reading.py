"""Verbs that read: show, list, search, history, diff."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from drafts import draft
from umr import published, umr

# -- show


def test_a_record_is_shown_with_inherited_values_and_their_origin(registry):
    shown = umr("show", "lab/b").out
    assert shown.startswith("Model B\nlab/b@1.0.0 · Model · published ")
    assert re.search(r"(?m)^  licence +.*MIT  ← lab/a@1\.0\.0$", shown)
    assert re.search(r"(?m)^  fineTunedFrom +lab/a@\S.* +→ 1\.0\.0 Model A +inherits$", shown)


def test_all_versions_and_the_newest_are_told(registry):
    published(draft("lab/c@2.0.0", "embeds lab/a", "trainedOn far/away external", title="Model C"))
    shown = umr("show", "lab/c@1.0.0").out
    assert "\nversions: 2.0.0, 1.0.0; the newest is 2.0.0\n" in shown
    newest = umr("show", "lab/c").out
    assert "\nversions: 2.0.0, 1.0.0\n" in newest
    assert re.search(r"(?m)^  trainedOn  far/away +\(not recorded\)$", newest)


def test_nested_values_are_objects_in_json(registry):
    published(draft("lab/f@1.0.0", evaluation=[{"metric": "F1", "value": "0.9"}]))
    ((value,),) = (umr("show", "lab/f", "--json").json["values"]["evaluation"],)
    assert value["value"]["metric"] == ["F1"]
    assert value["value"]["id"].endswith("#evaluation-1")


def test_a_record_is_shown_as_it_was_stated(registry):
    assert "MIT" not in umr("show", "lab/b", "--stated").out
    assert "license" not in umr("show", "lab/b", "--stated", "--json").json["values"]
    assert umr("show", "lab/b", "--json").json["values"]["license"] == [
        {"value": "https://spdx.org/licenses/MIT", "origin": "lab/a@1.0.0", "hops": 1}
    ]


def test_what_was_published_comes_back_in_every_syntax(registry):
    import pyoxigraph as ox

    from umr_ld.document import Document
    from umr_ld.media import Media
    from umr_ld.yamlld import read_yaml

    body = umr("show", "lab/b", "--as", "jsonld").out
    assert read_yaml(
        Document(umr("show", "lab/b", "--as", "yaml").out.encode(), Media.YAML)
    ).root == json.loads(body)
    graphs = {
        form: {
            str(quad.triple)
            for quad in ox.parse(umr("show", "lab/b", "--as", form).out.encode(), format=syntax)
        }
        for form, syntax in (
            ("ttl", ox.RdfFormat.TURTLE),
            ("nt", ox.RdfFormat.N_TRIPLES),
            ("nq", ox.RdfFormat.N_QUADS),
        )
    }
    assert graphs["ttl"] == graphs["nt"] == graphs["nq"]
    assert len(graphs["nt"]) > 5
    Path("again.jsonld").write_text(body)
    assert umr("publish", "again.jsonld").out == "unchanged   lab/b@1.0.0\n"


def test_the_form_follows_the_ending_of_the_file(registry):
    umr("show", "lab/b", "-o", "b.ttl")
    umr("show", "lab/b", "-o", "b.jsonld")
    assert "@prefix" in Path("b.ttl").read_text()
    assert json.loads(Path("b.jsonld").read_text())["name"] == "lab/b"


@pytest.mark.parametrize(
    ("reference", "code", "told"),
    [
        ("lab/bb", 3, "did you mean lab/b"),
        ("lab/b@2.0.0", 3, "recorded: 1.0.0"),
        ("lab/b@^1.0", 0, ""),
        ("lab/b@banana", 2, "banana"),
        ("..", 2, ".."),
    ],
)
def test_a_reference_that_leads_nowhere_says_what_there_is(registry, reference, code, told):
    done = umr("show", reference)
    assert done.code == code
    assert told in done.err


def test_of_what_is_only_named_the_error_says_who_names_it(registry):
    published(draft("lab/e@1.0.0", "trainedOn far/away external"))
    done = umr("show", "far/away")
    assert done.code == 3
    assert "umr impact far/away" in done.err


# -- list, search, history, diff


def test_the_list_has_each_artifact_once_by_name(registry):
    published(draft("lab/c@2.0.0", "embeds lab/a", title="Model C, other"))
    rows = list(csv.DictReader(io.StringIO(umr("list", "--format", "csv").out)))
    assert [row["reference"] for row in rows] == [
        "lab/a@1.0.0",
        "lab/b@1.0.0",
        "lab/c@2.0.0",
        "lab/data@1.0.0",
    ]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--kind", "dataset"], ["lab/data@1.0.0"]),
        (["--license", "MIT"], ["lab/a@1.0.0"]),
        (["--publisher", "Some Lab"], ["lab/a@1.0.0"]),
        (["--prefix", "lab/d"], ["lab/data@1.0.0"]),
        (["--limit", "1", "--offset", "1"], ["lab/b@1.0.0"]),
        (["--prefix", "nothing/"], []),
    ],
    ids=str,
)
def test_the_list_is_narrowed(registry, words, found):
    assert [one["reference"] for one in umr("list", *words, "--json").json["entries"]] == found


def test_a_list_that_goes_on_says_so(registry):
    assert "2 of 4" in umr("list", "--limit", "2").err


def test_facets_count_everything_that_matches(registry):
    told = umr("list", "--facets", "--limit", "1").out
    assert re.search(r"(?m)^Model +3$", told)


def test_records_are_found_by_words(registry):
    assert [one["reference"] for one in umr("search", "the", "data", "--json").json["entries"]] == [
        "lab/data@1.0.0"
    ]
    nothing = umr("search", "zebra")
    assert (nothing.code, nothing.out) == (0, "")
    assert "nothing matches" in nothing.err


def test_history_tells_newest_first_what_changed(registry):
    published(draft("lab/a@2.0.0", "trainedOn lab/data@1.0.0", title="Model A", license="GPL-3.0-only"))
    told = umr("history", "lab/a").out.splitlines()
    assert "lab/a@2.0.0 published by local" in told[0]
    assert "license changed" in told[1]
    assert umr("history", "lab/nobody").code == 3


def test_differences_come_with_the_step_they_need(registry):
    published(
        draft(
            "lab/a@2.0.0",
            "trainedOn lab/data@1.0.0",
            title="The A",
            license="GPL-3.0-only",
            publisher="Some Lab",
        )
    )
    lines = umr("diff", "lab/a@1.0.0", "lab/a@2.0.0").out.splitlines()
    assert lines[0].startswith("major  license changed from ")
    assert lines[-1].startswith("patch  title changed from Model A to The A")
    assert umr("diff", "lab/a@1.0.0", "lab/a@1.0.0", "--json").json == {"changes": []}


def test_csv_never_holds_a_formula(registry):
    published(draft("lab/f@1.0.0", title="=HYPERLINK(1)", publisher="@SUM(1)"))
    told = umr("list", "--prefix", "lab/f", "--format", "csv").out
    assert "'=HYPERLINK(1)" in told
    assert "'@SUM(1)" in told


def test_control_characters_of_a_record_are_shown_and_not_sent(registry):
    published(draft("lab/f@1.0.0", description="a\x1b[2Jb", note="c\u202ed"))
    for words in (["show", "lab/f"], ["list"], ["history", "lab/f"]):
        assert "\x1b" not in umr(*words).out
    assert "a\\u001b[2Jb" in umr("show", "lab/f").out
