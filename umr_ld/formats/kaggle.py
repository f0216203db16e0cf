"""Kaggle's metadata files: `model-metadata.json`, `model-instance-metadata.json` and `dataset-metadata.json`.

They hold little: what they have no field for is left out, and told.

Source: https://github.com/Kaggle/kaggle-cli/blob/main/docs/model_instances.md and …/datasets_metadata.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from umr_ld.addresses import is_absolute
from umr_ld.errors import Malformed
from umr_ld.formats import kept
from umr_ld.formats.crosswalk import keys_written, relation_read, relations_of, rules_of, write_facts
from umr_ld.formats.draft import Subject, Written
from umr_ld.formats.gathering import BASE, Gathering, each, json_tree
from umr_ld.formats.identity import artifact_of, named
from umr_ld.formats.licensing import licence_texts, take_licence
from umr_ld.formats.loss import Loss
from umr_ld.formats.places import pruned
from umr_ld.formats.wire import as_bytes
from umr_ld.tree import dotted

if TYPE_CHECKING:
    from umr_ld.document import Document
    from umr_ld.formats.draft import Stack, Translation
    from umr_ld.formats.gathering import Thing
    from umr_ld.media import Media
    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary

HUB = "kaggle/"
DATASETS = f"{HUB}datasets/"
_SITE = "https://www.kaggle.com/"
_IDENTITY = frozenset(
    [
        "ownerSlug",
        "slug",
        "modelSlug",
        "instanceSlug",
        "id",
        "isPrivate",
        "version",
        "versionNumber",
    ]
)
_UNSAID = "unspecified"
"""What Kaggle writes as `modelInstanceType` where nobody chose one; its own tools write it in two cases."""
_LINKS = ("trainingData", "baseModelInstance", "externalBaseModelUrl")


def is_kaggle(root: Value) -> bool:
    """Whether a tree is one of the files.

    Args:
        root: of any JSON document.
    """
    if not isinstance(root, dict):
        return False
    if "ownerSlug" in root and ("slug" in root or "instanceSlug" in root):
        return True
    return "id" in root and "title" in root and "licenses" in root and "@context" not in root


def keys() -> frozenset[str]:
    """The keys of records that the files have fields for."""
    return keys_written(rules_of("kaggle")) | {"license", "licenseExpression", "upstream"}


def read(repositories: Stack, vocabulary: Vocabulary) -> Translation:
    """Read metadata files.

    Args:
        repositories: the documents.
        vocabulary: the terms of records.
    """
    return each(repositories, lambda document: _read_one(document, vocabulary))


def _read_one(document: Document, vocabulary: Vocabulary) -> Translation:
    tree = json_tree(document)
    root = tree.root
    if not isinstance(root, dict) or not is_kaggle(root):
        raise Malformed("this is none of Kaggle's metadata files", where=document.source)
    gathering = Gathering(tree, document, vocabulary)
    kind = "Model" if "ownerSlug" in root else "Dataset"
    number = root.get("versionNumber", root.get("version"))
    version = str(number) if isinstance(number, str) else ""
    thing = gathering.thing(kind, _name(root), version, ())
    facts = thing.facts
    facts.taken |= {(key,) for key in _IDENTITY}
    if str(root.get("modelInstanceType")).lower() == _UNSAID:
        facts.taken.add(("modelInstanceType",))
    facts.take(rules_of("kaggle"), kind, root, ())
    _take_licences(root, thing)
    _take_links(root, thing, vocabulary)
    thing.origin = (), root
    return gathering.translation()


def _name(root: dict[str, Value]) -> str:
    if "ownerSlug" not in root:
        return named("kaggle", "datasets", str(root["id"]))
    slugs = [root.get(key) for key in ("ownerSlug", "modelSlug", "slug", "framework", "instanceSlug")]
    return named("kaggle", *(str(one) for one in slugs if isinstance(one, str)))


def _take_licences(root: dict[str, Value], thing: Thing) -> None:
    name = root.get("licenseName")
    if isinstance(name, str) and name.strip():
        take_licence(thing.facts, name, ("licenseName",))
    several = root.get("licenses")
    for at, one in enumerate(several if isinstance(several, list) else []):
        text = one.get("name") if isinstance(one, dict) else None
        if isinstance(text, str) and text.strip() not in {"", "unknown"}:
            take_licence(thing.facts, text, ("licenses", at))
        elif text == "unknown":
            thing.facts.taken.add(("licenses", at))


def _take_links(root: dict[str, Value], thing: Thing, vocabulary: Vocabulary) -> None:
    for field in _LINKS:
        value = root.get(field)
        several = enumerate(value) if isinstance(value, list) else [(None, value)]
        for at, one in several:
            path = (field,) if at is None else (field, at)
            if one in (None, ""):
                continue
            relation = relation_read("kaggle", field.replace("externalBaseModelUrl", "baseModelInstance"))
            thing.link(relation, target_of(one, field), path, one, vocabulary)


def target_of(value: Value, field: str) -> str | None:
    """The artifact that a text names: an address, or slugs joined by slashes; None if it names none.

    Args:
        value: the text.
        field: in which it stands.
    """
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()
    if is_absolute(text):
        slugs = re.match(rf"{re.escape(_SITE)}(datasets/[^/]+/[^/?#]+)/?\Z", text)
        return f"{HUB}{slugs[1]}" if slugs else artifact_of(text, BASE)
    if not re.fullmatch(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+", text):
        return None
    known = named(
        HUB + ("datasets/" if field == "trainingData" and not text.startswith("datasets/") else "") + text
    )
    return known if not text.startswith(HUB) else named(text)


# -- writing


def write(subject: Subject, media: Media) -> Written:  # noqa: ARG001 - as every writer
    """Write a record as the metadata file of its kind.

    Args:
        subject: the record.
        media: JSON, whatever it says.
    """
    segments = subject.name.removeprefix(HUB).removeprefix("datasets/").split("/")
    document: dict[str, Value] = {}
    if subject.kind == "Dataset":
        document["id"] = "/".join([segments[0], "-".join(segments[1:]) or segments[0]])
        document["licenses"] = [{"name": one} for one in dict.fromkeys(licence_texts(subject.root))]
    else:
        document |= _slugs(segments)
        document["licenseName"] = next(iter(licence_texts(subject.root)), None)
        document["isPrivate"] = True
    write_facts(rules_of("kaggle"), subject.kind, subject.root, document)
    rows = _write_links(subject, document)
    found = pruned(document)
    assert isinstance(found, dict)
    if subject.kind == "Dataset":
        found.setdefault("licenses", [{"name": "unknown"}])
    body = as_bytes(found)
    back = _read_back(body, subject)
    keys = kept.missing(subject.root, back)
    source = subject.minted.tree.source
    return Written(body, (*kept.kept_rows(keys, subject.root, "", source), *rows))


def _slugs(segments: list[str]) -> dict[str, Value]:
    if len(segments) >= 4:
        names = ("ownerSlug", "modelSlug", "framework", "instanceSlug")
        return {**dict(zip(names, segments, strict=False)), "modelInstanceType": "Unspecified"}
    return {"ownerSlug": segments[0], "slug": "-".join(segments[1:]) or segments[0]}


def _write_links(subject: Subject, document: dict[str, Value]) -> list[Loss]:
    losses = []
    data: list[Value] = []
    for number, link in enumerate(subject.links()):
        words = relations_of("kaggle").get(str(link["relation"]))
        artifact = str(link["artifact"])
        if words is None or "instanceSlug" not in document:
            why = (
                "only the file of a model's instance has a field for it"
                if words is not None
                else "no field for it"
            )
            losses.append(
                Loss(
                    dotted(("upstream", number)),
                    f"{link['relation']} {artifact}",
                    why,
                    subject.minted.tree.source,
                )
            )
        elif words.term == "trainingData":
            data.append(artifact if is_absolute(artifact) else artifact.removeprefix(f"{HUB}datasets/"))
        elif artifact.startswith(HUB):
            document.setdefault("baseModelInstance", artifact.removeprefix(HUB))
        else:
            document.setdefault("externalBaseModelUrl", subject.base.artifact(artifact))
    document["trainingData"] = data
    return losses


def _read_back(body: bytes, subject: Subject) -> dict[str, Value]:
    from umr_ld.document import Document

    drafts = _read_one(Document(body), subject.vocabulary).drafts
    root = drafts[0].tree.root
    return dict(root) if isinstance(root, dict) else {}
