"""A lineage of which only so much is wanted: the beginning of the whole, and no more is read for it."""

from __future__ import annotations

import pytest
from drafts import draft

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.appearance import is_there
from umr_server.pages import lineage as page

BELOW = 23


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        first = [draft("lab/root@1.0.0"), draft("lab/root@2.0.0")]
        # Every other one means the other version, so that what is read must go on behind it.
        level = [
            draft(f"lab/m{at:02}@1.0.0", f"basedOn lab/root@{1 + at % 2}.0.0") for at in range(BELOW * 2)
        ]
        further = [
            draft(f"lab/n{at:02}@1.0.0", f"basedOn lab/m{at:02}@1.0.0") for at in range(0, BELOW * 2, 3)
        ]
        opened.publish([*first, *level, *further], agent="test")
        yield opened


@pytest.mark.parametrize("asked", ["lab/root@1.0.0", "lab/root@2.0.0"])
@pytest.mark.parametrize("most", [1, 2, 7, BELOW, BELOW + 1, BELOW + 5, 1000])
def test_the_first_of_a_lineage_are_those_of_the_whole(registry, asked, most):
    whole = registry.lineage(asked, direction="down")
    found = registry.lineage(asked, direction="down", most=most)
    assert found.nodes == whole.nodes[:most]
    assert found.is_whole == (most >= len(whole.nodes))
    assert whole.first(most).nodes == found.nodes
    assert set(found.edges) <= set(whole.edges)
    assert {str(node) for edge in found.edges for node in (edge.source, edge.target)} <= set(
        map(str, found.nodes)
    )


def test_upwards_it_is_cut_alike(registry):
    whole = registry.lineage("lab/n00@1.0.0")
    assert len(whole.nodes) == 3
    assert registry.lineage("lab/n00@1.0.0", most=2).nodes == whole.nodes[:2]
    assert registry.lineage("lab/n00@1.0.0", most=3) == whole


def test_no_more_links_are_read_than_are_shown(registry, monkeypatch):
    read = []
    index = registry._parts.index
    own = type(index).links_of
    monkeypatch.setattr(type(index), "links_of", lambda self, row: read.append(row) or own(self, row))
    registry.lineage("lab/root@1.0.0", direction="down", most=5)
    assert 0 < len(read) <= 12


def test_a_page_shows_the_first_and_says_so_and_the_data_has_all(registry, monkeypatch):
    monkeypatch.setattr(page, "DRAWN", 5)
    monkeypatch.setattr(page, "LINES", 5)
    client = create_app(registry).test_client()
    shown = client.get("/lineage/lab/root@1.0.0?direction=down").text
    nodes = client.get("/lineage/lab/root@1.0.0.json?direction=down").json["nodes"]
    assert "the data has all" in shown
    assert "data-graph" not in shown
    assert len(nodes) == len(registry.lineage("lab/root@1.0.0", direction="down").nodes)


def test_what_is_too_long_for_a_list_is_drawn_with_how_each_stands(monkeypatch):
    monkeypatch.setattr(page, "LINES", 5)
    bad = {"affects": [{"artifact": "lab/root"}], "kind": "Advisory", "title": "Bad", "risk": "backdoor"}
    with Registry.in_memory() as opened:
        below = [draft(f"lab/m{at}@1.0.0", "fineTunedFrom lab/root@1.0.0") for at in range(9)]
        opened.publish([draft("lab/root@1.0.0"), *below, draft("advisory/bad@1.0.0", **bad)], agent="test")
        client = create_app(opened).test_client()
        shown = client.get("/lineage/lab/root?direction=down").text
        nodes = client.get("/lineage/lab/root?direction=down&format=json").json["nodes"]
    assert shown.count("</svg>affected") == 5
    assert "data-graph" in shown or not is_there("cytoscape.min.js")
    assert [node["answer"] for node in nodes] == ["affected"] * 10
