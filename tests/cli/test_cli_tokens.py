"""`umr token`: made, shown once, listed, ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from umr import umr

from umr_ld.access.secret import parse

GIVEN = ("--agent", "PLIP team", "--namespace", "vinid", "--publisher", "Zhi Huang Lab")


@pytest.fixture
def _started():
    assert umr("init").code == 0


pytestmark = pytest.mark.usefixtures("_started")


def test_a_token_is_shown_once_on_standard_output_and_kept_nowhere():
    done = umr("token", "create", *GIVEN)
    assert done.code == 0
    text = done.out.strip()
    assert parse(text) is not None
    assert text not in done.err
    assert text not in umr("token", "list").out
    files = [path for path in Path(".umr").rglob("*") if path.is_file()]
    assert any(path.name == "access.db" for path in files)
    assert not any(text.encode() in path.read_bytes() for path in files)


def test_what_a_token_is_for_is_listed():
    made = umr("token", "create", *GIVEN, "--until", "2030-01-31", "--json").json
    assert parse(made.pop("secret")) is not None
    (listed,) = umr("token", "list", "--json").json
    assert listed == made
    assert listed["namespaces"] == ["vinid"]
    assert listed["publishers"] == ["Zhi Huang Lab"]
    assert listed["state"] == "valid"
    assert listed["expires"].startswith("2030-01-31T23:59:59")
    assert "vinid" in umr("token", "list").out
    assert umr("token", "list", "--format", "csv").out.startswith("token,agent,state")


def test_a_revoked_token_stays_listed_and_cannot_be_revoked_again():
    id_ = umr("token", "create", *GIVEN, "--json").json["token"]
    assert umr("token", "revoke", id_).code == 0
    assert umr("token", "list", "--json").json[0]["state"] == "revoked"
    assert umr("token", "revoke", id_).code == 1


REFUSED = {
    "for nothing": (("--agent", "A"), 2, "below no name"),
    "no name": (("--agent", "A", "--namespace", "UPPER CASE"), 2, ""),
    "over already": ((*GIVEN, "--until", "2001-01-01"), 2, "expire"),
    "too long": ((*GIVEN, "--until", "2999-01-01"), 2, "expire"),
    "no agent": (("--namespace", "vinid"), 2, "--agent"),
    "an empty agent": (("--agent", " ", "--namespace", "vinid"), 2, "no name"),
    "no such scope": ((*GIVEN, "--scope", "root"), 2, "root"),
}


@pytest.mark.parametrize(("words", "code", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused(words, code, said):
    done = umr("token", "create", *words)
    assert done.code == code
    assert said in done.err
    assert done.out == ""


def test_an_unknown_token_is_said_to_be_missing():
    done = umr("token", "revoke", "nosuchid")
    assert done.code == 3
    assert "umr token list" in done.err


def test_tokens_are_part_of_a_backup_and_looked_at_by_the_doctor():
    umr("token", "create", *GIVEN)
    assert umr("backup", "copy").code == 0
    assert umr("restore", "copy", "--store", "again").code == 0
    assert [one["agent"] for one in umr("token", "list", "--store", "again", "--json").json] == ["PLIP team"]
    file = Path(".umr/access.db")
    assert umr("doctor").code == 0
    file.write_bytes(file.read_bytes().replace(b"vinid", b"vinix"))
    done = umr("doctor")
    assert done.code == 7
    assert "tokens" in done.out
