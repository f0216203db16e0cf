"""Everything that can be asked of a registry, now or as of an earlier moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from umr_ld.change import Diff, diff
from umr_ld.entry import Head
from umr_ld.errors import Malformed
from umr_ld.licences import licence_of
from umr_ld.registry import answers, lines
from umr_ld.registry.advised import Advised
from umr_ld.registry.standings import Standings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from umr_ld.addresses import Base
    from umr_ld.exchange import Line
    from umr_ld.index import Peer
    from umr_ld.lineage import Impact, Lineage
    from umr_ld.names import Ref
    from umr_ld.record import Record
    from umr_ld.registry.parts import Parts
    from umr_ld.registry.views import (
        Alias,
        Decided,
        Event,
        Listing,
        Mentioned,
        Proposal,
        Shown,
    )
    from umr_ld.risk import Answer, Policy
    from umr_ld.store import Answer as Solutions
    from umr_ld.vocab import Vocabulary


class Reader(Advised):
    """The asking half of a registry.

    Args:
        parts: of the registry.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._standings = Standings(parts)

    @property
    def base(self) -> Base:
        """The base IRI, and the addresses below it."""
        return self._parts.base

    @property
    def vocabulary(self) -> Vocabulary:
        """The terms that records are written in."""
        return self._parts.vocabulary

    @property
    def policy(self) -> Policy:
        """What carries which risk: the ontology's table, with what the deployment's own file says.

        Raises:
            Malformed: if that file is none.
        """
        return self._parts.policy

    @property
    def folder(self) -> Path | None:
        """Where the registry lives; None for one in memory."""
        return None if self._parts.home is None else self._parts.home.folder

    def position(self) -> Head:
        """The last journal entry that answers are made from now on, or a later one is; never an earlier one."""
        head = Head(*self._parts.index.reached())
        self._parts.follow(head.seq)
        return head

    def glimpse(self) -> Head | None:
        """The position, if it is as it was when it was asked for last; None if to tell might mean to wait."""
        reached = self._parts.index.glimpse()
        return Head(*reached) if reached else None

    def head(self) -> Head:
        """The journal's last entry, with its chain value; it may be a moment ahead of `position`."""
        return self._parts.journal.head()

    def show(self, reference: str, *, at: datetime | None = None) -> Shown:
        """Everything about one record.

        Args:
            reference: `name`, `name@1.2.0` or `name@RANGE`; the best matching version is shown. The last
                segment of a name will do where only one name ends so.
            at: answer from what was published by then, UTC; None for now.

        Raises:
            Malformed: if it is no reference.
            Missing: if nothing matches; the remedy names what is alike.
        """
        return answers.show(self._parts, answers.asked(self._parts, reference), at)

    def mentioned(self, artifact: str, *, at: datetime | None = None) -> Mentioned | None:
        """An artifact of which nothing is recorded but which records name; else None.

        Args:
            artifact: name or IRI.
            at: as in `show`.
        """
        return answers.mentioned(self._parts, answers.asked(self._parts, artifact).artifact, at)

    def get(self, reference: str, *, at: datetime | None = None) -> Record:
        """One record, as its author stated it. Arguments and errors as of `show`."""
        return answers.get(self._parts, answers.asked(self._parts, reference), at)

    def body(self, ref: Ref) -> bytes:
        """The bytes that were published under a reference, exactly.

        Args:
            ref: the record.

        Raises:
            Missing: if there is no such record.
        """
        return answers.body(self._parts, ref)

    def history(self, name: str, *, at: datetime | None = None) -> tuple[Event, ...]:
        """What happened to an artifact, newest first.

        Args:
            name: of the artifact.
            at: as in `show`.

        Raises:
            Missing: if nothing is recorded of it.
        """
        return answers.history(self._parts, name, at)

    def events(self, after: int, upto: int) -> tuple[Event, ...]:
        """What happened in the whole registry, newest first, without what changed inside of records.

        Args:
            after: journal entry behind which the first one stands.
            upto: journal entry that is the last one.
        """
        return answers.events(self._parts, after, upto)

    def peers(self) -> tuple[Peer, ...]:
        """The registries whose records are taken over, in the order in which they became known."""
        self._parts.know_peers()
        return tuple(self._parts.index.peers())

    def lines(self, after: int = 0, prefix: str = "") -> Iterator[Line]:
        """What happened to the registry's own records. Arguments and errors as of `lines.own`."""
        return lines.own(self._parts, after, prefix)

    def closure(self, references: Iterable[str]) -> Iterator[Line]:
        """Records with everything upstream of them. Arguments and errors as of `lines.closure`."""
        return lines.closure(self._parts, references)

    def listing(
        self,
        *,
        text: str = "",
        kind: str = "",
        publisher: str = "",
        license: str = "",  # noqa: A002 - the key of the records
        prefix: str = "",
        tags: Mapping[str, str] | None = None,
        answer: Answer | None = None,
        order: str = "name",
        limit: int = 50,
        offset: int = 0,
        at: datetime | None = None,
        counted: bool = True,
    ) -> Listing:
        """A page of artifacts by their newest records, with facets; a search if there is a text.

        Args:
            text: what to search for in names, titles, descriptions and keywords, or the digest of a file; empty for all.
            kind: key of a class, e.g. `Model`.
            publisher: in words, whole.
            license: IRI or expression, whole, those of SPDX in any case of letters; `MIT` stands for its address.
            prefix: of the name, e.g. `hf/openai/`.
            tags: facet to value, as `Vocabulary.facets` has them.
            answer: the gravest that any advisory has for the newest record; None for any. With one, the
                answers are counted as a facet.
            order: `name`, `newest` or, for a search, `relevance`.
            limit: how many to give.
            offset: how many to pass over.
            at: as in `show`.
            counted: whether all that fit are counted too, by facets; if not, the total is that of the page.

        Raises:
            TooLong: if an answer is named, and too many records are exposed to tell.
        """
        return answers.listing(
            self._parts,
            self._standings if answer is not None else None,
            answer,
            text=text,
            kind=kind,
            publisher=publisher,
            license=licence_of(license),
            prefix=prefix,
            tags=tags,
            order=order,
            limit=limit,
            offset=offset,
            at=at,
            counted=counted,
        )

    def suggest(self, name: str) -> tuple[str, ...]:
        """Names of artifacts that are alike, the most alike first.

        Args:
            name: what somebody wrote.
        """
        return tuple(self._parts.index.suggest(name))

    def case_twins(self, prefix: str) -> tuple[tuple[str, ...], ...]:
        """Names of artifacts that differ in nothing but the case of letters, together: hubs have such.

        Args:
            prefix: of the names.
        """
        return tuple(self._parts.index.case_twins(prefix))

    def diff(self, before: str, after: str) -> Diff:
        """The changes between two records.

        Args:
            before: reference of the earlier one.
            after: reference of the later one.

        Raises:
            Malformed, Missing: as `show`.
        """
        return diff(self.get(before), self.get(after), self.vocabulary, self.base)

    def lineage(
        self,
        reference: str,
        *,
        direction: Literal["up", "down"] = "up",
        depth: int | None = None,
        most: int | None = None,
        at: datetime | None = None,
    ) -> Lineage:
        """What a record was made from, or what was made from it.

        Args:
            reference: as in `show`; an artifact that is only mentioned will do.
            direction: `up` towards sources, `down` towards what depends on it.
            depth: how many links to follow; None for all.
            most: records and names after which no more are looked for; None for all.
            at: as in `show`.

        Raises:
            Malformed, Missing: as `show`.
        """
        return answers.lineage(self._parts, answers.asked(self._parts, reference), direction, depth, at, most)

    def aliases(self, *, at: datetime | None = None) -> tuple[Decided, ...]:
        """The decisions about names that stand, whether they count or not, in order of the names.

        Args:
            at: as in `show`.
        """
        return self._parts.names.decisions(self._parts.policy, answers.sequence(self._parts, at))

    def known_as(self, name: str, *, at: datetime | None = None) -> tuple[Alias, ...]:
        """The other names of an artifact, each with what joins it to the one before it.

        Args:
            name: one of its names, or an IRI.
            at: as in `show`.
        """
        upto = answers.sequence(self._parts, at)
        return self._parts.names.known_as(name, self._parts.policy, upto)

    def alias_proposals(self) -> tuple[Proposal, ...]:
        """Pairs of names that may be names of one artifact, with reasons, the strongest first.

        Raises:
            TooLong: if there are too many artifacts.
            Busy: if this registry is open for reading, and another process writes.
        """
        return self._parts.proposals.all()

    def impact(self, reference: str, *, at: datetime | None = None) -> Impact:
        """Everything downstream of an artifact or of some of its versions, with paths.

        Args:
            reference: `name` for all versions, `name@1.2.0`, `name@RANGE`, or an IRI.
            at: as in `show`.

        Raises:
            Malformed, Missing: as `show`.
        """
        return answers.impact(self._parts, answers.asked(self._parts, reference), at)

    def query(self, text: str, *, at: datetime | None = None) -> Solutions:
        """Answer a SPARQL 1.1 query over all graphs.

        Args:
            text: the query. Prefixes of the context are declared already, and `umr:satisfies` and
                `umr:compareVersions` are functions.
            at: answer from the graphs as they were then, which are made again from the journal.

        Raises:
            Malformed: if it is no query, or asks for the network.
        """
        if at is not None:
            from umr_ld.registry import upkeep

            return upkeep.replayed(self._parts, _utc(at)).query(text)
        return self._parts.store.query(text)

    def copy_store(self, folder: Path) -> int:
        """Copy the RDF store as it is now, for queries that another process answers.

        Args:
            folder: not there yet. On the file system of the registry the copy shares most of its files.

        Returns:
            number of the journal entry that the copy has reached, or an earlier one.

        Raises:
            Busy: if this registry is open for reading, and another process writes.
            Full: if there is no space.
        """
        from umr_ld.registry import upkeep

        return upkeep.copy_store(self._parts, folder)

    def counts(self, *, at: datetime | None = None) -> dict[str, int]:
        """How much there is: records, artifacts, mentioned ones, links, and records by kind.

        Args:
            at: as in `show`.
        """
        return answers.counts(self._parts, at)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Malformed("the moment has no time zone", remedy="give UTC")
    return moment.astimezone(UTC)
