"""Licences along lineage: what upstreams demand, and what a record states."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from drafts import draft
from test_risk import publish

from umr_ld.cli import root
from umr_ld.findings import Severity
from umr_ld.licences import NOTE, LicenceRules, Licensed, licence_rules
from umr_ld.reading import read
from umr_ld.registry import Registry
from umr_ld.risk import standard_policy

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        yield opened


def found(registry, *names, least="warning", **options):
    """Level, rule and record of each finding that is at least so grave."""
    levels = ["violation", "warning", "info"]
    told = registry.licences(names, **options)
    return [
        (one.severity.value, one.rule.removeprefix("licence-"), one.focus)
        for one in told
        if levels.index(one.severity.value) <= levels.index(least)
    ]


@pytest.mark.parametrize(
    ("licence", "conditions"),
    [
        ("CC0-1.0", set()),
        ("MIT", {"attribution"}),
        ("apache-2.0", {"attribution"}),
        ("https://spdx.org/licenses/CC-BY-NC-4.0", {"attribution", "non-commercial"}),
        ("CC-BY-NC-SA-3.0", {"attribution", "non-commercial", "share-alike"}),
        ("GPL-3.0-or-later WITH Classpath-exception-2.0", {"attribution", "share-alike"}),
        ("gpl-3.0", {"attribution", "share-alike"}),
        ("MPL-2.0", {"attribution", "share-alike-in-part"}),
        ("LicenseRef-llama-2-community", {"attribution", "use-restricted"}),
        ("openrail++", {"attribution", "use-restricted"}),
        ("LicenseRef-scancode-gemma-tou-2024-04-01", {"use-restricted"}),
        ("MIT OR CC-BY-NC-4.0", {"attribution"}),
        ("MIT AND CC-BY-NC-4.0", {"attribution", "non-commercial"}),
        ("(MIT OR Apache-2.0) AND CC-BY-SA-4.0", {"attribution", "share-alike"}),
    ],
)
def test_what_a_licence_demands(licence, conditions):
    terms = licence_rules().terms(licence)
    assert (terms.conditions, terms.unknown) == (conditions, set())


@pytest.mark.parametrize(
    ("licence", "unknown"),
    [
        ("other", {"other"}),
        ("LicenseRef-nobody", {"LicenseRef-nobody"}),
        ("MIT AND", {"MIT AND"}),
        ("MIT AND other", {"other"}),
        ("https://example.org/licence", {"https://example.org/licence"}),
        ("((((", {"(((("}),
        ("\u202e \x00", {"\u202e \x00"}),
    ],
)
def test_what_nobody_knows_is_said_to_be_unknown(licence, unknown):
    assert licence_rules().terms(licence).unknown == unknown


@pytest.mark.parametrize(
    ("child", "parent", "told"),
    [
        ("MIT", "CC-BY-NC-4.0", [("violation", "lost-non-commercial")]),
        ("CC-BY-NC-4.0", "CC-BY-NC-4.0", []),
        ("MIT", "Apache-2.0", []),
        ("CC0-1.0", "MIT", []),
        ("MIT", "CC-BY-SA-4.0", [("warning", "lost-share-alike")]),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0", []),
        ("CC-BY-ND-4.0", "CC-BY-ND-4.0", [("warning", "present-no-derivatives")]),
        ("Apache-2.0", "LicenseRef-llama-2-community", [("violation", "lost-use-restricted")]),
        ("CC-BY-NC-4.0", "LicenseRef-llama-2-community", [("violation", "lost-use-restricted")]),
        ("MIT OR CC-BY-NC-4.0", "CC-BY-NC-4.0", [("violation", "lost-non-commercial")]),
        ("MIT", "MIT OR CC-BY-NC-4.0", []),
        ("LicenseRef-ours", "CC-BY-NC-4.0", [("warning", "present-non-commercial")]),
        ("", "CC-BY-NC-4.0", [("warning", "missing"), ("warning", "present-non-commercial")]),
        ("MIT", "", []),
    ],
)
def test_a_licence_keeps_what_is_demanded_or_not(registry, child, parent, told):
    publish(registry, draft("lab/a@1.0.0", **({"licenseExpression": parent} if parent else {})))
    own = {"licenseExpression": child} if child else {}
    publish(registry, draft("lab/b@1.0.0", "fineTunedFrom lab/a", **own))
    assert [(level, rule) for level, rule, _ in found(registry, "lab/b")] == told


def test_a_condition_comes_down_from_far_above_with_its_path(registry):
    publish(
        registry,
        draft("lab/data@1.0.0", kind="Dataset", license="CC-BY-NC-4.0"),
        draft("lab/a@1.0.0", "trainedOn lab/data@1.0.0", license="MIT"),
        draft("lab/b@1.0.0", "quantizedFrom lab/a", license="MIT"),
    )
    (finding,) = registry.licences(["lab/b"]).violations
    assert "quantizedFrom lab/a@1.0.0 trainedOn lab/data@1.0.0" in finding.message
    assert finding.remedy


@pytest.mark.parametrize(
    ("relation", "level"), [("trainedOn", "violation"), ("distilledFrom", "warning"), ("evaluatedOn", None)]
)
def test_a_relation_hands_licences_down_as_it_carries_licence_risks(registry, relation, level):
    kind = "Dataset" if relation.endswith("On") else "Model"
    publish(
        registry,
        draft("lab/a@1.0.0", kind=kind, license="CC-BY-NC-4.0"),
        draft("lab/b@1.0.0", f"{relation} lab/a", license="MIT"),
    )
    assert [one for one, *_ in found(registry, "lab/b")] == ([level] if level else [])


def test_a_policy_may_say_otherwise(registry):
    publish(registry, draft("lab/a@1.0.0", kind="Dataset", license="CC-BY-NC-4.0"))
    publish(registry, draft("lab/b@1.0.0", "trainedOn lab/a", license="MIT"))
    line = (
        "<https://w3id.org/umr-ld/ns#trainedOn> <https://w3id.org/umr-ld/ns#stops>"
        " <https://w3id.org/umr-ld/risk#licence> ."
    )
    lax = standard_policy().overridden(line.encode(), "policy.ttl", registry.vocabulary)
    assert found(registry, "lab/b")
    assert not found(registry, "lab/b", policy=lax)


def test_an_inherited_licence_is_a_licence(registry):
    publish(
        registry,
        draft("lab/a@1.0.0", license="CC-BY-NC-4.0"),
        draft("lab/b@1.0.0", "fineTunedFrom lab/a inherit"),
    )
    assert found(registry, "lab/b") == []


def test_a_change_is_told_since_the_version_before_and_from_a_model_directly_above(registry):
    publish(
        registry,
        draft("lab/a@1.0.0", license="MIT"),
        draft("lab/b@1.0.0", "fineTunedFrom lab/a", license="MIT"),
        draft("lab/b@2.0.0", "fineTunedFrom lab/a", license="Apache-2.0"),
    )
    changed = [one.message for one in registry.licences(["lab/b@2.0.0"]) if one.rule == "licence-changed"]
    assert changed == [
        "lab/b@2.0.0 is under Apache-2.0, and lab/b@1.0.0 is under MIT",
        "lab/b@2.0.0 is under Apache-2.0, and lab/a@1.0.0 is under MIT; fineTunedFrom lab/a@1.0.0",
    ]
    assert not [one for one in registry.licences(["lab/b@1.0.0"]) if one.rule == "licence-changed"]


def test_what_is_not_recorded_is_said_to_be_unknown(registry):
    publish(registry, draft("lab/b@1.0.0", "fineTunedFrom lab/other external", license="MIT"))
    assert found(registry, "lab/b", least="info") == [("info", "upstream-missing", "lab/b@1.0.0")]


def test_circles_end(registry):
    drafts = [
        draft("lab/a@1.0.0", "fineTunedFrom lab/b", license="MIT"),
        draft("lab/b@1.0.0", "fineTunedFrom lab/a", license="CC-BY-NC-4.0"),
    ]
    records = [read(one, registry.base, registry.vocabulary).record for one in drafts]
    assert [(one.rule, one.focus) for one in registry.licences(records).violations] == [
        ("licence-lost-non-commercial", "lab/a@1.0.0")
    ]


def test_drafts_are_compared_before_they_are_published(registry):
    publish(registry, draft("lab/a@1.0.0", license="CC-BY-NC-4.0"))
    drafts = [
        draft("mine/b@1.0.0", "fineTunedFrom lab/a", license="CC-BY-NC-4.0"),
        draft("mine/c@1.0.0", "adapterOf mine/b", license="MIT"),
    ]
    records = [read(one, registry.base, registry.vocabulary).record for one in drafts]
    told = [one.focus for one in registry.licences(records).violations]
    assert told == ["mine/c@1.0.0", "mine/c@1.0.0"]


def test_a_condition_and_a_level_are_data():
    rules = licence_rules()
    lost = rules._conditions["non-commercial"]
    assert (lost.when_lost, lost.when_present) == (Severity.VIOLATION, Severity.INFO)
    others = LicenceRules({"house": frozenset({"share-alike"})}, {}, rules._conditions, rules.travels_as)
    (finding,) = others.upstream(Licensed("b", "house2 AND house"), Licensed("a", "other"), "", weak=False)
    assert finding.rule == "licence-unknown"


def test_the_page_of_the_documentation_is_what_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records").symlink_to(ROOT / "records")
    page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    for line in text.splitlines():
        done = CliRunner().invoke(root, line.removeprefix("$ umr ").split())
        assert done.exit_code == 0, done.output
    assert "licence-lost-use-restricted" in done.output
    assert NOTE in done.output
    failed = CliRunner().invoke(root, ["licences", "dvlab/llama-vid-13b", "--json"])
    assert failed.exit_code == 1
    assert json.loads(failed.stdout)["note"] == NOTE
    kept = CliRunner().invoke(root, ["licences", "vinid/plip", "--level", "info", "--as", "sarif"])
    assert kept.exit_code == 0
    assert "licence-upstream-missing" in kept.output
