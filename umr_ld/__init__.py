"""A registry of model records: open one, publish, get, ask for lineage, impact and SPARQL.

    from pathlib import Path
    import umr_ld

    with umr_ld.Registry.open(Path(".umr")) as registry:
        for hit in registry.impact("laion/laion-5b"):
            print(hit.ref)

The names below are the public interface; everything else may change between minor versions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from umr_ld.document import Document
    from umr_ld.errors import UmrError
    from umr_ld.findings import Finding, Report, Severity
    from umr_ld.media import Media
    from umr_ld.names import Name, Ref
    from umr_ld.ranges import Range
    from umr_ld.record import Link, Node, Record
    from umr_ld.registry import Registry
    from umr_ld.versions import Version

__version__ = "0.1.0"

_HOMES = {
    "Document": "document",
    "Finding": "findings",
    "Link": "record",
    "Media": "media",
    "Name": "names",
    "Node": "record",
    "Range": "ranges",
    "Record": "record",
    "Ref": "names",
    "Registry": "registry",
    "Report": "findings",
    "Severity": "findings",
    "UmrError": "errors",
    "Version": "versions",
}

__all__ = [
    "Document",
    "Finding",
    "Link",
    "Media",
    "Name",
    "Node",
    "Range",
    "Record",
    "Ref",
    "Registry",
    "Report",
    "Severity",
    "UmrError",
    "Version",
    "__version__",
]


def __getattr__(name: str) -> object:
    """Public names are loaded when they are first used: `umr --version` needs none of them."""
    if name not in _HOMES:
        raise AttributeError(f"module 'umr_ld' has no attribute {name!r}")
    return getattr(import_module(f"umr_ld.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
