"""Listings by task and by how records stand: the same as looking at every record by itself."""

from __future__ import annotations

from collections import Counter

import pytest
from drafts import draft

from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_ld.registry import standings as standings_module
from umr_ld.risk import Answer
from umr_server.app import create_app

TASKS = {
    "a": ["translation", "ranking"],
    "b": ["translation"],
    "c": [],
    "d": ["=cmd", "translation", "translation"],
}


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/a@1.0.0", title="A word", task=TASKS["a"]),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a@1.0.0", title="B word", task=TASKS["b"]),
                draft("lab/c@1.0.0", "distilledFrom lab/b", title="C word"),
                draft("lab/d@1.0.0", title="D", kind="Dataset", task=TASKS["d"]),
            ],
            agent="test",
        )
        affects = [{"artifact": "lab/a", "version": "1.0.0"}]
        said = {"title": "Bad", "risk": "backdoor", "severity": "high", "affects": affects}
        opened.publish([draft("advisory/x@1.0.0", kind="Advisory", **said)], agent="test")
        yield opened


def names(listing):
    return [str(one.ref.name) for one in listing.entries]


def looked_at(registry):
    """How the newest record of everything stands, asked one by one."""
    found = {}
    for one in registry.listing().entries:
        concerns = registry.check([str(one.ref)])
        found[str(one.ref.name)] = max((each.answer for each in concerns), default=Answer.CLEAR)
    return found


ASKED = [
    {},
    {"text": "word"},
    {"kind": "Model"},
    {"tags": {"task": "translation"}},
    {"order": "newest"},
    {"prefix": "lab/"},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
@pytest.mark.parametrize("answer", Answer)
def test_what_stands_so_is_listed_and_counted_exactly(registry, answer, asked):
    registry.publish([draft("lab/a@2.0.0", title="A word, mended", task=TASKS["a"])], agent="test")
    every = set(names(registry.listing(**asked)))
    stands = {name: one for name, one in looked_at(registry).items() if name in every}
    found = registry.listing(answer=answer, **asked)
    assert set(names(found)) == {name for name, one in stands.items() if one is answer}
    assert found.total == len(found.entries)
    assert found.facets["answer"] == Counter(one.label for one in stands.values())


def test_the_answers_follow_what_is_published(registry):
    assert registry.listing(answer=Answer.AFFECTED).total == 2
    registry.withdraw(Ref.parse("advisory/x@1.0.0"), reason="wrong", agent="test")
    assert registry.listing(answer=Answer.AFFECTED).total == 0


def test_a_task_is_counted_once_for_each_artifact_that_states_it(registry):
    listing = registry.listing()
    assert listing.facets["task"] == {"translation": 3, "=cmd": 1, "ranking": 1}
    registry.publish([draft("lab/a@2.0.0", title="A word", task=["ranking"])], agent="test")
    assert registry.listing().facets["task"] == {"translation": 2, "=cmd": 1, "ranking": 1}


@pytest.mark.parametrize(
    "task", ["translation", "ranking", "=cmd", "nothing", "\x00", "x" * 1000, "' OR 1 --"]
)
@pytest.mark.parametrize("more", [{}, {"text": "word"}, {"order": "newest"}, {"kind": "Dataset"}], ids=str)
def test_what_has_a_task_is_listed(registry, task, more):
    found = registry.listing(tags={"task": task}, **more)
    wanted = {f"lab/{name}" for name, tasks in TASKS.items() if task in tasks}
    assert set(names(found)) == wanted & set(names(registry.listing(**more)))
    assert found.total == len(found.entries)


def test_counts_that_are_remembered_are_those_of_now(registry):
    first = registry.listing().facets
    assert registry.listing(limit=1, order="newest").facets == first
    registry.publish([draft("lab/e@1.0.0", task=["ranking"], publisher="E")], agent="test")
    later = registry.listing().facets
    assert later["task"]["ranking"] == first["task"]["ranking"] + 1
    assert later["publisher"] == {"E": 1}
    assert registry.listing(kind="Dataset").facets["kind"] == {"Dataset": 1}


def test_too_many_exposed_are_refused_and_nothing_is_told_wrongly(registry, monkeypatch):
    monkeypatch.setattr(standings_module, "MOST", 1)
    client = create_app(registry).test_client()
    answer = client.get("/search?answer=affected", headers={"Accept": "application/json"})
    assert answer.status_code == 503
    assert "too many to choose by" in answer.json["detail"]
    assert client.get("/search").status_code == 200


def test_the_address_is_the_state_of_the_facets(registry):
    client = create_app(registry).test_client()
    page = client.get("/search").text
    assert 'href="/search?task=translation"' in page
    assert 'href="/search?answer=possibly"' in page
    chosen = client.get("/search?answer=possibly&task=").text
    assert "lab/c@1.0.0" in chosen
    assert "lab/b@1.0.0" not in chosen
    assert 'aria-current="true" href="/search?answer="' in chosen
    assert client.get("/search?answer=perhaps").status_code == 400
    both = client.get("/search.json?task=translation&answer=affected").json
    assert [one["reference"] for one in both["entries"]] == ["lab/a@1.0.0", "lab/b@1.0.0"]


SPELLINGS = {"mit": "MIT", "apache": "Apache-2.0", "other": "apache-2.0", "both": "APACHE-2.0"}
ASKED_LICENCES = {
    "as SPDX writes it": ("Apache-2.0", 3),
    "in small letters": ("apache-2.0", 3),
    "an address in other letters": ("https://spdx.org/licenses/aPACHE-2.0", 3),
    "another licence": ("mit", 1),
    "an expression in other letters": ("mit or apache-2.0", 1),
    "no licence of SPDX, as it stands": ("https://lab.example/Terms", 1),
    "no licence of SPDX, in other letters": ("https://lab.example/terms", 0),
}


@pytest.fixture(scope="module")
def licensed():
    """Records whose authors spell licences in several ways (SPDX 2.3 Annex D: they are the same)."""
    with Registry.in_memory() as opened:
        drafts = [draft(f"lab/{name}@1.0.0", license=licence) for name, licence in SPELLINGS.items()]
        drafts.append(draft("lab/own@1.0.0", license="https://lab.example/Terms"))
        drafts.append(draft("lab/choice@1.0.0", licenseExpression="MIT OR Apache-2.0"))
        opened.publish(drafts, agent="test")
        yield opened


@pytest.mark.parametrize(("asked", "count"), ASKED_LICENCES.values(), ids=ASKED_LICENCES)
def test_a_licence_is_found_however_it_is_spelt_here_and_over_http(licensed, asked, count):
    assert licensed.listing(license=asked).total == count
    client = create_app(licensed).test_client()
    for address in ("/search.json", "/api/v1/list"):
        assert client.get(address, query_string={"license": asked}).json["total"] == count, address


def test_a_licence_is_one_value_of_the_facet_and_choosing_it_gives_as_many_as_it_counts(licensed):
    told = licensed.listing().facets["license"]
    assert sorted(told.values()) == [1, 1, 1, 3]
    for licence, count in told.items():
        assert licensed.listing(license=licence).total == count
