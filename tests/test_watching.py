"""From what is published to who is told: the registry's half of the alerts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alerting import following
from drafts import draft
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_risk import advisory, publish, statement

from umr_ld.errors import Malformed, UmrError
from umr_ld.names import Ref
from umr_ld.registry import Registry


def now():
    return datetime.now(UTC)


@pytest.fixture
def registry():
    """lab/c is made from lab/b, and lab/b from lab/a; Lab publishes lab/b and lab/c, Maker lab/a."""
    with Registry.in_memory() as opened:
        publish(
            opened,
            draft("lab/a@1.0.0", publisher="Maker"),
            draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1", publisher="Lab"),
            draft("lab/c@1.0.0", "fineTunedFrom lab/b", publisher="Lab"),
        )
        yield opened


def subscribe(registry, **chosen):
    return registry.subscribe(following(**chosen))


def news(registry, subscription=None, after=0):
    """Kind, record and what it is now, of each event."""
    told = registry.alerts.events(
        now=now(), subscription=subscription.id if subscription else "", after=after, limit=10_000
    )
    return [(one.event.kind, one.event.record, one.event.after) for one in told]


def last(registry, subscription=None):
    """Forget what was told until now; gives a function for what is told from then on."""
    found = registry.alerts.events(now=now(), limit=10_000)
    number = found[-1].number if found else 0
    return lambda: sorted(news(registry, subscription, number))


# -- what is news


def test_an_advisory_tells_its_publishers_once(registry):
    lab = subscribe(registry, publishers=("Lab",))
    publish(registry, advisory("advisory/x@1.0.0", "lab/a", severity="high"))
    first = news(registry, lab)
    assert first == [
        ("newly-affected", "lab/b@1.0.0", "affected"),
        ("newly-affected", "lab/c@1.0.0", "affected"),
    ]
    publish(registry, advisory("advisory/x@1.0.0", "lab/a", severity="high"))
    registry.look()
    assert news(registry, lab) == first


def test_an_event_comes_with_its_path(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    told = {one.event.record: one.event.path for one in registry.alerts.events(now=now())}
    assert told["lab/c@1.0.0"] == "fineTunedFrom lab/b@1.0.0 fineTunedFrom lab/a@1.x"


def test_a_new_record_below_an_open_advisory_is_told(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    told = last(registry)
    publish(registry, draft("lab/d@1.0.0", "embeds lab/c", publisher="Other"))
    assert told() == [("newly-affected", "lab/d@1.0.0", "affected")]


def test_a_record_that_was_waited_for_is_told(registry):
    publish(registry, advisory("advisory/x@1.0.0", "other/later"))
    publish(registry, draft("lab/d@1.0.0", "basedOn other/later external"))
    told = last(registry)
    publish(registry, draft("other/later@1.0.0"))
    assert told() == [("newly-affected", "other/later@1.0.0", "affected")]


def test_a_new_version_of_an_upstream_may_change_an_answer(registry):
    publish(registry, advisory("advisory/x@1.0.0", {"artifact": "lab/a", "version": "1.0.0"}))
    told = last(registry)
    publish(registry, draft("lab/b@2.0.0", publisher="Lab"))
    assert told() == [
        ("answer-changed", "lab/c@1.0.0", "possibly"),
        ("fix-available", "lab/c@1.0.0", "lab/b@2.0.0"),
    ]


def test_a_record_that_a_statement_waited_for_is_told(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    publish(registry, statement("statement/s@1.0.0", "lab/free", "affected", "Lab"))
    told = last(registry)
    publish(registry, draft("lab/free@1.0.0", publisher="Lab"))
    assert told() == [("newly-affected", "lab/free@1.0.0", "affected")]


def test_a_change_of_severity_is_told(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/b", severity="low"))
    told = last(registry)
    publish(registry, advisory("advisory/x@1.1.0", "lab/b", severity="critical"))
    assert told() == [
        ("severity-changed", "lab/b@1.0.0", "critical"),
        ("severity-changed", "lab/c@1.0.0", "critical"),
    ]


def test_the_withdrawal_of_an_advisory_is_told_to_those_whom_it_touched(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/b"))
    told = last(registry)
    registry.withdraw(Ref.parse("advisory/x@1.0.0"), reason="it was nothing", agent="tester")
    assert told() == [
        ("advisory-withdrawn", "lab/b@1.0.0", "clear"),
        ("advisory-withdrawn", "lab/c@1.0.0", "clear"),
    ]


def test_what_its_publisher_took_back_is_told_as_withdrawn(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/c"))
    told = last(registry)
    publish(registry, advisory("advisory/x@1.1.0", "lab/c", withdrawnAt="2026-01-02T00:00:00Z"))
    assert told() == [("advisory-withdrawn", "lab/c@1.0.0", "clear")]


def test_a_statement_clears_and_its_withdrawal_brings_it_back(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    told = last(registry)
    publish(registry, statement("statement/s@1.0.0", "lab/b", "not_affected", "Lab"))
    assert told() == [("cleared", "lab/b@1.0.0", "clear"), ("cleared", "lab/c@1.0.0", "clear")]
    told = last(registry)
    registry.withdraw(Ref.parse("statement/s@1.0.0"), reason="we were wrong", agent="tester")
    assert [kind for kind, *_ in told()] == ["newly-affected", "newly-affected"]


def test_a_fix_that_an_advisory_names_is_told_to_direct_users(registry):
    affects = {"artifact": "lab/a", "version": "<1.5.0"}
    publish(registry, advisory("advisory/x@1.0.0", affects))
    told = last(registry)
    publish(registry, advisory("advisory/x@1.1.0", {**affects, "fixedIn": "1.5.0"}))
    assert told() == [("fix-available", "lab/b@1.0.0", "lab/a@1.5.0")]


def test_a_fix_that_is_published_is_told_once(registry):
    publish(registry, draft("lab/user@1.0.0", "embeds lab/a@1.0.0"))
    publish(registry, advisory("advisory/x@1.0.0", {"artifact": "lab/a", "version": "<1.5.0"}))
    told = last(registry)
    publish(registry, draft("lab/a@1.5.0", publisher="Maker"))
    assert ("fix-available", "lab/user@1.0.0", "lab/a@1.5.0") in told()
    told = last(registry)
    publish(registry, draft("lab/z@1.0.0"))
    registry.look()
    assert told() == []


def test_what_happens_to_an_upstream_is_told_to_those_who_follow_what_stands_on_it(registry):
    below = subscribe(registry, names=("lab/c",))
    other = subscribe(registry, names=("lab/a",))
    publish(registry, draft("lab/b@1.1.0", "fineTunedFrom lab/a@^1"))
    registry.withdraw(Ref.parse("lab/b@1.0.0"), reason="wrong weights", agent="tester")
    assert news(registry, below) == [("published", "lab/b@1.1.0", ""), ("withdrawn", "lab/b@1.0.0", "")]
    assert news(registry, other) == []
    assert registry.alerts.events(now=now())[-1].event.path == "wrong weights"


def test_that_an_upstream_is_gone_from_its_hub_is_told_once_and_shown_until_it_is_back(registry):
    below = subscribe(registry, names=("lab/b",))
    gone = Ref.parse("lab/a@1.0.0")
    assert registry.vanish(gone, reason="404 at the hub", agent="tester").status == "gone"
    assert registry.vanish(gone, reason="404 at the hub", agent="tester").status == "unchanged"
    assert news(registry, below) == [("vanished", "lab/a@1.0.0", "")]
    shown = registry.show("lab/a")
    assert (shown.gone is not None, shown.gone_from) == (True, "404 at the hub")
    assert [event.act for event in registry.history("lab/a")] == ["vanish", "publish"]
    assert registry.doctor(deep=True)
    publish(registry, draft("lab/a@2.0.0"))
    assert registry.show("lab/a").gone is None
    assert registry.vanish(gone, reason="404 again", agent="tester").status == "gone"
    with pytest.raises(Malformed):
        registry.vanish(gone, reason=" ", agent="tester")


def test_a_saved_query_selects_records(registry):
    query = 'SELECT ?record WHERE { ?record a umr:Model ; umr:name "lab/b" }'
    asked = subscribe(registry, query=query)
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    registry.gather()
    assert news(registry, asked) == [("newly-affected", "lab/b@1.0.0", "affected")]


@pytest.mark.parametrize(
    "query", ["ASK {}", "SELECT nonsense", "SELECT * { SERVICE <https://x.example/> {} }"]
)
def test_a_saved_query_that_cannot_be_asked_is_marked_and_harms_nobody(registry, query):
    subscribe(registry, query=query)
    good = subscribe(registry)
    publish(registry, advisory("advisory/x@1.0.0", "lab/c"))
    registry.gather()
    assert [bool(one.trouble) for one in registry.alerts.subscriptions()] == [True, False]
    assert news(registry, good)


# -- the registry's folder


def test_what_was_missed_is_told_at_the_next_look(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"), advisory("advisory/x@1.0.0", "lab/a"))
        registry._look = lambda: None
        publish(registry, draft("lab/b@1.0.0", "embeds lab/a"))
    with Registry.open(tmp_path / "r") as reader:
        (event,) = reader.look()
        assert event.record == "lab/b@1.0.0"
    with Registry.open(tmp_path / "r", write=True) as registry:
        assert not registry.look()


def test_a_reader_that_stays_open_misses_nothing_that_is_published_beside_it(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"), advisory("advisory/x@1.0.0", "lab/a"))
        registry.look()
        registry._look = lambda: None
        with Registry.open(tmp_path / "r") as reader:
            for name in ("lab/b", "lab/c"):
                before = reader.position()
                publish(registry, draft(f"{name}@1.0.0", "embeds lab/a"))
                (event,) = reader.look()
                assert event.record == f"{name}@1.0.0"
                assert reader.position() == registry.position()
                assert reader.position().seq == before.seq + 1


def test_the_position_is_that_of_what_is_answered_and_not_of_what_is_written(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"))
        answered = registry.position()
        with Registry.open(tmp_path / "r") as reader:
            # As for a moment in each publication: the journal has it, and the index does not.
            entry = next(iter(registry._parts.journal.read(answered.seq - 1))).entry
            registry._parts.journal.append([entry], after=answered.seq)
            assert reader.position() == registry.position() == answered


def test_what_touches_nobody_is_not_written_and_not_told_to_who_asks_later(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"), advisory("advisory/x@1.0.0", "lab/a"))
        registry.look()
        before = registry.alerts.state()
        for number in range(3):
            publish(registry, draft(f"lab/free{number}@1.0.0"))
        assert registry.alerts.state() == before
        publish(registry, draft("lab/b@1.0.0", "fineTunedFrom lab/a"))
        assert registry.alerts.state().position == before.position + 4
        publish(registry, draft("lab/free4@1.0.0"))
        everything = subscribe(registry)
        publish(registry, draft("lab/free5@1.0.0"))
        assert news(registry, everything) == [("published", "lab/free5@1.0.0", "")]


def test_the_alerts_do_not_fall_far_behind(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"), advisory("advisory/x@1.0.0", "lab/a"))
        for number in range(130):
            publish(registry, draft(f"lab/free{number}@1.0.0"))
        assert registry.alerts.state().position >= 2 + 130 - 64


def test_publishing_succeeds_whatever_becomes_of_the_alerts(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        (tmp_path / "r" / "alerts.db").write_bytes(b"not a database " * 50)
        (done,) = publish(registry, draft("lab/a@1.0.0"))
        assert done.status == "published"
        with pytest.raises(UmrError):
            registry.look()


def test_a_registry_without_advisories_and_subscriptions_has_no_alerts(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"))
    assert not (tmp_path / "r" / "alerts.db").exists()


def test_a_policy_in_the_folder_holds_for_everything_and_its_change_is_told(tmp_path):
    policy = tmp_path / "r" / "policy.ttl"
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"), draft("lab/b@1.0.0", "basedOn lab/a"))
        publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    policy.write_text(
        "<https://w3id.org/umr-ld/ns#basedOn> <https://w3id.org/umr-ld/ns#carries> <https://w3id.org/umr-ld/risk#weights> .",
        encoding="utf-8",
    )
    with Registry.open(tmp_path / "r") as registry:
        assert {str(one.ref): one.answer.label for one in registry.verdicts("x").exposure} == {
            "lab/a@1.0.0": "affected",
            "lab/b@1.0.0": "affected",
        }
        (event,) = registry.look()
        assert (event.kind, event.record, event.after) == ("answer-changed", "lab/b@1.0.0", "affected")
    assert Registry.examine(tmp_path / "r", deep=True)
    policy.write_text("nonsense", encoding="utf-8")
    with Registry.open(tmp_path / "r", write=True) as registry:
        assert publish(registry, draft("lab/c@1.0.0"))
        with pytest.raises(Malformed, match="not Turtle"):
            registry.verdicts("x")


def test_a_backup_holds_the_alerts_and_the_policy(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        (tmp_path / "r" / "policy.ttl").write_text("", encoding="utf-8")
        publish(registry, draft("lab/a@1.0.0"), advisory("advisory/x@1.0.0", "lab/a"))
        made = subscribe(registry)
        registry.backup(tmp_path / "copy")
    with Registry.restore(tmp_path / "copy", tmp_path / "again") as registry:
        assert [one.subscription.id for one in registry.alerts.subscriptions()] == [made.id]
        assert not registry.look()
        assert (tmp_path / "again" / "policy.ttl").exists()
    assert Registry.examine(tmp_path / "again", deep=True)


@pytest.mark.parametrize("name", ["alerts.db", "alerts.sha256"])
def test_a_flipped_byte_of_the_alerts_is_found(tmp_path, name):
    with Registry.create(tmp_path / "r") as registry:
        publish(registry, draft("lab/a@1.0.0"), advisory("advisory/x@1.0.0", "lab/a"))
    assert Registry.examine(tmp_path / "r")
    victim = tmp_path / "r" / name
    body = bytearray(victim.read_bytes())
    body[len(body) // 2] ^= 4
    victim.write_bytes(body)
    assert not Registry.examine(tmp_path / "r")


def test_a_statement_that_is_revised_to_be_about_another_advisory_counts_no_more_for_the_first():
    with Registry.in_memory() as registry:
        subscribe(registry)
        registry.publish([draft("lab/b@1.0.0", publisher="Lab")], agent="tester")
        for which, artifact in (("x", "lab/other"), ("y", "lab/another")):
            registry.publish([advisory(f"advisory/{which}@1.0.0", {"artifact": artifact})], agent="tester")
        for version, about in (("1.0.0", "y"), ("2.0.0", "x")):
            said_so = statement(
                f"statement/s@{version}", "lab/b", "affected", "Lab", advisory=f"advisory/{about}"
            )
            registry.publish([said_so], agent="tester")
        standings = {name: set(registry.alerts.standings(name)) for name in ("advisory/x", "advisory/y")}
        assert standings == {"advisory/x": {"lab/b@1.0.0"}, "advisory/y": set()}


# -- the law: what the alerts know is what the verdicts say

NAMES = [f"lab/{letter}" for letter in "abcde"]
RANGES = ["", "@1.0.0", "@^1", "@<2.0.0", "@2.0.0", "@>=1"]
RELATIONS = ["fineTunedFrom", "embeds", "basedOn", "memberOf", "evaluatedOn", "distilledFrom"]


@st.composite
def acts(draw):
    """What to do to a registry, one after the other; what is refused is passed over."""
    names, versions = st.sampled_from(NAMES), st.sampled_from(["1.0.0", "1.1.0", "2.0.0"])
    links = st.builds(
        lambda relation, name, meant: f"{relation} {name}{meant} external",
        st.sampled_from(RELATIONS),
        names,
        st.sampled_from(RANGES),
    )
    record = st.builds(
        lambda name, version, links: draft(f"{name}@{version}", *links, publisher="Lab"),
        names,
        versions,
        st.lists(links, max_size=3, unique=True),
    )
    affected = st.builds(
        lambda name, meant: {"artifact": name, **({"version": meant[1:]} if meant else {})},
        names,
        st.sampled_from(RANGES),
    )
    warning = st.builds(
        lambda which, version, affects, severity: advisory(
            f"advisory/{which}@{version}", affects, severity=severity
        ),
        st.sampled_from("xy"),
        versions,
        affected,
        st.sampled_from(["low", "high"]),
    )
    said = st.builds(
        lambda which, version, product, status, about: statement(
            f"statement/{which}@{version}", product, status, "Lab", advisory=f"advisory/{about}"
        ),
        st.sampled_from("st"),
        versions,
        names,
        st.sampled_from(["not_affected", "affected", "under_investigation"]),
        st.sampled_from("xy"),
    )
    decided = st.builds(
        lambda which, version, pair, status: draft(
            f"statement/{which}@{version}",
            kind="Statement",
            status=status,
            product=[{"artifact": name} for name in pair],
        ),
        st.sampled_from("jk"),
        versions,
        st.tuples(names, st.sampled_from([*NAMES, "web/other"])),
        st.sampled_from(["same", "same", "different"]),
    )
    everything = [*NAMES, "advisory/x", "advisory/y", "statement/s", "statement/t", "statement/j"]
    withdrawal = st.builds(lambda name, version: f"{name}@{version}", st.sampled_from(everything), versions)
    return draw(st.lists(st.one_of(record, record, record, warning, said, decided, withdrawal), max_size=14))


def do(registry, act):
    try:
        if isinstance(act, str):
            registry.withdraw(Ref.parse(act), reason="r", agent="tester")
        else:
            registry.publish([act], agent="tester")
    except UmrError:
        return


# Shrinking would take minutes: an example is a whole registry.
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]


@settings(max_examples=20, deadline=None, phases=UNSHRUNK)
@given(acts())
def test_what_the_alerts_know_is_what_the_verdicts_say(acts):
    agreed(acts)


@pytest.mark.slow
@settings(max_examples=200, deadline=None, phases=UNSHRUNK)
@given(acts())
def test_what_the_alerts_know_is_what_the_verdicts_say_over_and_over(acts):
    agreed(acts)


def agreed(acts):
    with Registry.in_memory() as registry:
        everybody = subscribe(registry)
        known = {}
        for act in acts:
            do(registry, act)
            for name in ("advisory/x", "advisory/y"):
                known_here = {
                    record: (one.answer, one.severity)
                    for record, one in registry.alerts.standings(name).items()
                }
                assert known_here == said(registry, name)
        for one in registry.alerts.events(now=now(), subscription=everybody.id, limit=10_000):
            if one.event.advisory:
                known[one.event.advisory, one.event.record] = one.event.answer
        told = {pair for pair, answer in known.items() if answer != "clear" and pair[1]}
        assert told == {
            (name, record) for name in ("advisory/x", "advisory/y") for record in said(registry, name)
        }


def said(registry, name):
    if registry.advisory(name) is None:
        return {}
    found = registry.verdicts(name)
    return {
        str(one.ref): (one.answer.label, found.advisory.severity.label)
        for one in found.exposure
        if one.answer
    }
