"""Verbs that follow links and answer queries: lineage, impact, query."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path

import pytest
from drafts import draft
from umr import published, run, umr

from umr_ld.cli import answering
from umr_ld.examples import examples

# -- lineage, impact


def test_lineage_goes_up_and_down(registry):
    assert umr("lineage", "lab/c").out.splitlines() == [
        "lab/c@1.0.0  Model C",
        "└── embeds lab/b@1.0.0  Model B",
        "    └── fineTunedFrom lab/a@1.0.0  Model A  (1.x, inherits)",
        "        └── trainedOn lab/data@1.0.0  The data",
    ]
    down = umr("lineage", "lab/data", "--down", "--depth", "1").out.splitlines()
    assert down[0] == "lab/data@1.0.0  The data"
    assert down[1].startswith("└── trainedOn lab/a@1.0.0  Model A")
    assert "…" in down[1]
    assert len(down) == 2


@pytest.mark.parametrize(
    ("form", "begins"), [("dot", "digraph"), ("mermaid", "flowchart"), ("json", "{"), ("tree", "lab/c")]
)
def test_lineage_has_its_forms(registry, form, begins):
    assert umr("lineage", "lab/c", "--as", form).out.startswith(begins)


def test_impact_names_everything_downstream_with_its_path(registry):
    done = umr("impact", "lab/data")
    assert done.code == 0
    assert "lab/c@1.0.0\n    embeds lab/b@1.0.0 fineTunedFrom lab/a@1.0.0 trainedOn lab/data" in done.out
    assert "3 records downstream of lab/data" in done.err
    said = umr("impact", "lab/data", "--json").json
    assert [hit["reference"] for hit in said["hits"]] == ["lab/a@1.0.0", "lab/b@1.0.0", "lab/c@1.0.0"]
    assert [hop["relation"] for hop in said["hits"][2]["path"]] == ["embeds", "fineTunedFrom", "trainedOn"]
    tree = umr("impact", "lab/data", "--as", "tree").out.splitlines()
    assert tree[0] == "lab/data"
    assert tree[3].startswith("        └── embeds lab/c@1.0.0")
    rows = list(csv.DictReader(io.StringIO(umr("impact", "lab/data", "--as", "csv").out)))
    assert [row["depth"] for row in rows] == ["1", "2", "3"]


def test_impact_of_a_range_reaches_only_what_means_it(registry):
    assert umr("impact", "lab/data@>=2", "--json").json["hits"] == []
    assert umr("impact", "lab/data@>=2").code == 0


def test_impact_of_what_nobody_names_is_nothing_to_check(registry):
    done = umr("impact", "lab/dta")
    assert done.code == 3
    assert "lab/data" in done.err


def test_the_question_of_the_readme(shipped):
    hits = {
        hit["reference"].partition("@")[0]
        for hit in umr("impact", "laion/laion-5b", "--store", shipped, "--json").json["hits"]
    }
    assert {"vinid/plip", "dearcaat/rrt-mil"} <= hits


# -- query


def test_queries_come_from_a_file_from_standard_input_and_from_the_command_line(registry):
    text = (
        "SELECT ?n WHERE { ?r umr:name ?n ; dcat:version ?v . FILTER(umr:satisfies(?v, '^1')) } ORDER BY ?n"
    )
    Path("names.rq").write_text(text)
    answers = [umr("query", "names.rq"), umr("query", "-", stdin=text), umr("query", "-e", text)]
    assert {done.out for done in answers} == {"n\nlab/a\nlab/b\nlab/c\nlab/data\n"}


@pytest.mark.parametrize(
    ("form", "holds"),
    [
        ("csv", "n\r\nlab/a"),
        ("tsv", '?n\n"lab/a"'),
        ("json", '"bindings"'),
        ("xml", "<sparql"),
        ("table", "n\nlab/a"),
    ],
)
def test_solutions_have_their_forms(registry, form, holds):
    told = run("query", "-e", "SELECT ?n { ?r umr:name ?n } ORDER BY ?n", "--as", form, cwd=Path.cwd()).out
    assert holds.replace("\r\n", "\n") in told.replace("\r\n", "\n")


def test_graphs_and_truth_values_have_theirs(registry):
    graph = "CONSTRUCT { ?r umr:name ?n } WHERE { ?r umr:name ?n }"
    assert "umr:name" in umr("query", "-e", graph).out
    assert "<https://w3id.org/umr-ld/ns#name>" in umr("query", "-e", graph, "--as", "nt").out
    assert umr("query", "-e", "ASK { ?r umr:name 'lab/a' }").out == "yes\n"
    assert umr("query", "-e", "ASK { ?r umr:name 'lab/z' }").out == "no\n"
    wrong = umr("query", "-e", graph, "--as", "csv")
    assert wrong.code == 2
    assert "ttl, nt" in wrong.err


@pytest.mark.parametrize(
    "text",
    [
        "SELECT",
        "SELECT * { SERVICE <http://x/> { ?s ?p ?o } }",
        "INSERT DATA { <a:a> <a:b> <a:c> }",
        "SELECT * {" + "{" * 5000,
    ],
)
def test_what_is_no_query_is_refused(registry, text):
    done = umr("query", "-e", text, "--timeout", "0")
    assert done.code == 2
    assert done.err.startswith("error: ")


def test_a_process_of_its_own_fails_in_the_form_that_was_asked_for(registry):
    done = umr("query", "-e", "SELECT")
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert umr("query", "-e", "SELECT", "--json").problem["exitCode"] == 2


def test_the_process_answers_the_question_on_its_standard_input(registry, monkeypatch, capfdbinary):
    def asked(**more):
        question = {"folder": ".umr", "text": "ASK { ?r umr:name 'lab/a' }", "form": "human", **more}
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(question).encode())))
        return answering.main(), *capfdbinary.readouterr()

    assert asked() == (0, b"yes\n", b"")
    assert asked(form="csv") == (0, b"true", b"")
    code, out, err = asked(text="nonsense", json_errors=True)
    assert (code, out, json.loads(err)["exitCode"]) == (2, b"", 2)
    assert asked(folder="nowhere")[0] == 3


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [(None, 3, "no such file"), (b"\xff\xfe", 1, "not UTF-8"), (b"#" * 5_000_000, 2, "more than 1,000,000")],
    ids=["missing", "not UTF-8", "too long"],
)
def test_a_file_that_holds_no_query_is_refused(registry, body, code, told):
    if body is not None:
        Path("x.rq").write_bytes(body)
    done = umr("query", "x.rq")
    assert done.code == code
    assert told in done.err


def test_unbound_variables_are_empty_cells(registry):
    text = "SELECT ?r ?p { ?r umr:name ?n OPTIONAL { ?r dct:publisher ?p } } ORDER BY ?r"
    rows = umr("query", "-e", text, "--timeout", "0").out.splitlines()
    assert rows[1] == "lab/a@1.0.0     https://w3id.org/umr-ld/agent/Some%20Lab"
    assert rows[2] == "lab/b@1.0.0     https://w3id.org/umr-ld/agent/Some%20Lab"
    assert rows[4] == "lab/data@1.0.0"


def test_a_query_that_takes_too_long_is_stopped(registry):
    cross = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n1 ?o }"
    start = time.monotonic()
    done = umr("query", "-e", cross, "--timeout", "1")
    assert time.monotonic() - start < 10
    assert done.code == 7
    assert "--timeout" in done.err


def test_an_answer_within_the_time_is_the_same_as_without_a_limit(registry):
    text = "SELECT ?r ?n { ?r umr:name ?n } ORDER BY ?n"
    assert umr("query", "-e", text, "--timeout", "0").out == umr("query", "-e", text).out


def test_a_process_that_dies_is_no_answer(registry, monkeypatch):
    monkeypatch.setattr(answering.sys, "executable", "/bin/false")
    question = answering.Question(folder=".umr", text="ASK {}", form="human")
    assert answering.answer_within(5, question, print) == (1, b"")


def test_examples_are_listed_printed_and_guessed(registry):
    assert "licences" in umr("query", "--examples").out
    assert umr("query", "--example", "licences", "--print").out.startswith("# title: ")
    done = umr("query", "--example", "licenses")
    assert done.code == 3
    assert "licences" in done.err


@pytest.mark.parametrize("name", sorted(examples()))
def test_every_example_is_titled_described_and_answered_from_the_shipped_records(name, shipped):
    example = examples()[name]
    lines = example.text.splitlines()
    assert lines[0] == f"# title: {example.title}"
    assert lines[1].startswith("# description: ")
    done = umr("query", "--example", name, "--store", shipped, "--json", "--timeout", "0")
    assert done.code == 0, done.err
    bindings = json.loads(done.out)["results"]["bindings"]
    assert bindings or name in UNANSWERED


# The shipped records record all their sources, and answer no questions.
UNANSWERED = {"transparency-answers", "unrecorded-sources"}


def test_the_other_examples_are_answered_where_there_is_something_to_tell(registry):
    published(
        draft(
            "lab/e@1.0.0",
            "trainedOn far/away external",
            answer=[{"indicator": "fmti/1", "value": "1"}, {"indicator": "fmti/2", "value": "0"}],
        )
    )
    for name in UNANSWERED:
        done = umr("query", "--example", name, "--as", "csv", "--timeout", "0")
        assert done.code == 0
        assert len(done.out.splitlines()) > 1
