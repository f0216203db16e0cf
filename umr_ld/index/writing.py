"""Taking journal entries into the tables, in the transaction that the caller has begun."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from umr_ld.addresses import named_by_peer
from umr_ld.errors import Conflict, Missing
from umr_ld.index import Peering, Publication, Vanishing, Withdrawal, strands
from umr_ld.index.rows import BEST, NOW, microseconds, text_of
from umr_ld.names import Ref

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from umr_ld.index import Change
    from umr_ld.record import Link

_STANDING = f"""
    INSERT INTO standing (artifact, record, skeleton) VALUES (:artifact, :record, :skeleton)
    ON CONFLICT (artifact) DO UPDATE SET record = {BEST.format(artifact=":artifact")}
"""  # noqa: S608
_NO_LONGER_STANDING = (
    f"UPDATE standing SET record = {BEST.format(artifact=':artifact')} WHERE artifact = :artifact"  # noqa: S608
)
_PEER = """
    INSERT INTO peer VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (label) DO UPDATE SET address = excluded.address, position = excluded.position,
        chain = excluded.chain
"""
_ARTIFACTS_BELOW = "SELECT id, name FROM artifact WHERE name >= ? AND name < ?"
_SUBJECTS_BELOW = "SELECT record, name FROM subject WHERE name >= ? AND name < ?"
_RECORDED = "SELECT r.seq, r.artifact FROM record r WHERE r.artifact = ? AND r.key = ?"


def take_in(db: sqlite3.Connection, changes: Sequence[Change]) -> None:
    """Write changes into the tables.

    Args:
        db: in a transaction that is undone if this raises.
        changes: in the journal's order, none of which was taken in before.

    Raises:
        Conflict: if a version is recorded already.
        Missing: if what is withdrawn or gone is not recorded.
    """
    intake = _Intake(db)
    intake.remember_moments(changes)
    for change in changes:
        if isinstance(change, Peering):
            intake.know(change)
    intake.publish([change for change in changes if isinstance(change, Publication)])
    for change in changes:
        if isinstance(change, Withdrawal):
            intake.withdraw(change)
        elif isinstance(change, Vanishing):
            intake.note_gone(change)


class _Numbers:
    """Numbers for the texts of a table, the next free one for a text that is not in it yet."""

    def __init__(self, db: sqlite3.Connection, table: str, column: str) -> None:
        self._db = db
        self._seek = f"SELECT id FROM {table} WHERE {column} = ?"  # noqa: S608
        self._insert = f"INSERT INTO {table} (id, {column}) VALUES (?, ?)"  # noqa: S608
        (self._last,) = db.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()  # noqa: S608
        self._known: dict[str, int] = {}
        self._new: list[tuple[int, str]] = []

    def of(self, text: str) -> tuple[int, bool]:
        """The number, and whether the text is new with this question."""
        number = self._known.get(text)
        if number is not None:
            return number, False
        row = self._db.execute(self._seek, (text,)).fetchone()
        if row is None:
            self._last += 1
            self._new.append((self._last, text))
        self._known[text] = self._last if row is None else row[0]
        return self._known[text], row is None

    def __getitem__(self, text: str) -> int:
        return self.of(text)[0]

    def write(self) -> None:
        """Put the new texts into the table."""
        self._db.executemany(self._insert, self._new)
        self._new.clear()


class _Intake:
    """One batch of changes on its way into the tables."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._terms = _Numbers(db, "term", "text")
        self._artifacts = _Numbers(db, "artifact", "name")

    def remember_moments(self, changes: Sequence[Change]) -> None:
        """Write down when each entry counts as written: no earlier than those before it."""
        (latest,) = self._db.execute("SELECT max(time) FROM moment").fetchone()
        rows = []
        for change in changes:
            time = microseconds(change.time)
            latest = time if latest is None else max(latest, time)
            rows.append((latest, change.seq))
        self._db.executemany("INSERT INTO moment (time, seq) VALUES (?, ?)", rows)

    def know(self, peering: Peering) -> None:
        """Write a peer down; what was named by its IRIs before gets the names that these have here."""
        peer = peering.peer
        self._db.execute(_PEER, (peer.label, peer.base, peering.seq, peer.address, peer.position, peer.chain))
        root = f"{peer.base}r/"
        within = (root, f"{root}\U0010ffff")
        for number, iri in self._db.execute(_ARTIFACTS_BELOW, within).fetchall():
            name = named_by_peer(peer.label, peer.base, iri)
            self._db.execute("UPDATE artifact SET name = ? WHERE id = ?", (name, number))
            self._db.execute("UPDATE words SET name = ? WHERE rowid = ?", (name, -number))
        for record, iri in self._db.execute(_SUBJECTS_BELOW, within).fetchall():
            name = named_by_peer(peer.label, peer.base, iri)
            self._db.execute(
                "UPDATE OR REPLACE subject SET name = ? WHERE name = ? AND record = ?", (name, iri, record)
            )

    def publish(self, publications: Sequence[Publication]) -> None:
        """Write records, their links and their words."""
        records, links, words, standing, subjects = [], [], [], [], []
        spun = strands.Spinning()
        tags, files = [], []
        for one in publications:
            artifact = self._artifacts[str(one.name)]
            version = self._terms[str(one.version)]
            records.append(self._record_row(one, artifact, version))
            words.append(_words_row(one))
            standing.append(
                {"artifact": artifact, "record": one.seq, "skeleton": one.name.skeleton, "at": NOW}
            )
            subjects += [(name, one.seq) for name in sorted(set(one.subjects))]
            tags += [
                (one.seq, self._terms[facet], self._terms[value]) for facet, value in sorted(set(one.tags))
            ]
            files += [(digest, one.seq) for digest in sorted(set(one.fingerprints))]
            for link in one.links:
                target, is_new = self._artifacts.of(link.artifact)
                row = self._link_row(link, target, one)
                links.append(row)
                spun.add(row, artifact, version)
                if is_new:
                    words.append((-target, link.artifact, "", "", "", ""))
        self._terms.write()
        self._artifacts.write()
        self._insert_records(records, publications)
        self._insert("link", links)
        spun.write(self._db)
        self._insert("subject", subjects)
        self._insert("tag", tags)
        self._insert("fingerprint", files)
        # FTS5 writes out all it has gathered whenever a number is not above the one before.
        words.sort(key=itemgetter(0))
        self._insert("words (rowid, name, title, keywords, publisher, description)", words)
        self._db.executemany(_STANDING, standing)

    def withdraw(self, withdrawal: Withdrawal) -> None:
        """Write down a withdrawal, and which record stands for the artifact now."""
        record, artifact = self._spoken_of(withdrawal)
        row = (
            record,
            withdrawal.seq,
            microseconds(withdrawal.time),
            self._terms[withdrawal.agent],
            withdrawal.reason,
        )
        self._terms.write()
        self._db.execute("INSERT OR IGNORE INTO withdrawal VALUES (?, ?, ?, ?, ?)", row)
        self._db.execute(_NO_LONGER_STANDING, {"artifact": artifact, "at": NOW})

    def note_gone(self, gone: Vanishing) -> None:
        """Write down that an artifact is gone from where it was published."""
        record, artifact = self._spoken_of(gone)
        row = (gone.seq, record, artifact, microseconds(gone.time), self._terms[gone.agent], gone.reason)
        self._terms.write()
        self._db.execute("INSERT INTO vanishing VALUES (?, ?, ?, ?, ?, ?)", row)

    def _spoken_of(self, change: Withdrawal | Vanishing) -> tuple[int, int]:
        """Numbers of the record and of the artifact that an entry speaks of."""
        artifact = self._artifacts[change.name]
        found = self._db.execute(_RECORDED, (artifact, change.version.sort_key)).fetchone()
        if found is None or found[0] > change.seq:
            raise Missing(
                f"entry {change.seq} speaks of {change.name}@{change.version}, which is not recorded"
            )
        return found[0], artifact

    def _record_row(self, one: Publication, artifact: int, version: int) -> tuple[Any, ...]:
        return (
            one.seq,
            artifact,
            one.version.sort_key,
            one.version.is_prerelease,
            version,
            self._terms[one.kind],
            self._terms[one.publisher],
            self._terms[one.license],
            self._terms[one.agent],
            one.location,
            microseconds(one.time),
            one.revision,
            one.digest,
            one.title,
        )

    def _link_row(self, link: Link, target: int, one: Publication) -> tuple[Any, ...]:
        versions = text_of(link.versions)
        return (
            one.seq,
            link.number,
            target,
            self._terms[link.relation],
            None if versions is None else self._terms[versions],
            link.revision or None,
            self._terms[link.evidence],
            link.inherit,
            link.external,
            str(one.name),
            link.iri,
            link.note,
        )

    def _insert_records(self, rows: list[tuple[Any, ...]], publications: Sequence[Publication]) -> None:
        done = self._insert("record", rows, "ON CONFLICT (artifact, key) DO NOTHING")
        if done == len(rows):
            return
        for one, row in zip(publications, rows, strict=True):
            (seq, _) = self._db.execute(_RECORDED, row[1:3]).fetchone()
            if seq != one.seq:
                raise Conflict(
                    f"entry {one.seq} publishes {Ref(one.name, one.version)}, which entry {seq} did"
                )

    def _insert(self, table: str, rows: list[tuple[Any, ...]], conflict: str = "") -> int:
        if not rows:
            return 0
        places = ", ".join("?" * len(rows[0]))
        text = f"INSERT INTO {table} VALUES ({places}) {conflict}"  # noqa: S608
        return self._db.executemany(text, rows).rowcount


def _words_row(one: Publication) -> tuple[Any, ...]:
    name = str(one.name)
    title = "" if one.title in name else one.title
    return (one.seq, name, title, ", ".join(one.keywords), one.publisher, one.description)
