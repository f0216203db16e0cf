"""Questions of profiles: SPARQL files, and what they may use.

A question is asked with `?record` bound to the record that is asked, `?root` to the audited one and `?item`
to the item. It gives `?value`, and where it knows them `?origin` (the record that says so), `?evidence`
(how that is known) and `?outcome` (what it comes to, by EARL).
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pyoxigraph as ox

from umr_ld.audit.item import EARL, SH
from umr_ld.errors import Malformed
from umr_ld.resources import resource
from umr_ld.sparql import functions, guarded, said
from umr_ld.vocab import vocabulary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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

VALUE, ORIGIN, EVIDENCE, OUTCOME = (ox.Variable(name) for name in ("value", "origin", "evidence", "outcome"))


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
        answers = ask(ox.Store(), guarded(text), {})
        variables = [one.value for one in answers.variables]
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


def ask(store: ox.Store, text: str, given: Mapping[str, str]) -> ox.QuerySolutions:
    """Ask a question.

    Args:
        store: what is asked.
        text: the query.
        given: names of variables to the IRIs that they stand for.
    """
    # `asked_in` lets nothing in that has other answers.
    return store.query(  # type: ignore[return-value]
        filled(text, given), prefixes=dict(prefixes()), custom_functions=dict(functions())
    )


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
