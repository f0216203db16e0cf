"""Property paths of SHACL as SPARQL writes them (SHACL §2.3.1, SPARQL 1.1 §9.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.audit.item import SH
from umr_ld.vocab import RDF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.turtle import Statements, Subject

DEEPEST = 16
"""How deep a path may nest."""

_AFTER = {"zeroOrMorePath": "*", "oneOrMorePath": "+", "zeroOrOnePath": "?"}
_FIRST, _REST, _NIL = f"{RDF}first", f"{RDF}rest", f"{RDF}nil"


def sparql_path(node: Subject, said: Statements, depth: int = 0) -> str:
    """A path.

    Args:
        node: its node: an IRI, a list, or a blank node with `sh:inversePath` and its like.
        said: statements of the profile.
        depth: levels above it.

    Raises:
        ValueError: if it is no path, or nests too deep.
    """
    if depth > DEEPEST:
        raise ValueError(f"a path nests deeper than {DEEPEST} levels")
    if isinstance(node, ox.NamedNode):
        return str(node)
    members = list(_members(node, said))
    if members:
        return f"({'/'.join(sparql_path(one, said, depth + 1) for one in members)})"
    for one in said.all(node, f"{SH}alternativePath"):
        parts = [sparql_path(inner, said, depth + 1) for inner in _members(one, said)]
        return f"({'|'.join(parts)})"
    for one in said.all(node, f"{SH}inversePath"):
        return f"(^{sparql_path(_subject(one), said, depth + 1)})"
    for name, sign in _AFTER.items():
        for one in said.all(node, f"{SH}{name}"):
            return f"({sparql_path(_subject(one), said, depth + 1)}{sign})"
    raise ValueError("sh:path is neither a property nor a path of SHACL")


def properties_of(node: Subject, said: Statements) -> Iterator[str]:
    """The properties that a path begins with.

    Args:
        node: as of `sparql_path`.
        said: as of `sparql_path`.
    """
    if isinstance(node, ox.NamedNode):
        yield node.value
        return
    members = list(_members(node, said))
    if members:
        yield from properties_of(members[0], said)
    for name in ("alternativePath", "inversePath", *_AFTER):
        for one in said.all(node, f"{SH}{name}"):
            inner = list(_members(one, said)) if name == "alternativePath" else [_subject(one)]
            for each in inner:
                yield from properties_of(each, said)


def _members(node: ox.NamedNode | ox.BlankNode | ox.Literal, said: Statements) -> Iterator[Subject]:
    """The members of a list; a list that leads back into itself ends there."""
    seen: set[object] = set()
    while not isinstance(node, ox.Literal) and node not in seen and node != ox.NamedNode(_NIL):
        seen.add(node)
        for one in said.all(node, _FIRST):
            yield _subject(one)
        node = next(iter(said.all(node, _REST)), ox.NamedNode(_NIL))


def _subject(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> Subject:
    if not isinstance(term, ox.Literal):
        return term
    raise ValueError(f"a path leads over a text: {term.value[:100]!r}")
