"""Nothing vanishes silently: what stands in a foreign document is read, reported, or known to say nothing."""

from __future__ import annotations

import copy
import json
from fnmatch import fnmatchcase

import pytest
from converting import described, read, subject, written

from umr_ld.document import Document
from umr_ld.formats import FORMATS
from umr_ld.formats.draft import nodes
from umr_ld.formats.tabular import crosswalk_rows
from umr_ld.formats.unread import is_of_the_document, place_in
from umr_ld.media import Media
from umr_ld.tree import dotted

CROSSWALK = {"spdx": "spdx3", "cyclonedx-1.7": "cyclonedx"}
"""Format to what the crosswalks call it, where that differs."""

SAID_TWICE = {
    "*@id": "identifiers of nodes, which only the document uses",
    "*@type": "the classes of things whose place says what they are",
    "Organization.type": "it is an agent, whatever kind",
    "Person.type": "it is an agent, whatever kind",
    "*bom-ref": "identifiers of components, which only the document uses",
    "*.ancestors.*": "name and class of what a package URL names too",
    "*.ancestors.properties.value": "a mark that it is only mentioned, whatever it says",
    "*.datasets.type": "what a model is trained on is data",
    "*.software_primaryPurpose": "what the class of a package says too",
    "*.import.externalSpdxId": "what the relationships name too",
    "dct:identifier": "the name, which other terms have too",
    "./.*": "what stands at the record too",
    "https://*.license": "a licence by address and by name",
}
"""Places of which one value alone changes nothing, since it stands elsewhere too, with the reason."""

COMPONENT = {"type": "machine-learning-model", "name": "m", "bom-ref": "m", "version": "1.0.0"}
FOREIGN = {
    "a bill of materials that says who made it and what for": (
        "cyclonedx",
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "serialNumber": "urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            "version": 1,
            "metadata": {
                "timestamp": "2026-01-02T03:04:05Z",
                "tools": {"components": [{"type": "application", "name": "writer"}]},
                "supplier": {"name": "Some Lab"},
                "authors": [{"name": "Ann", "email": "ann@example.org"}],
                "component": {"type": "application", "name": "app", "bom-ref": "app", "purl": "pkg:pypi/app@2"},
            },
            "components": [
                {
                    **COMPONENT,
                    "supplier": {"name": "Lab", "url": ["https://example.org/"], "contact": [{"email": "a@b.c"}]},
                    "hashes": [{"alg": "SHA-256", "content": "a" * 64}, {"alg": "MD5", "content": "b" * 32}],
                    "swhid": ["swh:1:rev:1234"],
                    "pedigree": {
                        "ancestors": [
                            {
                                "type": "machine-learning-model",
                                "name": "base",
                                "version": "2.1.0",
                                "hashes": [{"alg": "SHA-1", "content": "c" * 40}],
                                "supplier": {"name": "Other Lab"},
                            }
                        ],
                        "variants": [{"type": "machine-learning-model", "name": "small"}],
                        "notes": "by hand",
                    },
                    "modelCard": {
                        "modelParameters": {
                            "datasets": [
                                {
                                    "type": "dataset",
                                    "name": "Rows",
                                    "classification": "public",
                                    "contents": {"url": "https://example.org/rows"},
                                    "governance": {"owners": [{"organization": {"name": "Owner"}}]},
                                }
                            ]
                        }
                    },
                }
            ],
            "dependencies": [{"ref": "app", "dependsOn": ["m"], "provides": ["m"]}, {"ref": "m"}],
        },
    ),
    "packages of SPDX with agents, files and what is said of relationships": (
        "spdx",
        {
            "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
            "@graph": [
                {
                    "type": "CreationInfo",
                    "@id": "_:c",
                    "specVersion": "3.0.1",
                    "created": "2026-01-02T03:04:05Z",
                    "createdBy": ["urn:org"],
                },
                {
                    "type": "SpdxDocument",
                    "spdxId": "urn:doc",
                    "name": "doc",
                    "comment": "made by hand",
                    "rootElement": ["urn:m"],
                },
                {
                    "type": "ai_AIPackage",
                    "spdxId": "urn:m",
                    "name": "model",
                    "creationInfo": "_:c",
                    "software_packageVersion": "2.0.0",
                    "software_packageUrl": "pkg:pypi/model@3.0.0",
                    "suppliedBy": "urn:org",
                    "originatedBy": ["urn:nobody"],
                    "verifiedUsing": [{"type": "Hash", "algorithm": "sha512", "hashValue": "d" * 128}],
                },
                {
                    "type": "Organization",
                    "spdxId": "urn:org",
                    "name": "Some Lab",
                    "externalIdentifier": [{"externalIdentifierType": "email", "identifier": "a@b.c"}],
                },
                {"type": "dataset_DatasetPackage", "spdxId": "urn:d", "name": "data", "software_packageVersion": "1.5.0"},
                {
                    "type": "Relationship",
                    "spdxId": "urn:r",
                    "from": "urn:m",
                    "to": ["urn:d"],
                    "relationshipType": "trainedOn",
                    "completeness": "incomplete",
                    "startTime": "2026-01-01T00:00:00Z",
                },
                {"type": "software_File", "spdxId": "urn:f", "name": "loose.bin", "software_copyrightText": "(c)"},
                {"type": "Annotation", "spdxId": "urn:a", "subject": "urn:m", "statement": "looked at"},
                {"type": "Relationship", "from": "urn:f", "to": ["urn:l"], "relationshipType": "hasDeclaredLicense"},
                {"type": "Relationship", "from": "urn:m", "to": ["urn:l"], "relationshipType": "hasDeclaredLicense"},
                {
                    "type": "simplelicensing_SimpleLicensingText",
                    "spdxId": "urn:l",
                    "name": "Own",
                    "simplelicensing_licenseText": "Do as you like.",
                },
            ],
        },
    ),
    "a description in several languages, of sets of files": (
        "croissant",
        {
            "@context": {"@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/"},
            "@type": "Dataset",
            "name": {"@value": "Zeilen", "@language": "de"},
            "description": [{"@value": "Rows", "@language": "en"}, {"@value": "Zeilen", "@language": "de"}],
            "creator": {"@type": "Person", "name": "Ann", "affiliation": {"@type": "Organization", "name": "Lab"}},
            "distribution": [
                {"@type": "cr:FileSet", "@id": "all", "name": "all", "encodingFormat": "text/csv"},
                {
                    "@type": "cr:FileObject",
                    "name": "f",
                    "contentUrl": "https://example.org/f",
                    "encodingFormat": ["text/csv", "text/plain"],
                },
            ],
        },
    ),
    "a crate with people and actions in it": (
        "ro-crate",
        {
            "@context": "https://w3id.org/ro/crate/1.2/context",
            "@graph": [
                {
                    "@id": "ro-crate-metadata.json",
                    "@type": "CreativeWork",
                    "about": {"@id": "./"},
                    "conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"},
                },
                {
                    "@id": "./",
                    "@type": "Dataset",
                    "name": "D",
                    "datePublished": "2026-01-02",
                    "author": {"@id": "#ann"},
                    "funder": {"@id": "#fund"},
                },
                {"@id": "#ann", "@type": "Person", "name": "Ann", "email": "ann@example.org"},
                {"@id": "#fund", "@type": "Organization", "name": "Fund"},
                {"@id": "#run", "@type": "CreateAction", "name": "run", "endTime": "2026-01-01"},
            ],
        },
    ),
    "statements by somebody in a role, on products with digests": (
        "openvex",
        {
            "@context": "https://openvex.dev/ns/v0.2.0",
            "@id": "https://example.org/vex/1",
            "author": "Ann",
            "role": "reviewer",
            "timestamp": "2026-01-02T03:04:05Z",
            "last_updated": "2026-01-03T03:04:05Z",
            "version": 2,
            "tooling": "writer",
            "statements": [
                {
                    "@id": "https://example.org/vex/1#a",
                    "vulnerability": {"name": "CVE-2026-1", "description": "bad", "aliases": ["GHSA-x"]},
                    "supplier": "Some Lab",
                    "products": [
                        {
                            "@id": "lab/m",
                            "identifiers": {"purl": "pkg:huggingface/lab/m", "cpe23": "cpe:2.3:a:b:c"},
                            "hashes": {"sha-256": "e" * 64},
                        }
                    ],
                    "status": "not_affected",
                    "justification": "component_not_present",
                },
                {"vulnerability": "CVE-2026-2", "products": ["lab/m"], "status": "fixed"},
            ],
        },
    ),
    "an instance on Kaggle": (
        "kaggle",
        {
            "ownerSlug": "o",
            "modelSlug": "m",
            "framework": "pytorch",
            "instanceSlug": "i",
            "isPrivate": True,
            "usage": "like this",
            "fineTunable": True,
            "modelInstanceType": "external variant",
        },
    ),
}  # fmt: skip

OURS = {
    f"{label}: {one.name}": (label, json.loads(written(label, one, Media.JSONLD)[0].body))
    for label, row in FORMATS.items()
    if row.read and row.write and Media.JSONLD in row.media and label not in {"jsonld", "yaml"}
    for one in described(label)[:70:69]
}


def leaves(value, path=()):
    """The plain values of a document, each with its path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [leaf for key, one in inner for leaf in leaves(one, (*path, key))]
    return found or [(path, value)]


def changed(root, path, *value):
    """A document with another value at a path, or none."""
    made = node = copy.deepcopy(root)
    for key in path[:-1]:
        node = node[key]
    if value:
        node[path[-1]] = value[0]
    else:
        del node[path[-1]]
    return made


def outcome(label, root):
    """What comes of a document: what the drafts say, but for the document itself, and the loss report."""
    translation = read(label, Document(json.dumps(root).encode(), Media.JSONLD, "foreign.json"))
    said = [{k: v for k, v in draft.tree.root.items() if k != "original"} for draft in translation.drafts]
    return json.dumps(said, default=str), translation.losses


def is_noticed(label, root, path, value):
    """Whether it makes a difference to the drafts or the report that a value is there, or is this one."""
    before = outcome(label, root)
    other = f"{value}x" if isinstance(value, str) else "something else"
    return any(outcome(label, made) != before for made in (changed(root, path), changed(root, path, other)))


def silent(label, root):
    """Places of a document that say something, which is neither read nor reported."""
    told = {row.property for row in outcome(label, root)[1]}
    for path, value in leaves(root):
        places = [place_in(root, path[:length]) for length in range(1, len(path) + 1)]
        if any(dotted(path[:length]) in told for length in range(1, len(path) + 1)):
            continue
        if any(is_of_the_document(CROSSWALK.get(label, label), place) for place in places):
            continue
        if any(fnmatchcase(places[-1], pattern) for pattern in SAID_TWICE):
            continue
        if not is_noticed(label, root, path, value):
            yield dotted(path)


@pytest.mark.parametrize("case", [*FOREIGN, *OURS])
def test_what_stands_in_a_document_is_read_or_reported_or_says_nothing_of_what_it_describes(case):
    label, root = {**FOREIGN, **OURS}[case]
    assert [*silent(label, root)] == []


def test_no_real_bill_of_materials_is_read_with_silence(shared_data):
    for path in sorted((shared_data / "cyclonedx").glob("*.json")):
        assert [*silent("cyclonedx", json.loads(path.read_bytes()))] == [], path.name


def test_no_real_croissant_is_read_with_silence(shared_data):
    for path in sorted((shared_data / "croissant").glob("*.json"))[::4]:
        if path.stat().st_size < 10_000:
            assert [*silent("croissant", json.loads(path.read_bytes()))] == [], path.name


def test_every_place_that_says_nothing_has_a_reason_and_a_format():
    known = {CROSSWALK.get(label, label) for label in FORMATS}
    for row in crosswalk_rows("unread"):
        assert row["format"] in known
        assert row["why"].endswith(".")


# -- versions of what is linked to

AT_VERSIONS = {
    "an ancestor in a bill of materials": ("a bill of materials that says who made it and what for", "cyclonedx/base", "2.1.0"),
    "a component that is depended on": ("a bill of materials that says who made it and what for", "cyclonedx/m", "1.0.0"),
    "a package that is described beside": (
        "packages of SPDX with agents, files and what is said of relationships", "spdx/data", "1.5.0"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", AT_VERSIONS)
def test_a_link_is_to_the_version_that_the_document_names(case):
    document, artifact, version = AT_VERSIONS[case]
    label, root = FOREIGN[document]
    drafts = read(label, Document(json.dumps(root).encode())).drafts
    found = [link for draft in drafts for link in nodes(draft.tree.root.get("upstream"))]
    assert [link.get("version") for link in found if link["artifact"] == artifact] == [version]


def test_a_package_url_that_gives_no_name_is_another_name_of_the_thing():
    label, root = FOREIGN["a bill of materials that says who made it and what for"]
    drafts = read(label, Document(json.dumps(root).encode())).drafts
    (app,) = [draft.tree.root for draft in drafts if draft.tree.root["type"] == "Application"]
    assert app["alsoKnownAs"] == "pkg:pypi/app@2"


def test_a_link_without_a_class_can_be_written():
    link = {"relation": "fineTunedFrom", "artifact": "a/c", "type": []}
    one = subject({"type": "Model", "name": "a/b", "version": "1.0.0", "upstream": [link]})
    assert [upstream["relation"] for upstream in one.links()] == ["fineTunedFrom"]


NO_LISTS = {
    "versions": {"versions": True},
    "events of a range": {"ranges": [{"type": "SEMVER", "events": 7}]},
}


@pytest.mark.parametrize("case", NO_LISTS)
def test_an_advisory_with_what_is_no_list_is_read_without_it(case):
    affected = {"package": {"ecosystem": "x", "name": "lab/m"}, **NO_LISTS[case]}
    said = {"id": "X-1", "modified": "2026-01-01T00:00:00Z", "affected": [affected]}
    (draft,) = read("osv", Document(json.dumps(said).encode())).drafts
    assert draft.tree.root["affects"][0]["artifact"] == "lab/m"
