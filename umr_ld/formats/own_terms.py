"""Keys of records in documents of linked data: in this project's own terms, on a node beside what the format itself says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.formats.contexts import compact, full
from umr_ld.vocab import UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from umr_ld.formats.nodes import Graph
    from umr_ld.tree import Value
    from umr_ld.vocab import Term, Vocabulary

KEPT = "umr:kept"
"""Leads to the node of what the format has no terms for, or not exactly."""

ANYTHING = "schema:Thing"
"""Class of what has none, where a format wants one: it says nothing."""
WITHOUT = "umr:without"
"""Keys that the format seems to state, and the record does not."""


def own_terms(minted: Mapping[str, Value], keys: Iterable[str], vocabulary: Vocabulary) -> dict[str, Value]:
    """Some keys of a record as JSON-LD with compact IRIs.

    Args:
        minted: the record, as it would be published.
        keys: which.
        vocabulary: the terms.
    """
    return _written({key: minted[key] for key in keys if key in minted}, None, vocabulary)


def _written(node: Mapping[str, Value], parent: str | None, vocabulary: Vocabulary) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for key, value in node.items():
        if key == "id":
            made["@id"] = value
        elif key == "type":
            kinds = value if isinstance(value, list) else [value]
            made["@type"] = [
                compact(UMR + str(one)) if ":" not in str(one) else compact(str(one)) for one in kinds
            ]
        else:
            term = vocabulary.term(key, parent)
            several = value if isinstance(value, list) else [value]
            name = compact(term.iri if term is not None else key)
            made[name] = [_value(one, key, term, vocabulary) for one in several]
    return made


def _value(value: Value, key: str, term: Term | None, vocabulary: Vocabulary) -> Value:
    if isinstance(value, dict):
        return value if "@value" in value else _written(value, key if term is not None else None, vocabulary)
    if term is None or term.type is None:
        return value
    if term.type == "@vocab":
        word = str(value)
        return {"@id": vocabulary.iri_of(word) if word in term.words else word}
    if term.type == "@id":
        return {"@id": value}
    return {"@value": str(value).lower() if isinstance(value, bool) else value, "@type": term.type}


def read_own_terms(node: Mapping[str, Value], graph: Graph, vocabulary: Vocabulary) -> dict[str, Value]:
    """The keys that a node of own terms states.

    Args:
        node: what `KEPT` leads to.
        graph: the document.
        vocabulary: the terms.
    """
    return {key: value for key, value in _read(node, None, graph, vocabulary, ()) if key != "id"}


def _read(
    node: Mapping[str, Value],
    parent: str | None,
    graph: Graph,
    vocabulary: Vocabulary,
    above: tuple[int, ...],
) -> Iterator[tuple[str, Value]]:
    for name, values in node.items():
        if name == "@id":
            yield "id", values
        elif name == "@type" and values == [ANYTHING]:
            continue
        elif name == "@type":
            kinds = [vocabulary.key_of(full(str(one))) or full(str(one)) for one in _several(values)]
            yield "type", [*kinds]
        elif not name.startswith("@") and name != WITHOUT:
            key = vocabulary.key_of(full(name), parent) or full(name)
            term = vocabulary.term(key, parent)
            made = [_plain(one, key, term, graph, vocabulary, above) for one in _several(values)]
            yield key, made[0] if len(made) == 1 else [*made]


def _several(values: Value) -> list[Value]:
    return values if isinstance(values, list) else [values]


def _plain(
    value: Value, key: str, term: Term | None, graph: Graph, vocabulary: Vocabulary, above: tuple[int, ...]
) -> Value:
    whole = graph.resolve(value)
    if not isinstance(whole, dict):
        return whole
    if "@value" in whole:
        return whole if "@language" in whole or term is None else whole["@value"]
    if whole.keys() == {"@id"} or id(whole) in above or (term is not None and not term.is_node):
        return whole.get("@id")
    return dict(_read(whole, key, graph, vocabulary, (*above, id(whole))))
