"""Lineage and impact against the definition, on graphs with circles, ranges, revisions and gaps."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umr_ld import lineage
from umr_ld.errors import Damaged
from umr_ld.index import Publication, Withdrawal
from umr_ld.index.sqlite import SqliteIndex
from umr_ld.names import Name, Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.record import Link
from umr_ld.versions import Version

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ["lab/a", "lab/b", "lab/c", "lab/d", "lab/e"]
VERSIONS = ["1.0.0", "1.1.0", "2.0.0-rc.1", "2.0.0"]
RANGES = [None, "1.0.0", "^1", ">=2.0.0-0", "<1.1.0"]


def publication(seq, ref, links=(), revision=""):
    parsed = Ref.parse(ref)
    return Publication(
        seq=seq,
        location=seq,
        time=START + timedelta(minutes=seq),
        agent="test",
        name=parsed.name,
        version=parsed.version,
        kind="Model",
        title=ref,
        digest=f"{seq:064x}",
        revision=revision,
        links=tuple(
            Link(
                number=number,
                relation=relation,
                artifact=artifact,
                versions=EVERYTHING if versions is None else Range.parse(versions),
                revision=wanted,
                iri=f"urn:{seq}#{number}",
            )
            for number, (relation, artifact, versions, wanted) in enumerate(links, 1)
        ),
    )


@pytest.fixture
def index(tmp_path):
    made = SqliteIndex(tmp_path / "index.db")
    yield made
    made.close()


def fill(index, publications):
    for one in publications:
        index.apply([one], one.seq, "c" * 64)


LINKS = st.lists(
    st.tuples(
        st.sampled_from(["fineTunedFrom", "basedOn"]),
        st.sampled_from([*NAMES, "lab/elsewhere"]),
        st.sampled_from(RANGES),
        st.sampled_from(["", "", "", "r1"]),
    ),
    max_size=3,
)
WORLDS = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(VERSIONS)).map("@".join),
    st.tuples(LINKS, st.sampled_from(["", "r1"])),
    max_size=9,
)


def covers(link, record):
    """Whether a link means a record: artifact, range and, where one is named, revision."""
    named = link.artifact == str(record.name) and record.version in link.versions
    return named and (not link.revision or link.revision == record.revision)


def meets(link, name, asked, recorded):
    """Whether a link means any version asked for; a revision that nobody carries may be any version."""
    if link.artifact != name:
        return False
    carrying = [one.version for one in recorded if link.revision and one.revision == link.revision]
    if carrying:
        return any(version in link.versions and version in asked for version in carrying)
    return bool(link.versions & asked)


def oracle(world, name, asked):
    """Depth of everything downstream, by the definition, in as many rounds as there are records."""
    depth = {}
    roots = {one.seq for one in world if str(one.name) == name and one.version in asked}
    own = [one for one in world if str(one.name) == name]
    for one in world:
        if one.seq not in roots and any(meets(link, name, asked, own) for link in one.links):
            depth[one.seq] = 1
    for _ in world:
        for one in world:
            above = [
                depth[up.seq] + 1
                for up in world
                for link in one.links
                if up.seq in depth and covers(link, up)
            ]
            if above and one.seq not in roots:
                depth[one.seq] = min(depth.get(one.seq, 10**6), *above)
    return depth


def first_link(world, seq, name, asked, depth):
    """Of the links by which a record is reached soonest: of the least artifact, the record's first."""
    own = [one for one in world if str(one.name) == name]
    (one,) = (one for one in world if one.seq == seq)
    soonest = [
        link
        for link in one.links
        if (depth[seq] == 1 and meets(link, name, asked, own))
        or any(depth.get(up.seq) == depth[seq] - 1 and covers(link, up) for up in world)
    ]
    return min(soonest, key=lambda link: (link.artifact, link.number))


ASKED_NAMES = st.sampled_from([*NAMES, "lab/elsewhere"])
ASKED_RANGES = st.sampled_from(["*", "^1", "2.0.0", "<1.1.0"])


@settings(max_examples=100, deadline=None)
@given(WORLDS, ASKED_NAMES, ASKED_RANGES)
def test_impact_is_what_the_definition_says(tmp_path_factory, described, name, asked):
    compared(tmp_path_factory, described, name, asked)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(WORLDS, ASKED_NAMES, ASKED_RANGES)
def test_impact_is_what_the_definition_says_on_a_thousand(tmp_path_factory, described, name, asked):
    compared(tmp_path_factory, described, name, asked)


def compared(tmp_path_factory, described, name, asked):
    index = SqliteIndex(tmp_path_factory.mktemp("world") / "index.db")
    world = [
        publication(seq, ref, links, rev) for seq, (ref, (links, rev)) in enumerate(described.items(), 1)
    ]
    fill(index, world)
    found = lineage.impact(index, name, Range.parse(asked))
    seqs = {str(Ref(one.name, one.version)): one.seq for one in world}
    depth = oracle(world, name, Range.parse(asked))
    assert {seqs[str(hit.ref)]: hit.depth for hit in found} == depth
    for hit in found:
        link = first_link(world, seqs[str(hit.ref)], name, Range.parse(asked), depth)
        hop = hit.hop
        assert (hop.artifact, hop.relation) == (link.artifact, link.relation)
        assert (hop.versions, hop.revision) == (link.versions, link.revision)
        assert len(hit.path) == hit.depth
        assert str(hit.path[0].ref) == str(hit.ref)
        assert hit.path[-1].artifact == name
        for hop, following in zip(hit.path, hit.path[1:], strict=False):
            assert hop.reached == following.ref
    assert [(hit.depth, str(hit.ref.name)) for hit in found] == sorted(
        (h.depth, str(h.ref.name)) for h in found
    )
    index.close()


@settings(max_examples=50, deadline=None)
@given(WORLDS, st.integers(0, 9))
def test_answers_as_of_then_are_those_of_a_registry_that_ends_then(tmp_path_factory, described, then):
    folder = tmp_path_factory.mktemp("worlds")
    whole, early = SqliteIndex(folder / "whole.db"), SqliteIndex(folder / "early.db")
    world = [
        publication(seq, ref, links, rev) for seq, (ref, (links, rev)) in enumerate(described.items(), 1)
    ]
    fill(whole, world)
    fill(early, world[:then])
    for name in NAMES:
        now, past = lineage.impact(early, name), lineage.impact(whole, name, at=then)
        assert [(str(hit), hit.depth, hit.path) for hit in now] == [
            (str(hit), hit.depth, hit.path) for hit in past
        ]
    whole.close()
    early.close()


@pytest.mark.parametrize("cut", [1, 100, 1000])
def test_links_that_say_the_same_are_read_as_one_however_they_were_written(tmp_path, cut):
    world = [publication(1, "lab/a@1.0.0")] + [
        publication(
            seq, f"lab/of{seq}@1.0.0", [("basedOn", "lab/a", "^1", ""), ("basedOn", "lab/a", "^1", "")]
        )
        for seq in range(2, 302)
    ]
    index = SqliteIndex(tmp_path / "index.db")
    for start in range(0, len(world), cut):
        part = world[start : start + cut]
        index.apply(part, part[-1].seq, "c" * 64)
    artifact = index.artifact_id("lab/a")
    for then in (1, 2, 128, 129, 130, 257, 301, None):
        strands = index.strands([artifact], then)
        read = [([*one.records], [*one.names], [*one.numbers]) for one in strands]
        seqs = range(2, (301 if then is None else then) + 1)
        assert read == ([([*seqs], [f"lab/of{seq}" for seq in seqs], [1] * len(seqs))] if seqs else [])
    assert index.check()
    index.close()


def links_in(strands):
    """Each link by itself."""
    return sorted(
        (one.target, one.relation, one.versions or 0, one.revision, one.evidence, *rest)
        for one in strands
        for rest in zip(one.records, one.numbers, one.makers, one.own, one.names, strict=True)
    )


@settings(max_examples=50, deadline=None)
@given(WORLDS, st.sets(st.integers(1, 9)), st.integers(0, 9))
def test_links_of_some_records_are_those_among_all(tmp_path_factory, described, some, then):
    index = SqliteIndex(tmp_path_factory.mktemp("world") / "index.db")
    world = [
        publication(seq, ref, links, rev) for seq, (ref, (links, rev)) in enumerate(described.items(), 1)
    ]
    fill(index, world)
    artifacts = [number for name in NAMES if (number := index.artifact_id(name)) is not None]
    every = links_in(index.strands(artifacts, then))
    assert links_in(index.strands(artifacts, then, some)) == [link for link in every if link[5] in some]
    index.close()


SPOILED = {
    "a link is missing": "UPDATE strand SET numbers = x'', names = '' WHERE chunk = 0",
    "a chunk is missing": "DELETE FROM strand",
    "a link leads elsewhere": "UPDATE strand SET evidence = 1, relation = 1, versions = 1",
    "a link is of another record": "UPDATE strand SET numbers = CAST(x'01000000' || substr(numbers, 5) AS BLOB)",
    "a record has another name": "UPDATE strand SET names = replace(names, 'lab/b', 'lab/x')",
    "there are more names than records": "UPDATE strand SET names = names || char(10) || 'lab/x'",
    "an artifact is not noted as named": "DELETE FROM named",
    "a page of what is named is cut off": "UPDATE named SET bits = x''",
    "an artifact is noted that nobody names": "UPDATE named SET bits = CAST(x'ff' || substr(bits, 2) AS BLOB)",
}


def spoiled(path, change):
    """An index whose file was changed behind its back."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(change)
        db.commit()
    return SqliteIndex(path, read_only=True)


@pytest.mark.parametrize("change", SPOILED.values(), ids=SPOILED)
def test_a_strand_that_is_not_what_the_links_say_is_found(tmp_path, change):
    path = tmp_path / "index.db"
    index = SqliteIndex(path)
    fill(
        index,
        [publication(1, "lab/a@1.0.0"), publication(2, "lab/b@1.0.0", [("basedOn", "lab/a", None, "")])],
    )
    assert index.check()
    index.close()
    index = spoiled(path, change)
    assert {finding.rule for finding in index.check().findings} == {"index-strands"}
    index.close()


UNREADABLE = {
    "columns do not fit together": "UPDATE strand SET names = names || char(10) || 'lab/x'",
    "the first of several rows is missing": "UPDATE strand SET chunk = 1",
    "a page of what is named is cut off": "UPDATE named SET bits = x''",
}


@pytest.mark.parametrize("change", UNREADABLE.values(), ids=UNREADABLE)
def test_links_that_cannot_be_read_are_damage_and_what_mends_it_is_said(tmp_path, change):
    path = tmp_path / "index.db"
    index = SqliteIndex(path)
    fill(index, chain(100))
    index.close()
    index = spoiled(path, change)
    with pytest.raises(Damaged) as refusal:
        index.strands(range(1, 101))
    assert "umr rebuild" in refusal.value.remedy
    index.close()


def chain(length):
    yield publication(1, "chain/n0@1.0.0")
    for number in range(1, length):
        yield publication(
            number + 1, f"chain/n{number}@1.0.0", [("basedOn", f"chain/n{number - 1}", "^1", "")]
        )


def test_a_chain_of_ten_thousand_is_followed_both_ways(index):
    index.apply(list(chain(10_000)), 10_000, "c" * 64)
    down = lineage.impact(index, "chain/n0")
    assert len(down) == 9_999
    assert len(down[-1].path) == 9_999
    up = lineage.upstream(index, Ref.parse("chain/n9999@1.0.0"))
    assert len(up.nodes) == 10_000
    assert sum(1 for _ in up.tree()) == 10_000
    assert len(lineage.downstream(index, Ref.parse("chain/n0@1.0.0"), depth=5).nodes) == 6


def test_circles_are_reported_and_end(index):
    fill(
        index,
        [
            publication(1, "lab/a@1.0.0", [("basedOn", "lab/b", None, ""), ("basedOn", "lab/a", None, "")]),
            publication(2, "lab/b@1.0.0", [("basedOn", "lab/a", None, "")]),
        ],
    )
    up = lineage.upstream(index, Ref.parse("lab/a@1.0.0"))
    circles = {tuple(map(str, circle)) for circle in up.cycles()}
    assert circles
    assert all({"lab/a@1.0.0"} <= set(circle) for circle in circles)
    assert [str(hit) for hit in lineage.impact(index, "lab/a")] == ["lab/b@1.0.0"]
    assert any(branch.closes for branch in up.tree())


def test_a_diamond_is_drawn_in_full_once(index):
    fill(
        index,
        [
            publication(1, "lab/z@1.0.0"),
            publication(2, "lab/top@1.0.0", [("basedOn", "lab/z", None, "")]),
            publication(3, "lab/left@1.0.0", [("basedOn", "lab/top", None, "")]),
            publication(4, "lab/right@1.0.0", [("basedOn", "lab/top", None, "")]),
            publication(
                5, "lab/below@1.0.0", [("basedOn", "lab/left", None, ""), ("basedOn", "lab/right", None, "")]
            ),
        ],
    )
    lines = list(lineage.upstream(index, Ref.parse("lab/below@1.0.0")).tree())
    assert [(line.depth, str(line.node), line.seen) for line in lines] == [
        (0, "lab/below@1.0.0", False),
        (1, "lab/left@1.0.0", False),
        (2, "lab/top@1.0.0", False),
        (3, "lab/z@1.0.0", False),
        (1, "lab/right@1.0.0", False),
        (2, "lab/top@1.0.0", True),
    ]


def test_a_link_leads_to_the_best_version_that_stands(index):
    fill(
        index,
        [
            publication(1, "lab/a@1.0.0"),
            publication(2, "lab/a@1.2.0"),
            publication(3, "lab/a@1.3.0-rc.1"),
            publication(4, "lab/a@1.3.0"),
            publication(5, "lab/b@1.0.0", [("basedOn", "lab/a", "^1", "")]),
        ],
    )
    assert best(index) == "lab/a@1.3.0"
    withdrawn = Withdrawal(6, START, "lab/a", Version.parse("1.3.0"), "bad")
    index.apply([withdrawn], 6, "c" * 64)
    assert best(index) == "lab/a@1.2.0"
    assert best(index, at=5) == "lab/a@1.3.0"


def best(index, at=None):
    up = lineage.upstream(index, Ref.parse("lab/b@1.0.0"), at=at)
    (edge,) = up.edges
    return str(edge.target)


HOSTILE_TEXTS = [
    '"',
    "'; DROP TABLE record; --",
    "a* OR b",
    "NEAR(a b)",
    "\0",
    "%",
    "_",
    "-",
    "^",
    "(",
    "模",
    "\ud800",
    " " * 50,
    "x" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=ascii)
def test_no_text_has_a_meaning_of_its_own_in_a_search(index, text):
    fill(index, [publication(1, "lab/a@1.0.0")])
    assert index.listing(text=text).total <= 1
    assert len(index.suggest(text)) <= 10
    assert index.ending(text) == ()
    assert index.is_named(text) is False
    for among in (index.recorded_among, index.named_among, index.alike_among):
        assert text not in among([text])


def test_many_names_are_looked_up_at_once_as_they_are_one_by_one(index):
    fill(
        index,
        [
            publication(
                1, "lab/model@1.0.0", [("basedOn", "far/model", None, ""), ("basedOn", "lab/a", None, "")]
            ),
            publication(2, "lab/a@1.0.0"),
            publication(3, "lab/a@1.1.0"),
        ],
    )
    names = ["lab/model", "lab/a", "far/model", "lab/none", *HOSTILE_TEXTS]
    assert {*index.recorded_among(names)} == {name for name in names if index.versions(name)}
    assert {*index.named_among(names)} == {name for name in names if index.is_named(name)}
    skeletons = [Name.known(name).skeleton for name in names]
    assert {*index.alike_among(skeletons)} == {one for one in skeletons if index.confusable(one)}
    assert not index.recorded_among([])


def test_names_that_end_alike_are_found_by_their_end(index):
    fill(
        index,
        [
            publication(1, "lab/model@1.0.0", [("basedOn", "far/model", None, "")]),
            publication(2, "x/models@1.0.0"),
        ],
    )
    assert index.ending("model") == ("far/model", "lab/model")
    assert index.ending("odel") == ()
    assert str(Name.parse("lab/model")) in index.suggest("lab/mdel")
