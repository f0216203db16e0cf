"""What Turtle files state, by subject and property, in the order in which it stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import pyoxigraph as ox

from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

Subject: TypeAlias = "ox.NamedNode | ox.BlankNode"
Term: TypeAlias = "ox.NamedNode | ox.BlankNode | ox.Literal"


class Statements:
    """Statements of Turtle files.

    Args:
        paths: of the files.

    Raises:
        Malformed: if one of them is no Turtle.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._said: dict[Subject, dict[str, list[Term]]] = {}
        for path in paths:
            for quad in _parsed(path):
                assert isinstance(quad.subject, (ox.NamedNode, ox.BlankNode))
                assert isinstance(quad.object, (ox.NamedNode, ox.BlankNode, ox.Literal))
                own = self._said.setdefault(quad.subject, {})
                own.setdefault(quad.predicate.value, []).append(quad.object)

    def having(self, name: str, value: str = "") -> Iterator[Subject]:
        """The subjects of which something is said, in order.

        Args:
            name: IRI of the property.
            value: IRI that is said; empty for any.
        """
        for subject, own in self._said.items():
            if any(not value or one.value == value for one in own.get(name, ())):
                yield subject

    def all(self, subject: Term, name: str) -> list[Term]:
        """The values of a property, in order.

        Args:
            subject: of which it is said.
            name: IRI of the property.
        """
        return [] if isinstance(subject, ox.Literal) else self._said.get(subject, {}).get(name, [])

    def texts(self, subject: Term, *names: str) -> list[str]:
        """The values of properties as text, those of the first property first.

        Args:
            subject: of which they are said.
            names: IRIs of the properties.
        """
        return [one.value for name in names for one in self.all(subject, name)]

    def text(self, subject: Term, *names: str) -> str:
        """The first of `texts`; empty if there is none."""
        return next(iter(self.texts(subject, *names)), "")


def _parsed(path: Path) -> list[ox.Quad]:
    try:
        return list(ox.parse(path.read_bytes(), ox.RdfFormat.TURTLE))
    except (SyntaxError, ValueError) as error:
        raise Malformed(
            f"not Turtle: {error}", where=str(path), remedy="docs/audit.md has a profile to begin with"
        ) from None
