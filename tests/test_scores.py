"""Scores: answers counted against a question set, domain by domain."""

from __future__ import annotations

import csv
from types import MappingProxyType

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from umr_ld.errors import Malformed
from umr_ld.inherit import Effective, Held
from umr_ld.record import Node
from umr_ld.scores import Tally, question_set, question_sets, score, scores_of
from umr_ld.vocab import vocabulary

FMTI = question_sets()["https://w3id.org/umr-ld/profiles/fmti-2023"]
KEYS = {question.iri.partition("#")[2]: question for question in FMTI.questions}


def answered(*answers):
    """Effective values that answer questions, `(question IRI, answer)` each."""
    terms = vocabulary()
    indicator, value = (terms.term(key, "answer").iri for key in ("indicator", "value"))
    held = [
        Held(
            Node(
                f"https://example.org/#{at}", {indicator: (ox.NamedNode(iri),), value: (ox.Literal(given),)}
            ),
            None,
            0,
        )
        for at, (iri, given) in enumerate(answers)
    ]
    return Effective(None, MappingProxyType({terms.iri_of("answer"): tuple(held)}), ())


def test_the_index_of_2023_has_a_hundred_questions_in_three_domains():
    domains = [question.domain for question in FMTI.questions]
    assert {domain: domains.count(domain) for domain in dict.fromkeys(domains)} == {
        "Upstream": 32,
        "Model": 33,
        "Downstream": 35,
    }
    assert FMTI.title == "FMTI 2023"
    assert (
        len({question.iri for question in FMTI.questions}) == len({q.notation for q in FMTI.questions}) == 100
    )
    assert all(question.label for question in FMTI.questions)


def test_the_names_of_questions_are_those_of_the_index(shared_data):
    with (shared_data / "profiles" / "fmti-2023.csv").open(encoding="utf-8", newline="") as lines:
        rows = {
            row["item"]: (row["heading"].partition(" / ")[0], row["requirement_paraphrase"])
            for row in csv.DictReader(lines)
        }
    assert {one.notation: (one.domain, one.label) for one in FMTI.questions} == rows


def test_only_yes_earns_a_point_and_every_answer_counts_as_one():
    found = score(
        FMTI, {KEYS["data_size"].iri: "1", KEYS["wages"].iri: "0", KEYS["model_size"].iri: "partly"}
    )
    assert found.overall == Tally("FMTI 2023", 1, 3, 100)
    assert found.by_domain == (
        Tally("Upstream", 1, 2, 32),
        Tally("Model", 0, 1, 33),
        Tally("Downstream", 0, 0, 35),
    )
    assert len(found.missing) == 97
    assert KEYS["wages"] not in found.missing


def test_a_question_set_is_scored_where_one_of_its_questions_is_answered():
    (found,) = scores_of(answered((KEYS["wages"].iri, "1")), vocabulary())
    assert found.question_set is FMTI
    assert found.overall.yes == 1
    assert scores_of(answered(("https://example.org/other", "1")), vocabulary()) == ()
    assert scores_of(Effective(None, {}, ()), vocabulary()) == ()


@pytest.mark.parametrize("answers", [("0", "1"), ("1", "0")])
def test_of_two_answers_to_one_question_the_one_that_is_not_yes_counts(answers):
    iri = KEYS["wages"].iri
    (found,) = scores_of(answered(*((iri, answer) for answer in answers)), vocabulary())
    assert (found.overall.yes, found.overall.answered) == (0, 1)


@given(st.dictionaries(st.sampled_from([question.iri for question in FMTI.questions]), st.sampled_from("01")))
def test_domains_add_up_to_the_whole(answers):
    found = score(FMTI, answers)
    for count in ("yes", "answered", "total"):
        assert sum(getattr(domain, count) for domain in found.by_domain) == getattr(found.overall, count)
    assert found.overall.answered == len(answers)
    assert found.overall.yes == list(answers.values()).count("1")
    assert {question.iri for question in found.missing}.isdisjoint(answers)


def test_a_new_question_set_is_a_new_file(tmp_path):
    path = tmp_path / "items.ttl"
    path.write_text(
        """
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix : <https://example.org/mine#> .
        <https://example.org/mine> a skos:ConceptScheme ; skos:prefLabel "Mine" .
        :b a skos:Concept, <http://data.europa.eu/m8g/InformationRequirement> ; skos:notation "2" ;
            skos:prefLabel "Second" ; skos:broader :domain .
        :a a skos:Concept, <http://data.europa.eu/m8g/InformationRequirement> ; skos:notation "1" ;
            skos:prefLabel "First" .
        :domain a skos:Concept ; skos:prefLabel "Domain" .
        """,
        encoding="utf-8",
    )
    mine = question_set(path)
    assert mine.title == "Mine"
    assert [(q.notation, q.label, q.domain) for q in mine.questions] == [
        ("1", "First", "First"),
        ("2", "Second", "Domain"),
    ]


def test_a_file_without_a_scheme_is_refused_by_name(tmp_path):
    path = tmp_path / "items.ttl"
    path.write_text("<https://example.org/a> <https://example.org/b> 1 .", encoding="utf-8")
    with pytest.raises(Malformed, match=r"items\.ttl"):
        question_set(path)
