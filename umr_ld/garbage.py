"""How often a program looks for garbage in circles."""

from __future__ import annotations

import gc

_YOUNG = 100_000
"""Objects that are made before circles are looked for among them."""
_OLDER = 20
"""Collections of a generation before the next older one is looked at."""


def collect_seldom() -> None:
    """Look for circles of objects that nobody holds as seldom as suits programs that make many and keep them.

    An answer about tens of thousands of records, and a list that is taken in, are hundreds of thousands of small
    objects, none of them in a circle. Python, left to itself, looks at them again after every 700, which takes up to
    a third of the time. It is the programs that decide this, and not the library: it counts for the whole process.
    """
    gc.set_threshold(_YOUNG, _OLDER, _OLDER)
