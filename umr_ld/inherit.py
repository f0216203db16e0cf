"""Inheritance: a derived model is not documented twice.

A link marked as inheriting hands down every inheritable property that the record does not state itself.
How a property is handed down is data in the ontology (`umr:inheritance`):

- *nearest*: the record's own value wins; else the value stated at the fewest inheriting hops away; of
  several at the same distance the one reached by the first links in their authors' order;
- *union*: all values on the way, the nearest one's origin for a value stated twice;
- *never*: not handed down.

A property with `umr:inheritanceKey` is handed down by that key: of answers to a hundred questions, each
comes from the nearest record that answers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.record import Node, Record, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from umr_ld.names import Ref
    from umr_ld.record import Link, Value
    from umr_ld.vocab import Property, Vocabulary


@dataclass(frozen=True, slots=True)
class Held:
    """A value that holds for a record, and who stated it.

    Args:
        value: the value.
        origin: the record whose author stated it.
        hops: inheriting links between; 0 for the record's own.
    """

    value: Value
    origin: Ref
    hops: int


@dataclass(frozen=True, slots=True)
class Effective:
    """A record with everything that holds for it.

    Args:
        record: the record itself.
        values: property IRI to values; own values first.
        sources: the records that facts could flow from, nearest first, the record itself leading.
    """

    record: Record
    values: Mapping[str, tuple[Held, ...]]
    sources: tuple[Ref, ...]

    def inherited(self) -> Iterator[tuple[str, Held]]:
        """The values that the record does not state itself, with their properties."""
        for name, held in self.values.items():
            yield from ((name, one) for one in held if one.hops)


def effective(record: Record, follow: Callable[[Link], Record | None], vocabulary: Vocabulary) -> Effective:
    """What holds for a record, with the origin of every value.

    Args:
        record: the record.
        follow: the best matching record of a link, or None where none is recorded.
        vocabulary: how each property is handed down; what it does not know is not handed down.

    Returns:
        the record's own values and the inherited ones. Cycles end where they close.
    """
    collected: dict[str, dict[str, Held]] = {
        name: {_identity(value): Held(value, record.ref, 0) for value in values}
        for name, values in record.facts.items()
    }
    order = [record.ref]
    for hops, source in _sources(record, follow):
        order.append(source.ref)
        for name, values in source.facts.items():
            rule = vocabulary.properties.get(name)
            if rule is not None and rule.inheritance != "never":
                _hand_down(collected.setdefault(name, {}), rule, values, source.ref, hops)
    held = {name: tuple(found.values()) for name, found in collected.items() if found}
    return Effective(record, held, tuple(order))


def _sources(record: Record, follow: Callable[[Link], Record | None]) -> Iterator[tuple[int, Record]]:
    """The records reached by inheriting links, breadth first, each once, with their distance."""
    seen = {record.ref}
    level = [record]
    hops = 0
    while level:
        hops += 1
        below = []
        for current in level:
            for link in current.links:
                parent = follow(link) if link.inherit else None
                if parent is not None and parent.ref not in seen:
                    seen.add(parent.ref)
                    below.append(parent)
                    yield hops, parent
        level = below


def _hand_down(
    held: dict[str, Held], rule: Property, values: tuple[Value, ...], origin: Ref, hops: int
) -> None:
    if rule.inheritance_key:
        taken = {_key(one.value, rule.inheritance_key) for one in held.values()}
        fresh = [value for value in values if _key(value, rule.inheritance_key) not in taken]
    elif rule.inheritance == "union":
        fresh = [value for value in values if _identity(value) not in held]
    else:
        fresh = [] if held else list(values)
    for value in fresh:
        held[_identity(value)] = Held(value, origin, hops)


def _identity(value: Value) -> str:
    return value.iri if isinstance(value, Node) else str(value)


def _key(value: Value, name: str) -> str:
    if not isinstance(value, Node):
        return _identity(value)
    return " ".join(sorted(shown(one) for one in value.facts.get(name, ()))) or value.iri
