"""Records by the bytes of files that they name: the same file under whatever names."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.record import files_of
from umr_ld.registry.views import Carried

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from umr_ld.index import Carrier
    from umr_ld.record import Record
    from umr_ld.registry.parts import Parts
    from umr_ld.vocab import Vocabulary

ANY = "digest"
"""Stands for the key of any property that stands for bytes."""

TOGETHER = 1000
"""Files of one record that are looked for elsewhere."""

_DIGEST = re.compile(r"(?:([A-Za-z][\w-]*):)?([0-9A-Fa-f]{32,128})\Z")


def digests_of(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The digests that somebody means; none if the text is no digest.

    Args:
        text: `sha256:` and its digits, `digest:` and the digits of any, or 64 digits alone.
        vocabulary: says which properties stand for bytes.
    """
    found = _DIGEST.match(text.strip())
    if found is None:
        return ()
    said, digits = found.groups()
    keys = sorted(rule.key for rule in vocabulary.fingerprints.values())
    wanted = keys if said in {None, ANY} else [key for key in keys if key == str(said).lower()]
    return tuple(f"{key}:{digits.lower()}" for key in wanted)


def require_digests(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """As `digests_of`.

    Args:
        text: what somebody wrote.
        vocabulary: as there.

    Raises:
        Malformed: if it is no digest.
    """
    found = digests_of(text, vocabulary)
    if not found:
        raise Malformed(
            f"{text[:200]!r} is no digest of a file",
            remedy="write sha256: and the 64 digits that `umr digest FILE` prints",
        )
    return found


def _newest(several: Iterable[Carrier]) -> Iterator[Carrier]:
    """Of each file and artifact the first one."""
    seen: set[tuple[str, str]] = set()
    for one in several:
        key = one.digest, str(one.row.ref.name)
        if key not in seen:
            seen.add(key)
            yield one


def _carried(parts: Parts, one: Carrier) -> Carried:
    files = files_of(parts.records.read(one.row), parts.vocabulary)
    return Carried(
        digest=one.digest,
        ref=one.row.ref,
        kind=one.row.kind,
        title=one.row.title,
        file=next((file.name for file in files if file.digest == one.digest), ""),
        withdrawn=one.row.withdrawn is not None,
    )


class Files:
    """The questions about files.

    Args:
        parts: of the registry.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def carrying(
        self, digest: str, *, most: int | None = None, at: datetime | None = None
    ) -> tuple[Carried, ...]:
        """The records, of any version, that name a file, whatever they call it.

        Args:
            digest: `sha256:` and its digits, or `digest:` and those of any kind that records state.
            most: how many are told; None for all.
            at: as in `Reader.show`.

        Returns:
            by digest, name, and then the newest version first.

        Raises:
            Malformed: if it is no digest.
        """
        parts = self._parts
        wanted = require_digests(digest, parts.vocabulary)
        upto = None if at is None else parts.index.sequence_at(at)
        with parts.index.steady():
            return tuple(_carried(parts, one) for one in parts.index.carrying(wanted, upto, most))

    def same_files(
        self, record: Record, *, most: int = 100, at: datetime | None = None
    ) -> tuple[tuple[str, Carried], ...]:
        """Where else the files of a record are: what it calls each, and the newest record of each other artifact.

        Args:
            record: the record.
            most: how many are told.
            at: as in `Reader.show`.
        """
        parts = self._parts
        upto = None if at is None else parts.index.sequence_at(at)
        names: dict[str, str] = {}
        for file in islice(files_of(record, parts.vocabulary), TOGETHER):
            names.setdefault(file.digest, file.name)
        if not names:
            return ()
        with parts.index.steady():
            several = parts.index.carrying([*names], upto)
            others = (one for one in _newest(several) if one.row.ref.name != record.ref.name)
            return tuple((names[one.digest], _carried(parts, one)) for one in islice(others, most))
