"""Connections to a SQLite file: several that read, one that writes."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from typing import TYPE_CHECKING

from umr_ld.errors import REBUILD, Damaged, Denied, Newer, UmrError
from umr_ld.resources import resource
from umr_ld.transactions import Refusals, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPLICATION = 0x756D7269
"""Marks the file as ours (`PRAGMA application_id`): "umri"."""
SCHEMA = 8
"""Raised when the tables change; the file is then made again from the journal."""

_CACHE = 32 * 1024
"""KiB of the file that a connection keeps in memory."""


class Connections:
    """A SQLite file, for any number of threads of one process.

    Others may read the file meanwhile: it is in WAL mode while it is open for writing, and an ordinary
    single file when it was closed. A writer's changes survive the death of its process; after a power
    failure the last ones may be missing, and the file is whole.

    Args:
        path: the file; made if it is not there, unless it is only read.
        read_only: whether nothing may change.
        wait: seconds to wait for another process.

    Raises:
        Busy: if another process holds the file for longer.
        Damaged: if it is no index, or its bytes are not what was written, or it is not there to be read.
        Newer: if a later program wrote it.
        Full: if there is no space for it.
    """

    def __init__(self, path: Path, *, read_only: bool = False, wait: float = 5.0) -> None:
        self._path = path
        self._refusals = Refusals(path, "index", REBUILD)
        self._wait = wait
        self._idle: list[sqlite3.Connection] = []
        self._pool = threading.Lock()
        self._mine = threading.local()
        self._turn = threading.Lock()
        self._owner: int | None = None
        self._closed = False
        self._writer: sqlite3.Connection | None = None
        self._watching = threading.Lock()
        self._watcher: sqlite3.Connection | None = None
        self._watchers = 0
        with self._refusals.translated():
            if read_only:
                self._idle.append(self._reader())
                self._require_schema(self._idle[0])
            else:
                self._writer = self._opened_for_writing()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction that only reads: one state of the file, whatever others write.

        Inside `writing`, in the same thread, it is the one that writes, and sees what was written; inside
        `steady`, it is one for all.

        Raises:
            Busy, Damaged: as of the class.
        """
        held = self._held()
        if held is not None:
            with self._refusals.translated():
                yield held
            return
        with self._refusals.translated():
            connection = self._taken()
            try:
                connection.execute("BEGIN")
                yield connection
                connection.execute("ROLLBACK")
            except BaseException:
                connection.close()
                raise
            self._given_back(connection)

    @contextlib.contextmanager
    def steady(self) -> Iterator[None]:
        """All that this thread reads inside is read in one transaction.

        Raises:
            Busy, Damaged: as of the class.
        """
        if self._held() is not None:
            yield
            return
        with self.reading() as connection:
            self._mine.connection = connection
            try:
                yield
            finally:
                self._mine.connection = None

    def state(self) -> tuple[int, int] | None:
        """Another value after each change of the file, by whichever process; it does not wait.

        None if that cannot be told now, and in a thread that writes or reads steadily, which sees something else.

        Raises:
            UmrError: if this is closed.
        """
        if self._held() is not None:
            return None
        with self._watching:
            try:
                if self._watcher is None:
                    self._watcher = self._opened_for_watching()
                # Of one connection: it tells of what all others have committed (sqlite.org/pragma.html#pragma_data_version).
                (version,) = self._watcher.execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                self._watch_no_more()
                return None
            return self._watchers, version

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection that writes, in a transaction of its own: all or nothing.

        Inside another `writing`, in the same thread, it is a part of that one which can fail by itself.

        Raises:
            Denied: if the file is only read.
            Full: if there is no space; nothing has changed.
            Busy, Damaged: as of the class.
        """
        if self._writer is None:
            raise Denied("the index is open for reading", where=str(self._path))
        if self._owner == threading.get_ident():
            with transaction(self._writer, "SAVEPOINT part", "RELEASE part", "ROLLBACK TO part"):
                yield self._writer
            return
        with (
            self._turn,
            self._refusals.translated(),
            transaction(self._writer, "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"),
        ):
            self._owner = threading.get_ident()
            try:
                yield self._writer
            finally:
                self._owner = None

    @contextlib.contextmanager
    def scratch(self) -> Iterator[sqlite3.Connection]:
        """A connection for statements that ask and yet count as writing; a copy, if the file is only read.

        Raises:
            Full, Busy, Damaged: as of the class.
        """
        if self._writer is not None:
            with self.writing() as connection:
                yield connection
            return
        with self.reading() as source, contextlib.closing(sqlite3.connect("")) as copy:
            source.backup(copy)
            yield copy

    def close(self) -> None:
        """Close all connections; a writer leaves one file and nothing beside it, if nobody reads it."""
        with self._pool:
            self._closed = True
            for connection in self._idle:
                connection.close()
            self._idle.clear()
        with self._watching:
            self._watch_no_more()
        with self._turn:
            writer, self._writer = self._writer, None
            if writer is not None:
                with contextlib.suppress(sqlite3.Error):
                    writer.execute("PRAGMA busy_timeout = 100")
                    writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    writer.execute("PRAGMA journal_mode = DELETE")
                writer.close()

    # -- opening

    def _opened_for_writing(self) -> sqlite3.Connection:
        connection = self._connected(str(self._path), uri=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if _is_empty(connection):
                _made(connection)
            self._require_schema(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _reader(self) -> sqlite3.Connection:
        return self._connected(f"{self._path.resolve().as_uri()}?mode=ro", uri=True)

    def _opened_for_watching(self) -> sqlite3.Connection:
        with self._pool:
            if self._closed:
                raise UmrError("the index is closed", where=str(self._path))
        self._watchers += 1
        watcher = self._reader()
        watcher.execute("PRAGMA busy_timeout = 0")
        return watcher

    def _watch_no_more(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None

    def _connected(self, place: str, *, uri: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(
            place, uri=uri, timeout=self._wait, isolation_level=None, check_same_thread=False
        )
        connection.execute(f"PRAGMA cache_size = -{_CACHE}")
        return connection

    def _require_schema(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (schema,) = connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION or schema < SCHEMA:
            what = "the file is no index of this program"
            if application == APPLICATION:
                what = "an earlier version of this program wrote the index"
            raise Damaged(what, where=str(self._path), remedy=REBUILD)
        if schema > SCHEMA:
            raise Newer(
                f"the index has schema {schema}, and this program knows up to {SCHEMA}",
                where=str(self._path),
                remedy=f"use a newer umr-ld; {REBUILD} for this one",
            )

    # -- the pool

    def _held(self) -> sqlite3.Connection | None:
        """The connection in whose transaction this thread is already."""
        if self._owner == threading.get_ident():
            return self._writer
        held: sqlite3.Connection | None = getattr(self._mine, "connection", None)
        return held

    def _taken(self) -> sqlite3.Connection:
        with self._pool:
            if self._closed:
                raise UmrError("the index is closed", where=str(self._path))
            if self._idle:
                return self._idle.pop()
        return self._reader()

    def _given_back(self, connection: sqlite3.Connection) -> None:
        with self._pool:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    # -- refusals


def _is_empty(connection: sqlite3.Connection) -> bool:
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return int(objects) == 0


def _made(connection: sqlite3.Connection) -> None:
    """All or nothing: what is half made would be taken for damage."""
    script = resource("index/schema.sql").read_text(encoding="utf-8")
    marks = f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {SCHEMA};"
    connection.executescript(f"BEGIN IMMEDIATE; {script} {marks} COMMIT;")
