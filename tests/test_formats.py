"""Foreign formats: what is written comes back the same, or the report names it; what is foreign is read or listed."""

from __future__ import annotations

import csv
import json

import pytest
from converting import BASE, corpus, described, digest, read, stripped, subject, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from umr_ld.document import Document
from umr_ld.formats import FORMATS, crosswalk
from umr_ld.formats.crosswalk import relation_read, relations_of, rules_of
from umr_ld.formats.draft import nodes
from umr_ld.media import Media
from umr_ld.reading import read_tree
from umr_ld.resources import resource
from umr_ld.vocab import vocabulary

KEEPING = [
    (label, media)
    for label, row in FORMATS.items()
    if row.read and row.write and row.keeps
    for media in row.media
]
LOSING = [
    label
    for label, row in FORMATS.items()
    if row.read and row.write and not row.keeps and label not in {"yaml", "jsonld"}
]
OWN = [("yaml", Media.YAML), ("jsonld", Media.JSONLD)]


# -- there and back


@pytest.mark.parametrize(("label", "media"), [*KEEPING, *OWN])
def test_a_shipped_record_comes_back_as_it_was(label, media):
    for one in described(label)[::7]:
        assert_comes_back(label, one, media)


@pytest.mark.slow
@pytest.mark.parametrize(("label", "media"), [*KEEPING, *OWN])
def test_every_shipped_record_comes_back_as_it_was(label, media):
    for one in described(label):
        assert_comes_back(label, one, media)


def assert_comes_back(label, one, media):
    document, _ = written(label, one, media)
    translation = read(label, document)
    assert [str(row) for row in translation.losses] == []
    (draft,) = translation.drafts
    assert digest(draft.tree) == digest(one.minted.tree), (label, one.name)


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
).filter(lambda text: text.strip() and text.strip() != "noAssertion")
ADDRESSES = st.sampled_from(
    ["https://example.org/a", "https://huggingface.co/a/b", "urn:x:y", "https://example.org/%C3%A4?q=1#f"]
)
ARTIFACTS = st.sampled_from(
    ["lab/a", "lab/b", "hf/owner/name", "hf/datasets/owner/name", "https://example.org/data"]
)


def several(values):
    return st.lists(values, min_size=1, max_size=3, unique=True)


@st.composite
def drafts(draw):
    """Records of any kind that formats describe, with hostile texts."""
    kind = draw(st.sampled_from(["Model", "Dataset", "Software", "Application", "Family"]))
    relations = [
        one.key for one in vocabulary().relations.values() if not one.from_kinds or kind in one.from_kinds
    ]
    link = st.fixed_dictionaries(
        {"relation": st.sampled_from(relations), "artifact": ARTIFACTS},
        optional={
            "version": st.just("^1.0.0"),
            "inherit": st.booleans(),
            "note": TEXTS,
            "external": st.just(True),
        },
    )
    facts = st.fixed_dictionaries(
        {},
        optional={
            "title": TEXTS,
            "description": several(TEXTS),
            "keyword": several(TEXTS),
            "note": several(TEXTS),
            "publisher": several(TEXTS),
            "creator": several(TEXTS),
            "homepage": ADDRESSES,
            "repository": several(ADDRESSES),
            "alsoKnownAs": several(ADDRESSES),
            "issued": st.sampled_from(["2023", "2023-04", "2023-04-05"]),
            "language": several(TEXTS),
            "license": st.sampled_from(["MIT", "Apache-2.0", "https://example.org/licence", "NoSuchLicence"]),
            "licenseExpression": st.sampled_from(["MIT OR Apache-2.0", "LicenseRef-own", "not a licence"]),
            "task": several(TEXTS),
            "limitation": several(TEXTS),
            "bias": several(TEXTS),
            "parameterCount": st.just(7),
            "dataType": several(st.sampled_from(["text", "image", "odd"])),
            "recordCount": st.just(10**20),
            "byteSize": st.just(12),
            "evaluation": st.lists(
                st.fixed_dictionaries(
                    {"metric": TEXTS}, optional={"value": st.just("0.50"), "slice": TEXTS, "note": TEXTS}
                ),
                min_size=1,
                max_size=3,
            ),
            "activity": st.lists(
                st.fixed_dictionaries(
                    {"label": TEXTS},
                    optional={"startedAt": st.just("2023-04-05"), "emissions": st.just("1.5")},
                ),
                min_size=1,
                max_size=2,
            ),
            "distribution": st.lists(
                st.fixed_dictionaries(
                    {}, optional={"url": ADDRESSES, "sha256": st.just("a" * 64), "fileName": TEXTS}
                ),
                min_size=1,
                max_size=2,
            ),
            "hyperparameter": st.lists(
                st.fixed_dictionaries({"label": TEXTS}, optional={"value": TEXTS}), min_size=1, max_size=2
            ),
            "https://example.org/odd": st.one_of(TEXTS, st.integers(), st.booleans()),
            "upstream": st.lists(link, min_size=1, max_size=4),
        },
    )
    return {
        "type": kind,
        "name": draw(st.sampled_from(["lab/x", "hf/owner/x", "kaggle/o/m/pytorch/i"])),
        "version": "1.2.3",
        **draw(facts),
    }


@given(drafts(), st.sampled_from([*KEEPING, *OWN]))
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
def test_a_made_up_record_comes_back_as_it_was(draft, way):
    assert_all_come_back(draft, [way])


@pytest.mark.parametrize(
    "text", ["schema:", "schema:name", "dct:conformsTo", "umr:kept", "@id", "_:b0", "https:"]
)
def test_a_text_that_looks_like_a_term_stays_a_text(text):
    draft = {"type": "Model", "name": "lab/x", "version": "1.2.3", "title": text, "description": text}
    assert_all_come_back(draft, [*KEEPING, *OWN])


@pytest.mark.slow
@given(drafts())
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_many_made_up_records_come_back_as_they_were(draft):
    assert_all_come_back(draft, [*KEEPING, *OWN])


def assert_all_come_back(draft, ways):
    one = subject(draft)
    for label, media in ways:
        if one.kind in FORMATS[label].kinds:
            document, _ = written(label, one, media)
            drafts = read(label, document).drafts
            assert [digest(found.tree) for found in drafts] == [digest(one.minted.tree)], label


@pytest.mark.parametrize("label", LOSING)
def test_a_format_that_keeps_nothing_names_every_key_that_does_not_come_back(label):
    row = FORMATS[label]
    for one in described(label)[::3]:
        document, losses = written(label, one)
        document = Document(
            document.body, document.media, f"{one.name}/{one.name.rpartition('/')[2]}-{one.version}.yaml"
        )
        (draft,) = read(label, document).drafts
        named = {loss.property.partition("[")[0] for loss in losses}
        for key in one.root.keys() - {"@context", "type"}:
            assert key in named or plain(draft.tree.root.get(key)) == plain(one.root[key]), key
        lost = set(row.lost(vocabulary()))
        assert named <= lost | row.says() | {"name", "version"}
        assert not lost & draft.tree.root.keys()


def plain(value):
    return value if isinstance(value, list) else [value]


# -- relations


with resource("ontology/crosswalk/relations.tsv").open(encoding="utf-8") as table:
    RELATIONS = list(csv.DictReader(table, delimiter="\t"))

IN_TABLE = {
    "cyclonedx": "cyclonedx",
    "cyclonedx-1.7": "cyclonedx",
    "spdx": "spdx3",
    "fair4ml": "fair4ml",
    "mldcat-ap": "mldcat-ap",
    "croissant": "croissant",
    "ro-crate": "ro-crate",
    "prov": "prov",
    "kaggle": "kaggle",
}
"""Format to what the table calls it."""

BOTH_WAYS = [
    (label, key, kind)
    for label, name in IN_TABLE.items()
    for key in relations_of(name)
    for kind in [
        next((k for k in FORMATS[label].kinds if k in (vocabulary().relations[key].from_kinds or {k})), "")
    ]
    if kind
]


@pytest.mark.parametrize(("label", "key", "kind"), BOTH_WAYS)
def test_a_relation_is_written_in_the_words_of_the_table_and_read_again_as_it_says(label, key, kind):
    one = subject(
        {
            "type": kind,
            "name": "kaggle/o/m/pytorch/i" if label == "kaggle" else "lab/x",
            "version": "1.0.0",
            "upstream": {
                "relation": key,
                "artifact": "kaggle/p/n/pytorch/j" if label == "kaggle" else "lab/above",
            },
        }
    )
    document, _ = written(label, one, Media.JSONLD)
    (draft,) = read(label, Document(stripped(document.body))).drafts
    words = relations_of(IN_TABLE[label])[key]
    expected = relation_read(IN_TABLE[label], words.term, words.role)
    allowed = vocabulary().relations[expected].from_kinds
    (link,) = nodes(draft.tree.root["upstream"])
    assert link["relation"] == (expected if not allowed or kind in allowed else "basedOn")
    assert words.is_read == (expected == key)


WITHOUT_WORDS = {("ro-crate", key) for key in ("validatedOn", "evaluatedOn", "labelledBy", "filteredBy")}
"""What a format cannot say at all."""


def test_every_relation_has_a_row_for_every_format_that_describes_where_it_starts():
    for label, name in IN_TABLE.items():
        for one in vocabulary().relations.values():
            starts = not one.from_kinds or one.from_kinds & set(FORMATS[label].kinds)
            if starts and (label, one.key) not in WITHOUT_WORDS and label != "kaggle":
                assert one.key in relations_of(name), (label, one.key)


def test_every_row_of_relations_names_one_and_each_word_is_read_as_one():
    assert {row["relation"] for row in RELATIONS} <= set(vocabulary().relations)
    for name in {row["format"] for row in RELATIONS}:
        read_as = [
            (row["term"], row["role"]) for row in RELATIONS if row["format"] == name and row["read"] == "yes"
        ]
        assert len(read_as) == len(set(read_as)), name


# -- crosswalks are data


CROSSWALKS = ("cyclonedx", "spdx3", "fair4ml", "mldcat-ap", "croissant", "ro-crate", "prov", "kaggle")


@pytest.mark.parametrize("name", CROSSWALKS)
def test_every_row_of_a_crosswalk_names_keys_and_kinds_of_records(name):
    known = {key for parent, key in vocabulary().terms if parent is None} | {"version"}
    for rule in rules_of(name):
        assert rule.key in known
        assert rule.kinds <= set(vocabulary().kinds)
        assert not rule.inner or vocabulary().term(rule.inner, rule.key) is not None


def test_a_further_mapping_is_a_row_and_no_code(monkeypatch):
    rows = list(crosswalk.crosswalk_rows("cyclonedx"))
    more = {
        "kind": "Model",
        "key": "framework",
        "place": "evidence.framework",
        "form": "",
        "way": "",
        "note": "",
    }
    tables = {"cyclonedx": [*rows, more]}
    own = crosswalk.crosswalk_rows
    monkeypatch.setattr(
        crosswalk, "crosswalk_rows", lambda name: iter(tables[name]) if name in tables else own(name)
    )
    rules_of.cache_clear()
    try:
        document, losses = written(
            "cyclonedx", subject({"type": "Model", "name": "a/b", "version": "1.0.0", "framework": "torch"})
        )
        assert json.loads(document.body)["metadata"]["component"]["evidence"] == {"framework": "torch"}
        assert "framework" not in {row.property for row in losses}
        assert read("cyclonedx", document).drafts[0].tree.root["framework"] == "torch"
    finally:
        rules_of.cache_clear()


def test_what_somebody_changed_since_counts_and_what_was_kept_in_its_place_does_not():
    one = subject({"type": "Model", "name": "a/b", "version": "1.0.0", "description": ["one", "two"]})
    document, _ = written("cyclonedx", one)
    assert read("cyclonedx", document).drafts[0].tree.root["description"] == ["one", "two"]
    changed = Document(document.body.replace(b'"one\\n\\ntwo"', b'"three"'))
    translation = read("cyclonedx", changed)
    assert translation.drafts[0].tree.root["description"] == "three"
    assert "changed since" in str(*translation.losses)


def test_links_that_somebody_added_are_read_beside_those_that_were_kept():
    one = subject(
        {
            "type": "Model",
            "name": "a/b",
            "version": "1.0.0",
            "upstream": {"relation": "distilledFrom", "artifact": "a/c", "version": "^1"},
        }
    )
    document, _ = written("fair4ml", one, Media.JSONLD)
    root = json.loads(document.body)
    root["fair4ml:trainedOn"] = {"@id": "https://example.org/data"}
    links = read("fair4ml", Document(json.dumps(root).encode())).drafts[0].tree.root["upstream"]
    assert [link["artifact"] for link in links] == [BASE.artifact("a/c"), "https://example.org/data"]


def test_every_format_says_what_it_loses():
    for label, row in FORMATS.items():
        if row.read and row.write and not row.keeps:
            assert row.lost(vocabulary()) or label in {"yaml", "jsonld"}
    assert "evaluation" in FORMATS["kaggle"].lost(vocabulary())


def test_a_record_is_written_the_same_whatever_its_registry_calls_itself():
    one = corpus()[0]
    document, _ = written("jsonld", one)
    (draft,) = read("jsonld", document).drafts
    assert read_tree(draft.tree, BASE, vocabulary()).record.digest == digest(one.minted.tree)
