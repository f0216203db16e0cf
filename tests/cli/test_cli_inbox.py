"""`umr inbox` in a folder and over the network: the same words, the same bytes, the same exit codes."""

from __future__ import annotations

import json

import pytest
from drafts import draft
from serving import served
from tokens import made
from umr import umr

from umr_ld.alerts.ldn import CONTEXT
from umr_ld.inbox.activity import read_activity
from umr_ld.moments import moment
from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.settings import Settings

PEER = "https://b.example/"
MODEL = f"{PEER}r/lab/model@1.0.0"
NOW = moment("2026-11-26T12:00:00Z", "")
NASTY = "\x1b[31mred\u202e"
TOLD = [
    {"type": "Announce", "actor": PEER, "object": MODEL, "summary": "new"},
    {"type": "Flag", "object": [f"https://c.example/{n}" for n in range(5)], "summary": NASTY},
    {"type": "Create", "object": "https://a.example/r/lab/app@1.0.0", "id": "urn:x", "content": NASTY},
]


def filled(folder):
    """A registry that was told something, and knows another."""
    with Registry.create(folder / "there", base=PEER) as there:
        there.publish([draft("lab/model@1.0.0", title="Model")], agent="b")
    there = Registry.open(folder / "there")
    with there, served(create_app(there)) as address:
        Registry.create(folder / "here", base="https://a.example/").close()
        ask = ("--base", PEER, "--allow-http", "--allow-private", "--store", folder / "here")
        assert umr("import", address, *ask).code == 0
        with Registry.open(folder / "here", write=True) as here:
            for said in TOLD:
                body = json.dumps({"@context": CONTEXT, **said}).encode()
                here.inbox.receive(body, read_activity(body), sender="192.0.2.7", now=NOW)
            yield here, address


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("told")
    for here, _ in filled(folder):
        with served(create_app(here, Settings(inbox=True))) as url:
            token = folder / "token"
            token.write_text(made(here, agent="ada", scopes=["admin"]))
            yield folder / "here", url, token


ASKED = {
    "list": ["list"],
    "list as JSON": ["list", "--json"],
    "list as CSV": ["list", "--format", "csv"],
    "list some": ["list", "--limit", "1"],
    "list what was accepted": ["list", "--state", "accepted", "--json"],
    "show": ["show", "1"],
    "show what would write on the terminal": ["show", "2"],
    "show as JSON": ["show", "3", "--json"],
    "show none": ["show", "99"],
    "drop none": ["drop", "99"],
    "accept none": ["accept", "99"],
}


@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_a_folder_and_a_registry_elsewhere_answer_the_same(place, words):
    folder, url, token = place
    here = umr("inbox", *words, "--store", folder)
    there = umr("inbox", *words, "--registry", url, "--token-file", token)
    assert (here.code, here.out) == (there.code, there.out)
    assert here.code == (3 if "99" in words else 0), here.err
    for_people = not {"--json", "csv"} & set(words)
    assert not (for_people and {"\x1b", "\u202e"} & set(here.out))


def test_it_is_said_which_registry_publishes_what_it_is_about(place):
    told = umr("inbox", "list", "--store", place[0])
    newest_last = told.out.splitlines()[::-1]
    assert newest_last[0].endswith("Announce of b.example/lab/model@1.0.0, published by b.example: new")
    assert "and 2 more" in newest_last[1]
    assert "Create of lab/app@1.0.0" in newest_last[2]


def test_without_a_token_nothing_is_told(place):
    done = umr("inbox", "list", "--registry", place[1])
    assert (done.code, done.out) == (4, "")


def test_accepting_and_dropping_do_the_same_at_both_doors(tmp_path):
    for here, address in filled(tmp_path):
        (tmp_path / "token").write_text(made(here, agent="ada", scopes=["admin"]))
        folder = ("--store", tmp_path / "here")
        with served(create_app(here)) as url:
            elsewhere = ("--registry", url, "--token-file", tmp_path / "token")
            done = umr("inbox", "accept", "1", *elsewhere)
            assert (done.code, "umr peer sync b.example" in done.err) == (0, True)
            assert umr("inbox", "accept", "2", "--agent", "bob", *folder).code == 0
            told = {one["number"]: one for one in umr("inbox", "list", "--json", *folder).json}
            assert {n: (one["state"], one.get("by")) for n, one in told.items()} == {
                1: ("accepted", "ada"),
                2: ("accepted", "bob"),
                3: ("waiting", None),
            }
            assert umr("inbox", "drop", "1", "2", *elsewhere).code == 0
            assert umr("inbox", "drop", "3", *folder).code == 0
            assert umr("inbox", "list", *elsewhere).out == ""
            asked = umr("inbox", "accept", "3", "--sync", *elsewhere)
            assert (asked.code, "umr peer sync" in asked.err) == (2, True)
        assert address


def test_accepting_may_take_over_what_is_new_where_it_was_taken_from_before(tmp_path):
    for here, address in filled(tmp_path):
        here.close()
        assert address
        with Registry.open(tmp_path / "there", write=True) as there:
            there.publish([draft("lab/model@1.1.0", title="Model")], agent="b")
        ask = ("--store", tmp_path / "here", "--allow-http", "--allow-private")
        done = umr("inbox", "accept", "1", "--sync", *ask)
        assert done.code == 0, done.err
        assert "1 adopted" in done.err
        assert umr("show", "b.example/lab/model@1.1.0", "--store", tmp_path / "here").code == 0
        nobody = umr("inbox", "accept", "2", "--sync", *ask)
        assert (nobody.code, "no registry that is known" in nobody.err) == (0, True)
        assert umr("inbox", "accept", "1", "--sync", "--store", tmp_path / "here").code == 6
