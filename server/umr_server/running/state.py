"""What an answer depends on: the journal's end, how far the index has followed it, and what this program is."""

from __future__ import annotations

import hashlib
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import umr_ld
from umr_ld.errors import UmrError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from umr_ld.entry import Head
    from umr_server.site import Site

ASKING = frozenset({"/sparql", "/graphs", "/query"})
"""Addresses whose answers show a copy of the store, which may lag behind what is published."""


class Moment(NamedTuple):
    """What an answer is made from.

    Args:
        seq: number of the journal entry.
        chain: its chain value.
        copied: number of the entry that the copy has reached which queries see; 0 where it does not matter.
    """

    seq: int
    chain: str
    copied: int


class State:
    """Tells whether what was answered before is still the answer.

    No answer depends on the time: what is published says until when it holds by being published. Whoever adds
    one that does answers with `Cache-Control: no-store`.

    Args:
        site: what is served.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def now(self, path: str, query: str, reached: Head | None = None) -> Moment | None:
        """What answers at an address depend on and what may change while this process lives; None if nobody can tell.

        The index follows the journal a moment later, in another process perhaps: an answer that was made
        in between is the answer of the entry that the index has reached.

        Args:
            path: of the address.
            query: of the address.
            reached: as of `reached`, if it was told since the request arrived.
        """
        try:
            reached = reached or self._site.registry.position()
            copied = self._site.queries.state(reached.seq) if query and path in ASKING else 0
        except UmrError:
            return None
        return Moment(reached.seq, reached.chain, copied)

    def reached(self) -> Head | None:
        """The journal entry that answers are made from now, told without waiting; None if it takes a closer look."""
        try:
            return self._site.registry.glimpse()
        except UmrError:
            return None

    def glimpse(self, reached: Head, path: str, query: str) -> Moment | None:
        """As `now`, told without waiting; None if it takes a closer look.

        Args:
            reached: as of `reached`.
            path: of the address.
            query: of the address.
        """
        copied = self._site.queries.glimpse(reached.seq) if query and path in ASKING else 0
        return None if copied is None else Moment(reached.seq, reached.chain, copied)

    def is_of(self, now: Hashable, copied: int) -> bool:
        """Whether what was made from a copy is what is asked for at a moment.

        Args:
            now: the moment.
            copied: number of the entry that the copy has reached.
        """
        return isinstance(now, Moment) and now.copied == copied

    @cached_property
    def constant(self) -> str:
        """Digest of what does not change while this process lives: program, policy, settings."""
        try:
            policy = self._site.registry.policy.digest
        except UmrError:
            policy = ""
        said = (program(), policy, self._site.settings, self._site.registry.base.iri)
        return hashlib.sha256(repr(said).encode()).hexdigest()


@cache
def program() -> str:
    """SHA-256 over the program's own files, with what it shows and what it thinks by."""
    digest = hashlib.sha256()
    for root in (Path(__file__).parents[1], Path(umr_ld.__file__).parent, *_data()):
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _data() -> list[Path]:
    from umr_ld.resources import resource

    return [Path(str(resource(name))) for name in ("ontology", "shapes")]
