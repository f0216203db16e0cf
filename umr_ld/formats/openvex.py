"""OpenVEX 0.2.0 documents, read into statements and written from them.

Source: OpenVEX specification 0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from umr_ld.addresses import is_absolute
from umr_ld.document import Document
from umr_ld.errors import Malformed, UmrError
from umr_ld.formats.crosswalk import NOT_TAKEN
from umr_ld.formats.draft import Draft, Translation
from umr_ld.formats.loss import Loss, LossReport, short
from umr_ld.formats.osv import artifact_of_purl, is_name, label_of, moment
from umr_ld.formats.unread import is_of_the_document
from umr_ld.media import Media
from umr_ld.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from umr_ld.formats.draft import Stack
    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary

BELOW = "statement"
"""The name below which statements stand."""

CONTEXT = "https://openvex.dev/ns/v0.2.0"
_READ = frozenset(("@id", "author", "timestamp", "statements"))
_READ_OF_STATEMENTS = frozenset(
    ("vulnerability", "timestamp", "products", "status", "justification", "status_notes")
)
_TEXTS = {"impact_statement": "impactStatement", "action_statement": "actionStatement"}


def read(repositories: Stack, vocabulary: Vocabulary) -> Translation:  # noqa: ARG001 - as every reader
    """Read documents; each of their statements becomes a record of its own.

    Args:
        repositories: the documents.
        vocabulary: the terms of records.

    Returns:
        a draft of version 1.0.0 for each statement, and what could not be read.
    """
    from umr_ld.strictjson import read_json

    losses: list[Loss] = []
    drafts: list[Draft] = []
    for document in (one for repository in repositories for one in repository):
        given = Document(document.body, Media.JSONLD, document.source)
        try:
            tree = read_json(given)
            found = list(_statements(tree.root, document, losses))
        except UmrError as error:
            losses.append(Loss("", "", f"not read: {error.what}", document.source))
            continue
        drafts += [Draft(Tree(facts, document.source, tree.line_of), given) for facts in found]
    return Translation(tuple(drafts), LossReport(tuple(losses)))


def _statements(root: Value, document: Document, losses: list[Loss]) -> Iterator[dict[str, Value]]:
    said = root.get("statements") if isinstance(root, dict) else None
    if not isinstance(root, dict) or not isinstance(said, list):
        raise Malformed("the object has no statements, so it is no OpenVEX document")
    losses += _left(root, _READ, "", document)
    for number, one in enumerate(said, 1):
        where = f"statements[{number - 1}]"
        if not isinstance(one, dict):
            losses.append(Loss(where, str(one), "no object; left out", document.source))
            continue
        facts = _facts(root, one, number if len(said) > 1 else 0)
        products: list[Value] = [
            product for named in _objects(one, "products") for product in _product(named)
        ]
        if not products or not facts["advisory"]:
            losses.append(
                Loss(where, "", "not read: it names no product or no vulnerability", document.source)
            )
            continue
        if any(named.get("subcomponents") for named in _objects(one, "products")):
            losses.append(Loss(f"{where}.products", "", "subcomponents are not told apart", document.source))
        losses += _left_of_statement(one, where, document)
        facts["product"] = products
        if len(said) == 1:
            facts["original"] = document.body.decode("utf-8", "replace").strip()
        yield {key: value for key, value in facts.items() if value not in (None, "", [])}


def _left_of_statement(one: Mapping[str, Any], where: str, document: Document) -> Iterator[Loss]:
    yield from _left(one, _READ_OF_STATEMENTS | {*_TEXTS}, where, document)
    vulnerability = one["vulnerability"]
    if isinstance(vulnerability, dict):
        read = "name" if vulnerability.get("name") else "@id"
        yield from _left(vulnerability, {read}, f"{where}.vulnerability", document)
    products = one.get("products")
    for at, named in enumerate(products if isinstance(products, list) else ()):
        place = f"{where}.products[{at}]"
        if not isinstance(named, dict):
            continue
        # The address beside a package URL names the same product, and the package URL is what is compared.
        yield from _left(named, {"@id", "identifiers", "subcomponents"}, place, document)
        identifiers = named.get("identifiers")
        if isinstance(identifiers, dict):
            yield from _left(identifiers, {"purl"}, f"{place}.identifiers", document)


def _left(said: Mapping[str, Any], read: Collection[str], where: str, document: Document) -> Iterator[Loss]:
    """What of an object nothing was made of; a document of one statement stands in the record as it came."""
    for key, value in said.items():
        place = f"{where}.{key}" if where else key
        if key not in read and value and not is_of_the_document("openvex", place):
            yield Loss(place, short(value), NOT_TAKEN, document.source)


def _facts(root: Mapping[str, Value], one: Mapping[str, Value], number: int) -> dict[str, Value]:
    vulnerability = one.get("vulnerability")
    known = (
        vulnerability.get("name") or vulnerability.get("@id")
        if isinstance(vulnerability, dict)
        else vulnerability
    )
    label = re.sub(r"[^A-Za-z0-9._-]+", "-", str(root.get("@id") or known).rstrip("/").rpartition("/")[2])
    facts: dict[str, Value] = {
        "type": "Statement",
        "name": f"{BELOW}/{label.strip('.-_')}{f'-{number}' if number else ''}",
        "version": "1.0.0",
        "title": f"{known}: {str(one.get('status', '')).replace('_', ' ')}",
        "publisher": root.get("author"),
        "issued": one.get("timestamp") or root.get("timestamp"),
        "advisory": str(known or ""),
        "status": one.get("status"),
        "justification": one.get("justification"),
        "note": one.get("status_notes"),
    }
    return {**facts, **{key: one.get(field) for field, key in _TEXTS.items()}}


def _objects(root: Mapping[str, Value], key: str) -> Iterator[dict[str, Any]]:
    values = root.get(key)
    for one in values if isinstance(values, list) else ():
        if isinstance(one, dict):
            yield one
        elif isinstance(one, str):
            yield {"@id": one}


def _product(named: dict[str, Any]) -> Iterator[dict[str, Value]]:
    identifiers = named.get("identifiers")
    purl = identifiers.get("purl") if isinstance(identifiers, dict) else None
    for identifier in (purl, named.get("@id")):
        if not isinstance(identifier, str) or not (is_absolute(identifier) or is_name(identifier)):
            continue
        artifact, revision = artifact_of_purl(identifier)
        yield {"artifact": artifact, **({"revision": revision} if revision else {})}
        return


# -- writing


def write(record: Mapping[str, Any], advisory: str, modified: str) -> str:
    """A statement as an OpenVEX document.

    Args:
        record: the published JSON of the statement.
        advisory: identifier of the advisory.
        modified: moment of publication, RFC 3339.

    Returns:
        JSON text.
    """
    statement: dict[str, Any] = {
        "vulnerability": {"name": advisory},
        "timestamp": moment(str(record.get("issued", ""))) or modified,
        "products": [{"@id": one["artifact"]} for one in _many(record["product"])],
        "status": record["status"],
    }
    for field, key in {**_TEXTS, "justification": "justification"}.items():
        if key in record:
            statement[field] = " ".join(map(str, _many(record[key])))
    whole = {
        "@context": CONTEXT,
        "@id": record["id"],
        "author": label_of(_many(record.get("publisher", "unknown"))[0]),
        "timestamp": modified,
        "version": 1,
        "statements": [statement],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
