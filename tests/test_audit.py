"""Audits: profiles are data, verdicts follow a law, and nothing that was found loses where it is from."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from pathlib import Path

import html5lib
import pyoxigraph as ox
import pyshacl
import pytest
import rdflib
from drafts import draft
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from publishing import HOSTILE

from umr_ld.audit import Obligation, Outcome, audit, read_profile, redacted, shipped_profiles
from umr_ld.audit.graph import store_of
from umr_ld.audit.profile import profiles
from umr_ld.audit.question import ask, filled
from umr_ld.errors import Malformed
from umr_ld.files import documents
from umr_ld.page.audit import audit_page
from umr_ld.registry import Registry
from umr_ld.registry.auditing import dossier
from umr_ld.render.audit import audit_csv, audit_jsonld
from umr_ld.render.targets import TARGETS
from umr_ld.resources import resource
from umr_ld.vocab import vocabulary
from umr_server.app import create_app

ROOT = Path(__file__).resolve().parents[1]
SHIPPED = shipped_profiles()
HOSPITAL = "example/hospital-pathology-assistant"
COUNTS = {
    "eu-gpai-mdf": 38, "g7-sbom-ai": 50, "us-onc-dsi": 31, "incident-min": 9, "fmti-2023": 100, "fmti-2025": 100,
}  # fmt: skip
ANCHORS = {
    "eu-gpai-mdf": {"G6", "A2", "A7"},
    "g7-sbom-ai": {f"G7AI-{one}" for one in ("MD-10", "SLP-02", "MDL-06", "DP-06", "DP-09", "SP-04")},
    "us-onc-dsi": {"3(ii)", "4(i)"},
    "incident-min": {f"I{number}" for number in range(1, 10)},
}
each_profile = pytest.mark.parametrize("key", COUNTS)


def audited(registry, reference, profile):
    return audit(profile, dossier(registry, reference), registry.base, registry.vocabulary)


@pytest.fixture(scope="module")
def shipped():
    with Registry.in_memory() as opened:
        opened.publish(documents([ROOT / "records"]), agent="shipped")
        yield opened


@pytest.fixture(scope="module")
def hospital(shipped):
    """The audits of the hospital's application, by profile."""
    return {key: audited(shipped, HOSPITAL, profile) for key, profile in SHIPPED.items()}


# -- what is shipped


def test_these_profiles_are_shipped_with_as_many_items():
    assert {key: len(profile.items) for key, profile in SHIPPED.items()} == COUNTS


@each_profile
def test_the_items_are_those_of_the_official_template_in_its_order(shared_data, key):
    with (shared_data / "profiles" / f"{key}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [one.notation for one in SHIPPED[key].items] == [row["item"] for row in rows]
    if not key.startswith("fmti"):  # Indicators are names; what other items ask is in our own words.
        theirs = {row["requirement_paraphrase"] for row in rows if len(row["requirement_paraphrase"]) > 40}
        assert theirs.isdisjoint(one.definition for one in SHIPPED[key].items)


@each_profile
def test_every_item_says_what_it_is_and_where_it_comes_from(key):
    for item in SHIPPED[key].items:
        assert item.notation
        assert item.label
        assert len(item.definition) > 10, item
        assert item.heading, item
        assert item.source.startswith("https://"), item
        assert item.status in {"binding", "voluntary", "guidance", "at-risk"}, item
        assert re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", item.since), item
        assert item.remedy.endswith("."), item


@pytest.mark.parametrize(("key", "anchors"), ANCHORS.items(), ids=ANCHORS)
def test_anchor_items_are_those_of_the_design(key, anchors):
    assert {one.notation for one in SHIPPED[key].items if one.is_anchor} == anchors


def test_a_question_is_one_file_or_one_path_and_what_no_record_can_say_has_none():
    untested = {key: sum(not one.query for one in profile.items) for key, profile in SHIPPED.items()}
    assert untested == {
        "eu-gpai-mdf": 7, "g7-sbom-ai": 9, "us-onc-dsi": 13, "incident-min": 2, "fmti-2023": 0, "fmti-2025": 0,
    }  # fmt: skip


@pytest.fixture(scope="module")
def stores(shipped):
    """What is asked of a full record, and of one that says nothing."""
    with Registry.in_memory() as bare:
        bare.publish([draft("lab/bare@1.0.0")], agent="t")
        empty = store_of(dossier(bare, "lab/bare"), bare.base, vocabulary())
    return store_of(dossier(shipped, "vinid/plip"), shipped.base, vocabulary()), empty


@each_profile
def test_every_question_is_answered_of_a_full_record_and_of_an_empty_one(stores, key):
    for item in SHIPPED[key].items:
        for store, name in zip(stores, ("vinid/plip@1.0.0", "lab/bare@1.0.0"), strict=True):
            iri = f"https://w3id.org/umr-ld/r/{name}"
            if item.query:
                rows = ask(store, item.query, {"record": iri, "root": iri, "item": item.iri})
                assert all(row["value"] is not None for row in rows), item


@pytest.mark.parametrize(
    "path", sorted(resource("shapes/profiles").glob("*/*.sssom.tsv")), ids=lambda p: p.parent.name
)
def test_both_ends_of_a_crosswalk_exist(path):
    from test_crosswalk import FOREIGN, full, ours, read

    head, prefixes, rows = read(path)
    assert head["mapping_set_id"].endswith(path.parent.name)
    items = {one.iri: one.label for one in SHIPPED[path.parent.name].items}
    known = ours()
    assert len({(row["subject_id"], row["object_id"]) for row in rows}) == len(rows) > 5
    for row in rows:
        assert items[full(row["subject_id"], prefixes)] == row["subject_label"]
        term = full(row["object_id"], prefixes)
        assert term in known or term.startswith(FOREIGN), row


# -- the case that must always work


@pytest.mark.parametrize("key", ANCHORS)
def test_the_advisory_about_laion_5b_stands_at_every_anchor_and_in_the_annex(shipped, hospital, key):
    found = hospital[key]
    page = audit_page(found, shipped.vocabulary, shipped.base)
    way = "embeds vinid/plip@1.0.0"
    told = [
        row
        for part in page.parts
        if part.key.startswith("items")
        for block in part.blocks
        for row in block.rows
    ]
    anchored = [
        row[0].text for row in told if row[4].text == "advisory/laion-5b-csam@1.0.0" and way in row[3].text
    ]
    assert set(anchored) == ANCHORS[key]
    annex = page.parts[-1]
    assert annex.label == "Annex: Upstream advisories (transitive)"
    (row,) = annex.blocks[0].rows
    assert row[0].tone == "possibly"
    assert "LAION-5B contains links" in row[1].text
    assert way in row[2].text
    assert shipped.policy.digest in annex.blocks[1].text


@pytest.mark.parametrize("key", ANCHORS)
def test_rows_say_record_version_digest_and_agent_of_every_value(hospital, shipped, key):
    rows = list(csv.DictReader(io.StringIO(audit_csv(hospital[key]))))
    for row in rows:
        if row["value"] or row["advisory"]:
            record = shipped.get(f"{row['record']}@{row['version']}")
            assert (row["digest"], row["agent"]) == (record.digest, "shipped")
    anchored = {row["item"] for row in rows if row["advisory"]}
    assert anchored == ANCHORS[key] | {"annex"}
    assert rows[-1]["item"] == "annex"


EARL = (
    "PREFIX earl: <http://www.w3.org/ns/earl#> PREFIX dct: <http://purl.org/dc/terms/> "
    "PREFIX umr: <https://w3id.org/umr-ld/ns#> PREFIX prov: <http://www.w3.org/ns/prov#> "
)


@each_profile
def test_json_ld_is_read_back_as_the_same_outcomes(hospital, shipped, key):
    store = ox.Store()
    store.load(audit_jsonld(hospital[key], shipped.base), ox.RdfFormat.JSON_LD)
    rows = store.query(
        EARL
        + "SELECT ?item ?outcome { ?a a earl:Assertion ; earl:test ?item ; earl:result/earl:outcome ?outcome }"
    )
    read = {row["item"].value: row["outcome"].value for row in rows}
    assert read == {one.item.iri: one.outcome.iri for one in hospital[key].verdicts}
    assert not store.query(EARL + "ASK { ?s ?p ?o FILTER(ISBLANK(?s) || ISBLANK(?o)) }")
    lost = EARL + (
        "SELECT ?v { ?r dct:hasPart ?v . ?r a earl:TestResult . FILTER NOT EXISTS { ?v prov:wasDerivedFrom/umr:digest ?d } }"
    )
    assert not list(store.query(lost))


# -- the law

PREFIXES = """
@prefix cccev: <http://data.europa.eu/m8g/> . @prefix dct: <http://purl.org/dc/terms/> .
@prefix earl: <http://www.w3.org/ns/earl#> . @prefix item: <https://example.org/p#> .
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix umr: <https://w3id.org/umr-ld/ns#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix fair4ml: <https://w3id.org/fair4ml#> .
"""
SCHEME = """
<https://example.org/p> a skos:ConceptScheme ; dct:title "A fifth profile" ; skos:prefLabel "Fifth" ;
    dct:source <https://example.org/law> ; dct:valid "2031-04-05"^^xsd:date ; umr:legalStatus umr:at-risk ;
    skos:note "A note to everybody." .
"""


def item(name, shape="", more=""):
    return (
        f'item:{name} a skos:Concept, cccev:InformationRequirement ; skos:notation "{name}" ; '
        f'skos:prefLabel "Item {name}" ; skos:definition "What item {name} asks." {more} .\n'
        + (f"item:{name}-shape umr:item item:{name} ; {shape} .\n" if shape else "")
    )


def made(folder, turtle, **queries):
    """A folder with a profile."""
    (folder / "queries").mkdir(parents=True)
    (folder / "items.ttl").write_text(PREFIXES + turtle, encoding="utf-8")
    for name, text in queries.items():
        (folder / "queries" / f"{name}.rq").write_text(text, encoding="utf-8")
    return folder


DESCRIBED = "sh:path dct:description ; sh:severity sh:Violation"
LINKS = """
SELECT ?value ?origin ?evidence {
  GRAPH ?origin { ?record umr:upstream ?link . ?link umr:artifact ?value OPTIONAL { ?link umr:evidence ?evidence } }
}
"""


@pytest.fixture(scope="module")
def fifth(tmp_path_factory):
    """A profile that a newcomer wrote: a folder, and no code."""
    turtle = SCHEME + "".join(
        (
            item("described", DESCRIBED),
            item("used", "sh:path fair4ml:intendedUse ; sh:severity sh:Warning", "; umr:inheritedOutcome earl:cantTell"),
            item("linked", "sh:severity sh:Info"),
            item("licensed", "sh:targetClass umr:Dataset ; sh:path dct:license"),
            item("apps", "umr:kind umr:Application ; sh:path umr:purpose"),
            item("unasked", "sh:severity sh:Warning"),
        )
    )  # fmt: skip
    return made(tmp_path_factory.mktemp("profiles") / "fifth", turtle, linked=LINKS)


def upstream(relation, artifact, **more):
    return {"relation": relation, "artifact": artifact, **more}


def answer(name, value):
    return {"indicator": f"https://example.org/p#{name}", "value": value}


BASE = [
    draft("lab/base@1.0.0", description="Known.", intendedUse="Research."),
    draft("lab/open@1.0.0", kind="Dataset", license="MIT"),
    draft("lab/closed@1.0.0", kind="Dataset"),
]
LAW = {
    "what the record says itself passes": ("described", {"description": "Text."}, [], Outcome.PASSED),
    "what it does not say fails": ("described", {}, [], Outcome.FAILED),
    "what it inherits over a declared link passes": (
        "described", {}, [upstream("fineTunedFrom", "lab/base", inherit=True, evidence="declared")], Outcome.PASSED,
    ),
    "what it inherits over a verified link passes": (
        "described", {}, [upstream("fineTunedFrom", "lab/base", inherit=True, evidence="verified")], Outcome.PASSED,
    ),
    "what it inherits over a link that was only inferred cannot be told": (
        "described", {}, [upstream("fineTunedFrom", "lab/base", inherit=True, evidence="inferred", evidenceAgent="x")],
        Outcome.CANNOT_TELL,
    ),
    "what it inherits over a link of which nobody says how it is known cannot be told": (
        "described", {}, [upstream("fineTunedFrom", "lab/base", inherit=True)], Outcome.CANNOT_TELL,
    ),
    "what is only inherited does not do where the item says so": (
        "used", {}, [upstream("fineTunedFrom", "lab/base", inherit=True, evidence="declared")], Outcome.CANNOT_TELL,
    ),
    "its own word does": ("used", {"intendedUse": "Care."}, [], Outcome.PASSED),
    "a link that was inferred cannot be told": (
        "linked", {}, [upstream("basedOn", "lab/base", evidence="inferred", evidenceAgent="x")], Outcome.CANNOT_TELL,
    ),
    "nor can one of which nobody says how it is known": (
        "linked", {}, [upstream("basedOn", "lab/base")], Outcome.CANNOT_TELL,
    ),
    "one declared link among inferred ones passes": (
        "linked", {},
        [upstream("basedOn", "lab/base", evidence="inferred", evidenceAgent="x"),
         upstream("basedOn", "lab/open", evidence="declared")],
        Outcome.PASSED,
    ),
    "every dataset that it was made from must say it": (
        "licensed", {}, [upstream("trainedOn", "lab/open"), upstream("trainedOn", "lab/closed")], Outcome.FAILED,
    ),
    "if they do it passes": ("licensed", {}, [upstream("trainedOn", "lab/open")], Outcome.PASSED),
    "without datasets there is nobody to ask": ("licensed", {}, [], Outcome.INAPPLICABLE),
    "what is asked of other kinds does not apply": ("apps", {}, [], Outcome.INAPPLICABLE),
    "what has no question is untested": ("unasked", {}, [], Outcome.UNTESTED),
    "unless the record answers it by name": ("unasked", {"answer": [answer("unasked", "It is so.")]}, [], Outcome.PASSED),
    "or says that it does not apply": ("unasked", {"answer": [answer("unasked", "n/a")]}, [], Outcome.INAPPLICABLE),
}  # fmt: skip


@pytest.mark.parametrize(("name", "facts", "links", "outcome"), LAW.values(), ids=LAW)
def test_every_outcome_has_its_reason(fifth, name, facts, links, outcome):
    with Registry.in_memory() as registry:
        facts = {**facts, "upstream": links} if links else facts
        registry.publish([*BASE, draft("lab/x@1.0.0", **facts)], agent="t")
        found = audited(registry, "lab/x", read_profile(fifth))
    (verdict,) = [one for one in found.verdicts if one.item.notation == name]
    assert verdict.outcome is outcome
    assert bool(verdict.reason) is (outcome is not Outcome.PASSED)
    gap = [one for one in found.gaps() if one.verdict is verdict]
    assert bool(gap) is (outcome in {Outcome.FAILED, Outcome.CANNOT_TELL, Outcome.UNTESTED})


def test_what_only_another_registry_knows_is_told_with_the_record_that_says_so(fifth):
    with Registry.in_memory() as registry:
        links = [upstream("fineTunedFrom", "lab/base", inherit=True, evidence="declared")]
        registry.publish([*BASE, draft("lab/x@1.0.0", upstream=links)], agent="t")
        (verdict, *_) = audited(registry, "lab/x", read_profile(fifth)).verdicts
    (value,) = verdict.found
    assert (value.text, str(value.origin), str(value.subject)) == ("Known.", "lab/base@1.0.0", "lab/x@1.0.0")


# -- completeness


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "description": st.just("Text."), "intendedUse": st.just("Care."), "purpose": st.just("Help."),
        "answer": st.just([answer("unasked", "Yes.")]),
    },
)  # fmt: skip
DATA = st.lists(st.sampled_from(["lab/open", "lab/closed"]), unique=True, max_size=2)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(FACTS, DATA, st.sampled_from(["Model", "Application"]))
def test_completeness_is_what_a_count_by_hand_comes_to(fifth, facts, data, kind):
    """The oracle is written from the definition, over the draft itself."""
    if kind == "Model":
        facts.pop("purpose", None)
    relation = {"Model": "trainedOn", "Application": "uses"}[kind]
    links = [upstream(relation, name, evidence="declared") for name in data]
    with Registry.in_memory() as registry:
        body = {**facts, "upstream": links} if links else facts
        registry.publish([*BASE, draft("lab/x@1.0.0", kind=kind, **body)], agent="t")
        found = audited(registry, "lab/x", read_profile(fifth))
    said = {
        "described": "description" in facts,
        "used": "intendedUse" in facts,
        "linked": bool(data),
        "unasked": "answer" in facts,
        **({"licensed": "lab/closed" not in data} if data else {}),
        **({"apps": "purpose" in facts} if kind == "Application" else {}),
    }
    assert (found.overall.passed, found.overall.asked, found.overall.total) == (
        sum(said.values()),
        len(said),
        6,
    )
    assert found.overall.share == sum(said.values()) / len(said)
    assert {gap.verdict.item.notation for gap in found.gaps()} == {
        name for name, is_said in said.items() if not is_said
    }
    mandatory = {"described", "licensed", "apps"} & said.keys()
    assert len(found.gaps(Obligation.MANDATORY)) == sum(not said[name] for name in mandatory)


@pytest.mark.parametrize("key", ["eu-gpai-mdf", "g7-sbom-ai", "us-onc-dsi"])
def test_a_shacl_processor_finds_the_same_records_lacking(shipped, key):
    """The shapes are shapes: where an item has a path, whoever else reads them comes to the same."""
    looked_at = dossier(shipped, "vinid/plip")
    store = store_of(looked_at, shipped.base, shipped.vocabulary)
    graph = rdflib.Graph()
    for quad in store:
        graph.parse(data=f"{quad.triple} .", format="nt")
    shapes = rdflib.Graph().parse(SHIPPED[key].folder / "shapes.ttl")
    _, report, _ = pyshacl.validate(graph, shacl_graph=shapes, inference="none", meta_shacl=True)
    sh, umr = rdflib.Namespace("http://www.w3.org/ns/shacl#"), rdflib.Namespace("https://w3id.org/umr-ld/ns#")
    lacking = {}
    for result in report.subjects(rdflib.RDF.type, sh.ValidationResult):
        (name,) = shapes.objects(report.value(result, sh.sourceShape), umr.item)
        lacking.setdefault(str(name), set()).add(str(report.value(result, sh.focusNode)))
    found = audit(SHIPPED[key], looked_at, shipped.base, shipped.vocabulary)
    compared = 0
    for verdict in found.verdicts:
        with_path = (rdflib.URIRef(f"{verdict.item.iri}-shape"), sh.path, None) in shapes
        if with_path and verdict.outcome is not Outcome.INAPPLICABLE:
            compared += 1
            silent = {shipped.base.record(ref) for ref in verdict.lacking} - {
                shipped.base.record(one.subject) for one in verdict.found
            }
            assert silent == lacking.get(verdict.item.iri, set()), verdict.item.notation
    assert compared > 10


# -- profiles are data


def test_a_fifth_profile_is_a_folder(shipped, fifth):
    known = profiles(fifth.parent)
    assert set(known) == {*SHIPPED, "fifth"}
    found = audited(shipped, HOSPITAL, known["fifth"])
    text = TARGETS["txt"].render(audit_page(found, shipped.vocabulary, shipped.base)).body.decode()
    assert "at-risk, applies from 2031-04-05" in text
    assert "A note to everybody." in text
    assert "Item described" in text
    assert "LAION-5B contains links" in text


def test_a_folder_of_ones_own_takes_the_place_of_a_shipped_profile(tmp_path):
    made(tmp_path / "incident-min", SCHEME + item("one", DESCRIBED))
    assert [one.notation for one in profiles(tmp_path)["incident-min"].items] == ["one"]


def test_the_records_of_an_export_can_be_checked_without_the_program(shipped, hospital):
    """As docs/audit.md tells: the served triples in the order of their bytes have the digest of the export."""
    asking = create_app(shipped).test_client()
    rows = csv.DictReader(io.StringIO(audit_csv(hospital["g7-sbom-ai"])))
    stated = {(row["record"], row["version"], row["digest"]) for row in rows if row["digest"]}
    assert len(stated) > 3
    for name, version, digest in stated:
        lines = asking.get(f"/page/{name}@{version}.nt").data.splitlines(keepends=True)
        assert hashlib.sha256(b"".join(sorted(lines))).hexdigest() == digest, name


def test_the_example_of_the_documentation_is_a_profile(tmp_path):
    text = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    items, shapes = re.findall(r"(?s)```turtle\n(.*?)```", text)
    (question,) = re.findall(r"(?s)```sparql\n(.*?)```", text)
    place = made(tmp_path / "our-rules", items, R3=question)
    (place / "shapes.ttl").write_text(shapes, encoding="utf-8")
    found = read_profile(place)
    assert {one.notation: one.obligation for one in found.items} == {
        "R1": Obligation.MANDATORY,
        "R3": Obligation.EXPECTED,
    }
    assert found.items[0].remedy == "Fill in license (licence)."


BAD = {
    "no Turtle": ("nonsense", {}, "not Turtle"),
    "no scheme": (item("a"), {}, "0 concept schemes"),
    "no items": (SCHEME, {}, "it has no items"),
    "an item without a number": (SCHEME + item("a").replace('skos:notation "a" ;', ""), {}, "has no skos:notation"),
    "two items of one number": (
        SCHEME + item("a") + item("b").replace('notation "b"', 'notation "a"'), {}, "two items have the number a",
    ),
    "a shape of no item": (SCHEME + item("a") + "item:s umr:item item:z .", {}, "which is no item"),
    "two shapes of one item": (SCHEME + item("a", DESCRIBED) + "item:s umr:item item:a .", {}, "two shapes"),
    "an unknown severity": (SCHEME + item("a", "sh:severity sh:Grave"), {}, "is no severity"),
    "a path that is none": (SCHEME + item("a", 'sh:path "x"'), {}, "neither a property nor a path|leads over a text"),
    "a query of no item": (SCHEME + item("a"), {"z": "SELECT ?value {}"}, "belongs to no item"),
    "a query that is none": (SCHEME + item("a"), {"a": "SELECT nonsense"}, "line 1"),
    "a query without a value": (SCHEME + item("a"), {"a": "SELECT ?x {}"}, "gives no \\?value"),
    "a query that asks the network": (
        SCHEME + item("a"), {"a": "SELECT ?value { SERVICE <http://x.example/> { ?s ?p ?value } }"}, "SERVICE",
    ),
    "a query that answers yes or no": (SCHEME + item("a"), {"a": "ASK {}"}, "no SELECT"),
}  # fmt: skip


@pytest.mark.parametrize(("turtle", "queries", "what"), BAD.values(), ids=BAD)
def test_a_profile_that_is_none_is_refused_with_place_and_remedy(tmp_path, turtle, queries, what):
    made(tmp_path / "bad", turtle, **queries)
    with pytest.raises(Malformed, match=what) as refused:
        read_profile(tmp_path / "bad")
    assert "bad" in refused.value.where
    assert refused.value.remedy


def test_variables_are_filled_in_nowhere_but_where_they_stand():
    text = "SELECT ?value { ?record ?p '?record' . # ?record\n FILTER(?value != <urn:?record>) }"
    assert filled(text, {"record": "https://x.example/a"}) == text.replace(
        "{ ?record", "{ <https://x.example/a>"
    )
    with pytest.raises(ValueError):
        filled("?record", {"record": "no iri> ?s ?p"})


# -- audiences


def test_an_audience_sees_what_is_for_it_and_the_places_of_the_rest(shipped, hospital):
    found = redacted(hospital["eu-gpai-mdf"], "downstream-provider")
    shown, withheld = {one.item.notation for one in found.verdicts}, {one.notation for one in found.withheld}
    assert shown | withheld == {one.notation for one in SHIPPED["eu-gpai-mdf"].items}
    assert {"G6", "D2", "A2"} <= shown
    assert {"C2", "A3"} <= withheld
    assert found.overall.total == len(shown)
    outputs = [audit_csv(found), audit_jsonld(found, shipped.base).decode()]
    outputs.append(TARGETS["txt"].render(audit_page(found, shipped.vocabulary, shipped.base)).body.decode())
    for text in outputs:
        assert "208414" not in text  # what A4 found
        assert "LAION-5B" in text
    assert "208414" in audit_csv(hospital["eu-gpai-mdf"])


def test_an_audience_that_the_profile_does_not_know_is_refused(hospital):
    with pytest.raises(Malformed, match="nothing for the audience") as refused:
        redacted(hospital["us-onc-dsi"], "public")
    assert "authority, downstream-provider" in refused.value.remedy


# -- whatever somebody wrote stays that


@pytest.fixture(scope="module")
def hostile():
    names = {name: f"lab/x{at}" for at, name in enumerate(HOSTILE)}
    with Registry.in_memory() as registry:
        drafts = []
        for name, text in HOSTILE.items():
            try:
                json.dumps(text, ensure_ascii=False).encode()
            except UnicodeEncodeError:
                continue
            said = text.replace("\x00", "")
            made_ = draft(f"{names[name]}@1.0.0", title=said, description=said, license="MIT")
            if registry.validate([made_])[0].report:
                drafts.append(made_)
        registry.publish(drafts, agent="t")
        found = {}
        for name, artifact in names.items():
            if any(one.source.startswith(f"{artifact}@") for one in drafts):
                found[name] = audited(registry, artifact, SHIPPED["g7-sbom-ai"])
        yield registry, found


def test_most_hostile_texts_can_be_published(hostile):
    assert len(hostile[1]) > 12


def test_hostile_texts_stay_inert_in_html_rows_and_tex(hostile):
    registry, audits = hostile
    for found in audits.values():
        page = audit_page(found, registry.vocabulary, registry.base, audit_jsonld(found, registry.base))
        body = TARGETS["html"].render(page).body.decode()
        tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(body)
        assert not [
            one
            for one in tree.iter()
            if one.tag in {"script", "img"} or any(k.startswith("on") for k in one.attrib)
        ]
        for row in csv.reader(io.StringIO(audit_csv(found))):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
        text = TARGETS["tex"].render(page).body.decode()
        assert r"\input{/etc" not in text
        assert r"\write18" not in text


def test_pdf_carries_the_audit_as_data_and_is_the_same_bytes_again(hostile):
    pytest.importorskip("typst")
    from pypdf import PdfReader

    registry, audits = hostile
    found = audits["typst"]
    data = audit_jsonld(found, registry.base)
    page = audit_page(found, registry.vocabulary, registry.base, data)
    made_ = TARGETS["pdf"].render(page)
    assert made_.losses == ()
    assert TARGETS["pdf"].render(page).body == made_.body
    reader = PdfReader(io.BytesIO(made_.body))
    (attached,) = reader.attachments.values()
    assert attached == [data]
    assert 'read("/etc/passwd")' in "".join(page.extract_text() for page in reader.pages).replace(
        "\n", ""
    ).replace("\u200b", "")


# -- on the pages


@pytest.fixture(scope="module")
def client(shipped):
    from umr_server.app import create_app

    return create_app(shipped).test_client()


def test_a_page_tells_the_gaps_by_profile_and_leads_to_the_exports(client):
    text = client.get(f"/gaps/{HOSPITAL}@1.0.0", headers={"Accept": "text/html"}).text
    assert '<span class="chip">at-risk</span>' in text
    assert "applies from 2025-01-01" in text
    assert "Legal name of the provider" in text
    assert "fmti" not in text  # The index asks nothing of an application.
    for address in re.findall(r'href="(/audit/[^"]+)"', text):
        assert client.get(address.replace("&amp;", "&")).status_code == 200
    assert f"/gaps/{HOSPITAL}@1.0.0" in client.get(f"/page/{HOSPITAL}@1.0.0").text


def test_of_what_is_all_optional_nothing_is_said_to_be_done(client):
    text = client.get("/gaps/vinid/plip", headers={"Accept": "text/html"}).text
    index = text[text.index('id="profile-fmti-2023"') :]
    index = index[: index.index("</section>")]
    assert "Nothing in it is mandatory or expected" in index
    assert "left to do" not in index


def test_gaps_as_data_are_those_of_the_command_line(client, hospital):
    told = client.get(f"/gaps/{HOSPITAL}?format=json").json
    assert [one["profile"]["profile"] for one in told] == list(SHIPPED)
    gaps = {one["item"] for one in told[0]["gaps"]}
    assert gaps == {one.verdict.item.notation for one in hospital["eu-gpai-mdf"].gaps(Obligation.EXPECTED)}


def test_the_api_says_what_the_command_line_says(client, hospital, shipped):
    found = client.get(f"/api/v1/audit/g7-sbom-ai/{HOSPITAL}").json
    assert found == json.loads(audit_jsonld(hospital["g7-sbom-ai"], shipped.base))
    (gaps,) = client.get(f"/api/v1/gaps/{HOSPITAL}?profile=us-onc-dsi&level=mandatory").json
    assert len(gaps["gaps"]) == len(hospital["us-onc-dsi"].gaps(Obligation.MANDATORY))
    assert [one["profile"] for one in client.get("/api/v1/profiles").json] == list(SHIPPED)
    assert client.get(f"/api/v1/gaps/{HOSPITAL}?profile=nonsense").status_code == 404


def test_an_export_is_a_file_and_its_own_identifier(client, hospital, shipped):
    answer = client.get(f"/audit/g7-sbom-ai/{HOSPITAL}@1.0.0")
    assert answer.data == audit_jsonld(hospital["g7-sbom-ai"], shipped.base)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.json["@graph"][0]["@id"] == f"{shipped.base.iri}audit/g7-sbom-ai/{HOSPITAL}@1.0.0"


REFUSED = {
    "no profile": (f"/audit/nonsense/{HOSPITAL}", 404),
    "no record": ("/audit/g7-sbom-ai/lab/nothing", 404),
    "no form": (f"/audit/g7-sbom-ai/{HOSPITAL}?format=pdf", 400),
    "no audience": (f"/audit/us-onc-dsi/{HOSPITAL}?audience=public", 400),
    "before anything was published": (f"/audit/g7-sbom-ai/{HOSPITAL}?at=2020-01-01", 404),
    "gaps of no record": ("/gaps/lab/nothing", 404),
}


@pytest.mark.parametrize(("address", "status"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_there_is_said_with_the_right_status(client, address, status):
    answer = client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
