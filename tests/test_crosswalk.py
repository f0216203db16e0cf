"""Crosswalks: SSSOM files whose two ends exist and whose rows do not contradict each other."""

from __future__ import annotations

import csv
import re

import pyoxigraph as ox
import pytest
import yaml

from umr_ld.resources import resource
from umr_ld.vocab import RDFS, RISK, SKOS, UMR, vocabulary

FILES = sorted(resource("ontology/crosswalk").glob("*.sssom.tsv"))
MATCHES = {"exact", "close", "broad", "narrow", "related"}
FOREIGN = (
    "http://www.w3.org/ns/prov#",
    "http://www.w3.org/ns/dcat#",
    "http://www.w3.org/ns/dqv#",
    "http://www.w3.org/ns/mls#",
    "http://www.w3.org/ns/odrl/2/",
    "http://www.w3.org/2004/02/skos/core#",
    "http://purl.org/dc/terms/",
    "http://rdfs.org/ns/void#",
    "http://spdx.org/rdf/terms#",
    "https://spdx.org/rdf/3.0.1/terms/",
    "https://w3id.org/dpv#",
    "https://w3id.org/dpv/",
    "https://w3id.org/airo#",
    "https://w3id.org/fair4ml#",
    "https://schema.org/",
    "http://mlcommons.org/croissant/RAI/",
    "http://data.europa.eu/it6/",
    "http://purl.obolibrary.org/obo/MCRO_",
    "https://atlas.mitre.org/techniques/AML.T",
)
LOCAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9._-]+)*")
"""What may stand after the namespace."""


def read(path):
    """Metadata and rows of a file (SSSOM 1.0, "TSV serialisation": YAML behind `#`, then a table)."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = yaml.safe_load("\n".join(line[1:] for line in lines if line.startswith("#")))
    rows = list(csv.DictReader([line for line in lines if not line.startswith("#")], delimiter="\t"))
    return head, head["curie_map"], rows


def quads():
    for path in ("ontology/umr.ttl", "ontology/risks.ttl"):
        yield from ox.parse(path=str(resource(path)), format=ox.RdfFormat.TURTLE)


def ours():
    """The terms that the ontology says something of: its own, and those that records reuse."""
    minted = {quad.subject.value for quad in quads() if quad.subject.value.startswith((UMR, RISK))}
    return minted | vocabulary().properties.keys()


def mapped():
    """Every pair of terms with the predicate between them."""
    found = {}
    for path in FILES:
        _, prefixes, rows = read(path)
        for row in rows:
            pair = full(row["subject_id"], prefixes), full(row["object_id"], prefixes)
            assert found.setdefault(pair, row["predicate_id"]) == row["predicate_id"], pair
    return found


def full(curie, prefixes):
    prefix, _, word = curie.partition(":")
    return prefixes[prefix] + word


def test_there_are_crosswalks():
    named = {path.name.split(".")[0] for path in FILES}
    assert named >= {"prov", "fair4ml", "spdx3", "dcat", "schema", "dpv", "mcro", "mldcat-ap"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_crosswalk_says_what_it_is_and_under_which_licence(path):
    head, prefixes, rows = read(path)
    assert head["mapping_set_id"] == f"https://w3id.org/umr-ld/crosswalk/{path.name.split('.')[0]}"
    assert head["license"] == "https://spdx.org/licenses/Apache-2.0"
    assert rows
    assert prefixes["umr"] == UMR
    used = {part.partition(":")[0] for row in rows for key, part in row.items() if key.endswith("_id")}
    assert used - {"skos", "semapv"} <= prefixes.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_both_ends_of_every_row_exist(path):
    _, prefixes, rows = read(path)
    known = ours()
    for row in rows:
        foreign = full(row["object_id"], prefixes)
        assert full(row["subject_id"], prefixes) in known, row
        assert foreign.startswith(FOREIGN), row
        assert LOCAL.fullmatch(row["object_id"].partition(":")[2]), row
        assert row["predicate_id"].removeprefix("skos:").removesuffix("Match") in MATCHES
        assert row["mapping_justification"].startswith("semapv:")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_row_calls_its_subject_what_the_ontology_calls_it(path):
    named = (f"{RDFS}label", f"{SKOS}prefLabel")
    labels = {quad.subject.value: quad.object.value for quad in quads() if quad.predicate.value in named}
    _, prefixes, rows = read(path)
    for row in rows:
        assert row["subject_label"] == labels[full(row["subject_id"], prefixes)]


def test_no_two_rows_contradict_each_other():
    said = mapped()
    exact = [pair for pair, predicate in said.items() if predicate == "skos:exactMatch"]
    assert len({one for one, _ in exact}) == len(exact)


def test_rows_stand_once():
    for path in FILES:
        _, _, rows = read(path)
        assert len({(row["subject_id"], row["object_id"]) for row in rows}) == len(rows)


def test_what_the_ontology_says_of_others_is_in_the_crosswalks():
    said = mapped()
    for quad in quads():
        name = quad.predicate.value
        pair = quad.subject.value, getattr(quad.object, "value", "")
        if name.startswith(SKOS) and name.endswith("Match"):
            assert said.get(pair) == f"skos:{name.removeprefix(SKOS)}", pair
        elif name in {f"{RDFS}subClassOf", f"{RDFS}subPropertyOf"} and pair[0].startswith(UMR):
            assert pair[1].startswith(UMR) or said.get(pair) == "skos:broadMatch", pair


def test_every_relation_is_told_in_the_words_of_prov():
    said = mapped()
    for relation in vocabulary().relations.values():
        assert any(s == relation.iri and "/ns/prov#" in o for s, o in said), relation.key


def test_relationships_of_spdx_are_entries_of_its_vocabulary_of_relationship_types():
    """SPDX 3.0.1, RDF serialization: an enumerated value is {namespace}/{vocabulary}/{entry}."""
    relations = {relation.iri for relation in vocabulary().relations.values()}
    found = [o for s, o in mapped() if s in relations and "spdx.org/rdf/3" in o]
    assert len(found) > 10
    assert all("/terms/Core/RelationshipType/" in iri for iri in found)


def test_terms_of_mldcat_ap_are_in_its_own_shapes(shared_data):
    (path,) = (shared_data / "schemas" / "mldcat-ap").glob("*.ttl")
    text = path.read_text(encoding="utf-8")
    terms = [iri for _, iri in mapped() if "/it6/" in iri]
    assert terms
    assert [iri for iri in terms if f"<{iri}>" not in text] == []
