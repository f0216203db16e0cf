"""`umr site`: the registry as files, from the command line."""

from __future__ import annotations

import pytest
from umr import umr


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("registry") / "umr"
    draft = folder.parent / "a.yaml"
    draft.write_text("type: Dataset\nname: lab/a\nversion: 1.0.0\ntitle: A\npublisher: A Lab\n")
    assert umr("init", "--store", folder).code == 0
    done = umr("publish", draft, "--store", folder)
    assert done.code == 0, done.err
    return folder


def test_a_site_is_built_checked_and_found_damaged(store, tmp_path):
    folder = tmp_path / "site"
    built = umr("site", "build", folder, "--store", store, "--base", "https://example.org/", "--json")
    assert (built.code, built.json["removed"], built.json["missing"]) == (0, 0, {}), built.err
    assert built.json["files"] == built.json["written"] == built.json["made"] > 50
    assert (
        "0 written, 0 removed"
        in umr("site", "build", folder, "--store", store, "--base", "https://example.org").out
    )
    whole = umr("site", "check", folder, "--base", "https://example.org/")
    assert (whole.code, whole.out) == (0, ""), whole.out
    (folder / "about.html").write_text("<a href='nowhere'>x</a>")
    damaged = umr("site", "check", folder, "--json")
    assert damaged.code == 1
    assert "about.html is not as it was written; remove it and build again" in damaged.json["faults"]


def test_what_is_no_site_is_said(store, tmp_path):
    (tmp_path / "mine").write_text("x")
    refused = umr("site", "build", tmp_path, "--store", store)
    assert refused.code == 1
    assert "not empty" in refused.err
    assert umr("site", "check", tmp_path).code == 3
    assert umr("site", "build", tmp_path / "x", "--store", store, "--base", "nonsense").code == 2
