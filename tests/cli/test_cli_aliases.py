"""`umr alias`: what is proposed, and what is decided."""

from __future__ import annotations

import csv
import io
import json

import pytest
from drafts import draft
from umr import umr, write

pytestmark = pytest.mark.usefixtures("registry")


@pytest.fixture
def _mirrored(registry):
    for document in (
        draft("hf/lab/B@1.0.0", title="B at the hub"),
        draft("lab/d@1.0.0", "embeds hf/lab/B"),
    ):
        assert umr("publish", *write(document)).code == 0


@pytest.mark.usefixtures("_mirrored")
def test_what_is_proposed_is_decided_followed_and_taken_back():
    asked = umr("alias")
    assert asked.out == "hf/lab/B = lab/b\n  the same name at another place: lab/b\n"
    assert umr("alias", "--json").json == umr("alias", "proposals", "--json").json
    (row,) = csv.DictReader(io.StringIO(umr("alias", "--format", "csv").out))
    assert (row["name"], row["other"]) == ("hf/lab/B", "lab/b")

    done = umr("alias", "accept", "lab/b", "hf/lab/B", "--reason", "the same weights")
    assert (done.code, done.out.split()[0]) == (0, "published")
    assert umr("alias").out == ""
    assert "hf/lab/B = lab/b" in umr("alias", "list").out
    assert "also known as hf/lab/B" in umr("show", "lab/b").out
    assert "lab/d@1.0.0" in umr("impact", "lab/b").out
    assert "lab/d@1.0.0" in umr("lineage", "lab/b", "--down").out

    back = umr("alias", "withdraw", "hf/lab/B", "lab/b", "--reason", "other weights", "--json")
    assert [one["status"] for one in back.json] == ["withdrawn"]
    assert umr("alias", "list", "--json").json == []
    assert len(umr("alias", "--json").json) == 1


@pytest.mark.usefixtures("_mirrored")
def test_what_is_rejected_is_not_proposed_again():
    assert umr("alias", "reject", "lab/b", "hf/lab/B", "--reason", "retrained").code == 0
    assert umr("alias").out == ""
    assert "lab/d@1.0.0" not in umr("impact", "lab/b").out
    again = umr("alias", "reject", "lab/b", "hf/lab/B", "--reason", "retrained", "--json")
    assert [one["status"] for one in again.json] == ["unchanged"]
    (told,) = umr("alias", "list", "--json").json
    assert (told["decision"], told["counts"], told["reason"]) == ("different", True, "retrained")


def test_a_decision_that_does_not_count_is_said_so(tmp_path):
    reviewer = "<urn:p> <https://w3id.org/umr-ld/ns#reviewer> <https://w3id.org/umr-ld/agent/Board> ."
    (tmp_path / ".umr" / "policy.ttl").write_text(reviewer)
    done = umr("alias", "accept", "lab/b", "hub/b", "--reason", "r")
    assert done.code == 0
    assert "does not count" in done.err
    assert "hub/b" not in umr("show", "lab/b").out
    done = umr("alias", "accept", "lab/b", "hub/b", "--reason", "r", "--publisher", "Board")
    assert "does not count" not in done.err
    assert "also known as hub/b" in umr("show", "lab/b").out


def test_a_decision_is_no_statement_about_an_advisory():
    done = umr("alias", "accept", "lab/b", "hub/b", "--reason", "r", "--json")
    (told,) = done.json
    exported = umr("statement", "export", told["reference"])
    assert (exported.code, "OpenVEX has no words for" in exported.err) == (2, True)
    assert umr("check", "lab/b").code == 0


WRONG = {
    "one name": (["accept", "lab/a", "lab/a", "--reason", "r"], "one name, not two"),
    "a version": (["accept", "lab/a@1.0.0", "lab/b", "--reason", "r"], "names a version"),
    "no reason": (["accept", "lab/a", "lab/b", "--reason", " "], "no reason"),
}


@pytest.mark.parametrize(("words", "what"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_decided_is_an_error_with_a_remedy(words, what):
    done = umr("alias", *words, "--json")
    assert done.code == 2
    assert what in done.problem["detail"]
    assert done.problem["remedy"]
    assert json.loads(umr("alias", "list", "--json").out) == []


def test_where_nothing_is_decided_nothing_is_taken_back():
    done = umr("alias", "withdraw", "lab/a", "lab/b", "--reason", "r")
    assert (done.code, "nothing is decided" in done.err) == (3, True)
