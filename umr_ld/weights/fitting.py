"""Whether files are the ones that a record names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from umr_ld.weights.digests import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from umr_ld.record import File
    from umr_ld.weights.digests import Hashed


@dataclass(frozen=True, slots=True)
class Fit:
    """A file that a record names, or that lies in a folder, and how the two stand to each other.

    Args:
        name: of the file.
        state: `same`, `changed`, `missing` from the folder, or `unnamed` by the record.
        stated: the digest that the record states; empty if it names no such file.
        found: that of the file; empty if it is missing.
    """

    name: str
    state: str
    stated: str = ""
    found: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the record says otherwise. What it does not name may be there."""
        return self.state in {"changed", "missing"}


def fit(stated: Iterable[File], files: Sequence[Hashed], *, is_whole: bool = True) -> tuple[Fit, ...]:
    """Hold files against what a record says of them, in order of names.

    A file is found by its name; one that has another name than the record knows, by its digest.

    Args:
        stated: what the record names; those without a digest that is computed here are passed over.
        files: what there is.
        is_whole: whether these are all files, so that others are missing.
    """
    waiting = {file.name: file for file in files}
    held: set[str] = set()
    found: list[Fit] = []
    digests = {file.digest for file in files}
    for one in stated:
        if not one.digest.startswith(f"{ALGORITHM}:"):
            continue
        file = waiting.get(one.name)
        held.add(one.digest)
        if file is not None and file.digest != one.digest:
            found.append(Fit(one.name, "changed", one.digest, file.digest))
        elif one.digest in digests:
            found.append(Fit(one.name, "same", one.digest, one.digest))
        elif is_whole:
            found.append(Fit(one.name, "missing", one.digest))
    told = {one.name for one in found}
    found += [
        Fit(file.name, "unnamed", "", file.digest)
        for file in files
        if file.digest not in held and file.name not in told
    ]
    return tuple(sorted(found, key=lambda one: (one.name, one.state)))
