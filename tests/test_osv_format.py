"""OSV advisories in and out: what they say of versions, and that nothing of them is lost."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from drafts import draft
from hypothesis import given, settings
from hypothesis import strategies as st

from umr_ld.cli import root
from umr_ld.document import Document
from umr_ld.formats import osv
from umr_ld.media import Media
from umr_ld.ranges import Range
from umr_ld.registry import Registry
from umr_ld.versions import Version
from umr_ld.vocab import vocabulary

VERSIONS = ["0.9.0", "1.0.0-rc.1", "1.0.0", "1.1.0", "1.2.0", "2.0.0"]
GIVEN = {
    "schema_version": "1.7.0",
    "id": "GHSA-test-1",
    "modified": "2026-01-02T00:00:00Z",
    "published": "2026-01-01T00:00:00Z",
    "summary": "Pickles run code",
    "details": "When the file is opened.",
    "aliases": ["CVE-2026-1"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"ecosystem": "Other", "name": "x", "purl": "pkg:huggingface/lab/model"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}],
            "versions": ["first", "2.0.0"],
            "ecosystem_specific": {"imports": [1.50, 2e3]},
        }
    ],
    "references": [{"type": "ADVISORY", "url": "https://example.org/advisory"}],
    "credits": [{"name": "Somebody", "type": "FINDER"}],
    "database_specific": {"risk": "malicious-file", "severity": "high", "more": None},
}


def read(*objects):
    documents = [Document(json.dumps(one).encode(), Media.JSONLD, "osv.json") for one in objects]
    return osv.read([documents], vocabulary())


def facts(**changes):
    translation = read({**GIVEN, **changes})
    return translation.drafts[0].tree.root if translation.drafts else None, list(translation.losses)


@pytest.fixture
def umr(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words, code=0):
        answer = CliRunner().invoke(root, words)
        assert answer.exit_code == code, answer.output
        return answer.stdout

    run("init")
    return run


def test_an_advisory_becomes_a_record_that_hits_what_it_names(umr, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(GIVEN), encoding="utf-8")
    umr("advisory", "import", "a.json")
    with Registry.open(tmp_path / ".umr") as registry:
        found = registry.advisory("CVE-2026-1")
        assert (found.label, found.severity.label) == ("GHSA-test-1", "high")
        scope = found.scopes["hf/lab/model"]
        assert (scope.versions, scope.revisions) == (Range.parse("<1.2.0 || 2.0.0"), {"first"})


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GIVEN, indent=3) + "\n",
        json.dumps(GIVEN),
        "\n\t"
        + json.dumps({**GIVEN, "x": "\u00e9 1.50"}, ensure_ascii=False).replace(", ", " ,\r\n")
        + " \n\n",
        json.dumps(GIVEN).replace("[1.5, 2000.0]", "[1.50, 2e3, -0.0, 1E400]"),
    ],
    ids=["indented", "bare", "white space and other letters", "numbers"],
)
def test_what_was_imported_comes_back_to_the_last_byte(umr, tmp_path, text):
    (tmp_path / "a.json").write_bytes(text.encode())
    umr("advisory", "import", "a.json")
    umr("advisory", "export", "GHSA-test-1", "-o", "out.json")
    assert (tmp_path / "out.json").read_bytes() == text.encode()


def test_what_is_no_utf_8_is_left_out_and_told():
    document = Document(json.dumps(GIVEN).encode().replace(b"Pickles", b"\xff"), Media.JSONLD, "osv.json")
    found = osv.read([[document]], vocabulary())
    assert not found.drafts
    (lost,) = found.losses
    assert "no UTF-8" in lost.why


@pytest.mark.parametrize(
    "affected",
    [
        {"version": "<=1.2.2", "fixedIn": ["1.2.3"]},
        {"version": "<1.2.3", "fixedIn": ["1.2.3", "1.3.0"]},
        {"version": "1.0.0", "undecided": True},
        {"revision": ["9f8e7d6"], "undecided": True, "fixedIn": ["0a1b2c3"]},
    ],
)
def test_what_an_advisory_says_of_versions_survives_osv(affected):
    record = {"name": "https://x.example/r/advisory/x", "title": "X", "risk": "backdoor"}
    told = osv.write({**record, "affects": {"artifact": "lab/a", **affected}}, None, "2026-01-01T00:00:00Z")
    (draft,) = read(json.loads(told)).drafts
    assert draft.tree.root["affects"] == [{"artifact": "lab/a", **affected}]


def test_a_revision_is_the_next_version_and_the_same_again_is_none(umr, tmp_path):
    for text in (
        GIVEN,
        GIVEN,
        {**GIVEN, "modified": "2026-02-01T00:00:00Z", "summary": "Pickles run any code"},
    ):
        (tmp_path / "a.json").write_text(json.dumps(text), encoding="utf-8")
        umr("advisory", "import", "a.json")
    with Registry.open(tmp_path / ".umr") as registry:
        assert [str(event.ref.version) for event in registry.history("advisory/GHSA-test-1")] == [
            "1.0.1",
            "1.0.0",
        ]
    assert json.loads(umr("advisory", "export", "GHSA-test-1"))["summary"] == "Pickles run any code"


def test_revisions_in_any_order_leave_the_newest(umr, tmp_path):
    later = {**GIVEN, "modified": "2026-02-01T00:00:00Z", "summary": "Pickles run any code"}
    for lines in ([later], [GIVEN], [later, GIVEN], [GIVEN, later]):
        (tmp_path / "all.json").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        umr("advisory", "import", "all.json")
    with Registry.open(tmp_path / ".umr") as registry:
        assert len(registry.history("advisory/GHSA-test-1")) == 1
        assert registry.advisory("GHSA-test-1").title == "Pickles run any code"


def test_events_that_leave_no_version_clear_nobody(umr, tmp_path):
    events = [{"introduced": "2.0.0"}, {"fixed": "1.0.0"}, {"fixed": "2.0.0"}]
    affected = {"package": GIVEN["affected"][0]["package"], "ranges": [{"type": "SEMVER", "events": events}]}
    (tmp_path / "a.json").write_text(json.dumps({**GIVEN, "affected": [affected]}), encoding="utf-8")
    umr("advisory", "import", "a.json")
    with Registry.open(tmp_path / ".umr", write=True) as registry:
        registry.publish(
            [draft("hf/lab/model@2.0.0"), draft("lab/b@1.0.0", "embeds hf/lab/model")], agent="tester"
        )
        exposure = registry.verdicts("GHSA-test-1").exposure
    assert {str(one.ref): one.answer.label for one in exposure} == {
        "hf/lab/model@2.0.0": "possibly",
        "lab/b@1.0.0": "possibly",
    }


def test_only_vectors_of_cvss_are_vectors():
    """OSV 1.7, severity[].type: `Ubuntu` has words for scores, which would be written as vectors of CVSS 2."""
    vector = GIVEN["severity"][0]
    root, _ = facts(severity=[{"type": "Ubuntu", "score": "high"}, vector])
    assert root["cvss"] == [vector["score"]]


def test_only_what_was_changed_here_is_changed_there(umr, tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(GIVEN), encoding="utf-8")
    umr("advisory", "import", "a.json")
    with Registry.open(tmp_path / ".umr") as registry:
        body = json.loads(registry.body(registry.advisory("GHSA-test-1").ref))
    body |= {"version": "1.1.0", "title": "Another title", "severity": "critical"}
    del body["id"]
    for one in [body["affects"]]:
        del one["id"]
    (tmp_path / "b.jsonld").write_text(json.dumps(body), encoding="utf-8")
    umr("advisory", "publish", "b.jsonld")
    written = json.loads(umr("advisory", "export", "GHSA-test-1"))
    same = GIVEN.keys() - {"summary", "database_specific", "modified"}
    assert {key: written[key] for key in same} == {key: GIVEN[key] for key in same}
    assert written["summary"] == "Another title"
    assert written["database_specific"] == {
        "risk": "https://w3id.org/umr-ld/risk#malicious-file",
        "severity": "critical",
        "more": None,
    }


def test_an_advisory_written_here_is_valid_osv(umr, tmp_path):
    (tmp_path / "a.yaml").write_text(
        """
type: Advisory
name: advisory/UMR-1
version: 1.0.0
title: A title
issued: "2026-01-01"
risk: backdoor
affects: [{artifact: lab/a, version: ">=1.0.0 <1.2.0"}, {artifact: lab/b, revision: [abc]}]
""",
        encoding="utf-8",
    )
    umr("advisory", "publish", "a.yaml")
    written = json.loads(umr("advisory", "export", "UMR-1"))
    assert (written["schema_version"], written["id"], written["published"]) == (
        "1.7.0",
        "UMR-1",
        "2026-01-01T00:00:00Z",
    )
    assert written["modified"].endswith("Z")
    first, second = written["affected"]
    assert first["ranges"] == [{"type": "SEMVER", "events": [{"introduced": "1.0.0"}, {"fixed": "1.2.0"}]}]
    assert second["versions"] == ["abc"]
    again, _ = facts(**written)
    assert again["affects"][0]["version"] == ">=1.0.0 <1.2.0"


# -- versions, by the published algorithm


def affected_by_the_specification(version, affected):
    """OSV, "Evaluation": IsVulnerable, IncludedInVersions, IncludedInRanges, BeforeLimits."""
    v = Version.parse(version)
    if version in affected.get("versions", []):
        return True
    return any(included(v, one["events"]) for one in affected.get("ranges", []))


def included(v, events):
    limits = [one["limit"] for one in events if "limit" in one]
    if limits and not any(limit == "*" or v < Version.parse(limit) for limit in limits):
        return False
    vulnerable = False
    for event in sorted(events, key=order):
        ((kind, text),) = event.items()
        if kind == "introduced" and (text == "0" or v >= Version.parse(text)):
            vulnerable = True
        elif (kind == "fixed" and v >= Version.parse(text)) or (
            kind == "last_affected" and v > Version.parse(text)
        ):
            vulnerable = False
    return vulnerable


def order(event):
    ((kind, text),) = event.items()
    key = b"" if text == "0" or text == "*" else Version.parse(text).sort_key
    return key, kind == "last_affected"


def events(ending):
    return st.lists(
        st.tuples(st.sampled_from(["introduced", ending]), st.sampled_from(VERSIONS)),
        min_size=1,
        max_size=5,
        unique_by=lambda e: e[1],
    ).map(lambda pairs: [{"introduced": "0"}, *({kind: text} for kind, text in pairs)])


RANGES = st.one_of(
    events("fixed"), events("last_affected"), st.just([{"introduced": "1.0.0"}, {"limit": "1.2.0"}])
)


@settings(max_examples=300, deadline=None)
@given(st.lists(RANGES, max_size=2), st.lists(st.sampled_from(VERSIONS), max_size=2))
def test_a_version_is_affected_as_the_specification_evaluates_it(ranges, versions):
    affected = {"package": {"ecosystem": "X", "name": "lab/a"}, "versions": versions}
    affected["ranges"] = [{"type": "SEMVER", "events": one} for one in ranges]
    if not ranges and not versions:
        return
    root_, _ = facts(affected=[affected])
    (said,) = root_["affects"]
    meant = Range.parse(said["version"]) if "version" in said else Range(())
    for version in VERSIONS:
        assert (Version.parse(version) in meant) == affected_by_the_specification(version, affected), version


@pytest.mark.parametrize(
    ("affected", "said"),
    [
        ({"package": {"name": "lab/a", "ecosystem": "X"}}, {"artifact": "lab/a"}),
        (
            {"package": {"name": "y", "ecosystem": "X", "purl": "pkg:huggingface/lab/a@abc"}},
            {"artifact": "hf/lab/a", "revision": ["abc"]},
        ),
        (
            {"package": {"name": "y y", "ecosystem": "X", "purl": "pkg:generic/y"}},
            {"artifact": "pkg:generic/y"},
        ),
        (
            {
                "package": {"name": "lab/a", "ecosystem": "X"},
                "ranges": [{"type": "GIT", "events": [{"introduced": "abc"}]}],
            },
            {"artifact": "lab/a", "revision": ["abc"], "undecided": True},
        ),
        (
            {
                "package": {"name": "lab/a", "ecosystem": "X"},
                "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}],
            },
            {"artifact": "lab/a", "version": "*"},
        ),
        (
            {
                "package": {"name": "lab/a", "ecosystem": "X"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2023.a"}]}],
            },
            {"artifact": "lab/a", "undecided": True, "fixedIn": ["2023.a"]},
        ),
    ],
)
def test_what_has_no_order_here_is_undecided(affected, said):
    root_, _ = facts(affected=[affected])
    assert root_["affects"] == [said]


def test_what_cannot_be_read_is_reported_and_the_rest_is_taken(umr, tmp_path):
    lines = [json.dumps(GIVEN), '{"no": "id"}', '{"id": 1, "id": 2}', json.dumps({**GIVEN, "id": "B"})]
    (tmp_path / "all.json").write_text("\n".join(lines), encoding="utf-8")
    umr("advisory", "import", "all.json", code=1)
    with Registry.open(tmp_path / ".umr") as registry:
        assert {one.label for one in registry.advisories()} == {"GHSA-test-1", "B"}


def test_a_broken_range_makes_every_version_possible_and_is_told():
    root_, losses = facts(
        affected=[
            {
                "package": {"name": "lab/a", "ecosystem": "X"},
                "ranges": [{"type": "SEMVER", "events": [{"fixed": "1"}]}],
            }
        ]
    )
    assert root_["affects"][0]["undecided"] is True
    assert len(losses) == 1


def test_where_no_risk_is_named_any_may_be_meant():
    root_, _ = facts(database_specific={})
    assert root_["risk"] == "unspecified"
