"""The form in which records are written: it follows from the shapes, and publishes what was typed or says why not."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from browsing import ARGUMENTS, AXE, Watched, browser_program, served
from tokens import made
from umr import ROOT, clean_environment

from umr_ld.document import Document
from umr_ld.files import documents
from umr_ld.registry import Registry
from umr_ld.render.fields import fields_of
from umr_ld.resources import resource
from umr_ld.vocab import vocabulary
from umr_server.app import create_app
from umr_server.pages.form import Form, Input
from umr_server.settings import Settings


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        yield opened


@pytest.fixture
def client(registry):
    return create_app(registry).test_client()


@pytest.fixture
def token(registry):
    return made(registry, "lab", publishers=["A Lab"])


@pytest.fixture(scope="module")
def shipped():
    with Registry.in_memory() as opened:
        opened.publish(documents([str(resource("records"))]), agent="test")
        yield opened


class Controls(HTMLParser):
    """The inputs of a page with what stands in them, and what is said of each."""

    def __init__(self, text):
        super().__init__()
        self.values, self.kinds, self.said, self._in, self.labels = {}, {}, {}, None, set()
        self.attributes = set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        self.attributes |= set(told)
        if tag in {"input", "textarea", "select"} and told.get("name"):
            self.values.setdefault(told["name"], told.get("value") or "")
            self.kinds[told["name"]] = told.get("type") or tag
            self._in = ("value", told["name"]) if tag != "input" else self._in
            self._select = told["name"] if tag == "select" else None
        if tag == "option" and "selected" in told:
            self.values[self._select] = told["value"]
        if tag == "p" and (told.get("id") or "").endswith("-hint"):
            self._in = ("said", told["id"].removesuffix("-hint"))
        if tag == "label":
            self.labels.add(told.get("for"))

    def handle_endtag(self, tag):
        if tag in {"textarea", "p", "select"}:
            self._in = None

    def handle_data(self, data):
        kind, name = self._in or (None, None)
        if kind == "value" and self.kinds[name] == "textarea":
            self.values[name] = (self.values[name] + data).removeprefix("\n")
        if kind == "said":
            self.said[name] = self.said.get(name, "") + data


def controls(answer):
    return Controls(answer.text)


FILLED = {
    "kind": "Model",
    "name": "lab/a",
    "title": "A",
    "description": "First line.\r\n\r\nSecond line.",
    "keyword": "one\r\ntwo\r\n",
    "publisher": "A Lab",
    "license": "MIT",
    "upstream.0.relation": "basedOn",
    "upstream.0.artifact": "lab/b",
    "upstream.0.external": "true",
    "upstream.0.source": "https://example.org/1\r\nhttps://example.org/2",
}


# -- the form follows from the shapes


@pytest.mark.parametrize("kind", vocabulary().kinds)
def test_every_property_of_a_kind_has_an_input_with_its_label_and_description(client, kind):
    seen = controls(client.get(f"/publish?kind={kind}"))
    for field in fields_of(kind, vocabulary()):
        key = field.term.key
        if not field.inner:
            assert key in seen.kinds
            assert field.description in " ".join(seen.said[key].split())
            assert key in seen.labels
    assert set(seen.kinds) - {"kind", "text"} <= seen.labels | {"text"}


def test_a_choice_offers_the_words_of_the_ontology(client):
    page = client.get("/publish?kind=Model").text
    relations = [
        one for one in vocabulary().relations.values() if not one.from_kinds or "Model" in one.from_kinds
    ]
    for one in relations:
        assert f'<option value="{one.key}">{one.label}</option>' in page
    assert "not affected</option>" in client.get("/publish?kind=Statement").text


ADDED = """
@prefix umr: <https://w3id.org/umr-ld/ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .

umr:FlavourShape a sh:NodeShape ; sh:targetClass umr:Model ;
    sh:property [ sh:path umr:flavour ; sh:name "flavour"@en ; sh:description "How it tastes."@en ; sh:order 35 ;
        sh:group umr:identity-group ; sh:maxCount 1 ; sh:maxLength 20 ; sh:message "flavour is too long"@en ] .
"""
ADDED_TERM = """
@prefix umr: <https://w3id.org/umr-ld/ns#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
umr:flavour a owl:DatatypeProperty ; rdfs:label "flavour"@en ; rdfs:comment "How it tastes."@en ;
    umr:inheritance umr:never ; umr:change umr:patch ; umr:group umr:identity-group ; umr:order 35 .
umr:promptedFrom a owl:ObjectProperty, umr:Relation ; rdfs:label "prompted from"@en ; rdfs:comment "x"@en ;
    umr:fromKind umr:Model ; umr:toKind umr:Model ; umr:order 95 .
"""
ASKED = """
import json
from umr_ld.registry import Registry
from umr_server.app import create_app

with Registry.in_memory() as registry:
    client = create_app(registry).test_client()
    empty = client.get("/publish?kind=Model").text
    typed = {"kind": "Model", "name": "lab/a", "flavour": "x" * 21, "do": "validate"}
    wrong = client.post("/publish", data=typed).text
print(json.dumps({"empty": empty, "wrong": wrong}))
"""


def test_a_property_and_a_relation_are_added_to_the_form_by_data_alone(tmp_path):
    for folder in ("umr_ld", "server", "ontology", "shapes"):
        shutil.copytree(
            ROOT / folder,
            tmp_path / folder,
            ignore=shutil.ignore_patterns("__pycache__", "node_modules", "vendor"),
        )
    (tmp_path / "shapes" / "flavour.ttl").write_text(ADDED, encoding="utf-8")
    ontology = tmp_path / "ontology" / "umr.ttl"
    ontology.write_text(ontology.read_text(encoding="utf-8") + ADDED_TERM, encoding="utf-8")
    path = tmp_path / "ontology" / "context.jsonld"
    context = json.loads(path.read_text(encoding="utf-8"))
    context["@context"]["flavour"] = "umr:flavour"
    context["@context"]["promptedFrom"] = {"@id": "umr:promptedFrom", "@type": "@id"}
    path.write_text(json.dumps(context), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
        env=clean_environment(PYTHONPATH=f"{tmp_path}:{tmp_path / 'server'}"),
    )
    told = json.loads(done.stdout)
    assert 'name="flavour"' in told["empty"]
    assert "How it tastes." in told["empty"]
    assert "prompted from</option>" in told["empty"]
    assert "flavour is too long" in Controls(told["wrong"]).said["flavour"]


# -- what is typed


def test_what_is_typed_becomes_the_draft(client, registry, token):
    answer = client.post("/publish", data={**FILLED, "do": "publish", "token": token})
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].endswith("/page/lab/a@1.0.0")
    body = json.loads(registry.body(registry.get("lab/a").ref))
    assert body["description"] == "First line.\n\nSecond line."
    assert body["keyword"] == ["one", "two"]
    assert body["upstream"]["source"] == ["https://example.org/1", "https://example.org/2"]
    assert body["upstream"]["external"] is True
    assert registry.history("lab/a")[0].agent == "lab"


def test_validating_says_what_is_wrong_beside_its_field_and_writes_nothing(client, registry):
    wrong = {
        **FILLED,
        "name": "no good name",
        "upstream.0.artifact": "",
        "parameterCount": "many",
        "do": "validate",
    }
    answer = client.post("/publish", data=wrong)
    seen = controls(answer)
    assert answer.status_code == 200
    assert "segment" in seen.said["name"]
    assert "names no artifact" in seen.said["upstream.0.artifact"]
    assert "whole number" in seen.said["parameterCount"]
    assert 'aria-invalid="true"' in answer.text
    assert '<a href="#upstream.0.artifact">' in answer.text
    assert registry.position().seq == 1


def test_validating_gives_the_draft_to_copy(client):
    answer = client.post("/publish", data={**FILLED, "do": "validate"})
    yaml, jsonld = re.findall(r'(?s)<pre class="draft">(.*?)</pre>', answer.text)
    assert "name: lab/a\n" in yaml
    assert "&#34;name&#34;: &#34;lab/a&#34;" in jsonld
    assert "This can be published" in answer.text


LOST = {
    "nothing was wrong": {"do": "validate"},
    "something was wrong": {"do": "validate", "name": "no good name"},
    "a row was added": {"add": "upstream"},
    "there was no token": {"do": "publish"},
    "the token was forged": {"do": "publish", "token": "umr_" + "a" * 57},
    "the token does not cover the name": {"do": "publish", "name": "other/a"},
    "the version is not larger": {"do": "publish", "version": "0.0.1"},
}


@pytest.mark.parametrize("said", LOST.values(), ids=LOST)
def test_what_was_typed_is_not_lost(client, registry, token, said):
    registry.publish(
        [Document(json.dumps({"type": "Model", "name": "lab/a", "version": "1.0.0"}).encode())], agent="x"
    )
    before = registry.position().seq
    typed = {**FILLED, "other-facts": '{"https://example.org/x": "y"}', **said}
    if said.get("do") == "publish" and "token" not in said and "no token" not in str(said):
        typed["token"] = token if said != LOST["there was no token"] else ""
    answer = client.post("/publish", data=typed)
    seen = controls(answer)
    for name, text in typed.items():
        if name not in {"do", "add", "token"}:
            assert seen.values[name].splitlines() == text.splitlines(), name
    assert registry.position().seq == before
    assert seen.values["token"] == ""
    if said.get("do") == "publish":
        assert answer.status_code in {401, 403, 422}


def test_a_row_is_added_without_scripts(client):
    once = client.post("/publish", data={**FILLED, "add": "upstream"})
    assert "upstream.1.relation" in controls(once).values
    assert "evaluation.0.metric" not in controls(once).values
    twice = client.post("/publish", data={**FILLED, "add": "evaluation"})
    assert "evaluation.0.metric" in controls(twice).values


def test_empty_rows_say_nothing_and_findings_stay_with_their_row(client):
    rows = {
        "upstream.0.relation": "",
        "upstream.0.artifact": " ",
        "upstream.3.relation": "basedOn",
        "upstream.3.artifact": "lab/b",
        "upstream.3.external": "true",
        "upstream.7.relation": "basedOn",
        "upstream.7.artifact": "lab/nowhere",
    }
    kept = {name: text for name, text in FILLED.items() if "upstream" not in name}
    seen = controls(client.post("/publish", data={**kept, **rows, "do": "validate"}))
    assert seen.values["upstream.0.artifact"] == "lab/b"
    assert seen.values["upstream.1.artifact"] == "lab/nowhere"
    assert "upstream.2.artifact" not in seen.values
    told = [name for name in seen.said if "lab/nowhere" in seen.said[name]]
    assert told == ["upstream.1.artifact"]
    assert all(name.startswith("upstream.1") for name in told)


# -- what was published before


def test_every_shipped_record_comes_back_from_the_form_as_it_is(shipped):
    for listed in shipped.listing(limit=1000).entries:
        body = json.loads(shipped.body(listed.ref))
        form = Form(body["type"], shipped.vocabulary)
        draft, wrong = form.draft(form.ordered(form.typed(body, shipped.base)))
        assert wrong == []
        draft["version"] = body["version"]
        (checked,) = shipped.validate([Document(json.dumps(draft).encode())])
        assert checked.reading.record.digest == shipped.get(str(listed.ref)).digest, listed.ref


UNUSUAL = {
    "a text in a language": {"title": {"@value": "Modell", "@language": "de"}},
    "a fact of others": {"https://example.org/x": ["1", {"@id": "https://example.org/y"}]},
    "a node with an identifier": {
        "upstream": [{"id": "#mine", "relation": "basedOn", "artifact": "lab/b", "external": True}]
    },
    "an agent with a homepage": {"publisher": {"label": "A Lab", "homepage": "https://example.org/"}},
    "a text that begins with a space": {"note": ["  indented", "a\n---\nb"]},
}


@pytest.mark.parametrize("facts", UNUSUAL.values(), ids=UNUSUAL)
def test_what_has_no_field_is_kept_among_the_other_facts(registry, facts):
    body = {"type": "Model", "name": "lab/a", "version": "1.0.0", **facts}
    registry.publish([Document(json.dumps(body).encode())], agent="x")
    published = json.loads(registry.body(registry.get("lab/a").ref))
    form = Form("Model", registry.vocabulary)
    draft, _ = form.draft(form.ordered(form.typed(published, registry.base)))
    (checked,) = registry.validate([Document(json.dumps({**draft, "version": "1.0.0"}).encode())])
    assert checked.reading.record.digest == registry.get("lab/a").digest


BUMPS = {
    "a wording": ({"description": "Other words."}, "1.0.1"),
    "a fact": ({"intendedUse": "Reading."}, "1.1.0"),
    "what it is": ({"license": "Apache-2.0"}, "2.0.0"),
    "nothing": ({}, "1.0.0"),
}


@pytest.mark.parametrize(("changes", "version"), BUMPS.values(), ids=BUMPS)
def test_a_version_that_is_left_out_becomes_what_the_changes_need(client, token, changes, version):
    assert client.post("/publish", data={**FILLED, "do": "publish", "token": token}).status_code == 303
    typed = controls(client.get("/publish?from=lab/a")).values
    assert typed["version"] == ""
    assert typed["upstream.0.artifact"] == "lab/b"
    answer = client.post("/publish", data={**typed, **changes, "do": "publish", "token": token})
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].endswith(f"/page/lab/a@{version}")


def test_what_is_not_there_is_said_to_be_missing(client):
    assert client.get("/publish?kind=Nothing").status_code == 404
    assert client.get("/publish?from=lab/nothing").status_code == 404
    assert client.post("/publish", data={}).status_code == 404


# -- who


def test_no_page_elsewhere_can_publish_because_nothing_is_remembered(client, registry, token):
    """A form on another site can send everything but what only the person has: there is no cookie to go along."""
    assert client.post("/publish", data={**FILLED, "do": "publish", "token": token}).status_code == 303
    seen = registry.position().seq
    answer = client.post(
        "/publish",
        data={**FILLED, "name": "lab/other", "do": "publish"},
        headers={"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 401
    assert registry.position().seq == seen
    assert "Set-Cookie" not in answer.headers


def test_the_page_is_not_kept_and_the_token_neither(client, token):
    for answer in (
        client.get("/publish"),
        client.get("/publish?kind=Model"),
        client.post("/publish", data={**FILLED, "name": "other/a", "do": "publish", "token": token}),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert token not in answer.text
    assert re.search(r'<input type="password"[^>]*autocomplete="off"', client.get("/publish?kind=Model").text)


def test_a_registry_that_is_served_for_reading_checks_and_does_not_publish(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        text = made(registry, "lab")
    with Registry.open(tmp_path / "r") as registry:
        client = create_app(registry).test_client()
        checked = client.post("/publish", data={**FILLED, "do": "validate"})
        refused = client.post("/publish", data={**FILLED, "do": "publish", "token": text})
    assert "This can be published" in checked.text
    assert "token" not in controls(checked).values
    assert refused.status_code == 403


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "an end of the area": "</textarea><script>alert(1)</script>",
    "quotes": '" onfocus=alert(1) autofocus x="',
    "a template": "{{ 7*7 }}",
    "controls": "a\x00b\x1b[31m\u202e",
    "half a surrogate pair": "\ud800",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_given_back_as_text(client, registry, token, text):
    typed = dict.fromkeys(
        ("name", "title", "description", "keyword", "upstream.0.relation", "other-facts"), text
    )
    body = "&".join(f"{name}={_quoted(value)}" for name, value in {**typed, "kind": "Model"}.items())
    for do in ("validate", "publish"):
        answer = client.post(
            "/publish",
            data=f"{body}&do={do}&token={token}",
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code < 500, answer.text
        assert "<script>alert" not in answer.text
        seen = controls(answer)
        assert "onfocus" not in seen.attributes
        assert "49" not in seen.values["title"]
    assert registry.position().seq == 1


def _quoted(text):
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def test_a_million_characters_are_too_many_and_not_lost(client):
    answer = client.post("/publish", data={**FILLED, "description": "x" * 1_000_000, "do": "validate"})
    seen = controls(answer)
    assert "too long" in seen.said["description"]
    assert len(seen.values["description"].strip()) == 1_000_000


def test_a_form_that_is_too_large_is_not_read(registry):
    client = create_app(registry, Settings(body_bytes=10_000)).test_client()
    answer = client.post("/publish", data={**FILLED, "description": "x" * 20_000, "do": "validate"})
    assert answer.status_code == 413


def test_other_facts_are_read_strictly(client):
    wrong = {
        "no JSON": "{",
        "a key twice": '{"a": 1, "a": 2}',
        "nesting": "[" * 100_000,
        "a list": "[]",
        "a keyword": '{"@included": []}',
        "a key without meaning": '{"nonsense": 1}',
        "another kind": '{"type": "Dataset"}',
    }
    for name, text in wrong.items():
        answer = client.post("/publish", data={**FILLED, "other-facts": text, "do": "validate"})
        told = answer.text
        assert ("be mended" in told) is (name != "another kind"), name
        assert answer.status_code == 200


def test_inputs_are_of_the_kind_that_their_values_need():
    form = Form("Model", vocabulary())
    kinds = {
        part.name: part.control
        for group in form.groups({})
        for part in group.parts
        if isinstance(part, Input)
    }
    assert kinds["name"] == "line"
    assert kinds["description"] == "prose"
    assert kinds["keyword"] == "lines"


# -- in a browser

PROGRAM = browser_program()
seen_by_a_browser = pytest.mark.skipif(
    PROGRAM is None, reason="no browser is installed (Debian's package chromium)"
)


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def watch(browser, registry):
    contexts = []
    with served(create_app(registry)) as address:

        def watched(*, width=1280, **settings):
            context = browser.new_context(viewport={"width": width, "height": 800}, **settings)
            contexts.append(context)
            return Watched(context.new_page(), address)

        yield watched
        for context in contexts:
            context.close()


def _fill_in(page, *, waits):
    page.get_by_role("link", name="Publish", exact=True).click()
    page.get_by_role("link", name="Model", exact=True).click()
    page.get_by_label("Name (needed)").fill("lab/no good name")
    page.get_by_label("Title").fill("A model")
    page.get_by_role("button", name="Validate").first.click()
    wrong = page.locator("#name-hint .wrong")
    wrong.wait_for()
    assert "segment" in wrong.inner_text()
    assert page.locator("#name").get_attribute("aria-invalid") == "true"
    assert page.get_by_label("Title").input_value() == "A model"
    page.get_by_label("Name (needed)").fill("lab/a")
    page.get_by_label("Relation (needed)").select_option("basedOn")
    page.get_by_label("Artifact (needed)").fill("lab/b")
    page.get_by_label("External").select_option("true")
    page.get_by_role("button", name=re.compile("Add another.*upstream")).click()
    page.locator("[id='upstream.1.relation']").wait_for()
    if waits:
        assert page.evaluate("document.activeElement.id") == "upstream.1.relation"


@seen_by_a_browser
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_record_is_filled_in_mended_and_published(watch, registry, token, scripts):
    seen = watch(java_script_enabled=scripts)
    page = seen.open("/")
    _fill_in(page, waits=scripts)
    page.get_by_label("Token").fill(token)
    if scripts:
        page.get_by_role("button", name="Validate").first.click()
        page.get_by_text("This can be published").wait_for()
        assert page.get_by_label("Token").input_value() == token
    page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_url("**/page/lab/a@1.0.0")
    assert page.locator("h1").inner_text() == "A model"
    assert seen.faults == []
    assert registry.get("lab/a").links[0].artifact == "lab/b"


LOOKS = {"wide and dark": (1280, "dark"), "narrow and light": (360, "light")}
STATES = {
    "the choice": ("/publish", False),
    "empty": ("/publish?kind=Advisory", False),
    "wrong": ("/publish?kind=Model", True),
}


@seen_by_a_browser
@pytest.mark.parametrize(("address", "validated"), STATES.values(), ids=STATES)
@pytest.mark.parametrize(("width", "scheme"), LOOKS.values(), ids=LOOKS)
def test_the_form_fits_and_can_be_used_by_everybody(watch, address, validated, width, scheme):
    seen = watch(width=width, color_scheme=scheme)
    page = seen.open(address)
    if validated:
        page.get_by_role("button", name="Validate").first.click()
        page.locator("#name-hint .wrong").wait_for()
    for group in page.locator("details").all():
        group.evaluate("one => { one.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").count() == 1
    assert seen.faults == []
    assert not AXE.is_file() or seen.violations() == []
