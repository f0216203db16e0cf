"""Queries of other people: what may be asked, and the functions that our vocabulary adds.

An engine would follow `SERVICE` to the network, and it recurses on brackets and on chains of operators
until the process dies. All of it is seen in the text, before the engine sees it.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from umr_ld.errors import Malformed
from umr_ld.ranges import Range
from umr_ld.versions import Version
from umr_ld.vocab import UMR, XSD, vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Function = Callable[..., "ox.Literal | None"]

MAX_NESTING = 64
MAX_LENGTH = 1_000_000
MAX_STEPS = 1_000
"""How many operators, clauses and described resources a query may have.

Measured: chains of 2,000 to 20,000 of them, depending on the kind, exhaust the stack of the engine.
"""

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_SKIPPED = re.compile(
    r"\\[^uU]"  # of a name: `ex:a\'b` (SPARQL 1.1 §19.8, PN_LOCAL_ESC); those of literals are within them
    r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
    r"|<(?:[^<>\"{}|^`\\\x00-\x20]|\\[uU][0-9A-Fa-f]{4,8})*>"
    r"|\#[^\n\r]*",
    re.DOTALL,
)
_DATA = re.compile(r"\bVALUES\b[^{}]*\{[^{}]*\}", re.IGNORECASE)
_DESCRIBED = re.compile(r"\bDESCRIBE\b([^{}]*)", re.IGNORECASE)
_STEP = re.compile(
    r"\b(?:UNION|MINUS|OPTIONAL|BIND|FILTER|EXISTS|GRAPH|HAVING|AS|VALUES)\b"
    r"|\|\||&&|[!^|/+*=<>{(;]|\.(?!\w)|(?<!\w)-|-(?!\w)|(?<=\d)-(?=\d)",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"[A-Za-z]+ [A-Za-z]+ [A-Za-z ]+")
_PLACE = re.compile(r"^error at (\d+):(\d+)")
_PASSING = re.compile(r"(?<![\w:?$])(?:NOW|RAND|UUID|STRUUID)(?![\w:-])", re.IGNORECASE)
_PROLOGUE = re.compile(r"(?:\s*PREFIX\s+[\w-]*:\s*<[^<>\"{}|^`\\\s]*>)+", re.IGNORECASE)
_DECLARED = re.compile(r"\s([\w-]*):\s*<")
_WORD = re.compile(r"(?<![\w:?$@.-])(SERVICE|LOAD)(?![\w:-])", re.IGNORECASE)


def guarded(text: str) -> str:
    """The query itself, if it may be given to an engine.

    Args:
        text: SPARQL 1.1.

    Raises:
        Malformed: if it asks another server (`SERVICE`), loads documents, nests deeper than
            `MAX_NESTING`, has more than `MAX_STEPS` operators and clauses, or is longer than `MAX_LENGTH`
            characters.
    """
    if _is_harmless(text):
        return text
    if len(text) > MAX_LENGTH:
        raise Malformed(f"the query has more than {MAX_LENGTH:,} characters", remedy="ask in several queries")
    # Code point escapes count before anything else (SPARQL 1.1 §19.2), and could spell a keyword. Engines read them
    # within literals and IRIs only, where they end nothing: both readings are looked at.
    for reading in {text, _ESCAPE.sub(_character, text)}:
        _look_at(_SKIPPED.sub(_placeholder, reading))
    return text


def _look_at(plain: str) -> None:
    """Refuse what the words of a query say it would do."""
    asked = _WORD.search(plain)
    if asked:
        raise Malformed(
            f"{asked.group().upper()} would ask another machine, which queries here may not",
            remedy="ask the other endpoint yourself, and join the answers",
        )
    depth = 0
    for bracket in re.findall(r"[({\[)}\]]", plain):
        depth += 1 if bracket in "({[" else -1
        if depth > MAX_NESTING:
            raise Malformed(f"the query nests deeper than {MAX_NESTING} brackets", remedy="write it flatter")
    if _steps(plain) > MAX_STEPS:
        raise Malformed(
            f"the query has more than {MAX_STEPS:,} operators and clauses",
            remedy="give lists of things as VALUES, or ask in several queries",
        )


def alone(text: str, prefixes: Mapping[str, str] | None = None) -> str:
    """The query itself, if it asks nobody else, whatever its words look like.

    Args:
        text: SPARQL 1.1 that `guarded` let through.
        prefixes: that need not be declared; those of the vocabulary unless given.

    Raises:
        Malformed: if it has `SERVICE` for a keyword, or is no query.
    """
    error = _without(text, "SERVICE", prefixes)
    if error is not None:
        raise Malformed(
            f"not a query that is answered here: {said(error, text)}",
            remedy="SERVICE would ask another machine: ask the other endpoint yourself, and join the answers",
        )
    return text


def names_graphs(text: str) -> bool:
    """Whether a query says itself from which graphs it is answered (`FROM`, SPARQL 1.1 §13.2), or is none.

    Args:
        text: SPARQL 1.1 that `guarded` let through.
    """
    return _without(text, "FROM") is not None


def _without(text: str, keyword: str, prefixes: Mapping[str, str] | None = None) -> SyntaxError | None:
    """What is wrong with a query whose keyword is spelt otherwise; None if it never was one there.

    Only the engine knows where its tokens end: it takes `1SERVICE` for two, and `?a<'b>c'` for a comparison where the
    grammar has an IRI. So it is asked: with another word in the place of each that is spelt so, a query stays one
    where they stand in literals, names, IRIs and comments, and nowhere else.
    """
    if text.isascii() and keyword.lower() not in text.lower():
        return None
    other = re.sub(keyword, lambda found: f"{found[0][:-1]}Q", text, flags=re.IGNORECASE)
    if other == text:
        return None
    try:
        known = dict(prefixes or vocabulary().prefixes)
        ox.Store().query(other, prefixes=known, custom_functions=dict(functions()))
    except SyntaxError as error:
        return error
    return None


def is_lasting(text: str) -> bool:
    """Whether a query has the same answer whenever the same data are asked.

    It has not where it asks for the time or for chance (SPARQL 1.1 §17.4.2.12, §17.4.2.13, §17.4.4.5, §17.4.5.1).

    Args:
        text: SPARQL 1.1.
    """
    lower = text.lower()
    if "\\" not in text and not any(word in lower for word in ("now", "rand", "uuid")):
        return True
    return _PASSING.search(_SKIPPED.sub(_placeholder, _ESCAPE.sub(_character, text))) is None


def _is_harmless(text: str) -> bool:
    """Whether it is plain at a glance: too short for too many operators, which are counted twice at most."""
    if 2 * len(text) > MAX_STEPS or "\\" in text or not text.isascii():
        return False
    few = text.count("(") + text.count("{") + text.count("[") <= MAX_NESTING
    lower = text.lower()
    return few and "service" not in lower and "load" not in lower


def said(error: SyntaxError, text: str) -> str:
    """What is wrong with a query, in one line for people.

    The engine names all tokens that it would have taken at a place, most of them by accident.

    Args:
        error: what the engine raised.
        text: the query.
    """
    message = str(error)
    phrase = _PHRASE.search(message.partition("expected")[2])
    place = _PLACE.match(message)
    if place is None:
        return message.splitlines()[0] if message else "it cannot be read"
    row, column = int(place[1]), int(place[2])
    what = phrase.group().strip() if phrase else "something else is expected here"
    line = (text.splitlines() or [""])[min(row, len(text.splitlines())) - 1]
    before, after = line[max(0, column - 31) : column - 1], line[column - 1 : column + 15]
    return f"line {row}, column {column}: {what}: …{before}⟨here⟩{after}"


def _steps(plain: str) -> int:
    bare = _DATA.sub(" VALUES ", plain)
    described = sum(len(terms.split()) for terms in _DESCRIBED.findall(bare))
    return described + sum(1 for _ in _STEP.finditer(bare))


def _placeholder(match: re.Match[str]) -> str:
    """A comment is nothing; a literal or an IRI is a word, so that they can be counted."""
    return " " if match.group().startswith("#") else " _ "


def _character(match: re.Match[str]) -> str:
    code = int(match.group(1) or match.group(2), 16)
    return chr(code) if code <= 0x10FFFF else match.group()


def used_prefixes(text: str) -> dict[str, str]:
    """The prefixes of our vocabulary that a query may mean without declaring them.

    Args:
        text: SPARQL 1.1.
    """
    prologue = _PROLOGUE.match(text)
    declared = set(_DECLARED.findall(prologue[0])) if prologue else set()
    return {name: iri for mark, name, iri in _prefixes() if mark in text and name not in declared}


@cache
def _prefixes() -> tuple[tuple[str, str, str], ...]:
    return tuple((f"{name}:", name, iri) for name, iri in vocabulary().prefixes.items())


def used_functions(text: str) -> dict[ox.NamedNode, Callable[..., Any]]:
    """The functions of our vocabulary, if a query may call any (SPARQL 1.1 §19.8, ArgList).

    Args:
        text: SPARQL 1.1.
    """
    return dict(functions()) if "(" in text else {}


@cache
def functions() -> Mapping[ox.NamedNode, Function]:
    """The SPARQL functions of our vocabulary, by IRI.

    `umr:satisfies(version, range)` is true if the version is in the range;
    `umr:compareVersions(a, b)` is -1, 0 or 1 by semantic version precedence (SemVer 2.0.0 §11).
    An argument that is no version or range is an error, which SPARQL treats as unbound (§17.3).
    """
    return {
        ox.NamedNode(f"{UMR}satisfies"): _satisfies,
        ox.NamedNode(f"{UMR}compareVersions"): _compare_versions,
    }


def _satisfies(version: object, allowed: object) -> ox.Literal | None:
    try:
        return ox.Literal(Version.parse(_text(version)) in Range.parse(_text(allowed)))
    except Malformed:
        return None


def _compare_versions(one: object, other: object) -> ox.Literal | None:
    try:
        left, right = Version.parse(_text(one)), Version.parse(_text(other))
    except Malformed:
        return None
    return ox.Literal(str((left > right) - (left < right)), datatype=ox.NamedNode(f"{XSD}integer"))


def _text(term: object) -> str:
    if not isinstance(term, ox.Literal):
        raise Malformed("a version or range is a literal")
    return term.value
