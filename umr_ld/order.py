"""The order in which things are dealt with that need each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping

    T = TypeVar("T", bound=Hashable)


def needs_first(needs: Mapping[T, Iterable[T]]) -> Iterator[T]:
    """Each thing after those that it needs; where they need each other in a circle, as given.

    Args:
        needs: thing to what it needs, all of them keys.

    Yields:
        every key once, in time proportional to the needs, however long a chain of them is.
    """
    done: set[T] = set()
    for start, own in needs.items():
        stack = [(start, iter(own))]
        open_ = {start}
        while stack:
            at, rest = stack[-1]
            # A need that is being served already is a circle, and is left.
            following = next((need for need in rest if need not in done and need not in open_), None)
            if at in done or following is None:
                stack.pop()
                if at not in done:
                    done.add(at)
                    yield at
            else:
                open_.add(following)
                stack.append((following, iter(needs[following])))
