"""From what an author wrote to what is published: keys checked, identifiers minted, numbers made exact.

A draft may leave out identifiers, write `MIT` for a licence and `a/b` for an artifact. The published
document says everything in full, in one layout, so that every reader sees the same graph in it. What the
registry does not understand, but what has an IRI, is kept; what has none would be dropped silently by
every reader of JSON-LD (JSON-LD 1.1 API §5.1.2, step 13.5), and is refused with the key it might mean.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from umr_ld.addresses import Base, is_absolute
from umr_ld.errors import Invalid, Malformed
from umr_ld.findings import Finding, Report, violation
from umr_ld.lexical import decimal, integer, language_tag, typed
from umr_ld.names import Name, Ref
from umr_ld.prefixes import Prefixes
from umr_ld.ranges import Range
from umr_ld.tree import Path, Tree, Value, dotted, placed
from umr_ld.versions import Version
from umr_ld.vocab import CONTEXT_IRI, UMR, XSD

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from umr_ld.vocab import Term, Vocabulary

Parsed = TypeVar("Parsed")

_ALIASES = {"@id": "id", "@type": "type"}
_MEANT_IN_FULL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
"""What begins so was to be an IRI, and no short form of one."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A document as it will be published.

    Args:
        ref: what it describes.
        iri: the record's IRI.
        root: the JSON object, keys in the vocabulary's order.
        tree: what the author wrote, for places in messages.
    """

    ref: Ref
    iri: str
    root: dict[str, Value]
    tree: Tree


def mint(tree: Tree, base: Base, vocabulary: Vocabulary) -> Minted:
    """Make a draft the document that will be published. Minting what is minted changes nothing.

    Args:
        tree: what the author wrote.
        base: the registry's base IRI.
        vocabulary: the terms that keys stand for.

    Raises:
        Unreadable: if the document asks for a context that is not bundled.
        Invalid: with every fault found.
    """
    if not isinstance(tree.root, dict):
        fault = violation("a record is an object with keys", "record-not-an-object", remedy="see `umr new`")
        raise Invalid(Report(tuple(placed([fault], tree))), where=tree.source)
    minter = _Minter(base, vocabulary, Prefixes(vocabulary, tree.source))
    minted = minter.record(dict(tree.root))
    Report(tuple(placed(minter.findings, tree))).require(tree.source)
    assert minted is not None
    return Minted(minted[0], base.record(minted[0]), minted[1], tree)


def _said(value: Value) -> Hashable:
    """What tells values apart; texts are nearly all of them."""
    return value if isinstance(value, str) else (json.dumps(value, sort_keys=True),)


@dataclass(slots=True)
class _Minter:
    base: Base
    vocabulary: Vocabulary
    prefixes: Prefixes
    findings: list[Finding] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)
    """Where the search for a free number begins, by what comes before it."""

    # -- the record itself

    def record(self, root: dict[str, Value]) -> tuple[Ref, dict[str, Value]] | None:
        self.findings += self.prefixes.declare(root.pop("@context", CONTEXT_IRI))
        root = self.keywords(root, ())
        ref = self.identity(root)
        iri = self.base.record(ref) if ref else f"{self.base.iri}r/unnamed"
        self.kind(root.get("type"), ref is not None)
        self.own_id(root.get("id"), iri, ref)
        facts = self.facts(root, iri, None, ())
        if ref is None:
            return None
        return ref, {"@context": CONTEXT_IRI, "id": iri, "type": root.get("type"), **facts}

    def identity(self, root: dict[str, Value]) -> Ref | None:
        name = self.parsed(Name.parse, root.get("name"), "name", "publisher/artifact")
        if name is not None and (label := self.base.peer_of(name)):
            self.fault(
                f"names that begin with {label}/ are those of another registry, from which records were taken over",
                "name-of-peer",
                ("name",),
                "choose another first segment",
            )
        version = self.parsed(Version.parse, root.get("version"), "version", "1.0.0")
        return Ref(name, version) if name is not None and version is not None else None

    def parsed(self, parse: Callable[[str], Parsed], value: Value, key: str, example: str) -> Parsed | None:
        if not isinstance(value, str):
            what = f"the record has no {key}" if value is None else f"the {key} is no text"
            self.fault(what, f"{key}-missing", (key,), f"write `{key}: {example}`")
            return None
        try:
            return parse(value)
        except Malformed as error:
            self.fault(error.what, f"{key}-malformed", (key,), error.remedy)
            return None

    def kind(self, value: Value, named: bool) -> None:
        kinds = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        known = [kind for kind in kinds if isinstance(kind, str) and kind in self.vocabulary.kinds]
        for kind in kinds:
            if not isinstance(kind, str) or (kind not in known and not is_absolute(kind)):
                self.fault(
                    f"{kind!r} is no kind of record",
                    "kind-unknown",
                    ("type",),
                    self.meant(kind, self.vocabulary.kinds) or self.one_of(self.vocabulary.kinds),
                )
        if (
            len(known) != 1
            and (not kinds or named)
            and all(is_absolute(str(k)) for k in kinds if k not in known)
        ):
            self.fault(
                "a record is of exactly one kind",
                "kind-missing",
                ("type",),
                self.one_of(self.vocabulary.kinds),
            )

    def own_id(self, value: Value, iri: str, ref: Ref | None) -> None:
        if value is not None and ref is not None and value != iri:
            self.fault(
                f"the id {value!r} is not what name and version make",
                "id-mismatch",
                ("id",),
                f"leave the id out, or write {iri}",
            )

    # -- keys

    def keywords(self, node: dict[str, Value], path: Path) -> dict[str, Value]:
        """The node with `id` for `@id` and so on; other keywords restructure a document and are refused."""
        plain: dict[str, Value] = {}
        for key, value in node.items():
            name = _ALIASES.get(key, key)
            if name.startswith("@"):
                self.fault(
                    f"{name} changes what a document says without changing its looks, and is not read",
                    "keyword-refused",
                    (*path, key),
                    "write the facts as keys of the record",
                )
            else:
                plain[name] = value
        return plain

    # -- facts

    def facts(self, node: dict[str, Value], iri: str, parent: str | None, path: Path) -> dict[str, Value]:
        known: dict[str, Value] = {}
        unknown: dict[str, Value] = {}
        for key, value in node.items():
            if key in {"id", "type"} or value is None or value == []:
                continue
            self.fact(key, value, iri, parent, path, known, unknown)
        order = self.vocabulary.order_of_keys
        last = len(order)
        ordered = sorted(known.items(), key=lambda item: order.get(item[0], last))
        return {**dict(ordered), **dict(sorted(unknown.items()))}

    def fact(
        self,
        key: str,
        value: Value,
        iri: str,
        parent: str | None,
        path: Path,
        known: dict[str, Value],
        unknown: dict[str, Value],
    ) -> None:
        term = self.vocabulary.term(key, parent)
        name: str | None = key
        if term is None:
            name = self.prefixes.full(key)
            known_key = self.vocabulary.key_of(name, parent) if name else None
            if known_key is not None:
                name, term = known_key, self.vocabulary.term(known_key, parent)
        if name is None or (not path and term is None and self.relation_of(name)):
            self.unknown_key(key, parent, path)
            return
        values = value if isinstance(value, list) else [value]
        # By what they say, for a list may be long and comparing each with all the others is not.
        distinct: dict[Hashable, Value] = {}
        for at, one in enumerate(values):
            where = (*path, key, at) if isinstance(value, list) else (*path, key)
            result = self.value(one, term, name, iri, where)
            if result is not None:
                distinct.setdefault(_said(result), result)
        made = list(distinct.values())
        target = unknown if term is None else known
        if name in target:
            self.fault(
                f"{key!r} and another key of this node mean the same", "key-twice", (*path, key), "keep one"
            )
        elif made:
            target[name] = made if len(made) > 1 else made[0]

    def relation_of(self, name: str) -> str | None:
        """The relation that a key is, in short or in full."""
        return next((key for key, one in self.vocabulary.relations.items() if name in {key, one.iri}), None)

    def unknown_key(self, key: str, parent: str | None, path: Path) -> None:
        relation = None if path else self.relation_of(self.prefixes.full(key) or key)
        if relation is not None:
            self.fault(
                f"{key[:80]!r} is a relation: said by the record itself it would be followed by nobody",
                "relation-bare",
                (*path, key),
                f"write `upstream: [{{relation: {relation}, artifact: publisher/model}}]`",
            )
            return
        keys = self.vocabulary.keys(parent)
        self.fault(
            f"the key {key[:80]!r} has no meaning here and would be lost",
            "key-unknown",
            (*path, key),
            self.meant(key, keys) or "give it as an IRI, or with a prefix declared in @context",
        )

    def value(self, value: Value, term: Term | None, key: str, iri: str, path: Path) -> Value:
        if isinstance(value, dict):
            return self.nested(value, term, key, iri, path)
        if isinstance(value, list):
            self.fault(
                "a list in a list says nothing more than the list", "list-nested", path, "write one list"
            )
            return None
        if value is None:
            return None
        if term is None:
            return typed(value)
        return self.scalar(value, term, path)

    def scalar(self, value: str | bool, term: Term, path: Path) -> Value:
        if term.type == f"{XSD}boolean":
            return self.boolean(value, path)
        if isinstance(value, bool):
            self.fault("true and false are no value of this key", "value-type", path, "write a text")
            return None
        if term.type == "@vocab":
            return self.word(value, term, path)
        if term.type == "@id":
            return self.link(value, term, path)
        if term.type in {f"{XSD}decimal", f"{XSD}integer"}:
            return self.number(value, term.type == f"{XSD}integer", path)
        if term.iri == f"{UMR}versions":
            self.check(Range.parse, str(value), "range-malformed", path)
        return str(value)

    def boolean(self, value: str | bool, path: Path) -> Value:
        if value in {"true", "false"}:
            return value == "true"
        if not isinstance(value, bool):
            self.fault(f"{value[:80]!r} is neither true nor false", "value-type", path, "write true or false")
            return None
        return value

    def word(self, value: str, term: Term, path: Path) -> Value:
        if value in term.words:
            return value
        for word in term.words:
            if value == self.vocabulary.iri_of(word):
                return word
        if is_absolute(value):
            return value
        what = (
            "relation"
            if term.iri == f"{UMR}relation"
            else path[-1]
            if isinstance(path[-1], str)
            else path[-2]
        )
        self.fault(
            f"{value[:80]!r} is no {what} that is known",
            f"{what}-unknown",
            path,
            self.meant(value, term.words) or self.one_of(term.words),
        )
        return None

    def link(self, value: str, term: Term, path: Path) -> Value:
        if is_absolute(value):
            return str(value)
        if term.short_value is None or _MEANT_IN_FULL.match(value):
            self.fault(
                f"{value[:200]!r} is no absolute IRI", "iri-relative", path, "write it in full: https://…"
            )
            return None
        if term.short_value == "r/" and not self.check(Name.parse, value, "name-malformed", path):
            return None
        if not value.strip():
            self.fault("the value is empty", "value-empty", path, "leave the key out")
            return None
        expanded = self.base.expand(term.short_value, value)
        if not is_absolute(expanded):
            self.fault(f"{value[:200]!r} makes no IRI", "value-type", path, "write it in full: https://…")
            return None
        return expanded

    def number(self, value: str, whole: bool, path: Path) -> Value:
        canonical = integer(value) if whole else decimal(value)
        if canonical is None:
            kind = "a whole number" if whole else "a decimal number"
            self.fault(
                f"{value[:80]!r} is not {kind}", "value-type", path, "write digits, e.g. 151000000 or 0.87"
            )
        return canonical

    # -- nested objects

    def nested(self, value: dict[str, Value], term: Term | None, key: str, iri: str, path: Path) -> Value:
        if "@value" in value:
            return self.literal(value, term, path)
        if term is not None and not term.is_node:
            self.fault(
                "a plain value is expected here, not an object", "value-type", path, "write the value itself"
            )
            return None
        node = self.keywords(value, path)
        if term is not None and term.iri == f"{UMR}upstream":
            self.split_shorthand(node)
        own = self.nested_id(node, term, key, iri, path)
        made: dict[str, Value] = {"id": own}
        if "type" in node:
            made["type"] = self.nested_type(node["type"], path)
        made.update(self.facts(node, own, key if term is not None else None, path))
        if len(made) > 1:
            self.require_own(own, iri, path)
        if term is not None and term.iri == f"{UMR}upstream":
            self.require_ends(node, path)
        return made

    def require_own(self, node: str, iri: str, path: Path) -> None:
        """A record describes what is its own, and what is elsewhere. Asked without a graph, a store would tell as a fact of
        another record, of the log or of a term what only this one says."""
        if node.startswith(f"{iri.partition('#')[0]}#") or not self.base.holds(node):
            return
        self.fault(
            f"{node[:200]!r} is not this record's to describe",
            "id-of-another",
            (*path, "id"),
            "leave the id out; one is minted. To name it only, write nothing but its id",
        )

    def require_ends(self, link: dict[str, Value], path: Path) -> None:
        """A link without relation or artifact says nothing, and no record can be made of it."""
        for key, example in (("relation", "basedOn"), ("artifact", "publisher/model")):
            if link.get(key) in (None, "", []):
                self.fault(
                    f"the upstream names no {key}",
                    f"{key}-missing",
                    (*path, key),
                    f"write `{key}: {example}`",
                )
            elif isinstance(link[key], list):
                self.fault(
                    f"the upstream names several of {key}",
                    f"{key}-several",
                    (*path, key),
                    "write one upstream for each",
                )

    def split_shorthand(self, node: dict[str, Value]) -> None:
        """`artifact: a/b@^1.0` is `artifact: a/b` with `version: ^1.0`."""
        artifact = node.get("artifact")
        if (
            isinstance(artifact, str)
            and "@" in artifact
            and not is_absolute(artifact)
            and "version" not in node
        ):
            node["artifact"], _, node["version"] = artifact.partition("@")

    def nested_type(self, value: Value, path: Path) -> Value:
        types = value if isinstance(value, list) else [value]
        made: list[Value] = []
        for one in types:
            if isinstance(one, str) and self.vocabulary.is_class(one):
                made.append(one)
            elif isinstance(one, str) and self.prefixes.full(one):
                made.append(self.prefixes.full(one))
            else:
                self.fault(f"{one!r} is no class that is known", "type-unknown", (*path, "type"))
        return made if len(made) != 1 else made[0]

    def nested_id(self, node: dict[str, Value], term: Term | None, key: str, iri: str, path: Path) -> str:
        given = node.get("id")
        if isinstance(given, str):
            own = f"{iri.partition('#')[0]}{given}" if given.startswith("#") else given
            if is_absolute(own) and not own.startswith("_:"):
                self.taken.add(own)
                return own
        if given is not None:
            self.fault(
                f"{str(given)[:80]!r} is no identifier that can be published",
                "id-malformed",
                (*path, "id"),
                "leave it out; one is minted",
            )
        label = node.get("label")
        if term is not None and term.short_value == "agent/" and isinstance(label, str) and label.strip():
            return self.base.expand(term.short_value, label)
        return self.fragment(iri, key)

    def fragment(self, iri: str, key: str) -> str:
        word = re.sub(r"[^A-Za-z0-9]+", "-", re.split(r"[/#:]", key)[-1]).strip("-") or "fact"
        joint = "-" if "#" in iri else "#"
        stem = f"{iri}{joint}{word}-"
        number = self.numbers.get(stem, 1)
        while f"{stem}{number}" in self.taken:
            number += 1
        self.numbers[stem] = number + 1
        own = f"{stem}{number}"
        self.taken.add(own)
        return own

    def literal(self, value: dict[str, Value], term: Term | None, path: Path) -> Value:
        content, language, datatype = value.get("@value"), value.get("@language"), value.get("@type")
        extra = set(value) - {"@value", "@language", "@type"}
        if extra or not isinstance(content, (str, bool)) or (language and datatype):
            self.fault(
                "the value object is not of its form", "value-object", path, "give @value and @language"
            )
            return None
        if language is not None:
            is_one = self.check(language_tag, str(language), "language-tag", path)
            return {"@value": str(content), "@language": language_tag(language)} if is_one else None
        if isinstance(datatype, str) and term is None and self.prefixes.full(datatype):
            return {"@type": self.prefixes.full(datatype), "@value": content}
        if datatype is None or (
            term is not None and datatype in {term.type, self.prefixes.full(str(datatype))}
        ):
            return self.value(content, term, "", "", path)
        self.fault(f"the datatype {datatype!r} does not fit this key", "value-type", path, "leave @type out")
        return None

    # -- findings

    def check(self, parse: Callable[[str], Any], value: str, rule: str, path: Path) -> bool:
        try:
            parse(value)
        except Malformed as error:
            self.fault(error.what, rule, path, error.remedy)
            return False
        return True

    def fault(self, message: str, rule: str, path: Path, remedy: str = "") -> None:
        self.findings.append(violation(message, rule, dotted(path), remedy=remedy))

    @staticmethod
    def meant(word: object, known: Iterable[str]) -> str:
        close = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.6)
        return f"did you mean {close[0]!r}?" if close else ""

    @staticmethod
    def one_of(known: Iterable[str]) -> str:
        return f"one of {', '.join(sorted(known))}"
