"""One registry asked in its folder and over the network: the same words, the same bytes, the same exit codes."""

from __future__ import annotations

import inspect
import json
import re
import socket
import threading
from pathlib import Path

import pytest
from cli.conftest import made
from drafts import draft
from flask import Flask, Response
from serving import served
from tokens import made as made_token
from umr import ROOT, umr, write

from umr_ld.errors import Overloaded
from umr_ld.registry import Registry
from umr_ld.remote import Client, RemoteReader, RemoteRegistry
from umr_server.app import create_app


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A registry with the shipped records, and what these have none of."""
    place = tmp_path_factory.mktemp("drafts")
    product = {"artifact": "lab/a", "version": "1.0.0"}
    documents = [
        draft("lab/a@1.0.0", kind="Model", title="A", license="MIT", publisher="Some Lab", keyword=["é", "<b>"]),
        draft("lab/a@1.1.0", title="A", license="MIT", description="With more.", revision="r1"),
        draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1 inherit", "trainedOn hf/datasets/x/y external", title="B"),
        draft("lab/c@1.0.0", "mergedFrom lab/b inherit", "fineTunedFrom lab/a@9.0.0", title="C"),
        draft("lab/d@1.0.0", "embeds lab/c", title="D"),
        draft(
            "advisory/x@1.0.0", kind="Advisory", title="Bad weights", risk="backdoor", severity="high",
            alias=["CVE-2026-1"], affects=[{"artifact": "lab/a", "version": "<1.1.0", "fixedIn": "1.1.0"}],
        ),
        draft(
            "statement/s@1.0.0", kind="Statement", advisory="advisory/x", status="not_affected", product=product,
            justification="subset_excluded", publisher="Somebody",
        ),
    ]  # fmt: skip
    for document in documents:
        (place / document.source.replace("/", "_")).write_bytes(document.body)
    made_ = made(place.with_name("registry"), ROOT / "records", place)
    assert umr("withdraw", "lab/d@1.0.0", "--reason", "it is wrong", "--yes", "--store", made_).code == 0
    return made_


@pytest.fixture(scope="module")
def address(folder):
    with Registry.open(folder) as registry, served(create_app(registry)) as url:
        yield url


CLIP = "openai/clip-vit-base-patch32"
LAION = "laion-5b-csam"
ASKED = {
    "show": ["show", "lab/b"],
    "show with inherited values": ["show", "lab/c@^1"],
    "show only what is stated": ["show", "lab/c", "--stated"],
    "show what is shipped": ["show", "vinid/plip"],
    "show a withdrawn record": ["show", "lab/d"],
    "show by the last segment": ["show", "plip"],
    "show by IRI": ["show", "https://w3id.org/umr-ld/r/vinid/plip@1.0.0"],
    "show as JSON": ["show", "lab/c", "--json"],
    **{f"show as {form}": ["show", "lab/c", "--as", form] for form in ("jsonld", "yaml", "ttl", "nt", "nq")},
    "show earlier": ["show", "lab/a", "--at", "2020-01-01"],
    "show what is not there": ["show", "vinid/plop"],
    "show no such version": ["show", "lab/a@7"],
    "show what is only named": ["show", "hf/datasets/x/y"],
    "show nothing": ["show", ""],
    "show no reference": ["show", "a b@@"],
    "show what climbs": ["show", "../../etc/passwd"],
    "list": ["list"],
    "list by kind": ["list", "--kind", "dataset", "--facets"],
    "list a page": ["list", "--limit", "3", "--offset", "2", "--newest"],
    "list none": ["list", "--limit", "0"],
    "list very many": ["list", "--limit", "6000"],
    "list by licence": ["list", "--license", "MIT", "--as", "csv"],
    "list as JSON": ["list", "--prefix", "lab/", "--json"],
    "list no kind": ["list", "--kind", "nonsense"],
    "search": ["search", "pathology", "image"],
    "search as JSON": ["search", "clip", "--json", "--limit", "2"],
    "search what would be a formula": ["search", '"=1+1 OR NEAR('],
    "history": ["history", "lab/a"],
    "history of a withdrawn record": ["history", "lab/d", "--json"],
    "history as CSV": ["history", "lab/a", "--as", "csv"],
    "history of nothing": ["history", "lab/zzz"],
    "diff": ["diff", "lab/a@1.0.0", "lab/a@1.1.0"],
    "diff as JSON": ["diff", "lab/a@1.0.0", "lab/a@1.1.0", "--json"],
    "diff of the same": ["diff", "lab/a", "lab/a"],
    **{
        f"render as {form}": ["render", "lab/c", "--as", form]
        for form in ("txt", "html", "md", "tex", "dot", "svg", "mermaid", "bib", "csl", "json")
    },
    "render an advisory": ["render", "advisory/x"],
    "render a drawing downwards": ["render", CLIP, "--as", "dot", "--down"],
    "render what changed": ["render", "--diff", "lab/a@1.0.0", "lab/a@1.1.0"],
    "render earlier": ["render", "lab/a", "--at", "2020-01-01"],
    "render what is not there": ["render", "vinid/plop"],
    "lineage": ["lineage", "lab/d"],
    "lineage downwards": ["lineage", CLIP, "--down", "--depth", "2"],
    **{f"lineage as {form}": ["lineage", "lab/d", "--as", form] for form in ("dot", "mermaid", "json", "tree")},
    "lineage of a root": ["lineage", "lab/a"],
    "lineage of what is only named": ["lineage", "hf/datasets/x/y", "--down"],
    **{f"impact as {form}": ["impact", CLIP, "--as", form] for form in ("human", "tree", "table", "json", "csv")},
    "impact of a range": ["impact", "lab/a@<1.1.0"],
    "impact as SARIF of no advisory": ["impact", CLIP, "--as", "sarif"],
    "impact of nothing": ["impact", "lab/zzz"],
    **{
        f"verdicts as {form}": ["impact", LAION, "--as", form]
        for form in ("human", "tree", "table", "json", "csv", "sarif", "dot")
    },
    "verdicts with a statement": ["impact", "advisory/x"],
    "verdicts by an alias": ["impact", "CVE-2026-1", "--answer", "affected"],
    "verdicts by another policy": ["impact", LAION, "--policy", "policy.ttl", "--json"],
    "verdicts by a policy that is none": ["impact", LAION, "--policy", "none.ttl"],
    "check a reference": ["check", "vinid/plip"],
    "check several": ["check", "vinid/plip", "lab/b", "lab/c", "lab/unknown", "--json"],
    "check what nothing is known of": ["check", "lab/unknown"],
    "check as SARIF": ["check", "lab/b", "--as", "sarif"],
    "check a draft": ["check", "draft.jsonld", "--json"],
    "check drafts that are made from each other": ["check", "folder"],
    "check a list": ["check", "list.txt", "--severity", "critical", "--fail-on", "affected"],
    "check more than one question may name": ["check", "many.txt", "--json"],
    "check a card": ["check", "README.md"],
    "check by another policy": ["check", "lab/b", "--policy", "policy.ttl"],
    "check what cannot be read": ["check", "broken.jsonld"],
    "licences": ["licences", "vinid/plip", "--level", "info"],
    "licences of a draft": ["licences", "draft.jsonld", "--json"],
    "licences of drafts that are made from each other": ["licences", "folder"],
    "audit": ["audit", "export", "vinid/plip", "--profile", "eu-gpai-mdf", "--as", "jsonld"],
    "audit as rows": ["audit", "export", "lab/d@1.0.0", "--profile", "g7-sbom-ai", "--as", "csv"],
    "audit of an advisory": ["audit", "export", "advisory/x", "--profile", "incident-min"],
    "audit by no profile": ["audit", "export", "vinid/plip", "--profile", "eu-gpai-mfd"],
    "gaps": ["audit", "gaps", "lab/c", "--profile", "us-onc-dsi", "--json"],
    "advisories": ["advisory", "list"],
    "advisories as JSON": ["advisory", "list", "--json"],
    "advisories about": ["advisory", "list", "--about", "lab/a", "--as", "table"],
    "OSV": ["advisory", "export", "x"],
    "OSV of no advisory": ["advisory", "export", "zzz"],
    "OpenVEX": ["statement", "export", "s"],
    "validate": ["validate", "draft.jsonld"],
    "validate what is broken": ["validate", "broken.jsonld", "draft.jsonld", "--json"],
    "validate what is no UTF-8": ["validate", "latin.yaml"],
    "validate for a build": ["validate", "broken.jsonld", "--as", "github"],
    "bump": ["bump", "draft.jsonld"],
    "bump as JSON": ["bump", "draft.jsonld", "--json"],
    "query": ["query", "-e", "SELECT ?s ?t WHERE { ?s dct:title ?t } ORDER BY ?s LIMIT 5"],
    **{
        f"query as {form}": ["query", "-e", "SELECT ?t WHERE { ?s dct:title ?t } ORDER BY ?t LIMIT 3", "--as", form]
        for form in ("json", "csv", "tsv", "xml")
    },
    "query for a truth value": ["query", "-e", "ASK { ?s ?p ?o }"],
    "query for a graph": ["query", "-e", "CONSTRUCT { ?s dct:title ?t } WHERE { ?s dct:title ?t }"],
    "query for a graph as triples": [
        "query", "--as", "nt", "-e", "CONSTRUCT { <http://x> dct:title ?t } WHERE { SELECT ?t { ?s dct:title ?t } LIMIT 1 }",
    ],
    "query that is none": ["query", "-e", "SELEKT"],
    "query that wants the network": ["query", "-e", "SELECT * { SERVICE <http://x.org> { ?s ?p ?o } }"],
}  # fmt: skip

POLICY = """@prefix umr: <https://w3id.org/umr-ld/ns#> . @prefix risk: <https://w3id.org/umr-ld/risk#> .
umr:fineTunedFrom umr:stops risk:illegal-content . umr:fineTunedFrom umr:stops risk:backdoor .
"""


@pytest.fixture
def files():
    Path("folder").mkdir()
    written = {
        "draft.jsonld": draft(
            "lab/a@1.2.0", "fineTunedFrom vinid/plip", title="New", license="GPL-3.0-only"
        ).body,
        "many.txt": "\n".join(["vinid/plip", *(f"lab/none{n}" for n in range(1001)), "lab/a"]).encode(),
        "folder/m.jsonld": draft("lab/m@1.0.0", "fineTunedFrom lab/n").body,
        "folder/n.jsonld": draft("lab/n@1.0.0", "fineTunedFrom vinid/plip").body,
        "broken.jsonld": draft("lab/e@1.0.0", "nonsense lab/a@^1.x.y").body,
        "latin.yaml": "name: lab/é".encode("latin-1"),
        "list.txt": b"vinid/plip # used\nlab/b\n",
        "README.md": b"---\nbase_model: lab/b\n---\n# Text\n",
        "policy.ttl": POLICY.encode(),
        "none.ttl": b"this is no policy",
    }
    for name, body in written.items():
        Path(name).write_bytes(body)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_a_registry_elsewhere_answers_as_one_in_a_folder(words, folder, address):
    here = umr(*words, "--store", folder)
    there = umr(*words, "--registry", address)
    assert (there.out, there.code) == (here.out, here.code), there.err
    assert there.err.replace("limit exceeded", "") == here.err
    assert here.out or here.err


def test_what_is_asked_elsewhere_is_asked_in_the_same_words():
    for name, method in vars(RemoteReader).items() | vars(RemoteRegistry).items():
        if not name.startswith("_") and inspect.isfunction(method):
            here = inspect.signature(getattr(Registry, name)).parameters
            there = inspect.signature(method).parameters
            assert list(there) == [one for one in here if one != "permit"], name


LONG = ["list", "impact", "verdicts", "history"]


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--limit", "60"],
        ["impact", CLIP, "--json"],
        ["impact", LAION, "--json"],
        ["history", "lab/a"],
    ],
    ids=LONG,
)
def test_an_answer_of_many_pages_is_the_answer(words, folder, address, monkeypatch):
    monkeypatch.setattr("umr_ld.remote.reader.PAGE", 3)
    assert umr(*words, "--registry", address).out == umr(*words, "--store", folder).out


@pytest.mark.parametrize(("often", "code"), [(1, 0), (99, 7)], ids=["once", "all the time"])
def test_what_is_published_between_two_pages_is_in_none_or_all_of_them(writable, monkeypatch, often, code):
    registry, url = writable
    registry.publish([draft("lab/a@1.0.0")], agent="x")
    registry.publish([draft(f"lab/b{n}@1.0.0", "fineTunedFrom lab/a") for n in range(3)], agent="x")
    monkeypatch.setattr("umr_ld.remote.reader.PAGE", 2)
    asked, ask = [], Client.ask

    def disturbed(client, method, address, *args):
        if "offset=2" in address and len(asked) < often:
            asked.append(
                registry.publish([draft(f"lab/a{len(asked)}@1.0.0", "fineTunedFrom lab/a")], agent="x")
            )
        return ask(client, method, address, *args)

    monkeypatch.setattr(Client, "ask", disturbed)
    done = umr("impact", "lab/a", "--registry", url, "--json")
    assert done.code == code
    if not code:
        assert [one["reference"] for one in done.json["hits"]] == [
            f"lab/{name}@1.0.0" for name in ("a0", "b0", "b1", "b2")
        ]


# -- what is written


@pytest.fixture
def writable(tmp_path):
    with Registry.create(tmp_path / "elsewhere") as registry, served(create_app(registry)) as url:
        yield registry, url


@pytest.fixture
def token(writable, monkeypatch):
    """A token for names below lab/, where the program looks for it."""
    text = made_token(
        writable[0], "lab", "advisory", "statement", publishers=["Some Lab"], scopes=["publish", "review"]
    )
    monkeypatch.setenv("UMR_TOKEN", text)
    return text


def one(ref="lab/a@1.0.0", *links, **facts):
    return write(draft(ref, *links, license="MIT", **facts))[0]


@pytest.mark.usefixtures("token")
def test_what_is_published_elsewhere_is_there_and_told_as_here(writable):
    registry, url = writable
    here = umr("init").code or umr("publish", one(), "--json")
    there = umr("publish", one(), "--registry", url, "--json")
    assert there.code == 0, there.err
    assert [{**each, "sequence": 0} for each in there.json] == [{**each, "sequence": 0} for each in here.json]
    assert registry.get("lab/a@1.0.0").title
    again = umr("publish", one(), "--registry", url)
    assert (again.code, again.out) == (0, "unchanged   lab/a@1.0.0\n")


@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: one("lab/e@1.0.0", "nonsense lab/a@^1.x.y"), id="invalid"),
        pytest.param(lambda: one("lab/a@1.0.0", title="Another"), id="in conflict"),
        pytest.param(lambda: str(Path("x.yaml").write_bytes(b"name: [") and "x.yaml"), id="unreadable"),
    ],
)
def test_what_cannot_be_published_is_refused_with_its_place_as_here(writable, make):
    assert umr("init").code == 0
    for where in ((), ("--registry", writable[1])):
        assert umr("publish", one(), *where).code == 0
    path = make()
    here, there = umr("publish", path), umr("publish", path, "--registry", writable[1])
    assert (there.code, there.err) == (here.code, here.err)
    assert here.code
    assert path in here.err


@pytest.mark.usefixtures("token")
def test_records_are_withdrawn_and_noted_as_gone_elsewhere(writable):
    registry, url = writable
    assert umr("publish", one(), one("lab/b@1.0.0", "fineTunedFrom lab/a"), "--registry", url).code == 0
    assert umr("vanish", "lab/a@1.0.0", "--reason", "the hub", "--registry", url).code == 0
    done = umr("withdraw", "lab/a@1.0.0", "--reason", "it is wrong", "--yes", "--registry", url)
    assert (done.code, done.out) == (0, "withdrawn   lab/a@1.0.0\n")
    shown = registry.show("lab/a@1.0.0")
    assert (shown.reason, shown.gone_from) == ("it is wrong", "the hub")


@pytest.mark.usefixtures("token")
def test_advisories_are_published_and_imported_elsewhere(writable):
    registry, url = writable
    assert umr("publish", one(), "--registry", url).code == 0
    facts = {"kind": "Advisory", "risk": "backdoor", "affects": [{"artifact": "lab/a"}]}
    assert umr("advisory", "publish", *write(draft("advisory/x@1.0.0", **facts)), "--registry", url).code == 0
    osv = {
        "id": "y",
        "modified": "2026-01-01T00:00:00Z",
        "summary": "Y",
        "affected": [{"package": {"name": "lab/a", "ecosystem": "X"}}],
    }
    Path("y.json").write_text(json.dumps({**osv, "schema_version": "1.7.0"}), encoding="utf-8")
    done = umr("advisory", "import", "y.json", "--registry", url)
    assert {each.label for each in registry.advisories()} == {"x", "y"}, done.err
    assert "advisory" in umr("publish", one("lab/b@1.0.0", "fineTunedFrom lab/a"), "--registry", url).err


def test_without_a_token_nothing_is_published_and_reading_goes_on(writable):
    done = umr("publish", one(), "--registry", writable[1])
    assert done.code == 4
    assert "UMR_TOKEN" in done.err
    assert "umr token create" in done.err
    assert "Authorization" not in done.err
    assert umr("list", "--registry", writable[1]).code == 0


def test_the_token_comes_from_a_file_and_is_never_told(writable, token, monkeypatch):
    monkeypatch.delenv("UMR_TOKEN")
    Path("token").write_text(f"{token}\n", encoding="utf-8")
    told = umr("publish", one(), "-v", "--registry", writable[1], "--token-file", "token")
    assert told.code == 0
    refused = umr("publish", one("else/b@1.0.0"), "-v", "--registry", writable[1], "--token-file", "token")
    assert refused.code == 4
    assert token not in told.out + told.err + refused.err
    missing = umr("list", "--registry", writable[1], "--token-file", "nowhere")
    assert (missing.code, "nowhere" in missing.err) == (2, True)


def test_a_token_of_the_environment_is_not_sent_where_a_settings_file_points(writable, token):
    Path("umr.toml").write_text(f'registry = "{writable[1]}"\n', encoding="utf-8")
    assert umr("list").code == 0
    assert umr("publish", one()).code == 4
    assert umr("publish", one(), UMR_REGISTRY=writable[1]).code == 0


# -- who is not there


def silent():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.parametrize("words", [["check", "lab/a"], ["show", "lab/a"], ["list"], ["impact", "lab/a"]])
def test_who_does_not_answer_is_never_reported_as_clean(words):
    done = umr(*words, "--registry", silent(), "--json")
    assert (done.code, done.out) == (6, "")
    assert done.problem["title"] == "unreachable"


REFUSED = {
    "http elsewhere": ("http://192.0.2.1", 6),
    "a name that only looks like this machine": ("http://localhost.example.org", 6),
    "a file": ("file:///etc/passwd", 2),
    "a password in the address": ("https://me:secret@example.org", 2),
    "a query in the address": ("https://example.org/?a=b", 2),
    "no address": ("registry", 2),
}


@pytest.mark.parametrize(("url", "code"), REFUSED.values(), ids=REFUSED)
def test_an_address_that_may_not_be_asked_is_refused_before_anybody_is_asked(url, code):
    done = umr("list", "--registry", url)
    assert (done.code, done.out) == (code, "")
    assert "remedy:" in done.err or "where:" in done.err


@pytest.mark.usefixtures("registry")
def test_the_more_direct_word_counts_and_two_equal_ones_are_an_error(address):
    both = umr("list", "--registry", address, "--store", ".umr")
    assert (both.code, "name one of them" in both.err) == (2, True)
    assert umr("show", "vinid/plip", "--store", ".umr", UMR_REGISTRY=address).code == 3
    assert umr("show", "vinid/plip", "--registry", address, UMR_STORE=".umr").code == 0


STRANGE = {
    "no registry": (404, "text/html", b"<html>", 6),
    "a page instead of JSON": (200, "text/html", b"<html>", 6),
    "nested without end": (200, "application/json", b"[" * 100_000, 6),
    "another place": (302, "text/html", b"", 6),
    "a failure": (
        500,
        "application/problem+json",
        b'{"title":"internal error","status":500,"detail":"x"}',
        6,
    ),
    "a problem that is none": (400, "application/problem+json", b"[1]", 6),
    "a token is needed": (401, "application/problem+json", b'{"title":"not authenticated","detail":"x"}', 4),
    "not allowed": (403, "application/problem+json", b'{"title":"denied","detail":"x"}', 4),
    "members that are missing": (200, "application/json", b"{}", 6),
    "members of other types": (200, "application/json", b'{"total": "x", "entries": 3, "facets": []}', 6),
}


@pytest.mark.parametrize(("status", "media", "body", "code"), STRANGE.values(), ids=STRANGE)
def test_a_server_that_is_no_registry_is_told_and_never_believed(status, media, body, code):
    app = Flask("strange")
    answer = Response(body, status=status, content_type=media)
    app.add_url_rule("/<path:address>", "any", lambda address: answer)
    with served(app) as url:
        done = umr("list", "--registry", url)
    assert (done.code, done.out) == (code, ""), done.err


def test_a_record_that_is_not_what_was_published_is_not_believed(folder):
    with Registry.open(folder) as registry:
        app = create_app(registry)
        app.after_request(_other_digest)
        with served(app) as url:
            done = umr("show", "lab/b", "--registry", url)
    assert (done.code, done.out) == (5, "")


def _other_digest(response):
    if response.is_json and "digest" in (response.json or {}):
        response.set_data(json.dumps({**response.json, "digest": "0" * 64}))
    return response


# -- who has no time, or loses an answer


class Lossy:
    """Lets requests through to a server, and swallows the first answers to what changes something.

    Args:
        target: port of the server.
        losing: how many answers are lost.
    """

    def __init__(self, target, losing):
        self.target, self.losing, self.posts = target, losing, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                near, _ = self.socket.accept()
            except OSError:
                return
            self.pass_on(near)

    def pass_on(self, near):
        with near, socket.create_connection(("127.0.0.1", self.target)) as far:
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(65536)
            length = re.search(rb"(?i)content-length: (\d+)", head)
            while length and len(head.partition(b"\r\n\r\n")[2]) < int(length[1]):
                head += near.recv(65536)
            far.sendall(head)
            answer = b""
            while piece := far.recv(65536):
                answer += piece
            if head.startswith(b"POST /api/v1/records"):
                self.posts += 1
                if self.posts <= self.losing:
                    return
            near.sendall(answer)


@pytest.mark.usefixtures("token", "_hurried")
def test_what_was_published_and_not_answered_is_sent_again_and_done_once(writable):
    registry, url = writable
    lossy = Lossy(int(url.rpartition(":")[2]), losing=2)
    done = umr("publish", one(), "--registry", lossy.url)
    lossy.socket.close()
    assert (done.code, done.out) == (0, "published   lab/a@1.0.0\n"), done.err
    assert lossy.posts == 3
    assert [event.act for event in registry.history("lab/a")] == ["publish"]


@pytest.fixture
def _hurried(monkeypatch):
    """Nobody waits."""
    monkeypatch.setattr("umr_ld.remote.client.pause", WAITED.append)
    WAITED.clear()


WAITED = []


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize(("busy", "code"), [(2, 0), (99, 7)], ids=["for a moment", "for long"])
def test_a_registry_without_time_is_asked_again_after_what_it_says(folder, busy, code):
    with Registry.open(folder) as registry:
        app, asked = create_app(registry), []

        @app.before_request
        def refuse():
            asked.append(1)
            if len(asked) <= busy:
                raise Overloaded("too much at once")

        with served(app) as url:
            done = umr("list", "--registry", url)
    assert done.code == code, done.err
    assert [5.0] * min(busy, 4) == WAITED
