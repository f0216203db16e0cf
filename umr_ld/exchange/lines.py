"""One entry of a journal as a line of JSON (RFC 8259, one object a line)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Malformed, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LONGEST = 16 * 1024 * 1024
"""Bytes of a line."""

MEDIA = "application/jsonl"


@dataclass(frozen=True, slots=True)
class Line:
    """What a registry says happened to a record.

    Args:
        act: `publish`, `withdraw` or `vanish`.
        reference: `name@version` there.
        sequence: number of the entry in that registry's journal; 0 where it is not said.
        chain: that entry's chain value; empty where it is not said.
        time: when, as RFC 3339 writes it.
        agent: who did it.
        digest: of a record, SHA-256 over its canonical graph.
        reason: why it was withdrawn, or where it is gone from.
        record: the published document; None of other acts.
        place: where the line was read, for messages.
    """

    act: str
    reference: str
    sequence: int = 0
    chain: str = ""
    time: str = ""
    agent: str = ""
    digest: str = ""
    reason: str = ""
    record: Mapping[str, Any] | None = None
    place: str = ""

    @property
    def iri(self) -> str:
        """What the document says is its identifier; empty without a document."""
        said = None if self.record is None else self.record.get("id")
        return said if isinstance(said, str) else ""


_TEXTS = ("act", "reference", "chain", "time", "agent", "digest", "reason")


def written(line: Line) -> bytes:
    """A line as it is sent, with its end.

    Args:
        line: what happened.
    """
    told: dict[str, Any] = {"sequence": line.sequence} if line.sequence else {}
    told |= {key: text for key in _TEXTS if (text := getattr(line, key))}
    if line.record is not None:
        told["record"] = line.record
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def read_lines(source: Iterable[bytes], place: str) -> Iterator[Line]:
    """Lines as they come.

    Args:
        source: the lines, as bytes; empty ones are passed over.
        place: file or address, for messages.

    Raises:
        Unreadable: at the first line that is none.
        Malformed: if one is too long.
    """
    for number, data in enumerate(source, 1):
        where = f"{place}:{number}"
        if len(data) > LONGEST:
            raise Malformed(f"the line is longer than {LONGEST:,} bytes", where=where)
        if data.strip():
            yield _line(data, where)


def _line(data: bytes, where: str) -> Line:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable(
            "not a line of JSON",
            where=where,
            remedy="what `umr export --as jsonl` writes is read, and what a registry serves at /data/journal.jsonl",
        ) from None
    record = said.get("record") if isinstance(said, dict) else None
    sequence = said.get("sequence", 0) if isinstance(said, dict) else None
    texts = {key: said.get(key, "") for key in _TEXTS} if isinstance(said, dict) else {}
    if (
        not all(isinstance(text, str) for text in texts.values())
        or not texts.get("act")
        or not texts.get("reference")
        or type(sequence) is not int
        or sequence < 0
        or not (record is None or isinstance(record, dict))
    ):
        raise Unreadable("the line tells of no entry: act and reference are texts", where=where)
    return Line(sequence=sequence, record=record, place=where, **texts)
