"""What is asked about an advisory, and what is answered: plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from umr_ld.risk.alias import Aliases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from umr_ld.lineage import Recorded, Row, Strand
    from umr_ld.names import Ref
    from umr_ld.ranges import Range
    from umr_ld.risk.answers import Answer
    from umr_ld.risk.policy import Cell
    from umr_ld.risk.scope import Scope


class Linked(Protocol):
    """The part of `lineage.Graph` that is asked here."""

    def steady(self) -> AbstractContextManager[None]:
        """See `lineage.Graph`."""
        ...

    def versions(self, name: str, at: int | None = None) -> Sequence[Row]:
        """See `lineage.Graph`."""
        ...

    def artifact_id(self, name: str) -> int | None:
        """See `lineage.Graph`."""
        ...

    def strands(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Strand]:
        """See `lineage.Graph`."""
        ...

    def recorded(self, artifacts: Sequence[int], at: int | None = None) -> Sequence[Recorded]:
        """See `lineage.Graph`."""
        ...

    def terms(self, ids: Sequence[int]) -> Mapping[int, str]:
        """See `lineage.Graph`."""
        ...


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a statement that counts makes of a record.

    Args:
        statement: of its record.
        record: which it is about.
        answer: what it says.
    """

    statement: Ref
    record: Ref
    answer: Answer


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked.

    Args:
        scopes: artifact to the versions that carry the risk.
        passes: key or IRI of a relation to what passes along it.
        rulings: number of a record to the statement that stands in the place of its hops.
        reviews: number of a record to the statement that stands in the place of a direct hit.
        aliases: names that are names of the same artifact.
    """

    scopes: Mapping[str, Scope]
    passes: Callable[[str], Cell]
    rulings: Mapping[int, Ruling] = field(default_factory=dict)
    reviews: Mapping[int, Ruling] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=Aliases)


class Step(NamedTuple):
    """One link of a path.

    Args:
        ref: the record that states the link.
        relation: key of the relation.
        artifact: what the link names: name or IRI.
        versions: which versions of it.
        revision: which revision of it, or empty.
        evidence: `declared`, `inferred`, `verified`, or empty.
        reached: the record on which the next step goes on, or which is itself hit; None where the versions
            that the link names are hit whether they are recorded or not.
    """

    ref: Ref
    relation: str
    artifact: str
    versions: Range
    revision: str
    evidence: str
    reached: Ref | None

    def __str__(self) -> str:
        versions = "" if self.versions.is_everything else f"@{self.versions}"
        return f"{self.ref} {self.relation} {self.artifact}{versions}"

    @property
    def end(self) -> str:
        """Where it leads: a record, or the versions that the link names."""
        if self.reached is not None:
            return str(self.reached)
        if self.revision:
            return f"{self.artifact} at {self.revision}"
        return self.artifact if self.versions.is_everything else f"{self.artifact}@{self.versions}"


def path_words(path: Iterable[Step]) -> str:
    """A path, read upwards: `embeds vinid/plip@1.0.0 finetunedOn …`.

    Args:
        path: steps from a record to what is hit.
    """
    return " ".join(f"{step.relation} {step.end}" for step in path)


class Exposed(NamedTuple):
    """A record, and how it stands.

    Args:
        ref: artifact and version.
        answer: how it stands.
        depth: steps between it and what is hit; 0 for a direct hit, and where a statement alone says so.
        arrives: what a direct hit and its hops amount to; another answer than `answer` where a statement
            stands in their place.
        ruling: the statement that counts for it.
        number: of the record, by which its path is found.
    """

    ref: Ref
    answer: Answer
    depth: int
    arrives: Answer
    ruling: Ruling | None
    number: int = 0
