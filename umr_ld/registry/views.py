"""What the registry answers with: plain values, the same for the command line, the pages and the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from umr_ld.entry import DONE

if TYPE_CHECKING:
    from datetime import datetime

    from umr_ld.document import Document
    from umr_ld.findings import Report
    from umr_ld.index import RecordRow
    from umr_ld.inherit import Effective
    from umr_ld.names import Ref
    from umr_ld.reading import Reading
    from umr_ld.record import Link, Record
    from umr_ld.risk import Advisory, Answer, Decision, Exposure, Ruling, Statement, Step
    from umr_ld.scores import Score


@dataclass(frozen=True, slots=True)
class Checked:
    """A document and what was found in it.

    Args:
        document: as it came.
        reading: the record it would become; None if it cannot be read.
        report: all findings, with file and line where known.
    """

    document: Document
    reading: Reading | None
    report: Report


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing a document did.

    Args:
        ref: the record.
        status: `published`, `unchanged` (this was done already), `withdrawn`, or `gone`.
        seq: sequence number of its journal entry; for `unchanged` that of the first publication.
        digest: SHA-256 over its canonical graph, hexadecimal.
        report: warnings that did not forbid it.
    """

    ref: Ref
    status: str
    seq: int
    digest: str
    report: Report


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Args:
        published: each record that was read, in order, with its status.
        refused: documents that could not be published, with why; everything else was taken.
    """

    published: tuple[Published, ...]
    refused: tuple[Checked, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an artifact's history.

    Args:
        seq: sequence number of the journal entry.
        time: when, in UTC.
        act: one of `entry.DONE`.
        ref: the record.
        agent: who did it.
        digest: of what was published; empty for other acts.
        reason: why it was withdrawn, or where it is gone from; empty for other acts.
        changes: what changed since the version before, in words.
    """

    seq: int
    time: datetime
    act: str
    ref: Ref
    agent: str
    digest: str = ""
    reason: str = ""
    changes: tuple[str, ...] = ()

    @property
    def done(self) -> str:
        """What the record is then, in words."""
        return DONE.get(self.act, self.act)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A link, and what it reaches.

    Args:
        link: what the author wrote.
        reached: the best matching record; None if none is recorded.
        title: of what is reached, or the artifact's name.
    """

    link: Link
    reached: Ref | None
    title: str


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name of an artifact.

    Args:
        name: the name, or an IRI.
        via: the name with which it was joined.
        statement: by which that was decided; None where the policy says so.
        reason: why, in words, or empty.
        agent: who published the decision; empty where the policy says so.
    """

    name: str
    via: str
    statement: Ref | None
    reason: str
    agent: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision about two names.

    Args:
        decision: what it says.
        ref: of its record.
        agent: who published it.
        time: when, in UTC.
        counts: whether the policy lets it count.
    """

    decision: Decision
    ref: Ref
    agent: str
    time: datetime
    counts: bool

    @property
    def names(self) -> tuple[str, str]:
        """The two names, in order."""
        return self.decision.names

    @property
    def accepted(self) -> bool:
        """Whether they are names of one artifact."""
        return self.decision.accepted


@dataclass(frozen=True, slots=True)
class Ground:
    """A reason why two names may be names of one artifact.

    Args:
        reason: key.
        words: the reason.
        detail: the value that they share, or how often it was met.
    """

    reason: str
    words: str
    detail: str

    def __str__(self) -> str:
        return f"{self.words}: {self.detail}" if self.detail else self.words


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two names that may be names of one artifact.

    Args:
        names: the two, in order.
        grounds: why, the strongest reason first.
    """

    names: tuple[str, str]
    grounds: tuple[Ground, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything about one record at one moment.

    Args:
        record: what its author stated.
        effective: with everything that holds for it, and the origin of each value.
        links: its upstreams, resolved, in the author's order.
        body: the published bytes.
        agent: who published it.
        published: when.
        seq: sequence number of the journal entry.
        newest: the newest version of the same artifact, withdrawn ones aside.
        versions: all recorded versions, newest first.
        withdrawn: when it was withdrawn; None if it stands.
        reason: why it was withdrawn.
        gone: when it was noted that the artifact is gone from where it was published; None if it is not, or
            was published again since.
        gone_from: where that is, in words.
        scores: for each question set that it answers.
        aliases: other names of its artifact.
    """

    record: Record
    effective: Effective
    links: tuple[Resolved, ...]
    body: bytes
    agent: str
    published: datetime
    seq: int
    newest: Ref
    versions: tuple[Ref, ...]
    withdrawn: datetime | None = None
    reason: str = ""
    gone: datetime | None = None
    gone_from: str = ""
    scores: tuple[Score, ...] = field(default=())
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of a listing or of a search.

    Args:
        ref: the newest record of the artifact at that moment.
        kind: key of its class.
        title: its title, or the name.
        publisher: in words; empty where nothing is said.
        license: IRI or expression; empty where nothing is said.
        published: when.
        withdrawn: whether it was withdrawn.
        snippet: where a search found it; empty in a listing.
    """

    ref: Ref
    kind: str
    title: str
    publisher: str
    license: str
    published: datetime
    withdrawn: bool = False
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of entries.

    Args:
        entries: this page.
        total: how many there are in all.
        facets: facet to value to count, over all of them.
    """

    entries: tuple[Listed, ...]
    total: int
    facets: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Said:
    """A statement about a record.

    Args:
        statement: what is said.
        row: the record.
        counts: whether it stands in the place of the record's hops.
        reviewed: whether it is a reviewer's, and stands in the place of a direct hit too.
    """

    statement: Statement
    row: RecordRow
    counts: bool
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Who is exposed to an advisory.

    Args:
        advisory: the revision that counts.
        policy: digest of the policy that was used.
        exposure: the records, with paths.
        said: every statement about it, whether it counts or not.
        stands: whether the advisory counts; nobody is exposed to one that was withdrawn.
    """

    advisory: Advisory
    policy: str
    exposure: Exposure
    said: tuple[Said, ...]
    stands: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """A record that is exposed to an advisory, or would be without a statement.

    Args:
        ref: the record.
        answer: how it stands.
        arrives: how it would stand without a statement.
        depth: links between it and what is hit.
        path: the strongest way to what is hit.
        ruling: the statement that counts for it.
        publisher: of the record, in words, or empty.
        kind: key of its class.
    """

    ref: Ref
    answer: Answer
    arrives: Answer
    depth: int
    path: tuple[Step, ...]
    ruling: Ruling | None
    publisher: str
    kind: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What a statement says about a record.

    Args:
        statement: of its record.
        about: the record.
        status: OpenVEX's word.
        justification: key of the reason, or empty.
        counts: whether it stands in the place of the record's hops.
        reviewed: whether it is a reviewer's, and stands in the place of a direct hit too.
    """

    statement: Ref
    about: Ref
    status: str
    justification: str
    counts: bool
    reviewed: bool


@dataclass(frozen=True, slots=True)
class Affected:
    """Who is affected by an advisory, told whole.

    Args:
        advisory: the revision that counts.
        policy: digest of the policy that was used.
        hits: the records.
        said: every statement about it, whether it counts or not.
        repair: records in the order in which they have to be mended, with how many hang on each.
    """

    advisory: Advisory
    policy: str
    hits: tuple[Judged, ...]
    said: tuple[Stated, ...]
    repair: tuple[tuple[Judged, int], ...]


@dataclass(frozen=True, slots=True)
class Concern:
    """An advisory that is open against something that somebody uses, or is about to publish.

    Args:
        asked: the record, or the reference where nothing is recorded.
        advisory: what is said to be wrong.
        answer: how it stands.
        arrives: how it would stand without a statement.
        path: the strongest way to what is hit.
        statement: the statement that counts for it.
        fix: the closest newer version, of what is used directly or of itself, that is clear; or empty.
        given: the reference as it was asked about; empty for a draft.
    """

    asked: str
    advisory: Advisory
    answer: Answer
    arrives: Answer
    path: tuple[Step, ...]
    statement: Ref | None
    fix: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An artifact of which nothing is recorded, but which records name.

    Args:
        artifact: name or IRI.
        named_by: records that link to it, or to another of its names.
        aliases: other names of it.
    """

    artifact: str
    named_by: tuple[Ref, ...]
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Carried:
    """A record that names a file.

    Args:
        digest: of the file: key of a property, a colon, and the value.
        ref: the record.
        kind: key of its class.
        title: its title, or the name.
        file: what the record calls the file.
        withdrawn: whether the record is withdrawn.
    """

    digest: str
    ref: Ref
    kind: str
    title: str
    file: str
    withdrawn: bool = False
