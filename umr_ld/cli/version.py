"""The version of this program, for what it writes."""

from __future__ import annotations


def version() -> str:
    """The version, read when it is asked for: it takes a while to find."""
    from umr_ld import __version__

    return __version__
