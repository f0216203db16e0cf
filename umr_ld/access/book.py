"""The book of access: tokens, and the requests that were done with them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from umr_ld.access import Grant, Token
from umr_ld.access.requests import Requests
from umr_ld.access.secret import Secret, is_same, make, parse
from umr_ld.database import Book, Database, Form, microseconds, moment
from umr_ld.errors import Conflict, Malformed, Missing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path


FORM = Form(application=0x756D7274, schema=1, script="access/schema.sql", noun="tokens")
"""The application's number reads "umrt"."""

LONGEST = timedelta(days=3660)
"""For which a token may be valid."""

_COLUMNS = "id, agent, scopes, namespaces, publishers, made, expires, used, revoked"
_USED = timedelta(minutes=1)
"""Use is noted this often, so that reading does not mean writing."""


class Access(Book):
    """Who may write. May be used by several threads, and the file by several processes, at once.

    Times are given by the caller, in UTC. Every method raises `Busy`, `Damaged` or `Full` as of `Database`,
    and if it changes something, `Denied` where the book is only read.

    Args:
        path: the file, made if it is not there; None to keep everything in memory.
        read_only: whether nothing may change.

    Raises:
        Newer: if a later program wrote it.
    """

    def __init__(self, path: Path | None = None, *, read_only: bool = False) -> None:
        super().__init__(Database(FORM, path, read_only=read_only))
        self.requests = Requests(self._file)

    def create(self, grant: Grant, *, now: datetime, expires: datetime) -> tuple[Token, str]:
        """Make a token.

        Args:
            grant: what it is for.
            now: the time.
            expires: from when on it is refused.

        Returns:
            the token, and its text, which is nowhere else and cannot be shown again.

        Raises:
            Malformed: if it expires before it begins, or in more than `LONGEST`.
        """
        if not now < expires <= now + LONGEST:
            raise Malformed(
                f"a token cannot expire on {expires:%Y-%m-%d}",
                remedy=f"choose a moment to come, at most {LONGEST.days:,} days away",
            )
        text = make()
        secret = parse(text)
        assert secret is not None
        token = Token(secret.id, grant, _exact(now), _exact(expires))
        with self._file.writing() as db:
            db.execute(
                "INSERT INTO token (id, digest, agent, scopes, namespaces, publishers, made, expires)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    token.id,
                    secret.digest,
                    grant.agent,
                    json.dumps(sorted(grant.scopes)),
                    json.dumps(grant.namespaces),
                    json.dumps(grant.publishers),
                    microseconds(token.made),
                    microseconds(token.expires),
                ),
            )
        return token, text

    def find(self, secret: Secret) -> Token | None:
        """The token whose text somebody has, in whatever state; None if there is none.

        Args:
            secret: taken from what he sent.
        """
        with self._file.reading() as db:
            row = db.execute(f"SELECT digest, {_COLUMNS} FROM token WHERE id = ?", (secret.id,)).fetchone()  # noqa: S608 - constants
        if row is None or not is_same(row[0], secret.digest):
            return None
        return _token(row[1:])

    def note_use(self, token: Token, *, now: datetime) -> None:
        """Note that a token was used, if that was not noted within the last minute.

        Args:
            token: as it was found.
            now: the time.
        """
        if token.used is None or now - token.used >= _USED:
            with self._file.writing() as db:
                db.execute("UPDATE token SET used = ? WHERE id = ?", (microseconds(now), token.id))

    def tokens(self) -> Sequence[Token]:
        """All tokens, the oldest first."""
        with self._file.reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM token ORDER BY made, id").fetchall()  # noqa: S608 - constants
        return [_token(row) for row in rows]

    def revoke(self, id_: str, *, now: datetime) -> None:
        """Refuse a token from now on. It stays listed.

        Args:
            id_: see `Token`.
            now: the time.

        Raises:
            Missing: if there is none.
            Conflict: if it was revoked before.
        """
        with self._file.writing() as db:
            row = db.execute("SELECT revoked FROM token WHERE id = ?", (id_,)).fetchone()
            if row is None:
                raise Missing(f"there is no token {id_[:40]!r}", remedy="`umr token list` names them")
            if row[0] is not None:
                raise Conflict(f"the token {id_} is revoked already", remedy="nothing more is needed")
            db.execute("UPDATE token SET revoked = ? WHERE id = ?", (microseconds(now), id_))


def _token(row: Sequence[str]) -> Token:
    id_, agent, scopes, namespaces, publishers, *times = row
    grant = Grant(
        agent, frozenset(json.loads(scopes)), tuple(json.loads(namespaces)), tuple(json.loads(publishers))
    )
    made, expires, used, revoked = (None if time is None else moment(int(time)) for time in times)
    assert made is not None
    assert expires is not None
    return Token(id_, grant, made, expires, used, revoked)


def _exact(time: datetime) -> datetime:
    return moment(microseconds(time))
