"""Proposals: names that may be names of one artifact, each with its reasons. They are decided by people.

Every value is met once and goes into the group of those that say the same; so the time that it takes grows with what
is recorded, and not with the pairs of it.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.addresses import is_absolute
from umr_ld.errors import TooLong
from umr_ld.formats.identity import HUB, artifact_of
from umr_ld.registry.views import Ground, Proposal
from umr_ld.risk.advisory import DECIDED
from umr_ld.vocab import UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from umr_ld.index import Titled
    from umr_ld.registry.parts import Parts

MOST = 20
"""Artifacts that share a value, above which it tells none of them from the others."""
MANY = 250_000
"""Artifacts up to which proposals are made while somebody waits."""


REASONS = {
    "digest": "a file of the same SHA-256",
    "purl": "the same package URL",
    "identifier": "the same identifier",
    "stated": "its record says that it is also known so",
    "redirect": "the hub names one where the card names the other",
    "address": "the same address, written otherwise",
    "place": "the same name at another place",
    "spelling": "the same but for case and punctuation",
    "title": "the same title",
}
"""What is said of each reason, the strongest first. The ontology may name others; they stand beside `identifier`."""

_RANK = {reason: rank for rank, reason in enumerate(REASONS)}
_PURL = "pkg:"
"""With which a package URL begins (purl-spec): an identifier in which versions do not count."""
_VALUES = "SELECT ?graph ?subject ?value WHERE {{ GRAPH ?graph {{ ?subject <{property}> ?value }} }}"
_RENAMED = f"""
    SELECT DISTINCT ?record ?stated ?hub WHERE {{
        ?record <{UMR}upstream> ?inferred, ?declared .
        ?inferred <{UMR}evidence> <{UMR}inferred> ; <{UMR}artifact> ?hub .
        ?declared <{UMR}evidence> <{UMR}declared> ; <{UMR}artifact> ?stated .
    }}
"""
_SPEAKING = frozenset({"Advisory", "Statement"})
_APART = re.compile(r"(?<=[0-9])([-_.\s]+)(?=[0-9])|[-_.\s]+")


def spelling(text: str) -> str:
    """What is left of a text without case and without what parts its words: `Common Crawl` and `CommonCrawl` agree.

    Nothing that can mean something is left out: `Command R+` is not `Command R`, `2.5` is not `25`, and no letter
    stands for another one that looks like it.

    Args:
        text: a title, or a segment of a name.
    """
    return _APART.sub(lambda match: match[1][0].replace("_", ".") if match[1] else "", text.lower())


class Proposals:
    """What is proposed, kept until something is published.

    Args:
        parts: of the registry.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._making = threading.Lock()
        self._known: tuple[tuple[int, str], tuple[Proposal, ...]] | None = None

    def all(self) -> tuple[Proposal, ...]:
        """Pairs of names, the strongest reasons first. What is decided already is not among them.

        Raises:
            TooLong: if there are more than `MANY` artifacts.
            Busy: if another process writes: beside it the store cannot be asked.
        """
        policy = self._parts.policy
        state = self._parts.index.position(), policy.digest
        with self._making:
            if self._known is None or self._known[0] != state:
                self._known = state, _Search(self._parts).proposals()
            return self._known[1]


@dataclass(slots=True)
class _Known:
    """An artifact.

    Args:
        name: or IRI.
        kind: of its best record; empty where nothing is recorded.
        title: of that record.
    """

    name: str
    kind: str
    title: str

    @property
    def sort(self) -> str:
        """Its kind, as far as it can be told without a record."""
        hub = "Dataset" if self.name.startswith(f"{HUB}datasets/") else "Model"
        return self.kind or (hub if self.name.startswith(HUB) else "")


class _Search:
    """All that is looked at once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known = {
            one.name: _Known(one.name, one.kind, one.title)
            for one in _bounded(parts.index.titled())
            if one.kind not in _SPEAKING and one.name not in DECIDED and not one.name.startswith("advisory/")
        }
        self._found: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        policy = parts.policy
        self._same = parts.names.aliases(policy, None).standing
        self._apart = {
            frozenset(map(self._same, one.names))
            for one in parts.names.decisions(policy, None)
            if one.counts and not one.accepted
        }

    def proposals(self) -> tuple[Proposal, ...]:
        """The pairs."""
        for digest, carriers in self._parts.index.shared().items():
            self._propose("digest", digest, carriers)
        for reason, rule in self._parts.vocabulary.identifying.items():
            self._by_value(reason, rule.iri)
        self._by_hub()
        for reason, names in (
            ("address", self._addresses()),
            ("spelling", self._names()),
            ("place", self._places()),
            ("title", self._titles()),
        ):
            for detail, group in names.items():
                self._propose(reason, detail, group, alike=True)
        found = [
            Proposal(
                names, tuple(Ground(reason, self._words(reason), detail) for reason, detail in _ranked(said))
            )
            for names, said in self._found.items()
        ]
        return tuple(sorted(found, key=_order))

    def _words(self, reason: str) -> str:
        rule = self._parts.vocabulary.identifying.get(reason)
        return REASONS.get(reason) or f"the same {reason if rule is None else rule.label}"

    # -- what records state

    def _by_value(self, reason: str, iri: str) -> None:
        groups: dict[tuple[str, str], set[str]] = defaultdict(set)
        base = self._parts.base
        for graph, subject, value in self._rows(_VALUES.format(property=iri)):
            if graph == base.resolved(base.artifact_of(subject.partition("#")[0])):
                continue  # What is inherited is said of another artifact.
            is_purl = value.startswith(_PURL)
            text = re.split("[@?#]", value)[0] if is_purl else value
            meant = artifact_of(text, base) or text
            groups["purl" if is_purl else reason, meant].add(self._artifact(subject))
        for (told, meant), names in groups.items():
            self._propose(told, meant, names | ({meant} & self._known.keys()))

    def _by_hub(self) -> None:
        """Where a card names one parent, and the hub another one in its place: parents are renamed, and cards stay."""
        named: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
        for record, stated, hub in self._rows(_RENAMED):
            base = self._parts.base
            for group, iri in zip(named[record], (stated, hub), strict=True):
                name = base.artifact_of(iri)
                if name in self._known and "datasets" not in name.split("/"):
                    group.add(name)
        counted = Counter(
            (stated, hub)
            for one, other in named.values()
            if len(one) == len(other) == 1
            for stated, hub in zip(one, other, strict=True)
            if _related(stated, hub)
        )
        for (stated, hub), count in counted.items():
            records = "1 record" if count == 1 else f"{count:,} records"
            self._propose("redirect", records, {stated, hub})

    def _rows(self, query: str) -> Iterator[tuple[str, ...]]:
        answer = self._parts.store.query(query)
        assert isinstance(answer, ox.QuerySolutions)
        for row in answer:
            if all(isinstance(one, (ox.NamedNode, ox.Literal)) for one in row):
                yield tuple(one.value for one in row if isinstance(one, (ox.NamedNode, ox.Literal)))

    def _artifact(self, subject: str) -> str:
        return self._parts.base.artifact_of(subject.partition("#")[0]).partition("@")[0]

    # -- how they are called

    def _addresses(self) -> dict[str, set[str]]:
        groups: dict[str, set[str]] = defaultdict(set)
        for name in self._known:
            if is_absolute(name):
                meant = artifact_of(name, self._parts.base) or name
                groups[_address(meant)].add(name)
                groups[_address(meant)] |= {meant} & self._known.keys()
        return groups

    def _names(self) -> dict[str, set[str]]:
        groups: dict[str, set[str]] = defaultdict(set)
        for name in self._known:
            if not is_absolute(name):
                groups["/".join(map(spelling, name.split("/")))].add(name)
        return groups

    def _places(self) -> dict[str, set[str]]:
        """By owner and name: the same at several hubs. What differs in spelling only is told as that."""
        groups: dict[str, dict[str, str]] = defaultdict(dict)
        for name in sorted(self._known):
            segments = list(map(spelling, name.split("/")))
            if len(segments) > 1 and not is_absolute(name):
                groups["/".join(segments[-2:])].setdefault("/".join(segments[:-2]), name)
        return {key: set(named.values()) for key, named in groups.items()}

    def _titles(self) -> dict[str, set[str]]:
        """By title, where it says more than the name."""
        groups: dict[str, set[str]] = defaultdict(set)
        for one in self._known.values():
            title = spelling(one.title)
            if one.kind and len(title) > 3 and title not in spelling(one.name).replace("/", " / ").split():
                groups[title].add(one.name)
        for one in self._known.values():
            last = spelling(one.name.rpartition("/")[2])
            if last in groups and "/" not in one.name:
                groups[last].add(one.name)
        return groups

    # -- pairs

    def _propose(self, reason: str, detail: str, names: Iterable[str], *, alike: bool = False) -> None:
        """Each of a group with the first to which it may belong: what is joined is joined with all."""
        several = sorted({one for one in names if one in self._known}, key=lambda one: (":" in one, one))
        # Of what is joined already one name will do.
        group = list({self._same(one): one for one in reversed(several)}.values())[::-1]
        if not 1 < len(group) <= MOST:
            return
        for at, other in enumerate(group):
            one = next((one for one in group[:at] if self._may_be(one, other, alike=alike)), None)
            if one is not None:
                pair = (one, other) if one < other else (other, one)
                self._found[pair].setdefault(reason, detail)

    def _may_be(self, one: str, other: str, *, alike: bool) -> bool:
        if frozenset((self._same(one), self._same(other))) in self._apart:
            return False
        sorts = {self._known[one].sort, self._known[other].sort} - {""}
        return not alike or len(sorts) < 2


def _bounded(found: Sequence[Titled]) -> Sequence[Titled]:
    if len(found) > MANY:
        raise TooLong(
            f"there are more than {MANY:,} artifacts, too many to look for names of the same",
            remedy="decide about names that you know with `umr alias accept` and `umr alias reject`",
        )
    return found


def _related(one: str, other: str) -> bool:
    """Whether one name may have been made of the other: by another owner, or by leaving out what stood before it."""
    first, second = one.split("/"), other.split("/")
    if first[:-2] != second[:-2] or len(first) != len(second) or len(first) < 2:
        return False
    long, short = sorted((spelling(first[-1]), spelling(second[-1])), key=len, reverse=True)
    return long == short or (first[-2] == second[-2] and long.endswith(short))


def _address(text: str) -> str:
    """An address without what makes no difference nearly everywhere: scheme, www, a slash at the end."""
    bare = re.sub(r"\Ahttps?://(www\.)?", "", text)
    host, slash, path = bare.partition("/")
    return (host.lower() + slash + path).rstrip("/")


def _ranked(said: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(said.items(), key=lambda one: _rank(one[0]))


def _rank(reason: str) -> int:
    return _RANK.get(reason, _RANK["identifier"])


def _order(one: Proposal) -> tuple[int, int, tuple[str, str]]:
    return _rank(one.grounds[0].reason), -len(one.grounds), one.names
