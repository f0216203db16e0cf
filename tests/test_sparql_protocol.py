"""The SPARQL 1.1 Protocol, query by query, and reading graphs by name."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pyoxigraph as ox
import pytest
from drafts import draft

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.sparql.forms import FORMS

BASE = "https://w3id.org/umr-ld/"
ONE, TWO, THREE, FOUR = (f"{BASE}g/lab/{name}@1.0.0" for name in "abcd")
DIRECT, FORM = "application/sparql-query", "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def client():
    with Registry.in_memory() as opened:
        opened.publish([draft(f"lab/{name}@1.0.0", title=f"Title {name}") for name in "abcd"], agent="test")
        app = create_app(opened)
        yield app.test_client()
        app.extensions["umr"].close()


def default(*graphs):
    return [("default-graph-uri", graph) for graph in graphs]


def named(*graphs):
    return [("named-graph-uri", graph) for graph in graphs]


HAS_TWO = f"ASK {{ <{BASE}r/lab/a@1.0.0> dct:title ?one . <{BASE}r/lab/b@1.0.0> dct:title ?two }}"
NAMES_TWO = f"ASK {{ GRAPH <{ONE}> {{ ?a dct:title ?one }} GRAPH <{TWO}> {{ ?b dct:title ?two }} }}"
FULL = f"""ASK {{ <{BASE}r/lab/a@1.0.0> dct:title ?one . <{BASE}r/lab/b@1.0.0> dct:title ?two
    GRAPH <{THREE}> {{ ?c dct:title ?three }} GRAPH <{FOUR}> {{ ?d dct:title ?four }} }}"""
OTHER = f"ASK FROM <{THREE}> {{ <{BASE}r/lab/a@1.0.0> dct:title ?title }}"
LEFT_OUT = f"ASK {{ <{BASE}r/lab/c@1.0.0> dct:title ?title }}"

# Named as in the suite of the W3C (rdf-tests, sparql/sparql11/protocol), whose data lie elsewhere: here the
# graphs are those of published records.
YES = {
    "query_get": ("GET", "ASK {}", [], None),
    "query_post_form": ("POST", "ASK {}", [], FORM),
    "query_post_direct": ("POST", "ASK {}", [], DIRECT),
    "query_dataset_default_graph_get": (
        "GET",
        f"ASK {{ <{BASE}r/lab/a@1.0.0> dct:title ?t }}",
        default(ONE),
        None,
    ),
    "query_dataset_default_graph_post": (
        "POST",
        f"ASK {{ <{BASE}r/lab/a@1.0.0> dct:title ?t }}",
        default(ONE),
        DIRECT,
    ),
    "query_dataset_default_graphs_get": ("GET", HAS_TWO, default(ONE, TWO), None),
    "query_dataset_default_graphs_post": ("POST", HAS_TWO, default(ONE, TWO), DIRECT),
    "query_dataset_named_graphs_get": ("GET", NAMES_TWO, named(ONE, TWO), None),
    "query_dataset_named_graphs_post": ("POST", NAMES_TWO, named(ONE, TWO), DIRECT),
    "query_dataset_full": ("GET", FULL, default(ONE, TWO) + named(THREE, FOUR), None),
    "query_multiple_dataset": ("GET", OTHER, default(ONE), None),
}


def send(client, method, query, more=(), kind=None, **headers):
    if kind == FORM:
        return client.post(
            "/sparql", data=urlencode([("query", query), *more]), content_type=FORM, headers=headers
        )
    if kind is not None:
        address = f"/sparql?{urlencode(list(more))}"
        return client.post(address, data=query.encode(), content_type=kind, headers=headers)
    return client.open(f"/sparql?{urlencode([('query', query), *more])}", method=method, headers=headers)


@pytest.mark.parametrize(("method", "query", "more", "kind"), YES.values(), ids=YES)
def test_a_query_of_the_protocol_is_answered(client, method, query, more, kind):
    answer = send(client, method, query, more, kind)
    assert answer.status_code == 200
    assert answer.content_type == "application/sparql-results+json"
    assert answer.json["boolean"] is True


A_AND_B = f"{{ <{BASE}r/lab/a@1.0.0> dct:title ?a . <{BASE}r/lab/b@1.0.0> dct:title ?b }}"
DATASETS = {
    "no graph named": (f"ASK {A_AND_B}", True),
    "both": (f"ASK FROM <{ONE}> FROM <{TWO}> {A_AND_B}", True),
    "one of two": (f"ASK FROM <{ONE}> {A_AND_B}", False),
    "one of two, in small letters and close together": (f"ASK from<{ONE}>{A_AND_B}", False),
    "one that is not there": ("ASK FROM <http://example.org/none> { ?s ?p ?o }", False),
    "named ones only": (f"ASK FROM NAMED <{ONE}> FROM NAMED <{TWO}> {A_AND_B}", False),
    "a named one, within": (f"ASK FROM NAMED <{ONE}> {{ GRAPH ?g {{ ?s dct:title ?title }} }}", True),
    "one that is none of the named": (f"ASK FROM <{ONE}> {{ GRAPH ?g {{ ?s dct:title ?title }} }}", False),
    "the word alone": (f"ASK {{ {A_AND_B} FILTER('from' != ?a) }} # FROM <{ONE}>", True),
}


@pytest.mark.parametrize(("query", "expected"), DATASETS.values(), ids=DATASETS)
def test_a_query_is_answered_from_the_graphs_that_it_names(client, query, expected):
    """SPARQL 1.1 §13.2: where any graph is named, the default graph is those of `FROM`, and empty without."""
    assert send(client, "GET", query).json["boolean"] is expected


def test_a_graph_that_is_not_named_is_left_out(client):
    assert send(client, "GET", LEFT_OUT).json["boolean"] is True
    assert send(client, "GET", LEFT_OUT, default(ONE, TWO)).json["boolean"] is False
    assert send(client, "GET", NAMES_TWO, default(ONE, TWO)).json["boolean"] is False
    assert send(client, "POST", LEFT_OUT, default(ONE), FORM).json["boolean"] is False


CONTENT = {
    "query_content_type_select": ("SELECT (1 AS ?value) {}", {"application/sparql-results+json"}),
    "query_content_type_ask": ("ASK {}", {"application/sparql-results+json"}),
    "query_content_type_describe": (f"DESCRIBE <{BASE}r/lab/a@1.0.0>", {"text/turtle"}),
    "query_content_type_construct": (
        "CONSTRUCT { <http://example.org/s> ?p 1 } { BIND(dct:title AS ?p) }",
        {"text/turtle"},
    ),
}


@pytest.mark.parametrize(("query", "expected"), CONTENT.values(), ids=CONTENT)
def test_an_answer_says_in_what_it_is_written(client, query, expected):
    assert send(client, "GET", query).mimetype in expected


NO = {
    "bad_query_method": ("PUT", f"/sparql?query={quote('ASK {}')}", None, b"", 405),
    "bad_multiple_queries": (
        "GET",
        f"/sparql?query={quote('ASK {}')}&query={quote('SELECT * {}')}",
        None,
        b"",
        400,
    ),
    "bad_query_wrong_media_type": ("POST", "/sparql", "text/plain", b"ASK {}", 415),
    "bad_query_missing_form_type": ("POST", "/sparql", None, b"query=ASK%20%7B%7D", 415),
    "bad_query_missing_direct_type": ("POST", "/sparql", None, b"ASK {}", 415),
    "bad_query_non_utf8": ("POST", "/sparql", f"{DIRECT}; charset=UTF-16", "ASK {}".encode("utf-16"), 400),
    "bad_query_syntax": ("GET", f"/sparql?query={quote('ASK {')}", None, b"", 400),
    "an update as a query": ("POST", "/sparql", DIRECT, b"INSERT DATA { <a:b> <a:c> 1 }", 400),
    "an update as a form": ("POST", "/sparql", FORM, b"update=CLEAR%20ALL", 400),
    "an update by its type": ("POST", "/sparql", "application/sparql-update", b"CLEAR ALL", 400),
    "an update in the address": ("GET", "/sparql?update=CLEAR%20ALL", None, b"", 400),
    "a form without a query": ("POST", "/sparql", FORM, b"", 400),
    "another server": (
        "GET",
        f"/sparql?query={quote('ASK { SERVICE <http://127.0.0.1:1/> {} }')}",
        None,
        b"",
        400,
    ),
    "a graph that is no IRI": (
        "GET",
        f"/sparql?query={quote('ASK {}')}&default-graph-uri=../etc",
        None,
        b"",
        400,
    ),
    "a form that is none": ("GET", f"/sparql?query={quote('ASK {}')}&format=pdf", None, b"", 400),
    "brackets without end": ("POST", "/sparql", DIRECT, b"ASK {" * 5000 + b"}" * 5000, 400),
}


@pytest.mark.parametrize(("method", "address", "kind", "body", "status"), NO.values(), ids=NO)
def test_what_is_no_query_is_the_senders_error(client, method, address, kind, body, status):
    answer = client.open(
        address, method=method, data=body, content_type=kind, headers={"Accept": "application/json"}
    )
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status


def test_the_suite_is_whole():
    suite = [name for name in (*YES, *CONTENT, *NO) if name.startswith(("query_", "bad_"))]
    assert len(suite) == 22


SELECT = "SELECT ?title { ?s dct:title ?title } ORDER BY ?title"
READERS = {
    "json": lambda body: [row["title"]["value"] for row in json.loads(body)["results"]["bindings"]],
    "csv": lambda body: body.decode().split("\r\n")[1:-1],
    "tsv": lambda body: [line.strip('"') for line in body.decode().split("\n")[1:-1]],
    "xml": lambda body: [
        row["title"].value for row in ox.parse_query_results(body, ox.QueryResultsFormat.XML)
    ],
}


@pytest.mark.parametrize("key", READERS)
def test_solutions_say_the_same_in_every_form(client, key):
    by_accept = send(client, "GET", SELECT, Accept=FORMS[key].mime)
    by_name = send(client, "GET", SELECT, [("format", key)])
    assert by_accept.mimetype == by_name.mimetype == FORMS[key].mime
    assert READERS[key](by_accept.data) == READERS[key](by_name.data) == [f"Title {name}" for name in "abcd"]


@pytest.mark.parametrize("key", [key for key, form in FORMS.items() if form.is_graph])
def test_graphs_say_the_same_in_every_form(client, key):
    query = "CONSTRUCT { ?s dct:title ?title } { ?s dct:title ?title }"
    answer = send(client, "GET", query, Accept=FORMS[key].mime)
    found = {quad.triple for quad in ox.parse(answer.data, FORMS[key].engine)}
    assert {triple.object.value for triple in found} == {f"Title {name}" for name in "abcd"}


ACCEPT = {
    "what is preferred": ("text/csv;q=0.5, application/sparql-results+xml", "application/sparql-results+xml"),
    "JSON by its common name": ("application/json", "application/sparql-results+json"),
    "anything": ("*/*", "application/sparql-results+json"),
    "anything but JSON": ("application/sparql-results+json;q=0, */*;q=0.1", "application/sparql-results+xml"),
    "with the character set that it has": ("text/csv;charset=utf-8", "text/csv"),
    "with a parameter of its own": ("text/csv;header=present;q=0.9, */*;q=0.1", "text/csv"),
    "what is named before what is covered": ("*/*, text/csv", "text/csv"),
    "a page after it": (
        "application/sparql-results+json;charset=utf-8, text/html;q=0.1",
        "application/sparql-results+json",
    ),
    "a graph first, which it is not": ("text/turtle, text/csv;q=0.1", "text/csv"),
    "malformed": (";;,q=", "application/sparql-results+json"),
}


@pytest.mark.parametrize(("accept", "mime"), ACCEPT.values(), ids=ACCEPT)
def test_the_form_is_the_one_that_is_preferred(client, accept, mime):
    assert send(client, "GET", SELECT, Accept=accept).mimetype == mime


CONSTRUCT = "CONSTRUCT { ?s dct:title ?t } WHERE { ?s dct:title ?t }"
CLIENTS_SAY = {
    "turtle": (CONSTRUCT, "text/turtle"),
    "n3": (CONSTRUCT, "text/turtle"),
    "rdf+xml": (CONSTRUCT, "application/rdf+xml"),
    "json-ld": (CONSTRUCT, "application/ld+json"),
    "xml": (CONSTRUCT, "application/rdf+xml"),
    "json": (CONSTRUCT, "application/ld+json"),
    "application/xml": (SELECT, "application/sparql-results+xml"),
    "application/sparql-results+json": (SELECT, "application/sparql-results+json"),
}


@pytest.mark.parametrize(
    ("name", "query", "mime"), [(name, *row) for name, row in CLIENTS_SAY.items()], ids=CLIENTS_SAY
)
def test_a_form_has_the_names_that_clients_have_for_it(client, name, query, mime):
    assert send(client, "GET", query, [("format", name)]).mimetype == mime
    if "/" in name:
        assert send(client, "GET", query, Accept=name).mimetype == mime


def test_a_media_type_in_an_address_need_not_be_escaped(client):
    answer = client.get(f"/sparql?query={quote(SELECT)}&format=application/sparql-results+xml")
    assert answer.mimetype == "application/sparql-results+xml"


@pytest.mark.parametrize("kind", [FORM, DIRECT])
def test_a_compressed_query_is_said_to_be_one(client, kind):
    answer = client.post("/sparql", data=b"\x1f\x8b", content_type=kind, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415
    assert "without Content-Encoding" in answer.json["detail"]


def test_errors_are_problem_documents_for_programs_and_pages_for_people(client):
    for address in ("/sparql?query=SELECT", "/graphs"):
        assert client.get(address, headers={"Accept": "*/*"}).content_type == "application/problem+json"
        assert client.get(address, headers={"Accept": "text/html,*/*;q=0.8"}).mimetype == "text/html"


def test_a_form_that_cannot_be_written_is_said_so(client):
    assert send(client, "GET", SELECT, Accept="image/png").status_code == 406
    refused = send(client, "GET", SELECT, Accept="text/turtle")
    assert refused.status_code == 406
    assert "no graph" in refused.json["detail"]
    assert "text/csv" in refused.json["detail"]
    for address in ("/sparql", "/graphs?default"):
        assert client.get(address, headers={"Accept": "text/csv"}).status_code == 406


def test_an_answer_is_not_sent_again_until_something_is_published(client):
    first = send(client, "GET", SELECT)
    again = send(client, "GET", SELECT, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = send(client, "GET", "SELECT ?s { ?s a ?o }")
    assert other.headers["ETag"] != first.headers["ETag"]


ANSWERED = {
    "a question": f"/sparql?{urlencode({'query': SELECT})}",
    "no question": "/sparql",
    "what is none": "/sparql?query=SELECT",
    "a graph": f"/graphs?{urlencode({'graph': ONE})}",
    "a graph that is not there": "/graphs?graph=http://example.org/none",
}


@pytest.mark.parametrize(
    "accept", ["*/*", "text/html", "application/n-triples, application/sparql-results+xml"]
)
@pytest.mark.parametrize("address", ANSWERED.values(), ids=ANSWERED)
def test_a_head_says_what_would_be_answered(client, address, accept):
    """RFC 9110 §9.3.2."""
    head, got = (
        client.open(address, method=method, headers={"Accept": accept}) for method in ("HEAD", "GET")
    )
    assert (head.status, head.data) == (got.status, b"")
    for name in ("Content-Type", "Content-Length", "Location", "Access-Control-Allow-Origin"):
        assert head.headers.get(name) == got.headers.get(name)


def test_a_browser_is_led_to_the_page(client):
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    assert client.get("/sparql", headers={"Accept": accept}).headers["Location"] == "/query"
    asked = client.get(f"/sparql?query={quote('ASK {}')}", headers={"Accept": accept}, follow_redirects=True)
    assert "<b>yes</b>" in asked.text


def test_the_endpoint_says_what_it_is(client):
    answer = client.get("/sparql")
    assert answer.mimetype == "text/turtle"
    said = {quad.predicate.value.rpartition("#")[2] for quad in ox.parse(answer.data, ox.RdfFormat.TURTLE)}
    assert {"endpoint", "supportedLanguage", "resultFormat", "extensionFunction", "defaultDataset"} <= said
    assert client.get("/sparql", headers={"Accept": "application/rdf+xml"}).mimetype == "application/rdf+xml"


def test_pages_elsewhere_may_ask(client):
    assert send(client, "GET", "ASK {}").headers["Access-Control-Allow-Origin"] == "*"
    before = client.options("/sparql")
    assert before.status_code == 200
    assert before.headers["Access-Control-Allow-Methods"] == "GET, HEAD, POST"
    assert "Content-Type" in before.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("key", [key for key, form in FORMS.items() if form.is_graph])
def test_a_graph_is_read_by_its_name(client, key):
    answer = client.get(f"/graphs?graph={quote(ONE)}", headers={"Accept": FORMS[key].mime})
    subjects = {quad.subject.value for quad in ox.parse(answer.data, FORMS[key].engine)}
    assert subjects == {f"{BASE}r/lab/a@1.0.0"}


def test_all_graphs_are_read_as_one(client):
    triples = list(ox.parse(client.get("/graphs?default").data, ox.RdfFormat.TURTLE))
    assert {f"{BASE}r/lab/{name}@1.0.0" for name in "abcd"} <= {quad.subject.value for quad in triples}
    head = client.head(f"/graphs?graph={quote(ONE)}")
    assert (head.status_code, head.data) == (200, b"")


GRAPHS = {
    "nothing asked": ("/graphs", 400),
    "two": (f"/graphs?default&graph={quote(ONE)}", 400),
    "unknown": ("/graphs?graph=http://example.org/none", 404),
    "no IRI": ("/graphs?graph=none", 400),
}


@pytest.mark.parametrize(("address", "status"), GRAPHS.values(), ids=GRAPHS)
def test_a_graph_that_cannot_be_read_is_said_so(client, address, status):
    assert client.get(address).status_code == status


@pytest.mark.parametrize("method", ["put", "post", "delete", "patch"])
def test_graphs_are_not_written(client, method):
    assert getattr(client, method)(f"/graphs?graph={quote(ONE)}").status_code == 405
