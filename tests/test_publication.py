"""Publication: one page, every form that people read; whatever is in it stays what somebody wrote."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest
import yaml
from drafts import draft
from markdown_it import MarkdownIt
from publishing import HOSTILE, drawing, edge, hostile_drawing, hostile_page, node

from umr_ld.document import Document
from umr_ld.errors import Malformed
from umr_ld.formats.hub_card import read_card
from umr_ld.names import Ref
from umr_ld.page import Bar, Bars, Facts, Part, Piece, Row
from umr_ld.page.drawing import ALIKE, MOST, readable
from umr_ld.registry import Registry, publication
from umr_ld.render.clean import clean, clean_line
from umr_ld.render.extra import required
from umr_ld.render.targets import TARGETS
from umr_ld.render.tex import escaped as tex_escaped
from umr_ld.render.widths import parted

hostile = pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
ROOT = Path(__file__).resolve().parents[1]
LETTERS = re.compile(r"\w{3,}")


def rendered(key, shown):
    return TARGETS[key].render(shown).body.decode("utf-8")


def words_of(text):
    """The words of a text that any target has to show, however it shows the rest."""
    return [word for word in LETTERS.findall(clean_line(text)) if word.isascii() and word.isalpha()]


# -- HTML


def parsed(page):
    """By a parser that takes no error (HTML §13.2)."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(rendered("html", page))


ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "nav", "section", "h1", "h2", "h3", "p",
    "a", "bdi", "span", "svg", "path", "circle", "rect", "div", "table", "caption", "thead", "tbody", "tr", "th",
    "td", "dl", "dt", "dd", "ul", "li", "figure", "figcaption", "pre",
}  # fmt: skip


@hostile
def test_html_is_valid_and_nothing_in_it_acts(text):
    tree = parsed(hostile_page(text))
    for element in tree.iter():
        name = str(element.tag).removeprefix("{http://www.w3.org/2000/svg}")
        assert name in ELEMENTS, name
        for key, value in element.attrib.items():
            assert not key.startswith("on"), key
            assert key not in {"src", "srcset", "style", "action", "background"}, key
            if key == "href":
                assert value.startswith(("https://example.org/", "#")), value
    (heading,) = tree.iter("h1")
    assert "".join(heading.itertext()) == clean(text)


def test_html_asks_nobody_for_anything():
    body = rendered("html", hostile_page("x"))
    assert "default-src 'none'" in body
    assert not re.search(r"url\(|@import|<link|<script|<img|<iframe", body)


# -- Markdown


@hostile
def test_markdown_shows_a_text_as_it_is_and_runs_nothing(text):
    card = rendered("md", hostile_page(text))
    _, _, below = card.removeprefix("---\n").partition("\n---\n")
    tokens = MarkdownIt("commonmark").enable("table").parse(below)
    inner = [child for token in tokens for child in token.children or ()]
    for token in [*tokens, *inner]:
        if token.type in {"html_inline", "html_block"}:
            assert token.content == "<br>"
        assert token.type not in {"image", "fence", "hr"}
        for key in ("href", "src"):
            assert str(token.attrs.get(key, "https://example.org/")).startswith("https://example.org/")
    headings = [at for at, token in enumerate(tokens) if token.type == "heading_open"]
    assert [tokens[at].tag for at in headings] == ["h1", "h2", "h2", "h2"]
    title = "".join(
        child.content if child.type == "text" else " " for child in tokens[headings[0] + 1].children
    )
    assert title.split() == clean(text).split()


@hostile
def test_front_matter_is_read_back_as_it_was(text):
    card = rendered("md", hostile_page(text))
    front = yaml.safe_load(card.removeprefix("---\n").partition("\n---\n")[0])
    assert front["tags"] == [clean(text)]


def test_a_card_of_a_record_is_read_back_as_the_same_record():
    with Registry.in_memory() as registry:
        said = {
            "license": "MIT",
            "keyword": ["a", "b"],
            "language": ["en", "de"],
            "task": "chat",
            "framework": "jax",
        }
        registry.publish(
            [
                draft(
                    "lab/card@1.0.0",
                    "adapterOf hf/owner/base external",
                    "trainedOn hf/datasets/owner/data external",
                    **said,
                )
            ],
            agent="test",
        )
        made = TARGETS["md"].render(publication.page(registry, "lab/card"))
    read, losses = read_card(Document(made.body, source="README.md"), "lab/card")
    root = read.tree.root
    assert not losses
    assert not made.losses
    assert {key: root[key] for key in ("keyword", "language", "task", "framework")} == {
        "keyword": ["a", "b"],
        "language": ["de", "en"],
        "task": ["chat"],
        "framework": ["jax"],
    }
    assert root["license"] == "https://spdx.org/licenses/MIT"
    assert [(one["relation"], one["artifact"]) for one in root["upstream"]] == [
        ("adapterOf", "hf/owner/base"),
        ("trainedOn", "hf/datasets/owner/data"),
    ]


def test_what_a_card_has_no_field_for_is_told():
    losses = TARGETS["md"].render(hostile_page("x")).losses
    assert any("adapterOf hf/owner/other" in loss and "one relation" in loss for loss in losses)


# -- LaTeX


COMMANDS = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)


@hostile
def test_no_command_comes_from_data(text):
    known = set(COMMANDS.findall(rendered("tex", hostile_page("plain"))))
    escapes = {
        "textbackslash",
        "textasciitilde",
        "textasciicircum",
        "textless",
        "textgreater",
        "textbar",
        "textquotedbl",
        "textquotesingle",
        "textasciigrave",
        "umrbreak",
        "umrspace",
        "umrsplit",
        "umrother",
        "umrright",
        "ldots",
        "{",
        "}",
        "&",
        "%",
        "$",
        "#",
        "_",
        "-",
    }
    body = rendered("tex", hostile_page(text))
    assert set(COMMANDS.findall(body)) <= known | escapes
    _, _, document = body.partition("\\begin{document}")
    # With what is escaped taken away, nothing is left that TeX would read as anything but a letter.
    bare = re.sub(r"\\[A-Za-z]+|\\.", "", document)
    assert not set("$#^~") & set(bare)
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize("text", ["--", "``", "''", ",,", "<<", ">>", "?`", "!`", "---"])
def test_no_two_characters_become_another(text):
    assert text not in tex_escaped(text)


# -- PDF


def pdf(page):
    pypdf = pytest.importorskip("pypdf")
    pytest.importorskip("typst")
    import io

    made = TARGETS["pdf"].render(page)
    return pypdf.PdfReader(io.BytesIO(made.body)), made


def pdf_text(reader):
    return "".join(page.extract_text() for page in reader.pages).replace("\u200b", "")


@hostile
def test_a_pdf_says_a_text_as_it_is(text):
    reader, made = pdf(hostile_page(text))
    said = pdf_text(reader)
    assert "root:" not in said
    squeezed = "".join(said.split())
    for word in words_of(text):
        assert word in squeezed
    assert not made.losses


@pytest.mark.parametrize("name", ["Chinese", "Arabic", "emoji", "scripts"])
def test_titles_in_other_scripts_come_out_under_the_archive_standard(name):
    reader, made = pdf(hostile_page(HOSTILE[name]))
    assert not made.losses
    assert reader.metadata.title.replace("\u200b", "") == HOSTILE[name]
    xmp = reader.xmp_metadata.stream.get_data().decode() if reader.xmp_metadata else ""
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp


def test_the_published_bytes_are_attached_unchanged():
    page = hostile_page("x")
    reader, _ = pdf(page)
    assert dict(reader.attachments) == {"lab_a@1.0.0.jsonld": [page.body]}


def test_a_pdf_is_tagged_for_those_who_do_not_see_it():
    reader, _ = pdf(hostile_page("x"))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].lower().startswith("en")
    found = set()
    waiting = [root["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop().get_object()
        if isinstance(element, list):
            waiting += element
        elif isinstance(element, dict):
            found.add(str(element.get("/S")))
            if "/K" in element:
                waiting.append(element["/K"])
    assert {"/H1", "/Table", "/TH", "/TD", "/Link", "/Figure"} <= found


def test_the_same_record_is_the_same_bytes():
    page = hostile_page("same")
    assert TARGETS["pdf"].render(page).body == TARGETS["pdf"].render(page).body


def test_what_no_font_has_is_told_in_the_document_and_beside_it():
    reader, made = pdf(hostile_page("\U00010380 Ugaritic"))
    assert "neither PDF/A nor PDF/UA" in " ".join(pdf_text(reader).split())
    (loss,) = made.losses
    assert "neither PDF/A nor PDF/UA" in loss
    assert dict(reader.attachments)


def test_without_packages_of_fonts_a_document_is_made_and_says_what_it_lacks(monkeypatch):
    pytest.importorskip("typst")
    from umr_ld.render import pdf as module

    kept = (module._compiler, module._fonts, module._font_files)
    monkeypatch.setattr(module, "FONT_PACKAGES", ())
    for one in kept:
        one.cache_clear()
    try:
        assert not pdf(hostile_page("Latin"))[1].losses
        assert "neither PDF/A" in pdf(hostile_page("模型"))[1].losses[0]
    finally:
        for one in kept:
            one.cache_clear()


LACKING = {
    "an extra": ("import not_there_at_all", "somewhere, of the extra `render`,"),
    "a library of the system": (
        "raise ImportError('libX11.so.6: cannot open shared object file: No such file or directory')",
        "libX11.so.6, of the system,",
    ),
}


@pytest.mark.parametrize(("code", "lacks"), LACKING.values(), ids=LACKING)
def test_what_cannot_be_loaded_is_not_made_here_and_it_is_said_why(tmp_path, monkeypatch, code, lacks):
    module = "somewhere"
    (tmp_path / f"{module}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    assert replace(TARGETS["svg"], needs=module).lacks == lacks
    with pytest.raises(Malformed, match=re.escape(f"because {lacks} is not installed")) as refused:
        required(module, "SVG")
    (file,) = re.findall(r"docs/\S+\.md", refused.value.remedy)
    assert (ROOT / file).exists()
    assert TARGETS["md"].lacks == ""


def test_another_process_makes_the_same_bytes():
    pytest.importorskip("typst")
    code = (
        "import hashlib, sys; sys.path[:0] = ['tests', '.']; from publishing import hostile_page; "
        "from umr_ld.render.targets import TARGETS; "
        "print(hashlib.sha256(TARGETS['pdf'].render(hostile_page('病 same')).body).hexdigest())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    made = TARGETS["pdf"].render(hostile_page("病 same")).body
    assert told.stdout.strip() == hashlib.sha256(made).hexdigest()


def test_what_no_reader_shows_whole_is_cut_where_the_archive_standard_demands_it():
    long = hostile_page("word " * 2000)
    piece = Piece("text", "https://example.org/" + "a" * 40_000, "", (), None)
    facts = Facts((Row("label", "key", "", (piece,)),))
    bars = Bars("caption", tuple(Bar("long " * 200, "1", 0.5) for _ in range(40)))
    few = replace(long, title="Title", lead="", parts=(Part("one", "One", (facts, bars)),))
    _, made = pdf(replace(few, values={"keyword": ("word " * 2000,) * 200}))
    assert not made.losses


@pytest.mark.parametrize("key", ["pdf", "svg", "html", "tex"])
def test_several_may_be_rendered_at_once(key):
    pytest.importorskip("typst")
    pytest.importorskip("pygraphviz")
    shown = [
        hostile_drawing(f"number {at}") if key == "svg" else hostile_page(f"number {at}") for at in range(8)
    ]
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(TARGETS[key].render, shown))
    assert at_once == [TARGETS[key].render(one) for one in shown]


# -- drawings


SVG = "{http://www.w3.org/2000/svg}"


@hostile
def test_dot_is_a_graph_of_as_many_nodes_as_were_drawn(text):
    pygraphviz = pytest.importorskip("pygraphviz")
    graph = pygraphviz.AGraph(string=rendered("dot", hostile_drawing(text)))
    assert len(graph.nodes()) == 3
    assert len(graph.edges()) == 2


@hostile
def test_an_svg_has_nothing_but_shapes_words_and_links(text):
    pytest.importorskip("pygraphviz")
    root = ET.fromstring(rendered("svg", hostile_drawing(text)))
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in {
            "svg", "g", "a", "title", "desc", "path", "polygon", "polyline", "ellipse", "text",
        }  # fmt: skip
        for key, value in element.attrib.items():
            assert not key.startswith("on")
            if key == "href":
                assert value.startswith("https://example.org/")
    shown = " ".join("".join(one.itertext()) for one in root.iter(f"{SVG}text"))
    for word in words_of(text)[:3]:
        assert word in shown.replace("\u00a0", " ")


def test_an_svg_leads_nowhere_but_to_web_addresses():
    pytest.importorskip("pygraphviz")
    a = node("lab/a@1.0.0")
    shown = replace(drawing([a], []), addresses={"lab/a@1.0.0": "javascript:alert(1)"})
    assert "javascript" not in rendered("svg", shown)


def test_an_svg_says_in_words_what_it_shows():
    pytest.importorskip("pygraphviz")
    a, b = node("lab/a@1.0.0", "A"), node("lab/b@1.0.0", "B", kind="Dataset")
    shown = drawing([a, b], [edge(a, "trainedOn", b)], answers={"lab/b@1.0.0": "affected"})
    root = ET.fromstring(rendered("svg", shown))
    assert root.get("role") == "img"
    title, described = root[0].text, root[1].text
    assert root.get("aria-labelledby").split() == [root[0].get("id"), root[1].get("id")]
    assert title == "What lab/a@1.0.0 was made from"
    assert "lab/a@1.0.0 was made from lab/b@1.0.0 (trainedOn)." in described
    assert "lab/b@1.0.0 is affected." in described


def test_kinds_differ_by_shape_relations_by_line_and_answers_by_mark_and_word():
    a, b, c = node("lab/a@1.0.0"), node("lab/b@1.0.0", kind="Dataset"), node("lab/c@1.0.0", kind="Family")
    shown = drawing(
        [a, b, c], [edge(a, "trainedOn", b), edge(a, "memberOf", c)], answers={"lab/b@1.0.0": "possibly"}
    )
    dot = rendered("dot", shown)
    assert "shape=cylinder" in dot
    assert "shape=folder" in dot
    assert "◆ possibly affected" in dot
    assert 'label="trained on", style=dashed' in dot
    assert 'label="member of", style=dotted' in dot


def star(count, answers=None):
    root = node("lab/root@1.0.0")
    leaves = [node(f"lab/n{at}@1.0.0") for at in range(count)]
    edges = [edge(leaf, "fineTunedFrom", root) for leaf in leaves]
    return drawing([root, *leaves], edges, "down", answers)


def test_of_many_neighbours_alike_a_few_are_drawn_and_the_others_counted():
    seen = readable(star(300))
    assert len(seen.nodes) == ALIKE + 1
    assert [heap.number for heap in seen.heaps] == [300 - ALIKE]
    dot = rendered("dot", star(300))
    assert f"and {300 - ALIKE} more" in dot
    assert "7 of 301 are drawn one by one" in dot
    assert f"and {300 - ALIKE} more" in rendered("mermaid", star(300))


def test_who_is_affected_is_drawn_before_those_who_are_not():
    seen = readable(star(300, {"lab/n299@1.0.0": "affected"}))
    assert "lab/n299@1.0.0" in map(str, seen.nodes)


def test_a_heap_tells_how_those_in_it_stand():
    answers = {f"lab/n{at}@1.0.0": "possibly" for at in range(200)}
    seen = readable(star(300, answers))
    told = {heap.answer: heap.number for heap in seen.heaps}
    assert told[""] + told["possibly"] + len(seen.nodes) == 301
    assert f"and {told['possibly']} more\\n◆ possibly affected" in rendered("dot", star(300, answers))


def test_what_is_below_a_node_that_is_not_drawn_is_counted_too():
    nodes = [node(f"lab/n{at}@1.0.0") for at in range(3 * MOST)]
    edges = [edge(one, "fineTunedFrom", other) for one, other in itertools.pairwise(nodes)]
    seen = readable(drawing(nodes, edges))
    assert len(seen.nodes) == MOST
    (heap,) = seen.heaps
    assert (heap.near, heap.number) == (nodes[MOST - 1], 2 * MOST)


@pytest.mark.parametrize("count", [15, 300])
def test_a_drawing_has_as_many_boxes_as_can_be_read(count):
    pytest.importorskip("pygraphviz")
    root = ET.fromstring(rendered("svg", star(count)))
    boxes = [one for one in root.iter(f"{SVG}g") if one.get("class") == "node"]
    assert len(boxes) == (count + 1 if count < MOST else ALIKE + 2)


def test_a_circle_is_drawn():
    pytest.importorskip("pygraphviz")
    a, b = node("lab/a@1.0.0"), node("lab/b@1.0.0")
    shown = drawing([a, b], [edge(a, "mergedFrom", b), edge(b, "mergedFrom", a)])
    root = ET.fromstring(rendered("svg", shown))
    assert len([one for one in root.iter(f"{SVG}g") if one.get("class") == "edge"]) == 2


@hostile
def test_mermaid_keeps_every_text_in_its_quotes(text):
    for line in rendered("mermaid", hostile_drawing(text)).splitlines()[1:]:
        bare = re.sub(r'"[^"]*"', "Q", line)
        box = r"(\[Q\]|\[\(Q\)\]|\{\{Q\}\}|>Q\]|\[\[Q\]\])"
        assert re.fullmatch(
            rf"  (n\d+{box}|n\d+ -->\|Q\| n\d+|class n\d+(,n\d+)* \w+|classDef \w+ [\w:#,]+)", bare
        ), line


# -- text and citations


@hostile
def test_plain_text_has_no_control_but_line_ends(text):
    body = rendered("txt", hostile_page(text))
    for char in body.replace("\n", "").replace("\t", ""):
        assert unicodedata.category(char) not in {"Cc", "Cs"}, char
    for word in words_of(text):
        assert word in "".join(body.split())


@hostile
def test_bibtex_closes_its_entry_where_it_ends(text):
    body = rendered("bib", hostile_page(text))
    depth = 0
    for at, char in enumerate(body):
        depth += (char == "{") - (char == "}")
        assert depth > 0 or at < len("@misc") or body[at:].strip() in {"}", ""}
    assert depth == 0
    assert body.count("\n}") == 1


@hostile
def test_csl_is_json_with_the_text_as_it_is(text):
    (item,) = json.loads(rendered("csl", hostile_page(text)))
    assert item["title"] == clean_line(text)
    assert item["issued"] == {"date-parts": [[2026, 3, 1]]}


def test_a_citation_says_when_and_why_a_record_was_withdrawn():
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0", title="A")], agent="x")
        registry.withdraw(Ref.parse("lab/a@1.0.0"), reason="trained on bad data", agent="x")
        cited = publication.page(registry, "lab/a@1.0.0").citation
        assert cited.withdrawn.startswith("Withdrawn on 20")
        assert cited.note.endswith(": trained on bad data")


@pytest.mark.parametrize("key", ["bib", "csl"])
def test_who_cites_what_was_withdrawn_is_told(key):
    cited = replace(hostile_page("x").citation, withdrawn="Withdrawn on 2026-03-02: trained on bad data")
    body = rendered(key, replace(hostile_page("x"), citation=cited))
    assert "Withdrawn on 2026-03-02: trained on bad data" in body
    assert ("retracted" in body) == (key == "csl")


def test_a_long_word_may_be_broken_and_stays_the_same_word():
    word = "https://example.org/" + "a" * 100
    assert parted(word, "\u200b").replace("\u200b", "") == word
    assert max(map(len, parted(word, "\u200b").split("\u200b"))) <= 16
    assert parted("short words stay", "\u200b") == "short words stay"


def test_what_cites_refuses_what_is_no_record():
    with pytest.raises(Malformed, match="cites records"):
        TARGETS["bib"].render(replace(hostile_page("x"), citation=None))
