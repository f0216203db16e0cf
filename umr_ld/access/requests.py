"""Requests with a key of their sender's, so that one whose answer was lost can be sent again.

As draft-ietf-httpapi-idempotency-key-header has it: the same key with the same request gives the same answer,
with another request an error, and while the first is worked on, a conflict. What a process was working on
when it died was not answered; whoever asks again may have it done anew.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from umr_ld.database import microseconds
from umr_ld.errors import Malformed, Reused, Unfinished

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from umr_ld.database import Database

KEPT = timedelta(hours=24)
"""For which an answer is kept."""
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as it was given.

    Args:
        status: of HTTP.
        headers: those that belong to it.
        body: the bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Requests:
    """The requests of the last day. Each process that answers has one.

    Args:
        file: where they are kept.
    """

    def __init__(self, file: Database) -> None:
        self._file = file
        self._holder = secrets.token_hex(8)

    def begin(self, token: str, key: str, digest: bytes, *, now: datetime) -> Answered | None:
        """Claim a request, or find out what it was answered.

        Args:
            token: id of the sender's token.
            key: what he calls the request.
            digest: of everything that decides what it does.
            now: the time.

        Returns:
            the answer that was given; None if the request is now this process's to do, and then to be ended
            by `finish` or `abandon`.

        Raises:
            Malformed: if the key is none.
            Reused: if it was another request.
            Unfinished: if it is being worked on.
        """
        if not (0 < len(key) <= _LONGEST and key.isascii() and key.isprintable()):
            raise Malformed(
                "the key of the request is none",
                where="Idempotency-Key",
                remedy=f"send 1 to {_LONGEST} printable ASCII characters, e.g. a UUID",
            )
        with self._file.writing() as db:
            db.execute("DELETE FROM request WHERE time < ?", (microseconds(now - KEPT),))
            row = db.execute(
                "SELECT digest, holder, status, headers, body FROM request WHERE token = ? AND key = ?",
                (token, key),
            ).fetchone()
            if row is not None and row[0] != digest:
                raise Reused(
                    "the key was sent before with another request",
                    where="Idempotency-Key",
                    remedy="use a new key for each request, and the same only to repeat it",
                )
            if row is not None and row[2] is not None:
                return Answered(row[2], json.loads(row[3]), row[4])
            if row is not None and row[1] == self._holder:
                raise Unfinished("the first request with this key is being worked on", remedy="ask again soon")
            db.execute(
                "REPLACE INTO request (token, key, digest, time, holder) VALUES (?, ?, ?, ?, ?)",
                (token, key, digest, microseconds(now), self._holder),
            )
        return None

    def finish(self, token: str, key: str, answer: Answered) -> None:
        """Keep the answer; it is on the disk when this returns.

        Args:
            token, key: as of `begin`.
            answer: without what must be shown once only.
        """
        with self._file.writing() as db:
            db.execute(
                "UPDATE request SET status = ?, headers = ?, body = ? WHERE token = ? AND key = ?",
                (answer.status, json.dumps(dict(answer.headers)), answer.body, token, key),
            )

    def abandon(self, token: str, key: str) -> None:
        """Forget a request that changed nothing, so that it may be tried again.

        Args:
            token, key: as of `begin`.
        """
        with self._file.writing() as db:
            db.execute("DELETE FROM request WHERE token = ? AND key = ?", (token, key))
