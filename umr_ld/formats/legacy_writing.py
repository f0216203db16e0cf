"""Legacy model records, written: the inverse of the table that reads them. They hold little, and the rest is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.document import Document
from umr_ld.formats import kept, legacy
from umr_ld.formats.draft import Subject, Written, nodes
from umr_ld.media import Media
from umr_ld.tree import undotted

if TYPE_CHECKING:
    from umr_ld.tree import Value

KINDS = ("Model", "Dataset", "Family")
_LISTS = frozenset(("mr.tags", "mr.question_sets", "mr.metadata.refs", "mr.relations.upstream", "mr.upstream.environmental.refs"))  # fmt: skip


def keys() -> frozenset[str]:
    """The keys of records that the files have fields for."""
    return frozenset(rule.key for rules in legacy.crosswalk().values() for rule in rules)


def write(subject: Subject, media: Media) -> Written:  # noqa: ARG001 - as every writer
    """Write a record as a legacy file, to be called `<name>/<name>-<version>.yaml`.

    Args:
        subject: the record.
        media: YAML, whatever it says.
    """
    body = _lines({"mr": _record(subject)})
    back = _read_back(body, subject)
    rows = kept.kept_rows(kept.missing(subject.root, back), subject.root, "", subject.minted.tree.source)
    return Written(body, tuple(rows))


def _record(subject: Subject) -> dict[str, Value]:
    root: dict[str, Value] = {}
    for path, rules in legacy.crosswalk().items():
        for rule in rules:
            for value in _values(subject, rule):
                _put(root, path, value)
    _put(root, "mr.metadata.version", subject.version)
    found = root["mr"]
    assert isinstance(found, dict)
    return found


def _values(subject: Subject, rule: legacy.Rule) -> list[Value]:
    """What stands at a rule's path for a record."""
    stated = subject.root.get(rule.key)
    several: list[Value] = [*stated] if isinstance(stated, list) else [] if stated is None else [stated]
    if rule.key == "upstream":
        return [_link(one) for one in nodes([*subject.links()])]
    if rule.key == "answer":
        return [
            bool(one.get("value") == "1") for one in nodes(several) if _ends(one.get("indicator"), rule.value)
        ]
    if rule.key == "type":
        return [rule.when] if rule.value == subject.kind else []
    if rule.value:
        return [True if rule.when == "true" else rule.when for one in several if _ends(one, rule.value)]
    return [one for one in several if isinstance(one, str)]


def _ends(value: Value, word: str) -> bool:
    return isinstance(value, str) and (value == word or value.endswith((f"/{word}", f"#{word}")))


def _link(link: dict[str, Value]) -> str:
    artifact, versions = str(link["artifact"]), str(link.get("version", ""))
    name = artifact if is_absolute(artifact) else artifact.removeprefix(f"{legacy.HUB}/")
    return f"{name}@{versions}" if versions and versions != "*" else name


def _put(root: dict[str, Value], path: str, value: Value) -> None:
    node: dict[str, Value] = root
    *above, last = (str(step) for step in undotted(path))
    for step in above:
        inner = node.setdefault(step, {})
        if not isinstance(inner, dict):
            return
        node = inner
    if path in _LISTS:
        listed = node.setdefault(last, [])
        assert isinstance(listed, list)
        listed.append(value)
    elif isinstance(node.get(last), str) and isinstance(value, str):
        node[last] = f"{node[last]}\n\n{value}"
    else:
        node.setdefault(last, value)


def _read_back(body: bytes, subject: Subject) -> dict[str, Value]:
    name = subject.name.removeprefix(f"{legacy.HUB}/")
    source = f"{name}/{name.rpartition('/')[2]}-{subject.version}.yaml"
    drafts = legacy.read([[Document(body, Media.YAML, source)]], subject.vocabulary).drafts
    root = drafts[0].tree.root if drafts else {}
    return dict(root) if isinstance(root, dict) else {}


def _lines(root: dict[str, Value]) -> bytes:
    from umr_ld.render.yaml import as_yaml

    return as_yaml(root).encode("utf-8", "replace")
