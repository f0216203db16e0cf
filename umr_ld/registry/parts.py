"""The parts of an open registry, put together and taken apart in the right order."""

from __future__ import annotations

import tempfile
import threading
from contextlib import ExitStack, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from umr_ld import durable
from umr_ld.errors import Damaged, Denied, Full, UmrError
from umr_ld.index.sqlite import SqliteIndex
from umr_ld.journal.file import FileJournal
from umr_ld.lock import WriterLock
from umr_ld.registry.aliasing import Names
from umr_ld.registry.home import base_of, creation
from umr_ld.registry.records import Records
from umr_ld.registry.spoken import Spoken
from umr_ld.seal import Seal
from umr_ld.vocab import vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable

    from umr_ld.access.book import Access
    from umr_ld.addresses import Base
    from umr_ld.alerts.book import Alerts
    from umr_ld.inbox.book import Inbox
    from umr_ld.index import Index
    from umr_ld.journal import Journal
    from umr_ld.registry.home import Home
    from umr_ld.registry.projection import Projection
    from umr_ld.registry.proposing import Proposals
    from umr_ld.risk import Policy
    from umr_ld.rules import Rules
    from umr_ld.store.embedded import EmbeddedStore
    from umr_ld.vocab import Vocabulary


class Parts:
    """Journal, index and store of one registry, with what reads them.

    Args:
        journal: the truth.
        index: names, versions, links, text.
        open_store: opens the RDF store; called when it is first needed.
        base: the registry's base IRI.
        home: its folder; None for one in memory.
        lock: held while writing; None for a reader.
    """

    def __init__(
        self,
        journal: Journal,
        index: Index,
        open_store: Callable[[], EmbeddedStore],
        base: Base,
        home: Home | None = None,
        lock: WriterLock | None = None,
    ) -> None:
        self.journal = journal
        self.index = index
        self.base = base
        self.home = home
        self.records = Records(journal, index, base, self.vocabulary)
        self.spoken = Spoken(self.records, base)
        self.names = Names(index, self.records, self.spoken, base)
        self.know_peers()
        self.looked = 0
        """Up to which entry of the journal this process saw nothing to tell the alerts, beyond what they know."""
        self.open_store = open_store
        self._lock = lock
        self._catching_up = threading.Lock()
        self._seal: Seal | None = None

    @staticmethod
    def in_memory(base: Base) -> Parts:
        """Parts of a registry that lives in this process only.

        Args:
            base: its base IRI.
        """
        from umr_ld.journal.memory import MemoryJournal
        from umr_ld.store.embedded import EmbeddedStore

        journal = MemoryJournal()
        # An index in a file that is removed serves many threads; one in memory would serve one.
        folder = tempfile.TemporaryDirectory(prefix="umr-")
        parts = Parts(journal, SqliteIndex(Path(folder.name) / "index.db"), EmbeddedStore, base)
        parts._folder = folder
        journal.append([creation(base, "")], after=0)
        parts.catch_up()
        return parts

    _folder: tempfile.TemporaryDirectory[str] | None = None

    @staticmethod
    def open(home: Home, *, write: bool, wait: float) -> Parts:
        """Parts of a registry on disk, with its projections up to date.

        Args:
            home: its folder.
            write: whether to publish.
            wait: seconds to wait for another writer.

        Raises:
            Missing, Busy, Damaged, Newer: see `Registry.open`.
        """
        home.require()
        if write:
            return _writer(home, WriterLock(home.lock, wait=wait))
        if _needs_care(home):
            # A writer was killed, or is at work. In the first case the projections lag behind.
            try:
                _care(home)
            except (Full, Denied) as refused:
                return _reader_as_left(home, refused)
        return _reader(home)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The terms."""
        return vocabulary()

    @cached_property
    def policy(self) -> Policy:
        """What carries what: the ontology's table, with what the file `policy.ttl` in the folder says.

        Raises:
            Malformed: if that file is none.
        """
        from umr_ld.risk import standard_policy

        standard = standard_policy()
        if self.home is None or not self.home.policy.is_file():
            return standard
        file = self.home.policy
        with durable.readable(file):
            turtle = file.read_bytes()
        return standard.overridden(turtle, str(file), self.vocabulary)

    @cached_property
    def alerts(self) -> Alerts:
        """Who is told what; opened, and made if it is not there, when first asked for."""
        from umr_ld.alerts.book import Alerts

        return Alerts(None if self.home is None else self.home.alerts)

    @cached_property
    def proposals(self) -> Proposals:
        """Which names may be names of one artifact."""
        from umr_ld.registry.proposing import Proposals

        return Proposals(self)

    @property
    def has_alerts(self) -> bool:
        """Whether somebody asked for alerts before."""
        return "alerts" in self.__dict__ or (self.home is not None and self.home.alerts.is_file())

    @cached_property
    def access(self) -> Access:
        """Who may write through the server; opened, and made if it is not there, when first asked for."""
        from umr_ld.access.book import Access

        return Access(None if self.home is None else self.home.access)

    @property
    def has_access(self) -> bool:
        """Whether somebody made a token before."""
        return "access" in self.__dict__ or (self.home is not None and self.home.access.is_file())

    @cached_property
    def inbox(self) -> Inbox:
        """What others told; opened, and made if it is not there, when first asked for."""
        from umr_ld.inbox.book import Inbox

        return Inbox(None if self.home is None else self.home.inbox)

    @property
    def has_inbox(self) -> bool:
        """Whether there was ever an inbox."""
        return "inbox" in self.__dict__ or (self.home is not None and self.home.inbox.is_file())

    @cached_property
    def store(self) -> EmbeddedStore:
        """The RDF store, opened when first asked for: most questions do without."""
        return self.open_store()

    @cached_property
    def projection(self) -> Projection:
        """What applies journal entries; a reader of a registry in good order never asks for it."""
        from umr_ld.registry.projection import Projection

        return Projection(self.index, self.store, self.records, self.base, self.vocabulary)

    @cached_property
    def _rules(self) -> Rules:
        from umr_ld.rules import shipped_rules

        return shipped_rules()

    def rules(self) -> Rules:
        """The SHACL rules, loaded when first asked for."""
        return self._rules

    def catch_up(self) -> None:
        """Apply what the journal has and the projections do not."""
        with self._catching_up:
            if (
                self.index.position() < self.journal.head().seq
                or self.store.position()[0] < self.journal.head().seq
            ):
                self.projection.catch_up(self.journal)

    def follow(self, position: int) -> None:
        """Take notice of what another process may have written.

        Args:
            position: up to which entry the index has come.
        """
        if position != self._followed:
            self._followed = position
            self.know_peers()

    _followed = 0

    def know_peers(self) -> None:
        """See from which registries records were taken over, by this process or another."""
        known = {one.label: one.base for one in self.index.peers()}
        if known != self.base.peers:
            self.base.peers.update(known)
            self.records.forget()
            self.spoken.forget()

    @property
    def is_writing(self) -> bool:
        """Whether this process may change the registry; one in memory always."""
        return self.home is None or self._lock is not None

    def require_writing(self) -> None:
        """Raise if this registry was opened for reading.

        Raises:
            Denied: with how to open it.
        """
        if self.home is not None and not self.is_writing:
            raise Denied(
                "the registry is open for reading",
                where=str(self.home.folder),
                remedy="open it with write=True",
            )

    def keep_seal(self, seal: Seal | None) -> None:
        """Remember the seal that was broken by opening, so that closing hashes only what changed.

        Args:
            seal: as it was read.
        """
        self._seal = seal

    def close(self) -> None:
        """Close everything; a writer seals the folder and lets others write.

        Where there is no space for that, the folder stays without a seal, and whoever opens it next brings it in order:
        what was published is in the journal, and it would be wrong to call it refused.
        """
        try:
            with suppress(Full):
                self._close_files()
                if self.home is not None and self._lock is not None:
                    Seal.write(self.home.folder, self.journal.head(), before=self._seal)
        finally:
            if self._lock is not None:
                self._lock.release()
                self._lock = None
            if self._folder is not None:
                self._folder.cleanup()
                self._folder = None

    def _close_files(self) -> None:
        """Close all that was opened, the journal last; what one of them refuses keeps no other open."""
        with ExitStack() as files:
            files.callback(self.journal.close)
            files.callback(self.index.close)
            for name in ("store", "inbox", "access", "alerts"):
                if name in self.__dict__:
                    files.callback(getattr(self, name).close)


def _writer(home: Home, lock: WriterLock) -> Parts:
    """Parts for the one writer. The seal is broken first: from now on the files change."""
    from umr_ld.store.embedded import EmbeddedStore

    with ExitStack() as opened:
        opened.callback(lock.release)
        seal = require_nothing_lost(home)
        Seal.remove(home.folder)
        journal = FileJournal(home.journal)
        opened.callback(journal.close)
        base = base_of(journal, str(home.folder))
        index = SqliteIndex(home.index)
        opened.callback(index.close)
        parts = Parts(journal, index, lambda: EmbeddedStore(home.store), base, home, lock)
        parts.keep_seal(seal)
        parts.catch_up()
        opened.pop_all()
    return parts


def require_nothing_lost(home: Home) -> Seal | None:
    """The seal, if the journal still reaches as far as it says.

    A journal that was cut looks like one whose last entry was never finished; the seal knows better.

    Args:
        home: the registry's folder.

    Raises:
        Damaged: if entries that were acknowledged are gone, or the seal is not as it was written.
    """
    seal = Seal.read(home.folder)
    if seal is not None:
        journal = FileJournal(home.journal, read_only=True)
        head = journal.head()
        journal.close()
        if head != seal.head:
            raise Damaged(
                f"the journal ends at entry {head.seq}, and was left at entry {seal.head.seq}",
                where=str(home.journal),
                remedy="restore a backup",
            )
    return seal


def _reader(home: Home) -> Parts:
    """Parts for one reader of many. Not a byte of the folder changes."""
    journal = FileJournal(home.journal, read_only=True)
    base = base_of(journal, str(home.folder))
    return Parts(journal, SqliteIndex(home.index, read_only=True), lambda: _read_only_store(home), base, home)


def _reader_as_left(home: Home, refused: UmrError) -> Parts:
    """Parts for a reader where nobody can heal anything, on a full disk say: what lags behind is not read.

    Args:
        home: the registry's folder.
        refused: why it cannot be healed.

    Raises:
        UmrError: `refused`, if what can be read is not all that was published.
    """
    try:
        parts = _reader(home)
    except UmrError:
        raise refused from None
    head = parts.journal.head().seq
    if parts.index.position() < head:
        parts.close()
        raise refused
    parts.open_store = lambda: _store_as_left(home, head, refused)
    return parts


def _store_as_left(home: Home, head: int, refused: UmrError) -> EmbeddedStore:
    store = _read_only_store(home)
    if store.position()[0] < head:
        store.close()
        raise refused
    return store


def _read_only_store(home: Home) -> EmbeddedStore:
    """The store's files read beside no writer: beside one, their state is undefined."""
    from umr_ld.store.embedded import EmbeddedStore

    with WriterLock(home.lock, shared=True, wait=0):
        return EmbeddedStore(home.store, read_only=True)


def _needs_care(home: Home) -> bool:
    return not Seal.exists(home.folder)


def _care(home: Home) -> None:
    """Heal what a killed writer left; if a writer is alive, it will do so itself."""
    from umr_ld.errors import Busy

    try:
        lock = WriterLock(home.lock, wait=0)
    except Busy:
        return
    _writer(home, lock).close()
