"""SHACL: records against the shapes. The only module that speaks to rdflib and pySHACL.

pySHACL's front door switches off rdflib's literal normalisation for the whole process and teaches it another
boolean, and a failed load of shapes leaves it so; it reads `http:` and `file:` if a graph asks for imports. So:
our own shapes only, by the validator behind that door, parsed once, everything under one lock, and both put back
whatever happens.
"""

from __future__ import annotations

import logging
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import rdflib
from pyshacl.graph_abstraction import DataGraph
from pyshacl.validator import Validator
from rdflib import term as rdflib_term
from rdflib.namespace import RDF as RDF_NS
from rdflib.namespace import SH, XSD

from umr_ld.findings import Finding, Report, Severity
from umr_ld.resources import resource
from umr_ld.screen import Plain, Screen
from umr_ld.vocab import UMR, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from umr_ld.vocab import Vocabulary

# A literal that its datatype has no value for is RDF all the same (RDF 1.1 §3.3): rdflib prints a traceback for each.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)

_SEVERITIES = {SH.Violation: Severity.VIOLATION, SH.Warning: Severity.WARNING, SH.Info: Severity.INFO}
_REMEDY = rdflib.URIRef(f"{UMR}remedy")
_NOBODY = rdflib.URIRef("urn:nobody")
_LOCK = threading.Lock()
_BATCH = 50
"""Records held against the shapes at once: more gain little, and keep others waiting."""


class Rules:
    """The shapes, ready to be held against records.

    A shape that has no targets but classes and properties, and no constraints but property shapes, is
    evaluated property by property, and only where a property is stated or demanded: all constraints but
    those that demand a value hold of no values (SHACL §4). Of the sixty properties a record may have, it
    has ten. Any other shape is left to pySHACL whole.

    Args:
        folder: of Turtle files; the project's own by default.

    Raises:
        ValueError: if a file is no Turtle, or a shape cannot be evaluated.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._shapes = rdflib.Graph()
        try:
            for path in sorted((folder or resource("shapes")).glob("*.ttl")):
                self._shapes.parse(path, format="turtle")
            _end_at_the_end(self._shapes)
            with _undisturbed():
                self._validator = Validator(_wrapped(rdflib.Graph()), shacl_graph=self._shapes)
                gathered = [
                    shape
                    for shape in self._validator.shacl_graph.shapes
                    if _has_target(self._shapes, shape.node)
                ]
                self._try_every_shape()
                self._by_property = [
                    _Prepared(self._shapes, shape) for shape in gathered if _is_plain(self._shapes, shape)
                ]
                self._whole = [shape for shape in gathered if not _is_plain(self._shapes, shape)]
        except Exception as error:
            raise ValueError(f"the shapes cannot be used: {error}") from error

    def _try_every_shape(self) -> None:
        """pySHACL looks at the parameters of a constraint when it first evaluates it; better now than then."""
        executor, nothing = self._validator.make_executor(), _wrapped(_graph(()))
        for shape in self._validator.shacl_graph.shapes:
            shape.validate(executor, nothing, focus=_NOBODY)

    def check(self, triples: Iterable[ox.Triple], focus: str) -> Report:
        """Hold one record against the shapes.

        Args:
            triples: the record's graph.
            focus: the record's IRI.

        Returns:
            one finding for each result of the validation report (SHACL §3.6), with the place in the
            document's own keys.
        """
        return self.check_many([(triples, focus)])[0]

    def check_many(self, records: Iterable[tuple[Iterable[ox.Triple], str]]) -> tuple[Report, ...]:
        """Hold several records against the shapes. Together takes less than half the time of one by one.

        Args:
            records: of each its graph and its IRI, as for `check`.

        Returns:
            the report of each, as `check` gives it, in the order given.
        """
        held = [_Held(tuple(triples), focus) for triples, focus in records]
        return tuple(report for batch in _batches(held) for report in self._check(batch))

    def violations(self, records: Iterable[tuple[Iterable[ox.Triple], str]]) -> tuple[Report, ...]:
        """As `check_many`, without recommendations: most records surely keep the rest, and need no engine to tell.

        Args:
            records: as for `check_many`.

        Returns:
            the report of each: empty, or as `check_many` gives it.
        """
        given = [(tuple(triples), focus) for triples, focus in records]
        kept = [self.screen.passes(triples) for triples, _ in given]
        asked = iter(self.check_many(one for one, sure in zip(given, kept, strict=True) if not sure))
        return tuple(Report() if sure else next(asked) for sure in kept)

    @cached_property
    def screen(self) -> Screen:
        """The same rules without recommendations, for a first look that needs no engine."""
        plain: list[Plain] = []
        others = [
            (
                _iris(self._shapes.objects(shape.node, SH.targetClass)),
                _iris(self._shapes.objects(shape.node, SH.targetObjectsOf)),
            )
            for shape in self._whole
        ]
        for prepared in self._by_property:
            plain += prepared.plain(self._shapes)
            others += prepared.others(self._shapes)
        return Screen(plain, others)

    def _check(self, batch: Sequence[_Held]) -> list[Report]:
        with _undisturbed():
            results = list(self._results(_graph(chain.from_iterable(one.triples for one in batch))))
        if not results:
            return [Report()] * len(batch)
        found: list[list[dict[Any, list[Any]]]] = [[] for _ in batch]
        owners = {node: number for number, one in enumerate(batch) for node in one.described}
        for result in results:
            focus = str(result[SH.focusNode][0])
            if len(batch) > 1 and focus not in owners:
                # Several records may name a node that none of them describes.
                return [report for one in batch for report in self._check([one])]
            found[owners.get(focus, 0)].append(result)
        return [self._report(one, own) for one, own in zip(batch, found, strict=True)]

    def _report(self, held: _Held, results: Sequence[dict[Any, list[Any]]]) -> Report:
        if not results:
            return Report()
        places = _Places(held.triples, held.focus, vocabulary())
        findings = [self._finding(result, places) for result in results]
        return Report(tuple(sorted(findings, key=lambda one: (one.path, one.rule, one.message))))

    def _results(self, data: rdflib.Graph) -> Iterator[dict[Any, list[Any]]]:
        executor, target = self._validator.make_executor(), _wrapped(data)
        for prepared in self._by_property:
            stated = {node: set(data.predicates(node)) for node in prepared.targets(data)}
            for path, shape in prepared.properties:
                nodes = [node for node, said in stated.items() if path is None or path in said]
                if nodes:
                    yield from _read(shape.validate(executor, target, focus=nodes)[1])
        for shape in self._whole:
            yield from _read(shape.validate(executor, target)[1])

    def _finding(self, result: dict[Any, list[Any]], places: _Places) -> Finding:
        def said(name: Any) -> Any:
            return next(iter(result.get(name, ())), None)

        path, focus = self._first(said(SH.resultPath)), str(said(SH.focusNode))
        component = str(said(SH.sourceConstraintComponent)).rpartition("#")[2]
        remedies = sorted(str(text) for text in self._shapes.objects(said(SH.sourceShape), _REMEDY))
        messages = sorted(map(str, result.get(SH.resultMessage, ())))
        return Finding(
            severity=_SEVERITIES.get(said(SH.resultSeverity), Severity.VIOLATION),
            message=messages[0] if messages else "the record breaks a shape",
            rule=f"shape-{component.removesuffix('ConstraintComponent')}",
            path=places.of(focus, None if path is None else str(path)),
            focus=focus,
            remedy=remedies[0] if remedies else "",
        )

    def _first(self, path: Any) -> Any:
        """The property that a path begins with, or that stands first among its alternatives (SHACL §2.3.1)."""
        while isinstance(path, rdflib.BNode):
            steps = (SH.alternativePath, SH.zeroOrMorePath, SH.oneOrMorePath, SH.zeroOrOnePath, RDF_NS.first)
            path = next((step for name in steps for step in self._shapes.objects(path, name)), None)
        return path


@cache
def shipped_rules() -> Rules:
    """The project's own shapes: loaded once a process, and the same for every registry in it.

    Raises:
        ValueError: as of `Rules`.
    """
    return Rules()


_DEMANDING = frozenset({SH.minCount, SH.hasValue, SH.qualifiedMinCount, SH.equals})
"""Parameters of constraints that a node without values can break."""

_VACUOUS = frozenset(
    {
        SH.maxCount, SH.datatype, SH.nodeKind, SH["class"], SH.pattern, SH.flags, SH.minLength, SH.maxLength, SH["in"],
        SH.minInclusive, SH.maxInclusive, SH.minExclusive, SH.maxExclusive, SH.languageIn, SH.uniqueLang, SH.node,
        SH.disjoint, SH.lessThan, SH.lessThanOrEquals, SH["or"], SH["and"], SH["not"], SH.xone,
        SH.qualifiedValueShape, SH.qualifiedMaxCount,
    }
)  # fmt: skip
"""Parameters of constraints that hold of no values, whatever they say."""

_SAYING = frozenset(
    {SH.path, SH.name, SH.description, SH.order, SH.group, SH.message, SH.severity, SH.defaultValue}
)


class _Prepared:
    """A node shape with its targets, and its property shapes with the property that they wait for."""

    def __init__(self, shapes: rdflib.Graph, shape: Any) -> None:
        self._node = shape.node
        self._classes = list(shapes.objects(shape.node, SH.targetClass))
        self._objects_of = list(shapes.objects(shape.node, SH.targetObjectsOf))
        self.properties = []
        with_lookup = shape.sg.lookup_shape_from_node
        for node in shapes.objects(shape.node, SH.property):
            used = {name for name in shapes.predicates(node) if str(name).startswith(str(SH))} - _SAYING
            path = shapes.value(node, SH.path)
            waits = used <= _VACUOUS and isinstance(path, rdflib.URIRef)
            self.properties.append((path if waits else None, with_lookup(node)))

    def plain(self, shapes: rdflib.Graph) -> Iterator[Plain]:
        """Those of its property shapes that are looked at first, for each a property."""
        for node in self._demanded(shapes):
            if isinstance(shapes.value(node, SH.path), rdflib.URIRef):
                yield _plain(shapes, node, _iris(self._classes), _iris(self._objects_of))

    def others(self, shapes: rdflib.Graph) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
        """What it is about, if it has other property shapes."""
        if any(not isinstance(shapes.value(node, SH.path), rdflib.URIRef) for node in self._demanded(shapes)):
            yield _iris(self._classes), _iris(self._objects_of)

    def _demanded(self, shapes: rdflib.Graph) -> Iterator[Any]:
        """Its property shapes that are no recommendations."""
        for node in shapes.objects(self._node, SH.property):
            if shapes.value(node, SH.severity) not in {SH.Warning, SH.Info}:
                yield node

    def targets(self, data: rdflib.Graph) -> set[Any]:
        """The nodes that the shape is about (SHACL §2.1.3)."""
        found = {node for name in self._classes for node in data.subjects(RDF_NS.type, name)}
        return found | {node for name in self._objects_of for node in data.objects(None, name)}


_KINDS = {SH.IRI: ox.NamedNode, SH.Literal: ox.Literal}
_SCREENED = frozenset(
    {
        SH.minCount, SH.maxCount, SH.nodeKind, SH.datatype, SH.minLength, SH.maxLength, SH.pattern, SH["in"],
        SH.minInclusive, SH.uniqueLang, SH.qualifiedValueShape, SH.qualifiedMaxCount,
    }
)  # fmt: skip
"""Parameters of constraints that `screen` looks at; of the last three it knows that they hold of few values."""


def _plain(shapes: rdflib.Graph, node: Any, classes: frozenset[str], objects_of: frozenset[str]) -> Plain:
    """A property shape with a property as its path, for a first look."""

    def number(name: Any) -> int | None:
        value = shapes.value(node, name)
        return None if value is None else int(value)

    used = {name for name in shapes.predicates(node) if str(name).startswith(str(SH))} - _SAYING
    words = shapes.value(node, SH["in"])
    kind = shapes.value(node, SH.nodeKind)
    unique = 1 if (node, SH.uniqueLang, None) in shapes else None
    several = [limit for limit in (unique, number(SH.qualifiedMaxCount)) if limit is not None]
    return Plain(
        classes,
        objects_of,
        str(shapes.value(node, SH.path)),
        sure=used <= _SCREENED and (kind is None or kind in _KINDS),
        least=number(SH.minCount) or 0,
        most=number(SH.maxCount),
        several=min(several, default=None),
        kind=_KINDS.get(kind),
        datatype=str(shapes.value(node, SH.datatype) or ""),
        shortest=number(SH.minLength) or 0,
        longest=number(SH.maxLength),
        patterns=tuple(re.compile(str(pattern)) for pattern in shapes.objects(node, SH.pattern)),
        words=None if words is None else frozenset(word.n3() for word in shapes.items(words)),
        smallest=number(SH.minInclusive),
    )


def _iris(nodes: Iterable[Any]) -> frozenset[str]:
    return frozenset(map(str, nodes))


def _is_plain(shapes: rdflib.Graph, shape: Any) -> bool:
    used = {name for name in shapes.predicates(shape.node) if str(name).startswith(str(SH))}
    plain = {SH.targetClass, SH.targetObjectsOf, SH.property}
    return used <= plain | _SAYING and not (used & _DEMANDING)


def _has_target(shapes: rdflib.Graph, node: Any) -> bool:
    targets = (SH.targetClass, SH.targetNode, SH.targetObjectsOf, SH.targetSubjectsOf)
    return any((node, name, None) in shapes for name in targets)


def _read(results: Iterable[Any]) -> Iterator[dict[Any, list[Any]]]:
    """pySHACL gives each result as a text, a node and triples; a value from a graph comes with that graph."""
    for _, node, triples in results:
        said: dict[Any, list[Any]] = {}
        for subject, name, value in triples:
            if subject == node:
                said.setdefault(name, []).append(value[1] if isinstance(value, tuple) else value)
        yield said


@contextmanager
def _undisturbed() -> Iterator[None]:
    """One at a time, and what pySHACL changes in rdflib as it was before."""
    booleans, read_as = XSD.boolean, rdflib_term._toPythonMapping  # noqa: SLF001
    with _LOCK:
        before = rdflib.NORMALIZE_LITERALS, read_as[booleans]
        try:
            yield
        finally:
            rdflib.NORMALIZE_LITERALS, read_as[booleans] = before


def _end_at_the_end(shapes: rdflib.Graph) -> None:
    """Make patterns mean here what they mean in SHACL (§4.4.3, by SPARQL's REGEX).

    pySHACL reads them as Python's, where `$` also matches before a last newline.
    """
    for shape, pattern in list(shapes.subject_objects(SH.pattern)):
        text = str(pattern)
        if text.endswith("$") and not text.endswith("\\$") and (shape, SH.flags, None) not in shapes:
            shapes.remove((shape, SH.pattern, pattern))
            shapes.add((shape, SH.pattern, rdflib.Literal(f"{text[:-1]}\\Z")))


@dataclass(frozen=True, slots=True)
class _Held:
    """A record's graph, and its IRI."""

    triples: tuple[ox.Triple, ...]
    focus: str

    @property
    def described(self) -> frozenset[str]:
        """Nodes that it says something of."""
        return frozenset(str(triple.subject.value) for triple in self.triples)  # type: ignore[union-attr]

    @property
    def named(self) -> frozenset[str]:
        """These, and the nodes that it only names."""
        values = (triple.object for triple in self.triples)
        return self.described | {value.value for value in values if isinstance(value, ox.NamedNode)}


def _batches(held: Iterable[_Held]) -> Iterator[list[_Held]]:
    """Neighbours of which none describes a node that another names: together they say what each says alone."""
    batch: list[_Held] = []
    described: set[str] = set()
    named: set[str] = set()
    for one in held:
        if len(batch) == _BATCH or one.described & named or one.named & described:
            yield batch
            batch, described, named = [], set(), set()
        batch.append(one)
        described |= one.described
        named |= one.named
    if batch:
        yield batch


def _graph(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    graph = rdflib.Graph(bind_namespaces="none")
    for triple in triples:
        graph.add((_term(triple.subject), _term(triple.predicate), _term(triple.object)))
    return graph


def _wrapped(graph: rdflib.Graph) -> DataGraph:
    return DataGraph(graph.store, graph)


def _term(term: Any) -> Any:
    """The same term for rdflib; the text of a literal is not touched."""
    if isinstance(term, ox.Literal):
        datatype = None if term.language else rdflib.URIRef(term.datatype.value)
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
    return rdflib.URIRef(term.value)


class _Places:
    """Where a node stands in the document: `upstream[1]` for `…#upstream-2`."""

    def __init__(self, triples: Iterable[ox.Triple], focus: str, terms: Vocabulary) -> None:
        self._terms = terms
        self._paths = {focus: ("", "")}
        below: dict[str, list[ox.Triple]] = {}
        for triple in triples:
            below.setdefault(str(getattr(triple.subject, "value", "")), []).append(triple)
        waiting = [focus]
        while waiting:
            node = waiting.pop()
            path, parent = self._paths[node]
            for triple in below.get(node, ()):
                value = triple.object
                if (
                    isinstance(value, ox.NamedNode)
                    and value.value in below
                    and value.value not in self._paths
                ):
                    key = self._terms.key_of(triple.predicate.value, parent or None) or triple.predicate.value
                    number = value.value.rpartition("-")[2]
                    at = f"[{int(number) - 1}]" if number.isdecimal() and number != "0" else ""
                    self._paths[value.value] = (f"{path}.{key}{at}" if path else f"{key}{at}", key)
                    waiting.append(value.value)

    def of(self, focus: str, property_: str | None) -> str:
        path, parent = self._paths.get(focus, ("", ""))
        if property_ is None:
            return path
        key = self._terms.key_of(property_, parent or None) or property_
        return f"{path}.{key}" if path else key
