"""What the extra `render` brings, where it is installed and the system has what it stands on."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from umr_ld.errors import Malformed


def lacking(module: str) -> str:
    """What is not installed of what a module needs, in words; empty if nothing is.

    Args:
        module: of the extra.
    """
    try:
        import_module(module)
    except ModuleNotFoundError:
        return f"{module}, of the extra `render`,"
    except ImportError as error:
        # Wheels leave some libraries to the system (PEP 600): "libX11.so.6: cannot open shared object file: …".
        return f"{str(error).partition(':')[0]}, of the system,"
    return ""


def required(module: str, what: str) -> Any:
    """A module of the extra.

    Args:
        module: its name.
        what: cannot be made without it.

    Raises:
        Malformed: if it is not installed, or the system lacks something that it needs.
    """
    lacks = lacking(module)
    if lacks:
        remedy = "pip install 'umr-ld[render]', and what docs/rendering.md says that the system has to have"
        raise Malformed(f"{what} is not made here, because {lacks} is not installed", remedy=remedy)
    return import_module(module)
