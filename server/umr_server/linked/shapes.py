"""The shapes as people read them: what a record has to keep, property by property."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pyoxigraph as ox

from umr_ld.resources import resource
from umr_server.linked.terms import place_of, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

SH = "http://www.w3.org/ns/shacl#"
_REMEDY = "https://w3id.org/umr-ld/ns#remedy"
_APART = frozenset({f"{SH}{name}" for name in ("name", "description", "order", "group", "path", "message")})


class Constraint(NamedTuple):
    """What holds for one property.

    Args:
        name: of the property, for people.
        place: where the property is described, or nothing.
        description: what the property says.
        rules: constraint and value, in words.
        message: what is said of a record that does not keep it.
        remedy: what to do then.
    """

    name: str
    place: str
    description: str
    rules: tuple[tuple[str, str], ...]
    message: str
    remedy: str


class Shape(NamedTuple):
    """A shape.

    Args:
        anchor: its identifier on the page.
        label: for people.
        targets: how it is chosen where it holds, in words.
        constraints: property by property.
    """

    anchor: str
    label: str
    targets: tuple[tuple[str, str], ...]
    constraints: tuple[Constraint, ...]


@cache
def names() -> tuple[str, ...]:
    """The files of shapes."""
    return tuple(sorted(path.name for path in resource("shapes").glob("*.ttl")))


@cache
def shapes_of(name: str) -> tuple[Shape, ...]:
    """The shapes of a file.

    Args:
        name: one of `names`.
    """
    reader = _Reader(name)
    return tuple(reader.shapes())


class _Reader:
    def __init__(self, name: str) -> None:
        self._graph = ox.Store()
        self._graph.bulk_load(path=str(resource(f"shapes/{name}")), format=ox.RdfFormat.TURTLE)

    def shapes(self) -> Iterator[Shape]:
        kind = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
        found = {
            quad.subject for quad in self._graph.quads_for_pattern(None, kind, ox.NamedNode(f"{SH}NodeShape"))
        }
        for node in sorted((one for one in found if isinstance(one, ox.NamedNode)), key=str):
            targets = tuple(
                (self._short(quad.predicate.value), self._words(quad.object))
                for quad in self._said(node)
                if quad.predicate.value.startswith(f"{SH}target")
            )
            inner = [quad.object for quad in self._said(node) if quad.predicate.value == f"{SH}property"]
            constraints = sorted(inner, key=self._order)
            yield Shape(
                node.value.rpartition("#")[2],
                self._text(node, "http://www.w3.org/2000/01/rdf-schema#label") or self._short(node.value),
                targets,
                tuple(map(self._constraint, constraints)),
            )

    def _constraint(self, node: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Constraint:
        path = next((quad.object for quad in self._said(node) if quad.predicate.value == f"{SH}path"), None)
        rules = tuple(
            (self._short(quad.predicate.value), self._words(quad.object))
            for quad in self._said(node)
            if quad.predicate.value not in _APART and quad.predicate.value != _REMEDY
        )
        return Constraint(
            self._text(node, f"{SH}name") or self._words(path),
            place_of(path.value) if isinstance(path, ox.NamedNode) else "",
            self._text(node, f"{SH}description"),
            tuple(sorted(rules)),
            self._text(node, f"{SH}message"),
            self._text(node, _REMEDY),
        )

    def _said(self, node: object) -> list[ox.Quad]:
        return list(self._graph.quads_for_pattern(node, None, None))  # type: ignore[arg-type]

    def _text(self, node: object, name: str) -> str:
        found = [quad.object for quad in self._said(node) if quad.predicate.value == name]
        return "; ".join(sorted(one.value for one in found if isinstance(one, ox.Literal)))

    def _order(self, node: object) -> tuple[int, str]:
        text = self._text(node, f"{SH}order")
        return int(text) if text.isdecimal() else 0, self._text(node, f"{SH}name")

    def _words(self, value: object) -> str:
        """A value in words; a list, or what is nested, in its order."""
        parts: list[str] = []
        waiting = [value]
        while waiting:
            one = waiting.pop()
            if isinstance(one, ox.BlankNode):
                said = sorted(self._said(one), key=lambda quad: quad.predicate.value, reverse=True)
                waiting += [quad.object for quad in said]
            elif isinstance(one, ox.NamedNode):
                parts.append("" if one.value.endswith("#nil") else self._short(one.value))
            elif one is not None:
                parts.append(str(getattr(one, "value", one)))
        return " ".join(part for part in parts if part)

    def _short(self, iri: str) -> str:
        short = statements().short(iri)
        return short.removeprefix("sh:")
