"""Requests with a key of their sender's, so that one whose answer was lost can be sent again.

As draft-ietf-httpapi-idempotency-key-header has it: the same key with the same request gives the same answer,
with another request an error, and while the first is worked on, a conflict. What a process was working on
when it died was not answered; whoever asks again may have it done anew.
"""

from __future__ import annotations

import json
import threading
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
    """The answers of the last day, and the requests that this process works on.

    Args:
        file: where the answers are kept.
    """

    def __init__(self, file: Database) -> None:
        self._file = file
        self._open: dict[tuple[str, str], bytes] = {}
        self._lock = threading.Lock()

    def begin(self, token: str, key: str, digest: bytes, *, now: datetime) -> Answered | None:
        """Claim a request, or find out what it was answered.

        Args:
            token: id of the sender's token.
            key: what he calls the request.
            digest: of everything that decides what it does.
            now: the time.

        Returns:
            the answer that was given; None if the request is now the caller's to do, and then to be ended
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
        with self._lock:
            known = self._open.get((token, key))
            if known is not None:
                _require_same(known, digest)
                raise Unfinished(
                    "the first request with this key is being worked on", remedy="ask again soon"
                )
            self._open[token, key] = digest
        try:
            found = self._answer(token, key, digest, now)
        except BaseException:
            self.abandon(token, key)
            raise
        if found is not None:
            self.abandon(token, key)
        return found

    def _answer(self, token: str, key: str, digest: bytes, now: datetime) -> Answered | None:
        with self._file.reading() as db:
            row = db.execute(
                "SELECT digest, status, headers, body FROM request WHERE token = ? AND key = ? AND time > ?",
                (token, key, microseconds(now - KEPT)),
            ).fetchone()
        if row is None:
            return None
        _require_same(row[0], digest)
        return Answered(row[1], json.loads(row[2]), row[3])

    def finish(self, token: str, key: str, digest: bytes, answer: Answered, *, now: datetime) -> None:
        """Keep the answer; it is on the disk when this returns.

        Args:
            token, key, digest: as of `begin`.
            answer: without what must be shown once only.
            now: the time.
        """
        try:
            with self._file.writing() as db:
                db.execute("DELETE FROM request WHERE time <= ?", (microseconds(now - KEPT),))
                db.execute(
                    "REPLACE INTO request (token, key, digest, time, status, headers, body)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        token,
                        key,
                        digest,
                        microseconds(now),
                        answer.status,
                        json.dumps(dict(answer.headers)),
                        answer.body,
                    ),
                )
        finally:
            self.abandon(token, key)

    def abandon(self, token: str, key: str) -> None:
        """Let go of a request, so that it may be tried again.

        Args:
            token, key: as of `begin`.
        """
        with self._lock:
            self._open.pop((token, key), None)


def _require_same(known: bytes, digest: bytes) -> None:
    if known != digest:
        raise Reused(
            "the key was sent before with another request",
            where="Idempotency-Key",
            remedy="use a new key for each request, and the same only to repeat it",
        )
