"""What changed between two versions, in words, and the least bump that the changes need.

Versions of records mean something (Semantic Versioning 2.0.0 §6-8, read for descriptions): *major* when
what the thing is changes, *minor* when facts about it are added, *patch* for wording. Which property is
of which level is data in the ontology (`umr:change`); nested facts count by their own level.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.addresses import Base
from umr_ld.licences import SPDX
from umr_ld.record import Node, Value, shown
from umr_ld.versions import Level, Version
from umr_ld.vocab import DCAT, RDF, RISK, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.record import Facts, Record
    from umr_ld.vocab import Vocabulary

Say = Callable[[Value], str]
"""Says a value in words."""

_IDENTITY = frozenset({f"{UMR}name", f"{DCAT}version", f"{RDF}type"})
_WORDING = Level.PATCH
_ARTIFACT = f"{UMR}artifact"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    Args:
        act: `added`, `removed` or `changed`.
        path: the key, and for nested facts what it is nested in: `upstream (openai/clip) › version`.
        before: the earlier value in words; empty if added.
        after: the later value in words; empty if removed.
        level: the least bump that this difference needs.
    """

    act: str
    path: str
    before: str
    after: str
    level: Level

    def __str__(self) -> str:
        match self.act:
            case "added":
                return f"{self.path} added: {self.after}"
            case "removed":
                return f"{self.path} removed: {self.before}"
            case _:
                return f"{self.path} changed from {self.before} to {self.after}"


@dataclass(frozen=True, slots=True)
class Diff:
    """All differences between two records of one artifact.

    Args:
        changes: the gravest first, then in the order of keys.
    """

    changes: tuple[Change, ...]

    @property
    def level(self) -> Level | None:
        """The least bump that all changes together need; None if nothing changed."""
        return max((change.level for change in self.changes), default=None)

    def least(self, before: Version) -> Version:
        """The least version that would do.

        Args:
            before: the earlier version.
        """
        return before.bump(self.level or _WORDING)

    def suffices(self, before: Version, after: Version) -> bool:
        """Whether the step between two versions is as large as the changes need.

        Between prereleases of one release everything may change (§9).

        Args:
            before: the earlier version.
            after: the later one.
        """
        if before.is_prerelease and after.release == before.release:
            return True
        return after.release >= self.least(before).release


def diff(before: Record, after: Record, vocabulary: Vocabulary, base: Base | None = None) -> Diff:
    """The differences between two records.

    Args:
        before: the earlier record.
        after: the later record.
        vocabulary: labels, order and levels of properties.
        base: by which names are told from foreign IRIs; None for that of every registry that has no other.
    """
    say = partial(_words, vocabulary, base or Base())
    found: list[Change] = []
    if before.kind != after.kind:
        found.append(Change("changed", "type", before.kind, after.kind, Level.MAJOR))
    found += _facts(before.facts, after.facts, "", vocabulary, say)
    return Diff(tuple(sorted(found, key=lambda change: (-change.level, change.path))))


def _facts(before: Facts, after: Facts, prefix: str, vocabulary: Vocabulary, say: Say) -> Iterator[Change]:
    for name in sorted({*before, *after} - _IDENTITY):
        path = prefix + (vocabulary.key_of(name) or name)
        level = _level(name, vocabulary)
        old, new = _unmatched(before.get(name, ()), after.get(name, ()))
        yield from _nodes(old, new, path, level, vocabulary, say)
        yield from _plain(old, new, path, level, say)


def _level(name: str, vocabulary: Vocabulary) -> Level:
    rule = vocabulary.properties.get(name)
    return Level[rule.change.upper()] if rule is not None else Level.MINOR


def _unmatched(old: tuple[Value, ...], new: tuple[Value, ...]) -> tuple[list[Value], list[Value]]:
    """The values of each side that the other does not have; nodes are compared by what they say."""
    olds, news = [_content(value) for value in old], [_content(value) for value in new]
    return (
        [value for value, content in zip(old, olds, strict=True) if content not in news],
        [value for value, content in zip(new, news, strict=True) if content not in olds],
    )


def _content(value: Value) -> object:
    """A value without the identifiers that only say where in the document it stands."""
    if not isinstance(value, Node):
        return str(value)
    facts = frozenset(
        (name, frozenset(_content(one) for one in values)) for name, values in value.facts.items()
    )
    return facts if "#" in value.iri else (value.iri, facts)


def _plain(old: Iterable[Value], new: Iterable[Value], path: str, level: Level, say: Say) -> Iterator[Change]:
    gone = [say(value) for value in old if not isinstance(value, Node)]
    come = [say(value) for value in new if not isinstance(value, Node)]
    if len(gone) == len(come) == 1:
        yield Change("changed", path, gone[0], come[0], level)
        return
    yield from (Change("removed", path, word, "", level) for word in gone)
    yield from (Change("added", path, "", word, level) for word in come)


def _nodes(
    old: Iterable[Value], new: Iterable[Value], path: str, level: Level, vocabulary: Vocabulary, say: Say
) -> Iterator[Change]:
    gone = [value for value in old if isinstance(value, Node)]
    come = [value for value in new if isinstance(value, Node)]
    for earlier, later in _pairs(gone, come):
        gone.remove(earlier)
        come.remove(later)
        yield from _facts(earlier.facts, later.facts, f"{path} ({_name(later, say)}) › ", vocabulary, say)
    yield from (Change("removed", path, _summary(node, vocabulary, say), "", level) for node in gone)
    yield from (Change("added", path, "", _summary(node, vocabulary, say), level) for node in come)


def _pairs(old: list[Node], new: list[Node]) -> list[tuple[Node, Node]]:
    """Nodes of both sides that are the same thing said differently: those with most facts in common.

    Links are the same only if they name the same artifact.
    """
    buckets: dict[frozenset[object], list[int]] = {}
    for at, node in enumerate(new):
        buckets.setdefault(_contents(node, _ARTIFACT), []).append(at)
    candidates = [
        (-_alike(earlier, new[to]), at, to)
        for at, earlier in enumerate(old)
        for to in buckets.get(_contents(earlier, _ARTIFACT), ())
    ]
    free_old, free_new = set(range(len(old))), set(range(len(new)))
    pairs = []
    for score, at, to in sorted(candidates):
        if score and at in free_old and to in free_new:
            free_old.remove(at)
            free_new.remove(to)
            pairs.append((old[at], new[to]))
    return pairs


def _alike(one: Node, other: Node) -> int:
    return sum(
        1 for name in one.facts if name != f"{RDF}type" and _contents(one, name) == _contents(other, name)
    )


def _contents(node: Node, name: str) -> frozenset[object]:
    return frozenset(_content(value) for value in node.facts.get(name, ()))


def _name(node: Node, say: Say) -> str:
    """What a person would call a nested node."""
    for name in (_ARTIFACT, "http://www.w3.org/2000/01/rdf-schema#label", f"{UMR}metric", f"{UMR}fileName"):
        for value in node.facts.get(name, ()):
            return say(value)
    return node.iri.rpartition("#")[2]


def _summary(node: Node, vocabulary: Vocabulary, say: Say) -> str:
    parts = [
        f"{vocabulary.key_of(name) or name} {', '.join(map(say, node.facts[name]))}"
        for name in sorted(node.facts, key=vocabulary.order_of)
        if name != f"{RDF}type"
    ]
    return "; ".join(parts)


def _words(vocabulary: Vocabulary, base: Base, value: Value) -> str:
    """A value as pages name it: agents, terms, licences and artifacts by their names."""
    text = shown(value)
    if isinstance(value, ox.NamedNode):
        name = base.agent_label(text) or vocabulary.key_of(text) or base.artifact_of(text)
        text = name.removeprefix(SPDX).removeprefix(RISK)
    return text if len(text) <= 120 else f"{text[:117]}…"
