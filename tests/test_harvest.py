"""Harvesting: what a hub lists, taken in whole, again, after a crash, and in spite of what is wrong with it."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest
from hub import model, serving

from umr_ld.document import Document
from umr_ld.errors import Denied, Malformed, Missing, Unreachable
from umr_ld.formats.hub_fields import name_of, repository_of
from umr_ld.formats.hub_listing import read_listed
from umr_ld.formats.loss import Loss
from umr_ld.harvest.door import client
from umr_ld.harvest.hub import Hub
from umr_ld.harvest.intake import Intake
from umr_ld.harvest.ledger import Ledger
from umr_ld.harvest.listing import LONGEST, Piece, pieces_of
from umr_ld.harvest.sources import parse_source, take
from umr_ld.net import Door, Policy
from umr_ld.registry import Registry

LIST = Path(__file__).resolve().parents[2] / "shared" / "data" / "hf-hub" / "models.jsonl.gz"


@pytest.fixture
def registry():
    with Registry.in_memory() as made:
        yield made


@pytest.fixture
def intake(registry):
    with Ledger(None) as ledger:
        yield Intake(registry, ledger, "tester")


def pieces(*items):
    return [Piece(json.dumps(item).encode(), f"list:{at}") for at, item in enumerate(items, 1)]


def links(registry, name):
    return [(link.relation, link.artifact, link.evidence) for link in registry.get(f"hf/{name}").links]


def whys(tally):
    return [(row.property, row.value, row.why.partition(":")[0]) for row in tally.losses]


# -- one object


def read(item):
    return read_listed(item, Document(b"", source="list:1"))


def upstreams(*tags, **card):
    root = read(model("maker/made", *tags, **card)).draft.tree.root
    return [(one["relation"], one["artifact"], one["evidence"]) for one in root.get("upstream", ())]


BASE = "hf/maker/base"


@pytest.mark.parametrize(
    ("tags", "card", "expected"),
    [
        ((), {"base_model": "maker/base"}, [("basedOn", BASE, "declared")]),
        (("base_model:maker/base", "base_model:quantized:maker/base"), {"base_model": "maker/base"},
         [("quantizedFrom", BASE, "declared")]),
        (("base_model:adapter:maker/base",), {"base_model": "maker/base", "base_model_relation": "finetune"},
         [("fineTunedFrom", BASE, "declared")]),
        (("base_model:merge:maker/base", "base_model:maker/base"), {}, [("mergedFrom", BASE, "inferred")]),
        (("base_model:finetune:maker/base",), {"base_model": "old/base"},
         [("basedOn", "hf/old/base", "declared"), ("fineTunedFrom", BASE, "inferred")]),
        ((), {"base_model": ["maker/base", "maker/base"]}, [("basedOn", BASE, "declared")]),
        ((), {"base_model": "maker/made"}, []),
        ((), {"base_model": ["none", "base", "/srv/base", "a/b/c"]}, []),
        (("dataset:words",), {"datasets": ["maker/data", "..."]},
         [("trainedOn", "hf/datasets/maker/data", "declared"), ("trainedOn", "hf/datasets/words", "inferred")]),
    ],
)  # fmt: skip
def test_what_card_and_tags_say_together(tags, card, expected):
    assert upstreams(*tags, **card) == expected


def test_what_names_nothing_of_the_hub_is_reported_and_noted():
    listed = read(model("maker/made", base_model=["maker/made", "undefined", "C:\\models\\base"]))
    assert [row.value for row in listed.losses if row.property == "base_model"] == [
        "maker/made", "undefined", "C:\\models\\base",
    ]  # fmt: skip
    assert "C:" in listed.draft.tree.root["note"]
    assert "undefined" not in listed.draft.tree.root["note"]
    assert listed.stated == (3, 0)


@pytest.mark.parametrize(
    ("repository", "name"),
    [
        ("maker/base", "hf/maker/base"),
        ("gpt", "hf/gpt"),
        ("maker/_base_", "hf/maker/repo--_base_"),
        ("maker/1.0.0", "hf/maker/repo--1.0.0"),
        ("https://huggingface.co/maker/base/tree/main", "hf/maker/base"),
    ],
)
def test_a_repository_has_a_name_from_which_it_is_found_again(repository, name):
    assert str(name_of(repository)) == name
    assert repository_of(name) in repository


@pytest.mark.parametrize("repository", ["", "a b/c", "a/b c", "/a/b", "C:\\a", "a/b/c d", "ä/b"])
def test_what_is_no_repository_has_no_name(repository):
    with pytest.raises(Malformed):
        name_of(repository)


@pytest.mark.parametrize(
    "item",
    [
        {"tags": "x", "cardData": "x"},
        {"tags": [1, None, {}], "cardData": {"license": {"a": 1}, "base_model": 3, "language": 2.5}},
        {"cardData": {"base_model": {"a": "b"}, "datasets": [["x"]]}, "safetensors": [], "sha": 3},
        {"cardData": None, "tags": None, "createdAt": None, "author": 7},
        {"cardData": {"license": "x" * 100_000, "tags": ["y" * 100_000]}},
        {
            "cardData": {"language": ["a\nb", "\ud800"], "base_model": "\ud800/x"},
            "x_removed_at": "\udfff",
            "sha": "\ud800",
        },
        {"cardData": {"license": "a\u0000b"}, "tags": ["a\u0000b", "arxiv:\n"]},
    ],
)
def test_whatever_an_object_holds_the_rest_of_it_is_taken(intake, registry, item):
    tally = intake.take("list", pieces({"id": "maker/made", **item}))
    assert tally.counts["published"] == 1, tally.refused
    assert str(tally.losses).encode()
    assert registry.get("hf/maker/made").kind == "Model"


# -- again


def test_a_second_run_publishes_only_what_changed_with_the_least_version_that_does(intake, registry):
    first = [model("maker/a"), model("maker/b", base_model="maker/a"), model("maker/c")]
    assert intake.take("list", pieces(*first)).counts == Counter(published=3)
    assert intake.take("list", pieces(*first)).counts == Counter(unchanged=3)
    counted = {**first[0], "downloads": 99}
    revised = {**first[1], "sha": "b" * 40}
    other = model("maker/c", base_model="maker/a")
    assert intake.take("list", pieces(other, revised, counted)).counts == Counter(published=2, unchanged=1)
    newest = {name: str(registry.show(f"hf/maker/{name}").newest.version) for name in "abc"}
    assert newest == {"a": "0.1.0", "b": "0.2.0", "c": "1.0.0"}
    assert registry.show("hf/maker/b").record.text("https://w3id.org/umr-ld/ns#revision") == "b" * 40


def test_another_order_of_the_same_changes_nothing(intake, registry):
    intake.take("list", pieces(model("maker/a", "x", "y", base_model=["m/one", "m/two"])))
    tally = intake.take("list", pieces(model("maker/a", "y", "x", base_model=["m/two", "m/one"])))
    assert tally.counts == Counter(unchanged=1)


def test_without_the_ledger_nothing_is_published_twice(registry):
    for expected in (Counter(published=1), Counter(unchanged=1)):
        with Ledger(None) as ledger:
            assert (
                Intake(registry, ledger, "tester").take("list", pieces(model("maker/a"))).counts == expected
            )


def test_what_vanished_is_noted_once_and_a_new_version_says_that_it_is_back(intake, registry):
    both = pieces(model("maker/a"), model("maker/b"))
    intake.take("list", both)
    assert intake.take("list", both[:1]).counts == Counter(unchanged=1, gone=1)
    assert registry.show("hf/maker/b").gone is not None
    assert intake.take("list", both[:1]).counts == Counter(unchanged=1)
    assert intake.take("list", both).counts == Counter(unchanged=1, published=1)
    assert registry.show("hf/maker/b").gone is None
    assert str(registry.show("hf/maker/b").newest.version) == "0.1.1"


def test_what_the_list_says_is_removed_is_recorded_and_marked(intake, registry):
    tally = intake.take("list", pieces({**model("maker/a"), "x_removed_at": "2026-08-19"}))
    assert tally.counts == Counter(published=1, gone=1)
    assert registry.show("hf/maker/a").gone_from == "gone from the Hugging Face Hub since 2026-08-19"
    assert intake.take("list", pieces({**model("maker/a"), "x_removed_at": "2026-08-19"})).counts["gone"] == 0


def test_nothing_vanished_from_a_list_that_could_not_be_read_whole(intake, registry):
    intake.take("list", pieces(model("maker/a"), model("maker/b")))
    tally = intake.take("list", [*pieces(model("maker/a")), Loss("", "", "not read: cut", "list:2")])
    assert tally.counts == Counter(unchanged=1, unread=1)
    assert registry.show("hf/maker/b").gone is None


def test_what_somebody_recorded_himself_is_left_alone(intake, registry):
    said = {"type": "Model", "name": "hf/maker/a", "version": "2.0.0", "title": "By hand", "license": "MIT"}
    registry.publish([Document(json.dumps(said).encode())], agent="somebody")
    tally = intake.take("list", pieces(model("maker/a")))
    assert tally.counts == Counter(kept=1)
    assert intake.take("list", []).counts["gone"] == 0
    assert str(registry.show("hf/maker/a").newest.version) == "2.0.0"
    assert registry.show("hf/maker/a").gone is None


def test_names_that_are_alike_are_kept_apart_with_a_warning(intake, registry):
    tally = intake.take(
        "list",
        pieces(
            model("maker/Model-A"),
            model("maker/model-a", base_model="Maker/x"),
            model("m/y", base_model="maker/x"),
        ),
    )
    assert tally.counts["published"] == 3
    assert [row.why[:10] for row in tally.losses] == ["kept apart"]
    assert registry.case_twins("hf/") == (
        ("hf/maker/Model-A", "hf/maker/model-a"),
        ("hf/Maker/x", "hf/maker/x"),
    )


def test_a_circle_is_opened_where_it_closes_and_both_are_recorded(intake, registry):
    tally = intake.take(
        "list",
        pieces(model("maker/a", base_model="maker/b"), model("maker/b", base_model=["maker/a", "m/z"])),
    )
    assert tally.counts == Counter(published=2)
    assert any("made from itself" in row.why for row in tally.losses)
    assert sorted(len(links(registry, f"maker/{name}")) for name in "ab") == [0, 2]


def test_what_stands_twice_is_taken_once(intake):
    tally = intake.take("list", pieces(model("maker/a"), model("maker/a", "other")))
    assert tally.counts == Counter(published=1)
    assert whys(tally) == [("id", "hf/maker/a", "listed twice")]


# -- files


def lines(path, *rows):
    body = b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)
    path.write_bytes(gzip.compress(body) if path.name.endswith(".gz") else body)
    return path


def test_bad_lines_are_listed_with_their_place_and_a_mended_file_gives_only_the_rest(intake, tmp_path):
    path = tmp_path / "list.jsonl"
    bad = [
        b"{broken\n",
        b"[1]\n",
        b'{"id": "a b"}\n',
        b"{" * 50_000 + b"\n",
        b"x" * (LONGEST + 9) + b"\n",
        b"\r\n",
    ]
    lines(path, model("maker/a"), *bad, model("maker/b"))
    tally = intake.take("list", pieces_of(path))
    assert tally.counts == Counter(published=2, unread=5)
    assert [row.place.rpartition(":")[2] for row in tally.losses] == ["2", "3", "4", "5", "6"]
    lines(path, model("maker/a"), model("maker/c"), model("maker/b"))
    assert intake.take("list", pieces_of(path)).counts == Counter(unchanged=2, published=1)


def test_a_file_that_was_cut_is_read_as_far_as_it_goes(intake, tmp_path):
    path = lines(
        tmp_path / "list.jsonl.gz", *(model(f"maker/n{at}-x", sha=f"{hash(at**9):x}") for at in range(150))
    )
    path.write_bytes(path.read_bytes()[:-500])
    tally = intake.take("list", pieces_of(path))
    assert tally.counts["unread"] == 1
    assert 0 < tally.counts["published"] < 150
    assert "cut or damaged" in tally.losses[-1].why


KILLED = """
    import os, sys
    from pathlib import Path
    from umr_ld.harvest.intake import Intake
    from umr_ld.harvest.ledger import Ledger
    from umr_ld.harvest.listing import pieces_of
    from umr_ld.registry import Registry
    import umr_ld.harvest.intake as intake
    folder, path, after = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    intake.TOGETHER = 7
    with Registry.open(folder, write=True) as registry, Ledger(folder / "harvest.db") as ledger:
        noted = ledger.note
        def note(*given):
            if registry.head().seq > after:
                os.kill(os.getpid(), 9)
            noted(*given)
        ledger.note = note
        print(Intake(registry, ledger, "tester").take("list", pieces_of(path)).counts["published"])
"""


def test_a_run_that_was_killed_is_gone_on_with(tmp_path):
    folder = tmp_path / "registry"
    Registry.create(folder).close()
    path = lines(tmp_path / "list.jsonl", *(model(f"maker/n{at}-x") for at in range(15)))

    def run(after):
        command = [sys.executable, "-c", textwrap.dedent(KILLED), str(folder), str(path), str(after)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert run(3).returncode == -9
    assert run(10**9).stdout.strip() == str(15 - 7)
    with Registry.open(folder) as registry:
        assert registry.counts()["records"] == 15
    assert not [row for row in Registry.examine(folder, deep=True) if row.severity.name == "VIOLATION"]


# -- the hub


@pytest.fixture
def hub():
    with serving() as served:
        yield served


@pytest.fixture
def asked(hub):
    waited = []
    policy = Policy(http=True, private=True, timeout=10)
    with client(Door(policy)) as library:
        found = Hub(library, hub.address, "hf_secret", sleep=waited.append, chance=lambda: 0.0)
        found_waited[id(found)] = waited
        yield found


found_waited: dict[int, list[float]] = {}


def got(listed):
    return [json.loads(one.body)["id"] if isinstance(one, Piece) else one.why for one in listed]


def test_an_author_is_read_page_by_page(hub, asked):
    hub.models = [model(f"maker/n{at}-x") for at in range(8)] + [model("other/x")]
    assert got(asked.listed(author="maker")) == [f"maker/n{at}-x" for at in range(8)]
    assert len(hub.asked) == 3
    assert set(hub.tokens) == {"Bearer hf_secret"}
    assert "hf_secret" not in repr(asked)


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_to_wait_waits_as_long_as_the_hub_wants(hub, asked, status):
    hub.models = [model("maker/a")]
    hub.faults["/api/models"] = [(status, {"Retry-After": "7"}, b""), (status, {}, b"")]
    assert got(asked.listed(author="maker")) == ["maker/a"]
    assert found_waited[id(asked)] == [7.0, 2.0]


def test_a_hub_that_never_gets_better_is_told_of(hub, asked):
    hub.faults["/api/models"] = [(429, {}, b"")] * 9
    with pytest.raises(Unreachable, match="429"):
        list(asked.listed(author="maker"))
    assert len(found_waited[id(asked)]) == 4


def half(rows, headers):
    whole = json.dumps(rows).encode()
    return 200, headers, whole[: len(whole) * 2 // 3]


def cut(rows, headers):
    whole = json.dumps(rows).encode()
    return 200, {**headers, "Content-Length": str(len(whole) + 100)}, whole


def circle(rows, headers):
    return 200, {"Link": '</api/models?author=maker&cursor=3>; rel="next"'}, json.dumps(rows).encode()


@pytest.mark.parametrize(
    ("fault", "read", "why"),
    [
        ((200, {}, b"<html><body>Maintenance</body></html>"), 3, "HTML"),
        (half, 6 + 1, "breaks off"),
        (circle, 6, "circle"),
        ((500, {}, b""), 3, "does not get better"),
        ((200, {}, b'{"error": "x"}'), 3, "no list"),
        (lambda rows, _: (200, {"Link": '<https://elsewhere.example/x>; rel="next"'}, json.dumps(rows).encode()), 6, "elsewhere"),
    ],
    ids=["HTML", "half a page", "circle", "status", "object", "elsewhere"],
)  # fmt: skip
def test_what_can_be_read_of_bad_pages_is_read_and_the_rest_listed(hub, asked, intake, fault, read, why):
    hub.models = [model(f"maker/n{at}-x") for at in range(9)]
    hub.faults["page 2"] = fault
    tally = intake.take("list", asked.listed(author="maker"))
    assert tally.counts["unread"] == 1
    assert why in tally.losses[0].why
    assert "page 2" in tally.losses[0].place
    assert tally.counts["published"] >= min(read, 8) - 2
    hub.faults.clear()
    again = intake.take("list", asked.listed(author="maker"))
    assert again.counts["published"] == 9 - tally.counts["published"]
    assert again.is_whole


def test_a_page_that_breaks_off_is_asked_for_again(hub, asked):
    hub.models = [model("maker/a")]
    hub.faults["page 1"] = [cut]
    assert got(asked.listed(author="maker")) == ["maker/a"]


def test_a_tree_is_a_model_and_all_that_was_made_from_it(hub, asked):
    hub.models = [
        model("maker/a"),
        model("x/b", "base_model:maker/a", "base_model:finetune:maker/a"),
        model("x/c", "base_model:x/b"),
        model("x/d", "base_model:x/c", "base_model:maker/a"),
        model("x/e"),
    ]
    assert sorted(got(asked.descendants("maker/a"))) == ["maker/a", "x/b", "x/c", "x/d"]


def test_a_branch_of_a_tree_that_cannot_be_read_is_told_and_nothing_of_it_is_taken_for_gone(
    hub, asked, intake, registry
):
    hub.models = [model("maker/a"), model("x/b", "base_model:maker/a"), model("x/c", "base_model:x/b")]
    assert take(parse_source("hf:tree/maker/a"), intake, lambda: asked, None).counts == Counter(published=3)
    hub.faults["/api/models"] = [(200, {}, json.dumps(hub.models[1:2]).encode()), *[(503, {}, b"")] * 5]
    tally = take(parse_source("hf:tree/maker/a"), intake, lambda: asked, None)
    assert tally.counts == Counter(unchanged=2, unread=1)
    assert "what was made from x/b is not read" in tally.losses[0].why
    assert registry.show("hf/x/c").gone is None


def test_one_model_and_one_dataset_are_taken_and_what_is_not_there_any_more_is_noted(
    hub, asked, intake, registry
):
    hub.models, hub.datasets = [model("maker/a")], [model("maker/data")]
    for text, name in (("hf:maker/a", "hf/maker/a"), ("hf:datasets/maker/data", "hf/datasets/maker/data")):
        assert take(parse_source(text), intake, lambda: asked, None).counts == Counter(published=1)
        assert registry.show(name).record.kind == ("Dataset" if "datasets" in name else "Model")
    hub.models = []
    assert take(parse_source("hf:maker/a"), intake, lambda: asked, None).counts == Counter(gone=1)
    with pytest.raises(Missing):
        take(parse_source("hf:maker/never"), intake, lambda: asked, None)


@pytest.mark.parametrize(
    ("status", "error"), [(401, Denied), (403, Denied), (404, Missing), (418, Unreachable)]
)
def test_what_the_hub_refuses_is_an_error_that_does_not_show_the_token(hub, asked, status, error):
    hub.faults["/api/models/maker/a"] = [(status, {}, b"")]
    with pytest.raises(error) as raised:
        asked.one("maker/a")
    assert "hf_secret" not in str(raised.value)


def test_the_hub_is_asked_through_the_door(hub):
    with client(Door(Policy(http=True))) as library:
        closed = Hub(library, hub.address, sleep=lambda _: None)
        with pytest.raises(Unreachable, match="not a public address"):
            closed.one("maker/a")
    assert not hub.asked


@pytest.mark.parametrize(
    "text", ["hf:", "hf:a b", "hf:tree/a", "hf:a/b/c", "hf:*/a", "hf:/a", "hf:a/", "hf:datasets/"]
)
def test_a_source_that_means_nothing_is_refused_with_what_to_write(text):
    with pytest.raises(Malformed) as raised:
        parse_source(text)
    assert "hf:owner/name" in raised.value.remedy


# -- the hub's own list


@pytest.mark.slow
@pytest.mark.skipif(not LIST.is_file(), reason="the hub's own list is not here")
def test_the_hubs_own_list_is_taken_in_whole(tmp_path):
    with Registry.create(tmp_path / "registry") as registry, Ledger(tmp_path / "ledger.db") as ledger:
        intake = Intake(registry, ledger, "tester")
        tally = take(parse_source(str(LIST)), intake, lambda: None, None)
        assert tally.counts == Counter(published=15_904, gone=748)
        assert tally.links == Counter(models=9_362, datasets=2_466)
        lost = [row for row in tally.losses if row.why.startswith("left out")]
        itself = [row for row in lost if "names itself" in row.why]
        nothing = [row for row in lost if "owner/name" in row.why]
        assert len(itself) == 23
        assert len({row.value for row in nothing if row.property == "base_model"}) == 46
        counted = registry.counts()
        assert counted["records"] == 15_904
        assert counted["links"] == 9_362 + 2_466 - len(itself) - len(nothing)
        # Of the 30 pairs one is `None` and `none`, which name nothing.
        assert len(registry.case_twins("hf/")) == 29
        assert len(registry.impact("hf/Qwen/Qwen3.8-27B").hits) == 1_083
        assert take(parse_source(str(LIST)), intake, lambda: None, None).counts == Counter(unchanged=15_904)


def test_a_list_of_the_same_shape_gives_the_same_kinds_of_answers(intake, registry):
    """As the hub's own: a famous base, chains, adapters, merges, names in two cases, datasets, what is gone."""
    items = [model("hub-lab/base", datasets=["hub-lab/words", "words"])]
    for at in range(40):
        parent = "hub-lab/base" if at % 4 else f"maker{at - 1}/n{at - 1}-x" if at else "hub-lab/base"
        relation = ("finetune", "quantized", "adapter", "merge")[at % 4]
        item = model(
            f"maker{at}/n{at}-x", f"base_model:{parent}", f"base_model:{relation}:{parent}", base_model=parent
        )
        items.append({**item, "x_removed_at": "2026-08-01"} if at % 10 == 9 else item)
    items += [
        model("Maker1/n1-x"),
        model("m/self", base_model="m/self"),
        model("m/odd", base_model="undefined"),
    ]
    tally = intake.take("list", pieces(*items))
    assert tally.counts == Counter(published=44, gone=4)
    assert tally.links == Counter(models=42, datasets=2)
    assert len(registry.impact("hf/hub-lab/base").hits) == 40
    assert registry.mentioned("hf/datasets/words") is not None
    assert registry.case_twins("hf/") == (("hf/Maker1/n1-x", "hf/maker1/n1-x"),)
    by = Counter(row.why.partition(":")[0] for row in tally.losses)
    assert by == {"left out": 2, "kept apart": 1}
