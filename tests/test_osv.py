"""OSV events are read as OSV evaluates them, and written so that they are read as the same set."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from universe import DENSE, ranges

from umr_ld.errors import Malformed
from umr_ld.ranges import Range
from umr_ld.versions import LEAST, Version

BOUNDS = ["0.0.1", "0.1.0", "1.0.0-0", "1.0.0-a", "1.0.0", "1.0.1-0", "1.1.0", "2.0.0"]


def vulnerable(version, events):
    """The evaluation that the OSV schema publishes (`IncludedInRanges`, `BeforeLimits`), step by step."""

    def key(text):
        return LEAST if text == "0" else Version.parse(text).sort_key

    def place(event):
        ((kind, text),) = event.items()
        return key(text), kind == "last_affected"

    limits = [event["limit"] for event in events if "limit" in event]
    if limits and not any(limit == "*" or version.sort_key < key(limit) for limit in limits):
        return False
    affected = False
    for event in sorted((event for event in events if "limit" not in event), key=place):
        ((kind, text),) = event.items()
        if version.sort_key > key(text) or (kind != "last_affected" and version.sort_key == key(text)):
            affected = kind == "introduced"
    return affected


@st.composite
def timelines(draw):
    ending = draw(st.sampled_from(["fixed", "last_affected"]))
    begin = draw(st.sampled_from(["0", *BOUNDS]))
    further = draw(
        st.lists(
            st.tuples(st.sampled_from(["introduced", ending, "limit"]), st.sampled_from(BOUNDS)), max_size=6
        )
    )
    unlimited = [{"limit": "*"}] if draw(st.integers(0, 5)) == 0 else []
    return draw(
        st.permutations([{"introduced": begin}, *({kind: text} for kind, text in further), *unlimited])
    )


@given(timelines())
@settings(deadline=None)
def test_events_mean_what_the_published_evaluation_says(events):
    expected = {version for version in DENSE if vulnerable(version, events)}
    try:
        found = Range.from_osv(events)
    except Malformed as error:
        assert "no version" in error.what
        assert not expected
    else:
        assert {version for version in DENSE if version in found} == expected


@given(ranges().filter(bool))
def test_a_set_is_read_back_from_its_events(versions):
    assert Range.from_osv(versions.to_osv()) == versions


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("*", [{"introduced": "0"}]),
        ("<1.0.2", [{"introduced": "0"}, {"fixed": "1.0.2"}]),
        (
            ">=1.0.0 <1.0.2 || >=3.0.0 <3.2.5",
            [{"introduced": "1.0.0"}, {"fixed": "1.0.2"}, {"introduced": "3.0.0"}, {"fixed": "3.2.5"}],
        ),
        ("<=2.1.214", [{"introduced": "0"}, {"last_affected": "2.1.214"}]),
        ("1.0.0", [{"introduced": "1.0.0"}, {"last_affected": "1.0.0"}]),
        (">1.0.0", [{"introduced": "1.0.1-0"}]),
        # Both kinds of end may not be mixed, and only one of these two ends can be written as the last one affected.
        (
            "1.0.0 || >=2.0.0 <3.0.0",
            [{"introduced": "1.0.0"}, {"fixed": "1.0.1-0"}, {"introduced": "2.0.0"}, {"fixed": "3.0.0"}],
        ),
    ],
)
def test_a_set_is_written_in_the_words_that_its_bounds_have(text, events):
    assert Range.parse(text).to_osv() == events
    assert Range.from_osv(events) == Range.parse(text)


@pytest.mark.parametrize(
    ("events", "text"),
    [
        ([{"introduced": "0"}, {"fixed": "1.0.0"}, {"introduced": "1.0.0"}, {"fixed": "2.0.0"}], "<2.0.0"),
        ([{"last_affected": "1.0.0"}, {"introduced": "1.0.0"}], "1.0.0"),
        ([{"fixed": "1.0.0"}, {"introduced": "2.0.0"}], ">=2.0.0"),
        ([{"introduced": "1.0.0"}, {"introduced": "2.0.0"}, {"fixed": "3.0.0"}], ">=1.0.0 <3.0.0"),
        ([{"introduced": "0"}, {"limit": "1.0.0"}, {"limit": "2.0.0"}], "<2.0.0"),
        ([{"introduced": "0"}, {"limit": "1.0.0"}, {"limit": "*"}], "*"),
    ],
)
def test_unusual_timelines_are_read(events, text):
    assert Range.from_osv(events) == Range.parse(text)


@pytest.mark.parametrize(
    ("events", "says", "where"),
    [
        ([], "begins", "events"),
        ([{"fixed": "1.0.0"}], "begins", "events"),
        ([{"introduced": "0", "fixed": "1.0.0"}], "one key", "events[0]"),
        ([{"introduced": "0"}, {}], "one key", "events[1]"),
        ([{"introduced": "0"}, {"repaired": "1.0.0"}], "one key", "events[1]"),
        ([{"introduced": "0"}, {"fixed": 1}], "no text", "events[1]"),
        ([{"introduced": "0"}, {"fixed": "1.0"}], "'1.0' is no semantic version", "events[1]"),
        ([{"introduced": "0"}, {"fixed": "0"}], "'0' is no semantic version", "events[1]"),
        ([{"introduced": "v1.0.0"}], "'v1.0.0' is no semantic version", "events[0]"),
        ([{"introduced": "0"}, {"fixed": "1.0.0"}, {"last_affected": "2.0.0"}], "mixed", "events"),
        ([{"introduced": "1.0.0"}, {"fixed": "1.0.0"}], "no version", "events"),
        ([{"introduced": "2.0.0"}, {"limit": "1.0.0"}], "no version", "events"),
    ],
)
def test_events_that_are_not_well_formed_are_refused_by_place(events, says, where):
    with pytest.raises(Malformed) as caught:
        Range.from_osv(events)
    assert says in caught.value.what
    assert caught.value.where == where
    assert caught.value.remedy
