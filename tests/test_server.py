"""The pages: complete without scripts, harmless with hostile records, and data at the same addresses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from drafts import draft

from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_server.app import create_app

HOSTILE = {
    "title": "<script>alert(1)</script>",
    "description": '"><img src=x onerror=alert(1)> \u202egnp.exe \u2066',
    "keyword": ["{{ 7*7 }}", "</bdi><b>bold"],
    "note": "x" * 5000,
    "https://example.org/ns#'><script>": "y",
}
VOID = {"meta", "link", "input", "br", "img", "hr"}


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/a@1.0.0", license="MIT", description="The first."),
                draft("lab/a@2.0.0", license="Apache-2.0", description="The second."),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1 inherit", title="模型", publisher="A Lab"),
                draft("lab/c@1.0.0", "fineTunedFrom lab/b", "finetunedOn lab/elsewhere external"),
                draft("lab/odd.json@1.0.0", title="A name that ends like a suffix"),
                draft(
                    "lab/hostile@1.0.0",
                    "fineTunedFrom lab/a",
                    **{k: v for k, v in HOSTILE.items() if "'" not in k},
                ),
            ],
            agent="test <b>",
        )
        said = {"advisory": "advisory/x", "product": {"artifact": "lab/b"}, "status": "affected"}
        opened.publish(
            [
                draft(
                    "advisory/x@1.0.0",
                    kind="Advisory",
                    title="Bad <b>weights",
                    risk="backdoor",
                    severity="high",
                    affects=[{"artifact": "lab/a", "version": "1.0.0"}],
                ),
                draft("statement/mine@1.0.0", kind="Statement", publisher="A Lab", **said),
                draft("statement/other@1.0.0", kind="Statement", publisher="Another", **said),
            ],
            agent="test",
        )
        opened.publish([draft("lab/gone@1.0.0", title="Gone")], agent="test")
        opened.withdraw(Ref.parse("lab/gone@1.0.0"), reason="it was <i>wrong</i>", agent="test")
        yield opened


@pytest.fixture(scope="module")
def client(registry):
    return create_app(registry).test_client()


class Checker(HTMLParser):
    """Every element is closed, no script runs, every identifier stands once."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.faults = [], set(), [], []

    def handle_starttag(self, tag, attributes):
        said = dict(attributes)
        if any(name.startswith("on") or name == "style" for name in said):
            self.faults.append(f"{tag} {said}")
        if tag == "script" and not said.get("src", "").startswith("/static/"):
            self.faults.append(f"a script that is not a file of ours: {said}")
        if said.get("id") in self.ids:
            self.faults.append(f"id {said['id']} stands twice")
        self.ids |= {said["id"]} if "id" in said else set()
        self.links += [said[name] for name in ("href", "src", "action") if name in said]
        if tag not in VOID:
            self.open.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] in {"script", "style"} and data.strip():
            self.faults.append(f"something stands in the page to be run: {data}")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")


PAGES = [
    "/",
    "/search",
    "/search?text=lab",
    "/search?text=%22%20OR%20*&kind=Model",
    "/search?kind=Model&hub=lab&publisher=A+Lab",
    "/search?license=https://spdx.org/licenses/MIT&order=newest",
    "/search?text=lab&page=2",
    "/advisories",
    "/about",
    "/diff",
    "/diff?before=lab/a@1.0.0&after=lab/a@2.0.0",
    "/history/lab/a",
    "/page/lab/a@2.0.0",
    "/page/lab/b@1.0.0",
    "/page/lab/hostile@1.0.0",
    "/page/lab/gone@1.0.0",
    "/page/lab/c@1.0.0",
    "/page/advisory/x@1.0.0",
    "/impact/advisory/x",
    "/lineage/lab/c",
    "/lineage/lab/a?direction=down",
    "/lineage/lab/c?depth=1",
    "/impact/lab/a",
    "/impact/lab/elsewhere",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_well_formed_and_runs_nothing(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    checker = Checker()
    checker.feed(answer.text)
    assert checker.faults == []
    assert checker.open == []
    assert not [link for link in checker.links if not re.match(r"(https?://|/|#)", link)]
    assert "<html lang=" in answer.text
    assert 'href="#main"' in answer.text


@pytest.mark.parametrize("address", [*PAGES, "/nothing", "/page/lab/nothing", "/ns", "/healthz"])
def test_every_answer_forbids_what_no_page_needs(client, address):
    headers = client.get(address).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("address", PAGES)
def test_every_link_of_a_page_leads_somewhere(client, address):
    checker = Checker()
    checker.feed(client.get(address).text)
    for link in {link for link in checker.links if link.startswith("/")}:
        with client.get(link, follow_redirects=True) as answer:
            status = answer.status_code
        mentioned = "elsewhere" in link or "laion" in link or "gone" in link
        assert status == 200 or mentioned, link


def test_hostile_text_is_shown_and_does_nothing(client):
    text = client.get("/page/lab/hostile@1.0.0").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "{{ 7*7 }}" in text
    assert "<bdi>&#34;&gt;&lt;img" in text


def test_inherited_values_name_their_origin(client):
    text = client.get("/page/lab/b@1.0.0").text
    assert re.search(r'MIT.*from">← <a class="ref" href="/page/lab/a@1.0.0"', text)


def test_a_record_says_which_advisories_are_open_against_it(client):
    page = client.get("/page/lab/c@1.0.0").text
    assert "Bad &lt;b&gt;weights" in page
    assert "affected" in page
    assert "Bad &lt;b" not in client.get("/page/lab/odd.json@1.0.0").text


def test_an_advisory_says_who_is_affected_and_whose_word_counts(client):
    page = client.get("/impact/advisory/x").text
    for told in ("lab/a@1.0.0", "lab/b@1.0.0", "lab/c@1.0.0", "statement/mine@1.0.0", "not counted"):
        assert told in page


def test_a_title_in_chinese_is_a_title(client):
    assert "<h1><bdi>模型</bdi></h1>" in client.get("/page/lab/b@1.0.0").text


NEGOTIATION = {
    "a browser": ("text/html,application/xhtml+xml,*/*;q=0.8", "/page/lab/b@1.0.0"),
    "nothing said": ("", "/page/lab/b@1.0.0"),
    "JSON-LD": ("application/ld+json", "/page/lab/b@1.0.0?format=jsonld"),
    "Turtle before HTML": ("text/turtle, text/html;q=0.5", "/page/lab/b@1.0.0?format=ttl"),
    "N-Triples": ("application/n-triples", "/page/lab/b@1.0.0?format=nt"),
    "malformed": (";;q=x,,/", "/page/lab/b@1.0.0"),
}


@pytest.mark.parametrize(("accept", "place"), NEGOTIATION.values(), ids=NEGOTIATION)
def test_an_identifier_leads_to_what_is_accepted(client, accept, place):
    answer = client.get("/r/lab/b@1.0.0", headers={"Accept": accept} if accept else {})
    assert answer.status_code == 303
    assert answer.headers["Location"] == place
    assert "Accept" in answer.headers["Vary"]


def test_json_ld_gives_the_published_bytes_and_keeps_for_ever(client, registry):
    for address in ("/page/lab/b@1.0.0.jsonld", "/page/lab/b@1.0.0?format=jsonld"):
        answer = client.get(address)
        assert answer.data == registry.body(Ref.parse("lab/b@1.0.0"))
        assert "immutable" in answer.headers["Cache-Control"]
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(("form", "syntax"), [("ttl", ox.RdfFormat.TURTLE), ("nt", ox.RdfFormat.N_TRIPLES)])
def test_every_syntax_gives_the_same_graph(client, registry, form, syntax):
    answer = client.get(f"/page/lab/b@1.0.0.{form}")
    assert {quad.triple for quad in ox.parse(answer.data, syntax)} == set(registry.get("lab/b").triples)


def test_a_name_that_ends_like_a_suffix_is_found(client):
    assert client.get("/page/lab/odd.json@1.0.0").status_code == 200
    assert client.get("/page/lab/odd.json@1.0.0.jsonld").content_type == "application/ld+json"


def test_an_artifact_leads_to_its_newest_record(client):
    assert client.get("/page/lab/a").headers["Location"] == "/page/lab/a@2.0.0"


def test_what_is_withdrawn_is_marked_and_its_data_is_gone(client):
    text = client.get("/page/lab/gone@1.0.0").text
    assert "Withdrawn" in text
    assert "it was &lt;i&gt;wrong&lt;/i&gt;" in text
    answer = client.get("/page/lab/gone@1.0.0.jsonld")
    assert answer.status_code == 410
    assert json.loads(answer.data)["title"] == "Gone"


def test_what_is_only_mentioned_has_a_page_that_says_so(client):
    answer = client.get("/page/lab/elsewhere")
    assert answer.status_code == 200
    assert "Nothing is recorded of it" in answer.text
    assert "lab/c@1.0.0" in answer.text


def test_an_unknown_name_comes_with_what_is_alike(client):
    answer = client.get("/page/lab/bb", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert 'Did you mean <a class="ref" href="/page/lab/b">lab/b</a>' in answer.text
    assert '<a href="/search?text=bb">' in answer.text
    none_alike = client.get("/page/nobody/knows", headers={"Accept": "text/html"}).text
    assert "<code>umr search</code> finds records by words." in none_alike
    problem = client.get("/page/lab/bb", headers={"Accept": "application/json"})
    assert problem.content_type == "application/problem+json"
    assert problem.json["status"] == 404
    assert problem.json["title"]


BAD = {
    "a path upwards": "/page/../../etc/passwd",
    "an encoded path upwards": "/page/..%2f..%2fetc%2fpasswd",
    "a control character": "/page/lab/%00x",
    "no version after the at": "/page/lab/a@",
    "a range that is none": "/page/lab/a@%3E%3C",
    "a very long name": "/page/" + "a" * 4000,
    "a lineage of nothing": "/lineage/lab/nothing",
}


@pytest.mark.parametrize("address", BAD.values(), ids=BAD)
def test_a_bad_address_is_the_senders_error(client, address):
    assert 400 <= client.get(address).status_code < 500


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_pages_only_answer_questions(client, method):
    assert getattr(client, method)("/page/lab/a@2.0.0").status_code == 405


def test_a_number_that_is_none_is_passed_over(client):
    assert client.get("/search?page=x").status_code == 200
    assert client.get("/lineage/lab/c?depth=x").status_code == 200


def test_a_search_is_also_data(client):
    found = client.get("/search?text=lab&format=json").json
    assert found["total"] == len(found["entries"])
    assert {"reference", "kind", "title"} <= set(found["entries"][0])


@pytest.mark.parametrize("address", ["/ns", "/risk", "/shapes/record.ttl"])
def test_the_vocabulary_can_be_read_where_its_terms_point(client, address):
    assert len(list(ox.parse(client.get(address).data, ox.RdfFormat.TURTLE))) > 10


def test_the_context_can_be_read_and_no_other_file(client):
    assert "@context" in json.loads(client.get("/context/v1").data)
    assert client.get("/shapes/..%2fumr.ttl").status_code == 404


SERVED = """
import sys
from umr_ld.registry import Registry
from umr_server.serving import serve
with Registry.in_memory() as registry:
    serve(registry, port=0, ready=lambda address: print(address, flush=True))
print("closed", flush=True)
"""


def test_a_served_registry_answers_and_ends_gracefully():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.Popen(
        [sys.executable, "-c", SERVED], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert child.stdout is not None
    try:
        address = child.stdout.readline().strip()
        with urllib.request.urlopen(f"{address}healthz", timeout=20) as answer:
            assert json.load(answer)["status"] == "ok"
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=20) == 0
        assert child.stdout.read() == "closed\n"
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_a_taken_port_is_said_to_be_taken():
    import socket

    from umr_ld.errors import Busy
    from umr_server.serving import serve

    with socket.socket() as other, Registry.in_memory() as registry:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Busy, match=r"cannot be listened on.*--port"):
            serve(registry, port=other.getsockname()[1])


def test_an_address_of_no_interface_here_is_said_to_be_none():
    from umr_ld.errors import Busy
    from umr_server.serving import serve

    with Registry.in_memory() as registry:
        for host in ("192.0.2.1", "[::1]"):
            with pytest.raises(Busy, match="an address of this machine with --host"):
                serve(registry, host, 0)


def test_whoever_is_affected_is_told_the_way_in_words_and_what_to_do(client):
    page = client.get("/page/lab/c@1.0.0").text
    assert '<span class="relation">fine-tuned from</span> <a class="ref" href="/page/lab/b@1.0.0">' in page
    assert '<a href="#risk">What it means, and what to do</a>' in page
    risk = page.partition('<section class="tab" id="risk"')[2].partition("</section>")[0]
    assert "Ask who publishes" in risk
    assert "Move to" in client.get("/page/lab/hostile@1.0.0").text
    assert 'href="#risk">What it means' not in client.get("/page/lab/a@2.0.0").text


def test_the_beginning_counts_advisories_and_leads_to_what_they_are_about(client):
    page = client.get("/").text
    assert "<b>1</b> advisory</li>" in page
    assert 'concerns <a class="ref" href="/page/lab/a">' in page
    assert 'concerns <a class="ref" href="/page/lab/a">' in client.get("/advisories").text


def test_who_wants_to_check_finds_journal_chain_and_digests(client):
    about = client.get("/about").text
    assert '<a href="/data/journal.jsonl">' in about
    assert json.loads(client.get("/data/journal.jsonl").text.splitlines()[0])["chain"]
    record = client.get("/page/lab/a@1.0.0").text
    entry = re.search(r'<a href="(/log/\d+\?format=ttl)">', record)[1]
    assert "umr:chain" in client.get(entry).text


def test_where_the_api_begins_says_what_is_there(client):
    answer = client.get("/api/v1")
    assert (answer.status_code, answer.location) == (303, "/api")


BEYOND = {
    "records": ("/search?page=9", "Nothing was found"),
    "advisories": ("/advisories?page=9", "None is published"),
    "who is affected": ("/impact/advisory/x?page=9", "Nothing that is recorded here"),
    "who is downstream": ("/impact/lab/a?page=9", "Further"),
    "the catalogue": ("/catalog?page=9", "Nothing is published"),
    "a history": ("/history/lab/a?page=9", "Further"),
}


@pytest.mark.parametrize(("address", "untrue"), BEYOND.values(), ids=BEYOND)
def test_a_page_beyond_the_last_says_so_and_nothing_untrue(client, address, untrue):
    page = client.get(address, headers={"Accept": "text/html"}).text
    assert "There is no page 9: " in page
    back = re.search(r'There is no page 9: <a rel="prev" href="([^"]+)">all is on one</a>', page)[1]
    assert back == address.replace("=9", "=1")
    assert untrue not in page


def test_a_lineage_of_no_links_does_not_say_that_there_are_none(client):
    page = client.get("/lineage/lab/c?depth=0").text
    assert "names nothing" not in page
    assert '<a href="/lineage/lab/c?direction=up">show all</a>' in page
