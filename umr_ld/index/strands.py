"""Links by what they say of what they name: how they are written and read for walks downstream.

A famous model is named by tens of thousands of records, most of which say the same of it. So what they say
is kept once, and the records in columns, a chunk of them in one row. See `lineage.Strand`.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain, groupby
from operator import itemgetter
from struct import Struct
from typing import TYPE_CHECKING, Any

from umr_ld.errors import REBUILD, Damaged
from umr_ld.lineage import Strand

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

_CHUNK = 128
"""Links in a row. To add one writes a row anew, and to read many takes as many reads as there are rows."""
_PAGE = 8192
"""Artifacts of which one row says which are named."""
_NONE = bytes(_PAGE // 8)
"""A page of which none is."""
_FEW = 64
"""Artifacts of which it is not asked first whether they are named: to look for the links takes no longer."""

_READ = """
    SELECT s.target, s.relation, nullif(s.versions, 0), s.revision, s.evidence, s.chunk, s.numbers, s.names
    FROM json_each(?) wanted CROSS JOIN strand s ON s.target = wanted.value
"""
_PAGES = "SELECT n.page, n.bits FROM json_each(?) wanted CROSS JOIN named n ON n.page = wanted.value"
_WRITE_PAGE = "INSERT OR REPLACE INTO named VALUES (?, ?)"
_READ_AMONG = """
    SELECT l.target, l.relation, l.versions, coalesce(l.revision, ''), l.evidence, l.record, min(l.number),
        r.artifact, r.version, l.name
    FROM json_each(:records) wanted CROSS JOIN link l ON l.record = wanted.value CROSS JOIN record r ON r.seq = l.record
    WHERE l.record <= :at AND l.target IN (SELECT value FROM json_each(:targets))
    GROUP BY l.target, l.relation, l.versions, l.revision, l.evidence, l.record
"""
_OF = "target = ? AND relation = ? AND versions = ? AND revision = ? AND evidence = ?"
_LAST = f"SELECT chunk, numbers, names FROM strand WHERE {_OF} ORDER BY chunk DESC LIMIT 1"  # noqa: S608
_WRITE = "INSERT OR REPLACE INTO strand VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

# Parsed once: each of its arrays is gone through by itself.
_SPREAD = """
    WITH said AS MATERIALIZED (
        SELECT target, relation, versions, revision, evidence, chunk, umr_unpacked(numbers, names) AS links FROM strand
    )
    SELECT s.target, s.relation, s.versions, s.revision, s.evidence, s.chunk, each.value ->> 0 AS record,
        each.value ->> 1 AS number, each.value ->> 2 AS maker, each.value ->> 3 AS own, each.value ->> 4 AS name
    FROM said s CROSS JOIN json_each(s.links) each
"""

DUMP = f"""
    SELECT target.name, relation.text, versions.text, l.revision, evidence.text, l.chunk, l.record, l.number,
        maker.name, own.text, l.name
    FROM ({_SPREAD}) l JOIN artifact target ON target.id = l.target JOIN artifact maker ON maker.id = l.maker
        JOIN term relation ON relation.id = l.relation JOIN term evidence ON evidence.id = l.evidence
        JOIN term own ON own.id = l.own LEFT JOIN term versions ON versions.id = l.versions
    ORDER BY target.name, relation.text, versions.text, l.revision, evidence.text, l.record
"""  # noqa: S608
"""All of them, in one order."""

_WOVEN = f"SELECT record, number, target, relation, versions, revision, evidence, maker, own, name FROM ({_SPREAD})"  # noqa: S608
_SAID = """
    SELECT l.record AS record, min(l.number) AS number, l.target, l.relation, coalesce(l.versions, 0), coalesce(l.revision, ''), l.evidence,
        r.artifact, r.version, l.name
    FROM link l JOIN record r ON r.seq = l.record
    GROUP BY l.record, l.target, l.relation, l.versions, l.revision, l.evidence
"""
ASTRAY = f"""
    SELECT DISTINCT record, number FROM (
        SELECT * FROM ({_SAID} EXCEPT {_WOVEN}) UNION ALL SELECT * FROM ({_WOVEN} EXCEPT {_SAID})
    )
"""  # noqa: S608
"""Links that no strand has as they are, and those that only a strand has."""
_TARGETS = "SELECT DISTINCT target FROM strand ORDER BY target"

_Key = tuple[int, int, int, str, int]
_Columns = tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int], Sequence[str]]


class Spinning:
    """Links of one batch on their way into strands."""

    def __init__(self) -> None:
        self._strands: dict[_Key, tuple[list[Any], ...]] = defaultdict(lambda: ([], [], [], [], []))

    def add(self, link: tuple[Any, ...], maker: int, version: int) -> None:
        """Add a link; of those of a record that say the same the first counts.

        Args:
            link: row of its table, in order of publication and of the record's own links.
            maker: the record's artifact.
            version: the record's version, a term.
        """
        record, number, target, relation, versions, revision, evidence, _, _, name, *_ = link
        columns = self._strands[target, relation, versions or 0, revision or "", evidence]
        if not columns[0] or columns[0][-1] != record:
            columns[0].append(record)
            columns[1].append(number)
            columns[2].append(maker)
            columns[3].append(version)
            columns[4].append(name)

    def write(self, db: sqlite3.Connection) -> None:
        """Put them into the table, behind those that are there.

        Args:
            db: in a transaction.
        """
        rows: list[tuple[Any, ...]] = []
        for key, columns in self._strands.items():
            last = db.execute(_LAST, key).fetchone()
            chunk, every = 0, columns
            if last is not None:
                chunk = last[0]
                every = tuple(
                    [*before, *added] for before, added in zip(_unpacked(*last[1:]), columns, strict=True)
                )
            for at in range(0, len(every[0]), _CHUNK):
                part = [column[at : at + _CHUNK] for column in every]
                rows.append((*key, chunk + at // _CHUNK, *_packed(*part)))
        db.executemany(_WRITE, rows)
        _note_named(db, {target for target, *_ in self._strands})
        self._strands.clear()


def read(db: sqlite3.Connection, artifacts: Sequence[int], at: int) -> list[Strand]:
    """All links to some artifacts.

    Args:
        db: in a transaction.
        artifacts: numbers.
        at: sequence number of a record up to which to look.

    Raises:
        Damaged: if columns do not fit together.
    """
    if len(artifacts) > _FEW:
        artifacts = _named_among(db, artifacts)
    found: list[Strand] = []
    further: dict[int, list[_Columns]] = {}
    for target, relation, versions, revision, evidence, chunk, numbers, names in db.execute(
        _READ, (json.dumps(artifacts),)
    ):
        columns = _unpacked(numbers, names)
        if not chunk:
            found.append(Strand(target, relation, versions, revision, evidence, *columns))
        elif found and _says(found[-1]) == [target, relation, versions, revision, evidence]:
            place = len(found) - 1
            further.setdefault(place, [_columns(found[-1])]).append(columns)
        else:
            raise Damaged("the first links of several that say the same are not in the index", remedy=REBUILD)
    for place, chunks in further.items():
        found[place] = _of(
            found[place], ([*chain.from_iterable(parts)] for parts in zip(*chunks, strict=True))
        )
    return [_until(strand, at) for strand in found if strand.records[0] <= at]


def read_among(
    db: sqlite3.Connection, artifacts: Sequence[int], records: Collection[int], at: int
) -> list[Strand]:
    """The links of some records to some artifacts, found from the records.

    Args:
        db: in a transaction.
        artifacts: numbers.
        records: sequence numbers.
        at: sequence number of a record up to which to look.
    """
    given = {"records": json.dumps([*records]), "targets": json.dumps(artifacts), "at": at}
    rows = groupby(db.execute(_READ_AMONG, given), itemgetter(0, 1, 2, 3, 4))
    return [Strand(*key, *zip(*(link[5:] for link in links), strict=True)) for key, links in rows]


def _says(strand: Strand) -> list[Any]:
    """What links say, as a row of the table begins."""
    return [strand.target, strand.relation, strand.versions, strand.revision, strand.evidence]


def _columns(strand: Strand) -> _Columns:
    return strand.records, strand.numbers, strand.makers, strand.own, strand.names


def _of(strand: Strand, columns: Iterable[Sequence[Any]]) -> Strand:
    """Links that say what others do."""
    return Strand(*_says(strand), *columns)


def _until(strand: Strand, at: int) -> Strand:
    """The links of records up to one."""
    if strand.records[-1] <= at:
        return strand
    end = bisect_right(strand.records, at)
    return _of(strand, (column[:end] for column in _columns(strand)))


def unnamed(db: sqlite3.Connection) -> list[int]:
    """Artifacts that links name and of which it is noted that none does, or the other way round.

    Args:
        db: in a transaction.
    """
    noted = {
        page * _PAGE + at
        for page, bits in db.execute("SELECT page, bits FROM named")
        for at in range(len(bits) * 8)
        if bits[at >> 3] >> (at & 7) & 1
    }
    return sorted(noted.symmetric_difference(target for (target,) in db.execute(_TARGETS)))


def prepare(db: sqlite3.Connection) -> None:
    """Have `DUMP` and `ASTRAY` understood.

    Args:
        db: any connection.
    """
    db.create_function("umr_unpacked", 2, _as_json, deterministic=True)


# -- columns in bytes

_FORMS = [Struct(f"<{4 * links}I") for links in range(_CHUNK + 1)]


def _packed(
    records: list[int], numbers: list[int], makers: list[int], own: list[int], names: list[str]
) -> tuple[bytes, str]:
    """Columns of one length as they are kept: of numbers each whole, and names a line each."""
    return _FORMS[len(records)].pack(*records, *numbers, *makers, *own), "\n".join(names)


def _unpacked(numbers: bytes, names: str) -> _Columns:
    """The reverse of `_packed`.

    Raises:
        Damaged: if they do not fit together.
    """
    texts = names.split("\n")
    n = len(texts)
    if n > _CHUNK or len(numbers) != _FORMS[n].size:
        raise Damaged("links in the index do not fit together", remedy=REBUILD)
    every = _FORMS[n].unpack(numbers)
    return every[:n], every[n : 2 * n], every[2 * n : 3 * n], every[3 * n :], texts


def _as_json(numbers: bytes, names: str) -> str:
    """Columns as a JSON array of arrays, one for each link; nothing where they do not fit together."""
    try:
        return json.dumps([*zip(*_unpacked(numbers, names), strict=True)])
    except Damaged:
        return "[]"


# -- which artifacts are named


def _named_among(db: sqlite3.Connection, artifacts: Sequence[int]) -> list[int]:
    """Those artifacts that links name; most are named by none.

    Raises:
        Damaged: if a page is not whole.
    """
    wanted = {artifact // _PAGE for artifact in artifacts}
    pages = dict.fromkeys(wanted, _NONE)
    pages.update(db.execute(_PAGES, (json.dumps([*wanted]),)))
    if {*map(len, pages.values())} - {len(_NONE)}:
        raise Damaged("a page of the artifacts that links name is too short or too long", remedy=REBUILD)
    return [one for one in artifacts if pages[one // _PAGE][one % _PAGE >> 3] >> (one & 7) & 1]


def _note_named(db: sqlite3.Connection, artifacts: Iterable[int]) -> None:
    """Note that links name artifacts."""
    for page, several in groupby(sorted(artifacts), key=_PAGE.__rfloordiv__):
        (before,) = db.execute("SELECT bits FROM named WHERE page = ?", (page,)).fetchone() or (_NONE,)
        bits = bytearray(before)
        for artifact in several:
            bits[artifact % _PAGE >> 3] |= 1 << (artifact & 7)
        if bits != before:
            db.execute(_WRITE_PAGE, (page, bytes(bits)))
