"""A journal in a folder of this machine: segments of frames, synced before an append returns.

Nothing is held open between calls, so that forks, failed syncs and replaced disks leave no state behind
in a file descriptor. Only one process may write at a time: whoever opens for writing holds the registry's
lock (`umr_ld.lock`).
"""

from __future__ import annotations

import contextlib
import os
import threading
from bisect import bisect_right
from collections import deque
from typing import TYPE_CHECKING

from umr_ld.durable import make_folder, readable, refusal, sync_folder, write_all
from umr_ld.entry import Stored
from umr_ld.errors import Conflict, Damaged, Missing, UmrError
from umr_ld.findings import Finding, Report, Severity
from umr_ld.journal import MAX_BODY
from umr_ld.journal import segment as parts
from umr_ld.journal.frame import Frame, FrameError, batch
from umr_ld.journal.verification import findings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from umr_ld.entry import Entry, Head
    from umr_ld.journal.segment import End, Place, Segment

    Extent = tuple[int, int, int]

SEGMENT_SIZE = 16 * 1024 * 1024
"""How many bytes a segment may have unless a journal is told otherwise.

Opening verifies the last segment whole; at this size that takes some 60 ms at the most.
"""

_PIECE = 1024 * 1024

_RECENT = 64
"""Batches whose beginnings are remembered: what was just written is read again, and not from far behind it."""

_LOOKS = 10
"""How often a reader looks again where the files change under its eyes."""


class FileJournal:
    """A journal in a folder.

    Opened for writing it makes the folder if there is none, and cuts off a batch that was never written to
    its end; `notices` says so. Opened for reading only it changes no byte, also beside a writer, and follows
    it: every method answers for all whole batches that stand there when it is called. The batch that a
    writer is just adding is not seen, and is no damage.

    Args:
        folder: where the segments are.
        read_only: take no entries, and leave everything as it is.
        segment_size: how many bytes a segment may have; only a batch larger than that makes one larger.
        max_body: how many bytes an entry's body may have.

    Raises:
        Missing: if there is no such folder and it is opened for reading only.
        Damaged: if segments do not join, or the last one holds damage; with the place and the remedy.
        Newer: if a later version of the format wrote it.
        Full: if there is no space for making the folder or for saving what is cut off.
        Denied: if the system does not allow it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        read_only: bool = False,
        segment_size: int = SEGMENT_SIZE,
        max_body: int = MAX_BODY,
    ) -> None:
        self._folder = folder
        self._writable = not read_only
        self._segment_size = segment_size
        self._max_body = max_body
        self._appending = threading.Lock()
        self._following = threading.Lock()
        self._suspect = False
        self._watched: tuple[str, str] | None = None
        self._recent: deque[tuple[Segment, Place]] = deque(maxlen=_RECENT)
        self.notices: tuple[Finding, ...] = ()
        if not read_only:
            _make(folder)
        elif not folder.is_dir():
            raise Missing("there is no journal", where=str(folder), remedy="`umr init` makes a registry")
        with readable(folder):
            self._seen: Extent | None = _extent(folder) if read_only else None
            self._end = parts.survey(folder)
        if self._end.torn and not read_only:
            self.notices = (_cut(self._end),)
            self._end = parts.End(self._end.segments, self._end.place)

    def append(self, entries: Sequence[Entry], after: int) -> tuple[Stored, ...]:
        """See `Journal.append`."""
        with self._appending:
            self._require_ready()
            end = self._end
            if end.place.head.seq != after:
                raise Conflict(
                    f"the journal is at entry {end.place.head.seq}, not at {after}",
                    where=str(self._folder),
                    remedy="read what was added since, and try again",
                )
            if not entries:
                return ()
            frames = batch(entries, end.place.head, self._max_body)
            target = self._target(end, sum(len(frame.data) for frame in frames))
            self._commit(target, frames)
            return _stored(target.segments[-1], target.place, frames, entries)

    def read(self, after: int = 0) -> Iterator[Stored]:
        """See `Journal.read`."""
        return self._read(self._current(), after)

    def at(self, location: int) -> Stored:
        """See `Journal.at`."""
        number, offset = parts.located(location)
        with readable(self._folder):
            segment = self._segment(number)
            fd = os.open(segment.path, os.O_RDONLY)
            try:
                size = os.fstat(fd).st_size
                if offset >= size:
                    raise Missing("the journal has no such place", where=f"{segment.path} at byte {offset}")
                frame = parts.frame_at(fd, offset, size)
                return Stored(frame.header.seq, frame.chain, location, frame.entry())
            except FrameError as error:
                raise Damaged(
                    f"there is no intact entry at this place: {error.reason}",
                    where=f"{segment.path} at byte {offset}",
                    remedy="`umr doctor --deep` says what is damaged",
                ) from None
            finally:
                os.close(fd)

    def head(self) -> Head:
        """See `Journal.head`."""
        return self._current().place.head

    def verify(self) -> Report:
        """See `Journal.verify`.

        Segment, offset and sequence number are in a finding's source, path and focus. A batch that was never
        written to its end is a warning.
        """
        end = self._current()
        with readable(self._folder):
            return Report(tuple(findings(end)))

    def copy(self, folder: Path) -> Head:
        """See `Journal.copy`: byte for byte."""
        end = self._current()
        try:
            make_folder(folder)
            if parts.segments(folder):
                raise Conflict("there is a journal already", where=str(folder), remedy="name a new folder")
            for segment in end.segments:
                size = end.place.offset if segment == end.segments[-1] else segment.size()
                _copy(segment.path, folder / segment.path.name, 0, size)
            sync_folder(folder)
        except OSError as error:
            raise refusal(error, folder) from error
        return end.place.head

    def close(self) -> None:
        """See `Journal.close`."""
        with self._appending:
            self._writable = False

    def _current(self) -> End:
        """How far the journal goes: as this writer left it, or as a reader finds it now."""
        if self._seen is None:
            return self._end
        with self._following, readable(self._folder):
            if not self._is_as_seen(self._seen):
                seen = _extent(self._folder)
                if seen != self._seen:
                    self._end = _followed(self._folder, self._end, seen)
                    self._seen, self._watched = seen, None
            return self._end

    def _is_as_seen(self, seen: Extent) -> bool:
        """Whether nothing was written: the last segment is as it was, and has no successor.

        A journal of many segments is not listed for every question.
        """
        if self._watched is None:
            end = self._end
            if end.torn or not end.segments or end.segments[-1].number != seen[0]:
                return False
            last = end.segments[-1]
            self._watched = str(last.path), str(last.next(end.place.seq).path)
        current, following = self._watched
        status = os.stat(current)  # noqa: PTH116 - asked before every answer
        return (status.st_size, status.st_mtime_ns) == seen[1:] and not os.path.exists(following)  # noqa: PTH110

    def _require_ready(self) -> None:
        if not self._writable:
            raise UmrError("the journal is not open for writing", where=str(self._folder))
        if self._suspect:
            try:
                self._undo()
            except OSError as error:
                raise refusal(error, self._folder) from error

    def _target(self, end: End, size: int) -> End:
        """Where a batch of so many bytes goes: behind the last one, or into a new segment."""
        place = end.place
        if place.offset == 0 or place.offset + size <= self._segment_size:
            return end
        new = end.segments[-1].next(place.seq)
        return parts.End((*end.segments, new), parts.Place(0, place.seq, place.previous))

    def _commit(self, target: End, frames: list[Frame]) -> None:
        """Write the frames and wait for the disk. In between nobody knows what the segment holds."""
        segment, place = target.segments[-1], target.place
        try:
            with _opened(segment.path, place.offset) as fd:
                self._suspect = True
                if place.offset == 0:
                    sync_folder(self._folder)
                for frame in frames:
                    write_all(fd, frame.data, place.offset)
                    place = place.after(frame)
                os.fdatasync(fd)
        except OSError as error:
            with contextlib.suppress(OSError, UmrError):
                self._undo()
            raise refusal(error, segment.path) from error
        self._recent.append((segment, target.place))
        self._end = parts.End(target.segments, place)
        self._suspect = False

    def _undo(self) -> None:
        """Go back to the last batch that is known to be durable.

        After a failed sync the system may hold pages that never reached the disk and call them clean
        (fsync(2), ERRORS), so what is left is synced once more and read again from the disk.
        """
        known = self._end
        for segment in parts.segments(self._folder)[known.segments[-1].number :]:
            keep = known.place.offset if segment == known.segments[-1] else 0
            _truncate(segment.path, keep)
        found = parts.survey(self._folder)
        if found.place.head != known.place.head:
            raise Damaged(
                f"after a failed write the journal ends at entry {found.place.head.seq}, "
                f"and {known.place.head.seq} were durable",
                where=str(self._folder),
                remedy="look at the disk's health; restore the registry from a backup",
            )
        self._end = found
        self._suspect = False

    def _segment(self, number: int) -> Segment:
        known = self._end.segments
        if number >= len(known):
            # A reader may be asked for what the writer has added since.
            known = parts.segments(self._folder)
        if not 0 <= number < len(known):
            raise Missing("the journal has no such place", where=str(self._folder))
        return known[number]

    def _read(self, end: End, after: int) -> Iterator[Stored]:
        if after >= end.place.head.seq:
            return
        recent = list(self._recent)[::-1]
        with readable(self._folder):
            start = bisect_right(end.segments, after + 1, key=lambda segment: segment.first) - 1
            places = parts.beginnings(end.segments)
            for segment, place in list(zip(end.segments, places, strict=True))[max(start, 0) :]:
                size = end.place.offset if segment == end.segments[-1] else segment.size()
                near = next((at for of, at in recent if of == segment and at.seq <= after + 1), place)
                yield from _entries(segment, near, after, size)


def _entries(segment: Segment, place: Place, after: int, size: int) -> Iterator[Stored]:
    try:
        start = parts.passed_over(segment, place, after, size)
        for at, frame in parts.walk(segment, start, size):
            try:
                entry = frame.entry()
            except FrameError as error:
                raise parts.BrokenError(at, error.reason) from None
            yield Stored(at.seq, frame.chain, parts.location(segment, at.offset), entry)
    except parts.BrokenError as broken:
        raise parts.damage(segment, broken.place, broken.reason) from None


def _stored(
    segment: Segment, place: Place, frames: Sequence[Frame], entries: Sequence[Entry]
) -> tuple[Stored, ...]:
    found = []
    for frame, entry in zip(frames, entries, strict=True):
        found.append(Stored(place.seq, frame.chain, parts.location(segment, place.offset), entry))
        place = place.after(frame)
    return tuple(found)


def _make(folder: Path) -> None:
    """A folder with a first segment, unless there is one already."""
    try:
        make_folder(folder)
        if not parts.segments(folder):
            # Its name is made durable by the first append, like that of every segment.
            parts.first_segment(folder).path.touch()
    except OSError as error:
        raise refusal(error, folder) from error


def _cut(end: End) -> Finding:
    """Cut off what was never written to its end, and keep a copy of it beside the segments."""
    segment, place = end.segments[-1], end.place
    try:
        saved = _saved(segment, place)
        _truncate(segment.path, place.offset)
    except OSError as error:
        raise refusal(error, segment.path) from error
    return Finding(
        Severity.WARNING,
        f"{end.torn} bytes of a write that never ended were cut off and saved as {saved.name}",
        "journal-torn-tail",
        f"byte {place.offset}",
        focus=f"entry {place.seq}",
        remedy="nothing was lost that had been acknowledged; publish again what was being published",
        source=str(segment.path),
    )


def _saved(segment: Segment, place: Place) -> Path:
    folder = segment.path.parent
    number = 1
    while (target := folder / f"torn-{place.seq:016d}-{number}").exists():
        number += 1
    _copy(segment.path, target, place.offset, segment.size())
    sync_folder(folder)
    return target


def _copy(source: Path, target: Path, start: int, end: int) -> None:
    """Copy a part of a file into a new one, synced; on failure the new one is not left behind."""
    try:
        with source.open("rb") as old, target.open("xb") as new:
            old.seek(start)
            while start < end and (piece := old.read(min(_PIECE, end - start))):
                new.write(piece)
                start += len(piece)
            new.flush()
            os.fsync(new.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            target.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _opened(path: Path, size: int) -> Iterator[int]:
    """A segment open for writing, made if need be; it must be as long as it was left."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        found = os.fstat(fd).st_size
        if found != size:
            raise Damaged(
                f"the segment has {found} bytes, and {size} were written",
                where=str(path),
                remedy="only one process may write; open the registry again",
            )
        yield fd
    finally:
        os.close(fd)


def _truncate(path: Path, size: int) -> None:
    """Cut a file, durably, and let the system forget what it remembers of its content."""
    fd = os.open(path, os.O_RDWR)
    try:
        os.ftruncate(fd, size)
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)


def _extent(folder: Path) -> Extent:
    """What changes when anything is written: number, size in bytes and time of the last segment."""
    last = parts.segments(folder)[-1:]
    if not last:
        return 0, 0, 0
    status = last[0].path.stat()
    return last[0].number, status.st_size, status.st_mtime_ns


def _followed(folder: Path, known: End, seen: Extent) -> End:
    """The end of a journal that somebody else goes on writing.

    Of what is read while a torn batch is cut off and written anew, half may be of the one and half of the
    other: only what is still so when nobody has written meanwhile is damage.
    """
    for _ in range(_LOOKS):
        try:
            return parts.resumed(folder, known)
        except Damaged:
            before, seen = seen, _extent(folder)
            if seen == before:
                break
    return parts.survey(folder)
