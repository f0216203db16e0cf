"""Minting: what an author wrote in short is published in full, and minting again changes nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umr_ld.addresses import Base, is_absolute
from umr_ld.document import Document
from umr_ld.errors import Invalid
from umr_ld.jsonld import serialize, triples_of
from umr_ld.media import Media
from umr_ld.mint import mint
from umr_ld.strictjson import read_json
from umr_ld.vocab import CONTEXT_IRI, UMR, vocabulary
from umr_ld.yamlld import read_yaml

BASE = Base("https://example.org/m/")


def minted(base=BASE, /, **facts):
    draft = {"type": "Model", "name": "lab/model", "version": "1.0.0", **facts}
    return mint(read_json(Document(json.dumps(draft).encode())), base, vocabulary()).root


SHORT = {
    "a licence": ("license", "MIT", "https://spdx.org/licenses/MIT"),
    "a licence by its address": ("license", "https://example.org/terms", "https://example.org/terms"),
    "an agent who says where": (
        "publisher",
        "A Lab (https://lab.example)",
        "https://example.org/m/agent/A%20Lab%20%28https%3A%2F%2Flab.example%29",
    ),
    "an agent": ("publisher", "A Lab & Co", "https://example.org/m/agent/A%20Lab%20%26%20Co"),
    "an integer": ("parameterCount", 7, "7"),
    "an integer as text": ("parameterCount", "+007", "7"),
    "one value in a list": ("keyword", ["a"], "a"),
    "a value twice": ("keyword", ["a", "a"], "a"),
    "a number for a text": ("modelType", 5, "5"),
    "a language": ("title", {"@value": "Modell", "@language": "DE"}, {"@value": "Modell", "@language": "de"}),
    "a plain value object": ("title", {"@value": "Model"}, "Model"),
}


@pytest.mark.parametrize(("key", "given_", "published"), SHORT.values(), ids=SHORT)
def test_a_short_value_is_published_in_full(key, given_, published):
    assert minted(**{key: given_})[key] == published


DECIMALS = {
    "1.50": "1.5",
    "0.10": "0.1",
    "1e3": "1000",
    "-0.0": "0",
    "+1.": "1",
    ".5": "0.5",
    "1.0E-3": "0.001",
    "123456789012345678901234567890.123456789": "123456789012345678901234567890.123456789",
}


@pytest.mark.parametrize(("written", "published"), DECIMALS.items())
def test_a_decimal_is_published_in_its_canonical_form(written, published):
    assert minted(activity={"energy": written})["activity"]["energy"] == published


def test_nested_objects_get_identifiers_below_the_record():
    root = minted(
        upstream=[
            {"relation": "basedOn", "artifact": "lab/a"},
            {"relation": "basedOn", "artifact": "lab/b@^1"},
        ],
        activity={"https://example.org/part": {"https://example.org/n": 1}},
    )
    assert [link["id"] for link in root["upstream"]] == [
        f"{root['id']}#upstream-1",
        f"{root['id']}#upstream-2",
    ]
    assert root["activity"]["id"] == f"{root['id']}#activity-1"
    assert root["activity"]["https://example.org/part"]["id"] == f"{root['id']}#activity-1-part-1"


def test_an_artifact_may_carry_its_range():
    (link,) = [minted(upstream=[{"relation": "basedOn", "artifact": "lab/b@^1.2"}])["upstream"]]
    assert (link["artifact"], link["version"]) == ("https://example.org/m/r/lab/b", "^1.2")


def test_an_agent_with_a_label_is_the_agent_of_that_label():
    assert minted(publisher={"label": "A Lab"})["publisher"]["id"] == minted(publisher="A Lab")["publisher"]


def test_declared_prefixes_are_written_out():
    root = minted(**{"@context": [CONTEXT_IRI, {"ex": "https://example.org/ns#"}], "ex:colour": "blue"})
    assert root["https://example.org/ns#colour"] == "blue"
    assert root["@context"] == CONTEXT_IRI


def test_a_known_property_by_its_iri_is_the_known_key():
    assert minted(**{"http://purl.org/dc/terms/title": "A"})["title"] == "A"
    assert minted(**{"dct:title": "A"})["title"] == "A"


def test_a_number_of_an_unknown_key_is_exact():
    assert minted(**{"https://example.org/n": 0.1})["https://example.org/n"] == {
        "@type": "http://www.w3.org/2001/XMLSchema#decimal",
        "@value": "0.1",
    }


def test_keys_stand_in_the_order_of_the_vocabulary():
    one, other = minted(license="MIT", title="A"), minted(title="A", license="MIT")
    assert list(one) == list(other)
    assert list(one)[:5] == ["@context", "id", "type", "name", "version"]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=10)
VALUES = st.dictionaries(
    st.sampled_from(["title", "description", "keyword", "note", "https://example.org/ns#x", "intendedUse"]),
    TEXT | st.lists(TEXT, max_size=3) | st.integers(-10, 10),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(VALUES, st.lists(st.sampled_from(["lab/a", "lab/b"]), max_size=2))
def test_minting_what_is_minted_changes_nothing(facts, above):
    root = minted(**facts, upstream=[{"relation": "basedOn", "artifact": name} for name in above])
    body = serialize(root)
    again = mint(read_json(Document(body)), BASE, vocabulary()).root
    assert serialize(again) == body


# JSON escapes what YAML cannot hold as it is (YAML 1.2.2 §5.1), so texts here are printable.
PRINTABLE = st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="\ufeff"), max_size=10)
PLAIN = st.dictionaries(
    st.sampled_from(["title", "description", "keyword"]), PRINTABLE | st.integers(-10, 10), max_size=3
)


@settings(max_examples=50, deadline=None)
@given(PLAIN)
def test_yaml_and_json_drafts_are_published_alike(facts):
    draft = {"type": "Model", "name": "lab/model", "version": "1.0.0", **facts}
    body = json.dumps(draft, ensure_ascii=False).encode()
    from_yaml = mint(read_yaml(Document(body, Media.YAML)), BASE, vocabulary()).root
    assert from_yaml == mint(read_json(Document(body)), BASE, vocabulary()).root


LABEL = "https://a.example/label"


def test_numbers_of_nested_objects_leave_out_what_an_author_took():
    given = [
        {LABEL: "a"},
        {"id": "#creator-3", LABEL: "b"},
        {"id": "#creator-1", LABEL: "e"},
        {LABEL: "c"},
        {LABEL: "d"},
    ]
    root = minted(**{"https://a.example/creator": given})
    ids = [one["id"].partition("#")[2] for one in root["https://a.example/creator"]]
    assert ids == ["creator-1", "creator-3", "creator-1", "creator-2", "creator-4"]


# -- what no reader would see

LANGUAGES = {
    "nothing": "",
    "half of one": "en-",
    "a quote": 'en"onload=',
    "a query": "en } ; DROP ALL ; INSERT DATA { <urn:a> <urn:b> <urn:c>",
    "a long word": "a" * 5000,
    "an underscore": "en_GB",
}


@pytest.mark.parametrize("tag", LANGUAGES.values(), ids=LANGUAGES)
def test_a_text_in_a_language_that_is_none_is_refused_and_not_dropped(tag):
    for key in ("title", "https://x.example/p"):
        with pytest.raises(Invalid) as refused:
            minted(**{key: {"@value": "Model", "@language": tag}})
        assert [finding.rule for finding in refused.value.report] == ["language-tag"]


@pytest.mark.parametrize("tag", ["en", "pt-BR", "zh-Hant-TW", "x-ours"])
def test_a_text_in_a_language_is_in_the_graph(tag):
    said = minted(title={"@value": "Model", "@language": tag})
    assert any(f'"Model"@{tag.lower()}' in str(one) for one in triples_of(said, vocabulary(), "draft"))


NO_IRIS = {
    "a bare percent sign": "https://x.example/100%",
    "brackets": "https://x.example/a[1]",
    "two fragments": "https://x.example/#a#b",
    "half an address": "http://[::1",
    "no port": "https://x.example:port/",
    "a noncharacter": "https://x.example/\ufdd0",
}
PLACES = {
    "a value": lambda iri: {"homepage": iri},
    "a licence": lambda iri: {"license": iri},
    "a part of a licence": lambda iri: {"license": f"MIT#{iri}#"},
    "a thing that is named": lambda iri: {"https://x.example/p": {"@id": iri}},
    "a thing that is described": lambda iri: {"evaluation": {"id": iri, "metric": "m", "value": "1"}},
    "a link": lambda iri: {"upstream": {"id": iri, "relation": "basedOn", "artifact": "lab/b"}},
    "what a link names": lambda iri: {"upstream": {"relation": "basedOn", "artifact": iri}},
    "a relation": lambda iri: {"upstream": {"relation": iri, "artifact": "lab/b"}},
    "a key": lambda iri: {iri: "v"},
    "a kind": lambda iri: {"type": ["Model", iri]},
    "a datatype": lambda iri: {"https://x.example/p": {"@value": "v", "@type": iri}},
}


@pytest.mark.parametrize("iri", NO_IRIS.values(), ids=NO_IRIS)
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_what_is_no_iri_is_refused_and_not_dropped_with_all_that_is_said_by_it(place, iri):
    with pytest.raises(Invalid):
        minted(**place(iri))


PARTS = st.sampled_from(
    [*"abz09-._~:/?#[]@!$&'()*+,;=%é\u202e\ue000\ufdd0", "//", "%20", "https:", "urn:", "::1"]
)


@settings(max_examples=300)
@given(st.lists(PARTS, min_size=1, max_size=8).map("".join))
def test_an_iri_that_is_taken_is_in_the_graph(text):
    if is_absolute(text):
        said = minted(**{"https://x.example/p": {"@id": text}})
        assert text in {one.object.value for one in triples_of(said, vocabulary(), "draft")}


@pytest.mark.parametrize("key", ["fineTunedFrom", "umr:fineTunedFrom", f"{UMR}fineTunedFrom"])
def test_a_relation_beside_the_upstreams_is_refused_since_nobody_would_follow_it(key):
    with pytest.raises(Invalid) as refused:
        minted(**{key: {"@id": "https://elsewhere.example/model"}})
    (finding,) = refused.value.report
    assert (finding.rule, finding.path) == ("relation-bare", key)
    assert "upstream: [{relation: fineTunedFrom" in finding.remedy


# -- what is not a record's own to describe

OF_OTHERS = {
    "another record": f"{BASE.iri}r/lab/other@1.0.0",
    "a link of another record": f"{BASE.iri}r/lab/other@1.0.0#upstream-1",
    "a later version": f"{BASE.iri}r/lab/model@2.0.0",
    "the record itself": f"{BASE.iri}r/lab/model@1.0.0",
    "an artifact": f"{BASE.iri}r/lab/other",
    "a graph": f"{BASE.iri}e/lab/other@1.0.0",
    "an entry of the journal": f"{BASE.iri}log/1",
    "a term of the ontology": f"{UMR}fineTunedFrom",
    "a record of a peer": "https://b.example/r/lab/a@1.0.0",
}
WAYS = {
    "by a key": lambda node: {"evaluation": {"id": node, "metric": "m", "value": "1"}},
    "by a link": lambda node: {"upstream": {"id": node, "relation": "basedOn", "artifact": "lab/b"}},
    "by an agent": lambda node: {"publisher": {"id": node, "label": "Lab"}},
    "by an IRI": lambda node: {
        "https://x.example/p": {"@id": node, "http://purl.org/dc/terms/license": "MIT"}
    },
    "by a kind": lambda node: {"https://x.example/p": {"@id": node, "@type": f"{UMR}Agent"}},
    "within another": lambda node: {
        "https://x.example/p": {"https://x.example/q": {"@id": node, "title": "T"}}
    },
}


@pytest.mark.parametrize("node", OF_OTHERS.values(), ids=OF_OTHERS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_nothing_is_described_that_is_somebody_elses(way, node):
    base = Base(BASE.iri, {"b.example": "https://b.example/"})
    with pytest.raises(Invalid) as refused:
        minted(base, **way(node))
    assert "id-of-another" in {finding.rule for finding in refused.value.report}


OWN = {
    "a part": f"{BASE.iri}r/lab/model@1.0.0#part",
    "an agent": f"{BASE.iri}agent/Lab",
    "what is elsewhere": "https://elsewhere.example/thing",
}


@pytest.mark.parametrize("node", OWN.values(), ids=OWN)
def test_what_is_a_records_own_or_elsewhere_is_described(node):
    for way in WAYS.values():
        assert node in str(minted(**way(node)))


@pytest.mark.parametrize("node", OF_OTHERS.values(), ids=OF_OTHERS)
def test_anything_may_be_named(node):
    assert node in str(minted(**{"https://x.example/p": {"@id": node}}))
