"""PROV: records as entities, what they were made from as derivations, in PROV-O and PROV-JSON.

PROV says of nothing whether it is a model or a dataset; only what was written here is read again, and PROV-JSON is not.

Source: https://www.w3.org/TR/prov-o/ and https://www.w3.org/submissions/prov-json/.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.formats.contexts import prefixes
from umr_ld.formats.crosswalk import relations_of
from umr_ld.formats.draft import Written
from umr_ld.formats.forms import FORMS
from umr_ld.formats.kept import kept_rows
from umr_ld.formats.statements import Statements
from umr_ld.formats.wire import as_bytes

if TYPE_CHECKING:
    from umr_ld.formats.draft import Subject
    from umr_ld.media import Media
    from umr_ld.tree import Value

KINDS = ("Model", "Dataset", "Family", "Software", "Application")
_SAID = frozenset(
    ("@context", "type", "name", "version", "title", "description", "publisher", "creator", "upstream")
)

FORM = Statements(
    label="prov",
    read_as={f"umr:{kind}": kind for kind in KINDS},
    written_as={kind: ("prov:Entity", f"umr:{kind}") for kind in KINDS},
    licence="dct:license",
)
read = FORM.read
write = FORM.write


def write_json(subject: Subject, media: Media) -> Written:  # noqa: ARG001 - as every writer
    """Write a record as PROV-JSON.

    Args:
        subject: the record.
        media: JSON, whatever it says.
    """
    me = "rec:" + subject.minted.iri.removeprefix(subject.base.iri)
    root = subject.root
    kept = {key: value for key, value in root.items() if key not in _SAID}
    entity: dict[str, Value] = {
        "prov:type": _qualified(f"umr:{subject.kind}"),
        "prov:label": _text(root.get("title")),
    }
    entity |= {"umr:name": subject.name, "dcat:version": subject.version}
    if "description" in root:
        entity["dct:description"] = _text(root["description"])
    entity |= {f"umr:{key}": _text(value) for key, value in kept.items() if not is_absolute(key)}
    document: dict[str, dict[str, Value]] = {
        "prefix": {"rec": subject.base.iri, **{name: prefixes()[name] for name in ("umr", "dct", "dcat")}},
        "entity": {me: entity},
    }
    _write_links(subject, me, document)
    _write_agents(subject, me, document)
    rows = kept_rows(kept, root, "attributes of the entity", subject.minted.tree.source)
    return Written(as_bytes({**document}), tuple(rows))


def _qualified(name: str) -> Value:
    return {"$": name, "type": "xsd:QName"}


def _text(value: Value) -> str:
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _write_links(subject: Subject, me: str, document: dict[str, dict[str, Value]]) -> None:
    for number, link in enumerate(subject.links(), 1):
        words = relations_of("prov").get(str(link["relation"]))
        target = subject.base.artifact(link["artifact"])
        other = (
            f"rec:{target.removeprefix(subject.base.iri)}"
            if target.startswith(subject.base.iri)
            else f"up:{number}"
        )
        if other.startswith("up:"):
            document["prefix"]["up"] = "urn:umr-ld:upstream:"
            document["entity"][other] = {"prov:location": target}
        document["entity"].setdefault(other, {})
        # Of a relation that is none of ours nothing is known but that it is an influence.
        said: dict[str, Value] = {"umr:relation": str(link["relation"])}
        if words is not None:
            said = {"prov:type": _qualified(f"umr:{link['relation']}")}
        if words is not None and words.term == "prov:wasDerivedFrom":
            said |= {"prov:generatedEntity": me, "prov:usedEntity": other}
            document.setdefault("wasDerivedFrom", {})[f"_:link{number}"] = said
        else:
            said |= {"prov:influencee": me, "prov:influencer": other}
            document.setdefault("wasInfluencedBy", {})[f"_:link{number}"] = said


def _write_agents(subject: Subject, me: str, document: dict[str, dict[str, Value]]) -> None:
    for key in ("publisher", "creator"):
        value = subject.root.get(key)
        for number, one in enumerate(
            value if isinstance(value, list) else [] if value is None else [value], 1
        ):
            label = str(FORMS["agent"].write(one))
            agent = f"rec:agent/{key}-{number}"
            document.setdefault("agent", {})[agent] = {"prov:label": label}
            document.setdefault("wasAttributedTo", {})[f"_:{key}{number}"] = {
                "prov:entity": me,
                "prov:agent": agent,
                "prov:role": key,
            }
