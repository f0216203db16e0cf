"""Links by what they say of what they name: how they are written and read for walks downstream.

A famous model is named by tens of thousands of records, most of which say the same of it. So what they say
is kept once, and the records in columns, a chunk of them in one row. See `lineage.Strand`.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from umr_ld.lineage import Strand

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Sequence

_CHUNK = 128
"""Links in a row. To add one writes a row anew, and to read many takes as many reads as there are rows."""

_READ = """
    SELECT s.target, s.relation, s.versions, s.revision, s.evidence, s.links
    FROM json_each(?) wanted CROSS JOIN strand s ON s.target = wanted.value
"""
_READ_AMONG = """
    SELECT l.target, l.relation, l.versions, coalesce(l.revision, ''), l.evidence, l.record, min(l.number),
        r.artifact, r.version, l.name
    FROM json_each(:records) wanted CROSS JOIN link l ON l.record = wanted.value CROSS JOIN record r ON r.seq = l.record
    WHERE l.record <= :at AND l.target IN (SELECT value FROM json_each(:targets))
    GROUP BY l.target, l.relation, l.versions, l.revision, l.evidence, l.record
"""
_OF = "target = ? AND relation = ? AND versions = ? AND revision = ? AND evidence = ?"
_LAST = f"SELECT chunk, links FROM strand WHERE {_OF} ORDER BY chunk DESC LIMIT 1"  # noqa: S608
_WRITE = "INSERT OR REPLACE INTO strand VALUES (?, ?, ?, ?, ?, ?, ?)"

_SPREAD = """
    SELECT s.target, s.relation, s.versions, s.revision, s.evidence, s.chunk, each.value AS record,
        json_extract(s.links, '$[1][' || each.key || ']') AS number, json_extract(s.links, '$[2][' || each.key || ']') AS maker,
        json_extract(s.links, '$[3][' || each.key || ']') AS own, json_extract(s.links, '$[4][' || each.key || ']') AS name
    FROM strand s CROSS JOIN json_each(s.links, '$[0]') each
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

_Key = tuple[int, int, int, str, int]
_Columns = tuple[list[int], list[int], list[int], list[int], list[str]]


class Spinning:
    """Links of one batch on their way into strands."""

    def __init__(self) -> None:
        self._strands: dict[_Key, _Columns] = defaultdict(lambda: ([], [], [], [], []))

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
            chunk, links = db.execute(_LAST, key).fetchone() or (0, "[[],[],[],[],[]]")
            every = [before + added for before, added in zip(json.loads(links), columns, strict=True)]
            for at in range(0, len(every[0]), _CHUNK):
                part = [column[at : at + _CHUNK] for column in every]
                text = json.dumps(part, ensure_ascii=False, separators=(",", ":"))
                rows.append((*key, chunk + at // _CHUNK, text))
        db.executemany(_WRITE, rows)
        self._strands.clear()


def read(db: sqlite3.Connection, artifacts: Sequence[int], at: int) -> list[Strand]:
    """All links to some artifacts.

    Args:
        db: in a transaction.
        artifacts: numbers.
        at: sequence number of a record up to which to look.
    """
    found: list[Strand] = []
    last = None
    for *key, links in db.execute(_READ, (json.dumps(artifacts),)):
        columns = json.loads(links)
        if columns[0][-1] > at:
            end = bisect_right(columns[0], at)
            columns = [column[:end] for column in columns]
        if key == last:
            found[-1].extend(*columns)
        elif columns[0]:
            target, relation, versions, revision, evidence = key
            found.append(Strand(target, relation, versions or None, revision, evidence, *columns))
            last = key
    return found


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
    found: list[Strand] = []
    last = None
    given = {"records": json.dumps([*records]), "targets": json.dumps(artifacts), "at": at}
    for *key, record, number, maker, own, name in db.execute(_READ_AMONG, given):
        columns = [record], [number], [maker], [own], [name]
        if key == last:
            found[-1].extend(*columns)
        else:
            target, relation, versions, revision, evidence = key
            found.append(Strand(target, relation, versions, revision, evidence, *columns))
            last = key
    return found
