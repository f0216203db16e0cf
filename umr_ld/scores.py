"""Scores: how many questions of a set a record answers with yes, and what the answers are.

A question set is a SKOS concept scheme that is also a `umr:QuestionSet`, `shapes/profiles/<id>/items.ttl`.
Its questions are the concepts that are also `cccev:InformationRequirement`; the concept at the top of a
question's `skos:broader` is its domain. A new question set is a new file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.record import Node, shown
from umr_ld.resources import resource
from umr_ld.turtle import Statements
from umr_ld.vocab import DCT, RDF, SKOS, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from umr_ld.inherit import Effective, Held
    from umr_ld.names import Ref
    from umr_ld.record import Value
    from umr_ld.turtle import Subject, Term
    from umr_ld.vocab import Vocabulary

_TITLE = f"{DCT}title"
_TYPE = f"{RDF}type"
_SCHEME = f"{SKOS}ConceptScheme"
_SET = f"{UMR}QuestionSet"
REQUIREMENT = "http://data.europa.eu/m8g/InformationRequirement"
"""The class of what a profile or a question set asks (CCCEV 2)."""

YES = "1"
"""The answer that earns a point; every other answer is an answer, and earns none."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set.

    Args:
        iri: what answers name as their indicator.
        notation: its number in the set.
        label: its name.
        domain: label of the domain it belongs to.
    """

    iri: str
    notation: str
    label: str
    domain: str


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set of questions.

    Args:
        iri: of the concept scheme.
        title: in words.
        questions: in order of their notations.
    """

    iri: str
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and what stands behind it.

    Args:
        question: what is answered.
        answer: as it was given.
        sources: addresses of where it is known from.
        note: what else is said about it, or empty.
        origin: the record that answers; None for the record itself.
    """

    question: Question
    answer: str
    sources: tuple[str, ...]
    note: str
    origin: Ref | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Answers counted.

    Args:
        label: what they are about.
        yes: questions answered with yes.
        answered: questions answered at all.
        total: questions asked.
    """

    label: str
    yes: int
    answered: int
    total: int


@dataclass(frozen=True, slots=True)
class Score:
    """How a record does in a question set.

    Args:
        question_set: what was asked.
        overall: all questions together.
        by_domain: each domain by itself, in the set's order.
        missing: the questions without an answer.
        answers: the answers, in order of the questions.
    """

    question_set: QuestionSet
    overall: Tally
    by_domain: tuple[Tally, ...]
    missing: tuple[Question, ...]
    answers: tuple[Answered, ...] = ()


def scores_of(effective: Effective, vocabulary: Vocabulary) -> tuple[Score, ...]:
    """The scores of a record, inherited answers counted.

    Args:
        effective: everything that holds for the record.
        vocabulary: the terms of answers.

    Returns:
        a score for each known question set of which at least one question is answered.
    """
    held = effective.values.get(vocabulary.iri_of("answer"), ())
    if not held:
        return ()
    answers = _answers((one.value for one in held), vocabulary)
    behind = _behind(held, vocabulary)
    return tuple(
        replace(
            score(questions, answers),
            answers=tuple(
                Answered(one, answers[one.iri], *behind[one.iri])
                for one in questions.questions
                if one.iri in answers
            ),
        )
        for questions in question_sets().values()
        if any(question.iri in answers for question in questions.questions)
    )


def score(questions: QuestionSet, answers: Mapping[str, str]) -> Score:
    """Count answers.

    Args:
        questions: what is asked.
        answers: question IRI to answer; answers to other questions are left out.
    """
    domains = dict.fromkeys(question.domain for question in questions.questions)
    return Score(
        question_set=questions,
        overall=_tally(questions.title, questions.questions, answers),
        by_domain=tuple(
            _tally(domain, [one for one in questions.questions if one.domain == domain], answers)
            for domain in domains
        ),
        missing=tuple(question for question in questions.questions if question.iri not in answers),
    )


@cache
def question_sets() -> Mapping[str, QuestionSet]:
    """The question sets of this installation, by IRI."""
    files = (Statements([path]) for path in sorted(resource("shapes/profiles").glob("*/items.ttl")))
    found = [_question_set(said) for said in files if any(said.having(_TYPE, _SET))]
    return {one.iri: one for one in found}


def question_set(path: Path) -> QuestionSet:
    """Read a question set.

    Args:
        path: Turtle that holds one concept scheme, without circles in `skos:broader`.

    Raises:
        Malformed: if it holds none, or is no Turtle.
    """
    said = Statements([path])
    if not any(said.having(_TYPE, _SCHEME)):
        raise Malformed(
            "it holds no concept scheme", where=str(path), remedy="describe one skos:ConceptScheme"
        )
    return _question_set(said)


def _question_set(said: Statements) -> QuestionSet:
    scheme = next(said.having(_TYPE, _SCHEME))
    questions = [_question(item, said) for item in said.having(_TYPE, REQUIREMENT)]
    title = said.text(scheme, f"{SKOS}prefLabel", _TITLE) or scheme.value
    return QuestionSet(scheme.value, title, tuple(sorted(questions, key=lambda one: one.notation)))


def _question(item: Subject, said: Statements) -> Question:
    label = f"{SKOS}prefLabel"
    domain: Term = item
    while above := said.all(domain, f"{SKOS}broader"):
        domain = above[0]
    return Question(
        item.value, said.text(item, f"{SKOS}notation"), said.text(item, label), said.text(domain, label)
    )


def _answers(values: Iterable[Value], vocabulary: Vocabulary) -> dict[str, str]:
    """Question IRI to answer. Of two answers to one question, one that is not yes counts."""
    indicator, value = vocabulary.term("indicator", "answer"), vocabulary.term("value", "answer")
    assert indicator is not None
    assert value is not None
    answers: dict[str, str] = {}
    for node in values:
        if isinstance(node, Node):
            for asked in node.facts.get(indicator.iri, ()):
                for given in node.facts.get(value.iri, ()):
                    before = answers.get(shown(asked), YES)
                    answers[shown(asked)] = shown(given) if before == YES else before
    return answers


def _behind(
    held: Iterable[Held], vocabulary: Vocabulary
) -> Mapping[str, tuple[tuple[str, ...], str, Ref | None]]:
    """Question IRI to sources, note and origin of its answer."""
    indicator = vocabulary.term("indicator", "answer")
    assert indicator is not None
    found: dict[str, tuple[tuple[str, ...], str, Ref | None]] = {}
    for one in held:
        if isinstance(one.value, Node):
            facts = one.value.facts
            sources = tuple(shown(each) for each in facts.get(f"{DCT}source", ()))
            note = "; ".join(shown(each) for each in facts.get(f"{SKOS}note", ()))
            for asked in facts.get(indicator.iri, ()):
                before = found.get(shown(asked), ((), "", None))
                origin = one.origin if one.hops else None
                found[shown(asked)] = (*before[0], *sources), note or before[1], origin
    return found


def _tally(label: str, questions: Iterable[Question], answers: Mapping[str, str]) -> Tally:
    given = [answers.get(question.iri) for question in questions]
    answered = [answer for answer in given if answer is not None]
    return Tally(label, answered.count(YES), len(answered), len(given))
