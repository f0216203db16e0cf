"""Documents that others wrote, or spoilt: everything readable is read, the rest is listed, and nothing breaks."""

from __future__ import annotations

import copy
import io
import json
import random

import pytest
from converting import BASE, described, read, subject, written

from umr_ld.document import Document
from umr_ld.errors import UmrError
from umr_ld.formats import FORMATS
from umr_ld.formats.draft import Subject, nodes
from umr_ld.formats.recognition import read_any, recognised
from umr_ld.media import Media
from umr_ld.vocab import vocabulary


def document(text, media=Media.JSONLD, source="foreign.json"):
    return Document(text.encode() if isinstance(text, str) else json.dumps(text).encode(), media, source)


def roots(translation):
    return [draft.tree.root for draft in translation.drafts]


def links(root):
    return [(link["relation"], link["artifact"]) for link in nodes(root.get("upstream"))]


# -- what is written is valid for those who made the format


@pytest.mark.parametrize(("label", "version"), [("cyclonedx", "V1_6"), ("cyclonedx-1.7", "V1_7")])
def test_what_is_written_is_valid_cyclonedx(label, version):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    validator = JsonStrictValidator(SchemaVersion[version])
    for one in [*described(label)[::9], *map(subject, ODD)]:
        if one.kind in FORMATS[label].kinds:
            assert validator.validate_str(written(label, one)[0].body.decode()) is None, one.name


def test_what_is_written_is_valid_spdx():
    from spdx_python_model import v3_0_1 as model

    for one in [*described("spdx")[::9], *map(subject, ODD)]:
        if one.kind in FORMATS["spdx"].kinds:
            found = model.SHACLObjectSet()
            model.JSONLDDeserializer().read(io.BytesIO(written("spdx", one)[0].body), found)
            model.JSONLDSerializer().write(found, io.BytesIO())
            assert len(list(found.foreach_type("SpdxDocument"))) == 1


def test_what_is_written_keeps_the_shapes_of_mldcat_ap_but_for_what_records_do_not_say(shared_data):
    import pyshacl
    import rdflib

    (path,) = (shared_data / "schemas" / "mldcat-ap").glob("*.ttl")
    shapes = rdflib.Graph().parse(path)
    everything = rdflib.Graph()
    for one in described("mldcat-ap")[::20]:
        everything.parse(data=written("mldcat-ap", one, Media.TURTLE)[0].body, format="turtle")
    _, report, _ = pyshacl.validate(everything, shacl_graph=shapes)
    shacl = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    broken = {str(one).rpartition("#")[2] for one in report.objects(None, shacl.sourceConstraintComponent)}
    assert broken <= {"MinCountConstraintComponent"}
    missing = {
        str(one).replace("#", "/").rpartition("/")[2] for one in report.objects(None, shacl.resultPath)
    }
    assert missing <= {
        "hasFile",
        "trainedOn",
        "created",
        "collectionDate",
        "description",
        "title",
        "identifier",
        "version",
    }


def test_what_is_written_is_prov_for_others():
    from prov.model import ProvDocument

    for one in [*described("prov-json")[::9], *map(subject, ODD)]:
        body = written("prov-json", one)[0].body.decode()
        found = ProvDocument.deserialize(content=body, format="json")
        assert len(list(found.get_records())) >= 1
        assert ProvDocument.deserialize(content=found.serialize(format="json"), format="json") == found


def test_a_relation_that_nobody_knows_is_an_influence():
    one = subject(
        {
            "type": "Model",
            "name": "a/b",
            "version": "1.0.0",
            "upstream": {"relation": "https://example.org/r", "artifact": "a/c"},
        }
    )
    (link,) = json.loads(written("prov-json", one)[0].body)["wasInfluencedBy"].values()
    assert link["umr:relation"] == "https://example.org/r"


def test_a_crate_describes_itself_and_leads_to_the_record():
    one = described("ro-crate")[0]
    graph = {node["@id"]: node for node in json.loads(written("ro-crate", one)[0].body)["@graph"]}
    assert graph["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert graph["ro-crate-metadata.json"]["@type"] == "CreativeWork"
    assert graph["./"]["mainEntity"] == {"@id": one.minted.iri}
    assert graph[one.minted.iri]["name"] == one.root["title"]


def test_a_crate_is_flat_and_its_data_are_parts_of_it():
    """RO-Crate 1.2: flattened and compacted, each entity with an identifier and a class; data are reached by hasPart."""
    for one in [*described("ro-crate")[::9], *map(subject, ODD)]:
        graph = json.loads(written("ro-crate", one)[0].body)["@graph"]
        for node in graph:
            assert node["@id"]
            assert node["@type"]
            for value in node.values():
                assert not isinstance(value, list) or len(value) != 1
                for inner in value if isinstance(value, list) else [value]:
                    assert not isinstance(inner, dict) or "@value" in inner or inner.keys() == {"@id"}
        root = next(node for node in graph if node["@id"] == "./")
        assert (root.get("hasPart") == {"@id": one.minted.iri}) is (one.kind == "Dataset")


def test_a_licence_in_a_croissant_is_an_address():
    licensed = [one for one in described("croissant") if one.root.get("license")]
    for one in licensed[:5]:
        licence = json.loads(written("croissant", one)[0].body)["license"]
        assert all(isinstance(text, str) for text in licence)


def test_a_croissant_has_the_names_of_its_own_context():
    one = next(one for one in described("croissant") if one.root.get("upstream"))
    body = json.loads(written("croissant", one)[0].body)
    assert body["@type"] == "sc:Dataset"
    assert body["conformsTo"] == "http://mlcommons.org/croissant/1.1"
    assert body["name"] == one.root["title"]
    assert not any(key.startswith(("schema:", "cr:")) for key in body)


FROM_MODELS = [one for one in vocabulary().relations.values() if "Model" in (one.from_kinds or ["Model"])]

ODD = [
    {"type": "Model", "name": "a/b", "version": "1.0.0"},
    {"type": "Model", "name": "a/b", "version": "1.0.0-rc.1", "license": "https://example.org/licence", "publisher": ["A", "B"],
     "evaluation": [{"metric": "m"}, {"value": "0.5"}], "issued": "2023-04-05", "distribution": {"url": "https://example.org/f"},
     "upstream": [{"relation": one.key, "artifact": f"lab/{one.key}"} for one in FROM_MODELS]},
    {"type": "Dataset", "name": "a/b/c/d", "version": "1.0.0", "dataType": ["text", "odd"], "byteSize": 12, "title": "<b>\n\t\u202e",
     "upstream": [{"relation": "composedOf", "artifact": "https://example.org/data"}, {"relation": "labelledBy", "artifact": "hf/a/b"}]},
    {"type": "Application", "name": "a/app", "version": "1.0.0", "upstream": {"relation": "uses", "artifact": "a/b", "version": "^1"}},
]  # fmt: skip


# -- what others wrote


def counted(shared_data, folder, label):
    """Drafts and rows of the loss report, over all files of a folder."""
    files = sorted((shared_data / folder).glob("*.json"))
    translation = read(label, *(Document(path.read_bytes(), Media.JSONLD, path.name) for path in files))
    for draft in translation.drafts:
        Subject.of(draft.tree, BASE, vocabulary())
    unread = [row for row in translation.losses if row.why.startswith("not read")]
    return len(files), len(translation.drafts), len(unread), len(translation.losses)


def test_every_croissant_is_read(shared_data):
    assert counted(shared_data, "croissant", "croissant") == (32, 32, 69, 433)


def test_every_bill_of_materials_is_read(shared_data):
    assert counted(shared_data, "cyclonedx", "cyclonedx") == (5, 5, 3, 40)


def test_every_file_is_recognised_by_what_stands_in_it(shared_data):
    for folder, label in (("croissant", "croissant"), ("cyclonedx", "cyclonedx")):
        for path in sorted((shared_data / folder).glob("*.json")):
            assert recognised(Document(path.read_bytes(), Media.JSONLD, path.name)).label == label
    for path in sorted((shared_data / "modelrecords" / "repository").rglob("*.yaml")):
        assert recognised(Document(path.read_bytes(), Media.YAML, path.name)).label == "legacy"


@pytest.mark.parametrize("label", [label for label, row in FORMATS.items() if row.read and row.write])
def test_what_is_written_is_recognised(label):
    one = described(label)[0]
    for media in FORMATS[label].media:
        known = recognised(written(label, one, media)[0]).label
        assert known == {"cyclonedx-1.7": "cyclonedx", "jsonld": "yaml"}.get(label, label)


def test_legacy_records_are_written_and_read_again(shared_data):
    paths = sorted((shared_data / "modelrecords" / "repository").rglob("*.yaml"))
    drafts = read("legacy", *(Document(path.read_bytes(), Media.YAML, str(path)) for path in paths)).drafts
    assert len(drafts) == 88
    for draft in drafts[::8]:
        try:
            one = Subject.of(draft.tree, BASE, vocabulary())
        except UmrError:
            continue
        made, losses = written("legacy", one)
        name = one.name.removeprefix("umr/")
        (again,) = read("legacy", Document(made.body, Media.YAML, f"{name}/{name}-{one.version}.yaml")).drafts
        told = {row.property for row in losses}
        assert {key for key in one.root if key not in again.tree.root} <= told | {"@context"}


SPDX = {
    "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
    "@graph": [
        {
            "type": "ai_AIPackage",
            "spdxId": "urn:m",
            "name": "model",
            "software_packageVersion": "2.0",
            "ai_typeOfModel": ["CNN"],
            "suppliedBy": "urn:org",
        },
        {"type": "Organization", "spdxId": "urn:org", "name": "Some Lab"},
        {"type": "software_File", "spdxId": "urn:weights", "name": "weights.bin"},
        {"type": "software_File", "spdxId": "urn:rows", "name": "rows.csv"},
        {
            "type": "dataset_DatasetPackage",
            "spdxId": "urn:d",
            "name": "data",
            "dataset_datasetType": ["noAssertion"],
        },
        {"type": "Relationship", "from": "urn:m", "to": ["urn:weights"], "relationshipType": "contains"},
        {"type": "Relationship", "from": "urn:d", "to": ["urn:rows"], "relationshipType": "hasDataFile"},
        {"type": "Relationship", "from": "urn:weights", "to": ["urn:rows"], "relationshipType": "trainedOn"},
        {
            "type": "Relationship",
            "from": "urn:m",
            "to": ["https://huggingface.co/datasets/a/b"],
            "relationshipType": "finetunedOn",
        },
        {
            "type": "Relationship",
            "from": "https://huggingface.co/lab/base",
            "to": ["urn:m"],
            "relationshipType": "ancestorOf",
        },
        {"type": "Relationship", "from": "urn:m", "to": ["urn:l"], "relationshipType": "hasDeclaredLicense"},
        {
            "type": "simplelicensing_LicenseExpression",
            "spdxId": "urn:l",
            "simplelicensing_licenseExpression": "MIT",
        },
        {"type": "Relationship", "from": "urn:m", "to": ["urn:x"], "relationshipType": "amendedBy"},
    ],
}


def test_relationships_of_files_count_for_their_packages_and_names_of_3_1_are_read():
    translation = read("spdx", document(SPDX))
    data, model = roots(translation)
    assert (data["name"], model["name"], model["version"], model["revision"]) == (
        "spdx/data",
        "spdx/model",
        "2.0.0",
        "2.0",
    )
    assert (model["publisher"], model["license"]) == ("Some Lab", "MIT")
    assert links(model) == [
        ("trainedOn", "spdx/data"),
        ("finetunedOn", "hf/datasets/a/b"),
        ("basedOn", "hf/lab/base"),
    ]
    assert [row.why for row in translation.losses if "amendedBy" in row.why]


EXPANDED = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/"
LISTED = "https://spdx.org/licenses/"


def test_what_is_said_of_agents_and_files_is_listed_too():
    ann = {"@type": "Person", "name": "Ann", "email": "ann@example.org"}
    file = {
        "@type": "cr:FileObject",
        "name": "f",
        "contentUrl": "https://example.org/f",
        "contentSize": "12 KB",
    }
    said = {
        "@context": "http://mlcommons.org/croissant/1.1",
        "@type": "sc:Dataset",
        "name": "D",
        "description": "x",
        "creator": ann,
        "distribution": [file],
    }
    found = read(
        "croissant",
        document(
            {
                **said,
                "@context": ["http://mlcommons.org/croissant/1.1", {"cr": "http://mlcommons.org/croissant/"}],
            }
        ),
    )
    assert sorted(row.property for row in found.losses) == ["creator.email", "distribution[0].contentSize"]


def test_a_croissant_may_only_name_its_context():
    said = {
        "@context": "http://mlcommons.org/croissant/1.1",
        "@type": "sc:Dataset",
        "name": "D",
        "citeAs": "@misc{d}",
        "description": "x",
    }
    (root,) = roots(read("croissant", document(said)))
    assert (root["title"], root["citation"]) == ("D", "@misc{d}")


OF_SPDX = {
    "a listed one with its name": (
        [{"type": "expandedlicensing_ListedLicense", "spdxId": f"{LISTED}MIT", "name": "MIT License"}],
        f"{LISTED}MIT",
        {"license": "MIT"},
    ),
    "sets and an exception": (
        [
            {"type": "expandedlicensing_DisjunctiveLicenseSet", "spdxId": "urn:a", "expandedlicensing_member": [f"{LISTED}MIT", "urn:b"]},
            {"type": "expandedlicensing_ConjunctiveLicenseSet", "spdxId": "urn:b", "expandedlicensing_member": ["urn:c", "urn:d"]},
            {
                "type": "expandedlicensing_WithAdditionOperator",
                "spdxId": "urn:c",
                "expandedlicensing_subjectExtendableLicense": f"{LISTED}GPL-2.0-only",
                "expandedlicensing_subjectAddition": f"{LISTED}Classpath-exception-2.0",
            },
            {"type": "expandedlicensing_CustomLicense", "spdxId": "urn:d", "name": "Our own terms"},
        ],
        "urn:a",
        {"licenseExpression": "MIT OR (GPL-2.0-only WITH Classpath-exception-2.0 AND LicenseRef-Our-own-terms)"},
    ),
    "a set in itself": (
        [{"type": "expandedlicensing_DisjunctiveLicenseSet", "spdxId": "urn:a", "expandedlicensing_member": ["urn:a", f"{LISTED}MIT"]}],
        "urn:a",
        {"licenseExpression": ...},
    ),
    "none asserted": ([], f"{EXPANDED}NoAssertionLicense", {}),
    "none asserted, by its short name": ([], "expandedlicensing_NoAssertionLicense", {}),
    "none asserted, as an expression": (
        [{"type": "simplelicensing_LicenseExpression", "spdxId": "urn:a", "simplelicensing_licenseExpression": "NOASSERTION"}],
        "urn:a",
        {},
    ),
    "none": ([], f"{EXPANDED}NoneLicense", {}),
}  # fmt: skip


@pytest.mark.parametrize(("elements", "to", "expected"), OF_SPDX.values(), ids=OF_SPDX)
def test_licences_of_spdx_are_read_as_what_they_say(elements, to, expected):
    package = {"type": "ai_AIPackage", "spdxId": "urn:m", "name": "M"}
    says = {
        "type": "Relationship",
        "spdxId": "urn:r",
        "from": "urn:m",
        "relationshipType": "hasDeclaredLicense",
        "to": [to],
    }
    found = read(
        "spdx",
        document(
            {
                "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
                "@graph": [package, says, *elements],
            }
        ),
    )
    (root,) = roots(found)
    kept = {key: root[key] for key in ("license", "licenseExpression") if key in root}
    assert kept == expected or kept.keys() == {key for key, value in expected.items() if value is ...}
    assert any("no licence" in row.why for row in found.losses) is ("NoneLicense" in to)


@pytest.mark.parametrize("namespace", ["https://w3id.org/fair4ml#", "https://w3id.org/fair4ml/"])
def test_fair4ml_is_read_in_both_namespaces(namespace):
    turtle = f"""@prefix f: <{namespace}> . @prefix s: <http://schema.org/> .
    <https://huggingface.co/lab/m> a f:MLModel ; s:name "M" ; s:version "3" ; f:mlTask "a task" ;
        f:fineTunedFrom <https://huggingface.co/lab/base> ; f:trainedOn [ a s:Dataset ; s:url <https://example.org/data> ] ."""
    (root,) = roots(read("fair4ml", document(turtle, Media.TURTLE)))
    assert (root["name"], root["version"], root["title"], root["task"]) == (
        "hf/lab/m",
        "3.0.0",
        "M",
        "a task",
    )
    assert sorted(links(root)) == [
        ("fineTunedFrom", "hf/lab/base"),
        ("trainedOn", "https://example.org/data"),
    ]


def test_linked_data_is_read_by_its_own_context_and_nothing_is_fetched():
    foreign = {
        "@context": [
            "https://nowhere.invalid/context",
            {
                "f": "https://w3id.org/fair4ml#",
                "name": "https://schema.org/name",
                "on": {"@id": "f:trainedOn", "@type": "@id"},
            },
        ],
        "@graph": [
            {
                "@id": "https://example.org/m",
                "@type": "f:MLModel",
                "name": {"@value": "M"},
                "on": "https://example.org/d",
                "f:mlTask": ["a"],
            }
        ],
    }
    translation = read("fair4ml", document(foreign))
    (root,) = roots(translation)
    assert (root["title"], links(root)) == ("M", [("trainedOn", "https://example.org/d")])
    assert [row.why for row in translation.losses] == [
        "not read: this context is not bundled, and nothing is fetched"
    ]


WORDS = {
    "@vocab": "https://schema.org/",
    "fair4ml": "https://w3id.org/fair4ml#",
    "id": "@id",
    "type": "@type",
}
TUNED = "https://w3id.org/fair4ml#fineTunedFrom"
THIS = {"@id": "https://example.org/m", "@type": "fair4ml:MLModel", "name": "M", "version": "1.0.0"}
OTHER = {"@id": "https://example.org/b", "@type": "fair4ml:MLModel", "name": "B", "version": "2.0.0"}
DRESSED = {
    "keywords by other names": ({}, {"id": "urn:x", "type": "fair4ml:MLModel", "name": "X", "license": {"id": "https://spdx.org/licenses/MIT"}}),
    "texts by language": ({"description": {"@id": "schema:description", "@container": "@language"}, "schema": "https://schema.org/"},
                          {**THIS, "description": {"en": "Text", "de": ["Text", "Wort"], "@none": "None"}}),
    "texts by index": ({"keywords": {"@id": "https://schema.org/keywords", "@container": "@index"}},
                       {**THIS, "keywords": {"a": "x", "b": ["y", "z"]}}),
    "things by identifier": ({"author": {"@id": "https://schema.org/author", "@container": "@id"}},
                             {**THIS, "author": {"https://example.org/p": {"@type": "Person", "name": "Ann"}}}),
    "things by class": ({"author": {"@id": "https://schema.org/author", "@container": "@type"}},
                        {**THIS, "author": {"Person": {"name": "Ann"}}}),
    "said of it by others": ({}, {**OTHER, "@reverse": {"fair4ml:fineTunedFrom": THIS}}),
    "said of it by a word that leads back": ({"baseOf": {"@reverse": TUNED, "@type": "@id"}},
                                             {**OTHER, "baseOf": "https://example.org/m", "@included": THIS}),
    "nested in what means nothing": ({"about": "@nest"},
                                     {"@id": "urn:m", "@type": "fair4ml:MLModel", "about": {"name": "M", "about": {"version": "1.0.0"}}}),
    "identifiers from a base": ({"@base": "https://example.org/x/"}, {**THIS, "@id": "m", "fair4ml:fineTunedFrom": {"@id": "../b"}}),
    "words of one node alone": ({}, {"@graph": [
        {**OTHER, "@context": {"titel": "https://schema.org/alternateName"}, "titel": "Beh"}, {**THIS, "titel": "no"}]}),
    "words within a property": ({"publisher": {"@id": "https://schema.org/publisher", "@context": {"label": "https://schema.org/name"}}},
                                {**THIS, "publisher": {"label": "Lab", "@type": "Organization"}}),
    "words of a class": ({"Org": {"@id": "https://schema.org/Organization", "@context": {"label": "https://schema.org/name"}}},
                         {**THIS, "publisher": {"label": "Lab", "@type": "Org"}}),
    "lists": ({"author": {"@id": "https://schema.org/author", "@container": "@list"}},
              {**THIS, "author": [{"name": "Ann"}, {"name": "Bob"}]}),
    "a graph with a name": ({}, {"@graph": [{"@id": "urn:g", "@graph": [{**THIS, "description": "within"}]}]}),
    "one thing in two places": ({}, {"@graph": [{**THIS, "keywords": "x"},
        {**OTHER, "fair4ml:fineTunedFrom": {"@id": THIS["@id"], "keywords": ["x", "y"]}}]}),
    "nodes without names": ({}, {"@graph": [{**THIS, "@id": "_:a", "fair4ml:fineTunedFrom": {"@id": "_:b"}},
        {**OTHER, "@id": "_:b", "publisher": {"@id": "_:c"}},
                                            {"@id": "_:c", "name": "Lab"}]}),
    "things that say things of each other": ({}, {**THIS,
        "isPartOf": {**OTHER, "hasPart": {"@id": THIS["@id"], "isPartOf": {"@id": OTHER["@id"], "name": "B"}}}}),
    "a word that is to mean nothing": ({"description": None}, {**THIS, "description": "nothing", "license": "https://spdx.org/licenses/MIT"}),
}  # fmt: skip


@pytest.mark.parametrize(("words", "said"), DRESSED.values(), ids=DRESSED)
def test_json_ld_is_read_as_another_processor_reads_it(words, said):
    """However JSON-LD 1.1 puts it: the same drafts as of the triples that another program makes of it."""
    from pyld import jsonld

    whole = {"@context": {**WORDS, **words}, **said}
    quads = jsonld.to_rdf(whole, {"format": "application/n-quads"})
    triples = Document(quads.encode(), Media.NQUADS, "foreign.nq")
    ours, theirs = (
        [_sorted(root) for root in sorted(roots(read("fair4ml", one)), key=lambda root: root["title"])]
        for one in (document(whole), triples)
    )
    assert ours == theirs
    assert any(len(root) > 4 for root in ours) or "about" in said


def _sorted(value):
    if isinstance(value, dict):
        return {key: _sorted(one) for key, one in value.items()}
    return sorted(map(_sorted, value), key=str) if isinstance(value, list) else value


def test_an_agent_is_called_by_its_name_in_whatever_language():
    text = """@prefix dct: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> .
        @prefix dcat: <http://www.w3.org/ns/dcat#> . <https://e.example/d> a dcat:Dataset ; dct:title "D"@en ;
        dct:description "x"@en ; dct:publisher <https://e.example/p> . <https://e.example/p> foaf:name "Amt"@de ."""
    (root,) = roots(read("mldcat-ap", document(text, Media.TURTLE)))
    assert root["publisher"] == "Amt"


def test_mldcat_ap_2_is_read_too():
    turtle = """@prefix it6: <http://data.europa.eu/it6/> . @prefix dct: <http://purl.org/dc/terms/> .
    <https://example.org/m> a it6:MachineLearningModel ; dct:title "M" ; it6:version "1.2" ; it6:testedOn <https://example.org/d> ."""
    (root,) = roots(read("mldcat-ap", document(turtle, Media.TURTLE)))
    assert (root["version"], links(root)) == ("1.2.0", [("evaluatedOn", "https://example.org/d")])


KAGGLE = {
    "a model": (
        {"ownerSlug": "o", "slug": "m", "title": "M", "licenseName": "Apache 2.0", "isPrivate": False},
        "kaggle/o/m",
        [],
    ),
    "an instance": (
        {
            "ownerSlug": "o",
            "modelSlug": "m",
            "framework": "pytorch",
            "instanceSlug": "i",
            "modelInstanceType": "unspecified",
            "versionNumber": 3,
            "trainingData": ["a/data", "https://example.org/x"],
            "baseModelInstance": "p/n/pytorch/j",
            "externalBaseModelUrl": "https://huggingface.co/lab/base",
        },
        "kaggle/o/m/pytorch/i",
        [
            ("trainedOn", "kaggle/datasets/a/data"),
            ("trainedOn", "https://example.org/x"),
            ("fineTunedFrom", "kaggle/p/n/pytorch/j"),
            ("fineTunedFrom", "hf/lab/base"),
        ],
    ),
    "a dataset": (
        {"id": "o/d", "title": "D", "licenses": [{"name": "CC0-1.0"}], "keywords": ["k"]},
        "kaggle/datasets/o/d",
        [],
    ),
}


@pytest.mark.parametrize("case", KAGGLE)
def test_the_files_of_kaggle_are_read(case):
    said, name, upstream = KAGGLE[case]
    (root,) = roots(read("kaggle", document(said)))
    assert (root["name"], links(root)) == (name, upstream)


# -- what is wrong

BILL = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}


def model(name, **more):
    return {"type": "machine-learning-model", "name": name, "bom-ref": name, "version": "1.0.0", **more}


CYCLE = {
    **BILL,
    "components": [model("a"), model("b"), model("c")],
    "dependencies": [
        {"ref": "a", "dependsOn": ["b"]},
        {"ref": "b", "dependsOn": ["c"]},
        {"ref": "c", "dependsOn": ["a", "c"]},
    ],
}

FAULTS = {
    "a version that is not known": (
        "cyclonedx",
        {**BILL, "specVersion": "9.9", "components": [model("a")]},
        1,
        "this version is not known",
    ),
    "dependencies in a circle": ("cyclonedx", CYCLE, 3, "closes a circle"),
    "a dependency on itself": ("cyclonedx", CYCLE, 3, "nothing is made from itself"),
    "a dependency that is not there": (
        "cyclonedx",
        {**BILL, "components": [model("a")], "dependencies": [{"ref": "a", "dependsOn": ["z"]}]},
        1,
        "no component has this bom-ref",
    ),
    "a licence that is none": (
        "cyclonedx",
        {**BILL, "components": [model("a", licenses=[{"license": {"id": "No such! licence"}}])]},
        1,
        "taken as LicenseRef-No-such-licence",
    ),
    "a licence with an address beside its identifier": (
        "cyclonedx",
        {
            **BILL,
            "components": [
                model("a", licenses=[{"license": {"id": "MIT", "url": "https://example.org/licence"}}])
            ],
        },
        1,
        "not taken over",
    ),
    "texts that are numbers and lists": (
        "cyclonedx",
        {
            **BILL,
            "components": [model("a", description=[1, {}], publisher={"x": 1}, tags="one", modelCard=7)],
        },
        1,
        "a text is expected",
    ),
    "a component without a name": (
        "cyclonedx",
        {**BILL, "components": [{"type": "data"}, model("a")]},
        1,
        "the component has no name",
    ),
    "two of one name": (
        "cyclonedx",
        {**BILL, "components": [model("a"), model("a")]},
        2,
        "another thing in this document has this name",
    ),
    "bytes that are no JSON": ("cyclonedx", "{", 0, "not JSON"),
    "a key that stands twice": ("spdx", '{"@context": "x", "@context": "y"}', 0, "stands twice"),
    "a document that nests too deep": ("croissant", "[" * 100 + "]" * 100, 0, "nests deeper"),
    "XML with a document type": (
        "cyclonedx",
        '<!DOCTYPE x [<!ENTITY a "b">]><bom xmlns="http://cyclonedx.org/schema/bom/1.6">&a;</bom>',
        0,
        "XML is not read",
    ),
    "a property of a link whose name is a list": (
        "cyclonedx",
        {
            **BILL,
            "components": [
                model(
                    "a", pedigree={"ancestors": [{"name": "b", "properties": [{"name": [], "value": "x"}]}]}
                )
            ],
        },
        1,
        "not taken over",
    ),
    "a kept value that somebody spoilt": (
        "cyclonedx",
        {**BILL, "components": [model("a", properties=[{"name": "umr-ld:title", "value": "{"}])]},
        1,
        "nothing that was kept here",
    ),
    "a graph without a model": (
        "fair4ml",
        {"@context": {"@vocab": "https://schema.org/"}, "@type": "Person"},
        0,
        "nothing in the document",
    ),
    "turtle that is none": ("mldcat-ap", "@prefix", 0, "not JSON"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_wrong_is_told_with_its_place_and_the_rest_is_read(case):
    label, said, drafts, why = FAULTS[case]
    translation = read(label, document(said))
    assert len(translation.drafts) == drafts
    assert why in " | ".join(row.why for row in translation.losses)
    assert all(row.place.startswith("foreign.json") for row in translation.losses)
    for draft in translation.drafts:
        Subject.of(draft.tree, BASE, vocabulary())


def test_a_file_that_is_nothing_is_told_and_the_others_are_read():
    good = document({"ownerSlug": "o", "slug": "m", "title": "M"}, source="good.json")
    translation = read_any([[document({"some": "thing"}), good]], vocabulary())
    assert [root["name"] for root in roots(translation)] == ["kaggle/o/m"]
    assert ["no format is recognised" in row.why for row in translation.losses] == [True]


# -- mutations


def specimens():
    for label, row in FORMATS.items():
        if row.read and row.write:
            for one in described(label)[:40:13]:
                yield label, written(label, one)[0].body, row.media[0]
    yield "spdx", json.dumps(SPDX).encode(), Media.JSONLD
    yield "cyclonedx", json.dumps(CYCLE).encode(), Media.JSONLD
    for said, _, _ in KAGGLE.values():
        yield "kaggle", json.dumps(said).encode(), Media.JSONLD


JUNK = [
    None,
    True,
    0,
    -1.5,
    "",
    " ",
    "\u202e",
    "x" * 3000,
    [],
    {},
    [[]],
    [None],
    {"@id": 5},
    {"@value": {}},
    "urn:",
    "_:b",
    {"@id": "_:b"},
    "https://[",
    "a@b",
    ["1", 1],
]


def mutated(body, media, chance):
    """The document with a few bytes, or a few values of it, replaced."""
    if media is not Media.JSONLD or chance.random() < 0.3:
        made = bytearray(body)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(made))
            made[at : at + chance.randint(0, 3)] = bytes(
                chance.choices(b'"{}[]:,\\\x00\xff@<0a\n', k=chance.randint(0, 3))
            )
        return bytes(made)
    root = json.loads(body)
    for _ in range(chance.randint(1, 3)):
        node = root
        while isinstance(node, dict | list) and node:
            key = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if chance.random() < 0.4 or not isinstance(node[key], dict | list):
                node[key] = copy.deepcopy(chance.choice(JUNK))
                break
            node = node[key]
    return json.dumps(root).encode()


def mutate(number):
    chance = random.Random(20261125)
    given = list(specimens())
    for _ in range(number):
        label, body, media = chance.choice(given)
        spoilt = Document(mutated(body, media, chance), media, "spoilt")
        translation = read_any([[spoilt]], vocabulary(), chance.choice(["", label]))
        for draft in translation.drafts:
            try:
                one = Subject.of(draft.tree, BASE, vocabulary())
            except UmrError:
                continue
            target = chance.choice(list(FORMATS))
            if FORMATS[target].write and one.kind in FORMATS[target].kinds:
                FORMATS[target].write(one, FORMATS[target].media[0])


def test_a_thousand_spoilt_documents_break_nothing():
    mutate(1000)


@pytest.mark.slow
def test_ten_thousand_spoilt_documents_break_nothing():
    mutate(10_000)
