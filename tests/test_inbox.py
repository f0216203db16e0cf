"""The inbox: what others tell is taken in, kept, shown to administrators, and believed by nobody."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

import pytest
from drafts import draft
from loopback import served
from tokens import bearer, made
from umr import umr

from umr_ld.alerts import Subscription
from umr_ld.alerts.ldn import CONTEXT, INBOX, Notifications
from umr_ld.errors import Damaged, TooOften
from umr_ld.inbox import MAX_BYTES, Said
from umr_ld.inbox.book import FORM, Inbox
from umr_ld.index.connections import APPLICATION, SCHEMA
from umr_ld.net import Door, Policy
from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.settings import Settings

LD = "application/ld+json"
PEER = "https://b.example/"
ABOUT = f"{PEER}r/lab/model@1.0.0"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with Registry.create(tmp_path_factory.mktemp("inbox") / "r", base="https://a.example/") as registry:
        registry.publish([draft("lab/a@1.0.0", title="A", publisher="Lab")], agent="x")
        yield registry


@pytest.fixture(scope="module")
def client(registry):
    return create_app(registry, Settings(inbox=True, notices_per_minute=0)).test_client()


@pytest.fixture(scope="module")
def admin(registry):
    return bearer(made(registry, agent="ada", scopes=["admin"]))


def activity(**said):
    return {"@context": CONTEXT, "type": "Announce", "object": ABOUT, **said}


def send(client, said, media=LD, **headers):
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return client.post("/inbox", data=body, content_type=media, headers=headers)


# -- the protocol


@pytest.mark.parametrize(
    "address", ["/", "/page/lab/a@1.0.0", "/r/lab/a", "/catalog", "/void", "/page/lab/none"]
)
def test_every_page_and_its_data_say_where_the_inbox_is(client, address):
    for answer in (client.get(address), client.head(address)):
        assert f'<http://localhost/inbox>; rel="{INBOX}"' in answer.headers["Link"]


@pytest.mark.parametrize("address", ["/catalog", "/void"])
def test_the_catalogue_says_it_too(client, address):
    assert (
        "<http://www.w3.org/ns/ldp#inbox> <http://localhost/inbox>" in client.get(f"{address}?format=nt").text
    )


def test_the_inbox_says_what_may_be_sent(client):
    answer = client.options("/inbox")
    assert LD in answer.headers["Accept-Post"]
    assert {"GET", "HEAD", "OPTIONS", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_what_is_sent_is_listed_and_read_as_it_came_by_who_may(client, admin):
    body = json.dumps(activity(summary="a new version"), indent=3).encode()
    answer = send(client, body, f'{LD}; profile="{CONTEXT}"')
    assert answer.status_code == 201
    place = answer.headers["Location"]
    for asked in ("/inbox", place):
        assert client.get(asked).status_code == 401
    listed = client.get("/inbox", headers=admin)
    assert listed.content_type == LD
    assert listed.headers["Cache-Control"] == "no-store"
    told = json.loads(listed.data)
    assert told["@context"] == "http://www.w3.org/ns/ldp"
    assert told["@id"] == "http://localhost/inbox"
    assert place in told["contains"]
    read = client.get(place, headers=admin)
    assert (read.data, read.content_type) == (body, LD)


def test_a_token_that_only_publishes_does_not_read(client, registry):
    lab = bearer(made(registry, "lab"))
    assert client.get("/inbox", headers=lab).status_code == 403
    assert client.get("/api/v1/inbox", headers=lab).status_code == 403


def test_the_same_sent_again_is_the_same(client, admin):
    first, second = (send(client, activity(id="urn:uuid:1")) for _ in range(2))
    assert (second.status_code, second.headers["Location"]) == (201, first.headers["Location"])
    told = json.loads(client.get("/inbox", headers=admin).data)
    assert told["contains"].count(first.headers["Location"]) == 1


def test_there_is_none_unless_the_deployment_has_one(registry):
    client = create_app(registry).test_client()
    assert send(client, activity()).status_code == 404
    assert "inbox" not in client.get("/").headers.get("Link", "")
    assert "inbox" not in client.get("/catalog?format=nt").text


# -- what is well-formed, and what is not

GOOD = {
    "one IRI": activity(),
    "several": activity(object=[ABOUT, f"{PEER}r/lab/x"]),
    "an object with an IRI": activity(object={"type": "Document", "id": ABOUT}),
    "an object that says where it is": activity(object={"type": "Event", "url": {"type": "Link", "href": ABOUT}}),
    "keywords by their own names": {"@context": CONTEXT, "@id": "", "@type": "Create", "object": {"@id": ABOUT}},
    "the type as an IRI": activity(type=[f"{CONTEXT}#Flag", "https://example.org/Own"]),
    "further terms": activity(**{"@context": [CONTEXT, {"own": "https://example.org/own"}], "own": 1}),
    "the other media type": activity(actor={"id": PEER, "type": "Service"}),
}  # fmt: skip


@pytest.mark.parametrize("said", GOOD.values(), ids=GOOD)
def test_every_form_of_activity_is_understood(client, admin, said):
    media = "application/activity+json" if "actor" in said else LD
    place = send(client, said, media).headers["Location"]
    told = client.get(f"/api/v1{place.removeprefix('http://localhost')}", headers=admin).get_json()
    assert ABOUT in told["about"]
    assert told["state"] == "waiting"
    assert json.loads(told["body"]) == said


OWN = {"@context": [CONTEXT, {"object": "https://example.org/other"}]}
BAD = {
    "nothing": (b"", 400),
    "no JSON": (b"<html>", 400),
    "no UTF-8": (b'{"type": "\xff"}', 400),
    "no object": (b"[]", 422),
    "a key twice": (b'{"type": "Announce", "type": "Create"}', 422),
    "nested without end": (b"[" * 40_000, 400),
    "nested deeply": (json.dumps(activity()).encode()[:-1] + b', "x": ' + b"[" * 70 + b"]" * 70 + b"}", 400),
    "half a character": (json.dumps(activity(summary="\ud800")).encode(), 422),
    "more than is taken": (json.dumps(activity(summary="x" * MAX_BYTES)).encode(), 413),
    "more values than are read": (activity(x=[1] * 60_000), 413),
    "no context": ({"type": "Announce", "object": ABOUT}, 422),
    "another context": (activity(**{"@context": "https://evil.example/context"}), 422),
    "a further context elsewhere": (activity(**{"@context": [CONTEXT, "https://evil.example/context"]}), 422),
    "a file for a context": (activity(**{"@context": [CONTEXT, "file:///etc/passwd"]}), 422),
    "a context elsewhere inside": (activity(object={"id": ABOUT, "@context": "https://evil.example/"}), 422),
    "a context in a context": (
        activity(**{"@context": [CONTEXT, {"x": {"@id": "urn:x", "@context": "https://evil.example/"}}]}),
        422,
    ),
    "a context that imports": (
        activity(**{"@context": [CONTEXT, {"@import": "https://evil.example/"}]}),
        422,
    ),
    "a context that changes terms": (activity(**OWN), 422),
    "a context that empties the one before": (activity(**{"@context": [CONTEXT, None]}), 422),
    "a context that empties the one outside": (activity(object={"id": ABOUT, "@context": None}), 422),
    "a context that is none": (activity(**{"@context": [CONTEXT, [1]]}), 422),
    "no type": (activity(type=None), 422),
    "a type that is no activity": (activity(type="Note"), 422),
    "a type of another type": (activity(type={"a": 1}), 422),
    "no thing": (activity(object=[]), 422),
    "a thing that has no name": (activity(object={"type": "Note", "content": "hello"}), 422),
    "a thing that is a number": (activity(object=7), 422),
    "a thing that is truth": (activity(object=True), 422),
    "a relative address": (activity(object="/r/lab/model"), 422),
    "a long address": (activity(object=PEER + "x" * 3000), 422),
    "lists of lists": (activity(object=[[ABOUT]]), 422),
    "too many things": (activity(object=[f"{PEER}r/x/{n}" for n in range(1001)]), 422),
    "an actor of another type": (activity(actor=[7]), 422),
    "a summary of another type": (activity(summary={"en": "x"}), 422),
    "an identifier of another type": (activity(id=["urn:x"]), 422),
}


@pytest.mark.parametrize(("said", "status"), BAD.values(), ids=BAD)
def test_what_is_no_notification_is_refused_with_the_reason_and_not_kept(client, registry, said, status):
    before = registry.inbox.numbers()
    answer = send(client, said)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    told = answer.get_json()
    assert told["detail"]
    assert all("remedy" in one or one["rule"].startswith("json") for one in told.get("findings", ()))
    assert registry.inbox.numbers() == before


MANY_FAULTS = {
    "keys that stand twice": b'{"@context": "%s", %s}' % (CONTEXT.encode(), b", ".join([b'"a": 1'] * 5000)),
    "contexts that are not known": json.dumps(activity(x=[{"@context": "urn:x"}] * 5000)).encode(),
    "objects that are none": json.dumps(activity(object=["x"] * 900)).encode(),
}


@pytest.mark.parametrize("body", MANY_FAULTS.values(), ids=MANY_FAULTS)
def test_of_very_many_faults_the_first_are_told(client, body):
    answer = send(client, body)
    assert (answer.status_code, len(answer.get_json()["findings"])) == (422, 20)


def test_a_thousand_events_of_a_registry_are_one_notification(client):
    """As large as what this registry itself sends gets."""
    event = {
        "type": "Event",
        "name": "lab/a@1.0.0 is possibly affected, by x",
        "content": "embeds lab/z, " * 20,
    }
    many = [
        {**event, "id": f"urn:uuid:{n}", "url": f"{PEER}r/lab/m{n}@1.0.0", "context": PEER}
        for n in range(1000)
    ]
    assert send(client, activity(object=many)).status_code == 201


WAYS = {
    "plain JSON": {"media": "application/json"},
    "a form": {"media": "application/x-www-form-urlencoded"},
    "compressed": {"content_encoding": "gzip"},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_other_media_are_refused_with_what_would_do(client, way):
    answer = send(client, activity(), way.get("media", LD), **{k: v for k, v in way.items() if k != "media"})
    assert (answer.status_code, answer.mimetype) == (415, "application/problem+json")
    assert LD in answer.headers["Accept-Post"]


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client, admin, method):
    assert getattr(client, method)("/inbox", headers=admin).status_code == 405


@pytest.mark.parametrize("number", ["0", "999999", "-1", "x", "9" * 30, "١"])
def test_numbers_that_none_has_are_not_found(client, admin, number):
    assert client.get(f"/inbox/{number}", headers=admin).status_code == 404
    assert client.get(f"/api/v1/inbox/{number}", headers=admin).status_code == 404


def test_no_verdict_and_no_entry_comes_of_it(client, registry):
    before = registry.position(), registry.unknown(["lab/a"]), registry.check(["lab/a"])
    assert send(client, activity(type="Flag", object="https://a.example/r/lab/a@1.0.0")).status_code == 201
    assert (registry.position(), registry.unknown(["lab/a"]), registry.check(["lab/a"])) == before


# -- how much there may be


def test_who_sends_too_often_waits_and_loses_nothing(registry, admin):
    client = create_app(registry, Settings(inbox=True, notices_per_minute=3)).test_client()
    answers = [send(client, activity(id=f"urn:flood:{n}")) for n in range(6)]
    assert [one.status_code for one in answers] == [201] * 3 + [429] * 3
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert answers[-1].mimetype == "application/problem+json"
    told = json.loads(client.get("/inbox", headers=admin).data)["contains"]
    assert {one.headers["Location"] for one in answers[:3]} <= set(told)


ROOM = {"of one sender": {"most_of_one": 2}, "of all": {"most_bytes": 2500}}


@pytest.mark.parametrize("limits", ROOM.values(), ids=ROOM)
def test_there_is_room_for_so_many_and_for_more_when_some_were_looked_at(tmp_path, limits):
    said = Said("Announce", (ABOUT,))
    with Inbox(tmp_path / "inbox.db", **limits) as book:
        first = book.receive(b"a" * 10, said, sender="x", now=NOW)
        book.receive(b"b" * 10, said, sender="x", now=NOW)
        with pytest.raises(TooOften):
            book.receive(b"c" * 10, said, sender="x", now=NOW)
        assert book.receive(b"a" * 10, said, sender="x", now=NOW) == first
        assert len(book.numbers()) == 2
        book.drop(first)
        third = book.receive(b"c" * 10, said, sender="x", now=NOW)
        assert third > first + 1, "a number is never used again"
        assert book.check()


def test_pages_of_a_list_are_cut_by_what_they_say(client, admin, registry):
    for number in range(3):
        many = [f"{PEER}r/many/{number}-{n}" for n in range(1000)]
        assert send(client, activity(object=many)).status_code == 201
    whole = client.get("/api/v1/inbox?limit=5000", headers=admin).get_json()
    assert [one["number"] for one in whole] == list(registry.inbox.numbers())
    page = client.get("/api/v1/inbox?limit=2&state=waiting", headers=admin)
    assert len(page.get_json()) == 2
    assert 'rel="next"' in page.headers["Link"]
    assert "offset=2" in page.headers["Link"]


# -- from registry to registry


def test_what_one_registry_tells_arrives_at_another_and_is_listed_there(tmp_path):
    """The whole way over real HTTP: subscribed, published, delivered, listed."""
    with (
        Registry.create(tmp_path / "there", base=PEER) as there,
        Registry.create(tmp_path / "here", base="https://a.example/") as here,
        served(here, inbox=True) as at,
    ):
        address = f"{at.address}/page/anything"  # Whatever names the inbox will do.
        there.subscribe(Subscription(who="a.example", channel="ldn", address=address, everything=True))
        there.publish([draft("lab/model@1.0.0", title="Model")], agent="b")
        door = Door(Policy(http=True, private=True))
        assert there.deliver({"ldn": Notifications(door, there.base)}).sent == 1
        token = made(here, agent="ada", scopes=["admin"])
        (told,) = json.loads(at.get("/api/v1/inbox", **bearer(token))[2])
        assert (told["type"], told["actor"], told["sender"]) == ("Announce", PEER, "127.0.0.1")
        assert told["about"] == [ABOUT]
        assert told["summary"] == "lab/model@1.0.0 was published"
    listed = umr("inbox", "list", "--store", tmp_path / "here")
    assert f"127.0.0.1: Announce of {ABOUT}: lab/model@1.0.0 was published" in listed.out


# -- keeping


def test_it_is_part_of_backups_and_examined(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        number = registry.inbox.receive(b"{}", Said("Announce", (ABOUT,)), sender="x", now=NOW)
        registry.backup(tmp_path / "copy")
    assert Registry.examine(tmp_path / "r", deep=True)
    with Registry.restore(tmp_path / "copy", tmp_path / "back") as back:
        assert back.inbox.notification(number).body == b"{}"
    file = tmp_path / "r" / "inbox.db"
    data = bytearray(file.read_bytes())
    data[data.rindex(b"{}")] ^= 1
    file.write_bytes(data)
    assert not Registry.examine(tmp_path / "r")


# -- the file


def marks(path):
    with sqlite3.connect(path) as db:
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]


def marked(path, application, schema):
    """An inbox whose file has other marks."""
    with Inbox(path):
        pass
    with sqlite3.connect(path) as db:
        db.executescript(f"PRAGMA application_id = {application}; PRAGMA user_version = {schema};")
    return path


def test_an_inbox_is_not_marked_as_an_index(tmp_path):
    with Inbox(tmp_path / "inbox.db"):
        pass
    assert marks(tmp_path / "inbox.db") == [FORM.application, FORM.schema]
    assert FORM.application != APPLICATION


def test_an_inbox_that_was_marked_as_one_once_is_opened_and_marked_anew_by_who_may_write(tmp_path):
    path = marked(tmp_path / "inbox.db", FORM.former, FORM.schema)
    with Inbox(path, read_only=True) as book:
        assert book.check()
    assert marks(path)[0] == FORM.former
    with Inbox(path) as book:
        assert book.check()
    assert marks(path)[0] == FORM.application


def test_an_index_is_no_inbox(tmp_path):
    path = marked(tmp_path / "inbox.db", APPLICATION, SCHEMA)
    with pytest.raises(Damaged, match="holds no notifications"):
        Inbox(path)
