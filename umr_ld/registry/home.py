"""A registry's folder: what is where, who may write, and how it is left.

journal/    the truth: segments of entries
store/      RDF store        (projection)
index.db    names and links  (projection)
alerts.db   who is told what, and what was told; beside it a lock, and its digest when nobody has it open
access.db   who may write through the server, and what was answered lately; beside it as beside alerts.db
inbox.db    what others told, until it is dropped; beside it as beside alerts.db
harvest.db  what was taken from which list of a hub, and when; beside it as beside alerts.db
policy.ttl  what carries which risk, where the deployment says otherwise than the ontology; written by people
profiles/   profiles for audits, besides those that come with the program; written by people
seal.json   digests of all files, written when the folder is left in good order
queries/    copies of the store for processes that answer queries; each with the lock of who made it
lock        held by the one process that writes
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from umr_ld import durable
from umr_ld.addresses import Base
from umr_ld.entry import Entry
from umr_ld.errors import Conflict, Damaged, Missing, Newer
from umr_ld.journal.file import FileJournal
from umr_ld.seal import QUERIES

if TYPE_CHECKING:
    from pathlib import Path

    from umr_ld.journal import Journal

LAYOUT = 1
"""Raised when the folder's form changes so that an older program would misread it."""


@dataclass(frozen=True, slots=True)
class Home:
    """The places in a registry's folder.

    Args:
        folder: the registry's folder.
    """

    folder: Path

    @property
    def journal(self) -> Path:
        """Segments of entries."""
        return self.folder / "journal"

    @property
    def store(self) -> Path:
        """The RDF store's files."""
        return self.folder / "store"

    @property
    def index(self) -> Path:
        """The SQLite file."""
        return self.folder / "index.db"

    @property
    def alerts(self) -> Path:
        """The SQLite file of subscriptions, events and messages. It is no projection."""
        return self.folder / "alerts.db"

    @property
    def access(self) -> Path:
        """The SQLite file of tokens. It is no projection."""
        return self.folder / "access.db"

    @property
    def inbox(self) -> Path:
        """The SQLite file of notifications. It is no projection."""
        return self.folder / "inbox.db"

    @property
    def policy(self) -> Path:
        """The deployment's own policy, if there is one."""
        return self.folder / "policy.ttl"

    @property
    def profiles(self) -> Path:
        """Folder of the deployment's own profiles, if there are any."""
        return self.folder / "profiles"

    @property
    def queries(self) -> Path:
        """Copies of the store, for queries that other processes answer."""
        return self.folder / QUERIES

    @property
    def lock(self) -> Path:
        """The file that the writer holds."""
        return self.folder / "lock"

    def exists(self) -> bool:
        """Whether there is a registry."""
        return self.journal.is_dir()

    def require(self) -> None:
        """Raise if there is no registry.

        Raises:
            Missing: with how to start one.
        """
        if not self.exists():
            raise Missing(
                "there is no registry here",
                where=str(self.folder),
                remedy="`umr init` starts one; --store names one",
            )

    def start(self, base: Base, agent: str) -> None:
        """Make the folder and write the journal's first entry.

        Args:
            base: the registry's base IRI; it never changes.
            agent: who starts it.

        Raises:
            Conflict: if there is a registry already.
            Denied, Malformed: if the folder may not, or cannot, be made.
        """
        if self.exists():
            raise Conflict("there is a registry already", where=str(self.folder), remedy="publish into it")
        durable.require_folder(self.folder)
        journal = FileJournal(self.journal)
        journal.append([creation(base, agent)], after=0)
        journal.close()

    def drop_projections(self) -> None:
        """Remove everything that can be made again from the journal."""
        shutil.rmtree(self.store, ignore_errors=True)
        for path in self.folder.glob("index.db*"):
            path.unlink()


def creation(base: Base, agent: str) -> Entry:
    """The first entry of every journal.

    Args:
        base: the registry's base IRI.
        agent: who starts it.
    """
    body = json.dumps({"layout": LAYOUT, "base": base.iri}).encode()
    return Entry("create", base.iri, agent, datetime.now(UTC), body)


def base_of(journal: Journal, where: str) -> Base:
    """The base IRI that a journal was started with.

    Args:
        journal: with at least its first entry.
        where: the registry's folder, for messages.

    Raises:
        Damaged: if the first entry is not there.
        Newer: if a later layout wrote it.
    """
    first = next(iter(journal.read(0)), None)
    if first is None or first.entry.act != "create":
        raise Damaged("the journal does not begin with its creation", where=where, remedy="restore a backup")
    said = json.loads(first.entry.body)
    if said.get("layout", 0) > LAYOUT:
        raise Newer(
            f"the registry has layout {said['layout']}, and this program knows up to {LAYOUT}",
            where=where,
            remedy="use a newer umr-ld",
        )
    return Base(said["base"])
