"""Inheritance, against a definition that is a few lines long."""

from __future__ import annotations

from drafts import draft
from hypothesis import given, settings
from hypothesis import strategies as st

from umr_ld.addresses import Base
from umr_ld.inherit import effective
from umr_ld.reading import read
from umr_ld.record import Node, shown
from umr_ld.vocab import vocabulary

NAMES = ["lab/a", "lab/b", "lab/c", "lab/d", "lab/e"]
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "license": st.sampled_from(["MIT", "Apache-2.0"]),
        "keyword": st.lists(st.sampled_from(["one", "two", "three"]), min_size=1, max_size=2, unique=True),
        "title": st.sampled_from(["A title", "Another"]),
        "answer": st.lists(
            st.sampled_from(["alpha", "beta", "gamma"]).map(
                lambda key: {"indicator": f"https://example.org/q#{key}", "value": "1"}
            ),
            min_size=1,
            max_size=2,
            unique_by=lambda answer: answer["indicator"],
        ),
    },
)
WORLDS = st.fixed_dictionaries(
    {
        name: st.tuples(FACTS, st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), max_size=3))
        for name in NAMES
    }
)


def world_of(described):
    records = {}
    for name, (facts, links) in described.items():
        words = [f"basedOn {to}{' inherit' * inherit}" for to, inherit in links]
        document = draft(f"{name}@1.0.0", *words, **facts)
        records[name] = read(document, Base(), vocabulary()).record
    return records


def distances(start, records):
    """Distance and first way, by the definition: fewest hops, then the authors' order of links."""
    found = {start: (0, ())}
    for _ in records:
        for name, (hops, way) in list(found.items()):
            for link in records[name].links:
                step = (hops + 1, (*way, link.number))
                if link.inherit and (link.artifact not in found or step < found[link.artifact]):
                    found[link.artifact] = step
    return sorted(found, key=found.get)


def keyed(value):
    if not isinstance(value, Node):
        return ""
    return shown(value.facts["https://w3id.org/umr-ld/ns#indicator"][0])


def oracle(start, records, key):
    """The origins of the values of a property, straight from the definition."""
    vocabulary_ = vocabulary()
    rule = vocabulary_.properties[vocabulary_.iri_of(key)]
    order = distances(start, records)
    held = {}
    for name in order if rule.inheritance != "never" else [start]:
        values = records[name].facts.get(rule.iri, ())
        if rule.inheritance_key:
            for value in values:
                held.setdefault(keyed(value), []).append(name)
        elif rule.inheritance == "union":
            for value in values:
                held.setdefault(shown(value), []).append(name)
        elif values and not held:
            held = {shown(value): [name] for value in values}
    return {what: names[0] for what, names in held.items()}


@settings(max_examples=300, deadline=None)
@given(WORLDS, st.sampled_from(["license", "keyword", "title", "answer"]))
def test_effective_values_are_what_the_definition_says(described, key):
    records = world_of(described)
    start = "lab/a"
    held = effective(records[start], lambda link: records.get(link.artifact), vocabulary())
    iri = vocabulary().iri_of(key)
    found = {
        keyed(one.value) if key == "answer" else shown(one.value): str(one.origin.name)
        for one in held.values.get(iri, ())
    }
    assert found == oracle(start, records, key)


def test_what_is_not_linked_as_inheriting_hands_nothing_down():
    records = world_of({"lab/a": ({}, [("lab/b", False)]), "lab/b": ({"license": "MIT"}, [])})
    held = effective(records["lab/a"], lambda link: records.get(link.artifact), vocabulary())
    assert list(held.inherited()) == []


def test_the_second_parent_is_nearer_than_the_grandparent():
    records = world_of(
        {
            "lab/a": ({}, [("lab/b", True), ("lab/c", True)]),
            "lab/b": ({}, [("lab/d", True)]),
            "lab/c": ({"license": "MIT"}, []),
            "lab/d": ({"license": "Apache-2.0"}, []),
        }
    )
    held = effective(records["lab/a"], lambda link: records.get(link.artifact), vocabulary())
    ((name, one),) = held.inherited()
    assert vocabulary().key_of(name) == "license"
    assert (str(one.origin), one.hops) == ("lab/c@1.0.0", 1)


def test_a_long_chain_is_followed_to_its_end():
    records = {}
    for number in range(300):
        words = [f"basedOn chain/n{number + 1}-x inherit"] if number < 299 else []
        facts = {"license": "MIT"} if number == 299 else {}
        records[f"chain/n{number}-x"] = read(
            draft(f"chain/n{number}-x@1.0.0", *words, **facts), Base(), vocabulary()
        ).record
    held = effective(records["chain/n0-x"], lambda link: records.get(link.artifact), vocabulary())
    assert [one.hops for _, one in held.inherited()] == [299]
