"""What tests of the command line stand on: a folder of their own, and registries."""

from __future__ import annotations

import os
import shutil

import pytest
from drafts import draft
from umr import ROOT, umr


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """An empty folder, and no variable that means something to the program."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("UMR_") or name == "NO_COLOR":
            monkeypatch.delenv(name)


def made(folder, *paths):
    """A new registry with what is published from some paths."""
    assert umr("init", "--store", folder).code == 0
    done = umr("publish", *paths, "--store", folder)
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="session")
def _line(tmp_path_factory):
    place = tmp_path_factory.mktemp("line")
    documents = [
        draft("lab/data@1.0.0", kind="Dataset", title="The data", license="CC-BY-4.0"),
        draft(
            "lab/a@1.0.0", "trainedOn lab/data@1.0.0", title="Model A", license="MIT", publisher="Some Lab"
        ),
        draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1 inherit", title="Model B"),
        draft("lab/c@1.0.0", "embeds lab/b", title="Model C"),
    ]
    for document in documents:
        (place / document.source.replace("/", "_")).write_bytes(document.body)
    return made(place.with_name("line-registry"), place)


@pytest.fixture
def registry(_line, tmp_path):
    """A registry in .umr, with a line of three models and a dataset."""
    shutil.copytree(_line, tmp_path / ".umr")


@pytest.fixture(scope="session")
def shipped(tmp_path_factory):
    """The folder of a registry with the shipped records."""
    return made(tmp_path_factory.mktemp("shipped") / "registry", ROOT / "records")
