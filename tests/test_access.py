"""Who may write: tokens, what they cover, and requests that are done once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from umr_ld.access import Grant, covers
from umr_ld.access.book import Access
from umr_ld.access.requests import Answered
from umr_ld.access.secret import concealed, holds, make, parse
from umr_ld.addresses import Base
from umr_ld.errors import Conflict, Damaged, Denied, Malformed, Missing, Reused, Unfinished
from umr_ld.names import Name

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BASE = Base("https://example.org/registry/")
GRANT = Grant("lab", namespaces=("lab",), publishers=("A Lab",))


@pytest.fixture
def access():
    with Access() as opened:
        yield opened


# -- the text of a token


def test_a_token_is_recognised_and_every_other_text_is_refused_before_anything_is_looked_up():
    text = make()
    assert text.startswith("umr_")
    assert parse(text) is not None
    assert make() != text
    for at in range(len("umr_"), len(text)):
        other = "A" if text[at] != "A" else "B"
        assert parse(text[:at] + other + text[at + 1 :]) is None
    wrong = [
        text[:-1],
        text + "0",
        text.upper(),
        "",
        "umr_",
        f" {text}",
        f"{text}\n",
        text.replace("umr", "umx"),
    ]
    assert [one for one in wrong if parse(one) is not None] == []


def test_tokens_are_taken_out_of_what_is_told():
    text = make()
    assert holds(f"GET /r/x?token={text} HTTP/1.1")
    assert text not in concealed(f"said {text} aloud")
    assert not holds("umr_ld")


# -- the book


def test_a_token_is_found_by_its_text_and_its_text_is_nowhere(tmp_path):
    path = tmp_path / "access.db"
    with Access(path) as access:
        token, text = access.create(GRANT, now=NOW, expires=NOW + DAY)
        assert access.find(parse(text)) == token
        assert access.tokens() == [token]
        files = list(tmp_path.iterdir())
        assert not any(text.encode() in file.read_bytes() for file in files)
        assert not any(text[12:].encode() in file.read_bytes() for file in files)
    with Access(path, read_only=True) as access:
        assert access.find(parse(text)) == token


def test_a_token_with_the_name_of_another_is_none(access):
    _, text = access.create(GRANT, now=NOW, expires=NOW + DAY)
    known = parse(text)
    assert access.find(known._replace(digest=parse(make()).digest)) is None
    assert access.find(parse(make())) is None


def test_the_state_of_a_token_is_told(access):
    token, text = access.create(GRANT, now=NOW, expires=NOW + DAY)
    assert token.state(NOW) == "valid"
    assert token.state(NOW + DAY) == "expired"
    access.revoke(token.id, now=NOW)
    assert access.find(parse(text)).state(NOW) == "revoked"
    with pytest.raises(Conflict):
        access.revoke(token.id, now=NOW)
    with pytest.raises(Missing):
        access.revoke("nobody", now=NOW)


def test_use_is_noted_once_a_minute(access):
    token, text = access.create(GRANT, now=NOW, expires=NOW + DAY)
    access.note_use(token, now=NOW)
    used = access.find(parse(text))
    assert used.used == NOW
    access.note_use(used, now=NOW + timedelta(seconds=59))
    assert access.find(parse(text)).used == NOW
    access.note_use(used, now=NOW + timedelta(seconds=60))
    assert access.find(parse(text)).used == NOW + timedelta(seconds=60)


def test_a_damaged_file_of_tokens_is_said_to_be_damaged(tmp_path):
    path = tmp_path / "access.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(Damaged, match="tokens"):
        Access(path)


# -- what a grant covers


COVERED = {
    "itself": ("vinid/plip", True),
    "what is below": ("vinid/plip/large", True),
    "not what only begins alike": ("vinid/plipx", False),
    "not what is above": ("vinid", False),
    "not others": ("other/plip", False),
}


@pytest.mark.parametrize(("name", "is_covered"), COVERED.values(), ids=COVERED)
def test_a_namespace_covers_whole_segments(name, is_covered):
    assert covers("vinid/plip", name) is is_covered
    grant = Grant("x", namespaces=("vinid/plip",))
    if is_covered:
        grant.require_name(Name.parse(name))
        return
    with pytest.raises(Denied) as refused:
        grant.require_name(Name.parse(name))
    assert "vinid/plip" in refused.value.remedy


REVIEWER = "https://example.org/registry/agent/Reviewer"
SPEAKING = {
    "nobody": (GRANT, [], True),
    "itself, by label": (GRANT, ["https://example.org/registry/agent/A%20Lab"], True),
    "itself and another": (GRANT, ["https://example.org/registry/agent/A%20Lab", "https://x.org/b"], False),
    "another": (GRANT, ["https://example.org/registry/agent/B"], False),
    "an IRI that it is bound to": (Grant("x", namespaces=("a",), publishers=("https://x.org/b",)), ["https://x.org/b"], True),
    "the reviewer, as nobody": (GRANT, [REVIEWER], False),
    "the reviewer, as reviewer": (Grant("x", frozenset({"review"})), [REVIEWER], True),
    "another, as reviewer": (Grant("x", frozenset({"review"})), ["https://x.org/b"], False),
    "another, as administrator": (Grant("x", frozenset({"admin"})), ["https://x.org/b"], True),
}  # fmt: skip


@pytest.mark.parametrize(("grant", "stated", "may"), SPEAKING.values(), ids=SPEAKING)
def test_a_token_speaks_for_its_publishers_and_for_no_other(grant, stated, may):
    if may:
        grant.require_publishers(stated, {REVIEWER}, BASE)
        return
    with pytest.raises(Denied):
        grant.require_publishers(stated, {REVIEWER}, BASE)


def test_reviewers_publish_advisories_and_statements_and_nothing_else():
    grant = Grant("x", frozenset({"review"}))
    grant.require_name(Name.parse("advisory/a"))
    grant.require_name(Name.parse("statement/a"))
    with pytest.raises(Denied):
        grant.require_name(Name.parse("lab/a"))


NO_GRANTS = {
    "no scope": {"scopes": frozenset()},
    "unknown scope": {"scopes": frozenset({"root"}), "namespaces": ("a",)},
    "no namespace": {},
    "a namespace that is no name": {"namespaces": ("../..",)},
    "a publisher of control characters": {"namespaces": ("a",), "publishers": ("\x00",)},
    "half a surrogate pair": {"namespaces": ("a",), "publishers": ("\ud800",)},
    "a million publishers": {"namespaces": ("a",), "publishers": ("p",) * 1_000_000},
}


@pytest.mark.parametrize("said", NO_GRANTS.values(), ids=NO_GRANTS)
def test_what_is_no_grant_is_refused(said):
    with pytest.raises(Malformed):
        Grant("somebody", **said)


# -- requests that are done once


ANSWER = Answered(201, {"Location": "/r/a"}, b"[]")


@pytest.fixture
def token(access):
    return access.create(GRANT, now=NOW, expires=NOW + DAY)[0].id


def test_the_same_request_is_answered_as_the_first_time(access, token):
    requests = access.requests
    assert requests.begin(token, "k", b"1", now=NOW) is None
    requests.finish(token, "k", b"1", ANSWER, now=NOW)
    assert requests.begin(token, "k", b"1", now=NOW + timedelta(hours=23)) == ANSWER
    with pytest.raises(Reused):
        requests.begin(token, "k", b"2", now=NOW)
    assert requests.begin(token, "other", b"2", now=NOW) is None


def test_a_key_is_its_tokens_own(access, token):
    other = access.create(GRANT, now=NOW, expires=NOW + DAY)[0].id
    access.requests.begin(token, "k", b"1", now=NOW)
    access.requests.finish(token, "k", b"1", ANSWER, now=NOW)
    assert access.requests.begin(other, "k", b"2", now=NOW) is None


def test_while_it_is_worked_on_it_is_not_done_twice(access, token):
    access.requests.begin(token, "k", b"1", now=NOW)
    with pytest.raises(Unfinished):
        access.requests.begin(token, "k", b"1", now=NOW)
    with pytest.raises(Reused):
        access.requests.begin(token, "k", b"2", now=NOW)
    access.requests.abandon(token, "k")
    assert access.requests.begin(token, "k", b"1", now=NOW) is None


def test_after_a_day_an_answer_is_forgotten(access, token):
    access.requests.begin(token, "k", b"1", now=NOW)
    access.requests.finish(token, "k", b"1", ANSWER, now=NOW)
    assert access.requests.begin(token, "k", b"2", now=NOW + timedelta(hours=24)) is None
    access.requests.finish(token, "k", b"2", ANSWER, now=NOW + timedelta(hours=24))
    assert access.requests.begin(token, "k", b"2", now=NOW + timedelta(hours=25)) == ANSWER


def test_of_many_at_once_one_is_to_do_it(access, token):
    found = []

    def ask():
        try:
            found.append(access.requests.begin(token, "k", b"1", now=NOW))
        except Unfinished:
            found.append("busy")

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, found)) == ["None", *["busy"] * 15]


NO_KEYS = {"empty": "", "too long": "k" * 256, "of control characters": "a\tb", "not ASCII": "schlüssel"}


@pytest.mark.parametrize("key", NO_KEYS.values(), ids=NO_KEYS)
def test_what_is_no_key_is_refused(access, token, key):
    with pytest.raises(Malformed):
        access.requests.begin(token, key, b"1", now=NOW)
