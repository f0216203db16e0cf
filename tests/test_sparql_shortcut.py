"""Plain questions are answered before the application hears of them, and as it would have answered."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from drafts import draft
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client

from umr_ld import sparql
from umr_ld.access import secret
from umr_ld.errors import Malformed
from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.settings import Settings


@pytest.fixture(scope="module")
def app():
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0", title="Ä + b")], agent="x")
        made = create_app(registry, Settings(page_cache_bytes=0))
        yield made
        made.extensions["umr"].close()


@pytest.fixture(scope="module")
def shortcut(app):
    return app.extensions["umr"].running.keeper._app


@pytest.fixture
def asked(shortcut, monkeypatch):
    """What is asked of the processes, and what the application hears of."""
    queries, inner, heard = shortcut._site.queries, shortcut._app, {"queries": [], "application": 0}
    ask = queries.ask

    def asking(one, *more):
        heard["queries"].append(one.text)
        return ask(one, *more)

    def hearing(environ, start_response):
        heard["application"] += 1
        return inner(environ, start_response)

    monkeypatch.setattr(queries, "ask", asking)
    monkeypatch.setattr(shortcut, "_app", hearing)
    return heard


TITLES = "SELECT ?t { GRAPH ?g { ?s dct:title ?t } }"
QUESTIONS = {
    "rows": (TITLES, {}),
    "rows as CSV": (TITLES, {"Accept": "text/csv"}),
    "rows as a browser's script wants them": (TITLES, {"Accept": "application/json, */*;q=0.1"}),
    "a truth": ("ASK { ?s ?p 'Ä + b' }", {"Accept": "application/sparql-results+xml"}),
    "a graph": ("CONSTRUCT { ?s ?p ?o } { GRAPH ?g { ?s ?p ?o } } LIMIT 1", {"Accept": "text/turtle"}),
    "no query": ("SELECT", {}),
    "nothing": ("", {}),
    "a service": ("ASK { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", {}),
    "a graph as rows": ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", {"Accept": "text/csv"}),
    "what no answer is": (TITLES, {"Accept": "image/png"}),
    "a page": (TITLES, {"Accept": "text/html"}),
    "an error as a page": ("SELECT", {"Accept": "text/html;q=0.1, text/csv"}),
    "what says that it is compressed": (TITLES, {"Content-Encoding": "gzip"}),
    "another origin": (TITLES, {"Origin": "https://other.example"}),
}


def said(client, path, headers):
    answer = client.get(path, headers=headers)
    kept = {name: value for name, value in answer.headers if name not in {"Date", "X-Request-Id"}}
    return answer.status, kept, answer.data


@pytest.mark.parametrize(("query", "headers"), QUESTIONS.values(), ids=QUESTIONS)
def test_the_answer_is_that_of_the_application(app, shortcut, query, headers):
    path = "/sparql?query=" + quote(query)
    assert said(Client(shortcut), path, headers) == said(Client(shortcut._app), path, headers)


POSTED = {
    "as it is": ("application/sparql-query", lambda query: query.encode()),
    "as a form": ("application/x-www-form-urlencoded", lambda query: f"query={quote(query)}".encode()),
}


@pytest.mark.parametrize(("kind", "written"), POSTED.values(), ids=POSTED)
def test_a_question_that_is_sent_is_answered_like_one_in_an_address(app, shortcut, asked, kind, written):
    for query, headers in QUESTIONS.values():
        answers = []
        for client in (Client(shortcut), Client(shortcut._app)):
            answer = client.post("/sparql", data=written(query), content_type=kind, headers=headers)
            kept = {name: value for name, value in answer.headers if name not in {"Date", "X-Request-Id"}}
            answers.append((answer.status, kept, answer.data))
        assert answers[0] == answers[1]
    before = asked["application"]
    assert Client(shortcut).post("/sparql", data=written(TITLES), content_type=kind).status_code == 200
    assert asked["application"] == before


SENT_OTHERWISE = {
    "two queries": ("application/x-www-form-urlencoded", b"query=ASK%7B%7D&query=ASK%7B%7D"),
    "another member": ("application/x-www-form-urlencoded", b"update=x"),
    "bytes that are no text": ("application/sparql-query", b"ASK { ?s ?p '\xff' }"),
    "with parameters": ("application/sparql-query; charset=utf-8", b"ASK {}"),
    "much": ("application/sparql-query", b"ASK {}" + b" " * 20_000),
    "nothing": ("application/sparql-query", b""),
    "another thing": ("text/plain", b"ASK {}"),
}


@pytest.mark.parametrize(("kind", "body"), SENT_OTHERWISE.values(), ids=SENT_OTHERWISE)
def test_what_is_sent_otherwise_is_the_applications_whole(shortcut, asked, kind, body):
    answers = [Client(one).post("/sparql", data=body, content_type=kind) for one in (shortcut, shortcut._app)]
    assert asked["application"] == 2
    assert answers[0].status == answers[1].status
    assert answers[0].data == answers[1].data


@pytest.mark.parametrize("written", ["?query=ASK%20%7B%7D", "?query=ASK+%7B%7D", "?query=ASK%7b%7d=&"])
def test_a_question_is_read_as_the_application_reads_it(shortcut, asked, written):
    for client in (Client(shortcut), Client(shortcut._app)):
        client.get(f"/sparql{written}")
    assert len(set(asked["queries"])) == 1
    assert len(asked["queries"]) == 2


def test_a_plain_question_never_comes_to_the_application(shortcut, asked):
    assert Client(shortcut).get("/sparql?query=" + quote(TITLES)).status_code == 200
    assert asked == {"queries": [TITLES], "application": 0}


@pytest.mark.parametrize("query", ["SELECT", "ASK { SERVICE <http://127.0.0.1/> {} }"])
def test_what_is_refused_is_asked_once_and_told_by_the_application(shortcut, asked, query):
    answer = Client(shortcut).get("/sparql?query=" + quote(query), headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert asked == {"queries": [query], "application": 1}


def test_a_failure_of_the_program_is_told_in_the_shape_of_all_errors(shortcut, monkeypatch):
    def failing(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(shortcut._site.queries, "ask", failing)
    answer = Client(shortcut).get("/sparql?query=ASK%20%7B%7D")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")


NOT_PLAIN = {
    "another form": ("?query=ASK%7B%7D&format=csv", {}),
    "an update": ("?query=ASK%7B%7D&update=x", {}),
    "two": ("?query=ASK%7B%7D&query=ASK%7B%7D", {}),
    "none": ("", {}),
    "bytes that are no text": ("?query=%ff", {}),
    "a token in the address": (f"?query={secret.make()}", {}),
    "a host that is none": ("?query=ASK%7B%7D", {"Host": "a/b"}),
    "who says who he is": ("?query=ASK%7B%7D", {"Authorization": "Bearer x"}),
    "who has it already": ("?query=ASK%7B%7D", {"If-None-Match": '"x"'}),
}


@pytest.mark.parametrize(("query", "headers"), NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_what_is_not_plain_is_the_applications(shortcut, asked, query, headers):
    Client(shortcut).get(f"/sparql{query}", headers=headers)
    assert asked["application"] == 1


def test_an_answer_of_another_copy_than_was_looked_for_is_not_kept(monkeypatch):
    with Registry.in_memory() as registry:
        app = create_app(registry, Settings(query_age=0.0))
        site, client = app.extensions["umr"], app.test_client()
        ask = site.queries.ask

        def late(one, who, reached):
            registry.publish([draft("lab/late@1.0.0")], agent="x")
            return ask(one, who)

        monkeypatch.setattr(site.queries, "ask", late)
        client.get("/sparql?query=" + quote(TITLES))
        assert site.running.keeper.counts()["entries"] == 0
        monkeypatch.setattr(site.queries, "ask", ask)
        for _ in range(2):
            client.get("/sparql?query=" + quote(TITLES))
        assert site.running.keeper.counts()["entries"] == 1
        site.close()


def test_where_requests_are_counted_the_application_counts_them():
    with Registry.in_memory() as registry:
        app = create_app(registry, Settings(reads_per_minute=1, page_cache_bytes=0))
        client = app.test_client()
        said = [client.get("/sparql?query=ASK%20%7B%7D") for _ in range(2)]
        app.extensions["umr"].close()
    assert [answer.status_code for answer in said] == [200, 429]
    assert "RateLimit" in said[0].headers


WORDS = "ASK DESCRIBE VALUES UNION SERVICE LOAD \\u0053ERVICE \\U00000053ERVICE { } ( ) [ ] <a:b> <> # '' \" ?x ! || . -"
PIECES = st.sampled_from([*WORDS.split(), "\u017fERVICE", "\n", " "])


@given(st.lists(PIECES, max_size=300), st.integers(1, 20))
def test_what_is_let_through_at_a_glance_would_be_let_through_at_a_closer_look(pieces, times):
    text = " ".join(pieces)
    for one in (text, "".join(pieces), text * times, "<>" * 25 * times, "DESCRIBE " + "<>" * 25 * times):
        if sparql._is_harmless(one):
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(sparql, "_is_harmless", lambda _: False)
                try:
                    sparql.guarded(one)
                except Malformed:
                    pytest.fail(one)
