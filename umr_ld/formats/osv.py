"""OSV 1.7 advisories, read into drafts and written from records.

What OSV says beyond the keys of an advisory is kept: the foreign document stands in the record as it came
(`original`). Writing gives it back, with only those fields changed whose facts differ from what it says.

Source: OSV schema 1.7.0, https://ossf.github.io/osv-schema/.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from umr_ld.addresses import is_absolute
from umr_ld.document import Document
from umr_ld.errors import Malformed, UmrError
from umr_ld.formats.draft import Draft, Translation
from umr_ld.formats.loss import Loss, LossReport
from umr_ld.media import Media
from umr_ld.names import Name
from umr_ld.ranges import NOTHING, Range
from umr_ld.tree import Tree
from umr_ld.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from umr_ld.formats.draft import Stack
    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary

    Losses = list[Loss]

BELOW = "advisory"
"""The name below which advisories stand."""

SCHEMA_VERSION = "1.7.0"
_HUB = "pkg:huggingface/"
_OWN = ("risk", "severity", "partOfData")
"""What OSV has no field for stands in its `database_specific` under these keys."""

_TEXTS = {
    "summary": "title",
    "details": "description",
    "published": "issued",
    "modified": "revised",
    "withdrawn": "withdrawnAt",
    "aliases": "alias",
    "related": "related",
}
_FIELDS = {
    **{key: field for field, key in _TEXTS.items()},
    "cvss": "severity",
    "reference": "references",
    "reporter": "credits",
    "affects": "affected",
    **dict.fromkeys(_OWN, "database_specific"),
}


def read(repositories: Stack, vocabulary: Vocabulary) -> Translation:  # noqa: ARG001 - as every reader
    """Read advisories, each a JSON object, or several of them as JSON lines.

    Args:
        repositories: the documents.
        vocabulary: the terms of records.

    Returns:
        a draft of version 1.0.0 for each, and what could not be read.
    """
    losses: Losses = []
    drafts = []
    for document in (one for repository in repositories for one in repository):
        for text, source in _objects(document, losses):
            draft = _draft(text, source, losses)
            if draft is not None:
                drafts.append(draft)
    return Translation(tuple(drafts), LossReport(tuple(losses)))


def _objects(document: Document, losses: Losses) -> Iterator[tuple[str, str]]:
    """The texts of the JSON objects of a document, to the last byte, and where each begins."""
    try:
        text = document.body.decode("utf-8")
    except UnicodeDecodeError as error:
        losses.append(Loss("", "", f"not read: byte {error.start} is no UTF-8", document.source))
        return
    lines = text.split("\n")
    if sum(map(bool, map(str.strip, lines))) > 1 and all(_is_object(line) for line in lines if line.strip()):
        yield from ((line, f"{document.source}:{at}") for at, line in enumerate(lines, 1) if line.strip())
    else:
        yield text, document.source


def _is_object(line: str) -> bool:
    return line.startswith("{") and line.rstrip().endswith("}")


def _draft(text: str, source: str, losses: Losses) -> Draft | None:
    from umr_ld.strictjson import read_json

    document = Document(text.encode(), Media.JSONLD, source)
    try:
        tree = read_json(document)
        root = facts_of(tree.root, lambda path, value, why: losses.append(Loss(path, value, why, source)))
    except UmrError as error:
        losses.append(Loss("", "", f"not read: {error.what}", source))
        return None
    return Draft(Tree({**root, "original": text}, source, tree.line_of), document)


def facts_of(root: Value, lose: Callable[[str, str, str], None]) -> dict[str, Value]:
    """The keys of a draft that an OSV object states.

    Args:
        root: the object, as strict JSON gives it.
        lose: told of what does not come through: path, value, why.

    Raises:
        Malformed: if it has no identifier.
    """
    if not isinstance(root, dict) or not isinstance(root.get("id"), str):
        raise Malformed("the object has no id, so it is no OSV advisory", remedy="see the OSV schema, id")
    found: dict[str, Value] = {
        "type": "Advisory",
        "name": f"{BELOW}/{_segment(str(root['id']))}",
        "version": "1.0.0",
        "title": str(root["id"]),
    }
    for field, key in _TEXTS.items():
        value = root.get(field)
        if value:
            found[key] = value
    found["cvss"] = [one["score"] for one in _objects_in(root, "severity") if _is_vector(one)]
    found["reference"] = [one["url"] for one in _objects_in(root, "references") if _is_web(one.get("url"))]
    found["reporter"] = [{"label": one["name"]} for one in _objects_in(root, "credits") if one.get("name")]
    found["affects"] = [one for item in _objects_in(root, "affected") for one in _affected(item, lose)]
    own = root.get("database_specific")
    for key in _OWN:
        if isinstance(own, dict) and own.get(key) not in (None, "", []):
            found[key] = own[key]
    if "risk" not in found:
        found["risk"] = "unspecified"
    found["severity"] = _word(found.get("severity"))
    return {key: value for key, value in found.items() if value not in (None, [], "")}


def _word(value: Value | None) -> Value:
    """A word of GitHub's scale in our spelling; it says MODERATE where others say medium."""
    word = str(value or "").lower()
    return (
        {"medium": "moderate"}.get(word, word)
        if word in {"low", "medium", "moderate", "high", "critical"}
        else ""
    )


def _segment(identifier: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "-", identifier)


def _is_vector(severity: Mapping[str, Any]) -> bool:
    """Whether a severity is a vector of CVSS: OSV has other types, whose scores are words (OSV 1.7, severity[].type)."""
    return str(severity.get("type")).startswith("CVSS_") and isinstance(severity.get("score"), str)


def _is_web(value: Value | None) -> bool:
    return isinstance(value, str) and bool(re.match(r"https?://[^/]", value))


def _listed(value: Value | None) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects_in(root: Mapping[str, Value], key: str) -> Iterator[dict[str, Any]]:
    values = root.get(key)
    yield from (one for one in values if isinstance(one, dict)) if isinstance(values, list) else ()


def _affected(item: dict[str, Any], lose: Callable[[str, str, str], None]) -> Iterator[dict[str, Value]]:
    """One object of `affected` (OSV, "affected[] fields")."""
    artifact, revision = _artifact(item)
    if artifact is None:
        lose("affected.package", json.dumps(item.get("package")), "it names no package; left out")
        return
    scope = _Versions()
    for text in _listed(item.get("versions")):
        scope.add_version(str(text))
    if revision:
        scope.revisions.add(revision)
    for one in _objects_in(item, "ranges"):
        scope.add_range(one, lose)
    scope.add_own(item.get("database_specific"))
    yield {
        "artifact": artifact,
        **scope.facts(named=bool(item.get("versions") or item.get("ranges") or revision)),
    }


def _artifact(item: dict[str, Any]) -> tuple[str | None, str]:
    """The artifact that an object of `affected` names, and the revision that its purl carries."""
    own, package = item.get("database_specific"), item.get("package")
    if isinstance(own, dict) and isinstance(own.get("artifact"), str):
        return own["artifact"], ""
    if not isinstance(package, dict):
        return None, ""
    purl, name = package.get("purl"), package.get("name")
    if isinstance(purl, str) and purl.startswith(_HUB):
        return artifact_of_purl(purl)
    if isinstance(name, str) and (is_absolute(name) or is_name(name)):
        return name, ""
    return (purl, "") if isinstance(purl, str) and is_absolute(purl) else (None, "")


def artifact_of_purl(purl: str) -> tuple[str, str]:
    """The artifact that a package URL stands for, and the revision that it carries, or empty.

    Args:
        purl: a package URL; any other IRI stands for itself.
    """
    if not purl.startswith(_HUB):
        return purl, ""
    path, _, revision = purl.partition("?")[0].partition("#")[0].removeprefix(_HUB).partition("@")
    hub = f"hf/{unquote(path)}"
    return (hub if is_name(hub) else purl), unquote(revision)


def is_name(text: str) -> bool:
    """Whether a text has the form of an artifact's name.

    Args:
        text: any.
    """
    try:
        Name.parse(text)
    except Malformed:
        return False
    return True


class _Versions:
    """Which versions an object of `affected` names."""

    def __init__(self) -> None:
        self.versions = NOTHING
        self.revisions: set[str] = set()
        self.undecided = False
        self.fixed: set[str] = set()

    def add_version(self, text: str) -> None:
        """A version of the list `versions`, which are compared as texts where they are no semantic versions."""
        try:
            self.versions |= Range.of(Version.parse(text))
        except Malformed:
            self.revisions.add(text)

    def add_range(self, said: dict[str, Any], lose: Callable[[str, str, str], None]) -> None:
        """A range; the order of commits is not known here, and that of an ecosystem only where it is SemVer's."""
        events = [event for event in _listed(said.get("events")) if isinstance(event, dict)]
        self.fixed |= {str(event["fixed"]) for event in events if "fixed" in event}
        if events == [{"introduced": "0"}]:
            self.versions |= Range.parse("*")
            return
        fault = (
            self._ordered(events) if said.get("type") != "GIT" else Malformed("commits have no order here")
        )
        if fault is None:
            return
        self.undecided = True
        named = [
            str(event[key]) for event in events for key in ("introduced", "last_affected") if key in event
        ]
        self.revisions |= {text for text in named if text != "0"}
        if said.get("type") == "SEMVER":
            why = f"{fault.what}; so every version may be affected"
            lose(f"affected.ranges.{fault.where}", json.dumps(events), why)

    def add_own(self, said: Value | None) -> None:
        """What OSV has no words for, as `write` puts it."""
        if isinstance(said, dict):
            fixed = said.get("fixedIn")
            self.fixed |= {one for one in fixed if isinstance(one, str)} if isinstance(fixed, list) else set()
            self.undecided |= said.get("undecided") is True

    def _ordered(self, events: list[dict[str, Any]]) -> Malformed | None:
        """Take in events on semantic versions; gives what is wrong with them."""
        try:
            self.versions |= Range.from_osv(events)
        except Malformed as error:
            return error
        return None

    def facts(self, *, named: bool) -> dict[str, Value]:
        """The keys that say so."""
        versions = "" if self.versions.is_empty or not named else str(self.versions)
        found: dict[str, Value] = {
            "version": versions,
            "revision": [*sorted(self.revisions)],
            "undecided": self.undecided or None,
            "fixedIn": [*sorted(self.fixed)],
        }
        return {key: value for key, value in found.items() if value not in (None, "", [])}


# -- writing


def write(record: Mapping[str, Any], imported: Mapping[str, Any] | None, modified: str) -> str:
    """An advisory as OSV.

    Args:
        record: the published JSON of the advisory.
        imported: the JSON that its `original` would be published as; None if it has none.
        modified: moment of publication, RFC 3339, for records that do not say when they were revised.

    Returns:
        JSON text. Where nothing differs from the original it is the original itself.
    """
    native = _native(record, modified)
    if imported is None:
        return _text(native)
    different = {
        field for key, field in _FIELDS.items() if plain(record.get(key)) != plain(imported.get(key))
    }
    if not different:
        return str(record["original"])
    whole = json.loads(record["original"])
    for field in different | {"modified"}:
        if field == "database_specific":
            whole[field] = {**(whole.get(field) or {}), **native[field]}
        elif field in native:
            whole[field] = native[field]
        else:
            whole.pop(field, None)
    return _text(whole)


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def plain(value: Any) -> Any:
    """A value without the identifiers that publishing gave it, lists in one order.

    Args:
        value: of published JSON.
    """
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if key != "id"}
    return sorted(map(plain, value), key=str) if isinstance(value, list) else value


def _native(record: Mapping[str, Any], modified: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "id": str(record["name"]).rpartition("/")[2],
        "modified": moment(str(record.get("revised", modified))),
        "published": moment(str(record.get("issued", ""))),
        "withdrawn": moment(str(record.get("withdrawnAt", ""))),
        "aliases": _many(record.get("alias")),
        "related": _many(record.get("related")),
        "summary": _joined(record.get("title")),
        "details": _joined(record.get("description")),
        "severity": [{"type": _cvss(score), "score": score} for score in _many(record.get("cvss"))],
        "affected": [_affected_of(one) for one in _many(record.get("affects"))],
        "references": [{"type": "WEB", "url": url} for url in _many(record.get("reference"))],
        "credits": [{"name": label_of(one)} for one in _many(record.get("reporter"))],
        "database_specific": {key: record[key] for key in _OWN if key in record},
    }
    return {key: value for key, value in found.items() if value not in ("", [], {})}


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _joined(value: Any) -> str:
    return "\n\n".join(map(str, _many(value)))


def label_of(agent: Any) -> str:
    """An agent in words.

    Args:
        agent: as published: an IRI, or an object with a label.
    """
    if isinstance(agent, dict):
        return str(agent.get("label", agent.get("id", "")))
    return unquote(str(agent).rpartition("/")[2])


def moment(text: str) -> str:
    """A moment in the form that OSV and OpenVEX ask for; a date is its beginning, less is left out.

    Args:
        text: as a record says it.
    """
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return f"{text}T00:00:00Z"
    return text if re.fullmatch(r"[0-9-]{10}T[0-9:.]+Z", text) else ""


def _cvss(vector: str) -> str:
    return {"CVSS:4": "CVSS_V4", "CVSS:3": "CVSS_V3"}.get(vector[:6], "CVSS_V2")


def _affected_of(one: Mapping[str, Any]) -> dict[str, Any]:
    # OSV lists the ecosystems that a package may be of, and none of them holds models.
    own: dict[str, Any] = {"artifact": one["artifact"]}
    found: dict[str, Any] = {"database_specific": own}
    revisions, fixed = _many(one.get("revision")), {*map(str, _many(one.get("fixedIn")))}
    if "version" in one or not (revisions or one.get("undecided")):
        events = Range.parse(str(one.get("version", "*"))).to_osv()
        found["ranges"] = [{"type": "SEMVER", "events": events}]
        fixed -= {event["fixed"] for event in events if "fixed" in event}
    if fixed:
        own["fixedIn"] = sorted(fixed)
    if one.get("undecided"):
        own["undecided"] = True
    if revisions:
        found["versions"] = revisions
    return found
