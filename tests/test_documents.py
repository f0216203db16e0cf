"""Records as documents beside their pages: found by suffix, by header and by link, and made where they hinder nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import pytest
from drafts import draft

from umr_ld.errors import Overloaded, TooLong
from umr_ld.names import Ref
from umr_ld.page.drawing import LINKS, Drawing, readable
from umr_ld.registry import Registry, publication
from umr_ld.render.dot import as_dot
from umr_server.app import create_app
from umr_server.press import Press
from umr_server.settings import Settings

FORMS = {
    "pdf": ("application/pdf", b"%PDF-"),
    "md": ("text/markdown", b"# B"),
    "tex": ("application/x-tex", b"%"),
    "txt": ("text/plain", b"B\n"),
    "svg": ("image/svg+xml", b"<?xml"),
    "dot": ("text/vnd.graphviz", b"digraph"),
    "mermaid": ("text/vnd.mermaid", b"flowchart"),
    "bib": ("application/x-bibtex", b"@misc"),
    "csl": ("application/vnd.citationstyles.csl+json", b"["),
}
ENDLESS = 40
"""Records of which each names all earlier ones: Graphviz needs minutes for them."""


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/a@1.0.0", title="A"),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a", title="B"),
                draft("lab/gone@1.0.0", title="Gone"),
                *(
                    draft(f"web/m{at}@1.0.0", *(f"fineTunedFrom web/m{earlier}" for earlier in range(at)))
                    for at in range(ENDLESS)
                ),
            ],
            agent="Ada",
        )
        opened.withdraw(Ref.parse("lab/gone@1.0.0"), reason="wrong", agent="Ada")
        yield opened


@pytest.fixture(scope="module")
def client(registry):
    app = create_app(registry)
    yield app.test_client()
    app.extensions["umr"].close()


@pytest.fixture(scope="module")
def endless(registry):
    """A drawing that nobody waits for the end of."""
    drawing = publication.drawing(registry, f"web/m{ENDLESS - 1}")
    return replace(drawing, links=10_000)


@pytest.fixture
def press():
    made = Press(Settings(render_seconds=1.0, render_queue=2))
    yield made
    made.close()


@pytest.mark.parametrize("key", FORMS)
def test_a_record_is_a_document_too(client, key):
    media, beginning = FORMS[key]
    answer = client.get(f"/page/lab/b@1.0.0.{key}")
    assert (answer.status_code, answer.mimetype) == (200, media)
    assert answer.data.startswith(beginning)
    assert client.get(f"/page/lab/b@1.0.0?format={key}").data == answer.data


@pytest.mark.parametrize("key", [key for key in FORMS if key != "mermaid"])
def test_a_document_is_what_a_reader_asks_for(client, key):
    answer = client.get("/page/lab/b@1.0.0", headers={"Accept": FORMS[key][0]})
    assert answer.mimetype == FORMS[key][0]
    assert "Accept" in answer.vary


def test_a_lineage_is_drawn_with_how_things_stand(client):
    assert client.get("/lineage/lab/b.svg").data.startswith(b"<?xml")
    assert client.get("/lineage/lab/b", headers={"Accept": "text/plain"}).mimetype == "text/vnd.mermaid"


def test_documents_are_found_from_the_page(client):
    page = client.get("/page/lab/b@1.0.0", headers={"Accept": "text/html"})
    told = page.text.partition("<dt>download as</dt>")[2].partition("</dd>")[0]
    for key, (media, _) in FORMS.items():
        assert f"format={key}" in told
        assert f'rel="alternate"; type="{media}"' in page.headers["Link"]


def test_a_document_is_not_sent_again_while_nothing_is_published(client):
    first = client.get("/page/lab/b@1.0.0.pdf")
    again = client.get("/page/lab/b@1.0.0.pdf", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_a_document_says_itself_that_its_record_was_withdrawn(client):
    answer = client.get("/page/lab/gone@1.0.0.txt")
    assert answer.status_code == 200
    assert "Withdrawn" in answer.text


def test_a_document_tells_of_the_moment_that_is_asked_for(client, registry):
    then = registry.history("lab/gone")[-1].time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    answer = client.get(f"/page/lab/gone@1.0.0.txt?at={then}")
    assert answer.status_code == 200
    assert "Withdrawn" not in answer.text


def test_what_takes_too_long_is_stopped_and_not_begun_again(press, endless, registry):
    with pytest.raises(TooLong, match="1 s"):
        press.render("svg", endless)
    process = press._process
    with pytest.raises(TooLong):
        press.render("svg", endless)
    assert process is press._process is None
    assert press.render("svg", publication.drawing(registry, "lab/b")).startswith(b"<?xml")


def test_only_a_few_wait_and_all_others_are_told_to_come_back(endless, registry):
    press, ended = Press(Settings(render_seconds=5.0, render_queue=2)), []
    page = publication.page(registry, "lab/b")

    def ask(key, shown):
        try:
            ended.append(press.render(key, shown)[:4])
        except (TooLong, Overloaded) as error:
            ended.append(type(error))

    first = threading.Thread(target=ask, args=("svg", endless))
    first.start()
    while press._process is None:
        first.join(0.01)
    others = [
        threading.Thread(target=ask, args=("pdf", replace(page, title=f"B {number}"))) for number in range(8)
    ]
    for other in others:
        other.start()
    for thread in (*others, first):
        thread.join()
    press.close()
    assert ended.count(TooLong) == 1
    assert ended.count(Overloaded) >= 6
    assert set(ended) <= {TooLong, Overloaded, b"%PDF"}


def test_other_pages_are_answered_meanwhile(registry, endless):
    app = create_app(registry, Settings(render_seconds=30.0))
    press, ended = app.extensions["umr"].press, []

    def ask():
        with pytest.raises(TooLong):
            press.render("svg", endless)
        ended.append(True)

    asking = threading.Thread(target=ask)
    asking.start()
    while press._process is None:
        asking.join(0.01)
    assert app.test_client().get("/about").status_code == 200
    assert not ended
    os.kill(press._process._child.pid, signal.SIGKILL)
    asking.join()
    app.extensions["umr"].close()
    assert ended


def test_who_is_one_too_many_is_told_when_to_come_back(registry):
    app = create_app(registry, Settings(render_queue=0))
    press = app.extensions["umr"].press
    assert press._turns.take("somebody else", 0.0)
    answer = app.test_client().get("/page/lab/b@1.0.0.pdf", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]


def test_of_many_links_as_many_are_drawn_as_can_be_read(registry):
    drawing = publication.drawing(registry, f"web/m{ENDLESS - 1}")
    seen = readable(drawing)
    assert len(drawing.lineage.edges) > LINKS >= len(seen.edges)
    assert len(seen.nodes) + sum(heap.number for heap in seen.heaps) == ENDLESS
    whole = readable(Drawing.whole(drawing.lineage))
    assert whole.edges == drawing.lineage.edges


def test_lines_between_those_that_are_affected_have_their_colour(registry):
    lineage = registry.lineage("lab/b")
    names = [str(node) for node in lineage.nodes]
    red = 'color="#a3241c", fontcolor'
    assert red in as_dot(Drawing(lineage, answers=dict.fromkeys(names, "affected")))
    assert red not in as_dot(Drawing(lineage, answers={names[0]: "affected"}))


WITHOUT = """
import sys
sys.modules["typst"] = sys.modules["pygraphviz"] = None
sys.path.insert(0, "tests")
from drafts import draft
from umr_ld.registry import Registry
from umr_server.app import create_app
with Registry.in_memory() as registry:
    registry.publish([draft("lab/a@1.0.0", title="A")], agent="Ada")
    client = create_app(registry).test_client()
    page = client.get("/page/lab/a@1.0.0", headers={"Accept": "text/html"})
    assert "format=pdf" not in page.text and "format=svg" not in page.text
    assert "format=dot" in page.text and "pdf" not in page.headers["Link"]
    refused = client.get("/page/lab/a@1.0.0.pdf", headers={"Accept": "application/json"})
    print(refused.status_code, refused.mimetype, refused.json["detail"])
    print(client.get("/page/lab/a@1.0.0", headers={"Accept": "application/pdf"}).mimetype)
"""


def test_what_is_not_installed_is_neither_offered_nor_linked():
    told = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    problem, other = told.stdout.splitlines()
    assert problem.startswith("406 application/problem+json PDF is not made here, because typst")
    assert other == "text/html"
