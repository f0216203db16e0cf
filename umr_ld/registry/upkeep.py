"""Keeping a registry: rebuilding, examining, backing up, restoring."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from umr_ld import durable
from umr_ld.access.book import Access
from umr_ld.alerts.book import Alerts
from umr_ld.errors import REBUILD, Conflict, Damaged, Missing, UmrError
from umr_ld.findings import Report, Severity, violation, warning
from umr_ld.inbox.book import Inbox
from umr_ld.index.sqlite import SqliteIndex
from umr_ld.journal.file import FileJournal
from umr_ld.lock import WriterLock
from umr_ld.mark import Mark
from umr_ld.registry.home import Home, base_of
from umr_ld.registry.parts import Parts, require_nothing_lost
from umr_ld.registry.projection import Projection
from umr_ld.registry.records import Records
from umr_ld.seal import Seal
from umr_ld.store.embedded import EmbeddedStore
from umr_ld.store.readable import reads_through

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from umr_ld.addresses import Base
    from umr_ld.findings import Finding
    from umr_ld.index import Index
    from umr_ld.journal import Journal
    from umr_ld.vocab import Vocabulary

    Progress = Callable[[int, int], None]


def rebuild(parts: Parts, progress: Progress | None) -> None:
    """Make the projections again; the old ones serve until the new ones are whole.

    Args:
        parts: of a registry open for writing, or in memory.
        progress: called with entries done and entries in all.
    """
    parts.require_writing()
    parts.index.clear()
    parts.store.clear()
    parts.projection.catch_up(parts.journal, progress)


def rebuild_closed(home: Home, progress: Progress | None) -> None:
    """As `rebuild`, for a registry whose projections cannot even be opened.

    Args:
        home: the registry's folder.
        progress: called with entries done and entries in all.

    Raises:
        Busy: if somebody writes.
        Damaged: if the journal itself is not what was written.
    """
    home.require()
    with WriterLock(home.lock):
        if _seal_is_sound(home):
            require_nothing_lost(home)
        Seal.remove(home.folder)
        home.drop_projections()
    parts = Parts.open(home, write=True, wait=10.0)
    if progress is not None:
        progress(parts.journal.head().seq, parts.journal.head().seq)
    parts.close()


def _seal_is_sound(home: Home) -> bool:
    """A seal that is damaged itself knows nothing of how far the journal went."""
    try:
        return Seal.read(home.folder) is not None
    except Damaged:
        return False


class Replay:
    """Projections made again from a journal, somewhere else, up to a moment.

    Args:
        journal: the truth.
        base: the registry's base IRI.
        vocabulary: the terms.
        until: entries after this moment are left out; None for all.
    """

    def __init__(
        self, journal: Journal, base: Base, vocabulary: Vocabulary, until: datetime | None = None
    ) -> None:
        self._folder = TemporaryDirectory(prefix="umr-replay-")
        self.index = SqliteIndex(Path(self._folder.name) / "index.db")
        self.store = EmbeddedStore()
        records = Records(journal, self.index, base, vocabulary)
        projection = Projection(self.index, self.store, records, base, vocabulary)
        for stored in journal.read(0):
            if until is not None and stored.entry.time > until:
                break
            projection.apply(stored)

    def __enter__(self) -> Replay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was made."""
        self.index.close()
        self._folder.cleanup()


def replayed(parts: Parts, until: datetime) -> EmbeddedStore:
    """The RDF store as it was at a moment.

    Args:
        parts: of the registry.
        until: the moment, UTC.
    """
    with Replay(parts.journal, parts.base, parts.vocabulary, until) as replay:
        return replay.store


def examine(home: Home, *, deep: bool) -> Report:
    """Whether a registry's files are what was written, opened by nobody.

    Args:
        home: the registry's folder.
        deep: read every byte, and compare the projections with what the journal says.

    Raises:
        Missing: if there is no registry.
        Busy: if somebody writes.
    """
    home.require()
    with WriterLock(home.lock, wait=0):
        found: list[Finding] = list(Seal.check(home.folder, deep=deep))
        try:
            journal = FileJournal(home.journal, read_only=True)
            if deep:
                found += journal.verify()
            base = base_of(journal, str(home.folder))
        except UmrError as error:
            return Report((*found, _fault("journal", error, error.remedy)))
        if not _projection_is_damaged(found):
            found += _examined_projections(home, journal, base, deep=deep)
        found += _examined_alerts(home, journal.head().seq)
        found += _examined_book(home.access, "tokens", Access)
        found += _examined_book(home.inbox, "notifications", Inbox)
        journal.close()
    return Report(tuple(found))


def _examined_alerts(home: Home, end: int) -> Report:
    """Whether the alerts are as they were left, and know of nothing that the journal does not have."""
    left = Mark.check(home.alerts, "alerts")
    if not left or not home.alerts.exists():
        return left
    try:
        with Alerts(home.alerts, read_only=True) as alerts:
            found, position = alerts.check(), alerts.state().position
    except UmrError as error:
        return Report((_fault("alerts", error, error.remedy),))
    if position > end:
        wrong = f"the alerts know entry {position}, and the journal ends at {end}: entries were lost"
        return Report((*found, violation(wrong, "journal-short", remedy="restore a backup")))
    return found


def _examined_book(path: Path, noun: str, opened: type[Access | Inbox]) -> Report:
    """Whether a book is as it was left."""
    left = Mark.check(path, noun)
    if not left or not path.exists():
        return left
    try:
        with opened(path, read_only=True) as book:
            return book.check()
    except UmrError as error:
        return Report((_fault(noun, error, error.remedy),))


def _projection_is_damaged(found: list[Finding]) -> bool:
    """Whether the seal says so. Then they are not opened: over some flipped bytes the engine never answers."""
    parts = {finding.source.partition("/")[0] for finding in found if finding.severity is Severity.VIOLATION}
    return bool(parts & {"store", "index.db"})


def examine_open(parts: Parts, *, deep: bool) -> Report:
    """As `examine`, for a registry that this process has open.

    Args:
        parts: of the registry.
        deep: as in `examine`.
    """
    found: list[Finding] = []
    if deep:
        found += parts.journal.verify()
    found += _compared(parts.journal, parts.base, parts.vocabulary, parts.index, parts.store, deep=deep)
    return Report(tuple(found))


def _examined_projections(home: Home, journal: Journal, base: Base, *, deep: bool) -> list[Finding]:
    from umr_ld.vocab import vocabulary

    try:
        index = SqliteIndex(home.index, read_only=True)
    except UmrError as error:
        return [_fault("index", error, REBUILD)]
    wrong = reads_through(home.store) if deep and home.store.is_dir() else ""
    if wrong:
        index.close()
        return [_fault("store", Damaged(wrong, where=str(home.store)), REBUILD)]
    try:
        store = EmbeddedStore(home.store, read_only=True)
        return _compared(journal, base, vocabulary(), index, store, deep=deep)
    except UmrError as error:
        return [_fault("store", error, REBUILD)]
    finally:
        index.close()


def _compared(
    journal: Journal,
    base: Base,
    vocabulary: Vocabulary,
    index: Index,
    store: EmbeddedStore,
    *,
    deep: bool,
) -> list[Finding]:
    """How the projections differ from what the journal says they should be."""
    # First how far they are, then how far they should be: a writer may be at work.
    positions = {"index": index.position(), "store": store.position()[0]}
    head = journal.head()
    found: list[Finding] = []
    for name, position in positions.items():
        if position > head.seq:
            found.append(
                violation(
                    f"the {name} knows entry {position}, and the journal ends at {head.seq}: entries were lost",
                    "journal-short",
                    remedy="restore a backup",
                )
            )
        elif position < head.seq:
            found.append(
                warning(
                    f"the {name} is {head.seq - position} entries behind", "projection-behind", remedy=REBUILD
                )
            )
    if found or not deep:
        return found
    found += index.check()
    with Replay(journal, base, vocabulary) as replay:
        if list(index.dump()) != list(replay.index.dump()):
            found.append(
                violation("the index does not say what the journal says", "index-differs", remedy=REBUILD)
            )
        found += _store_differs(store, replay.store)
    return found


def _store_differs(store: EmbeddedStore, right: EmbeddedStore) -> list[Finding]:
    here, there = set(store.graphs()), set(right.graphs())
    wrong = here ^ there
    wrong |= {graph for graph in here & there if set(store.triples(graph)) != set(right.triples(graph))}
    return [
        violation(
            f"the graph {graph} is not what the journal says", "store-differs", focus=graph, remedy=REBUILD
        )
        for graph in sorted(wrong)[:20]
    ]


def _fault(part: str, error: UmrError, remedy: str) -> Finding:
    return violation(
        f"the {part} cannot be read: {error.what}", f"{part}-damaged", focus=error.where, remedy=remedy
    )


def copy_store(parts: Parts, folder: Path) -> int:
    """See `Reader.copy_store`."""
    if parts.is_writing:
        reached = parts.store.position()[0]
        parts.store.backup(str(folder))
        return reached
    # What a reader opened once is as it was then, and files that another process writes are not to be read.
    fresh = parts.open_store()
    try:
        reached = fresh.position()[0]
        fresh.backup(str(folder))
    finally:
        fresh.close()
    return reached


def backup(parts: Parts, target: Path) -> None:
    """Copy the journal up to its present end. Everything else is made again from it.

    Args:
        parts: of the registry.
        target: a folder that is not there yet, and is not there if copying fails.

    Raises:
        Conflict: if it is there.
    """
    if target.exists():
        raise Conflict("the folder is there already", where=str(target), remedy="name a new one")
    durable.require_folder(target)
    try:
        _copy_all(parts, Home(target))
    except BaseException:
        # Half a copy would stand in the way of the next one. What is killed leaves one, which lacks its seal.
        shutil.rmtree(target, ignore_errors=True)
        raise


def _copy_all(parts: Parts, copied: Home) -> None:
    if parts.has_alerts:
        # First: what the alerts know, the journal that is copied after them knows too.
        parts.alerts.copy(copied.alerts)
    if parts.has_access:
        parts.access.copy(copied.access)
    if parts.has_inbox:
        parts.inbox.copy(copied.inbox)
    if parts.home is not None:
        _copy(parts.home.policy, copied.policy)
        _copy_folder(parts.home.profiles, copied.profiles)
    Seal.write(copied.folder, parts.journal.copy(copied.journal))


def _copy(source: Path, target: Path) -> None:
    """What is no projection and not in the journal either, if it is there."""
    if source.is_file():
        with durable.readable(source):
            body = source.read_bytes()
        try:
            durable.replace(target, body)
        except OSError as error:
            raise durable.refusal(error, target) from error


def _copy_folder(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file():
            place = target / path.relative_to(source)
            durable.require_folder(place.parent)
            _copy(path, place)


def restore(source: Home, target: Home) -> None:
    """Copy a backup's journal into a new registry.

    Args:
        source: the backup.
        target: where the registry will live.

    Raises:
        Missing, Conflict, Damaged: see `Registry.restore`.
    """
    if not source.exists():
        raise Missing("there is no backup", where=str(source.folder))
    if target.exists():
        raise Conflict("there is a registry already", where=str(target.folder), remedy="name a new folder")
    journal = FileJournal(source.journal, read_only=True)
    faults = journal.verify()
    if not faults:
        raise Damaged(
            f"the backup is not what was written: {faults.violations[0].message}", where=str(source.folder)
        )
    # The seal is what a backup ends with: without one, nobody knows what is missing.
    if require_nothing_lost(source) is None:
        raise Damaged(
            "the backup was not finished",
            where=str(source.folder),
            remedy="restore another one, or take it again",
        )
    durable.require_folder(target.folder)
    _copy(source.alerts, target.alerts)
    _copy(source.access, target.access)
    _copy(source.inbox, target.inbox)
    _copy(source.policy, target.policy)
    _copy_folder(source.profiles, target.profiles)
    journal.copy(target.journal)
    journal.close()
