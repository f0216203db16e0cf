"""Legacy records: what a file says arrives in the draft or in the loss report, never nowhere."""

from __future__ import annotations

import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umr_ld.document import Document
from umr_ld.errors import Malformed
from umr_ld.formats import FORMATS, format_named, legacy
from umr_ld.formats.loss import LossReport
from umr_ld.media import Media
from umr_ld.record import shown
from umr_ld.registry import Registry
from umr_ld.resources import resource
from umr_ld.scores import question_sets
from umr_ld.vocab import vocabulary

UNKNOWN = "https://w3id.org/umr-ld/legacy#"
PROFILES = "https://w3id.org/umr-ld/profiles/"


def document(source, text):
    return Document(text.encode(), Media.YAML, source)


def repository(name, **records):
    """Documents from `name_version: text of what stands below mr`."""
    return [
        document(f"{name}/{key}/{key}-1.0.0.yaml", json.dumps({"mr": {"type": "model", **record}}))
        for key, record in records.items()
    ]


def read(*repositories, rules=None):
    return legacy.read(repositories, vocabulary(), rules)


def read_one(**record):
    translation = read(repository("repo", this=record))
    return translation.drafts[0].tree.root, translation.losses


def root_of(translation, name):
    """The draft of a record, `umr/` left out of its name."""
    (root,) = (draft.tree.root for draft in translation.drafts if draft.tree.root["name"] == f"umr/{name}")
    return root


def upstream(*items):
    return {"relations": {"upstream": list(items)}}


# -- identity

IDENTITIES = {
    "folder and file": ("repo/plip/plip-1.0.0.yaml", "umr/plip", "1.0.0"),
    "a name that looks versioned": (
        "repo/LLaVA-1.6-Vicuna-13B/LLaVA-1.6-Vicuna-13B-1.0.0.yaml",
        "umr/LLaVA-1.6-Vicuna-13B",
        "1.0.0",
    ),
    "a name that ends like a version": ("repo/a-1.2.3/a-1.2.3-4.5.6.yaml", "umr/a-1.2.3", "4.5.6"),
    "a prerelease": ("repo/plip/plip-2.0.0-rc.1.yaml", "umr/plip", "2.0.0-rc.1"),
    "a file outside a folder of its own": ("cards/plip-1.0.0.yaml", "umr/plip", "1.0.0"),
    "a folder whose name begins the file's": ("bloom/bloom-7b1-1.0.0.yaml", "umr/bloom-7b1", "1.0.0"),
    "no version in the file's name": ("cards/plip.yaml", "umr/plip", "9.9.9"),
}


@pytest.mark.parametrize(("source", "name", "version"), IDENTITIES.values(), ids=IDENTITIES)
def test_the_path_of_the_file_is_the_identity(source, name, version):
    text = "mr: {type: model, metadata: {name: Another, version: 9.9.9}}"
    (draft,) = read([document(source, text)]).drafts
    assert (draft.tree.root["name"], draft.tree.root["version"]) == (name, version)
    assert draft.tree.root["title"] == "Another"


def test_a_version_within_that_differs_is_kept_as_a_label_and_reported():
    root, losses = read_one(metadata={"version": 2})
    assert (root["version"], root["revision"]) == ("1.0.0", "2")
    assert [(loss.property, loss.value) for loss in losses] == [("mr.metadata.version", "2")]


def test_a_version_within_that_agrees_says_nothing_new():
    root, losses = read_one(metadata={"version": "1.0.0"})
    assert "revision" not in root
    assert not losses


def test_a_file_without_any_version_is_reported_and_makes_no_record():
    translation = read([document("cards/plip.yaml", "mr: {type: model, metadata: {version: 1.0}}")])
    assert any("full version" in loss.why for loss in translation.losses)
    with Registry.in_memory() as registry:
        imported = registry.import_trees(translation.drafts, agent="tester")
    assert [finding.rule for finding in imported.refused[0].report] == ["version-missing"]


def test_a_title_that_is_the_name_of_another_record_is_kept_and_reported():
    files = repository("repo", vtt={"metadata": {"name": "msvd"}}, msvd={"metadata": {"name": "msvd"}})
    translation = read(files)
    assert [loss.place for loss in translation.losses] == ["repo/vtt/vtt-1.0.0.yaml:1"]
    assert {draft.tree.root["title"] for draft in translation.drafts} == {"msvd"}


# -- lineage

LINKS = {
    "a name alone covers all versions": ("bloom", {"artifact": "umr/bloom"}),
    "a lower bound": ("bloom>=1.0.0", {"artifact": "umr/bloom", "version": ">=1.0.0"}),
    "an upper bound with spaces": (" bloom <= 1.0.0 ", {"artifact": "umr/bloom", "version": "<= 1.0.0"}),
    "two equals signs": ("bloom==1.0.0", {"artifact": "umr/bloom", "version": "=1.0.0"}),
    "a version after a hyphen": ("bloom-1.0.0", {"artifact": "umr/bloom", "version": "1.0.0"}),
    "a name that ends like a version": ("swin-2.0.0", {"artifact": "umr/swin-2.0.0"}),
    "a range after an at sign": ("bloom@^1.0.0", {"artifact": "umr/bloom", "version": "^1.0.0"}),
    "several comparators": ("bloom>=1.0.0,<2.0.0", {"artifact": "umr/bloom", "version": ">=1.0.0 <2.0.0"}),
    "a name with hyphens and dots": ("LLaVA-1.6-Vicuna-13B", {"artifact": "umr/LLaVA-1.6-Vicuna-13B"}),
}


@pytest.mark.parametrize(("item", "link"), LINKS.values(), ids=LINKS)
def test_an_upstream_keeps_its_range(item, link):
    files = repository(
        "repo", **{"this": upstream(item), "bloom": {}, "swin-2.0.0": {}, "LLaVA-1.6-Vicuna-13B": {}}
    )
    translation = read(files)
    assert root_of(translation, "this")["upstream"] == [
        {"relation": "basedOn", **link, "inherit": True, "evidence": "declared"}
    ]
    assert not translation.losses


def test_topics_of_transparency_are_no_lineage():
    root, _ = read_one(upstream={"data_size": 1}, downstream={"change_log": 0}, model={"model_size": 1})
    assert "upstream" not in root
    assert {(one["indicator"], one["value"]) for one in root["answer"]} == {
        ("fmti-2023#data_size", "1"),
        ("fmti-2023#change_log", "0"),
        ("fmti-2023#model_size", "1"),
    }


def test_an_upstream_that_no_repository_has_is_external_and_reported():
    root, losses = read_one(**upstream("unheard-of"))
    assert root["upstream"][0]["external"] is True
    assert [loss.property for loss in losses] == ["mr.relations.upstream[0]"]


def test_a_range_that_cannot_be_read_covers_all_versions_and_stays_readable():
    files = repository("repo", this=upstream("bloom>=one"), bloom={})
    translation = read(files)
    (link,) = root_of(translation, "this")["upstream"]
    assert "version" not in link
    assert ">=one" in link["note"]
    assert [loss.value for loss in translation.losses] == ["bloom>=one"]


@given(
    st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefg"), max_size=4), max_size=7)
)
def test_upstreams_come_first_wherever_links_run_in_no_circle(graph):
    files = repository("repo", **{name: upstream(*above) for name, above in graph.items()})
    order = [draft.tree.root["name"].removeprefix("umr/") for draft in read(files).drafts]
    assert sorted(order) == sorted(graph)
    for name, above in graph.items():
        for one in graph.keys() & above:
            assert order.index(one) < order.index(name) or name in reachable(graph, one)


def reachable(graph, start):
    found, todo = set(), [start]
    while todo:
        fresh = set(graph.get(todo.pop(), ())) - found
        found |= fresh
        todo.extend(fresh)
    return found


# -- stacked repositories


def test_an_earlier_repository_hides_the_same_version_in_later_ones():
    ours = repository("ours", plip={"metadata": {"name": "Ours"}})
    theirs = repository("theirs", plip={"metadata": {"name": "Theirs"}}, clip={"metadata": {"name": "CLIP"}})
    translation = read(ours, theirs)
    assert {draft.tree.root["title"] for draft in translation.drafts} == {"Ours", "CLIP"}
    (loss,) = translation.losses
    assert loss.place == "theirs/plip/plip-1.0.0.yaml"
    assert "ours/plip/plip-1.0.0.yaml" in loss.why


def test_a_link_finds_its_record_in_any_repository_of_the_stack():
    translation = read(repository("ours", plip=upstream("clip")), repository("theirs", clip={}))
    assert "external" not in root_of(translation, "plip")["upstream"][0]


# -- nothing vanishes

KEPT = {
    "a path that no rule knows": ({"metadata": {"colour": "red"}}, "mr.metadata.colour", "red"),
    "a kind that no rule knows": ({"type": "gadget"}, "mr.type", "gadget"),
    "a question set that no rule knows": ({"question_sets": ["mine"]}, "mr.question_sets", "mine"),
    "a risk that is denied": ({"risk": {"csam": False}}, "mr.risk.csam", False),
    "a risk that no rule knows": ({"risk": {"bias": True}}, "mr.risk.bias", True),
    "an answer that is neither yes nor no": (
        {"model": {"model_size": "some"}},
        "mr.model.model_size",
        "some",
    ),
    "a question that is not in the set": ({"model": {"model_colour": 1}}, "mr.model.model_colour", "1"),
    "a reference that is no address": (
        {"metadata": {"refs": ["see paper"]}},
        "mr.metadata.refs",
        "see paper",
    ),
    "a reference to a mailbox": ({"metadata": {"refs": "mailto:a@b.c"}}, "mr.metadata.refs", "mailto:a@b.c"),
    "an upstream that is no name": (upstream(">=1.0.0"), "mr.relations.upstream", ">=1.0.0"),
    "an upstream as long as a book": (upstream("1.0.0-" * 99999), "mr.relations.upstream", "1.0.0-" * 99999),
    "an upstream that is an object": (upstream({"a": "b"}), "mr.relations.upstream", '{"a": "b"}'),
    "a truth value for a text": ({"metadata": {"name": True}}, "mr.metadata.name", True),
    "a key with spaces": ({"a b": "c"}, "mr.a%20b", "c"),
    "a list of lists": ({"odd": [["a"], "b"]}, "mr.odd", ['["a"]', "b"]),
}


@pytest.mark.parametrize(("record", "path", "value"), KEPT.values(), ids=KEPT)
def test_what_has_no_place_is_kept_as_unknown_and_reported(record, path, value):
    root, losses = read_one(**record)
    assert root[UNKNOWN + path] == value
    assert all(loss.why.endswith("kept as unknown") for loss in losses)
    assert len(losses) == (len(value) if isinstance(value, list) else 1)


@pytest.mark.parametrize("value", [None, "", "  ", [], {}, [None, ""]])
def test_what_states_nothing_is_left_out(value):
    root, losses = read_one(metadata={"description": value, "colour": value})
    assert root.keys() == {"@context", "name", "version", "type"}
    assert not losses


def test_facts_that_are_not_understood_are_published_and_given_back():
    translation = read(repository("repo", this={"metadata": {"colour": "red", "weight": 2.50}}))
    with Registry.in_memory() as registry:
        registry.import_trees(translation.drafts, agent="tester")
        facts = registry.get("umr/this").facts
    assert [shown(value) for value in facts[f"{UNKNOWN}mr.metadata.colour"]] == ["red"]
    assert [shown(value) for value in facts[f"{UNKNOWN}mr.metadata.weight"]] == ["2.5"]


KEYS = ["metadata", "name", "refs", "upstream", "wages", "relations", "risk", "csam", "tags", "type", "odd"]
SHAPES = st.recursive(
    st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(KEYS), SHAPES, max_size=5))
def test_every_value_arrives_in_the_draft(shape):
    numbers = count()

    def filled(value):
        if isinstance(value, dict):
            return {key: filled(one) for key, one in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else f"value-{next(numbers)}."

    record = json.dumps({"mr": filled(shape)})
    (draft,) = read([document("repo/this/this-1.0.0.yaml", record)]).drafts
    arrived = json.dumps(draft.tree.root)
    assert all(f"value-{number}." in arrived for number in range(next(numbers)))


UNREAD = {
    "not YAML": ("mr: [", "not YAML"),
    "an alias": ("mr: &x {type: model}\nb: *x", "anchors"),
    "a tag": ("mr: !!python/object:os.system {}", "tag"),
    "a duplicate key": ("mr:\n  type: model\n  type: dataset\n", "twice"),
    "too deep": ("mr: " + "[" * 5000, "deep"),
    "no record": ("model: {}", "`mr`"),
    "a text": ("mr", "`mr`"),
    "not UTF-8": ("mr: \udcff", "UTF-8"),
}


@pytest.mark.parametrize(("text", "why"), UNREAD.values(), ids=UNREAD)
def test_a_file_that_cannot_be_read_is_reported_and_the_others_are_taken(text, why):
    bad = Document(text.encode("utf-8", "surrogateescape"), Media.YAML, "repo/bad/bad-1.0.0.yaml")
    translation = read([bad, *repository("repo", good={})])
    assert [draft.tree.root["name"] for draft in translation.drafts] == ["umr/good"]
    (loss,) = translation.losses
    assert loss.why.startswith("not read: ")
    assert why in loss.why
    assert loss.place.startswith("repo/bad/bad-1.0.0.yaml")


def test_places_are_those_of_the_file():
    text = "mr:\n  type: model\n  metadata:\n    name: P\n    colour: red\n"
    text += "  relations:\n    upstream:\n      - clip\n      - eva\n"
    translation = read([document("repo/p/p-1.0.0.yaml", text)])
    line_of = translation.drafts[0].tree.line_of
    assert [
        line_of(("title",)),
        line_of(("upstream", 0, "version")),
        line_of(("upstream", 1)),
        line_of(("name",)),
    ] == [
        4,
        8,
        9,
        2,
    ]
    assert [loss.place.rpartition(":")[2] for loss in translation.losses] == ["5", "8", "9"]


def test_a_loss_names_place_path_value_and_reason():
    _, losses = read_one(metadata={"colour": "red"})
    assert str(losses.rows[0]) == (
        "repo/this/this-1.0.0.yaml:1: mr.metadata.colour 'red': "
        "no rule says what this path means; kept as unknown"
    )
    assert set(losses.rows[0].as_dict()) == {"property", "value", "why", "place"}
    assert len(losses + losses) == 2
    assert not LossReport()


# -- the rules are data

WHOLE = """
mr:
  type: dataset
  metadata:
    name: This
    version: '1'
    description: What it is.
    publisher: Somebody
    model_type: none
    architecture: " plain"
    release_date: 2021-06
    published: 2018
    refs: [https://example.org/a, https://example.org/b]
  tags: [open]
  question_sets: [fmti2023]
  relations: {upstream: [that>=1.0.0]}
  risk: {csam: true, nsfw: true, violence: true, legal: true}
  ethical_considerations: [careful]
  model: {asset_license: 1}
  downstream: {change_log: 0}
  upstream:
    data_size: true
    intended_use: [use]
    factors: [factor]
    evaluation_data: [tests]
    training_data: [books]
    additional_information: [more]
    recommendations: [do]
    ethical_considerations: [more careful]
    environmental: {refs: [https://example.org/c]}
"""


def test_every_key_of_a_legacy_record_has_its_key_in_the_draft():
    (draft,) = read([document("repo/this/this-1.0.0.yaml", WHOLE)]).drafts
    link = {"relation": "basedOn", "artifact": "umr/that", "version": ">=1.0.0"}
    assert draft.tree.root == {
        "@context": "https://w3id.org/umr-ld/context/v1",
        "type": "Dataset",
        "name": "umr/this",
        "version": "1.0.0",
        "title": "This",
        "revision": "1",
        "description": "What it is.",
        "publisher": "Somebody",
        "modelType": "none",
        "architecture": " plain",
        "issued": "2021-06",
        "published": "2018",
        "reference": ["https://example.org/a", "https://example.org/b"],
        "keyword": "open",
        "questionSet": "fmti-2023",
        "upstream": [{**link, "inherit": True, "evidence": "declared", "external": True}],
        "risk": ["csam", "sexual-content", "violent-content", "legal-exposure"],
        "ethicalConsideration": ["careful", "more careful"],
        "answer": [
            {"indicator": "fmti-2023#asset_license", "value": "1"},
            {"indicator": "fmti-2023#change_log", "value": "0"},
            {"indicator": "fmti-2023#data_size", "value": "1"},
        ],
        "intendedUse": "use",
        "factor": "factor",
        "evaluationData": "tests",
        "trainingData": "books",
        "additionalInformation": "more",
        "recommendation": "do",
        "environmentalReference": "https://example.org/c",
    }


def test_a_whole_record_can_be_published():
    translation = read([document("repo/this/this-1.0.0.yaml", WHOLE)])
    with Registry.in_memory() as registry:
        assert not registry.import_trees(translation.drafts, agent="tester").refused


def test_a_new_mapping_needs_no_code():
    table = resource("ontology/crosswalk/legacy.tsv").read_text(encoding="utf-8")
    rules = legacy.parse_crosswalk(
        table + "mr.metadata.licence\tMIT\tlicense\tMIT\t\nmr.metadata.home\t\thomepage\t\t\n"
    )
    record = {"metadata": {"licence": "MIT", "home": "https://example.org/"}}
    (draft,) = read(repository("repo", this=record), rules=rules).drafts
    assert (draft.tree.root["license"], draft.tree.root["homepage"]) == ("MIT", "https://example.org/")


def test_a_rule_whose_key_records_do_not_have_loses_nothing():
    rules = legacy.parse_crosswalk("legacy_path\tlegacy_value\tkey\tvalue\tnote\nmr.type\t\tcolour\t\t\n")
    (draft,) = read(repository("repo", this={}), rules=rules).drafts
    assert draft.tree.root[f"{UNKNOWN}mr.type"] == "model"


def test_every_rule_names_a_key_of_records():
    keys = {rule.key for rules in legacy.crosswalk().values() for rule in rules}
    assert all(key == "type" or vocabulary().term(key, None) is not None for key in keys)


def test_every_question_is_answered_by_one_path_and_every_path_asks_a_question():
    answers = [rule.value for rules in legacy.crosswalk().values() for rule in rules if rule.key == "answer"]
    questions = question_sets()[f"{PROFILES}fmti-2023"].questions
    assert sorted(PROFILES + answer for answer in answers) == sorted(question.iri for question in questions)


def test_formats_are_found_by_name():
    assert format_named("legacy").read is legacy.read
    assert all(label == row.label and (row.read or row.write) for label, row in FORMATS.items())
    with pytest.raises(Malformed, match="no format"):
        format_named("papyrus")
