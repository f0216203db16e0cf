"""What can be asked about advisories and licences: who is affected, and what is open against what somebody uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.errors import Missing
from umr_ld.reading import Reading
from umr_ld.registry import answers, checking, risks
from umr_ld.registry.carriers import Files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from umr_ld.findings import Report
    from umr_ld.record import Record
    from umr_ld.registry.views import Affected, Concern, Judged, Verdicts
    from umr_ld.risk import Advisory, Policy


class Advised(Files):
    """Advisories, verdicts, and what stands on what."""

    def advisories(
        self, *, about: Sequence[str] | None = None, at: datetime | None = None
    ) -> tuple[Advisory, ...]:
        """The advisories that count: of each the newest revision that is not withdrawn.

        Args:
            about: artifacts of which they name at least one; None for all.
            at: as in `show`.
        """
        return risks.advisories(self._parts, about, answers.sequence(self._parts, at))

    def advisory(self, reference: str, *, at: datetime | None = None) -> Advisory | None:
        """The advisory that a person means; None if it is none.

        Args:
            reference: its name, the name's last segment, or an identifier that it has elsewhere.
            at: as in `show`.
        """
        return risks.advisory_named(self._parts, reference, answers.sequence(self._parts, at))

    def verdicts(
        self, reference: str, *, policy: Policy | None = None, at: datetime | None = None
    ) -> Verdicts:
        """Who is exposed to an advisory.

        Args:
            reference: as in `advisory`.
            policy: what carries what; None for the registry's own, see `Parts.policy`.
            at: as in `show`.

        Raises:
            Missing: if there is no such advisory.
        """
        upto = answers.sequence(self._parts, at)
        found = risks.require_advisory(self._parts, reference, upto)
        return risks.verdicts(self._parts, found, policy or self._parts.policy, upto)

    def affected(
        self, reference: str, *, policy: Policy | None = None, at: datetime | None = None
    ) -> Affected:
        """As `verdicts`, with every record, its path, and the order of repair. Arguments and errors as of `verdicts`."""
        return risks.told(self._parts, self.verdicts(reference, policy=policy, at=at))

    def told(self, found: Verdicts, start: int = 0, most: int | None = None) -> Affected:
        """Verdicts with their paths, or a part of them.

        Args:
            found: what `verdicts` gave.
            start: how many records to pass over.
            most: how many records are told, and how many of those to be mended first; None for all.
        """
        return risks.told(self._parts, found, start, most)

    def judged(self, found: Verdicts, places: Iterable[int] | None = None) -> Iterator[Judged]:
        """The records of an exposure, with their paths.

        Args:
            found: what `verdicts` gave.
            places: of those in the exposure that are wanted; None for all.
        """
        return risks.judged(self._parts, found, places)

    def check(
        self,
        asked: Iterable[str | Record | Reading],
        *,
        policy: Policy | None = None,
        at: datetime | None = None,
    ) -> tuple[Concern, ...]:
        """What is open against records that somebody uses, or is about to publish.

        Args:
            asked: references, as in `show`, recorded or not; and records that were read and are not
                published, which count as known to each other.
            policy: what carries what; None for the registry's own, see `Parts.policy`.
            at: as in `show`.

        Returns:
            for each of them the advisories by which it is possibly affected or affected, or would be
            without a statement, the gravest first.

        Raises:
            Malformed: if a reference is none.
        """
        given = list(map(_recorded, asked))
        refs = [answers.asked(self._parts, one) for one in given if isinstance(one, str)]
        records = checking.drafts_first(one for one in given if not isinstance(one, str))
        upto = answers.sequence(self._parts, at)
        return checking.concerns(self._parts, [*refs, *records], policy or self._parts.policy, upto)

    def unknown(self, references: Iterable[str], *, at: datetime | None = None) -> tuple[str, ...]:
        """Of some references those of which nothing can be said: neither recorded, nor named by a record or advisory.

        Args:
            references: as in `show`.
            at: as in `show`.

        Raises:
            Malformed: if one is no reference.
        """
        return tuple(one for one in references if self._is_unknown(one, at))

    def _is_unknown(self, reference: str, at: datetime | None) -> bool:
        try:
            self._stated(reference, at)
        except Missing:
            name = reference.partition("@")[0]
            artifact = answers.asked(self._parts, name).artifact
            mentioned = answers.mentioned(self._parts, artifact, at)
            return mentioned is None and not self.advisories(about=[name], at=at)
        return False

    def _stated(self, reference: str, at: datetime | None) -> Record:
        return answers.get(self._parts, answers.asked(self._parts, reference), at)

    def licences(
        self,
        asked: Iterable[str | Record | Reading],
        *,
        policy: Policy | None = None,
        at: datetime | None = None,
    ) -> Report:
        """What upstreams' licences demand, and what records state: a comparison, no legal advice.

        Args:
            asked: references, as in `show`; and records that were read and are not published, which count
                as known to each other.
            policy: which relations hand licences down; None for the registry's own.
            at: as in `show`.

        Returns:
            a violation or a warning for each condition that is not kept, with the path, and what else there
            is to know.

        Raises:
            Malformed, Missing: as `show`.
        """
        from umr_ld.registry.licensing import licence_findings

        given = map(_recorded, asked)
        records = [self._stated(one, at) if isinstance(one, str) else one for one in given]
        upto = answers.sequence(self._parts, at)
        return licence_findings(self._parts, records, policy or self._parts.policy, upto)


def _recorded(asked: str | Record | Reading) -> str | Record:
    return asked.record if isinstance(asked, Reading) else asked
