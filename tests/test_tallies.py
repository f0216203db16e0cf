"""Counts that are brought up from one publication to the next: always what counting anew would say."""

from __future__ import annotations

from collections import Counter

from drafts import draft
from hypothesis import given, settings
from hypothesis import strategies as st

from umr_ld.errors import UmrError
from umr_ld.index.tallies import Tallies
from umr_ld.registry import Registry

ASKED = [
    {},
    {"kind": "Model"},
    {"publisher": "A"},
    {"license": "https://spdx.org/licenses/MIT"},
    {"prefix": "lab/b"},
]

published = st.builds(
    lambda name, minor, kind, publisher, license_, tasks: draft(
        f"lab/{name}@1.{minor}.0", kind=kind, publisher=publisher, license=license_, task=tasks
    ),
    st.sampled_from("ab") | st.sampled_from(["c", "bb"]),
    st.integers(0, 4),
    st.sampled_from(["Model", "Dataset"]),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["MIT", "Apache-2.0"]),
    st.lists(st.sampled_from(["ranking", "translation"]), max_size=2),
)
steps = st.lists(published | st.just("withdraw") | st.just("look"), max_size=14)


def anew(registry, asked):
    """What an index that remembers nothing counts."""
    kept, registry._parts.index._tallies = registry._parts.index._tallies, Tallies()
    try:
        return registry.listing(limit=1, **asked)
    finally:
        registry._parts.index._tallies = kept


def counted(registry, asked):
    """What looking at every entry counts."""
    entries = registry.listing(limit=1000, **asked).entries
    return len(entries), {
        facet: dict(Counter(value for one in entries if (value := str(getattr(one, facet)))))
        for facet in ("kind", "publisher", "license")
    }


def step(registry, one):
    """A step that the registry refuses changes nothing, and is none the worse for it."""
    entries = registry.listing(limit=100).entries if one == "withdraw" else ()
    try:
        if entries:
            registry.withdraw(entries[0].ref, reason="wrong", agent="test")
        elif not isinstance(one, str):
            registry.publish([one], agent="test")
    except UmrError:
        pass


@settings(max_examples=40)
@given(steps)
def test_counts_are_those_of_counting_anew_after_any_history(history):
    with Registry.in_memory() as registry:
        for at, one in enumerate(history):
            step(registry, one)
            asked = ASKED[at % len(ASKED)]
            found, fresh = registry.listing(limit=1, **asked), anew(registry, asked)
            assert (found.total, found.facets) == (fresh.total, fresh.facets)
            total, facets = counted(registry, asked)
            assert found.total == total
            assert {facet: found.facets[facet] for facet in facets} == facets


def test_little_is_looked_at_where_little_changed():
    with Registry.in_memory() as registry:
        registry.publish([draft(f"lab/m{at}@1.0.0") for at in range(50)], agent="test")
        registry.listing()
        registry.publish([draft("lab/m1@2.0.0", kind="Dataset")], agent="test")
        index = registry._parts.index
        looked = []
        with index.steady(), index._files.reading() as db:
            db.set_progress_handler(lambda: looked.append(1) or 0, 1)
            registry.listing(limit=1)
            few, looked[:] = len(looked), []
            anew(registry, {})
            db.set_progress_handler(None, 0)
        assert few
        assert few < len(looked) / 2
