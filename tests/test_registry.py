"""The registry from the outside: publish, withdraw, ask, now and as of an earlier moment."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime

import pytest
from drafts import draft
from hypothesis import given, settings
from hypothesis import strategies as st

import umr_ld
from umr_ld.errors import Busy, Conflict, Denied, Invalid, Malformed, Missing, Newer
from umr_ld.files import documents
from umr_ld.names import Ref
from umr_ld.record import shown
from umr_ld.registry import Registry


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        yield opened


def publish(registry, *drafts):
    return registry.publish(drafts, agent="tester")


def refs(values):
    return [str(value) for value in values]


# -- publishing


def test_publishing_the_same_graph_again_is_a_success_that_changes_nothing(registry):
    (first,) = publish(registry, draft("lab/a@1.0.0", title="A"))
    (again,) = publish(registry, draft("lab/a@1.0.0", title="A"))
    assert (first.status, again.status) == ("published", "unchanged")
    assert again.seq == first.seq == registry.position().seq


def test_another_graph_under_a_published_reference_is_a_conflict(registry):
    publish(registry, draft("lab/a@1.0.0", title="A"))
    with pytest.raises(Conflict, match="does not change"):
        publish(registry, draft("lab/a@1.0.0", title="B"))


def test_the_published_bytes_come_back_and_publishing_them_changes_nothing(registry):
    publish(registry, draft("lab/a@1.0.0", title="A", parameterCount=12))
    body = registry.body(Ref.parse("lab/a@1.0.0"))
    assert json.loads(body)["parameterCount"] == "12"
    (again,) = publish(registry, umr_ld.Document(body))
    assert again.status == "unchanged"


def test_a_batch_is_published_in_the_order_of_its_links(registry):
    done = publish(
        registry,
        draft("lab/c@1.0.0", "fineTunedFrom lab/b"),
        draft("lab/b@2.0.0", "fineTunedFrom lab/a"),
        draft("lab/a@1.0.0"),
        draft("lab/b@1.0.0"),
    )
    order = refs(one.ref for one in done)
    assert order.index("lab/a@1.0.0") < order.index("lab/b@2.0.0") < order.index("lab/c@1.0.0")
    assert order.index("lab/b@1.0.0") < order.index("lab/b@2.0.0")


def test_one_invalid_document_keeps_the_whole_batch_out(registry):
    before = registry.position()
    with pytest.raises(Invalid) as caught:
        publish(registry, draft("lab/a@1.0.0"), draft("lab/b@1.0.0", "fineTunedFrom lab/nowhere"))
    assert [finding.rule for finding in caught.value.report.violations] == ["upstream-unknown"]
    assert registry.position() == before


def test_a_bump_that_is_too_small_is_refused_with_the_least_that_would_do(registry):
    publish(registry, draft("lab/a@1.0.0", license="MIT"))
    with pytest.raises(Invalid) as caught:
        publish(registry, draft("lab/a@1.0.1", license="Apache-2.0"))
    (fault,) = caught.value.report.violations
    assert fault.rule == "bump-too-small"
    assert "license" in fault.message
    assert "2.0.0" in fault.remedy


def test_a_version_must_be_larger_than_all_before(registry):
    publish(registry, draft("lab/a@2.0.0"))
    with pytest.raises(Invalid) as caught:
        publish(registry, draft("lab/a@1.5.0"))
    assert [finding.rule for finding in caught.value.report.violations] == ["version-not-larger"]


def test_a_circle_of_derivations_is_refused_with_its_way(registry):
    publish(registry, draft("lab/a@1.0.0", "fineTunedFrom lab/b@^1 external"))
    with pytest.raises(Invalid) as caught:
        publish(registry, draft("lab/b@1.0.0", "fineTunedFrom lab/a@1.0.0"))
    (fault,) = caught.value.report.violations
    assert fault.rule == "derivation-cycle"
    assert "lab/b@1.0.0 ← lab/a@1.0.0 ← lab/b@1.0.0" in fault.message


def test_a_circle_within_a_batch_is_refused_too(registry):
    circle = [
        draft("lab/a@1.0.0", "fineTunedFrom lab/c@1.0.0 external"),
        draft("lab/b@1.0.0", "fineTunedFrom lab/a@1.0.0 external"),
        draft("lab/c@1.0.0", "fineTunedFrom lab/b@1.0.0 external"),
    ]
    with pytest.raises(Invalid) as caught:
        publish(registry, *circle)
    assert [finding.rule for finding in caught.value.report.violations] == ["derivation-cycle"]


def test_a_later_version_may_come_from_what_came_from_an_earlier_one(registry):
    publish(registry, draft("lab/a@1.0.0"))
    publish(registry, draft("lab/b@1.0.0", "fineTunedFrom lab/a@1.0.0"))
    publish(registry, draft("lab/a@2.0.0", "continuedFrom lab/a@<2.0.0-0", "distilledFrom lab/b@1.0.0"))
    assert len(registry.history("lab/a")) == 2


def test_a_dry_run_says_what_would_happen_and_does_nothing(registry):
    before = registry.position()
    (done,) = registry.publish([draft("lab/a@1.0.0")], agent="tester", dry_run=True)
    assert done.status == "published"
    assert registry.position() == before


def test_unknown_facts_are_kept_and_given_back(registry):
    publish(registry, draft("lab/a@1.0.0", **{"https://example.org/ns#colour": "blue"}))
    assert json.loads(registry.body(Ref.parse("lab/a@1.0.0")))["https://example.org/ns#colour"] == "blue"
    rows = registry.query('SELECT ?s { ?s <https://example.org/ns#colour> "blue" }')
    assert [row["s"].value for row in rows] == [registry.base.record("lab/a@1.0.0")]


# -- withdrawing


def test_a_withdrawn_record_stays_readable_with_reason_and_time(registry):
    publish(registry, draft("lab/a@1.0.0", title="A"))
    registry.withdraw(Ref.parse("lab/a@1.0.0"), reason="weights were wrong", agent="tester")
    shown_record = registry.show("lab/a")
    assert shown_record.withdrawn is not None
    assert shown_record.reason == "weights were wrong"
    assert [event.act for event in registry.history("lab/a")] == ["withdraw", "publish"]


def test_withdrawing_again_changes_nothing(registry):
    publish(registry, draft("lab/a@1.0.0"))
    first = registry.withdraw(Ref.parse("lab/a@1.0.0"), reason="bad", agent="tester")
    again = registry.withdraw(Ref.parse("lab/a@1.0.0"), reason="worse", agent="tester")
    assert (again.status, again.seq) == ("unchanged", first.seq)


def test_a_withdrawal_needs_a_reason(registry):
    publish(registry, draft("lab/a@1.0.0"))
    with pytest.raises(Malformed):
        registry.withdraw(Ref.parse("lab/a@1.0.0"), reason=" ", agent="tester")


# -- asking


def test_a_range_shows_the_best_matching_version(registry):
    for version in ("1.0.0", "1.2.0", "2.0.0-rc.1", "2.0.0"):
        publish(registry, draft(f"lab/a@{version}"))
    assert str(registry.show("lab/a@^1").record.ref) == "lab/a@1.2.0"
    assert str(registry.show("lab/a").record.ref) == "lab/a@2.0.0"
    assert str(registry.show("lab/a@2.0.0-rc.1").record.ref) == "lab/a@2.0.0-rc.1"


def test_a_missing_name_comes_with_what_is_alike(registry):
    publish(registry, draft("openai/clip@1.0.0"))
    with pytest.raises(Missing) as caught:
        registry.show("openai/clap")
    assert "openai/clip" in caught.value.remedy


def test_an_artifact_that_is_only_mentioned_exists(registry):
    publish(registry, draft("lab/a@1.0.0", "fineTunedFrom lab/elsewhere external"))
    assert refs(registry.mentioned("lab/elsewhere").named_by) == ["lab/a@1.0.0"]
    assert refs(hit.ref for hit in registry.impact("lab/elsewhere")) == ["lab/a@1.0.0"]
    assert registry.mentioned("lab/never") is None


def test_answers_as_of_a_day_know_only_what_was_published_by_then(registry):
    publish(registry, draft("lab/a@1.0.0", license="MIT"))
    publish(registry, draft("lab/b@1.0.0", "fineTunedFrom lab/a inherit"))
    then = datetime.now(UTC)
    publish(registry, draft("lab/a@2.0.0", license="Apache-2.0"))
    publish(registry, draft("lab/c@1.0.0", "fineTunedFrom lab/b"))
    registry.withdraw(Ref.parse("lab/a@2.0.0"), reason="bad", agent="tester")

    assert str(registry.show("lab/a", at=then).record.ref) == "lab/a@1.0.0"
    assert refs(hit.ref for hit in registry.impact("lab/a", at=then)) == ["lab/b@1.0.0"]
    assert refs(hit.ref for hit in registry.impact("lab/a")) == ["lab/b@1.0.0", "lab/c@1.0.0"]
    assert registry.counts(at=then)["records"] == 2
    count = "SELECT (COUNT(?r) AS ?n) { ?r a umr:Model ; umr:name ?name }"
    assert [row["n"].value for row in registry.query(count, at=then)] == ["2"]
    with pytest.raises(Missing):
        registry.show("lab/c", at=then)


def test_sparql_knows_versions_and_ranges(registry):
    for version in ("1.0.0", "1.10.0", "2.0.0"):
        publish(registry, draft(f"lab/a@{version}"))
    text = 'SELECT ?v { ?r umr:name "lab/a" ; dcat:version ?v FILTER(umr:satisfies(?v, "^1.2")) }'
    assert [row["v"].value for row in registry.query(text)] == ["1.10.0"]
    text = (
        'SELECT (umr:compareVersions("1.9.0", "1.10.0") AS ?c) (umr:compareVersions("x", "1.0.0") AS ?d) {}'
    )
    ((compared, wrong),) = registry.query(text)
    assert (compared.value, wrong) == ("-1", None)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { service silent <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "SELECT * { SERV\\u0049CE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "LOAD <http://127.0.0.1:9/>",
        "INSERT DATA { <urn:a> <urn:b> 1 }",
        "SELECT * {" + "{" * 5000 + "}" * 5000 + "}",
        "SELECT (" + "(" * 5000 + "1" + ")" * 5000 + " AS ?x) {}",
        "SELECT nonsense",
    ],
)
def test_a_query_that_reaches_out_or_is_none_is_refused(registry, text):
    with pytest.raises(Malformed):
        registry.query(text)


def test_words_that_only_look_like_keywords_are_no_fault(registry):
    text = '# SERVICE\nPREFIX ex: <http://example.org/SERVICE#> SELECT ?load { BIND("LOAD" AS ?load) FILTER NOT EXISTS { ?s ex:SERVICE ?service } }'
    assert [row["load"].value for row in registry.query(text)] == ["LOAD"]


# -- what is derived


def test_inherited_values_and_their_origin_can_be_asked_for(registry):
    publish(
        registry, draft("lab/a@1.0.0", license="MIT"), draft("lab/b@1.0.0", "quantizedFrom lab/a inherit")
    )
    text = """SELECT ?license ?origin { ?b umr:name "lab/b" ; dct:license ?license ;
              umr:inheritsFrom [ umr:origin ?origin ; umr:handsDown dct:license ] }"""
    ((license_, origin),) = registry.query(text)
    assert license_.value == "https://spdx.org/licenses/MIT"
    assert origin.value == registry.base.record("lab/a@1.0.0")


def test_a_new_version_changes_what_those_below_inherit(registry):
    publish(registry, draft("lab/a@1.0.0", license="MIT"))
    publish(registry, draft("lab/b@1.0.0", "quantizedFrom lab/a inherit"))
    publish(registry, draft("lab/c@1.0.0", "quantizedFrom lab/b inherit"))
    publish(registry, draft("lab/a@2.0.0", license="Apache-2.0"))
    asked = 'SELECT ?l { ?c umr:name "lab/c" ; dct:license ?l }'
    assert [row["l"].value for row in registry.query(asked)] == ["https://spdx.org/licenses/Apache-2.0"]
    registry.withdraw(Ref.parse("lab/a@2.0.0"), reason="bad", agent="tester")
    assert [row["l"].value for row in registry.query(asked)] == ["https://spdx.org/licenses/MIT"]


def graphs(registry):
    store = registry._parts.store
    return {graph: frozenset(map(str, store.triples(graph))) for graph in store.graphs()}


NAMES = st.sampled_from(["lab/a", "lab/b", "lab/c", "lab/d"])
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["publish", "publish", "publish", "withdraw"]),
        NAMES,
        st.lists(
            st.tuples(NAMES, st.sampled_from(["", "@1.0.0", "@>=2.0.0", "@<2.0.0"]), st.booleans()),
            max_size=2,
        ),
        st.sampled_from(["MIT", "Apache-2.0", None]),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(ACTS)
def test_after_any_history_what_is_derived_is_what_a_rebuild_derives(acts):
    with Registry.in_memory() as registry:
        last = {}
        for act, name, links, license_ in acts:
            if act == "withdraw":
                if name in last:
                    registry.withdraw(Ref.parse(f"{name}@{last[name]}.0.0"), reason="bad", agent="tester")
                continue
            version = last.get(name, 0) + 1
            words = [
                f"fineTunedFrom {to}{versions} external{' inherit' * inherit}"
                for to, versions, inherit in links
            ]
            facts = {"license": license_} if license_ else {}
            try:
                publish(registry, draft(f"{name}@{version}.0.0", *words, **facts))
            except Invalid:
                continue
            last[name] = version
        before, index = graphs(registry), list(registry._parts.index.dump())
        registry.rebuild()
        assert graphs(registry) == before
        assert list(registry._parts.index.dump()) == index
        assert not list(registry.doctor(deep=True))


# -- folders, processes, threads


def test_a_registry_on_disk_is_found_again(tmp_path):
    with Registry.create(tmp_path / "r", base="https://example.org/models/") as registry:
        publish(registry, draft("lab/a@1.0.0", title="A"))
        digest = registry.get("lab/a").digest
    with Registry.open(tmp_path / "r") as registry:
        assert registry.base.iri == "https://example.org/models/"
        assert registry.get("lab/a").digest == digest
        assert len(list(registry.query("SELECT ?s { ?s a umr:Model ; umr:name ?n }"))) == 1


def test_reading_changes_not_a_byte(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"))

    def state():
        return {path: path.read_bytes() for path in (tmp_path / "r").rglob("*") if path.is_file()}

    before = state()
    with Registry.open(tmp_path / "r") as registry:
        registry.show("lab/a")
        list(registry.query("SELECT * { ?s ?p ?o } LIMIT 5"))
        with pytest.raises(Denied):
            publish(registry, draft("lab/b@1.0.0"))
    assert state() == before
    assert not list(Registry.examine(tmp_path / "r", deep=True))


def test_one_process_writes_and_others_read_meanwhile(tmp_path):
    with Registry.create(tmp_path / "r") as writer:
        publish(writer, draft("lab/a@1.0.0"))
        with pytest.raises(Busy):
            Registry.open(tmp_path / "r", write=True, wait=0.1)
        with Registry.open(tmp_path / "r") as reader:
            assert str(reader.show("lab/a").record.ref) == "lab/a@1.0.0"
            publish(writer, draft("lab/b@1.0.0", "fineTunedFrom lab/a"))
            assert refs(hit.ref for hit in reader.impact("lab/a")) == ["lab/b@1.0.0"]
            with pytest.raises(Busy):
                reader.query("SELECT * { ?s ?p ?o } LIMIT 1")


def test_a_registry_of_a_newer_layout_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("umr_ld.registry.home.LAYOUT", 2)
    Registry.create(tmp_path / "r").close()
    monkeypatch.undo()
    with pytest.raises(Newer, match="layout 2"):
        Registry.open(tmp_path / "r")
    with pytest.raises(Newer):
        Registry.open(tmp_path / "r", write=True)


def test_no_registry_is_missing_and_two_are_a_conflict(tmp_path):
    with pytest.raises(Missing, match="no registry"):
        Registry.open(tmp_path / "nothing")
    Registry.create(tmp_path / "r").close()
    with pytest.raises(Conflict):
        Registry.create(tmp_path / "r")


def test_32_writers_contest_200_references_and_each_has_one_owner(registry):
    won: dict[int, list[int]] = {number: [] for number in range(200)}
    start = threading.Barrier(32)

    def contest(writer):
        start.wait()
        for number in range(200):
            document = draft(f"lab/m{number:03}-x@1.0.0", title=f"by {writer}")
            try:
                (done,) = registry.publish([document], agent=f"writer {writer}")
            except Conflict:
                continue
            if done.status == "published":
                won[number].append(writer)

    threads = [threading.Thread(target=contest, args=(writer,)) for writer in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(len(writers) == 1 for writers in won.values())
    assert registry.counts()["records"] == 200
    for number, (writer,) in won.items():
        assert registry.get(f"lab/m{number:03}-x").title == f"by {writer}"


def test_a_backup_taken_while_publishing_restores_to_the_same_digests(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0", license="MIT"))
        stop = threading.Event()

        def go_on():
            number = 0
            while not stop.is_set() and number < 200:
                number += 1
                publish(registry, draft(f"lab/n{number:03}-y@1.0.0", "fineTunedFrom lab/a inherit"))

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            registry.backup(tmp_path / "backup")
        finally:
            stop.set()
            thread.join()
        with Registry.restore(tmp_path / "backup", tmp_path / "restored") as restored:
            assert not list(restored.doctor(deep=True))
            for listed in restored.listing(limit=500).entries:
                assert restored.get(str(listed.ref)).digest == registry.get(str(listed.ref)).digest
            assert restored.counts()["records"] >= 1
    with pytest.raises(Conflict):
        Registry.restore(tmp_path / "backup", tmp_path / "restored")


def test_effective_values_name_their_origin(registry):
    publish(
        registry,
        draft("lab/a@1.0.0", license="MIT", keyword=["vision"]),
        draft("lab/b@1.0.0", "fineTunedFrom lab/a inherit", keyword=["text"]),
    )
    held = registry.show("lab/b").effective
    found = {
        (registry.vocabulary.key_of(name), shown(one.value), str(one.origin))
        for name, one in held.inherited()
    }
    assert found == {
        ("license", "https://spdx.org/licenses/MIT", "lab/a@1.0.0"),
        ("keyword", "vision", "lab/a@1.0.0"),
    }


def test_a_relation_leads_only_to_the_kinds_that_it_is_for(registry):
    publish(registry, draft("lab/family@1.0.0", kind="Family"), draft("lab/data@1.0.0", kind="Dataset"))
    (wrong,) = registry.validate([draft("lab/a@1.0.0", "fineTunedFrom lab/family", "memberOf lab/family")])
    assert [(fault.rule, fault.path) for fault in wrong.report.violations] == [
        ("relation-kind", "upstream[0].relation")
    ]
    (wrong,) = registry.validate([draft("lab/b@1.0.0", "subsetOf lab/data")])
    assert "does not start from a Model" in wrong.report.violations[0].message


def test_a_last_segment_will_do_where_it_says_enough(registry):
    publish(registry, draft("umr/laion-5b@1.0.0"), draft("umr/plip@1.0.0", "basedOn umr/laion-5b"))
    assert refs(hit.ref for hit in registry.impact("laion-5b")) == ["umr/plip@1.0.0"]
    assert str(registry.show("plip@^1").record.ref) == "umr/plip@1.0.0"
    publish(registry, draft("lab/plip@1.0.0"))
    with pytest.raises(Missing) as caught:
        registry.show("plip")
    assert "lab/plip" in caught.value.remedy
    assert "umr/plip" in caught.value.remedy


def test_what_is_elsewhere_is_asked_for_by_its_iri(registry):
    publish(registry, draft("lab/a@1.0.0", "fineTunedFrom https://example.org/models/x external"))
    assert refs(hit.ref for hit in registry.impact("https://example.org/models/x")) == ["lab/a@1.0.0"]


def test_the_lineage_of_what_is_only_mentioned_is_what_names_it(registry):
    publish(registry, draft("lab/a@1.0.0", "basedOn https://example.org/data external"))
    down = registry.lineage("https://example.org/data", direction="down")
    assert [node.artifact for node in down.nodes] == ["https://example.org/data", "lab/a"]
    assert len(registry.lineage("https://example.org/data").nodes) == 1
    with pytest.raises(Missing):
        registry.lineage("https://example.org/other")


def test_a_backup_of_a_registry_in_memory_is_a_registry_on_disk(registry, tmp_path):
    publish(registry, draft("lab/a@1.0.0", title="A"))
    registry.backup(tmp_path / "copy")
    with Registry.restore(tmp_path / "copy", tmp_path / "restored") as restored:
        assert restored.position() == registry.position()
        assert restored.get("lab/a").digest == registry.get("lab/a").digest


def test_records_in_hidden_folders_are_nobody_s(tmp_path):
    for folder in ("shown", ".hidden/deep"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.json").write_text("{}")
    assert [document.source for document in documents([str(tmp_path)])] == [str(tmp_path / "shown/a.json")]
