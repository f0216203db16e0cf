"""Names of one artifact: what is decided about them, what follows from it, and what is proposed."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from functools import cache

import pytest
from drafts import draft
from hypothesis import given, settings
from hypothesis import strategies as st
from test_reachability import NAMES, WORLDS, fill, publication
from test_risk import advisory, publish, statement

from umr_ld import lineage
from umr_ld.errors import Malformed, Missing
from umr_ld.index.sqlite import SqliteIndex
from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_ld.registry.deciding import decide, take_back
from umr_ld.registry.proposing import spelling
from umr_ld.risk import AliasedGraph, Aliases, standard_policy
from umr_ld.rules import Rules
from umr_ld.vocab import vocabulary

PAGE = "https://data.example/crawl/"
REVIEWED = """
<https://registry.example/policy> <https://w3id.org/umr-ld/ns#reviewer> <https://w3id.org/umr-ld/agent/Board> .
"""


rules = cache(Rules)


def ruled(registry):
    """Rules take a moment to load: those of one registry are everybody's."""
    registry._parts.__dict__["_rules"] = rules()
    return registry


def in_memory():
    return ruled(Registry.in_memory())


@pytest.fixture
def registry():
    """lab/model is made from what a page tells of, and lab/app from lab/model; lab/data is that, recorded."""
    with in_memory() as opened:
        publish(
            opened,
            draft("lab/data@1.0.0", kind="Dataset", title="The crawl", publisher="Lab"),
            draft("lab/model@1.0.0", f"trainedOn {PAGE} external", publisher="Lab", license="MIT"),
            draft("lab/app@1.0.0", "fineTunedFrom lab/model", publisher="Shop"),
            advisory("advisory/x@1.0.0", "lab/data", risk="data-poisoning"),
        )
        yield opened


@pytest.fixture
def reviewed(tmp_path):
    """A registry whose policy names a reviewer."""
    Registry.create(tmp_path / "r").close()
    (tmp_path / "r" / "policy.ttl").write_text(REVIEWED)
    with Registry.open(tmp_path / "r", write=True) as opened:
        yield ruled(opened)


def decided(registry, *names, **said):
    def publish(document):
        return registry.publish([document], agent="tester")

    return decide(registry, names, publish=publish, **said)


def accept(registry, one, other, reason="it is", **said):
    return decided(registry, one, other, accepted=True, reason=reason, **said)


def reject(registry, one, other, reason="it is not", **said):
    return decided(registry, one, other, accepted=False, reason=reason, **said)


def decision(ref, one, other, status="same", **facts):
    return draft(
        ref, kind="Statement", status=status, product=[{"artifact": one}, {"artifact": other}], **facts
    )


def hit(registry, **asked):
    return {str(one.ref.name) for one in registry.verdicts("x", **asked).exposure if one.answer}


def proposed(registry):
    return {one.names: [ground.reason for ground in one.grounds] for one in registry.alias_proposals()}


# -- what follows from an alias


def test_an_advisory_on_one_name_reaches_who_names_the_other_until_that_is_taken_back(registry):
    assert hit(registry) == {"lab/data"}
    accept(registry, "lab/data", PAGE)
    assert hit(registry) == {"lab/data", "lab/model", "lab/app"}
    assert [one.answer.label for one in registry.check(["lab/app"])] == ["affected"]
    take_back(registry, ("lab/data", PAGE), reason="it is not", agent="tester")
    assert hit(registry) == {"lab/data"}
    assert registry.check(["lab/app"]) == ()


def test_what_is_used_by_another_name_is_checked_as_what_it_is(registry):
    accept(registry, "lab/data", PAGE)
    assert registry.check(["hub/app"]) == ()
    accept(registry, "lab/app", "hub/app")
    (concern,) = registry.check(["hub/app"])
    assert (concern.asked, concern.given) == ("lab/app@1.0.0", "hub/app")
    assert registry.unknown(["hub/app", "hub/other"]) == ("hub/other",)


def test_lineage_and_impact_follow_it_both_ways(registry):
    accept(registry, PAGE, "lab/data")
    up = registry.lineage("lab/app")
    assert [str(node) for node in up.nodes] == ["lab/app@1.0.0", "lab/model@1.0.0", "lab/data@1.0.0"]
    assert up.edges[-1].link.artifact == PAGE
    for name in ("lab/data", PAGE):
        assert [str(one) for one in registry.impact(name)] == ["lab/model@1.0.0", "lab/app@1.0.0"]
        down = registry.lineage(name, direction="down")
        assert [str(node) for node in down.nodes[1:]] == ["lab/model@1.0.0", "lab/app@1.0.0"]


def test_two_names_of_which_nothing_is_recorded_are_one_node(registry):
    publish(
        registry, draft("lab/other@1.0.0", f"trainedOn {PAGE} external", "evaluatedOn web/crawl external")
    )
    accept(registry, PAGE, "web/crawl")
    assert [str(node) for node in registry.lineage("lab/other").nodes] == ["lab/other@1.0.0", "web/crawl"]
    assert len(registry.impact("web/crawl")) == 3


def test_a_licence_comes_down_by_another_name(registry):
    publish(registry, draft("lab/data@2.0.0", kind="Dataset", license="CC-BY-NC-4.0", publisher="Lab"))
    assert not [one for one in registry.licences(["lab/model"]) if "lab/data" in one.message]
    accept(registry, "lab/data", PAGE)
    assert [one for one in registry.licences(["lab/model"]) if "lab/data" in one.message]


def test_a_search_for_one_name_finds_the_other_and_says_why(registry):
    accept(registry, "lab/data", PAGE)
    accept(registry, "lab/data", "old/crawl-2020")
    found = registry.listing(text="Crawl-2020 OLD", kind="Dataset")
    assert [(str(one.ref), one.snippet) for one in found.entries] == [
        ("lab/data@1.0.0", "also known as old/crawl-2020")
    ]
    assert (found.total, found.facets["kind"]) == (1, {"Dataset": 1})
    assert registry.listing(text="crawl-2020", kind="Model").total == 0


def test_what_is_found_by_another_name_is_counted_and_paged_with_the_rest(registry):
    accept(registry, "lab/app", "shop/model-thing")
    found = [registry.listing(text="model", kind="Model", limit=1, offset=at) for at in range(3)]
    assert [[str(one.ref) for one in page.entries] for page in found] == [
        ["lab/app@1.0.0"],
        ["lab/model@1.0.0"],
        [],
    ]
    assert {page.total for page in found} == {2}
    # What has the words in both names is found once, by its own.
    assert [one.snippet for one in registry.listing(text="app", kind="Model").entries] == [""]


def test_a_record_and_what_is_only_mentioned_say_what_else_they_are_called(registry):
    accept(registry, "lab/data", PAGE, reason="the page says so")
    accept(registry, PAGE, "old/crawl")
    told = {one.name: (one.via, one.reason) for one in registry.show("lab/data").aliases}
    assert told == {PAGE: ("lab/data", "the page says so"), "old/crawl": (PAGE, "it is")}
    assert [one.name for one in registry.mentioned(PAGE).aliases] == ["lab/data", "old/crawl"]
    with pytest.raises(Missing) as caught:
        registry.show("old/crawl")
    assert "also known as lab/data" in caught.value.remedy


def test_of_an_earlier_day_only_what_was_decided_by_then_counts(registry):
    before = datetime.now(UTC)
    accept(registry, "lab/data", PAGE)
    between = datetime.now(UTC)
    take_back(registry, ("lab/data", PAGE), reason="wrong", agent="tester")
    assert hit(registry, at=before) == {"lab/data"}
    assert hit(registry, at=between) == {"lab/data", "lab/model", "lab/app"}
    assert len(registry.impact("lab/data", at=between)) == 2
    assert len(registry.aliases(at=between)) == 1
    assert not registry.show("lab/data", at=before).aliases


def test_sparql_sees_what_stands_and_a_rebuild_sees_the_same(registry):
    def joined():
        graphs = "SELECT ?a ?b { GRAPH ?g { ?a prov:alternateOf ?b } FILTER(CONTAINS(STR(?g), '/e/')) }"
        return {(row["a"].value, row["b"].value) for row in registry.query(graphs)}

    data = registry.base.artifact("lab/data")
    accept(registry, "lab/data", PAGE)
    assert joined() == {(data, PAGE), (PAGE, data)}
    done = reject(registry, "lab/data", PAGE)
    assert joined() == set()
    registry.withdraw(done.ref, reason="too soon", agent="tester")
    assert joined() == {(data, PAGE), (PAGE, data)}
    registry.rebuild()
    assert joined() == {(data, PAGE), (PAGE, data)}


def test_an_advisory_on_something_only_mentioned_hits_and_one_on_something_unknown_waits(registry):
    for name, artifact in (("y", PAGE), ("z", "nobody/knows")):
        publish(registry, advisory(f"advisory/{name}@1.0.0", artifact, risk="data-poisoning"))
    assert {str(one.ref.name) for one in registry.verdicts("y").exposure} == {"lab/model", "lab/app"}
    assert not len(registry.verdicts("z").exposure)
    accept(registry, "nobody/knows", PAGE)
    assert {str(one.ref.name) for one in registry.verdicts("z").exposure} == {"lab/model", "lab/app"}


# -- whose decision counts


def test_where_the_policy_names_reviewers_a_stranger_decides_nothing(reviewed):
    publish(reviewed, draft("lab/a@1.0.0", publisher="Lab"), draft("lab/b@1.0.0", publisher="Lab"))
    for publisher, counts in (("", False), ("Stranger", False), ("Board", True)):
        accept(reviewed, "lab/a", "hub/a", publisher=publisher)
        assert [one.counts for one in reviewed.aliases()] == [counts], publisher
        assert bool(reviewed.known_as("hub/a")) is counts


def test_who_publishes_both_decides_and_who_publishes_one_does_not(reviewed):
    publish(reviewed, draft("lab/a@1.0.0", publisher="Lab"), draft("lab/b@1.0.0", publisher="Lab"))
    publish(reviewed, draft("other/a@1.0.0", publisher="Other"))
    accept(reviewed, "lab/a", "lab/b", publisher="Lab")
    accept(reviewed, "lab/a", "other/a", publisher="Lab")
    accept(reviewed, "lab/a", PAGE, publisher="Lab")
    assert [one.name for one in reviewed.known_as("lab/a")] == ["lab/b"]


@pytest.mark.parametrize(
    ("same", "different", "joined"),
    [
        ("2026-01-14T23:00:00Z", "2026-01-15T00:30:00+02:00", True),
        ("2026-01-15T00:30:00+02:00", "2026-01-14T23:00:00Z", False),
        ("2026-01-14T12:00:00Z", "2026-01-14T12:00:00.5Z", False),
    ],
)
def test_the_newest_decision_counts_whatever_the_offset_it_is_written_with(registry, same, different, joined):
    publish(registry, decision("statement/one@1.0.0", PAGE, "lab/data", "same", issued=same))
    publish(registry, decision("statement/two@1.0.0", PAGE, "lab/data", "different", issued=different))
    assert ("lab/model" in hit(registry)) is joined


def test_what_the_policy_says_stands_beside_what_is_decided(registry):
    same = "<https://w3id.org/umr-ld/r/lab/data> <https://w3id.org/umr-ld/ns#alsoKnownAs> <https://mirror.example/> ."
    policy = standard_policy().overridden(same.encode(), "policy.ttl", vocabulary())
    accept(registry, "https://mirror.example/", PAGE)
    assert hit(registry) == {"lab/data"}
    assert hit(registry, policy=policy) == {"lab/data", "lab/model", "lab/app"}


def test_saying_the_same_again_changes_nothing_and_the_other_is_the_next_revision(registry):
    first = accept(registry, "lab/data", PAGE)
    assert accept(registry, PAGE, "lab/data").status == "unchanged"
    second = reject(registry, "lab/data", PAGE)
    assert (first.ref.name, second.status) == (second.ref.name, "published")
    assert second.ref.version > first.ref.version
    take_back(registry, ("lab/data", PAGE), reason="open again", agent="tester")
    assert registry.aliases() == ()
    assert accept(registry, "lab/data", PAGE).ref.version > second.ref.version


BAD = {
    "one name": ("lab/a", "lab/a"),
    "one name, written twice": ("lab/a", "https://w3id.org/umr-ld/r/lab/a"),
    "a version": ("lab/a@1.0.0", "lab/b"),
    "no name": ("lab//a", "lab/b"),
    "nothing": ("", "lab/b"),
    "no address": ("https://x.example/a b", "lab/b"),
}


@pytest.mark.parametrize("names", BAD.values(), ids=BAD)
def test_what_are_no_two_names_is_refused(registry, names):
    before = registry.head().seq
    with pytest.raises(Malformed) as caught:
        accept(registry, *names)
    assert caught.value.remedy
    assert registry.head().seq == before


BROKEN = {
    "an advisory too": {"advisory": "advisory/x"},
    "one name": {"product": [{"artifact": "lab/a"}]},
    "three names": {"product": [{"artifact": f"lab/{one}"} for one in "abc"]},
    "a version": {"product": [{"artifact": "lab/a", "version": "^1"}, {"artifact": "lab/b"}]},
    "a justification": {"justification": "subset_excluded"},
    "another status": {"status": "affected"},
}


@pytest.mark.parametrize("facts", BROKEN.values(), ids=BROKEN)
def test_a_decision_is_two_whole_artifacts_and_nothing_else(registry, facts):
    said = {"status": "same", "product": [{"artifact": "lab/a"}, {"artifact": "lab/b"}]}
    drafts = [draft("statement/s@1.0.0", kind="Statement", **one) for one in (said, {**said, **facts})]
    assert [bool(one.report) for one in registry.validate(drafts[:1])] == [True]
    (checked,) = registry.validate(drafts[1:])
    assert any("status same or different" in one.message for one in checked.report.violations)


# -- against the definition

PAIRS = st.sampled_from(list(itertools.combinations(["lab/a", "lab/b", "lab/c", "lab/d"], 2)))
DECISIONS = st.dictionaries(
    st.tuples(st.sampled_from("pqr"), st.sampled_from(["1.0.0", "1.1.0"])),
    st.tuples(
        PAIRS,
        st.sampled_from(["same", "same", "different"]),
        st.sampled_from(["2026-01-01", "2026-01-02"]),
        st.sampled_from(["Board", "Board", "Stranger"]),
        st.booleans(),
    ),
    max_size=6,
)


def groups_by_definition(decisions):
    """What stands, counts and weighs most of each pair; what is the same as the same is the same."""
    standing = {}
    for (name, version), (pair, status, issued, publisher, withdrawn) in sorted(decisions.items()):
        if not withdrawn:
            standing[name] = (pair, issued, status == "same", f"statement/{name}@{version}", publisher)
    ruling = {}
    for pair, *weight, publisher in standing.values():
        if publisher == "Board":
            ruling[pair] = max(ruling.get(pair, []), weight)
    joins = [pair for pair, weight in ruling.items() if weight[1]]
    groups = {one: {one} for pair in joins for one in pair}
    for _ in groups:
        for one, other in joins:
            groups[one] = groups[other] = groups[one] | groups[other]
            for name in groups[one]:
                groups[name] = groups[one]
    return {tuple(sorted(group)) for group in groups.values()}


@settings(max_examples=12, deadline=None)
@given(DECISIONS, st.randoms(use_true_random=False))
def test_the_groups_are_those_of_the_definition_in_whatever_order_it_was_published(decisions, random_):
    policy = standard_policy().overridden(REVIEWED.encode(), "policy.ttl", vocabulary())
    names = list({name for name, _ in decisions})
    random_.shuffle(names)
    with in_memory() as registry:
        for name, version in sorted(decisions, key=lambda key: (names.index(key[0]), key[1])):
            pair, status, issued, publisher, withdrawn = decisions[name, version]
            ref = f"statement/{name}@{version}"
            publish(registry, decision(ref, *pair, status, issued=issued, publisher=publisher))
            if withdrawn:
                registry.withdraw(Ref.parse(ref), reason="r", agent="tester")
        found = registry._parts.names.aliases(policy, None)
    assert set(found) == groups_by_definition(decisions)


OTHERS = {name: f"https://elsewhere.example/{name}" for name in NAMES}


@settings(max_examples=20, deadline=None)
@given(WORLDS, st.data())
def test_lineage_by_other_names_is_the_lineage_by_one(tmp_path_factory, described, data):
    """Links name artifacts otherwise, here and there; the answers are those of links that never do."""
    folder = tmp_path_factory.mktemp("aliases")
    plain, mixed = SqliteIndex(folder / "plain.db"), SqliteIndex(folder / "mixed.db")
    for number, (ref, (links, revision)) in enumerate(described.items(), 1):
        renamed = [(r, data.draw(st.sampled_from([a, OTHERS.get(a, a)])), *rest) for r, a, *rest in links]
        fill(plain, [publication(number, ref, links, revision)])
        fill(mixed, [publication(number, ref, renamed, revision)])
    aliases = Aliases(OTHERS.items())
    graph = AliasedGraph(mixed, aliases)
    for name in NAMES:
        assert _hits(lineage.impact(graph, OTHERS[name])) == _hits(lineage.impact(plain, name))
    for ref in map(Ref.parse, described):
        for walk in (lineage.upstream, lineage.downstream):
            found = walk(graph, ref, standing=aliases.standing)
            assert set(found.nodes) == set(walk(plain, ref).nodes)
            assert len(found.edges) == len(walk(plain, ref).edges)
    plain.close()
    mixed.close()


def _hits(found):
    return {(str(one), one.depth) for one in found}


def test_ten_thousand_names_in_a_chain_are_one():
    chain = Aliases((f"lab/n{number}", f"lab/n{number + 1}") for number in range(10_000))
    assert len(chain.same("lab/n5000")) == 10_001
    assert chain.standing("lab/n9999") == "lab/n0"
    assert list(Aliases([("a", "b"), ("c", "d"), ("b", "c"), ("b", "a")])) == [("a", "b", "c", "d")]


# -- what is proposed

ALIKE = [
    ("Common Crawl", "CommonCrawl", True),
    ("Command R", "Command R+", False),
    ("Llama-2", "llama_2", True),
    ("Qwen2.5", "Qwen25", False),
    ("Qwen2.5", "qwen2_5", True),
    ("v1.10", "v11.0", False),
    ("C++ code", "C code", False),
    ("llama", "1lama", False),
    ("mode1", "model", False),
    ("gpt", "gрt", False),
]


@pytest.mark.parametrize(("one", "other", "alike"), ALIKE)
def test_spelling_leaves_out_what_means_nothing_and_nothing_else(one, other, alike):
    assert (spelling(one) == spelling(other)) is alike


SHA = "a" * 64
REASONS = {
    "purl": (
        draft("lab/a@1.0.0", identifier="pkg:pypi/thing@1.0"),
        draft("other/b@2.0.0", identifier="pkg:pypi/thing@2.0"),
    ),
    "purl of the other": (
        draft("hf/lab/a@1.0.0"),
        draft("other/b@1.0.0", identifier="pkg:huggingface/lab/a"),
    ),
    "identifier": (
        draft("lab/a@1.0.0", identifier="doi:10.5281/x"),
        draft("other/b@1.0.0", identifier="doi:10.5281/x"),
    ),
    "digest": (
        draft("lab/a@1.0.0", distribution={"url": "https://a.example/f", "sha256": SHA}),
        draft("other/b@1.0.0", distribution={"url": "https://b.example/f", "sha256": SHA}),
    ),
    "stated": (
        draft("lab/a@1.0.0", alsoKnownAs=["https://huggingface.co/other/b"]),
        draft("lab/c@1.0.0", "fineTunedFrom hf/other/b external"),
    ),
    "spelling": (
        draft("lab/a@1.0.0", "trainedOn web/Common-Crawl external"),
        draft("lab/b@1.0.0", "trainedOn web/commoncrawl external"),
    ),
    "place": (draft("lab/plip@1.0.0"), draft("hf/lab/PLIP@1.0.0")),
    "title": (draft("lab/a@1.0.0", title="Command R"), draft("other/b@1.0.0", title="command-r")),
    "address": (
        draft("lab/a@1.0.0", "fineTunedFrom https://x.example/m external"),
        draft("lab/b@1.0.0", "fineTunedFrom http://www.X.example/m/ external"),
    ),
    "redirect": (
        draft(
            "hf/lab/a@1.0.0",
            upstream=[
                {
                    "relation": "fineTunedFrom",
                    "artifact": "hf/old/m",
                    "external": True,
                    "evidence": "declared",
                },
                {
                    "relation": "fineTunedFrom",
                    "artifact": "hf/new/m",
                    "external": True,
                    "evidence": "inferred",
                },
            ],
        ),
    ),
}


@pytest.mark.parametrize(("reason", "drafts"), REASONS.items(), ids=REASONS)
def test_names_are_proposed_for_a_reason_and_decided_once(reason, drafts):
    with in_memory() as registry:
        publish(registry, *drafts)
        ((pair, reasons),) = proposed(registry).items()
        assert reasons[0] == reason.partition(" ")[0]
        reject(registry, *pair)
        assert proposed(registry) == {}
        take_back(registry, pair, reason="wrong", agent="tester")
        assert proposed(registry).keys() == {pair}
        accept(registry, *pair)
        assert proposed(registry) == {}


def test_what_only_an_advisory_names_is_proposed_to_be_what_records_name(registry):
    publish(registry, advisory("advisory/y@1.0.0", "https://www.data.example/crawl", risk="data-poisoning"))
    (pair,) = proposed(registry)
    assert pair == (PAGE, "https://www.data.example/crawl")
    assert not len(registry.verdicts("y").exposure)
    accept(registry, *pair)
    assert {str(one.ref.name) for one in registry.verdicts("y").exposure} == {"lab/model", "lab/app"}


NOT = {
    "what means another": (draft("lab/a@1.0.0", title="Command R"), draft("lab/b@1.0.0", title="Command R+")),
    "other owners": (draft("lab/thing@1.0.0"), draft("other/thing@1.0.0")),
    "a model and a dataset": (draft("lab/x@1.0.0"), draft("hf/lab/x@1.0.0", kind="Dataset")),
    "what looks alike": (
        draft("lab/a@1.0.0", "fineTunedFrom web/model external", "fineTunedFrom web/mode1 external"),
    ),
    "what everybody has": tuple(
        draft(f"lab/n{n}@1.0.0", distribution={"url": f"https://a.example/{n}", "sha256": SHA})
        for n in range(21)
    ),
}


@pytest.mark.parametrize("drafts", NOT.values(), ids=NOT)
def test_what_only_looks_like_the_same_is_not_proposed(drafts):
    with in_memory() as registry:
        publish(registry, *drafts)
        assert proposed(registry) == {}


def test_what_is_joined_over_a_third_is_not_proposed_and_what_a_stranger_decided_is(reviewed):
    links = [f"fineTunedFrom {name} external" for name in ("lab/ab", "lab/a-b", "lab/A_b")]
    publish(reviewed, draft("lab/x@1.0.0", *links))
    assert len(proposed(reviewed)) == 2
    accept(reviewed, "lab/ab", "lab/a-b", publisher="Stranger")
    assert len(proposed(reviewed)) == 2
    accept(reviewed, "lab/ab", "lab/a-b", publisher="Board")
    assert len(proposed(reviewed)) == 1
    accept(reviewed, "lab/a-b", "lab/A_b", publisher="Board")
    assert proposed(reviewed) == {}


# -- alerts


def test_an_alias_tells_whom_it_concerns_and_taking_it_back_tells_them_too(registry):
    from alerting import following

    registry.subscribe(following(publishers=("Shop",)))

    def told():
        events = registry.alerts.events(now=datetime.now(UTC), limit=100)
        return [(one.event.record, one.event.after) for one in events if one.event.record]

    accept(registry, "lab/data", PAGE)
    assert ("lab/app@1.0.0", "affected") in told()
    take_back(registry, ("lab/data", PAGE), reason="wrong", agent="tester")
    assert told()[-1][1] == "clear"
    assert registry.alerts.standings("advisory/x").keys() == {"lab/data@1.0.0"}


@pytest.mark.parametrize("joined", [True, False])
def test_who_names_it_otherwise_is_told_what_happens_to_it(registry, joined):
    from alerting import following

    shop = registry.subscribe(following(publishers=("Shop",)))
    publish(registry, draft("shop/tool@1.0.0", f"trainedOn {PAGE} external", publisher="Shop"))

    def told():
        events = registry.alerts.events(now=datetime.now(UTC), subscription=shop.id, limit=100)
        return {one.event.kind for one in events if one.event.record == "lab/data@1.1.0"}

    if joined:
        accept(registry, "lab/data", PAGE)
    publish(registry, draft("lab/data@1.1.0", kind="Dataset", title="More", publisher="Other"))
    registry.withdraw(Ref.parse("lab/data@1.1.0"), reason="wrong", agent="tester")
    assert told() == ({"published", "withdrawn"} if joined else set())


def test_a_statement_by_another_name_still_counts(registry):
    accept(registry, "lab/model", "hub/model")
    accept(registry, "lab/data", PAGE)
    publish(registry, statement("statement/s@1.0.0", "hub/model", "not_affected", "Lab"))
    assert hit(registry) == {"lab/data"}
