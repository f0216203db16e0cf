"""An item of a profile: what is asked, how binding it is, and where the answer is looked for."""

from __future__ import annotations

import enum
from dataclasses import dataclass

EARL = "http://www.w3.org/ns/earl#"
SH = "http://www.w3.org/ns/shacl#"


class Outcome(enum.Enum):
    """What an item comes to (EARL 1.0 Schema §2.6); the value is EARL's own word."""

    PASSED = "passed"
    FAILED = "failed"
    CANNOT_TELL = "cantTell"
    INAPPLICABLE = "inapplicable"
    UNTESTED = "untested"

    @property
    def iri(self) -> str:
        """EARL's IRI."""
        return f"{EARL}{self.value}"

    @property
    def words(self) -> str:
        """As it stands in a sentence."""
        return {"cantTell": "cannot tell"}.get(self.value, self.value)

    @property
    def is_gap(self) -> bool:
        """Whether something is left to do about it."""
        return self in {Outcome.FAILED, Outcome.CANNOT_TELL, Outcome.UNTESTED}


class Obligation(enum.Enum):
    """How binding an item is, by the severity of its shape (SHACL §2.1.4), the most binding first."""

    MANDATORY = "Violation"
    EXPECTED = "Warning"
    OPTIONAL = "Info"

    @property
    def iri(self) -> str:
        """SHACL's IRI."""
        return f"{SH}{self.value}"

    @property
    def label(self) -> str:
        """In words."""
        return self.name.lower()

    @property
    def rank(self) -> int:
        """0 for the most binding."""
        return list(Obligation).index(self)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a profile.

    Args:
        iri: of the concept; what an answer in a record names as its indicator.
        notation: the official number.
        label: its name.
        definition: what it asks for.
        heading: the part of the profile that it stands under.
        source: address of where it comes from.
        status: label of its legal status.
        since: the day or month from which it applies, or empty.
        obligation: how binding it is.
        remedy: what to do where the answer is missing.
        targets: IRIs of the classes whose records are asked; `umr:Audited` is the audited record itself.
        kinds: keys of the kinds that the audited record may have; empty for any.
        query: SPARQL that finds the answer; empty where nothing in a record says it.
        by_name: whether a record may also answer it by its IRI; not where the profile has a question of its own
            for such answers.
        is_anchor: whether open advisories are told beside it.
        audiences: keys of those for whom it is.
        inherited: what a value comes to that only another record states.
    """

    iri: str
    notation: str
    label: str
    definition: str
    heading: str
    source: str
    status: str
    since: str
    obligation: Obligation
    remedy: str
    targets: frozenset[str]
    kinds: frozenset[str]
    query: str
    by_name: bool
    is_anchor: bool
    audiences: frozenset[str]
    inherited: Outcome
