"""The policy: which relation carries which risk, and whose word counts. It is data.

The table is in the ontology, on the relations: `umr:carries`, `umr:weaklyCarries`, `umr:weakensPartial`.
A deployment may say otherwise in a file of its own, cell by cell; what it does not mention stays. There it
also names its reviewers, and the names that it has accepted as names of the same artifact.
"""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.errors import Malformed
from umr_ld.resources import resource
from umr_ld.vocab import RDF, SKOS, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from umr_ld.vocab import Vocabulary


class Cell(enum.IntEnum):
    """What a relation does with a risk; the larger one lets more pass."""

    STOPS = 0
    WEAK = 1
    FULL = 2


_CELLS = {f"{UMR}stops": Cell.STOPS, f"{UMR}weaklyCarries": Cell.WEAK, f"{UMR}carries": Cell.FULL}
_WEAKENS = f"{UMR}weakensPartial"
_REVIEWER = f"{UMR}reviewer"
_ALIAS = f"{UMR}alsoKnownAs"
_MEANT = ", ".join(f"umr:{name.removeprefix(UMR)}" for name in (*_CELLS, _WEAKENS, _REVIEWER, _ALIAS))


@dataclass(frozen=True)
class Policy:
    """A table of what carries what, and who reviews.

    Args:
        cells: relation and risk or class of risks, as IRIs, to what passes; what is missing stops.
        weakened: relation and risk or class that pass weakly where the risk is in part of the data.
        classes: risk to its classes, and to the risks that are wider.
        reviewers: IRIs of agents whose statements count against a direct hit.
        aliases: pairs of IRIs of artifacts that are the same.
        turtle: the file that says otherwise than the ontology; empty if none does.
    """

    cells: Mapping[tuple[str, str], Cell]
    weakened: frozenset[tuple[str, str]]
    classes: Mapping[str, Risk]
    reviewers: frozenset[str] = frozenset()
    aliases: frozenset[tuple[str, str]] = frozenset()
    turtle: bytes = field(default=b"", compare=False, repr=False)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything that decides, hexadecimal: the same for policies that decide the same."""
        lines = [
            *(f"cell {relation} {risk} {cell.name}" for (relation, risk), cell in self.cells.items()),
            *(f"weakened {relation} {risk}" for relation, risk in self.weakened),
            *(
                f"risk {iri} {' '.join(one.classes)} {' '.join(one.wider)}"
                for iri, one in self.classes.items()
            ),
            *(f"reviewer {iri}" for iri in self.reviewers),
            *(f"alias {' '.join(sorted(pair))}" for pair in self.aliases),
        ]
        return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()

    def passes(self, relation: str, risks: Iterable[str], *, partial: bool = False) -> Cell:
        """What passes along a relation: the strongest over the risks.

        Args:
            relation: IRI.
            risks: IRIs.
            partial: whether the risk is in part of the data only.
        """
        return max((self._passes(relation, risk, partial) for risk in risks), default=Cell.STOPS)

    def _passes(self, relation: str, risk: str, partial: bool) -> Cell:
        if all(known != relation for known, _ in self.cells):
            return Cell.WEAK  # Of a relation that nobody knows nothing can be excluded.
        known = self.classes.get(risk)
        for named in (risk, *(known.wider if known else ())):
            if (relation, named) in self.cells:
                return self._cell(relation, named, partial)
        classes = known.classes if known else {iri for one in self.classes.values() for iri in one.classes}
        return max((self._cell(relation, one, partial) for one in classes), default=Cell.STOPS)

    def _cell(self, relation: str, risk: str, partial: bool) -> Cell:
        cell = self.cells.get((relation, risk), Cell.STOPS)
        return min(cell, Cell.WEAK) if partial and (relation, risk) in self.weakened else cell

    def overridden(self, turtle: bytes, where: str, vocabulary: Vocabulary) -> Policy:
        """This policy, with the cells that a file states in their place.

        Args:
            turtle: the file's bytes.
            where: its name, for messages.
            vocabulary: relations that may be named.

        Raises:
            Malformed: if it is no Turtle, or says anything but cells of what is known, reviewers and aliases.
        """
        cells, weakened = dict(self.cells), set(self.weakened)
        reviewers, aliases = set(self.reviewers), set(self.aliases)
        relations = {relation.iri for relation in vocabulary.relations.values()}
        risks = self.classes.keys() | {iri for one in self.classes.values() for iri in one.classes}
        for subject, predicate, value in _statements(turtle, where):
            if predicate == _REVIEWER:
                reviewers.add(value)
                continue
            if predicate == _ALIAS:
                aliases.add((subject, value))
                continue
            if predicate not in _CELLS and predicate != _WEAKENS:
                raise _refused(
                    f"{predicate} says nothing that a policy may say", where, f"a policy says {_MEANT}"
                )
            if subject not in relations:
                raise _refused(f"{subject} is no relation", where, "name a relation of the ontology")
            if value not in risks:
                raise _refused(
                    f"{value} is no risk and no class of risks", where, "name one of the risk scheme"
                )
            if predicate == _WEAKENS:
                weakened.add((subject, value))
            else:
                cells[subject, value] = _CELLS[predicate]
                weakened.discard((subject, value))
        return Policy(
            cells, frozenset(weakened), self.classes, frozenset(reviewers), frozenset(aliases), turtle
        )


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk of the scheme.

    Args:
        classes: IRIs of its classes.
        wider: IRIs of the risks that it is a kind of, the nearest first.
    """

    classes: tuple[str, ...]
    wider: tuple[str, ...]


@cache
def standard_policy() -> Policy:
    """The policy of the ontology, read once."""
    said = [
        triple
        for path in ("ontology/umr.ttl", "ontology/risks.ttl")
        for triple in _statements(resource(path).read_bytes(), path)
    ]
    cells = {(subject, value): _CELLS[name] for subject, name, value in said if name in _CELLS}
    weakened = {(subject, value) for subject, name, value in said if name == _WEAKENS}
    return Policy(cells, frozenset(weakened), _risks(said))


def _risks(said: list[tuple[str, str, str]]) -> dict[str, Risk]:
    concepts = [s for s, name, value in said if name == f"{RDF}type" and value == f"{SKOS}Concept"]
    classes: dict[str, list[str]] = {}
    above: dict[str, str] = {}
    for subject, name, value in said:
        if name == f"{UMR}riskClass":
            classes.setdefault(subject, []).append(value)
        elif name == f"{SKOS}broader":
            above[subject] = value
    return {iri: Risk(tuple(sorted(classes.get(iri, ()))), _wider(iri, above)) for iri in concepts}


def _wider(iri: str, above: Mapping[str, str]) -> tuple[str, ...]:
    found: list[str] = []
    while (further := above.get(iri)) is not None and further not in found:
        found.append(further)
        iri = further
    return tuple(found)


def _statements(turtle: bytes, where: str) -> Iterable[tuple[str, str, str]]:
    try:
        quads = list(ox.parse(turtle, ox.RdfFormat.TURTLE))
    except (SyntaxError, ValueError) as error:
        raise Malformed(
            f"not Turtle: {error}", where=where, remedy="see docs/risk.md for an example"
        ) from None
    return [(_text(quad.subject), quad.predicate.value, _text(quad.object)) for quad in quads]


def _text(term: object) -> str:
    return term.value if isinstance(term, (ox.NamedNode, ox.Literal, ox.BlankNode)) else str(term)


def _refused(what: str, where: str, remedy: str) -> Malformed:
    return Malformed(what, where=where, remedy=remedy)
