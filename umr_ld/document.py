"""What crosses a border: bytes, the syntax they claim to be in, and where they came from."""

from __future__ import annotations

from dataclasses import dataclass

from umr_ld.media import Media


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes from outside, not looked at yet.

    Args:
        body: the bytes as they came.
        media: the syntax they claim to be in.
        source: file, address or name to use in messages.
    """

    body: bytes
    media: Media = Media.JSONLD
    source: str = "<document>"
