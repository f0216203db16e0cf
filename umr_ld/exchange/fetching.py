"""Asking another registry what happened there since it was asked last."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from umr_ld.errors import Conflict, Unreachable
from umr_ld.exchange.lines import MEDIA, read_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.exchange.lines import Line
    from umr_ld.net import Answer, Door

PART = 500
"""Lines that are asked for at once."""
LONGEST = 64 * 1024 * 1024
"""Bytes of one answer, also when it was unpacked."""
_REDIRECTS = 3


def journal_of(door: Door, address: str, position: int = 0, chain: str = "") -> Iterator[Line]:
    """What happened to a registry's own records.

    Args:
        door: to the network.
        address: of the registry, ending with `/`: of a server, or of a site of files.
        position: entry up to which it is known what happened.
        chain: that entry's chain value, which has to be the same still; empty for none.

    Yields:
        lines in the order of its journal.

    Raises:
        Unreachable: if nobody, or no registry, answers, or the answer breaks off.
        Conflict: if its history is not the one that is known.
        Unreadable: if an answer is no lines.
    """
    if position:
        before = _part(door, address, position - 1, 1)
        if not before or before[0].sequence != position or before[0].chain != chain:
            raise Conflict(
                f"its journal is not the one that was read before: entry {position} is another, or is gone",
                where=address,
                remedy="ask who runs it what happened; what was taken over stays as it is",
            )
    while part := _part(door, address, position, PART):
        for line in part:
            if line.sequence <= position:
                raise Conflict(f"entry {line.sequence} comes after entry {position}", where=line.place)
            position = line.sequence
            yield line


def _part(door: Door, address: str, after: int, most: int) -> list[Line]:
    url = f"{address}data/journal.jsonl?{urlencode({'after': after, 'limit': most})}"
    answer = door.request("GET", url, headers={"Accept": MEDIA}, redirects=_REDIRECTS)
    if answer.status == 404:
        return _from_files(door, address, after, most)
    return list(read_lines(io.BytesIO(_body(answer, url)), url))


def _from_files(door: Door, address: str, after: int, most: int) -> list[Line]:
    """A site of files has the whole journal in one, and no part of it."""
    url = f"{address}data/journal.jsonl.gz"
    answer = door.request("GET", url, redirects=_REDIRECTS)
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        data = unpacking.decompress(_body(answer, url), LONGEST)
    except zlib.error as error:
        raise Unreachable(f"the answer is no zipped file: {error}", where=url) from None
    if unpacking.unconsumed_tail:
        raise Unreachable(
            f"the journal is longer than {LONGEST:,} bytes", where=url, remedy="take it over as a file"
        )
    if not unpacking.eof:
        raise Unreachable("the answer breaks off", where=url)
    lines = (line for line in read_lines(io.BytesIO(data), url) if line.sequence > after)
    return [line for _, line in zip(range(most), lines, strict=False)]


def _body(answer: Answer, url: str) -> bytes:
    if answer.status != 200:
        raise Unreachable(
            f"the answer's status is {answer.status}, and no journal comes",
            where=url,
            remedy="name the address at which a registry's pages begin; of a hub write hf:owner/name or kaggle:owner/model",
        )
    if answer.cut:
        raise Unreachable("the answer is longer than may be read", where=url)
    if answer.headers.get("content-type", "").partition(";")[0].strip() == "text/html":
        raise Unreachable(
            "the answer is a page, and no journal", where=url, remedy="name a registry's address"
        )
    return answer.body
