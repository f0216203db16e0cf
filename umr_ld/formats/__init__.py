"""Foreign formats: one row each, asked by everything else.

Reading is lenient: what is wrong is reported, row by row, and the rest is kept. Writing is strict.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed
from umr_ld.formats import (
    croissant,
    cyclonedx,
    fair4ml,
    kaggle,
    legacy,
    legacy_writing,
    mldcat,
    openvex,
    osv,
    own,
    prov,
    ro_crate,
    spdx,
)
from umr_ld.formats.table import MODELS, Format
from umr_ld.media import Media

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.formats.table import Mark
    from umr_ld.tree import Value

_RDF = (Media.TURTLE, Media.JSONLD)
_OWN = "terms of its own"
_ALL = (*MODELS, "Advisory", "Statement")


def _holds(key: str, word: str) -> Mark:
    """Documents in which a text at a key contains a word."""

    def mark(root: Value, classes: frozenset[str]) -> bool:  # noqa: ARG001 - as every mark
        value = root.get(key) if isinstance(root, dict) else None
        return any(
            word in one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)
        )

    return mark


def _has(*names: str) -> Mark:
    """Documents in which something is of a class."""
    return lambda root, classes: not classes.isdisjoint(names)  # noqa: ARG005 - as every mark


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        row.label: row
        for row in (
            Format(
                "yaml",
                "drafts of this project (YAML)",
                (Media.YAML,),
                own.read,
                own.write,
                kinds=_ALL,
                marks=lambda root, _: own.is_own(root),
            ),
            Format(
                "jsonld",
                "records of this project (JSON-LD)",
                (Media.JSONLD,),
                own.read,
                own.write,
                kinds=_ALL,
            ),
            Format(
                "legacy",
                "legacy model records (YAML)",
                (Media.YAML,),
                legacy.read,
                legacy_writing.write,
                says=legacy_writing.keys,
                kinds=legacy_writing.KINDS,
                marks=lambda root, _: isinstance(root, dict) and "mr" in root,
            ),
            Format(
                "cyclonedx",
                "CycloneDX 1.5 to 1.7 (JSON), written as 1.6",
                (Media.JSONLD,),
                cyclonedx.read,
                cyclonedx.write_1_6,
                kinds=tuple(cyclonedx.KIND_TYPES),
                keeps="properties",
                marks=lambda root, _: cyclonedx.is_cyclonedx(root),
            ),
            Format(
                "cyclonedx-1.7",
                "CycloneDX 1.7 (JSON)",
                (Media.JSONLD,),
                cyclonedx.read,
                cyclonedx.write_1_7,
                kinds=tuple(cyclonedx.KIND_TYPES),
                keeps="properties",
            ),
            Format(
                "spdx",
                "SPDX 3.0.1, AI and Dataset (JSON-LD)",
                (Media.JSONLD,),
                spdx.read,
                spdx.write,
                kinds=("Model", "Dataset", "Software", "Application"),
                keeps="extensions",
                marks=lambda root, _: spdx.is_spdx(root),
            ),
            Format(
                "openvex",
                "OpenVEX 0.2.0 statements (JSON)",
                (Media.JSONLD,),
                read=openvex.read,
                kinds=("Statement",),
                marks=_holds("@context", "openvex.dev/"),
            ),
            Format(
                "osv",
                "OSV 1.7 advisories (JSON)",
                (Media.JSONLD,),
                read=osv.read,
                kinds=("Advisory",),
                marks=lambda root, _: (
                    isinstance(root, dict) and "id" in root and "modified" in root and "@context" not in root
                ),
            ),
            Format(
                "ro-crate",
                "RO-Crate 1.2 metadata (JSON-LD)",
                (Media.JSONLD,),
                ro_crate.read,
                ro_crate.write,
                keeps=_OWN,
                marks=_holds("@context", "w3id.org/ro/crate"),
            ),
            Format(
                "mldcat-ap",
                "MLDCAT-AP 3 (RDF)",
                _RDF,
                mldcat.read,
                mldcat.write,
                kinds=("Model", "Dataset"),
                keeps=_OWN,
                marks=_has("it6:MachineLearningModel", "dcat:Dataset"),
            ),
            Format(
                "fair4ml",
                "FAIR4ML 0.1.0 (RDF)",
                _RDF,
                fair4ml.read,
                fair4ml.write,
                kinds=("Model",),
                keeps=_OWN,
                marks=_has("fair4ml:MLModel"),
            ),
            Format(
                "croissant",
                "Croissant 1.0 and 1.1 with RAI (JSON-LD)",
                (Media.JSONLD,),
                croissant.read,
                croissant.write,
                kinds=("Dataset",),
                keeps=_OWN,
                marks=_has("schema:Dataset", "cr:Dataset"),
            ),
            Format(
                "kaggle",
                "Kaggle's metadata files (JSON)",
                (Media.JSONLD,),
                kaggle.read,
                kaggle.write,
                kinds=("Model", "Dataset"),
                says=kaggle.keys,
                marks=lambda root, _: kaggle.is_kaggle(root),
            ),
            Format(
                "prov", "PROV-O (RDF)", _RDF, prov.read, prov.write, keeps=_OWN, marks=_has("prov:Entity")
            ),
            Format("prov-json", "PROV-JSON", (Media.JSONLD,), write=prov.write_json, keeps="attributes"),
        )
    }
)


def format_named(label: str) -> Format:
    """The row of a format.

    Args:
        label: its short name.

    Raises:
        Malformed: if there is no such format.
    """
    if label not in FORMATS:
        known = ", ".join(sorted(FORMATS))
        raise Malformed(f"{label!r} is no format that is known", remedy=f"one of {known}")
    return FORMATS[label]
