"""The IRIs of a registry: every address is made here, and read back here.

A registry's base IRI ends with `/`. Below it stand artifacts (`r/NAME`), records (`r/NAME@VERSION`),
agents (`agent/LABEL`) and the named graphs of the store (`g/`, `d/`, `e/`, `log/`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from umr_ld.errors import Malformed

DEFAULT_BASE = "https://w3id.org/umr-ld/"

_BASE = re.compile(r"https?://[^\s<>\"{}|\\^`?#]+/\Z")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`\x00-\x20]+\Z")


def is_absolute(text: str) -> bool:
    """Whether a text is an absolute IRI (RFC 3987 §2.2, without its full grammar).

    Args:
        text: any text.
    """
    return bool(_ABSOLUTE.match(text))


@dataclass(frozen=True, slots=True)
class Base:
    """A registry's base IRI, and the addresses below it.

    Args:
        iri: absolute, http or https, ending with `/`.

    Raises:
        Malformed: if it is not of that form.
    """

    iri: str = DEFAULT_BASE

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
        root = prefix if is_absolute(prefix) else self.iri + prefix
        return root + quote(short, safe="/@+#~!$&'()*,;=:" if prefix != "agent/" else "")

    def artifact(self, name: object) -> str:
        """The IRI of an artifact.

        Args:
            name: a name below this base, or an absolute IRI, which is given back.
        """
        text = str(name)
        return text if ":" in text else f"{self.iri}r/{text}"

    def record(self, ref: object) -> str:
        """The IRI of a record; `ref` is `name@version`."""
        return f"{self.iri}r/{ref}"

    def asserted(self, ref: object) -> str:
        """The named graph of what a record's author states."""
        return f"{self.iri}g/{ref}"

    def derived(self, ref: object) -> str:
        """The named graph of what follows from a record's own document."""
        return f"{self.iri}d/{ref}"

    def resolved(self, ref: object) -> str:
        """The named graph of what follows from a record and those it depends on."""
        return f"{self.iri}e/{ref}"

    def log(self, seq: int) -> str:
        """The named graph of a journal entry."""
        return f"{self.iri}log/{seq}"

    def artifact_of(self, iri: str) -> str:
        """The name of an artifact below this base, or the IRI itself if it is elsewhere.

        Args:
            iri: absolute.
        """
        root = f"{self.iri}r/"
        return iri.removeprefix(root)

    def agent_label(self, iri: str) -> str | None:
        """What an agent's IRI below this base was made from, else None.

        Args:
            iri: absolute.
        """
        root = f"{self.iri}agent/"
        return unquote(iri[len(root) :]) if iri.startswith(root) else None
