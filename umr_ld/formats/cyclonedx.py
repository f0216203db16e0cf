"""CycloneDX bills of materials for machine learning, 1.5 to 1.7, as JSON.

Models, data, applications and software among the components become records; `pedigree`, `modelParameters.datasets` and
`dependencies` are their links. What CycloneDX has no place for stands in `properties`. XML is not read.

Source: https://cyclonedx.org/docs/1.7/json/.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed, Unreadable
from umr_ld.formats import kept
from umr_ld.formats.crosswalk import relation_read, relations_of, rules_of, write_facts
from umr_ld.formats.draft import Subject, Written
from umr_ld.formats.gathering import BASE, Gathering, each, json_tree, objects
from umr_ld.formats.identity import NO_VERSION, artifact_of, named, numbered, purl_of, version_in_purl
from umr_ld.formats.licensing import expression_of, licence_texts, take_licence
from umr_ld.formats.places import pruned
from umr_ld.formats.wire import as_bytes
from umr_ld.tree import Number, Path, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.document import Document
    from umr_ld.formats.crosswalk import Facts
    from umr_ld.formats.draft import Stack, Translation
    from umr_ld.formats.gathering import Thing
    from umr_ld.media import Media
    from umr_ld.vocab import Vocabulary

KINDS = {"machine-learning-model": "Model", "data": "Dataset", "application": "Application"}
"""Types of components; all others are software."""

KIND_TYPES = {
    "Model": "machine-learning-model",
    "Dataset": "data",
    "Application": "application",
    "Software": "library",
}
_VERSIONS = frozenset(("1.5", "1.6", "1.7"))
_ROLE = f"{kept.PREFIX}role"
_MENTION = f"{kept.PREFIX}mention"
_WHERE = "properties of the component"
_FILE = "file"
"""Type of components that are files of the one around them."""

Component = dict[str, Value]


def is_cyclonedx(root: Value) -> bool:
    """Whether a tree is a CycloneDX document.

    Args:
        root: of any JSON document.
    """
    return isinstance(root, dict) and root.get("bomFormat") == "CycloneDX"


def read(repositories: Stack, vocabulary: Vocabulary) -> Translation:
    """Read bills of materials.

    Args:
        repositories: the documents.
        vocabulary: the terms of records.
    """
    return each(repositories, lambda document: _read_one(document, vocabulary))


def _read_one(document: Document, vocabulary: Vocabulary) -> Translation:
    if document.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise Unreadable(
            "CycloneDX in XML is not read",
            where=document.source,
            remedy="convert it with `cyclonedx convert` to JSON",
        )
    tree = json_tree(document)
    if not isinstance(tree.root, dict):
        raise Malformed("a bill of materials is an object", where=document.source)
    return _Bill(Gathering(tree, document, vocabulary), tree.root).translation()


class _Bill:
    """A document on its way to drafts."""

    def __init__(self, gathering: Gathering, root: Component) -> None:
        self._all = gathering
        self._root = root
        self._by_ref: dict[str, tuple[Path, Component]] = {}
        self._things: list[tuple[Path, Component, Thing]] = []

    def translation(self) -> Translation:
        spec = self._root.get("specVersion")
        if not isinstance(spec, str) or spec not in _VERSIONS:
            self._all.lose(("specVersion",), spec, "this version is not known; read as if it were 1.7")
        for path, component in self._components():
            self._name(path, component)
        for path, component, thing in self._things:
            self._read(path, component, thing)
        self._read_dependencies()
        for path, component, thing in self._things:
            thing.kept += _pairs(component, path)
            thing.origin = path, component
        return self._all.translation("cyclonedx")

    def _components(self) -> Iterator[tuple[Path, Component]]:
        metadata = self._root.get("metadata")
        waiting = [*objects(self._root.get("components"), ("components",))]
        if isinstance(metadata, dict):
            waiting = [*objects(metadata.get("component"), ("metadata", "component")), *waiting]
        while waiting:
            path, component = waiting.pop(0)
            yield path, component
            inner = objects(component.get("components"), (*path, "components"))
            waiting += ((at, one) for at, one in inner if one.get("type") != _FILE)

    def _name(self, path: Path, component: Component) -> None:
        ref = component.get("bom-ref")
        if isinstance(ref, str):
            self._by_ref.setdefault(ref, (path, component))
        if _property(component, _MENTION):
            self._all.taken.add(path)
            return
        name = _artifact(component)
        if name is None or is_absolute(name):
            self._all.lose(path, component.get("name"), "not read: the component has no name")
            return
        kind = KINDS.get(str(component.get("type")), "Software")
        thing = self._all.thing(kind, name, _version(component), path)
        self._things.append((path, component, thing))

    def _read(self, path: Path, component: Component, thing: Thing) -> None:
        facts = thing.facts
        facts.taken |= {(*path, key) for key in ("type", "bom-ref", "name")}
        group = component.get("group")
        facts.taken |= {(*path, "group")} if isinstance(group, str) and named(group) in thing.name else set()
        self._read_version(path, component, facts)
        facts.taken |= {
            at
            for at, one in objects(component.get("components"), (*path, "components"))
            if one.get("type") != _FILE
        }
        facts.take(rules_of("cyclonedx"), thing.kind, component, path)
        for at, one in objects(component.get("licenses"), (*path, "licenses")):
            _take_licence(facts, one, at)
        self._read_pedigree(path, component, thing)
        self._read_datasets(path, component, thing)

    def _read_version(self, path: Path, component: Component, facts: Facts) -> None:
        """Take in the version, and of the package URL what the name does not say."""
        version, purl = component.get("version"), component.get("purl")
        if isinstance(version, str):
            facts.taken.add((*path, "version"))
        if not isinstance(purl, str):
            return
        facts.taken.add((*path, "purl"))
        if version_in_purl(purl) not in ("", _version(component)):
            facts.lose((*path, "purl"), purl, "not taken over: its version is not that of the component")
        if is_absolute(purl) and artifact_of(purl, BASE) == purl:
            facts.add("alsoKnownAs", purl, (*path, "purl"))

    def _read_pedigree(self, path: Path, component: Component, thing: Thing) -> None:
        pedigree = component.get("pedigree")
        if isinstance(pedigree, dict):
            for at, one in objects(pedigree.get("ancestors"), (*path, "pedigree", "ancestors")):
                self._link(thing, "ancestors", one, at)

    def _read_datasets(self, path: Path, component: Component, thing: Thing) -> None:
        card = component.get("modelCard")
        parameters = card.get("modelParameters") if isinstance(card, dict) else None
        if isinstance(parameters, dict):
            place = (*path, "modelCard", "modelParameters", "datasets")
            for at, one in objects(parameters.get("datasets"), place):
                self._link(thing, "datasets", one, at)

    def _link(self, thing: Thing, term: str, said: Component, path: Path) -> None:
        ref = said.get("ref")
        target = self._by_ref.get(ref, (path, said))[1] if isinstance(ref, str) else said
        role = _property(said, _ROLE) or _property(target, _ROLE)
        relation = relation_read("cyclonedx", term, role)
        value = said.get("name", ref)
        link = thing.link(relation, _artifact(target), path, value, self._all.vocabulary, whole=False)
        if link is None:
            return
        version = _version(target)
        known = numbered(version).version
        is_here = any(one is target for _, one, _ in self._things)
        if known != NO_VERSION:
            link["version"] = known
        elif version and not is_here:
            thing.facts.lose((*path, "version"), version, "not taken over: a link names semantic versions")
        self._take_mention(thing.facts, said, path, str(link["artifact"]))

    @staticmethod
    def _take_mention(facts: Facts, said: Component, path: Path, artifact: str) -> None:
        """Tell what was understood of what stands at a link: what it is called, and which role it has."""
        facts.taken |= {(*path, key) for key in _OF_LINKS if isinstance(said.get(key), str)}
        if "purl" in said or not is_absolute(artifact) or said.get("name") == artifact:
            facts.taken |= {(*path, "name"), (*path, "group")}
        contents = said.get("contents")
        if isinstance(contents, dict):
            facts.taken.add((*path, "contents", "url"))
            for at, pair in objects(contents.get("properties"), (*path, "contents", "properties")):
                facts.taken |= {at} if pair.get("name") == _ROLE else set()
        for at, pair in objects(said.get("properties"), (*path, "properties")):
            facts.taken |= {at} if pair.get("name") in (_ROLE, _MENTION) else set()

    def _read_dependencies(self) -> None:
        things = {
            str(component["bom-ref"]): thing for _, component, thing in self._things if "bom-ref" in component
        }
        for path, one in objects(self._root.get("dependencies"), ("dependencies",)):
            thing = things.get(str(one.get("ref")))
            targets = one.get("dependsOn")
            for at, ref in enumerate(targets if isinstance(targets, list) else []):
                where = (*path, "dependsOn", at)
                if thing is None or not isinstance(ref, str) or ref not in self._by_ref:
                    self._all.lose(where, ref, "not read: no component has this bom-ref")
                else:
                    self._link(thing, "dependencies", self._by_ref[ref][1], where)
                    self._all.taken.add(where)


_OF_LINKS = ("ref", "type", "bom-ref", "version", "purl")


def _version(component: Component) -> str:
    """The version as the component has it, else as its package URL does."""
    version, purl = component.get("version"), component.get("purl")
    if isinstance(version, str) and version:
        return version
    return version_in_purl(purl) if isinstance(purl, str) else ""


def _property(component: Component, name: str) -> str:
    """The value of a property; empty if it has none."""
    contents = component.get("contents")
    inner = contents.get("properties") if isinstance(contents, dict) else None
    for _, pair in (*objects(component.get("properties"), ()), *objects(inner, ())):
        if pair.get("name") == name and isinstance(pair.get("value"), str):
            return str(pair["value"])
    return ""


def _pairs(component: Component, path: Path) -> Iterator[tuple[Path, str, str]]:
    for at, pair in objects(component.get("properties"), (*path, "properties")):
        name, value = pair.get("name"), pair.get("value")
        if isinstance(name, str) and isinstance(value, str):
            yield at, name, value


def _artifact(component: Component) -> str | None:
    """What a component, or data that is named in one, is called in records."""
    contents = component.get("contents")
    for text in (component.get("purl"), contents.get("url") if isinstance(contents, dict) else None):
        known = artifact_of(text, BASE) if isinstance(text, str) and is_absolute(text) else None
        if known is not None and (not is_absolute(known) or text is not component.get("purl")):
            return known
    name, group = component.get("name"), component.get("group")
    if not isinstance(name, str) or not name.strip():
        return None
    if is_absolute(name):
        return name
    if "type" in component and component["type"] == "dataset":
        return artifact_of(name, BASE) if "/" in name else None
    return named(
        group if isinstance(group, str) and group.strip() else "" if "/" in name else "cyclonedx", name
    )


def _take_licence(facts: Facts, choice: Component, path: Path) -> None:
    """Take in a licence: an expression, or the first of identifier, name and address. The rest is left, and listed."""
    licence = choice.get("license")
    inner = licence if isinstance(licence, dict) else {}
    places: list[tuple[Value, Path]] = [(choice.get("expression"), (*path, "expression"))]
    places += [(inner.get(key), (*path, "license", key)) for key in ("id", "name", "url")]
    text, place = next(((one, at) for one, at in places if isinstance(one, str) and one.strip()), ("", path))
    if text:
        facts.taken |= {at for one, at in places if one == text}
        facts.taken |= {(*path, "bom-ref"), (*path, "license", "bom-ref")}
        take_licence(facts, str(text), place)


# -- writing


def write_1_6(subject: Subject, media: Media) -> Written:
    """Write a record as CycloneDX 1.6.

    Args:
        subject: the record.
        media: JSON, whatever it says.
    """
    return _write(subject, "1.6", media)


def write_1_7(subject: Subject, media: Media) -> Written:
    """Write a record as CycloneDX 1.7; arguments as `write_1_6`."""
    return _write(subject, "1.7", media)


def _write(subject: Subject, spec: str, media: Media) -> Written:  # noqa: ARG001 - as every writer
    component = _component(subject)
    bill: Component = {
        "$schema": f"http://cyclonedx.org/schema/bom-{spec}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": spec,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(subject.minted.root))}",
        "version": Number("1"),
        "metadata": {"component": component},
    }
    mentioned = _write_links(subject, component, bill)
    if mentioned:
        bill["components"] = [*mentioned]
    back = _read_back(bill, subject)
    pairs: list[Value] = [{"name": n, "value": text} for n, text in kept.pairs(subject.root, back)]
    if pairs:
        component["properties"] = pairs
    keys = kept.missing(subject.root, back)
    return Written(
        as_bytes(bill), tuple(kept.kept_rows(keys, subject.root, _WHERE, subject.minted.tree.source))
    )


def _read_back(bill: Component, subject: Subject) -> dict[str, Value]:
    from umr_ld.document import Document

    (draft,) = _read_one(Document(as_bytes(bill)), subject.vocabulary).drafts
    return dict(draft.tree.root) if isinstance(draft.tree.root, dict) else {}


def _component(subject: Subject) -> Component:
    component = {
        **_head(subject.name, KIND_TYPES[subject.kind]),
        "version": subject.version,
        "bom-ref": subject.minted.iri,
    }
    component["purl"] = purl_of(subject.name, subject.version)
    write_facts(rules_of("cyclonedx"), subject.kind, subject.root, component)
    for number, (_, file) in enumerate(objects(component.get("components"), ()), 1):
        file.setdefault("name", f"file {number}")
    expression = expression_of(subject.root)
    if expression is not None:
        component["licenses"] = [{"expression": expression}]
    else:
        texts = dict.fromkeys(licence_texts(subject.root))
        component["licenses"] = [
            {"license": {"name": one, **({"url": one} if is_absolute(one) else {})}} for one in texts
        ]
    found = pruned(component)
    assert isinstance(found, dict)
    return found


def _head(name: str, kind: str) -> Component:
    group, _, last = name.rpartition("/")
    return {"type": kind, **({"group": group} if group else {}), "name": last}


def _write_links(subject: Subject, component: Component, bill: Component) -> list[Value]:
    """Write the links; gives the components that stand for what they lead to."""
    mentioned: list[Value] = []
    needed: list[Value] = []
    for number, link in enumerate(subject.links(), 1):
        words = relations_of("cyclonedx").get(str(link["relation"]))
        if words is None:
            continue
        artifact = str(link["artifact"])
        role: list[Value] = [{"name": _ROLE, "value": words.role}] if words.role else []
        if words.term == "datasets":
            _append(component, ("modelCard", "modelParameters", "datasets"), _data(artifact, role))
        elif words.term == "ancestors":
            _append(component, ("pedigree", "ancestors"), _mention(subject, link, f"ancestor-{number}", role))
        else:
            mentioned.append(_mention(subject, link, f"dependency-{number}", role))
            needed.append(f"dependency-{number}")
    if needed:
        bill["dependencies"] = [{"ref": subject.minted.iri, "dependsOn": needed}]
    return mentioned


def _append(node: Component, keys: tuple[str, ...], value: Value) -> None:
    for key in keys[:-1]:
        inner = node.setdefault(key, {})
        assert isinstance(inner, dict)
        node = inner
    listed = node.setdefault(keys[-1], [])
    assert isinstance(listed, list)
    listed.append(value)


def _data(artifact: str, role: list[Value]) -> Component:
    contents: Component = {"properties": role} if role else {}
    if is_absolute(artifact):
        contents["url"] = artifact
    return {"type": "dataset", "name": artifact, **({"contents": contents} if contents else {})}


def _mention(subject: Subject, link: Component, ref: str, role: list[Value]) -> Component:
    artifact = str(link["artifact"])
    kinds = subject.vocabulary.relations[str(link["relation"])].to_kinds
    kind = KIND_TYPES.get(next(iter(sorted(kinds)), subject.kind), "machine-learning-model")
    head: Component = {"type": kind, "name": artifact}
    if not is_absolute(artifact):
        head = {**_head(artifact, kind), "purl": purl_of(artifact)}
    return {**head, "bom-ref": ref, "properties": [{"name": _MENTION, "value": "true"}, *role]}
