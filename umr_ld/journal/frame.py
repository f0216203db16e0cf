"""The byte format of an entry in a segment; docs/journal.md is its specification. No input, no output here.

    UMRJ1 SEQUENCE META BODY MARK PREVIOUS CRC ⏎     header, fixed length, its CRC-32 last
    {"act":…} ⏎                                      meta, JSON on one line
    …                                                body, any bytes
    ⏎ CHAIN ⏎                                        trailer: SHA-256 over header, meta and body

The header names the chain value of the entry before, so that CHAIN covers all that came before and each
frame can still be verified alone. Entries appended together are one batch: each but the last is marked `+`.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from umr_ld.entry import Entry, Head
from umr_ld.errors import Malformed, Newer, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable

MAGIC = b"UMRJ1"
HEADER_SIZE = 119
TRAILER_SIZE = 66
_CHECKED = HEADER_SIZE - 9
"""How many bytes of the header its CRC covers: all before it."""

_HEADER = re.compile(rb"UMRJ1 (\d{16}) (\d{8}) (\d{10}) ([.+]) ([0-9a-f]{64}) ([0-9a-f]{8})\n")
_VERSIONED = re.compile(rb"UMRJ[0-9] ")
_TRAILER = re.compile(rb"\n([0-9a-f]{64})\n")
_MAX_META = 10**8 - 1


class FrameError(Exception):
    """Bytes that are not a frame as it was written.

    Args:
        reason: what is wrong with them, a clause.
        size: length of the whole frame in bytes where its header is intact, else None.
    """

    def __init__(self, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.size = size


@dataclass(frozen=True, slots=True)
class Header:
    """What a frame says of itself before its content.

    Args:
        seq: sequence number of the entry, from 1.
        meta: length of the meta line in bytes, its line feed included.
        body: length of the body in bytes.
        last: whether the batch ends here.
        previous: chain value of the entry before; 64 zeros for the first.
    """

    seq: int
    meta: int
    body: int
    last: bool
    previous: str

    @property
    def size(self) -> int:
        """Length of the whole frame in bytes."""
        return HEADER_SIZE + self.meta + self.body + TRAILER_SIZE

    def encode(self) -> bytes:
        """The header's bytes, `HEADER_SIZE` of them."""
        mark = "." if self.last else "+"
        front = f"UMRJ1 {self.seq:016d} {self.meta:08d} {self.body:010d} {mark} {self.previous} ".encode()
        return b"%s%08x\n" % (front, zlib.crc32(front))


@dataclass(frozen=True, slots=True)
class Frame:
    """An entry's bytes, verified against their own checksums.

    Args:
        header: the decoded header.
        data: header, meta, body and trailer.
        chain: the entry's chain value, hexadecimal.
    """

    header: Header
    data: bytes
    chain: str

    def entry(self) -> Entry:
        """The entry.

        Raises:
            FrameError: if the meta line is not what this version writes.
        """
        middle = HEADER_SIZE + self.header.meta
        try:
            meta = json.loads(self.data[HEADER_SIZE:middle])
            time = datetime.fromisoformat(meta["time"])
            return Entry(
                act=meta["act"],
                subject=meta["subject"],
                agent=meta["agent"],
                time=time,
                body=self.data[middle : middle + self.header.body],
                digest=meta["digest"],
            )
        except (ValueError, KeyError, TypeError):
            raise FrameError("its meta line cannot be understood", self.header.size) from None


def encode(entry: Entry, seq: int, previous: str, *, last: bool) -> Frame:
    """The frame of an entry.

    Args:
        entry: the entry.
        seq: its number.
        previous: chain value of the entry before.
        last: whether its batch ends with it.

    Raises:
        Malformed: if its time is not in UTC, or a text cannot be encoded.
        TooLarge: if act, subject, agent and digest together are beyond what the format holds.
    """
    meta = _meta(entry)
    header = Header(seq, len(meta), len(entry.body), last, previous)
    content = b"".join((header.encode(), meta, entry.body))
    chain = sha256(content).hexdigest()
    return Frame(header, b"%s\n%s\n" % (content, chain.encode()), chain)


def batch(entries: Iterable[Entry], head: Head, max_body: int) -> list[Frame]:
    """The frames of entries that are appended together.

    Args:
        entries: at least one.
        head: where the journal ends.
        max_body: how many bytes a body may have.

    Raises:
        Malformed: as of `encode`.
        TooLarge: if a body has more than `max_body` bytes.
    """
    wanted = list(entries)
    frames: list[Frame] = []
    seq, chain = head.seq, head.chain
    for entry in wanted:
        if len(entry.body) > max_body:
            raise TooLarge(
                f"{len(entry.body):,} bytes are more than the {max_body:,} that the journal takes",
                where=entry.subject,
                remedy="link to large content by its address and digest",
            )
        seq += 1
        frames.append(encode(entry, seq, chain, last=seq == head.seq + len(wanted)))
        chain = frames[-1].chain
    return frames


def decode_header(data: bytes) -> Header:
    """The header that bytes hold.

    Args:
        data: `HEADER_SIZE` bytes; fewer if the file ends early.

    Raises:
        FrameError: if they are not an intact header.
        Newer: if they are an intact header of another version of the format.
    """
    if len(data) < HEADER_SIZE:
        raise FrameError("its header is cut off")
    found = _HEADER.fullmatch(data)
    if found and int(found[6], 16) == zlib.crc32(data[:_CHECKED]):
        return Header(int(found[1]), int(found[2]), int(found[3]), found[4] == b".", found[5].decode())
    # Every version keeps length and place of magic and CRC; a damaged version number fails the CRC.
    if _VERSIONED.match(data) and data[_CHECKED:] == b"%08x\n" % zlib.crc32(data[:_CHECKED]):
        raise Newer("the journal is written in a later format", remedy="use a later release")
    raise FrameError("its header is not as it was written")


def decode(header: Header, data: bytes) -> Frame:
    """The frame that bytes hold.

    Args:
        header: of this frame.
        data: header, meta, body and trailer; fewer bytes if the file ends early.

    Raises:
        FrameError: if they are not as they were written.
    """
    if len(data) < header.size:
        raise FrameError("it is cut off", header.size)
    chain = sha256(memoryview(data)[:-TRAILER_SIZE]).hexdigest()
    if data[-TRAILER_SIZE:] != b"\n%s\n" % chain.encode():
        raise FrameError("its SHA-256 is another one", header.size)
    return Frame(header, data, chain)


def decode_trailer(data: bytes) -> str:
    """The chain value in a trailer, not compared with anything.

    Args:
        data: `TRAILER_SIZE` bytes.

    Raises:
        FrameError: if they are no trailer.
    """
    found = _TRAILER.fullmatch(data)
    if not found:
        raise FrameError("its trailer is not as it was written")
    return found[1].decode()


def is_torn(tail: bytes, seq: int, previous: str) -> bool:
    """Whether a write that never ended explains what a file ends with, and nothing else does.

    That is so if the bytes are the beginning of a frame, without its end; or if they are that and then
    zeros up to the end of the file, which is what some file systems leave where power fails. One zero
    alone may also be the last line feed with flipped bits, and counts as damage.

    Args:
        tail: all bytes from where the frame begins, up to the end of the file.
        seq: the sequence number it must have.
        previous: the chain value it must name.
    """
    written = tail.rstrip(b"\0")
    if not written:
        return True
    if len(tail) - len(written) == 1:
        written = tail
    if len(written) < HEADER_SIZE:
        return _begins_header(written, seq, previous)
    try:
        header = decode_header(written[:HEADER_SIZE])
    except FrameError:
        return False
    return (header.seq, header.previous) == (seq, previous) and len(written) < header.size


def _begins_header(data: bytes, seq: int, previous: str) -> bool:
    shape = rf"UMRJ1 {seq:016d} \d{{8}} \d{{10}} [.+] {previous} [0-9a-f]{{8}}\n".encode()
    # The rest is made up from any header of this shape: a beginning is what can be completed.
    rest = Header(seq, 0, 0, True, previous).encode()[len(data) :]
    return re.fullmatch(shape, data + rest) is not None


def _meta(entry: Entry) -> bytes:
    fields = {
        "act": entry.act,
        "agent": entry.agent,
        "digest": entry.digest,
        "subject": entry.subject,
        "time": _time(entry),
    }
    try:
        line = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        raise Malformed(
            "a text of the entry holds half a surrogate pair", where=ascii(entry.subject)
        ) from None
    if len(line) > _MAX_META:
        raise TooLarge(f"{len(line):,} bytes of subject and agent are too many")
    return line


def _time(entry: Entry) -> str:
    if entry.time.utcoffset() != timedelta():
        raise Malformed(
            "an entry's time must be in UTC", where=entry.subject, remedy="give it with tzinfo=UTC"
        )
    return entry.time.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
