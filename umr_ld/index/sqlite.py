"""The index in one SQLite file."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from umr_ld.findings import Report
from umr_ld.index import Peer, Titled, fingerprints, rows, search, strands, upkeep
from umr_ld.index.connections import Connections
from umr_ld.index.rows import NOW
from umr_ld.index.search import Selection, plain
from umr_ld.index.tallies import Tallies
from umr_ld.index.writing import take_in
from umr_ld.lineage import Recorded

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from umr_ld.index import Carrier, Change, Page, RecordRow, Vanishing
    from umr_ld.lineage import Strand
    from umr_ld.names import Ref
    from umr_ld.ranges import Range
    from umr_ld.record import Link

_RECORDED = """
    SELECT r.artifact, r.seq, r.version, r.revision
    FROM json_each(:artifacts) wanted CROSS JOIN record r ON r.artifact = wanted.value
    WHERE r.seq <= :at
    ORDER BY r.artifact, r.key DESC
"""
_IS_NAMED = """
    SELECT 1 FROM artifact a CROSS JOIN link l ON l.target = a.id
    WHERE a.name = :name AND l.record <= :at LIMIT 1
"""
_RECORDED_AMONG = """
    SELECT a.name FROM json_each(?) wanted CROSS JOIN artifact a ON a.name = wanted.value
    WHERE EXISTS (SELECT 1 FROM record r WHERE r.artifact = a.id)
"""
_NAMED_AMONG = """
    SELECT a.name FROM json_each(?) wanted CROSS JOIN artifact a ON a.name = wanted.value
    WHERE EXISTS (SELECT 1 FROM link l WHERE l.target = a.id)
"""
_ALIKE_AMONG = """
    SELECT wanted.value FROM json_each(?) wanted
    WHERE EXISTS (SELECT 1 FROM standing s WHERE s.skeleton = wanted.value)
"""
_CASE_TWINS = """
    SELECT json_group_array(name) FROM (SELECT name FROM artifact WHERE name BETWEEN ? AND ? ORDER BY name)
    GROUP BY lower(name) HAVING count(*) > 1 ORDER BY lower(name)
"""
_TITLED = """
    SELECT a.name, coalesce(kind.text, ''), coalesce(r.title, '')
    FROM artifact a LEFT JOIN standing s ON s.artifact = a.id
        LEFT JOIN record r ON r.seq = s.record LEFT JOIN term kind ON kind.id = r.kind
    UNION ALL SELECT DISTINCT name, '', '' FROM subject
        WHERE NOT EXISTS (SELECT 1 FROM artifact a WHERE a.name = subject.name)
"""
_CONFUSABLE = """
    SELECT a.name FROM standing s CROSS JOIN artifact a ON a.id = s.artifact
    WHERE s.skeleton = ? ORDER BY a.name
"""
_TERMS = "SELECT t.id, t.text FROM json_each(?) wanted CROSS JOIN term t ON t.id = wanted.value"
_PEERS = "SELECT label, base, address, position, chain FROM peer ORDER BY seq"
_SEQUENCE_AT = "SELECT seq - 1 FROM moment WHERE time > ? ORDER BY time, seq LIMIT 1"

_NOTHING: tuple[int, dict[str, int]] = (0, {})
"""Nothing is counted yet."""


class SqliteIndex:
    """See `Index`.

    Args:
        path: the file; made if it is not there, unless it is only read.
        read_only: whether nothing may change. Others may write meanwhile, in another process too.
        wait: seconds to wait for another process that holds the file.

    Raises:
        Busy, Damaged, Newer, Full: as of `Connections`.
    """

    def __init__(self, path: Path, *, read_only: bool = False, wait: float = 5.0) -> None:
        self._files = Connections(path, read_only=read_only, wait=wait)
        self._tallies = Tallies()
        self._counted = _NOTHING
        """Up to which entry everything was counted, and the result: only what was added since is counted again."""
        self._reached: tuple[object, tuple[int, str]] = (None, (0, ""))
        """The state of the file, and what was found in it then."""

    # -- keeping up with the journal

    def position(self) -> int:
        """See `Index.position`."""
        with self._files.reading() as db:
            return upkeep.state(db)[0]

    def chain(self) -> str:
        """See `Index.chain`."""
        with self._files.reading() as db:
            return upkeep.state(db)[1]

    def reached(self) -> tuple[int, str]:
        """See `Index.reached`."""
        # The state is looked at first: what is written in between belongs to a later one, and is looked for again.
        state, (known, found) = self._files.state(), self._reached
        if state is not None and state == known:
            return found
        with self._files.reading() as db:
            found = upkeep.state(db)
        if state is not None:
            self._reached = state, found
        return found

    def glimpse(self) -> tuple[int, str] | None:
        """See `Index.glimpse`."""
        state, (known, found) = self._files.state(), self._reached
        return found if state is not None and state == known else None

    def apply(self, changes: Sequence[Change], position: int, chain: str) -> None:
        """See `Index.apply`."""
        with self._files.writing() as db:
            before, _ = upkeep.state(db)
            if position > before:
                take_in(db, [change for change in changes if change.seq > before])
                db.execute("UPDATE state SET position = ?, chain = ?", (position, chain))

    def steady(self) -> contextlib.AbstractContextManager[None]:
        """See `Index.steady`."""
        return self._files.steady()

    def whole(self) -> contextlib.AbstractContextManager[None]:
        """See `Index.whole`."""
        return self._whole()

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        with self._files.writing():
            yield

    def clear(self) -> None:
        """See `Index.clear`."""
        with self._files.writing() as db:
            upkeep.clear(db)
            self._tallies.clear()
        self._counted = _NOTHING

    def peers(self) -> Sequence[Peer]:
        """See `Index.peers`."""
        with self._files.reading() as db:
            return [Peer(*row) for row in db.execute(_PEERS)]

    def sequence_at(self, time: datetime) -> int:
        """See `Index.sequence_at`."""
        with self._files.reading() as db:
            row = db.execute(_SEQUENCE_AT, (rows.microseconds(time),)).fetchone()
            return upkeep.state(db)[0] if row is None else int(row[0])

    # -- records and artifacts

    def record(self, ref: Ref, at: int | None = None) -> RecordRow | None:
        """See `Index.record`."""
        with self._files.reading() as db:
            found = rows.of_artifact(db, str(ref.name), _upto(at), version=ref.version)
            return next(found, None)

    def numbered(self, numbers: Iterable[int], at: int | None = None) -> Mapping[int, RecordRow]:
        """See `Index.numbered`."""
        with self._files.reading() as db:
            return {row.seq: row for row in rows.numbered(db, numbers, _upto(at))}

    def versions(self, name: str, at: int | None = None) -> Sequence[RecordRow]:
        """See `Index.versions`."""
        with self._files.reading() as db:
            return tuple(rows.of_artifact(db, plain(name), _upto(at), order="r.key DESC"))

    def best_of(self, name: str, versions: Range, at: int | None = None) -> RecordRow | None:
        """See `Index.best_of`."""
        with self._files.reading() as db:
            found = rows.of_artifact(db, plain(name), _upto(at))
            return next((row for row in found if row.ref.version in versions), None)

    def is_named(self, artifact: str, at: int | None = None) -> bool:
        """See `Index.is_named`."""
        with self._files.reading() as db:
            given = {"name": plain(artifact), "at": _upto(at)}
            return db.execute(_IS_NAMED, given).fetchone() is not None

    def recorded_among(self, names: Iterable[str]) -> Container[str]:
        """See `Index.recorded_among`."""
        return self._among(_RECORDED_AMONG, names)

    def named_among(self, names: Iterable[str]) -> Container[str]:
        """See `Index.named_among`."""
        return self._among(_NAMED_AMONG, names)

    def alike_among(self, skeletons: Iterable[str]) -> Container[str]:
        """See `Index.alike_among`."""
        return self._among(_ALIKE_AMONG, skeletons)

    def _among(self, question: str, texts: Iterable[str]) -> Container[str]:
        with self._files.reading() as db:
            return {text for (text,) in db.execute(question, (json.dumps([*map(plain, texts)]),))}

    def confusable(self, skeleton: str) -> Sequence[str]:
        """See `Index.confusable`."""
        with self._files.reading() as db:
            return tuple(name for (name,) in db.execute(_CONFUSABLE, (plain(skeleton),)))

    def case_twins(self, prefix: str) -> Sequence[tuple[str, ...]]:
        """See `Index.case_twins`."""
        given = (plain(prefix), plain(prefix) + "\U0010ffff")
        with self._files.reading() as db:
            return tuple(tuple(json.loads(names)) for (names,) in db.execute(_CASE_TWINS, given))

    def titled(self) -> Sequence[Titled]:
        """See `Index.titled`."""
        with self._files.reading() as db:
            return list(map(Titled._make, db.execute(_TITLED)))

    def suggest(self, name: str) -> Sequence[str]:
        """See `Index.suggest`."""
        with self._files.reading() as db:
            return tuple(search.suggest(db, name))

    def ending(self, segment: str) -> Sequence[str]:
        """See `Index.ending`."""
        with self._files.reading() as db:
            return tuple(search.ending(db, segment))

    def listing(
        self,
        *,
        text: str = "",
        kind: str = "",
        publisher: str = "",
        license: str = "",  # noqa: A002 - the key of the records
        prefix: str = "",
        tags: Mapping[str, str] | None = None,
        files: Collection[str] = (),
        among: Collection[Ref] | None = None,
        without: Collection[Ref] = (),
        order: str = "name",
        limit: int = 50,
        offset: int = 0,
        at: int | None = None,
        counted: bool = True,
    ) -> Page:
        """See `Index.listing`."""
        chosen = Selection(at, text=text, kind=kind, publisher=publisher, license=license, prefix=prefix)
        chosen.require_files(files)
        chosen.require_tags(tags or {})
        chosen.restrict(among, without)
        with self._files.reading() as db:
            return search.listing(
                db,
                chosen,
                self._tallies,
                order=order,
                limit=limit,
                offset=offset,
                at=_upto(at),
                counted=counted,
            )

    def counts(self, at: int | None = None) -> Mapping[str, int]:
        """See `Index.counts`."""
        with self._files.reading() as db:
            if at is not None:
                return search.counts(db, at)
            position = upkeep.state(db)[0]
            since, before = self._counted if self._counted[0] <= position else _NOTHING
            counted = search.counts_since(db, before, since) if since else search.counts(db, NOW)
        self._counted = position, counted
        return dict(counted)

    # -- links

    def links_of(self, row: RecordRow) -> Sequence[Link]:
        """See `Index.links_of`."""
        with self._files.reading() as db:
            return rows.links(db, row.seq)

    def matching(self, link: Link, at: int | None = None) -> Sequence[RecordRow]:
        """See `Index.matching`."""
        with self._files.reading() as db:
            return tuple(rows.covered(db, link, _upto(at)))

    def best(self, link: Link, at: int | None = None) -> RecordRow | None:
        """See `Index.best`."""
        with self._files.reading() as db:
            return next(rows.covered(db, link, _upto(at)), None)

    def naming(
        self, artifact: str, at: int | None = None, most: int | None = None, skip: int = 0
    ) -> Sequence[RecordRow]:
        """See `Index.naming`."""
        with self._files.reading() as db:
            return tuple(rows.naming(db, plain(artifact), _upto(at), most, skip))

    def dependents(self, ref: Ref, at: int | None = None) -> Sequence[RecordRow]:
        """See `Index.dependents`."""
        with self._files.reading() as db:
            first = next(rows.of_artifact(db, str(ref.name), _upto(at), version=ref.version), None)
            return () if first is None else rows.dependents(db, first, _upto(at))

    def artifact_id(self, name: str) -> int | None:
        """See `lineage.Graph.artifact_id`."""
        with self._files.reading() as db:
            row = db.execute("SELECT id FROM artifact WHERE name = ?", (plain(name),)).fetchone()
            return None if row is None else int(row[0])

    def strands(
        self, artifacts: Sequence[int], at: int | None = None, among: Collection[int] | None = None
    ) -> Sequence[Strand]:
        """See `Index.strands`."""
        with self._files.reading() as db:
            if among is not None:
                return strands.read_among(db, artifacts, among, _upto(at))
            return strands.read(db, artifacts, _upto(at))

    def terms(self, ids: Sequence[int]) -> Mapping[int, str]:
        """See `lineage.Graph.terms`."""
        with self._files.reading() as db:
            return dict(db.execute(_TERMS, (json.dumps(ids),)))

    def recorded(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Recorded]:
        """See `lineage.Graph.recorded`."""
        with self._files.reading() as db:
            given = {"artifacts": json.dumps(artifacts), "at": _upto(at)}
            return list(map(Recorded._make, db.execute(_RECORDED, given)))

    # -- files

    def carrying(
        self, digests: Collection[str], at: int | None = None, most: int | None = None
    ) -> Sequence[Carrier]:
        """See `Index.carrying`."""
        with self._files.reading() as db:
            return fingerprints.carrying(db, map(plain, digests), _upto(at), most)

    def shared(self, at: int | None = None) -> Mapping[str, Sequence[str]]:
        """See `Index.shared`."""
        with self._files.reading() as db:
            return fingerprints.shared(db, _upto(at))

    # -- advisories and statements

    def vanishings(self, name: str, at: int | None = None) -> Sequence[Vanishing]:
        """See `Index.vanishings`."""
        with self._files.reading() as db:
            return rows.vanishings(db, name, _upto(at))

    def speaking(
        self, kind: str, subjects: Sequence[str] | None = None, at: int | None = None
    ) -> Sequence[RecordRow]:
        """See `Index.speaking`."""
        with self._files.reading() as db:
            return rows.speaking(db, kind, subjects, _upto(at))

    def is_spoken_of(self) -> bool:
        """See `Index.is_spoken_of`."""
        with self._files.reading() as db:
            return db.execute("SELECT 1 FROM subject LIMIT 1").fetchone() is not None

    # -- keeping in order

    def dump(self) -> Iterator[tuple[object, ...]]:
        """See `Index.dump`."""
        with self._files.reading() as db:
            yield from upkeep.dump(db)

    def check(self) -> Report:
        """See `Index.check`."""
        with self._files.reading() as db:
            found = list(upkeep.check(db))
        with self._files.scratch() as db:
            found += upkeep.check_words(db)
        return Report(tuple(found))

    def close(self) -> None:
        """See `Index.close`."""
        self._files.close()


def _upto(at: int | None) -> int:
    return NOW if at is None else at
