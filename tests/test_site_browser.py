"""A site of files in a real browser: from a host of files below some path, from a disk, and without scripts."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler

import pytest
from browsing import ARGUMENTS, AXE, Watched, browser_program
from serving import answering

from umr_ld.files import documents
from umr_ld.registry import Registry
from umr_ld.resources import resource
from umr_server.mirror import build

PROGRAM = browser_program()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no browser is installed (Debian's package chromium)"),
]
PAGES = ("index.html", "search.html", "page/vinid/plip@1.0.0.html", "impact/advisory/laion-5b-csam.html")


class Quiet(SimpleHTTPRequestHandler):
    """A host that only gives out files."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("host")
    with Registry.in_memory() as opened:
        opened.publish(documents([str(resource("records"))]), agent="test")
        build(opened, place / "below" / "some path")
    return place


@pytest.fixture(scope="module")
def home(folder):
    with answering(partial(Quiet, directory=str(folder))) as address:
        yield f"{address}/below/some%20path/"


@contextmanager
def page_of(**look):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=ARGUMENTS)
        yield browser.new_page(**look)
        browser.close()


def test_pages_say_nothing_in_the_console_and_fit_a_telephone(home):
    with page_of(viewport={"width": 360, "height": 740}) as page:
        watched = Watched(page, home)
        for address in PAGES:
            watched.open(address)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, address
            if AXE.is_file():
                assert watched.violations() == [], address
        assert watched.faults == []


def test_a_record_is_found_by_words_and_by_facets(home):
    with page_of() as page:
        watched = Watched(page, home)
        watched.open("index.html")
        page.get_by_role("searchbox").first.fill("plip")
        page.keyboard.press("Enter")
        page.wait_for_selector(".facets h2")
        assert "search.html?text=plip" in page.url
        page.get_by_role("link", name="vinid/plip@").click()
        assert page.locator("h1").inner_text() == "PLIP"
        watched.open("search.html?kind=Family")
        page.wait_for_selector(".facets h2")
        assert set(page.locator("#results .chip").all_inner_texts()) == {"Family"}
        assert watched.faults == []


def test_what_is_searched_for_is_text_and_nothing_else(home):
    with page_of() as page:
        watched = Watched(page, home)
        watched.open("search.html?text=<img src=x onerror=alert(1)>")
        page.wait_for_selector("#results .rows")
        assert "Nothing was found" in page.locator("#results").inner_text()
        assert page.locator("#results img").count() == 0
        assert watched.faults == []


def test_a_drawn_lineage_leads_to_pages(home):
    with page_of() as page:
        watched = Watched(page, home)
        watched.open("lineage/vinid/plip@1.0.0.html")
        if page.locator(".graph").count():
            page.wait_for_selector(".graph[data-drawn]")
        assert watched.faults == []


def test_search_works_from_a_disk(folder):
    with page_of() as page:
        page.goto((folder / "below" / "some path" / "search.html").as_uri() + "?text=plip")
        page.wait_for_selector(".facets h2")
        assert "vinid/plip@" in page.locator("#results").inner_text()


def test_without_scripts_the_records_are_listed(home):
    with page_of(java_script_enabled=False) as page:
        page.goto(f"{home}search.html")
        assert page.locator("#results li").count() > 100
        assert not page.locator("form").is_visible()
