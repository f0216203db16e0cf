"""The vocabulary is data: a new relation, property or kind needs no code."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from umr_ld.resources import resource
from umr_ld.vocab import UMR, vocabulary

ROOT = Path(__file__).resolve().parents[1]

PROPERTY = """
umr:quantizationScheme a owl:DatatypeProperty ;
    rdfs:label "quantization scheme"@en ;
    rdfs:comment "How the weights were rounded. Minted for this test."@en ;
    umr:identifies "scheme" ;
    umr:inheritance umr:nearest ; umr:change umr:minor ; umr:group umr:design-group ; umr:order 345 .
"""
RELATION = """
umr:promptedFrom a owl:ObjectProperty, umr:Relation ;
    rdfs:label "prompted from"@en ;
    rdfs:comment "The model is another model behind a fixed prompt. Minted for this test."@en ;
    rdfs:subPropertyOf prov:wasDerivedFrom ;
    umr:fromKind umr:Model ; umr:toKind umr:Model ; umr:carries umrrisk:weights ; umr:order 95 .
"""
RISK = """
umrrisk:prompt-injection a skos:Concept ; skos:inScheme <https://w3id.org/umr-ld/risk> ;
    skos:prefLabel "prompt injection"@en ; umr:riskClass umrrisk:weights ;
    skos:definition "Text that is read as data is obeyed."@en .
"""
SHAPE = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix umr: <https://w3id.org/umr-ld/ns#> .
umr:QuantizationShape a sh:NodeShape ; sh:targetClass umr:Model ;
    sh:property [ sh:path umr:quantizationScheme ; sh:maxLength 20 ; sh:message "scheme is too long"@en ] .
"""
SESSION = """
    import json, sys
    sys.path.insert(0, {tests!r})
    from drafts import draft
    import umr_ld
    with umr_ld.Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0", quantizationScheme="Q4_K_M")], agent="x")
        registry.publish([draft("lab/b@1.0.0", "promptedFrom lab/a inherit")], agent="x")
        held = registry.show("lab/b").effective
        rows = registry.query("SELECT ?b {{ ?b prov:wasDerivedFrom ?a . ?a umr:name 'lab/a' ; umr:quantizationScheme ?s }}")
        (checked,) = registry.validate([draft("lab/c@1.0.0", quantizationScheme="x" * 21)])
        (wrong,) = registry.validate([draft("lab/d@1.0.0", "promptedFrom lab/a", kind="Dataset")])
        risky = [{{"artifact": "lab/a"}}]
        registry.publish([draft("advisory/x@1.0.0", kind="Advisory", risk="prompt-injection", affects=risky)], agent="x")
        found = registry.verdicts("x").exposure
        registry.publish([draft("other/z@1.0.0", quantizationScheme="Q4_K_M")], agent="x")
        proposed = [(*one.names, *(ground.words for ground in one.grounds)) for one in registry.alias_proposals()]
        changed = registry.bump(draft("lab/a@1.0.1", quantizationScheme="Q8_0"))[2]
        print(json.dumps({{
            "inherited": [str(one.origin) for name, one in held.inherited() if name.endswith("quantizationScheme")],
            "derived": [row["b"].value for row in rows],
            "refused": [finding.message for finding in checked.report.violations],
            "kinds": [finding.rule for finding in wrong.report.violations],
            "bump": str(changed),
            "proposed": proposed,
            "affected": {{str(one.ref): one.answer.label for one in found}},
            "path": [str(step) for step in found.path(found[1])],
        }}))
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the project in which only data was changed."""
    place = tmp_path_factory.mktemp("extended")
    for folder in ("umr_ld", "ontology", "shapes"):
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (place / "ontology" / "umr.ttl").open("a", encoding="utf-8") as file:
        file.write(PROPERTY + RELATION)
    with (place / "ontology" / "risks.ttl").open("a", encoding="utf-8") as file:
        file.write(RISK)
    shapes = place / "shapes" / "record.ttl"
    text = shapes.read_text(encoding="utf-8")
    shapes.write_text(
        text.replace("umrrisk:backdoor ", "umrrisk:backdoor umrrisk:prompt-injection "), encoding="utf-8"
    )
    (place / "shapes" / "quantization.ttl").write_text(SHAPE, encoding="utf-8")
    context = json.loads((place / "ontology" / "context.jsonld").read_text(encoding="utf-8"))
    context["@context"]["quantizationScheme"] = "umr:quantizationScheme"
    context["@context"]["promptedFrom"] = {"@id": "umr:promptedFrom", "@type": "@id"}
    (place / "ontology" / "context.jsonld").write_text(json.dumps(context), encoding="utf-8")
    code = textwrap.dedent(SESSION.format(tests=str(ROOT / "tests")))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=place,
        env={"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_property_is_inherited_validated_and_counted_by_data_alone(extended):
    assert extended["inherited"] == ["lab/a@1.0.0"]
    assert extended["refused"] == ["scheme is too long"]
    assert extended["bump"] == "1.1.0"


def test_names_are_proposed_for_a_new_reason_by_data_alone(extended):
    assert extended["proposed"] == [["lab/a", "other/z", "the same quantization scheme"]]


def test_a_new_relation_is_followed_entailed_and_constrained_by_data_alone(extended):
    assert extended["derived"] == ["https://w3id.org/umr-ld/r/lab/b@1.0.0"]
    assert extended["kinds"] == ["relation-kind"]


def test_a_new_risk_travels_along_a_new_relation_by_data_alone(extended):
    assert extended["affected"] == {"lab/a@1.0.0": "affected", "lab/b@1.0.0": "affected"}
    assert extended["path"] == ["lab/b@1.0.0 promptedFrom lab/a"]


def test_keys_mean_what_their_place_makes_them_mean():
    terms = vocabulary()
    assert terms.term("version").iri.endswith("dcat#version")
    assert terms.term("version", "upstream").iri == f"{UMR}versions"
    assert terms.term("value", "evaluation").iri == f"{UMR}value"
    assert terms.term("value", "answer").iri == f"{UMR}answerValue"
    assert terms.term("nonsense") is None


def test_a_key_of_an_object_has_no_meaning_elsewhere():
    terms = vocabulary()
    assert terms.term("metric", "evaluation").iri == f"{UMR}metric"
    assert terms.term("metric") is None
    assert terms.term("metric", "upstream") is None
    assert {"metric"} <= set(terms.keys("evaluation"))
    assert {"metric"}.isdisjoint(terms.keys())


def test_keys_of_the_record_may_stand_in_its_objects():
    terms = vocabulary()
    assert terms.term("source", "evaluation") == terms.term("source")
    assert set(terms.keys()) <= set(terms.keys("evaluation"))


@pytest.mark.parametrize(("parent", "key"), vocabulary().terms, ids=str)
def test_every_term_is_found_back_by_its_iri(parent, key):
    terms = vocabulary()
    iri = terms.terms[parent, key].iri
    assert terms.key_of(iri, parent) == key
    assert terms.key_of(iri) == key


def test_a_property_has_a_key_only_where_it_may_stand():
    terms = vocabulary()
    assert terms.key_of(f"{UMR}metric", "evaluation") == "metric"
    assert terms.key_of(f"{UMR}metric", None) is None
    assert terms.key_of(f"{UMR}metric") == "metric"
    assert terms.key_of(f"{UMR}fineTunedFrom") == "fineTunedFrom"
    assert terms.key_of("https://example.org/unknown") is None


def test_a_nested_property_is_described_as_those_of_the_record_are():
    metric = vocabulary().properties[f"{UMR}metric"]
    assert (metric.key, metric.group, metric.change) == ("metric", "evaluation", "minor")


def test_kinds_and_relations_are_those_of_the_design():
    terms = vocabulary()
    assert list(terms.kinds) == [
        *("Model", "Dataset", "Family", "Software", "Application"),
        *("Advisory", "Statement"),
    ]
    assert terms.relations["embeds"].from_kinds == {"Model"}
    assert terms.relations["memberOf"].to_kinds == {"Family"}
    assert terms.relations["basedOn"].from_kinds == frozenset()


def test_the_data_is_found_in_a_checkout():
    assert resource("ontology/umr.ttl").is_file()
    with pytest.raises(FileNotFoundError, match="nonsense"):
        resource("nonsense")
