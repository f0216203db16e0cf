"""The whole page of a record, asked of a registry: verdict, links, members, changes; and new properties by data alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from drafts import draft

from umr_ld.page import Bars, Table
from umr_ld.registry import Registry, publication
from umr_ld.render.targets import TARGETS

ROOT = Path(__file__).resolve().parents[1]
MEASURED = [
    {"metric": "accuracy", "value": "0.5", "source": "https://example.org/paper"},
    {"metric": "F1", "value": "0.75"},
    {"metric": "speed", "value": "900", "unit": "tokens/s"},
]


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/family@1.0.0", kind="Family", title="The family", license="MIT", language=["en"]),
                draft("lab/data@1.0.0", kind="Dataset", title="The data"),
                draft(
                    "lab/a@1.0.0",
                    "memberOf lab/family inherit",
                    "trainedOn lab/data@^1",
                    title="Model A",
                    publisher="A Lab",
                    issued="2024-05",
                    architecture="wide",
                    evaluation=MEASURED,
                ),
                draft("lab/b@1.0.0", "memberOf lab/family inherit", title="Model B", architecture="deep"),
                draft("lab/c@1.0.0", "fineTunedFrom lab/a", title="Model C"),
            ],
            agent="test",
        )
        opened.publish(
            [draft("lab/b@2.0.0", "memberOf lab/family inherit", title="Model B", architecture="deeper")],
            agent="test",
        )
        opened.publish(
            [
                draft(
                    "advisory/bad@1.0.0",
                    kind="Advisory",
                    title="Bad data",
                    risk="illegal-content",
                    severity="high",
                    affects=[{"artifact": "lab/data"}],
                )
            ],
            agent="test",
        )
        yield opened


def parts(registry, reference):
    return {part.key: part for part in publication.page(registry, reference).parts}


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_a_page_says_how_a_record_stands_and_by_which_way(registry):
    page = publication.page(registry, "lab/a")
    (banner,) = page.banners
    assert banner.tone in {"affected", "possibly"}
    assert "Bad data, by trained on lab/data" in banner.text
    (table,) = parts(registry, "lab/a")["verdict"].blocks
    assert texts(table)[0][1:3] == ["Bad data", "trained on lab/data"]


def test_a_page_says_what_each_link_reaches_and_how_it_is_known(registry):
    (table,) = parts(registry, "lab/a")["upstream"].blocks
    assert table.head[:5] == ("relation", "artifact", "versions", "reaches", "evidence")
    assert texts(table)[0][:5] == ["member of", "lab/family", "all", "lab/family@1.0.0", "not said, inherits"]
    assert texts(table)[1][:4] == ["trained on", "lab/data", "1.x", "lab/data@1.0.0"]
    assert table.rows[0][3].link == "https://w3id.org/umr-ld/r/lab/family@1.0.0"


def test_what_was_measured_is_a_table_and_drawn_where_units_agree(registry):
    table, bars = parts(registry, "lab/a")["evaluation"].blocks
    assert isinstance(table, Table)
    assert set(table.head) == {"metric", "value", "unit", "source"}
    assert isinstance(bars, Bars)
    assert sorted((bar.label, bar.value, bar.share) for bar in bars.bars) == [
        ("F1", "0.75", 0.75),
        ("accuracy", "0.5", 0.5),
    ]


def test_a_page_counts_what_is_downstream_and_names_the_way(registry):
    (table,) = parts(registry, "lab/a")["downstream"].blocks
    assert table.caption.startswith("1 record downstream")
    assert texts(table) == [["lab/c@1.0.0", "fine-tuned from lab/a"]]


def test_an_older_version_names_the_newest(registry):
    page = publication.page(registry, "lab/b@1.0.0")
    assert "There is a newer version: lab/b@2.0.0" in [banner.text for banner in page.banners]


def test_a_citation_is_of_the_record_and_its_date_of_issue(registry):
    (item,) = json.loads(TARGETS["csl"].render(publication.page(registry, "lab/a")).body)
    assert item["author"] == [{"literal": "A Lab"}]
    assert item["issued"] == {"date-parts": [[2024, 5]]}
    assert item["URL"] == "https://w3id.org/umr-ld/r/lab/a@1.0.0"


def test_an_advisory_has_no_verdict_of_its_own(registry):
    assert "verdict" not in parts(registry, "advisory/bad")


@pytest.mark.parametrize(("act", "word"), [("withdraw", "Withdrawn"), ("vanish", "Gone from where")])
def test_what_was_withdrawn_or_is_gone_says_so_above_everything(act, word):
    with Registry.in_memory() as opened:
        (done,) = opened.publish([draft("lab/x@1.0.0")], agent="test")
        getattr(opened, act)(done.ref, reason="for a reason", agent="test")
        banner = publication.page(opened, "lab/x").banners[0]
    assert banner.text.startswith(word)
    assert "for a reason" in banner.text


def test_a_family_tells_once_what_it_hands_down_and_beside_each_other_what_differs(registry):
    overview, shared, differing = parts(registry, "lab/family")["members"].blocks
    assert [row[0] for row in texts(overview)] == ["lab/a@1.0.0", "lab/b@2.0.0"]
    assert ["licence", "MIT", "lab/family@1.0.0"] in texts(shared)
    assert ["language", "en", "lab/family@1.0.0"] in texts(shared)
    assert differing.head == ("", "lab/a@1.0.0", "lab/b@2.0.0")
    assert ["architecture", "wide", "deeper"] in texts(differing)
    assert "architecture" not in [row[0] for row in texts(shared)]


def test_changes_are_told_in_words_with_the_step_that_they_need(registry):
    page = publication.changes(registry, "lab/b@1.0.0", "lab/b@2.0.0")
    (table,) = page.parts[1].blocks
    assert texts(table) == [["major", "architecture", "changed", "deep", "deeper"]]
    assert "together they need a major step" in table.caption
    for key in ("html", "md", "tex", "txt"):
        assert "deeper" in TARGETS[key].render(page).body.decode()


def test_changes_are_none_where_nothing_changed(registry):
    page = publication.changes(registry, "lab/b@2.0.0", "lab/b@2.0.0")
    assert page.parts[1].blocks[0].text == "Nothing changed."


def test_a_page_answers_as_of_an_earlier_moment(registry):
    first = registry.show("lab/b@1.0.0").published
    assert publication.page(registry, "lab/b", at=first).reference == "lab/b@1.0.0"


def test_two_thousand_upstreams_are_told_as_far_as_anybody_reads():
    with Registry.in_memory() as opened:
        links = [f"trainedOn data/d{at} external" for at in range(2000)]
        opened.publish([draft("lab/many@1.0.0", *links, description="word " * 20_000)], agent="test")
        page = publication.page(opened, "lab/many")
        shown = publication.drawing(opened, "lab/many")
    (table,) = next(part for part in page.parts if part.key == "upstream").blocks
    assert len(table.rows) + table.left_out == 2000
    for key in ("html", "md", "tex", "txt"):
        assert "1,500 more" in TARGETS[key].render(page).body.decode().replace("{}", "")
    assert "and 1,994 more" in TARGETS["dot"].render(shown).body.decode()


PROPERTY = """
umr:quantizationScheme a owl:DatatypeProperty ;
    rdfs:label "quantization scheme"@en ;
    rdfs:comment "How the weights were rounded. Minted for this test."@en ;
    umr:inheritance umr:nearest ; umr:change umr:minor ; umr:group umr:design-group ; umr:order 345 .
"""
SESSION = """
    import json, sys
    sys.path.insert(0, {tests!r})
    from drafts import draft
    import umr_ld
    from umr_ld.registry import publication
    from umr_ld.render.targets import TARGETS
    with umr_ld.Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0", quantizationScheme="roundedtofour")], agent="x")
        registry.publish([draft("lab/b@1.0.0", "quantizedFrom lab/a inherit", architecture="x", numericFormat="int4")], agent="x")
        page = publication.page(registry, "lab/b")
    made = {{}}
    for key, target in TARGETS.items():
        if target.shows == "page":
            try:
                made[key] = target.render(page).body.hex()
            except umr_ld.UmrError:
                made[key] = ""
    labels = [row.label for part in page.parts if part.key == "design" for row in part.blocks[0].rows]
    print(json.dumps({{"made": made, "labels": labels}}))
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """What a copy of the project renders in which only data was changed."""
    place = tmp_path_factory.mktemp("extended")
    for folder in ("umr_ld", "ontology", "shapes"):
        shutil.copytree(ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with (place / "ontology" / "umr.ttl").open("a", encoding="utf-8") as file:
        file.write(PROPERTY)
    context = json.loads((place / "ontology" / "context.jsonld").read_text(encoding="utf-8"))
    context["@context"]["quantizationScheme"] = "umr:quantizationScheme"
    (place / "ontology" / "context.jsonld").write_text(json.dumps(context), encoding="utf-8")
    code = textwrap.dedent(SESSION.format(tests=str(ROOT / "tests")))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=place,
        env={"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_property_stands_in_its_group_and_order_by_data_alone(extended):
    assert extended["labels"] == ["architecture", "numeric format", "quantization scheme"]


@pytest.mark.parametrize("key", [key for key, target in TARGETS.items() if target.shows == "page"])
def test_a_new_property_is_in_every_target_by_data_alone(extended, key):
    body = bytes.fromhex(extended["made"][key])
    if key == "pdf":
        pypdf = pytest.importorskip("pypdf")
        pytest.importorskip("typst")
        import io

        said = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    else:
        said = body.decode("utf-8")
    assert "quantization scheme" in said
    assert "roundedtofour" in said
    assert "lab/a@1.0.0" in said.replace("\u200b", "").replace("\\umrsplit{}", "")
