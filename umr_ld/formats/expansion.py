"""JSON-LD on its way to nodes whose keys are compact IRIs, with the places where things stand (JSON-LD 1.1 API §5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.formats.contexts import Context, compact, known_contexts
from umr_ld.formats.places import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from umr_ld.formats.contexts import Term
    from umr_ld.formats.nodes import Graph
    from umr_ld.tree import Path, Value


class Expansion:
    """A JSON-LD document.

    Args:
        graph: takes in the nodes.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._context = Context()
        self._entries: dict[tuple[int, int], tuple[Context, Context]] = {}
        """Contexts that were entered, by that and by what was said there; both are kept for as long as this is."""

    def top(self, root: Value) -> None:
        """Read the document.

        Args:
            root: of its tree.
        """
        for at, one in _objects(root, ()):
            self._context = self._entered(self._context, one.get("@context"), (*at, "@context"))
            self._node(one, at, self._context, is_top=True)

    def _entered(self, context: Context, value: Value, path: Path) -> Context:
        """A context with what stands at a place; those that are only named and not known are written down."""
        if value is None:
            return context
        # The same words are entered for each value of a property, and each node of a class.
        key = id(context), id(value)
        if key not in self._entries:
            self._entries[key] = context, self._with(context, value, path)
        return self._entries[key][1]

    def _with(self, context: Context, value: Value, path: Path) -> Context:
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str):
                known = known_contexts().get(one.rstrip("/#"))
                if known is None:
                    self._graph.unknown.append((path, one))
                context = context.with_words(known or {})
            elif isinstance(one, dict):
                context = context.with_words(one)
        return context

    def _node(self, said: Mapping[str, Value], path: Path, context: Context, *, is_top: bool = False) -> Node:
        if not is_top:
            context = self._entered(context, said.get("@context"), (*path, "@context"))
        node, own = Node(path), context
        for kind in sorted(_types(said, context)):
            term = context.terms.get(kind)
            if term is not None and term.context is not None:
                # It holds for the node alone, and not for those in it (§4.1.8, type-scoped contexts).
                own = self._entered(own, term.context, path)
        self._say(node, said, path, own, context)
        # A document's graph is no thing of its own.
        if not (is_top and "@graph" in said and "@type" not in node):
            self._graph.add(node)
        return node

    def _say(
        self, node: Node, said: Mapping[str, Value], path: Path, context: Context, inner: Context
    ) -> None:
        """Take in what a node says; its identifier first, which others may need."""
        for key, value in sorted(said.items(), key=lambda pair: context.iri(pair[0]) != "@id"):
            iri, term, at = context.iri(key), context.terms.get(key), (*path, key)
            if iri is None or iri.startswith("@"):
                self._say_keyword(node, iri, value, at, context, inner)
            elif term is not None and term.reverse:
                self._say_backwards(node, iri, value, at, inner)
            else:
                name = compact(iri)
                made = [*self._values(value, term, at, self._within(inner, term, at))]
                node[name] = [*node.get(name, []), *made]
                node.origins[name] = at

    def _say_keyword(
        self, node: Node, iri: str | None, value: Value, path: Path, context: Context, inner: Context
    ) -> None:
        match iri:
            case "@id" if isinstance(value, str):
                node["@id"] = context.identifier(value)
            case "@type":
                node["@type"] = [compact(context.iri(one) or one) for one in _texts(value)]
            case "@nest":
                for at, one in _objects(value, path):
                    self._say(node, one, at, context, inner)
            case "@graph" | "@included":
                for at, one in _objects(value, path):
                    self._node(one, at, inner)
            case "@reverse" if isinstance(value, dict):
                for word, said in value.items():
                    self._say_backwards(node, context.iri(word), said, (*path, word), inner)
            case _:
                node.setdefault(str(path[-1]), value)
                node.origins.setdefault(str(path[-1]), path)

    def _within(self, context: Context, term: Term | None, path: Path) -> Context:
        """The context of a term's values (§4.1.8, property-scoped contexts)."""
        scoped = term is not None and term.context is not None
        return self._entered(context, term.context, path) if term is not None and scoped else context

    def _say_backwards(self, node: Node, iri: str | None, value: Value, path: Path, context: Context) -> None:
        """Let others say something of a node (§4.8)."""
        if iri is None or iri.startswith("@"):
            node.setdefault(str(path[-1]), value)
            return
        me = {"@id": node.setdefault("@id", f"_:r{len(self._graph.nodes)}-{len(path)}")}
        for place, one in _each(value, path):
            said = one if isinstance(one, dict) else {"@id": one}
            other = self._node(said, place, context)
            first = self._graph.by_id.get(str(other.get("@id")), other)
            first[compact(iri)] = [*first.get(compact(iri), []), me]
            first.origins[compact(iri)] = place

    def _values(self, value: Value, term: Term | None, path: Path, context: Context) -> Iterator[Value]:
        if isinstance(value, list):
            for at, one in enumerate(value):
                yield from self._values(one, term, (*path, at), context)
        elif isinstance(value, dict):
            yield from self._laid_out(value, term, path, context)
        elif isinstance(value, str) and term is not None and term.type in {"@id", "@vocab"}:
            known = context.iri(value) if term.type == "@vocab" else None
            yield {"@id": known or context.identifier(value)}
        elif value is not None:
            yield value

    def _laid_out(
        self, value: dict[str, Value], term: Term | None, path: Path, context: Context
    ) -> Iterator[Value]:
        """The values of an object, which may be a map by language, index, identifier or class (§4.6)."""
        containers = term.containers if term is not None else frozenset()
        if not containers & {"@language", "@index", "@id", "@type"} or any(
            key.startswith("@") and key != "@none" for key in value
        ):
            yield from self._object(value, term, path, context)
            return
        for key, inner in value.items():
            for at, one in _each(inner, (*path, key)):
                if "@language" in containers and isinstance(one, str):
                    yield {"@value": one, "@language": key} if not key.startswith("@") else one
                elif containers & {"@id", "@type"} and isinstance(one, dict):
                    keyword = "@id" if "@id" in containers else "@type"
                    yield from self._object({keyword: key, **one}, term, at, context)
                else:
                    yield from self._values(one, term, at, context)

    def _object(
        self, value: dict[str, Value], term: Term | None, path: Path, context: Context
    ) -> Iterator[Value]:
        for keyword in ("@list", "@set"):
            if keyword in value:
                yield from self._values(value[keyword], term, path, context)
                return
        if "@value" in value:
            kind = value.get("@type")
            yield {**value, **({"@type": context.iri(kind) or kind} if isinstance(kind, str) else {})}
        elif value.keys() == {"@id"} and isinstance(value["@id"], str):
            yield {"@id": context.identifier(str(value["@id"]))}
        else:
            node = self._node(value, path, context)
            # By its name, so that what refers to itself ends somewhere.
            yield {"@id": node["@id"]} if "@id" in node else node


def _each(value: Value, path: Path) -> Iterator[tuple[Path, Value]]:
    """The elements of a list with their places; what is none stands for a list of one."""
    if isinstance(value, list):
        yield from (((*path, at), one) for at, one in enumerate(value))
    elif value is not None:
        yield path, value


def _objects(value: Value, path: Path) -> Iterator[tuple[Path, dict[str, Value]]]:
    for at, one in _each(value, path):
        if isinstance(one, dict):
            yield at, one


def _texts(value: Value) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def _types(said: Mapping[str, Value], context: Context) -> list[str]:
    return [kind for key, value in said.items() if context.iri(key) == "@type" for kind in _texts(value)]
