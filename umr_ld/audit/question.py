"""Questions of profiles: SPARQL files, and what they may use.

A question is asked with `?record` bound to the record that is asked, `?root` to the audited one and `?item`
to the item. It gives `?value`, and where it knows them `?origin` (the record that says so), `?evidence`
(how that is known; a question that gives it gives it for every value) and `?outcome` (what it comes to, by EARL).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.audit.item import EARL, SH
from umr_ld.errors import Malformed
from umr_ld.resources import resource
from umr_ld.sparql import alone, functions, guarded, said
from umr_ld.vocab import vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Row = Mapping[str, object]

_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
    r"|<[^<>\"{}|^`\\\s]*>"
    r"|\#[^\n\r]*"
    r"|[?$](?P<name>\w+)",
    re.DOTALL,
)


@cache
def prefixes() -> Mapping[str, str]:
    """What need not be declared: the prefixes of records, and those of audits."""
    return {**vocabulary().prefixes, "earl": EARL, "sh": SH}


@cache
def answered() -> str:
    """The question that is asked of every item besides its own: does a record answer it by its IRI?"""
    return resource("queries/audit/answer.rq").read_text(encoding="utf-8")


def asked_in(file: Path) -> str:
    """A question, if it is one.

    Args:
        file: SPARQL 1.1, a SELECT with `?value`.

    Raises:
        Malformed: if it is no such query, or asks for the network.
    """
    try:
        text = file.read_text(encoding="utf-8")
        variables = [one.value for one in selected(ox.Store(), alone(guarded(text), prefixes())).variables]
    except Malformed as error:
        raise Malformed(error.what, where=str(file), remedy=error.remedy) from None
    except SyntaxError as error:
        raise Malformed(said(error, text), where=str(file), remedy="docs/audit.md has examples") from None
    except (AttributeError, UnicodeDecodeError):
        raise Malformed(
            "it is no SELECT query in UTF-8", where=str(file), remedy="docs/audit.md has examples"
        ) from None
    if "value" not in variables:
        raise Malformed("it gives no ?value", where=str(file), remedy="name what is found ?value")
    return text


def ask(store: ox.Store, text: str, given: Mapping[str, str]) -> Iterator[Row]:
    """Ask a question.

    Args:
        store: what is asked.
        text: the query.
        given: names of variables to the IRIs that they stand for.

    Returns:
        names of what is selected to terms; to None where it is not bound.
    """
    answers = selected(store, filled(text, given))
    names = [one.value for one in answers.variables]
    for row in answers:
        yield {name: row[name] for name in names}


def selected(store: ox.Store, text: str) -> ox.QuerySolutions:
    """The solutions of a SELECT query.

    Args:
        store: what is asked.
        text: the query.
    """
    answer = store.query(text, prefixes=dict(prefixes()), custom_functions=dict(functions()))
    return answer  # type: ignore[return-value] # noqa: RET504 - of other queries `asked_in` finds that they have no variables


def filled(text: str, given: Mapping[str, str]) -> str:
    """A query with IRIs in the places of variables.

    The engine substitutes only what is selected, and so it is done here: in no text, IRI or comment.

    Args:
        text: the query.
        given: names of variables to the IRIs that they stand for.

    Raises:
        ValueError: if one of them is no IRI.
    """
    terms = {name: str(ox.NamedNode(iri)) for name, iri in given.items()}
    return _TOKEN.sub(lambda found: terms.get(found["name"] or "", found.group()), text)
