"""Who is affected, against the definition: on graphs with circles, ranges, statements and weak relations."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise
from operator import or_

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_reachability import NAMES, RANGES, VERSIONS, fill, publication

from umr_ld.index.sqlite import SqliteIndex
from umr_ld.lineage import impact
from umr_ld.names import Ref
from umr_ld.ranges import NOTHING, Range
from umr_ld.risk import Aliases, Answer, Case, Cell, Ruling, Scope, expose
from umr_ld.versions import Version

CLEAR, POSSIBLY, AFFECTED = Answer
CELLS = {"carries": Cell.FULL, "weakens": Cell.WEAK, "stops": Cell.STOPS}
STATEMENT = Ref.parse("statement/x@1.0.0")


# -- the definition, as it is written


def named(scope, link, own):
    """How the versions of a link stand by what is said of its artifact itself."""
    carrying = [one for one in own if link.revision and one.revision == link.revision]
    carrying = [one for one in carrying if one.version in link.versions]
    if link.revision and link.revision in scope.revisions:
        return AFFECTED
    if carrying:
        each = {direct(scope, one) for one in carrying}
        return each.pop() if len(each) == 1 else POSSIBLY
    known = scope.versions | Range.of(*(one.version for one in own if one.revision in scope.revisions))
    if link.versions <= known:
        return AFFECTED
    exact = link.versions.exact
    missing = scope.revisions - {one.revision for one in own}
    could_be = missing and not link.revision and exact not in [one.version for one in own if exact]
    return POSSIBLY if link.versions & known or scope.undecided or could_be else CLEAR


def direct(scope, one):
    if one.version in scope.versions or one.revision in scope.revisions:
        return AFFECTED
    return POSSIBLY if scope.undecided else CLEAR


def covers(link, one):
    return one.version in link.versions and link.revision in {"", one.revision}


def scope_of(name, scopes, same):
    """What is said of any name of an artifact."""
    found = [scope for one, scope in scopes.items() if one in same(name)]
    return reduce(or_, found) if found else None


def hop(link, world, scopes, verdict, same):
    own = [one for one in world if str(one.name) in same(link.artifact)]
    scope = scope_of(link.artifact, scopes, same)
    d = named(scope, link, own) if scope else CLEAR
    r = [verdict[one.seq] for one in own if covers(link, one)]
    if d is AFFECTED or (r and all(one is AFFECTED for one in r)):
        answer = AFFECTED
    elif d is CLEAR and all(one is CLEAR for one in r):
        answer = CLEAR
    else:
        answer = POSSIBLY
    return [CLEAR, min(answer, POSSIBLY), answer][CELLS[link.relation]]


def oracle(world, scopes, rulings, reviews, same):
    verdict = dict.fromkeys((one.seq for one in world), CLEAR)
    while True:
        new = {}
        for one in world:
            scope = scope_of(str(one.name), scopes, same)
            hit = direct(scope, one) if scope else CLEAR
            hit = reviews.get(one.seq, hit) if hit else CLEAR
            hops = max((hop(link, world, scopes, verdict, same) for link in one.links), default=CLEAR)
            new[one.seq] = max(hit, rulings.get(one.seq, hops))
        if new == verdict:
            return verdict
        verdict = new


# -- worlds


def worlds(*relations):
    links = st.lists(
        st.tuples(
            st.sampled_from(relations),
            st.sampled_from([*NAMES, "lab/elsewhere"]),
            st.sampled_from(RANGES),
            st.sampled_from(["", "", "", "r1"]),
        ),
        max_size=3,
    )
    return st.dictionaries(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(VERSIONS)).map("@".join),
        st.tuples(links, st.sampled_from(["", "r1"])),
        min_size=1,
        max_size=10,
    )


WORLDS = worlds("carries", "carries", "weakens", "stops")
SCOPES = st.dictionaries(
    st.sampled_from([*NAMES, "lab/elsewhere"]),
    st.builds(
        Scope,
        st.sampled_from([*map(Range.parse, ["*", "^1", "2.0.0", "<1.1.0"]), NOTHING]),
        st.sampled_from([frozenset(), frozenset(), frozenset({"r1"}), frozenset({"r2"})]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=2,
)


def rulings_for(world, chosen):
    refs = {one.seq: Ref(one.name, one.version) for one in world}
    return {seq: Ruling(STATEMENT, refs[seq], answer) for seq, answer in chosen.items() if seq in refs}


def built(tmp_path_factory, described):
    index = SqliteIndex(tmp_path_factory.mktemp("world") / "index.db")
    world = [
        publication(seq, ref, links, rev) for seq, (ref, (links, rev)) in enumerate(described.items(), 1)
    ]
    fill(index, world)
    return index, world


ALIASES = st.lists(
    st.tuples(st.sampled_from([*NAMES, "lab/elsewhere"]), st.sampled_from([*NAMES, "https://x.example/a"])),
    max_size=2,
)
RULED = st.dictionaries(st.integers(1, 10), st.sampled_from(list(Answer)), max_size=2)


@settings(max_examples=200, deadline=None)
@given(WORLDS, SCOPES, RULED, RULED, ALIASES)
def test_verdicts_are_those_of_the_definition(tmp_path_factory, described, scopes, ruled, reviewed, pairs):
    compared(tmp_path_factory, described, scopes, ruled, reviewed, pairs)


STRONG = worlds("carries", "carries", "carries", "stops")


@settings(max_examples=150, deadline=None)
@given(STRONG, SCOPES, RULED, RULED)
def test_verdicts_are_those_of_the_definition_where_nothing_is_weak(
    tmp_path_factory, described, scopes, ruled, reviewed
):
    compared(tmp_path_factory, described, scopes, ruled, reviewed)


@pytest.mark.slow
@settings(max_examples=4000, deadline=None)
@given(WORLDS | STRONG, SCOPES, RULED, RULED, ALIASES)
def test_verdicts_are_those_of_the_definition_on_thousands(
    tmp_path_factory, described, scopes, ruled, reviewed, pairs
):
    compared(tmp_path_factory, described, scopes, ruled, reviewed, pairs)


def same_by(pairs):
    """All names of an artifact, by the definition: what pairs lead to, over any number of steps."""

    def same(name):
        found = {name}
        while more := {other for pair in pairs for other in pair if found & set(pair)} - found:
            found |= more
        return found

    return same


def compared(tmp_path_factory, described, scopes, ruled, reviewed, pairs=()):
    index, world = built(tmp_path_factory, described)
    case = Case(
        scopes,
        CELLS.__getitem__,
        rulings=rulings_for(world, ruled),
        reviews=rulings_for(world, reviewed),
        aliases=Aliases(pairs),
    )
    found = expose(index, case)
    index.close()

    said = {str(one.ref): one.answer for one in found}
    same = same_by(pairs)
    expected = oracle(world, scopes, ruled, reviewed, same)
    assert {ref: answer for ref, answer in said.items() if answer} == {
        f"{one.name}@{one.version}": expected[one.seq] for one in world if expected[one.seq]
    }
    assert [*found.with_paths()] == [(one, found.path(one)) for one in found]
    assert [found[at] for at in range(len(found))] == [*found]
    outlined = [(one.number, one.answer, one.depth) for one in found.outline]
    assert outlined == [(one.number, one.answer, one.depth) for one in found]
    for one in found:
        path_is_proof(found, one, scopes, world, ruled, same)


def path_is_proof(found, one, scopes, world, ruled, same):
    """Every step follows from the one before, and the last ends at what is hit, or at a statement's word."""
    path = found.path(one)
    assert len(path) == one.depth or one.depth == 0
    by_ref = {f"{known.name}@{known.version}": known for known in world}
    least = one.arrives
    for step, following in pairwise(path):
        assert step.reached == following.ref
    for step in path:
        cell = CELLS[step.relation]
        assert cell is Cell.FULL or (cell is Cell.WEAK and least is POSSIBLY)
        link = [
            link
            for link in by_ref[str(step.ref)].links
            if (link.relation, link.versions, link.revision) == (step.relation, step.versions, step.revision)
            and link.artifact in same(step.artifact)
        ]
        assert link
    if path and path[-1].reached is None:
        assert scope_of(path[-1].artifact, scopes, same)
    elif path:
        last = by_ref[str(path[-1].reached)]
        assert scope_of(str(last.name), scopes, same) or last.seq in ruled


@settings(max_examples=60, deadline=None)
@given(WORLDS, SCOPES, RULED, ALIASES, st.randoms(use_true_random=False))
def test_verdicts_do_not_depend_on_the_order_of_publication(
    tmp_path_factory, described, scopes, ruled, pairs, random_
):
    refs = list(described)
    shuffled = random_.sample(refs, len(refs))
    answers = []
    for order in (refs, shuffled):
        index, world = built(tmp_path_factory, {ref: described[ref] for ref in order})
        numbers = {ref: order.index(ref) + 1 for ref in refs}
        moved = {numbers[refs[seq - 1]]: answer for seq, answer in ruled.items() if seq <= len(refs)}
        case = Case(scopes, CELLS.__getitem__, rulings=rulings_for(world, moved), aliases=Aliases(pairs))
        found = expose(index, case)
        answers.append([(str(one.ref), one.answer, one.depth, found.path(one)) for one in found])
        index.close()
    assert answers[0] == answers[1]


@pytest.fixture
def index(tmp_path):
    made = SqliteIndex(tmp_path / "index.db")
    yield made
    made.close()


def scope(text):
    return Scope(Range.parse(text))


def test_a_chain_of_ten_thousand_is_affected_to_its_end(index):
    chain = [publication(1, "chain/n0@1.0.0")]
    for number in range(1, 10_000):
        link = ("carries", f"chain/n{number - 1}", "1.0.0", "")
        chain.append(publication(number + 1, f"chain/n{number}@1.0.0", [link]))
    index.apply(chain, 10_000, "c" * 64)
    found = expose(index, Case({"chain/n0": scope("*")}, CELLS.__getitem__))
    assert len(found) == 10_000
    assert all(one.answer is AFFECTED for one in found)
    assert len(found.path(found[-1])) == 9_999


def test_of_thousands_of_versions_each_is_found_for_whoever_names_it(index):
    most = 3_000
    world = [publication(number, f"lab/a@1.{number}.0") for number in range(1, most + 1)]
    for number in range(1, most + 1):
        link = ("carries", "lab/a", f"1.{number}.0", "")
        world.append(publication(most + number, f"lab/b@1.{number}.0", [link]))
        link = ("carries", "lab/b", f"1.{number}.0", "")
        world.append(publication(2 * most + number, f"lab/c{number}@1.0.0", [link]))
    world.sort(key=lambda one: one.seq)
    index.apply(world, len(world), "c" * 64)
    found = expose(index, Case({"lab/a": scope("<1.1000.0")}, CELLS.__getitem__))
    assert {one.answer for one in found} == {AFFECTED}
    assert [one.depth for one in found] == [0] * 999 + [1] * 999 + [2] * 999
    assert {str(hit) for hit in impact(index, "lab/a", Range.parse("<1.1000.0"))} == {
        str(one.ref) for one in found if one.depth
    }


def test_of_several_versions_that_a_link_may_mean_one_that_is_free_makes_it_possible(index):
    fill(
        index,
        [
            publication(1, "lab/a@1.0.0"),
            publication(2, "lab/a@1.1.0"),
            publication(3, "lab/b@1.0.0", [("carries", "lab/a", "^1", "")]),
            publication(4, "lab/c@1.0.0", [("carries", "lab/a", "1.0.0", "")]),
            publication(5, "lab/d@1.0.0", [("carries", "lab/b", None, "")]),
        ],
    )
    found = expose(index, Case({"lab/a": scope("1.0.0")}, CELLS.__getitem__))
    assert {str(one.ref.name): one.answer for one in found} == {
        "lab/a": AFFECTED,
        "lab/b": POSSIBLY,
        "lab/c": AFFECTED,
        "lab/d": POSSIBLY,
    }


def test_of_several_records_that_a_link_covers_one_that_is_clear_makes_it_possible(index):
    fill(
        index,
        [
            publication(1, "lab/a@1.0.0"),
            publication(2, "lab/b@1.0.0", [("carries", "lab/a", None, "")]),
            publication(3, "lab/b@2.0.0"),
            publication(4, "lab/c@1.0.0", [("carries", "lab/b", None, "")]),
        ],
    )
    found = expose(index, Case({"lab/a": scope("*")}, CELLS.__getitem__))
    assert [(str(one.ref), one.answer) for one in found] == [
        ("lab/a@1.0.0", AFFECTED),
        ("lab/b@1.0.0", AFFECTED),
        ("lab/c@1.0.0", POSSIBLY),
    ]


def test_the_path_of_what_is_affected_for_sure_goes_over_the_record_that_is(index):
    fill(
        index,
        [publication(1, "lab/a@1.0.0"), publication(2, "lab/b@1.0.0", [("carries", "lab/a", "^1", "")])],
    )
    found = expose(index, Case({"lab/a": scope("1.0.0")}, CELLS.__getitem__))
    (_, last) = found
    assert last.answer is AFFECTED
    assert [str(step.reached) for step in found.path(last)] == ["lab/a@1.0.0"]


def test_the_strongest_path_is_told_even_if_a_weaker_one_is_shorter(index):
    fill(
        index,
        [
            publication(1, "lab/a@1.0.0"),
            publication(2, "lab/b@1.0.0", [("carries", "lab/a", None, "")]),
            publication(3, "lab/c@1.0.0", [("weakens", "lab/a", None, ""), ("carries", "lab/b", None, "")]),
        ],
    )
    found = expose(index, Case({"lab/a": scope("*")}, CELLS.__getitem__))
    last = found[-1]
    assert (str(last.ref), last.answer) == ("lab/c@1.0.0", AFFECTED)
    assert [str(step) for step in found.path(last)] == [
        "lab/c@1.0.0 carries lab/b",
        "lab/b@1.0.0 carries lab/a",
    ]


def test_an_advisory_on_what_nobody_knows_hits_nothing(index):
    assert not expose(index, Case({"lab/nowhere": scope("*")}, CELLS.__getitem__))


@pytest.mark.parametrize(
    ("version", "revision", "answer"),
    [("1.0.0", "", AFFECTED), ("2.0.0", "r1", AFFECTED), ("2.0.0", "", POSSIBLY), ("2.0.0", "r2", POSSIBLY)],
)
def test_where_the_order_of_versions_is_not_known_no_other_is_surely_free(version, revision, answer):
    undecided = Scope(Range.parse("1.0.0"), frozenset({"r1"}), undecided=True)
    assert undecided.of_record(Version.parse(version), revision) is answer
