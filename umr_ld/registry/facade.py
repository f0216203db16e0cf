"""The registry as every door sees it.

What only publishing and keeping need is imported by them: most processes ask one question and end.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from umr_ld.addresses import DEFAULT_BASE, Base
from umr_ld.change import Diff, diff
from umr_ld.entry import DONE
from umr_ld.errors import Conflict, Invalid, UmrError
from umr_ld.findings import Report
from umr_ld.registry import answers
from umr_ld.registry.home import Home
from umr_ld.registry.parts import Parts
from umr_ld.registry.telling import Telling
from umr_ld.registry.views import Checked, Imported, Published

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

    from umr_ld.access.book import Access
    from umr_ld.document import Document
    from umr_ld.entry import Entry
    from umr_ld.exchange import Line
    from umr_ld.inbox.book import Inbox
    from umr_ld.index import Peer
    from umr_ld.names import Ref
    from umr_ld.record import Record
    from umr_ld.registry.adopting import Adopted
    from umr_ld.registry.prepared import Prepared
    from umr_ld.registry.publishing import Desk
    from umr_ld.tree import Tree
    from umr_ld.versions import Version

    Progress = Callable[[int, int], None]
    Permit = Callable[[Record], None]


class Registry(Telling):
    """Records published, kept and asked for. Made by `create`, `open` or `in_memory`.

    One process writes at a time; in it any number of threads may publish and read. Other processes may
    read meanwhile.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._publishing = threading.RLock()

    # -- opening and closing

    @staticmethod
    def create(folder: Path, *, base: str = DEFAULT_BASE, agent: str = "") -> Registry:
        """Start a registry, and open it for writing.

        Args:
            folder: where it will live; made if it is not there.
            base: its base IRI, ending with `/`. It never changes.
            agent: who starts it.

        Raises:
            Conflict: if there is one already.
            Malformed: if `base` is no such IRI.
        """
        Home(folder).start(Base(base), agent)
        return Registry.open(folder, write=True)

    @staticmethod
    def open(folder: Path, *, write: bool = False, wait: float = 10.0) -> Registry:
        """Open a registry; what its projections lack of the journal is applied first.

        Args:
            folder: where it lives.
            write: whether to publish; only one process may at a time.
            wait: seconds to wait for another writer to finish.

        Raises:
            Missing: if there is no registry.
            Busy: if another process goes on writing.
            Damaged: if the stored bytes are not what was written.
            Newer: if a later program wrote it.
        """
        return Registry(Parts.open(Home(folder), write=write, wait=wait))

    @staticmethod
    def in_memory(*, base: str = DEFAULT_BASE) -> Registry:
        """A registry that is gone when it is closed, and otherwise behaves the same.

        Args:
            base: its base IRI, ending with `/`.
        """
        return Registry(Parts.in_memory(Base(base)))

    def close(self) -> None:
        """Leave the folder in good order. Nothing published depends on it."""
        self._parts.close()

    def __enter__(self) -> Registry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- publishing

    @cached_property
    def _desk(self) -> Desk:
        from umr_ld.registry.publishing import Desk

        parts = self._parts
        return Desk(parts.index, parts.records, parts.rules, parts.base, parts.vocabulary)

    def validate(self, documents: Iterable[Document]) -> tuple[Checked, ...]:
        """Look at documents as publishing would, and change nothing.

        Args:
            documents: drafts; those of one call count as known to each other.

        Returns:
            each with all its findings, upstreams before what is made from them.
        """
        return tuple(self._desk.judge([self._desk.read(document) for document in documents]))

    def publish(
        self,
        documents: Iterable[Document],
        *,
        agent: str,
        dry_run: bool = False,
        progress: Progress | None = None,
        permit: Permit | None = None,
    ) -> tuple[Published, ...]:
        """Publish documents: all of them, or none if one is invalid.

        Args:
            documents: drafts, in any order.
            agent: who publishes.
            permit: called with every record before anything is written; raises if it may not be published.
            dry_run: do everything but write.
            progress: called with how many are published and how many there are.

        Returns:
            what was done with each; durable when this returns.

        Raises:
            Invalid: with the findings of all documents.
            Conflict: if all that is wrong is that a reference is published with other content.
            Full: if there is no space; nothing was published.
        """
        with self._publishing:
            judged = self.validate(documents)
            for checked in judged:
                if permit is not None and checked.reading is not None:
                    permit(checked.reading.record)
            _require(judged)
            from umr_ld.registry.publishing import publish_all, would_publish

            if dry_run:
                return would_publish(self._parts, self._desk, judged, progress)
            done = publish_all(self._parts, self._desk, judged, agent, progress)
            self._look()
            return done

    def import_trees(
        self, trees: Iterable[tuple[Tree, Document]], *, agent: str, progress: Progress | None = None
    ) -> Imported:
        """Publish what an importer made: what is invalid is refused and listed, the rest is taken.

        Args:
            trees: drafts with the documents they were made from, in any order.
            agent: who imports.
            progress: called with how many are published and how many there are.
        """
        with self._publishing:
            from umr_ld.registry.publishing import publish_all

            judged = list(
                self._desk.judge([self._desk.read_tree(tree, document) for tree, document in trees])
            )
            good = [one for one in judged if one.report and one.reading is not None]
            published = publish_all(self._parts, self._desk, good, agent, progress)
            self._look()
            return Imported(published, tuple(one for one in judged if one not in good))

    def follow(
        self, drafts: Iterable[Prepared], *, agent: str, gone: Mapping[str, str] | None = None
    ) -> Imported:
        """Publish what a hub says of artifacts now: as their next versions, where anything changed.

        Args:
            drafts: as of `following.follow`, read for this registry.
            agent: who follows.
            gone: as of `following.follow`.
        """
        from umr_ld.registry.following import follow

        with self._publishing:
            done = follow(self._parts, self._desk, drafts, gone or {}, agent)
            self._look()
            return done

    def withdraw(self, ref: Ref, *, reason: str, agent: str) -> Published:
        """Withdraw a record: it stays readable, marked with reason and time.

        Args:
            ref: the record.
            reason: why, in words.
            agent: who withdraws.

        Raises:
            Missing: if there is no such record.
            Malformed: if there is no reason.
        """
        return self._said("withdraw", ref, reason, agent)

    def vanish(self, ref: Ref, *, reason: str, agent: str) -> Published:
        """Note that an artifact is gone from where it was published; what is recorded of it stays.

        A later version says that it is back.

        Args:
            ref: its newest record.
            reason: where it is gone from, in words.
            agent: who noted it.

        Raises:
            Missing: if there is no such record.
            Malformed: if there is no reason.
        """
        return self._said("vanish", ref, reason, agent)

    def _said(self, act: Literal["withdraw", "vanish"], ref: Ref, reason: str, agent: str) -> Published:
        from umr_ld.registry.publishing import done_already, reasoned_entry

        entry = reasoned_entry(act, ref, reason, agent, _now())
        with self._publishing:
            row = self._parts.index.record(ref)
            if row is None:
                raise answers.missing(self._parts, str(ref))
            known = row.withdrawn_seq if act == "withdraw" else answers.gone_since(self._parts, row)
            if known is not None:
                return done_already(ref, known, row.digest)
            seq = self._append(entry)
            self._look()
            return Published(ref, DONE[act], seq, row.digest, Report())

    def bump(self, document: Document) -> tuple[Diff, Version | None, Version]:
        """What a draft changes, and the least version that would do.

        Args:
            document: a draft; its version does not matter.

        Returns:
            the changes since the newest version, that version (None if the draft is the first), and the
            least version that would do.

        Raises:
            Invalid: if the draft cannot be read.
        """
        checked = self._desk.read(document)
        if checked.reading is None:
            raise Invalid(checked.report, where=document.source)
        record = checked.reading.record
        rows = self._parts.index.versions(str(record.ref.name))
        if not rows:
            return Diff(()), None, record.ref.version
        found = diff(self._parts.records.read(rows[0]), record, self.vocabulary, self.base)
        return found, rows[0].ref.version, found.least(rows[0].ref.version)

    def _append(self, entry: Entry) -> int:
        """Acknowledged when the journal has it; the projections follow, now or at the next chance."""
        parts = self._parts
        parts.require_writing()
        parts.catch_up()
        (stored,) = parts.journal.append([entry], after=parts.index.position())
        with suppress(UmrError):
            # Published is published: a full disk under a projection is healed by catching up later.
            parts.projection.apply(stored)
        return stored.seq

    # -- who may write

    @property
    def access(self) -> Access:
        """Who may write through a server: tokens, and the answers that were given lately."""
        return self._parts.access

    @property
    def inbox(self) -> Inbox:
        """What others told this registry; nothing else depends on it."""
        return self._parts.inbox

    @property
    def has_access(self) -> bool:
        """Whether there may be a token; where there is none, none needs to be looked for."""
        return self._parts.has_access

    @property
    def is_writing(self) -> bool:
        """Whether it was opened for writing."""
        return self._parts.is_writing

    @property
    def reviewers(self) -> frozenset[str]:
        """IRIs of the agents whose statements count for every record.

        Raises:
            Malformed: if the deployment's policy is none.
        """
        return self._parts.policy.reviewers

    def adopt(
        self, peer: Peer, lines: Iterable[Line], *, agent: str, progress: Progress | None = None
    ) -> Adopted:
        """Take over what another registry says happened. Arguments and errors as of `adopting.adopt`."""
        from umr_ld.registry.adopting import adopt

        with self._publishing:
            done = adopt(self._parts, peer, lines, agent, progress)
        self._look()
        return done

    # -- keeping

    def rebuild(self, progress: Progress | None = None) -> None:
        """Make the projections again from the journal.

        Args:
            progress: called with entries done and entries in all.
        """
        from umr_ld.registry import upkeep

        with self._publishing:
            upkeep.rebuild(self._parts, progress)

    @staticmethod
    def rebuild_folder(folder: Path, progress: Progress | None = None) -> None:
        """As `rebuild`, for a registry that nobody has open, even if it cannot be opened.

        Args:
            folder: where it lives.
            progress: called with entries done and entries in all.

        Raises:
            Missing, Busy: as `open`.
            Damaged: if the journal itself is not what was written.
        """
        from umr_ld.registry import upkeep

        upkeep.rebuild_closed(Home(folder), progress)

    def doctor(self, *, deep: bool = False) -> Report:
        """Whether everything is as it should be.

        Args:
            deep: read every byte, and compare the projections with what the journal says.
        """
        from umr_ld.registry import upkeep

        return upkeep.examine_open(self._parts, deep=deep)

    @staticmethod
    def examine(folder: Path, *, deep: bool = False) -> Report:
        """As `doctor`, for a registry that nobody has open, even if it cannot be opened.

        Args:
            folder: where it lives.
            deep: as in `doctor`.
        """
        from umr_ld.registry import upkeep

        return upkeep.examine(Home(folder), deep=deep)

    def backup(self, target: Path) -> None:
        """A consistent copy in a new folder, while publishing goes on.

        Args:
            target: a folder that is not there yet.

        Raises:
            Conflict: if it is there.
        """
        from umr_ld.registry import upkeep

        upkeep.backup(self._parts, target)

    @staticmethod
    def restore(source: Path, folder: Path) -> Registry:
        """Make a registry from a backup; its projections are made from the journal.

        Args:
            source: a backup's folder.
            folder: where the registry will live.

        Raises:
            Missing: if there is no backup.
            Conflict: if there is a registry already.
            Damaged: if the backup's journal is not what was written.
        """
        from umr_ld.registry import upkeep

        upkeep.restore(Home(source), Home(folder))
        return Registry.open(folder, write=True)


def _require(judged: tuple[Checked, ...]) -> None:
    from umr_ld.registry.publishing import refused

    report = refused(judged)
    if report:
        return
    if all(finding.rule == "ref-published" for finding in report.violations):
        first = report.violations[0]
        raise Conflict(first.message, where=first.place, remedy=first.remedy)
    raise Invalid(report)


def _now() -> datetime:
    return datetime.now(UTC)
