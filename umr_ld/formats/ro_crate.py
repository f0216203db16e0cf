"""RO-Crate 1.2 metadata (`ro-crate-metadata.json`): a crate whose main entity is the model or dataset.

Source: https://www.researchobject.org/ro-crate/specification/1.2/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.formats.contexts import prefixes
from umr_ld.formats.own_terms import ANYTHING
from umr_ld.formats.statements import Statements

if TYPE_CHECKING:
    from umr_ld.formats.draft import Subject
    from umr_ld.tree import Value

CONTEXT = "https://w3id.org/ro/crate/1.2/context"
_OF_ROOT = ("schema:name", "schema:description", "schema:license", "schema:datePublished")


def _finish(subject: Subject, node: dict[str, Value]) -> list[Value]:
    root: dict[str, Value] = {
        "@id": "./",
        "@type": ["schema:Dataset"],
        **{key: node[key] for key in _OF_ROOT if key in node},
    }
    root["schema:mainEntity"] = {"@id": subject.minted.iri}
    if "schema:Dataset" in FORM.written_as[subject.kind]:
        # A data entity, which a crate names as a part of it (RO-Crate 1.2 §6).
        root["schema:hasPart"] = {"@id": subject.minted.iri}
    descriptor: dict[str, Value] = {
        "@id": "ro-crate-metadata.json",
        "@type": ["schema:CreativeWork"],
        "dct:conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"},
        "schema:about": {"@id": "./"},
    }
    return [descriptor, root]


def compacted(nodes: list[Value]) -> Value:
    """A document with names as RO-Crate's context has them.

    Args:
        nodes: the record's, then those of the crate.
    """
    text = str(nodes)
    used: dict[str, Value] = {
        name: iri for name, iri in prefixes().items() if f"'{name}:" in text and name != "schema"
    }
    subject, *crate = map(_plain, nodes)
    flat: list[Value] = []
    for node in (*crate, subject):
        _flatten(node, flat)
    return {"@context": [CONTEXT, used], "@graph": flat}


def _flatten(node: Value, flat: list[Value]) -> Value:
    """Append a node and those in it, each to stand by itself, as crates have to be: flattened and compacted (JSON-LD
    1.1 §4.8, RO-Crate 1.2 §5), with an identifier and a class. Gives what stands in its place.
    """
    if isinstance(node, list):
        found = [_flatten(one, flat) for one in node]
        return found[0] if len(found) == 1 else found
    if not isinstance(node, dict) or "@value" in node or node.keys() == {"@id"}:
        return node
    made: dict[str, Value] = {}
    flat.append(made)
    made |= {"@id": node.get("@id", f"_:b{len(flat)}"), "@type": _term(ANYTHING)}
    made |= {key: _flatten(one, flat) for key, one in node.items()}
    return {"@id": made["@id"]}


def _plain(value: Value) -> Value:
    """Keys and classes without `schema:`; other texts are somebody's, whatever they begin with."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {_term(key): _classes(one) if key == "@type" else _plain(one) for key, one in value.items()}
    return value


def _term(word: str) -> str:
    return "conformsTo" if word == "dct:conformsTo" else word.removeprefix("schema:")


def _classes(value: Value) -> Value:
    several = value if isinstance(value, list) else [value]
    plain: list[Value] = [_term(one) if isinstance(one, str) else one for one in several]
    return plain if isinstance(value, list) else plain[0]


_KINDS = ("Model", "Dataset", "Family", "Software", "Application")

FORM = Statements(
    label="ro-crate",
    read_as={
        **{f"umr:{kind}": kind for kind in _KINDS},
        "schema:Dataset": "Dataset",
        "schema:SoftwareApplication": "Software",
    },
    written_as={
        "Model": ("schema:CreativeWork", "umr:Model"),
        "Dataset": ("schema:Dataset", "umr:Dataset"),
        "Family": ("schema:Collection", "umr:Family"),
        "Software": ("schema:SoftwareApplication", "umr:Software"),
        "Application": ("schema:SoftwareApplication", "umr:Application"),
    },
    licence="schema:license",
    asks=_OF_ROOT,
    finish=_finish,
    compacted=compacted,
)
read = FORM.read
write = FORM.write
