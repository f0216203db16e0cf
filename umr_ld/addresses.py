"""The IRIs of a registry: every address is made here, and read back here.

A registry's base IRI ends with `/`. Below it stand artifacts (`r/NAME`), records (`r/NAME@VERSION`),
agents (`agent/LABEL`) and the named graphs of the store (`g/`, `d/`, `e/`, `log/`).

What another registry, a *peer*, publishes keeps the IRIs that it has there. Here it is named by the peer's
label and its name there: `LABEL/NAME`. Its named graphs stand below `peer/LABEL/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pyoxigraph as ox

from umr_ld.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_BASE = "https://w3id.org/umr-ld/"

_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`?#]+/\Z")
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,4}(@[0-9A-Za-z.+-]+)?\Z")
"""A peer's name, or a reference to a record of it, that with the peer's label before it is a name here."""
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+\Z")


def is_absolute(text: str) -> bool:
    """Whether a text is an absolute IRI (RFC 3987 §2.2). What has another form, such as `https://a.example/100%`, is dropped
    by readers of JSON-LD without a word, and with it all that is said by it.

    Args:
        text: any text.
    """
    if not _ABSOLUTE.match(text):
        return False
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Base:
    """A registry's base IRI, and the addresses below it.

    Args:
        iri: absolute, http or https, ending with `/`.
        peers: label of each registry whose records are taken over, to its base IRI. It grows with the journal.

    Raises:
        Malformed: if the base is not of that form.
    """

    iri: str = DEFAULT_BASE
    peers: dict[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not _BASE.match(self.iri):
            raise Malformed(
                f"{self.iri!r} cannot be a registry's base",
                remedy="give an http or https IRI without query and fragment that ends with /",
            )

    def expand(self, prefix: str, short: str) -> str:
        """A short value made an IRI.

        Args:
            prefix: an absolute IRI, or a path below the base such as `agent/`.
            short: what the author wrote; characters that no IRI path has are percent-encoded.
        """
        if prefix == "r/" and short.partition("/")[0] in self.peers:
            return self.artifact(short)
        root = prefix if is_absolute(prefix) else self.iri + prefix
        return root + quote(short, safe="/@+#~!$&'()*,;=:" if prefix != "agent/" else "")

    def artifact(self, name: object) -> str:
        """The IRI of an artifact.

        Args:
            name: a name below this base or a peer's, or an absolute IRI, which is given back.
        """
        text = str(name)
        if ":" in text:
            return text
        home, rest = self._at_home(text)
        return f"{home}r/{rest}"

    def record(self, ref: object) -> str:
        """The IRI of a record; `ref` is `name@version`."""
        home, rest = self._at_home(str(ref))
        return f"{home}r/{rest}"

    def asserted(self, ref: object) -> str:
        """The named graph of what a record's author states."""
        return self._graph("g", ref)

    def derived(self, ref: object) -> str:
        """The named graph of what follows from a record's own document."""
        return self._graph("d", ref)

    def resolved(self, ref: object) -> str:
        """The named graph of what follows from a record and those it depends on."""
        return self._graph("e", ref)

    def peer_of(self, name: object) -> str:
        """The label of the registry from which an artifact or a record was taken over; empty for this one.

        Args:
            name: below this base, or a peer's; or `name@version`.
        """
        label, slash, _ = str(name).partition("/")
        return label if slash and label in self.peers else ""

    def peers_of(self, iris: Iterable[str]) -> list[str]:
        """The labels of the registries below whose bases some IRIs lie, in order.

        Args:
            iris: absolute.
        """
        homes = tuple(self.peers.items())
        return sorted({label for iri in iris for label, home in homes if iri.startswith(home)})

    def _at_home(self, name: str) -> tuple[str, str]:
        """The base IRI of the registry that publishes something, and its name there."""
        label = self.peer_of(name)
        return (self.peers[label], name[len(label) + 1 :]) if label else (self.iri, name)

    def _graph(self, kind: str, ref: object) -> str:
        label = self.peer_of(ref)
        if not label:
            return f"{self.iri}{kind}/{ref}"
        return f"{self.iri}peer/{label}/{kind}/{str(ref)[len(label) + 1 :]}"

    def log(self, seq: int) -> str:
        """The named graph of a journal entry."""
        return f"{self.iri}log/{seq}"

    def artifact_of(self, iri: str) -> str:
        """The name of an artifact below this base or a peer's, or the IRI itself if it is elsewhere.

        Args:
            iri: absolute.
        """
        root = f"{self.iri}r/"
        if iri.startswith(root):
            return iri[len(root) :]
        for label, home in tuple(self.peers.items()):
            if iri.startswith(f"{home}r/"):
                return named_by_peer(label, home, iri)
        return iri

    def holds(self, iri: str) -> bool:
        """Whether an IRI is given out here or by a peer, or is a term of the ontology: only agents are anybody's to describe.

        Args:
            iri: absolute.
        """
        homes = {self.iri, DEFAULT_BASE, *self.peers.values()}
        return any(iri.startswith(home) and not iri.startswith(f"{home}agent/") for home in homes)

    def agent_label(self, iri: str) -> str | None:
        """What an agent's IRI below this base was made from, else None.

        Args:
            iri: absolute.
        """
        root = f"{self.iri}agent/"
        return unquote(iri[len(root) :]) if iri.startswith(root) else None


def named_by_peer(label: str, home: str, iri: str) -> str:
    """How something that a peer publishes is named here.

    Args:
        label: of the peer.
        home: its base IRI.
        iri: begins with `{home}r/`.

    Returns:
        `LABEL/NAME`; the IRI itself where that would be no name.
    """
    name = iri[len(home) + 2 :]
    return f"{label}/{name}" if _NAMED.match(name) else iri
