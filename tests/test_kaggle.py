"""Kaggle: what it lists, taken in whole, again, and in spite of what is wrong with it."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from kaggling import dataset, instance, model, serving

from umr_ld.errors import Denied, Malformed, Missing, Unreachable
from umr_ld.harvest.door import kaggle
from umr_ld.harvest.intake import Intake
from umr_ld.harvest.kaggle import Kaggle
from umr_ld.harvest.ledger import Ledger
from umr_ld.harvest.sources import parse_source, take_kaggle
from umr_ld.net import Door, Policy
from umr_ld.registry import Registry

OPEN = Policy(http=True, private=True, timeout=10)


@pytest.fixture(scope="module")
def _served():
    with serving() as hub:
        yield hub


@pytest.fixture
def hub(_served):
    _served.__init__()
    return _served


@pytest.fixture
def waited():
    return []


@pytest.fixture
def asked(hub, waited):
    services = kaggle(Door(OPEN), hub.address, "kaggle_secret")
    return Kaggle(services, hub.address, sleep=waited.append, chance=lambda: 0.0)


@pytest.fixture
def registry():
    with Registry.in_memory() as made:
        yield made


@pytest.fixture
def taken(registry, asked):
    """Takes in a source, as often as it is called."""
    with Ledger(None) as ledger:
        intake = Intake(registry, ledger, "tester")
        yield lambda text: take_kaggle(parse_source(text), intake, asked, None)


def links(registry, name):
    return [(one.relation, one.artifact, one.evidence) for one in registry.get(name).links]


BASE_OF = {
    "owner": {"slug": "maker"},
    "modelSlug": "base",
    "framework": "MODEL_FRAMEWORK_PY_TORCH",
    "instanceSlug": "7b",
}


# -- what becomes of what


def test_a_model_and_its_variations_are_records_with_their_licence_and_lineage(hub, taken, registry):
    made = instance(
        "tuned",
        number=3,
        baseModelInstanceInformation=BASE_OF,
        trainingData=["https://www.kaggle.com/datasets/maker/words", "a sentence about data"],
    )
    hub.models = [model("maker/made", made)]
    tally = taken("kaggle:maker/made")
    assert tally.counts == Counter(published=2)
    assert tally.links == Counter(models=1, datasets=1)
    assert [row.value for row in tally.losses] == ["a sentence about data"]
    name = "kaggle/maker/made/pyTorch/tuned"
    assert sorted(links(registry, name)) == [
        ("fineTunedFrom", "kaggle/maker/base/pyTorch/7b", "declared"),
        ("trainedOn", "kaggle/datasets/maker/words", "declared"),
    ]
    record = registry.get(name)
    assert str(record.ref.version) == "0.1.0"
    assert record.text("http://purl.org/dc/terms/license").endswith("/Apache-2.0")
    assert record.text("https://w3id.org/umr-ld/ns#revision") == "3"
    assert record.text("http://purl.org/dc/terms/source").endswith(
        "kaggle.com/models/maker/made/pyTorch/tuned"
    )
    assert registry.get("kaggle/maker/made").text("http://purl.org/dc/terms/title") == "Made"
    assert len(registry.impact("kaggle/maker/base/pyTorch/7b").hits) == 1


def test_a_dataset_is_a_record(hub, taken, registry):
    hub.datasets = [dataset("maker/words")]
    assert taken("kaggle:datasets/maker/words").counts == Counter(published=1)
    assert registry.get("kaggle/datasets/maker/words").kind == "Dataset"


@pytest.mark.parametrize(
    "odd",
    [
        {"tags": 3, "description": {"a": 1}, "instances": [None, 3, "x"], "publishTime": 7},
        {"description": "a\x00b\ud800c", "title": "", "tags": [None, {"name": 3}]},
        {"provenanceSources": ["x"], "subtitle": ["y"], "updateTime": None, "publishTime": "yesterday"},
        {"description": "x" * 100_000},
    ],
    ids=["types", "characters", "lists", "long"],
)
def test_whatever_an_object_holds_the_rest_of_it_is_taken(hub, taken, registry, odd):
    hub.models = [{**model("maker/made"), **odd}]
    tally = taken("kaggle:maker/made")
    assert tally.counts == Counter(published=1), tally.refused
    assert registry.get("kaggle/maker/made").kind == "Model"


# -- again


def test_a_second_run_publishes_only_what_changed_and_notes_what_is_gone(hub, taken, registry):
    hub.models = [model("maker/a", instance("x"), instance("y")), model("maker/b")]
    assert taken("kaggle:maker/*").counts == Counter(published=4)
    hub.models[1]["voteCount"] = 99
    assert taken("kaggle:maker/*").counts == Counter(unchanged=4)
    hub.models = [model("maker/a", instance("x", number=2))]
    assert taken("kaggle:maker/*").counts == Counter(unchanged=1, published=1, gone=2)
    shown = registry.show("kaggle/maker/a/pyTorch/x")
    assert str(shown.newest.version) == "0.2.0"
    assert registry.show("kaggle/maker/b").gone is not None
    assert registry.show("kaggle/maker/a/pyTorch/y").gone is not None


def test_a_model_that_is_not_there_any_more_is_gone_with_its_variations(hub, taken, registry):
    hub.models = [model("maker/a", instance("x"))]
    taken("kaggle:maker/a")
    hub.models = []
    assert taken("kaggle:maker/a").counts == Counter(gone=2)
    assert registry.show("kaggle/maker/a/pyTorch/x").gone is not None
    with pytest.raises(Missing):
        taken("kaggle:maker/never")


# -- pages


@pytest.mark.parametrize("has_tokens", [True, False])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_lists_are_read_page_by_page_whether_the_next_one_is_named_or_numbered(hub, asked, has_tokens, count):
    hub.datasets = [dataset(f"maker/n{at}-x") for at in range(count)] + [dataset("other/x")]
    hub.has_tokens = has_tokens
    found = [json.loads(one.body)["id"] for one in asked.datasets("maker")]
    assert found == [f"maker/n{at}-x" for at in range(count)]
    assert set(hub.tokens) == {"Bearer kaggle_secret"}


def test_where_a_list_says_less_than_the_thing_itself_that_is_asked(hub, taken, registry, asked):
    whole = model("maker/a", instance("x"))
    hub.models = [whole]
    hub.faults["ListModels"] = [(200, {}, json.dumps({"models": [{"ref": "maker/a"}]}).encode())]
    assert taken("kaggle:maker/*").counts == Counter(published=2)
    assert [name for name, _ in hub.asked] == ["ListModels", "GetModel"]


def half(page):
    whole = json.dumps(page).encode()
    return 200, {}, whole[: len(whole) * 3 // 4]


def circle(page):
    return 200, {}, json.dumps({**page, "nextPageToken": "2"}).encode()


@pytest.mark.parametrize(
    ("fault", "read", "why"),
    [
        ((200, {}, b"<html><body>Maintenance</body></html>"), 2, "HTML"),
        (half, 3, "breaks off"),
        (circle, 4, "circle"),
        ((500, {}, b""), 2, "does not get better"),
        ((200, {}, b'{"models": {"a": 1}}'), 2, "a list of models"),
        ((200, {}, b'{"code": 500, "message": "oh"}'), 2, "does not get better"),
    ],
    ids=["HTML", "half a page", "circle", "status", "object", "code"],
)  # fmt: skip
def test_what_can_be_read_of_bad_pages_is_read_and_the_rest_listed(hub, taken, registry, fault, read, why):
    hub.models = [model(f"maker/n{at}-x") for at in range(5)]
    hub.faults["models 2"] = fault
    tally = taken("kaggle:maker/*")
    assert tally.counts == Counter(published=read, unread=1)
    assert why in tally.losses[0].why
    hub.faults.clear()
    again = taken("kaggle:maker/*")
    assert again.counts == Counter(unchanged=read, published=5 - read)
    assert again.is_whole


def test_one_thing_of_a_list_that_cannot_be_read_does_not_stop_the_others(hub, taken):
    hub.models = [model("maker/a"), {**model("maker/b"), "ref": "maker/"}, model("maker/c")]
    tally = taken("kaggle:maker/*")
    assert tally.counts == Counter(published=2, unread=1)
    assert "its ref is no owner/name" in tally.losses[0].why


# -- asking


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_to_wait_waits_as_long_as_the_hub_wants(hub, asked, waited, status):
    hub.models = [model("maker/a")]
    hub.faults["ListModels"] = [(status, {"Retry-After": "7"}, b""), (status, {}, b"")]
    assert len(list(asked.models("maker"))) == 1
    assert waited == [7.0, 2.0]


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Denied), (403, Denied), (404, Missing), (418, Unreachable), (302, Unreachable)],
)
def test_what_the_hub_refuses_is_an_error_that_does_not_show_the_token(hub, asked, status, error):
    hub.faults["GetModel"] = [(status, {}, b"")]
    with pytest.raises(error) as raised:
        list(asked.model("maker", "a"))
    assert "kaggle_secret" not in str(raised.value) + repr(asked)


def test_nobody_is_sent_elsewhere_with_the_token(hub, asked):
    hub.faults["GetModel"] = [(307, {"Location": "http://127.0.0.2:1/v1/x"}, b"")]
    with pytest.raises(Unreachable, match="307"):
        list(asked.model("maker", "a"))


def test_kaggle_is_asked_through_the_door_and_without_a_token_as_anybody(hub, waited, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "not_to_be_found")
    closed = Kaggle(kaggle(Door(Policy(http=True)), hub.address, ""), hub.address, sleep=waited.append)
    with pytest.raises(Unreachable, match="not a public address"):
        list(closed.model("maker", "a"))
    assert not hub.asked + waited
    hub.models = [model("maker/a")]
    anybody = Kaggle(kaggle(Door(OPEN), hub.address, ""), hub.address)
    assert len(list(anybody.model("maker", "a"))) == 1
    assert hub.tokens == [""]


@pytest.mark.parametrize(
    "text",
    ["kaggle:", "kaggle:a", "kaggle:a/b/c", "kaggle:*/a", "kaggle:/a", "kaggle:a/", "kaggle:datasets/a",
     "kaggle:a b/c", "kaggle:datasets/a/b/c/d", "kaggle:a/.."],
)  # fmt: skip
def test_a_source_that_means_nothing_is_refused_with_what_to_write(text):
    with pytest.raises(Malformed) as raised:
        parse_source(text)
    assert "kaggle:owner/model" in raised.value.remedy
