"""Places in foreign documents, as the crosswalks write them: `modelCard.considerations.useCases[]`.

Steps are joined by dots. `name[]` is each element of a list, `name[type=website]` each element in which `type` is
`website`. Reading is lenient: a single value may stand for a list of one, and a list for a single value.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from umr_ld.tree import Path, Value

    Resolve = Callable[[Value], Value]

_STEP = re.compile(r"([^.\[\]]+)(\[(?:([^\]=]+)=([^\]]*))?\])?(?:\.|\Z)")


class Step(NamedTuple):
    """One step of a place.

    Args:
        key: of the object.
        several: whether its value is a list.
        attribute: key of the elements that is looked at; empty for none.
        wanted: what stands there in those that are meant.
    """

    key: str
    several: bool = False
    attribute: str = ""
    wanted: str = ""


class Node(dict):  # type: ignore[type-arg] # a tree's values are of any type
    """An object that was put together from a document, and knows where in it.

    Args:
        path: where it stands.
    """

    __slots__ = ("origins", "path")

    def __init__(self, path: Path = ()) -> None:
        super().__init__()
        self.path = path
        self.origins: dict[str, Path] = {}


@cache
def parse_place(text: str) -> tuple[Step, ...]:
    """The steps of a place.

    Args:
        text: as a crosswalk writes it.

    Raises:
        Malformed: if it is no place.
    """
    steps, at = [], 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise Malformed(f"{text!r} is no place in a document", remedy="write e.g. a.b[].c")
        key, brackets, attribute, wanted = match.groups()
        steps.append(Step(key, brackets is not None, attribute or "", wanted or ""))
        at = match.end()
    return tuple(steps)


def found(
    root: Value, steps: Sequence[Step], resolve: Resolve | None = None, trail: Path = ()
) -> Iterator[tuple[Path, Value]]:
    """The values at a place, each with its path in the document.

    Args:
        root: where the place begins.
        steps: the place.
        resolve: gives the object that a reference stands for.
        trail: path of `root`.
    """
    if resolve is not None:
        root = resolve(root)
    if not steps:
        yield trail, root
        return
    step, rest = steps[0], steps[1:]
    if not isinstance(root, dict) or root.get(step.key) is None:
        return
    value = root[step.key]
    here = (*trail, step.key)
    if isinstance(root, Node):
        here = root.origins.get(step.key, root.path)
    for at, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
        if one is not None and (not step.attribute or _has(one, step, resolve)):
            yield from found(one, rest, resolve, here if at is None else (*here, at))


def _has(value: Value, step: Step, resolve: Resolve | None) -> bool:
    whole = resolve(value) if resolve is not None else value
    said = whole.get(step.attribute) if isinstance(whole, dict) else None
    return any(one == step.wanted for one in (said if isinstance(said, list) else [said]))


def is_meant(value: Value, step: Step) -> bool:
    """Whether a step leads to an element, or leads past it.

    Args:
        value: an element of the list at the step.
        step: of a place.
    """
    return not step.attribute or _has(value, step, None)


def put(
    root: dict[str, Value],
    steps: Sequence[Step],
    values: Sequence[tuple[int, Value]],
    *,
    outer: bool = False,
) -> None:
    """Write values at a place.

    Args:
        root: where the place begins; objects and lists on the way are made.
        steps: the place.
        values: each with its number among those of the place, from 0; several only where the place has a list.
        outer: whether, where there is a list in a list, the values are numbered by the outer one.
    """
    for number, value in values:
        _put(root, steps, number, value, outer)


def _put(node: dict[str, Value], steps: Sequence[Step], number: int, value: Value, outer: bool) -> None:
    step, rest = steps[0], steps[1:]
    if not step.several:
        if not rest:
            node[step.key] = value
            return
        inner = node.setdefault(step.key, {})
        assert isinstance(inner, dict)
        _put(inner, rest, number, value, outer)
        return
    listed = node.setdefault(step.key, [])
    assert isinstance(listed, list)
    if not rest:
        listed.append(value)
        return
    is_counted = outer or not any(one.several for one in rest)
    element = _element(listed, step, number if is_counted else 0)
    _put(element, rest, 0 if outer else number, value, outer)


def _element(listed: list[Value], step: Step, number: int) -> dict[str, Value]:
    """The element with a number among those that are meant."""
    meant = [one for one in listed if isinstance(one, dict) and (not step.attribute or _has(one, step, None))]
    while len(meant) <= number:
        made: dict[str, Value] = {step.attribute: step.wanted} if step.attribute else {}
        listed.append(made)
        meant.append(made)
    return meant[number]


def pruned(value: Value) -> Value:
    """A tree without empty objects and lists.

    Args:
        value: any tree.
    """
    if isinstance(value, dict):
        kept = {key: pruned(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, {}, [])}
    if isinstance(value, list):
        return [inner for inner in map(pruned, value) if inner not in (None, {}, [])]
    return value
