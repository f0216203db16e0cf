"""Answers that are kept: the same until something is published, and never anybody else's."""

from __future__ import annotations

import gzip
import threading
from collections import Counter

import pytest
from drafts import draft

from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.running.keeper import Keeper
from umr_server.settings import Settings


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [draft("lab/a@1.0.0", title="A"), draft("lab/b@1.0.0", "fineTunedFrom lab/a")], agent="x"
        )
        yield opened


class Asked:
    """A client, and how often the application below the keeper was asked for what."""

    def __init__(self, registry, **decided):
        self.app = create_app(registry, Settings(**decided))
        self.keeper = self.app.extensions["umr"].running.keeper
        self.made = Counter()
        inner = self.keeper._app

        def counted(environ, start_response):
            self.made[environ["PATH_INFO"]] += 1
            return inner(environ, start_response)

        self.keeper._app = counted
        self.client = self.app.test_client(use_cookies=False)

    def get(self, path, **headers):
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=given)


@pytest.fixture
def asked(registry):
    return Asked(registry)


PAGES = ["/", "/search?text=lab", "/page/lab/a@1.0.0", "/page/lab/a@1.0.0.ttl", "/lineage/lab/b", "/impact/lab/a",
         "/advisories", "/history/lab/a", "/about", "/ns", "/static/style.css", "/page/lab/a"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_made_once_and_given_again_as_it_was(asked, path):
    first, second = asked.get(path), asked.get(path)
    assert (first.status, first.data) == (second.status, second.data)
    same = {name: value for name, value in first.headers if name != "X-Request-Id"}
    assert same == {name: value for name, value in second.headers if name != "X-Request-Id"}
    assert sum(asked.made.values()) == 1


@pytest.mark.parametrize("path", [path for path in PAGES if path != "/page/lab/a"])
def test_who_has_it_already_is_told_so(asked, path):
    tag = asked.get(path).headers["ETag"]
    again = asked.get(path, If_None_Match=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == tag
    assert asked.get(path, If_None_Match='"another"').status_code == 200


def test_a_page_that_was_forgotten_is_not_made_to_say_that_it_has_not_changed(registry, asked):
    tag = asked.get("/page/lab/a@1.0.0").headers["ETag"]
    fresh = Asked(registry)
    assert fresh.get("/page/lab/a@1.0.0", If_None_Match=tag).status_code == 304
    assert not fresh.made


def test_no_page_is_there_because_somebody_says_he_has_it(asked):
    assert asked.get("/page/lab/none@1.0.0", If_None_Match="*").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/search?text=lab", "/page/lab/a@1.0.0", "/impact/lab/a", "/advisories"]
)
def test_what_is_published_is_seen_at_once(registry, asked, path):
    before = asked.get(path)
    registry.publish([draft("lab/c@1.0.0", "fineTunedFrom lab/a", title="Newest")], agent="x")
    found = {"affects": [{"artifact": "lab/a"}], "risk": "backdoor", "severity": "high", "title": "Bad"}
    registry.publish([draft("advisory/x@1.0.0", kind="Advisory", **found)], agent="x")
    after = asked.get(path, If_None_Match=before.headers["ETag"])
    assert after.status_code == 200
    assert after.data != before.data
    assert after.headers["ETag"] != before.headers["ETag"]


def test_what_is_withdrawn_is_seen_at_once(registry, asked):
    assert asked.get("/page/lab/a@1.0.0.ttl").status_code == 200
    registry.withdraw(Ref.parse("lab/a@1.0.0"), reason="wrong", agent="x")
    assert asked.get("/page/lab/a@1.0.0.ttl").status_code == 410


def test_what_another_process_publishes_is_seen_at_once(tmp_path):
    with Registry.create(tmp_path / "r") as writer:
        writer.publish([draft("lab/a@1.0.0")], agent="x")
        with Registry.open(tmp_path / "r") as reader:
            asked = Asked(reader)
            assert b"lab/new" not in asked.get("/search?text=lab").data
            writer.publish([draft("lab/new@1.0.0")], agent="x")
            assert b"lab/new" in asked.get("/search?text=lab").data


def test_a_page_of_the_moment_between_an_entry_and_its_projection_is_not_given_after_it(
    tmp_path, monkeypatch
):
    with Registry.create(tmp_path / "r") as writer:
        writer.publish([draft("lab/a@1.0.0")], agent="x")
        with Registry.open(tmp_path / "r") as reader:
            asked = Asked(reader)
            projection = writer._parts.projection
            seen = []

            def late(batch):
                seen.append(asked.get("/search?text=lab").data)
                type(projection).apply_all(projection, batch)

            monkeypatch.setattr(projection, "apply_all", late)
            writer.publish([draft("lab/new@1.0.0")], agent="x")
            assert b"lab/new" not in seen[0]
            assert b"lab/new" in asked.get("/search?text=lab").data


def test_a_page_during_which_something_is_published_is_not_kept(registry, asked):
    inner = asked.keeper._app

    def publishing(environ, start_response):
        answer = inner(environ, start_response)
        if "lab/late" not in {str(one.ref.name) for one in registry.listing().entries}:
            registry.publish([draft("lab/late@1.0.0")], agent="x")
        return answer

    asked.keeper._app = publishing
    between = asked.get("/search?text=lab")
    assert b"lab/late" not in between.data
    assert "ETag" not in between.headers
    assert asked.keeper.counts()["entries"] == 0
    assert b"lab/late" in asked.get("/search?text=lab").data


DIFFERENT = {
    "what is accepted": {"Accept": "application/json"},
    "a part of a page": {"HX_Request": "true"},
    "another host": {"Host": "other.example"},
}


@pytest.mark.parametrize("headers", DIFFERENT.values(), ids=DIFFERENT)
def test_who_asks_otherwise_gets_another_answer(asked, headers):
    asked.get("/search?text=lab", Accept="text/html")
    asked.get("/search?text=lab", **{"Accept": "text/html", **headers})
    assert asked.made["/search"] == 2


def test_the_parts_of_a_page_are_not_its_whole(asked):
    whole, part = asked.get("/search?text=lab"), asked.get("/search?text=lab", HX_Request="true")
    assert b"<html" in whole.data
    assert b"<html" not in part.data
    assert "HX-Request" in whole.headers["Vary"]
    assert whole.headers["ETag"] != part.headers["ETag"]


def test_what_is_negotiated_is_negotiated_each_time(asked):
    data = asked.get("/r/lab/a", Accept="text/turtle").headers["Location"]
    assert asked.get("/r/lab/a", Accept="text/html").headers["Location"] != data
    assert asked.get("/r/lab/a", Accept="text/turtle").headers["Location"] == data


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "Range"])
def test_nothing_is_kept_from_or_given_to_who_says_who_he_is(asked, name):
    for _ in range(2):
        asked.get("/", **{name: "bytes=0-1" if name == "Range" else "Bearer secret"})
    assert asked.made["/"] == 2
    asked.get("/")
    asked.get("/", **{name: "bytes=0-1" if name == "Range" else "Bearer secret"})
    assert asked.made["/"] == 4


def keeper_of(headers, body=b"x" * 5000, room="pages", status="200 OK", most=1 << 20):
    """A keeper before an application that answers always the same; and how often it did."""
    times = Counter()

    def app(environ, start_response):
        times["asked"] += 1
        environ["umr.room"] = room
        start_response(status, [("Content-Type", "text/html"), *headers])
        return [body]

    class Steady:
        constant = "x"

        def now(self, path, query):
            return 1

    return Keeper(app, Steady(), most), times


UNKEPT = {
    "what may not be": ([("Cache-Control", "no-store")], {}),
    "what is for one reader": ([("Cache-Control", "private, max-age=5")], {}),
    "what sets a cookie": ([("Set-Cookie", "a=b")], {}),
    "what depends on something else": ([("Vary", "Accept-Language")], {}),
    "what depends on everything": ([("Vary", "*")], {}),
    "what comes from another room": ([], {"room": "api"}),
    "an error": ([], {"status": "503 BUSY"}),
    "what is not found": ([], {"status": "404 NOT FOUND"}),
    "what is too large": ([], {"body": b"x" * (3 << 20), "most": 1 << 30}),
    "what does not fit": ([], {"most": 4000}),
}


@pytest.mark.parametrize(("headers", "decided"), UNKEPT.values(), ids=UNKEPT)
def test_it_is_not_kept(headers, decided):
    from werkzeug.test import Client

    keeper, times = keeper_of(headers, **decided)
    client = Client(keeper)
    assert client.get("/x").data == client.get("/x").data
    assert times["asked"] == 2
    assert client.post("/x").status_code == client.get("/x").status_code


def test_large_answers_pass_through_and_are_closed():
    from werkzeug.test import Client

    closed = []

    class Pieces:
        def __iter__(self):
            return iter([b"x" * (1 << 20)] * 5)

        def close(self):
            closed.append(True)

    def app(environ, start_response):
        environ["umr.room"] = "sparql"
        start_response("200 OK", [("Content-Type", "text/plain"), ("ETag", '"a"')])
        return Pieces()

    keeper, _ = keeper_of([])
    keeper._app = app
    answer = Client(keeper).get("/x")
    assert len(answer.data) == 5 << 20
    answer.close()
    assert closed == [True]
    assert Client(keeper).get("/x", headers={"If-None-Match": '"a"'}).status_code == 304


def test_no_more_is_kept_than_may_be_and_the_longest_unused_goes_first():
    from werkzeug.test import Client

    keeper, times = keeper_of([], most=4 * (2 * 5000 + 2048))
    client = Client(keeper)
    for number in (1, 2, 3, 4, 1, 5, 1, 2):
        client.get(f"/{number}")
    assert times["asked"] == 6
    assert keeper.counts()["bytes"] <= 4 * (2 * 5000 + 2048)
    assert keeper.counts()["entries"] == 4


def test_of_many_who_want_the_same_at_once_one_has_it_made(registry):
    asked = Asked(registry)
    inner, inside, go = asked.keeper._app, threading.Event(), threading.Event()

    def slow(environ, start_response):
        inside.set()
        assert go.wait(20)
        return inner(environ, start_response)

    asked.keeper._app = slow
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(asked.app.test_client().get("/about").data))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    assert inside.wait(20)
    while len(asked.keeper._making) != 1:
        pass
    go.set()
    for thread in threads:
        thread.join(20)
    assert len(set(answers)) == 1
    assert len(answers) == 8
    assert asked.made["/about"] == 1


def test_who_waited_for_what_failed_asks_himself(registry):
    from werkzeug.test import Client

    keeper, _ = keeper_of([])
    times, inside, go = Counter(), threading.Event(), threading.Event()

    def failing(environ, start_response):
        times["asked"] += 1
        if times["asked"] == 1:
            inside.set()
            assert go.wait(20)
            raise OSError("once")
        start_response("200 OK", [])
        return [b"y"]

    keeper._app = failing
    failed = []

    def asking():
        try:
            Client(keeper).get("/x")
        except OSError as error:
            failed.append(error)

    first = threading.Thread(target=asking)
    first.start()
    assert inside.wait(20)
    answers = []
    second = threading.Thread(target=lambda: answers.append(Client(keeper).get("/x").data))
    second.start()
    go.set()
    first.join(20)
    second.join(20)
    assert answers == [b"y"]
    assert len(failed) == 1


def test_it_is_zipped_for_who_takes_that_and_means_the_same(asked):
    plain, zipped = asked.get("/about"), asked.get("/about", Accept_Encoding="br, gzip")
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.data) == plain.data
    assert int(zipped.headers["Content-Length"]) == len(zipped.data) < len(plain.data)
    assert "Accept-Encoding" in plain.headers["Vary"]
    assert plain.headers["ETag"] == zipped.headers["ETag"]
    assert plain.headers["ETag"].startswith("W/")
    assert asked.made["/about"] == 1


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "identity, gzip; q=0.0"])
def test_it_is_not_zipped_for_who_does_not_take_that(asked, accepted):
    asked.get("/about", Accept_Encoding="gzip")
    assert "Content-Encoding" not in asked.get("/about", Accept_Encoding=accepted).headers


def test_what_gets_no_smaller_is_not_zipped():
    import random

    from werkzeug.test import Client

    keeper, _ = keeper_of([], body=random.Random(1).randbytes(5000))
    assert "Content-Encoding" not in Client(keeper).get("/x", headers={"Accept-Encoding": "gzip"}).headers


def test_the_strong_tag_of_data_is_weak_when_it_is_zipped(asked):
    plain = asked.get("/page/lab/a@1.0.0.jsonld").headers["ETag"]
    assert not plain.startswith("W/")
    keeper, _ = keeper_of([("ETag", '"abc"')])
    from werkzeug.test import Client

    assert Client(keeper).get("/x", headers={"Accept-Encoding": "gzip"}).headers["ETag"] == 'W/"abc"'
    assert Client(keeper).get("/x").headers["ETag"] == '"abc"'


def test_a_head_is_that_of_the_page(asked):
    made = asked.client.head("/about")
    page = asked.get("/about")
    kept = asked.client.head("/about")
    assert (kept.data, kept.headers["Content-Type"], kept.headers["ETag"]) == (
        b"",
        page.headers["Content-Type"],
        page.headers["ETag"],
    )
    assert made.status_code == kept.status_code == 200


def test_answers_to_queries_are_those_of_what_queries_see(registry):
    asked = Asked(registry, query_age=0.0)
    counting = "/sparql?query=SELECT%20(COUNT(*)%20AS%20?n)%20{%20GRAPH%20?g%20{%20?s%20a%20umr:Model%20}%20}"
    try:
        first = asked.get(counting).data
        assert asked.get(counting).data == first
        assert asked.made["/sparql"] == 1
        registry.publish([draft("lab/more@1.0.0")], agent="x")
        assert asked.get(counting).data != first
    finally:
        asked.app.extensions["umr"].close()


def test_nothing_is_kept_where_the_deployment_says_so(registry):
    asked = Asked(registry, page_cache_bytes=0)
    for _ in range(2):
        asked.get("/about")
    assert asked.made["/about"] == 2


def test_a_tag_says_by_which_program_policy_and_settings_a_page_was_made(tmp_path):
    with Registry.create(tmp_path / "r") as made:
        made.publish([draft("lab/a@1.0.0")], agent="x")
    tags = set()
    for policy, public in (("", ""), ("", "https://one.example/"), ("<urn:x> <urn:y> <urn:z> .", "")):
        if policy:
            (tmp_path / "r" / "policy.ttl").write_text(
                "@prefix umr: <https://w3id.org/umr-ld/ns#> .\n<urn:me> a umr:Policy ; umr:reviewer <https://w3id.org/umr-ld/agent/me> .\n"
            )
        with Registry.open(tmp_path / "r") as opened:
            tags.add(Asked(opened, public=public).get("/about").headers["ETag"])
    assert len(tags) == 3
