"""The catalogue as harvesters check it: what DCAT-AP 3.0.0 demands of each class is there, and nothing is made up."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from drafts import draft

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.settings import Settings

CONFIGURED = Settings(
    publisher="Board of Records",
    contact="mailto:records@lab.example",
    metadata_license="https://spdx.org/licenses/CC0-1.0",
    public="https://records.example/",
)
PREFIXES = """
PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/>
PREFIX foaf: <http://xmlns.com/foaf/0.1/> PREFIX vcard: <http://www.w3.org/2006/vcard/ns#>
"""
FILES = [
    {"url": "https://lab.example/words.csv", "mediaType": "text/csv"},
    {"accessUrl": "https://lab.example/words"},
    {"fileName": "nowhere.bin"},
]


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        words = {"title": "Words", "description": "Words of a language.", "keyword": ["language"]}
        opened.publish(
            [
                draft(
                    "lab/words@1.0.0",
                    kind="Dataset",
                    license="MIT",
                    publisher="A Lab",
                    distribution=FILES,
                    **words,
                ),
                draft("lab/m@1.0.0", "trainedOn lab/words", title="M"),
            ],
            agent="test",
        )
        yield opened


def catalogue(registry, settings):
    answer = create_app(registry, settings).test_client().get("/catalog.ttl")
    store = ox.Store()
    store.bulk_load(answer.data, ox.RdfFormat.TURTLE)
    return store


@pytest.fixture(scope="module")
def stated(registry):
    return catalogue(registry, CONFIGURED)


def subjects(store, kind):
    return {row["s"].value for row in store.query(f"{PREFIXES} SELECT ?s {{ ?s a {kind} }}")}


DEMANDED = {
    "dcat:Catalog": ("dct:title", "dct:description", "dct:publisher"),
    "dcat:DataService": ("dct:title", "dcat:endpointURL"),
    "dcat:Distribution": ("dcat:accessURL",),
    "dcat:Dataset": ("dct:title", "dct:description"),
    "foaf:Agent": ("foaf:name",),
}
OF_ALL = ("dct:license", "dcat:contactPoint")
SERVED = ("dcat:endpointDescription", "dcat:servesDataset", "dct:publisher", "dcat:theme", "dct:conformsTo")
RECOMMENDED = {
    "dcat:Catalog": (
        "dcat:dataset",
        "dcat:service",
        "foaf:homepage",
        "dct:language",
        "dct:modified",
        *OF_ALL,
    ),
    "dcat:DataService": (*SERVED, *OF_ALL),
    "dcat:Dataset": ("dcat:distribution", "dct:publisher", "dct:conformsTo"),
    "dcat:Distribution": ("dct:license",),
}


@pytest.mark.parametrize("rows", [DEMANDED, RECOMMENDED], ids=["demanded", "recommended"])
def test_each_thing_of_a_class_says_what_is_asked_of_it(stated, rows):
    for kind, names in rows.items():
        found = subjects(stated, kind)
        assert found, kind
        for subject in found:
            for name in names:
                assert stated.query(f"{PREFIXES} ASK {{ <{subject}> {name} ?o }}"), (subject, name)


CLASSES = {
    "dct:publisher": "foaf:Agent",
    "dcat:contactPoint": "vcard:Kind",
    "dct:license": "dct:LicenseDocument",
    "dcat:distribution": "dcat:Distribution",
    "dcat:service": "dcat:DataService",
    "dcat:dataset": "dcat:Dataset",
    "dcat:servesDataset": "dcat:Dataset",
}


@pytest.mark.parametrize(("name", "kind"), CLASSES.items())
def test_what_a_property_leads_to_is_of_its_class(stated, name, kind):
    rows = list(stated.query(f"{PREFIXES} SELECT ?o {{ ?s {name} ?o }}"))
    assert rows
    assert {row["o"].value for row in rows} <= subjects(stated, kind)


def test_a_dataset_says_what_its_record_states_and_where_its_files_are(stated, registry):
    words = registry.base.record("lab/words@1.0.0")
    rows = stated.query(
        f"{PREFIXES} SELECT ?a ?m {{ <{words}> dcat:distribution ?d . ?d dcat:accessURL ?a "
        "OPTIONAL { ?d dcat:mediaType ?m } } ORDER BY ?a"
    )
    assert [(row["a"].value, getattr(row["m"], "value", "")) for row in rows] == [
        ("https://lab.example/words", ""),
        ("https://lab.example/words.csv", "https://www.iana.org/assignments/media-types/text/csv"),
    ]
    assert stated.query(
        f'{PREFIXES} ASK {{ <{words}> dct:description "Words of a language." ; dcat:keyword "language" ; '
        'dct:publisher/foaf:name "A Lab" }'
    )


def test_services_are_where_the_deployment_says_that_people_reach_it(stated):
    assert subjects(stated, "dcat:DataService") == {
        "https://records.example/sparql",
        "https://records.example/api/v1",
    }


def test_what_a_service_says_of_itself_is_there(registry):
    client = create_app(registry).test_client()
    for row in catalogue(registry, None).query(f"{PREFIXES} SELECT ?d {{ ?s dcat:endpointDescription ?d }}"):
        assert client.get(row["d"].value.removeprefix("http://localhost")).status_code == 200


def test_who_publishes_the_registry_is_not_made_up(registry):
    store = catalogue(registry, None)
    for name in ("dct:publisher", "dct:license", "dcat:contactPoint"):
        assert not store.query(f"{PREFIXES} ASK {{ ?c a dcat:Catalog ; {name} ?o }}"), name


def test_the_description_of_the_whole_names_who_publishes_it_too(registry):
    answer = create_app(registry, CONFIGURED).test_client().get("/void")
    assert "Board of Records" in answer.text
    assert "mailto:records@lab.example" in answer.text
