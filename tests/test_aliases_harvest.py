"""Repositories that were renamed: the hub answers for the old name with the new one, and both are proposed as one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hub import model, serving

from umr_ld.harvest.door import client
from umr_ld.harvest.hub import Hub
from umr_ld.harvest.intake import Intake
from umr_ld.harvest.ledger import Ledger
from umr_ld.harvest.sources import parse_source, take
from umr_ld.net import Door, Policy
from umr_ld.registry import Registry

LIST = Path(__file__).resolve().parents[2] / "shared" / "data" / "hf-hub" / "models.jsonl.gz"
OLD, NEW = "https://huggingface.co/old/m", "hf/new/m"


@pytest.fixture
def registry():
    with Registry.in_memory() as made:
        yield made


@pytest.fixture
def taking(registry):
    """Takes a source from a hub in which old/m became new/m."""
    door = Door(Policy(http=True, private=True))
    with serving() as held, Ledger(None) as ledger, client(door) as library:
        held.models += [model("new/m"), model("maker/made", base_model="old/m")]

        def taken(source):
            held.faults["/api/models/old/m"] = [(307, {"Location": "/api/models/new/m"}, b"")]
            hub = Hub(library, held.address)
            return take(parse_source(source), Intake(registry, ledger, "tester"), lambda: hub, None)

        yield taken, held


def known_as(registry):
    return [value.value for value in registry.get(NEW).values("https://w3id.org/umr-ld/ns#alsoKnownAs")]


def test_a_renamed_repository_says_by_which_name_it_was_asked_for_and_both_are_proposed(registry, taking):
    taken, _ = taking
    tally = taken("hf:old/m")
    assert known_as(registry) == [OLD]
    assert any("renamed" in row.why for row in tally.losses)
    taken("hf:maker/made")
    (proposal,) = registry.alias_proposals()
    assert (proposal.names, proposal.grounds[0].reason) == ((NEW, "hf/old/m"), "stated")


def test_what_was_learnt_by_an_old_name_stays_when_the_new_one_is_asked_for(registry, taking):
    taken, held = taking
    taken("hf:new/m")
    assert known_as(registry) == []
    taken("hf:old/m")
    taken("hf:new/m")
    assert known_as(registry) == [OLD]
    assert len(registry.history(NEW)) == 2
    held.models[0]["cardData"]["license"] = "mit"
    taken("hf:new/m")
    assert known_as(registry) == [OLD]
    assert len(registry.history(NEW)) == 3
    assert json.loads(registry.body(registry.get(NEW).ref))["license"]


@pytest.mark.slow
@pytest.mark.skipif(not LIST.is_file(), reason="the hub's own list is not here")
def test_of_a_whole_hub_few_names_are_proposed_and_real_renames_among_them(tmp_path):
    with Registry.create(tmp_path / "registry") as registry, Ledger(None) as ledger:
        take(parse_source(str(LIST)), Intake(registry, ledger, "tester"), lambda: None, None)
        found = {one.names: [ground.reason for ground in one.grounds] for one in registry.alias_proposals()}
    assert Counter(reason for reasons in found.values() for reason in reasons) == {
        "spelling": 46,
        "redirect": 24,
    }
    assert found["hf/cross-encoder/ms-marco-MiniLM-L-6-v2", "hf/cross-encoder/ms-marco-MiniLM-L6-v2"] == [
        "redirect",
        "spelling",
    ]
    assert found["hf/THUDM/CogVideoX-5b-I2V", "hf/zai-org/CogVideoX-5b-I2V"] == ["redirect"]
