"""The book of the inbox: notifications until somebody drops them, and how many there may be."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from umr_ld.database import Book, Database, Form, microseconds, moment
from umr_ld.errors import Missing, TooOften
from umr_ld.inbox import LISTED, Notification, Said

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

FORM = Form(
    application=0x756D726E, schema=1, script="inbox/schema.sql", noun="notifications", former=0x756D7269
)
"""The application's number reads "umrn"; it was "umri" once, which is the index's."""

_LEAST = 1024
"""Bytes that a notification counts as at least: so there are not too many to be listed."""

_COLUMNS = "number, kind, about, actor, id, summary, received, sender, digest, size, state, by"


class _File(Database):
    def _faults(self, db: sqlite3.Connection) -> list[str]:
        """Notifications whose bytes are not those that came."""
        rows = db.execute("SELECT number, digest, body FROM notification")
        return [
            f"notification {number} is not what came"
            for number, digest, body in rows
            if hashlib.sha256(body).hexdigest() != digest
        ]


class Inbox(Book):
    """What others told. May be used by several threads, and the file by several processes, at once.

    Nothing that was taken in goes away by itself: who sends more than there is room for is refused. Every method raises
    `Busy`, `Damaged` or `Full` as of `Database`, and if it changes something, `Denied` where the book is only read.

    Args:
        path: the file, made if it is not there; None to keep everything in memory.
        read_only: whether nothing may change.
        most_of_one: notifications of one sender that may wait.
        most_bytes: of all notifications that are kept; each counts as 1 KiB at least.

    Raises:
        Newer: if a later program wrote it.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        read_only: bool = False,
        most_of_one: int = 200,
        most_bytes: int = 64 << 20,
    ) -> None:
        super().__init__(_File(FORM, path, read_only=read_only))
        self._most_of_one, self._most_bytes = most_of_one, most_bytes

    def receive(self, body: bytes, said: Said, *, sender: str, now: datetime) -> int:
        """Take a notification in. It is on the disk when this returns.

        Args:
            body: its bytes.
            said: what they say.
            sender: address from which it came.
            now: the time, UTC.

        Returns:
            its number; of bytes that were taken in before and are still here, that of then.

        Raises:
            TooOften: if there is no room for it.
        """
        digest = hashlib.sha256(body).hexdigest()
        with self._file.writing() as db:
            known = db.execute("SELECT number FROM notification WHERE digest = ?", (digest,)).fetchone()
            if known is not None:
                return int(known[0])
            self._require_room(db, sender, len(body))
            told = (said.kind, json.dumps(said.about), said.actor, said.id, said.summary)
            put = db.execute(
                "INSERT INTO notification (kind, about, actor, id, summary, received, sender, digest, size, state, by, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', '', ?)",
                (*told, microseconds(now), sender, digest, len(body), body),
            )
            return int(put.lastrowid or 0)

    def _require_room(self, db: sqlite3.Connection, sender: str, size: int) -> None:
        (waiting,) = db.execute(
            "SELECT count(*) FROM notification WHERE state = 'waiting' AND sender = ?", (sender,)
        ).fetchone()
        if waiting >= self._most_of_one:
            raise TooOften(
                f"{waiting:,} notifications from there wait to be looked at",
                remedy="send it again when some of them were",
            )
        (kept,) = db.execute("SELECT ifnull(sum(max(size, ?)), 0) FROM notification", (_LEAST,)).fetchone()
        if kept + max(size, _LEAST) > self._most_bytes:
            raise TooOften("the inbox is full", remedy="send it again when there is room")

    def notifications(self, *, state: str = "", limit: int = 50, offset: int = 0) -> tuple[Notification, ...]:
        """Notifications without their bytes, the newest first.

        Args:
            state: only those; empty for all.
            limit: at most so many.
            offset: how many to pass over.
        """
        with self._file.reading() as db:
            rows = db.execute(
                f"SELECT {_COLUMNS}, '' FROM notification WHERE state = ? OR ? = ''"  # noqa: S608 - constants
                " ORDER BY number DESC LIMIT ? OFFSET ?",
                (state, state, limit, offset),
            ).fetchall()
        return tuple(map(_notification, rows))

    def numbers(self) -> tuple[int, ...]:
        """Of all notifications, the newest first."""
        with self._file.reading() as db:
            return tuple(row[0] for row in db.execute("SELECT number FROM notification ORDER BY number DESC"))

    def notification(self, number: int) -> Notification:
        """One of them, with its bytes.

        Args:
            number: its.

        Raises:
            Missing: if there is none, or it was dropped.
        """
        with self._file.reading() as db:
            return _one(db, number)

    def accept(self, number: int, *, by: str) -> Notification:
        """Note that somebody looked at it and means to act on it. Nothing else comes of it.

        Args:
            number: its.
            by: who; the first one stays noted.

        Returns:
            the notification as it is now.

        Raises:
            Missing: as of `notification`.
        """
        with self._file.writing() as db:
            db.execute(
                "UPDATE notification SET state = 'accepted', by = ? WHERE number = ? AND state = 'waiting'",
                (by, number),
            )
            return _one(db, number)

    def drop(self, number: int) -> Notification:
        """Forget it.

        Args:
            number: its.

        Returns:
            the notification as it was.

        Raises:
            Missing: as of `notification`.
        """
        with self._file.writing() as db:
            found = _one(db, number)
            db.execute("DELETE FROM notification WHERE number = ?", (number,))
            return found


def _one(db: sqlite3.Connection, number: int) -> Notification:
    row = None
    if 0 < number < 2**63:
        row = db.execute(f"SELECT {_COLUMNS}, body FROM notification WHERE number = ?", (number,)).fetchone()  # noqa: S608
    if row is None:
        raise Missing(f"there is no notification {number}", remedy=LISTED)
    return _notification(row)


def _notification(row: Sequence[str]) -> Notification:
    number, kind, about, actor, id_, summary, received, sender, digest, size, state, by, body = row
    said = Said(kind, tuple(json.loads(about)), actor, id_, summary)
    return Notification(
        int(number), said, moment(int(received)), sender, digest, int(size), state, by, body or b""  # type: ignore[arg-type]
    )  # fmt: skip
