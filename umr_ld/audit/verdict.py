"""Verdicts: what each item of a profile comes to.

The law, of one item:

- Asked are the records of its target classes; for `umr:Audited` the audited record, if it is of a kind that
  the shape names. If none is asked, the item is *inapplicable*.
- A value is *backed* by the weakest of what it came by: `umr:supports` of the evidence of the link that it is,
  or of the inheriting links that it came over. What a record says itself is declared. Evidence that is not
  said, and that a question gives without a value, supports *cantTell*. A value that only another record states comes to no more than the item allows.
- A record *passes* if one value is backed by what supports *passed*; *cannot tell* if there are only others;
  *fails* if there is none, or a question itself says so; is left aside if it is answered with not applicable.
- The item is the worst of its records: failed, then cantTell, then passed.
- An item without a question is *untested*, unless a record answers it by its IRI.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.audit.graph import store_of
from umr_ld.audit.item import Item, Obligation, Outcome
from umr_ld.audit.profile import AUDITED
from umr_ld.audit.question import answered, ask
from umr_ld.audit.support import supports
from umr_ld.errors import UmrError
from umr_ld.names import Ref
from umr_ld.page.sections import parts_of, value_words
from umr_ld.record import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from umr_ld.addresses import Base
    from umr_ld.audit.dossier import Dossier
    from umr_ld.audit.profile import Profile
    from umr_ld.audit.question import Row
    from umr_ld.record import Value
    from umr_ld.registry.views import Shown
    from umr_ld.vocab import Vocabulary


_WORST = (Outcome.FAILED, Outcome.CANNOT_TELL, Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was found for an item.

    Args:
        text: in words.
        link: an http or https address, or empty.
        subject: the record that was asked.
        origin: the record that states it.
        outcome: what it supports.
        why: why it supports no more, or empty.
    """

    text: str
    link: str
    subject: Ref
    origin: Ref
    outcome: Outcome
    why: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an item comes to.

    Args:
        item: what was asked.
        outcome: what it comes to.
        found: the values, in order of the records that were asked.
        lacking: records that were asked and say nothing that passes.
        reason: why it comes to that, in words.
    """

    item: Item
    outcome: Outcome
    found: tuple[Found, ...]
    lacking: tuple[Ref, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Items counted.

    Args:
        label: which.
        outcomes: how many come to what.
    """

    label: str
    outcomes: Mapping[Outcome, int]

    @property
    def by_name(self) -> dict[str, int]:
        """How many come to what, by EARL's words."""
        return {one.value: number for one, number in self.outcomes.items()}

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.outcomes.values())

    @property
    def passed(self) -> int:
        """Those that are answered."""
        return self.outcomes[Outcome.PASSED]

    @property
    def asked(self) -> int:
        """Those that apply."""
        return self.total - self.outcomes[Outcome.INAPPLICABLE]

    @property
    def share(self) -> float | None:
        """Answered of those that apply, from 0 to 1; None where none applies."""
        return self.passed / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Gap:
    """An item that something is left to do about.

    Args:
        verdict: what it comes to.
        remedy: what to do.
    """

    verdict: Verdict
    remedy: str


@dataclass(frozen=True)
class Audit:
    """A profile, filled in.

    Args:
        profile: what was asked.
        dossier: what was looked at.
        verdicts: of the items, in their order.
        audience: key of those for whom it is; empty for all.
        withheld: items that are not for them. Their places are kept: a commitment to what stands there belongs to them.
    """

    profile: Profile
    dossier: Dossier
    verdicts: tuple[Verdict, ...]
    audience: str = ""
    withheld: tuple[Item, ...] = ()

    @cached_property
    def overall(self) -> Tally:
        """All items."""
        return _tally("all", self.verdicts)

    @cached_property
    def by_obligation(self) -> tuple[Tally, ...]:
        """The items of each obligation that there is, the most binding first."""
        each = ((one.label, [v for v in self.verdicts if v.item.obligation is one]) for one in Obligation)
        return tuple(_tally(label, some) for label, some in each if some)

    def gaps(self, least: Obligation = Obligation.OPTIONAL) -> tuple[Gap, ...]:
        """What is left to do, the most binding first.

        Args:
            least: the least binding that is told.
        """
        wanted = [
            one for one in self.verdicts if one.outcome.is_gap and one.item.obligation.rank <= least.rank
        ]
        wanted.sort(key=lambda one: one.item.obligation.rank)
        return tuple(Gap(one, _remedy(one, self.dossier.root.record.ref)) for one in wanted)


def audit(profile: Profile, dossier: Dossier, base: Base, vocabulary: Vocabulary) -> Audit:
    """Fill in a profile.

    Args:
        profile: what is asked.
        dossier: what is looked at.
        base: of the registry.
        vocabulary: labels and relations.

    Raises:
        UmrError: if a question cannot be answered.
    """
    asking = _Asking(dossier, base, vocabulary)
    return Audit(profile, dossier, tuple(asking.verdict(one) for one in profile.items))


class _Asking:
    """A dossier, of which items are asked."""

    def __init__(self, dossier: Dossier, base: Base, vocabulary: Vocabulary) -> None:
        self._dossier = dossier
        self._base = base
        self._vocabulary = vocabulary
        self._store = store_of(dossier, base, vocabulary)
        self._records = list(dossier.records())
        self._places = {one.record.ref: at for at, one in enumerate(self._records)}
        self._nodes = {node.iri: node for one in self._records for node in _nodes(one)}

    def verdict(self, item: Item) -> Verdict:
        """What an item comes to."""
        asked = self._asked(item)
        if not asked:
            return Verdict(item, Outcome.INAPPLICABLE, (), (), self._nobody(item))
        direct = self._rows(item, answered(), self._dossier.root.record.iri) if item.by_name else []
        answers = {one.record.ref: self._answers(item, one, direct) for one in asked}
        found = tuple(one for several in answers.values() for one in several)
        if not item.query and not found:
            return Verdict(
                item,
                Outcome.UNTESTED,
                (),
                (),
                "the profile has no question for it, and no record answers it by name",
            )
        outcomes = {ref: _of_record(several) for ref, several in answers.items()}
        counting = [one for one in outcomes.values() if one is not Outcome.INAPPLICABLE]
        if not counting:
            return Verdict(item, Outcome.INAPPLICABLE, found, (), "answered with: not applicable")
        outcome = min(counting, key=_WORST.index)
        lacking = tuple(ref for ref, one in outcomes.items() if one in {Outcome.FAILED, Outcome.CANNOT_TELL})
        return Verdict(item, outcome, found, lacking, self._reason(outcome, found, lacking, len(asked)))

    def _asked(self, item: Item) -> list[Shown]:
        found = [one for one in self._records if not self._classes(one).isdisjoint(item.targets)]
        root = self._dossier.root
        if (
            AUDITED in item.targets
            and root not in found
            and root.record.kind in (item.kinds or [root.record.kind])
        ):
            found.insert(0, root)
        return found

    def _classes(self, one: Shown) -> frozenset[str]:
        """The classes that a record is in, by its kind."""
        kind = self._vocabulary.kinds.get(one.record.kind)
        return frozenset() if kind is None else self._vocabulary.classes_above[kind.iri] | {kind.iri}

    def _nobody(self, item: Item) -> str:
        if AUDITED in item.targets:
            return f"asked of {' or '.join(sorted(item.kinds))}, and this is {self._dossier.root.record.kind}"
        kinds = sorted(one.rpartition("#")[2] for one in item.targets)
        return f"there is no {' or '.join(kinds)} to be asked"

    def _answers(self, item: Item, asked: Shown, direct: Sequence[Row]) -> list[Found]:
        """What is found for an item in one record, and what the audited one answers to it by name."""
        own = self._rows(item, item.query, asked.record.iri) if item.query else ()
        read = (self._found(item, asked, row) for row in (*own, *direct))
        found = dict.fromkeys(one for one in read if one is not None)
        return sorted(found, key=lambda one: (self._places.get(one.origin, len(self._places)), one.text))

    def _rows(self, item: Item, question: str, record: str) -> list[Row]:
        given = {"record": record, "root": self._dossier.root.record.iri, "item": item.iri}
        try:
            return list(ask(self._store, question, given))
        except (OSError, ValueError, RuntimeError) as error:
            raise UmrError(f"the question of {item.notation} fails: {error}", where=item.iri) from error

    def _found(self, item: Item, asked: Shown, row: Row) -> Found | None:
        value, origin = row["value"], _bound(row, "origin")
        if not isinstance(value, (ox.NamedNode, ox.Literal)):
            return None
        subject = asked.record.ref
        stated = self._origin(origin) or subject
        outcome, why = self._backing(item, subject, stated, row)
        text, link = self._words(value)
        return Found(text, link, subject, stated, outcome, why) if text else None

    def _origin(self, iri: str) -> Ref | None:
        name = self._base.artifact_of(iri)
        return None if not iri or name == iri else Ref.parse(name)

    def _backing(self, item: Item, subject: Ref, origin: Ref, row: Row) -> tuple[Outcome, str]:
        """What a value supports, and why no more."""
        outcome = _bound(row, "outcome")
        said = next((one for one in Outcome if one.iri == outcome), None)
        if said in {Outcome.FAILED, Outcome.INAPPLICABLE, Outcome.CANNOT_TELL}:
            return said, ""
        inherited = self._is_inherited(subject, origin)
        chain = list(self._dossier.evidence(subject, origin)) if inherited else []
        if "evidence" in row:
            chain.append(self._vocabulary.key_of(_bound(row, "evidence")) or "")
        for one in chain:
            if supports(one) is not Outcome.PASSED:
                return supports(
                    one
                ), f"a link on the way is {one}" if one else "nobody says how a link is known"
        if inherited and item.inherited is not Outcome.PASSED:
            return item.inherited, _ONLY_INHERITED
        return Outcome.PASSED, ""

    def _is_inherited(self, subject: Ref, origin: Ref) -> bool:
        known = self._dossier.by_ref.get(subject)
        return origin != subject and known is not None and origin in known.effective.sources

    def _words(self, value: ox.NamedNode | ox.Literal) -> tuple[str, str]:
        node: Value = self._nodes.get(value.value, value) if isinstance(value, ox.NamedNode) else value
        text = value_words(node, self._vocabulary, self._base)
        parts = "; ".join(
            f"{label}: {words}" for label, words in parts_of(node, self._vocabulary, self._base)
        )
        plain = value.value if isinstance(value, ox.NamedNode) and not isinstance(node, Node) else ""
        link = plain if plain.startswith(("http://", "https://")) else ""
        return "; ".join(one for one in (text, parts) if one), link

    def _reason(self, outcome: Outcome, found: Sequence[Found], lacking: Sequence[Ref], asked: int) -> str:
        if outcome is Outcome.CANNOT_TELL:
            return next((one.why for one in found if one.why), "the answer itself leaves it open")
        if outcome is Outcome.FAILED and asked > 1:
            return f"{len(lacking)} of {asked} records do not say it"
        if outcome is Outcome.FAILED:
            return "the answer is no" if found else "the record does not say it"
        return ""


def _of_record(found: Iterable[Found]) -> Outcome:
    outcomes = {one.outcome for one in found}
    for one in (Outcome.FAILED, Outcome.PASSED, Outcome.INAPPLICABLE, Outcome.CANNOT_TELL):
        if one in outcomes:
            return one
    return Outcome.FAILED


def _bound(row: Row, name: str) -> str:
    """The IRI that a variable stands for; empty if the question has no such variable, or it is not bound."""
    value = row.get(name)
    return value.value if isinstance(value, ox.NamedNode) else ""


def _nodes(shown: Shown) -> Iterator[Node]:
    waiting = [one.value for held in shown.effective.values.values() for one in held]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Node):
            yield value
            waiting += [inner for values in value.facts.values() for inner in values]


def _tally(label: str, verdicts: Iterable[Verdict]) -> Tally:
    outcomes = [one.outcome for one in verdicts]
    return Tally(label, {one: outcomes.count(one) for one in Outcome})


_ONLY_INHERITED = "only inherited"
_TO_STATE = "Say it in the record itself; it is only inherited."
_TO_BACK = "Say at the link how it is known: evidence declared or verified; or answer in the record itself."


def _remedy(verdict: Verdict, root: Ref) -> str:
    """What to do, and in which records, unless it is the audited one alone."""
    why = {one.why for one in verdict.found if one.why}
    if verdict.outcome is Outcome.CANNOT_TELL and why:
        return _TO_STATE if why == {_ONLY_INHERITED} else _TO_BACK
    elsewhere = [str(ref) for ref in verdict.lacking]
    if not elsewhere or verdict.lacking == (root,):
        return verdict.item.remedy
    named = ", ".join(elsewhere[:3]) + (f" and {len(elsewhere) - 3} more" if elsewhere[3:] else "")
    return f"{verdict.item.remedy} In {named}."
