"""The pages in a real browser: nothing from elsewhere, nothing in the console, readable by everybody."""

from __future__ import annotations

import pytest
from browsing import ARGUMENTS, AXE, Watched, browser_program, served

from umr_ld.files import documents
from umr_ld.registry import Registry
from umr_ld.resources import resource
from umr_server import appearance
from umr_server.app import create_app

PROGRAM = browser_program()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no browser is installed (Debian's package chromium)")
HAS_VENDOR = appearance.is_there("cytoscape.min.js")
drawn = pytest.mark.skipif(
    not HAS_VENDOR, reason="what comes from the npm registry is not here (scripts/assets)"
)

PAGES = {
    "home": "/",
    "search": "/search?text=clip",
    "nothing found": "/search?text=nosuchword",
    "facets": "/search?kind=Dataset&order=newest",
    "record": "/page/dearcaat/rrt-mil",
    "its lineage": "/page/dearcaat/rrt-mil#lineage",
    "its risk": "/page/vinid/plip#risk",
    "its history": "/page/vinid/plip#history",
    "its use": "/page/vinid/plip#use",
    "lineage": "/lineage/dearcaat/rrt-mil",
    "downstream": "/lineage/laion/laion-5b?direction=down",
    "advisory": "/impact/advisory/laion-5b-csam",
    "impact": "/impact/laion/laion-5b",
    "advisories": "/advisories",
    "aliases": "/aliases",
    "difference": "/diff?before=baai/eva-clip-vit-g@1.0.0&after=baai/eva-clip-vit-g",
    "history": "/history/vinid/plip",
    "gaps": "/gaps/example/hospital-pathology-assistant",
    "query": "/query",
    "answered query": "/query?query=SELECT+*+{+%3Fs+dct:title+%3Ftitle+}+LIMIT+5",
    "refused query": "/query?query=SELECT",
    "about": "/about",
    "ontology": "/ns",
    "risks": "/risk",
    "licence conditions": "/licence",
    "shapes": "/shapes",
    "shape": "/shapes/upstream",
    "context": "/context/v1",
    "policy": "/policy",
    "catalogue": "/catalog",
    "facets of answers": "/search?answer=affected",
    "not found": "/page/nobody/nothing",
    "alike": "/page/vinid/plop",
    "no date": "/?at=nonsense",
    "several versions": "/page/baai/eva-clip-vit-g@1.0.0",
    "kinds to publish": "/publish",
    "form": "/publish?kind=Model",
    "programs": "/api",
    "profile": "/profiles/eu-gpai-mdf",
}


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(documents([str(resource("records"))]), agent="test")
        yield opened


@pytest.fixture(scope="module")
def home(registry):
    with served(create_app(registry)) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def watch(browser, home):
    contexts = []

    def watched(*, width=1280, address=home, **settings):
        context = browser.new_context(viewport={"width": width, "height": 800}, **settings)
        contexts.append(context)
        return Watched(context.new_page(), address)

    yield watched
    for context in contexts:
        context.close()


SHIFTED = """() => new Promise(done => {
    let moved = 0;
    new PerformanceObserver(list => { for (const one of list.getEntries()) moved += one.value; })
        .observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done(moved), 200);
})"""
OUTLINED = """place => { const seen = getComputedStyle(document.querySelector(place));
    return seen.outlineStyle !== "none" && parseFloat(seen.outlineWidth) > 0; }"""
SQUEEZED = """() => [...document.querySelectorAll("main :is(p, li, dd, dt, td, th, caption, h1, h2, h3, figcaption, label)")]
    .filter(one => one.offsetParent && one.innerText.trim().length > 40 && one.offsetWidth < 90 && !one.closest("svg"))
    .filter(one => getComputedStyle(one).clipPath === "none" && !one.closest("thead"))
    .map(one => one.tagName + ": " + one.innerText.slice(0, 40))"""
LOOKS = [
    pytest.param(1280, "dark", id="wide and dark", marks=pytest.mark.slow),
    pytest.param(360, "light", id="narrow and light"),
]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)
def test_a_page_fits_is_still_asks_nobody_else_and_can_be_used_by_everybody(watch, address, width, scheme):
    seen = watch(width=width, color_scheme=scheme)
    page = seen.open(address)
    assert seen.faults == []
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SHIFTED) < 0.01
    assert page.evaluate(SQUEEZED) == []
    assert not AXE.is_file() or seen.violations() == []


def test_what_hinders_people_would_be_seen(watch):
    if not AXE.is_file():
        pytest.skip("axe-core is not here (scripts/assets)")
    seen = watch()
    page = seen.open("/about")
    page.evaluate("document.querySelector('main').innerHTML += '<img src=\"/static/icon.svg\"><input>'")
    assert len(seen.violations()) >= 2


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_a_word_to_who_is_affected(watch, scripts):
    seen = watch(java_script_enabled=scripts)
    page = seen.open("/")
    page.get_by_label("Search records").fill("pathology")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="vinid/plip@1.0.0").click()
    assert page.locator("h1").inner_text() == "PLIP"
    assert "possibly affected" in page.get_by_role("status").first.inner_text()
    page.get_by_role("link", name="Lineage", exact=True).click()
    assert page.locator("#lineage").is_visible()
    assert not page.locator("#overview").is_visible()
    page.get_by_role("link", name="Draw what it was made from").click()
    assert page.get_by_role("list", name="Lineage").get_by_text("laion/laion-5b@1.0.0").first.is_visible()
    page.go_back()
    page.get_by_role("link", name="LAION-5B contains links").first.click()
    assert page.get_by_role("table").get_by_text("dearcaat/rrt-mil@1.0.0").first.is_visible()
    assert seen.faults == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_in_three_steps_from_the_beginning_to_which_of_ones_own_are_touched_why_and_what_to_do(
    watch, scripts
):
    page = watch(java_script_enabled=scripts).open("/")
    page.get_by_role("link", name="possibly affected").click()
    page.get_by_role("complementary", name="Filters").get_by_role("link", name="Chongqing University").click()
    page.get_by_role("link", name="dearcaat/rrt-mil@1.0.0").click()
    way = page.locator(".banner .way").inner_text()
    assert way.startswith("embeds vinid/plip@1.0.0")
    assert way.endswith("subset of laion/laion-5b (^1.0.0)")
    page.get_by_role("link", name="What it means, and what to do").click()
    assert "Ask who publishes" in page.locator("#risk").inner_text()


@drawn
def test_a_lineage_is_drawn_and_a_click_says_more(watch):
    seen = watch()
    page = seen.open("/lineage/dearcaat/rrt-mil")
    place = page.locator(".graph[data-drawn]")
    place.wait_for()
    assert int(place.get_attribute("data-drawn")) == page.evaluate(
        "fetch(document.querySelector('.graph').dataset.graph).then(a => a.json()).then(g => g.nodes.length)"
    )
    stage = page.locator(".graph .stage").bounding_box()
    page.mouse.click(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    assert seen.faults == []


def test_the_keyboard_is_enough(watch):
    seen = watch()
    page = seen.open("/page/vinid/plip")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Risk":
            break
    page.keyboard.press("Enter")
    assert page.locator("#risk").is_visible()
    assert page.locator('.tabs [aria-current="true"]').inner_text() == "Risk"


def test_words_are_looked_for_while_they_are_typed(watch):
    if not HAS_VENDOR:
        pytest.skip("what comes from the npm registry is not here (scripts/assets)")
    seen = watch()
    page = seen.open("/search")
    page.get_by_label("Search records").press_sequentially("pathology", delay=20)
    page.locator("#results").get_by_text("vinid/plip@1.0.0").wait_for()
    page.wait_for_url("**text=pathology**")
    assert seen.faults == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_filters_stand_beside_the_records_or_fold_where_there_is_no_room(watch, scripts):
    wide = watch(java_script_enabled=scripts).open("/search?kind=Dataset")
    assert wide.get_by_role("link", name="✕ Dataset").is_visible()
    assert not wide.get_by_text("Filters").is_visible()
    narrow = watch(width=360, java_script_enabled=scripts).open("/search?kind=Dataset")
    assert not narrow.get_by_role("link", name="✕ Dataset").is_visible()
    narrow.get_by_text("Filters: Dataset").click()
    assert narrow.get_by_role("link", name="✕ Dataset").is_visible()


def test_versions_stand_beside_the_name_and_unfold(watch):
    page = watch().open("/page/baai/eva-clip-vit-g@1.0.0")
    name, versions = (page.locator(f".kicker > {one}").bounding_box() for one in ("span.ref", "details"))
    assert abs(name["y"] - versions["y"]) < 6
    assert versions["x"] > name["x"] + name["width"]
    page.get_by_text("one of 2 versions").click()
    assert page.get_by_role("link", name="compare").is_visible()


@drawn
def test_relations_of_a_drawing_have_the_names_that_the_list_has(watch):
    page = watch().open("/lineage/dearcaat/rrt-mil")
    page.locator(".graph[data-drawn]").wait_for()
    assert "fine-tuned from" in page.get_by_label("Relation").inner_text()
    page.get_by_label("Relation").select_option("fine-tuned from")


def test_without_the_files_of_others_the_pages_say_nothing_strange(watch, registry):
    app = create_app(registry)
    app.jinja_env.globals["vendor"] = lambda name: False
    with served(app) as address:
        for place in (PAGES[name] for name in ("home", "search", "record", "lineage", "query", "not found")):
            seen = watch(address=address)
            page = seen.open(place)
            assert page.locator("h1").count() == 1
            assert [fault for fault in seen.faults if "nobody" not in place] == []
            assert not page.locator(".graph").count() or not page.locator(".graph").is_visible()


def test_on_paper_every_tab_is_printed(watch):
    seen = watch()
    page = seen.open("/page/vinid/plip")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 35, 39)"
    for tab in ("overview", "lineage", "risk", "history", "use"):
        assert page.locator(f"#{tab}").is_visible()
    assert not page.get_by_role("navigation", name="Site").is_visible()


def test_on_paper_nothing_stays_folded(watch):
    page = watch().open("/gaps/example/hospital-pathology-assistant")
    gap = page.get_by_text("Legal name of the provider").first
    assert not gap.is_visible()
    page.emulate_media(media="print")
    assert gap.is_visible()


MADE = "CONSTRUCT { ?a prov:wasDerivedFrom ?b } { ?a prov:wasDerivedFrom ?b } LIMIT 20"
COUNTED = "SELECT ?kind (COUNT(?s) AS ?many) { ?s a ?kind } GROUP BY ?kind ORDER BY DESC(?many) LIMIT 5"


def asked(page, text):
    page.evaluate("text => document.querySelector('.CodeMirror').CodeMirror.setValue(text)", text)
    page.get_by_role("button", name="Ask").click()
    page.locator(".answer > *").first.wait_for()
    # A locator: waiting for an expression is `eval` in the page, which its policy forbids.
    page.locator("form.query [role=status]", has_text="ms").wait_for()


@drawn
def test_a_query_is_answered_as_table_chart_and_graph_and_says_what_is_wrong(watch):
    seen = watch()
    page = seen.open("/query")
    asked(page, COUNTED)
    assert page.locator(".answer tbody tr").count() == 5
    assert page.get_by_role("link", name="umr:Upstream", exact=True).get_attribute("href") == "/ns#Upstream"
    page.get_by_role("button", name="Chart").click()
    assert page.locator(".answer svg rect").count() == 5
    assert (
        page.request.get(page.get_by_role("link", name="CSV").get_attribute("href"))
        .text()
        .startswith("kind,many")
    )
    asked(page, MADE)
    page.get_by_role("button", name="Graph").click()
    page.locator(".answer .stage canvas").first.wait_for()
    assert seen.faults == []
    page.reload(wait_until="networkidle")
    assert "CONSTRUCT" in page.locator(".CodeMirror").inner_text()
    asked(page, "SELECT {")
    assert "SPARQL" in page.get_by_role("alert").inner_text()


@drawn
def test_an_example_is_taken_and_the_vocabulary_completes(watch):
    seen = watch()
    page = seen.open("/query")
    page.get_by_label("Example").select_option("without-licence")
    page.wait_for_url("**/query?example=without-licence")
    page.locator(".CodeMirror").wait_for()
    page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setValue('')")
    page.locator(".CodeMirror").click()
    page.keyboard.type("SELECT * { ?s umr:fineT")
    page.locator(".CodeMirror-hint", has_text="umr:fineTunedFrom").first.wait_for()
    assert seen.faults == []


@drawn
def test_what_is_typed_is_declared_and_asked_with_the_keyboard_alone(watch):
    seen = watch()
    page = seen.open("/query")
    page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setValue('')")
    page.locator(".CodeMirror").click()
    page.keyboard.type("SELECT * { ?s dct:title ?t } LIMIT 1")
    page.locator(".CodeMirror", has_text="PREFIX dct: <http://purl.org/dc/terms/>").wait_for()
    assert page.locator(".parseErrorIcon").count() == 0
    page.keyboard.press("Control+Enter")
    page.locator(".answer caption", has_text="1 row").wait_for()
    assert page.evaluate(OUTLINED, ".editor")
    assert seen.faults == []


@drawn
def test_the_keyboard_gets_into_the_editor_and_out_again(watch):
    page = watch().open("/query")
    page.locator(".CodeMirror textarea").first.focus()
    for _ in range(3):
        page.keyboard.press("Tab")
        if not page.evaluate("document.activeElement.closest('.CodeMirror')"):
            break
    assert page.evaluate("document.activeElement.textContent") == "Ask"


def test_the_lines_of_the_editor_have_no_buttons_whichever_is_there_first(watch):
    page = watch().open("/query")
    page.locator(".CodeMirror textarea").first.wait_for(state="attached")
    page.evaluate("addCopyButtons()")
    assert page.locator(".CodeMirror .copy").count() == 0


def test_a_query_is_answered_without_scripts_and_can_be_taken_away(watch, home):
    page = watch(java_script_enabled=False).open("/query")
    page.get_by_label("Query").fill(COUNTED)
    page.get_by_role("button", name="Ask").click()
    assert page.locator(".answer tbody tr").count() == 5
    assert page.get_by_role("link", name="umr:Upstream", exact=True).get_attribute("href") == "/ns#Upstream"
    taken = [one.get_attribute("href") for one in page.locator(".answer .downloads a").all()]
    assert [page.request.get(f"{home}{one}").status for one in taken] == [200] * 4
    page.get_by_label("Query").fill(MADE)
    page.get_by_role("button", name="Ask").click()
    assert page.locator(".answer .downloads a").all_inner_texts() == ["Turtle", "JSON-LD", "N-Triples"]
