"""What is shown, as bytes for another process of ours."""

from __future__ import annotations

import copyreg
import io
import pickle
from types import MappingProxyType
from typing import Any


def view_of(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    """A view of a mapping, which cannot be pickled itself.

    Args:
        values: the mapping.
    """
    return MappingProxyType(values)


class _Pickler(pickle.Pickler):
    """Views of mappings go as what they show."""

    dispatch_table = copyreg.dispatch_table | {MappingProxyType: lambda view: (view_of, (dict(view),))}


def pickled(value: Any) -> bytes:
    """The bytes of a value.

    Args:
        value: of plain and frozen ones.
    """
    target = io.BytesIO()
    _Pickler(target, pickle.HIGHEST_PROTOCOL).dump(value)
    return target.getvalue()
