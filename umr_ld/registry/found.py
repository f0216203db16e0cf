"""What can be told of a record by itself: it may be found out before its turn, and elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from umr_ld.index import Publication
from umr_ld.record import files_of, publisher_label, shown
from umr_ld.risk import subjects_of
from umr_ld.vocab import DCAT, DCT, UMR

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.entry import Stored
    from umr_ld.record import Record
    from umr_ld.vocab import Vocabulary

MOST_TAGS = 100
LONGEST_TAG = 200
"""Values of one facet that a record is chosen by, and characters of one."""


class Told(NamedTuple):
    """What the index keeps of a record, wherever it stands in the journal; each as of `Publication`."""

    title: str
    description: str
    publisher: str
    license: str
    keywords: tuple[str, ...]
    revision: str
    subjects: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    fingerprints: tuple[str, ...]


class Found(NamedTuple):
    """What was found out of a record that may be the first of its artifact.

    Args:
        own: what follows from it alone, if it is the first (`derive.own_facts`), as N-Triples.
        told: what the index keeps of it.
    """

    own: bytes
    told: Told


def told(record: Record, base: Base, vocabulary: Vocabulary) -> Told:
    """What the index keeps of a record.

    Args:
        record: the record.
        base: the registry's base IRI.
        vocabulary: says which properties are facets, and which stand for files.
    """
    return Told(
        title=record.title,
        description=record.text(f"{DCT}description"),
        publisher=publisher_label(record, base),
        license=record.text(f"{DCT}license", f"{UMR}licenseExpression"),
        keywords=tuple(shown(value) for value in record.values(f"{DCAT}keyword")),
        revision=record.text(f"{UMR}revision"),
        subjects=subjects_of(record, base),
        tags=tuple(
            (key, text[:LONGEST_TAG])
            for key, rule in vocabulary.facets.items()
            for text in list(map(shown, record.values(rule.iri)))[:MOST_TAGS]
        ),
        fingerprints=tuple(one.digest for one in files_of(record, vocabulary)),
    )


def publication(stored: Stored, record: Record, told: Told) -> Publication:
    """What the index keeps of a published record.

    Args:
        stored: its journal entry.
        record: what the entry's body describes.
        told: of the record.
    """
    return Publication(
        seq=stored.seq,
        location=stored.location,
        time=stored.entry.time,
        agent=stored.entry.agent,
        name=record.ref.name,
        version=record.ref.version,
        kind=record.kind,
        digest=record.digest,
        links=record.links,
        **told._asdict(),
    )
