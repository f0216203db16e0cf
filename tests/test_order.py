"""What needs something comes after it, unless they go in a circle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from umr_ld.order import needs_first

GRAPHS = st.integers(1, 8).flatmap(
    lambda size: st.lists(st.lists(st.integers(0, size - 1), max_size=4), min_size=size, max_size=size).map(
        lambda several: dict(enumerate(several))
    )
)


def reached(needs, start):
    """Everything that is needed, over any number of steps."""
    found, waiting = set(), [*needs[start]]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += needs[one]
    return found


@given(GRAPHS)
def test_each_comes_once_and_after_what_it_needs_unless_that_needs_it_too(needs):
    order = list(needs_first(needs))
    assert sorted(order) == sorted(needs)
    for one, own in needs.items():
        for need in own:
            if one not in reached(needs, need):
                assert order.index(need) < order.index(one)


def test_what_needs_nothing_stays_as_given():
    assert list(needs_first({"b": [], "a": [], "c": []})) == ["b", "a", "c"]


def test_a_chain_may_be_long():
    size = 50_000
    assert next(needs_first({at: [at + 1] if at < size else [] for at in range(size + 1)})) == size
