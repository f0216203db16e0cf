"""The index: names, versions, links and text of what is published, as questions without SPARQL need them.

It is a projection of the journal: it remembers how far it has come, and can be made again from nothing.
Every reading method takes `at`, the sequence number of a journal entry, and answers from what was
published up to there; None means now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from umr_ld.index.changes import Change, Peer, Peering, Publication, Vanishing, Withdrawal

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from umr_ld.findings import Report
    from umr_ld.lineage import Recorded, Strand
    from umr_ld.names import Ref
    from umr_ld.ranges import Range
    from umr_ld.record import Link

__all__ = [
    "MAX_FACET_VALUES",
    "Carrier",
    "Change",
    "Index",
    "Page",
    "Peer",
    "Peering",
    "Publication",
    "RecordRow",
    "Titled",
    "Vanishing",
    "Withdrawal",
]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What the index knows of one record.

    Args:
        seq: sequence number of its journal entry.
        location: the journal's token for that entry.
        time: when it was published, in UTC.
        agent: who published it.
        ref: artifact and version.
        kind: key of its class.
        title: its title, or the name.
        publisher: in words, or empty.
        license: IRI or expression, or empty.
        digest: SHA-256 over its canonical graph, hexadecimal.
        revision: the hub's or publisher's own label of the version, or empty.
        withdrawn: when it was withdrawn; None if it stands.
        withdrawn_seq: sequence number of the withdrawal's journal entry.
        withdrawn_by: who withdrew it; empty if it stands.
        reason: why it was withdrawn; empty if it stands.
    """

    seq: int
    location: int
    time: datetime
    agent: str
    ref: Ref
    kind: str
    title: str
    publisher: str
    license: str
    digest: str
    revision: str
    withdrawn: datetime | None = None
    withdrawn_seq: int | None = None
    withdrawn_by: str = ""
    reason: str = ""


class Titled(NamedTuple):
    """An artifact, recorded or only named by a link, an advisory or a statement.

    Args:
        name: or IRI.
        kind: key of the class of its best record; empty where nothing is recorded.
        title: of that record.
    """

    name: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """A record that names a file.

    Args:
        digest: of the file.
        row: the record.
    """

    digest: str
    row: RecordRow


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a listing.

    Args:
        rows: the records of this part, each with the text that a search found; empty in a listing, and
            where the text is in name or title.
        total: how many there are in all.
        facets: `kind`, `hub`, `publisher`, `license` and those of tags, each value to count over all of them,
            the most frequent values first, at most `MAX_FACET_VALUES` of them; what has no value is left out.
    """

    rows: tuple[tuple[RecordRow, str], ...]
    total: int
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


MAX_FACET_VALUES = 100


class Index(Protocol):
    """Names, versions, links and text. All methods may be called from several threads at once.

    The *best* of several versions is the newest release that is not withdrawn, else the newest prerelease
    that is not withdrawn, else the newest release or prerelease that is withdrawn. A link *covers* the
    recorded versions of its artifact that are in its range, and if it names a revision, that carry it.

    Every method raises:
        Busy: if another process holds the file for too long.
        Damaged: if the file's bytes are not what was written.
    """

    # -- keeping up with the journal

    def position(self) -> int:
        """Sequence number of the last journal entry that was applied; 0 if none was."""
        ...

    def chain(self) -> str:
        """Chain value of that entry; 64 zeros if there is none."""
        ...

    def reached(self) -> tuple[int, str]:
        """Both, of one moment. Asked for again and again it costs next to nothing while nothing changes."""
        ...

    def glimpse(self) -> tuple[int, str] | None:
        """As `reached`, and never waits; None if it takes a closer look to tell."""
        ...

    def apply(self, changes: Sequence[Change], position: int, chain: str) -> None:
        """Take in what journal entries say, and remember the last of them. All or nothing.

        Args:
            changes: in the journal's order; those at or below the present position are passed over.
            position: sequence number of the last entry that is taken in with this, at least that of the
                last change. Nothing happens if it is not above the present position.
            chain: chain value of that entry.

        Raises:
            Conflict: if a version is recorded already.
            Missing: if what is withdrawn is not recorded.
            Full: if there is no space; nothing has changed.
        """
        ...

    def whole(self) -> AbstractContextManager[None]:
        """All that this thread changes inside is one change, seen by others at its end, or not at all."""
        ...

    def clear(self) -> None:
        """Forget everything: the position is 0."""
        ...

    def steady(self) -> AbstractContextManager[None]:
        """What this thread reads inside is one state of the index, whatever others write meanwhile."""
        ...

    def peers(self) -> Sequence[Peer]:
        """The registries whose records are taken over, in the order in which they became known."""
        ...

    def sequence_at(self, time: datetime) -> int:
        """The last journal entry before the first one that is later than a moment.

        Args:
            time: the moment, UTC.
        """
        ...

    # -- records and artifacts

    def record(self, ref: Ref, at: int | None = None) -> RecordRow | None:
        """One record; None if it is not published."""
        ...

    def numbered(self, numbers: Iterable[int], at: int | None = None) -> Mapping[int, RecordRow]:
        """Records by their sequence numbers; those that are none are left out."""
        ...

    def versions(self, name: str, at: int | None = None) -> Sequence[RecordRow]:
        """All records of an artifact, the largest version first."""
        ...

    def best_of(self, name: str, versions: Range, at: int | None = None) -> RecordRow | None:
        """The best of the recorded versions in a range; None if there is none."""
        ...

    def is_named(self, artifact: str, at: int | None = None) -> bool:
        """Whether a link of any record names an artifact, recorded or not."""
        ...

    def recorded_among(self, names: Iterable[str]) -> Container[str]:
        """Those of many names of which something is recorded; asked one by one they take several times as long.

        Args:
            names: names and IRIs.
        """
        ...

    def named_among(self, names: Iterable[str]) -> Container[str]:
        """Those of many names that a link of any record names.

        Args:
            names: names and IRIs.
        """
        ...

    def alike_among(self, skeletons: Iterable[str]) -> Container[str]:
        """Those of many skeletons that recorded artifacts have.

        Args:
            skeletons: as of `confusable`.
        """
        ...

    def confusable(self, skeleton: str) -> Sequence[str]:
        """Names of recorded artifacts with this skeleton (`Name.skeleton`), in order."""
        ...

    def case_twins(self, prefix: str) -> Sequence[tuple[str, ...]]:
        """Names, recorded or only named, that differ in nothing but the case of letters, together.

        Args:
            prefix: of the names.
        """
        ...

    def titled(self) -> Sequence[Titled]:
        """All artifacts, recorded or only named, also by advisories and statements, in no order."""
        ...

    def suggest(self, name: str) -> Sequence[str]:
        """Names of artifacts, recorded or only named, that are spelt alike; the most alike first."""
        ...

    def ending(self, segment: str) -> Sequence[str]:
        """Names of artifacts, recorded or only named, with more than one segment, whose last one this is."""
        ...

    def listing(
        self,
        *,
        text: str = "",
        kind: str = "",
        publisher: str = "",
        license: str = "",  # noqa: A002 - the key of the records
        prefix: str = "",
        tags: Mapping[str, str] | None = None,
        files: Collection[str] = (),
        among: Collection[Ref] | None = None,
        without: Collection[Ref] = (),
        order: str = "name",
        limit: int = 50,
        offset: int = 0,
        at: int | None = None,
        counted: bool = True,
    ) -> Page:
        """Artifacts by their best record.

        Args:
            text: words that all occur, as parts of words too, in name, title, keywords, publisher or
                description; case does not count, and no character has a special meaning. Words of one
                or two characters are looked for in names, titles and keywords only. Empty for all.
            kind: key of a class; empty for all.
            publisher: in words, whole.
            license: IRI or expression, whole.
            prefix: of the name.
            tags: facet to value, which it has to have.
            files: digests of which one of its records names at least one; empty for all.
            among: the records of which it has to be one; None for any.
            without: the records of which it may be none.
            order: `name`, `newest`, or `relevance`, which without a text is `name`.
            limit: how many to give.
            offset: how many to pass over.
            at: see the module.
            counted: whether all that fit are counted too, by facets; if not, the total is that of the page.

        Raises:
            Malformed: if there is no such order.
        """
        ...

    def counts(self, at: int | None = None) -> Mapping[str, int]:
        """`records`, `artifacts` (recorded ones), `mentioned` (only named by links), `links`, and each kind's."""
        ...

    def vanishings(self, name: str, at: int | None = None) -> Sequence[Vanishing]:
        """When an artifact was noted to be gone from where it was published, the newest first."""
        ...

    # -- links

    def links_of(self, row: RecordRow) -> Sequence[Link]:
        """The links of a record, in the author's order."""
        ...

    def matching(self, link: Link, at: int | None = None) -> Sequence[RecordRow]:
        """The records that a link covers, the best first."""
        ...

    def best(self, link: Link, at: int | None = None) -> RecordRow | None:
        """The best record that a link covers; None if there is none."""
        ...

    def naming(
        self, artifact: str, at: int | None = None, most: int | None = None, skip: int = 0
    ) -> Sequence[RecordRow]:
        """See `lineage.Graph.naming`."""
        ...

    def dependents(self, ref: Ref, at: int | None = None) -> Sequence[RecordRow]:
        """Records for which it matters whether a record exists and stands.

        Returns:
            those with a link that covers it, and those that inherit, over any number of steps, from one
            that inherits from it; in order of publication.
        """
        ...

    def artifact_id(self, name: str) -> int | None:
        """See `lineage.Graph.artifact_id`."""
        ...

    def strands(
        self, artifacts: Sequence[int], at: int | None = None, among: Collection[int] | None = None
    ) -> Sequence[Strand]:
        """See `lineage.Graph.strands`; of some records only, if they are given: others then cost nothing."""
        ...

    def terms(self, ids: Sequence[int]) -> Mapping[int, str]:
        """See `lineage.Graph.terms`."""
        ...

    def recorded(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Recorded]:
        """See `lineage.Graph.recorded`."""
        ...

    # -- files

    def carrying(
        self, digests: Collection[str], at: int | None = None, most: int | None = None
    ) -> Sequence[Carrier]:
        """The records that name files, whatever they call them.

        Args:
            digests: of the files, each as `Publication.fingerprints` has it.
            at: see the module.
            most: how many are read; None for all.

        Returns:
            each record with each file that it names, by digest, name and then the newest version first.
        """
        ...

    def shared(self, at: int | None = None) -> Mapping[str, Sequence[str]]:
        """The files that stand below more than one artifact: digest to names of artifacts, both in order."""
        ...

    # -- advisories and statements

    def speaking(
        self, kind: str, subjects: Sequence[str] | None = None, at: int | None = None
    ) -> Sequence[RecordRow]:
        """Advisories or statements, by name and then the newest version first.

        Args:
            kind: key of their class.
            subjects: names and IRIs of which they speak of at least one; None for all of that kind.
            at: see the module.
        """
        ...

    def is_spoken_of(self) -> bool:
        """Whether anything was ever said, by an advisory or a statement, of any artifact."""
        ...

    # -- keeping in order

    def dump(self) -> Iterator[tuple[object, ...]]:
        """Everything that it holds, in one order: two indexes that were given the same say the same."""
        ...

    def check(self) -> Report:
        """Whether the file is sound in itself; a violation for each fault."""
        ...

    def close(self) -> None:
        """Let go of everything; nothing may be called afterwards but this."""
        ...
