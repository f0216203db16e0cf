"""What lineage asks of whoever knows the records: the index, or a dictionary in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from umr_ld.lineage.strand import Strand
    from umr_ld.names import Ref
    from umr_ld.ranges import Range
    from umr_ld.record import Link
    from umr_ld.versions import Version


class Row(Protocol):
    """A record, as far as lineage looks at it."""

    @property
    def seq(self) -> int:
        """A number that identifies the record."""
        ...

    @property
    def ref(self) -> Ref:
        """Artifact and version."""
        ...

    @property
    def kind(self) -> str:
        """Key of its class."""
        ...

    @property
    def title(self) -> str:
        """Its title, or the name."""
        ...

    @property
    def revision(self) -> str:
        """The publisher's own label of the version, or empty."""
        ...

    @property
    def withdrawn(self) -> datetime | None:
        """When it was withdrawn; None if it stands."""
        ...


class Recorded(NamedTuple):
    """A record, seen from its artifact. Texts that repeat stand as numbers (`Graph.terms`).

    Args:
        artifact: as `Graph.artifact_id` numbers it.
        record: a number that identifies the record.
        version: term.
        revision: the publisher's own label of the version, or empty.
    """

    artifact: int
    record: int
    version: int
    revision: str


R = TypeVar("R", bound=Row)


class Graph(Protocol[R]):
    """Records and their links up to a moment, `at`, which is a number of the order of publication."""

    def steady(self) -> AbstractContextManager[None]:
        """What is asked inside is answered from one state, whatever is published meanwhile."""
        ...

    def record(self, ref: Ref, at: int | None = None) -> R | None:
        """One record."""
        ...

    def versions(self, name: str, at: int | None = None) -> Sequence[R]:
        """All records of an artifact, the largest version first."""
        ...

    def best_of(self, name: str, versions: Range, at: int | None = None) -> R | None:
        """The best of an artifact's recorded versions in a range."""
        ...

    def links_of(self, row: R) -> Sequence[Link]:
        """A record's links, in its author's order."""
        ...

    def matching(self, link: Link, at: int | None = None) -> Sequence[R]:
        """The records that a link covers, the best first."""
        ...

    def naming(
        self, artifact: str, at: int | None = None, most: int | None = None, skip: int = 0
    ) -> Sequence[R]:
        """The records with a link to an artifact, each once, by name and version: so many, after so many."""
        ...

    def artifact_id(self, name: str) -> int | None:
        """The number of an artifact, recorded or only named; None if it is neither."""
        ...

    def strands(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Strand]:
        """All links to these artifacts, in any order."""
        ...

    def recorded(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Recorded]:
        """All records of these artifacts, the largest version first."""
        ...

    def terms(self, ids: Sequence[int]) -> Mapping[int, str]:
        """The texts of terms."""
        ...


def covers(link: Link, version: Version, revision: str) -> bool:
    """Whether a link means a version of the artifact that it names.

    Args:
        link: the link.
        version: of a record of that artifact.
        revision: which that record carries, or empty.
    """
    return version in link.versions and link.revision in {"", revision}
