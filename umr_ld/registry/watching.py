"""Watching: what the journal says since the last look, told to the alerts.

Where records stand is computed anew for every advisory that a new entry may touch, as of one state of the
index, and taken in with that position. Whoever dies in between does it again; two who do it at once say the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.alerts import Happening, Standing
from umr_ld.errors import Malformed
from umr_ld.lineage import covers
from umr_ld.names import Ref
from umr_ld.registry import risks
from umr_ld.registry.checking import artifacts_above, exposed_among
from umr_ld.risk import path_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from umr_ld.alerts import Event, HappeningKind, Subscription
    from umr_ld.index import RecordRow
    from umr_ld.registry.parts import Parts
    from umr_ld.registry.views import Verdicts
    from umr_ld.risk import Advisory, Exposed, Step
    from umr_ld.versions import Version

_SAID = ("Advisory", "Statement")
_UNTOLD = 64
"""Entries of the journal that say nothing to the alerts, after which these are told so all the same."""
_ACTS: dict[str, HappeningKind] = {
    "publish": "published",
    "adopt": "published",
    "withdraw": "withdrawn",
    "vanish": "vanished",
}


def look(parts: Parts, now: datetime, *, settle: bool = True) -> Sequence[Event]:
    """Tell the alerts what is new since they were told last.

    Args:
        parts: of the registry.
        now: the time, UTC.
        settle: note how far was looked even if nothing is new there; else that may be left to a later look,
            which then passes over the same again.

    Returns:
        what changed.
    """
    if not parts.has_alerts and not parts.index.is_spoken_of():
        return ()
    alerts, policy = parts.alerts, parts.policy.digest
    with parts.index.steady():
        known, position = alerts.state(), parts.index.position()
        if known.position > position or (known.position, known.policy) == (position, policy):
            return ()
        if known.policy != policy:
            news = _everything(parts)
        else:
            # Of what this process saw already there is nothing to tell.
            after = max(known.position, parts.looked)
            news = _News(parts, _entries(parts, after, position)).told(followed=alerts.is_followed())
    if not settle and known.policy == policy and news.is_nothing and position - known.position < _UNTOLD:
        parts.looked = position
        return ()
    return alerts.take(position, news.standings, news.happenings, now=now, added=news.added, policy=policy)


def selected(parts: Parts, subscription: Subscription) -> frozenset[str]:
    """The records that a subscription's query selects: the first column of its rows.

    Args:
        parts: of the registry.
        subscription: with a query.

    Returns:
        `name@version` for each record below the registry's base; other IRIs as they are.

    Raises:
        Malformed: if it is no SELECT.
        Busy: if another process writes: beside it the store cannot be asked.
    """
    answer = parts.store.query(subscription.query)
    if not isinstance(answer, ox.QuerySolutions):
        raise Malformed("the query of a subscription is a SELECT", remedy="select records, one a row")
    first = (row[0] for row in answer)
    return frozenset(parts.base.artifact_of(node.value) for node in first if isinstance(node, ox.NamedNode))


def _entries(parts: Parts, after: int, upto: int) -> Iterator[_Act]:
    for stored in parts.journal.read(after):
        if stored.seq > upto:
            return
        kind = _ACTS.get(stored.entry.act)
        row = parts.index.record(Ref.parse(stored.entry.subject)) if kind else None
        if kind and row is not None:
            yield _Act(stored.seq, kind, row, stored.entry.body)


@dataclass(frozen=True, slots=True)
class _Told:
    """What `Alerts.take` is given."""

    standings: Mapping[str, Sequence[Standing]] = field(default_factory=dict)
    added: Sequence[Standing] = ()
    happenings: Sequence[Happening] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.standings and not self.added and not self.happenings


def _everything(parts: Parts) -> _Told:
    """Where all records stand: the first time, and whenever the policy says otherwise than before."""
    current = [advisory.name for advisory in risks.advisories(parts, None, None)]
    known = parts.alerts.advisories()
    return _Told({name: _standings(parts, _verdicts(parts, name)) for name in {*current, *known}})


def _verdicts(parts: Parts, name: str) -> Verdicts:
    return risks.verdicts(parts, risks.require_advisory(parts, name, None), parts.policy, None)


def _standings(parts: Parts, found: Verdicts) -> list[Standing]:
    exposed = [(one, path) for one, path in found.exposure.with_paths() if one.answer]
    rows = parts.index.numbered(one.number for one, _ in exposed)
    return [
        _standing(found.advisory, one, path, rows[one.number]) for one, path in exposed if one.number in rows
    ]


def _standing(advisory: Advisory, one: Exposed, path: Sequence[Step], row: RecordRow) -> Standing:
    return Standing(
        advisory=advisory.name,
        record=str(one.ref),
        answer=one.answer.label,
        severity=advisory.severity.label,
        publishers=(row.publisher,) if row.publisher else (),
        kind=row.kind,
        path=path_words(path),
    )


@dataclass(frozen=True, slots=True)
class _Act:
    """A journal entry about a record.

    Args:
        seq: of the entry.
        kind: `published`, `withdrawn` or `vanished`.
        row: the record.
        body: of the entry.
    """

    seq: int
    kind: HappeningKind
    row: RecordRow
    body: bytes

    @property
    def name(self) -> str:
        return str(self.row.ref.name)

    @property
    def reason(self) -> str:
        return str(json.loads(self.body).get("reason", "")) if self.kind != "published" else ""


class _News:
    """What some entries of the journal change.

    A *leaf* is a new record of an artifact that no link names. However many records there are, nobody else
    stands otherwise because of it, so that only what is above it is looked at.
    """

    def __init__(self, parts: Parts, acts: Iterator[_Act]) -> None:
        self._parts = parts
        every = list(acts)
        self._said = [act for act in every if act.row.kind in _SAID]
        self._made = [act for act in every if act.row.kind not in _SAID]
        published = [act for act in self._made if act.kind == "published"]
        same = risks.aliases_of(parts, parts.policy, None).same
        named = {
            name
            for name in {act.name for act in published}
            if any(parts.index.is_named(one) for one in same(name))
        }
        self._leaves = [act.row for act in published if act.name not in named]
        self._others = [act for act in published if act.name in named]

    def told(self, *, followed: bool) -> _Told:
        """What the alerts are to be told.

        Args:
            followed: whether there is anybody who may want to know what happened to records.
        """
        found = {name: _verdicts(self._parts, name) for name in sorted(self._touched())}
        happenings = [*self._withdrawals(found), *self._fixes(found)]
        if followed:
            happenings += [self._happening(act) for act in self._made]
        return _Told(
            standings={name: _standings(self._parts, verdicts) for name, verdicts in found.items()},
            added=[
                _standing(advisory, one, path, row)
                for advisory, row, one, path in self._new_leaves()
                if advisory.name not in found
            ],
            happenings=happenings,
        )

    def _touched(self) -> set[str]:
        """Names of advisories by which records may stand otherwise than before."""
        touched = {act.name for act in self._said if act.row.kind == "Advisory"}
        for act in self._said:
            if act.row.kind == "Statement":
                touched |= set(self._spoken_about(act.name))
        changed = {act.name for act in self._others} | set(self._decided())
        if changed and self._parts.index.is_spoken_of():
            above = artifacts_above(self._parts, changed, self._parts.policy)
            touched |= {one.name for one in risks.bearing_on(self._parts, above, self._parts.policy, None)}
        return touched

    def _spoken_about(self, statement: str) -> Iterator[str]:
        """Names of the advisories that any revision of a statement is about: what one said may count no more."""
        for row in self._parts.index.versions(statement):
            about = self._parts.spoken.statement(row).advisory
            advisory = risks.advisory_named(self._parts, about, None) if about else None
            if advisory is not None:
                yield advisory.name

    def _decided(self) -> Iterator[str]:
        """Names that any revision of a statement is about which decides that they are one, or several.

        Whether they are joined now or were before: what lay above the one artifact lies above one of the two.
        """
        for statement in {act.name for act in self._said if act.row.kind == "Statement"}:
            for row in self._parts.index.versions(statement):
                decision = self._parts.spoken.decision(row)
                yield from () if decision is None else decision.names

    def _new_leaves(self) -> Iterator[tuple[Advisory, RecordRow, Exposed, tuple[Step, ...]]]:
        if self._leaves and self._parts.index.is_spoken_of():
            yield from exposed_among(self._parts, self._leaves, self._parts.policy)

    def _happening(self, act: _Act) -> Happening:
        below = self._below(act)
        return Happening(
            kind=act.kind,
            subject=str(act.row.ref),
            publishers=tuple(sorted({row.publisher for row in (act.row, *below) if row.publisher})),
            detail=act.reason,
            seq=act.seq,
            concerns=tuple(str(row.ref) for row in below),
        )

    def _below(self, act: _Act) -> Sequence[RecordRow]:
        """The records for which it matters what happened to another, by whatever name they name it."""
        index, joined = self._parts.index, self._parts.names.joined(self._parts.policy, None)
        if act.kind != "withdrawn":
            return joined.graph.naming(act.name)
        found = {row.seq: row for row in index.dependents(act.row.ref)}
        for name in joined.aliases.same(act.name):
            for row in index.naming(name) if name != act.name else ():
                links = (link for link in index.links_of(row) if link.artifact == name)
                if any(covers(link, act.row.ref.version, act.row.revision) for link in links):
                    found[row.seq] = row
        return [found[seq] for seq in sorted(found)]

    def _withdrawals(self, found: Mapping[str, Verdicts]) -> Iterator[Happening]:
        for act in self._said:
            if act.row.kind == "Advisory" and not found[act.name].stands:
                yield Happening("advisory-withdrawn", act.name, detail=act.reason, seq=act.seq)

    def _fixes(self, found: Mapping[str, Verdicts]) -> Iterator[Happening]:
        for act in self._others:
            for verdicts in found.values():
                if _mends(act.row.ref, verdicts):
                    yield self._fix(verdicts, act.name, str(act.row.ref), act.seq)
        for act in self._said:
            if act.row.kind == "Advisory" and act.kind == "published":
                for artifact, version in self._newly_fixed(found[act.name].advisory):
                    yield self._fix(found[act.name], artifact, f"{artifact}@{version}", act.seq)

    def _newly_fixed(self, advisory: Advisory) -> Iterator[tuple[str, Version]]:
        """Versions that this revision says are free of the risk, and the one before did not."""
        rows = self._parts.index.versions(advisory.name)
        earlier = next((row for row in rows if row.ref.version < advisory.ref.version), None)
        if earlier is not None:
            before = self._parts.spoken.advisory(earlier).fixed
            for artifact, versions in advisory.fixed.items():
                yield from ((artifact, one) for one in versions if one not in before.get(artifact, ()))

    def _fix(self, verdicts: Verdicts, artifact: str, fix: str, seq: int) -> Happening:
        """A fix, for the records that use another version of the artifact and are not clear."""
        graph = self._parts.names.joined(self._parts.policy, None).graph
        number = graph.artifact_id(artifact)
        strands = () if number is None else graph.strands([number])
        users = {record for strand in strands for record in strand.records}
        return Happening(
            kind="fix-available",
            subject=fix,
            advisory=verdicts.advisory.name,
            seq=seq,
            concerns=tuple(str(one.ref) for one in verdicts.exposure if one.answer and one.number in users),
        )


def _mends(ref: Ref, verdicts: Verdicts) -> bool:
    """Whether a record is clear, and an earlier version of the same artifact is not."""
    own = [one for one in verdicts.exposure if one.ref.name == ref.name and one.answer]
    return any(one.ref.version < ref.version for one in own) and all(one.ref != ref for one in own)
