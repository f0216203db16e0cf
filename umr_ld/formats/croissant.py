"""Croissant 1.0 and 1.1 descriptions of datasets with the vocabulary for responsible AI, as JSON-LD.

What Croissant says of the structure of files and records is not taken over.

Source: https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.formats.contexts import prefixes
from umr_ld.formats.statements import Statements

if TYPE_CHECKING:
    from umr_ld.formats.draft import Subject
    from umr_ld.tree import Value

_TERMS = {
    "citeAs": "cr:citeAs",
    "conformsTo": "dct:conformsTo",
    "recordSet": "cr:recordSet",
    "sc": prefixes()["schema"],
}
_PLAIN = {"dct:conformsTo": "conformsTo", "cr:citeAs": "citeAs"}


def _finish(subject: Subject, node: dict[str, Value]) -> list[Value]:  # noqa: ARG001 - as every format
    node["dct:conformsTo"] = "http://mlcommons.org/croissant/1.1"
    # An address is a text here; a thing would have to be a schema:CreativeWork, with properties of its own.
    licences = node.get("schema:license")
    if isinstance(licences, list):
        node["schema:license"] = [one["@id"] if isinstance(one, dict) else one for one in licences]
    files = node.get("schema:distribution")
    for number, one in enumerate(files if isinstance(files, list) else (), 1):
        if isinstance(one, dict):
            one.setdefault("schema:name", f"file-{number}")
            one["@id"] = f"file-{number}"
    return []


def compacted(nodes: list[Value]) -> Value:
    """A document with names as Croissant's own examples write them.

    Args:
        nodes: one, the dataset.
    """
    (node,) = nodes
    text = str(node)
    used: dict[str, Value] = {
        name: iri for name, iri in prefixes().items() if f"'{name}:" in text and name != "schema"
    }
    context: dict[str, Value] = {
        "@language": "en",
        "@vocab": prefixes()["schema"],
        "cr": prefixes()["cr"],
        "dct": prefixes()["dct"],
    }
    found = _plain(node)
    assert isinstance(found, dict)
    return {"@context": {**context, **used, **_TERMS}, **found}


def _plain(value: Value) -> Value:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    made: dict[str, Value] = {}
    for key, inner in value.items():
        if key == "@type":
            kinds = [
                str(one).replace("schema:", "sc:") for one in (inner if isinstance(inner, list) else [inner])
            ]
            made[key] = [*kinds] if len(kinds) > 1 else kinds[0]
        else:
            made[_PLAIN.get(key, key.removeprefix("schema:"))] = _plain(inner)
    return made


FORM = Statements(
    label="croissant",
    read_as={"schema:Dataset": "Dataset", "cr:Dataset": "Dataset"},
    written_as={"Dataset": ("schema:Dataset",)},
    licence="schema:license",
    asks=("schema:description", "schema:license", "schema:url", "schema:creator", "schema:datePublished"),
    finish=_finish,
    compacted=compacted,
)
read = FORM.read
write = FORM.write
