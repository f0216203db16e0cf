"""The shipped records, read as plain JSON: what holds for the set as a whole."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from umr_ld.names import Name
from umr_ld.ranges import Range
from umr_ld.versions import Version
from umr_ld.vocab import vocabulary

FOLDER = Path(__file__).resolve().parents[1] / "records"
CONTEXT = "https://w3id.org/umr-ld/context/v1"
EXAMPLE = "example/"

RECORDS = {
    path.relative_to(FOLDER).with_suffix("").as_posix(): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted(FOLDER.rglob("*.jsonld"))
}
"""Path below the folder, without suffix, to the record."""

LINKS = [(path, link) for path, record in RECORDS.items() for link in record.get("upstream", [])]


def versions_of(name):
    return sorted(Version.parse(record["version"]) for record in RECORDS.values() if record["name"] == name)


def kinds_of(name):
    return {record["type"] for record in RECORDS.values() if record["name"] == name}


def meant(link):
    """The shipped versions that a link covers."""
    range_ = Range.parse(link.get("version", "*"))
    return [version for version in versions_of(link["artifact"]) if version in range_]


def shown(path, link):
    return f"{path}: {link['relation']} {link['artifact']}"


# -- identity


def test_at_least_sixty_records_are_shipped():
    assert len(RECORDS) >= 60


@pytest.mark.parametrize("path", RECORDS)
def test_the_path_is_the_identity(path):
    assert path == f"{RECORDS[path]['name']}/{RECORDS[path]['version']}"


@pytest.mark.parametrize("path", RECORDS)
def test_a_record_names_the_context_first_and_leaves_its_identifier_to_the_registry(path):
    assert next(iter(RECORDS[path].items())) == ("@context", CONTEXT)
    assert "id" not in RECORDS[path]


def test_no_two_names_are_easily_taken_for_one_another():
    names = {record["name"] for record in RECORDS.values()}
    plain = Counter(name.casefold().translate(str.maketrans("", "", "-_.")) for name in names)
    alike = Counter(Name.parse(name).skeleton for name in names)
    assert [name for name, count in (plain | alike).items() if count > 1] == []


def test_every_record_has_a_title_of_its_own_unless_it_is_another_version():
    titles = {(record["title"], record["name"]) for record in RECORDS.values()}
    repeated = [title for title, count in Counter(title for title, _ in titles).items() if count > 1]
    assert repeated == []


def test_several_artifacts_have_more_than_one_version():
    counts = Counter(record["name"] for record in RECORDS.values())
    assert sum(1 for count in counts.values() if count > 1) >= 4


def test_versions_of_an_artifact_differ_in_more_than_their_number():
    seen = [json.dumps({**record, "version": ""}, sort_keys=True) for record in RECORDS.values()]
    assert len(seen) == len(set(seen))


# -- links


def test_every_upstream_has_a_record_or_is_declared_external():
    names = {record["name"] for record in RECORDS.values()}
    assert [shown(*at) for at in LINKS if at[1]["artifact"] not in names and not at[1].get("external")] == []


def test_nothing_that_has_a_record_is_declared_external():
    names = {record["name"] for record in RECORDS.values()}
    assert [shown(*at) for at in LINKS if at[1]["artifact"] in names and at[1].get("external")] == []


def test_every_link_covers_a_shipped_version():
    assert [shown(*at) for at in LINKS if not at[1].get("external") and not meant(at[1])] == []


def test_every_link_says_how_it_is_known():
    """Declared links name where; inferred ones say who concluded it and how; what is invented says so."""
    silent = [
        shown(path, link)
        for path, link in LINKS
        if link.get("evidence") not in {"declared", "inferred", "verified"}
        or not (link.get("source") or link.get("evidenceMethod"))
        or (link["evidence"] == "inferred" and not (link.get("evidenceAgent") and link.get("evidenceMethod")))
        or (link["evidence"] == "declared" and not link.get("source") and not path.startswith(EXAMPLE))
    ]
    assert silent == []


def test_relations_join_the_kinds_they_may_join():
    relations = vocabulary().relations
    wrong = []
    for path, link in LINKS:
        relation = relations[link["relation"]]
        starts = not relation.from_kinds or RECORDS[path]["type"] in relation.from_kinds
        leads = not relation.to_kinds or kinds_of(link["artifact"]) <= set(relation.to_kinds)
        if not (starts and leads):
            wrong.append(shown(path, link))
    assert wrong == []


def test_no_record_is_made_from_itself():
    """Taking away what has no upstream left, again and again, leaves nothing (Kahn's algorithm)."""
    above = {
        path: {
            f"{link['artifact']}/{version}" for link in record.get("upstream", []) for version in meant(link)
        }
        for path, record in RECORDS.items()
    }
    while free := {path for path, parents in above.items() if not parents}:
        above = {path: parents - free for path, parents in above.items() if path not in free}
    assert sorted(above) == []


def test_every_family_has_a_member_that_inherits_from_it():
    families = {record["name"] for record in RECORDS.values() if record["type"] == "Family"}
    inherited = {
        link["artifact"] for _, link in LINKS if link["relation"] == "memberOf" and link.get("inherit")
    }
    assert families == inherited


def test_results_are_on_datasets_that_the_record_links_to():
    adrift = [
        f"{path}: {result['dataset']}"
        for path, record in RECORDS.items()
        for result in record.get("evaluation", [])
        if "dataset" in result
        and result["dataset"]
        not in {link["artifact"] for link in record.get("upstream", []) if link["relation"] == "evaluatedOn"}
    ]
    assert adrift == []


# -- facts


def test_every_record_but_the_example_names_its_sources():
    assert [path for path, record in RECORDS.items() if not record.get("source")] == [
        path for path in RECORDS if path.startswith(EXAMPLE)
    ]


def test_only_the_example_is_invented_and_it_says_so():
    examples = [record for path, record in RECORDS.items() if path.startswith(EXAMPLE)]
    assert [record["type"] for record in examples] == ["Application"]
    assert all(record["title"].startswith("Example: ") for record in examples)
    assert all("invented" in record["description"].casefold() for record in examples)
    others = [record for path, record in RECORDS.items() if not path.startswith(EXAMPLE)]
    assert not any(record["title"].startswith("Example") for record in others)
    assert "Application" not in {record["type"] for record in others}


def test_a_risk_is_left_to_advisories():
    kinds = {record["type"] for record in RECORDS.values() if "risk" in record}
    assert kinds == {"Advisory"}


def test_numbers_are_written_as_texts():
    """So that no reader of JSON can round them."""

    def numbers(value):
        if isinstance(value, dict | list):
            inner = value.values() if isinstance(value, dict) else value
            return any(numbers(one) for one in inner)
        return isinstance(value, int | float) and not isinstance(value, bool)

    assert [path for path, record in RECORDS.items() if numbers(record)] == []


# -- the question that must always have its answer


def test_what_laion_5b_reaches():
    below = {"laion/laion-5b"}
    while True:
        found = {RECORDS[path]["name"] for path, link in LINKS if link["artifact"] in below}
        if found <= below:
            break
        below |= found
    assert {"vinid/plip", "dearcaat/rrt-mil", "example/hospital-pathology-assistant"} <= below
    assert not any(name.startswith(("bigscience/", "meta-llama/", "lmsys/")) for name in below)
