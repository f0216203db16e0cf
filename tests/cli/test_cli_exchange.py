"""`umr export`, `umr import` of another registry, `umr peer`: as somebody types them."""

from __future__ import annotations

import json

import pytest
from drafts import draft
from serving import served
from umr import umr

from umr_ld.registry import Registry
from umr_server.app import create_app

THERE = "https://b.example/"


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """Another registry, in a folder and behind a server."""
    folder = tmp_path_factory.mktemp("there") / "b"
    with Registry.create(folder, base=THERE) as registry:
        registry.publish([draft("lab/data@1.0.0", kind="Dataset", title="Data")], agent="b")
        registry.publish([draft("lab/model@1.0.0", "trainedOn lab/data", title="Model")], agent="b")
    with Registry.open(folder) as registry, served(create_app(registry)) as address:
        yield folder, address


@pytest.fixture
def here(tmp_path):
    Registry.create(tmp_path / "a", base="https://a.example/").close()
    return tmp_path / "a"


ASK = ("--base", THERE, "--allow-http", "--allow-private")


def test_a_registry_is_taken_over_from_its_address_and_then_only_what_is_new(here, there):
    _, address = there
    done = umr("import", address, *ASK, "--store", here, "--json")
    assert done.code == 0
    (told,) = json.loads(done.out)
    assert (told["label"], told["adopted"]) == ("b.example", 2)
    assert json.loads(umr("peer", "list", "--store", here, "--json").out)[0]["artifacts"] == 2
    again = umr("peer", "sync", "--allow-http", "--allow-private", "--store", here)
    assert (again.code, again.out.split()) == (0, ["b.example", "nothing", "new"])
    shown = umr("show", "b.example/lab/model", "--store", here)
    assert "taken over from b.example" in shown.out


def test_an_address_is_not_the_base_of_whatever_it_says(here, there):
    refused = umr("import", there[1], "--allow-http", "--allow-private", "--store", here)
    assert refused.code == 2
    assert f"--base {THERE}" in refused.err
    assert umr("peer", "list", "--store", here).out == ""


def test_nobody_within_the_house_is_asked_unless_it_is_allowed(here, there):
    assert umr("import", there[1], "--base", THERE, "--store", here).code == 6


@pytest.mark.parametrize("form", ["jsonl", "nq", "jsonld"])
def test_what_is_exported_is_imported(here, there, tmp_path, form):
    file = tmp_path / f"b.{form}"
    assert umr("export", "lab/model", "--store", there[0], "-o", file).code == 0
    done = umr("import", file, "--store", here, "--json")
    assert (done.code, json.loads(done.out)[0]["adopted"]) == (0, 2)
    assert umr("import", file, "--store", here).out.split()[1:] == ["2", "unchanged"]


def test_a_prefix_and_everything_are_exported_to_standard_output(there):
    lines = umr("export", "lab/*", "--store", there[0]).out.splitlines()
    assert [json.loads(line)["reference"] for line in lines] == ["lab/data@1.0.0", "lab/model@1.0.0"]
    assert umr("export", "--all", "--store", there[0]).out.splitlines() == lines
    assert umr("export", "none/*", "--store", there[0]).out == ""


WRONG = {
    "nothing is named": ((), 2),
    "everything, and some of it": (("--all", "lab/data"), 2),
    "what is not recorded": (("lab/none",), 3),
}


@pytest.mark.parametrize(("words", "code"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_exported_is_told(there, words, code):
    refused = umr("export", *words, "--store", there[0])
    assert refused.code == code
    assert "remedy" in refused.err


def test_a_file_that_breaks_off_is_told_with_its_line_and_nothing_of_it_is_taken(here, there, tmp_path):
    file = tmp_path / "b.jsonl"
    umr("export", "--all", "--store", there[0], "-o", file)
    file.write_bytes(file.read_bytes()[:-40])
    refused = umr("import", file, "--store", here)
    assert refused.code != 0
    assert "b.jsonl:2" in refused.err
    assert umr("peer", "list", "--store", here).out == ""


def test_who_is_not_known_is_not_asked(here):
    refused = umr("peer", "sync", "nobody", "--store", here)
    assert refused.code == 2
    assert "umr peer list" in refused.err
