"""SPDX 3.0.1 with its profiles AI and Dataset, as JSON-LD; names that 3.1 adds are read too.

Packages become records, relationships their links. A relationship that starts from a file counts for the package that
contains it. What SPDX has no property for stands in an extension of the package.

Source: https://spdx.github.io/spdx-spec/v3.0.1/model/AI/AI/ and …/Dataset/Dataset/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed
from umr_ld.formats import kept
from umr_ld.formats.crosswalk import relation_read, relations_of, rules_of, write_facts
from umr_ld.formats.draft import Subject, Written
from umr_ld.formats.forms import FORMS
from umr_ld.formats.gathering import BASE, Gathering, each, json_tree, objects, texts
from umr_ld.formats.identity import artifact_of, named, purl_of, version_in_purl
from umr_ld.formats.licensing import expression_of, take_licence
from umr_ld.formats.loss import Loss
from umr_ld.formats.places import Node, pruned
from umr_ld.formats.spdx_licences import DEEPEST, LICENCE_KEYS, licence_text
from umr_ld.formats.wire import as_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.document import Document
    from umr_ld.formats.crosswalk import Facts
    from umr_ld.formats.draft import Stack, Translation
    from umr_ld.formats.gathering import Thing
    from umr_ld.media import Media
    from umr_ld.tree import Path, Value
    from umr_ld.vocab import Vocabulary

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
KINDS = {"ai_AIPackage": "Model", "dataset_DatasetPackage": "Dataset", "software_Package": "Software"}
_PURPOSES = {"Model": "model", "Dataset": "data", "Application": "application", "Software": "library"}
_TYPES = {"Model": "ai_AIPackage", "Dataset": "dataset_DatasetPackage"}
_CONTAINING = frozenset(("contains", "hasDataFile", "hasDistributionArtifact", "packagedBy"))
_REVERSED = {"ancestorOf": "descendantOf", "hasVariant": "descendantOf", "generates": "dependsOn"}
"""Relationships that lead from what is above to what is made from it."""
_LICENCES = frozenset(("hasDeclaredLicense", "hasConcludedLicense"))
_ASKED = ("releaseTime", "suppliedBy", "software_downloadLocation")
_ASKED_OF_DATA = ("builtTime", "originatedBy")
_NEVER = "1970-01-01T00:00:00Z"
_INFO = "_:creationinfo"
_WHERE = "an extension of the package"
_FILES = "contains"
"""In the crosswalk: the files of a package, which relationships lead to."""
_SILENT = frozenset(
    [
        "spdxId",
        "@id",
        "type",
        "@type",
        "creationInfo",
        "extension",
        "software_packageVersion",
        "software_primaryPurpose",
    ]
)
_LEADING = ("suppliedBy", "originatedBy")
"""Of a package: identifiers of elements, of which is told where they stand."""

Element = dict[str, "Value"]


def is_spdx(root: Value) -> bool:
    """Whether a tree is an SPDX 3 document.

    Args:
        root: of any JSON document.
    """
    context = root.get("@context") if isinstance(root, dict) else None
    return any("spdx.org/rdf/" in one for one in texts(context))


def read(repositories: Stack, vocabulary: Vocabulary) -> Translation:
    """Read documents.

    Args:
        repositories: the documents.
        vocabulary: the terms of records.
    """
    return each(repositories, lambda document: _read_one(document, vocabulary))


def _read_one(document: Document, vocabulary: Vocabulary) -> Translation:
    tree = json_tree(document)
    if not isinstance(tree.root, dict):
        raise Malformed("an SPDX document is an object", where=document.source)
    graph = tree.root.get("@graph")
    found: list[tuple[Path, Element]] = [((), tree.root)]
    if graph is not None:
        found = [*objects(graph, ("@graph",))]
    return _Graph(Gathering(tree, document, vocabulary), found).translation()


def _id(element: Element) -> str:
    return next((str(element[key]) for key in ("spdxId", "@id") if isinstance(element.get(key), str)), "")


def _placed(path: Path, element: Element) -> Node:
    """An element that knows where it stands, wherever it is referred to."""
    node = Node(path)
    node |= element
    node.origins |= {key: (*path, key) for key in element}
    return node


def _type(element: Element) -> str:
    return next(iter((*texts(element.get("type")), *texts(element.get("@type")))), "")


class _Graph:
    """The elements of a document on their way to drafts."""

    def __init__(self, gathering: Gathering, elements: list[tuple[Path, Element]]) -> None:
        self._all = gathering
        self._elements = [(path, _placed(path, element)) for path, element in elements]
        self._by_id: dict[str, Node] = {
            _id(element): element for _, element in self._elements if _id(element)
        }
        self._things: dict[str, Thing] = {}
        self._containers: dict[str, list[str]] = {}

    def resolve(self, value: Value) -> Value:
        """The element that an identifier stands for."""
        return self._by_id.get(value, value) if isinstance(value, str) else value

    def translation(self) -> Translation:
        relationships = [pair for pair in self._elements if "Relationship" in _type(pair[1])]
        for _, one in relationships:
            if str(one.get("relationshipType")) in _CONTAINING:
                for target in texts(one.get("to")):
                    self._containers.setdefault(target, []).append(str(one.get("from")))
        for path, element in self._elements:
            if _type(element) in KINDS:
                self._package(path, element)
        for path, one in relationships:
            self._relationship(path, one)
        return self._all.translation("spdx3")

    def _package(self, path: Path, element: Element) -> None:
        kind = KINDS[_type(element)]
        if kind == "Software" and element.get("software_primaryPurpose") == "application":
            kind = "Application"
        version = element.get("software_packageVersion")
        name = self._artifact(_id(element), element)
        if name is None or is_absolute(name):
            name = named("spdx", str(element.get("name") or "unnamed"))
        thing = self._all.thing(kind, name, version if isinstance(version, str) else "", path)
        self._things[_id(element)] = thing
        facts = thing.facts
        facts.taken |= {(*path, key) for key in _SILENT if key in element}
        said = _placed(path, element)
        for key in [key for key, value in element.items() if value in ("noAssertion", ["noAssertion"])]:
            del said[key]
        self._read_package_url(path, element, facts)
        if files := self._files(_id(element)):
            said[_FILES] = [*files]
        facts.take(rules_of("spdx3"), kind, said, path, self.resolve)
        said.pop(_FILES, None)
        facts.taken |= {(*path, key) for key in _LEADING if self._leads(element.get(key))}
        thing.kept += _pairs(element, path)
        thing.origin = path, said

    @staticmethod
    def _read_package_url(path: Path, element: Element, facts: Facts) -> None:
        """Take in of a package URL what the name does not say."""
        purl, place = element.get("software_packageUrl"), (*path, "software_packageUrl")
        if not isinstance(purl, str):
            return
        if version_in_purl(purl) not in ("", element.get("software_packageVersion")):
            facts.lose(place, purl, "not taken over: its version is not that of the package")
        if is_absolute(purl) and artifact_of(purl, BASE) == purl:
            facts.add("alsoKnownAs", purl, place)
        facts.taken.add(place)

    def _leads(self, value: Value) -> bool:
        """Whether a value is identifiers of elements of the document."""
        several = texts(value)
        return bool(several) and all(one in self._by_id for one in several)

    def _files(self, package: str) -> list[Element]:
        """The files that a package contains, as if they stood in it."""
        inside = (target for target, around in self._containers.items() if package in around)
        return [self._by_id[one] for one in inside if self._is_file(one)]

    def _artifact(self, identifier: str, element: Element) -> str | None:
        purl = element.get("software_packageUrl")
        for text in (purl, identifier):
            known = artifact_of(text, BASE) if isinstance(text, str) and is_absolute(text) else None
            if known is not None and not is_absolute(known):
                return known
        return identifier if is_absolute(identifier) else None

    def _relationship(self, path: Path, one: Element) -> None:
        word, start, targets = str(one.get("relationshipType")), str(one.get("from")), texts(one.get("to"))
        self._all.taken |= {(*path, key) for key in ("from", "relationshipType")}
        if word in _LICENCES:
            self._licence(path, start, targets)
            return
        turned = word in _REVERSED
        term = _REVERSED.get(word, word)
        relation = relation_read("spdx3", term) or relation_read("spdx3.1", term)
        for at, target in enumerate(targets):
            place = (*path, "to", at) if isinstance(one["to"], list) else (*path, "to")
            below, above = (target, start) if turned else (start, target)
            things = self._lifted(below)
            if word in _CONTAINING and self._is_file(target):
                self._all.taken |= {place} if start in self._things else set()
                continue
            if relation is None or not things:
                self._all.lose(path, one, f"not taken over: no rule says what {word} means here")
                continue
            for thing in things:
                for artifact in self._targets(above):
                    thing.link(relation, artifact, place, target, self._all.vocabulary)

    def _licence(self, path: Path, start: str, targets: Iterable[str]) -> None:
        things = self._lifted(start)
        if not things:
            self._all.lose((*path, "from"), start, "not taken over: no package has this")
        for target in targets:
            text = licence_text(target, self._by_id)
            for thing in things:
                take_licence(thing.facts, text, (*path, "to"))
                self._take_licence_element(target)

    def _take_licence_element(self, identifier: str, depth: int = 0) -> None:
        """Tell what an expression says of a licence, and of the licences that it is made of."""
        element = self._by_id.get(identifier)
        if element is None or depth > DEEPEST:
            return
        for key in [one for one in LICENCE_KEYS if one in element]:
            self._all.taken.add((*element.path, key))
            for inner in texts(element[key]):
                self._take_licence_element(inner, depth + 1)

    def _is_file(self, identifier: str) -> bool:
        return _type(self._by_id.get(identifier, {})) == "software_File"

    def _lifted(self, identifier: str) -> list[Thing]:
        """The records that something belongs to: itself, or the packages that contain it."""
        if identifier in self._things:
            return [self._things[identifier]]
        around = self._containers.get(identifier, ()) if self._is_file(identifier) else ()
        return [self._things[one] for one in dict.fromkeys(around) if one in self._things]

    def _targets(self, identifier: str) -> list[str | None]:
        things = self._lifted(identifier)
        if things:
            return [thing.name for thing in things]
        return [self._artifact(identifier, self._by_id.get(identifier, {}))]


def _pairs(element: Element, path: Path) -> Iterator[tuple[Path, str, str]]:
    for at, extension in objects(element.get("extension"), (*path, "extension")):
        for place, pair in objects(extension.get("extension_cdxProperty"), (*at, "extension_cdxProperty")):
            name, value = pair.get("extension_cdxPropName"), pair.get("extension_cdxPropValue")
            if isinstance(name, str) and isinstance(value, str):
                yield place, name, value


# -- writing


def write(subject: Subject, media: Media) -> Written:  # noqa: ARG001 - as every writer
    """Write a record as SPDX 3.0.1.

    Args:
        subject: the record.
        media: JSON-LD, whatever it says.
    """
    package = _package_of(subject)
    files = _files_of(subject, package)
    others = [*_agents(subject, package), *_licence_of(subject), *_relationships(subject), *files]
    back = _read_back([package, *others], subject)
    pairs: list[Value] = [
        {"type": "extension_CdxPropertyEntry", "extension_cdxPropName": name, "extension_cdxPropValue": value}
        for name, value in kept.pairs(subject.root, back)
    ]
    if pairs:
        package["extension"] = [{"type": "extension_CdxPropertiesExtension", "extension_cdxProperty": pairs}]
    graph = [*_head(subject, [package, *others], package), package, *others]
    rows = kept.kept_rows(kept.missing(subject.root, back), subject.root, _WHERE, subject.minted.tree.source)
    return Written(as_bytes({"@context": CONTEXT, "@graph": [*graph]}), (*rows, *_unfilled(subject, package)))


def _read_back(elements: list[Element], subject: Subject) -> dict[str, Value]:
    from umr_ld.document import Document

    body = as_bytes({"@context": CONTEXT, "@graph": [*elements]})
    (draft,) = _read_one(Document(body), subject.vocabulary).drafts
    return dict(draft.tree.root) if isinstance(draft.tree.root, dict) else {}


def _unfilled(subject: Subject, package: Element) -> Iterator[Loss]:
    asked = (*_ASKED, *_ASKED_OF_DATA) if subject.kind == "Dataset" else _ASKED
    for key in asked:
        if key not in package:
            yield Loss(
                key, "", "SPDX asks for it, and the record does not say it", subject.minted.tree.source
            )


def _element(subject: Subject, kind: str, fragment: str) -> Element:
    return {"type": kind, "spdxId": f"{subject.minted.iri}#spdx-{fragment}", "creationInfo": _INFO}


def _package_of(subject: Subject) -> Element:
    kind = subject.kind
    package: Element = {
        "type": _TYPES.get(kind, "software_Package"),
        "spdxId": subject.minted.iri,
        "creationInfo": _INFO,
        "software_packageVersion": subject.version,
        "software_packageUrl": purl_of(subject.name, subject.version),
        "software_primaryPurpose": _PURPOSES[kind],
    }
    write_facts(rules_of("spdx3"), kind, subject.root, package)
    for key in ("ai_hyperparameter", "ai_metric"):
        entries = [
            {"type": "DictionaryEntry", **one} for _, one in objects(package.get(key), ()) if "key" in one
        ]
        package[key] = [*entries]
    for _, reference in objects(package.get("externalRef"), ()):
        reference["type"] = "ExternalRef"
    if kind == "Dataset" and not package.get("dataset_datasetType"):
        package["dataset_datasetType"] = ["noAssertion"]
    found = pruned(package)
    assert isinstance(found, dict)
    return found


def _agents(subject: Subject, package: Element) -> Iterator[Element]:
    for key, place in (("publisher", "suppliedBy"), ("creator", "originatedBy")):
        value = subject.root.get(key)
        several = value if isinstance(value, list) else [] if value is None else [value]
        found = []
        for one in several[:1] if place == "suppliedBy" else several:
            label = str(FORMS["agent"].write(one))
            made = {**_element(subject, "Agent", f"{key}-{quote(label, safe='')}"), "name": label}
            found.append(made["spdxId"])
            yield made
        if found:
            package[place] = found[0] if place == "suppliedBy" else [*found]


def _licence_of(subject: Subject) -> Iterator[Element]:
    expression = expression_of(subject.root)
    if expression is not None:
        licence = _element(subject, "simplelicensing_LicenseExpression", "licence")
        yield {**licence, "simplelicensing_licenseExpression": expression}
        relation = _element(subject, "Relationship", "licensing")
        yield {
            **relation,
            "relationshipType": "hasDeclaredLicense",
            "from": subject.minted.iri,
            "to": [licence["spdxId"]],
        }


def _relationships(subject: Subject) -> Iterator[Element]:
    for number, link in enumerate(subject.links(), 1):
        words = relations_of("spdx3").get(str(link["relation"]))
        if words is not None:
            made = _element(subject, "Relationship", f"upstream-{number}")
            target = subject.base.artifact(link["artifact"])
            yield {**made, "relationshipType": words.term, "from": subject.minted.iri, "to": [target]}


def _files_of(subject: Subject, package: Element) -> list[Element]:
    """The files of a package as elements, and the relationship that leads to them."""
    files: list[Element] = []
    for number, (_, one) in enumerate(objects(package.pop(_FILES, None), ()), 1):
        for _, digest in objects(one.get("verifiedUsing"), ()):
            digest["type"] = "Hash"
        files.append(
            {**_element(subject, "software_File", f"file-{number}"), "name": f"file {number}", **one}
        )
    if not files:
        return []
    relation = {**_element(subject, "Relationship", "files"), "relationshipType": "contains"}
    return [*files, {**relation, "from": subject.minted.iri, "to": [one["spdxId"] for one in files]}]


def _head(subject: Subject, elements: list[Element], package: Element) -> list[Element]:
    here = [str(one["spdxId"]) for one in elements]
    elsewhere = {target for one in elements for target in texts(one.get("to"))} - {*here}
    tool = {**_element(subject, "SoftwareAgent", "writer"), "name": "umr"}
    document: Element = {
        **_element(subject, "SpdxDocument", "document"),
        "name": subject.name,
        "profileConformance": ["core", "software", "simpleLicensing", "extension", *_profiles(subject)],
        "rootElement": [subject.minted.iri],
        "element": [*here, str(tool["spdxId"])],
    }
    if elsewhere:
        document["import"] = [{"type": "ExternalMap", "externalSpdxId": one} for one in sorted(elsewhere)]
    created = package.get("releaseTime", _NEVER)
    info: Element = {"type": "CreationInfo", "@id": _INFO, "specVersion": "3.0.1", "created": created}
    return [{**info, "createdBy": [tool["spdxId"]]}, tool, document]


def _profiles(subject: Subject) -> tuple[str, ...]:
    return {"Model": ("ai",), "Dataset": ("dataset",)}.get(subject.kind, ())
