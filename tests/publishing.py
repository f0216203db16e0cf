"""What tests of publication stand on: texts that somebody might write, and pages that are full of them."""

from __future__ import annotations

from datetime import UTC, datetime

from umr_ld.lineage import Edge, Lineage, Node
from umr_ld.names import Ref
from umr_ld.page import Banner, Bar, Bars, Cell, Facts, Listing, Note, Page, Part, Piece, Row, Table
from umr_ld.page.citation import Citation
from umr_ld.page.drawing import Drawing
from umr_ld.ranges import Range
from umr_ld.record import Link
from umr_ld.vocab import vocabulary

HOSTILE = {
    "TeX": r"\input{/etc/passwd} \write18{id} \def\x{} $x^2$ 50% #1 a_b ~ {unbalanced \\ \end{document} ^^5c",
    "TeX ligatures": "--- ``quoted'' ,, << >> ?` !` \\verb|x| [option] *star",
    "HTML": "</title></style><script>alert(1)</script><img src=x onerror=alert(1)> &lt; &#x3c; <!-- -->",
    "attributes": "\" onmouseover=\"alert(1)\" ' onclick='x' ` javascript:alert(1)",
    "typst": '#read("/etc/passwd") #import "@preview/x:1.0.0" $ x $ *bold* <label> @ref // /* \\u{41} ]',
    "DOT": '"]; evil [label="x"]; a -> b; <b>x</b> \\N \\G \\l {a|b} &quot; &amp;lt;',
    "Markdown": "# head\n- item\n1. one\n```\n<script>\n[x](javascript:alert(1)) ![y](http://a.b/c) | cell | **b** <br> {{ x }} {% x %}",
    "YAML": "---\n- a: b\n!!python/object:os.system 'x' {a: [b, *c]} # no",
    "quotes and lines": "\"double\" 'single' «guillemets» one\ntwo\r\nthree\tfour",
    "direction": "abc\u202edef\u202c \u2066x\u2069 \u200f",
    "controls": "nul\x00 bell\x07 esc\x1b[31m del\x7f c1\x9b \u2028 \ufeff",
    "no characters": "lone \ud800 pair \udfff \ufffe \uffff \U0001fffe",
    "BibTeX": '} @misc{evil, title={x} \\url{x} " and and and',
    "CSV": "=1+1 +1 -1 @x",
    "Chinese": "病理模型",
    "Arabic": "نموذج لغوي",
    "emoji": "😀 ok 👩‍🔬",
    "scripts": "Ελληνικά Кириллица עברית हिन्दी 日本語 한국어 ไทย",
}


def hostile_page(text):
    """A page that says a text in every place of a page."""
    piece = Piece(text, "https://example.org/x?a=1&b=2", "", ((text, text),), Ref.parse("lab/a@1.0.0"))
    rows = tuple(
        Row(text, "key", text, pieces)
        for pieces in (
            (piece,),
            (piece, Piece(text, "", "", (), None)),
            (Piece("", "", "", ((text, text),), None),),
        )
    )
    cells = (Cell(text), Cell(text, "https://example.org/"), Cell(text, tone="affected"))
    blocks = (
        Facts(rows),
        Table(text, (text, text, text), (cells, cells), left_out=1234),
        Table("", ("", "", ""), (cells,)),
        Bars(text, (Bar(text, text, 0.5), Bar(text, text, 1.0))),
        Note(text),
        Listing(text, text),
    )
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return Page(
        title=text,
        kind=text,
        reference="lab/a@1.0.0",
        address="https://example.org/r/lab/a@1.0.0",
        lead=text,
        time=moment,
        author=text,
        banners=(Banner("affected", text), Banner("", text, "https://example.org/")),
        parts=(Part("one", text, blocks), Part("two", "Two", blocks)),
        citation=Citation(
            "lab-a",
            "Model",
            text,
            (text, text),
            text,
            (2026, 3, 1),
            "1.0.0",
            "https://example.org/r/lab/a@1.0.0",
            "0" * 64,
        ),
        body=b'{"title": "\xe7\x97\x85"}',
        values={"keyword": (text,), "title": (text,), "language": (text,), "licenseExpression": (text,)},
        links=(("fineTunedFrom", "hf/owner/base"), ("adapterOf", "hf/owner/other"), (text, text)),
    )


def node(name, title="", kind="Model", **more):
    """A node of a lineage; one without a version is not recorded."""
    stem, _, version = name.partition("@")
    if not version:
        return Node(stem)
    return Node(stem, Ref.parse(name), known=True, kind=kind, title=title or stem, **more)


def edge(source, relation, target, **more):
    """An edge of a lineage."""
    versions = Range.parse(more.pop("versions", "*"))
    return Edge(source, Link(1, relation, target.artifact, versions, **more), target)


def drawing(nodes, edges, direction="up", answers=None):
    """A drawing with addresses, as a registry gives it."""
    return Drawing(
        Lineage(nodes[0], direction, tuple(nodes), tuple(edges)),
        answers=answers or {},
        addresses={str(one): f"https://example.org/r/{one.artifact}" for one in nodes},
        relations=vocabulary().relations,
        kinds={key: kind.label for key, kind in vocabulary().kinds.items()},
    )


def hostile_drawing(text):
    """A drawing that says a text wherever a drawing says something."""
    root = node("lab/a@1.0.0", text)
    other = node("lab/b@1.0.0", text, kind="Dataset", withdrawn=True)
    unknown = Node(f"https://example.org/{text}", wanted=text, known=True)
    edges = [edge(root, "fineTunedFrom", other, revision=text), edge(other, text, unknown)]
    return drawing([root, other, unknown], edges, answers={"lab/a@1.0.0": "affected", "lab/b@1.0.0": text})
