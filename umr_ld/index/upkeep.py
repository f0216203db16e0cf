"""How far the index has come, what it holds in all, and whether its file is sound."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from umr_ld.errors import REBUILD
from umr_ld.findings import violation
from umr_ld.index import strands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.findings import Finding

_MOST = 20
"""Faults of one sort that are told."""

_TABLES = (
    "peer",
    "words",
    "standing",
    "withdrawal",
    "vanishing",
    "subject",
    "tag",
    "fingerprint",
    "named",
    "strand",
    "link",
    "record",
    "artifact",
    "term",
    "moment",
)

# Numbers that stand for texts depend on how the journal was cut into batches; the texts do not.
_DUMPS = {
    "state": "SELECT position, chain FROM state",
    "moment": "SELECT time, seq FROM moment ORDER BY time, seq",
    "peer": "SELECT label, base, seq, address, position, chain FROM peer ORDER BY label",
    "artifact": "SELECT name FROM artifact ORDER BY name",
    "record": """
        SELECT r.seq, a.name, version.text, r.key, r.prerelease, kind.text, publisher.text, license.text,
            agent.text, r.location, r.time, r.revision, r.digest, r.title
        FROM record r JOIN artifact a ON a.id = r.artifact JOIN term version ON version.id = r.version
            JOIN term kind ON kind.id = r.kind JOIN term publisher ON publisher.id = r.publisher
            JOIN term license ON license.id = r.license JOIN term agent ON agent.id = r.agent
        ORDER BY r.seq""",
    "withdrawal": """
        SELECT w.record, w.seq, w.time, agent.text, w.reason FROM withdrawal w JOIN term agent ON agent.id = w.agent
        ORDER BY w.record""",
    "vanishing": """
        SELECT v.seq, v.record, a.name, v.time, agent.text, v.reason FROM vanishing v
            JOIN artifact a ON a.id = v.artifact JOIN term agent ON agent.id = v.agent
        ORDER BY v.seq""",
    "standing": """
        SELECT a.name, s.record, s.skeleton FROM standing s JOIN artifact a ON a.id = s.artifact ORDER BY a.name""",
    "link": """
        SELECT l.record, l.number, target.name, relation.text, versions.text, l.revision, evidence.text, l.inherit,
            l.external, l.name, l.iri, l.note
        FROM link l JOIN artifact target ON target.id = l.target
            JOIN term relation ON relation.id = l.relation JOIN term evidence ON evidence.id = l.evidence
            LEFT JOIN term versions ON versions.id = l.versions
        ORDER BY l.record, l.number""",
    "strand": strands.DUMP,
    "subject": "SELECT name, record FROM subject ORDER BY name, record",
    "tag": """
        SELECT g.record, facet.text, value.text FROM tag g JOIN term facet ON facet.id = g.facet
            JOIN term value ON value.id = g.value ORDER BY g.record, facet.text, value.text""",
    "fingerprint": "SELECT digest, record FROM fingerprint ORDER BY digest, record",
    "words": """
        SELECT w.rowid > 0, w.name, w.title, w.keywords, w.publisher, w.description FROM words w
        ORDER BY w.rowid > 0, max(w.rowid, 0), w.name""",
}


def state(db: sqlite3.Connection) -> tuple[int, str]:
    """Sequence number and chain value of the last journal entry that was taken in.

    Args:
        db: in a transaction.
    """
    position, chain = db.execute("SELECT position, chain FROM state").fetchone()
    return position, chain


def clear(db: sqlite3.Connection) -> None:
    """Forget everything.

    Args:
        db: in a transaction.
    """
    for table in _TABLES:
        db.execute(f"DELETE FROM {table}")  # noqa: S608
    db.execute("UPDATE state SET position = 0, chain = ?", ("0" * 64,))


def dump(db: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    """Everything that the tables hold, in one order.

    Args:
        db: in a transaction.
    """
    strands.prepare(db)
    for table, text in _DUMPS.items():
        for row in db.execute(text):
            yield (table, *row)


def check(db: sqlite3.Connection) -> Iterator[Finding]:
    """What is wrong with the file's pages, and with rows that speak of other rows.

    Args:
        db: in a transaction.
    """
    for (fault,) in db.execute(f"PRAGMA integrity_check({_MOST})"):
        if fault != "ok":
            yield _fault(f"the file is not sound: {fault}", "index-pages")
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check").fetchmany(_MOST):
        yield _fault(
            f"row {row} of {table} speaks of a row of {parent} that is not there", "index-references"
        )
    strands.prepare(db)
    for record, number in db.execute(strands.ASTRAY).fetchmany(_MOST):
        yield _fault(f"link {number} of record {record} is not where walks downstream look", "index-strands")
    for artifact in strands.unnamed(db)[:_MOST]:
        yield _fault(
            f"walks downstream take artifact {artifact} for named by others, or not, wrongly", "index-strands"
        )


def check_words(db: sqlite3.Connection) -> Iterator[Finding]:
    """Whether every word leads to the texts that it is in, and to no others (FTS5 §6.4).

    Args:
        db: in a transaction that may write, though nothing is written.
    """
    try:
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    except sqlite3.DatabaseError:
        yield _fault("the words do not lead to the texts that they are in", "index-words")


def _fault(message: str, rule: str) -> Finding:
    return violation(message, rule, remedy=REBUILD)
