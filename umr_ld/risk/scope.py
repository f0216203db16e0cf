"""Which versions of one artifact an advisory or a statement speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.ranges import EVERYTHING, Range
from umr_ld.risk.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from umr_ld.versions import Version


@dataclass(frozen=True, slots=True)
class Scope:
    """Versions of one artifact: those in a range, and those with one of some labels.

    Args:
        versions: the range.
        revisions: the publisher's or hub's own labels of further versions.
        undecided: whether versions are meant whose order is not known, so that no other is surely free.
    """

    versions: Range = EVERYTHING
    revisions: frozenset[str] = frozenset()
    undecided: bool = False

    def __or__(self, other: Scope) -> Scope:
        return Scope(
            self.versions | other.versions,
            self.revisions | other.revisions,
            self.undecided or other.undecided,
        )

    def holds(self, version: Version, revision: str) -> bool:
        """Whether a recorded version is surely meant.

        Args:
            version: of the record.
            revision: which the record carries, or empty.
        """
        return version in self.versions or (bool(revision) and revision in self.revisions)

    def of_record(self, version: Version, revision: str) -> Answer:
        """How a recorded version of the artifact itself stands.

        Args:
            version: of the record.
            revision: which the record carries, or empty.
        """
        if self.holds(version, revision):
            return Answer.AFFECTED
        return Answer.POSSIBLY if self.undecided else Answer.CLEAR

    def of_link(self, meant: Range, revision: str, recorded: Iterable[tuple[Version, str]]) -> Answer:
        """How the versions that a link names stand, by what is said of the artifact itself.

        A link that names a revision means the records that carry it; where none does, one version of its
        range, but which is not known.

        Args:
            meant: the link's range.
            revision: which the link names, or empty.
            recorded: version and revision of every record of the artifact.
        """
        # Of thousands of versions the labels are looked at only where labels are meant.
        rows = list(recorded) if revision or self.revisions else []
        if revision:
            if revision in self.revisions:
                return Answer.AFFECTED
            carrying = [version for version, label in rows if label == revision and version in meant]
            if carrying:
                return _joined(self.of_record(version, revision) for version in carrying)
        known = self.versions | Range.of(*(version for version, label in rows if label in self.revisions))
        if meant.is_empty:
            return Answer.CLEAR
        if meant <= known:
            return Answer.AFFECTED
        if not known.isdisjoint(meant) or self.undecided:
            return Answer.POSSIBLY
        unplaced = self.revisions - {label for _, label in rows}
        decided = meant.exact is not None and any(version == meant.exact for version, _ in rows)
        return Answer.POSSIBLY if unplaced and not decided and not revision else Answer.CLEAR


def _joined(answers: Iterable[Answer]) -> Answer:
    """Affected if all are, clear if all are, possibly otherwise."""
    found = set(answers)
    return found.pop() if len(found) == 1 else Answer.POSSIBLY
