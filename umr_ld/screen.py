"""A first look at records: which of them surely keep the shapes, told without an engine for shapes.

Most constraints of ours are counts, kinds, lengths and patterns, and nearly every record keeps them. Whether it does is
told here from its triples; whether it does not, and what to say of it then, is left to the engine (`rules`), as is
everything that is not surely kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.vocab import RDF, XSD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Said = Mapping[str, Mapping[str, Sequence[ox.NamedNode | ox.Literal]]]
    """Values by subject and property."""

_TYPE = f"{RDF}type"
_LEXICAL = {f"{XSD}integer": re.compile(r"[+-]?[0-9]+\Z"), f"{XSD}boolean": re.compile(r"(true|false|1|0)\Z")}
"""The texts that are surely of a datatype (XML Schema 1.1 Part 2 §3.3.13, §3.3.2)."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A property shape whose constraints are looked at here (SHACL §4).

    Args:
        classes: whose members it is about.
        objects_of: properties whose values it is about.
        path: the property.
        sure: whether all its constraints are among those below. If not, it is surely kept only of no values.
        least: number of values.
        most: number of values; None for any.
        several: number of values above which something else has to be looked at; None for any.
        kind: of nodes; None for any.
        datatype: IRI; empty for any.
        shortest: characters.
        longest: characters; None for any.
        patterns: each found in every value.
        words: what may be the value, as N-Triples; None for anything.
        smallest: least number; None for any.
    """

    classes: frozenset[str]
    objects_of: frozenset[str]
    path: str
    sure: bool = True
    least: int = 0
    most: int | None = None
    several: int | None = None
    kind: type[ox.NamedNode | ox.Literal] | None = None
    datatype: str = ""
    shortest: int = 0
    longest: int | None = None
    patterns: tuple[re.Pattern[str], ...] = ()
    words: frozenset[str] | None = None
    smallest: int | None = None

    def is_kept(self, values: Sequence[ox.NamedNode | ox.Literal]) -> bool:
        """Whether the values of one node surely keep it.

        Args:
            values: each once.
        """
        count = len(values)
        if count < self.least or (count and not self.sure):
            return False
        if any(limit is not None and count > limit for limit in (self.most, self.several)):
            return False
        return all(map(self._keeps, values))

    def _keeps(self, value: ox.NamedNode | ox.Literal) -> bool:
        if self.kind is not None and not isinstance(value, self.kind):
            return False
        text = value.value
        if len(text) < self.shortest or (self.longest is not None and len(text) > self.longest):
            return False
        if self.words is not None and str(value) not in self.words:
            return False
        if not all(pattern.search(text) for pattern in self.patterns):
            return False
        return self._is_of_datatype(value)

    def _is_of_datatype(self, value: ox.NamedNode | ox.Literal) -> bool:
        if not self.datatype:
            return self.smallest is None
        if not isinstance(value, ox.Literal) or value.datatype.value != self.datatype:
            return False
        lexical = _LEXICAL.get(self.datatype)
        if lexical is None or not lexical.match(value.value):
            return False
        return self.smallest is None or (value.value.isdecimal() and int(value.value[:18]) >= self.smallest)


@dataclass(slots=True)
class _Demands:
    """What is demanded of nodes of one sort: by property, and of those that have to have a value."""

    by_path: dict[str, list[Plain]] = field(default_factory=dict)
    needed: list[str] = field(default_factory=list)

    def add(self, one: Plain) -> None:
        self.by_path.setdefault(one.path, []).append(one)
        if one.least:
            self.needed.append(one.path)

    def are_kept(self, about: Mapping[str, Sequence[ox.NamedNode | ox.Literal]]) -> bool:
        """Of properties without values nothing but a value can be demanded (SHACL §4)."""
        if not all(path in about for path in self.needed):
            return False
        return all(
            one.is_kept(values) for path, values in about.items() for one in self.by_path.get(path, ())
        )


class Screen:
    """Shapes, ready for a first look.

    Args:
        plain: property shapes.
        others: what else is demanded of members of classes, and of values of properties: of these nothing is sure.
    """

    def __init__(
        self, plain: Iterable[Plain], others: Iterable[tuple[frozenset[str], frozenset[str]]]
    ) -> None:
        self._by_class: dict[str, _Demands] = {}
        self._by_property: dict[str, _Demands] = {}
        for one in plain:
            for name in one.classes:
                self._by_class.setdefault(name, _Demands()).add(one)
            for name in one.objects_of:
                self._by_property.setdefault(name, _Demands()).add(one)
        found = list(others)
        self._unsure_classes = frozenset().union(*(classes for classes, _ in found))
        self._unsure_properties = frozenset().union(*(names for _, names in found))

    def passes(self, triples: Iterable[ox.Triple]) -> bool:
        """Whether a record surely keeps all shapes.

        Args:
            triples: the record's graph, each triple once, without blank nodes.
        """
        said: dict[str, dict[str, list[ox.NamedNode | ox.Literal]]] = {}
        for triple in triples:
            subject, name, value = triple.subject, triple.predicate, triple.object
            if not isinstance(subject, ox.NamedNode) or not isinstance(value, (ox.NamedNode, ox.Literal)):
                return False
            said.setdefault(subject.value, {}).setdefault(name.value, []).append(value)
        return all(self._node_passes(about, said) for about in said.values())

    def _node_passes(self, about: Mapping[str, Sequence[ox.NamedNode | ox.Literal]], said: Said) -> bool:
        for value in about.get(_TYPE, ()):
            demands = self._by_class.get(value.value)
            if value.value in self._unsure_classes or (demands is not None and not demands.are_kept(about)):
                return False
        for name, values in about.items():
            if name in self._unsure_properties:
                return False
            demands = self._by_property.get(name)
            if demands is not None and not all(demands.are_kept(_below(value, said)) for value in values):
                return False
        return True


def _below(value: ox.NamedNode | ox.Literal, said: Said) -> Mapping[str, Sequence[ox.NamedNode | ox.Literal]]:
    return said.get(value.value, {}) if isinstance(value, ox.NamedNode) else {}
