"""Asking another registry what happened there since it was asked last."""

from __future__ import annotations

import io
import zlib
from itertools import chain
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


def journal_of(door: Door, address: str, position: int = 0, reached: str = "") -> Iterator[Line]:
    """What happened to a registry's own records.

    Args:
        door: to the network.
        address: of the registry, ending with `/`: of a server, or of a site of files.
        position: entry up to which it is known what happened.
        reached: that entry's chain value, which has to be the same still; empty for none.

    Yields:
        lines in the order of its journal.

    Raises:
        Unreachable: if nobody, or no registry, answers, or the answer breaks off.
        Conflict: if its history is not the one that is known.
        Unreadable: if an answer is no lines.
    """
    lines = chain.from_iterable(_parts(door, address, max(position - 1, 0)))
    if position:
        known = next(lines, None)
        if known is None or (known.sequence, known.chain) != (position, reached):
            raise Conflict(
                f"its journal is not the one that was read before: entry {position} is another, or is gone",
                where=address,
                remedy="ask who runs it what happened; what was taken over stays as it is",
            )
    for line in lines:
        if line.sequence <= position:
            raise Conflict(f"entry {line.sequence} comes after entry {position}", where=line.place)
        position = line.sequence
        yield line


def _parts(door: Door, address: str, after: int) -> Iterator[list[Line]]:
    """The lines behind an entry, as many at once as come in one answer; a site of files has all of them in one."""
    while True:
        url = f"{address}data/journal.jsonl?{urlencode({'after': after, 'limit': PART})}"
        answer = door.request("GET", url, headers={"Accept": MEDIA}, redirects=_REDIRECTS)
        if answer.status == 404:
            yield [line for line in _of_files(door, address) if line.sequence > after]
            return
        part = list(read_lines(io.BytesIO(_body(answer, url)), url))
        if not part:
            return
        yield part
        after = max(after, part[-1].sequence)


def _of_files(door: Door, address: str) -> list[Line]:
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
    return list(read_lines(io.BytesIO(data), url))


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
