"""The ontology: consistent, complete in what it says of each term, and the only home of the IRIs that code names."""

from __future__ import annotations

import ast
import re
from itertools import combinations
from pathlib import Path

import owlrl
import pyoxigraph as ox
import pytest
import rdflib
from rdflib.namespace import DCTERMS, OWL, RDF, RDFS, SKOS

from umr_ld import vocab
from umr_ld.resources import resource
from umr_ld.vocab import RISK, UMR, vocabulary

ROOT = Path(__file__).resolve().parents[1]
HOME = "https://w3id.org/umr-ld/"
FILES = ("ontology/umr.ttl", "ontology/risks.ttl", "ontology/licences.ttl")


def ontology():
    graph = rdflib.Graph()
    for path in FILES:
        graph.parse(resource(path))
    return graph


GRAPH = ontology()
OURS = sorted({str(s) for s in GRAPH.subjects() if str(s).startswith((UMR, RISK))})
PROPERTIES = sorted(
    str(s) for kind in (OWL.ObjectProperty, OWL.DatatypeProperty) for s in GRAPH.subjects(RDF.type, kind)
)


def faults(graph):
    """What the OWL 2 RL rules call an inconsistency: an error node, or a member of owl:Nothing."""
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(
        graph
    )
    errors = set(graph.objects(None, rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")))
    return errors | set(graph.subjects(RDF.type, OWL.Nothing))


def test_the_ontology_is_consistent():
    assert not faults(ontology())


CONTRADICTIONS = {
    "a dataset that is also a model": (f"{UMR}Model", f"{UMR}Dataset"),
    "a record that is also what it describes": (f"{UMR}Software", f"{UMR}Artifact"),
    "an entity that is also an activity": (f"{UMR}Activity", f"{UMR}Record"),
}


@pytest.mark.parametrize("classes", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_an_ontology_that_contradicts_itself_is_found_out(classes):
    broken = ontology()
    for name in classes:
        broken.add((rdflib.URIRef("urn:both"), RDF.type, rdflib.URIRef(name)))
    assert faults(broken)


def test_a_record_is_of_one_kind_only():
    apart = {frozenset(map(str, pair)) for pair in GRAPH.subject_objects(OWL.disjointWith)}
    kinds = [kind.iri for kind in vocabulary().kinds.values()]
    assert [pair for pair in combinations(kinds, 2) if frozenset(pair) not in apart] == []


STATED = {path: rdflib.Graph().parse(resource(path)) for path in FILES}
DOCUMENTS = dict(zip(FILES, (f"{HOME}ns", f"{HOME}risk", f"{HOME}licence"), strict=True))
TERMS = [
    (path, iri)
    for path, graph in STATED.items()
    for iri in sorted(set(graph.subjects()))
    if iri.startswith(HOME) and "#" in iri
]


@pytest.mark.parametrize(("path", "iri"), TERMS, ids=[iri.rpartition("/")[2] for _, iri in TERMS])
def test_every_term_says_what_it_is_and_where_it_is_defined(path, iri):
    """With properties that are read without a reasoner, in English, in the file itself."""
    graph = STATED[path]
    labels = [value for value in graph.objects(iri, RDFS.label) if value.language == "en"]
    said = [value for name in (RDFS.comment, SKOS.definition) for value in graph.objects(iri, name)]
    assert len(labels) == 1
    assert any(value.language == "en" and len(value) > 10 for value in said)
    assert list(graph.objects(iri, RDFS.isDefinedBy)) == [rdflib.URIRef(DOCUMENTS[path])]


def test_every_document_of_terms_says_what_it_is():
    for iri in map(rdflib.URIRef, DOCUMENTS.values()):
        assert GRAPH.value(iri, DCTERMS.title).language == "en"
        assert GRAPH.value(iri, DCTERMS.description)
        assert GRAPH.value(iri, DCTERMS.license)


@pytest.mark.parametrize("iri", [iri for iri in OURS if (rdflib.URIRef(iri), RDF.type, OWL.Class) in GRAPH])
def test_every_class_of_things_is_under_prov_or_describes_the_ontology(iri):
    above = vocabulary().classes_above.get(iri, frozenset())
    about_the_ontology = {
        f"{UMR}{name}"
        for name in (
            *("Inheritance", "ChangeLevel", "Relation", "Group", "Evidence", "RiskClass"),
            *("Severity", "Status", "Justification", "LicenceCondition", "LicenceRemark"),
            *("Audience", "LegalStatus", "QuestionSet"),
        )
    }
    other_roots = {"http://www.w3.org/ns/dcat#Distribution", "http://www.w3.org/ns/mls#HyperParameterSetting"}
    assert iri in about_the_ontology or any("/ns/prov#" in one for one in above) or above & other_roots


@pytest.mark.parametrize("iri", [relation.iri for relation in vocabulary().relations.values()])
def test_every_relation_is_an_influence_in_the_sense_of_prov(iri):
    assert "http://www.w3.org/ns/prov#wasInfluencedBy" in vocabulary().properties_above[iri]


@pytest.mark.parametrize("term", vocabulary().terms.values(), ids=[f"{p}-{k}" for p, k in vocabulary().terms])
def test_every_key_has_its_behaviour_in_the_ontology(term):
    rule = vocabulary().properties[term.iri]
    assert rule.label
    assert rule.comment
    assert rule.inheritance in {"nearest", "union", "never"}
    assert rule.change in {"major", "minor", "patch"}
    assert rule.group in vocabulary().groups


def keys(text):
    return set(text.split())


INHERITED = {
    "union": keys("keyword"),
    "never": keys(
        "name version title identifier alsoKnownAs source note revision numericFormat hyperparameter activity"
        " evaluation recordCount byteSize distribution signature risk operator purpose deploymentContext deploymentStatus"
        " oversight upstream affects severity cvss partOfData alias related reporter revised withdrawnAt advisory"
        " product status justification impactStatement actionStatement original"
    ),
}
CHANGES = {
    "major": keys(
        "name version license licenseExpression rights usageRestriction modelType architecture inputModality"
        " outputModality parameterCount contextLength numericFormat recordCount purpose upstream advisory"
    ),
    "patch": keys(
        "title description keyword contact reference citation source note additionalInformation"
        " environmentalReference alias related reporter revised impactStatement actionStatement original"
    ),
}


@pytest.mark.parametrize("key", vocabulary().keys())
def test_a_property_is_handed_down_and_weighed_as_the_model_says(key):
    rule = vocabulary().properties[vocabulary().term(key).iri]
    assert rule.inheritance == next((mode for mode, some in INHERITED.items() if key in some), "nearest")
    assert rule.change == next((level for level, some in CHANGES.items() if key in some), "minor")


def test_minted_properties_say_why_nothing_else_fits_or_what_they_stand_below():
    for iri in PROPERTIES:
        node = rdflib.URIRef(iri)
        if iri.startswith(UMR) and GRAPH.value(node, rdflib.URIRef(f"{UMR}change")):
            comment = str(GRAPH.value(node, RDFS.comment))
            below = (node, RDFS.subPropertyOf, None) in GRAPH
            close = (node, SKOS.closeMatch, None) in GRAPH
            assert (
                "inted" in comment
                or below
                or close
                or iri.endswith(("indicator", "answer", "answerValue", "questionSet"))
            ), iri


def test_only_constructs_that_entailment_knows_are_used():
    known = {
        RDF.type, RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, RDFS.label, RDFS.comment, RDFS.isDefinedBy,
        OWL.inverseOf, OWL.disjointWith, OWL.versionIRI, OWL.versionInfo,
    }  # fmt: skip
    logical = {str(p) for p in GRAPH.predicates() if str(p).startswith((str(OWL), str(RDFS), str(RDF)))}
    assert logical <= {str(one) for one in known}


SPACES = {name: value for name, value in vars(vocab).items() if name.isupper() and str(value)[-1:] in "#/"}
LANGUAGES = {"RDF", "RDFS", "OWL", "XSD"}
CATALOGUE = {"catalog.py", "dcat.py"}
"""Speak DCAT and VoID to harvesters, whose terms are no words of records."""
"""What the ontology is written in; their specifications say which words they have."""


def sources():
    for folder in ("umr_ld", "server", "bench"):
        for suffix in ("*.py", "*.rq"):
            yield from (path for path in (ROOT / folder).rglob(suffix) if path.name not in CATALOGUE)


def test_every_iri_that_code_names_is_in_the_ontology_or_in_a_profile():
    graph = GRAPH + rdflib.Graph()
    for profile in (ROOT / "shapes" / "profiles").rglob("*.ttl"):
        graph.parse(profile)
    said = {str(term) for triple in graph for term in triple if isinstance(term, rdflib.URIRef)}
    named = {iri for path in sources() for iri in named_in(path)}
    assert len(named) > 30
    assert named - said == set()


def named_in(path):
    """IRIs of terms that a file names: `f"{UMR}word"`, `umr:word` in a query, or in full."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.JoinedStr):
                yield from composed(node)
    for prefix, space in (("umr", UMR), ("umrrisk", RISK)):
        yield from (space + word for word in re.findall(rf"(?<![\w/]){prefix}:([A-Za-z][\w-]*)", text))
        yield from (space + word for word in re.findall(rf"{re.escape(space)}([A-Za-z][\w-]*)", text))


def composed(node):
    """The IRI in an f-string of a namespace and a word."""
    if len(node.values) != 2 or not isinstance(node.values[0], ast.FormattedValue):
        return
    space = getattr(node.values[0].value, "id", "")
    word = getattr(node.values[1], "value", "")
    if space in SPACES.keys() - LANGUAGES and re.fullmatch(r"[A-Za-z-]+", str(word)):
        yield SPACES[space] + word


def term(name):
    return rdflib.URIRef(f"{UMR}{name}")


STRENGTHS = {"●": term("carries"), "◐": term("weaklyCarries")}
CLASSES = ("trainingData", "weights", "file", "licence", "evaluation")
RISKS = sorted(str(risk) for risk in GRAPH.subjects(SKOS.inScheme, None))


def told():
    """The table of docs/ontology.md: of each relation its cells, by class; single risks under their names."""
    lines = (ROOT / "docs" / "ontology.md").read_text(encoding="utf-8").splitlines()
    start = lines.index(
        "| relation | `trainingData` | `weights` | `file` | `licence` | `evaluation` | single risks |"
    )
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        relations, *cells, single = (cell.strip() for cell in line.strip("|").split("|"))
        named = [(risk, sign) for sign, risk in re.findall(r"([●◐]) `([a-z-]+)`", single)]
        for relation in re.findall(r"`(\w+)`", relations):
            yield relation, {**dict(zip(CLASSES, cells, strict=True)), **dict(named)}


TOLD = dict(told())


def strength(relation, risk):
    """How strong a class of risks, or one risk, passes along a relation."""
    found = [sign for sign, name in STRENGTHS.items() if (term(relation), name, risk) in GRAPH]
    assert len(found) < 2, f"{relation} says two things of {risk}"
    weakened = (term(relation), term("weakensPartial"), risk) in GRAPH
    return f"{found[0] if found else '·'}{' partial' * weakened}"


def test_the_table_of_what_relations_carry_has_a_row_for_each():
    assert TOLD.keys() == vocabulary().relations.keys()


@pytest.mark.parametrize("relation", TOLD)
def test_a_relation_carries_what_the_table_says_and_nothing_else(relation):
    cells = {one.removeprefix(RISK): strength(relation, rdflib.URIRef(one)) for one in RISKS}
    classes = {one: strength(relation, rdflib.URIRef(RISK + one)) for one in CLASSES}
    assert {**classes, **{risk: sign for risk, sign in cells.items() if sign != "·"}} == TOLD[relation]


def test_what_an_ontology_stops_is_only_what_it_does_not_name():
    assert not list(GRAPH.triples((None, term("stops"), None))), "stops is for policies; say nothing instead"


def passes(relation, risk):
    """How strong a risk passes: as is said of it by name, else as the strongest of its classes."""
    own = strength(relation, rdflib.URIRef(RISK + risk))
    classes = GRAPH.objects(rdflib.URIRef(RISK + risk), term("riskClass"))
    return own if own != "·" else max((strength(relation, one)[0] for one in classes), key="·◐●".index)


WAYS = {
    "abuse material, from a crawl through a subset to a model inside another": (
        "csam",
        "subsetOf trainedOn fineTunedFrom embeds uses",
        "●",
    ),
    "poison, from a crawl through a subset to a model": (
        "data-poisoning",
        "subsetOf trainedOn quantizedFrom",
        "●",
    ),
    "a backdoor, through a conversion": ("backdoor", "convertedFrom", "●"),
    "a backdoor, through distillation": ("backdoor", "distilledFrom fineTunedFrom", "◐"),
    "a malicious file, to a model trained further": ("malicious-file", "fineTunedFrom", "·"),
    "a malicious file, to an adapter": ("malicious-file", "adapterOf", "●"),
    "abuse material, to a model that was only measured on it": ("csam", "evaluatedOn", "·"),
    "bias, through labels": ("harmful-bias", "labelledBy", "◐"),
    "personal data, through labels": ("personal-data", "labelledBy", "·"),
}


@pytest.mark.parametrize(("risk", "way", "answer"), WAYS.values(), ids=WAYS)
def test_a_risk_goes_as_far_as_people_expect(risk, way, answer):
    assert min((passes(relation, risk) for relation in way.split()), key="·◐●".index) == answer


def test_every_risk_has_a_class_that_some_relation_carries():
    classes = {rdflib.URIRef(RISK + one) for one in CLASSES}
    for risk in GRAPH.subjects(SKOS.inScheme, rdflib.URIRef("https://w3id.org/umr-ld/risk")):
        own = set(GRAPH.objects(risk, term("riskClass")))
        assert own
        assert own <= classes


def test_context_and_ontology_name_the_same_things():
    terms = vocabulary()
    for key in terms.context:
        if not key.startswith("@") and key not in {"id", "type"}:
            iri = terms.iri_of(key)
            if iri.startswith(UMR) and iri != UMR:
                assert iri in OURS, key


def test_the_ontology_is_turtle_without_blank_nodes():
    for path in FILES:
        for quad in ox.parse(path=str(resource(path)), format=ox.RdfFormat.TURTLE):
            assert not isinstance(quad.subject, ox.BlankNode)
            assert not isinstance(quad.object, ox.BlankNode)
