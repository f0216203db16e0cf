"""The sections of a record: labelled values, each with its origin.

Sections, labels and order come from the ontology, so a new property appears everywhere without code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.record import Node, shown
from umr_ld.vocab import RDF, RDFS, UMR

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.inherit import Held
    from umr_ld.names import Ref
    from umr_ld.record import Value
    from umr_ld.registry.views import Shown
    from umr_ld.vocab import Vocabulary

_APART = frozenset(
    {f"{RDF}type", f"{UMR}upstream", f"{UMR}name", f"{UMR}answer", "http://www.w3.org/ns/dcat#version"}
)
"""Properties that pages show in places of their own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A value as it is shown.

    Args:
        text: in words.
        link: an http or https address, or empty: nothing else becomes a link.
        agent: label of an agent of this registry, by which its records can be searched; else empty.
        parts: label and text of what is nested in it.
        origin: the record it is inherited from; None for the record's own.
    """

    text: str
    link: str
    agent: str
    parts: tuple[tuple[str, str], ...]
    origin: Ref | None


@dataclass(frozen=True, slots=True)
class Row:
    """A property with its values.

    Args:
        label: for people.
        key: as authors write it, or the IRI of what is unknown.
        comment: the definition.
        pieces: its values.
    """

    label: str
    key: str
    comment: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A group of properties.

    Args:
        label: for people.
        key: of the group.
        rows: in order.
    """

    label: str
    key: str
    rows: tuple[Row, ...]


def page_of(shown_: Shown, vocabulary: Vocabulary, base: Base) -> tuple[Section, ...]:
    """The sections of a record's page.

    Args:
        shown_: the record with everything that holds for it.
        vocabulary: groups, labels and order.
        base: by which names are told from foreign IRIs.

    Returns:
        groups in order, those without values left out; what is unknown comes last.
    """
    grouped: dict[str, list[tuple[int, Row]]] = {}
    for name, held in shown_.effective.values.items():
        if name in _APART:
            continue
        rule = vocabulary.properties.get(name)
        pieces = tuple(_piece(one, vocabulary, base) for one in held)
        label = rule.label if rule else name
        row = Row(label, rule.key if rule else name, rule.comment if rule else "", pieces)
        grouped.setdefault(rule.group if rule else "", []).append((rule.order if rule else 0, row))
    sections = [
        Section(group.label, key, tuple(row for _, row in sorted(grouped[key], key=lambda pair: pair[0])))
        for key, group in vocabulary.groups.items()
        if key in grouped
    ]
    if "" in grouped:
        sections.append(Section("Not understood, and kept", "unknown", tuple(row for _, row in grouped[""])))
    return tuple(sections)


def _piece(held: Held, vocabulary: Vocabulary, base: Base) -> Piece:
    value = held.value
    text = value_words(value, vocabulary, base)
    plain = shown(value)
    link = plain if not isinstance(value, ox.Literal) and plain.startswith(("http://", "https://")) else ""
    if isinstance(value, Node) and "#" in value.iri:
        link = ""
    agent = base.agent_label(plain) or ""
    return Piece(text, link, agent, parts_of(value, vocabulary, base), held.origin if held.hops else None)


def value_words(value: Value, vocabulary: Vocabulary, base: Base) -> str:
    """A value in words; what is nested in it is left to `parts_of`.

    Args:
        value: of a record.
        vocabulary: keys of what is known.
        base: by which names are told from foreign IRIs.
    """
    if isinstance(value, Node):
        for one in value.facts.get(f"{RDFS}label", ()):
            return shown(one)
        return "" if "#" in value.iri else value_words(ox.NamedNode(value.iri), vocabulary, base)
    if isinstance(value, ox.Literal):
        return value.value
    iri = value.value
    return base.agent_label(iri) or vocabulary.key_of(iri) or _short(base.artifact_of(iri))


def _short(iri: str) -> str:
    for prefix in (
        "https://spdx.org/licenses/",
        "https://w3id.org/umr-ld/risk#",
        "https://w3id.org/umr-ld/profiles/",
    ):
        if iri.startswith(prefix):
            return iri[len(prefix) :]
    return iri


def parts_of(value: Value, vocabulary: Vocabulary, base: Base) -> tuple[tuple[str, str], ...]:
    """Label and words of what is nested in a value, in order; nothing for plain values.

    Args:
        value: of a record.
        vocabulary: labels and order.
        base: by which names are told from foreign IRIs.
    """
    if not isinstance(value, Node):
        return ()
    found = []
    for name in sorted(value.facts, key=lambda iri: _inside(iri, vocabulary)):
        if name not in {f"{RDF}type", f"{RDFS}label"}:
            rule = vocabulary.properties.get(name)
            words = ", ".join(value_words(one, vocabulary, base) for one in value.facts[name])
            found.append((rule.label if rule else name, words))
    return tuple(found)


def _inside(name: str, vocabulary: Vocabulary) -> tuple[bool, int]:
    """What a nested thing says of itself stands before where that is known from."""
    rule = vocabulary.properties.get(name)
    return rule is not None and rule.group == "identity", vocabulary.order_of(name)
