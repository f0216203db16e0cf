"""SHACL: the fast way of holding shapes against a record finds what pySHACL finds, with places and remedies."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from drafts import draft
from hypothesis import given, settings
from hypothesis import strategies as st
from pyshacl.monkey import rdflib_bool_patch
from rdflib.namespace import RDF, RDFS, SH

from umr_ld import rules
from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.findings import Severity
from umr_ld.jsonld import triples_of
from umr_ld.mint import mint
from umr_ld.reading import read
from umr_ld.registry import Registry
from umr_ld.resources import resource
from umr_ld.rules import Rules
from umr_ld.strictjson import read_json
from umr_ld.vocab import DCAT, RISK, UMR, XSD, vocabulary

RULES = Rules()


def record(**facts):
    body = {"type": "Model", "name": "lab/a", "version": "1.0.0", **facts}
    return read(Document(json.dumps(body).encode()), Base(), vocabulary()).record


def findings(severity=Severity.VIOLATION, kind="Model", **facts):
    """What the shapes say of a draft, of one severity."""
    body = {"type": kind, "name": "lab/a", "version": "1.0.0", **facts}
    minted = mint(read_json(Document(json.dumps(body).encode())), Base(), vocabulary())
    report = RULES.check(triples_of(minted.root, vocabulary()), minted.iri)
    return [finding for finding in report if finding.severity is severity]


FAULTS = {
    "a script as homepage": ({"homepage": "javascript:alert(1)"}, "homepage"),
    "a file as reference": ({"reference": "file:///etc/passwd"}, "reference"),
    "a control character in the title": ({"title": "A\u0007"}, "title"),
    "a date that is none": ({"issued": "yesterday"}, "issued"),
    "two parameter counts": ({"parameterCount": [1, 2]}, "parameterCount"),
    "fewer than no parameters": ({"parameterCount": -1}, "parameterCount"),
    "a digest that is none": ({"distribution": {"sha256": "abc"}}, "distribution[0].sha256"),
    "an evaluation of nothing": ({"evaluation": [{"metric": "f1"}, {"value": "1"}]}, "evaluation[1].metric"),
    "evidence of another kind": (
        {"upstream": [{"relation": "basedOn", "artifact": "lab/b", "evidence": "https://example.org/hearsay"}]},
        "upstream[0].evidence",
    ),
    "an answer without a question": ({"answer": {"value": "1"}}, "answer[0].indicator"),
    "a property of another kind": ({"recordCount": 5}, "recordCount"),
    "a text that is too long": ({"title": "x" * 1001}, "title"),
    "a line after the title": ({"title": "A\n"}, "title"),
    "a line after a date": ({"issued": "2023\n"}, "issued"),
    "a month that is none": ({"issued": "2023-13"}, "issued"),
    "an hour that is none": ({"issued": "2023-08-17T24:01:00Z"}, "issued"),
    "two titles in one language": ({"title": ["A", "B"]}, "title"),
    "two descriptions in German": ({"description": [{"@value": word, "@language": "de"} for word in "AB"]}, "description"),
    "an address without a host": ({"homepage": "https:///x"}, "homepage"),
    "a risk that the scheme does not have": ({"risk": ["csam", "csma"]}, "risk"),
    "an energy below nothing": ({"activity": [{"label": "a"}, {"energy": "-1"}]}, "activity[1].energy"),
    "two metrics of one result": ({"evaluation": {"metric": ["a", "b"]}}, "evaluation[0].metric"),
    "an agent whose page is a script": ({"publisher": {"label": "A", "homepage": "javascript:x"}}, "publisher.homepage"),
}  # fmt: skip


@pytest.mark.parametrize(("facts", "path"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found_at_its_place_with_a_remedy(facts, path):
    found = findings(**facts)
    assert [finding.path for finding in found] == [path]
    assert all(finding.remedy and finding.message for finding in found)


MISSHAPEN = {
    "a name that climbs": (f"{UMR}name", "../a", "name"),
    "a name of seven segments": (f"{UMR}name", "a/b/c/d/e/f/g", "name"),
    "a name with a line after it": (f"{UMR}name", "a/b\n", "name"),
    "a version of two numbers": (f"{DCAT}version", "1.0", "version"),
    "a version with a leading zero": (f"{DCAT}version", "01.0.0", "version"),
}


@pytest.mark.parametrize(("property_", "value", "path"), MISSHAPEN.values(), ids=MISSHAPEN)
def test_a_graph_from_elsewhere_is_held_to_the_same_forms(property_, value, path):
    made = record()
    kept = [triple for triple in made.triples if triple.predicate.value != property_]
    wrong = ox.Triple(ox.NamedNode(made.iri), ox.NamedNode(property_), ox.Literal(value))
    assert [finding.path for finding in RULES.check([*kept, wrong], made.iri).violations] == [path]


FORMS = {
    "names": {"name": ["a", "hf/openai/clip-vit-base-patch32", "a/b/c/d/e/f"]},
    "versions": {"version": ["0.0.0", "1.0.0-rc.1", "1.2.3-alpha.1+build.5"]},
    "dates": {"issued": ["2023", "2023-08", "2023-08-17", "2023-08-17T10:00:00Z", "2023-08-17T10:00+02:00"]},
    "titles in several languages": {"title": [["A", {"@value": "B", "@language": "de"}]]},
    "risks": {"risk": ["csam", ["csam", "copyright"], "https://example.org/risks#another"]},
    "texts of several lines": {"description": ["a\nb\n"]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value"), [(k, v) for form in FORMS.values() for k, vs in form.items() for v in vs]
)
def test_what_has_its_form_is_valid(key, value):
    assert findings(**{key: value}) == []


def test_a_minimal_draft_is_valid():
    assert findings() == []
    assert findings(upstream=[{"relation": "basedOn", "artifact": "lab/b"}]) == []


WARNED = {
    "a model": ("Model", {}, ["description", "license", "publisher"]),
    "a family, which has no licence of its own": ("Family", {}, ["description", "publisher"]),
    "an application, whose operator answers for it": ("Application", {"operator": "A"}, ["description"]),
    "terms in words": ("Dataset", {"rights": "Ask the authors."}, ["description", "publisher"]),
    "nothing left out": ("Model", {"description": "A.", "publisher": "A", "license": "MIT"}, []),
}


@pytest.mark.parametrize(("kind", "facts", "paths"), WARNED.values(), ids=WARNED)
def test_what_readers_look_for_first_is_missed_aloud(kind, facts, paths):
    found = findings(Severity.WARNING, kind, **facts)
    assert [finding.path for finding in found] == paths
    assert all(finding.remedy for finding in found)


def test_a_record_that_inherits_is_not_asked_for_what_it_may_inherit():
    link = {"relation": "fineTunedFrom", "artifact": "lab/b", "inherit": True}
    assert findings(Severity.WARNING, upstream=[link]) == []


SHAPES = sorted(resource("shapes").glob("*.ttl"))
VALUES = {
    "title": st.sampled_from(["A", "", "x" * 1001, "a\u0007"]),
    "homepage": st.sampled_from(["https://example.org/", "javascript:x"]),
    "issued": st.sampled_from(["2023", "soon"]),
    "parameterCount": st.sampled_from([5, -5, [1, 2]]),
    "evaluation": st.sampled_from([{"metric": "f1", "value": "1"}, {"value": "1"}, {"metric": ["a", "b"]}]),
    "distribution": st.sampled_from([{"sha256": "0" * 64}, {"sha256": "0"}, {"url": "ftp://example.org"}]),
    "publisher": st.sampled_from(["A", {"label": ["A", "B"]}]),
    "recordCount": st.just(5),
    "license": st.just("MIT"),
    "purpose": st.just("x"),
}


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries({}, optional=VALUES), st.sampled_from(["Model", "Dataset", "Application"]))
def test_the_findings_are_those_of_pyshacl_itself(facts, kind):
    made = read(draft("lab/a@1.0.0", kind=kind, **facts), Base(), vocabulary()).record
    ours = sorted((f.focus, f.rule, f.severity.value) for f in RULES.check(made.triples, made.iri))

    data = rdflib.Graph().parse(data="\n".join(f"{triple} ." for triple in made.triples), format="nt")
    shapes = rdflib.Graph()
    for path in SHAPES:
        shapes.parse(path)
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    theirs = sorted(
        (
            str(report.value(result, SH.focusNode)),
            "shape-"
            + str(report.value(result, SH.sourceConstraintComponent)).rpartition("#")[2][
                : -len("ConstraintComponent")
            ],
            str(report.value(result, SH.resultSeverity)).rpartition("#")[2].lower(),
        )
        for result in report.subjects(RDF.type, SH.ValidationResult)
    )
    assert ours == theirs


RECORDS = st.builds(
    lambda number, kind, facts: (number, kind, facts),
    st.integers(0, 30),
    st.sampled_from(["Model", "Dataset"]),
    st.fixed_dictionaries(
        {}, optional={**VALUES, "creator": st.sampled_from(["B", {"label": "A", "homepage": "ftp://x"}])}
    ),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(RECORDS, max_size=6, unique_by=lambda made: made[0]))
def test_several_records_at_once_are_judged_as_each_by_itself(made):
    read_ = [
        read(draft(f"lab/n{number}@1.0.0", kind=kind, **facts), Base(), vocabulary()).record
        for number, kind, facts in made
    ]
    pairs = [(one.triples, one.iri) for one in read_]
    assert RULES.check_many(pairs) == tuple(RULES.check(*pair) for pair in pairs)


NODE = "https://example.org/results#1"
SHARED = {
    "an agent that each describes": [
        ({"publisher": {"label": "A", "homepage": "ftp://x"}}, 1),
        ({"publisher": {"label": "A", "homepage": "https://example.org/"}}, 0),
        ({"publisher": "A"}, 0),
    ],
    "a result that one describes and another names": [
        ({"evaluation": NODE}, 1),
        ({"evaluation": {"id": NODE, "metric": "f1"}}, 0),
        ({"evaluation": {"id": NODE, "unit": "%"}}, 1),
    ],
    "a result that one names after another described it": [
        ({"evaluation": {"id": NODE, "metric": "f1"}}, 0),
        ({"evaluation": NODE}, 1),
    ],
    "a result that several name and none describes": [
        ({"evaluation": NODE}, 1),
        ({}, 0),
        ({"evaluation": NODE}, 1),
    ],
}


@pytest.mark.parametrize("facts", SHARED.values(), ids=SHARED)
def test_what_one_record_says_of_a_node_does_not_count_for_another(facts):
    made = [
        read(draft(f"lab/n{number}@1.0.0", **said), Base(), vocabulary()).record
        for number, (said, _) in enumerate(facts)
    ]
    reports = RULES.check_many([(one.triples, one.iri) for one in made])
    assert [len(report.violations) for report in reports] == [count for _, count in facts]


def test_more_records_than_fit_in_one_go_keep_their_order():
    made = [
        read(draft(f"lab/n{n}@1.0.0", title="A" + "\n" * (n % 2)), Base(), vocabulary()).record
        for n in range(120)
    ]
    reports = RULES.check_many([(one.triples, one.iri) for one in made])
    assert [bool(report) for report in reports] == [n % 2 == 0 for n in range(120)]


def test_the_shapes_are_well_formed():
    shapes = rdflib.Graph()
    for path in SHAPES:
        shapes.parse(path)
    conforms, _, text = pyshacl.validate(rdflib.Graph(), shacl_graph=shapes, meta_shacl=True)
    assert conforms, text


UNUSABLE = {
    "no Turtle": "<urn:s> a",
    "a count that is a word": "sh:path <urn:p> ; sh:minCount 'x'",
    "a pattern that is none": "sh:path <urn:p> ; sh:pattern '('",
    "a path to nowhere": "sh:path [ sh:inversePath 5 ]",
    "two paths": "sh:path <urn:p> , <urn:q>",
    "alternatives without a list": "sh:path <urn:p> ; sh:or 5",
}


@pytest.mark.parametrize("said", UNUSABLE.values(), ids=UNUSABLE)
def test_shapes_that_cannot_be_used_are_told_when_they_are_loaded(tmp_path, said):
    shape = (
        f"<urn:s> a sh:NodeShape ; sh:targetClass <urn:c> ; sh:property [ {said} ] ."
        if "sh:" in said
        else said
    )
    (tmp_path / "bad.ttl").write_text(f"@prefix sh: <http://www.w3.org/ns/shacl#> . {shape}")
    with pytest.raises(ValueError, match="shapes cannot be used"):
        Rules(tmp_path)


def test_rdflib_is_left_as_it_was_when_loading_shapes_fails(monkeypatch):
    def fail(*_args, **_kwargs):
        rdflib_bool_patch()  # what pySHACL does before it loads, and does not undo when that fails
        raise RuntimeError("no shapes")

    monkeypatch.setattr(rules, "Validator", fail)
    with pytest.raises(ValueError, match="no shapes"):
        Rules()
    assert rdflib.NORMALIZE_LITERALS is True
    assert rdflib.Literal("1", datatype=rdflib.XSD.boolean).toPython() is True


def test_rdflib_is_left_as_it_was_by_a_check():
    findings(title="A\n", upstream=[{"relation": "basedOn", "artifact": "lab/b", "inherit": True}])
    assert rdflib.NORMALIZE_LITERALS is True
    assert rdflib.Literal("1", datatype=rdflib.XSD.boolean).toPython() is True
    assert str(rdflib.Literal("01", datatype=rdflib.XSD.integer)) == "1"


LITERALS = [
    ox.Literal("01", datatype=ox.NamedNode(f"{XSD}integer")),
    ox.Literal("1.50", datatype=ox.NamedNode(f"{XSD}decimal")),
    ox.Literal("1", datatype=ox.NamedNode(f"{XSD}boolean")),
    ox.Literal("2023-01-01T00:00:00.000Z", datatype=ox.NamedNode(f"{XSD}dateTime")),
    ox.Literal("none", datatype=ox.NamedNode(f"{XSD}decimal")),
    ox.Literal(" a\t\n", language="de"),
    ox.Literal(""),
]


@pytest.mark.parametrize("literal", LITERALS, ids=str)
def test_no_literal_is_changed_on_its_way_to_the_shapes(literal):
    theirs = rules._term(literal)
    assert str(theirs) == literal.value
    assert theirs.language == literal.language
    assert literal.language or str(theirs.datatype or f"{XSD}string") == literal.datatype.value


def test_a_shape_that_is_more_than_properties_is_evaluated_whole(tmp_path):
    (tmp_path / "closed.ttl").write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix umr: <https://w3id.org/umr-ld/ns#> ."
        "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> . @prefix dcat: <http://www.w3.org/ns/dcat#> ."
        "<urn:s> a sh:NodeShape ; sh:targetClass umr:Model ; sh:closed true ; sh:ignoredProperties ( rdf:type ) ;"
        " sh:property [ sh:path umr:name ] , [ sh:path dcat:version ] ."
    )
    rules = Rules(Path(tmp_path))
    made = record(title="A")
    assert [finding.path for finding in rules.check(made.triples, made.iri)] == ["title"]


def shapes():
    graph = rdflib.Graph()
    for path in SHAPES:
        graph.parse(path)
    return graph


GRAPH = shapes()
ASKED = [
    pytest.param(node, id=f"{str(shape).rpartition('#')[2]}-{str(GRAPH.value(node, SH.path)).rpartition('#')[2]}")
    for shape in sorted(GRAPH.subjects(RDF.type, SH.NodeShape))
    for node in GRAPH.objects(shape, SH.property)
    if GRAPH.value(node, SH.name) is not None
]  # fmt: skip


@pytest.mark.parametrize("node", ASKED)
def test_a_property_shape_says_all_that_pages_and_people_need(node):
    for said in (SH.description, SH.order, SH.group, SH.message, rdflib.URIRef(f"{UMR}remedy")):
        assert len(list(GRAPH.objects(node, said))) == 1
    rule = vocabulary().properties[str(GRAPH.value(node, SH.path))]
    assert str(GRAPH.value(node, SH.group)) == f"{UMR}{rule.group}-group"
    assert int(GRAPH.value(node, SH.order)) == rule.order
    assert str(GRAPH.value(node, SH.name)) == rule.label


def test_every_property_shape_has_a_message_and_a_remedy():
    for node in GRAPH.objects(None, SH.property):
        for said in (SH.message, rdflib.URIRef(f"{UMR}remedy")):
            assert len(list(GRAPH.objects(node, said))) == 1, GRAPH.value(node, SH.path)


def test_every_property_has_a_shape():
    shaped = {str(value) for value in GRAPH.objects(None, SH.path)}
    for iri, rule in vocabulary().properties.items():
        assert iri in shaped, f"no shape says what {rule.key} may be"


def test_the_groups_of_the_shapes_are_those_of_the_ontology():
    found = {
        str(node).removeprefix(UMR).removesuffix("-group"): (str(GRAPH.value(node, RDFS.label)), int(GRAPH.value(node, SH.order)))
        for node in GRAPH.subjects(RDF.type, SH.PropertyGroup)
    }  # fmt: skip
    assert found == {key: (group.label, group.order) for key, group in vocabulary().groups.items()}


def test_a_property_of_one_kind_is_forbidden_to_the_others():
    forbidden = {
        (str(kind), str(GRAPH.value(node, SH.path)))
        for shape, kind in GRAPH.subject_objects(SH.targetClass)
        for node in GRAPH.objects(shape, SH.property)
        if GRAPH.value(node, SH.maxCount) == rdflib.Literal(0)
    }
    expected = {
        (kind.iri, rule.iri)
        for rule in vocabulary().properties.values()
        for kind in vocabulary().kinds.values()
        if rule.kinds and kind.key not in rule.kinds
    }
    assert forbidden == expected


def test_the_risks_that_may_be_stated_are_those_of_the_scheme():
    quads = ox.parse(path=str(resource("ontology/risks.ttl")), format=ox.RdfFormat.TURTLE)
    scheme = {quad.subject.value for quad in quads if quad.predicate.value.endswith("#inScheme")}
    (listed,) = [
        set(map(str, GRAPH.items(head))) for head in GRAPH.objects(None, SH["in"])
        if any(str(one).startswith(RISK) for one in GRAPH.items(head))
    ]  # fmt: skip
    assert listed == scheme


HOSTILE = [
    *(text * 50_000 for text in ("a", "1", "-", "\n", " ")),
    *(
        f"{start}{text * 25_000}\n"
        for start, text in (("a", "/a"), ("1.1.1-", "a."), ("2023", "-12"), ("", "0"))
    ),
]


@pytest.mark.parametrize("pattern", sorted({str(value) for value in GRAPH.objects(None, SH.pattern)}))
def test_no_text_makes_a_pattern_slow(pattern):
    compiled = re.compile(pattern)
    for text in HOSTILE:
        before = time.process_time()
        compiled.search(text)
        assert time.process_time() - before < 0.2


def test_a_literal_that_its_datatype_has_no_value_for_prints_nothing(caplog):
    """It is RDF (RDF 1.1 §3.3), and strangers may send a thousand of them."""
    odd = {"@value": "abc", "@type": "http://www.w3.org/2001/XMLSchema#integer"}
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0", **{"https://example.org/p": odd})], agent="test")
    assert caplog.records == []
