"""A journal checked byte by byte. Damage does not end the check: all that can be said is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_ld.findings import Finding, Severity
from umr_ld.journal.frame import HEADER_SIZE, FrameError, decode_header
from umr_ld.journal.segment import START, BrokenError, Place, walk

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from umr_ld.journal.segment import End, Segment


def findings(end: End) -> Iterator[Finding]:
    """Everything that is not as it was written, up to a journal's end.

    Args:
        end: how far the journal goes.
    """
    place: Place | None = START
    for segment in end.segments:
        size = end.place.offset if segment == end.segments[-1] else segment.size()
        if place is None:
            place = _resumed(segment, Place(0, segment.first, ""))
        elif place.seq != segment.first:
            yield _damaged(segment, Place(0, place.seq, ""), f"the segment begins with entry {segment.first}")
            place = _resumed(segment, Place(0, segment.first, ""))
        place = yield from _in_segment(segment, Place(0, place.seq, place.previous), size)
    if end.torn:
        yield _torn(end)


def _in_segment(segment: Segment, place: Place, size: int) -> Generator[Finding, None, Place | None]:
    """The findings in a segment, and where the chain goes on; None if nobody can say."""
    whole = True
    while place.offset < size:
        try:
            for at, frame in walk(segment, place, size):
                frame.entry()
                place, whole = at.after(frame), frame.header.last
        except BrokenError as broken:
            yield _damaged(segment, broken.place, broken.reason)
            if broken.size is None or broken.place.offset + broken.size > size:
                return None
            place = _resumed(segment, Place(broken.place.offset + broken.size, broken.place.seq + 1, ""))
            whole = True
        except FrameError as error:
            yield _damaged(segment, place, error.reason)
            return None
    if not whole:
        yield _damaged(segment, place, "the segment ends inside a batch")
    return place


def _resumed(segment: Segment, place: Place) -> Place:
    """A place behind damage, as the frame that stands there says it is.

    What was damaged is reported already, so whether this frame continues it is not asked again.
    """
    with segment.path.open("rb") as file:
        file.seek(place.offset)
        try:
            header = decode_header(file.read(HEADER_SIZE))
        except FrameError:
            return place
    return Place(place.offset, header.seq, header.previous)


def _damaged(segment: Segment, place: Place, reason: str) -> Finding:
    return Finding(
        Severity.VIOLATION,
        f"entry {place.seq} of the journal is damaged: {reason}",
        "journal-damaged",
        f"byte {place.offset}",
        focus=f"entry {place.seq}",
        remedy="restore the registry from a backup",
        source=str(segment.path),
    )


def _torn(end: End) -> Finding:
    return Finding(
        Severity.WARNING,
        f"{end.torn} bytes of a write that has not ended stand at the end",
        "journal-torn-tail",
        f"byte {end.place.offset}",
        focus=f"entry {end.place.seq}",
        remedy="a writer is at work, or was interrupted: opening for writing cuts them off",
        source=str(end.segments[-1].path),
    )
