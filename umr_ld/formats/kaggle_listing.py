"""What the API of Kaggle says of a model, its variations or a dataset, as the metadata files that its own program writes.

Each model, each variation of it and each dataset is a record. Which field is which key of a record is data:
`ontology/crosswalk/kaggle.tsv`, as for the files.

Source: https://github.com/Kaggle/kaggle-cli/tree/main/docs and `kagglesdk.models.types`, `kagglesdk.datasets.types`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from umr_ld.errors import Malformed
from umr_ld.formats import kaggle
from umr_ld.formats.draft import Draft, nodes
from umr_ld.formats.hub_fields import plain
from umr_ld.formats.hub_listing import VERSION, Listed
from umr_ld.licences import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from umr_ld.document import Document
    from umr_ld.tree import Value
    from umr_ld.vocab import Vocabulary

WEB = "https://www.kaggle.com/"
"""Where Kaggle shows what it has to people, whatever machine is asked."""

_MODEL = ("title", "subtitle", "description", "provenanceSources", "publishTime")
_INSTANCE = ("framework", "overview", "usage", "trainingData", "externalBaseModelUrl")
_DATASET = ("title", "subtitle", "description")
_TEXTS = ("description", "overview", "usage")
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_CONSTANT = "MODEL_FRAMEWORK_"
_UNKNOWN = frozenset(("", "unknown", "other"))
_UNSAYABLE = re.compile(r"[\x00\ud800-\udfff]")
_LONGEST = 1000
"""Characters of what names or numbers something."""
_REVISION = "revision"
"""Member of our own beside those of the files: what says that something is another one than before."""


def files_of_model(item: Any) -> Iterator[dict[str, Any]]:
    """The metadata files of a model and of its variations.

    Args:
        item: an `ApiModel`, as JSON gives it.

    Raises:
        Malformed: if it does not say what it is of.
    """
    owner, slug = slugs_of(item)
    names = [tag.get("name") for tag in _objects(item.get("tags"))]
    yield {
        "ownerSlug": owner,
        "slug": slug,
        **_texts(item, _MODEL),
        "keywords": [one for one in names if isinstance(one, str)],
        _REVISION: _label(item.get("updateTime")),
    }
    for instance in _objects(item.get("instances")):
        yield file_of_instance(instance, owner, slug)


def file_of_instance(instance: Mapping[str, Any], owner: str, model: str) -> dict[str, Any]:
    """The metadata file of a variation of a model.

    Args:
        instance: an `ApiModelInstance`, as JSON gives it.
        owner: of the model.
        model: the model's slug.
    """
    return {
        "ownerSlug": owner,
        "modelSlug": model,
        "instanceSlug": _label(instance.get("slug")),
        **_texts(instance, _INSTANCE),
        "framework": framework_of(instance.get("framework")),
        "baseModelInstance": base_of(instance),
        "licenseName": licence_of(instance.get("licenseName")),
        _REVISION: _label(instance.get("versionNumber")),
    }


def file_of_dataset(item: Any) -> dict[str, Any]:
    """The metadata file of a dataset.

    Args:
        item: an `ApiDataset`, as JSON gives it.

    Raises:
        Malformed: if it does not say what it is of.
    """
    names = [tag.get("name") for tag in _objects(item.get("tags"))] if isinstance(item, Mapping) else []
    return {
        "id": "/".join(slugs_of(item)),
        **_texts(item, _DATASET),
        "licenses": [{"name": licence_of(item.get("licenseName")) or "unknown"}],
        "keywords": [one for one in names if isinstance(one, str)],
        _REVISION: _label(item.get("currentVersionNumber")) or _label(item.get("lastUpdated")),
    }


def texts_of(file: Mapping[str, Any]) -> str:
    """What people wrote of a thing: where a card would say it.

    Args:
        file: as of `read_file`.
    """
    return "\n\n".join(str(file[key]) for key in _TEXTS if key in file)


def slugs_of(item: Any) -> tuple[str, str]:
    """Owner and slug of a model or dataset.

    Args:
        item: as of `files_of_model` or `file_of_dataset`.

    Raises:
        Malformed: if it does not say them.
    """
    ref = item.get("ref") if isinstance(item, Mapping) else None
    parts = [one for one in ref.split("/") if one][-2:] if isinstance(ref, str) else []
    if len(parts) != 2 or not all(map(_SLUG.match, parts)):
        raise Malformed("this describes nothing of Kaggle: its ref is no owner/name")
    return parts[0], parts[1]


def framework_of(value: object) -> str:
    """A framework as it stands in addresses; the API also writes constants.

    Args:
        value: as the API has it: `pyTorch`, or `MODEL_FRAMEWORK_PY_TORCH`.
    """
    text = _label(value)
    if not text.startswith(_CONSTANT):
        return text
    first, *others = text.removeprefix(_CONSTANT).lower().split("_")
    return first + "".join(map(str.capitalize, others))


def base_of(instance: Mapping[str, Any]) -> str:
    """The variation that one was made from, as the metadata files name it; empty if none is named.

    Args:
        instance: as of `file_of_instance`.
    """
    said = instance.get("baseModelInstanceInformation")
    if not isinstance(said, Mapping):
        return ""
    owner = said.get("owner")
    slug = owner.get("slug") if isinstance(owner, Mapping) else ""
    parts = (slug, said.get("modelSlug"), framework_of(said.get("framework")), said.get("instanceSlug"))
    return "/".join(map(_label, parts)) if all(map(_label, parts)) else ""


def read_file(item: Any, document: Document, vocabulary: Vocabulary) -> Listed:
    """Read a metadata file of what the hub has, as the draft that it would be if it were the first.

    Args:
        item: the file, as `files_of_model` or `file_of_dataset` made it.
        document: its bytes.
        vocabulary: the terms of records.

    Raises:
        Malformed: if nothing can be recorded of it.
    """
    said = {key: value for key, value in item.items() if key != _REVISION}
    found = kaggle.read([[replace(document, body=json.dumps(said).encode())]], vocabulary)
    if not found.drafts:
        why = next((row.why for row in found.losses), "it names nothing")
        raise Malformed(why.removeprefix("not read: "), where=document.source)
    tree = found.drafts[0].tree
    assert isinstance(tree.root, dict)
    address = _address(said)
    root: dict[str, Value] = {**tree.root, "version": VERSION, "repository": address, "source": address}
    if revision := item.get(_REVISION):
        root["revision"] = revision
    targets = [str(link["artifact"]) for link in nodes(root.get("upstream"))]
    data = sum(one.startswith(kaggle.DATASETS) for one in targets)
    draft = Draft(replace(tree, root=root), document)
    return Listed(str(root["name"]), draft, tuple(found.losses), "", (len(targets) - data, data))


def _address(said: Mapping[str, Any]) -> str:
    if "ownerSlug" not in said:
        return f"{WEB}datasets/{said['id']}"
    slugs = [said.get(key) for key in ("ownerSlug", "modelSlug", "slug", "framework", "instanceSlug")]
    return f"{WEB}models/" + "/".join(str(one) for one in slugs if one)


def _objects(value: object) -> Sequence[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _texts(item: Mapping[str, Any], members: Sequence[str]) -> dict[str, Any]:
    """What members say, as far as it can be published: texts, and lists of texts."""
    found: dict[str, Any] = {}
    for member in members:
        value = item.get(member)
        if isinstance(value, str) and value.strip():
            found[member] = _UNSAYABLE.sub("", value)
        elif isinstance(value, list):
            found[member] = [_UNSAYABLE.sub("", one) for one in value if isinstance(one, str) and one.strip()]
    return found


def _label(value: object) -> str:
    """A short text on one line; numbers too."""
    is_one = isinstance(value, str | int) and not isinstance(value, bool)
    return plain(str(value))[:_LONGEST] if is_one else ""


def licence_of(value: object) -> str:
    """A licence by its identifier where it is on SPDX's list, whatever stands between its words; empty if none is said.

    Args:
        value: as Kaggle has it: `Apache 2.0`.
    """
    text = _label(value)
    return "" if text.lower() in _UNKNOWN else identifier(re.sub(r"[\s,]+", "-", text)) or text
