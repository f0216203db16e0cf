"""What no shape can say: a record against everything else that the registry knows.

Shapes see one record. Whether its version is new, its step large enough, its upstreams known and its
name its own can only be told from outside; the outside is a small protocol, so that the checks run in
tests, before publishing, and over drafts in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from umr_ld.change import diff
from umr_ld.findings import Finding, violation, warning
from umr_ld.vocab import RDF

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from umr_ld.addresses import Base
    from umr_ld.names import Name, Ref
    from umr_ld.record import Link, Record
    from umr_ld.versions import Version
    from umr_ld.vocab import Vocabulary


class Known(Protocol):
    """What is already published, or about to be in the same batch."""

    def versions(self, name: str) -> Sequence[Version]:
        """The versions recorded of an artifact, newest first."""
        ...

    def latest(self, name: str) -> Record | None:
        """The record of the newest version."""
        ...

    def kind(self, artifact: str) -> str:
        """The kind of an artifact's newest record; empty if nothing is recorded of it."""
        ...

    def lookalikes(self, name: Name) -> Sequence[str]:
        """Other names that a person could take for this one."""
        ...

    def cycle(self, record: Record) -> Sequence[Ref]:
        """References from this record up its links and back to it; empty if there is no way back."""
        ...


def check(
    record: Record,
    known: Known,
    vocabulary: Vocabulary,
    base: Base | None = None,
    *,
    consistent: bool = False,
) -> tuple[Finding, ...]:
    """All findings about a record that is to be published.

    Args:
        record: what is to be published.
        known: what is there.
        vocabulary: relations, and the levels of changes.
        base: as of `change.diff`.
        consistent: whether it is known already that it does not contradict itself.
    """
    return (
        *_name(record, known),
        *_version(record, known, vocabulary, base),
        *_links(record, known, vocabulary),
        *_cycle(record, known),
        *(() if consistent else _contradictions(record, vocabulary)),
    )


def is_consistent(record: Record, vocabulary: Vocabulary) -> bool:
    """Whether nothing that a record describes is of classes that exclude each other.

    Args:
        record: the record.
        vocabulary: which classes do.
    """
    return next(_contradictions(record, vocabulary), None) is None


def _name(record: Record, known: Known) -> Iterator[Finding]:
    if known.versions(str(record.ref.name)):
        return
    for other in known.lookalikes(record.ref.name):
        yield violation(
            f"the new name {str(record.ref.name)!r} is easily taken for {other!r}, which exists",
            "name-confusable",
            "name",
            focus=record.iri,
            remedy=f"publish a version of {other!r}, or choose a name that differs by more",
        )


def _version(record: Record, known: Known, vocabulary: Vocabulary, base: Base | None) -> Iterator[Finding]:
    versions = known.versions(str(record.ref.name))
    if not versions:
        return
    newest, version = versions[0], record.ref.version
    before = known.latest(str(record.ref.name))
    if not version > newest:
        least = diff(before, record, vocabulary).least(newest) if before else newest
        yield violation(
            f"version {version} is not larger than {newest}, which is published",
            "version-not-larger",
            "version",
            focus=record.iri,
            remedy=f"the least version that would do is {least}",
        )
    elif before is not None:
        yield from _bump(before, record, vocabulary, base)


def _bump(before: Record, record: Record, vocabulary: Vocabulary, base: Base | None) -> Iterator[Finding]:
    found = diff(before, record, vocabulary, base)
    if found.suffices(before.ref.version, record.ref.version):
        return
    grave = [change for change in found.changes if change.level == found.level]
    words = "; ".join(str(change) for change in grave[:3]) + (
        f"; and {len(grave) - 3} more" if grave[3:] else ""
    )
    level = found.level.name.lower() if found.level is not None else "patch"
    yield violation(
        f"from {before.ref.version} to {record.ref.version} is less than the {level} step that this needs: {words}",
        "bump-too-small",
        "version",
        focus=record.iri,
        remedy=f"the least version that would do is {found.least(before.ref.version)}",
    )


def _links(record: Record, known: Known, vocabulary: Vocabulary) -> Iterator[Finding]:
    for link in record.links:
        path = f"upstream[{link.number - 1}]"
        relation = vocabulary.relations.get(link.relation)
        if relation is None:
            yield violation(
                f"{link.relation} is no relation that is known",
                "relation-unknown",
                f"{path}.relation",
                focus=link.iri,
                remedy="`basedOn` says that nothing more is known",
            )
        elif relation.from_kinds and record.kind not in relation.from_kinds:
            yield violation(
                f"{link.relation} does not start from a {record.kind}",
                "relation-kind",
                f"{path}.relation",
                focus=link.iri,
                remedy=f"it starts from: {', '.join(sorted(relation.from_kinds))}",
            )
        kind = known.kind(link.artifact)
        if relation is not None and relation.to_kinds and kind and kind not in relation.to_kinds:
            yield violation(
                f"{link.relation} does not lead to a {kind}, which {link.artifact} is",
                "relation-kind",
                f"{path}.relation",
                focus=link.iri,
                remedy=f"it leads to: {', '.join(sorted(relation.to_kinds))}",
            )
        yield from _target(record, link, path, known)


def _target(record: Record, link: Link, path: str, known: Known) -> Iterator[Finding]:
    own = link.artifact == str(record.ref.name)
    if own and record.ref.version in link.versions and not link.revision:
        yield violation(
            "the record names itself as its upstream",
            "upstream-self",
            path,
            focus=link.iri,
            remedy=f"name the earlier versions that are meant, e.g. version: <{record.ref.version}",
        )
    elif not own and not link.external and not known.kind(link.artifact):
        yield violation(
            f"nothing is recorded of {link.artifact!r}",
            "upstream-unknown",
            f"{path}.artifact",
            focus=link.iri,
            remedy="publish its record first, or write `external: true` if there will be none here",
        )
    elif not own and link.versions.exact is not None and not link.external:
        versions = known.versions(link.artifact)
        if versions and link.versions.exact not in versions:
            yield warning(
                f"{link.artifact} has no version {link.versions}; recorded: {', '.join(map(str, versions[:5]))}",
                "upstream-version-unknown",
                f"{path}.version",
                focus=link.iri,
                remedy="name a recorded version, or a range",
            )


def _cycle(record: Record, known: Known) -> Iterator[Finding]:
    way = known.cycle(record)
    if way:
        yield violation(
            f"the record would be made from itself: {' ← '.join(map(str, way))}",
            "derivation-cycle",
            "upstream",
            focus=record.iri,
            remedy="name the versions that were really used",
        )


def _contradictions(record: Record, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Classes of one thing that exclude each other: by them all that is published would contradict itself
    (OWL 2 Profiles §4.3, cax-dw).
    """
    classes: dict[str, set[str]] = {}
    for triple in record.triples:
        if triple.predicate.value == f"{RDF}type":
            stated = getattr(triple.object, "value", "")
            found = classes.setdefault(str(getattr(triple.subject, "value", "")), set())
            found |= {stated, *vocabulary.classes_above.get(stated, ())}
    for node, found in sorted(classes.items()):
        for one, other in vocabulary.disjoint:
            if one in found and other in found:
                yield violation(
                    f"what is a {one} is no {other}, and {node} is said to be both",
                    "classes-disjoint",
                    "type",
                    focus=record.iri,
                    remedy="keep one of the two in `type`",
                )
