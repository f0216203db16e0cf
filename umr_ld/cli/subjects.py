"""What somebody wants to have checked: drafts, cards, lists of references, references; and where they stand."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.document import Document
from umr_ld.errors import Invalid, Malformed, Missing
from umr_ld.findings import Report
from umr_ld.names import parse_reference
from umr_ld.record import upstreams_of
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from umr_ld.cli.session import Session
    from umr_ld.findings import Finding
    from umr_ld.reading import Reading
    from umr_ld.record import Record
    from umr_ld.registry import Registry
    from umr_ld.remote import RemoteRegistry

_ENDINGS = frozenset({".jsonld", ".json", ".yaml", ".yml", ".txt", ".md"})
_COMMENT = re.compile(r"(^|\s)#.*")


@dataclass(slots=True)
class Subjects:
    """References and drafts.

    Args:
        refs: references, as they were written, each once.
        records: drafts by where they come from.
        places: references that stand in a list, to its path and their line.
    """

    refs: list[str] = field(default_factory=list)
    records: dict[str, Reading] = field(default_factory=dict)
    places: dict[str, tuple[str, int]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str | Reading]:
        yield from self.refs
        yield from self.records.values()

    def __len__(self) -> int:
        return len(self.refs) + len(self.records)

    def labels(self) -> Iterator[str]:
        """What each is called: the reference, or where the draft comes from."""
        yield from self.refs
        yield from self.records

    def upstreams(self) -> list[str]:
        """Artifacts that drafts are made from and that are no drafts here, each once, in order."""
        return upstreams_of(one.record for one in self.records.values())

    def naming(self, artifacts: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Where the drafts come from that are made from certain artifacts, with what each is made from.

        Args:
            artifacts: names of artifacts.
        """
        wanted = frozenset(artifacts)
        for source, one in self.records.items():
            for name in dict.fromkeys(link.artifact for link in one.record.links):
                if name in wanted:
                    yield source, name

    def label(self, ref: str, given: str) -> str:
        """What one of them is called.

        Args:
            ref: of a draft, `name@version`.
            given: the reference, if it is one.
        """
        return given or next(
            (source for source, one in self.records.items() if str(one.record.ref) == ref), ref
        )

    def placed(self, finding: Finding, given: str = "") -> Finding:
        """A finding with the file, and the line if there is one, that it is about.

        Args:
            finding: its focus is the record.
            given: the reference, if it is about one.
        """
        if given:
            source, line = self.places.get(given, ("", None))
            return replace(finding, source=source, line=line)
        source = self.label(finding.focus, "")
        return replace(finding, source=source) if source in self.records else finding

    def add(self, ref: str, place: tuple[str, int] | None = None) -> None:
        """Take in a reference; where it stands several times the first place counts.

        Args:
            ref: as it was written.
            place: path and line of a list.
        """
        if ref not in self.refs:
            self.refs.append(ref)
        if place is not None:
            self.places.setdefault(ref, place)


def read_subjects(session: Session, registry: Registry | RemoteRegistry, given: Iterable[str]) -> Subjects:
    """What somebody wants to have checked.

    Args:
        session: is told what of a card was not read.
        registry: against which drafts are read.
        given: paths of drafts, folders, cards and lists, and references.

    Raises:
        Invalid: if a draft cannot be read.
        Malformed: if a line of a list is no reference; with file and line.
        Missing: if there is neither.
    """
    from umr_ld.files import card, documents

    found = Subjects()
    for subject in given:
        path = Path(subject)
        if subject != "-" and not path.exists():
            found.add(subject)
        elif path.suffix == ".txt" and path.is_file():
            for line, ref in _listed(path):
                found.add(ref, (subject, line))
        elif subject != "-" and (one := card(path)) is not None:
            found.records |= _of_card(session, registry, one)
        else:
            found.records |= _drafts(registry, documents([subject]))
    if not len(found):
        raise Missing("there is nothing to check", remedy="name drafts or references")
    return found


def require_known(registry: Registry | RemoteRegistry, ref: str, at: datetime | None) -> Record:
    """The record that is meant.

    Args:
        registry: where it is recorded.
        ref: as somebody wrote it.
        at: moment up to which the registry counts, or None for now.

    Raises:
        Missing: with what is alike; if it looks like a path, that there is no such file.
    """
    try:
        return registry.get(ref, at=at)
    except Missing as error:
        if Path(ref).suffix.lower() not in _ENDINGS:
            raise
        raise Missing(
            f"there is no file {ref!r}, and nothing is recorded of that name",
            remedy=f"look for a mistake in it; relative paths begin in {Path.cwd()}",
        ) from error


def _listed(path: Path) -> Iterator[tuple[int, str]]:
    """The references of a list, with their lines."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(
            f"byte {error.start} is no UTF-8",
            where=str(path),
            remedy="write references, one a line, as UTF-8",
        ) from None
    for number, line in enumerate(text.splitlines(), 1):
        ref = _COMMENT.sub("", line).strip()
        if ref:
            _require_reference(ref, f"{path}:{number}")
            yield number, ref


def _require_reference(text: str, where: str) -> None:
    if not is_absolute(text):
        try:
            parse_reference(text)
        except Malformed as error:
            raise Malformed(error.what, where=where, remedy=error.remedy) from None


def _of_card(session: Session, registry: Registry | RemoteRegistry, card: Document) -> dict[str, Reading]:
    """The draft that a hub card amounts to. What it is the card of stands nowhere in it."""
    from umr_ld.formats.hub_card import read_card
    from umr_ld.formats.hub_fields import NOT_TAKEN

    path = Path(card.source).resolve()
    stem = path.parent.name if path.name.lower() == "readme.md" else path.stem
    segment = re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("._-") or "card"
    draft, losses = read_card(card, f"card/{segment}")
    for row in losses:
        if row.why != NOT_TAKEN:
            session.say(one_line(str(row)))
    return _drafts(registry, [Document(json.dumps(draft.tree.root).encode(), source=card.source)])


def _drafts(registry: Registry | RemoteRegistry, given: Iterable[Document]) -> dict[str, Reading]:
    given = list(given)
    found: dict[str, Reading] = {}
    for one in registry.validate(given):
        if one.reading is None:
            raise Invalid(Report(tuple(one.report)), where=one.document.source)
        found[one.document.source] = one.reading
    # In the order in which they were given, whatever is made from what.
    return {one.source: found[one.source] for one in given if one.source in found}
