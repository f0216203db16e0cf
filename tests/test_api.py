"""The API: what the command line says, in pages, kept while nothing is published, and harmless to ask."""

from __future__ import annotations

import json
import re
import socket
import threading
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from drafts import draft
from umr import ROOT

from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_server.api import tracing
from umr_server.app import create_app
from umr_server.settings import Settings

PROBLEM = "application/problem+json"


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/a@1.0.0", license="MIT", description="The first."),
                draft("lab/a@2.0.0", license="Apache-2.0"),
                *(draft(f"lab/b{n}@1.0.0", "fineTunedFrom lab/a@^1 inherit") for n in range(7)),
                draft("lab/body@1.0.0", title="Named like an address"),
                draft("advisory/x@1.0.0", kind="Advisory", risk="backdoor", affects=[{"artifact": "lab/a"}]),
                draft("advisory/y@1.0.0", kind="Advisory", risk="backdoor", affects=[{"artifact": "lab/b1"}]),
            ],
            agent="test",
        )
        yield opened


@pytest.fixture(scope="module")
def app(registry):
    made = create_app(registry)
    yield made
    made.extensions["umr"].close()


@pytest.fixture
def client(app):
    return app.test_client()


def get(client, address, status=200, **headers):
    answer = client.get(f"/api/v1/{address}", headers={k.replace("_", "-"): v for k, v in headers.items()})
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer


# -- addresses


@pytest.mark.parametrize(
    "reference", ["lab/a@1.0.0", "lab%2Fa@1.0.0", "https:%2F%2Fw3id.org%2Fumr-ld%2Fr%2Flab%2Fa@1.0.0"]
)
def test_a_reference_in_a_path_may_be_written_with_slashes_or_without(client, reference):
    assert get(client, f"show/{reference}").json["reference"] == "lab/a@1.0.0"


def test_a_name_may_end_like_an_address(client):
    assert get(client, "show/lab/body").json["title"] == "Named like an address"


def test_the_body_is_what_was_published(client, registry):
    answer = get(client, "body/lab/a@1")
    assert answer.data == registry.body(Ref.parse("lab/a@1.0.0"))
    assert answer.headers["Content-Location"].endswith("/lab/a@1.0.0")


def test_a_query_is_sent_on_to_the_endpoint(client):
    answer = client.get("/api/v1/query?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D", follow_redirects=True)
    assert answer.json["boolean"] is True


# -- pages


PAGED = {
    "list": ("list", lambda page: page["entries"]),
    "search": ("search?text=lab", lambda page: page["entries"]),
    "history": ("history/lab/a", lambda page: page),
    "impact": ("impact/lab/a", lambda page: page["hits"]),
    "verdicts": ("impact/x", lambda page: page["hits"]),
    "order of repair": ("impact/x", lambda page: page["repair"]),
    "advisories": ("advisories", lambda page: page),
}


@pytest.mark.parametrize(("address", "rows"), PAGED.values(), ids=PAGED)
def test_the_pages_of_an_answer_are_the_answer(client, address, rows):
    path, _, question = address.partition("?")
    whole = rows(get(client, address).json)
    assert len(whole) > 1
    for limit in (1, 2, 3):
        told, following = [], f"?{question}&limit={limit}".replace("?&", "?")
        while following:
            answer = get(client, path + following)
            told += rows(answer.json)
            link = re.match(r'<(\?[^>]*)>; rel="next"$', answer.headers.get("Link", ""))
            following = link[1] if link else ""
        assert told == whole


def test_a_page_of_long_paths_ends_early_and_says_where_the_next_begins(client, monkeypatch):
    monkeypatch.setattr(tracing, "STEPS", 3)
    answer = get(client, "impact/lab/a")
    assert len(answer.json["hits"]) == 3
    assert "offset=3" in answer.headers["Link"]


def test_a_page_of_nothing_leads_nowhere(client):
    assert "Link" not in get(client, "list?limit=0").headers


def test_a_lineage_that_is_too_large_says_how_to_ask_for_less(client, monkeypatch):
    monkeypatch.setattr(tracing, "NODES", 3)
    assert "depth" in get(client, "lineage/lab/a@1?direction=down", 503).json["remedy"]
    assert get(client, "lineage/lab/a@1?direction=down&depth=0")


# -- what stays


def test_an_answer_is_kept_until_something_is_published():
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0")], agent="test")
        client = create_app(registry).test_client()
        first = get(client, "list")
        tag = first.headers["ETag"]
        assert get(client, "list?limit=5").headers["ETag"] != tag
        same = get(client, "list", 304, If_None_Match=tag)
        assert (same.data, same.headers["ETag"]) == (b"", tag)
        registry.publish([draft("lab/b@1.0.0")], agent="test")
        later = get(client, "list", If_None_Match=tag)
        assert int(later.headers["Journal-Position"]) == int(first.headers["Journal-Position"]) + 1


# -- what is refused


REFUSED = {
    "an unknown parameter": ("list?kin=model", "did you mean kind?"),
    "a parameter where there is none": ("diff?before=lab/a&after=lab/a&at=2026-01-01", "known: after, before"),
    "a parameter twice": ("list?kind=Model&kind=Dataset", "give it once"),
    "a parameter that is missing": ("diff?before=lab/a", "Reference of the later one."),
    "no number": ("list?limit=ten", "How many entries to give."),
    "a number with a sign": ("list?limit=-1", "How many entries to give."),
    "a number of other digits": ("list?limit=%D9%A3", "How many entries to give."),
    "too large a number": ("list?limit=5001", "How many entries to give."),
    "a huge number": (f"list?offset={'9' * 4000}", "How many to pass over."),
    "no truth": ("list?newest=yes", "Newest first"),
    "no moment": ("list?at=yesterday", "write 2026-03-01"),
    "no day": ("show/lab/a?at=2026-02-30", "write 2026-03-01"),
    "a choice that is none": ("lineage/lab/a?direction=sideways", "`up` to what"),
    "a kind that is none": ("list?kind=Nonsense", "one of "),
    "NUL": ("search?text=%00", "Words"),
    "a control character": ("list?publisher=a%1b[31m", "Only what"),
    "NUL in the path": ("show/lab%00a", "leave them out"),
    "a line break in the path": ("history/lab%0d%0aSet-Cookie:x", ""),
    "an endless text": (f"search?text={'a' * 2001}", "Words"),
    "an endless path": (f"show/{'a/' * 1500}", "no name is as long"),
    "traversal": ("show/..%2f..%2fetc%2fpasswd", ""),
    "traversal behind an artifact": ("body/lab/a/../../../../etc/passwd", ""),
    "a name of a file": ("history/file:%2f%2f%2fetc%2fpasswd", ""),
    "a template": ("impact/%7B%7B7*7%7D%7D", ""),
    "SQL": ("show/'%20OR%201=1--", ""),
}  # fmt: skip


@pytest.mark.parametrize(("address", "remedy"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_of_its_form_is_refused_with_why_and_what_to_do(client, address, remedy):
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code in ({400} if remedy else {400, 404})
    assert answer.content_type == PROBLEM
    assert answer.json["detail"]
    assert remedy in answer.json["remedy"]
    assert "root:" not in answer.get_data(as_text=True)


def test_no_path_leads_out_of_the_registry(app, client):
    document = client.get("/api/openapi.json").json
    for address in document["paths"]:
        for climb in (
            "../../../etc/passwd",
            "..%2F..%2Fetc%2Fpasswd",
            "%2e%2e/%2e%2e/etc/passwd",
            "/etc/passwd",
            "a%5c..%5cb",
        ):
            for method in document["paths"][address]:
                answer = client.open(re.sub(r"\{\w+\}", climb, address), method=method.upper())
                assert 400 <= answer.status_code < 500 or "{" not in address, (address, climb)
                assert "root:" not in answer.get_data(as_text=True)


ACCEPTED = {
    "nothing": ({}, PROBLEM),
    "anything": ({"Accept": "*/*"}, PROBLEM),
    "JSON": ({"Accept": "application/json"}, PROBLEM),
    "neither": ({"Accept": "image/png"}, PROBLEM),
    "JSON before a page": ({"Accept": "text/html;q=0.5, application/json"}, PROBLEM),
    "a page first": ({"Accept": "text/html, application/xhtml+xml, */*;q=0.8"}, "text/html; charset=utf-8"),
}


@pytest.mark.parametrize(("headers", "media"), ACCEPTED.values(), ids=ACCEPTED)
def test_below_the_api_errors_are_problem_documents_unless_a_page_is_asked_for_first(client, headers, media):
    for method, address, status in (("GET", "nonsense", 404), ("PUT", "list", 405)):
        answer = client.open(f"/api/v1/{address}", method=method, headers=headers)
        assert (answer.status_code, answer.content_type) == (status, media)


def test_an_answer_that_nobody_would_read_is_not_made(client):
    assert get(client, "list", 406, Accept="text/csv").content_type == PROBLEM
    assert get(client, "list", Accept="text/csv, application/*;q=0.1")


# -- bodies


DRAFT = {"text": draft("lab/new@1.0.0", "fineTunedFrom lab/a").body.decode()}


def post(client, address, body, media="application/json", **headers):
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    named = {k.replace("_", "-"): v for k, v in headers.items()}
    return client.post(f"/api/v1/{address}", data=data, content_type=media, headers=named)


def test_drafts_are_validated_and_checked_and_nothing_is_written(client, registry):
    before = registry.position()
    assert post(client, "validate", {"drafts": [DRAFT]}).json["valid"] is True
    broken = {"text": "{", "source": "x.jsonld"}
    told = post(client, "validate", {"drafts": [broken, DRAFT]}).json
    assert [one["valid"] for one in told["documents"]] == [False, True]
    assert told["documents"][0]["findings"][0]["source"] == "x.jsonld"
    assert post(client, "bump", DRAFT).json == {"version": "1.0.0", "changes": []}
    open_ = post(client, "check", {"drafts": [DRAFT], "references": ["lab/b1", "lab/zzz"]}).json
    assert {(one["reference"], one["answer"]) for one in open_} > {
        ("lab/zzz", "unknown"),
        ("lab/new@1.0.0", "affected"),
    }
    assert post(client, "licences", {"drafts": [DRAFT], "level": "info"}).json["findings"]
    assert registry.position() == before


def test_a_check_of_drafts_tells_what_they_are_made_from_and_nothing_can_be_said_of(client):
    """As `umr check` does in a folder; what is another draft of the question, or elsewhere but named, is known."""

    def source(*links, name):
        document = draft(f"{name}@1.0.0", *links, title="T")
        return {"text": document.body.decode(), "syntax": "jsonld", "source": document.source}

    drafts = [
        source(
            "fineTunedFrom lab/mistyped", "fineTunedFrom lab/other", "basedOn lab/a external", name="lab/one"
        ),
        source("fineTunedFrom lab/mistyped", name="lab/other"),
    ]
    told = post(client, "check", {"drafts": drafts, "references": ["lab/mistyped", "lab/b1"]}).json
    assert [one["reference"] for one in told if one["answer"] == "unknown"] == ["lab/mistyped"]
    told = post(client, "check", {"drafts": drafts}).json
    assert [one["reference"] for one in told if one["answer"] == "unknown"] == ["lab/mistyped"]


NESTED = '{"drafts":' + "[" * 100_000
BODIES = {
    "nothing": ("", 400),
    "no JSON": ("{", 400),
    "not UTF-8": (b'{"drafts": ["\xff"]}', 400),
    "no object": ("[]", 400),
    "null": ("null", 400),
    "a member that is not known": ({"drafts": [DRAFT], "draft": 1}, 400),
    "a member of another type": ({"drafts": "x"}, 400),
    "a text that is a number": ({"drafts": [{"text": 7}]}, 400),
    "no drafts": ({"drafts": []}, 400),
    "very many drafts": ({"drafts": [{"text": ""}] * 1001}, 400),
    "a syntax that is none": ({"drafts": [{"text": "", "syntax": "rdfxml"}]}, 400),
    "no base64": ({"drafts": [{"text": "ü", "encoding": "base64"}]}, 400),
    "a key that stands twice": ('{"drafts": [], "drafts": []}', 422),
    "no number": ('{"drafts": [NaN]}', 422),
    "a huge number": ('{"drafts": ' + "9" * 5000 + "}", 400),
    "an infinite number": ('{"drafts": 1e999}', 400),
    "depth": (NESTED, 400),
    "closed depth": (NESTED + "]" * 100_000 + "}", 400),
    "half a character": ('{"drafts": [{"text": "\\ud800"}]}', 422),
}  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
def test_a_hostile_body_is_refused(client, body, status):
    answer = post(client, "validate", body)
    assert (answer.status_code, answer.content_type) == (status, PROBLEM), answer.get_data(as_text=True)
    assert answer.json["detail"]


def test_a_compressed_body_is_refused_unread(client):
    import gzip

    answer = post(client, "validate", gzip.compress(b" " * (1 << 24)), content_encoding="gzip")
    assert answer.status_code == 415
    assert "Content-Encoding" in answer.json["detail"]


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml"]
)
def test_a_body_of_another_media_type_is_refused(client, media):
    assert post(client, "validate", "{}", media).status_code == 415


def test_a_body_that_is_too_large_is_refused(registry):
    small = create_app(registry, Settings(body_bytes=1000)).test_client()
    answer = post(small, "validate", {"drafts": [{"text": "x" * 2000}]})
    assert (answer.status_code, answer.content_type) == (413, PROBLEM)


YAML_BOMB = "a: &a [x,x,x,x]\n" + "".join(f"{n}: &{n} [*a,*a,*a]\n" for n in "bcdefghij")
DRAFTS = {
    "a YAML bomb": {"text": YAML_BOMB, "syntax": "yaml"},
    "a YAML object": {"text": "!!python/object/apply:os.system [id]", "syntax": "yaml"},
    "endless YAML": {"text": "[" * 50_000, "syntax": "yaml"},
    "nested without end": {"text": '{"a":' * 50_000},
    "no UTF-8": {"text": "/w==", "encoding": "base64"},
    "half a character": {"text": '{"name": "\\ud800"}'},
}


@pytest.mark.parametrize("hostile", DRAFTS.values(), ids=DRAFTS)
def test_a_hostile_draft_is_a_finding(client, hostile):
    told = post(client, "validate", {"drafts": [hostile]})
    assert told.status_code == 200
    assert told.json["valid"] is False
    for address in ("check", "licences"):
        assert post(client, address, {"drafts": [hostile]}).status_code in {400, 422}
    assert post(client, "bump", hostile).status_code in {400, 422}


def test_a_draft_does_not_make_the_server_ask_anybody(client):
    hits = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/context"

        def listen():
            try:
                hits.append(listener.accept()[0].close())
            except OSError:
                return

        thread = threading.Thread(target=listen)
        thread.start()
        for context in (address, [address], {"@import": address}, {"@vocab": address}):
            body = {"@context": context, "type": "Model", "name": "lab/z", "version": "1.0.0"}
            post(client, "validate", {"drafts": [{"text": json.dumps(body)}]})
        get(client, f"lineage/{quote(address, safe='')}", 404)
        thread.join()
    assert hits == []


POLICIES = {
    "no Turtle": ("nonsense", 400),
    "another property": ("<http://a> <http://b> <http://c> .", 400),
    "a file": ("@prefix a: <file:///etc/passwd#> . a:b a:c a:d .", 400),
    "too long": ("#" * 100_001, 400),
}


@pytest.mark.parametrize(("policy", "status"), POLICIES.values(), ids=POLICIES)
def test_a_policy_that_is_none_is_refused(client, policy, status):
    for address, more in (("impact", {"reference": "x"}), ("check", {"references": ["lab/a"]})):
        assert post(client, address, {"policy": policy, **more}).status_code == status


def test_scripts_of_other_origins_read_what_anybody_may(client):
    for address in ("/api/v1/list?limit=1", "/api/v1/show/nobody/nothing", "/api/openapi.json"):
        answer = client.get(address, headers={"Origin": "https://other.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {"Link", "Journal-Position"} <= set(
            answer.headers["Access-Control-Expose-Headers"].split(", ")
        )
    draft_of_theirs = {"text": "{}", "syntax": "jsonld"}
    for answer in (
        client.get("/api/v1/list", headers={"Authorization": "Bearer x"}),
        client.post("/api/v1/bump", json=draft_of_theirs),
        client.get("/api"),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_document_says_below_which_path_its_addresses_are(client):
    told = client.get("/api/openapi.json", base_url="https://records.example/models/")
    assert told.json["servers"] == [{"url": "/models"}]
    assert "servers" not in client.get("/api/openapi.json").json


# -- the page


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.text, self.sources = [], []

    def handle_starttag(self, tag, attrs):
        self.sources += [value for name, value in attrs if name in {"src", "href"} and value]

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_tells_every_address_parameter_and_status_without_scripts(client):
    document = client.get("/api/openapi.json").json
    page = _Page()
    page.feed(client.get("/api").get_data(as_text=True))
    told = "".join(page.text)
    for address, methods in document["paths"].items():
        assert address in told
        for said in methods.values():
            assert said["summary"].replace("`", "") in told
            assert all(one["name"] in told for one in said.get("parameters", ()))
    assert not [one for one in page.sources if one.startswith(("http:", "https:", "//"))]


# -- the documentation


DOCS = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"(?m)^(GET|POST) (/\S+)(?: (\{.*\}))?$", DOCS)


def test_every_address_is_documented(client):
    told = {(method.lower(), re.sub(r"[?].*", "", address)) for method, address, _ in EXAMPLES}
    for address, methods in client.get("/api/openapi.json").json["paths"].items():
        shape = re.compile(re.sub(r"\{\w+\}", "[^?]+", address) + r"\Z")
        for method, said in methods.items():
            documented = any(verb == method and shape.match(path) for verb, path in told)
            assert documented or f"`{method.upper()} {address}`" in DOCS, said["operationId"]


@pytest.fixture(scope="module")
def shipped():
    from umr_ld.files import documents

    with Registry.in_memory() as registry:
        registry.publish(list(documents([str(ROOT / "records")])), agent="test")
        app = create_app(registry)
        yield app.test_client()
        app.extensions["umr"].close()


@pytest.mark.parametrize(("method", "address", "body"), EXAMPLES, ids=[f"{m} {a}" for m, a, _ in EXAMPLES])
def test_the_examples_of_the_documentation_work(shipped, method, address, body):
    answer = shipped.open(
        address, method=method, data=body or None, content_type="application/json" if body else None
    )
    assert answer.status_code in {200, 307}, answer.get_data(as_text=True)


LISTED = {
    "a facet": ("tags=task%3Dimage%2520retrieval", {"vinid/plip"}, set()),
    "how they stand": ("answer=affected", {"laion/laion-5b"}, {"vinid/plip"}),
    "both": ("tags=task%3Dimage%2520retrieval&answer=possibly", {"vinid/plip"}, {"laion/laion-5b"}),
}


@pytest.mark.parametrize(("query", "there", "not_there"), LISTED.values(), ids=LISTED)
def test_what_is_listed_is_chosen_by_facets_and_answers(shipped, query, there, not_there):
    found = shipped.get(f"/api/v1/list?{query}&limit=200").json
    names = {one["reference"].partition("@")[0] for one in found["entries"]}
    assert there <= names
    assert not names & not_there
    assert shipped.get("/api/v1/list?answer=maybe").status_code == 400
