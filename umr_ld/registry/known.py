"""The outside of a record for `checks`: what is published, and what comes before it in the same batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from umr_ld.index import Index, RecordRow
    from umr_ld.names import Name, Ref
    from umr_ld.record import Link, Record
    from umr_ld.registry.records import Records
    from umr_ld.versions import Version


class KnownRecords:
    """What is published, with the records of a batch laid over it as they are accepted.

    Args:
        index: names, versions and links of what is published.
        records: reads what is published.
    """

    def __init__(self, index: Index, records: Records) -> None:
        self._index = index
        self._records = records
        self._published: dict[str, Sequence[RecordRow]] = {}
        self._batch: dict[str, list[Record]] = {}
        self._alike: dict[str, set[str]] = {}
        self._named: set[str] = set()
        self._new_names: set[str] = set()
        """Names of which it is known that nothing is published of them,"""
        self._unnamed: set[str] = set()
        """that nothing published names them,"""
        self._unlike: set[str] = set()
        """and skeletons that nothing published has."""

    def look_up(self, records: Sequence[Record]) -> None:
        """Ask the index at once what it would be asked for each of many records.

        Args:
            records: that are to be looked at.
        """
        own = {str(record.ref.name) for record in records}
        every = own.union(link.artifact for record in records for link in record.links)
        skeletons = {record.ref.name.skeleton for record in records}
        self._new_names |= _others(every, self._index.recorded_among(every))
        self._unnamed |= _others(own, self._index.named_among(own))
        self._unlike |= _others(skeletons, self._index.alike_among(skeletons))

    def accept(self, record: Record) -> None:
        """Count a record of the batch as published, for those that come after it.

        Args:
            record: it passed its checks.
        """
        name = str(record.ref.name)
        self._batch.setdefault(name, []).append(record)
        self._alike.setdefault(record.ref.name.skeleton, set()).add(name)
        self._named.update(link.artifact for link in record.links)

    def versions(self, name: str) -> Sequence[Version]:
        """See `checks.Known.versions`."""
        published = [row.ref.version for row in self.rows(name)]
        return sorted(
            [*published, *(record.ref.version for record in self._batch.get(name, ()))], reverse=True
        )

    def latest(self, name: str) -> Record | None:
        """See `checks.Known.latest`."""
        if name in self._batch:
            return max(self._batch[name], key=lambda record: record.ref.version)
        rows = self.rows(name)
        return self._records.read(rows[0]) if rows else None

    def kind(self, artifact: str) -> str:
        """See `checks.Known.kind`."""
        if artifact in self._batch:
            return self._batch[artifact][-1].kind
        rows = self.rows(artifact)
        return rows[0].kind if rows else ""

    def rows(self, name: str) -> Sequence[RecordRow]:
        """What is published of an artifact, the newest version first; nothing is published while a batch is looked at.

        Args:
            name: of the artifact.
        """
        if name in self._new_names:
            return ()
        found = self._published.get(name)
        if found is None:
            found = self._published[name] = self._index.versions(name)
        return found

    def lookalikes(self, name: Name) -> Sequence[str]:
        """See `checks.Known.lookalikes`."""
        skeleton = name.skeleton
        published = () if skeleton in self._unlike else self._index.confusable(skeleton)
        return sorted(self._alike.get(skeleton, set()).union(published) - {str(name)})

    def cycle(self, record: Record) -> Sequence[Ref]:
        """See `checks.Known.cycle`. Nobody who is new is on a cycle unless somebody names him already."""
        name = str(record.ref.name)
        if name not in self._named and (name in self._unnamed or not self._index.is_named(name)):
            return ()
        before: dict[Ref, Ref] = {}
        level: list[tuple[Ref, Sequence[Link]]] = [(record.ref, record.links)]
        while level:
            above = []
            for ref, links in level:
                for link in links:
                    if ref != record.ref and _covers(link, record):
                        return (*_way(ref, before), record.ref)
                    for target, further in self._targets(link):
                        if target not in before and target != record.ref:
                            before[target] = ref
                            above.append((target, further))
            level = above
        return ()

    def _targets(self, link: Link) -> Iterator[tuple[Ref, Sequence[Link]]]:
        for row in self._index.matching(link):
            yield row.ref, self._index.links_of(row)
        for record in self._batch.get(link.artifact, ()):
            if _covers(link, record):
                yield record.ref, record.links


def _others(texts: set[str], found: Container[str]) -> set[str]:
    return {text for text in texts if text not in found}


def _covers(link: Link, record: Record) -> bool:
    if link.artifact != str(record.ref.name):
        return False
    return link.revision == "" and record.ref.version in link.versions


def _way(ref: Ref, before: dict[Ref, Ref]) -> list[Ref]:
    way = [ref]
    while way[-1] in before:
        way.append(before[way[-1]])
    return way[::-1]
