"""Which syntax an answer is written in, and what is said where none fits."""

from __future__ import annotations

from contextlib import closing

import pytest
from drafts import draft
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.linked.syntaxes import SYNTAXES


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/a@1.0.0", title="A"),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a", title="B", publisher="A Lab & Söhne"),
                draft("lab/b.json@1.0.0", title="Ends like a suffix"),
            ],
            agent="test",
        )
        yield opened


@pytest.fixture(scope="module")
def client(registry):
    return create_app(registry).test_client()


@pytest.fixture(scope="module")
def mounted(registry):
    """The server below a path, as behind an address that has one."""
    app, elsewhere = create_app(registry), Response("elsewhere", 404)
    with closing(app.extensions["umr"]):
        yield Client(DispatcherMiddleware(elsewhere, {"/umr": app}), Response)


ACCEPTED = {
    "nothing": (None, "html"),
    "anything": ("*/*", "html"),
    "what a browser says": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html"),
    "Turtle": ("text/turtle", "ttl"),
    "the dearest": ("text/turtle;q=0.3, application/ld+json;q=0.9, text/html;q=0.1", "jsonld"),
    "what is named before what is covered": ("*/*, text/turtle", "ttl"),
    "a range": ("application/*", "jsonld"),
    "a range with something worse in it": (
        "application/*;q=0.5, application/ld+json;q=0.1, text/html;q=0",
        "nt",
    ),
    "anything but pages": ("text/html;q=0, */*;q=0.1", "jsonld"),
    "a profile": ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "jsonld"),
    "another name of it": ("application/xhtml+xml", "html"),
    "YAML by its registered name": ("application/yaml", "yaml"),
    "in capitals": ("TEXT/TURTLE", "ttl"),
    "RDF/XML": ("application/rdf+xml", "rdf"),
    "malformed": (";;q=x,,/", "html"),
    "half malformed": ("text/turtle;q=2x, /, nonsense, application/n-quads", "nq"),
    "very long": ("a/b," * 5000 + "text/turtle", "ttl"),
    "unknown": ("image/png", "html"),
}


@pytest.mark.parametrize(("accept", "key"), ACCEPTED.values(), ids=ACCEPTED)
def test_a_record_comes_as_it_is_accepted(client, accept, key):
    answer = client.get("/page/lab/b@1.0.0", headers={} if accept is None else {"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == SYNTAXES[key].mime
    assert "Accept" in answer.vary


@pytest.mark.parametrize(
    "key", [key for key, row in SYNTAXES.items() if row.aspect in {"graph", "values", "draft"}]
)
def test_every_syntax_is_named_by_suffix_by_format_and_by_accept(client, key):
    by_suffix = client.get(f"/page/lab/b@1.0.0.{key}", headers={"Accept": "text/html"})
    by_format = client.get(f"/page/lab/b@1.0.0?format={key}", headers={"Accept": "text/html"})
    by_accept = client.get("/page/lab/b@1.0.0", headers={"Accept": SYNTAXES[key].mime})
    assert by_suffix.mimetype == by_format.mimetype == by_accept.mimetype == SYNTAXES[key].mime
    assert by_suffix.data == by_format.data == by_accept.data != b""
    assert "Accept" not in by_format.vary
    named = client.get("/r/lab/b@1.0.0", headers={"Accept": SYNTAXES[key].mime})
    assert named.status_code == 303
    assert client.get(named.headers["Location"]).data == by_format.data


def test_a_name_wins_over_a_suffix_and_format_is_never_ambiguous(client):
    assert client.get("/page/lab/b.json@1.0.0?format=json").json["reference"] == "lab/b.json@1.0.0"
    assert client.get("/page/lab/b.json").headers["Location"] == "/page/lab/b.json@1.0.0"
    assert client.get("/page/lab/b.json.json").json["reference"] == "lab/b.json@1.0.0"
    assert client.get("/page/lab/b?format=json").json["reference"] == "lab/b@1.0.0"
    assert client.get("/history/lab/b.json?format=json").json[0]["reference"] == "lab/b.json@1.0.0"
    assert client.get("/history/lab/a.json").json[0]["reference"] == "lab/a@1.0.0"


DATA_ONLY = ["/void", "/feed", "/g/lab/b@1.0.0", "/d/lab/b@1.0.0", "/e/lab/b@1.0.0", "/log/2"]


@pytest.mark.parametrize("address", DATA_ONLY)
def test_where_there_is_no_page_and_nothing_fits_it_says_what_there_is(client, address):
    answer = client.get(address, headers={"Accept": "image/png"})
    assert answer.status_code == 406
    assert client.get(address, headers={"Accept": "application/json;q=0, image/png"}).status_code == 406
    told = client.get(address, headers={"Accept": "application/problem+json, application/json;q=0"})
    assert told.status_code == 406
    assert "csv (text/csv)" in told.text or "ttl (text/turtle)" in told.text


def test_a_format_that_is_none_is_refused_and_one_that_is_not_offered_too(client):
    unknown = client.get("/page/lab/b@1.0.0?format=docx", headers={"Accept": "application/json"})
    assert (unknown.status_code, unknown.content_type) == (400, "application/problem+json")
    assert "jsonld" in unknown.json["remedy"]
    elsewhere = client.get("/page/lab/b@1.0.0?format=csv", headers={"Accept": "application/json"})
    assert elsewhere.status_code == 406
    assert "jsonld" in elsewhere.json["detail"]


MINTED = ["r/lab/b", "r/lab/b@1.0.0", "g/lab/b@1.0.0", "d/lab/b@1.0.0", "e/lab/b@1.0.0", "log/1", "log/3"]
MINTED += [
    "agent/A%20Lab%20%26%20S%C3%B6hne",
    "agent/test",
    "ns",
    "ns/0.1.0",
    "risk",
    "licence",
    "policy",
    "context/v1",
]
MINTED += ["profiles/fmti-2023", "shapes", "catalog", "void"]


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json"])
@pytest.mark.parametrize("iri", MINTED)
def test_every_minted_identifier_answers_below_its_base(mounted, iri, accept):
    answer = mounted.get(f"/umr/{iri}", headers={"Accept": accept}, follow_redirects=True)
    page_only = {"policy", "context/v1", "void"}
    assert answer.status_code == 200 or (accept == "text/html" and iri in page_only), answer.text[:200]
    assert answer.request.path.startswith("/umr/")
    for link in answer.headers.get("Link", "").split("<")[1:]:
        assert link.startswith(("/umr/", "http://", "https://")), link


ELSEWHERE = {
    "a name": ("/r/lab/b", 303),
    "a record": ("/page/lab/b@1.0.0", 200),
    "a graph": ("/g/lab/b@1.0.0", 200),
    "a place that is known to harvesters": ("/.well-known/void", 302),
    "what is not there": ("/g/lab/none@1.0.0", 404),
    "the context": ("/context/v1", 200),
}


@pytest.mark.parametrize(("address", "status"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_pages_elsewhere_may_look_up_what_is_named(client, address, status):
    """Fetch §4.4 and §4.8: also a redirect is checked, and media types with quotes ask before."""
    compacted = {"Accept": 'application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"'}
    answer = client.get(address, headers=compacted)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, "*")
    assert "Link" in answer.headers["Access-Control-Expose-Headers"]
    before = client.options(address)
    assert before.status_code == 200
    assert before.headers["Access-Control-Allow-Origin"] == "*"
    assert before.headers["Access-Control-Allow-Headers"] == "Accept"


def test_pages_are_read_by_none_but_their_own(client):
    assert "Access-Control-Allow-Origin" not in client.get("/page/lab/b@1.0.0").headers
    assert "Access-Control-Allow-Origin" not in client.post("/publish").headers


def test_every_graph_that_the_store_names_answers(registry, client):
    rows = list(registry.query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"))
    names = [row["g"].value for row in rows if row["g"].value.startswith(registry.base.iri)]
    names = [name for name in names if not name.startswith(f"{registry.base.iri}ns#")]
    assert len(names) > 10
    for name in names:
        answer = client.get(name.replace(registry.base.iri, "/"), headers={"Accept": "application/n-quads"})
        assert answer.status_code == 200, name
        assert name in answer.text
