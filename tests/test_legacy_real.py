"""Real legacy records: all are taken, and show what the reference shows after its own merge."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from umr_ld.files import documents
from umr_ld.formats import legacy
from umr_ld.record import Node, shown
from umr_ld.registry import Registry
from umr_ld.vocab import vocabulary

PROFILES = "https://w3id.org/umr-ld/profiles/"
RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
OWN, INHERITED = 2130, 435
"""How many values the reference shows: stated by the record itself, and handed down."""


@pytest.fixture(scope="module")
def translation(shared_data):
    return legacy.read([documents([str(shared_data / "modelrecords" / "repository")])], vocabulary())


@pytest.fixture(scope="module")
def registry(translation):
    """A registry that holds all real legacy records."""
    with Registry.in_memory() as registry:
        imported = registry.import_trees(translation.drafts, agent="tester")
        assert not imported.refused, imported.refused[0].report.findings
        yield registry


@pytest.fixture(scope="module")
def merged(shared_data):
    """What the reference shows of each record, `name-version` to its values below `mr`."""
    return json.loads((shared_data / "modelrecords" / "merged.json").read_text(encoding="utf-8"))


def test_all_real_records_are_read(translation):
    kinds = Counter(draft.tree.root["type"] for draft in translation.drafts)
    links = [link for draft in translation.drafts for link in draft.tree.root.get("upstream", ())]
    assert kinds == {"Model": 40, "Dataset": 37, "Family": 11}
    assert len(links) == 85
    assert sum("version" in link for link in links) == 32
    assert not any("external" in link or "note" in link for link in links)


def test_all_that_is_odd_in_real_records_is_reported(translation):
    odd = Counter((loss.property, loss.value) for loss in translation.losses)
    assert odd == {
        ("mr.metadata.version", "1.0"): 13,
        ("mr.metadata.version", "2"): 2,
        ("mr.metadata.name", "bloomz-560m"): 1,
        ("mr.metadata.name", "MSVD"): 1,
    }


def test_real_upstreams_come_before_what_is_made_from_them(translation):
    order = {draft.tree.root["name"]: at for at, draft in enumerate(translation.drafts)}
    for draft in translation.drafts:
        for link in draft.tree.root.get("upstream", ()):
            assert order[link["artifact"]] < order[draft.tree.root["name"]]


@pytest.mark.parametrize("answers", ["drafts_merged", "effective"])
def test_every_value_that_the_reference_shows_is_shown_with_its_origin(request, answers, translation, merged):
    """Once by a merge written here from the definition, once by the registry: they agree on origins too."""
    shows = request.getfixturevalue(answers)
    drafts = {stem_of(draft): draft.tree.root for draft in translation.drafts}
    assert merged.keys() == drafts.keys()
    seen = Counter()
    for stem, record in merged.items():
        shown_here = shows(drafts[stem]["name"], drafts[stem]["version"])
        for key, value in expected(record):
            origin = nearest(drafts, stem, key, value)
            assert [one for held, one in shown_here.get(key, ()) if held == value] == [origin], (
                stem,
                key,
                value,
            )
            seen["own" if origin == stem else "inherited"] += 1
    assert seen == {"own": OWN, "inherited": INHERITED}


def stem_of(draft):
    return f"{draft.tree.root['name'].removeprefix('umr/')}-{draft.tree.root['version']}"


def expected(record):
    """Keys and values that the reference shows, as drafts write them."""
    rules = legacy.crosswalk()
    for path, value in paths(record):
        for one in value if isinstance(value, list) else [value]:
            if path in {"metadata.name", "metadata.version", "relations.upstream"} or one in (None, ""):
                continue
            rule = next(rule for rule in rules[f"mr.{path}"] if rule.when in {"", str(one).lower()})
            if rule.key == "answer":
                yield "answer", (rule.value, str(one))
            elif rule.key != "risk":
                yield rule.key, rule.value or str(one)


def paths(record, above=""):
    for key, value in record.items():
        if isinstance(value, dict):
            yield from paths(value, f"{above}{key}.")
        else:
            yield above + key, value


def stated(root, key):
    """The values of a draft's key, answers as pairs."""
    values = root.get(key, [])
    for value in values if isinstance(values, list) else [values]:
        yield (value["indicator"], value["value"]) if key == "answer" else value


def nearest(drafts, stem, key, value):
    """By the definition: the first draft, level by level, links in order, that states the value."""
    level = [stem]
    while level:
        for one in level:
            if value in stated(drafts[one], key):
                return one
        level = [f"{link['artifact'][4:]}-1.0.0" for one in level for link in drafts[one].get("upstream", ())]
    return None


@pytest.fixture(scope="module")
def drafts_merged(translation):
    """Effective values by a merge of drafts, level by level."""
    drafts = {(d.tree.root["name"], d.tree.root["version"]): d.tree.root for d in translation.drafts}

    def shows(name, version):
        held = {}
        level = [(name, version)]
        while level:
            for one in level:
                stem = f"{one[0][4:]}-{one[1]}"
                for key in drafts[one]:
                    before = [value[0] if key == "answer" else value for value, _ in held.get(key, ())]
                    fresh = [
                        value
                        for value in stated(drafts[one], key)
                        if not before or (key == "answer" and value[0] not in before)
                    ]
                    held.setdefault(key, []).extend((value, stem) for value in fresh)
            level = [(link["artifact"], "1.0.0") for one in level for link in drafts[one].get("upstream", ())]
        return held

    return shows


@pytest.fixture(scope="module")
def effective(registry):
    """Effective values by the registry, in the words of drafts."""
    shorten = {"publisher": f"{registry.base.iri}agent/", "questionSet": PROFILES, "answer": PROFILES}
    answer = [registry.vocabulary.term(key, "answer").iri for key in ("indicator", "value")]

    def word(key, value):
        if key == "answer":
            indicator, given = (shown(value.facts[iri][0]) for iri in answer)
            return indicator.removeprefix(PROFILES), given
        if key == "publisher":
            return (
                value.facts[RDFS_LABEL][0].value
                if isinstance(value, Node)
                else registry.base.agent_label(value.value)
            )
        return shown(value).removeprefix(shorten.get(key, ""))

    def shows(name, version):
        found = registry.show(f"{name}@{version}")
        held = {"type": [(found.record.kind, f"{name[4:]}-{version}")]}
        for iri, values in found.effective.values.items():
            if iri in registry.vocabulary.properties:
                key = registry.vocabulary.properties[iri].key
                held[key] = [
                    (word(key, one.value), f"{str(one.origin.name)[4:]}-{one.origin.version}")
                    for one in values
                ]
        return held

    return shows


def test_names_versions_and_risks_are_not_handed_down(effective):
    plip = effective("umr/plip", "1.0.0")
    assert "risk" not in plip
    assert "revision" not in effective("umr/mt5-base", "1.0.0")
    assert [value for value, _ in plip["title"]] == ["PLIP"]


def test_links_of_real_records_are_those_of_the_reference(registry, merged):
    for stem, record in merged.items():
        name, _, version = stem.rpartition("-")
        links = registry.get(f"umr/{name}@{version}").links
        items = (record.get("relations") or {}).get("upstream") or []
        assert [link.artifact for link in links] == [f"umr/{item.partition('>=')[0]}" for item in items]


def test_laion_5b_reaches_plip_and_rrt_mil_and_nothing_else(registry):
    ways = {
        str(hit.ref): [(str(hop.ref), hop.artifact) for hop in hit.path]
        for hit in registry.impact("umr/laion-5b")
    }
    last = ("umr/plip@1.0.0", "umr/laion-5b")
    assert ways == {
        "umr/plip@1.0.0": [last],
        "umr/rrt-mil@1.0.0": [("umr/rrt-mil@1.0.0", "umr/plip"), last],
    }


SCORES = {"umr/llama2": 54, "umr/bloomz": 53, "umr/palm2": 40}
"""What the index published for these in October 2023."""


@pytest.mark.parametrize(("name", "points"), SCORES.items(), ids=SCORES)
def test_real_answers_give_the_published_score(registry, name, points):
    (score,) = registry.show(name).scores
    assert (score.overall.yes, score.overall.answered, score.overall.total) == (points, 100, 100)


def test_a_model_without_answers_of_its_own_is_scored_by_its_familys(registry):
    (score,) = registry.show("umr/llama2-7b").scores
    assert score.overall.yes == 54
    assert not registry.show("umr/plip").scores
