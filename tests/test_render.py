"""Plain text, trees, drafts and YAML: what people and other programs read."""

from __future__ import annotations

import itertools
import json
import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.lineage import Edge, Lineage, Node
from umr_ld.media import Media
from umr_ld.names import Name, Ref
from umr_ld.page import Piece, Row, Section
from umr_ld.ranges import Range
from umr_ld.reading import read
from umr_ld.record import Link
from umr_ld.render import text, tree
from umr_ld.render.draft import commented_draft
from umr_ld.render.fields import fields_of
from umr_ld.render.record import as_text
from umr_ld.render.yaml import as_yaml
from umr_ld.vocab import vocabulary
from umr_ld.yamlld import read_yaml

KINDS = sorted(vocabulary().kinds)

# -- text


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred", "\\u001b[31mred"),
        ("bell\x07", "bell\\u0007"),
        ("back\x08\x08", "back\\u0008\\u0008"),
        ("c1\x9b2J", "c1\\u009b2J"),
        ("turned\u202etxet", "turned\\u202etxet"),
        ("isolate\u2066x\u2069", "isolate\\u2066x\\u2069"),
        ("carriage\rreturn", "carriage\\u000dreturn"),
        ("lone\ud800", "lone\\ud800"),
    ],
)
def test_a_terminal_is_never_commanded_by_what_a_stranger_wrote(hostile, shown):
    assert text.visible(hostile) == shown


@given(st.text())
def test_one_line_is_one_line_of_printable_characters(anything):
    line = text.one_line(anything)
    assert "\n" not in line
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", line)


@pytest.mark.parametrize(
    ("word", "columns"),
    [("abc", 3), ("模型", 4), ("é", 1), ("e\u0301", 1), ("\u200d", 0), ("ﾊﾛｰ", 3)],
)
def test_columns_are_counted_as_a_terminal_counts_them(word, columns):
    assert text.cells(word) == columns


def test_a_table_aligns_wide_characters():
    drawn = text.table(("name", "kind"), [("模型", "Model"), ("data", "Dataset")])
    assert drawn == "name  kind\n模型  Model\ndata  Dataset\n"


@given(st.lists(st.tuples(st.text(max_size=60), st.text(max_size=60)), max_size=5), st.integers(30, 90))
def test_a_table_never_grows_over_the_edge(rows, width):
    for line in text.table(("one", "two"), rows, width=width).splitlines():
        assert text.cells(line) <= width


def test_a_table_without_an_edge_cuts_nothing():
    assert "x" * 500 in text.table(("one",), [("x" * 500,)])


def test_style_is_silent_unless_it_is_on():
    assert text.PLAIN.bad("x") == "x"
    assert text.Style(on=True).bad("x") == "\x1b[1;31mx\x1b[0m"


# -- records


def piece(words, origin=None, parts=()):
    origin = None if origin is None else Ref.parse(origin)
    return Piece(text=words, link="", agent="", parts=tuple(parts), origin=origin)


PAGE = (
    Section(
        "Identity",
        "identity",
        (
            Row("title", "title", "", (piece("Child"),)),
            Row("keyword", "keyword", "", (piece("one"), piece("two", "lab/parent@1.0.0"))),
        ),
    ),
    Section("Terms of use", "terms", (Row("licence", "license", "", (piece("MIT", "lab/parent@1.0.0"),)),)),
)


def test_inherited_values_name_their_origin_and_own_ones_do_not():
    assert as_text(PAGE) == (
        "Identity\n"
        "  title                   Child\n"
        "  keyword                 one\n"
        "                          two  ← lab/parent@1.0.0\n"
        "\n"
        "Terms of use\n"
        "  licence                 MIT  ← lab/parent@1.0.0\n"
    )


def test_stated_only_leaves_inherited_values_and_what_is_then_empty_out():
    told = as_text(PAGE, stated_only=True)
    assert "two" not in told
    assert "Terms of use" not in told


def test_a_label_that_is_long_has_a_line_of_its_own():
    page = (Section("More", "unknown", (Row("https://example.org/ns#mood", "", "", (piece("calm"),)),)),)
    assert as_text(page) == f"More\n  https://example.org/ns#mood\n{' ' * 26}calm\n"


def test_what_is_nested_is_told_behind_the_value():
    page = (
        Section(
            "Evaluation",
            "e",
            (Row("evaluation", "", "", (piece("", parts=[("metric", "F1"), ("value", "0.9")]),)),),
        ),
    )
    assert as_text(page).splitlines()[1] == "  evaluation              metric: F1 · value: 0.9"


ASSIGNED = st.text(st.characters(exclude_categories=["Cs", "Cn"]))
"""How wide a letter will be that is none yet, nobody knows."""


@given(ASSIGNED, ASSIGNED, st.integers(50, 120))
def test_a_record_keeps_to_the_width_of_the_terminal_where_its_words_can_be_parted(one, other, width):
    page = (Section("S", "s", (Row("label", "", "", (piece(f"{one} {other}", "lab/a@1.0.0"),)),)),)
    for line in as_text(page, width=width).splitlines():
        longest = max(
            (text.cells(word) for word in re.split("[ \t\n\r\v\f]+", text.visible(f"{one} {other}"))),
            default=0,
        )
        assert text.cells(line) <= max(width, 26 + longest)


@given(st.text(" abc\t-", max_size=80), st.integers(10, 40))
def test_words_are_parted_as_everybody_parts_them_where_each_letter_is_one_column(words, width):
    plain = textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)
    assert text.broken(words, width) == (plain or [words.rstrip()])


def test_wide_letters_count_twice_where_lines_are_parted():
    assert text.broken("模型 数据 记录", 9) == ["模型 数据", "记录"]


# -- trees


def node(words, title="", **more):
    name, _, version = words.partition("@")
    if not version:
        return Node(name)
    return Node(name, Ref.parse(words), known=True, kind="Model", title=title or name, **more)


def edge(source, words, target, **more):
    versions = Range.parse(more.pop("versions")) if "versions" in more else Range.parse("*")
    return Edge(source, Link(1, words, target.artifact, versions, **more), target)


A, B, C, D = node("lab/a@1.0.0", "The A"), node("lab/b@1.0.0"), node("lab/c@1.0.0"), node("lab/d")

DIAMOND = Lineage(
    A,
    "up",
    (A, B, C, D),
    (
        edge(A, "fineTunedFrom", B, versions="^1.0.0", evidence="declared", inherit=True),
        edge(A, "mergedFrom", C),
        edge(B, "trainedOn", D),
        edge(C, "fineTunedFrom", B),
    ),
)


def test_a_tree_draws_what_is_met_twice_where_it_stands_first():
    assert tree.as_text(tree.lines_of(DIAMOND)) == (
        "lab/a@1.0.0  The A\n"
        "├── fineTunedFrom lab/b@1.0.0  (>=1.0.0 <2.0.0-0, declared, inherits)\n"
        "│   └── trainedOn lab/d  (not recorded)\n"
        "└── mergedFrom lab/c@1.0.0\n"
        "    └── fineTunedFrom lab/b@1.0.0  (see above)\n"
    ).replace(">=1.0.0 <2.0.0-0", str(Range.parse("^1.0.0")))


def test_a_circle_is_drawn_once_and_said():
    ring = Lineage(A, "up", (A, B), (edge(A, "mergedFrom", B), edge(B, "mergedFrom", A)))
    assert (
        tree.as_text(tree.lines_of(ring)).splitlines()[-1]
        == "    └── mergedFrom lab/a@1.0.0  The A  (closes a circle)"
    )
    assert tree.as_values(ring)["circles"] == [["lab/a@1.0.0", "lab/b@1.0.0", "lab/a@1.0.0"]]


def test_what_was_not_followed_is_marked():
    cut = Lineage(A, "up", (A, B), (edge(A, "mergedFrom", B),), frozenset({B}))
    assert tree.as_text(tree.lines_of(cut)).splitlines()[-1].endswith("(…)")


def test_a_withdrawn_record_is_marked():
    gone = node("lab/b@1.0.0", withdrawn=True)
    drawn = tree.as_text(tree.lines_of(Lineage(A, "up", (A, gone), (edge(A, "mergedFrom", gone),))))
    assert "(withdrawn)" in drawn


def test_a_chain_of_ten_thousand_is_drawn_without_recursion_and_in_bounded_width():
    nodes = [node(f"lab/n{at}@1.0.0") for at in range(10_000)]
    edges = [edge(one, "fineTunedFrom", other) for one, other in itertools.pairwise(nodes)]
    drawn = tree.as_text(tree.lines_of(Lineage(nodes[0], "up", tuple(nodes), tuple(edges)))).splitlines()
    assert len(drawn) == 10_000
    assert max(map(len, drawn)) < 300
    assert drawn[-1].startswith("⋮9958 ")


NAUGHTY = ['quo"te', "back\\slash", "new\nline", "</script>", "]-->|x|", "\x1b[31m", "#35;", "\u202ex", "}"]


@pytest.mark.parametrize("title", NAUGHTY)
def test_no_title_leaves_its_quotes_in_a_drawing(title):
    lineage = Lineage(
        A, "up", (A, node("lab/b@1.0.0", title)), (edge(A, 'rel"ation', node("lab/b@1.0.0", title)),)
    )
    for line in tree.as_dot(lineage).splitlines()[4:-1]:
        bare = re.sub(r'"([^"\\]|\\.)*"', "Q", line)
        assert re.fullmatch(r"  Q( -> Q)? \[\w+=[\w.]+(, \w+=[\w.]+)*\];", bare), line
    for line in tree.as_mermaid(lineage).splitlines()[1:]:
        assert re.fullmatch(r'  n\d+(\["[^"<>]*(<br/>[^"<>]*)?"\]| -->\|"[^"|]*"\| n\d+)', line)


def test_edges_of_pictures_lead_from_what_was_made_to_its_source_in_both_directions():
    down = Lineage(B, "down", (B, A), (edge(A, "fineTunedFrom", B),))
    up = Lineage(A, "up", (A, B), (edge(A, "fineTunedFrom", B),))
    for lineage in (down, up):
        assert '"lab/a@1.0.0" -> "lab/b@1.0.0"' in tree.as_dot(lineage)


def test_the_values_of_a_lineage_name_every_node_and_edge():
    said = json.loads(tree.as_json(DIAMOND))
    assert [one["id"] for one in said["nodes"]] == ["lab/a@1.0.0", "lab/b@1.0.0", "lab/c@1.0.0", "lab/d"]
    assert [(one["source"], one["target"]) for one in said["edges"]] == [
        ("lab/a@1.0.0", "lab/b@1.0.0"),
        ("lab/a@1.0.0", "lab/c@1.0.0"),
        ("lab/b@1.0.0", "lab/d"),
        ("lab/c@1.0.0", "lab/b@1.0.0"),
    ]
    assert [one["recorded"] for one in said["nodes"]] == [True, True, True, False]


# -- drafts


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_is_read_as_it_is(kind):
    body = commented_draft(Name.parse("lab/thing"), kind, vocabulary()).encode()
    record = read(Document(body, Media.YAML), Base(), vocabulary()).record
    assert (str(record.ref), record.kind, record.title) == ("lab/thing@1.0.0", kind, "thing")


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_draft_is_one_that_is_known_when_it_is_taken_into_use(kind):
    known = vocabulary()
    drafted = commented_draft(Name.parse("lab/thing"), kind, known)
    taken = re.sub(r"(?m)^#(?! |$)", "", drafted)
    root = read_yaml(Document(taken.encode(), Media.YAML)).root
    for key, value in root.items():
        assert key in {"@context", "type"} or known.term(key) is not None
        for inner in value[0] if isinstance(value, list) else ():
            assert known.term(inner, key) is not None, f"{key}.{inner}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_offers_what_its_kind_may_say_and_nothing_else(kind):
    known = vocabulary()
    keys = set(re.findall(r"(?m)^#?([A-Za-z]+):", commented_draft(Name.parse("lab/thing"), kind, known)))
    assert keys == {field.term.key for field in fields_of(kind, known)} | {"type"}
    assert ("operator" in keys) == (kind == "Application")
    assert ("upstream" in keys) == (kind not in {"Advisory", "Statement"})
    assert ("affects" in keys) == (kind == "Advisory")
    assert "metric" not in keys


def test_a_draft_explains_every_key():
    known = vocabulary()
    for field in fields_of("Model", known):
        assert field.label
        assert field.description
        assert field.group in known.groups


def test_a_title_that_yaml_would_misread_is_quoted():
    body = commented_draft(Name.parse("lab/thing"), "Model", vocabulary(), title='1.0: "yes" # no').encode()
    assert read(Document(body, Media.YAML), Base(), vocabulary()).record.title == '1.0: "yes" # no'


def test_the_needed_keys_of_a_link_stand_first():
    (upstream,) = [field for field in fields_of("Model", vocabulary()) if field.term.key == "upstream"]
    assert [field.term.key for field in upstream.inner][:2] == ["relation", "artifact"]


# -- YAML

PLAIN = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
        PLAIN,
        max_size=4,
    )
)
def test_what_is_written_as_yaml_is_read_back(value):
    assert read_yaml(Document(as_yaml(value).encode(), Media.YAML)).root == value


@pytest.mark.parametrize(
    "word",
    [
        "yes",
        "No",
        "null",
        "~",
        "1.10",
        "0x1F",
        "2023-08-17",
        "- a",
        "a: b",
        "a #b",
        "",
        " a",
        "!t",
        "&a",
        "*a",
        "on",
    ],
)
def test_a_text_stays_a_text_for_every_reader_of_yaml(word):
    import yaml

    assert yaml.safe_load(as_yaml({"key": word})) == {"key": word}
