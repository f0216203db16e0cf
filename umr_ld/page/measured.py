"""Values with parts, such as evaluations, as tables; and measured numbers as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.page.blocks import Bar, Bars, Cell, Table
from umr_ld.page.sections import parts_of
from umr_ld.record import Node, shown
from umr_ld.vocab import UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.addresses import Base
    from umr_ld.page.sections import Row
    from umr_ld.record import Value
    from umr_ld.vocab import Vocabulary

ROWS = 500
"""Of a table; of more than these the page says how many there are."""

_BARS = 40
_VALUE = f"{UMR}value"
_BESIDE = frozenset({_VALUE, f"{UMR}unit", "http://purl.org/dc/terms/source"})
"""What does not say what was measured."""


def table_of(row: Row) -> Table | None:
    """Several values with parts as a table, a column for each label; None for other values.

    Args:
        row: of a section.
    """
    several = len(row.pieces) > 1 and all(len(piece.parts) > 1 for piece in row.pieces)
    if not several:
        return None
    labels = tuple({label: None for piece in row.pieces for label, _ in piece.parts})
    named = any(piece.text for piece in row.pieces)
    inherited = any(piece.origin is not None for piece in row.pieces)
    head = (*((row.label,) if named else ()), *labels, *(("from",) if inherited else ()))
    rows = []
    for piece in row.pieces[:ROWS]:
        said = dict(piece.parts)
        cells = [Cell(piece.text, piece.link)] if named else []
        cells += [linked(said.get(label, "")) for label in labels]
        if inherited:
            cells.append(Cell("" if piece.origin is None else str(piece.origin)))
        rows.append(tuple(cells))
    return Table(row.label, head, tuple(rows), max(len(row.pieces) - ROWS, 0))


def linked(text: str) -> Cell:
    """A text as a cell; an address leads where it says.

    Args:
        text: in words.
    """
    is_address = text.startswith(("http://", "https://")) and not any(c.isspace() for c in text)
    return Cell(text, text if is_address else "")


def bars_of(values: Iterable[Value], vocabulary: Vocabulary, base: Base) -> Iterator[Bars]:
    """Drawings of what was measured in one unit, where there are at least two numbers to compare.

    Args:
        values: of one property.
        vocabulary: labels and order.
        base: by which names are told from foreign IRIs.
    """
    by_unit: dict[str, list[tuple[str, str, float]]] = {}
    for value in values:
        number = _number(value)
        if number is None or not isinstance(value, Node):
            continue
        unit = next((shown(one) for one in value.facts.get(f"{UMR}unit", ())), "")
        what = Node(value.iri, {name: said for name, said in value.facts.items() if name not in _BESIDE})
        label = ", ".join(text for _, text in parts_of(what, vocabulary, base))
        by_unit.setdefault(unit, []).append((label, shown(value.facts[_VALUE][0]), number))
    for unit, measured in by_unit.items():
        longest = max(number for _, _, number in measured)
        if len(measured) > 1 and longest > 0:
            top = 1.0 if not unit and longest <= 1 else 100.0 if unit == "%" and longest <= 100 else longest
            bars = [
                Bar(label, f"{text} {unit}".rstrip(), number / top)
                for label, text, number in measured[:_BARS]
            ]
            yield Bars(f"Drawn from 0 to {top:g}{f' {unit}' if unit else ''}", tuple(bars))


def _number(value: Value) -> float | None:
    """What was measured; None where it is no number, or one that no bar can show."""
    if not isinstance(value, Node) or len(value.facts.get(_VALUE, ())) != 1:
        return None
    try:
        number = float(shown(value.facts[_VALUE][0]))
    except ValueError:
        return None
    return number if 0 <= number < 1e300 else None
