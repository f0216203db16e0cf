"""Formats of linked data: what they have in common, over crosswalks whose places are paths of compact IRIs.

A format is a row of words: which classes are which kinds of records, and what it calls itself. What it has no terms for
is stated in this project's own, on a node of its own, so that the format's shapes find nothing strange.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed
from umr_ld.formats.contexts import prefixes
from umr_ld.formats.crosswalk import NOT_TAKEN, relations_of, rules_of, write_facts
from umr_ld.formats.draft import Written
from umr_ld.formats.forms import NAMES, text_of
from umr_ld.formats.gathering import BASE, Gathering, each
from umr_ld.formats.identity import artifact_of, named
from umr_ld.formats.kept import kept_rows, missing
from umr_ld.formats.licensing import licence_texts, take_licence
from umr_ld.formats.linked import read_graph
from umr_ld.formats.loss import Loss
from umr_ld.formats.own_terms import KEPT, WITHOUT, own_terms, read_own_terms
from umr_ld.formats.places import Node, is_meant, pruned
from umr_ld.formats.unread import is_of_the_document
from umr_ld.formats.wire import as_bytes
from umr_ld.licences import SPDX, spdx_expression
from umr_ld.media import Media

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from umr_ld.document import Document
    from umr_ld.formats.crosswalk import Facts
    from umr_ld.formats.draft import Stack, Subject, Translation
    from umr_ld.formats.gathering import Thing
    from umr_ld.formats.nodes import Graph
    from umr_ld.tree import Path, Value
    from umr_ld.vocab import Vocabulary

NAME = "umr:name"
_WHERE = "terms of its own (umr:kept)"
_HEAD = frozenset(("@id", "@type", "@context", "dct:conformsTo", NAME, KEPT))
_OF_ALL = frozenset((*_HEAD, "@value", "@language", *NAMES))
"""What is read of everything that stands in a thing."""
_ADDRESSES = ("schema:url", "schema:sameAs", "schema:identifier", "dct:identifier")


@dataclass(frozen=True, slots=True)
class Statements:
    """A format of linked data.

    Args:
        label: its name in `ontology/crosswalk` and in the table of relations.
        read_as: class to kind of record.
        written_as: kind of record to classes.
        licence: property that holds licences; empty for none.
        asks: properties that the format asks for, and a record may not say.
        finish: what else a document needs: changes the node, and gives more nodes.
        compacted: makes the document from the nodes, the subject's first; JSON-LD with prefixes unless given.
    """

    label: str
    read_as: Mapping[str, str]
    written_as: Mapping[str, tuple[str, ...]]
    licence: str = ""
    asks: tuple[str, ...] = ()
    finish: Callable[[Subject, dict[str, Value]], list[Value]] | None = field(default=None)
    compacted: Callable[[list[Value]], Value] | None = field(default=None)

    # -- reading

    def read(self, repositories: Stack, vocabulary: Vocabulary) -> Translation:
        """Read documents.

        Args:
            repositories: the documents, in any syntax of RDF.
            vocabulary: the terms of records.
        """
        return each(repositories, lambda document: self._read_one(document, vocabulary))

    def _read_one(self, document: Document, vocabulary: Vocabulary) -> Translation:
        graph = read_graph(document)
        gathering = Gathering(graph.tree, document, vocabulary)
        for path, context in graph.unknown:
            gathering.lose(path, context, "not read: this context is not bundled, and nothing is fetched")
        subjects = [(node, kind) for node in graph.nodes if (kind := self._kind(node))]
        if any(NAME in node for node, _ in subjects):
            subjects = [(node, kind) for node, kind in subjects if NAME in node]
        else:
            subjects = [(node, kind) for node, kind in subjects if self._says_something(node)]
        if not subjects:
            raise Malformed(f"nothing in the document is what {self.label} describes", where=document.source)
        names = {id(node): self._name(node) for node, _ in subjects}
        things = [(node, gathering.thing(kind, names[id(node)], "", node.path)) for node, kind in subjects]
        for node, thing in things:
            self._take(node, thing, graph, vocabulary)
        self._lose_rest([node for node, _ in subjects], graph, gathering)
        return gathering.translation()

    def _kind(self, node: Node) -> str:
        return next((kind for one, kind in self.read_as.items() if one in node.get("@type", ())), "")

    @staticmethod
    def _says_something(node: Node) -> bool:
        return (
            len(node.keys() - {"@id", "@type", "schema:name", "schema:url", "dct:title", "dct:identifier"})
            > 0
        )

    def _name(self, node: Node) -> str:
        for text in (
            *_texts(node.get(NAME)),
            node.get("@id"),
            *(t for key in _ADDRESSES for t in _texts(node.get(key))),
        ):
            known = artifact_of(text, BASE) if isinstance(text, str) else None
            if known is not None and not is_absolute(known) and "/" in known:
                return known
        title = next(
            (text for key in ("schema:name", "dct:title", "rdfs:label") for text in _texts(node.get(key))), ""
        )
        return named(self.label, title or str(node.get("@id", "unnamed")).rpartition("/")[2])

    def _take(self, node: Node, thing: Thing, graph: Graph, vocabulary: Vocabulary) -> None:
        facts = thing.facts
        rules = rules_of(self.label)
        facts.take(rules, thing.kind, node, node.path, graph.resolve)
        thing.version = str(facts.values.pop("version", ""))
        for value in node.get(self.licence, ()):
            self._take_licence(value, facts, node.origins.get(self.licence, node.path), graph)
        terms = self._read_links(node, thing, graph, vocabulary)
        if [*_texts(node.get("dct:identifier"))] == [thing.name]:
            node.pop("dct:identifier")
        known = (
            {rule.place[0].key for rule in rules if rule.is_of(thing.kind)} | terms | _HEAD | {self.licence}
        )
        for key in [key for key in node if key not in known]:
            facts.lose(node.origins.get(key, (key,)), node[key], NOT_TAKEN)
        self._lose_within(node, thing, graph)
        thing.complete()
        for one in node.get(KEPT, ()):
            self._restore(one, thing, graph, vocabulary)

    def _lose_within(self, node: Node, thing: Thing, graph: Graph) -> None:
        """Report what no rule reads of the things that a thing has: of its agents and files."""
        places = [rule.place for rule in rules_of(self.label) if rule.is_of(thing.kind)]
        for key in dict.fromkeys(place[0].key for place in places):
            below = [place for place in places if place[0].key == key]
            for whole in map(graph.resolve, node.get(key, ())):
                if not isinstance(whole, Node) or self._kind(whole):
                    continue
                read = {step.key for place in below if is_meant(whole, place[0]) for step in place[1:]}
                # What no place means is not called anything either.
                read |= _OF_ALL if any(is_meant(whole, place[0]) for place in below) else _HEAD
                for name in [one for one in whole if one not in read]:
                    path = whole.origins.get(name, whole.path)
                    if path not in thing.facts.taken:
                        thing.facts.lose(path, whole[name], NOT_TAKEN)

    def _lose_rest(self, subjects: list[Node], graph: Graph, gathering: Gathering) -> None:
        """Report what is said of things that nothing leads to which was read."""
        taken = gathering.taken.union(*(thing.facts.taken for thing in gathering.things))
        for node in graph.nodes:
            name = str(node.get("@id", ""))
            is_told = any(node.path[:length] in taken for length in range(1, len(node.path) + 1))
            # What has no identifier is a value of what is around it, and is told of there.
            is_value = not name and any(isinstance(step, str) and step[:1] != "@" for step in node.path)
            if is_told or is_value or name in graph.reached or any(node is one for one in subjects):
                continue
            for key in [one for one in node if one not in {"@id", "@type", "@context"}]:
                if not is_of_the_document(self.label, f"{name}.{key}"):
                    gathering.lose(node.origins.get(key, (name, key)), node[key], NOT_TAKEN)

    @staticmethod
    def _take_licence(value: Value, facts: Facts, path: Path, graph: Graph) -> None:
        whole = graph.resolve(value)
        keys = ("@id", "schema:url", "schema:name", "dct:title", "rdfs:label")
        texts = (
            [text for key in keys for text in _texts(whole.get(key))]
            if isinstance(whole, dict)
            else _texts(whole)
        )
        text = next((one for one in texts if not one.startswith(("_:", "#"))), "")
        if text:
            take_licence(facts, text, path)
        else:
            facts.lose(path, value, "not read: this names no licence")

    def _read_links(self, node: Node, thing: Thing, graph: Graph, vocabulary: Vocabulary) -> set[str]:
        words = relations_of(self.label).values()
        terms = {one.term for one in words}
        for words_read in (one for one in words if one.is_read):
            for value in node.get(words_read.term, ()):
                path = node.origins.get(words_read.term, node.path)
                relation = words_read.relation
                thing.link(relation, self._target(value, graph), path, _plain(value), vocabulary)
        return terms

    def _target(self, value: Value, graph: Graph) -> str | None:
        whole = graph.resolve(value)
        if isinstance(whole, dict):
            if NAME in whole or self._is_described(whole):
                return self._name(whole)  # type: ignore[arg-type]
            for text in (whole.get("@id"), *(t for key in _ADDRESSES for t in _texts(whole.get(key)))):
                if isinstance(text, str) and is_absolute(text):
                    known = artifact_of(text, BASE)
                    if known is not None:
                        return known
            return None
        return artifact_of(str(whole), BASE) if isinstance(whole, str) and ("/" in whole) else None

    def _is_described(self, whole: dict[str, Value]) -> bool:

        return isinstance(whole, Node) and bool(self._kind(whole)) and self._says_something(whole)

    @staticmethod
    def _restore(value: Value, thing: Thing, graph: Graph, vocabulary: Vocabulary) -> None:
        node = graph.resolve(value)
        if not isinstance(node, dict):
            return
        for key in _texts(node.get(WITHOUT)):
            thing.facts.values.pop(key, None)
        own = read_own_terms(node, graph, vocabulary)
        links = thing.facts.values.pop("upstream", None) if "upstream" in own else None
        thing.facts.values |= own
        if links is not None:
            _add_links(thing, links)

    # -- writing

    def write(self, subject: Subject, media: Media) -> Written:
        """Write a record.

        Args:
            subject: the record.
            media: Turtle, or JSON-LD.
        """
        node: dict[str, Value] = {
            "@id": subject.minted.iri,
            "@type": [*self.written_as[subject.kind]],
            NAME: subject.name,
        }
        write_facts(rules_of(self.label), subject.kind, subject.root, node)
        self._write_licence(subject, node)
        self._write_links(subject, node)
        more = self.finish(subject, node) if self.finish is not None else []
        back = self._read_back([pruned(node), *more], subject)
        keys = [*missing(subject.root, back)]
        nested = [
            key for key, value in subject.minted.root.items() if _holds_objects(value) and key not in keys
        ]
        own = own_terms(subject.minted.root, [*keys, *nested], subject.vocabulary)
        unsaid = back.keys() - subject.root.keys() - {"@context", "type", "name", "version"}
        if unsaid:
            own[WITHOUT] = [*sorted(unsaid)]
        if own:
            node[KEPT] = {"@id": f"{subject.minted.iri}#kept", **own}
        source = subject.minted.tree.source
        unfilled = [
            Loss(key, "", f"{self.label} asks for it, and the record does not say it", source)
            for key in self.asks
            if key not in node
        ]
        rows = (*kept_rows(keys, subject.root, _WHERE, source), *unfilled)
        return Written(self._bytes([pruned(node), *more], media), rows)

    def _write_licence(self, subject: Subject, node: dict[str, Value]) -> None:
        texts = [*dict.fromkeys(licence_texts(subject.root))]
        addresses = [SPDX + text if spdx_expression(text) else text for text in texts]
        plain = [one for one in addresses if is_absolute(one) and not one.startswith(f"{SPDX}LicenseRef")]
        if self.licence and plain:
            node[self.licence] = [{"@id": one} for one in plain]

    def _write_links(self, subject: Subject, node: dict[str, Value]) -> None:
        for link in subject.links():
            words = relations_of(self.label).get(str(link["relation"]))
            if words is not None:
                targets = node.setdefault(words.term, [])
                assert isinstance(targets, list)
                target: Value = {"@id": subject.base.artifact(link["artifact"])}
                if target not in targets:
                    targets.append(target)

    def _read_back(self, nodes: list[Value], subject: Subject) -> Mapping[str, Value]:
        from umr_ld.document import Document

        (draft,) = self._read_one(Document(self._bytes(nodes, Media.JSONLD)), subject.vocabulary).drafts
        return draft.tree.root if isinstance(draft.tree.root, dict) else {}

    def _bytes(self, nodes: list[Value], media: Media) -> bytes:
        if media is Media.TURTLE:
            quads = ox.parse(as_bytes(_with_prefixes(nodes)), ox.RdfFormat.JSON_LD)
            triples = sorted((quad.triple for quad in quads), key=str)
            used = {name: iri for name, iri in prefixes().items() if any(iri in str(one) for one in triples)}
            return ox.serialize(triples, format=ox.RdfFormat.TURTLE, prefixes=used) or b""
        return as_bytes(self.compacted(nodes) if self.compacted is not None else _with_prefixes(nodes))


def _with_prefixes(nodes: list[Value]) -> Value:
    text = str(nodes)
    used: dict[str, Value] = {prefix: iri for prefix, iri in prefixes().items() if f"{prefix}:" in text}
    if len(nodes) == 1 and isinstance(nodes[0], dict):
        return {"@context": used, **nodes[0]}
    return {"@context": used, "@graph": nodes}


def _texts(value: Value) -> Iterator[str]:
    """Texts and identifiers among the values of a property."""
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and isinstance(one.get("@id"), str):
            yield str(one["@id"])
            continue
        try:
            yield text_of(one)
        except Malformed:
            continue


def _plain(value: Value) -> Value:
    return value.get("@id", value) if isinstance(value, dict) else value


def _holds_objects(value: Value) -> bool:
    return any(isinstance(one, dict) for one in (value if isinstance(value, list) else [value]))


def _add_links(thing: Thing, links: Value) -> None:
    """Links that the format states beside those that were kept: somebody added them since."""
    from umr_ld.formats.draft import nodes

    known = {artifact_of(str(one.get("artifact")), BASE) for one in nodes(thing.facts.values.get("upstream"))}
    kept = thing.facts.values.pop("upstream")
    added = [one for one in nodes(links) if one["artifact"] not in known]
    thing.facts.values["upstream"] = [*(kept if isinstance(kept, list) else [kept]), *added]
