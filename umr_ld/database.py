"""A SQLite file that holds what is nowhere else: it is no projection, and is part of every backup."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from umr_ld.errors import Damaged, Denied, Newer
from umr_ld.findings import Report, violation
from umr_ld.mark import RESTORE, Mark
from umr_ld.resources import resource
from umr_ld.transactions import Refusals, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """A moment as a database has it.

    Args:
        time: aware of its zone.
    """
    return (time - _EPOCH) // _MICROSECOND


def moment(count: int) -> datetime:
    """The moment that a database means, UTC.

    Args:
        count: microseconds since 1970.
    """
    return _EPOCH + count * _MICROSECOND


@dataclass(frozen=True, slots=True)
class Form:
    """What a database is like.

    Args:
        application: marks the file as ours (`PRAGMA application_id`).
        schema: number of its layout (`PRAGMA user_version`).
        script: the resource that makes its tables.
        noun: what it holds, in the plural.
        former: mark that files of this layout had before; 0 for none. Who may write marks them anew.
    """

    application: int
    schema: int
    script: str
    noun: str
    former: int = 0


class Database:
    """A SQLite file, for any number of threads; what is written is on the disk when `writing` ends.

    Args:
        form: what it is like.
        path: the file, made if it is not there; None to keep everything in memory.
        read_only: whether nothing may change; a file that is not there is then as an empty one.
        wait: seconds to wait for another process that writes.

    Raises:
        Busy: if another process holds the file for longer.
        Damaged: if it is none of ours, or its bytes are not what was written.
        Newer: if a later program wrote it.
        Full: if there is no space for it.
    """

    def __init__(self, form: Form, path: Path | None, *, read_only: bool = False, wait: float = 5.0) -> None:
        self._form = form
        self._path = path
        self._refusals = Refusals(path, form.noun, RESTORE)
        self._read_only = read_only
        self._lock = threading.RLock()
        self._mark = None if path is None or read_only else Mark(path, wait)
        try:
            with self._refusals.translated():
                self.connection = self._opened(wait)
        except BaseException:
            if self._mark is not None:
                self._mark.leave(whole=False)
            raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction that sees one state of the file.

        Raises:
            Busy, Damaged: as of the class.
        """
        with self._lock, self._refusals.translated(), transaction(self.connection, "BEGIN"):
            yield self.connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection, in a transaction that changes the file: all or nothing.

        Raises:
            Denied: if it is only read.
            Busy, Damaged, Full: as of the class; nothing has changed.
        """
        if self._read_only:
            raise Denied(f"the {self._form.noun} are open for reading", where=str(self._path or ""))
        with self._lock, self._refusals.translated(), transaction(self.connection, "BEGIN IMMEDIATE"):
            yield self.connection

    def check(self) -> Report:
        """Whether the file is sound in itself; a violation for each fault."""
        with self.reading() as db:
            faults = [row[0] for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
            faults += [f"a row of {row[0]} points nowhere" for row in db.execute("PRAGMA foreign_key_check")]
            faults += self._faults(db)
        where = str(self._path or "")
        rule = f"{self._form.noun}-file"
        return Report(tuple(violation(fault, rule, focus=where, remedy=RESTORE) for fault in faults))

    def _faults(self, _db: sqlite3.Connection) -> list[str]:
        """What else is wrong with what the file holds."""
        return []

    def close(self) -> None:
        """Leave one file and nothing beside it, if no other process has it open."""
        with self._lock:
            whole = False
            if self._mark is not None:
                with contextlib.suppress(sqlite3.Error):
                    self.connection.execute("PRAGMA busy_timeout = 100")
                    self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    whole = self.connection.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
            self.connection.close()
            if self._mark is not None:
                self._mark.leave(whole=whole)

    def copy(self, target: Path) -> None:
        """A copy of the file as it is now, while others write.

        Args:
            target: where; there is nothing yet.

        Raises:
            Full, Damaged: as of the class.
        """
        with self._lock, self._refusals.translated(), contextlib.closing(sqlite3.connect(target)) as other:
            self.connection.backup(other)

    def _opened(self, wait: float) -> sqlite3.Connection:
        self.connection = self._connected(wait)
        try:
            self._prepare()
        except BaseException:
            self.connection.close()
            raise
        return self.connection

    def _connected(self, wait: float) -> sqlite3.Connection:
        place, uri = ":memory:", False
        if self._path is not None and not self._read_only:
            place = str(self._path)
        elif self._path is not None and self._path.exists():
            place, uri = f"{self._path.resolve().as_uri()}?mode=ro", True
        return sqlite3.connect(place, uri=uri, timeout=wait, isolation_level=None, check_same_thread=False)

    def _prepare(self) -> None:
        execute, form = self.connection.execute, self._form
        if not self._read_only:
            execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = FULL")
        execute("PRAGMA foreign_keys = ON")
        if execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
            script = resource(self._form.script).read_text(encoding="utf-8")
            marks = f"PRAGMA application_id = {form.application}; PRAGMA user_version = {form.schema};"
            # All or nothing: what is half made would be taken for damage.
            self.connection.executescript(f"BEGIN IMMEDIATE; {script} {marks} COMMIT;")
        (application,) = execute("PRAGMA application_id").fetchone()
        (schema,) = execute("PRAGMA user_version").fetchone()
        if form.former and (application, schema) == (form.former, form.schema):
            application = form.application
            if not self._read_only:
                execute(f"PRAGMA application_id = {application}")
        if application != form.application or schema < form.schema:
            raise Damaged(f"the file holds no {form.noun}", where=str(self._path), remedy=RESTORE)
        if schema > form.schema:
            raise Newer(
                f"the {form.noun} are of a later layout", where=str(self._path), remedy="use a later release"
            )


class Book:
    """What a database holds, in the words of those who use it.

    Args:
        file: the database; it is closed with the book.
    """

    def __init__(self, file: Database) -> None:
        self._file = file

    def close(self) -> None:
        """Let go of the file; nothing may be called afterwards."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def copy(self, target: Path) -> None:
        """A copy of the file as it is now, while others write.

        Args:
            target: where; there is nothing yet.
        """
        self._file.copy(target)

    def check(self) -> Report:
        """Whether the file is sound in itself; a violation for each fault."""
        return self._file.check()
