"""Following what others publish: what a hub says of artifacts today becomes the next versions of their records.

A hub has revisions and no semantic versions. The first record of an artifact is 0.1.0, each further one the least
version that what changed needs; where nothing changed, nothing is published. What is gone from the hub stays, noted
as gone. Names that are easily taken for one another are kept apart, since the hub keeps them apart.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from umr_ld.change import diff
from umr_ld.checks import check
from umr_ld.errors import UmrError
from umr_ld.findings import Finding, Report, Severity
from umr_ld.record import shown
from umr_ld.registry import answers
from umr_ld.registry.known import KnownRecords
from umr_ld.registry.publishing import in_order, publication_entry, reasoned_entry
from umr_ld.registry.views import Checked, Imported, Published
from umr_ld.tree import Tree, placed
from umr_ld.vocab import DCT, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from umr_ld.entry import Entry
    from umr_ld.index import RecordRow
    from umr_ld.names import Ref
    from umr_ld.record import Record
    from umr_ld.registry.found import Found
    from umr_ld.registry.parts import Parts
    from umr_ld.registry.prepared import Prepared
    from umr_ld.registry.publishing import Desk

_SOURCE = f"{DCT}source"
_FILES = "distribution"
_KNOWN_AS = f"{UMR}alsoKnownAs"
_KEPT_APART = "name-confusable"
_CYCLE = "derivation-cycle"


def follow(
    parts: Parts,
    desk: Desk,
    drafts: Iterable[Prepared],
    gone: Mapping[str, str],
    agent: str,
) -> Imported:
    """Publish what a hub says of artifacts now, all of it with one write to the journal.

    Args:
        parts: of the registry.
        desk: where documents are read.
        drafts: at most one of each artifact; their versions do not matter.
        gone: names of artifacts that the hub does not have any more, with why that is known, in words.
        agent: who follows.

    Returns:
        what was done, by status: `published`, `unchanged`, `kept` (somebody else recorded it, and it is left alone),
        `gone`; and what could not be published, with why.

    Raises:
        Full: if there is no space; nothing of it was published.
    """
    parts.require_writing()
    parts.catch_up()
    batch = _Batch(parts, desk, gone, agent)
    with parts.index.steady():
        batch.look_at([*drafts])
        batch.judge()
        batch.note_gone()
    return batch.publish()


@dataclass(frozen=True, slots=True)
class _New:
    """What is about to be published."""

    checked: Checked
    record: Record
    entry: Entry


class _Batch:
    def __init__(self, parts: Parts, desk: Desk, gone: Mapping[str, str], agent: str) -> None:
        self._parts = parts
        self._desk = desk
        self._gone = dict(gone)
        self._agent = agent
        self._now = datetime.now(UTC)
        self._known = KnownRecords(parts.index, parts.records)
        self._waiting: list[Checked] = []
        self._sure: set[str] = set()
        """Digests of new records that surely keep the shapes and do not contradict themselves."""
        self._found: dict[str, Found] = {}
        """What was found out of the first records of artifacts, by their digests."""
        self._done: list[Published] = []
        self._refused: list[Checked] = []
        self._new: list[_New] = []
        self._noted: list[tuple[Ref, Entry]] = []

    def look_at(self, drafts: Sequence[Prepared]) -> None:
        """Take each draft as the next version of its artifact, if it is one."""
        readings = [draft.checked.reading for draft in drafts]
        self._known.look_up([one.record for one in readings if one is not None])
        for draft in drafts:
            self._look_at(draft)

    def _look_at(self, draft: Prepared) -> None:
        assert isinstance(draft.tree.root, dict)
        rows = self._known.rows(str(draft.tree.root.get("name")))
        if rows:
            self._compare(draft.tree, draft.checked, rows[0])
            return
        self._waiting.append(draft.checked)
        if draft.checked.reading is not None:
            digest = draft.checked.reading.record.digest
            if draft.found is not None:
                self._found[digest] = draft.found
            if draft.is_sure:
                self._sure.add(digest)

    def _compare(self, tree: Tree, read: Checked, newest: RecordRow) -> None:
        """Take a draft as what follows a record, if anything changed."""
        document = read.document
        tree, checked = self._read(tree, read, newest)
        if checked.reading is None:
            self._waiting.append(checked)
            return
        record = checked.reading.record
        name = str(record.ref.name)
        is_back = name not in self._gone and answers.gone_since(self._parts, newest) is not None
        if record.digest == newest.digest and not is_back:
            self._leave(newest, "unchanged")
            return
        before = self._parts.records.read(newest)
        known = _known_as(before) - _known_as(record)
        if known:
            # A name that once led there, and was learnt by asking for it.
            also = _also_known_as(tree, _known_as(record) | known)
            self._compare(also, self._desk.read_tree(also, document), newest)
            return
        found = diff(before, record, self._parts.vocabulary)
        if before.text(_SOURCE) != record.text(_SOURCE):
            self._gone.pop(name, None)
            self._leave(newest, "kept")
        elif not found.changes and not is_back:
            self._leave(newest, "unchanged")
        else:
            version = str(found.least(newest.ref.version))
            self._waiting.append(self._desk.read_tree(_versioned(tree, version), document))

    def _read(self, tree: Tree, read: Checked, newest: RecordRow) -> tuple[Tree, Checked]:
        """The draft, and the draft read, as if it were the newest version: where nothing changed, the same record."""
        document, version = read.document, str(newest.ref.version)
        asked = _versioned(tree, version)
        checked = read if asked.root == tree.root else self._desk.read_tree(asked, document)
        if checked.reading is None or checked.reading.record.digest == newest.digest:
            return tree, checked
        whole = self._with_files(tree, newest)
        return (
            (tree, checked)
            if whole is tree
            else (whole, self._desk.read_tree(_versioned(whole, version), document))
        )

    def _with_files(self, tree: Tree, newest: RecordRow) -> Tree:
        """The draft with what is known of the files of the same revision, if it says nothing of files.

        Lists name a revision and no digests. What is known of the files of a revision stays true.
        """
        assert isinstance(tree.root, dict)
        if _FILES in tree.root or not newest.revision or tree.root.get("revision") != newest.revision:
            return tree
        known = json.loads(self._parts.records.body(newest)).get(_FILES)
        return tree if known is None else replace(tree, root={**tree.root, _FILES: _nameless(known)})

    def _leave(self, row: RecordRow, status: str) -> None:
        self._done.append(Published(row.ref, status, row.seq, row.digest, Report()))

    def judge(self) -> None:
        """Hold what is new against shapes and checks."""
        known = self._known
        for read, shapes in self._desk.shaped(in_order(self._waiting), advised=False, sure=self._sure):
            checked = self._judged(read, shapes, known)
            if checked.reading is None or not checked.report:
                self._refused.append(checked)
                continue
            known.accept(checked.reading.record)
            entry = publication_entry(checked.reading, self._agent, self._now)
            self._new.append(_New(checked, checked.reading.record, entry))

    def _judged(self, checked: Checked, shapes: Report, known: KnownRecords) -> Checked:
        if checked.reading is None:
            return checked
        left_out: list[Finding] = []
        reading = checked.reading
        while way := known.cycle(reading.record):
            left_out.append(_told_cycle(way, reading.record.iri))
            checked = self._desk.read_tree(_without(reading.tree, str(way[1].name)), checked.document)
            if checked.reading is None:
                return checked
            reading = checked.reading
        record, parts = reading.record, self._parts
        is_sure = record.digest in self._sure
        found = [*shapes, *check(record, known, parts.vocabulary, parts.base, consistent=is_sure)]
        findings = [*left_out, *map(_softened, found)]
        return replace(checked, report=checked.report + placed(findings, reading.tree))

    def note_gone(self) -> None:
        """Note what is gone, of what is recorded or about to be."""
        new = {str(one.record.ref.name): one.record.ref for one in self._new}
        for name, reason in self._gone.items():
            ref = new.get(name)
            if ref is None:
                rows = self._parts.index.versions(name)
                if not rows or answers.gone_since(self._parts, rows[0]) is not None:
                    continue
                ref = rows[0].ref
            self._noted.append((ref, reasoned_entry("vanish", ref, reason, self._agent, self._now)))

    def publish(self) -> Imported:
        """Write it down, and bring the projections forward."""
        entries = [*(one.entry for one in self._new), *(entry for _, entry in self._noted)]
        if entries:
            stored = self._parts.journal.append(entries, after=self._parts.index.position())
            records: list[Record | None] = [one.record for one in self._new]
            records += [None] * len(self._noted)
            with suppress(UmrError):
                # Published is published: a full disk under a projection is healed by catching up later.
                batch = list(zip(stored, records, strict=True))
                self._parts.projection.apply_all(batch, self._found, later=True)
            self._tell([one.seq for one in stored])
        return Imported(tuple(self._done), tuple(self._refused))

    def _tell(self, written: Sequence[int]) -> None:
        numbers = iter(written)
        for one in self._new:
            ref, digest = one.record.ref, one.record.digest
            self._done.append(Published(ref, "published", next(numbers), digest, one.checked.report))
        for ref, _ in self._noted:
            self._done.append(Published(ref, "gone", next(numbers), "", Report()))


def _nameless(value: Any) -> Any:
    """Without the identifiers that nodes were given below another version."""
    if isinstance(value, dict):
        return {key: _nameless(inner) for key, inner in value.items() if key != "id"}
    return [_nameless(one) for one in value] if isinstance(value, list) else value


def _versioned(tree: Tree, version: str) -> Tree:
    assert isinstance(tree.root, dict)
    return replace(tree, root={**tree.root, "version": version})


def _known_as(record: Record) -> set[str]:
    return set(map(shown, record.values(_KNOWN_AS)))


def _also_known_as(tree: Tree, addresses: set[str]) -> Tree:
    assert isinstance(tree.root, dict)
    return replace(tree, root={**tree.root, "alsoKnownAs": [*sorted(addresses)]})


def _without(tree: Tree, artifact: str) -> Tree:
    """The draft without its links to an artifact."""
    assert isinstance(tree.root, dict)
    links = tree.root.get("upstream")
    several = links if isinstance(links, list) else [links]
    kept = [one for one in several if not isinstance(one, dict) or one.get("artifact") != artifact]
    return replace(tree, root={**tree.root, "upstream": kept})


def _told_cycle(way: Sequence[Ref], iri: str) -> Finding:
    circle = " ← ".join(map(str, way))
    message = f"the link to {way[1].name} is left out: the record would be made from itself: {circle}"
    return Finding(Severity.WARNING, message, _CYCLE, "upstream", focus=iri)


def _softened(finding: Finding) -> Finding:
    """Hubs have names that are easily taken for one another, and records of both."""
    if finding.rule != _KEPT_APART or finding.severity is not Severity.VIOLATION:
        return finding
    return replace(finding, severity=Severity.WARNING, remedy="")
