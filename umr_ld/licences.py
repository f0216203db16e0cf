"""Licences: what they demand, and whether what a record states keeps what its upstreams demand.

Conditions, and what is told of them, are data: `ontology/licences.ttl`. Expressions are read by
`license-expression`, whose index also gives the category of licences that are not named there. This
compares what records state. It is no legal advice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.findings import Finding, Severity
from umr_ld.resources import resource
from umr_ld.vocab import SKOS, UMR

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LICENCE = "https://w3id.org/umr-ld/licence#"
SPDX = "https://spdx.org/licenses/"
NOTE = "This compares what records state. It is no legal advice."

_REFERENCE = re.compile(r"(?<![A-Za-z0-9.-])LicenseRef-[A-Za-z0-9.-]+")
_LONGEST_EXPRESSION = 1000

_WEAKER = {Severity.VIOLATION: Severity.WARNING, Severity.WARNING: Severity.INFO}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of licences, or a remark about them.

    Args:
        key: last part of its IRI.
        definition: what it says, one sentence.
        when_lost: how bad it is if it is not kept; None if nothing is told then.
        when_present: how bad it is that it is there; None likewise.
        message: what is told, with places; empty for a condition.
        remedy: what can be done about it.
    """

    key: str
    definition: str
    when_lost: Severity | None
    when_present: Severity | None
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a licence expression demands.

    Args:
        conditions: keys of what holds whichever of its alternatives is chosen.
        unknown: names in it of which nothing is known.
    """

    conditions: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Licensed:
    """Something and its licence.

    Args:
        name: reference of a record, or name of an artifact.
        licence: SPDX expression (SPDX 3.0.1 Annex B), identifier or IRI; empty if none is known.
    """

    name: str
    licence: str

    @property
    def expression(self) -> str:
        """The licence without the address of SPDX's list."""
        return self.licence.removeprefix(SPDX)


class LicenceRules:
    """What licences demand, and what is told.

    Args:
        demands: name of a licence in lower case to the keys of its conditions.
        categories: category to the same.
        conditions: conditions and remarks by key.
        travels_as: IRI of the risk along whose relations conditions travel.
    """

    def __init__(
        self,
        demands: Mapping[str, frozenset[str]],
        categories: Mapping[str, frozenset[str]],
        conditions: Mapping[str, Condition],
        travels_as: str,
    ) -> None:
        self._demands = demands
        self._categories = categories
        self._conditions = conditions
        self.travels_as = travels_as

    def terms(self, licence: str) -> Terms:
        """What a licence demands.

        Args:
            licence: as of `Licensed`. Of alternatives (`OR`) what all of them demand, of a conjunction
                (`AND`) what any demands; an exception (`WITH`) is not looked at.
        """
        from license_expression import ExpressionError, Licensing

        text = licence.removeprefix(SPDX)
        try:
            parsed = Licensing().parse(text)
        except ExpressionError:
            parsed = None
        return Terms(unknown=frozenset({text})) if parsed is None else self._of(parsed)

    def own(self, record: Licensed) -> Iterator[Finding]:
        """What there is to say of a record's licence by itself.

        Args:
            record: what is looked at.
        """
        if not record.licence:
            yield from self._remark("missing", record)
            return
        for name in sorted(self.terms(record.licence).unknown):
            yield from self._remark("unknown", record, Licensed(record.name, name))

    def changed(self, record: Licensed, other: Licensed, path: str = "") -> Iterator[Finding]:
        """That a licence is another than that of an earlier version, or of a model that it was made from.

        Args:
            record: what is looked at.
            other: what it is compared with.
            path: how it is made from that, in words.
        """
        if record.licence and other.licence and record.expression.casefold() != other.expression.casefold():
            yield from self._remark("changed", record, other, path)

    def upstream(self, record: Licensed, above: Licensed, path: str, *, weak: bool) -> Iterator[Finding]:
        """What an upstream's licence demands and the record's does not keep, or what one should know of it.

        Args:
            record: what is looked at.
            above: the upstream.
            path: how the record is made from it, in words.
            weak: whether a relation on the way hands licences down weakly: then everything is less grave.
        """
        if not above.licence:
            yield from self._remark("upstream-missing", record, above, path)
            return
        theirs = self.terms(above.licence)
        ours = self.terms(record.licence) if record.licence else Terms()
        undecided = bool(ours.unknown) or not record.licence
        for key in sorted(theirs.conditions):
            one = self._conditions[key]
            if key in ours.conditions:
                level, kind = one.when_present, "present"
            elif undecided:
                level, kind = _weaker(one.when_lost), "present"
            else:
                level, kind = one.when_lost, "lost"
            if level is not None:
                level = (_weaker(level) or level) if weak else level
                rule = f"licence-{kind}-{key}"
                yield _finding(level, self._conditions[kind], rule, record, above, path, one)
        for name in sorted(theirs.unknown):
            yield from self._remark("unknown", record, Licensed(above.name, name), path)

    def _of(self, parsed: object) -> Terms:
        from license_expression import AND, OR, LicenseWithExceptionSymbol

        if isinstance(parsed, AND | OR):
            parts = [self._of(one) for one in parsed.args]
            conditions = [part.conditions for part in parts]
            joined = frozenset[str].union if isinstance(parsed, AND) else frozenset[str].intersection
            return Terms(joined(*conditions), frozenset().union(*(part.unknown for part in parts)))
        symbol = parsed.license_symbol if isinstance(parsed, LicenseWithExceptionSymbol) else parsed
        return self._of_name(str(symbol))

    def _of_name(self, name: str) -> Terms:
        key = name.lower()
        if key in self._demands:
            return Terms(self._demands[key])
        demands = self._categories.get(_category(key))
        return Terms(unknown=frozenset({name})) if demands is None else Terms(demands)

    def _remark(
        self, key: str, record: Licensed, other: Licensed | None = None, path: str = ""
    ) -> Iterator[Finding]:
        one = self._conditions[key]
        if one.when_present is not None:
            yield _finding(one.when_present, one, f"licence-{key}", record, other or record, path)


def _weaker(level: Severity | None) -> Severity | None:
    """One step less grave; None where there is none."""
    return None if level is None else _WEAKER.get(level)


def _finding(
    level: Severity,
    kind: Condition,
    rule: str,
    record: Licensed,
    other: Licensed,
    path: str,
    condition: Condition | None = None,
) -> Finding:
    message = kind.message.format(
        record=record.name,
        licence=record.expression,
        upstream=other.name,
        other=other.expression,
        condition=_inside(condition.definition) if condition else "",
    )
    told = f"{message}; {path}" if path else message
    remedy = condition.remedy if condition else kind.remedy
    return Finding(level, told, rule, focus=record.name, remedy=remedy)


def _inside(sentence: str) -> str:
    """A sentence as part of another."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


@cache
def _categories_by_name() -> Mapping[str, str]:
    """Category by identifier, in lower case, of every licence that `license-expression` knows."""
    from license_expression import get_license_index

    found: dict[str, str] = {}
    for one in get_license_index():
        names = (one.get("spdx_license_key"), *one.get("other_spdx_license_keys", ()))
        found |= {name.lower(): one["category"] for name in names if name and not one["is_exception"]}
    return found


@cache
def _identifiers() -> Mapping[str, str]:
    """Identifier by itself in lower case, of every licence on SPDX's list."""
    from license_expression import get_license_index

    keys = [one.get("spdx_license_key") for one in get_license_index() if not one["is_exception"]]
    return {key.lower(): key for key in keys if key and not key.startswith("LicenseRef-")}


def identifier(name: str) -> str:
    """The identifier on SPDX's list that a name is, in any case of letters; empty if it is none.

    Args:
        name: of a licence.
    """
    return _identifiers().get(name.lower(), "")


def folded(licence: str) -> str:
    """What licences are compared by: identifiers of SPDX and expressions in any case of letters (SPDX 2.3 Annex D), all else
    as it stands.

    Args:
        licence: IRI or expression.
    """
    return licence.lower() if is_of_spdx(licence) else licence


def is_of_spdx(licence: str) -> bool:
    """Whether a licence is an address of SPDX's list, or an expression.

    Args:
        licence: IRI or expression.
    """
    return licence.startswith(SPDX) or ":" not in licence


def licence_of(asked: str) -> str:
    """A licence as records name it: a short one stands for its SPDX address.

    Args:
        asked: what somebody wrote; may be empty.
    """
    return f"{SPDX}{asked}" if asked and ":" not in asked and " " not in asked else asked


def _category(name: str) -> str:
    return _categories_by_name().get(name, "")


@cache
def licence_rules() -> LicenceRules:
    """The rules of `ontology/licences.ttl`, read once."""
    path = "ontology/licences.ttl"
    said: dict[str, dict[str, list[str]]] = {}
    for quad in ox.parse(resource(path).read_bytes(), ox.RdfFormat.TURTLE):
        about = said.setdefault(str(quad.subject), {})
        about.setdefault(quad.predicate.value, []).append(getattr(quad.object, "value", ""))
    return LicenceRules(
        demands=_demands(said.values(), "licenceName"),
        categories=_demands(said.values(), "licenceCategory"),
        conditions={one.key: one for one in _conditions(said)},
        travels_as=next(facts[f"{UMR}travelsAs"][0] for facts in said.values() if f"{UMR}travelsAs" in facts),
    )


def _demands(said: Iterable[Mapping[str, list[str]]], by: str) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(iri.removeprefix(LICENCE) for iri in facts.get(f"{UMR}demands", ()))
        for facts in said
        for name in facts.get(f"{UMR}{by}", ())
    }


def _conditions(said: Mapping[str, Mapping[str, list[str]]]) -> Iterator[Condition]:
    for subject, facts in said.items():
        iri = subject.strip("<>")
        if not iri.startswith(LICENCE):
            continue

        def level(name: str, facts: Mapping[str, list[str]] = facts) -> Severity | None:
            word = next(iter(facts.get(f"{UMR}{name}", ())), "").rpartition("#")[2].upper()
            return Severity[word] if word else None

        def text(name: str, facts: Mapping[str, list[str]] = facts) -> str:
            return next(iter(facts.get(name, ())), "")

        yield Condition(
            key=iri.removeprefix(LICENCE),
            definition=text(f"{SKOS}definition"),
            when_lost=level("whenLost"),
            when_present=level("whenPresent"),
            message=text(f"{UMR}message"),
            remedy=text(f"{UMR}remedy"),
        )


@cache
def spdx_expression(text: str) -> str | None:
    """A licence expression in SPDX's own spelling; None if it is none, or names what is not on SPDX's list.

    Args:
        text: identifiers, `LicenseRef-…`, AND, OR, WITH (SPDX 3.0.1 Annex B).
    """
    from license_expression import ExpressionError, ExpressionParseError, get_spdx_licensing

    plain = _REFERENCE.sub("MIT", text)
    if not plain.strip() or len(text) > _LONGEST_EXPRESSION:
        return None
    try:
        licensing = get_spdx_licensing()
        parsed = licensing.parse(plain, validate=True, strict=True)
    except (ExpressionError, ExpressionParseError):
        return None
    if parsed is None or plain != text:
        return None if parsed is None else text
    return str(parsed.render())
