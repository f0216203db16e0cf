"""Records and links as they are read back from their tables."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from umr_ld.index import RecordRow, Vanishing
from umr_ld.lineage import covers
from umr_ld.names import Name, Ref
from umr_ld.ranges import EVERYTHING, Range
from umr_ld.record import Link
from umr_ld.versions import Version

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

NOW = 2**63 - 1
"""As `at`: everything."""

BEST_FIRST = "w.record IS NOT NULL, r.prerelease, r.key DESC"

BEST = """coalesce(
    (SELECT r.seq FROM record r
     WHERE r.artifact = {artifact} AND r.seq <= :at AND NOT r.prerelease
        AND NOT EXISTS (SELECT 1 FROM withdrawal w WHERE w.record = r.seq AND w.seq <= :at)
     ORDER BY r.key DESC LIMIT 1),
    (SELECT r.seq FROM record r
     WHERE r.artifact = {artifact} AND r.seq <= :at
        AND NOT EXISTS (SELECT 1 FROM withdrawal w WHERE w.record = r.seq AND w.seq <= :at)
     ORDER BY r.key DESC LIMIT 1),
    (SELECT r.seq FROM record r
     WHERE r.artifact = {artifact} AND r.seq <= :at
     ORDER BY r.prerelease, r.key DESC LIMIT 1))"""
"""The first of `BEST_FIRST` among an artifact's records, read from the index's end: old ones cost nothing."""

_RECORDS = """
    SELECT r.seq, r.location, r.time, agent.text, a.name, version.text, kind.text, r.title, publisher.text,
        license.text, r.digest, r.revision, w.time, w.seq, coalesce(withdrawer.text, ''), coalesce(w.reason, '')
    FROM {source}
        CROSS JOIN artifact a ON a.id = r.artifact
        CROSS JOIN term agent ON agent.id = r.agent
        CROSS JOIN term version ON version.id = r.version
        CROSS JOIN term kind ON kind.id = r.kind
        CROSS JOIN term publisher ON publisher.id = r.publisher
        CROSS JOIN term license ON license.id = r.license
        LEFT JOIN withdrawal w ON w.record = r.seq AND w.seq <= :at
        LEFT JOIN term withdrawer ON withdrawer.id = w.agent
    WHERE r.seq <= :at {condition}
    ORDER BY {order}
"""

_SPOKEN_OF = """(
    SELECT DISTINCT s.record FROM json_each(:subjects) wanted CROSS JOIN subject s ON s.name = wanted.value
) said CROSS JOIN record r ON r.seq = said.record"""

_SPEAKING = """(SELECT DISTINCT record FROM subject) said CROSS JOIN record r ON r.seq = said.record"""
"""Every advisory and every statement speaks of something: there are few of them among many records."""

_LINKS = """
    SELECT l.number, relation.text, a.name, versions.text, l.revision, l.inherit, evidence.text, l.external,
        l.note, l.iri
    FROM link l
        CROSS JOIN artifact a ON a.id = l.target
        CROSS JOIN term relation ON relation.id = l.relation
        CROSS JOIN term evidence ON evidence.id = l.evidence
        LEFT JOIN term versions ON versions.id = l.versions
    WHERE l.record = :record
    ORDER BY l.number
"""


_VANISHINGS = """
    SELECT v.seq, v.time, version.text, v.reason, agent.text
    FROM artifact a CROSS JOIN vanishing v ON v.artifact = a.id CROSS JOIN record r ON r.seq = v.record
        CROSS JOIN term version ON version.id = r.version CROSS JOIN term agent ON agent.id = v.agent
    WHERE a.name = :name AND v.seq <= :at ORDER BY v.seq DESC
"""


def microseconds(time: datetime) -> int:
    """A moment as a number that orders as moments do.

    Args:
        time: with its offset from UTC.
    """
    return (time - _EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    """The moment, in UTC, of a number that `microseconds` gave."""
    return _EPOCH + number * _MICROSECOND


def text_of(versions: Range) -> str | None:
    """A range as it is kept: None for every version."""
    return None if versions.is_everything else _written(versions)


def range_of(text: str | None) -> Range:
    """The range that is kept as this text."""
    return EVERYTHING if text is None else _read(text)


_written = lru_cache(maxsize=4096)(str)
_read = lru_cache(maxsize=4096)(Range.from_npm)


# Which of them are wanted is said before anything else of them is read.
_NAMING = """(
    SELECT one.record FROM (
        SELECT DISTINCT l.record, l.name FROM artifact named CROSS JOIN link l ON l.target = named.id
        WHERE named.name = :name AND l.record <= :at
    ) one CROSS JOIN record version ON version.seq = one.record
    ORDER BY one.name, version.key LIMIT :most OFFSET :skip
) link CROSS JOIN record r ON r.seq = link.record"""


def records(
    db: sqlite3.Connection,
    source: str,
    given: Mapping[str, Any],
    *,
    condition: str = "",
    order: str = BEST_FIRST,
) -> Iterator[RecordRow]:
    """Records from tables.

    Args:
        db: in a transaction.
        source: what stands after FROM; among it the table of records, as `r`.
        given: values of parameters, `at` among them.
        condition: further conditions, each beginning with AND.
        order: columns, of `r` and, for withdrawals, `w`.
    """
    text = _RECORDS.format(source=source, condition=condition, order=order)
    return map(_record, db.execute(text, given))


def _record(columns: tuple[Any, ...]) -> RecordRow:
    seq, location, time, agent, name, version, kind, title, publisher, license_, digest, revision, *end = (
        columns
    )
    withdrawn, withdrawn_seq, withdrawn_by, reason = end
    return RecordRow(
        seq=seq,
        location=location,
        time=moment(time),
        agent=agent,
        ref=Ref(Name.parse(name), Version.parse(version)),
        kind=kind,
        title=title,
        publisher=publisher,
        license=license_,
        digest=digest,
        revision=revision,
        withdrawn=None if withdrawn is None else moment(withdrawn),
        withdrawn_seq=withdrawn_seq,
        withdrawn_by=withdrawn_by,
        reason=reason,
    )


def of_artifact(
    db: sqlite3.Connection, name: str, at: int, *, version: Version | None = None, order: str = BEST_FIRST
) -> Iterator[RecordRow]:
    """The records of an artifact.

    Args:
        db: in a transaction.
        name: name or IRI.
        at: sequence number up to which to look.
        version: the one that is meant; None for all.
        order: as of `records`.
    """
    source = "artifact named CROSS JOIN record r ON r.artifact = named.id"
    given: dict[str, Any] = {"name": name, "at": at}
    if version is None:
        return records(db, source, given, condition="AND named.name = :name", order=order)
    given["key"] = version.sort_key
    return records(db, source, given, condition="AND named.name = :name AND r.key = :key", order=order)


def numbered(db: sqlite3.Connection, numbers: Iterable[int], at: int) -> Iterator[RecordRow]:
    """Records by their sequence numbers.

    Args:
        db: in a transaction.
        numbers: those that are none are passed over.
        at: sequence number up to which to look.
    """
    source = "json_each(:numbers) wanted CROSS JOIN record r ON r.seq = wanted.value"
    return records(db, source, {"numbers": json.dumps([*numbers]), "at": at}, condition="", order="r.seq")


def links(db: sqlite3.Connection, record: int) -> list[Link]:
    """The links of a record, in the author's order.

    Args:
        db: in a transaction.
        record: sequence number.
    """
    return [
        Link(
            number=number,
            relation=relation,
            artifact=artifact,
            versions=range_of(versions),
            revision=revision or "",
            inherit=bool(inherit),
            evidence=evidence,
            external=bool(external),
            note=note,
            iri=iri,
        )
        for number, relation, artifact, versions, revision, inherit, evidence, external, note, iri in db.execute(
            _LINKS, {"record": record}
        )
    ]


def vanishings(db: sqlite3.Connection, name: str, at: int) -> tuple[Vanishing, ...]:
    """When an artifact was noted to be gone from where it was published, the newest first.

    Args:
        db: in a transaction.
        name: of the artifact.
        at: sequence number up to which to look.
    """
    return tuple(
        Vanishing(seq, moment(time), name, Version.parse(version), reason, agent)
        for seq, time, version, reason, agent in db.execute(_VANISHINGS, {"name": name, "at": at})
    )


def speaking(
    db: sqlite3.Connection, kind: str, subjects: Sequence[str] | None, at: int
) -> tuple[RecordRow, ...]:
    """Records of a kind, of anything or of certain subjects, by name and then the newest version first.

    Args:
        db: in a transaction.
        kind: key of a class.
        subjects: names and IRIs; None for all.
        at: sequence number up to which to look.
    """
    given: dict[str, Any] = {"at": at, "kind": kind}
    source, condition = _SPEAKING, "AND kind.text = :kind"
    if subjects is not None:
        given["subjects"] = json.dumps(list(subjects))
        source = _SPOKEN_OF
    return tuple(records(db, source, given, condition=condition, order="a.name, r.key DESC"))


def covered(db: sqlite3.Connection, link: Link, at: int) -> Iterator[RecordRow]:
    """The records that a link covers, the best first.

    Args:
        db: in a transaction.
        link: the link.
        at: sequence number up to which to look.
    """
    rows = of_artifact(db, link.artifact, at)
    return (row for row in rows if covers(link, row.ref.version, row.revision))


def naming(
    db: sqlite3.Connection, artifact: str, at: int, most: int | None = None, skip: int = 0
) -> Iterator[RecordRow]:
    """The records with a link to an artifact, each once, by name and version.

    Args:
        db: in a transaction.
        artifact: name or IRI.
        at: sequence number up to which to look.
        most: how many are read; None for all.
        skip: how many are left out before them.
    """
    given = {"name": artifact, "at": at, "most": -1 if most is None else most, "skip": skip}
    return records(db, _NAMING, given, order="a.name, r.key")


def dependents(db: sqlite3.Connection, first: RecordRow, at: int) -> Sequence[RecordRow]:
    """The records for which it matters whether a record exists and stands; see `Index.dependents`.

    Args:
        db: in a transaction.
        first: the record.
        at: sequence number up to which to look.
    """
    found: dict[int, RecordRow] = {}
    handed_down = {first.seq}
    level = [first]
    while level:
        inheriting = []
        for parent in level:
            for row in naming(db, str(parent.ref.name), at):
                reaching = [
                    link
                    for link in links(db, row.seq)
                    if link.artifact == str(parent.ref.name)
                    and covers(link, parent.ref.version, parent.revision)
                    and (parent is first or link.inherit)
                ]
                if reaching:
                    found[row.seq] = row
                if row.seq not in handed_down and any(link.inherit for link in reaching):
                    handed_down.add(row.seq)
                    inheriting.append(row)
        level = inheriting
    return [found[seq] for seq in sorted(found)]
