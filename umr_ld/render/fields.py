"""What can be said of a kind of record: the fields of drafts and forms, read from the shapes.

The shapes say more than what is valid: SHACL's non-validating properties (W3C SHACL §2.3.2) name,
describe, group and order what a person may fill in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.resources import resource
from umr_ld.vocab import UMR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from umr_ld.vocab import Term, Vocabulary

_SH = "http://www.w3.org/ns/shacl#"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be said.

    Args:
        term: its key, and what values it takes.
        label: for people.
        description: what it means, one or two sentences.
        group: key of its group.
        many: whether it may be said more than once.
        required: whether it must be said.
        once: whether it may be said once in plain words; others may say it in other languages.
        longest: characters of a text at the most; 0 where nothing is said.
        inner: fields of the object that is its value, the needed ones first; empty where it is a plain
            value, or may be one.
    """

    term: Term
    label: str
    description: str
    group: str
    many: bool
    required: bool
    once: bool = False
    longest: int = 0
    inner: tuple[Field, ...] = ()


def fields_of(kind: str, vocabulary: Vocabulary) -> tuple[Field, ...]:
    """The fields of a kind of record, in order.

    Args:
        kind: key of the kind.
        vocabulary: the terms.
    """
    shapes = _shapes()
    own = [shape for shape in shapes if vocabulary.kinds[kind].iri in shape.classes]
    forbidden = {said["path"] for shape in own for said in shape.properties if said.get("maxCount") == "0"}
    told = [
        said for shape in own for said in shape.properties if "name" in said and said["path"] not in forbidden
    ]
    return tuple(
        field
        for said in sorted(told, key=lambda said: int(said.get("order", "0")))
        if (field := _field(said, None, vocabulary)) is not None
    )


def _field(said: Mapping[str, str], parent: str | None, vocabulary: Vocabulary) -> Field | None:
    key = vocabulary.key_of(said["path"], parent)
    term = vocabulary.term(key, parent) if key is not None else None
    if term is None:
        return None
    is_object = parent is None and term.short_value is None
    return Field(
        term=term,
        label=said["name"],
        description=said.get("description", ""),
        group=said.get("group", "").removeprefix(UMR).removesuffix("-group"),
        many=said.get("maxCount") != "1",
        required=said.get("minCount", "0") != "0",
        once="1" in {said.get("maxCount"), said.get("qualifiedMaxCount")},
        longest=int(said.get("maxLength", "0")),
        inner=_inner(said, term.key, vocabulary) if is_object else (),
    )


def _inner(outer: Mapping[str, str], key: str, vocabulary: Vocabulary) -> tuple[Field, ...]:
    shapes = [shape for shape in _shapes() if outer["path"] in shape.objects_of]
    told = [said for shape in shapes for said in shape.properties if "name" in said]
    ordered = sorted(
        told,
        key=lambda said: (
            said.get("minCount", "0") == "0",
            said.get("group") != outer.get("group"),
            int(said.get("order", "0")),
        ),
    )
    found = [_field(said, key, vocabulary) for said in ordered]
    return tuple(field for field in found if field is not None)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A node shape.

    Args:
        classes: IRIs of the classes that it is about.
        objects_of: IRIs of the properties whose values it is about.
        properties: of each property shape the local names of SHACL with their values.
    """

    classes: frozenset[str]
    objects_of: frozenset[str]
    properties: tuple[Mapping[str, str], ...]


@cache
def _shapes() -> Sequence[_Shape]:
    return [shape for path in sorted(resource("shapes").glob("*.ttl")) for shape in _read(str(path))]


def _read(path: str) -> list[_Shape]:
    said: dict[str, dict[str, list[str]]] = {}
    for quad in ox.parse(path=path, format=ox.RdfFormat.TURTLE):
        name, value = quad.predicate.value, quad.object
        if name.startswith(_SH) and not isinstance(value, ox.Triple):
            said.setdefault(str(quad.subject), {}).setdefault(name.removeprefix(_SH), []).append(
                str(value) if isinstance(value, ox.BlankNode) else value.value
            )
    return [
        _Shape(
            classes=frozenset(own.get("targetClass", ())),
            objects_of=frozenset(own.get("targetObjectsOf", ())),
            properties=tuple(
                {key: values[0] for key, values in said[node].items()} for node in own.get("property", ())
            ),
        )
        for own in said.values()
        if "property" in own
    ]
