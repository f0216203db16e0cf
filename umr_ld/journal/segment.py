"""Segments: the files of a journal, how they join, and how far the last one goes. Nothing is written here."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from umr_ld.entry import Head
from umr_ld.errors import Damaged
from umr_ld.journal.frame import (
    HEADER_SIZE,
    TRAILER_SIZE,
    Frame,
    FrameError,
    decode,
    decode_header,
    decode_trailer,
    is_torn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = re.compile(r"\d{16}\.umrj")
_OFFSET_BITS = 36
_READ_AHEAD = 4096
"""Most frames are shorter, and then one read is enough."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of a journal.

    Args:
        number: its place among the segments, from 0.
        first: sequence number of its first entry, which is also its name.
        path: the file.
    """

    number: int
    first: int
    path: Path

    def next(self, first: int) -> Segment:
        """The segment after this one.

        Args:
            first: sequence number of its first entry.
        """
        return Segment(self.number + 1, first, self.path.with_name(_name(first)))

    def size(self) -> int:
        """Its length in bytes now."""
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame stands or will stand.

    Args:
        offset: bytes from the beginning of the segment.
        seq: its sequence number.
        previous: chain value of the entry before.
    """

    offset: int
    seq: int
    previous: str

    def after(self, frame: Frame) -> Place:
        """The place behind a frame that stands here."""
        return Place(self.offset + frame.header.size, frame.header.seq + 1, frame.chain)

    @property
    def head(self) -> Head:
        """Where a journal ends whose next entry comes here."""
        return Head(self.seq - 1, self.previous)


START = Place(0, 1, Head().chain)


@dataclass(frozen=True, slots=True)
class End:
    """How far a journal goes.

    Args:
        segments: all of them, in order; none for a journal nobody has written to.
        place: where the next entry goes, in the last segment.
        torn: how many bytes stand behind it that are the beginning of a batch and no whole one.
    """

    segments: tuple[Segment, ...] = ()
    place: Place = START
    torn: int = 0


class BrokenError(Exception):
    """A segment goes on with something that is not the frame that must stand there.

    Args:
        place: where, and what must stand there.
        reason: what is wrong, a clause about the entry.
        size: length of the frame in bytes where its header can be trusted, else None.
    """

    def __init__(self, place: Place, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason
        self.size = size


def first_segment(folder: Path) -> Segment:
    """The segment that a new journal begins with.

    Args:
        folder: the journal's.
    """
    return Segment(0, 1, folder / _name(1))


def segments(folder: Path) -> tuple[Segment, ...]:
    """The segments of a journal, in order.

    Args:
        folder: an existing folder.
    """
    names = sorted(name for name in os.listdir(folder) if _NAME.fullmatch(name))  # noqa: PTH208
    return tuple(Segment(number, int(name[:16]), folder / name) for number, name in enumerate(names))


def location(segment: Segment, offset: int) -> int:
    """Segment and offset as one number below 2 to the 63.

    Args:
        segment: of fewer than 2**27.
        offset: in bytes, below 2**36.
    """
    return segment.number << _OFFSET_BITS | offset


def located(number: int) -> tuple[int, int]:
    """Segment number and offset that `location` made one number of."""
    return number >> _OFFSET_BITS, number & ((1 << _OFFSET_BITS) - 1)


def frame_at(fd: int, offset: int, size: int) -> Frame:
    """The frame at a place of a file, verified against its own checksums only.

    Args:
        fd: the open segment.
        offset: where the frame begins.
        size: up to where the segment is looked at.

    Raises:
        FrameError: if no intact frame stands there.
    """
    left = size - offset
    data = os.pread(fd, min(_READ_AHEAD, left), offset)
    header = decode_header(data[:HEADER_SIZE])
    if header.size > _READ_AHEAD:
        data = os.pread(fd, min(header.size, left), offset)
    return decode(header, data[: header.size])


def walk(segment: Segment, place: Place, size: int) -> Iterator[tuple[Place, Frame]]:
    """The frames of a segment in order, each verified and joined to the one before.

    Args:
        segment: the segment.
        place: where to begin, and what the first frame must be.
        size: up to where the segment is looked at.

    Raises:
        BrokenError: at the first that is not as it must be.
    """
    fd = os.open(segment.path, os.O_RDONLY)
    try:
        while place.offset < size:
            frame = _expected(fd, place, size)
            yield place, frame
            place = place.after(frame)
    finally:
        os.close(fd)


def _expected(fd: int, place: Place, size: int) -> Frame:
    try:
        frame = frame_at(fd, place.offset, size)
    except FrameError as error:
        raise BrokenError(place, error.reason, error.size) from None
    header = frame.header
    if header.seq != place.seq:
        raise BrokenError(place, f"entry {header.seq} stands in its place", header.size)
    if header.previous != place.previous:
        raise BrokenError(place, "it does not continue the chain", header.size)
    return frame


def passed_over(segment: Segment, place: Place, after: int, size: int) -> Place:
    """The place of entry `after + 1`; the frames before it are read by their headers only.

    Args:
        segment: the segment that entry stands in.
        place: where its first frame stands.
        after: the last sequence number to pass over.
        size: up to where the segment is looked at.

    Raises:
        BrokenError: if a header is not intact.
    """
    fd = os.open(segment.path, os.O_RDONLY)
    try:
        while place.seq <= after and place.offset < size:
            header = decode_header(os.pread(fd, HEADER_SIZE, place.offset))
            end = place.offset + header.size
            chain = decode_trailer(os.pread(fd, TRAILER_SIZE, end - TRAILER_SIZE))
            place = Place(end, place.seq + 1, chain)
    except FrameError as error:
        raise BrokenError(place, error.reason, error.size) from None
    finally:
        os.close(fd)
    return place


def damage(segment: Segment, place: Place, reason: str) -> Damaged:
    """The error for an entry that is not as it was written.

    Args:
        segment: where it stands.
        place: the entry.
        reason: what is wrong with it.
    """
    return Damaged(
        f"entry {place.seq} of the journal is damaged: {reason}",
        where=f"{segment.path} at byte {place.offset}",
        remedy=f"restore the registry from a backup; the entries before {place.seq} are intact",
    )


def survey(folder: Path) -> End:
    """How far a journal goes: the last segment is verified whole, of the others only that they join.

    Args:
        folder: an existing folder.

    Raises:
        Damaged: if segments do not join, or the last one holds anything but whole batches, and perhaps
            the beginning of one more at its end.
        Newer: if a later version of the format wrote it.
    """
    found = segments(folder)
    if not found:
        return End()
    places = beginnings(found)
    for segment, place in list(zip(found, places, strict=True))[:-1]:
        _require_first(segment, place)
    last = found[-1]
    size = last.size()
    end, broken = whole_batches(last, places[-1], size)
    if broken and not tail_is_torn(last, broken.place, size):
        raise damage(last, broken.place, broken.reason)
    if end == places[-1] and len(found) > 1:
        # The head is then in the segment before, and a head is never taken unverified.
        _require_whole(found[-2], places[-2], end)
    return End(found, end, size - end.offset)


def resumed(folder: Path, known: End) -> End:
    """How far a journal goes that went as far as `known` before: what was verified is not read again.

    Args:
        folder: an existing folder.
        known: as `survey` or this gave it.

    Raises:
        Damaged: if it does not go on from there in whole batches, and perhaps the beginning of one more.
    """
    found = segments(folder)
    if found[: len(known.segments)] != known.segments:
        raise damage(first_segment(folder), START, "the segments are other ones than before")
    place, torn = known.place, 0
    for segment in found[max(len(known.segments) - 1, 0) :]:
        if segment not in known.segments:
            place = Place(0, place.seq, place.previous)
        size = segment.size()
        end, broken = whole_batches(segment, place, size)
        is_last = segment == found[-1]
        if broken and not (is_last and tail_is_torn(segment, broken.place, size)):
            raise damage(segment, broken.place, broken.reason)
        torn = size - end.offset
        if torn < 0 or (torn and not is_last):
            raise damage(segment, end, "the segment ends too early")
        place = end
    return End(found, place, torn)


def beginnings(found: tuple[Segment, ...]) -> list[Place]:
    """Where each segment's first frame stands, and how it must continue the segment before.

    Args:
        found: at least one segment.

    Raises:
        Damaged: if the first one is missing, or one ends without a trailer.
    """
    if found[0].first != START.seq:
        raise damage(found[0], START, "the segments before this one are missing")
    return [START, *(Place(0, after.first, _last_chain(before, after)) for before, after in pairwise(found))]


def _last_chain(segment: Segment, after: Segment) -> str:
    start = max(0, segment.size() - TRAILER_SIZE)
    with segment.path.open("rb") as file:
        file.seek(start)
        try:
            return decode_trailer(file.read())
        except FrameError as error:
            raise damage(segment, Place(start, after.first - 1, ""), error.reason) from None


def _require_first(segment: Segment, place: Place) -> None:
    with segment.path.open("rb") as file:
        try:
            header = decode_header(file.read(HEADER_SIZE))
        except FrameError as error:
            raise damage(segment, place, error.reason) from None
    if (header.seq, header.previous) != (place.seq, place.previous):
        raise damage(segment, place, "it does not continue the segment before")


def _require_whole(segment: Segment, place: Place, next_place: Place) -> None:
    size = segment.size()
    end, broken = whole_batches(segment, place, size)
    if broken:
        raise damage(segment, broken.place, broken.reason)
    if (end.offset, end.head) != (size, next_place.head):
        raise damage(segment, end, "the segment ends too early")


def whole_batches(segment: Segment, place: Place, size: int) -> tuple[Place, BrokenError | None]:
    """Where the whole batches of a segment end.

    Args:
        segment: the segment.
        place: where its first frame stands.
        size: up to where it is looked at.

    Returns:
        the place behind the last whole batch, and what follows there that is no frame, if anything does.
    """
    end = place
    try:
        for at, frame in walk(segment, place, size):
            if frame.header.last:
                end = at.after(frame)
    except BrokenError as broken:
        return end, broken
    return end, None


def tail_is_torn(segment: Segment, place: Place, size: int) -> bool:
    """Whether a segment ends with the beginning of a frame; see `frame.is_torn`.

    Args:
        segment: the segment.
        place: the first frame that is not whole.
        size: up to where the segment is looked at.
    """
    with segment.path.open("rb") as file:
        file.seek(place.offset)
        return is_torn(file.read(size - place.offset), place.seq, place.previous)


def _name(first: int) -> str:
    return f"{first:016d}.umrj"
