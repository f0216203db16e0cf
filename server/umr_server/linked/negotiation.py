"""Which syntax an answer is written in: by `format=`, by the suffix of the address, or by `Accept`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from flask import request
from werkzeug.exceptions import NotAcceptable

from umr_ld.errors import Malformed, Missing
from umr_server.accepting import ranges, rate
from umr_server.linked.syntaxes import SYNTAXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from umr_server.linked.syntaxes import Syntax
    from umr_server.linked.view import View

Found = TypeVar("Found")

_NAMED_BEFORE = {"graph": "json"}
"""Keys that mean another one."""
_SUFFIX = f".<any({','.join(SYNTAXES)}):form>"


def addresses(stem: str) -> tuple[str, str]:
    """An address that is always the same, and its twins: the same with the suffix of a syntax, as the value `form`.

    Args:
        stem: the rule of the address.
    """
    return stem, f"{stem}{_SUFFIX}"


def offered(view: View) -> list[Syntax]:
    """The syntaxes in which a view can be written.

    Args:
        view: what is written.
    """
    return [row for row in SYNTAXES.values() if getattr(view, row.aspect) is not None and not row.lacks]


def chosen(view: View, suffix: str = "") -> Syntax:
    """The syntax in which a view is to be written.

    Args:
        view: what is written.
        suffix: of the address: a key; or nothing.

    Raises:
        Malformed: if `format=` names no syntax.
        NotAcceptable: if nothing that is offered is wanted, with what is offered; a view with a page is
            given as one to who wants nothing of it.
    """
    offers = offered(view)
    row = named(offers, suffix) or preferred(offers, view.default)
    if row is None and view.page is not None:
        return SYNTAXES[view.default]
    if row is None:
        raise _none_of(offers)
    return row


def named(offers: Sequence[Syntax], suffix: str = "") -> Syntax | None:
    """The offer that `format=` names, or else a suffix; None if neither is said.

    Args:
        offers: syntaxes.
        suffix: of the address: a key; or nothing.

    Raises:
        Malformed: if `format=` names no syntax.
        NotAcceptable: if what is named is not offered, with what is.
    """
    asked = wanted_key() or suffix
    row = next((row for row in offers if row.key == asked), None)
    if asked and row is None:
        raise _none_of(offers, SYNTAXES.get(asked))
    return row


def wanted_key() -> str:
    """The key that `format=` names; empty if there is none.

    Raises:
        Malformed: if it names no syntax.
    """
    asked = request.args.get("format", "")
    asked = _NAMED_BEFORE.get(asked, asked)
    if asked and asked not in SYNTAXES:
        raise Malformed(
            f"there is no format {asked[:40]!r}", where="format", remedy=f"one of {', '.join(SYNTAXES)}"
        )
    return asked


def preferred(offers: Iterable[Syntax], default: str) -> Syntax | None:
    """The best offer by the header `Accept` (RFC 9110 §12.5.1), None if none is acceptable.

    What is wanted alike is decided by how exactly it is named, and then by the default and the order of the
    offers. A header of which nothing can be understood says nothing.

    Args:
        offers: syntaxes.
        default: key of the one for who accepts anything.
    """
    accepted = ranges(request.headers.get("Accept", ""))
    first = sorted(offers, key=lambda row: row.key != default)
    if not accepted:
        return first[0]
    rated = [(rate(row.mime, row.also, accepted), row) for row in first]
    (quality, _), best = max(rated, key=lambda pair: pair[0])
    return best if quality > 0 else None


def _none_of(offers: Sequence[Syntax], asked: Syntax | None = None) -> NotAcceptable:
    if asked is not None and asked.lacks:
        return NotAcceptable(f"{asked.label} is not made here, because {asked.lacks} is not installed")
    told = ", ".join(f"{row.key} ({row.mime})" for row in offers)
    return NotAcceptable(f"this address answers in {told}, and in nothing else")


def first_known(reference: str, ask: Callable[[str], Found]) -> tuple[Found, str, str]:
    """What a reference stands for, which may end with the suffix of a syntax. An exact match wins.

    Args:
        reference: what stands in the address.
        ask: answers for a reference, or raises `Missing` or `Malformed`.

    Returns:
        the answer, the reference without the suffix, and the suffix or nothing.

    Raises:
        Missing, Malformed: what asking for the whole reference raised; or for the rest of it, where only that is
            a reference.
    """
    try:
        return ask(reference), reference, ""
    except (Missing, Malformed) as error:
        stem, dot, suffix = reference.rpartition(".")
        if not dot or suffix not in SYNTAXES:
            raise
        try:
            return ask(stem), stem, suffix
        except Missing:
            if isinstance(error, Malformed):
                raise
        except Malformed:
            pass
        raise
