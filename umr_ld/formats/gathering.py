"""From what was read of things in a foreign document to drafts: identities, links between them, and their order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.errors import Invalid, UmrError
from umr_ld.formats.crosswalk import NOT_TAKEN, Facts
from umr_ld.formats.draft import Draft, Translation, nodes
from umr_ld.formats.identity import NO_VERSION, numbered
from umr_ld.formats.kept import restore
from umr_ld.formats.loss import Loss, LossReport, short
from umr_ld.formats.unread import untaken
from umr_ld.media import Media
from umr_ld.order import needs_first
from umr_ld.strictjson import read_json
from umr_ld.tree import Tree, dotted, text_faults
from umr_ld.vocab import CONTEXT_IRI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from umr_ld.formats.draft import Stack
    from umr_ld.tree import Path, Value
    from umr_ld.vocab import Vocabulary

BASE = Base()
"""By which identifiers in foreign documents are told to be names of records."""


@dataclass(slots=True)
class Thing:
    """Something in a foreign document that becomes a record.

    Args:
        kind: key of its class.
        name: of the artifact.
        version: as the document has it.
        facts: what was read of it.
        kept: path, name and value of the pairs in which what the format cannot say is kept.
        origin: path and value of it in the document, of which is told what nobody understood.
    """

    kind: str
    name: str
    version: str
    facts: Facts
    kept: list[tuple[Path, str, str]] = field(default_factory=list)
    origin: tuple[Path, Value] | None = None
    _linked: list[dict[str, Value]] = field(default_factory=list)
    _is_complete: bool = False

    def complete(self) -> None:
        """Give it the title and the label of its version, if it has none, before what was kept takes their place."""
        if not self._is_complete:
            self._is_complete = True
            revision = numbered(self.version).revision
            self.facts.values.setdefault("title", self.name.rpartition("/")[2])
            if revision:
                self.facts.values.setdefault("revision", revision)

    def link(
        self,
        relation: str | None,
        artifact: str | None,
        path: Path,
        value: Value,
        vocabulary: Vocabulary,
        *,
        whole: bool = True,
    ) -> dict[str, Value] | None:
        """Add an upstream.

        Args:
            relation: key of the relation; None if the document's word means none.
            artifact: name or address; None if the document gives none.
            path: where the link stands.
            value: what stands there.
            vocabulary: what relations there are.
            whole: whether nothing else of what stands there is to be told of.

        Returns:
            the link; None if there is none.
        """
        if relation is None or artifact is None:
            self.facts.lose(path, value, "not read: it says no relation, or names nothing")
            return None
        if artifact == self.name:
            self.facts.lose(path, value, "not read: nothing is made from itself")
            return None
        said = vocabulary.relations[relation]
        if said.from_kinds and self.kind not in said.from_kinds:
            relation = "basedOn"
        made: dict[str, Value] = {"relation": relation, "artifact": artifact, "evidence": "declared"}
        self._linked.append(made)
        self.facts.add("upstream", made, path, whole=whole)
        return made

    def mark_links(self, versions: Mapping[str, str]) -> None:
        """Say of the links that lead out of the document that they do, and of the others to which version.

        Args:
            versions: of what is in it, by name; empty where it has none, or several.
        """
        for link in self._linked:
            artifact = str(link["artifact"])
            if artifact not in versions:
                link["external"] = True
            elif versions[artifact]:
                link.setdefault("version", versions[artifact])

    def is_declared(self, link: dict[str, Value]) -> bool:
        """Whether the document itself states a link, so that it is of the versions that stand in it.

        Args:
            link: of this thing.
        """
        return any(link is one for one in self._linked)


@dataclass(slots=True)
class Gathering:
    """What was read of one document.

    Args:
        tree: the document.
        document: its bytes.
        vocabulary: the terms of records.
        things: what becomes records.
        losses: what concerns none of them alone.
        taken: paths that were understood, and are of none of them alone.
    """

    tree: Tree
    document: Document
    vocabulary: Vocabulary
    things: list[Thing] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    taken: set[Path] = field(default_factory=set)

    def lose(self, path: Path, value: Value, why: str) -> None:
        """Report what concerns no thing alone.

        Args:
            path: where it stands.
            value: what stands there.
            why: why it did not come through.
        """
        line = self.tree.line_of(path)
        place = self.tree.source if line is None else f"{self.tree.source}:{line}"
        self.losses.append(Loss(dotted(path), short(value), why, place))
        if path:
            self.taken.add(path)

    def _lose_rest(self, name: str) -> None:
        """Report what nobody has taken of the document, and says something of what it describes.

        Args:
            name: of the format, as crosswalks call it.
        """
        taken = self.taken.union(*(one.facts.taken for one in self.things))
        taken |= {one.origin[0] for one in self.things if one.origin is not None}
        for path, value in untaken(self.tree.root, taken, name):
            self.lose(path, value, NOT_TAKEN)

    def thing(self, kind: str, name: str, version: str, path: Path) -> Thing:
        """Begin a record; a name and version that are taken get a number.

        Args:
            kind: key of its class.
            name: of the artifact.
            version: as the document has it; empty for none.
            path: where it stands.
        """
        taken = {(one.name, numbered(one.version).version) for one in self.things}
        free, number = name, 2
        while (free, numbered(version).version) in taken:
            free, number = f"{name}-n{number}", number + 1
        made = Thing(kind, free, version, Facts(self.tree))
        if free != name:
            made.facts.lose(path, name, f"another thing in this document has this name; taken as {free}")
        self.things.append(made)
        return made

    def translation(self, name: str = "") -> Translation:
        """The drafts, upstreams first; of links in a circle the one that closes it is left out.

        Args:
            name: of the format, as crosswalks call it, if what nobody has taken of the document is to be told.
        """
        versions = self._versions()
        names = frozenset(versions)
        for one in self.things:
            one.complete()
            one.mark_links(versions)
            restore(one.facts, one.kept)
            _drop_unencodable(one.facts)
            if one.origin is not None:
                one.facts.lose_rest(one.origin[1], one.origin[0])
        if name:
            self._lose_rest(name)
        self._open_circles()
        needs: dict[str, list[str]] = {}
        for one in self.things:
            targets = [str(link.get("artifact")) for link in nodes(one.facts.values.get("upstream"))]
            needs.setdefault(one.name, []).extend(name for name in targets if name in names)
        order = {name: at for at, name in enumerate(needs_first(needs))}
        ordered = sorted(self.things, key=lambda one: order[one.name])
        losses = [*self.losses, *(row for one in self.things for row in one.facts.losses)]
        return Translation(tuple(self._draft(one) for one in ordered), LossReport(tuple(losses)))

    def _versions(self) -> dict[str, str]:
        """The version of each thing by its name, as links name it; empty for none, or several of one name."""
        found: dict[str, str] = {}
        for one in self.things:
            version = numbered(one.version).version
            found[one.name] = "" if one.name in found or version == NO_VERSION else version
        return found

    def _open_circles(self) -> None:
        above: dict[str, set[str]] = {}
        for thing in self.things:
            kept = []
            for link in nodes(thing.facts.values.get("upstream")):
                target = str(link.get("artifact"))
                is_of_these = "version" not in link or thing.is_declared(link)
                if is_of_these and thing.name in _reached(target, above):
                    self.lose(
                        (),
                        f"{thing.name} {link.get('relation')} {target}",
                        "not read: the link closes a circle",
                    )
                else:
                    kept.append(link)
                    above.setdefault(thing.name, set()).add(target)
            if "upstream" in thing.facts.values:
                thing.facts.values["upstream"] = [*kept]

    def _draft(self, thing: Thing) -> Draft:
        version = numbered(thing.version).version
        values = thing.facts.values
        head: dict[str, Value] = {
            "@context": CONTEXT_IRI,
            "type": thing.kind,
            "name": thing.name,
            "version": version,
        }
        root = {**head, **values}
        if root.get("upstream") == []:
            del root["upstream"]
        return Draft(Tree(root, self.tree.source, thing.facts.line_of), self.document)


def _drop_unencodable(facts: Facts) -> None:
    """Leave out texts that no record can carry; JSON is looked through when it is read, RDF is not."""
    for key in [key for key, value in facts.values.items() if text_faults(value)]:
        del facts.values[key]
        facts.lose((), key, "not read: the text holds a character that is no Unicode scalar value, or NUL")


def _reached(start: str, above: dict[str, set[str]]) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for name in above.get(waiting.pop(), set()) - reached:
            reached.add(name)
            waiting.append(name)
    return reached


def each(repositories: Stack, read_one: Callable[[Document], Translation]) -> Translation:
    """What is read of documents, one by one; one that cannot be read is reported, and the others are taken.

    Args:
        repositories: the documents.
        read_one: reads one.
    """
    drafts: list[Draft] = []
    losses: list[Loss] = []
    for document in (one for repository in repositories for one in repository):
        try:
            found = read_one(document)
        except Invalid as error:
            losses += [
                _unread(one.message, one.path, one.source or document.source, one.line)
                for one in error.report
            ]
        except UmrError as error:
            losses.append(_unread(error.what, "", error.where or document.source, None, error.remedy))
        else:
            drafts += found.drafts
            losses += found.losses
    return Translation(tuple(drafts), LossReport(tuple(losses)))


def _unread(what: str, path: str, source: str, line: int | None, remedy: str = "") -> Loss:
    why = f"not read: {what}" + (f"; {remedy}" if remedy else "")
    return Loss(path, "", why, source if line is None else f"{source}:{line}")


def json_tree(document: Document) -> Tree:
    """A document read as strict JSON, whatever its ending says.

    Args:
        document: the bytes.

    Raises:
        Unreadable, TooLarge, Invalid: as `strictjson.read_json`.
    """
    return read_json(Document(document.body, Media.JSONLD, document.source))


def texts(value: Value) -> Iterable[str]:
    """The texts among the values of a key.

    Args:
        value: one, several, or none.
    """
    return [str(one) for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]


def objects(value: Value, path: Path) -> Iterator[tuple[Path, dict[str, Value]]]:
    """The objects in a list, with their paths.

    Args:
        value: a list, or one object.
        path: of it.
    """
    if isinstance(value, dict):
        yield path, value
    elif isinstance(value, list):
        yield from (((*path, at), one) for at, one in enumerate(value) if isinstance(one, dict))
