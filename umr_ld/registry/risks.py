"""Questions about risk: which advisories there are, who is exposed to them, and what stands in their way."""

from __future__ import annotations

from heapq import nsmallest
from typing import TYPE_CHECKING

from umr_ld.errors import Missing
from umr_ld.moments import comparable
from umr_ld.registry.spoken import current
from umr_ld.registry.views import Affected, Judged, Said, Stated, Verdicts
from umr_ld.risk import Answer, Case, Ruling, expose
from umr_ld.risk.statement import publishers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from umr_ld.registry.parts import Parts
    from umr_ld.risk import Advisory, Aliases, Cell, Exposure, Policy, Scope, Statement


def advisories(parts: Parts, about: Sequence[str] | None, at: int | None) -> tuple[Advisory, ...]:
    """The advisories that count.

    Args:
        parts: of the registry.
        about: artifacts of which they name at least one; None for all.
        at: journal sequence number, or None for now.
    """
    rows = current(parts.index, "Advisory", about, at)
    found = [parts.spoken.advisory(row) for row in rows]
    return tuple(
        one
        for one in found
        if not one.withdrawn and (about is None or not one.scopes.keys().isdisjoint(about))
    )


def aliases_of(parts: Parts, policy: Policy, at: int | None) -> Aliases:
    """The names that are decided to be names of the same artifact.

    Args:
        parts: of the registry.
        policy: says whose decisions count, and has aliases of its own.
        at: journal sequence number, or None for now.
    """
    return parts.names.aliases(policy, at)


def bearing_on(
    parts: Parts, artifacts: Collection[str], policy: Policy, at: int | None
) -> tuple[Advisory, ...]:
    """The advisories that count and may touch artifacts: those about them, and those of which a statement
    says how they stand.

    Args:
        parts: of the registry.
        artifacts: names and IRIs, with all that they are made from.
        policy: says whose decisions about names count.
        at: journal sequence number, or None for now.
    """
    aliases = aliases_of(parts, policy, at)
    wanted = sorted({name for artifact in artifacts for name in aliases.same(artifact)})
    found = {one.name: one for one in advisories(parts, wanted, at)}
    for row in current(parts.index, "Statement", wanted, at):
        about = parts.spoken.statement(row).advisory
        named = None if not about or about in found else advisory_named(parts, about, at)
        if named is not None and not _is_withdrawn(parts, named, at):
            found[named.name] = named
    return tuple(found[name] for name in sorted(found))


def advisory_named(parts: Parts, text: str, at: int | None) -> Advisory | None:
    """The advisory that a person means; None if it is none. Withdrawn ones are found too.

    Args:
        parts: of the registry.
        text: name, the name's last segment, or an identifier that it has elsewhere.
        at: journal sequence number, or None for now.
    """
    name = text.partition("@")[0]
    for asked in (name, f"advisory/{name}"):
        rows = [row for row in parts.index.versions(asked, at) if row.kind == "Advisory"]
        if rows:
            best = next((row for row in rows if row.withdrawn is None), rows[0])
            return parts.spoken.advisory(best)
    if "/" in name and not name.startswith("advisory/"):
        return None
    every = (parts.spoken.advisory(row) for row in current(parts.index, "Advisory", None, at))
    return next((one for one in every if name in (one.label, *one.aliases)), None)


def require_advisory(parts: Parts, text: str, at: int | None) -> Advisory:
    """As `advisory_named`.

    Raises:
        Missing: if there is none.
    """
    found = advisory_named(parts, text, at)
    if found is None:
        raise Missing(f"there is no advisory {text!r}", remedy="`umr advisory list` names them")
    return found


def statements(parts: Parts, advisory: Advisory, at: int | None) -> tuple[Statement, ...]:
    """The statements about an advisory.

    Args:
        parts: of the registry.
        advisory: which.
        at: journal sequence number, or None for now.
    """
    return statements_by_advisory(parts, [advisory], at)[advisory.name]


def statements_by_advisory(
    parts: Parts, found: Sequence[Advisory], at: int | None
) -> Mapping[str, tuple[Statement, ...]]:
    """The statements about advisories, by name of the advisory.

    Args:
        parts: of the registry.
        found: the advisories.
        at: journal sequence number, or None for now.
    """
    names = {one.name: frozenset((one.name, one.label, *one.aliases)) for one in found}
    rows = current(
        parts.index, "Statement", sorted({name for several in names.values() for name in several}), at
    )
    said = [parts.spoken.statement(row) for row in rows]
    return {name: tuple(one for one in said if one.speaks_of(several)) for name, several in names.items()}


def verdicts(parts: Parts, advisory: Advisory, policy: Policy, at: int | None) -> Verdicts:
    """Who is exposed to an advisory.

    Args:
        parts: of the registry.
        advisory: which; nobody is exposed to one that is withdrawn.
        policy: what carries what.
        at: journal sequence number, or None for now.
    """
    if _is_withdrawn(parts, advisory, at):
        nobody = expose(parts.index, Case({}, passes(parts, advisory, policy)))
        return Verdicts(advisory, policy.digest, nobody, (), stands=False)
    said = tuple(weighed(parts, statements(parts, advisory, at), policy, at))
    case = case_of(parts, advisory, policy, said, at)
    return Verdicts(advisory, policy.digest, expose(parts.index, case, at), said)


def _is_withdrawn(parts: Parts, advisory: Advisory, at: int | None) -> bool:
    row = parts.index.record(advisory.ref, at)
    return advisory.withdrawn or row is None or row.withdrawn is not None


def case_of(parts: Parts, advisory: Advisory, policy: Policy, said: Iterable[Said], at: int | None) -> Case:
    """What is asked of the graph for an advisory.

    Args:
        parts: of the registry.
        advisory: which.
        policy: what carries what.
        said: statements, weighed.
        at: journal sequence number, or None for now.
    """
    rulings: dict[int, Said] = {}
    reviews: dict[int, Said] = {}
    for one in said:
        if one.counts:
            rulings[one.row.seq] = _newer(rulings.get(one.row.seq), one)
        if one.reviewed:
            reviews[one.row.seq] = _newer(reviews.get(one.row.seq), one)
    aliases = aliases_of(parts, policy, at)
    return Case(
        scopes=_everywhere(advisory.scopes, aliases),
        passes=passes(parts, advisory, policy),
        aliases=aliases,
        rulings={seq: _ruling(one) for seq, one in rulings.items()},
        reviews={seq: _ruling(one) for seq, one in reviews.items()},
    )


def _everywhere(scopes: Mapping[str, Scope], aliases: Aliases) -> Mapping[str, Scope]:
    """What is said of one name of an artifact is said of all."""
    found: dict[str, Scope] = {}
    for name, scope in scopes.items():
        for one in aliases.same(name):
            found[one] = found[one] | scope if one in found else scope
    return found


def passes(parts: Parts, advisory: Advisory, policy: Policy) -> Callable[[str], Cell]:
    """What passes along a relation, by its key.

    Args:
        parts: of the registry.
        advisory: whose risks are asked about.
        policy: the table.
    """
    relations = parts.vocabulary.relations

    def cell(key: str) -> Cell:
        iri = relations[key].iri if key in relations else key
        return policy.passes(iri, advisory.risks, partial=advisory.partial)

    return cell


def _ruling(one: Said) -> Ruling:
    return Ruling(one.statement.ref, one.row.ref, one.statement.answer)


def _newer(known: Said | None, one: Said) -> Said:
    """The one that counts: the newest; of several of one day the most cautious; then the first by name."""
    if known is None:
        return one
    return max(known, one, key=_weight)


def _weight(one: Said) -> tuple[str, Answer, str]:
    return comparable(one.statement.issued), one.statement.answer, str(one.statement.ref)


def weighed(parts: Parts, found: Iterable[Statement], policy: Policy, at: int | None) -> Iterator[Said]:
    """Each statement with each record that it speaks of, and whether it counts there.

    Args:
        parts: of the registry.
        found: statements about one advisory.
        policy: names the reviewers.
        at: journal sequence number, or None for now.
    """
    aliases = aliases_of(parts, policy, at)
    for statement in found:
        reviewed = not statement.publishers.isdisjoint(policy.reviewers)
        for name, scope in _everywhere(statement.products, aliases).items():
            for row in parts.index.versions(name, at):
                if scope.holds(row.ref.version, row.revision):
                    own = publishers_of(parts.records.read(row))
                    yield Said(statement, row, not own.isdisjoint(statement.publishers) or reviewed, reviewed)


def judged(parts: Parts, found: Verdicts, places: Iterable[int] | None = None) -> Iterator[Judged]:
    """The records of an exposure with their publishers and paths.

    Args:
        parts: of the registry.
        found: the verdicts.
        places: of those in the exposure that are wanted; None for all.
    """
    exposure = found.exposure
    chosen = ((exposure[place], exposure.path(exposure[place])) for place in places or ())
    wanted = [*(exposure.with_paths() if places is None else chosen)]
    rows = parts.index.numbered(one.number for one, _ in wanted)
    for one, path in wanted:
        row = rows.get(one.number)
        yield Judged(
            ref=one.ref,
            answer=one.answer,
            arrives=one.arrives,
            depth=one.depth,
            path=path,
            ruling=one.ruling,
            publisher="" if row is None else row.publisher,
            kind="" if row is None else row.kind,
        )


def told(parts: Parts, found: Verdicts, start: int = 0, most: int | None = None) -> Affected:
    """Verdicts as they are told: nothing in them has to be asked for any more.

    Args:
        parts: of the registry.
        found: the verdicts.
        start: how many records to pass over.
        most: how many records are told, and how many of those to be mended first; None for all.
    """
    exposure = found.exposure
    hits = range(len(exposure))[start : None if most is None else start + most]
    mending = order_of_repair(exposure, most)
    wanted = sorted({*hits, *(place for place, _ in mending)})
    every = dict(zip(wanted, judged(parts, found, wanted), strict=True))
    said = tuple(
        Stated(
            one.statement.ref,
            one.row.ref,
            one.statement.status,
            one.statement.justification,
            one.counts,
            one.reviewed,
        )
        for one in found.said
    )
    repair = tuple((every[place], below) for place, below in mending)
    return Affected(found.advisory, found.policy, tuple(every[place] for place in hits), said, repair)


def order_of_repair(exposure: Exposure, most: int | None = None) -> list[tuple[int, int]]:
    """In which order records have to be mended so that those below them can be.

    Args:
        exposure: of an advisory.
        most: how many are wanted; None for all.

    Returns:
        place in the exposure, and how many further records hang on it by their paths; those that nothing
        exposed lies above first, and of these the ones on which most hangs.
    """
    every = exposure.outline
    place = {one.number: at for at, one in enumerate(every)}
    below = [0] * len(every)
    # They are in the order of their depth. What hangs on deep ones hangs on what is above them too.
    for at in reversed(range(len(every))):
        above = place.get(every[at].through)
        if above is not None and above != at:
            below[above] += below[at] + 1
    wanted = ((one.depth, -below[at], at) for at, one in enumerate(every) if one.answer is not Answer.CLEAR)
    chosen = sorted(wanted) if most is None else nsmallest(most, wanted)
    return [(at, below[at]) for _, _, at in chosen]
