"""Files by what stands for their bytes: in the index, at every door, and taken over from hubs."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from converting import FORMATS, read, stripped, subject, written
from converting import digest as identity
from drafts import draft
from hub import large, model, serving
from serving import served

from umr_ld.document import Document
from umr_ld.errors import Malformed, Missing, Unreadable
from umr_ld.harvest.door import client
from umr_ld.harvest.hub import Hub
from umr_ld.harvest.intake import Intake
from umr_ld.harvest.ledger import Ledger
from umr_ld.net import Door, Policy
from umr_ld.record import File
from umr_ld.registry import Registry, publication
from umr_ld.remote import RemoteRegistry
from umr_ld.remote.client import Client
from umr_ld.vocab import CONTEXT_IRI
from umr_ld.weights import files_below, fit, hashed
from umr_server.app import create_app
from umr_server.mirror.changes import touched

SHARED, OWN, OTHER = "a" * 64, "b" * 64, "c" * 64


def files(*pairs):
    return [{"fileName": name, "sha256": digest} for name, digest in pairs]


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """One file under two names, in three versions of two artifacts, published one after the other."""
    folder = tmp_path_factory.mktemp("weights") / "registry"
    with Registry.create(folder) as opened:
        for document in (
            draft("lab/a@1.0.0", distribution=files(("model.bin", SHARED), ("own.bin", OWN))),
            draft("lab/b@1.0.0", distribution=files(("renamed.bin", SHARED))),
            draft("lab/b@2.0.0", distribution=files(("other.bin", OTHER))),
            draft("lab/c@1.0.0", title="Names no file"),
        ):
            opened.publish([document], agent="test")
        yield opened


@pytest.fixture(scope="module")
def app(registry):
    made = create_app(registry)
    yield made
    made.extensions["umr"].close()


def told(found):
    return [(str(one.ref), one.file) for one in found]


def moment(registry, ref):
    return registry.show(ref).published


# -- the index


@pytest.mark.parametrize(
    "text",
    [f"sha256:{SHARED}", f"digest:{SHARED}", SHARED, f"SHA256:{SHARED.upper()}", f" sha256:{SHARED}\n"],
)
def test_a_file_is_found_under_every_name_and_in_every_version(registry, text):
    assert told(registry.carrying(text)) == [("lab/a@1.0.0", "model.bin"), ("lab/b@1.0.0", "renamed.bin")]


def test_as_of_an_earlier_moment_only_what_was_published_by_then_names_it(registry):
    then = moment(registry, "lab/a@1.0.0")
    assert told(registry.carrying(SHARED, at=then)) == [("lab/a@1.0.0", "model.bin")]
    assert registry.same_files(registry.get("lab/a"), at=then) == ()
    assert registry._parts.index.shared(registry._parts.index.sequence_at(then)) == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        "sha256:xyz",
        "md5:" + "0" * 32,
        "sha256 " + SHARED,
        "a/b",
        "0" * 31,
        "🦙" * 40,
        "\0" * 64,
    ],
)
def test_what_is_no_digest_is_refused_with_what_to_write(registry, text):
    with pytest.raises(Malformed, match="sha256"):
        registry.carrying(text)


def test_the_index_gives_what_stands_below_several_names(registry):
    assert registry._parts.index.shared() == {f"sha256:{SHARED}": ["lab/a", "lab/b"]}


def test_an_index_that_was_made_again_is_the_same(registry):
    before = list(registry._parts.index.dump())
    assert [row for row in before if row[0] == "fingerprint"]
    registry.rebuild()
    assert list(registry._parts.index.dump()) == before


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"text": f"sha256:{SHARED}"}, ["lab/a", "lab/b"]),
        ({"text": f"sha256:{OWN}"}, ["lab/a"]),
        ({"text": f"digest:{OTHER}", "kind": "Model"}, ["lab/b"]),
        ({"text": f"sha256:{SHARED}", "prefix": "lab/b"}, ["lab/b"]),
        ({"text": f"sha256:{SHARED}", "kind": "Dataset"}, []),
        ({"text": f"sha256:{'0' * 64}"}, []),
        ({"text": SHARED}, []),
    ],
    ids=str,
)
def test_a_search_for_a_digest_finds_the_artifacts_whose_versions_name_it(registry, asked, names):
    page = registry.listing(**asked)
    assert [str(one.ref.name) for one in page.entries] == names
    assert page.total == len(names)
    assert sum(page.facets["kind"].values()) == len(names)


def test_a_record_may_name_very_many_files(registry):
    many = [(f"part-{at}", hashlib.sha256(str(at).encode()).hexdigest()) for at in range(3000)]
    with Registry.in_memory() as opened:
        opened.publish([draft("lab/many@1.0.0", distribution=files(*many))], agent="test")
        assert told(opened.carrying(many[-1][1])) == [("lab/many@1.0.0", "part-2999")]


# -- the doors


def test_a_page_tells_where_else_a_file_is(registry, app):
    page = app.test_client().get("/page/lab/a@1.0.0").get_data(as_text=True)
    assert "The same files elsewhere" in page
    assert 'href="/page/lab/b@1.0.0"' in page
    assert "renamed.bin" in page
    assert "The same files elsewhere" not in app.test_client().get("/page/lab/c@1.0.0").get_data(as_text=True)
    (part,) = [one for one in publication.page(registry, "lab/b@1.0.0").parts if one.key == "same-files"]
    assert [[cell.text for cell in row[:3]] for row in part.blocks[0].rows] == [
        ["renamed.bin", "lab/a@1.0.0", "model.bin"]
    ]


def test_a_page_of_a_site_is_written_again_when_a_file_of_it_turns_up_elsewhere(registry):
    before, after = (registry.show(one).seq for one in ("lab/a@1.0.0", "lab/b@1.0.0"))
    assert "lab/a" in touched(registry, before, after)
    assert "lab/a" not in touched(registry, after, registry.show("lab/b@2.0.0").seq)


def test_the_api_and_a_registry_elsewhere_say_the_same(registry, app):
    said = app.test_client().get(f"/api/v1/digest/sha256:{SHARED}?limit=1")
    assert [(one["reference"], one["file"]) for one in said.json] == [("lab/a@1.0.0", "model.bin")]
    assert 'rel="next"' in said.headers["Link"]
    assert app.test_client().get("/api/v1/digest/nonsense").status_code == 400
    with served(create_app(registry)) as address, RemoteRegistry(Client(address)) as elsewhere:
        assert elsewhere.carrying(SHARED) == registry.carrying(SHARED)
        record = elsewhere.get("lab/a")
        assert elsewhere.same_files(record) == registry.same_files(registry.get("lab/a"))
        asked = {"text": f"sha256:{SHARED}"}
        assert [one.ref for one in elsewhere.listing(**asked).entries] == [
            one.ref for one in registry.listing(**asked).entries
        ]
        with pytest.raises(Malformed):
            elsewhere.carrying("nonsense")


# -- files of this machine


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "model"
    (made / "sub").mkdir(parents=True)
    (made / ".git").mkdir()
    for name, body in {
        "b.bin": b"b" * 3_000_000,
        "sub/a.txt": b"",
        ".git/config": b"x",
        ".hidden": b"x",
    }.items():
        (made / name).write_bytes(body)
    (made / "link.bin").symlink_to(made / "b.bin")
    (made / "loop").symlink_to(made)
    return made


def test_digests_are_those_of_the_bytes_and_what_is_hidden_is_passed_over(folder):
    steps = []
    found = list(hashed(files_below(folder), lambda done, total: steps.append((done, total))))
    assert [(one.name, one.size) for one in found] == [
        ("b.bin", 3_000_000),
        ("link.bin", 3_000_000),
        ("sub/a.txt", 0),
    ]
    assert found[0].sha256 == hashlib.sha256(b"b" * 3_000_000).hexdigest()
    assert steps[-1] == (6_000_000, 6_000_000)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("missing", Missing),
        ("empty", Missing),
        ("pipe", Unreadable),
        ("broken", Missing),
        ("odd", Unreadable),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_it(tmp_path, name, error):
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "two\nlines").write_bytes(b"")
    with pytest.raises(error) as raised:
        files_below(tmp_path / name)
    assert name in raised.value.where


CASES = {
    "the same": ([("w", SHARED)], [("w", SHARED)], {"w": "same"}),
    "another file": ([("w", SHARED)], [("w", OWN)], {"w": "changed"}),
    "not there": ([("w", SHARED)], [], {"w": "missing"}),
    "there under another name": ([("w", SHARED)], [("v", SHARED)], {"w": "same"}),
    "not named": ([], [("v", OWN)], {"v": "unnamed"}),
    "two that changed places": (
        [("w", SHARED), ("v", OWN)],
        [("w", OWN), ("v", SHARED)],
        {"v": "changed", "w": "changed"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_files_are_held_against_what_a_record_says(case):
    stated, there, expected = CASES[case]
    from umr_ld.weights import Hashed

    found = fit(
        [File(f"sha256:{digest}", name) for name, digest in stated],
        [Hashed(name, 1, digest) for name, digest in there],
    )
    assert {one.name: one.state for one in found} == expected


# -- formats


@pytest.mark.parametrize("label", ["cyclonedx", "cyclonedx-1.7", "spdx", "croissant", "ro-crate", "fair4ml"])
def test_digests_come_through_a_format_in_its_own_words(label):
    kind = "Model" if "Model" in FORMATS[label].kinds else "Dataset"
    named = files(("w.bin", SHARED), ("z.bin", OWN))
    one = subject(
        {"@context": CONTEXT_IRI, "type": kind, "name": "lab/a", "version": "1.0.0", "distribution": named}
    )
    document, _ = written(label, one)
    (draft_,) = read(label, document).drafts
    assert identity(draft_.tree) == identity(one.minted.tree)
    if document.body.startswith(b"{"):
        (draft_,) = read(label, Document(stripped(document.body), document.media, "bare")).drafts
        assert draft_.tree.root["distribution"] == named


def test_files_without_a_name_are_written_as_the_schemas_ask_for():
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    nameless = {"url": "https://models.example.org/w.bin", "sha256": SHARED}
    one = subject({"type": "Model", "name": "lab/a", "version": "1.0.0", "distribution": [nameless]})
    for label, schema in (("cyclonedx", SchemaVersion.V1_6), ("cyclonedx-1.7", SchemaVersion.V1_7)):
        body = written(label, one)[0].body.decode()
        assert SHARED in body
        assert JsonStrictValidator(schema).validate_str(body) is None
    elements = json.loads(written("spdx", one)[0].body)["@graph"]
    assert [each["name"] for each in elements if each["type"] == "software_File"] == ["file 1"]


def test_the_files_of_a_component_are_no_records_of_their_own():
    inner = {
        "type": "file",
        "name": "w.bin",
        "hashes": [{"alg": "SHA-1", "content": "0" * 40}, {"alg": "SHA-256", "content": SHARED}],
    }
    bill = {
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "components": [
            {"type": "machine-learning-model", "name": "a", "group": "lab", "version": "1.0.0", "components": [inner]},
            {"type": "data", "name": "d", "group": "lab", "version": "1.0.0", "hashes": [{"alg": "SHA-256", "content": OWN}]},
        ],
    }  # fmt: skip
    got = read("cyclonedx", Document(json.dumps(bill).encode(), source="bom.json"))
    said = {one.tree.root["name"]: one.tree.root["distribution"] for one in got.drafts}
    assert said == {"lab/a": {"fileName": "w.bin", "sha256": SHARED}, "lab/d": {"sha256": OWN}}


# -- hubs


def listed(registry, ledger, source, pieces):
    return Intake(registry, ledger, "test").take(source, pieces, missing_is_gone=False).counts


def test_what_the_hub_tells_of_files_is_taken_and_stays_while_the_commit_is_the_same():
    said = model("maker/made")
    said["siblings"] = [large("w.safetensors", SHARED), {"rfilename": "README.md", "size": 3}]
    with serving() as hub, client(Door(Policy(http=True, private=True))) as library:
        hub.models.append(said)
        asked = Hub(library, hub.address, sleep=lambda _: None)
        with Registry.in_memory() as registry, Ledger(None) as ledger:
            assert listed(registry, ledger, "one", [asked.one("maker/made")])["published"] == 1
            assert told(registry.carrying(SHARED)) == [("hf/maker/made@0.1.0", "w.safetensors")]
            said["tags"].append("new-word")
            assert listed(registry, ledger, "list", asked.listed(author="maker"))["published"] == 1
            assert told(registry.carrying(SHARED))[0] == ("hf/maker/made@0.1.1", "w.safetensors")
            said["sha"] = "d" * 40
            assert listed(registry, ledger, "list", asked.listed(author="maker"))["published"] == 1
            assert len(registry.carrying(SHARED)) == 2
            assert str(registry.get("hf/maker/made").ref.version) == "0.2.0"


@pytest.mark.parametrize(
    "siblings",
    [
        "x", [None], [{}], [{"rfilename": 3, "lfs": {"sha256": SHARED}}], [{"rfilename": "w", "lfs": "x"}],
        [{"rfilename": "w", "lfs": {"sha256": "short", "size": 1}}], [{"rfilename": "", "lfs": {"sha256": SHARED}}],
        [{"rfilename": "w" * 5000, "lfs": {"sha256": SHARED}}], [{"rfilename": "w", "lfs": {"sha256": [], "size": -1}}],
    ],
    ids=str,
)  # fmt: skip
def test_whatever_a_hub_says_of_files_the_rest_is_taken(siblings):
    from umr_ld.formats.hub_listing import read_listed

    got = read_listed({**model("maker/made"), "siblings": siblings}, Document(b"", source="list:1"))
    assert "distribution" not in got.draft.tree.root
    assert got.draft.tree.root["title"] == "made"
