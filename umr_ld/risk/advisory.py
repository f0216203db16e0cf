"""What an advisory says: which versions of which artifacts carry which risks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.ranges import EVERYTHING, NOTHING, Range
from umr_ld.record import Node, shown
from umr_ld.risk.answers import Severity
from umr_ld.risk.scope import Scope
from umr_ld.versions import Version
from umr_ld.vocab import UMR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from umr_ld.addresses import Base
    from umr_ld.names import Ref
    from umr_ld.record import Record

HAS_RISK = "https://w3id.org/dpv#hasRisk"
DECIDED = (f"{UMR}same", f"{UMR}different")
"""What a statement says of two names. It speaks of these words too: so it is found among all statements."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """One revision of an advisory.

    Args:
        ref: of its record.
        title: in words.
        risks: IRIs.
        severity: how grave it is.
        partial: whether the risk is in part of the data only.
        scopes: artifact to the versions that carry the risk.
        fixed: artifact to versions that are said to carry it no more.
        aliases: its identifiers elsewhere.
        withdrawn: whether its publisher took it back.
    """

    ref: Ref
    title: str
    risks: tuple[str, ...]
    severity: Severity
    partial: bool
    scopes: Mapping[str, Scope]
    fixed: Mapping[str, tuple[Version, ...]]
    aliases: tuple[str, ...]
    withdrawn: bool

    @property
    def name(self) -> str:
        """The artifact's name, which stays while revisions come."""
        return str(self.ref.name)

    @property
    def label(self) -> str:
        """Its identifier in short: the last segment of the name."""
        return self.name.rpartition("/")[2]


def advisory_of(record: Record, base: Base) -> Advisory:
    """Read an advisory.

    Args:
        record: of kind `Advisory`.
        base: the registry's base IRI.
    """
    nodes = _nodes(record, "affects")
    return Advisory(
        ref=record.ref,
        title=record.title,
        risks=tuple(sorted({shown(value) for value in record.values(HAS_RISK)})),
        severity=_severity(record),
        partial=record.text(f"{UMR}partOfData") == "true",
        scopes=scopes_of(nodes, base),
        fixed=_fixed(nodes, base),
        aliases=tuple(shown(value) for value in record.values(f"{UMR}alias")),
        withdrawn=bool(record.text(f"{UMR}withdrawnAt")),
    )


def subjects_of(record: Record, base: Base) -> tuple[str, ...]:
    """What an advisory or a statement speaks of: names and IRIs. Empty for other records.

    Args:
        record: of any kind.
        base: the registry's base IRI.
    """
    nodes = [*_nodes(record, "affects"), *_nodes(record, "product")]
    named = [shown(value) for value in record.values(f"{UMR}advisory")]
    named += [word for word in map(shown, record.values(f"{UMR}status")) if word in DECIDED]
    return tuple(base.artifact_of(iri) for iri in [*map(_artifact, nodes), *named] if iri)


def scopes_of(nodes: list[Node], base: Base) -> Mapping[str, Scope]:
    """Artifact to the versions that are spoken of; several objects about one artifact are united.

    Args:
        nodes: values of `affects` or `product`.
        base: the registry's base IRI.
    """
    found: dict[str, list[Scope]] = {}
    for node in nodes:
        if _artifact(node):
            found.setdefault(base.artifact_of(_artifact(node)), []).append(_scope(node))
    return MappingProxyType({name: reduce(or_, several) for name, several in found.items()})


def _nodes(record: Record, key: str) -> list[Node]:
    return [value for value in record.values(f"{UMR}{key}") if isinstance(value, Node)]


def _texts(node: Node, key: str) -> Iterator[str]:
    return map(shown, node.facts.get(f"{UMR}{key}", ()))


def _artifact(node: Node) -> str:
    return next(_texts(node, "artifact"), "")


def _scope(node: Node) -> Scope:
    revisions = frozenset(_texts(node, "revision"))
    undecided = "true" in _texts(node, "undecided")
    unnamed = NOTHING if revisions or undecided else EVERYTHING
    versions = next(_texts(node, "versions"), None)
    return Scope(unnamed if versions is None else Range.parse(versions), revisions, undecided)


def _fixed(nodes: list[Node], base: Base) -> Mapping[str, tuple[Version, ...]]:
    found: dict[str, set[Version]] = {}
    for node in nodes:
        for text in _texts(node, "fixedIn"):
            try:
                found.setdefault(base.artifact_of(_artifact(node)), set()).add(Version.parse(text))
            except Malformed:
                continue  # A label of the publisher's own; it is shown, but cannot be compared.
    return MappingProxyType({name: tuple(sorted(versions)) for name, versions in found.items()})


def _severity(record: Record) -> Severity:
    word = record.text(f"{UMR}severity").removeprefix(UMR).upper()
    return Severity[word] if word in Severity.__members__ else Severity.UNKNOWN
