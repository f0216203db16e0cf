"""What the forms of a range mean: node-semver's by their definition, `vers:` strings; and what is refused."""

from __future__ import annotations

import operator
import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from universe import DENSE, npm_texts, versions

from umr_ld.errors import Malformed
from umr_ld.ranges import EVERYTHING, MAX_INTERVALS, MAX_TEXT, NOTHING, Range
from umr_ld.versions import MAX_LENGTH, Version

V = Version.parse
R = Range.parse


def members(found):
    return frozenset(version for version in DENSE if version in found)


# -- what each form means, by definition

COMPARE = {
    "": operator.eq,
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
WRITTEN = [
    "0.0.0",
    "0.0.1",
    "0.1.1",
    "1.0.0",
    "1.1.0",
    "1.1.2",
    "1.1.2-0",
    "1.1.2-a",
    "1.1.2-a.0",
    "1.1.0-0",
    "1.0.0-a",
]


@pytest.mark.parametrize(("sign", "text"), list(product(COMPARE, WRITTEN)))
def test_a_comparator_holds_what_compares_so(sign, text):
    expected = {version for version in DENSE if COMPARE[sign](version, V(text))}
    assert members(Range.from_npm(sign + text)) == expected


@pytest.mark.parametrize("text", WRITTEN)
def test_a_caret_lets_everything_rise_behind_the_first_number_that_is_not_0(text):
    numbers = V(text).numbers
    fixed = next((place for place in range(3) if numbers[place]), 2) + 1
    expected = {v for v in DENSE if v >= V(text) and v.numbers[:fixed] == numbers[:fixed]}
    assert members(R(f"^{text}")) == expected


@pytest.mark.parametrize(("sign", "text"), list(product(["~", "~>"], WRITTEN)))
def test_a_tilde_lets_the_patch_rise(sign, text):
    expected = {v for v in DENSE if v >= V(text) and v.numbers[:2] == V(text).numbers[:2]}
    assert members(R(sign + text)) == expected


OPEN = {
    "0": (0,),
    "1": (1,),
    "1.x": (1,),
    "1.X.*": (1,),
    "1.1": (1, 1),
    "1.1.x": (1, 1),
    "v1.0": (1, 0),
    "0.0": (0, 0),
}


@pytest.mark.parametrize("text", OPEN)
def test_numbers_left_open_may_be_any(text):
    known = OPEN[text]
    block = [v for v in DENSE if v.numbers[: len(known)] == known]
    assert members(R(text)) == members(R(f"={text}")) == members(R(f"~{text}")) == set(block)
    assert members(R(f">={text}")) == {v for v in DENSE if v >= block[0]}
    assert members(R(f"<={text}")) == {v for v in DENSE if v <= block[-1]}
    assert members(Range.from_npm(f">{text}")) == {v for v in DENSE if v > block[-1]}
    assert members(Range.from_npm(f"<{text}")) == {v for v in DENSE if v < block[0]}


@pytest.mark.parametrize(
    ("sign", "text"), list(product(["", "=", ">=", "<=", "^", "~", "~>"], ["*", "x", "X", "*.*", "x.x.x"]))
)
def test_a_version_left_open_whole_is_every_version(sign, text):
    assert R(sign + text) == EVERYTHING


@pytest.mark.parametrize(
    ("first", "last"),
    list(product(["0.0.1", "1", "1.1", "x", "1.1.0-a"], ["1.1.2", "2", "1.1", "*", "2.0.0-a"])),
)
def test_a_hyphen_range_goes_from_the_first_to_the_last_of_what_is_written(first, last):
    assert R(f"{first} - {last}") == R(f">={first}") & R(f"<={last}")


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.0.0", "1.0.0 1.5.0-beta 1.9.9", "0.9.9 1.0.0-rc.1 2.0.0-0 2.0.0-beta 2.0.0"),
        ("^0.2.3", "0.2.3 0.2.99", "0.2.3-a 0.3.0-0 0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.3-a 0.0.4-0 0.0.4"),
        ("^1.2.3-beta", "1.2.3-beta 1.2.3-beta.2 1.2.3-rc 1.2.4-a", "1.2.3-alpha 2.0.0-a"),
        ("~1.2.3", "1.2.3 1.2.4-a 1.2.9", "1.2.3-a 1.3.0-0"),
        ("1.x", "1.0.0-0 1.0.0 1.9.9", "0.9.9 2.0.0-0"),
        ("<2.0.0", "0.0.0-0 1.9.9 2.0.0-beta", "2.0.0"),
        ("<2", "1.9.9", "2.0.0-0 2.0.0-beta"),
        (">=1.0.0 <2.0.0", "1.0.0 2.0.0-beta", "1.0.0-rc 2.0.0"),
        (">1.2", "1.3.0-0 1.3.0", "1.2.99"),
        ("1.0.0 - 2.0.0", "1.0.0 1.5.0 2.0.0-rc 2.0.0", "1.0.0-rc 2.0.1-0"),
        ("1.0 - 2", "1.0.0-0 2.9.9", "0.9.9 3.0.0-0"),
        ("1.0.0 || >=3 <3.5 || 5.x", "1.0.0 3.4.9 5.0.0-a", "1.0.1-0 2.0.0 3.5.0-0 4.0.0"),
        (">= 1.0.0\t<  2.0.0", "1.0.0", "2.0.0"),
        ("1.2.3+build", "1.2.3 1.2.3+other", "1.2.3-a"),
        ("1.0.0-rc.json", "1.0.0-rc.json", "1.0.0-rc"),
    ],
)
def test_these_are_in_and_these_are_not(text, inside, outside):
    assert [v for v in inside.split() if V(v) not in R(text)] == []
    assert [v for v in outside.split() if V(v) in R(text)] == []


@given(npm_texts(), versions())
def test_alternatives_are_united_and_comparators_intersected(text, version):
    def holds(alternative):
        if " - " in alternative:
            return version in Range.from_npm(alternative)
        glued = re.sub(r"([<>=^~]) +", r"\1", alternative)
        return all(version in Range.from_npm(each) for each in glued.split())

    assert (version in Range.from_npm(text)) is any(holds(each) for each in text.split("||"))


def test_nothing_written_is_every_version_only_for_npm():
    for text in ("", "  ", "||", "1.0.0 ||"):
        assert Range.from_npm(text) == EVERYTHING
        with pytest.raises(Malformed, match="empty") as caught:
            R(text)
        assert "*" in caught.value.remedy


# -- vers:

VERS = {
    "vers:semver/>=1.0.0|<2.0.0": ">=1.0.0 <2.0.0",
    "vers:npm/1.2.3|>=2.0.0|<5.0.0": "1.2.3 || >=2.0.0 <5.0.0",
    "vers:semver/>=2.2.0|!=2.2.1|<2.3.0": ">=2.2.0 <2.2.1 || >2.2.1 <2.3.0",
    "vers:semver/*": "*",
    "vers:all/*": "*",
    "vers:semver/!=1.0.0|!=2.0.0": "<1.0.0 || >1.0.0 <2.0.0 || >2.0.0",
    "vers:semver/1.0.0|!=2.0.0": "1.0.0",
    "vers:semver/<1.0.0|2.0.0|>3.0.0": "<1.0.0 || 2.0.0 || >3.0.0",
    "vers:semver/<=1.0.0|>=2.0.0|<=3.0.0|4.0.0": "<=1.0.0 || >=2.0.0 <=3.0.0 || 4.0.0",
    "vers:semver/%31.0.0-rc%2E1": "1.0.0-rc.1",
}


@pytest.mark.parametrize("text", VERS)
def test_a_vers_string_is_a_set(text):
    assert str(R(text)) == VERS[text]


@pytest.mark.parametrize("text", ["semver/1.0.0", "1.0.0", "", "/1.0.0", "purl:semver/1.0.0"])
def test_a_text_without_vers_before_it_is_no_vers_string(text):
    with pytest.raises(Malformed, match="no vers: string"):
        Range.from_vers(text)


@pytest.mark.parametrize(
    ("text", "vers"),
    [
        ("*", "vers:semver/*"),
        ("1.0.0", "vers:semver/1.0.0"),
        ("<1.0.0 || >1.0.0", "vers:semver/<1.0.0|>=1.0.1-0"),
        (">=1.0.0 <1.5.0 || >1.5.0 <2.0.0", "vers:semver/>=1.0.0|<1.5.0|>=1.5.1-0|<2.0.0"),
        ("^1.2.3", "vers:semver/>=1.2.3|<2.0.0-0"),
        ("1.0.0 || >2.0.0", "vers:semver/1.0.0|>2.0.0"),
        ("<1.0.0 || >1.0.0-0.0 <=2.0.0", "vers:semver/<=2.0.0"),
    ],
)
def test_a_set_is_a_vers_string(text, vers):
    assert R(text).to_vers() == vers


def test_a_set_without_versions_has_neither_vers_nor_osv_form():
    for write in (NOTHING.to_vers, NOTHING.to_osv):
        with pytest.raises(Malformed, match="without any version"):
            write()


# -- what is refused: the text, what the message names, what the remedy names

REFUSED = {
    "": ("empty", "*"),
    " \t ": ("empty", "*"),
    "1.0.0 || ": ("alternative", "*"),
    "|| 1.0.0": ("alternative", "*"),
    "nonsense": ("'nonsense'", "^1.2"),
    "1.0.0 || nonsense": ("'nonsense'", "^1.2"),
    ">=1.0.0 nonsense": ("'nonsense'", "^1.2"),
    "1.2.3.4": ("'1.2.3.4'", "1.2.0"),
    "01.0.0": ("'01.0.0'", "1.2.0"),
    "1.0.0-01": ("'1.0.0-01'", "1.2.0"),
    "1.0.0beta": ("'1.0.0beta'", "1.2.0"),
    "^": ("'^'", "1.2.0"),
    ">=1.0.0 <": ("'<'", "1.2.0"),
    "> <1.0.0": ("'><1.0.0'", "1.2.0"),
    "> < 1.0.0": ("'> <' is two operators", "1.2.0"),
    "^1.x.3": ("'^1.x.3'", "1.x"),
    "1.2.x-beta": ("'1.2.x-beta'", "1.x"),
    "x.1": ("'x.1'", "1.x"),
    "!=1.0.0": ("'!=1.0.0'", "<1.2.3 || >1.2.3"),
    "==1.0.0": ("'==1.0.0'", "one ="),
    ">=1.0.0,<2.0.0": ("'>=1.0.0,<2.0.0'", "spaces"),
    ">=1.0.0<2.0.0": ("'>=1.0.0<2.0.0'", "spaces"),
    "1.0.0 | 2.0.0": ("'|'", "||"),
    "1 - 2 3": ("'-'", "stands alone"),
    "^1 - 2": ("'-'", "stands alone"),
    "1.0.0\n": ("'1.0.0\\n'", "1.2.0"),
    "1.0.0\x00": ("'1.0.0\\x00'", "1.2.0"),
    "1.0.0\u00a0": ("'1.0.0\\xa0'", "1.2.0"),
    "١.0.0": ("'\\u0661.0.0'", "1.2.0"),
    ">2.0.0 <1.0.0": ("'>2.0.0 <1.0.0' holds no version", "||"),
    "1.0.0 2.0.0": ("'1.0.0 2.0.0' holds no version", "||"),
    "1.0.0 || >1.0.0 <1.0.1-0": ("'>1.0.0 <1.0.1-0' holds no version", "||"),
    "<0.0.0-0": ("holds no version", "||"),
    ">*": ("holds no version", "||"),
    "vers:": ("no vers: string with constraints", "vers:semver/"),
    "vers:semver": ("no vers: string with constraints", "vers:semver/"),
    "vers:semver/": ("no vers: string with constraints", "vers:semver/"),
    "vers:pypi/1.0": ("'pypi'", "vers:semver/"),
    "vers:invalid/*": ("'invalid'", "vers:semver/"),
    "vers:all/1.0.0": ("'all'", "vers:all/*"),
    "vers:SEMVER/1.0.0": ("'SEMVER'", "vers:semver/"),
    "VERS:semver/1.0.0": ("'VERS:semver/1.0.0'", "1.2.0"),
    "vers:semver/*|1.0.0": ("'*'", "1.0.0"),
    "vers:semver/|1.0.0": ("'' names no version", "|"),
    "vers:semver/1.0.0|": ("'' names no version", "|"),
    "vers:semver/1.0.0||2.0.0": ("'' names no version", "|"),
    "vers:semver/=1.0.0": ("'=1.0.0'", "version alone"),
    "vers:semver/>=": ("'>=' names no version", "1.0.0"),
    "vers:semver/>=1.0": ("'1.0'", "1.0.0"),
    "vers:semver/ 1.0.0": ("' 1.0.0'", "1.0.0"),
    "vers:semver/^1.0.0": ("'^1.0.0'", "MAJOR"),
    "vers:semver/1.0.0%": ("'1.0.0%'", "%25"),
    "vers:semver/%zz1.0.0": ("'%zz1.0.0'", "%25"),
    "vers:semver/1.0.0%0a": ("'1.0.0\\n'", "1.0.0"),
    "vers:semver/%2531.0.0": ("'%31.0.0'", "MAJOR"),
    "vers:semver/1.0.0|1.0.0": ("1.0.0 stands in it twice", "one of the two"),
    "vers:semver/>=1.0.0|<1.0.0+b": ("1.0.0 stands in it twice", "one of the two"),
    "vers:semver/2.0.0|1.0.0": ("1.0.0 stands after 2.0.0", "order"),
    "vers:semver/>1.0.0|>2.0.0": (">2.0.0 cannot stand after >1.0.0", "in turn"),
    "vers:semver/<1.0.0|<=2.0.0": ("<=2.0.0 cannot stand after <1.0.0", "in turn"),
    "vers:semver/1.0.0|<2.0.0": ("<2.0.0 cannot stand after 1.0.0", "in turn"),
    "vers:semver/>1.0.0|1.5.0|<2.0.0": ("1.5.0 cannot stand after >1.0.0", "in turn"),
    "vers:semver/>1.0.0|<1.0.1-0": ("holds no version", "constraint"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_range_is_refused_by_the_part_that_is_wrong(text):
    says, advises = REFUSED[text]
    with pytest.raises(Malformed) as caught:
        R(text)
    assert says in caught.value.what
    assert advises in caught.value.remedy
    assert str(caught.value).isprintable()


@given(st.text(max_size=12) | st.text("0123.x*^~<>=-| va:/rsem%", max_size=20))
def test_any_text_is_a_range_or_malformed(text):
    try:
        assert R(text)
    except Malformed as error:
        assert error.remedy
        assert error.what.isprintable()


# -- hostile input

HOSTILE = [
    "^" + "9" * 300,
    "^" + "9" * 252,
    "<=" + "9" * 251,
    "1.0.0-" + "a." * 100_000,
    "x" * 100_000,
    "<" * 100_000,
    " - " * 30_000,
    "1.0.0-" + "0" * 100_000 + "!",
    "vers:semver/" + "|" * 100_000,
    "vers:semver/" + "%" * 100_000,
    "vers:semver/" + "%31" * 30_000,
    "1" * (MAX_TEXT + 1),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:16])
def test_a_hostile_text_is_refused_with_a_short_message(text):
    with pytest.raises(Malformed) as caught:
        R(text)
    assert len(str(caught.value)) < 500


def test_a_long_text_of_few_intervals_is_read():
    assert R("||".join(["1.x"] * 20_000)) == R("1.x")
    assert R(" ".join([">=1"] * 20_000)) == R(">=1")


def test_a_range_has_as_many_pieces_as_the_limit_and_no_more():
    allowed = " || ".join(f"{n}.0.0" for n in range(MAX_INTERVALS))
    assert str(R(allowed)) == allowed
    with pytest.raises(Malformed, match="256 pieces"):
        R(f"{allowed} || {MAX_INTERVALS}.0.0")


def test_the_longest_range_that_is_read_can_be_written_and_read_again():
    def long(n, letter):
        return f"{n}.0.0-{letter * (MAX_LENGTH - len(str(n)) - 5)}"

    text = " || ".join(
        f">{long(2 * n, 'a')} <={long(2 * n + 1, 'b')}" for n in range(100, 100 + MAX_INTERVALS)
    )
    found = R(text)
    assert str(found) == text
    assert len(text) <= MAX_TEXT
    assert R(str(found)) == Range.from_vers(found.to_vers()) == found


def test_reading_a_range_again_gives_the_same_object():
    assert R("^1.2.3") is R("^1.2.3")


HUGE = "9" * 250


@pytest.mark.parametrize(
    "text",
    [
        f">={HUGE}.0.0",
        f"<={HUGE}.0.0",
        f"{HUGE}.0.0",
        f">0.{HUGE}.0 <=0.{HUGE}.9",
        f">=0.0.{HUGE}-a <=0.0.{HUGE}",
        f">={HUGE}.0.0 <{HUGE}.0.9-0",
        f"^8{HUGE[1:]}.0.0",
        f"8{HUGE[1:]}.x",
    ],
    ids=lambda text: text.replace(HUGE[1:], "9…"),
)
def test_a_range_with_the_largest_numbers_is_written_and_read_again(text):
    assert R(str(R(text))) == R(text)
    assert Range.from_vers(R(text).to_vers()) == R(text)


@pytest.mark.parametrize("text", [f"^{HUGE}", f"~{HUGE}", f"{HUGE}.x", f"^{HUGE}.0.0", f"<={HUGE}"])
def test_a_range_that_ends_above_the_largest_numbers_is_refused(text):
    with pytest.raises(Malformed, match="too large"):
        R(text)
