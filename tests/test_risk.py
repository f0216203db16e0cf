"""Advisories and statements in a registry: who is affected, whose word counts, and what is the way out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from drafts import draft

from umr_ld.cli import root
from umr_ld.document import Document
from umr_ld.errors import Invalid, Malformed, Missing
from umr_ld.media import Media
from umr_ld.names import Ref
from umr_ld.reading import read
from umr_ld.registry import Registry
from umr_ld.risk import Answer, Cell, standard_policy
from umr_ld.vocab import vocabulary

ROOT = Path(__file__).resolve().parents[1]
UMR, RISK = "https://w3id.org/umr-ld/ns#", "https://w3id.org/umr-ld/risk#"


def advisory(name="advisory/x@1.0.0", *affects, risk="backdoor", **facts):
    named = [one if isinstance(one, dict) else {"artifact": one} for one in affects]
    return draft(name, kind="Advisory", risk=risk, affects=named, **facts)


def statement(name, product, status, publisher, **facts):
    facts = {"advisory": "advisory/x", "issued": "2026-01-01", **facts}
    about = product if isinstance(product, dict) else {"artifact": product}
    return draft(name, kind="Statement", product=about, status=status, publisher=publisher, **facts)


@pytest.fixture
def registry():
    """lab/c is made from lab/b, and lab/b from lab/a; Lab publishes lab/b, Maker lab/a."""
    with Registry.in_memory() as opened:
        publish(
            opened,
            draft("lab/a@1.0.0", publisher="Maker"),
            draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1", publisher="Lab"),
            draft("lab/c@1.0.0", "fineTunedFrom lab/b"),
        )
        yield opened


def publish(registry, *documents):
    return registry.publish(documents, agent="tester")


def standing(registry, **options):
    found = registry.verdicts("x", **options)
    return {str(one.ref.name): one.answer.label for one in found.exposure}


def test_whoever_is_downstream_is_affected(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    assert standing(registry) == {"lab/a": "affected", "lab/b": "affected", "lab/c": "affected"}
    (_, _, last) = registry.judged(registry.verdicts("x"))
    assert [str(step) for step in last.path] == [
        "lab/c@1.0.0 fineTunedFrom lab/b",
        "lab/b@1.0.0 fineTunedFrom lab/a@1.x",
    ]


def test_an_advisory_on_what_nobody_knows_waits_until_it_appears(registry):
    publish(registry, advisory("advisory/x@1.0.0", "other/later"))
    assert standing(registry) == {}
    publish(registry, draft("lab/d@1.0.0", "basedOn other/later external"))
    assert standing(registry) == {"lab/d": "possibly"}
    publish(registry, draft("other/later@1.0.0"))
    assert standing(registry) == {"lab/d": "possibly", "other/later": "affected"}


def test_the_newest_revision_counts_and_a_withdrawn_one_does_not(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    publish(registry, advisory("advisory/x@1.1.0", "lab/b"))
    assert standing(registry) == {"lab/b": "affected", "lab/c": "affected"}
    registry.withdraw(Ref.parse("advisory/x@1.1.0"), reason="too narrow", agent="tester")
    assert standing(registry)["lab/a"] == "affected"
    registry.withdraw(Ref.parse("advisory/x@1.0.0"), reason="it was nothing", agent="tester")
    assert standing(registry) == {}
    assert registry.advisories() == ()


def test_what_its_publisher_took_back_affects_nobody(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a", withdrawnAt="2026-01-02T00:00:00Z"))
    assert standing(registry) == {}
    assert registry.advisories() == ()


def test_an_advisory_is_found_by_name_by_its_last_segment_and_by_alias(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a", alias="CVE-2026-1"))
    for text in ("advisory/x", "x", "CVE-2026-1", "advisory/x@1.0.0"):
        assert registry.advisory(text).name == "advisory/x"
    assert registry.advisory("lab/a") is None
    with pytest.raises(Missing):
        registry.verdicts("nothing")


# -- statements


def test_a_publishers_statement_clears_what_is_below_it_and_says_so(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    publish(registry, statement("statement/s@1.0.0", "lab/b", "not_affected", "Lab"))
    assert standing(registry) == {"lab/a": "affected", "lab/b": "clear"}
    found = {str(one.ref.name): one for one in registry.judged(registry.verdicts("x"))}
    assert str(found["lab/b"].ruling.statement) == "statement/s@1.0.0"
    assert found["lab/b"].arrives is Answer.AFFECTED
    registry.withdraw(Ref.parse("statement/s@1.0.0"), reason="we were wrong", agent="tester")
    assert standing(registry)["lab/c"] == "affected"


def test_a_strangers_statement_is_shown_and_does_not_count(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    publish(registry, statement("statement/s@1.0.0", "lab/b", "not_affected", "Stranger"))
    assert standing(registry)["lab/b"] == "affected"
    (said,) = registry.verdicts("x").said
    assert not said.counts


def test_against_a_direct_hit_only_a_reviewer_counts(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    publish(registry, statement("statement/s@1.0.0", "lab/a", "not_affected", "Maker"))
    assert standing(registry)["lab/a"] == "affected"
    line = f"<urn:policy> <{UMR}reviewer> <{registry.base.iri}agent/Maker> ."
    reviewed = standard_policy().overridden(line.encode(), "policy.ttl", vocabulary())
    assert standing(registry, policy=reviewed)["lab/a"] == "clear"


@pytest.mark.parametrize(
    ("days", "answer"),
    [
        (("2026-01-01", "2026-01-02"), "affected"),
        (("2026-01-02", "2026-01-01"), "clear"),
        (("2026-01-01",) * 2, "affected"),
        (("2026-01-14T23:00:00Z", "2026-01-15T00:30:00+02:00"), "clear"),
        (("2026-01-15T00:30:00+02:00", "2026-01-14T23:00:00Z"), "affected"),
        (("2026-01-14T12:00:00.5Z", "2026-01-14T12:00:00Z"), "clear"),
        (("2026-01-14T12:00:00.123456789-06:00", "2026-01-14T18:00:00Z"), "clear"),
        (("2026-01-14T12:00:00Z", "2026-01-14T13:00:00+01:00"), "affected"),
        (("2026-01-14T12:00:00Z", "2026-01-14"), "clear"),
    ],
)
def test_of_contradicting_statements_the_newest_counts_then_the_most_cautious(registry, days, answer):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    publish(
        registry,
        statement("statement/free@1.0.0", "lab/b", "fixed", "Lab", issued=days[0]),
        statement("statement/hit@1.0.0", "lab/b", "affected", "Lab", issued=days[1]),
    )
    assert standing(registry)["lab/b"] == answer


def test_a_statement_that_sets_what_no_link_says_is_found_by_a_check(registry):
    publish(registry, advisory("advisory/x@1.0.0", "other/thing"))
    publish(registry, statement("statement/s@1.0.0", "lab/b", "affected", "Lab"))
    assert [one.answer for one in registry.check(["lab/c"])] == [Answer.AFFECTED]


def test_a_statement_may_set_what_no_link_says(registry):
    publish(registry, draft("lab/free@1.0.0", publisher="Lab"), draft("lab/below@1.0.0", "embeds lab/free"))
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    publish(registry, statement("statement/s@1.0.0", "lab/free", "under_investigation", "Lab"))
    found = standing(registry)
    assert (found["lab/free"], found["lab/below"]) == ("possibly", "possibly")
    for name in ("lab/free", "lab/below"):
        (concern,) = registry.check([name])
        assert concern.answer is Answer.POSSIBLY


def many(count):
    """Advisories on one artifact, all of them about versions that were never published."""
    affects = {"artifact": "lab/a", "version": "<0.1.0"}
    return [advisory(f"advisory/n{number:05}@1.0.0", affects) for number in range(count)]


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_of_many_advisories_on_one_artifact_those_that_apply_are_told(registry, count):
    registry.publish(many(count), agent="tester")
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    assert [one.advisory.name for one in registry.check(["lab/c"])] == ["advisory/x"]
    publish(registry, draft("lab/d@1.0.0", "fineTunedFrom lab/c"))
    assert standing(registry)["lab/d"] == "affected"


def test_a_range_that_holds_no_version_is_refused_with_the_reason(registry):
    with pytest.raises(Invalid) as raised:
        publish(registry, advisory("advisory/x@1.0.0", {"artifact": "lab/a", "version": ">2.0.0 <1.0.0"}))
    (finding,) = raised.value.report
    assert "holds no version" in finding.message


def test_a_revision_before_one_that_is_published_is_refused(registry):
    publish(registry, advisory("advisory/x@1.1.0", "lab/b"))
    with pytest.raises(Invalid) as raised:
        publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    assert [finding.rule for finding in raised.value.report.violations] == ["version-not-larger"]
    assert standing(registry) == {"lab/b": "affected", "lab/c": "affected"}


# -- aliases


SAME = f"<https://w3id.org/umr-ld/r/lab/a> <{UMR}alsoKnownAs> <https://w3id.org/umr-ld/r/hub/a-mirror> ."


def test_an_accepted_alias_is_the_same_artifact(registry):
    publish(registry, advisory("advisory/x@1.0.0", "hub/a-mirror"))
    assert standing(registry) == {}
    assert registry.check(["lab/c"]) == ()
    policy = standard_policy().overridden(SAME.encode(), "policy.ttl", vocabulary())
    assert standing(registry, policy=policy) == {
        "lab/a": "affected",
        "lab/b": "affected",
        "lab/c": "affected",
    }
    (concern,) = registry.check(["lab/c"], policy=policy)
    assert [str(step) for step in concern.path][-1].endswith("fineTunedFrom hub/a-mirror@1.x")


def test_what_is_made_from_an_alias_is_made_from_the_artifact(registry):
    publish(
        registry, advisory("advisory/x@1.0.0", "lab/a"), draft("lab/d@1.0.0", "embeds hub/a-mirror external")
    )
    policy = standard_policy().overridden(SAME.encode(), "policy.ttl", vocabulary())
    assert "lab/d" not in standing(registry)
    assert standing(registry, policy=policy)["lab/d"] == "affected"
    assert [one.answer for one in registry.check(["lab/d"], policy=policy)] == [Answer.AFFECTED]


def test_a_statement_about_an_alias_is_about_the_artifact(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    said = statement("statement/s@1.0.0", "hub/b-mirror", "not_affected", "Lab")
    publish(registry, said)
    same = SAME.replace("lab/a", "lab/b").replace("a-mirror", "b-mirror")
    policy = standard_policy().overridden(same.encode(), "policy.ttl", vocabulary())
    assert standing(registry)["lab/c"] == "affected"
    assert standing(registry, policy=policy) == {"lab/a": "affected", "lab/b": "clear"}


# -- the policy


def test_a_relation_and_a_risk_added_by_data_alone_carry(registry):
    policy = standard_policy()
    lines = f"<{UMR}evaluatedOn> <{UMR}carries> <{RISK}backdoor> ."
    told = policy.overridden(lines.encode(), "policy.ttl", vocabulary())
    assert policy.passes(f"{UMR}evaluatedOn", [f"{RISK}backdoor"]) is Cell.STOPS
    assert told.passes(f"{UMR}evaluatedOn", [f"{RISK}backdoor"]) is Cell.FULL
    assert told.digest != policy.digest


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"<{UMR}uses> <{UMR}carries> <urn:nonsense> .", "no risk"),
        (f"<urn:nonsense> <{UMR}carries> <{RISK}weights> .", "no relation"),
        (f"<{UMR}uses> <urn:nonsense> <{RISK}weights> .", "nothing that a policy may say"),
        ("nonsense", "not Turtle"),
    ],
)
def test_a_policy_that_says_anything_else_is_refused(line, what):
    with pytest.raises(Malformed, match=what):
        standard_policy().overridden(line.encode(), "policy.ttl", vocabulary())


def test_of_an_unknown_relation_nothing_is_excluded():
    assert standard_policy().passes("https://example.org/other", [f"{RISK}backdoor"]) is Cell.WEAK


def test_what_is_in_part_of_the_data_passes_a_selection_as_a_possibility():
    policy = standard_policy()
    assert policy.passes(f"{UMR}subsetOf", [f"{RISK}csam"]) is Cell.FULL
    assert policy.passes(f"{UMR}subsetOf", [f"{RISK}csam"], partial=True) is Cell.WEAK


# -- checking what one uses


def test_a_draft_is_checked_before_it_is_published(registry):
    publish(
        registry, advisory("advisory/x@1.0.0", {"artifact": "lab/a", "version": "<1.1.0", "fixedIn": "1.1.0"})
    )
    made = draft("mine/d@1.0.0", "fineTunedFrom lab/a@1.0.0")
    below = draft("mine/e@1.0.0", "adapterOf mine/d")
    records = [read(one, registry.base, registry.vocabulary).record for one in (below, made)]
    first, second = registry.check(records)
    assert (first.asked, first.answer, first.fix) == ("mine/d@1.0.0", Answer.AFFECTED, "lab/a@1.1.0")
    assert [str(step) for step in second.path] == [
        "mine/e@1.0.0 adapterOf mine/d",
        "mine/d@1.0.0 fineTunedFrom lab/a@1.0.0",
    ]


def test_the_nearest_fix_is_the_closest_newer_version_that_is_clear(registry):
    publish(registry, advisory("advisory/x@1.0.0", {"artifact": "lab/a", "version": "<1.1.0"}))
    publish(
        registry,
        draft("lab/b@2.0.0", "fineTunedFrom lab/a@1.0.0", publisher="Lab"),
        draft("lab/b@3.0.0", "fineTunedFrom lab/other external", publisher="Lab"),
        draft("lab/user@1.0.0", "fineTunedFrom lab/b@1.0.0"),
    )
    (concern,) = registry.check(["lab/user"])
    assert (concern.answer, concern.fix) == (Answer.AFFECTED, "lab/b@3.0.0")


def test_a_check_says_what_the_whole_exposure_says(registry):
    publish(registry, advisory("advisory/x@1.0.0", "lab/a"))
    publish(registry, statement("statement/s@1.0.0", "lab/b", "under_investigation", "Lab"))
    for name, answer in standing(registry).items():
        (concern,) = registry.check([name])
        assert concern.answer.label == answer


def test_what_is_only_named_is_checked_too(registry):
    publish(registry, advisory("advisory/x@1.0.0", {"artifact": "https://example.org/data", "version": "^1"}))
    (concern,) = registry.check(["https://example.org/data"])
    assert concern.answer is Answer.POSSIBLY


# -- the case, as the documentation tells it


PAGE = (ROOT / "docs/risk.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def umr(*words, code=0):
    answer = CliRunner().invoke(root, words)
    assert answer.exit_code == code, answer.output
    return answer.output


def answers(said):
    return dict(reversed(pair) for pair in re.findall(r"(?m)^(affected|possibly|clear)  (\S+?)@", said))


def test_the_case_that_must_always_work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records").symlink_to(ROOT / "records")
    said = [umr(*line.removeprefix("$ umr ").split()) for line in blocks("console")[0].splitlines()]
    hospital = "example/hospital-pathology-assistant"
    assert answers(said[2]) == {
        "laion/laion-5b": "affected",
        "laion/re-laion-5b": "clear",
        "vinid/path-laion": "possibly",
        "vinid/openpath": "possibly",
        "vinid/plip": "possibly",
        "dearcaat/rrt-mil": "possibly",
        hospital: "possibly",
    }
    assert "embeds vinid/plip@1.0.0 finetunedOn vinid/openpath@1.0.0" in said[2]
    assert f"{hospital}@1.0.0 is possibly affected by laion-5b-csam (critical)" in said[3]
    umr("check", hospital, code=1)

    (tmp_path / "statement.yaml").write_text(blocks("yaml")[1], encoding="utf-8")
    umr("statement", "publish", "statement.yaml")
    found = answers(umr("impact", "laion-5b-csam"))
    assert found["vinid/plip"] == "clear"
    assert {"dearcaat/rrt-mil", hospital}.isdisjoint(found)
    umr("check", hospital)
    assert "statement/plip-csam@1.0.0 says so" in umr("impact", "laion-5b-csam")

    umr("statement", "withdraw", "statement/plip-csam@1.0.0", "--reason", "made up", "--yes")
    assert answers(umr("impact", "laion-5b-csam"))[hospital] == "possibly"


def test_in_the_case_publishers_are_alerted_once_of_each_turn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = sorted(
        str(path) for path in (ROOT / "records").rglob("*.jsonld") if "laion-5b-csam" not in path.as_posix()
    )
    umr("init")
    umr("publish", *paths)
    said = umr(
        "alerts", "subscribe", "--publisher", "Stanford University", "--feed", "--event", "newly-affected"
    )
    one = re.search("subscription ([0-9a-f]+)", said)[1]
    chosen = ["--publisher", "Chongqing University", "--namespace", "example", "--feed"]
    other = re.search("subscription ([0-9a-f]+)", umr("alerts", "subscribe", *chosen))[1]

    def told(subscription):
        events = json.loads(umr("-q", "alerts", "feed", subscription, "--json"))
        return sorted((event["record"].partition("@")[0], event["answer"]) for event in events)

    (named,) = (ROOT / "records/advisory/laion-5b-csam").iterdir()
    for _ in range(2):
        umr("advisory", "publish", str(named))
    stanford = [(name, "possibly") for name in ("vinid/openpath", "vinid/path-laion", "vinid/plip")]
    others = [(name, "possibly") for name in ("dearcaat/rrt-mil", "example/hospital-pathology-assistant")]
    assert told(one) == stanford
    assert told(other) == others
    (tmp_path / "statement.yaml").write_text(blocks("yaml")[1], encoding="utf-8")
    umr("statement", "publish", "statement.yaml")
    assert told(other) == sorted(others + [(name, "clear") for name, _ in others])
    umr("statement", "withdraw", "statement/plip-csam@1.0.0", "--reason", "made up", "--yes")
    assert told(other) == sorted(others * 2 + [(name, "clear") for name, _ in others])
    assert told(one) == sorted([*stanford, ("vinid/plip", "possibly")])


def test_the_examples_of_the_documentation_are_what_they_say(tmp_path):
    with Registry.in_memory() as registry:
        for text in blocks("yaml"):
            (checked,) = registry.validate([Document(text.encode(), Media.YAML, "risk.md")])
            assert checked.report, [str(one) for one in checked.report]
    for text in blocks("turtle"):
        standard_policy().overridden(text.encode(), "risk.md", vocabulary())


def test_publishing_below_an_open_advisory_says_so_at_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    umr("init")
    umr("publish", str(ROOT / "records"))
    (tmp_path / "mine.jsonld").write_bytes(draft("lab/mine@1.0.0", "embeds vinid/plip").body)
    said = umr("publish", "mine.jsonld")
    assert "lab/mine@1.0.0 is possibly affected by laion-5b-csam (critical)" in said


@pytest.mark.parametrize("form", ["tree", "table", "json", "csv", "sarif", "dot"])
def test_verdicts_come_in_every_form(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    umr("init")
    umr("publish", str(ROOT / "records"))
    assert "vinid/plip" in umr("impact", "laion-5b-csam", "--as", form)


def test_what_nobody_knows_is_never_told_to_be_clean(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    umr("init")
    umr("publish", str(ROOT / "records"))
    umr("check", "vinid/plipp", code=3)
    assert "nothing is recorded of vinid/plipp" in umr("check", "vinid/plipp", "openai/clip-vit-base-patch32")


def test_what_was_decided_to_be_left_alone_does_not_fail_until_its_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    umr("init")
    umr("publish", str(ROOT / "records"))
    (tmp_path / "used.txt").write_text("vinid/plip  # for search\n", encoding="utf-8")
    (settings,) = blocks("toml")
    for until, code in (("2999-01-31", 0), ("2020-01-31", 1)):
        (tmp_path / "umr.toml").write_text(settings.replace("2027-01-31", until), encoding="utf-8")
        umr("check", "used.txt", code=code)
    umr("check", "used.txt", "--fail-on", "affected")
