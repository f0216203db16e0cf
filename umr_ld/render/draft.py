"""Drafts for authors to fill in: every key of a kind of record, with what it means."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.render.fields import fields_of
from umr_ld.render.yaml import scalar
from umr_ld.vocab import CONTEXT_IRI, UMR, XSD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.names import Name
    from umr_ld.render.fields import Field
    from umr_ld.vocab import Vocabulary

_WRITTEN = frozenset({"name", "version", "title"})
_WIDTH = 100

_PREFACE = """\
# A draft of a record, as YAML. Fill in what stands without a #, take the # away from the other keys that you
# know, and delete the rest. What you leave out can be inherited from an upstream that says `inherit: true`.
# `umr validate` checks it, `umr publish` publishes it.

"""


def commented_draft(name: Name, kind: str, vocabulary: Vocabulary, *, title: str = "") -> str:
    """A draft that is valid, with all other keys of its kind commented out.

    A line of explanation begins with `# `, a line to be taken into use with `#` alone.

    Args:
        name: of the artifact.
        kind: key of its class.
        vocabulary: the terms, and the groups' names.
        title: its title; the name's last segment unless given.
    """
    lines = [
        f'"@context": {CONTEXT_IRI}',
        f"type: {kind}",
        f"name: {scalar(str(name))}",
        "version: 1.0.0",
        f"title: {scalar(title or str(name).rpartition('/')[2])}",
    ]
    fields = [field for field in fields_of(kind, vocabulary) if field.term.key not in _WRITTEN]
    for group in vocabulary.groups.values():
        members = [field for field in fields if field.group == group.key]
        if members:
            lines += ["", "", f"# ==== {group.label}: {group.comment}"]
        for field in members:
            lines += ["", *_explained(field, kind, vocabulary)]
            needed = [field.required, *(field.required and inner.required for inner in field.inner)]
            written = _lines(field, kind, vocabulary)
            lines += [line if taken else f"#{line}" for line, taken in zip(written, needed, strict=True)]
    return _PREFACE + "\n".join([*lines, ""])


def _explained(field: Field, kind: str, vocabulary: Vocabulary) -> Iterator[str]:
    told = field.description
    if field.many and not field.inner:
        told += " May be a list."
    if field.term.short_value is not None and is_absolute(field.term.short_value):
        told += f" A short value stands for {field.term.short_value}…"
    yield from _comment(told)
    for inner in field.inner:
        if inner.term.iri == f"{UMR}relation":
            yield from _comment(
                f"Relations that start from a {kind}: {', '.join(_relations(kind, vocabulary))}."
            )


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _lines(field: Field, kind: str, vocabulary: Vocabulary) -> Iterator[str]:
    key = field.term.key
    if not field.inner:
        yield f"{key}: {_placeholder(field, kind, vocabulary)}"
        return
    yield f"{key}:"
    for at, inner in enumerate(field.inner):
        lead = "  - " if at == 0 else "    "
        start = f"{lead}{inner.term.key}: {_placeholder(inner, kind, vocabulary)}"
        yield f"{start:<38} # {inner.description}"


def _placeholder(field: Field, kind: str, vocabulary: Vocabulary) -> str:
    """A value of the right form that nobody could take for a fact."""
    term = field.term
    if term.iri == f"{UMR}relation":
        return next(iter(_relations(kind, vocabulary)), '""')
    match term.type:
        case "@vocab":
            return term.words[0] if term.words else '""'
        case "@id":
            return _address(term.short_value)
        case type_ if type_ == f"{XSD}boolean":
            return "false"
        case type_ if type_ in {f"{XSD}integer", f"{XSD}decimal"}:
            return "0"
        case _:
            return '""'


def _relations(kind: str, vocabulary: Vocabulary) -> list[str]:
    known = vocabulary.relations.values()
    return [relation.key for relation in known if not relation.from_kinds or kind in relation.from_kinds]


def _address(short: str | None) -> str:
    if short is None:
        return '"https://"'
    return "publisher/name" if short == "r/" else '""'
