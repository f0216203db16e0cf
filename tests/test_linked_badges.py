"""Badges say how a record stands now, readable by everybody; and what machines look for at fixed places."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from drafts import draft

from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.linked.badges import STATES


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft("lab/a@1.0.0", title="A"),
                draft("lab/b@1.0.0", "fineTunedFrom lab/a"),
                draft("lab/distilled@1.0.0", "distilledFrom lab/a"),
                draft("lab/other@1.0.0", "basedOn lab/elsewhere external"),
            ],
            agent="test",
        )
        yield opened


def advisory(registry, version="1.0.0"):
    affects = [{"artifact": "lab/a"}]
    said = {"title": "Bad", "risk": "backdoor", "severity": "high", "affects": affects}
    registry.publish([draft(f"advisory/x@{version}", kind="Advisory", **said)], agent="test")


def message(client, reference):
    told = client.get(f"/badge/{reference}.json")
    assert told.json["schemaVersion"] == 1
    assert re.fullmatch("[0-9a-f]{6}", told.json["color"])
    drawn = ET.fromstring(client.get(f"/badge/{reference}.svg").data)
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == [told.json["label"], told.json["message"]]
    assert drawn.get("aria-label") == f"{reference}: {told.json['message']}"
    return told.json["message"]


def test_a_badge_is_right_as_of_now(registry):
    client = create_app(registry).test_client()
    assert message(client, "lab/b") == "clear"
    advisory(registry)
    standing = {
        name: message(client, f"lab/{name}")
        for name in ("a", "a@1.0.0", "b", "distilled", "other", "elsewhere", "no")
    }
    assert standing == {
        "a": "affected",
        "a@1.0.0": "affected",
        "b": "affected",
        "distilled": "possibly affected",
        "other": "clear",
        "elsewhere": "unknown",
        "no": "unknown",
    }
    registry.withdraw(Ref.parse("advisory/x@1.0.0"), reason="wrong", agent="test")
    assert message(client, "lab/b") == "clear"


def test_a_badge_is_kept_shortly_and_shown_anywhere(registry):
    client = create_app(registry).test_client()
    answer = client.get("/badge/lab/a.svg")
    assert answer.mimetype == "image/svg+xml"
    assert re.search(r"max-age=([1-9][0-9]{0,2})\b", answer.headers["Cache-Control"])
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert (
        client.get("/badge/lab/a.svg", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    )


def test_a_name_that_ends_like_a_badge_has_one(registry):
    registry.publish([draft("lab/a.svg@1.0.0")], agent="test")
    client = create_app(registry).test_client()
    assert message(client, "lab/a.svg") == "clear"
    assert client.get("/badge/lab/a").status_code == 404
    assert client.get("/badge/lab/a@.svg").status_code == 400


def luminance(color):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("state", STATES.values(), ids=lambda state: state.message)
def test_white_letters_can_be_read_on_every_state_and_each_has_its_shape(state):
    assert 1.05 / (luminance(state.color) + 0.05) >= 4.5
    assert [other.shape for other in STATES.values()].count(state.shape) == 1


def test_the_page_of_a_record_has_its_badge_and_the_text_to_copy(registry):
    client = create_app(registry).test_client()
    text = client.get("/page/lab/a@1.0.0").text
    assert 'src="/badge/lab/a.svg"' in text
    copied = re.search(r"\[!\[model record\]\((http[^)]*)\)\]\((http[^)]*)\)", text)
    for address in copied.groups():
        assert client.get(address.replace("http://localhost", ""), follow_redirects=True).status_code == 200


def test_assistants_and_robots_find_what_they_look_for(registry):
    app = create_app(registry)
    client = app.test_client()
    told = client.get("/llms.txt").text
    assert told.startswith("# ")
    assert "4 records of 4 artifacts" in told
    for address in re.findall(r"\]\(http://localhost(/[^)]*)\)", told):
        filled = address.replace("NAME@VERSION", "lab/a@1.0.0").replace("NAME", "lab/a").replace("WORDS", "a")
        filled = filled.replace("QUERY", "ASK%20%7B%7D")
        assert client.get(filled, follow_redirects=True).status_code == 200, filled
    app.extensions["umr"].close()
    robots = client.get("/robots.txt").text
    assert robots.startswith("User-agent: *\n")
    assert "Disallow: /page" not in robots
